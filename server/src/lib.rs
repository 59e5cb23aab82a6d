//! The one binary as a library: configuration, wiring, commands. The binary `tongban` is a thin shell over it.

mod about;
mod accept;
pub mod cli;
pub mod command;
pub mod config;
mod design;
mod kiosk;
mod palette;
pub mod platform;
mod portal;
mod views;

/// Everything allocates here, SQLite's C code included.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use config::Config;
pub use platform::{Ground, Platform, migrations};
// What ground stands on by default.
pub use web::{Clock, SystemClock};
