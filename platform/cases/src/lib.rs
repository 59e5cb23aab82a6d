//! The case store: load, decide, record, queues, verify. The shell around the pure kernel `casework`.
//!
//! This crate owns the tables `cases`, `trail`, `tasks`, `clocks`, `case_numbers`, `calendars`, `alerts`,
//! `alerts_seen`, `alert_bands` and is the only code that writes them.
//! [`record::execute`] is the one way a case changes: load the row, let a rule decide, write row, trail, open
//! tasks, open clocks and the feed in the caller's transaction.
//!
//! `tasks` and `clocks` hold only what is open: a queue is as small with ten million closed cases as on the
//! first day. History is in the trail.

pub mod alerts;
pub mod board;
pub mod calendars;
pub mod error;
pub mod list;
pub mod mine;
pub mod number;
pub mod queue;
pub mod recalendar;
pub mod record;
pub mod verify;
pub mod words;

mod derived;

pub use error::Error;
pub use record::{claim, execute, history, load, load_by_no, open, trail};

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[
    store::Migration {
        id: "0100_cases",
        sql: include_str!("../migrations/0100_cases.sql"),
    },
    store::Migration {
        id: "0101_calendars",
        sql: include_str!("../migrations/0101_calendars.sql"),
    },
    store::Migration {
        id: "0140_kinds",
        sql: include_str!("../migrations/0140_kinds.sql"),
    },
    store::Migration {
        id: "0150_alerts",
        sql: include_str!("../migrations/0150_alerts.sql"),
    },
    store::Migration {
        id: "0170_words",
        sql: include_str!("../migrations/0170_words.sql"),
    },
    store::Migration {
        id: "0171_clock_order",
        sql: include_str!("../migrations/0171_clock_order.sql"),
    },
    store::Migration {
        id: "0172_indexes",
        sql: include_str!("../migrations/0172_indexes.sql"),
    },
    store::Migration {
        id: "0173_names",
        sql: include_str!("../migrations/0173_names.sql"),
    },
    store::Migration {
        id: "0174_one_watched",
        sql: include_str!("../migrations/0174_one_watched.sql"),
    },
];
