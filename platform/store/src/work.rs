//! Transactions on their way to a database thread and back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

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

/// A write transaction: run (perhaps several times) on a database thread, then answered once.
pub(crate) trait WriteJob: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// `None`: what `run` last came to stands. `Some`: it could not be kept because of this.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// A read transaction: run once.
pub(crate) trait ReadJob: Send {
    fn run(self: Box<Self>, tx: &mut Tx<'_>);
    fn fail(self: Box<Self>, failure: Error);
}

pub(crate) struct Write<T, E, F> {
    pub(crate) body: F,
    pub(crate) outcome: Option<Result<T, E>>,
    pub(crate) reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> WriteJob for Write<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Retry + Send,
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

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let outcome = match failure {
            Some(error) => Err(E::from(error)),
            None => self.outcome.unwrap_or_else(|| Err(E::from(Error::Closed))),
        };
        // Nobody may be waiting any more; the transaction is done all the same.
        drop(self.reply.send(outcome));
    }
}

pub(crate) struct Read<T, E, F> {
    pub(crate) body: F,
    pub(crate) reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> ReadJob for Read<T, E, F>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(self: Box<Self>, tx: &mut Tx<'_>) {
        let Read { body, reply } = *self;
        let outcome = catch_unwind(AssertUnwindSafe(|| body(tx)))
            .unwrap_or_else(|panic| Err(E::from(Error::Panic(message(panic.as_ref())))));
        drop(reply.send(outcome));
    }

    fn fail(self: Box<Self>, failure: Error) {
        drop(self.reply.send(Err(E::from(failure))));
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}
