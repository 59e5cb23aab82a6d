//! Runs: the list, and one with every datum, every rule and the replay.

use super::tabs::{Tab, tabs};
use ::web::{Path, Problem, Query, Visit, cursor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::crypto::to_hex;
use casework::Actor;
use jiff::Timestamp;
use serde::Deserialize;
use store::Tx;
use ui::staff_list::{Field, Filters, ListAddress};
use uuid::Uuid;

use super::{FactRow, fact_row, may_see};
use crate::error::Error;
use crate::model::{Mode, Outcome, RuleTrace};
use crate::replay::{self, Replayed};
use crate::sources::result_label;
use crate::state::Smart;
use crate::store::runs::{self as records, Before, CallLine, Filter, Run};

const PAGE: usize = 50;
const LIST: &str = "smart_runs";
/// Rows looked through for a page: what the actor may not see is passed over.
const LOOKED_MAX: usize = 4000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    item: String,
    outcome: String,
    mode: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "smart/runs.html")]
struct RunsPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    filters: Filters,
    runs: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

struct Row {
    href: String,
    at: Timestamp,
    title: String,
    case_no: String,
    mode: &'static str,
    outcome: &'static str,
    tone: &'static str,
    reason: String,
    took_ms: String,
}

pub(crate) fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Grant => "green",
        Outcome::Refuse => "zhu",
        Outcome::Person => "amber",
    }
}

/// The runs an actor may see, narrowed, newest first; one more than asked tells that there are more.
pub(crate) fn visible(
    tx: &mut Tx<'_>,
    actor: &Actor,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Run>, store::Error> {
    let mut filter = filter.clone();
    let mut found = Vec::new();
    let mut looked = 0;
    while found.len() < limit && looked < LOOKED_MAX {
        let step = records::page(tx, &filter, 500)?;
        let full = step.len() == 500;
        looked += step.len();
        filter.before = step.last().map(|last| Before {
            at: last.at.as_millisecond(),
            id: last.id,
        });
        found.extend(step.into_iter().filter(|run| may_see(actor, run)));
        if !full {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

pub(super) async fn list(
    visit: Visit,
    State(smart): State<Smart>,
    Query(params): Query<Params>,
) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let before: Option<Before> = match params.cursor.as_str() {
        "" => None,
        text => Some(cursor::decode(&smart.app, LIST, text)?),
    };
    let filter = Filter {
        base_code: (!params.item.is_empty()).then(|| params.item.clone()),
        outcome: Outcome::from_word(&params.outcome),
        mode: Mode::from_word(&params.mode),
        before,
    };
    let mut found = smart
        .app
        .db
        .read(move |tx| visible(tx, &actor, &filter, PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let at = ListAddress::new("/staff/smart/runs")
        .with("item", params.item.as_str())
        .with("outcome", params.outcome.as_str())
        .with("mode", params.mode.as_str());
    let older = more.then(|| found.last()).flatten().map(|last| {
        let place = Before {
            at: last.at.as_millisecond(),
            id: last.id,
        };
        at.clone()
            .with("cursor", cursor::encode(&smart.app, LIST, &place).as_str())
            .href()
    });
    let page = visit.page("自动审查记录").with_nav("smart");
    let mut items = vec![(String::new(), "全部事项".to_owned())];
    items.extend(smart.known().sets.values().map(|set| {
        (
            set.compiled.set.base_code.clone(),
            set.compiled.set.name.clone(),
        )
    }));
    let words = |all: &str, list: Vec<(&str, &str)>| {
        std::iter::once((String::new(), all.to_owned()))
            .chain(
                list.into_iter()
                    .map(|(word, label)| (word.to_owned(), label.to_owned())),
            )
            .collect::<Vec<_>>()
    };
    let outcomes = [Outcome::Grant, Outcome::Refuse, Outcome::Person];
    let fields = vec![
        Field::choice("item", "事项", &params.item, items),
        Field::choice(
            "outcome",
            "结论",
            &params.outcome,
            words(
                "全部结论",
                outcomes
                    .iter()
                    .map(|one| (one.word(), one.label()))
                    .collect(),
            ),
        ),
        Field::choice(
            "mode",
            "运行方式",
            &params.mode,
            words(
                "全部方式",
                Mode::ALL[1..]
                    .iter()
                    .map(|one| (one.word(), one.label()))
                    .collect(),
            ),
        ),
    ];
    let said = format!("本页{}条", found.len());
    Ok(::web::render(
        &visit,
        RunsPage {
            tabs: tabs(&visit),
            filters: Filters {
                action: "/staff/smart/runs",
                fields,
                keep: Vec::new(),
                clear: if at.pairs().is_empty() {
                    String::new()
                } else {
                    "/staff/smart/runs".to_owned()
                },
                said,
            },
            newer: (!params.cursor.is_empty()).then(|| at.href()),
            older,
            runs: found.into_iter().map(row).collect(),
            page,
        },
    ))
}

fn row(run: Run) -> Row {
    Row {
        href: format!("/staff/smart/runs/{}", run.id),
        at: run.at,
        mode: run.mode.label(),
        outcome: run.outcome.label(),
        tone: tone(run.outcome),
        reason: run
            .verdict
            .reasons
            .first()
            .map_or_else(String::new, |reason| reason.text.clone()),
        took_ms: format!("{:.1}", run.took_us as f64 / 1000.0),
        title: run.title,
        case_no: run.case_no,
    }
}

#[derive(Template)]
#[template(path = "smart/run.html")]
struct RunPage {
    page: ui::Page,
    run: Run,
    tone: &'static str,
    rules: Vec<RuleRow>,
    facts: Vec<FactRow>,
    calls: Vec<CallRow>,
    digest: String,
    differences: Vec<String>,
}

pub(crate) struct RuleRow {
    pub(crate) trace: RuleTrace,
    pub(crate) result: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) labels: String,
}

struct CallRow {
    line: CallLine,
    result: &'static str,
}

pub(crate) fn rule_rows(replayed_set: &crate::model::RuleSet, rules: &[RuleTrace]) -> Vec<RuleRow> {
    use crate::model::Truth;
    rules
        .iter()
        .map(|trace| {
            let labels: Vec<&str> = replayed_set
                .facts
                .iter()
                .filter(|fact| trace.facts.contains(&fact.key))
                .map(|fact| fact.label.as_str())
                .collect();
            RuleRow {
                result: trace.result.label(),
                tone: match trace.result {
                    Truth::True => "green",
                    Truth::False => "zhu",
                    Truth::Unknown => "amber",
                },
                labels: labels.join("、"),
                trace: trace.clone(),
            }
        })
        .collect()
}

pub(crate) fn fact_rows(replayed: &Replayed) -> Vec<FactRow> {
    replayed
        .set
        .facts
        .iter()
        .filter_map(|def| Some(fact_row(def, replayed.evaluation.facts.get(&def.key)?)))
        .collect()
}

pub(super) async fn show(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let people = smart.app.people.clone();
    let (replayed, calls) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let run = records::run(tx, run_id)?.ok_or(Error::NotFound)?;
            if !may_see(&actor, &run) {
                return Err(Error::NotFound);
            }
            Ok((
                replay::replay(tx, &people, run_id)?,
                records::calls_of_run(tx, run_id)?,
            ))
        })
        .await
        .map_err(Problem::from)?;
    let page = visit
        .page("自动审查说明")
        .with_nav("smart")
        .with_crumb("智能审批", "/staff/smart")
        .with_crumb("自动审查记录", "/staff/smart/runs");
    Ok(::web::render(
        &visit,
        RunPage {
            page,
            tone: tone(replayed.run.outcome),
            rules: rule_rows(&replayed.set, &replayed.run.verdict.rules),
            facts: fact_rows(&replayed),
            calls: calls
                .into_iter()
                .map(|line| CallRow {
                    result: result_label(&line.result),
                    line,
                })
                .collect(),
            digest: to_hex(&replayed.run.digest),
            differences: replayed.differences,
            run: replayed.run,
        },
    ))
}
