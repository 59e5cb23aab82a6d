//! The use cases: one file each.

pub mod base;
pub mod bulk;
pub mod bundles;
pub mod checking;
pub mod coding;
pub mod drafting;
pub mod import;
pub mod materials;
pub mod state;
pub mod transfer;
