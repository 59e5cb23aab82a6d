//! The tables of this crate.

use store::Migration;

/// Parties, accounts, organisations, regions.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "0020_parties",
        sql: include_str!("../migrations/0020_parties.sql"),
    },
    Migration {
        id: "0021_accounts",
        sql: include_str!("../migrations/0021_accounts.sql"),
    },
    Migration {
        id: "0022_organisations",
        sql: include_str!("../migrations/0022_organisations.sql"),
    },
    Migration {
        id: "0023_regions",
        sql: include_str!("../migrations/0023_regions.sql"),
    },
    Migration {
        id: "0024_views",
        sql: include_str!("../migrations/0024_views.sql"),
    },
    Migration {
        id: "0025_care",
        sql: include_str!("../migrations/0025_care.sql"),
    },
    Migration {
        id: "0151_consent",
        sql: include_str!("../migrations/0151_consent.sql"),
    },
    Migration {
        id: "0160_deputies",
        sql: include_str!("../migrations/0160_deputies.sql"),
    },
    Migration {
        id: "0450_proxies",
        sql: include_str!("../migrations/0450_proxies.sql"),
    },
];
