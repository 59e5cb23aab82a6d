//! Switches, sources, and the trail of whoever turned and changed them.

use std::collections::BTreeMap;

use base::ids::StaffId;
use casework::Actor;
use jiff::Timestamp;
use store::{Error, Tx, params};
use uuid::Uuid;

use crate::model::{Mode, Source};

/// The counter that moves with every change of what is in force.
const STAMP: &str = "smart|stamp";

/// What is in force is of this stamp.
pub fn stamp(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_opt(
        "SELECT value FROM counters WHERE name = $1",
        &params![STAMP],
    )?
    .map_or(Ok(0), |row| row.get(0))
}

/// Tells every process that something in force has changed.
pub fn bump(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.next_number(STAMP).map(drop)
}

pub fn modes(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Mode>, Error> {
    tx.query("SELECT scope, mode FROM smart_modes ORDER BY scope", &[])?
        .iter()
        .map(|row| {
            let word: String = row.get(1)?;
            let mode = Mode::from_word(&word)
                .ok_or_else(|| Error::Corrupt(format!("smart_modes.mode {word}")))?;
            Ok((row.get(0)?, mode))
        })
        .collect()
}

pub fn set_mode(tx: &mut Tx<'_>, scope: &str, mode: Mode) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO smart_modes (scope, mode) VALUES ($1, $2)
         ON CONFLICT (scope) DO UPDATE SET mode = excluded.mode",
        &params![scope, mode.word()],
    )
    .map(drop)
}

pub fn sources(tx: &mut Tx<'_>) -> Result<Vec<Source>, Error> {
    tx.query("SELECT body FROM smart_sources ORDER BY source", &[])?
        .iter()
        .map(|row| {
            let body: String = row.get(0)?;
            serde_json::from_str(&body)
                .map_err(|error| Error::Corrupt(format!("smart_sources.body: {error}")))
        })
        .collect()
}

pub fn put_source(tx: &mut Tx<'_>, source: &Source) -> Result<(), Error> {
    let body = serde_json::to_string(source).expect("a source is plain data");
    tx.exec(
        "INSERT INTO smart_sources (source, body) VALUES ($1, $2)
         ON CONFLICT (source) DO UPDATE SET body = excluded.body",
        &params![&source.key, body],
    )
    .map(drop)
}

/// One act as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub id: Uuid,
    pub at: Timestamp,
    /// `mode`, `draft`, `publish`, `return`, `source`, `sample`.
    pub what: String,
    pub subject: String,
    pub detail: String,
    pub actor: String,
}

impl Act {
    pub fn label(&self) -> &'static str {
        match self.what.as_str() {
            "mode" => "切换运行方式",
            "draft" => "起草规则",
            "publish" => "发布规则",
            "return" => "退回规则",
            "source" => "修改数据源",
            "sample" => "抽查复核",
            _ => "其他",
        }
    }
}

/// Keeps what somebody did.
pub fn act(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, at): (Uuid, Timestamp),
    what: &str,
    subject: &str,
    detail: &str,
) -> Result<(), Error> {
    let staff: Option<StaffId> = match actor {
        Actor::Staff(staff) => Some(staff.staff),
        Actor::Person(_) | Actor::System => None,
    };
    tx.queue(
        "INSERT INTO smart_acts (act_id, at, what, subject, detail, actor, staff_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            id,
            at,
            what,
            subject,
            detail,
            actor.name(),
            staff.map(base::ids::StaffId::uuid)
        ],
    )
}

/// The newest acts; `subject` narrows.
pub fn acts(tx: &mut Tx<'_>, subject: Option<&str>, limit: usize) -> Result<Vec<Act>, Error> {
    let (only, mut values) = match subject {
        Some(subject) => (
            "WHERE subject = $2",
            params![limit as i64, subject].to_vec(),
        ),
        None => ("", Vec::new()),
    };
    if values.is_empty() {
        values = params![limit as i64].to_vec();
    }
    tx.query(
        &format!(
            "SELECT act_id, at, what, subject, detail, actor
               FROM smart_acts
              {only}
              ORDER BY at DESC, act_id DESC
              LIMIT $1"
        ),
        &values,
    )?
    .iter()
    .map(|row| {
        Ok(Act {
            id: row.get(0)?,
            at: row.get(1)?,
            what: row.get(2)?,
            subject: row.get(3)?,
            detail: row.get(4)?,
            actor: row.get(5)?,
        })
    })
    .collect()
}
