//! Where the database is and how much of the machine it may take.

use std::path::PathBuf;

use crate::Error;

/// Which engine is underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Bundled, one file.
    Sqlite,
    /// A server, version 15 or newer.
    Postgres,
}

impl Engine {
    /// `sqlite` or `postgres`.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Url {
    /// A file; made where it is missing.
    Sqlite {
        /// The database file; `-wal` and `-shm` appear beside it.
        path: PathBuf,
    },
    /// A libpq-style address, `postgres://user:password@host:port/database`.
    Postgres(String),
}

/// How to open a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where it is.
    pub url: Url,
    /// Threads (on PostgreSQL also connections) for reads.
    pub readers: usize,
    /// Connections for writes on PostgreSQL; SQLite has one writer.
    pub connections: usize,
    /// Writes, and separately reads, that may wait before [`Error::Busy`] is answered.
    pub queue: usize,
    /// SQLite: page cache of the writer in MiB; each reader gets a quarter of it.
    pub cache_mib: u32,
}

impl Options {
    /// `sqlite:PATH`, `postgres://…` or `postgresql://…`, with the defaults for everything else.
    pub fn parse(url: &str) -> Result<Options, Error> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (url, readers) = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(Error::Engine("sqlite: needs a path".to_owned()));
            }
            (
                Url::Sqlite {
                    path: PathBuf::from(path),
                },
                cores.clamp(2, 16),
            )
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Url::Postgres(url.to_owned()), (cores * 2).clamp(4, 16))
        } else {
            return Err(Error::Engine(
                "the database must be sqlite:PATH or postgres://…".to_owned(),
            ));
        };
        Ok(Options {
            url,
            readers,
            connections: 16,
            queue: 4096,
            cache_mib: 64,
        })
    }
}
