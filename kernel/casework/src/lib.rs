//! The case kernel: someone asks, someone is responsible, a clock runs, everything is recorded.
//!
//! Pure: no database, no HTTP, no clock reading, no dice. Time, calendar and actor come in through
//! [`Context`]; a rule is a function from a [`Case`], a command and a context to an [`Event`] or a
//! [`Refusal`]; [`Case::apply`] folds events. `docs/adr/0001-one-kernel-the-case.md` tells why, and how six
//! different processes are declared on it.
//!
//! Reading order: [`actor`] (who, and what they may), [`case`] (the state), [`event`] (the facts),
//! [`flow`] (declaring a process), [`step`] (writing one event), [`trail`] (the hash chain).

pub mod actor;
pub mod case;
pub mod event;
pub mod flow;
pub mod refusal;
pub mod step;
pub mod trail;

pub use actor::{Actor, Grant, Permission, Role, Scope};
pub use case::{Case, Channel, Hold, Link, Outcome, Relation, Task};
pub use event::{ActorRef, Event, Fact};
pub use flow::{Flow, Move, Phase, State, Who};
pub use refusal::Refusal;
pub use step::{Context, Step};

#[cfg(test)]
mod tests;
