//! The open dates of a case for the applicant's own calendar.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base::ids::CaseId;
use calendar::{Calendar, Deadline};
use casework::Case;
use jiff::civil::Date;
use web::ics::{self, Entry, When};
use web::{Path, Result, Visit};

use crate::Intake;
use crate::api::visible;

/// Every open limit of a case with its last day; what stands still has none.
pub(super) fn dates(case: &Case, calendar: &Calendar) -> Vec<(&'static str, Date)> {
    case.clocks
        .iter()
        .filter(|clock| clock.closed_at.is_none())
        .filter_map(|clock| {
            let due = clock.due(calendar).ok().and_then(Deadline::due)?;
            Some((approval::clocks::label(&clock.terms.kind), due.date))
        })
        .collect()
}

pub(super) async fn download(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let page = visit.page("我的办件");
    let url = format!("{}/cases/{case_id}", visit.app.config.public_url);
    let entries: Vec<Entry> = dates(&case, &intake.app.calendar())
        .into_iter()
        .map(|(label, day)| Entry {
            uid: format!(
                "{case_id}-{}@tongban",
                base::crypto::to_hex(&base::crypto::sm3(label.as_bytes())[..4])
            ),
            when: When::Day(day),
            summary: page.tf(
                "{limit}到期：{title}",
                &[("limit", page.t(label)), ("title", &case.title)],
            ),
            description: page.t1("办件编号{no}。日期以办件页面为准。", "no", &case.no),
            url: url.clone(),
            location: String::new(),
        })
        .collect();
    let name = format!("attachment; filename=\"{}.ics\"", case.no);
    Ok((
        [
            (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
        ],
        ics::file(&entries, visit.app.now()),
    )
        .into_response())
}
