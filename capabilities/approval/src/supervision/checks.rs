//! The list of after-checks: what is to be checked, what is being corrected, by when; and the list as a file.

use askama::Template;
use axum::{extract::State, response::Response};
use cases::list::{self, Line, Place, Process};
use casework::{Actor, Permission};
use jiff::Timestamp;
use serde::Deserialize;
use ui::staff_list::{Column, Field, Filters, ListAddress, Views};
use web::{
    Query, Visit, cursor,
    export::{self, Cell, Format},
};

use super::{PAGE, ROWS_MAX, STEP, links, tabs};
use crate::{
    aftercheck::{FLOW, KIND},
    pages::queue_words::words,
    service::{Approval, org_name},
};

const PATH: &str = "/staff/checks";

/// What the list is narrowed to, in its address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    q: Option<String>,
    state: Option<StateWord>,
    /// `1`: only what is over.
    over: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
}

/// A state of a check, or all that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateWord {
    #[default]
    Open,
    Assigned,
    Ordered,
    Kept,
    Corrected,
    Broken,
    All,
}

impl StateWord {
    pub(super) const ALL: [StateWord; 7] = [
        StateWord::Open,
        StateWord::Assigned,
        StateWord::Ordered,
        StateWord::Kept,
        StateWord::Corrected,
        StateWord::Broken,
        StateWord::All,
    ];

    fn word(self) -> &'static str {
        self.state().unwrap_or(match self {
            StateWord::All => "all",
            _ => "",
        })
    }

    fn state(self) -> Option<&'static str> {
        match self {
            StateWord::Open | StateWord::All => None,
            StateWord::Assigned => Some("assigned"),
            StateWord::Ordered => Some("ordered"),
            StateWord::Kept => Some("kept"),
            StateWord::Corrected => Some("corrected"),
            StateWord::Broken => Some("broken"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            StateWord::Open => "未办结",
            StateWord::All => "全部",
            other => other
                .state()
                .and_then(|state| FLOW.state(state))
                .map_or("", |state| state.label),
        }
    }

    /// What the list reads.
    pub(super) fn process(
        self,
        text: String,
        over: Option<Timestamp>,
        after: Option<Place>,
        limit: usize,
    ) -> Process {
        Process {
            kind: KIND,
            state: self.state(),
            open: matches!(
                self,
                StateWord::Open | StateWord::Assigned | StateWord::Ordered
            ),
            over,
            text,
            after,
            limit,
        }
    }
}

impl Params {
    fn process(&self, now: Timestamp, after: Option<Place>, limit: usize) -> Process {
        let over = self.over.as_ref().map(|_| now);
        let text = self.q.clone().unwrap_or_default();
        self.state
            .unwrap_or_default()
            .process(text, over, after, limit)
    }

    fn address(&self) -> ListAddress {
        ListAddress::new(PATH)
            .with("state", self.state.unwrap_or_default().word())
            .with("over", if self.over.is_some() { "1" } else { "" })
            .with("q", self.q.clone().unwrap_or_default())
    }
}

struct Row {
    href: String,
    title: String,
    applicant: String,
    no: String,
    state: &'static str,
    org: String,
    light: &'static str,
    words: String,
    due: Option<Timestamp>,
    opened_at: Timestamp,
}

#[derive(Template)]
#[template(path = "supervision/checks.html")]
struct ChecksPage {
    page: ui::Page,
    sections: Vec<ui::View>,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<Row>,
    open: bool,
    filtered: bool,
    xlsx: String,
    csv: String,
    newer: Option<String>,
    older: Option<String>,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let now = approval.app.now();
    let after: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, &list_name(&params), text))
        .transpose()?;
    let process = params.process(now, after, PAGE + 1);
    let open = process.open;
    let actor = visit.actor()?.clone();
    let (mut lines, counts, orgs) = approval
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let lines = read(tx, &actor, &process)?;
            let counts = list::states_of(tx, &actor, Permission::ReadTrail, KIND, now)
                .map_err(crate::Error::from)?;
            let mut orgs = Vec::new();
            for line in &lines {
                orgs.push(org_name(tx, line.org)?);
            }
            Ok((lines, counts, orgs))
        })
        .await?;
    let at = params.address();
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let older = lines.last().filter(|_| more).map(|last| {
        let mark = cursor::encode(&approval.app, &list_name(&params), &last.place(open));
        at.clone().with("cursor", mark).href()
    });
    let calendar = approval.app.calendar();
    let rows = lines
        .iter()
        .zip(orgs)
        .map(|(line, org)| row(line, org, now, &calendar))
        .collect();
    let page = visit.page("承诺核查").with_nav("checks");
    let filtered = params.q.is_some() || params.over.is_some();
    Ok(web::render(
        &visit,
        ChecksPage {
            sections: tabs(&visit, "checks"),
            views: views(&page, &params, &at, &counts),
            filters: filters(&page, &params, &at, filtered, &counts),
            columns: columns(&page),
            rows,
            open,
            filtered,
            xlsx: file(&at, "xlsx"),
            csv: file(&at, "csv"),
            newer: params.cursor.is_some().then(|| at.href()),
            older,
            page,
        },
    ))
}

/// Checks of the regions and bodies whose trails the actor may read.
pub(super) fn read(
    tx: &mut store::Tx<'_>,
    actor: &Actor,
    process: &Process,
) -> Result<Vec<Line>, crate::Error> {
    Ok(list::of_process(tx, actor, Permission::ReadTrail, process)?)
}

/// A cursor of one order does not fit another.
fn list_name(params: &Params) -> String {
    format!("checks {}", params.state.unwrap_or_default().word())
}

fn file(at: &ListAddress, format: &str) -> String {
    match at.query() {
        query if query.is_empty() => format!("{PATH}/export?format={format}"),
        query => format!("{PATH}/export?{query}&format={format}"),
    }
}

fn views(
    page: &ui::Page,
    params: &Params,
    at: &ListAddress,
    counts: &[(String, i64, i64)],
) -> Views {
    let current = params.state.unwrap_or_default();
    let count = |word: StateWord| -> i64 {
        counts
            .iter()
            .filter(|(state, ..)| match word {
                StateWord::All => true,
                StateWord::Open => state == "assigned" || state == "ordered",
                one => one.state() == Some(state.as_str()),
            })
            .map(|(_, count, _)| count)
            .sum()
    };
    Views {
        list: "checks",
        tabs: StateWord::ALL
            .into_iter()
            .map(|word| ui::View {
                label: page.t(word.label()).to_owned(),
                href: at.clone().with("state", word.word()).href(),
                count: u64::try_from(count(word)).ok(),
                current: word == current,
            })
            .collect(),
        query: String::new(),
    }
}

fn filters(
    page: &ui::Page,
    params: &Params,
    at: &ListAddress,
    filtered: bool,
    counts: &[(String, i64, i64)],
) -> Filters {
    let over: i64 = counts.iter().map(|(_, _, over)| over).sum();
    Filters {
        action: PATH,
        fields: vec![
            Field::search(
                "q",
                page.t("核查编号、事项、当事人"),
                params.q.as_deref().unwrap_or_default(),
            ),
            Field::tick("over", page.t("只看超期"), params.over.is_some()),
        ],
        keep: at
            .pairs()
            .iter()
            .filter(|(name, _)| *name == "state")
            .cloned()
            .collect(),
        clear: if filtered {
            at.clone().with("q", "").with("over", "").href()
        } else {
            String::new()
        },
        said: page.t1("超期{n}件", "n", over),
    }
}

fn columns(page: &ui::Page) -> Vec<Column> {
    [
        "剩余时间",
        "到期日",
        "事项",
        "当事人",
        "核查编号",
        "状态",
        "决定机关",
        "交办时间",
    ]
    .into_iter()
    .map(|label| Column::new(page.t(label)))
    .collect()
}

fn row(line: &Line, org: String, now: Timestamp, calendar: &calendar::Calendar) -> Row {
    let closed = line.closed_at.is_some();
    Row {
        href: links::check(line.case_id),
        title: line.title.clone(),
        applicant: line.applicant_name.clone(),
        no: line.case_no.clone(),
        state: FLOW.state(&line.state).map_or("", |state| state.label),
        org,
        light: match line.due_at {
            _ if closed => "",
            Some(due) if due <= now => "over",
            Some(due) if near(due, now, calendar) => "near",
            Some(_) => "ok",
            None => "hold",
        },
        words: if closed {
            "已办结".to_owned()
        } else {
            words(line.due_at, now, calendar)
        },
        due: line.due_at.filter(|_| !closed),
        opened_at: line.opened_at,
    }
}

/// Five working days or fewer are left.
fn near(due: Timestamp, now: Timestamp, calendar: &calendar::Calendar) -> bool {
    let (today, last) = (calendar::civil_date(now), ui::format::last_day(due));
    calendar
        .working_days(today, last)
        .is_ok_and(|days| days <= 5)
}

const HEAD: &[&str] = &[
    "核查编号",
    "事项",
    "当事人",
    "状态",
    "决定机关",
    "到期日",
    "剩余时间",
    "交办时间",
];

pub(super) async fn export(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let format = params
        .format
        .as_deref()
        .and_then(Format::from_word)
        .ok_or_else(|| web::Problem::bad_request("format_unknown", "导出格式应为 xlsx 或 csv"))?;
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    let calendar = approval.app.calendar();
    let rows = approval
        .app
        .db
        .read(move |tx| -> web::Result<Vec<Vec<Cell>>> {
            let mut rows: Vec<Vec<Cell>> = Vec::new();
            let mut after = None;
            loop {
                let process = params.process(now, after, STEP);
                let lines = read(tx, &actor, &process)?;
                for line in &lines {
                    let org = org_name(tx, line.org)?;
                    let row = row(line, org, now, &calendar);
                    rows.push(vec![
                        row.no.into(),
                        row.title.into(),
                        row.applicant.into(),
                        row.state.into(),
                        row.org.into(),
                        row.due.map(ui::format::last_day).into(),
                        row.words.into(),
                        ui::format::datetime_dense(row.opened_at).into(),
                    ]);
                }
                if rows.len() > ROWS_MAX {
                    return Err(web::Problem::invalid(
                        "",
                        format!("一次最多导出 {ROWS_MAX} 行，请缩小筛选范围"),
                    ));
                }
                after = lines.last().map(|last| last.place(process.open));
                if lines.len() < STEP {
                    return Ok(rows);
                }
            }
        })
        .await?;
    export::table(format, "承诺核查", HEAD, rows).await
}

/// For the JSON of a line: its state and whether it is over.
pub(super) fn told(line: &Line, now: Timestamp) -> (&'static str, bool) {
    let label = FLOW.state(&line.state).map_or("", |state| state.label);
    let over = line.closed_at.is_none() && line.due_at.is_some_and(|due| due <= now);
    (label, over)
}
