//! The rows that follow from a case: its open tasks and open clocks, with due dates from the calendar.

use base::ids::{ClockId, OrgId};
use calendar::{Calendar, Clock, Role, Thresholds};
use casework::{Case, case::Duty};

use crate::alerts;

/// Stands for “no due date”: sorts after every real one.
pub(crate) const NEVER: i64 = i64::MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskRow {
    pub no: i64,
    pub kind: String,
    pub permission: &'static str,
    pub org: OrgId,
    pub region: String,
    pub staff: Option<base::ids::StaffId>,
    pub near_at: i64,
    pub due_at: i64,
    pub provisional: bool,
    pub opened_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClockRow {
    pub id: ClockId,
    pub kind: String,
    pub near_at: i64,
    pub due_at: i64,
    pub provisional: bool,
    pub held: bool,
    /// The one clock by which a supervisor's board shows the case, so a case counts once: the promised limit, else
    /// the statutory one, else what ends first.
    pub watched: bool,
    /// The instants at which it has something to tell, see [`alerts`].
    pub warn_at: i64,
    pub red_at: i64,
}

/// Open tasks that stand in somebody's queue. A task of the applicant is not a queue entry.
pub(crate) fn tasks(case: &Case, calendar: &Calendar) -> Vec<TaskRow> {
    case.tasks
        .iter()
        .filter_map(|task| {
            let Duty::Staff {
                permission,
                org,
                region,
            } = &task.duty
            else {
                return None;
            };
            let times = task
                .clock
                .as_deref()
                .and_then(|kind| case.open_clock(kind))
                .map_or(Times::NONE, |clock| Times::of(clock, calendar));
            Some(TaskRow {
                no: i64::from(task.no),
                kind: task.kind.clone(),
                permission: permission.word(),
                org: *org,
                region: region.clone(),
                staff: task.staff,
                near_at: times.near_at,
                due_at: times.due_at,
                provisional: times.provisional,
                opened_at: task.opened_at.as_millisecond(),
            })
        })
        .collect()
}

pub(crate) fn clocks(case: &Case, calendar: &Calendar) -> Vec<ClockRow> {
    let promised = case
        .open_clocks()
        .any(|clock| clock.terms.role == Role::Promised);
    let mut rows: Vec<ClockRow> = Vec::new();
    let mut first: Option<(u8, i64, ClockId)> = None;
    for clock in case.open_clocks() {
        let times = Times::of(clock, calendar);
        // Beside a promised limit the statutory one stands back, until it is over.
        let leads = clock.terms.role != Role::Statutory || !promised;
        let tells = alerts::is_offices(case, clock);
        let (warn_at, red_at) = alerts::instants(clock, calendar, times.due_at, leads, tells);
        let rank = match clock.terms.role {
            Role::Promised => 0,
            Role::Statutory => 1,
            Role::Step => 2,
        };
        let place = (rank, times.due_at, clock.id);
        if first.is_none_or(|first| place < first) {
            first = Some(place);
        }
        rows.push(ClockRow {
            id: clock.id,
            kind: clock.terms.kind.clone(),
            near_at: times.near_at,
            due_at: times.due_at,
            provisional: times.provisional,
            held: times.due_at == NEVER,
            watched: false,
            warn_at,
            red_at,
        });
    }
    if let Some((.., watched)) = first {
        for row in &mut rows {
            row.watched = row.id == watched;
        }
    }
    rows
}

/// Due instant of the clock a person is told about: promised, else statutory, else the first open one.
pub(crate) fn headline(case: &Case, calendar: &Calendar) -> Option<i64> {
    let clock = case
        .clock("promised")
        .or_else(|| case.clock("statutory"))
        .or_else(|| case.open_clocks().next())?;
    let due_at = Times::of(clock, calendar).due_at;
    (due_at != NEVER).then_some(due_at)
}

struct Times {
    near_at: i64,
    due_at: i64,
    provisional: bool,
}

impl Times {
    const NONE: Times = Times {
        near_at: NEVER,
        due_at: NEVER,
        provisional: false,
    };

    fn of(clock: &Clock, calendar: &Calendar) -> Times {
        // A paused clock has no due date until it runs again; dates beyond any calendar have none either.
        let Ok(turns) = clock.turns(calendar, &Thresholds::default()) else {
            return Times::NONE;
        };
        let Some(over_at) = turns.over_at else {
            return Times::NONE;
        };
        Times {
            near_at: turns.near_at.unwrap_or(over_at).as_millisecond(),
            due_at: over_at.as_millisecond(),
            provisional: clock.is_provisional(calendar).unwrap_or(true),
        }
    }
}
