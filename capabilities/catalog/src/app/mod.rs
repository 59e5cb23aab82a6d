//! The use cases: one file each.

pub mod base;
pub mod drafting;
pub mod import;
pub mod state;
