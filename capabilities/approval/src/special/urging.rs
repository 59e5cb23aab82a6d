//! 催办: somebody who waits for an office reminds whoever holds the open work: the applicant, a colleague, supervision.
//! Each reminder is an event, stands as a mark on the task in its queue and among the reminders of whoever may do the
//! task, and is limited, so that it stays a reminder.
//!
//! What the case keeps is [`Urge`]; the table `urges` is a copy by task for queues, written in the same transaction.

use std::collections::BTreeMap;

use base::ids::{CaseId, StaffId};
use cases::queue::{self, Entry};
use casework::{Actor, Case, Refusal, Step, case::Duty};
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
/// Reminders listed, the newest.
const LISTED_MAX: i64 = 500;
/// Milliseconds of a day, and China's distance from UTC.
const DAY_MS: i64 = 86_400_000;
const OFFSET_MS: i64 = 8 * 3_600_000;

/// One reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urge {
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// The applicant, or somebody who acts for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applicant: bool,
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

impl Urge {
    /// Who reminded, as an officer reads it.
    pub fn who(&self) -> String {
        if self.applicant {
            format!("申请人{}", self.by)
        } else {
            self.by.clone()
        }
    }
}

/// The newest reminder of the applicant, of what is open now.
pub fn of_applicant(case: &Case) -> Option<Urge> {
    open(case).into_iter().rfind(|urge| urge.applicant)
}

/// Whether the applicant may remind now: an office has it in hand, and they have not done so today.
pub fn may_applicant(case: &Case, now: Timestamp) -> bool {
    let known = open(case);
    let today = |urge: &Urge| urge.applicant && day(urge.at) == day(now);
    !with_offices(case).is_empty() && known.len() < TIMES_MAX && !known.iter().any(today)
}

/// Numbers of the open tasks of offices.
fn with_offices(case: &Case) -> Vec<u32> {
    case.tasks
        .iter()
        .filter(|task| matches!(task.duty, Duty::Staff { .. }))
        .map(|task| task.no)
        .collect()
}

/// Reminds of everything that is open with an office.
pub(super) fn urge(step: &mut Step<'_>, text: &str) -> Result<(), Refusal> {
    let tasks = with_offices(step.case());
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
            if matches!(step.context().actor, Actor::Person(_)) {
                format!("这一步已经催办{TIMES_MAX}次，请拨打12345反映")
            } else {
                format!("这一步已经催办{TIMES_MAX}次，请转督办")
            },
        ));
    }
    let applicant = matches!(step.context().actor, Actor::Person(_));
    let (me, today) = (step.actor().staff, day(step.at()));
    let again = urges.iter().filter(about).any(|urge| {
        let same = urge.applicant == applicant && urge.staff == me;
        same && day(urge.at) == today
    });
    if again {
        return Err(Refusal::invalid(
            field,
            if applicant {
                "您今天已经催办过，办理人的待办里已经标出，请明天再催"
            } else {
                "您今天已经催办过这一步，请明天再催办或者转督办"
            },
        ));
    }
    urges.push(Urge {
        by: step.actor().shown(),
        staff: me,
        applicant,
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
            &params![case.id, i64::from(no), times, last.at, last.who(), &last.text],
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

/// A reminder as whoever may do the task reads it.
#[derive(Clone, Debug)]
pub(crate) struct Reminder {
    pub entry: Entry,
    pub times: i64,
    pub at: Timestamp,
    pub by: String,
    pub said: String,
}

/// Reminders of tasks that are the actor's to do: taken by them, by somebody they stand in for, or by nobody; the newest
/// first.
pub(crate) fn reminders(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<Reminder>, Error> {
    let rows = tx.query(
        "SELECT case_id, task_no, times, at, by_name, said FROM urges
          ORDER BY at DESC, case_id, task_no LIMIT $1",
        &params![LISTED_MAX],
    )?;
    let mut told = Vec::with_capacity(rows.len());
    for row in &rows {
        let key: (CaseId, i64) = (row.get(0)?, row.get(1)?);
        let (times, at): (i64, Timestamp) = (row.get(2)?, row.get(3)?);
        let (by, said): (String, String) = (row.get(4)?, row.get(5)?);
        told.push((key, times, at, by, said));
    }
    let urged: Vec<CaseId> = told.iter().map(|(key, ..)| key.0).collect();
    let mut entries: BTreeMap<(CaseId, i64), Entry> = queue::among(tx, actor, &urged)?
        .into_iter()
        .filter(|entry| entry.staff.is_none_or(|staff| actor.answers_for(staff)))
        .map(|entry| ((entry.case_id, entry.no), entry))
        .collect();
    let theirs = told.into_iter().filter_map(|(key, times, at, by, said)| {
        entries.remove(&key).map(|entry| Reminder {
            entry,
            times,
            at,
            by,
            said,
        })
    });
    Ok(theirs.collect())
}
