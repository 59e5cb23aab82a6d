//! The desk of an officer: who stands in for whom, what is urged, what is decided together, what moves to another
//! route.

mod bulk;
mod deputies;
mod editor;
mod migration;
mod urging;
mod window;
