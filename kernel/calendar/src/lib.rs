//! Working days, legal periods and the clock ledger. Everything here is computed from what is
//! handed in: the calendar is data, the present is a parameter, a due date is always derived and
//! never stored alone; what is over keeps the one it was judged by. The rules are those of the 民法典 art. 201–204 and of the special laws
//! named beside them; all dates are dates at UTC+8, the one official time of China.

mod arrangement;
mod batch;
mod clock;
mod days;
mod derivation;
mod due;
mod error;
#[cfg(test)]
mod histories;
mod light;
mod moment;
mod period;

pub use arrangement::{Arrangement, ArrangementKind, LoadError, RowError};
pub use base::batch::{BatchError, BatchOutcome};
pub use batch::{CountOutcome, count_batch, due_batch};
pub use clock::{
    Clock, ClockError, ClockTerms, Extension, Judged, Pause, PauseReason, Recomputed, Role,
    recompute,
};
pub use days::{Calendar, Day, DayKind};
pub use derivation::{DayLine, LineKind};
pub use due::{Deadline, Direction, Due, Rule, Span, due};
pub use error::CalendarError;
pub use light::{Light, Tally, Thresholds, Turns};
pub use moment::{Moment, MomentError, civil_date, end_of_day, start_of_day};
pub use period::{Length, PeriodError, Unit, check_promise};
