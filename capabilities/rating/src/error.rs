//! The ways of saying no to a rating.

use jiff::civil::Date;
use web::Problem;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such case, or not this person's.
    #[error("no such case")]
    NotFound,
    /// Staff do not rate.
    #[error("staff may not rate")]
    Staff,
    /// The case is not closed yet.
    #[error("the case is still open")]
    Open,
    /// The window is over.
    #[error("ratings were taken until {last}")]
    Late { last: Date },
    /// One rating a case.
    #[error("already rated")]
    Rated,
    /// What is wrong, by field.
    #[error("invalid: {0:?}")]
    Invalid(Vec<(&'static str, String)>),
    /// A stored rating cannot be read.
    #[error("rating row is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Cases(#[from] cases::Error),
    #[error(transparent)]
    People(#[from] people::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::Cases(error) => error.storage(),
            Error::People(error) => error.storage(),
            _ => None,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound => Problem::not_found("没有找到这个办件，请从“我的办件”进入"),
            Error::Staff => Problem::not_allowed("评价只能由办事人本人提交，工作人员不能代为评价"),
            Error::Open => Problem::conflict("not_closed", "办件还没有办结，办结后才能评价"),
            Error::Late { .. } => Problem::conflict("rating_closed", "评价期已过，不能再评价"),
            Error::Rated => {
                Problem::conflict("already_rated", "这个办件已经评价过，评价提交后不能修改")
            }
            Error::Invalid(faults) => Problem::invalid_fields(faults),
            Error::Store(error) | Error::Cases(cases::Error::Store(error)) => error.into(),
            Error::People(error) => error.into(),
            other => Problem::internal(&other),
        }
    }
}
