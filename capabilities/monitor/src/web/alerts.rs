//! 时限提醒: what the clocks of the visitor's cases have told, the latest first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, ClockId};
use cases::alerts::{self, Alert, Before, Level};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Form, Query, Visit, cursor, redirect};

use super::{address, case_page};
use crate::words::time_left;
use crate::{Monitor, board};

/// Alerts on a page.
const PAGE: usize = 50;
/// Name of the list in cursors, shared with the API.
pub(crate) const LIST: &str = "alerts";

const PATH: &str = "/staff/alerts";

/// 提醒的级别 in addresses and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LevelWord {
    /// 黄色：快到期
    Yellow,
    /// 红色：马上到期
    Red,
    /// 超期
    Over,
}

impl LevelWord {
    pub(crate) fn level(self) -> Level {
        match self {
            LevelWord::Yellow => Level::Yellow,
            LevelWord::Red => Level::Red,
            LevelWord::Over => Level::Over,
        }
    }

    pub(crate) fn of(level: Level) -> LevelWord {
        match level {
            Level::Yellow => LevelWord::Yellow,
            Level::Red => LevelWord::Red,
            Level::Over => LevelWord::Over,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    level: Option<LevelWord>,
    cursor: Option<String>,
}

/// Where a page ended, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    at: i64,
    case: CaseId,
    clock: ClockId,
    level: String,
}

impl From<Place> for Before {
    fn from(place: Place) -> Before {
        Before {
            at: place.at,
            case_id: place.case,
            clock_id: place.clock,
            level: place.level,
        }
    }
}

impl From<&Alert> for Place {
    fn from(alert: &Alert) -> Place {
        let before = alert.before();
        Place {
            at: before.at,
            case: before.case_id,
            clock: before.clock_id,
            level: before.level,
        }
    }
}

#[derive(Template)]
#[template(path = "staff/alerts.html")]
struct AlertsPage {
    page: ui::Page,
    /// (word, label, address).
    levels: Vec<(&'static str, &'static str, String)>,
    level: &'static str,
    lines: Vec<Line>,
    unread: i64,
    /// Days left at which a clock warns.
    yellow: String,
    red: String,
    /// Everything up to this instant was on the page.
    until: i64,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    href: String,
    /// Class of its light.
    light: &'static str,
    label: &'static str,
    new: bool,
    mine: bool,
    at: Timestamp,
    left: String,
    due: Timestamp,
    clock: &'static str,
    title: String,
    applicant: String,
    case_no: String,
    org: String,
    state: &'static str,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let me = visit.staff()?.staff;
    let app = &monitor.app;
    let now = app.now();
    let place: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, LIST, text))
        .transpose()?;
    let first_page = place.is_none();
    let level = params.level.map(LevelWord::level);
    let (mut found, seen, unread, names) = app
        .db
        .read(move |tx| -> web::Result<_> {
            let before = place.map(Before::from);
            let found = alerts::list(tx, &actor, level, before.as_ref(), PAGE + 1)
                .map_err(board::problem)?;
            let seen = alerts::seen(tx, me).map_err(board::problem)?;
            let unread = alerts::unread(tx, &actor).map_err(board::problem)?;
            Ok((found, seen, unread, board::org_names(tx)?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let here = |level: &str, place: &str| address(PATH, &[("level", level), ("cursor", place)]);
    let word = level.map_or("", Level::word);
    let older = more
        .then(|| found.last())
        .flatten()
        .map(|last| here(word, &cursor::encode(app, LIST, &Place::from(last))));
    let calendar = app.calendar();
    let until = found
        .iter()
        .map(|alert| alert.at)
        .max()
        .unwrap_or(now)
        .as_millisecond();
    let lines = found
        .into_iter()
        .map(|alert| Line {
            href: case_page(alert.case_id),
            light: match alert.level {
                Level::Yellow => "near",
                Level::Red | Level::Over => "over",
            },
            label: alert.level.label(),
            new: alert.at.as_millisecond() > seen,
            mine: alert.staff == Some(me),
            at: alert.at,
            left: time_left(Some(alert.due_at), now, &calendar),
            due: alert.due_at,
            clock: (monitor.words.clock)(&alert.kind),
            title: alert.title,
            applicant: alert.applicant_name,
            case_no: alert.case_no,
            org: board::name_of(&names, alert.org),
            state: monitor.words.state(&alert.state),
        })
        .collect();
    let page = visit.page("时限提醒").with_nav("alerts");
    Ok(web::render(
        &visit,
        AlertsPage {
            levels: Level::ALL
                .into_iter()
                .map(|level| (level.word(), level.label(), here(level.word(), "")))
                .collect(),
            level: word,
            lines,
            unread,
            yellow: alerts::bands().yellow_days.to_string(),
            red: alerts::bands().red_days.to_string(),
            until,
            newer: (!first_page).then(|| here(word, "")),
            older,
            page,
        },
    ))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    until: i64,
}

/// Everything that stood on the page counts as read.
pub(crate) async fn seen(
    visit: Visit,
    State(monitor): State<Monitor>,
    Form(form): Form<Seen>,
) -> web::Result<Response> {
    let me = visit.staff()?.staff;
    let now = monitor.app.now();
    // Nobody reads ahead of the clock.
    let until = Timestamp::from_millisecond(form.until).map_or(now, |until| until.min(now));
    monitor
        .app
        .db
        .write(move |tx| alerts::look(tx, me, until))
        .await
        .map_err(board::problem)?;
    Ok(redirect(PATH))
}
