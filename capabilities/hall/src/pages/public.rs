//! `/halls`: where one can go, when, and to which window.

use axum::extract::State;
use axum::response::Response;
use base::ids::HallId;
use calendar::Calendar;
use jiff::civil::Date;
use people::{Error, orgs, regions};
use serde::Deserialize;
use store::Tx;
use ui::Lang;
use web::{App, Path, Query, Visit};

use crate::halls::{self, HallFilter};
use crate::hours;
use crate::model::{Hall, Window, WindowKind};
use crate::now::{self, Now};
use crate::pages::halls::org_names;
use crate::pages::{Choice, PAGE, address, choice, page_of};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    region: String,
    /// Only what is open now.
    open: String,
    cursor: String,
}

struct HallRow {
    href: String,
    hall: Hall,
    /// With the district before it.
    address: String,
    hours: String,
    now: Now,
    words: String,
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

/// What is read of one hall.
struct Found {
    hall: Hall,
    windows: Vec<WindowRow>,
    region: String,
    bodies: Vec<(String, String)>,
    everybody: bool,
    helps: Vec<&'static str>,
    kin: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "halls/show.html")]
struct HallPage {
    page: ui::Page,
    hall: Hall,
    region: String,
    hours: Vec<(String, String)>,
    today: Today,
    now: Now,
    words: String,
    windows: Vec<WindowRow>,
    /// Bodies whose matters are taken in here: where their items are listed, and their names.
    bodies: Vec<(String, String)>,
    /// Some window takes everybody's matters.
    everybody: bool,
    /// Windows for those who need more help.
    helps: Vec<&'static str>,
    /// The hall it belongs to and those that belong to it.
    kin: Vec<(String, String)>,
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
    let (calendar, lang, instant) = (app.calendar(), visit.lang, app.now());
    let only_open = query.open == "1";
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
                let now = now::of(&hall, &calendar, instant);
                rows.push(row(tx, hall, now, lang)?);
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
    let (mut rows, more) = page_of(rows);
    let link = |cursor: &str| {
        address(
            "/halls",
            &[
                ("q", &query.q),
                ("region", &query.region),
                ("open", &query.open),
                ("cursor", cursor),
            ],
        )
    };
    let next = rows.last().filter(|_| more).map(|last| {
        let place = (&last.hall.region, &last.hall.key);
        link(&web::cursor::encode(&app, "public-halls", &place))
    });
    let first = paged.then(|| link(""));
    if only_open {
        rows.retain(|row| matches!(row.now, Now::Open { .. }));
    }
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
            let served = halls::orgs_of(tx, id)?;
            let mut bodies = Vec::new();
            for org in &served {
                if let Some(org) = orgs::by_id(tx, *org)? {
                    bodies.push((format!("/browse/departments/{}", org.key), org.name));
                }
            }
            bodies.sort();
            let helps = helps(&open);
            let everybody = served.is_empty() && !open.is_empty();
            let mut kin = Vec::new();
            if let Some(parent) = hall.parent {
                kin.extend(halls::hall(tx, parent)?);
            }
            kin.extend(halls::parts_of(tx, id)?);
            let kin = kin
                .into_iter()
                .filter(|hall| hall.exists_on(today))
                .map(|hall| (format!("/halls/{}", hall.id), hall.name))
                .collect();
            Ok(Some(Found {
                hall,
                windows,
                region,
                bodies,
                everybody,
                helps,
                kin,
            }))
        })
        .await?;
    let Found {
        hall,
        windows,
        region,
        bodies,
        everybody,
        helps,
        kin,
    } = found.ok_or_else(|| web::Problem::not_found("没有找到这个大厅，它可能已经关闭"))?;
    let now = now::of(&hall, &app.calendar(), app.now());
    let page = HallPage {
        page: visit
            .page(&hall.name)
            .with_nav("halls")
            .with_crumb(ui::i18n::translate(visit.lang, "办事大厅"), "/halls"),
        today: today_of(&hall, &app.calendar(), today, visit.lang),
        hours: hours::by_days(&hall.hours, visit.lang),
        words: now.words(lang),
        now,
        hall,
        region,
        windows,
        bodies,
        everybody,
        helps,
        kin,
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

fn row(tx: &mut Tx<'_>, hall: Hall, now: Now, lang: Lang) -> Result<HallRow, Error> {
    Ok(HallRow {
        href: format!("/halls/{}", hall.id),
        address: match regions::name(tx, &hall.region)? {
            Some(region) => format!("{region}　{}", hall.address),
            None => hall.address.clone(),
        },
        hours: hours::text(&hall.hours, lang),
        words: now.words(lang),
        now,
        hall,
    })
}

/// Make-up working days follow the hours of Monday, public holidays have none.
fn today_of(hall: &Hall, calendar: &Calendar, today: Date, lang: Lang) -> Today {
    if hall.hours.is_empty() {
        return Today::Unknown;
    }
    if let Ok(calendar::DayKind::Holiday(_)) = calendar.day(today).map(|day| day.kind) {
        return Today::Holiday;
    }
    let times: Vec<String> = now::periods_on(hall, calendar, today)
        .into_iter()
        .map(hours::Period::time_text)
        .collect();
    if times.is_empty() {
        Today::Closed
    } else {
        Today::Open(times.join(hours::comma(lang)))
    }
}

/// What the windows do for those who need more help, each kind once.
fn helps(windows: &[Window]) -> Vec<&'static str> {
    [
        (
            WindowKind::Green,
            "老年人、残疾人、孕妇和军人可以走绿色通道，不用排队。",
        ),
        (
            WindowKind::Redress,
            "事情没办成、办得不顺，可以到“办不成事”反映窗口说明。",
        ),
        (
            WindowKind::CrossProvince,
            "外地的事项，可以到跨省通办窗口提交材料。",
        ),
    ]
    .into_iter()
    .filter(|(kind, _)| windows.iter().any(|window| window.kind == *kind))
    .map(|(_, words)| words)
    .collect()
}
