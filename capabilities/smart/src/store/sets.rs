//! Rule sets and their versions. A version that is published is never written again but to say that it was replaced.

use base::crypto::Digest;
use base::ids::StaffId;
use jiff::Timestamp;
use store::{Error, Row, Tx, params};

use crate::model::RuleSet;

/// A version as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub set: RuleSet,
    pub version: i64,
    pub state: State,
    pub digest: Digest,
    /// Why it was changed.
    pub note: String,
    pub drafted_by: Option<StaffId>,
    pub drafted_name: String,
    pub drafted_at: Timestamp,
    pub reviewed_name: Option<String>,
    pub reviewed_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for the second person.
    Draft,
    Published,
    /// A newer one took its place; runs still name it.
    Replaced,
    /// The second person gave it back.
    Returned,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Published => "published",
            State::Replaced => "replaced",
            State::Returned => "returned",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            State::Draft => "待审核",
            State::Published => "在用",
            State::Replaced => "历史版本",
            State::Returned => "已退回",
        }
    }

    fn from_word(word: &str) -> Option<State> {
        [
            State::Draft,
            State::Published,
            State::Replaced,
            State::Returned,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }
}

const COLUMNS: &str = "version, state, body, digest, note, drafted_by, drafted_name, drafted_at, reviewed_name, reviewed_at";

fn read(row: &Row) -> Result<Stored, Error> {
    let word: String = row.get(1)?;
    let body: String = row.get(2)?;
    Ok(Stored {
        version: row.get(0)?,
        state: State::from_word(&word)
            .ok_or_else(|| Error::Corrupt(format!("smart_rule_sets.state {word}")))?,
        set: base::json::read(body.as_bytes())
            .map_err(|error| Error::Corrupt(format!("smart_rule_sets.body: {error}")))?,
        digest: row.get(3)?,
        note: row.get(4)?,
        drafted_by: row.get::<Option<uuid::Uuid>>(5)?.map(StaffId::from_uuid),
        drafted_name: row.get(6)?,
        drafted_at: row.get(7)?,
        reviewed_name: row.get(8)?,
        reviewed_at: row.get(9)?,
    })
}

/// The sets in force.
pub fn published(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM smart_rule_sets WHERE state = 'published' ORDER BY base_code"
        ),
        &[],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Every version of a base code, newest first.
pub fn versions(tx: &mut Tx<'_>, base_code: &str) -> Result<Vec<Stored>, Error> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM smart_rule_sets WHERE base_code = $1 ORDER BY version DESC LIMIT 200"),
        &params![base_code],
    )?
    .iter()
    .map(read)
    .collect()
}

/// One version.
pub fn version(tx: &mut Tx<'_>, base_code: &str, version: i64) -> Result<Option<Stored>, Error> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM smart_rule_sets WHERE base_code = $1 AND version = $2"),
        &params![base_code, version],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// The newest version of each base code and how many wait for review.
pub fn newest(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS}
               FROM smart_rule_sets s
              WHERE version = (SELECT MAX(version) FROM smart_rule_sets o WHERE o.base_code = s.base_code)
              ORDER BY base_code
              LIMIT 2000"
        ),
        &[],
    )?
    .iter()
    .map(read)
    .collect()
}

pub fn insert(tx: &mut Tx<'_>, stored: &Stored) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO smart_rule_sets (base_code, version, state, name, body, digest, note, drafted_by,
             drafted_name, drafted_at, reviewed_by, reviewed_name, reviewed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, NULL, NULL)",
        &params![
            &stored.set.base_code,
            stored.version,
            stored.state.word(),
            &stored.set.name,
            stored.set.text(),
            stored.digest,
            &stored.note,
            stored.drafted_by.map(base::ids::StaffId::uuid),
            &stored.drafted_name,
            stored.drafted_at
        ],
    )
    .map(drop)
}

/// Says what the second person decided on a draft; `false` where it is no draft any more.
pub fn review(
    tx: &mut Tx<'_>,
    (base_code, version): (&str, i64),
    state: State,
    by: (Option<StaffId>, &str),
    at: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE smart_rule_sets
            SET state = $3,
                reviewed_by = $4,
                reviewed_name = $5,
                reviewed_at = $6
          WHERE base_code = $1
            AND version = $2
            AND state = 'draft'",
        &params![
            base_code,
            version,
            state.word(),
            by.0.map(base::ids::StaffId::uuid),
            by.1,
            at
        ],
    )?;
    Ok(changed == 1)
}

/// The version that was in force is no longer.
pub fn replace_published(tx: &mut Tx<'_>, base_code: &str) -> Result<(), Error> {
    tx.exec(
        "UPDATE smart_rule_sets SET state = 'replaced' WHERE base_code = $1 AND state = 'published'",
        &params![base_code],
    )
    .map(drop)
}
