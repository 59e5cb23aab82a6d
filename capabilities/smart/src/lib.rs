#![doc = include_str!("../README.md")]

pub mod api;
pub mod at_once;
pub mod desk;
mod error;
pub mod evaluate;
pub mod facts;
pub mod jobs_due;
pub mod model;
pub mod offers;
pub mod replay;
pub mod rules;
pub mod samples;
pub mod shadow;
pub mod shipped;
pub mod sources;
pub mod state;
pub mod store;
mod web;

pub use error::Error;
pub use state::Smart;
pub use store::MIGRATIONS;

/// The doors.
pub fn module(smart: Smart) -> ::web::Module {
    let routes = web::routes(::web::Routes::new("smart"));
    api::routes(routes).with_state(smart)
}
