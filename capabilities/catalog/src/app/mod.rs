//! The use cases: one file each.

pub mod import;
pub mod state;
