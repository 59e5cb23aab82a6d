//! 催办, the applicant's side: what was said before, how the work stands, and a word to whoever holds it.

use approval::special::Command;
use approval::special::urging;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::Case;
use jiff::Timestamp;
use serde::Deserialize;
use ui::Page;
use web::{Form, Path, Problem, Result, Visit, redirect, render_with};

use super::{act, back, load};
use crate::Intake;
use crate::messages::tell;

/// What is said where the applicant says nothing.
const WORDS: &str = "请尽快办理";

/// Whether the applicant may remind the office now.
pub(super) fn is_open(case: &Case, now: Timestamp) -> bool {
    case.is_open() && urging::may_applicant(case, now)
}

#[derive(Template)]
#[template(path = "intake/urge.html")]
struct UrgePage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    /// By when it is to be decided; empty where no clock runs.
    until: String,
    text: String,
    errors: Vec<(String, String)>,
    text_error: String,
}

#[derive(Default, Deserialize)]
pub(in super::super) struct UrgeForm {
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    text: String,
}

pub(in super::super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    if let Some(address) = intake.elsewhere(visit.actor()?, case_id).await? {
        return Ok(redirect(&address));
    }
    let case = open_case(&intake, &visit, case_id).await?;
    Ok(page(&intake, &visit, &case, "", None))
}

async fn open_case(intake: &Intake, visit: &Visit, case_id: CaseId) -> Result<Case> {
    visit.person()?;
    let case = load(intake, visit, case_id).await?;
    if is_open(&case, visit.app.now()) {
        return Ok(case);
    }
    let message = if urging::of_applicant(&case).is_some() {
        "已经催办过，办理人的待办里已经标出；一天可以催办一次"
    } else {
        "这个办件现在没有等部门办理的事，不用催办"
    };
    Err(Problem::conflict("wrong_state", message))
}

fn page(
    intake: &Intake,
    visit: &Visit,
    case: &Case,
    text: &str,
    refused: Option<&str>,
) -> Response {
    let page = visit
        .page("催办")
        .with_nav("my")
        .with_crumb(case.title.clone(), format!("/cases/{}", case.id));
    let text_error = refused.map_or_else(String::new, |message| page.t(message).to_owned());
    let (page, status, errors) = if text_error.is_empty() {
        (page, StatusCode::OK, Vec::new())
    } else {
        let errors = vec![("text".to_owned(), text_error.clone())];
        (page.with_error(), StatusCode::UNPROCESSABLE_ENTITY, errors)
    };
    let body = UrgePage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        until: tell::deciding(case, &intake.app.calendar())
            .map_or_else(String::new, |day| page.date_long(day)),
        text: text.to_owned(),
        errors,
        text_error,
        page,
    };
    render_with(visit, status, body)
}

pub(in super::super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Form(form): Form<UrgeForm>,
) -> Result<Response> {
    let case = open_case(&intake, &visit, case_id).await?;
    let said = form.text.trim();
    let command = Command::Urge {
        text: if said.is_empty() { WORDS } else { said }.to_owned(),
    };
    match act(&intake, &visit, case_id, form.version, command).await? {
        Ok(()) => Ok(back(&visit, case_id)),
        Err(message) => Ok(page(&intake, &visit, &case, &form.text, Some(&message))),
    }
}
