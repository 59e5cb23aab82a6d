//! 事项: what a city does for people and enterprises, published in immutable versions.
//!
//! Reading order: [`model`] (the published item), [`checks`], [`form`], [`store`], [`import`].

pub mod app;
pub mod brief;
pub mod checks;
pub mod export;
pub mod form;
pub mod import;
pub mod model;
pub mod store;
pub mod words;
