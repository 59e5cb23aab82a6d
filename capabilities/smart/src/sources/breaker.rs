//! 熔断: a source that fails again and again is left alone for a while. Pure, by instants handed in.

use jiff::{Timestamp, ToSpan as _};

/// Whoever tries again and is never heard of does not keep others from trying.
const PROBE_S: i64 = 30;

/// How a source has been doing in this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Failures in a row.
    pub failures: u32,
    /// Not asked before this.
    pub resting_until: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    pub last_failure: Option<Timestamp>,
    /// Somebody is trying whether it answers again, and is believed to until then.
    probing_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether it may be asked now; after its rest one call at a time tries whether it answers again.
    pub fn may_ask(&mut self, now: Timestamp) -> bool {
        match self.resting_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) if self.probing_until.is_some_and(|until| now < until) => false,
            Some(_) => {
                self.probing_until = now.checked_add(PROBE_S.seconds()).ok();
                true
            }
        }
    }

    pub fn answered(&mut self, now: Timestamp) {
        *self = Breaker {
            last_ok: Some(now),
            last_failure: self.last_failure,
            ..Breaker::default()
        };
    }

    pub fn failed(&mut self, now: Timestamp, failures_max: u32, rest_s: u32) {
        self.failures = self.failures.saturating_add(1);
        self.last_failure = Some(now);
        if self.probing_until.is_some() || self.failures >= failures_max.max(1) {
            self.resting_until = now.checked_add(i64::from(rest_s).seconds()).ok();
        }
        self.probing_until = None;
    }

    pub fn is_resting(&self, now: Timestamp) -> bool {
        self.resting_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan as _};

    use super::Breaker;

    #[test]
    fn it_rests_after_failures_and_is_probed_once() {
        let start: Timestamp = "2026-05-21T02:00:00Z".parse().expect("an instant");
        let at = |seconds: i64| start + seconds.seconds();
        let mut breaker = Breaker::default();
        for second in 0..2 {
            assert!(breaker.may_ask(at(second)));
            breaker.failed(at(second), 3, 30);
        }
        assert!(breaker.may_ask(at(2)));
        breaker.failed(at(2), 3, 30);
        assert!(!breaker.may_ask(at(3)));
        assert!(breaker.is_resting(at(31)));
        // One tries; the others wait for it.
        assert!(breaker.may_ask(at(32)));
        assert!(!breaker.may_ask(at(32)));
        breaker.failed(at(33), 3, 30);
        assert!(!breaker.may_ask(at(60)));
        assert!(breaker.may_ask(at(63)));
        breaker.answered(at(63));
        assert!(breaker.may_ask(at(63)) && breaker.may_ask(at(64)));
        assert_eq!(breaker.failures, 0);
    }
}
