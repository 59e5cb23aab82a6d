//! 帮办代办: the people and cases a helper goes along with. The list is the helper's own; it gives no right over a case
//! that their scope does not give.

use approval::clocks;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::codes::CaseNo;
use base::ids::{CaseId, StaffId};
use casework::{Actor, Case};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Tx, params};
use web::{Form, Problem, Result, Visit, redirect, render_with};

use crate::{Window, known};

/// Cases of one list.
const CASES_MAX: i64 = 200;
/// Characters of a note.
const NOTE_MAX: usize = 200;

pub(crate) struct Line {
    pub(crate) case_id: CaseId,
    pub(crate) case_no: String,
    pub(crate) title: String,
    pub(crate) applicant: String,
    pub(crate) state: &'static str,
    /// The applicant has to act.
    pub(crate) waits: bool,
    pub(crate) note: String,
    pub(crate) since: Timestamp,
}

#[derive(Template)]
#[template(path = "window/helper.html")]
struct HelperPage {
    page: ui::Page,
    lines: Vec<Line>,
    typed: AddForm,
    errors: Vec<(String, String)>,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    no: String,
    #[serde(default)]
    note: String,
}

pub(crate) async fn list(State(window): State<Window>, visit: Visit) -> Result<Response> {
    page(&window, &visit, AddForm::default(), Vec::new()).await
}

async fn page(
    window: &Window,
    visit: &Visit,
    typed: AddForm,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let (actor, staff) = (visit.actor()?.clone(), visit.staff()?.staff);
    let lines = window
        .app
        .db
        .read(move |tx| lines(tx, &actor, staff))
        .await?;
    let page = visit.page("帮办代办").with_nav("helper");
    let refused = !errors.is_empty();
    let body = HelperPage {
        page: if refused { page.with_error() } else { page },
        lines,
        typed,
        errors,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// What a helper goes along with, newest first.
pub(crate) fn lines(tx: &mut Tx<'_>, actor: &Actor, staff: StaffId) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (id, note, since) in going_along(tx, staff)? {
        // What left the helper's scope is left out as if it were not there.
        if let Ok(case) = known(tx, actor, id) {
            lines.push(Line {
                case_id: id,
                state: approval::flow::state_label(&case.state),
                waits: waits(&case),
                case_no: case.no,
                title: case.title,
                applicant: base::mask::name(&case.applicant_name),
                note,
                since,
            });
        }
    }
    Ok(lines)
}

/// Whether the applicant has to act: a correction, materials to follow, a hearing to ask for or to give up.
fn waits(case: &Case) -> bool {
    case.state == "correcting"
        || [clocks::GAP, clocks::HEARING_REQUEST]
            .iter()
            .any(|kind| case.open_clock(kind).is_some())
}

fn going_along(
    tx: &mut Tx<'_>,
    staff: StaffId,
) -> Result<Vec<(CaseId, String, Timestamp)>, store::Error> {
    let rows = tx.query(
        "SELECT case_id, note, since FROM assisted
          WHERE staff_id = $1 AND ended_at IS NULL
          ORDER BY since DESC, case_id
          LIMIT $2",
        &params![staff, CASES_MAX],
    )?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

pub(crate) async fn add(
    State(window): State<Window>,
    visit: Visit,
    Form(typed): Form<AddForm>,
) -> Result<Response> {
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.staff,
        visit.app.now(),
    );
    let form = typed.clone();
    let done = window
        .app
        .db
        .write(move |tx| go_along(tx, &actor, staff, (&form.no, &form.note), now).map(drop))
        .await;
    match done {
        Ok(()) => Ok(redirect("/staff/helper")),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            page(&window, &visit, typed, errors).await
        }
        Err(problem) => Err(problem),
    }
}

/// Puts a case on a helper's list.
pub fn go_along(
    tx: &mut Tx<'_>,
    actor: &Actor,
    staff: StaffId,
    (no, note): (&str, &str),
    now: Timestamp,
) -> Result<CaseId> {
    let no = CaseNo::parse(no)
        .map_err(|_| Problem::invalid("no", "请输入22位办件编号，在收件回执上"))?;
    let note = base::text::single_line(note);
    if base::text::visible_len(&note) > NOTE_MAX {
        return Err(Problem::invalid("note", format!("最多{NOTE_MAX}字")));
    }
    let case = cases::load_by_no(tx, no.as_str())
        .map_err(approval::Error::from)?
        .filter(|case| case.kind == approval::flow::KIND && approval::may_know(actor, case))
        .ok_or_else(|| Problem::invalid("no", "没有这个编号的办件，或者不归您这里办理"))?;
    tx.exec(
        "INSERT INTO assisted (staff_id, case_id, note, since, ended_at) VALUES ($1, $2, $3, $4, NULL)
         ON CONFLICT (staff_id, case_id) DO UPDATE SET note = $3, since = $4, ended_at = NULL",
        &params![staff, case.id, &note, now],
    )?;
    Ok(case.id)
}

/// Takes a case off a helper's list.
pub(crate) fn leave(
    tx: &mut Tx<'_>,
    staff: StaffId,
    case: CaseId,
    now: Timestamp,
) -> Result<u64, store::Error> {
    tx.exec(
        "UPDATE assisted SET ended_at = $3 WHERE staff_id = $1 AND case_id = $2 AND ended_at IS NULL",
        &params![staff, case, now],
    )
}

#[derive(Deserialize)]
pub(crate) struct EndForm {
    case: CaseId,
}

pub(crate) async fn end(
    State(window): State<Window>,
    visit: Visit,
    Form(form): Form<EndForm>,
) -> Result<Response> {
    let (staff, now) = (visit.staff()?.staff, visit.app.now());
    window
        .app
        .db
        .write(move |tx| leave(tx, staff, form.case, now).map(drop))
        .await?;
    Ok(redirect("/staff/helper"))
}
