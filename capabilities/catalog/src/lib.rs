//! 事项: what a city does for people and enterprises, published in immutable versions.
//!
//! Reading order: [`model`] (the published item), [`checks`], [`form`], [`store`], [`import`].

pub mod app;
pub mod brief;
pub mod catalog;
pub mod checks;
pub mod export;
pub mod form;
pub mod import;
pub mod lru;
pub mod model;
pub mod search;
pub mod snapshot;
pub mod store;
pub mod topics;
pub mod words;

pub use catalog::Catalog;
pub use store::MIGRATIONS;

#[cfg(test)]
mod tests;
