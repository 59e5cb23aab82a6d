//! The rows and statements that both sides write: a case of 20 columns with three materials, a task and a chained
//! trail, submitted in one transaction and advanced in another.

use ::store::Migration;
use base::crypto::{Digest, Sm3};

/// Materials of a case.
pub(super) const MATERIALS: i64 = 3;

/// The one published item that every case is about.
pub(super) const ITEM: [u8; 16] = [0x11; 16];

/// Departments among which the cases are spread.
const ORGS: u64 = 40;

pub(super) const TABLES: Migration = Migration {
    id: "9900_bench",
    sql: "CREATE TABLE bench_items (
              item_id       BLOB NOT NULL PRIMARY KEY,
              version       BIGINT NOT NULL,
              promised_days BIGINT NOT NULL
          ) STRICT;
          CREATE TABLE bench_cases (
              case_id       BLOB NOT NULL PRIMARY KEY,
              number        TEXT NOT NULL,
              item_id       BLOB NOT NULL,
              item_version  BIGINT NOT NULL,
              kind          TEXT NOT NULL,
              state         TEXT NOT NULL,
              region        TEXT NOT NULL,
              org_id        BLOB NOT NULL,
              applicant_id  BLOB NOT NULL,
              applicant     BLOB NOT NULL,
              title         TEXT NOT NULL,
              channel       TEXT NOT NULL,
              form          TEXT NOT NULL,
              submitted_at  BIGINT NOT NULL,
              due_at        BIGINT NOT NULL,
              promised_days BIGINT NOT NULL,
              provisional   BIGINT NOT NULL,
              version       BIGINT NOT NULL,
              decided_at    BIGINT,
              updated_at    BIGINT NOT NULL
          ) STRICT;
          CREATE INDEX bench_cases_queue ON bench_cases (org_id, state, due_at);
          CREATE TABLE bench_materials (
              case_id  BLOB NOT NULL,
              position BIGINT NOT NULL,
              name     TEXT NOT NULL,
              digest   BLOB NOT NULL,
              PRIMARY KEY (case_id, position)
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE bench_tasks (
              case_id BLOB NOT NULL,
              task    BIGINT NOT NULL,
              org_id  BLOB NOT NULL,
              role    TEXT NOT NULL,
              due_at  BIGINT NOT NULL,
              done_at BIGINT,
              PRIMARY KEY (case_id, task)
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE bench_trail (
              case_id BLOB NOT NULL,
              seq     BIGINT NOT NULL,
              at_ms   BIGINT NOT NULL,
              actor   BLOB NOT NULL,
              kind    TEXT NOT NULL,
              body    TEXT NOT NULL,
              before  BLOB NOT NULL,
              hash    BLOB NOT NULL,
              PRIMARY KEY (case_id, seq)
          ) STRICT, WITHOUT ROWID;",
};

pub(super) const PUT_ITEM: &str =
    "INSERT INTO bench_items (item_id, version, promised_days) VALUES ($1, 3, 10)";

pub(super) const READ_ITEM: &str =
    "SELECT version, promised_days FROM bench_items WHERE item_id = $1";

pub(super) const PUT_CASE: &str = "INSERT INTO bench_cases (
        case_id, number, item_id, item_version, kind, state, region, org_id, applicant_id, applicant,
        title, channel, form, submitted_at, due_at, promised_days, provisional, version, decided_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";

pub(super) const PUT_MATERIAL: &str =
    "INSERT INTO bench_materials (case_id, position, name, digest) VALUES ($1, $2, $3, $4)";

pub(super) const PUT_TASK: &str =
    "INSERT INTO bench_tasks (case_id, task, org_id, role, due_at) VALUES ($1, $2, $3, $4, $5)";

pub(super) const PUT_TRAIL: &str =
    "INSERT INTO bench_trail (case_id, seq, at_ms, actor, kind, body, before, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) const MOVE_CASE: &str =
    "UPDATE bench_cases SET state = $3, version = version + 1, updated_at = $4
    WHERE case_id = $1 AND version = $2";

pub(super) const READ_TRAIL: &str =
    "SELECT seq, hash FROM bench_trail WHERE case_id = $1 ORDER BY seq DESC LIMIT 1";

pub(super) const READ_TASK: &str =
    "SELECT task, org_id FROM bench_tasks WHERE case_id = $1 AND done_at IS NULL";

pub(super) const END_TASK: &str =
    "UPDATE bench_tasks SET done_at = $3 WHERE case_id = $1 AND task = $2";

/// What the storage crate itself writes for an entry of the feed.
pub(super) const PUT_FEED_SQLITE: &str =
    "INSERT INTO feed (position, kind, subject, seq, at_ms, hash) VALUES ($1, $2, $3, $4, $5, $6)";
pub(super) const PUT_FEED_POSTGRES: &str =
    "INSERT INTO feed_pending (kind, subject, seq, at_ms, hash) VALUES ($1, $2, $3, $4, $5)";

/// What differs from one case to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    number: u64,
}

impl Case {
    pub(super) fn new(number: u64) -> Case {
        Case { number }
    }

    /// Grows with time, as the platform's ids do.
    pub(super) fn id(self) -> [u8; 16] {
        let random = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (u128::from(self.number) << 64 | u128::from(random)).to_be_bytes()
    }

    pub(super) fn label(self) -> String {
        format!("990102-2026-{:08}", self.number)
    }

    pub(super) fn org(self) -> [u8; 16] {
        u128::from(self.number % ORGS).to_be_bytes()
    }

    pub(super) fn applicant_id(self) -> [u8; 16] {
        u128::from(self.number % 100_000).to_be_bytes()
    }

    /// As long as a sealed name.
    pub(super) fn applicant(self) -> [u8; 44] {
        [self.number as u8; 44]
    }

    pub(super) fn form(self) -> String {
        format!(
            r#"{{"企业名称":"云川市第{}号食品店","经营场所":"云川区人民路{}号","经营者":"王小明","经营项目":["热食类食品制售","冷食类食品制售"],"面积":{}}}"#,
            self.number,
            self.number % 999,
            self.number % 300
        )
    }

    /// Milliseconds; later cases are later.
    pub(super) fn at_ms(self) -> i64 {
        1_790_000_000_000 + self.number as i64
    }

    pub(super) fn due_at(self, promised_days: i64) -> i64 {
        self.at_ms() + promised_days * 86_400_000
    }

    pub(super) fn material(self, position: i64) -> Digest {
        [(self.number as u8).wrapping_add(position as u8); 32]
    }
}

/// The link that a trail's next event carries.
pub(super) fn chained(before: &Digest, case_id: &[u8], seq: i64, kind: &str, body: &str) -> Digest {
    let mut hasher = Sm3::new();
    hasher.update(before);
    hasher.update(case_id);
    hasher.update(&seq.to_be_bytes());
    hasher.update(kind.as_bytes());
    hasher.update(body.as_bytes());
    hasher.finish()
}

pub(super) const SUBMITTED: (&str, &str) =
    ("case.submitted", r#"{"channel":"window","materials":3}"#);
pub(super) const ACCEPTED: (&str, &str) = ("case.accepted", r#"{"notice":"受理通知书"}"#);
