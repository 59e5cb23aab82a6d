//! Words every other crate speaks: identifiers, money, official codes, national cryptography,
//! masking and plain text. Nothing here reads a clock, a file or a network; time and randomness
//! are handed in.

pub mod batch;
pub mod codes;
pub mod crypto;
pub mod ids;
pub mod json;
pub mod mask;
pub mod money;
pub mod text;

pub use ids::IdSource;
pub use money::Fen;
