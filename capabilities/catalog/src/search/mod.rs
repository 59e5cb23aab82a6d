//! Finding an item in the words people use.
//!
//! The published items of a city fit in memory, so the index is one immutable value beside them ([`index::Index`]),
//! rebuilt when the catalogue changes. A question goes three steps: tidied ([`text`]), taken apart into the words it is
//! made of with everything that means the same ([`synonyms`]), and ranked over at most [`CANDIDATES_MAX`] items
//! ([`rank`]). Letters are taken for pinyin ([`sound`]), and what does not read as it stands is put right where it can
//! be told what was meant ([`spelling`]).

pub mod index;
mod postings;
mod rank;
mod simplified;
mod sound;
mod spelling;
pub mod synonyms;
pub mod text;

#[cfg(test)]
mod tests;

pub use index::{Doc, Index};
pub use rank::NEARER_MAX;
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

/// What a question found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// What the question was taken for, where it was not taken as it stands.
    pub read_as: Option<String>,
}

/// What to try where nothing was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Names and aliases that look or sound like the question.
    pub similar: Vec<String>,
}
