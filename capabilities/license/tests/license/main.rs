//! Certificates through their doors, on both engines.

mod doors;
mod place;
