#![doc = include_str!("../README.md")]

pub mod after;
pub mod aftercheck;
pub mod answers;
mod api;
pub mod archive;
pub mod at_once;
pub mod changes;
pub mod clocks;
pub mod credit;
pub mod details;
pub mod effect;
mod error;
pub mod flow;
mod jobs;
pub mod law;
pub mod letter;
pub mod needed;
pub mod origins;
pub mod pages;
pub mod promise;
mod proxies;
pub mod quota;
pub mod routing;
pub mod rules;
mod service;
pub mod settings;
pub mod special;
pub mod supervision;
pub mod together;
pub mod window;

#[cfg(test)]
mod tests;

pub use self::jobs::{
    CORRECTION_JOB, GAP_JOB, TACIT_JOB, deem_accepted, deem_granted, lapse_correction, lapse_gap,
};
pub use answers::Answers;
pub use error::Error;
pub use proxies::check_sight;
pub use service::{Act, Application, Approval, DEEM_JOB, may_know, query_digest};
pub use special::procedure;

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[
    store::Migration {
        id: "0161_urges",
        sql: include_str!("../migrations/0161_urges.sql"),
    },
    store::Migration {
        id: "0200_approval",
        sql: include_str!("../migrations/0200_approval.sql"),
    },
    store::Migration {
        id: "0410_routes",
        sql: include_str!("../migrations/0410_routes.sql"),
    },
    store::Migration {
        id: "0451_window",
        sql: include_str!("../migrations/0451_window.sql"),
    },
    store::Migration {
        id: "0452_originals",
        sql: include_str!("../migrations/0452_originals.sql"),
    },
    store::Migration {
        id: "0461_after",
        sql: include_str!("../migrations/0461_after.sql"),
    },
    store::Migration {
        id: "0462_reapply_bans",
        sql: include_str!("../migrations/0462_reapply_bans.sql"),
    },
    store::Migration {
        id: "0420_special",
        sql: include_str!("../migrations/0420_special.sql"),
    },
    store::Migration {
        id: "0480_supervision",
        sql: include_str!("../migrations/0480_supervision.sql"),
    },
];
