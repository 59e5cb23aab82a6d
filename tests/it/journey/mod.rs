//! The main job, end to end, through pages and through the API.

mod administrator;
mod api;
mod citizen;
mod clerk;
mod enterprise;
