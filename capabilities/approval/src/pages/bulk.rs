//! One act on several cases: a preview case by case, then each its own command with its own answer.
//!
//! The cases are not one transaction: what is refused for one does not hold up the others, and the page of results
//! says of every case what became of it. Sent again, the same form gives the same answers.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use casework::{Actor, Case, Permission};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{Access, Answer, Fields, Form, Idempotency, Json, Operation, Problem, Routes, Visit};

use super::{acts, queue_query::PATH};
use crate::{
    pages::routes,
    service::{Act, Approval, may_know},
};

/// Cases in one go.
const CASES_MAX: usize = 100;

/// What can be done to several cases at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BulkAct {
    Take,
    Release,
    Accept,
    Grant,
    Refuse,
}

/// What is written for every case of a decision.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub opinion: String,
    pub legal_basis: String,
}

impl Said {
    fn of(fields: &Fields) -> Said {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        Said {
            opinion: text("opinion"),
            legal_basis: text("legal_basis"),
        }
    }

    /// For showing what would happen before anything is written.
    fn sample() -> Said {
        Said {
            opinion: "示例".to_owned(),
            legal_basis: "示例".to_owned(),
        }
    }
}

impl BulkAct {
    fn read(fields: &Fields) -> web::Result<BulkAct> {
        match fields.get("act") {
            Some("take") => Ok(BulkAct::Take),
            Some("release") => Ok(BulkAct::Release),
            Some("accept") => Ok(BulkAct::Accept),
            Some("grant") => Ok(BulkAct::Grant),
            Some("refuse") => Ok(BulkAct::Refuse),
            _ => Err(Problem::bad_request(
                "act_unknown",
                "没有这样的批量办理，请返回待办重新选择",
            )),
        }
    }

    fn word(self) -> &'static str {
        match self {
            BulkAct::Take => "take",
            BulkAct::Release => "release",
            BulkAct::Accept => "accept",
            BulkAct::Grant => "grant",
            BulkAct::Refuse => "refuse",
        }
    }

    /// A decision needs like cases: one opinion is written for all of them.
    fn decides(self) -> bool {
        matches!(self, BulkAct::Grant | BulkAct::Refuse)
    }

    fn label(self) -> &'static str {
        match self {
            BulkAct::Take => "领办",
            BulkAct::Release => "退回待办",
            BulkAct::Accept => "受理",
            BulkAct::Grant => "准予许可",
            BulkAct::Refuse => "不予许可",
        }
    }

    fn act(self, said: &Said) -> Act {
        match self {
            BulkAct::Take => Act::Take { back: false },
            BulkAct::Release => Act::Take { back: true },
            BulkAct::Accept => Act::Accept {
                remark: String::new(),
            },
            BulkAct::Grant => Act::Grant {
                opinion: said.opinion.clone(),
            },
            BulkAct::Refuse => Act::Refuse {
                reason: said.opinion.clone(),
                legal_basis: said.legal_basis.clone(),
            },
        }
    }

    /// What is missing in what was written, by field: told once, not case by case.
    fn missing(self, said: &Said) -> Vec<(String, String)> {
        let mut missing = Vec::new();
        if self == BulkAct::Refuse {
            for (field, text, message) in [
                ("opinion", &said.opinion, "请写明不予许可的理由"),
                (
                    "legal_basis",
                    &said.legal_basis,
                    "请写明法律依据，具体到条款",
                ),
            ] {
                if base::text::paragraphs(text).is_empty() {
                    missing.push((field.to_owned(), message.to_owned()));
                }
            }
        }
        missing
    }
}

/// One case before it is done.
struct Before {
    id: CaseId,
    /// Case and version, as the next form sends it.
    value: String,
    href: String,
    case_no: String,
    title: String,
    applicant: String,
    holder: String,
    effects: Vec<String>,
    refusal: String,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct PreviewPage {
    page: ui::Page,
    act: BulkAct,
    rows: Vec<Before>,
    ready: usize,
    said: Said,
    errors: Vec<(String, String)>,
    list: String,
    back: String,
    request_key: String,
}

/// One case after it was tried.
struct After {
    href: String,
    case_no: String,
    title: String,
    applicant: String,
    /// Empty where it was done.
    refusal: String,
}

#[derive(Template)]
#[template(path = "bulk_done.html")]
struct DonePage {
    page: ui::Page,
    act: BulkAct,
    rows: Vec<After>,
    done: usize,
    refused: usize,
    back: String,
}

/// What would happen, case by case; nothing is done yet.
pub(super) async fn preview(
    visit: Visit,
    State(approval): State<Approval>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let act = BulkAct::read(&fields)?;
    let cases = chosen(fields.all("case").map(|text| text.parse().ok()))?;
    let list = list_of(&fields);
    let page = preview_page(&visit, &approval, act, cases, (Said::default(), list)).await?;
    Ok(web::render(&visit, page))
}

async fn preview_page(
    visit: &Visit,
    approval: &Approval,
    act: BulkAct,
    cases: Vec<CaseId>,
    (said, list): (Said, String),
) -> web::Result<PreviewPage> {
    let rows = looked_at(visit, approval, act, cases).await?;
    Ok(PreviewPage {
        page: visit
            .page("批量办理")
            .with_nav("queue")
            .with_crumb("待办", PATH),
        act,
        ready: rows.iter().filter(|row| row.refusal.is_empty()).count(),
        rows,
        said,
        errors: Vec::new(),
        back: back(&list),
        list,
        request_key: visit.new_request_key(),
    })
}

async fn looked_at(
    visit: &Visit,
    approval: &Approval,
    act: BulkAct,
    cases: Vec<CaseId>,
) -> web::Result<Vec<Before>> {
    let (actor, now, me) = (visit.actor()?.clone(), approval.app.now(), approval.clone());
    approval
        .app
        .db
        .read(move |tx| -> web::Result<Vec<Before>> {
            let mut rows = Vec::new();
            let mut item = None;
            for id in cases {
                // What the visitor may not know of is left out as if it were not there.
                let Some(case) = known(tx, &actor, id)? else {
                    continue;
                };
                let mut row = before(tx, &me, &actor, now, act, &case)?;
                if act.decides() && row.refusal.is_empty() {
                    let about = crate::details::about(&case).map(|about| about.item);
                    if *item.get_or_insert(about) != about {
                        UNLIKE.clone_into(&mut row.refusal);
                    }
                }
                rows.push(row);
            }
            Ok(rows)
        })
        .await
}

/// Why a case is not decided together with the others.
const UNLIKE: &str = "与前面的办件不是同一事项，批量决定只用于同类办件，请分批办理";

/// Does it, one case after the other.
pub(super) async fn run(
    visit: Visit,
    State(approval): State<Approval>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let act = BulkAct::read(&fields)?;
    let cases = chosen(fields.all("row").map(|text| {
        let (case, version) = text.split_once(':')?;
        Some((case.parse().ok()?, version.parse().ok()?))
    }))?;
    let key = Idempotency::of_form(&visit)?;
    let said = Said::of(&fields);
    let missing = act.missing(&said);
    if !missing.is_empty() {
        let list = list_of(&fields);
        let ids = cases.into_iter().map(|(id, _)| id).collect();
        let page = preview_page(&visit, &approval, act, ids, (said, list)).await?;
        let page = PreviewPage {
            page: page.page.with_error(),
            errors: missing,
            ..page
        };
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(web::render_with(&visit, status, page));
    }
    let mut rows = Vec::new();
    for (id, tried) in each(&visit, &approval, &key, act, &said, cases).await? {
        if let Some(row) = after(&visit, &approval, id, tried).await? {
            rows.push(row);
        }
    }
    let done = rows.iter().filter(|row| row.refusal.is_empty()).count();
    let page = DonePage {
        page: visit
            .page("批量办理结果")
            .with_nav("queue")
            .with_crumb("待办", PATH),
        act,
        refused: rows.len() - done,
        done,
        rows,
        back: back(&list_of(&fields)),
    };
    Ok(web::render(&visit, page))
}

/// Each case as a command of its own: what one is refused holds up none of the others.
async fn each(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    act: BulkAct,
    said: &Said,
    cases: Vec<(CaseId, i64)>,
) -> web::Result<Vec<(CaseId, web::Result<()>)>> {
    let mut tried = Vec::with_capacity(cases.len());
    let mut item = None;
    for (n, (id, version)) in cases.into_iter().enumerate() {
        if act.decides() {
            let actor = visit.actor()?.clone();
            let case = approval
                .app
                .db
                .read(move |tx| known(tx, &actor, id))
                .await?;
            let about = case.as_ref().and_then(crate::details::about);
            let about = about.map(|about| about.item);
            if case.is_some() && *item.get_or_insert(about) != about {
                tried.push((id, Err(Problem::invalid("case", UNLIKE))));
                continue;
            }
        }
        let done = one(visit, approval, key, n, (act, said), (id, version)).await;
        tried.push((id, done));
    }
    Ok(tried)
}

/// One case of the form, as a command of its own.
async fn one(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    n: usize,
    (act, said): (BulkAct, &Said),
    (id, version): (CaseId, i64),
) -> web::Result<()> {
    let key = Idempotency::new(&format!("{}-{n}", key.key()))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let act = act.act(said);
    web::once(visit, &key, move |tx| {
        me.act(tx, &actor, now, id, Some(version), &act)?;
        Ok::<_, crate::Error>(Answer::empty())
    })
    .await
    .map(drop)
}

async fn after(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    tried: web::Result<()>,
) -> web::Result<Option<After>> {
    let actor = visit.actor()?.clone();
    let case = approval
        .app
        .db
        .read(move |tx| known(tx, &actor, id))
        .await?;
    Ok(case.map(|case| After {
        href: routes::workspace(case.id),
        case_no: case.no,
        title: case.title,
        applicant: case.applicant_name,
        refusal: tried
            .err()
            .map(|problem| problem.detail)
            .unwrap_or_default(),
    }))
}

fn known(tx: &mut Tx<'_>, actor: &Actor, id: CaseId) -> web::Result<Option<Case>> {
    let case = cases::load(tx, id).map_err(crate::Error::from)?;
    Ok(case.filter(|case| case.kind == crate::flow::KIND && may_know(actor, case)))
}

fn before(
    tx: &mut Tx<'_>,
    approval: &Approval,
    actor: &Actor,
    now: Timestamp,
    act: BulkAct,
    case: &Case,
) -> web::Result<Before> {
    let holder = match case.tasks.first().and_then(|task| task.staff) {
        Some(staff) => people::staff::name(tx, staff)?.unwrap_or_default(),
        None => String::new(),
    };
    let (effects, refusal) = match approval.preview(actor, now, case, &act.act(&Said::sample())) {
        Ok(effects) if act == BulkAct::Accept || act.decides() => {
            (acts::lines(&effects), String::new())
        }
        Ok(_) => (vec!["状态和期限不变".to_owned()], String::new()),
        Err(refusal) => (Vec::new(), Problem::from(refusal).detail),
    };
    Ok(Before {
        id: case.id,
        value: format!("{}:{}", case.id, case.version),
        href: routes::workspace(case.id),
        case_no: case.no.clone(),
        title: case.title.clone(),
        applicant: case.applicant_name.clone(),
        holder,
        effects,
        refusal,
    })
}

/// The cases a form names, each once.
fn chosen<T: PartialEq>(given: impl Iterator<Item = Option<T>>) -> web::Result<Vec<T>> {
    let mut chosen = Vec::new();
    for one in given {
        let one = one.ok_or_else(|| {
            Problem::bad_request("case_invalid", "页面内容不完整，请返回待办重新选择")
        })?;
        if !chosen.contains(&one) {
            chosen.push(one);
        }
    }
    match chosen.len() {
        0 => Err(Problem::invalid(
            "case",
            "没有选中办件，请返回待办勾选后再办理",
        )),
        n if n > CASES_MAX => Err(Problem::invalid(
            "case",
            format!("一次最多办理 {CASES_MAX} 件，请分批选择"),
        )),
        _ => Ok(chosen),
    }
}

/// The list the visitor came from: only what a query consists of.
fn list_of(fields: &Fields) -> String {
    let list = fields.get("list").unwrap_or_default();
    let fits = list
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%=&".contains(&byte));
    if fits { list.to_owned() } else { String::new() }
}

fn back(list: &str) -> String {
    match list {
        "" => format!("{PATH}?view=all"),
        list => format!("{PATH}?{list}"),
    }
}

/// Adds the operation.
pub(crate) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    routes.api(
        Operation::post("/api/v1/bulk-decisions", "decide_cases")
            .tag("approval")
            .summary("批量决定：同一事项的几件一起准予或者不予，逐件办理、逐件答复")
            .description("preview 为真时只预览，不办理。每一件带看到的版本；别人先办了的，该件答没有办成和原因，不影响其他件。")
            .access(Access::Permission(Permission::Decide))
            .body::<BulkBody>()
            .ok::<Vec<BulkLine>>(200)
            .problems(&[422]),
        decide_json,
    )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// 只预览
    #[serde(default)]
    preview: bool,
    granted: bool,
    /// 准予时为审查意见，不予许可时为理由（必填）
    #[serde(default)]
    #[schemars(length(max = 2000))]
    opinion: String,
    /// 不予许可时必填
    #[serde(default)]
    #[schemars(length(max = 2000))]
    legal_basis: String,
    #[schemars(length(min = 1, max = 100))]
    cases: Vec<BulkCase>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BulkCase {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    /// 看到的办件版本
    version: i64,
}

/// 一件的预览或者结果
#[derive(Debug, Serialize, JsonSchema)]
struct BulkLine {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    /// 已办理；预览时为可以办理
    done: bool,
    /// 办理后的样子，预览时有
    effects: Vec<String>,
    /// 没有办成的原因
    refusal: Option<String>,
}

impl BulkLine {
    /// A case that is not there, or that the actor may not know of: every case asked for has its answer.
    fn unknown(case_id: CaseId) -> BulkLine {
        BulkLine {
            case_id,
            case_no: String::new(),
            done: false,
            effects: Vec::new(),
            refusal: Some("没有找到这件办件，或者不归您办理".to_owned()),
        }
    }
}

async fn decide_json(
    visit: Visit,
    State(approval): State<Approval>,
    key: Idempotency,
    Json(body): Json<BulkBody>,
) -> web::Result<Json<Vec<BulkLine>>> {
    let act = if body.granted {
        BulkAct::Grant
    } else {
        BulkAct::Refuse
    };
    let cases = chosen(
        body.cases
            .iter()
            .map(|case| Some((case.case_id, case.version))),
    )?;
    let told = |refusal: String| (!refusal.is_empty()).then_some(refusal);
    if body.preview {
        let ids: Vec<CaseId> = cases.iter().map(|(id, _)| *id).collect();
        let mut rows = looked_at(&visit, &approval, act, ids.clone()).await?;
        let lines = ids.into_iter().map(|id| {
            let Some(at) = rows.iter().position(|row| row.id == id) else {
                return BulkLine::unknown(id);
            };
            let row = rows.swap_remove(at);
            BulkLine {
                case_id: row.id,
                case_no: row.case_no,
                done: row.refusal.is_empty(),
                effects: row.effects,
                refusal: told(row.refusal),
            }
        });
        return Ok(Json(lines.collect()));
    }
    let said = Said {
        opinion: body.opinion,
        legal_basis: body.legal_basis,
    };
    if let Some((_, message)) = act.missing(&said).into_iter().next() {
        return Err(Problem::invalid("opinion", message));
    }
    let mut lines = Vec::new();
    for (id, tried) in each(&visit, &approval, &key, act, &said, cases).await? {
        let row = after(&visit, &approval, id, tried).await?;
        lines.push(row.map_or_else(
            || BulkLine::unknown(id),
            |row| BulkLine {
                case_id: id,
                case_no: row.case_no,
                done: row.refusal.is_empty(),
                effects: Vec::new(),
                refusal: told(row.refusal),
            },
        ));
    }
    Ok(Json(lines))
}
