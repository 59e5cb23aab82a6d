//! The one clock of the process: the machine's, or one that a test or the demo city sets.

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;

/// Tells the time. Nothing else in the process may.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that was set to an instant and goes on from there at the machine's pace: a demonstration of another day.
#[derive(Clone, Copy, Debug)]
pub struct ShiftedClock {
    ahead: SignedDuration,
}

impl ShiftedClock {
    /// Shows `at` now.
    pub fn starting(at: Timestamp) -> ShiftedClock {
        ShiftedClock {
            ahead: at.duration_since(SystemClock.now()),
        }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock
            .now()
            .checked_add(self.ahead)
            .expect("a demonstration ends before the year 9999")
    }
}

/// A clock that stands still until it is set: tests, and cities on simulated time.
#[derive(Debug)]
pub struct ManualClock {
    now: RwLock<Timestamp>,
}

impl ManualClock {
    pub fn new(now: Timestamp) -> ManualClock {
        ManualClock {
            now: RwLock::new(now),
        }
    }

    pub fn set(&self, now: Timestamp) {
        *self.now.write() = now;
    }

    /// Moves the clock on.
    ///
    /// # Panics
    /// When the end of the representable time (year 9999) is passed.
    pub fn advance(&self, by: std::time::Duration) {
        let mut now = self.now.write();
        *now = now
            .checked_add(by)
            .expect("simulated time stays before the year 9999");
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_starts_where_it_was_set_and_goes_on() {
        let set: Timestamp = "2026-05-11T10:20:00+08:00".parse().expect("an instant");
        let clock = ShiftedClock::starting(set);
        let first = clock.now();
        assert!(first >= set && first.duration_since(set) < SignedDuration::from_mins(1));
        std::thread::sleep(std::time::Duration::from_millis(3));
        assert!(clock.now() > first);
    }
}
