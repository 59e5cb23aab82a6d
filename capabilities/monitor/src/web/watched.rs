//! The cases behind a figure, most urgent first; the same as a spreadsheet.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, OrgId};
use calendar::Calendar;
use cases::board::{Filter, Watched};
use cases::queue::After;
use casework::Permission;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use web::export::{Cell, Format, Table};
use web::{Problem, Query, Visit, cursor};

use super::case_page;
use super::params::{self, DueWord, address_of};
use crate::figures::Selection;
use crate::words::{LightWord, Words, time_left};
use crate::{Monitor, board};

/// Cases on a page.
const PAGE: usize = 50;
/// Name of the list in cursors, shared with the API.
pub(crate) const LIST: &str = "board_cases";
/// Most rows of a spreadsheet.
const EXPORT_ROWS_MAX: u32 = 100_000;
/// Rows read at a time for a spreadsheet.
const EXPORT_CHUNK: usize = 1000;

const PATH: &str = "/staff/board/cases";
const EXPORT: &str = "/staff/board/cases/export";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    org: Option<OrgId>,
    region: Option<String>,
    item: Option<String>,
    light: Option<LightWord>,
    due: Option<DueWord>,
    cursor: Option<String>,
    format: Option<String>,
}

impl Params {
    fn asked(&self) -> web::Result<Asked> {
        Ok(Asked {
            selection: params::selection(self.org, self.region.clone(), self.item.clone())?,
            light: self.light,
            due: self.due,
        })
    }
}

/// Which cases.
struct Asked {
    selection: Selection,
    light: Option<LightWord>,
    due: Option<DueWord>,
}

impl Asked {
    fn filter(&self, now: Timestamp) -> Filter {
        Filter {
            light: self.light.map(LightWord::light),
            ..params::open_cases(&self.selection, self.due, now)
        }
    }

    fn address(&self, path: &str, more: (&str, &str)) -> String {
        let words = [
            ("light", self.light.map_or("", LightWord::word)),
            ("due", self.due.map_or("", DueWord::word)),
            more,
        ];
        address_of(path, &self.selection, &words)
    }
}

/// Where a page ended, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    due_at: i64,
    case: CaseId,
}

impl From<Place> for After {
    fn from(place: Place) -> After {
        After {
            due_at: place.due_at,
            case_id: place.case,
            no: 0,
        }
    }
}

impl From<&Watched> for Place {
    fn from(watched: &Watched) -> Place {
        let after = watched.after();
        Place {
            due_at: after.due_at,
            case: after.case_id,
        }
    }
}

#[derive(Template)]
#[template(path = "staff/board_cases.html")]
struct WatchedPage {
    page: ui::Page,
    lights: Vec<LightLink>,
    light: &'static str,
    org: String,
    orgs: Vec<(String, String)>,
    lines: Vec<Line>,
    region: String,
    item: String,
    due: &'static str,
    due_label: &'static str,
    all: String,
    xlsx: String,
    csv: String,
    newer: Option<String>,
    older: Option<String>,
}

struct LightLink {
    word: &'static str,
    class: &'static str,
    label: &'static str,
    href: String,
}

struct Line {
    href: String,
    light: &'static str,
    words: String,
    due: Option<Timestamp>,
    provisional: bool,
    title: String,
    applicant: String,
    case_no: String,
    org: String,
    state: &'static str,
    clock: &'static str,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let app = &monitor.app;
    let now = app.now();
    let asked = params.asked()?;
    let place: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, LIST, text))
        .transpose()?;
    let first_page = place.is_none();
    let filter = Filter {
        after: place.map(After::from),
        limit: PAGE + 1,
        ..asked.filter(now)
    };
    let (mut found, orgs) = app
        .db
        .read(move |tx| -> web::Result<_> {
            Ok((board::watched(tx, &actor, &filter, now)?, board::orgs(tx)?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = more.then(|| found.last()).flatten().map(|last| {
        let place = cursor::encode(app, LIST, &Place::from(last));
        asked.address(PATH, ("cursor", &place))
    });
    let names = orgs.iter().map(|org| (org.id, org.name.clone())).collect();
    let calendar = app.calendar();
    let lines = found
        .iter()
        .map(|watched| {
            let org = board::name_of(&names, watched.org);
            line(watched, org, now, &calendar, &monitor.words)
        })
        .collect();
    let page = visit.page("在办件").with_nav("board");
    let back = page.t("督查看板").to_owned();
    let mut options = vec![(String::new(), page.t("全部机构").to_owned())];
    let actor = visit.actor()?;
    options.extend(
        orgs.into_iter()
            .filter(|org| board::covers(actor, Permission::Supervise, org))
            .map(|org| (org.id.to_string(), org.name)),
    );
    let [(_, org), (_, region), _, (_, item)] = params::pairs(&asked.selection);
    Ok(web::render(
        &visit,
        WatchedPage {
            lights: links(&asked),
            all: Asked {
                light: None,
                due: asked.due,
                selection: asked.selection.clone(),
            }
            .address(PATH, ("cursor", "")),
            xlsx: asked.address(EXPORT, ("format", "xlsx")),
            csv: asked.address(EXPORT, ("format", "csv")),
            newer: (!first_page).then(|| asked.address(PATH, ("cursor", ""))),
            older,
            light: asked.light.map_or("", LightWord::word),
            due: asked.due.map_or("", DueWord::word),
            due_label: asked.due.map_or("", DueWord::label),
            org,
            region,
            item,
            orgs: options,
            lines,
            page: page.with_crumb(back, "/staff/board"),
        },
    ))
}

/// Exactly what the list shows, all pages of it, as of one instant.
pub(crate) async fn export(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let (now, calendar, words) = (monitor.app.now(), monitor.app.calendar(), monitor.words);
    let mut filter = Filter {
        limit: EXPORT_CHUNK,
        ..params.asked()?.filter(now)
    };
    let format = Format::from_word(params.format.as_deref().unwrap_or("xlsx"))
        .ok_or_else(|| Problem::bad_request("query_invalid", "format 只能是 xlsx 或 csv"))?;
    let finished = monitor
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let names = board::org_names(tx)?;
            let mut table = Table::new(format, HEADERS)?;
            loop {
                let found = board::watched(tx, &actor, &filter, now)?;
                for watched in &found {
                    if table.rows() == EXPORT_ROWS_MAX {
                        return Err(Problem::invalid(
                            "light",
                            "超过10万行，请按机构或时限状态缩小范围后再导出",
                        ));
                    }
                    let org = board::name_of(&names, watched.org);
                    table.row(&cells(&line(watched, org, now, &calendar, &words)))?;
                }
                match found.last() {
                    Some(last) if found.len() == EXPORT_CHUNK => filter.after = Some(last.after()),
                    _ => return table.finish(),
                }
            }
        })
        .await?;
    let day = monitor.app.today();
    Ok(finished.response(&format!("在办件{day}")))
}

const HEADERS: &[&str] = &[
    "剩余时间",
    "到期日",
    "暂定",
    "事项",
    "申请人",
    "办件编号",
    "机构",
    "状态",
    "时限",
];

fn cells(line: &Line) -> [Cell; 9] {
    [
        line.words.as_str().into(),
        line.due.map(ui::format::last_day).into(),
        if line.provisional {
            "暂定".into()
        } else {
            Cell::Empty
        },
        line.title.as_str().into(),
        line.applicant.as_str().into(),
        line.case_no.as_str().into(),
        line.org.as_str().into(),
        line.state.into(),
        line.clock.into(),
    ]
}

fn line(
    watched: &Watched,
    org: String,
    now: Timestamp,
    calendar: &Calendar,
    words: &Words,
) -> Line {
    Line {
        href: case_page(watched.case_id),
        light: LightWord::of(watched.due_at, watched.near_at, now).class(),
        words: time_left(watched.due_at, now, calendar),
        due: watched.due_at,
        provisional: watched.provisional,
        title: watched.title.clone(),
        applicant: watched.applicant_name.clone(),
        case_no: watched.case_no.clone(),
        org,
        state: words.state(&watched.state),
        clock: (words.clock)(&watched.clock),
    }
}

fn links(asked: &Asked) -> Vec<LightLink> {
    LightWord::ALL
        .into_iter()
        .map(|light| LightLink {
            word: light.word(),
            class: light.class(),
            label: light.label(),
            href: Asked {
                selection: asked.selection.clone(),
                light: Some(light),
                due: asked.due,
            }
            .address(PATH, ("cursor", "")),
        })
        .collect()
}
