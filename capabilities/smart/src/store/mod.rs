//! The questions asked of the database, with their SQL. Nothing else in this crate writes SQL but the local registers.

pub mod acts;
pub mod offers;
pub mod runs;
pub mod samples;
pub mod sets;
pub mod subjects;

pub use acts::{Act, act, acts, bump, modes, put_source, set_mode, sources, stamp};
pub use sets::{Stored, published};

/// The sealed columns of this crate.
pub const SEALED: [people::Sealed; 3] =
    [runs::SEALED, offers::SEALED, crate::sources::local::SEALED];

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[
    store::Migration {
        id: "0430_smart",
        sql: include_str!("../../migrations/0430_smart.sql"),
    },
    store::Migration {
        id: "0431_smart_subjects",
        sql: include_str!("../../migrations/0431_smart_subjects.sql"),
    },
];
