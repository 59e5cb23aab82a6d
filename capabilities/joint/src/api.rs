//! The JSON doors: what a whole asks, filing it, following it, acting on it; the same for projects.

mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use approval::details::{Delivery, MaterialGiven};
use approval::origins::Origins;
use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{CaseId, ItemId};
use casework::{Actor, Case, Channel, Permission};
use intake::api::wire::ClockJson;
use intake::filing::{self, Application};
use intake::form::lookup::Who;
use intake::{draft, materials, uploads};
use store::Tx;
use web::{
    Access, Answer, FieldProblem, Idempotency, Json, Operation, Path, Problem, Query, Result,
    Routes, Visit, once,
};

use self::wire::{
    CartForm, CompositeJson, NewAct, NewApplication, NewBundle, NewCart, NewProject, NewProjectAct,
    NewStage, ProjectJson, WholeJson,
};
use crate::compose::{CART_MAX, CartItem, Composed, Spec};
use crate::error::Error;
use crate::project::rules::Project;
use crate::service::Act;
use crate::{Joint, project, stage};

/// The operations.
pub(crate) fn routes(routes: Routes<Joint>) -> Routes<Joint> {
    routes
        .api(
            Operation::get("/api/v1/bundles/{key}/form", "show_bundle_form")
                .tag("joint")
                .summary("一件事的一张表和一套材料")
                .access(Access::Public)
                .ok::<CompositeJson>(200),
            bundle_form,
        )
        .api(
            Operation::post("/api/v1/bundles/{key}/cases", "file_bundle")
                .tag("joint")
                .summary("申请一件事：一次提交，分项同时开办")
                .access(Access::Person)
                .body::<NewBundle>()
                .ok::<WholeJson>(201)
                .problems(&[404, 409]),
            file_bundle,
        )
        .api(
            Operation::get("/api/v1/carts/form", "show_cart_form")
                .tag("joint")
                .summary("几个事项合起来的一张表和一套材料")
                .access(Access::Public)
                .query::<CartForm>()
                .ok::<CompositeJson>(200)
                .problems(&[404, 409, 422]),
            cart_form,
        )
        .api(
            Operation::post("/api/v1/carts", "file_cart")
                .tag("joint")
                .summary("政务超市：几个互不相关的事项一次提交")
                .access(Access::Person)
                .body::<NewCart>()
                .ok::<WholeJson>(201)
                .problems(&[404, 409]),
            file_cart,
        )
        .api(
            Operation::get("/api/v1/joint/{case_id}", "show_joint_case")
                .tag("joint")
                .summary("联办件和它的各分项")
                .access(Access::Owner)
                .ok::<WholeJson>(200),
            show,
        )
        .api(
            Operation::post("/api/v1/joint/{case_id}/acts", "act_on_joint_case")
                .tag("joint")
                .summary(
                    "办理联办件：统一受理、告知补正、联合踏勘、分项意见、综合意见、统一送达、撤回",
                )
                .access(Access::Owner)
                .body::<NewAct>()
                .ok::<WholeJson>(200)
                .problems(&[403, 404, 409]),
            act,
        )
        .api(
            Operation::post("/api/v1/projects", "register_project")
                .tag("joint")
                .summary("登记工程建设项目")
                .access(Access::Person)
                .body::<NewProject>()
                .ok::<ProjectJson>(201),
            new_project,
        )
        .api(
            Operation::get("/api/v1/projects/{case_id}", "show_project")
                .tag("joint")
                .summary("工程建设项目和各阶段")
                .access(Access::Owner)
                .ok::<ProjectJson>(200),
            show_project,
        )
        .api(
            Operation::post("/api/v1/projects/{case_id}/acts", "act_on_project")
                .tag("joint")
                .summary("采用区域评估成果、申请和完成市政公用接入、终止项目")
                .access(Access::Owner)
                .body::<NewProjectAct>()
                .ok::<ProjectJson>(200)
                .problems(&[403, 404, 409]),
            act_on_project,
        )
        .api(
            Operation::get(
                "/api/v1/projects/{case_id}/stages/{stage}/form",
                "show_stage_form",
            )
            .tag("joint")
            .summary("一个阶段的一张表和一套材料")
            .access(Access::Owner)
            .ok::<CompositeJson>(200)
            .problems(&[404, 409]),
            stage_form,
        )
        .api(
            Operation::post(
                "/api/v1/projects/{case_id}/stages/{stage}/cases",
                "file_stage",
            )
            .tag("joint")
            .summary("申报工程建设项目的一个阶段")
            .access(Access::Person)
            .body::<NewStage>()
            .ok::<WholeJson>(201)
            .problems(&[404, 409]),
            file_stage,
        )
}

async fn bundle_form(
    State(joint): State<Joint>,
    Path(key): Path<String>,
) -> Result<Json<CompositeJson>> {
    let bundle = joint.bundle(&key).await?;
    let spec = Spec::Bundle {
        key,
        region: bundle.region,
        situations: BTreeMap::new(),
        without: std::collections::BTreeSet::new(),
    };
    Ok(Json(CompositeJson::of(&joint.compose(spec).await?)))
}

async fn file_bundle(
    State(joint): State<Joint>,
    visit: Visit,
    Path(key): Path<String>,
    idempotency: Idempotency,
    Json(body): Json<NewBundle>,
) -> Result<Answer> {
    let bundle = joint.bundle(&key).await?;
    let spec = Spec::Bundle {
        key,
        region: bundle.region,
        situations: body.situations,
        without: body.without,
    };
    file(&joint, &visit, &idempotency, spec, body.application).await
}

async fn cart_form(
    State(joint): State<Joint>,
    Query(query): Query<CartForm>,
) -> Result<Json<CompositeJson>> {
    let mut items = Vec::with_capacity(query.item.len().min(CART_MAX));
    for text in query.item.iter().take(CART_MAX + 1) {
        items.push(CartItem {
            item: item_id(text)?,
            situation: catalog::guided::Answers::new(),
        });
    }
    Ok(Json(CompositeJson::of(
        &joint.compose(Spec::Cart { items }).await?,
    )))
}

fn item_id(text: &str) -> Result<ItemId> {
    text.parse()
        .map_err(|_| Problem::invalid("item_id", "事项标识不正确，应为32位十六进制（可带连字符）"))
}

async fn file_cart(
    State(joint): State<Joint>,
    visit: Visit,
    idempotency: Idempotency,
    Json(body): Json<NewCart>,
) -> Result<Answer> {
    if body.items.len() > CART_MAX {
        return Err(Problem::invalid(
            "items",
            format!("一次最多{CART_MAX}个事项"),
        ));
    }
    let mut items = Vec::with_capacity(body.items.len());
    for item in body.items {
        items.push(CartItem {
            item: item_id(&item.item_id)?,
            situation: item.situation,
        });
    }
    file(
        &joint,
        &visit,
        &idempotency,
        Spec::Cart { items },
        body.application,
    )
    .await
}

async fn stage_form(
    State(joint): State<Joint>,
    visit: Visit,
    Path((id, stage)): Path<(CaseId, String)>,
) -> Result<Json<CompositeJson>> {
    known_project(&joint, &visit, id).await?;
    let composed = joint.compose(Spec::Stage { project: id, stage }).await?;
    Ok(Json(CompositeJson::of(&composed)))
}

async fn file_stage(
    State(joint): State<Joint>,
    visit: Visit,
    Path((id, stage)): Path<(CaseId, String)>,
    idempotency: Idempotency,
    Json(body): Json<NewStage>,
) -> Result<Answer> {
    known_project(&joint, &visit, id).await?;
    let spec = Spec::Stage { project: id, stage };
    file(&joint, &visit, &idempotency, spec, body.application).await
}

async fn known_project(joint: &Joint, visit: &Visit, id: CaseId) -> Result<()> {
    let actor = visit.actor()?.clone();
    joint
        .app()
        .db
        .read(move |tx| project::load(tx, &actor, id).map(drop))
        .await?;
    Ok(())
}

/// Checks the one form and the one list, and files the whole with all its parts.
async fn file(
    joint: &Joint,
    visit: &Visit,
    idempotency: &Idempotency,
    spec: Spec,
    body: NewApplication,
) -> Result<Answer> {
    let person = visit.person()?.clone();
    let composed = match joint.compose(spec).await {
        Ok(composed) => Arc::new(composed),
        // Sent again after it was filed, it gets the answer it had, though there is nothing more to file.
        Err(problem) => {
            return once(visit, idempotency, move |_| {
                Err::<Answer, Problem>(problem.clone())
            })
            .await;
        }
    };
    let intake = joint.intake().clone();
    let mut application = Application {
        published: Arc::clone(&composed.published),
        situation: catalog::guided::Answers::new(),
        after: None,
        channel: Channel::Web,
        answers: body.answers,
        materials: Vec::new(),
        delivery: body.delivery.map_or_else(
            || draft::deliveries(&composed.published.item)[0],
            Delivery::from,
        ),
        origins: Origins {
            answers: Vec::new(),
            materials: intake
                .held_by(person.applicant(), &composed.published)
                .await?,
        },
    };
    let who = Who {
        account: person.account,
        signers: vec![person.name.clone()],
        known: Vec::new(),
    };
    let form = &composed.published.item.form;
    let settled = intake.settle(&who, form, &mut application.answers).await?;
    let named = body.materials;
    let files_named = named.iter().any(|material| !material.files.is_empty());
    if !files_named {
        application.materials = wire::without_files(&named);
    }
    let findings = intake.check(&application)?;
    let mut wrong: Vec<(String, String)> = settled
        .into_iter()
        .chain(findings.answers)
        .map(|wrong| (format!("/answers/{}", wrong.field), wrong.said.to_string()))
        .collect();
    if let Some(said) = findings.delivery {
        wrong.push(("/delivery".to_owned(), said.to_string()));
    }
    if !files_named {
        wrong.extend(missing(&findings.materials));
    }
    refuse(wrong)?;
    let content = (
        std::mem::take(&mut application.answers),
        std::mem::take(&mut application.materials),
        application.delivery,
    );
    let filed = Arc::new(
        joint
            .application(
                Arc::clone(&composed),
                Channel::Web,
                content,
                std::mem::take(&mut application.origins),
            )
            .await?,
    );
    let (handle, now, named) = (joint.clone(), visit.app.now(), Arc::new(named));
    once(visit, idempotency, move |tx| -> Result<Answer> {
        let mut filed = crate::Application::clone(&filed);
        if files_named {
            filed.materials = look_up(tx, &person, &named, &composed, &filed.origins)?;
        }
        let held = &filed.origins.materials;
        filed.origins.materials = intake::documents::sources(&filed.materials, &[], held);
        let (applicant, name) =
            filing::applicant(handle.intake(), tx, &person, &composed.published, now)?;
        let actor = Actor::Person(person.clone());
        let case = handle.file(tx, &actor, now, (applicant, &name), &filed)?;
        let body = WholeJson::of(&case, &filed_parts(&filed), clocks(&handle, &case));
        Ok(Answer::json(StatusCode::CREATED, &body))
    })
    .await
}

/// The parts of something just filed: all of them wait to be accepted.
fn filed_parts(filed: &crate::Application) -> BTreeMap<CaseId, String> {
    filed
        .parts
        .iter()
        .map(|(id, _)| (*id, "received".to_owned()))
        .collect()
}

fn look_up(
    tx: &mut Tx<'_>,
    person: &casework::actor::Person,
    named: &[wire::NewMaterial],
    composed: &Composed,
    origins: &Origins,
) -> Result<Vec<MaterialGiven>> {
    let wanted: Vec<uploads::Named> = named
        .iter()
        .filter(|material| material.paper || material.promised || !material.files.is_empty())
        .map(|material| uploads::Named {
            key: material.key.clone(),
            digests: material.files.clone(),
            paper: false,
            promised: material.promised,
        })
        .collect();
    let given = match uploads::attach(tx, person.account, &wanted)? {
        Ok(given) => given,
        Err(wrong) => {
            refuse(missing(&wrong).collect())?;
            Vec::new()
        }
    };
    let certified: Vec<&str> = origins.certified().collect();
    let wrong = materials::check_beside(&composed.published.item, &given, &certified);
    refuse(missing(&wrong).collect())?;
    Ok(given)
}

fn missing(wrong: &[intake::form::Wrong]) -> impl Iterator<Item = (String, String)> {
    wrong.iter().map(|wrong| {
        (
            format!("/materials/{}", wrong.field),
            wrong.said.to_string(),
        )
    })
}

/// Findings by their place in the body.
fn refuse(wrong: Vec<(String, String)>) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::new(
        web::Kind::Invalid,
        "invalid",
        "提交的内容有误，请按 errors 更正后再提交",
    );
    for (pointer, message) in wrong {
        problem.fields.push(FieldProblem {
            field: pointer.rsplit('/').next().unwrap_or_default().to_owned(),
            pointer: format!("/application{pointer}"),
            message,
        });
    }
    Err(problem)
}

async fn show(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Json<WholeJson>> {
    let actor = visit.actor()?.clone();
    let handle = joint.clone();
    let whole = joint
        .app()
        .db
        .read(move |tx| whole(&handle, tx, &actor, id))
        .await?;
    Ok(Json(whole))
}

fn whole(
    joint: &Joint,
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CaseId,
) -> std::result::Result<WholeJson, Error> {
    let case = joint.load(tx, actor, id)?;
    let plan = crate::details::plan(&case).ok_or(Error::NotFound)?;
    let states = joint
        .parts(tx, &plan)?
        .into_iter()
        .map(|part| (part.id, part.state))
        .collect();
    Ok(WholeJson::of(&case, &states, clocks(joint, &case)))
}

/// The clocks of a whole or a project as they stand now.
fn clocks(joint: &Joint, case: &Case) -> Vec<ClockJson> {
    intake::api::wire::clocks(case, &joint.app().calendar(), joint.app().now())
}

fn project_json(joint: &Joint, case: &Case) -> ProjectJson {
    ProjectJson::of(case, clocks(joint, case))
}

async fn act(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewAct>,
) -> Result<Answer> {
    let version = body.version;
    let act = Act::from(body);
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    if let (Actor::Staff(_), Act::Withdraw { .. } | Act::Stage(stage::Command::AskAgain { .. })) =
        (&actor, &act)
        && !actor.may_somewhere(Permission::Receive)
    {
        return Err(Problem::not_found("没有找到这件办件"));
    }
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        joint.act(tx, &actor, now, id, version, &act)?;
        let body = whole(&joint, tx, &actor, id)?;
        Ok(Answer::json(StatusCode::OK, &body))
    })
    .await
}

async fn new_project(
    State(joint): State<Joint>,
    visit: Visit,
    idempotency: Idempotency,
    Json(body): Json<NewProject>,
) -> Result<Answer> {
    let answer =
        |joint: &Joint, case: &Case| Answer::json(StatusCode::CREATED, &project_json(joint, case));
    register(&joint, &visit, &idempotency, Project::from(body), answer).await
}

/// Registers a project for the visitor, once however often it is sent.
pub(crate) async fn register(
    joint: &Joint,
    visit: &Visit,
    idempotency: &Idempotency,
    wanted: Project,
    answer: fn(&Joint, &Case) -> Answer,
) -> Result<Answer> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let id: CaseId = visit.app.ids.next(now);
    // What is wrong is said before a number is taken.
    project::rules::check(&wanted, project::classes::shipped())?;
    let region = visit.app.config.region.clone();
    let approval = &joint.intake().approval;
    let no = approval.next_case_no(&region, Channel::Web).await?;
    let handle = joint.clone();
    once(visit, idempotency, move |tx| -> Result<Answer> {
        let applicant = person.applicant();
        let name = filing::party(handle.intake(), tx, applicant)?.name;
        filing::alive(tx, applicant)?;
        let actor = Actor::Person(person.clone());
        let key = (id, no.as_str());
        let applicant = (applicant, name.as_str());
        let case = project::register(&handle, tx, &actor, now, key, applicant, &wanted)?;
        Ok(answer(&handle, &case))
    })
    .await
}

async fn show_project(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Json<ProjectJson>> {
    let actor = visit.actor()?.clone();
    let case = joint
        .app()
        .db
        .read(move |tx| project::load(tx, &actor, id))
        .await?;
    Ok(Json(project_json(&joint, &case)))
}

async fn act_on_project(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewProjectAct>,
) -> Result<Answer> {
    let version = body.version;
    let act = project::Act::from(body);
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let case = project::act(&joint, tx, &actor, now, id, version, &act)?;
        Ok(Answer::json(StatusCode::OK, &project_json(&joint, &case)))
    })
    .await
}
