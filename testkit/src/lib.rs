#![doc = include_str!("../README.md")]

mod app;
mod browser;
mod engine;
pub mod files;
pub mod html;
mod program;
pub mod town;

pub use app::TestApp;
pub use browser::{Browser, Page};
pub use engine::{Engine, Place, engines, on_every_engine};
pub use html::Document;
pub use program::{Answer, Program};
pub use town::Town;
