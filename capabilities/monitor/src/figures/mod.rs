//! Figures of what happened: how many cases were submitted, accepted, decided, delivered, by day and month, body,
//! region and item.
//!
//! Everything here is a copy. [`marks`] says what a trail comes to, [`follow`] keeps the tables at what the feed
//! says, [`query`] answers from them, [`check`] compares them with the trails. Throwing the copy away and following
//! the feed from its beginning ([`follow::rebuild`]) gives the same tables.

pub mod check;
pub mod follow;
pub mod marks;
pub mod period;
pub mod query;
mod tables;

pub use marks::Measure;
pub use period::{Grain, Period, Span};
pub use query::{Part, Selection, Sum};
pub(crate) use tables::hour_of_week;
