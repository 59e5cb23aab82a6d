//! Every case the visitor may read, newest first, by the pattern of staff lists; the same list as a file.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, OrgId};
use cases::list::{self, Before, Filter, Line as CaseLine};
use casework::{Actor, Permission};
use jiff::Timestamp;
use jiff::civil::Date;
use people::{Org, views};
use serde::{Deserialize, Serialize};
use store::Tx;
use ui::staff_list::{Column, Field, Filters, ListAddress, Views};
use web::export::{Cell, Format};
use web::saved::{self, Tab, opens_with};
use web::{Problem, Query, Visit, cursor};

use super::case_page;
use crate::{Monitor, board};

/// Cases on a page.
const PAGE: usize = 50;
/// Cases read at a time for a file.
const STEP: usize = 200;
/// Rows of one file; whoever needs more narrows the filter.
const ROWS_MAX: usize = 100_000;
/// Name of the list in cursors and saved views, shared with the API.
pub(crate) const LIST: &str = "cases";

const PATH: &str = "/staff/cases";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    org: Option<OrgId>,
    state: Option<String>,
    no: Option<String>,
    /// Received on this day or later.
    from: Option<Date>,
    /// Received on this day or sooner.
    to: Option<Date>,
    cursor: Option<String>,
    /// `xlsx` or `csv`: the list as a file.
    format: Option<String>,
}

impl Params {
    fn filter(&self, before: Option<Before>, limit: usize) -> Filter {
        Filter {
            org: self.org,
            state: self.state.clone(),
            case_no: self.no.as_deref().and_then(exact_no),
            from: self.from.map(calendar::start_of_day),
            until: self.to.map(calendar::end_of_day),
            before,
            limit,
        }
    }

    fn at(&self) -> ListAddress {
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let day = |value: Option<Date>| value.map(|day| day.to_string()).unwrap_or_default();
        ListAddress::new(PATH)
            .with("no", text(self.no.as_ref()))
            .with("state", text(self.state.as_ref()))
            .with(
                "org",
                self.org.map(|org| org.to_string()).unwrap_or_default(),
            )
            .with("from", day(self.from))
            .with("to", day(self.to))
    }
}

/// Where a page ended, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    opened_at: i64,
    case: CaseId,
}

impl From<Place> for Before {
    fn from(place: Place) -> Before {
        Before {
            opened_at: place.opened_at,
            case_id: place.case,
        }
    }
}

impl From<&CaseLine> for Place {
    fn from(line: &CaseLine) -> Place {
        let before = line.before();
        Place {
            opened_at: before.opened_at,
            case: before.case_id,
        }
    }
}

#[derive(Template)]
#[template(path = "staff/cases.html")]
struct CasesPage {
    page: ui::Page,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    filtered: bool,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
    csv: String,
}

struct Line {
    id: CaseId,
    href: String,
    case_no: String,
    title: String,
    applicant: String,
    org: String,
    state: &'static str,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
}

pub(crate) async fn get(
    visit: Visit,
    State(monitor): State<Monitor>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let staff = visit.staff()?.clone();
    let app = &monitor.app;
    if let Some(format) = &params.format {
        let format = Format::from_word(format)
            .ok_or_else(|| Problem::bad_request("format_unknown", "导出格式应为 xlsx 或 csv"))?;
        return export(&monitor, actor, &params, format).await;
    }
    let place: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(app, LIST, text))
        .transpose()?;
    let first_page = place.is_none();
    let filter = params.filter(place.map(Before::from), PAGE + 1);
    let reader = actor.clone();
    let (mut found, orgs, saved) = app
        .db
        .read(move |tx| -> web::Result<_> {
            let found = list::of_scope(tx, &reader, &filter).map_err(board::problem)?;
            Ok((found, board::orgs(tx)?, views::of(tx, &staff, LIST)?))
        })
        .await?;
    if let Some(view) = opens_with(PATH, visit.query(), &saved) {
        return Ok(web::redirect(&view));
    }
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let at = params.at();
    let older = more.then(|| found.last()).flatten().map(|last| {
        let place = cursor::encode(app, LIST, &Place::from(last));
        at.clone().with("cursor", place).href()
    });
    let names = orgs.iter().map(|org| (org.id, org.name.clone())).collect();
    let lines: Vec<Line> = found
        .into_iter()
        .map(|line| Line {
            id: line.case_id,
            href: case_page(line.case_id),
            state: monitor.words.state(&line.state),
            org: board::name_of(&names, line.org),
            case_no: line.case_no,
            title: line.title,
            applicant: line.applicant_name,
            opened_at: line.opened_at,
            closed_at: line.closed_at,
            due_at: line.due_at,
        })
        .collect();
    let page = visit.page("全部办件").with_nav("cases");
    let filtered = !at.pairs().is_empty();
    let body = CasesPage {
        views: saved::tabs(LIST, PATH, &at, vec![Tab::all(&page, None)], &saved),
        filters: Filters {
            action: PATH,
            fields: fields(&page, &monitor, &params, &actor, orgs),
            keep: Vec::new(),
            clear: if filtered {
                format!("{PATH}?{}", saved::ALL)
            } else {
                String::new()
            },
            said: page.t1("本页{n}件，新收到的在前", "n", lines.len()),
        },
        columns: [
            "收到时间",
            "事项",
            "申请人",
            "办件编号",
            "机构",
            "状态",
            "到期日",
        ]
        .map(|label| Column::new(page.t(label)))
        .into(),
        filtered,
        newer: (!first_page).then(|| at.href()),
        older,
        xlsx: at.clone().with("format", "xlsx").href(),
        csv: at.with("format", "csv").href(),
        lines,
        page,
    };
    Ok(web::render(&visit, body))
}

fn fields(
    page: &ui::Page,
    monitor: &Monitor,
    params: &Params,
    actor: &Actor,
    orgs: Vec<Org>,
) -> Vec<Field> {
    let mut states = vec![(String::new(), page.t("全部状态").to_owned())];
    for known in monitor.words.states() {
        states.push((known.name.to_owned(), page.t(known.label).to_owned()));
    }
    let mut bodies = vec![(String::new(), page.t("全部机构").to_owned())];
    bodies.extend(
        orgs.into_iter()
            .filter(|org| board::covers(actor, Permission::ReadCase, org))
            .map(|org| (org.id.to_string(), org.name)),
    );
    let at = params.at();
    vec![
        Field::search("no", page.t("完整的办件编号"), at.get("no")),
        Field::choice("state", page.t("状态"), at.get("state"), states),
        Field::choice("org", page.t("机构"), at.get("org"), bodies),
        Field::day("from", page.t("收到自"), at.get("from")),
        Field::day("to", page.t("至"), at.get("to")),
    ]
}

/// Exactly what the filter shows, without its pages.
async fn export(
    monitor: &Monitor,
    actor: Actor,
    params: &Params,
    format: Format,
) -> web::Result<Response> {
    const HEAD: &[&str] = &[
        "收到时间",
        "事项",
        "申请人",
        "办件编号",
        "机构",
        "状态",
        "办结时间",
        "到期日",
    ];
    let params = params.clone();
    let (lines, orgs) = monitor
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let lines = every(tx, &actor, &params)?;
            Ok((lines, board::orgs(tx)?))
        })
        .await?;
    let names = orgs.into_iter().map(|org| (org.id, org.name)).collect();
    let rows: Vec<Vec<Cell>> = lines
        .into_iter()
        .map(|line| {
            vec![
                Cell::from(ui::format::datetime_dense(line.opened_at)),
                line.title.into(),
                line.applicant_name.into(),
                line.case_no.into(),
                board::name_of(&names, line.org).into(),
                monitor.words.state(&line.state).into(),
                line.closed_at.map(ui::format::datetime_dense).into(),
                line.due_at.map(ui::format::last_day).into(),
            ]
        })
        .collect();
    web::export::table(format, "全部办件", HEAD, rows).await
}

fn every(tx: &mut Tx<'_>, actor: &Actor, params: &Params) -> web::Result<Vec<CaseLine>> {
    let mut lines: Vec<CaseLine> = Vec::new();
    loop {
        let before = lines.last().map(CaseLine::before);
        let step =
            list::of_scope(tx, actor, &params.filter(before, STEP)).map_err(board::problem)?;
        let full = step.len() == STEP;
        lines.extend(step);
        if lines.len() > ROWS_MAX {
            return Err(Problem::invalid(
                "",
                format!("一次最多导出 {ROWS_MAX} 行，请缩小筛选范围"),
            ));
        }
        if !full {
            return Ok(lines);
        }
    }
}

/// A case number as it is stored, whatever width and blanks it was typed with.
pub(crate) fn exact_no(typed: &str) -> Option<String> {
    let no = base::text::normalise_code(typed);
    (!no.is_empty()).then_some(no)
}
