//! The loop that does what is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::Db;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::queue::{self, Claim};
use crate::{Error, Handler, Outcome};

/// How failures are dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tries before a job is given up.
    pub attempts_max: u32,
    /// Before the second try; doubled before each further one.
    pub pause: SignedDuration,
    /// The longest pause.
    pub pause_max: SignedDuration,
    /// How long a claim holds; a worker that dies lets go of its jobs after so long.
    pub lease: SignedDuration,
    /// Jobs claimed at a time.
    pub batch: u32,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            attempts_max: 10,
            pause: SignedDuration::from_secs(30),
            pause_max: SignedDuration::from_hours(1),
            lease: SignedDuration::from_mins(5),
            batch: 128,
        }
    }
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Done, recurring ones included.
    pub done: u64,
    /// Failed, to be tried again.
    pub failed: u64,
    /// Given up.
    pub dead: u64,
    /// Moved, removed or claimed by another while they waited.
    pub passed_over: u64,
}

/// How long the loop rests between two looks at the schedule.
const REST: Duration = Duration::from_millis(500);

/// Jobs done in one pass at most: a recurring job that never moves forward must not hold the worker for ever.
const PASS_MAX: u64 = 1_000_000;

/// Does what is due.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    handlers: BTreeMap<&'static str, Arc<dyn Handler>>,
    policy: Policy,
}

impl Worker {
    /// Knows no handler yet; rows of kinds it does not know stay for others.
    pub fn new(db: Db, policy: Policy) -> Worker {
        Worker {
            db,
            handlers: BTreeMap::new(),
            policy,
        }
    }

    /// Registers the handler of a kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, handler: impl Handler) -> Worker {
        self.handlers.insert(kind, Arc::new(handler));
        self
    }

    /// Works until `stop` turns true or its sender is gone, finishing what it has claimed. The clock is the
    /// application's: simulated time makes its jobs due as well.
    pub async fn run(&self, clock: impl Fn() -> Timestamp, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            if let Err(error) = self.run_due(clock()).await {
                if error == store::Error::Closed {
                    return;
                }
                tracing::warn!(%error, "the schedule could not be read");
            }
            let woken = tokio::time::timeout(REST, stop.changed()).await;
            if matches!(woken, Ok(Err(_))) {
                return;
            }
        }
    }

    /// Does everything that is due at an instant, also what becomes due by doing it. Jobs of one subject are done
    /// one after the other, earliest first; those of different subjects side by side.
    pub async fn run_due(&self, now: Timestamp) -> Result<Report, store::Error> {
        let mut report = Report::default();
        if self.handlers.is_empty() {
            return Ok(report);
        }
        loop {
            let claims = self.claim(now).await?;
            if claims.is_empty() {
                return Ok(report);
            }
            let mut subjects: BTreeMap<Uuid, Vec<Claim>> = BTreeMap::new();
            for claim in claims {
                subjects.entry(claim.job.subject).or_default().push(claim);
            }
            let mut running = JoinSet::new();
            for claims in subjects.into_values() {
                let worker = self.clone();
                running.spawn(async move {
                    let mut report = Report::default();
                    for claim in claims {
                        worker.one(claim, &mut report).await?;
                    }
                    Ok::<_, store::Error>(report)
                });
            }
            while let Some(finished) = running.join_next().await {
                let part = finished.map_err(|error| store::Error::Engine(error.to_string()))??;
                report.done += part.done;
                report.failed += part.failed;
                report.dead += part.dead;
                report.passed_over += part.passed_over;
            }
            if report.done + report.failed + report.dead + report.passed_over >= PASS_MAX {
                tracing::warn!(jobs = PASS_MAX, "a pass over the schedule was cut short");
                return Ok(report);
            }
        }
    }

    async fn claim(&self, now: Timestamp) -> Result<Vec<Claim>, store::Error> {
        let kinds: Vec<&'static str> = self.handlers.keys().copied().collect();
        let until = now.as_millisecond() + self.policy.lease.as_millis() as i64;
        let limit = i64::from(self.policy.batch);
        self.db
            .write(move |tx| queue::claim(tx, &kinds, now, until, limit))
            .await
    }

    /// Does one job: the work and the removal of the row are one transaction.
    async fn one(&self, claim: Claim, report: &mut Report) -> Result<(), store::Error> {
        let Some(handler) = self.handlers.get(claim.job.kind.as_str()).map(Arc::clone) else {
            return Ok(());
        };
        let held = claim.clone();
        let outcome = self
            .db
            .write(move |tx| {
                if !queue::take(tx, &held)? {
                    return Ok(None);
                }
                let outcome = handler.run(tx, &held.job)?;
                if let Outcome::Again { at } = outcome {
                    queue::again(tx, &held.job, at)?;
                }
                Ok::<_, Error>(Some(outcome))
            })
            .await;
        match outcome {
            Ok(Some(_)) => report.done += 1,
            Ok(None) => report.passed_over += 1,
            Err(Error::Storage(store::Error::Closed)) => return Err(store::Error::Closed),
            Err(error) => self.failed(claim, &error, report).await?,
        }
        Ok(())
    }

    async fn failed(
        &self,
        claim: Claim,
        error: &Error,
        report: &mut Report,
    ) -> Result<(), store::Error> {
        let job = &claim.job;
        let given_up =
            matches!(error, Error::GivenUp(_)) || job.attempts + 1 >= self.policy.attempts_max;
        let again_at = (!given_up).then(|| job.now + self.pause(job.attempts));
        if given_up {
            tracing::error!(job.kind, job.id = %job.job_id, %error, "a job is given up");
            report.dead += 1;
        } else {
            tracing::warn!(job.kind, job.id = %job.job_id, %error, "a job will be tried again");
            report.failed += 1;
        }
        let reason = error.to_string().replace('\0', " ");
        self.db
            .write(move |tx| queue::fail(tx, &claim, &reason, again_at))
            .await
    }

    fn pause(&self, attempts: u32) -> SignedDuration {
        let doubled = self.policy.pause.saturating_mul(1 << attempts.min(20));
        doubled.min(self.policy.pause_max)
    }
}
