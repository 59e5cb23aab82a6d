//! Ratings through their doors, on both engines.

mod doors;
mod pages;
mod place;
mod verify;
