//! Storage over bundled SQLite and PostgreSQL: one SQL text, one transaction type, one ordered feed.
//!
//! A transaction is a plain synchronous closure over [`Tx`]: it can wait for nothing but the database,
//! so no network call, no timer and no other lock can ever sit inside one.
//!
//! ```text
//! let case = db.read(move |tx| cases::load(tx, case_id)).await?;
//! let receipt = db.write(move |tx| intake::submit(tx, &actor, &command, now)).await?;
//! ```
//!
//! * **SQLite**: one writer thread takes every waiting closure, runs each in its own savepoint and commits
//!   them together with one fsync (`WAL`, `synchronous=FULL`); reader threads run beside it.
//! * **PostgreSQL**: worker threads, each owning one connection; queued writes and COMMIT travel
//!   in one flight; serialization failures, deadlocks and [`Error::Stale`] run the closure again.
//!
//! A closure may therefore run more than once: it must derive everything from its captures and the database.

pub mod backup;
mod behind;
mod db;
mod error;
pub mod feed;
pub mod idempotency;
mod ids;
pub mod jobs;
mod metrics;
mod migrate;
pub mod objects;
mod options;
mod postgres;
mod schema;
pub mod search;
mod sql;
mod sqlite;
mod tx;
mod value;
mod work;

pub use db::Db;
pub use error::{Error, Retry};
pub use metrics::Metrics;
pub use migrate::{Applied, Migration, applied};
pub use options::{Engine, Options, Url};
pub use schema::MIGRATIONS;
pub use tx::Tx;
pub use value::{FromValue, Row, Value};
