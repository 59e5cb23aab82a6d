//! One line of time for a whole and all its parts.

use approval::flow::command_label as part_label;
use approval::together;
use casework::{Case, Event};
use jiff::Timestamp;
use store::Tx;
use ui::Page;

use crate::details::Plan;
use crate::error::Error;
use crate::flow::command_label;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) what: String,
    pub(super) when: String,
    pub(super) who: String,
    /// The part it happened to; empty for the whole.
    pub(super) part: String,
    pub(super) remark: String,
}

/// Acts that say nothing to whoever waits.
const SILENT: &[&str] = &["part_moved", "take", "reveal", "recompute_clocks", "file"];

/// Everything that happened, oldest first.
pub(super) fn of(
    tx: &mut Tx<'_>,
    page: &Page,
    whole: &Case,
    plan: &Plan,
) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for (nth, row) in cases::trail(tx, whole.id)?.into_iter().enumerate() {
        let shown = nth == 0 || !SILENT.contains(&row.event.command.as_str());
        if shown || ended(&row.event) {
            let what = if ended(&row.event) && nth > 0 {
                outcome(page, &row.event)
            } else {
                page.t(command_label(&row.event.command)).to_owned()
            };
            lines.push(line(page, &row.event, what, ""));
        }
    }
    for lane in &plan.lanes {
        for row in cases::trail(tx, lane.case_id)? {
            let command = row.event.command.as_str();
            // Delivered together: the whole's line says so for all.
            if SILENT.contains(&command) || ends_wait_for_delivery(&row.event) {
                continue;
            }
            let what = page.t(part_label(command)).to_owned();
            lines.push(line(page, &row.event, what, &lane.title));
        }
    }
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

fn ends_wait_for_delivery(event: &Event) -> bool {
    event
        .facts
        .iter()
        .any(|fact| matches!(fact, casework::Fact::Released { key } if key == together::DELIVERY))
}

fn ended(event: &Event) -> bool {
    event.command == "part_moved"
        && event
            .facts
            .iter()
            .any(|fact| matches!(fact, casework::Fact::Decided { .. }))
}

fn outcome(page: &Page, event: &Event) -> String {
    let words = event.facts.iter().find_map(|fact| match fact {
        casework::Fact::Decided { outcome } => Some(outcome_label(&outcome.code)),
        _ => None,
    });
    page.t(words.unwrap_or("办结")).to_owned()
}

/// What the end of a whole is called.
pub(super) fn outcome_label(code: &str) -> &'static str {
    match code {
        "granted" => "全部准予",
        "partly_refused" => "部分准予",
        "refused" => "不予许可",
        "withdrawn" => "已撤回",
        _ => "办结",
    }
}

fn line(page: &Page, event: &Event, what: String, part: &str) -> Line {
    Line {
        at: event.at,
        what,
        when: page.datetime(event.at),
        who: event.actor.shown(),
        part: part.to_owned(),
        remark: event.remark.clone(),
    }
}
