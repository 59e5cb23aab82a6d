#![doc = include_str!("../README.md")]

pub mod at_once;
mod error;
pub mod evaluate;
pub mod facts;
pub mod model;
pub mod replay;
pub mod rules;
pub mod sources;
pub mod state;
pub mod store;

pub use error::Error;
pub use state::Smart;
pub use store::MIGRATIONS;
