//! 窗口统计: what windows passed on and why, what was taken in in one place and decided in another, who went first.

use std::collections::BTreeMap;

use approval::window::{counted, reasons};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use casework::{Actor, Permission, Scope};
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;
use web::{Access, Json, Operation, Result, Routes, Visit, render};

use crate::Window;

/// Days a report looks back.
const DAYS: i64 = 90;
/// Rows read for one report.
const ROWS_MAX: i64 = 20_000;

/// A number with what it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Count {
    /// 代码或者区划
    code: String,
    label: String,
    n: i64,
    /// 其中还没有了结的
    open: i64,
}

/// 窗口统计，近90日
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// 上报，按原因
    escalations: Vec<Count>,
    /// 收受分离，按受理地
    taken_in: Vec<Count>,
    /// 收受分离，按办理地
    decided: Vec<Count>,
    /// 绿色通道，按情形
    green: Vec<Count>,
}

#[derive(Default)]
struct Tally(BTreeMap<String, (i64, i64)>);

impl Tally {
    fn add(&mut self, code: &str, open: bool) {
        let entry = self.0.entry(code.to_owned()).or_default();
        entry.0 += 1;
        entry.1 += i64::from(open);
    }

    fn counts(self, label: impl Fn(&str) -> String) -> Vec<Count> {
        let mut counts: Vec<Count> = self
            .0
            .into_iter()
            .map(|(code, (n, open))| Count {
                label: label(&code),
                code,
                n,
                open,
            })
            .collect();
        counts.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.code.cmp(&b.code)));
        counts
    }
}

/// Everything the actor's scope covers since `since`.
fn report(tx: &mut Tx<'_>, actor: &Actor, since: Timestamp) -> Result<Report, people::Error> {
    let covers = |region: &str, org| {
        let scope = Scope { region, org };
        actor.may(Permission::ReadCase, &scope)
    };
    let mut escalations = Tally::default();
    for one in counted::passed_on(tx, since, ROWS_MAX)? {
        if covers(&one.region, Some(one.org)) {
            escalations.add(&one.reason, one.open);
        }
    }
    let (mut taken_in, mut decided) = (Tally::default(), Tally::default());
    for one in counted::handed_over(tx, since, ROWS_MAX)? {
        let ((from_org, from), (to_org, to)) = (one.from, one.to);
        if covers(&from, Some(from_org)) || covers(&to, Some(to_org)) {
            taken_in.add(&from, one.open);
            decided.add(&to, one.open);
        }
    }
    let mut green = Tally::default();
    for one in counted::went_first(tx, since, ROWS_MAX)? {
        if covers(&one.region, Some(one.org)) {
            green.add(&one.ground, one.open);
        }
    }
    let mut regions = BTreeMap::new();
    for code in taken_in.0.keys().chain(decided.0.keys()) {
        let name = people::regions::name(tx, code)?;
        regions.extend(name.map(|name| (code.clone(), name)));
    }
    let place = |code: &str| {
        regions
            .get(code)
            .cloned()
            .unwrap_or_else(|| code.to_owned())
    };
    let of = |list: &'static [reasons::Reason]| {
        move |code: &str| reasons::label(list, code).unwrap_or("其他").to_owned()
    };
    Ok(Report {
        escalations: escalations.counts(of(&reasons::ESCALATION)),
        taken_in: taken_in.counts(place),
        decided: decided.counts(place),
        green: green.counts(of(&reasons::GREEN)),
    })
}

async fn made(window: &Window, visit: &Visit) -> Result<Report> {
    let actor = visit.actor()?.clone();
    let now = visit.app.now();
    let since = now.checked_sub((DAYS * 24).hours()).unwrap_or(now);
    Ok(window
        .app
        .db
        .read(move |tx| report(tx, &actor, since))
        .await?)
}

#[derive(Template)]
#[template(path = "window/report.html")]
struct ReportPage {
    page: ui::Page,
    /// (id, what is counted, head of the open column, rows).
    parts: Vec<(&'static str, &'static str, &'static str, Vec<Count>)>,
}

pub(crate) async fn show(State(window): State<Window>, visit: Visit) -> Result<Response> {
    let report = made(&window, &visit).await?;
    let body = ReportPage {
        page: visit.page("窗口统计").with_nav("window-report"),
        parts: vec![
            (
                "escalations",
                "窗口上报，按原因",
                "未答复",
                report.escalations,
            ),
            ("taken-in", "收受分离，按收件地", "未签收", report.taken_in),
            ("decided", "收受分离，按办理地", "未签收", report.decided),
            ("green", "绿色通道，按情形", "在办", report.green),
        ],
    };
    Ok(render(&visit, body))
}

/// Adds the operation.
pub(crate) fn operations(routes: Routes<Window>) -> Routes<Window> {
    routes.api(
        Operation::get("/api/v1/window-report", "get_window_report")
            .summary("窗口统计，近90日：上报、收受分离、绿色通道")
            .tag("window")
            .access(Access::Permission(Permission::ReadCase))
            .ok::<Report>(200),
        report_json,
    )
}

async fn report_json(State(window): State<Window>, visit: Visit) -> Result<Json<Report>> {
    Ok(Json(made(&window, &visit).await?))
}
