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
    /// Whether that is another than before.
    pub moved: bool,
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
        let before = case.clocks.iter().find(|known| known.id == clock.id);
        if before == Some(clock) {
            continue;
        }
        let was_open = before.is_some_and(|clock| clock.closed_at.is_none());
        let due = clocks::due_at(clock, calendar);
        let change = match (was_open, clock.closed_at) {
            (true, Some(at)) => Change::Stops {
                late: before
                    .and_then(|clock| clocks::due_at(clock, calendar))
                    .is_some_and(|due_at| due_at <= at),
            },
            (false, None) => Change::Starts {
                due,
                provisional: clock.is_provisional(calendar).unwrap_or(true),
            },
            (true, None) => Change::Moves {
                from: before.and_then(|clock| clocks::due_at(clock, calendar)),
                to: due,
            },
            (false, Some(_)) => continue,
        };
        effects.push(ClockEffect {
            clock: clock.terms.kind.clone(),
            label: clocks::label(&clock.terms.kind).to_owned(),
            change,
        });
    }
    Effects {
        moved: after.state != case.state,
        state: after.state,
        clocks: effects,
    }
}
