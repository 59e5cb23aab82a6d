//! 听证, the applicant's side: the right, the request or the waiver, the summons, the record (行政许可法第四十七条、第四十八条).

use approval::clocks;
use approval::special::hearing::{self, Hearing};
use approval::special::{Command, notices};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use calendar::Calendar;
use casework::Case;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::{Form, Path, Problem, Result, Visit, redirect, render_with};

use super::{act, back, load};
use crate::Intake;
use crate::messages::tell;

/// Whether the applicant may ask for a hearing or waive one now.
pub(crate) fn is_open(case: &Case, calendar: &Calendar, now: Timestamp) -> bool {
    let in_time = || {
        case.open_clock(clocks::HEARING_REQUEST)
            .and_then(|clock| clocks::due_at(clock, calendar))
            .is_some_and(|due| now < due)
    };
    hearing::of(case).is_some_and(|known| {
        case.state == "accepted"
            && known.told_at.is_some()
            && known.waived_at.is_none()
            && known.held_at.is_none()
            && known.requested_by.is_empty()
            && (known.requested_at.is_some() || in_time())
    })
}

/// The last day to ask for one.
pub(crate) fn until(case: &Case, calendar: &Calendar) -> Option<Date> {
    tell::due(case, clocks::HEARING_REQUEST, calendar)
}

#[derive(Template)]
#[template(path = "intake/hearing.html")]
struct HearingPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    matter: String,
    /// What happened, in order: (when, what).
    steps: Vec<(String, String)>,
    /// When, where and under whom it is held, once that is told.
    called: Option<Called>,
    record: String,
    /// (words, address) of the notices about it.
    letters: Vec<(String, String)>,
    open: bool,
    requested: bool,
    until: Option<Date>,
    reason: String,
    choice_error: String,
    errors: Vec<(String, String)>,
}

struct Called {
    on: Date,
    time: String,
    place: String,
    officer: String,
}

#[derive(Default, Deserialize)]
pub(in super::super) struct HearingForm {
    #[serde(default)]
    version: Option<i64>,
    /// `request` or `waive`.
    choice: Option<String>,
    #[serde(default)]
    reason: String,
}

pub(in super::super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    if let Some(address) = intake.elsewhere(visit.actor()?, case_id).await? {
        return Ok(redirect(&address));
    }
    let case = load(&intake, &visit, case_id).await?;
    page(&intake, &visit, &case, &HearingForm::default(), None)
}

fn page(
    intake: &Intake,
    visit: &Visit,
    case: &Case,
    form: &HearingForm,
    error: Option<&str>,
) -> Result<Response> {
    let Some(known) = hearing::of(case) else {
        return Err(Problem::conflict(
            "wrong_state",
            "这个办件没有告知过听证的权利",
        ));
    };
    let page = visit
        .page("听证")
        .with_nav("my")
        .with_crumb(case.title.clone(), format!("/cases/{}", case.id));
    let choice_error = error.map_or_else(String::new, |error| page.t(error).to_owned());
    let (page, status, errors) = if choice_error.is_empty() {
        (page, StatusCode::OK, Vec::new())
    } else {
        let errors = vec![("choice".to_owned(), choice_error.clone())];
        (page.with_error(), StatusCode::UNPROCESSABLE_ENTITY, errors)
    };
    let about = [
        notices::NoticeKind::HearingRight,
        notices::NoticeKind::Hearing,
    ];
    let letters = notices::all(case)
        .into_iter()
        .filter(|notice| about.contains(&notice.kind))
        .map(|notice| {
            let address = notices::address(notice.no);
            let address = approval::pages::routes::letter(case.id, &address);
            (page.t(notice.kind.title()).to_owned(), address)
        })
        .collect();
    let body = HearingPage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        steps: steps(&page, &known),
        called: known.on.map(|on| Called {
            on,
            time: known.time.clone(),
            place: known.place.clone(),
            officer: known.officer.clone(),
        }),
        record: known.record.clone(),
        letters,
        open: is_open(case, &intake.app.calendar(), visit.app.now()),
        requested: known.requested_at.is_some(),
        until: until(case, &intake.app.calendar()),
        reason: form.reason.clone(),
        choice_error,
        matter: known.matter,
        errors,
        page,
    };
    Ok(render_with(visit, status, body))
}

/// What has happened so far.
fn steps(page: &Page, known: &Hearing) -> Vec<(String, String)> {
    let asked = if known.requested_by.is_empty() {
        "您要求听证"
    } else {
        "利害关系人要求听证"
    };
    [
        (known.told_at, "告知听证权利"),
        (known.requested_at, asked),
        (known.waived_at, "放弃听证"),
        (known.held_at, "听证举行完毕，笔录已登记"),
    ]
    .into_iter()
    .filter_map(|(at, words)| Some((page.datetime(at?), page.t(words).to_owned())))
    .collect()
}

pub(in super::super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Form(form): Form<HearingForm>,
) -> Result<Response> {
    let case = load(&intake, &visit, case_id).await?;
    let command = match form.choice.as_deref() {
        Some("request") => Command::RequestHearing {
            by: String::new(),
            reason: form.reason.clone(),
        },
        Some("waive") => Command::WaiveHearing,
        _ => {
            let error = "请选择要求听证还是放弃听证";
            return page(&intake, &visit, &case, &form, Some(error));
        }
    };
    match act(&intake, &visit, case_id, form.version, command).await? {
        Ok(()) => Ok(back(&visit, case_id)),
        Err(message) => page(&intake, &visit, &case, &form, Some(&message)),
    }
}
