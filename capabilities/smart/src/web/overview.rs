//! `/staff/smart`: what is switched on, how much it does, and the switch.

use super::tabs::{Tab, tabs};
use ::web::{Form, Idempotency, Visit, once};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use casework::Permission;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

use crate::desk::{self, Agreement};
use crate::error::Error;
use crate::model::{Mode, Outcome};
use crate::state::{EVERYTHING, Modes, Smart, of_base};
use crate::store as records;

/// Days the figures are about.
const DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "smart/overview.html")]
struct OverviewPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    request_key: String,
    everything: Mode,
    may_switch: bool,
    lines: Vec<Line>,
    acts: Vec<records::Act>,
    /// Items in 人工秒批 and in 智能审批, and decisions of the last days, told apart.
    assist_items: usize,
    auto_items: usize,
    assist_cases: i64,
    auto_cases: i64,
    modes: Vec<(String, String)>,
    error: String,
}

struct Line {
    base_code: String,
    name: String,
    version: String,
    waiting: bool,
    mode: Mode,
    granted: i64,
    passed_on: i64,
    agreement: Agreement,
    drawn: i64,
    checked: i64,
    wrong: i64,
    scope: String,
}

pub(super) async fn get(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    page(&visit, &smart, String::new()).await
}

async fn page(visit: &Visit, smart: &Smart, error: String) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let may_switch = [
        Permission::Administer,
        Permission::Supervise,
        Permission::Review,
    ]
    .into_iter()
    .any(|permission| actor.may_somewhere(permission));
    let (now, today) = (smart.app.now(), smart.app.today());
    let since = now
        .checked_sub((DAYS * 24).hours())
        .unwrap_or(Timestamp::MIN);
    let (newest, published, modes, counts, agreed, samples, acts) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let newest = records::sets::newest(tx)?;
            let mut agreed = Vec::new();
            for stored in &newest {
                agreed.push(desk::agreement(tx, &stored.set.base_code, now)?);
            }
            Ok((
                newest,
                records::published(tx)?,
                Modes(records::modes(tx)?),
                records::runs::counts(tx, since)?,
                agreed,
                records::samples::counts(tx, today.saturating_sub(30.days()))?,
                records::acts(tx, None, 12)?,
            ))
        })
        .await?;
    let count = |code: &str, mode: Mode, outcome: Outcome| -> i64 {
        counts
            .iter()
            .filter(|(known, at, what, _)| known == code && *at == mode && *what == outcome)
            .map(|(.., count)| count)
            .sum()
    };
    let lines: Vec<Line> = newest
        .iter()
        .zip(agreed)
        .map(|(stored, agreement)| {
            let code = &stored.set.base_code;
            let in_force = published.iter().find(|one| one.set.base_code == *code);
            let sampled = samples.iter().find(|(known, ..)| known == code);
            let of = |outcome| {
                Mode::ALL
                    .into_iter()
                    .map(|mode| count(code, mode, outcome))
                    .sum()
            };
            Line {
                base_code: code.clone(),
                name: stored.set.name.clone(),
                version: in_force
                    .map_or_else(|| "未发布".to_owned(), |one| format!("第{}版", one.version)),
                waiting: stored.state == records::sets::State::Draft,
                mode: modes.of_base(code),
                granted: of(Outcome::Grant),
                passed_on: of(Outcome::Person),
                agreement,
                drawn: sampled.map_or(0, |(_, drawn, ..)| *drawn),
                checked: sampled.map_or(0, |(_, _, checked, _)| *checked),
                wrong: sampled.map_or(0, |(.., wrong)| *wrong),
                scope: of_base(code),
            }
        })
        .collect();
    let decided = |mode: Mode| {
        lines
            .iter()
            .map(|line| count(&line.base_code, mode, Outcome::Grant))
            .sum()
    };
    let template = OverviewPage {
        tabs: tabs(visit),
        page: visit.page("智能审批").with_nav("smart"),
        request_key: visit.new_request_key(),
        everything: modes.everything(),
        may_switch,
        assist_items: lines
            .iter()
            .filter(|line| line.mode == Mode::Assist)
            .count(),
        auto_items: lines.iter().filter(|line| line.mode == Mode::Auto).count(),
        assist_cases: decided(Mode::Assist),
        auto_cases: decided(Mode::Auto),
        lines,
        acts,
        modes: Mode::ALL
            .into_iter()
            .map(|mode| (mode.word().to_owned(), mode.label().to_owned()))
            .collect(),
        error,
    };
    Ok(::web::render(visit, template))
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SwitchForm {
    scope: String,
    mode: String,
    #[serde(default)]
    why: String,
}

pub(super) async fn switch(
    visit: Visit,
    State(smart): State<Smart>,
    Form(form): Form<SwitchForm>,
) -> ::web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let mode =
        Mode::from_word(&form.mode).ok_or_else(|| Error::invalid("mode", "请选择运行方式"))?;
    let (sent, approval) = (form.clone(), smart.approval.clone());
    let done = once(&visit, &key, move |tx| -> ::web::Result<::web::Answer> {
        desk::switch(
            tx,
            &approval,
            &actor,
            (id, now),
            &sent.scope,
            mode,
            &sent.why,
        )?;
        Ok(::web::Answer::see("/staff/smart"))
    })
    .await;
    smart.refresh().await?;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem)
            if problem.is_invalid()
                || ["shadow_first", "route_by_people"].contains(&problem.code) =>
        {
            page(&visit, &smart, problem.detail).await
        }
        Err(problem) => Err(problem),
    }
}

impl OverviewPage {
    fn is_everything_on(&self) -> bool {
        self.everything == Mode::Auto
    }

    fn everything_scope(&self) -> &'static str {
        EVERYTHING
    }
}
