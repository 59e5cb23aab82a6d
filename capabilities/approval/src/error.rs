//! What can go wrong when an approval is acted on.

use casework::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rule said no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such case, or the actor may not know of it.
    #[error("no such case")]
    NotFound,
    /// The case is there, but it is not handled along a route, or not yet.
    #[error("the case has no route")]
    NoRoute,
    #[error(transparent)]
    Cases(cases::Error),
    #[error("licence: {0}")]
    License(#[from] license::Error),
    /// Stored answers cannot be opened with the keys at hand.
    #[error("answers of case {0} cannot be opened")]
    Sealed(base::ids::CaseId),
    /// The item version of a case is not in the catalogue.
    #[error("item version {0} is missing")]
    NoVersion(base::ids::VersionId),
    /// The agent's authorisation does not carry this.
    #[error(transparent)]
    Proxy(people::ProxyRefusal),
    /// Somebody else was first; with what they changed since.
    #[error("{}", .0.0)]
    Changed(Box<(casework::Refusal, Vec<crate::changes::Change>)>),
    /// No place is left for this application.
    #[error(transparent)]
    Full(crate::quota::Full),
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

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::License(error) => store::Retry::storage(error),
            _ => None,
        }
    }
}

impl From<Error> for web::Problem {
    fn from(error: Error) -> web::Problem {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::NotFound => web::Problem::not_found("没有找到这件办件"),
            Error::NoRoute => web::Problem::new(
                web::Kind::NotFound,
                "no_route",
                "本件没有分环节的办理流程：还没有受理，或者事项没有发布办理流程，受理后直接审查决定",
            ),
            Error::Proxy(refusal) => people::Error::Proxy(refusal).into(),
            Error::Changed(told) => {
                let (refusal, changes) = *told;
                let mut problem = web::Problem::from(refusal);
                for change in changes {
                    problem.detail = format!(
                        "{}；“{}”已由{}",
                        problem.detail, change.field, change.message
                    );
                    problem = problem.and_field(change.field, change.message);
                }
                problem
            }
            Error::Full(full) => web::Problem::conflict("quota_full", full.message()),
            Error::Store(error) => error.into(),
            other @ (Error::Cases(_)
            | Error::License(_)
            | Error::Sealed(_)
            | Error::NoVersion(_)) => web::Problem::internal(&other),
        }
    }
}
