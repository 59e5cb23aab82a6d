//! Scheduled work: what has to be done at an instant, with nobody there to ask for it.
//!
//! A job is a row put on the schedule by the transaction that makes it necessary ([`store::Tx::schedule`]). A
//! [`Worker`] claims what is due and hands each to the [`Handler`] of its kind, in one write transaction that also
//! takes the row away: the work is done exactly once or not at all. A handler that fails is tried again later and,
//! after too many times, its job stays dead with the error for an operator to look at.
//!
//! To add a kind of work: implement [`Handler`], register it where the server builds its worker, schedule rows.
//! Handlers talk to the database only; what goes over a network is not for a transaction.

mod queue;
mod worker;

use jiff::Timestamp;
use store::Tx;
use uuid::Uuid;

pub use queue::{Counts, Dead, counts, dead, ensure, revive};
pub use store::jobs::NewJob;
pub use worker::{Policy, Report, Worker};

/// A job that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// See [`NewJob::job_id`].
    pub job_id: Uuid,
    /// Which handler.
    pub kind: String,
    /// The case or other record it is about.
    pub subject: Uuid,
    /// When it was to be done; after a failure, when it was to be tried again.
    pub due_at: Timestamp,
    /// What the scheduler wrote.
    pub payload: String,
    /// How often it has failed.
    pub attempts: u32,
    /// The instant at which it is being done.
    pub now: Timestamp,
}

/// What a job came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done and goes off the schedule.
    Done,
    /// It is done for now and comes again: a recurring job.
    Again {
        /// When.
        at: Timestamp,
    },
}

/// Why a job could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Worth another try later.
    #[error("{0}")]
    Failed(String),
    /// No use trying again.
    #[error("given up: {0}")]
    GivenUp(String),
    /// The database; worth another try later.
    #[error(transparent)]
    Storage(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Storage(error) => Some(error),
            Error::Failed(_) | Error::GivenUp(_) => None,
        }
    }
}

/// Does one kind of work.
///
/// It runs inside the transaction that takes the job off the schedule, and may run more than once (see
/// [`store::Db::write`]), of which one is kept: everything it does must go through `tx`.
pub trait Handler: Send + Sync + 'static {
    /// Does the work.
    fn run(&self, tx: &mut Tx<'_>, job: &Job) -> Result<Outcome, Error>;
}

impl<F> Handler for F
where
    F: Fn(&mut Tx<'_>, &Job) -> Result<Outcome, Error> + Send + Sync + 'static,
{
    fn run(&self, tx: &mut Tx<'_>, job: &Job) -> Result<Outcome, Error> {
        self(tx, job)
    }
}
