//! The JSON API of ratings.

pub(crate) mod ratings;
pub mod wire;
