#![doc = include_str!("../README.md")]

pub mod answers;
pub mod clocks;
pub mod details;
pub mod effect;
pub mod flow;
pub mod letter;
pub mod rules;

mod error;
mod service;

#[cfg(test)]
mod tests;

pub use answers::Answers;
pub use error::Error;
pub use service::{Act, Application, Approval, DEEM_JOB, may_know, query_digest};

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration {
    id: "0200_approval",
    sql: include_str!("../migrations/0200_approval.sql"),
}];
