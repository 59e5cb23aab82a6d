//! The main job, end to end, through pages and through the API.

mod api;
mod citizen;
mod clerk;
