#![doc = include_str!("../README.md")]

pub mod check;
pub mod edit;
pub mod guard;
pub mod marking;
pub mod model;
pub mod net;
pub mod picture;
pub mod verbs;

pub use check::{Finding, Report, Severity, check, check_running};
pub use guard::{Facts, Value};
pub use marking::Marking;
pub use model::{Kind, Route};
pub use net::Net;
pub use verbs::{Denial, Verb};

#[cfg(test)]
mod tests;
