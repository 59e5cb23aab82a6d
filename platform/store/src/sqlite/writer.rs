//! The writer thread: takes every waiting transaction, runs each in its own savepoint, commits them together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rusqlite::Connection;
use tokio::sync::watch;

use super::session::{State, failed};
use super::{Message, Session};
use crate::metrics::Counters;
use crate::search::{self, Change};
use crate::work::{RERUNS_MAX, SentWrite, Verdict, WriteJob};
use crate::{Error, Tx};

/// Transactions one COMMIT may carry.
const BATCH_MAX: usize = 512;

/// How long transactions may gather before they are committed.
const BATCH_TIME: Duration = Duration::from_millis(4);

/// A transaction that has run and waits for COMMIT; with the reason where it cannot be kept.
type Ran = (SentWrite, Option<Error>);

pub(super) struct Writer {
    connection: Connection,
    counters: Arc<Counters>,
    published: Arc<watch::Sender<i64>>,
}

/// What the transactions of one COMMIT share.
#[derive(Default)]
struct Batch {
    ran: Vec<Ran>,
    kept: u64,
    head: Option<i64>,
    fed: bool,
    changes: Vec<Change>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        counters: Arc<Counters>,
        published: Arc<watch::Sender<i64>>,
    ) -> Writer {
        Writer {
            connection,
            counters,
            published,
        }
    }

    /// Until told to close, or until nobody can send any more.
    pub(super) fn serve(&self, queue: &Receiver<Message<dyn WriteJob>>) {
        let mut open = true;
        while open {
            let Ok(Message::Run(first)) = queue.recv() else {
                break;
            };
            if let Err(error) = self.statement("BEGIN IMMEDIATE") {
                first.answer(Some(error));
                continue;
            }
            let started = Instant::now();
            let mut batch = Batch::default();
            let mut next = Some(first);
            while let Some(job) = next.take() {
                self.run(job, &mut batch);
                if self.connection.is_autocommit()
                    || batch.ran.len() >= BATCH_MAX
                    || started.elapsed() >= BATCH_TIME
                {
                    break;
                }
                match queue.try_recv() {
                    Ok(Message::Run(job)) => next = Some(job),
                    Ok(Message::Close) => open = false,
                    Err(_) => {}
                }
            }
            Counters::time(&self.counters.write_nanos, started.elapsed());
            self.finish(batch);
        }
        let tidy = "PRAGMA analysis_limit = 400; PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);";
        if let Err(error) = self.connection.execute_batch(tidy) {
            tracing::warn!(%error, "the write-ahead log stays for the next start");
        }
    }

    /// Runs one transaction in a savepoint of its own.
    fn run(&self, mut job: SentWrite, batch: &mut Batch) {
        let mut reruns = 0;
        loop {
            if let Err(error) = self.statement("SAVEPOINT job") {
                batch.ran.push((job, Some(error)));
                return;
            }
            let mut state = State {
                head: batch.head,
                ..State::default()
            };
            let mut tx = Tx::sqlite(Session::new(&self.connection, &mut state), false);
            let verdict = job.run(&mut tx);
            let failure = tx.failure();
            drop(tx);
            if verdict == Verdict::Keep && failure.is_none() {
                if let Err(error) = self.statement("RELEASE job") {
                    batch.ran.push((job, Some(error)));
                    return;
                }
                batch.head = state.head;
                batch.fed |= state.fed;
                batch.changes.append(&mut state.changes);
                batch.kept += 1;
                batch.ran.push((job, None));
                return;
            }
            // `batch.head` is still what it was before this transaction, and so is the table.
            if let Err(error) = self
                .statement("ROLLBACK TO job")
                .and_then(|()| self.statement("RELEASE job"))
            {
                batch.ran.push((job, Some(error)));
                return;
            }
            if verdict == Verdict::Again && reruns < RERUNS_MAX {
                reruns += 1;
                Counters::add(&self.counters.retries, 1);
                continue;
            }
            if verdict == Verdict::Panicked {
                Counters::add(&self.counters.panics, 1);
            }
            let failure = if verdict == Verdict::Keep {
                failure
            } else {
                None
            };
            batch.ran.push((job, failure));
            return;
        }
    }

    /// Applies the index changes, commits, then answers everyone. Refusals wait for the commit too: they may rest
    /// on a neighbour's rows.
    fn finish(&self, mut batch: Batch) {
        let started = Instant::now();
        let count = batch.ran.len() as u64;
        let committed = self.commit(&mut batch);
        Counters::time(&self.counters.commit_nanos, started.elapsed());
        match committed {
            Ok(()) => {
                Counters::add(&self.counters.commits, 1);
                Counters::add(&self.counters.transactions, batch.kept);
                Counters::add(&self.counters.refused, count - batch.kept);
                self.counters
                    .batch_max
                    .fetch_max(count, std::sync::atomic::Ordering::Relaxed);
                if batch.fed
                    && let Some(head) = batch.head
                {
                    self.published.send_replace(head);
                }
                for (job, failure) in batch.ran {
                    job.answer(failure);
                }
            }
            Err(error) => {
                tracing::error!(%error, transactions = count, "a commit failed; nothing of it was kept");
                Counters::add(&self.counters.refused, count);
                for (job, _) in batch.ran {
                    job.answer(Some(error.clone()));
                }
            }
        }
    }

    fn commit(&self, batch: &mut Batch) -> Result<(), Error> {
        if self.connection.is_autocommit() {
            // Some failures (a full disk, a broken file) roll the whole batch back on their own.
            return Err(Error::Engine(
                "the engine rolled the commit back".to_owned(),
            ));
        }
        let done = self.apply(batch).and_then(|()| self.statement("COMMIT"));
        if done.is_err()
            && !self.connection.is_autocommit()
            && let Err(error) = self.statement("ROLLBACK")
        {
            tracing::error!(%error, "a failed commit could not be rolled back");
        }
        done
    }

    fn apply(&self, batch: &mut Batch) -> Result<(), Error> {
        if batch.changes.is_empty() {
            return Ok(());
        }
        let mut state = State::default();
        let mut session = Session::new(&self.connection, &mut state);
        search::apply_sqlite(&mut session, std::mem::take(&mut batch.changes))
    }

    fn statement(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare_cached(sql)
            .map_err(|error| failed(&error))?;
        statement.raw_execute().map_err(|error| failed(&error))?;
        Ok(())
    }
}
