//! `/halls/{hall_id}/hours.ics`: when a hall is open, for one's own calendar. Holidays and make-up working days are
//! in it, as far as they are published.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base::ids::HallId;
use calendar::Calendar;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use web::ics::{self, Entry, When};
use web::{App, Path, Problem, Visit};

use crate::halls;
use crate::model::Hall;
use crate::now::periods_on;

/// Days in the file, today among them.
const DAYS: i32 = 92;

pub(crate) async fn download(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<HallId>,
) -> web::Result<Response> {
    let today = app.today();
    let hall = app
        .db
        .read(move |tx| halls::hall(tx, id))
        .await?
        .filter(|hall| hall.exists_on(today))
        .ok_or_else(|| Problem::not_found("没有找到这个大厅"))?;
    let url = format!("{}/halls/{id}", app.config.public_url);
    let page = visit.page("大厅");
    let summary = page.t1("{hall}开放", "hall", &hall.name);
    let entries = entries(&hall, &app.calendar(), today, &summary, &url);
    let name = format!("attachment; filename=\"{}.ics\"", hall.id);
    Ok((
        [
            (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
            (CACHE_CONTROL, "public, max-age=3600".to_owned()),
        ],
        ics::file(&entries, app.now()),
    )
        .into_response())
}

/// Every period of the coming days.
fn entries(hall: &Hall, calendar: &Calendar, first: Date, summary: &str, url: &str) -> Vec<Entry> {
    (0..DAYS)
        .map(|ahead| first.saturating_add(ahead.days()))
        .filter(|day| hall.exists_on(*day))
        .flat_map(|day| {
            periods_on(hall, calendar, day)
                .into_iter()
                .map(move |period| (day, period))
        })
        .map(|(day, period)| Entry {
            uid: format!("{}-{day}-{}@tongban", hall.id, period.opens),
            when: When::Span(minute(day, period.opens), minute(day, period.closes)),
            summary: summary.to_owned(),
            description: hall.phone.clone(),
            url: url.to_owned(),
            location: hall.address.clone(),
        })
        .collect()
}

/// A minute of a day at UTC+8.
fn minute(day: Date, minute: u16) -> Timestamp {
    calendar::start_of_day(day) + SignedDuration::from_mins(i64::from(minute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours;
    use crate::model::HallKind;

    #[test]
    fn holidays_are_left_out_and_make_up_days_follow_monday() {
        let hall = Hall {
            id: HallId::from_uuid(uuid::Uuid::from_u128(1)),
            key: "city_hall".into(),
            name: "政务服务中心".into(),
            kind: HallKind::Hall,
            tier: None,
            region: "990100".into(),
            parent: None,
            address: "东湖路1号".into(),
            phone: "12345".into(),
            hours: hours::parse("周一至周五 9:00—12:00").expect("hours"),
            zones: Vec::new(),
            note: String::new(),
            valid_from: Date::constant(2020, 1, 1),
            valid_to: Some(Date::constant(2026, 2, 28)),
        };
        let calendar = Calendar::builtin();
        let first = Date::constant(2026, 2, 9);
        let entries = entries(&hall, &calendar, first, "开放", "https://zwfw.example");
        let expected = (0..20)
            .map(|ahead| first.saturating_add(ahead.days()))
            .filter(|day| calendar.is_working_day(*day).expect("published"))
            .count();
        assert_eq!(entries.len(), expected);
        assert!(entries.len() < 15, "the spring festival is closed");
        let Some(Entry { when, .. }) = entries.first() else {
            panic!("the first day is open");
        };
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
        assert_eq!(
            *when,
            When::Span(
                moment("2026-02-09T01:00:00Z"),
                moment("2026-02-09T04:00:00Z")
            )
        );
    }
}
