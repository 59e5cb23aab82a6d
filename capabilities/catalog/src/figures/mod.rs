//! Figures of the catalogue: what a published list comes to on any date, with what is counted and of how much.
//!
//! [`Figure`] names and defines them, [`Fact`] is what they need of one published version, [`count()`] is pure,
//! [`value`] prints with the rounding asked for, [`list`] reads the list of a date. Nothing is stored: versions never
//! change, so the list of a past date is read from the versions and changes of that date whenever it is asked for.

mod compare;
mod count;
mod definition;
mod fact;
pub mod list;
pub mod value;

#[cfg(test)]
mod tests;

pub use crate::store::Theme;
pub use compare::{Change, change};
pub use count::{Counted, Switches, count};
pub use definition::{Figure, Kind, VERSION};
pub use fact::{Fact, Parts, Reach};
pub use list::{Known, List, Scope};
pub use value::{Quantity, Ratio, Rounding};
