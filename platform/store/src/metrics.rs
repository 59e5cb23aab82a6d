//! Figures for the operator: what was done, how long it took, how much is waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A snapshot of the counters since the database was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Write transactions that were kept.
    pub transactions: u64,
    /// Write transactions that were rolled back and answered with an error.
    pub refused: u64,
    /// Closures run again after a conflict.
    pub retries: u64,
    /// Closures that panicked.
    pub panics: u64,
    /// COMMITs; on SQLite one may carry many transactions.
    pub commits: u64,
    /// The most transactions one COMMIT carried.
    pub batch_max: u64,
    /// Read transactions.
    pub reads: u64,
    /// Answers [`crate::Error::Busy`].
    pub busy: u64,
    /// Writes waiting now.
    pub waiting_writes: u64,
    /// Reads waiting now.
    pub waiting_reads: u64,
    /// Seconds spent in write closures.
    pub write_seconds: f64,
    /// Seconds spent in COMMIT.
    pub commit_seconds: f64,
    /// Seconds spent in read closures.
    pub read_seconds: f64,
    /// The newest feed position this process has seen.
    pub feed_head: i64,
}

impl Metrics {
    /// Transactions per COMMIT; 0 before the first.
    pub fn batch_mean(&self) -> f64 {
        if self.commits == 0 {
            0.0
        } else {
            (self.transactions + self.refused) as f64 / self.commits as f64
        }
    }
}

/// The live counters, shared by the database threads.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) transactions: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) batch_max: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) write_nanos: AtomicU64,
    pub(crate) commit_nanos: AtomicU64,
    pub(crate) read_nanos: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn time(counter: &AtomicU64, took: Duration) {
        counter.fetch_add(
            u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    pub(crate) fn snapshot(&self) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let seconds = |counter: &AtomicU64| Duration::from_nanos(read(counter)).as_secs_f64();
        Metrics {
            transactions: read(&self.transactions),
            refused: read(&self.refused),
            retries: read(&self.retries),
            panics: read(&self.panics),
            commits: read(&self.commits),
            batch_max: read(&self.batch_max),
            reads: read(&self.reads),
            busy: read(&self.busy),
            waiting_writes: 0,
            waiting_reads: 0,
            write_seconds: seconds(&self.write_nanos),
            commit_seconds: seconds(&self.commit_nanos),
            read_seconds: seconds(&self.read_nanos),
            feed_head: 0,
        }
    }
}
