//! The board through its doors, on both engines.

mod doors;
mod figures;
mod place;
