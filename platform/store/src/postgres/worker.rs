//! A worker thread: takes transactions one by one and runs them on its own connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::link::Link;
use super::sequencer::Sequencer;
use super::session::{Session, State};
use super::tls::Address;
use crate::metrics::Counters;
use crate::sqlite::Message;
use crate::work::{RERUNS_MAX, ReadJob, SentRead, SentWrite, Verdict, WriteJob};
use crate::{Error, Tx};

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// One state throughout, as on SQLite.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) struct Worker {
    address: Address,
    counters: Arc<Counters>,
    link: Option<Link>,
    jitter: u64,
}

impl Worker {
    pub(super) fn new(address: Address, counters: Arc<Counters>, number: u64) -> Worker {
        Worker {
            address,
            counters,
            link: None,
            // Odd and different for each worker; it only spreads the pauses.
            jitter: (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    pub(super) fn serve_writes(
        &mut self,
        queue: &Receiver<Message<dyn WriteJob>>,
        sequencer: &Sequencer,
    ) {
        while let Ok(Message::Run(job)) = queue.recv() {
            self.write(job, sequencer);
        }
    }

    pub(super) fn serve_reads(&mut self, queue: &Receiver<Message<dyn ReadJob>>) {
        while let Ok(Message::Run(job)) = queue.recv() {
            self.read(job);
        }
    }

    fn write(&mut self, mut job: SentWrite, sequencer: &Sequencer) {
        let mut reruns = 0;
        loop {
            let started = Instant::now();
            let counters = Arc::clone(&self.counters);
            let link = match self.link() {
                Ok(link) => link,
                Err(error) => {
                    Counters::add(&counters.refused, 1);
                    job.answer(Some(error));
                    return;
                }
            };
            let mut state = State::default();
            let mut tx = Tx::postgres(Session::new(link, &mut state, BEGIN_WRITE), false);
            let verdict = job.run(&mut tx);
            let failure = tx.failure();
            drop(tx);
            Counters::time(&counters.write_nanos, started.elapsed());
            let ended = Instant::now();
            let mut session = Session::new(link, &mut state, BEGIN_WRITE);
            let kept = match (verdict, failure) {
                (Verdict::Keep, None) => session.commit(),
                (Verdict::Keep, Some(failure)) => Err(failure),
                (_, Some(Error::Stale)) | (Verdict::Again, _) => Err(Error::Stale),
                (_, failure) => Err(failure.unwrap_or(Error::NoRow)),
            };
            let Err(error) = kept else {
                Counters::time(&counters.commit_nanos, ended.elapsed());
                Counters::add(&counters.commits, 1);
                Counters::add(&counters.transactions, 1);
                counters
                    .batch_max
                    .fetch_max(1, std::sync::atomic::Ordering::Relaxed);
                if state.fed {
                    sequencer.nudge();
                }
                job.answer(None);
                return;
            };
            let was_commit = verdict == Verdict::Keep;
            let lost = link.lost();
            Session::new(link, &mut state, BEGIN_WRITE).roll_back();
            // A connection lost while COMMIT was under way may have committed: that is told, not tried again.
            let again = error == Error::Stale || (lost && !was_commit);
            if again && verdict != Verdict::Panicked && reruns < RERUNS_MAX {
                reruns += 1;
                Counters::add(&counters.retries, 1);
                self.pause(reruns);
                continue;
            }
            Counters::add(&counters.refused, 1);
            if verdict == Verdict::Panicked {
                Counters::add(&counters.panics, 1);
            }
            job.answer(was_commit.then_some(error));
            return;
        }
    }

    fn read(&mut self, job: SentRead) {
        let started = Instant::now();
        let counters = Arc::clone(&self.counters);
        let link = match self.link() {
            Ok(link) => link,
            Err(error) => {
                job.fail(error);
                return;
            }
        };
        let mut state = State::default();
        job.run(&mut Tx::postgres(
            Session::new(link, &mut state, BEGIN_READ),
            true,
        ));
        Session::new(link, &mut state, BEGIN_READ).roll_back();
        Counters::add(&counters.reads, 1);
        Counters::time(&counters.read_nanos, started.elapsed());
    }

    /// The connection, made anew where it was lost.
    fn link(&mut self) -> Result<&mut Link, Error> {
        let stands = self.link.as_mut().is_some_and(Link::stands);
        if !stands {
            self.link = None;
        }
        match &mut self.link {
            Some(link) => Ok(link),
            none => Ok(none.insert(Link::connect(&self.address)?)),
        }
    }

    /// 1 to 2 ms before the second try, twice as long before each further one, 64 ms at most before the last.
    fn pause(&mut self, reruns: u32) {
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let base = 500 << reruns.min(6);
        std::thread::sleep(Duration::from_micros(base + self.jitter % base));
    }
}
