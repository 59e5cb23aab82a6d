//! The JSON API of supervision.

pub(crate) mod monitor;
pub mod wire;
