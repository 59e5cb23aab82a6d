//! The ways this capability says no.

use web::Problem;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not there")]
    NotFound,
    /// What was sent does not fit; field and sentence.
    #[error("{1}")]
    Invalid(String, String),
    /// The state does not allow it; stable word and sentence.
    #[error("{1}")]
    Conflict(&'static str, String),
    #[error("not allowed: {0}")]
    NotAllowed(String),
    #[error("damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    People(#[from] people::Error),
    #[error(transparent)]
    Approval(#[from] approval::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    pub fn invalid(field: &str, message: impl Into<String>) -> Error {
        Error::Invalid(field.to_owned(), message.into())
    }
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::People(error) => error.storage(),
            Error::Approval(error) => error.storage(),
            _ => None,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound => Problem::not_found("没有找到这条记录"),
            Error::Invalid(field, message) => Problem::invalid(&field, message),
            Error::Conflict(code, message) => Problem::conflict(code, message),
            Error::NotAllowed(message) => Problem::not_allowed(message),
            Error::Damaged(what) => Problem::internal(format_args!("{what}")),
            Error::People(error) => error.into(),
            Error::Approval(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
