//! The ways storage says no, and what may be tried again.

/// Why a transaction was not done. Nothing of a failed transaction is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the transaction relied on has changed meanwhile; running it again may succeed.
    #[error("the data changed meanwhile")]
    Stale,
    /// Too much is waiting already: the door answers 429.
    #[error("too many transactions are waiting")]
    Busy,
    /// A write inside [`crate::Db::read`].
    #[error("a read transaction cannot write")]
    ReadOnly,
    /// [`crate::Tx::query_one`] found nothing.
    #[error("no row")]
    NoRow,
    /// A column does not hold what the program expects of it.
    #[error("column {index} holds {found}, not {expected}")]
    Column {
        /// Counted from 0.
        index: usize,
        /// The type asked for.
        expected: &'static str,
        /// What was there instead.
        found: String,
    },
    /// A value that must be unique is there already.
    #[error("not unique: {constraint}")]
    Unique {
        /// `table.column, table.column`, the same on both engines; for an index over expressions, its name.
        constraint: String,
    },
    /// A text with a zero character, which only one of the two engines could keep.
    #[error("a text holds a zero character")]
    ZeroCharacter,
    /// Stored data that contradicts itself: a changed migration, a digest that does not match.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// The engine refused or failed.
    #[error("database: {0}")]
    Engine(String),
    /// The closure panicked; its writes were rolled back.
    #[error("a transaction panicked: {0}")]
    Panic(String),
    /// A file could not be read or written.
    #[error("file: {0}")]
    File(String),
    /// The service that keeps the files does not answer, or not with sense.
    #[error("the file service does not answer: {0}")]
    Away(String),
    /// A file is larger than it may be.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
}

impl Error {
    pub(crate) fn engine(source: impl std::fmt::Display) -> Error {
        Error::Engine(source.to_string())
    }

    pub(crate) fn file(path: &std::path::Path, source: impl std::fmt::Display) -> Error {
        Error::File(format!("{}: {source}", path.display()))
    }

    /// Whether running the same closure again may succeed.
    pub fn is_stale(&self) -> bool {
        matches!(self, Error::Stale)
    }
}

/// Lets [`crate::Db::write`] see that a use case's error wraps a storage error worth another try.
///
/// Implement it on each use-case error beside its `From<store::Error>`.
pub trait Retry {
    /// The storage error inside, if that is what this is.
    fn storage(&self) -> Option<&Error>;
}

impl Retry for Error {
    fn storage(&self) -> Option<&Error> {
        Some(self)
    }
}
