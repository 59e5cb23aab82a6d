//! Transactions on their way to a database thread and back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::{Error, Retry, Tx};

/// How often a closure is run again after a conflict before [`Error::Stale`] is answered.
pub(crate) const RERUNS_MAX: u32 = 8;

/// What running a closure came to, before it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Discard,
    Again,
    Panicked,
}

/// A write transaction: run (perhaps several times) on a database thread.
pub(crate) trait WriteJob: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// What `run` last came to could not be kept because of this.
    fn fail(&mut self, failure: Error);
    /// Itself, for whoever knows what kind of job it is.
    fn come_home(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// A read transaction: run once.
pub(crate) trait ReadJob: Send {
    fn run(&mut self, tx: &mut Tx<'_>);
    fn fail(&mut self, failure: Error);
    fn come_home(self: Box<Self>) -> Box<dyn Any + Send>;
}

/// A job in a queue, and the way back to whoever waits for it. The job itself goes back with what it came to, so
/// there is one kind of channel however many kinds of answers there are.
pub(crate) struct Sent<J: ?Sized> {
    job: Box<J>,
    reply: oneshot::Sender<Box<dyn Any + Send>>,
}

pub(crate) type SentWrite = Sent<dyn WriteJob>;
pub(crate) type SentRead = Sent<dyn ReadJob>;

impl<J: ?Sized> Sent<J> {
    /// The job to be queued, and where it will come home.
    pub(crate) fn new(job: Box<J>) -> (Sent<J>, oneshot::Receiver<Box<dyn Any + Send>>) {
        let (reply, home) = oneshot::channel();
        (Sent { job, reply }, home)
    }
}

impl SentWrite {
    pub(crate) fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        self.job.run(tx)
    }

    /// `None`: what `run` last came to stands. `Some`: it could not be kept because of this.
    pub(crate) fn answer(mut self, failure: Option<Error>) {
        if let Some(failure) = failure {
            self.job.fail(failure);
        }
        // Nobody may be waiting any more; the transaction is done all the same.
        drop(self.reply.send(self.job.come_home()));
    }
}

impl SentRead {
    pub(crate) fn run(mut self, tx: &mut Tx<'_>) {
        self.job.run(tx);
        drop(self.reply.send(self.job.come_home()));
    }

    pub(crate) fn fail(mut self, failure: Error) {
        self.job.fail(failure);
        drop(self.reply.send(self.job.come_home()));
    }
}

/// Waiting for a job to come home, or the reason why it was never queued.
pub(crate) enum Waiting {
    For(oneshot::Receiver<Box<dyn Any + Send>>),
    Refused(Error),
}

impl Future for Waiting {
    type Output = Result<Box<dyn Any + Send>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Waiting::For(home) => Pin::new(home)
                .poll(context)
                .map(|came| came.map_err(|_| Error::Closed)),
            Waiting::Refused(error) => Poll::Ready(Err(error.clone())),
        }
    }
}

/// A closure that writes, and what it came to.
pub(crate) struct Write<T, E, F> {
    body: F,
    outcome: Option<Result<T, E>>,
}

impl<T, E, F> Write<T, E, F>
where
    T: 'static,
    E: From<Error> + 'static,
    F: 'static,
{
    pub(crate) fn new(body: F) -> Write<T, E, F> {
        Write {
            body,
            outcome: None,
        }
    }

    /// What the job of this kind came to.
    pub(crate) fn outcome(home: Result<Box<dyn Any + Send>, Error>) -> Result<T, E> {
        let job = home?.downcast::<Write<T, E, F>>();
        let outcome = job.ok().and_then(|job| job.outcome);
        outcome.unwrap_or_else(|| Err(E::from(Error::Closed)))
    }
}

impl<T, E, F> WriteJob for Write<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Retry + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        // The closure's captures are only read, and what it wrote is rolled back: nothing broken is seen again.
        let (outcome, verdict) = match catch_unwind(AssertUnwindSafe(|| (self.body)(tx))) {
            Ok(Ok(value)) => (Ok(value), Verdict::Keep),
            Ok(Err(error)) => {
                let stale = error.storage().is_some_and(Error::is_stale);
                (
                    Err(error),
                    if stale {
                        Verdict::Again
                    } else {
                        Verdict::Discard
                    },
                )
            }
            Err(panic) => (
                Err(E::from(Error::Panic(message(panic.as_ref())))),
                Verdict::Panicked,
            ),
        };
        self.outcome = Some(outcome);
        verdict
    }

    fn fail(&mut self, failure: Error) {
        self.outcome = Some(Err(E::from(failure)));
    }

    fn come_home(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A closure that reads, until it is run; then what it came to.
pub(crate) struct Read<T, E, F> {
    body: Option<F>,
    outcome: Option<Result<T, E>>,
}

impl<T, E, F> Read<T, E, F>
where
    T: 'static,
    E: From<Error> + 'static,
    F: 'static,
{
    pub(crate) fn new(body: F) -> Read<T, E, F> {
        Read {
            body: Some(body),
            outcome: None,
        }
    }

    /// What the job of this kind came to.
    pub(crate) fn outcome(home: Result<Box<dyn Any + Send>, Error>) -> Result<T, E> {
        let job = home?.downcast::<Read<T, E, F>>();
        let outcome = job.ok().and_then(|job| job.outcome);
        outcome.unwrap_or_else(|| Err(E::from(Error::Closed)))
    }
}

impl<T, E, F> ReadJob for Read<T, E, F>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) {
        let Some(body) = self.body.take() else {
            return;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| body(tx)))
            .unwrap_or_else(|panic| Err(E::from(Error::Panic(message(panic.as_ref())))));
        self.outcome = Some(outcome);
    }

    fn fail(&mut self, failure: Error) {
        self.outcome = Some(Err(E::from(failure)));
    }

    fn come_home(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}
