//! The platform as people and programs meet it: through its doors, on both engines.
//!
//! One folder or file per subject. To add one, write it, name it here, and use [`testkit::on_every_engine`].

mod after;
mod bad;
mod catalogue;
mod commands;
mod deadlines;
mod desk;
mod joint;
mod journey;
mod pages;
mod reseal;
mod routes;
mod rule_editor;
mod special;
mod steps;
mod supervision;
mod tampering;
mod workbench;
