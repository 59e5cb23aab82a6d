//! The JSON API of certificates.

pub(crate) mod licenses;
pub mod wire;
