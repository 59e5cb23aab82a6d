//! One act on several cases: a preview case by case, then each its own command with its own answer.
//!
//! The cases are not one transaction: what is refused for one does not hold up the others, and the page of results
//! says of every case what became of it. Sent again, the same form gives the same answers.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use casework::{Actor, Case};
use jiff::Timestamp;
use store::Tx;
use web::{Answer, Fields, Form, Idempotency, Problem, Visit};

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
}

impl BulkAct {
    fn read(fields: &Fields) -> web::Result<BulkAct> {
        match fields.get("act") {
            Some("take") => Ok(BulkAct::Take),
            Some("release") => Ok(BulkAct::Release),
            Some("accept") => Ok(BulkAct::Accept),
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
        }
    }

    fn label(self) -> &'static str {
        match self {
            BulkAct::Take => "领办",
            BulkAct::Release => "退回待办",
            BulkAct::Accept => "受理",
        }
    }

    fn act(self) -> Act {
        match self {
            BulkAct::Take => Act::Take { back: false },
            BulkAct::Release => Act::Take { back: true },
            BulkAct::Accept => Act::Accept {
                remark: String::new(),
            },
        }
    }
}

/// One case before it is done.
struct Before {
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
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let me = approval.clone();
    let rows = approval
        .app
        .db
        .read(move |tx| -> web::Result<Vec<Before>> {
            let mut rows = Vec::new();
            for id in cases {
                // What the visitor may not know of is left out as if it were not there.
                if let Some(case) = known(tx, &actor, id)? {
                    rows.push(before(tx, &me, &actor, now, act, &case)?);
                }
            }
            Ok(rows)
        })
        .await?;
    let list = list_of(&fields);
    let page = PreviewPage {
        page: visit
            .page("批量办理")
            .with_nav("queue")
            .with_crumb("待办", PATH),
        act,
        ready: rows.iter().filter(|row| row.refusal.is_empty()).count(),
        rows,
        back: back(&list),
        list,
        request_key: visit.new_request_key(),
    };
    Ok(web::render(&visit, page))
}

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
    let mut rows = Vec::new();
    for (n, (id, version)) in cases.into_iter().enumerate() {
        let tried = one(&visit, &approval, &key, n, act, id, version).await;
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

/// One case of the form, as a command of its own.
async fn one(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    n: usize,
    act: BulkAct,
    id: CaseId,
    version: i64,
) -> web::Result<()> {
    let key = Idempotency::new(&format!("{}-{n}", key.key()))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(visit, &key, move |tx| {
        me.act(tx, &actor, now, id, Some(version), &act.act())?;
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
    let (effects, refusal) = match approval.preview(actor, now, case, &act.act()) {
        Ok(effects) if act == BulkAct::Accept => (acts::lines(&effects), String::new()),
        Ok(_) => (vec!["状态和期限不变".to_owned()], String::new()),
        Err(refusal) => (Vec::new(), Problem::from(refusal).detail),
    };
    Ok(Before {
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
