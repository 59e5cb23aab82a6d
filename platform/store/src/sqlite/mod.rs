//! SQLite: one writer thread that commits many transactions with one fsync, reader threads beside it.

mod session;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

pub(crate) use session::Session;

use crate::metrics::Counters;
use crate::work::{ReadJob, Sent, WriteJob};
use crate::{Error, Options, Tx};

/// How long to wait for another process (a backup, an operator's command) before giving up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Statements each connection keeps prepared.
const STATEMENTS: usize = 256;

/// Pages of 4 KiB in the write-ahead log before they are moved into the database file. In a large database the pages
/// of one commit lie far apart: the longer the log, the more often a page is written once for many commits.
const CHECKPOINT_PAGES: u32 = 16_000;

/// What arrives at a database thread.
pub(crate) enum Message<J: ?Sized> {
    Run(Sent<J>),
    Close,
}

/// The running threads.
pub(crate) struct Threads {
    pub(crate) writes: Sender<Message<dyn WriteJob>>,
    pub(crate) reads: Sender<Message<dyn ReadJob>>,
    pub(crate) writer: JoinHandle<()>,
    pub(crate) readers: Vec<JoinHandle<()>>,
}

/// Opens the file and starts the threads.
pub(crate) fn open(
    path: &Path,
    options: &Options,
    counters: &Arc<Counters>,
    head: &Arc<tokio::sync::watch::Sender<i64>>,
) -> Result<Threads, Error> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    }
    let write_connection = connect_writer(path, options.cache_mib)?;
    if let Some(position) = stored_head(&write_connection)? {
        head.send_replace(position);
    }
    let (writing, write_queue) = crossbeam_channel::bounded(options.queue.max(1));
    let (reading, read_queue) = crossbeam_channel::bounded(options.queue.max(1));
    let mut readers = Vec::new();
    for number in 0..options.readers.max(1) {
        let connection = connect_reader(path, (options.cache_mib / 4).max(2))?;
        let queue = read_queue.clone();
        let counters = Arc::clone(counters);
        readers.push(spawn(format!("store-read-{number}"), move || {
            serve_reads(&connection, &queue, &counters);
        })?);
    }
    let writer = {
        let counters = Arc::clone(counters);
        let head = Arc::clone(head);
        spawn("store-write".to_owned(), move || {
            writer::Writer::new(write_connection, counters, head).serve(&write_queue);
        })?
    };
    Ok(Threads {
        writes: writing,
        reads: reading,
        writer,
        readers,
    })
}

pub(crate) fn spawn(
    name: String,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name)
        .spawn(body)
        .map_err(Error::engine)
}

/// The one writing connection. `synchronous=FULL` makes an answered transaction survive a power cut;
/// group commit is what makes that affordable.
fn connect_writer(path: &Path, cache_mib: u32) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| opening(path, &error))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(Error::engine)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| opening(path, &error))?;
    if mode != "wal" {
        return Err(Error::Engine(format!(
            "{}: no write-ahead log here ({mode})",
            path.display()
        )));
    }
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA journal_size_limit = 67108864;"
        ))
        .map_err(Error::engine)?;
    common(&connection, cache_mib)?;
    Ok(connection)
}

fn connect_reader(path: &Path, cache_mib: u32) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| opening(path, &error))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(Error::engine)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(Error::engine)?;
    common(&connection, cache_mib)?;
    Ok(connection)
}

/// Memory is bounded by the page cache alone (no memory map), and a schema that was tampered with cannot call
/// functions with side effects.
fn common(connection: &Connection, cache_mib: u32) -> Result<(), Error> {
    connection
        .execute_batch(&format!(
            "PRAGMA cache_size = -{};
             PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;",
            u64::from(cache_mib) * 1024
        ))
        .map_err(Error::engine)?;
    // A plan stays as it is whatever values are bound: otherwise a prepared statement is planned anew at each call.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(Error::engine)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn opening(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Engine(format!("{}: {error}", PathBuf::from(path).display()))
}

/// The feed's newest position, or nothing where the feed is not there yet.
fn stored_head(connection: &Connection) -> Result<Option<i64>, Error> {
    let there: bool = connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'feed')",
            [],
            |row| row.get(0),
        )
        .map_err(Error::engine)?;
    if !there {
        return Ok(None);
    }
    connection
        .query_row("SELECT COALESCE(MAX(position), 0) FROM feed", [], |row| {
            row.get(0)
        })
        .map(Some)
        .map_err(Error::engine)
}

/// Runs reads until told to close: each in one deferred transaction, so it sees one state throughout.
fn serve_reads(
    connection: &Connection,
    queue: &Receiver<Message<dyn ReadJob>>,
    counters: &Counters,
) {
    while let Ok(Message::Run(job)) = queue.recv() {
        let started = Instant::now();
        if let Err(error) = connection.execute_batch("BEGIN") {
            job.fail(session::failed(&error));
            continue;
        }
        let mut state = session::State::default();
        job.run(&mut Tx::sqlite(Session::new(connection, &mut state), true));
        if let Err(error) = connection.execute_batch("COMMIT") {
            tracing::warn!(%error, "a read transaction could not be ended");
        }
        Counters::add(&counters.reads, 1);
        Counters::time(&counters.read_nanos, started.elapsed());
    }
}
