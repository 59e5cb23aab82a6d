//! `/admin/calendar`: the working calendar in force, and loading a newer one: look first, then confirm.
//!
//! Loading moves the due dates of open clocks; each move is recorded on its case with the old date and the new.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::crypto::{from_hex, to_hex};
use calendar::{ArrangementKind, Calendar};
use casework::{Permission, Scope};
use jiff::civil::{Date, date};
use serde::Deserialize;
use web::upload::Rules;
use web::{Form, Multipart, Problem, Query, Visit};

use crate::Monitor;

/// Bytes of a file that is read; a century of holidays is smaller.
const BYTES_MAX: u64 = 1024 * 1024;

/// One published year.
struct YearLine {
    year: i16,
    working_days: u32,
    off: usize,
    makeup: usize,
}

/// One arranged day of the year that is shown.
struct DayLine {
    date: Date,
    name: String,
    makeup: bool,
}

/// A file that was looked at.
struct Looked {
    name: String,
    digest: String,
    version: String,
    years: Vec<i16>,
    /// Days whose meaning changes.
    changed: Vec<String>,
    hidden: usize,
}

/// What loading did.
struct Done {
    version: String,
    cases: u64,
    clocks: u64,
}

#[derive(Template)]
#[template(path = "admin/calendar.html")]
struct CalendarPage {
    page: ui::Page,
    version: String,
    years: Vec<YearLine>,
    year: i16,
    days: Vec<DayLine>,
    loaded: Vec<cases::calendars::Loaded>,
    errors: Vec<(String, String)>,
    looked: Option<Looked>,
    done: Option<Done>,
}

impl CalendarPage {
    fn file_error(&self) -> &str {
        self.errors
            .first()
            .map_or("", |(_, message)| message.as_str())
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    year: Option<i16>,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    permit(&visit)?;
    let page = build(&visit, &monitor, params.year).await?;
    Ok(web::render(&visit, page))
}

pub(crate) async fn preview(
    visit: Visit,
    State(monitor): State<Monitor>,
    parts: Multipart,
) -> web::Result<Response> {
    permit(&visit)?;
    let received = parts.receive(&Rules::TABLE).await?;
    let mut page = build(&visit, &monitor, None).await?;
    let Some(file) = received.files.first() else {
        return Ok(refused(&visit, page, "请选择一个 CSV 文件"));
    };
    let newer = match read(&monitor, &file.digest).await {
        Ok(newer) => newer,
        Err(message) => return Ok(refused(&visit, page, &message)),
    };
    let old = monitor.app.calendar();
    let new = old.updated_by(&newer);
    let mut changed = changes(&old, &new);
    let hidden = changed.len().saturating_sub(200);
    changed.truncate(200);
    page.looked = Some(Looked {
        name: file.name.clone(),
        digest: to_hex(&file.digest),
        version: new.version().to_owned(),
        years: newer.published_years().collect(),
        changed,
        hidden,
    });
    Ok(web::render(&visit, page))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ConfirmForm {
    #[serde(default)]
    digest: String,
}

pub(crate) async fn confirm(
    visit: Visit,
    State(monitor): State<Monitor>,
    Form(form): Form<ConfirmForm>,
) -> web::Result<Response> {
    permit(&visit)?;
    let digest: [u8; 32] = from_hex(form.digest.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Problem::bad_request("digest", "页面内容不完整，请重新选择文件"))?;
    let newer = match read(&monitor, &digest).await {
        Ok(newer) => newer,
        Err(message) => {
            let page = build(&visit, &monitor, None).await?;
            return Ok(refused(&visit, page, &message));
        }
    };
    let app = &monitor.app;
    let (now, by) = (app.now(), visit.actor()?.name().to_owned());
    let new = app
        .db
        .write(move |tx| {
            let new = cases::calendars::in_force(tx)?.updated_by(&newer);
            cases::calendars::load(tx, &new, &by, now)?;
            Ok::<_, cases::Error>(new)
        })
        .await
        .map_err(problem)?;
    app.set_calendar(std::sync::Arc::new(new.clone()));
    let moved = cases::recalendar::run(&app.db, &new, now)
        .await
        .map_err(problem)?;
    let mut page = build(&visit, &monitor, None).await?;
    page.done = Some(Done {
        version: new.version().to_owned(),
        cases: moved.cases,
        clocks: moved.clocks,
    });
    Ok(web::render(&visit, page))
}

/// The calendar is the whole deployment's: only whoever administers all of it may load one.
fn permit(visit: &Visit) -> web::Result<()> {
    let scope = Scope {
        region: &visit.app.config.region,
        org: None,
    };
    if visit.actor()?.may(Permission::Administer, &scope) {
        Ok(())
    } else {
        Err(Problem::not_allowed("工作日历由全市系统管理员维护"))
    }
}

async fn read(monitor: &Monitor, digest: &[u8; 32]) -> Result<Calendar, String> {
    let bytes = monitor
        .app
        .objects
        .read(digest, BYTES_MAX)
        .await
        .map_err(|_| "文件读取失败或超过 1 MB，请重新选择".to_owned())?
        .ok_or("文件已不在，请重新选择")?;
    Calendar::from_csv(bytes.as_ref()).map_err(|error| error.to_string())
}

/// Days that are worked in one calendar and not in the other.
fn changes(old: &Calendar, new: &Calendar) -> Vec<String> {
    let mut years: Vec<i16> = new.published_years().collect();
    years.sort_unstable();
    let mut changed = Vec::new();
    for year in years {
        let mut day = date(year, 1, 1);
        while day.year() == year {
            if let (Ok(before), Ok(after)) = (old.day(day), new.day(day))
                && before.is_working() != after.is_working()
            {
                let now = if after.is_working() {
                    "工作日"
                } else {
                    "休息日"
                };
                changed.push(format!("{day} 改为{now}（{}）", after.label()));
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
    }
    changed
}

fn refused(visit: &Visit, page: CalendarPage, message: &str) -> Response {
    let page = CalendarPage {
        errors: vec![("file".to_owned(), message.to_owned())],
        page: page.page.with_error(),
        ..page
    };
    web::render_with(visit, StatusCode::UNPROCESSABLE_ENTITY, page)
}

async fn build(visit: &Visit, monitor: &Monitor, year: Option<i16>) -> web::Result<CalendarPage> {
    let calendar = monitor.app.calendar();
    let loaded = monitor
        .app
        .db
        .read(cases::calendars::list)
        .await
        .map_err(problem)?;
    let mut years: Vec<YearLine> = calendar
        .published_years()
        .map(|year| {
            let of = |kind| {
                calendar
                    .rows()
                    .iter()
                    .filter(|row| row.date.year() == year && row.kind == kind)
                    .count()
            };
            YearLine {
                year,
                working_days: calendar
                    .working_days(date(year, 1, 1), date(year, 12, 31))
                    .unwrap_or(0),
                off: of(ArrangementKind::Off),
                makeup: of(ArrangementKind::MakeupWorkday),
            }
        })
        .collect();
    years.sort_by_key(|line| std::cmp::Reverse(line.year));
    let year = year.unwrap_or_else(|| monitor.app.today().year());
    let mut days: Vec<DayLine> = calendar
        .rows()
        .iter()
        .filter(|row| row.date.year() == year)
        .map(|row| DayLine {
            date: row.date,
            name: row.name.clone(),
            makeup: row.kind == ArrangementKind::MakeupWorkday,
        })
        .collect();
    days.sort_by_key(|line| line.date);
    Ok(CalendarPage {
        page: visit.page("工作日历").with_nav("admin-calendar"),
        version: calendar.version().to_owned(),
        years,
        year,
        days,
        loaded,
        errors: Vec::new(),
        looked: None,
        done: None,
    })
}

fn problem(error: cases::Error) -> Problem {
    match error {
        cases::Error::Store(error) => error.into(),
        other => Problem::internal(other),
    }
}
