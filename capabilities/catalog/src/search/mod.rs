//! Finding an item in the words people use.
//!
//! The published items of a city fit in memory, so the index is one immutable value beside them ([`index::Index`]),
//! rebuilt when the catalogue changes. A question goes three steps: tidied ([`text`]), taken apart into the words it is
//! made of with everything that means the same ([`synonyms`]), and ranked over at most [`CANDIDATES_MAX`] items
//! ([`rank`]). Letters are taken for pinyin ([`sound`]).

pub mod index;
mod postings;
mod rank;
mod sound;
pub mod synonyms;
pub mod text;

#[cfg(test)]
mod tests;

pub use index::{Doc, Index};
pub use synonyms::Synonyms;

/// Items that are ranked closely.
pub const CANDIDATES_MAX: usize = 300;
/// Characters of a question that are looked at.
pub const QUERY_CHARS_MAX: usize = 60;

/// An item that answers the question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its place in the index.
    pub doc: u32,
    pub score: f32,
    /// Which alias was meant, where it was an alias.
    pub alias: Option<u16>,
}

/// What to try where nothing was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Names and aliases that look or sound like the question.
    pub similar: Vec<String>,
}
