//! 催办: somebody who waits for an office reminds whoever holds the open work. Each reminder is an event, stands as a
//! mark on the task in its queue, and is limited, so that it stays a reminder.
//!
//! What the case keeps is [`Urge`]; the table `urges` is a copy by task for queues, written in the same transaction.

use std::collections::BTreeMap;

use base::ids::{CaseId, StaffId};
use casework::{Case, Refusal, Step, case::Duty};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::error::Error;
use crate::rules::needed;

/// Key of a list of [`Urge`].
const URGES: &str = "urges";
/// Reminders of one task; who still waits takes it to supervision.
pub const TIMES_MAX: usize = 10;
/// Reminders kept with a case, the newest.
const KEPT_MAX: usize = 50;
/// Milliseconds of a day, and China's distance from UTC.
const DAY_MS: i64 = 86_400_000;
const OFFSET_MS: i64 = 8 * 3_600_000;

/// One reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urge {
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    pub at: Timestamp,
    pub text: String,
    /// Numbers of the tasks it is about.
    pub tasks: Vec<u32>,
}

/// Reminders of a case, oldest first.
pub fn all(case: &Case) -> Vec<Urge> {
    case.detail(URGES).unwrap_or_default()
}

/// Reminders of what is open now, oldest first.
pub fn open(case: &Case) -> Vec<Urge> {
    all(case)
        .into_iter()
        .filter(|urge| {
            urge.tasks
                .iter()
                .any(|no| case.tasks.iter().any(|task| task.no == *no))
        })
        .collect()
}

/// Reminds of everything that is open with an office.
pub(super) fn urge(step: &mut Step<'_>, text: &str) -> Result<(), Refusal> {
    let tasks: Vec<u32> = step
        .case()
        .tasks
        .iter()
        .filter(|task| matches!(task.duty, Duty::Staff { .. }))
        .map(|task| task.no)
        .collect();
    if tasks.is_empty() {
        return Err(Refusal::invalid("text", "本件现在没有部门待办，不需要催办"));
    }
    let actor = step.context().actor;
    let own = step.case().tasks.iter().all(|task| {
        !tasks.contains(&task.no) || task.staff.is_some_and(|staff| actor.answers_for(staff))
    });
    if own {
        return Err(Refusal::invalid("text", "本件由您办理，不需要催办自己"));
    }
    let text = needed("text", text, "请写明催办的内容")?;
    step.remark(&text);
    note(step, "text", text, tasks)
}

/// Records a reminder of some tasks, within the limits.
pub(crate) fn note(
    step: &mut Step<'_>,
    field: &'static str,
    text: String,
    tasks: Vec<u32>,
) -> Result<(), Refusal> {
    let mut urges = all(step.case());
    let about = |urge: &&Urge| urge.tasks.iter().any(|no| tasks.contains(no));
    if urges.iter().filter(about).count() >= TIMES_MAX {
        return Err(Refusal::invalid(
            field,
            format!("这一步已经催办{TIMES_MAX}次，请转督办"),
        ));
    }
    let (me, today) = (step.actor().staff, day(step.at()));
    let again = urges
        .iter()
        .filter(about)
        .any(|urge| urge.staff.is_some() && urge.staff == me && day(urge.at) == today);
    if again {
        return Err(Refusal::invalid(
            field,
            "您今天已经催办过这一步，请明天再催办或者转督办",
        ));
    }
    urges.push(Urge {
        by: step.actor().shown(),
        staff: me,
        at: step.at(),
        text,
        tasks,
    });
    let old = urges.len().saturating_sub(KEPT_MAX);
    urges.drain(..old);
    step.note(URGES, &urges);
    Ok(())
}

/// The day in China, counted.
fn day(at: Timestamp) -> i64 {
    (at.as_millisecond() + OFFSET_MS).div_euclid(DAY_MS)
}

/// How often each open task was reminded of, and the newest reminder.
fn by_task(case: &Case) -> BTreeMap<u32, (i64, Urge)> {
    let mut found: BTreeMap<u32, (i64, Urge)> = BTreeMap::new();
    for urge in open(case) {
        for no in &urge.tasks {
            if case.tasks.iter().any(|task| task.no == *no) {
                let entry = found.entry(*no).or_insert_with(|| (0, urge.clone()));
                entry.0 += 1;
                entry.1 = urge.clone();
            }
        }
    }
    found
}

/// Lets the table say what the case says.
pub(crate) fn follow(tx: &mut Tx<'_>, before: &Case, case: &Case) -> Result<(), Error> {
    let (was, is) = (by_task(before), by_task(case));
    if was == is {
        return Ok(());
    }
    tx.exec("DELETE FROM urges WHERE case_id = $1", &params![case.id])?;
    for (no, (times, last)) in is {
        tx.exec(
            "INSERT INTO urges (case_id, task_no, times, at, by_name, said) VALUES ($1, $2, $3, $4, $5, $6)",
            &params![case.id, i64::from(no), times, last.at, &last.by, &last.text],
        )?;
    }
    Ok(())
}

/// How often the tasks of some cases were reminded of, by case and task.
pub(crate) fn times(
    tx: &mut Tx<'_>,
    cases: &[CaseId],
) -> Result<BTreeMap<(CaseId, i64), i64>, store::Error> {
    if cases.is_empty() {
        return Ok(BTreeMap::new());
    }
    let params: Vec<store::Value> = cases.iter().map(|id| (*id).into()).collect();
    let places: Vec<String> = (1..=params.len()).map(|n| format!("${n}")).collect();
    let rows = tx.query(
        &format!(
            "SELECT case_id, task_no, times FROM urges WHERE case_id IN ({})",
            places.join(", ")
        ),
        &params,
    )?;
    rows.iter()
        .map(|row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))
        .collect()
}
