#![doc = include_str!("../README.md")]
//!
//! Reading order: [`model`] (the published item), [`checks`], [`form`], [`store`], [`catalog`], [`snapshot`],
//! [`search`], [`import`], [`app`] (the use cases), `pages` and `api` (the doors).

mod api;
pub mod app;
pub mod base_list;
pub mod brief;
pub mod bulk;
pub mod bundle;
pub mod catalog;
pub mod checks;
pub mod codes;
pub mod diff;
pub mod drift;
pub mod editor;
pub mod elements;
pub mod export;
pub mod figures;
pub mod form;
pub mod guided;
pub mod import;
pub mod jobs;
pub mod labels;
pub mod library;
mod lru;
mod misses;
pub mod model;
pub mod open_data;
pub mod pages;
pub mod reading;
pub mod search;
pub mod snapshot;
pub mod spot;
pub mod store;
pub mod surroundings;
pub mod topics;
pub mod uniform;
pub mod uses;
pub mod words;

pub use catalog::Catalog;
pub use model::{Item, ItemState, Published};
pub use pages::module;
pub use store::MIGRATIONS;
pub use surroundings::Surroundings;

#[cfg(test)]
mod tests;
