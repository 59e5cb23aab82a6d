//! 换用流程版本: running cases of an item moved to a published version. First the preview, case by case: where it would
//! stand, which work would begin anew, or why it cannot move; then each chosen case as a command of its own, with its
//! own result. What moving does to one case is [`super::rules::migrated`]; here cases are found, shown and asked.

use std::collections::{BTreeMap, BTreeSet};

use ::route::{Marking, Net};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::{CaseId, VersionId};
use casework::{Actor, Case, Permission, Scope};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{
    Access, Answer, Fields, Form, Idempotency, Json, Operation, Path, Problem, Query, Routes, Visit,
};

use super::{
    Command, Plan, Run, rules,
    store::{self as versions, State as Stage, Version},
};
use crate::{
    error::Error,
    service::{Act, Approval},
};

/// Cases looked at, and moved in one go.
const CASES_MAX: usize = 200;
/// Routes in the list.
const LIST_MAX: i64 = 200;

/// Old step to new step, by key.
type Onto = BTreeMap<String, String>;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    let administer = || Access::Permission(Permission::Administer);
    routes
        .menu(
            84,
            ui::MenuItem {
                key: "migration",
                href: "/admin/routes",
                label: "流程换版",
                icon: "list",
            },
            Some(Permission::Administer),
        )
        .get("/admin/routes", administer(), list)
        .get("/admin/routes/{route}", administer(), preview)
        .post("/admin/routes/{route}", administer(), run)
        .api(
            Operation::get(
                "/api/v1/routes/{route_id}/migration",
                "preview_route_migration",
            )
            .tag("approval")
            .summary("在办办件换用这一版流程的预览")
            .description("逐件说明换到哪一步、哪些环节重办，或者为什么不能换；不改变任何办件。")
            .access(administer())
            .query::<PreviewQuery>()
            .ok::<PreviewJson>(200)
            .problems(&[404, 422]),
            preview_json,
        )
        .api(
            Operation::post("/api/v1/routes/{route_id}/migration", "migrate_route")
                .tag("approval")
                .summary("在办办件换用这一版流程，逐件办理、逐件答复")
                .access(administer())
                .body::<MigrateBody>()
                .ok::<Vec<MigratedJson>>(200)
                .problems(&[404, 422]),
            run_json,
        )
}

/// One running case and what would become of it.
struct Candidate {
    case: Case,
    /// The version it follows.
    number: i64,
    /// Names of the steps where it stands.
    stands: Vec<String>,
    /// Where it would stand, or why it cannot move.
    lands: Result<Landing, String>,
}

#[derive(Debug, Default)]
struct Landing {
    steps: Vec<String>,
    /// Steps whose work begins anew: the new version has them otherwise.
    anew: Vec<String>,
}

/// Everything that runs on other versions of the item.
struct Found {
    version: Version,
    item: String,
    /// Steps on which something stands that the new version does not have: key and name.
    missing: BTreeMap<String, String>,
    candidates: Vec<Candidate>,
    /// Whether there are more.
    partial: bool,
}

/// Looks at the running cases of the item, without changing one.
fn find(
    approval: &Approval,
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: VersionId,
    onto: &Onto,
) -> Result<Found, Error> {
    let version = administered(tx, actor, id)?;
    let plan = Plan {
        version: version.id,
        number: version.number,
        route: version.route.clone(),
    };
    let net = super::read(&version.route)?;
    let mut titles = BTreeSet::new();
    let mut item = String::new();
    for line in catalog::store::versions(tx, version.item)? {
        if let Some(published) = approval.catalog.version_in(tx, line.version_id)? {
            if item.is_empty() {
                item.clone_from(&published.item.name);
            }
            titles.insert(published.item.name.clone());
        }
    }
    let ids = cases::queue::of_titles(tx, &titles, CASES_MAX + 1)?;
    let partial = ids.len() > CASES_MAX;
    let mut found = Found {
        version,
        item,
        missing: BTreeMap::new(),
        candidates: Vec::new(),
        partial,
    };
    for id in ids.into_iter().take(CASES_MAX) {
        let Some(case) = cases::load(tx, id)? else {
            continue;
        };
        let ours = crate::details::about(&case)
            .is_some_and(|about| about.item == found.version.item)
            && case.state == "accepted"
            && actor.may(Permission::Administer, &case.scope());
        let Some(run) = Run::of(&case)?.filter(|run| ours && run.plan.version != plan.version)
        else {
            continue;
        };
        for token in &run.running.marking.tokens {
            for key in [&token.node, &token.from] {
                if !key.is_empty() && net.node(key).is_none() {
                    let name = run.net.node(key).map_or(key.as_str(), |node| node.name());
                    found.missing.insert(key.clone(), name.to_owned());
                }
            }
        }
        let lands = rules::migrated(&run, &plan, onto)
            .map(|(net, running)| landing(&run, &net, &running.marking))
            .map_err(|refusal| Problem::from(refusal).detail);
        found.candidates.push(Candidate {
            number: run.plan.number,
            stands: standing(&run.net, &run.running.marking),
            lands,
            case,
        });
    }
    Ok(found)
}

/// A published version of an item whose cases the actor looks after.
fn administered(tx: &mut Tx<'_>, actor: &Actor, id: VersionId) -> Result<Version, Error> {
    let version = versions::by_id(tx, id)?.ok_or(Error::NotFound)?;
    let holder = catalog::store::holder(tx, version.item)?.ok_or(Error::NotFound)?;
    let scope = Scope {
        region: &holder.region,
        org: Some(holder.org_id),
    };
    if !actor.may(Permission::Administer, &scope) {
        return Err(Error::NotFound);
    }
    if version.state != Stage::Published {
        return Err(casework::Refusal::invalid(
            "route",
            "只能换用在用的版本；这一版还没有发布，或者已经被新版取代",
        )
        .into());
    }
    Ok(version)
}

fn standing(net: &Net, marking: &Marking) -> Vec<String> {
    marking
        .works()
        .filter_map(|(token, _)| Some(net.node(&token.node)?.name().to_owned()))
        .collect()
}

fn landing(run: &Run, net: &Net, marking: &Marking) -> Landing {
    let mut landing = Landing {
        steps: standing(net, marking),
        anew: Vec::new(),
    };
    for (token, work) in marking.works() {
        let before = run.running.marking.token(token.id);
        let begun = before
            .and_then(|token| token.work.as_ref())
            .is_some_and(|work| {
                work.seats
                    .iter()
                    .any(|seat| seat.signature.is_some() || seat.holder.is_some())
            });
        let same = before.and_then(|token| token.work.as_ref()) == Some(work);
        if begun && !same {
            landing
                .anew
                .extend(net.node(&token.node).map(|node| node.name().to_owned()));
        }
    }
    landing
}

/// Moves one case, as a command of its own.
async fn move_one(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    (n, id): (usize, VersionId),
    (case, version): (CaseId, i64),
    (onto, remark): (&Onto, &str),
) -> web::Result<()> {
    let key = Idempotency::new(&format!("{}-{n}", key.key()))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let (onto, remark) = (onto.clone(), remark.to_owned());
    web::once(visit, &key, move |tx| {
        let wanted = administered(tx, &actor, id)?;
        let known = cases::load(tx, case)?.ok_or(Error::NotFound)?;
        // A route of another item would fit by accident only.
        if crate::details::about(&known).is_none_or(|about| about.item != wanted.item) {
            return Err(Error::NotFound);
        }
        let command = Command::Migrate {
            plan: Box::new(Plan {
                version: wanted.id,
                number: wanted.number,
                route: wanted.route,
            }),
            onto: onto.clone(),
            remark: remark.clone(),
        };
        me.act(tx, &actor, now, case, Some(version), &Act::Route(command))?;
        Ok::<_, Error>(Answer::empty())
    })
    .await
    .map(drop)
}

fn sized<T: PartialEq>(given: Vec<T>) -> web::Result<Vec<T>> {
    let mut chosen = Vec::with_capacity(given.len());
    for one in given {
        if !chosen.contains(&one) {
            chosen.push(one);
        }
    }
    match chosen.len() {
        0 => Err(Problem::invalid("cases", "没有选中办件，请勾选后再换用")),
        n if n > CASES_MAX => Err(Problem::invalid(
            "cases",
            format!("一次最多换用{CASES_MAX}件，请分批办理"),
        )),
        _ => Ok(chosen),
    }
}

struct Line {
    href: String,
    item: String,
    number: i64,
    at: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "routing/migrations.html")]
struct ListPage {
    page: ui::Page,
    lines: Vec<Line>,
}

/// Published routes whose cases the visitor looks after.
async fn list(visit: Visit, State(approval): State<Approval>) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let lines = approval
        .app
        .db
        .read(move |tx| {
            let mut lines = Vec::new();
            for newest in versions::newest(tx, LIST_MAX)? {
                let Some(used) = versions::in_use(tx, newest.item)? else {
                    continue;
                };
                if administered(tx, &actor, used.id).is_err() {
                    continue;
                }
                let item = catalog::store::current(tx, used.item)?;
                lines.push(Line {
                    href: format!("/admin/routes/{}", used.id),
                    item: item.map_or_else(String::new, |known| known.item.name),
                    number: used.number,
                    at: used.published_at,
                });
            }
            Ok::<_, Error>(lines)
        })
        .await?;
    let page = ListPage {
        page: visit.page("流程换版").with_nav("migration"),
        lines,
    };
    Ok(web::render(&visit, page))
}

struct Row {
    /// Case and version, as the form sends it.
    value: String,
    case_no: String,
    number: i64,
    stands: String,
    lands: String,
    anew: String,
    refusal: String,
}

#[derive(Template)]
#[template(path = "routing/migrate.html")]
struct PreviewPage {
    page: ui::Page,
    id: VersionId,
    item: String,
    number: i64,
    rows: Vec<Row>,
    ready: usize,
    partial: bool,
    /// (key, name, chosen) of steps that have no place.
    missing: Vec<(String, String, String)>,
    /// Steps of the new version.
    steps: Vec<(String, String)>,
    onto: Onto,
    errors: Vec<(String, String)>,
    remark: String,
    request_key: String,
}

async fn preview(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
) -> web::Result<Response> {
    let pairs = Fields::parse(visit.query().unwrap_or_default().as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
    let onto = chosen_steps(pairs.iter());
    let page = preview_page(&visit, &approval, id, onto, String::new(), Vec::new()).await?;
    Ok(web::render(&visit, page))
}

/// `onto-review=check`: the step “review” becomes “check”.
fn chosen_steps<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Onto {
    pairs
        .filter_map(|(name, value)| Some((name.strip_prefix("onto-")?, value)))
        .filter(|(_, value)| !value.is_empty())
        .take(::route::model::NODES_MAX)
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

async fn preview_page(
    visit: &Visit,
    approval: &Approval,
    id: VersionId,
    onto: Onto,
    remark: String,
    errors: Vec<(String, String)>,
) -> web::Result<PreviewPage> {
    let (actor, me, asked) = (visit.actor()?.clone(), approval.clone(), onto.clone());
    let found = approval
        .app
        .db
        .read(move |tx| find(&me, tx, &actor, id, &asked))
        .await?;
    let rows: Vec<Row> = found.candidates.iter().map(row).collect();
    let steps = found.version.route.graph.nodes.iter().filter_map(|node| {
        let step = found.version.route.graph.step(&node.key)?;
        Some((node.key.clone(), step.name.clone()))
    });
    let page = visit
        .page("换用流程版本")
        .with_nav("migration")
        .with_crumb("流程换版", "/admin/routes".to_owned());
    Ok(PreviewPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        id,
        number: found.version.number,
        ready: rows.iter().filter(|row| row.refusal.is_empty()).count(),
        rows,
        partial: found.partial,
        missing: found
            .missing
            .into_iter()
            .map(|(key, name)| {
                let chosen = onto.get(&key).cloned().unwrap_or_default();
                (key, name, chosen)
            })
            .collect(),
        steps: std::iter::once((String::new(), "请选择".to_owned()))
            .chain(steps)
            .collect(),
        item: found.item,
        onto,
        errors,
        remark,
        request_key: visit.new_request_key(),
    })
}

fn row(candidate: &Candidate) -> Row {
    let (lands, anew, refusal) = match &candidate.lands {
        Ok(landing) => (
            landing.steps.join("、"),
            landing.anew.join("、"),
            String::new(),
        ),
        Err(refusal) => (String::new(), String::new(), refusal.clone()),
    };
    Row {
        value: format!("{}:{}", candidate.case.id, candidate.case.version),
        case_no: candidate.case.no.clone(),
        number: candidate.number,
        stands: candidate.stands.join("、"),
        lands,
        anew,
        refusal,
    }
}

struct Done {
    case_no: String,
    /// Empty where it was moved.
    refusal: String,
}

#[derive(Template)]
#[template(path = "routing/migrated.html")]
struct DonePage {
    page: ui::Page,
    id: VersionId,
    rows: Vec<Done>,
    done: usize,
}

async fn run(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let onto = chosen_steps(fields.iter());
    let remark = fields.get("remark").unwrap_or_default().to_owned();
    let mut given = Vec::new();
    for text in fields.all("row") {
        let read = text
            .split_once(':')
            .and_then(|(case, version)| Some((case.parse().ok()?, version.parse().ok()?)));
        given.push(read.ok_or_else(|| {
            Problem::bad_request("case_invalid", "页面内容不完整，请刷新后再办理")
        })?);
    }
    let checked = sized::<(CaseId, i64)>(given).and_then(|cases| {
        rules::reason(&remark).map_err(Problem::from)?;
        Ok(cases)
    });
    let cases = match checked {
        Ok(cases) => cases,
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            let page = preview_page(&visit, &approval, id, onto, remark, errors).await?;
            return Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ));
        }
        Err(problem) => return Err(problem),
    };
    let mut rows = Vec::with_capacity(cases.len());
    for (n, (case, version)) in cases.into_iter().enumerate() {
        let tried = move_one(
            &visit,
            &approval,
            &key,
            (n, id),
            (case, version),
            (&onto, &remark),
        )
        .await;
        rows.push(Done {
            case_no: number(&approval, &visit, case).await?,
            refusal: tried
                .err()
                .map_or_else(String::new, |problem| problem.detail),
        });
    }
    let page = DonePage {
        page: visit
            .page("换用结果")
            .with_nav("migration")
            .with_crumb("流程换版", "/admin/routes".to_owned()),
        id,
        done: rows.iter().filter(|row| row.refusal.is_empty()).count(),
        rows,
    };
    Ok(web::render(&visit, page).into_response())
}

/// The number of a case the visitor looks after; empty for any other.
async fn number(approval: &Approval, visit: &Visit, id: CaseId) -> web::Result<String> {
    let actor = visit.actor()?.clone();
    let case = approval
        .app
        .db
        .read(move |tx| Ok::<_, Error>(cases::load(tx, id)?))
        .await?;
    Ok(case
        .filter(|case| actor.may(Permission::Administer, &case.scope()))
        .map_or_else(String::new, |case| case.no))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PreviewQuery {
    /// 旧环节换成新环节，写成“旧键:新键”，可以有几个
    #[serde(default)]
    #[schemars(length(max = 200))]
    onto: Vec<String>,
}

/// 换版预览
#[derive(Debug, Serialize, JsonSchema)]
struct PreviewJson {
    #[schemars(with = "web::schema::Id")]
    route_id: VersionId,
    /// 第几版
    number: i64,
    /// 新版没有、要指定换到哪里的环节：键到名称
    missing: BTreeMap<String, String>,
    cases: Vec<CandidateJson>,
    /// 还有更多办件没有列出
    partial: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CandidateJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    /// 办件版本，换用时带上
    version: i64,
    /// 现在用的第几版
    from: i64,
    /// 现在的环节
    stands: Vec<String>,
    /// 换用后的环节；不能换的为空
    lands: Vec<String>,
    /// 要重办的环节
    anew: Vec<String>,
    /// 不能换的原因；能换的为空
    refusal: Option<String>,
}

impl From<&Candidate> for CandidateJson {
    fn from(candidate: &Candidate) -> CandidateJson {
        let landing = candidate.lands.as_ref().ok();
        CandidateJson {
            case_id: candidate.case.id,
            case_no: candidate.case.no.clone(),
            version: candidate.case.version,
            from: candidate.number,
            stands: candidate.stands.clone(),
            lands: landing.map_or_else(Vec::new, |landing| landing.steps.clone()),
            anew: landing.map_or_else(Vec::new, |landing| landing.anew.clone()),
            refusal: candidate.lands.as_ref().err().cloned(),
        }
    }
}

async fn preview_json(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
    Query(query): Query<PreviewQuery>,
) -> web::Result<Json<PreviewJson>> {
    let mut onto = Onto::new();
    for pair in &query.onto {
        let (old, new) = pair
            .split_once(':')
            .ok_or_else(|| Problem::invalid("onto", "请写成“旧键:新键”，如 review:check"))?;
        onto.insert(old.to_owned(), new.to_owned());
    }
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    let found = approval
        .app
        .db
        .read(move |tx| find(&me, tx, &actor, id, &onto))
        .await?;
    Ok(Json(PreviewJson {
        route_id: id,
        number: found.version.number,
        missing: found.missing,
        cases: found.candidates.iter().map(CandidateJson::from).collect(),
        partial: found.partial,
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MigrateBody {
    #[schemars(length(min = 1, max = 200))]
    cases: Vec<ChosenJson>,
    /// 旧环节的键到新环节的键
    #[serde(default)]
    onto: BTreeMap<String, String>,
    /// 理由，记入每一件的留痕
    #[schemars(length(min = 1, max = 2000))]
    remark: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChosenJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    /// 预览时看到的办件版本
    version: i64,
}

/// 一件的结果
#[derive(Debug, Serialize, JsonSchema)]
struct MigratedJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    done: bool,
    /// 没有换成的原因
    refusal: Option<String>,
}

async fn run_json(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
    Json(body): Json<MigrateBody>,
) -> web::Result<Json<Vec<MigratedJson>>> {
    rules::reason(&body.remark).map_err(Problem::from)?;
    let chosen = sized(
        body.cases
            .iter()
            .map(|chosen| (chosen.case_id, chosen.version))
            .collect(),
    )?;
    let actor = visit.actor()?.clone();
    approval
        .app
        .db
        .read(move |tx| administered(tx, &actor, id).map(drop))
        .await?;
    let mut results = Vec::with_capacity(chosen.len());
    for (n, (case, version)) in chosen.into_iter().enumerate() {
        let tried = move_one(
            &visit,
            &approval,
            &key,
            (n, id),
            (case, version),
            (&body.onto, &body.remark),
        )
        .await;
        results.push(MigratedJson {
            case_id: case,
            done: tried.is_ok(),
            refusal: tried.err().map(|problem| problem.detail),
        });
    }
    Ok(Json(results))
}
