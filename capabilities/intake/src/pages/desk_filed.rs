//! 窗口收件: what follows taking in. Accepting on the spot, and the papers the applicant goes home with.

use approval::Act;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::ids::{CaseId, ItemId, PartyId};
use casework::{Actor, Case, Permission};
use serde::Deserialize;
use ui::Page;
use web::{Answer, Form, Idempotency, Path, Result, Visit, render};

use super::receipt::{Receipt, due_of, receipt};
use crate::Intake;
use crate::api::visible;

#[derive(Template)]
#[template(path = "desk/filed.html")]
struct FiledPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    applicant: String,
    party: PartyId,
    item: Option<ItemId>,
    workspace: String,
    notice_due: Option<jiff::civil::Date>,
    notice_provisional: bool,
    can_accept: bool,
    /// What accepting at once would do to the clocks; empty where it cannot be done.
    accept_effect: String,
    accepted: bool,
    version: i64,
    request_key: String,
}

async fn case_of(intake: &Intake, visit: &Visit, id: CaseId) -> Result<Case> {
    let (reader, now) = (visit.actor()?.clone(), visit.app.now());
    intake
        .app
        .db
        .read(move |tx| visible(tx, &reader, id, now))
        .await
}

pub(super) async fn filed(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let case = case_of(&intake, &visit, case_id).await?;
    let (notice_due, notice_provisional) = due_of(&intake, &case, approval::clocks::NOTICE);
    let accept = Act::Accept {
        remark: String::new(),
    };
    let effect = intake
        .approval
        .preview(&actor, visit.app.now(), &case, &accept);
    let body = FiledPage {
        case_id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        applicant: case.applicant_name.clone(),
        party: case.applicant,
        item: approval::details::about(&case).map(|about| about.item),
        workspace: approval::pages::routes::workspace(case_id),
        notice_due,
        notice_provisional,
        can_accept: case.state == "received"
            && matches!(actor, Actor::Staff(_))
            && actor.may(Permission::Accept, &case.scope()),
        accept_effect: effect
            .map(|effects| approval::pages::effect_lines(&effects).join("；"))
            .unwrap_or_default(),
        accepted: approval::details::acceptance(&case).is_some(),
        version: case.version,
        request_key: visit.new_request_key(),
        page: visit.page("收件完成").with_nav("intake"),
    };
    Ok(render(&visit, body))
}

#[derive(Deserialize)]
pub(super) struct AcceptForm {
    version: i64,
}

/// 当场受理: accepts what was just taken in and leads to its papers.
pub(super) async fn accept(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Form(form): Form<AcceptForm>,
) -> Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let (approval, actor, now) = (
        intake.approval.clone(),
        visit.actor()?.clone(),
        visit.app.now(),
    );
    let answer = web::once(&visit, &key, move |tx| {
        let act = Act::Accept {
            remark: String::new(),
        };
        approval.act(tx, &actor, now, case_id, Some(form.version), &act)?;
        Ok::<_, approval::Error>(Answer::see(format!("/staff/intake/cases/{case_id}/papers")))
    })
    .await?;
    Ok(answer.into_response())
}

#[derive(Template)]
#[template(path = "desk/papers.html")]
struct PapersPage {
    page: Page,
    case_id: CaseId,
    item: Option<ItemId>,
    letter: approval::pages::Sheet,
    receipt: Receipt,
    /// The letter has the page's `h1`.
    first: bool,
}

/// 受理通知书 and 收件回执, printed together.
pub(super) async fn papers(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let case = case_of(&intake, &visit, case_id).await?;
    let letter =
        approval::pages::sheet(&visit, &intake.approval, case_id, "acceptance", true).await?;
    let page = visit.page("受理通知书和收件回执");
    let body = PapersPage {
        case_id,
        item: approval::details::about(&case).map(|about| about.item),
        letter,
        receipt: receipt(&intake, &visit, &page, &case).await?,
        first: false,
        page,
    };
    Ok(render(&visit, body))
}
