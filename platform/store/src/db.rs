//! The handle on an open database.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::behind::Turns;
use crate::metrics::{Counters, Metrics};
use crate::sqlite::Message;
use crate::work::{Read, ReadJob, Sent, Waiting, Write, WriteJob};
use crate::{Engine, Error, Migration, Options, Retry, Tx, Url, migrate, postgres, sqlite};

/// An open database. Cloning it is cheap; all clones share its threads.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    writes: Sender<Message<dyn WriteJob>>,
    reads: Sender<Message<dyn ReadJob>>,
    counters: Arc<Counters>,
    head: Arc<watch::Sender<i64>>,
    sequencer: Option<postgres::Sequencer>,
    threads: Mutex<Threads>,
    /// Whether transactions are still taken: none may stand in a queue behind the word that ends its thread, where
    /// nobody would ever answer it.
    open: RwLock<bool>,
    turns: Turns,
}

#[derive(Default)]
struct Threads {
    writers: Vec<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl Db {
    /// Opens the database and starts its threads. The schema is [`Db::migrate`]'s business.
    pub async fn open(options: Options) -> Result<Db, Error> {
        let opening = tokio::task::spawn_blocking(move || Db::open_blocking(&options));
        opening.await.map_err(Error::engine)?
    }

    fn open_blocking(options: &Options) -> Result<Db, Error> {
        let counters = Arc::new(Counters::default());
        let head = Arc::new(watch::Sender::new(0));
        let shared = match &options.url {
            Url::Sqlite { path } => {
                let threads = sqlite::open(path, options, &counters, &head)?;
                Shared {
                    engine: Engine::Sqlite,
                    writes: threads.writes,
                    reads: threads.reads,
                    counters,
                    head,
                    sequencer: None,
                    threads: Mutex::new(Threads {
                        writers: vec![threads.writer],
                        readers: threads.readers,
                    }),
                    open: RwLock::new(true),
                    turns: Turns::default(),
                }
            }
            Url::Postgres(address) => {
                let threads = postgres::open(address, options, &counters, &head)?;
                Shared {
                    engine: Engine::Postgres,
                    writes: threads.writes,
                    reads: threads.reads,
                    counters,
                    head,
                    sequencer: Some(threads.sequencer),
                    threads: Mutex::new(Threads {
                        writers: threads.writers,
                        readers: threads.readers,
                    }),
                    open: RwLock::new(true),
                    turns: Turns::default(),
                }
            }
        };
        Ok(Db {
            shared: Arc::new(shared),
        })
    }

    /// The engine underneath.
    pub fn engine(&self) -> Engine {
        self.shared.engine
    }

    /// Applies what is not applied yet, in order of id, and names it. A migration whose text was changed after it
    /// was applied is [`Error::Corrupt`]. Two processes may call this at once.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<Vec<String>, Error> {
        migrate::run(self, migrations).await
    }

    /// Runs a transaction and keeps it if the closure answers `Ok`. When this returns `Ok` it is durable.
    ///
    /// The closure may run again after a serialization failure or [`Error::Stale`], at most 8 times: it must take
    /// everything from its captures and the database. Once accepted it is finished even if nobody waits any more.
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Retry + Send + 'static,
    {
        let job = Write::<T, E, F>::new(body);
        Write::<T, E, F>::outcome(self.send_write(Box::new(job)).await)
    }

    /// Runs a transaction that only reads, on one consistent state.
    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let job = Read::<T, E, F>::new(body);
        Read::<T, E, F>::outcome(self.send_read(Box::new(job)).await)
    }

    /// Runs work that nobody waits for, such as counting figures: one piece at a time, and only a small part of the
    /// time while the database is busy with transactions that people wait for. The work may read and write as usual,
    /// one write at most.
    pub async fn behind<T>(&self, work: impl Future<Output = T>) -> T {
        let counters = &self.shared.counters;
        let transactions = || {
            counters
                .transactions
                .load(std::sync::atomic::Ordering::Relaxed)
        };
        self.shared.turns.take(transactions, work).await
    }

    /// Whether people are waiting for the database, as far as [`Db::behind`] knows.
    pub(crate) fn is_busy(&self) -> bool {
        self.shared.turns.are_busy()
    }

    fn send_write(&self, job: Box<dyn WriteJob>) -> Waiting {
        self.send(&self.shared.writes, job)
    }

    fn send_read(&self, job: Box<dyn ReadJob>) -> Waiting {
        self.send(&self.shared.reads, job)
    }

    fn send<J: ?Sized>(&self, queue: &Sender<Message<J>>, job: Box<J>) -> Waiting {
        let open = self.shared.open.read();
        if !*open {
            return Waiting::Refused(Error::Closed);
        }
        let (sent, home) = Sent::new(job);
        match queue.try_send(Message::Run(sent)) {
            Ok(()) => Waiting::For(home),
            Err(TrySendError::Full(_)) => {
                Counters::add(&self.shared.counters.busy, 1);
                Waiting::Refused(Error::Busy)
            }
            Err(TrySendError::Disconnected(_)) => Waiting::Refused(Error::Closed),
        }
    }

    /// The newest feed position this process has seen, and a way to wait for the next.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.shared.head.subscribe()
    }

    /// Gives every committed entry its position now and answers the newest one. On SQLite they have it already;
    /// on PostgreSQL this saves a test or a report the few milliseconds until the sequencer comes round.
    pub async fn sequence_now(&self) -> Result<i64, Error> {
        match &self.shared.sequencer {
            None => self.read(crate::feed::head).await,
            Some(sequencer) => sequencer.now().await,
        }
    }

    /// Figures since the start.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            waiting_writes: self.shared.writes.len() as u64,
            waiting_reads: self.shared.reads.len() as u64,
            feed_head: *self.shared.head.borrow(),
            ..self.shared.counters.snapshot()
        }
    }

    /// Finishes what is waiting, stops the threads and tidies up the files. Other clones answer
    /// [`Error::Closed`] from then on.
    pub async fn close(self) {
        let shared = Arc::clone(&self.shared);
        let closing = tokio::task::spawn_blocking(move || shared.close());
        if let Err(error) = closing.await {
            tracing::error!(%error, "the database could not be closed in order");
        }
    }
}

impl Shared {
    /// Readers first, so that SQLite's writer can empty the write-ahead log.
    fn close(&self) {
        *self.open.write() = false;
        let mut threads = std::mem::take(&mut *self.threads.lock());
        for _ in &threads.readers {
            // Nobody listens any more where the thread has ended already.
            drop(self.reads.send(Message::Close));
        }
        join(&mut threads.readers);
        if let Some(sequencer) = &self.sequencer {
            sequencer.stop();
        }
        for _ in &threads.writers {
            drop(self.writes.send(Message::Close));
        }
        join(&mut threads.writers);
    }
}

fn join(threads: &mut Vec<JoinHandle<()>>) {
    for thread in threads.drain(..) {
        if thread.join().is_err() {
            tracing::error!("a database thread had panicked");
        }
    }
}
