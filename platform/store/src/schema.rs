//! The store's own tables.

use crate::Migration;

/// The store's own migrations: feed, bookmarks, counters, search, jobs, idempotency. Run them first.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "0001_feed",
        sql: include_str!("../migrations/0001_feed.sql"),
    },
    Migration {
        id: "0002_counters",
        sql: include_str!("../migrations/0002_counters.sql"),
    },
    Migration {
        id: "0003_search",
        sql: include_str!("../migrations/0003_search.sql"),
    },
    Migration {
        id: "0004_jobs",
        sql: include_str!("../migrations/0004_jobs.sql"),
    },
    Migration {
        id: "0005_idempotency",
        sql: include_str!("../migrations/0005_idempotency.sql"),
    },
    Migration {
        id: "0006_idempotent_answers",
        sql: include_str!("../migrations/0006_idempotent_answers.sql"),
    },
    Migration {
        id: "0007_answers_by_key",
        sql: include_str!("../migrations/0007_answers_by_key.sql"),
    },
];
