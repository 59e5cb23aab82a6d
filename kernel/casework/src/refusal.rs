//! The ways a command is turned down, each with what to do instead.

use jiff::Timestamp;

/// Why a command was not carried out. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else was first: says who did what, and when.
    #[error("case changed: {by} did {command} at {at}")]
    Changed {
        by: String,
        command: String,
        at: Timestamp,
    },
    /// The command does not exist in this state.
    #[error("{command} is not possible in state {state}; last act {last_command} by {by} at {at}")]
    WrongState {
        command: String,
        state: String,
        by: String,
        last_command: String,
        at: Timestamp,
    },
    /// The actor lacks the permission. Where the actor may not even know the case, answer as if it were not there.
    #[error("{actor} may not {command}")]
    NotAllowed { actor: String, command: String },
    /// Another case stops this one.
    #[error("held: {reason}")]
    Held { reason: String },
    /// Something the command needs is missing or wrong; `field` names it, `message` says in Chinese what to do.
    #[error("{field}: {message}")]
    Invalid {
        field: &'static str,
        message: String,
    },
    /// A clock rule was broken (a second extension, a pause without lawful reason …).
    #[error("clock: {0}")]
    Clock(String),
}

impl Refusal {
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::Invalid {
            field,
            message: message.into(),
        }
    }
}
