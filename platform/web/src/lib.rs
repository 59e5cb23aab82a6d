#![doc = include_str!("../README.md")]

pub mod access;
pub mod answer;
pub mod app;
mod base64url;
pub mod body;
pub mod clock;
pub mod cookie;
pub mod csrf;
pub mod cursor;
mod docs;
pub mod download;
pub mod export;
pub mod extract;
pub mod fields;
pub mod form;
mod front;
mod gzip;
mod headers;
pub mod json;
mod meta;
pub mod metrics;
pub mod once;
mod openapi;
pub mod operation;
mod page;
pub mod prefs;
pub mod problem;
pub mod render;
pub mod routes;
pub mod schema;
pub mod server;
mod shed;
pub mod sniff;
pub mod sse;
mod strict;
pub mod upload;
pub mod visit;

#[cfg(test)]
mod tests;

pub use access::Access;
pub use app::{App, Config, Parts};
pub use clock::{Clock, ManualClock, SystemClock};
pub use cursor::Listing;
pub use extract::{Path, Query};
pub use fields::Fields;
pub use form::Form;
pub use json::Json;
pub use once::{Answer, Idempotency, once};
pub use operation::Operation;
pub use problem::{FieldProblem, Kind, Problem, Result};
pub use render::{Prepared, redirect, render, render_with};
pub use routes::{Module, RouteInfo, Routes};
pub use server::server;
pub use upload::{Multipart, Received, Uploaded};
pub use visit::Visit;
