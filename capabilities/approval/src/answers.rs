//! Form answers of a case: sealed at rest, one row per revision, tied to the trail by a digest.

use base::{
    crypto::{sm3, to_hex},
    ids::CaseId,
};
use people::People;
use serde_json::{Map, Value};
use store::{Tx, params};

use crate::{details::FormRef, error::Error};

/// Answers by field key.
pub type Answers = Map<String, Value>;

/// Canonical text: keys sorted (`serde_json` maps are), no spaces.
fn canonical(answers: &Answers) -> String {
    Value::Object(answers.clone()).to_string()
}

/// The reference the trail keeps.
pub fn reference(revision: i64, answers: &Answers) -> FormRef {
    FormRef {
        revision,
        digest: to_hex(&sm3(canonical(answers).as_bytes())),
    }
}

/// Seals and stores one revision.
pub fn store(
    tx: &mut Tx<'_>,
    people: &People,
    case: CaseId,
    revision: i64,
    answers: &Answers,
) -> Result<FormRef, Error> {
    let sealed = people.seal(&aad(case, revision), canonical(answers).as_bytes());
    tx.queue(
        "INSERT INTO case_answers (case_id, revision, sealed) VALUES ($1, $2, $3)",
        params![case, revision, sealed],
    )?;
    Ok(reference(revision, answers))
}

/// Opens one revision; `None` if it was never stored.
///
/// # Errors
/// [`Error::Sealed`] if it was sealed with a key that is not at hand, or was changed.
pub fn load(
    tx: &mut Tx<'_>,
    people: &People,
    case: CaseId,
    revision: i64,
) -> Result<Option<Answers>, Error> {
    let Some(row) = tx.query_opt(
        "SELECT sealed FROM case_answers WHERE case_id = $1 AND revision = $2",
        &params![case, revision],
    )?
    else {
        return Ok(None);
    };
    let sealed: Vec<u8> = row.get(0)?;
    let plain = people
        .open(&aad(case, revision), &sealed)
        .map_err(|_| Error::Sealed(case))?;
    serde_json::from_slice(&plain)
        .map(Some)
        .map_err(|_| Error::Sealed(case))
}

/// The sealed column of this crate.
pub const SEALED: &[people::Sealed] = &[people::Sealed {
    table: "case_answers",
    column: "sealed",
    key: &["case_id", "revision"],
    place: |row| Ok(aad(row.get(0)?, row.get(1)?)),
}];

/// Ties the ciphertext to its row.
fn aad(case: CaseId, revision: i64) -> String {
    format!("case_answers|{case}|{revision}")
}
