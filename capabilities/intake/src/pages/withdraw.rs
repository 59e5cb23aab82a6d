//! 撤回申请: asked once more before it is done, for it cannot be undone.

use approval::Act;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use serde::Deserialize;
use ui::Page;
use web::{Form, Path, Problem, Result, Visit, redirect, render_with};

use crate::Intake;
use crate::api::visible;

#[derive(Template)]
#[template(path = "intake/withdraw.html")]
struct WithdrawPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    reason: String,
    errors: Vec<(String, String)>,
    agree_error: String,
}

#[derive(Deserialize)]
pub(super) struct WithdrawForm {
    version: i64,
    #[serde(default)]
    reason: String,
    agree: Option<String>,
}

async fn load(intake: &Intake, visit: &Visit, case_id: CaseId) -> Result<Case> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    if matches!(actor, Actor::Staff(_)) && !actor.may_somewhere(casework::Permission::Receive) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let possible = approval::flow::FLOW
        .command("withdraw")
        .is_some_and(|step| step.from.contains(&case.state.as_str()));
    if possible {
        Ok(case)
    } else {
        Err(Problem::conflict(
            "wrong_state",
            "这件申请已经作出决定或者已经办结，不能撤回",
        ))
    }
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let case = load(&intake, &visit, case_id).await?;
    Ok(page(&visit, &case, "", false))
}

fn page(visit: &Visit, case: &Case, reason: &str, refused: bool) -> Response {
    let page = visit.page("撤回申请").with_nav("my");
    let page = if refused { page.with_error() } else { page };
    let text = page.t("请勾选确认后再撤回").to_owned();
    let body = WithdrawPage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        reason: reason.to_owned(),
        errors: if refused {
            vec![("agree".to_owned(), text.clone())]
        } else {
            Vec::new()
        },
        agree_error: if refused { text } else { String::new() },
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Form(form): Form<WithdrawForm>,
) -> Result<Response> {
    let case = load(&intake, &visit, case_id).await?;
    if form.agree.is_none() {
        return Ok(page(&visit, &case, &form.reason, true));
    }
    let actor = visit.actor()?.clone();
    let (handle, now) = (intake.clone(), visit.app.now());
    let act = Act::Withdraw {
        reason: form.reason,
    };
    intake
        .app
        .db
        .write(move |tx| {
            handle
                .approval
                .act(tx, &actor, now, case_id, Some(form.version), &act)
        })
        .await?;
    Ok(redirect(&format!("/cases/{case_id}")))
}
