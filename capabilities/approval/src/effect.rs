//! What an event would do to the clocks, in words, before the button is pressed.

use calendar::Calendar;
use casework::{Case, Event};
use jiff::Timestamp;

use crate::clocks;

/// The consequences of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// State afterwards.
    pub state: String,
    pub clocks: Vec<ClockEffect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockEffect {
    pub clock: String,
    pub label: String,
    pub change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Starts {
        due: Option<Timestamp>,
        provisional: bool,
    },
    Stops {
        /// Whether it stops after its due instant.
        late: bool,
    },
    Moves {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
}

/// Compares the clocks before and after `event`.
pub fn of(case: &Case, event: &Event, calendar: &Calendar) -> Effects {
    let mut after = case.clone();
    after.apply(event);
    let mut effects = Vec::new();
    for clock in &after.clocks {
        let before = case.clock(&clock.id);
        if before == Some(clock) {
            continue;
        }
        let was_open = before.is_some_and(|clock| clock.closed_at.is_none());
        let due = clock.times(calendar);
        let change = match (was_open, clock.closed_at) {
            (true, Some(at)) => Change::Stops {
                late: before
                    .and_then(|clock| clock.times(calendar))
                    .is_some_and(|times| times.due_at < at),
            },
            (false, None) => Change::Starts {
                due: due.as_ref().map(|times| times.due_at),
                provisional: due.as_ref().is_some_and(|times| times.provisional),
            },
            (true, None) => Change::Moves {
                from: before
                    .and_then(|clock| clock.times(calendar))
                    .map(|times| times.due_at),
                to: due.map(|times| times.due_at),
            },
            (false, Some(_)) => continue,
        };
        effects.push(ClockEffect {
            clock: clock.id.clone(),
            label: clocks::label(&clock.id).to_owned(),
            change,
        });
    }
    Effects {
        state: after.state,
        clocks: effects,
    }
}
