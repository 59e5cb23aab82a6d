//! `/halls`: where one can go, when, and to which window.

use axum::extract::State;
use axum::response::Response;
use base::ids::HallId;
use calendar::{Calendar, DayKind};
use jiff::civil::{Date, Weekday};
use people::{Error, regions};
use serde::Deserialize;
use store::Tx;
use ui::Lang;
use web::{App, Path, Query, Visit};

use crate::halls::{self, HallFilter};
use crate::hours;
use crate::model::{Hall, Window};
use crate::pages::halls::org_names;
use crate::pages::{Choice, PAGE, address, choice, page_of};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    region: String,
    cursor: String,
}

struct HallRow {
    href: String,
    hall: Hall,
    region: String,
    hours: String,
    today: Today,
}

/// Whether one can go there today.
enum Today {
    /// With the hours of today.
    Open(String),
    /// Not on this day of the week.
    Closed,
    /// A public holiday.
    Holiday,
    /// The hours are not known.
    Unknown,
}

#[derive(askama::Template)]
#[template(path = "halls/list.html")]
struct ListPage {
    page: ui::Page,
    query: ListQuery,
    regions: Vec<Choice>,
    rows: Vec<HallRow>,
    first: Option<String>,
    next: Option<String>,
}

/// Windows that do the same, side by side.
struct WindowRow {
    /// A01—A08.
    numbers: String,
    name: String,
    kind: &'static str,
    orgs: String,
}

#[derive(askama::Template)]
#[template(path = "halls/show.html")]
struct HallPage {
    page: ui::Page,
    hall: Hall,
    region: String,
    hours: Vec<(String, String)>,
    today: Today,
    windows: Vec<WindowRow>,
    /// Between two names in this language.
    comma: &'static str,
}

pub(crate) async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> web::Result<Response> {
    let today = app.today();
    let place = app.config.region.clone();
    let region = match query.region.trim() {
        "" => place.clone(),
        asked => asked.to_owned(),
    };
    let after: Option<(String, String)> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, "public-halls", cursor)?),
    };
    let paged = after.is_some();
    let text = query.q.clone();
    let (calendar, lang) = (app.calendar(), visit.lang);
    let (rows, names) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let filter = HallFilter {
                // A region nobody knows finds nothing.
                region: Some(region),
                query: Some(text),
                kind: None,
                on: Some(today),
            };
            let after = after
                .as_ref()
                .map(|(region, key)| (region.as_str(), key.as_str()));
            let found = match halls::list(tx, &filter, after, PAGE + 1) {
                Err(Error::Invalid { .. }) => Vec::new(),
                other => other?,
            };
            let mut rows = Vec::with_capacity(found.len());
            for hall in found {
                rows.push(row(tx, hall, &calendar, today, lang)?);
            }
            let mut names = Vec::new();
            for below in regions::children(tx, Some(&place))? {
                if below.valid_to.is_none_or(|day| day >= today) {
                    names.push(choice(below.code, below.name));
                }
            }
            Ok((rows, names))
        })
        .await?;
    let (rows, more) = page_of(rows);
    let link = |cursor: &str| {
        address(
            "/halls",
            &[
                ("q", &query.q),
                ("region", &query.region),
                ("cursor", cursor),
            ],
        )
    };
    let next = rows.last().filter(|_| more).map(|last| {
        let place = (&last.hall.region, &last.hall.key);
        link(&web::cursor::encode(&app, "public-halls", &place))
    });
    let first = paged.then(|| link(""));
    let page = ListPage {
        page: visit.page("办事大厅").with_nav("halls"),
        regions: names,
        rows,
        first,
        next,
        query,
    };
    Ok(web::render(&visit, page))
}

pub(crate) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<HallId>,
) -> web::Result<Response> {
    let (today, lang) = (app.today(), visit.lang);
    let found = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let Some(hall) = halls::hall(tx, id)?.filter(|hall| hall.exists_on(today)) else {
                return Ok(None);
            };
            let mut open = halls::windows(tx, id)?;
            open.retain(|window| window.closed_on.is_none_or(|day| day >= today));
            let mut windows = Vec::new();
            for group in open.chunk_by(same_service) {
                if let [first, ..] = group {
                    windows.push(WindowRow {
                        numbers: numbers(group, lang),
                        name: first.name.clone(),
                        kind: first.kind.label(),
                        orgs: org_names(tx, &first.orgs)?,
                    });
                }
            }
            let region = regions::full_name(tx, &hall.region)?;
            Ok(Some((hall, windows, region)))
        })
        .await?;
    let (hall, windows, region) =
        found.ok_or_else(|| web::Problem::not_found("没有找到这个大厅，它可能已经关闭"))?;
    let page = HallPage {
        page: visit
            .page(&hall.name)
            .with_nav("halls")
            .with_crumb(ui::i18n::translate(visit.lang, "办事大厅"), "/halls"),
        today: today_of(&hall, &app.calendar(), today, visit.lang),
        hours: hours::by_days(&hall.hours, visit.lang),
        hall,
        region,
        windows,
        comma: hours::comma(lang),
    };
    Ok(web::render(&visit, page))
}

fn same_service(one: &Window, next: &Window) -> bool {
    one.name == next.name && one.kind == next.kind && one.orgs == next.orgs
}

/// A01; A01、A02; A01—A08.
fn numbers(group: &[Window], lang: Lang) -> String {
    match group {
        [first, _, .., last] => format!("{}—{}", first.number, last.number),
        few => {
            let numbers: Vec<&str> = few.iter().map(|window| window.number.as_str()).collect();
            numbers.join(hours::comma(lang))
        }
    }
}

fn row(
    tx: &mut Tx<'_>,
    hall: Hall,
    calendar: &Calendar,
    today: Date,
    lang: Lang,
) -> Result<HallRow, Error> {
    Ok(HallRow {
        href: format!("/halls/{}", hall.id),
        region: regions::name(tx, &hall.region)?.unwrap_or_default(),
        hours: hours::text(&hall.hours, lang),
        today: today_of(&hall, calendar, today, lang),
        hall,
    })
}

/// Make-up working days follow the hours of Monday, public holidays have none.
fn today_of(hall: &Hall, calendar: &Calendar, today: Date, lang: Lang) -> Today {
    if hall.hours.is_empty() {
        return Today::Unknown;
    }
    let weekday = match calendar.day(today).map(|day| day.kind) {
        Ok(DayKind::Holiday(_)) => return Today::Holiday,
        Ok(DayKind::MakeupWorkday(_)) => Weekday::Monday,
        _ => today.weekday(),
    };
    let times: Vec<String> = hall
        .hours
        .iter()
        .filter(|period| period.is_on(weekday))
        .map(hours::Period::time_text)
        .collect();
    if times.is_empty() {
        Today::Closed
    } else {
        Today::Open(times.join(hours::comma(lang)))
    }
}
