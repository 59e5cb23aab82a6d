//! What can go wrong when a case is read or changed.

use casework::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rule said no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such case.
    #[error("no such case")]
    NotFound,
    /// A stored row does not read back as what it was written as.
    #[error("case row is damaged: {0}")]
    Damaged(String),
    /// The day's numbers of a series are used up (999,999 per region, day and channel).
    #[error("case numbers of series {0} are used up")]
    NumbersUsedUp(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            _ => None,
        }
    }
}
