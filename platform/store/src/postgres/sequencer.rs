//! Gives committed feed entries their positions.
//!
//! Transactions commit in any order, so a number taken inside one could become visible after a greater one. Entries
//! therefore wait in `feed_pending`; one process at a time (a lock of the database says which) moves what is
//! committed into `feed` with consecutive positions. A later event of a subject is written by a transaction that
//! began after the earlier one was committed, so a pass that sees the later one sees the earlier one too, and within
//! a pass the order by instant and number keeps them apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::{oneshot, watch};

use super::link::{Answer, Link, Step};
use super::tls::Address;
use crate::sqlite::spawn;
use crate::{Error, params};

/// Entries moved in one pass.
const PASS_MAX: i64 = 10_000;

/// Between two passes while entries keep coming.
const PASS_PAUSE: Duration = Duration::from_millis(10);

/// Without a call, how often entries of other processes are looked for.
const IDLE: Duration = Duration::from_millis(500);

/// Entries moved before the emptied table is vacuumed; its dead rows would make every pass slower.
const VACUUM_AFTER: i64 = 20_000;

/// Among all processes one moves at a time; any fixed number of our own.
const LOCK: i64 = 0x746f_6e67_0002;

const MOVE: &str = "
    WITH taken AS (
        DELETE FROM feed_pending
         WHERE pending_id IN (
               SELECT pending_id FROM feed_pending ORDER BY at_ms, subject, seq, pending_id LIMIT $1)
        RETURNING pending_id, kind, subject, seq, at_ms, hash),
    base AS (
        SELECT COALESCE(MAX(position), 0) AS head FROM feed),
    moved AS (
        INSERT INTO feed (position, kind, subject, seq, at_ms, hash)
        SELECT base.head + row_number() OVER (ORDER BY at_ms, subject, seq, pending_id),
               kind, subject, seq, at_ms, hash
          FROM taken CROSS JOIN base
        RETURNING position)
    SELECT (SELECT COUNT(*) FROM moved), (SELECT head FROM base)";

enum Request {
    Nudge,
    Now(oneshot::Sender<Result<i64, Error>>),
    Stop,
}

/// A hold on the sequencer's thread.
#[derive(Clone)]
pub(crate) struct Sequencer {
    requests: Sender<Request>,
    nudged: Arc<AtomicBool>,
}

impl Sequencer {
    /// Entries were committed.
    pub(super) fn nudge(&self) {
        if !self.nudged.swap(true, Ordering::AcqRel) {
            // Nobody listens any more when the database is being closed.
            drop(self.requests.send(Request::Nudge));
        }
    }

    pub(crate) async fn now(&self) -> Result<i64, Error> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(Request::Now(reply))
            .map_err(|_| Error::Closed)?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn stop(&self) {
        drop(self.requests.send(Request::Stop));
    }
}

/// Connects, which also tells whether the address is right, and starts the thread.
pub(super) fn start(
    address: Address,
    head: Arc<watch::Sender<i64>>,
) -> Result<(Sequencer, JoinHandle<()>), Error> {
    let mut worker = Worker {
        link: Some(Link::connect(&address)?),
        address,
        head,
        ready: false,
        since_vacuum: 0,
    };
    let (requests, queue) = crossbeam_channel::unbounded();
    let nudged = Arc::new(AtomicBool::new(false));
    let sequencer = Sequencer {
        requests,
        nudged: Arc::clone(&nudged),
    };
    let thread = spawn("store-sequence".to_owned(), move || {
        worker.serve(&queue, &nudged);
    })?;
    Ok((sequencer, thread))
}

struct Worker {
    address: Address,
    link: Option<Link>,
    head: Arc<watch::Sender<i64>>,
    /// Whether the tables are there.
    ready: bool,
    since_vacuum: i64,
}

impl Worker {
    fn serve(&mut self, queue: &Receiver<Request>, nudged: &AtomicBool) {
        let mut last = Instant::now();
        loop {
            let request = match queue.recv_timeout(IDLE) {
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(request) => Some(request),
                Err(RecvTimeoutError::Timeout) => None,
            };
            if matches!(request, Some(Request::Nudge)) {
                std::thread::sleep(PASS_PAUSE.saturating_sub(last.elapsed()));
            }
            nudged.store(false, Ordering::Release);
            let done = self.sequence();
            last = Instant::now();
            match (request, done) {
                (Some(Request::Now(reply)), done) => drop(reply.send(done)),
                (_, Err(error)) => tracing::warn!(%error, "feed positions wait"),
                (_, Ok(_)) => {}
            }
        }
    }

    /// Moves everything that is committed; answers the newest position.
    fn sequence(&mut self) -> Result<i64, Error> {
        let stands = self.link.as_mut().is_some_and(Link::stands);
        if !stands {
            self.link = None;
        }
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(Link::connect(&self.address)?),
        };
        if !self.ready {
            let statement = link.prepare("SELECT to_regclass('feed_pending') IS NOT NULL")?;
            let answers = link.flight(&[Step::Query(statement, Vec::new())])?;
            self.ready = matches!(answers.first(), Some(Answer::Rows(rows)) if rows.first().is_some_and(|row| row.get(0) == Ok(true)));
            if !self.ready {
                return Ok(0);
            }
        }
        loop {
            let (moved, head) = pass(link)?;
            self.head.send_if_modified(|seen| {
                let newer = *seen < head;
                *seen = head;
                newer
            });
            self.since_vacuum += moved;
            if self.since_vacuum >= VACUUM_AFTER {
                self.since_vacuum = 0;
                if let Err(error) = link.script("VACUUM feed_pending") {
                    tracing::warn!(%error, "feed_pending could not be vacuumed");
                }
            }
            if moved < PASS_MAX {
                return Ok(head);
            }
        }
    }
}

/// One pass: how many entries were moved, and the newest position.
fn pass(link: &mut Link) -> Result<(i64, i64), Error> {
    let lock = link.prepare("SELECT pg_advisory_xact_lock($1)")?;
    let moving = link.prepare(MOVE)?;
    let steps = [
        Step::Plain("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
        Step::Query(lock, params![LOCK].into()),
        Step::Query(moving, params![PASS_MAX].into()),
        Step::Plain("COMMIT"),
    ];
    let answers = match link.flight(&steps) {
        Ok(answers) => answers,
        Err(error) => {
            link.roll_back();
            return Err(error);
        }
    };
    let Some(Answer::Rows(rows)) = answers.get(2) else {
        return Err(Error::NoRow);
    };
    let row = rows.first().ok_or(Error::NoRow)?;
    let (moved, head): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok((moved, head + moved))
}
