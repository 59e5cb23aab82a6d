//! What can go wrong when a whole is filed or acted on.

use casework::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rule said no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such whole, or the actor may not know of it.
    #[error("no such case")]
    NotFound,
    #[error(transparent)]
    Cases(cases::Error),
    #[error(transparent)]
    Approval(approval::Error),
    #[error(transparent)]
    People(people::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<cases::Error> for Error {
    fn from(error: cases::Error) -> Error {
        match error {
            cases::Error::Refused(refusal) => Error::Refused(refusal),
            cases::Error::NotFound => Error::NotFound,
            cases::Error::Store(error) => Error::Store(error),
            other => Error::Cases(other),
        }
    }
}

impl From<approval::Error> for Error {
    fn from(error: approval::Error) -> Error {
        match error {
            approval::Error::Refused(refusal) => Error::Refused(refusal),
            approval::Error::NotFound => Error::NotFound,
            approval::Error::Store(error) => Error::Store(error),
            other => Error::Approval(other),
        }
    }
}

impl From<people::Error> for Error {
    fn from(error: people::Error) -> Error {
        match error {
            people::Error::Store(error) => Error::Store(error),
            other => Error::People(other),
        }
    }
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::Approval(error) => store::Retry::storage(error),
            _ => None,
        }
    }
}

impl From<Error> for web::Problem {
    fn from(error: Error) -> web::Problem {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::NotFound => web::Problem::not_found("没有找到这件办件"),
            Error::Store(error) => error.into(),
            Error::People(error) => error.into(),
            Error::Approval(error) => error.into(),
            Error::Cases(other) => web::Problem::internal(&other),
        }
    }
}
