//! Runs, the calls they made, and what people decided beside them.

use base::crypto::Digest;
use base::ids::{CaseId, ItemId, OrgId};
use jiff::Timestamp;
use people::People;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, Value, params};
use uuid::Uuid;

use crate::model::{Inputs, Mode, Outcome, Verdict};
use crate::sources::Call;

/// One evaluation as it is kept, without its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: Uuid,
    pub case: CaseId,
    pub case_no: String,
    pub item: ItemId,
    pub base_code: String,
    pub title: String,
    pub region: String,
    pub org: OrgId,
    pub set_version: i64,
    pub set_digest: Digest,
    pub mode: Mode,
    pub outcome: Outcome,
    pub at: Timestamp,
    pub took_us: i64,
    pub verdict: Verdict,
    pub digest: Digest,
}

pub(super) const SEALED: people::Sealed = people::Sealed {
    table: "smart_runs",
    column: "inputs",
    key: &["run_id"],
    place: |row| Ok(place(row.get(0)?)),
};

fn place(id: Uuid) -> String {
    format!("smart_runs|inputs|{id}")
}

pub fn insert(tx: &mut Tx<'_>, people: &People, run: &Run, inputs: &Inputs) -> Result<(), Error> {
    let plain = serde_json::to_vec(inputs).expect("inputs are plain data");
    let verdict = serde_json::to_string(&run.verdict).expect("a verdict is plain data");
    tx.queue(
        "INSERT INTO smart_runs (run_id, case_id, case_no, item_id, base_code, title, region, org_id, set_version,
             set_digest, mode, outcome, at, took_us, inputs, verdict, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        params![
            run.id,
            run.case,
            &run.case_no,
            run.item.uuid(),
            &run.base_code,
            &run.title,
            &run.region,
            run.org,
            run.set_version,
            run.set_digest,
            run.mode.word(),
            run.outcome.word(),
            run.at,
            run.took_us,
            people.seal(&place(run.id), &plain),
            verdict,
            run.digest
        ],
    )
}

const COLUMNS: &str = "run_id, case_id, case_no, item_id, base_code, title, region, org_id, set_version, set_digest, mode, \
                       outcome, at, took_us, verdict, digest";

fn read(row: &Row) -> Result<Run, Error> {
    let (mode, outcome, verdict): (String, String, String) =
        (row.get(10)?, row.get(11)?, row.get(14)?);
    Ok(Run {
        id: row.get(0)?,
        case: CaseId::from_uuid(row.get(1)?),
        case_no: row.get(2)?,
        item: ItemId::from_uuid(row.get(3)?),
        base_code: row.get(4)?,
        title: row.get(5)?,
        region: row.get(6)?,
        org: OrgId::from_uuid(row.get(7)?),
        set_version: row.get(8)?,
        set_digest: row.get(9)?,
        mode: Mode::from_word(&mode)
            .ok_or_else(|| Error::Corrupt(format!("smart_runs.mode {mode}")))?,
        outcome: Outcome::from_word(&outcome)
            .ok_or_else(|| Error::Corrupt(format!("smart_runs.outcome {outcome}")))?,
        at: row.get(12)?,
        took_us: row.get(13)?,
        verdict: serde_json::from_str(&verdict)
            .map_err(|error| Error::Corrupt(format!("smart_runs.verdict: {error}")))?,
        digest: row.get(15)?,
    })
}

pub fn run(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Run>, Error> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM smart_runs WHERE run_id = $1"),
        &params![id],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// What a run stood on.
///
/// # Errors
/// [`Error::Corrupt`] where it cannot be opened: another key, or changed.
pub fn inputs(tx: &mut Tx<'_>, people: &People, id: Uuid) -> Result<Option<Inputs>, Error> {
    let Some(row) = tx.query_opt(
        "SELECT inputs FROM smart_runs WHERE run_id = $1",
        &params![id],
    )?
    else {
        return Ok(None);
    };
    let sealed: Vec<u8> = row.get(0)?;
    let damaged = |what: String| Error::Corrupt(format!("smart_runs.inputs of {id}: {what}"));
    let plain = people
        .open(&place(id), &sealed)
        .map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&plain)
        .map(Some)
        .map_err(|error| damaged(error.to_string()))
}

/// Runs of a case, oldest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<Run>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM smart_runs WHERE case_id = $1 ORDER BY at, run_id LIMIT 100"
        ),
        &params![case],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Where a page of runs ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Before {
    pub at: i64,
    pub id: Uuid,
}

/// What a list of runs is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub base_code: Option<String>,
    pub outcome: Option<Outcome>,
    pub mode: Option<Mode>,
    pub before: Option<Before>,
}

/// Runs, newest first; who may see which is asked by the use case.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, limit: usize) -> Result<Vec<Run>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    let mut add = |text: &str, value: Value| {
        values.push(value);
        conditions.push(format!("{text} = ${}", values.len()));
    };
    if let Some(code) = &filter.base_code {
        add("base_code", Value::from(code));
    }
    if let Some(outcome) = filter.outcome {
        add("outcome", Value::from(outcome.word()));
    }
    if let Some(mode) = filter.mode {
        add("mode", Value::from(mode.word()));
    }
    if let Some(before) = filter.before {
        values.push(Value::from(before.at));
        values.push(Value::from(before.id));
        conditions.push(format!(
            "(at, run_id) < (${}, ${})",
            values.len() - 1,
            values.len()
        ));
    }
    values.push(Value::from(limit as i64));
    let narrowed = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    };
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM smart_runs {narrowed} ORDER BY at DESC, run_id DESC LIMIT ${}",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(read)
    .collect()
}

/// Runs in the order of their ids after `after`, for going through all of them.
pub fn after(tx: &mut Tx<'_>, after: Uuid, limit: usize) -> Result<Vec<Run>, Error> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM smart_runs WHERE run_id > $1 ORDER BY run_id LIMIT $2"),
        &params![after, limit as i64],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Runs of a time with mode and outcome.
pub fn ids_between(
    tx: &mut Tx<'_>,
    (from, to): (Timestamp, Timestamp),
    mode: Mode,
    outcome: Outcome,
    limit: usize,
) -> Result<Vec<Run>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS}
               FROM smart_runs
              WHERE at >= $1 AND at < $2 AND mode = $3 AND outcome = $4
              ORDER BY run_id
              LIMIT $5"
        ),
        &params![from, to, mode.word(), outcome.word(), limit as i64],
    )?
    .iter()
    .map(read)
    .collect()
}

/// How many runs since an instant, by base code, mode and outcome.
pub fn counts(
    tx: &mut Tx<'_>,
    since: Timestamp,
) -> Result<Vec<(String, Mode, Outcome, i64)>, Error> {
    tx.query(
        "SELECT base_code, mode, outcome, COUNT(*)
           FROM smart_runs
          WHERE at >= $1
          GROUP BY base_code, mode, outcome
          ORDER BY base_code, mode, outcome",
        &params![since],
    )?
    .iter()
    .map(|row| {
        let (mode, outcome): (String, String) = (row.get(1)?, row.get(2)?);
        Ok((
            row.get(0)?,
            Mode::from_word(&mode).unwrap_or_default(),
            Outcome::from_word(&outcome).unwrap_or(Outcome::Person),
            row.get(3)?,
        ))
    })
    .collect()
}

pub fn insert_call(tx: &mut Tx<'_>, id: Uuid, run: Uuid, call: &Call) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO smart_calls (call_id, at, source, purpose, legal_basis, run_id, result, attempts, took_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            id,
            call.at,
            &call.source,
            &call.purpose,
            &call.legal_basis,
            run,
            call.result,
            call.attempts,
            call.took_ms
        ],
    )
}

/// A call as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLine {
    pub at: Timestamp,
    pub source: String,
    pub purpose: String,
    pub legal_basis: String,
    pub run: Uuid,
    pub result: String,
    pub attempts: i64,
    pub took_ms: i64,
}

fn call_line(row: &Row) -> Result<CallLine, Error> {
    Ok(CallLine {
        at: row.get(0)?,
        source: row.get(1)?,
        purpose: row.get(2)?,
        legal_basis: row.get(3)?,
        run: row.get(4)?,
        result: row.get(5)?,
        attempts: row.get(6)?,
        took_ms: row.get(7)?,
    })
}

const CALL: &str = "at, source, purpose, legal_basis, run_id, result, attempts, took_ms";

/// The newest calls of a source.
pub fn calls_of_source(
    tx: &mut Tx<'_>,
    source: &str,
    limit: usize,
) -> Result<Vec<CallLine>, Error> {
    tx.query(
        &format!("SELECT {CALL} FROM smart_calls WHERE source = $1 ORDER BY at DESC LIMIT $2"),
        &params![source, limit as i64],
    )?
    .iter()
    .map(call_line)
    .collect()
}

pub fn calls_of_run(tx: &mut Tx<'_>, run: Uuid) -> Result<Vec<CallLine>, Error> {
    tx.query(
        &format!("SELECT {CALL} FROM smart_calls WHERE run_id = $1 ORDER BY at, call_id"),
        &params![run],
    )?
    .iter()
    .map(call_line)
    .collect()
}

/// How many calls of a source since an instant, by result, and their time together in ms.
pub fn call_counts(
    tx: &mut Tx<'_>,
    source: &str,
    since: Timestamp,
) -> Result<Vec<(String, i64, i64)>, Error> {
    tx.query(
        "SELECT result, COUNT(*), CAST(SUM(took_ms) AS BIGINT)
           FROM smart_calls
          WHERE source = $1 AND at >= $2
          GROUP BY result
          ORDER BY result",
        &params![source, since],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .collect()
}

/// What a person decided on a case that rules had looked at; once for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub run: Uuid,
    pub base_code: String,
    /// The person's outcome: `granted`, `refused`, `not_accepted`.
    pub outcome: String,
    pub agrees: bool,
    /// Where they differ: the rules' first reason, or what the person wrote was missing.
    pub reason: String,
    pub at: Timestamp,
}

pub fn insert_comparison(tx: &mut Tx<'_>, one: &Comparison) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO smart_comparisons (run_id, base_code, outcome, agrees, reason, at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (run_id) DO NOTHING",
        params![
            one.run,
            &one.base_code,
            &one.outcome,
            one.agrees,
            &one.reason,
            one.at
        ],
    )
}

/// Agreement since an instant: rules' outcome, person's outcome, reason, whether they agree, how many.
pub fn agreement(
    tx: &mut Tx<'_>,
    base_code: &str,
    since: Timestamp,
) -> Result<Vec<(Outcome, String, String, bool, i64)>, Error> {
    tx.query(
        "SELECT r.outcome, c.outcome, c.reason, c.agrees, COUNT(*)
           FROM smart_comparisons c
           JOIN smart_runs r ON r.run_id = c.run_id
          WHERE c.base_code = $1 AND c.at >= $2
          GROUP BY r.outcome, c.outcome, c.reason, c.agrees
          ORDER BY COUNT(*) DESC, c.reason
          LIMIT 200",
        &params![base_code, since],
    )?
    .iter()
    .map(|row| {
        let outcome: String = row.get(0)?;
        Ok((
            Outcome::from_word(&outcome).unwrap_or(Outcome::Person),
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    })
    .collect()
}

/// Runs of a base code whose comparison gave this reason, newest first.
pub fn compared(
    tx: &mut Tx<'_>,
    base_code: &str,
    reason: &str,
    limit: usize,
) -> Result<Vec<Run>, Error> {
    let columns = COLUMNS
        .split(", ")
        .map(|column| format!("r.{}", column.trim()))
        .collect::<Vec<_>>()
        .join(", ");
    tx.query(
        &format!(
            "SELECT {columns}
               FROM smart_comparisons c
               JOIN smart_runs r ON r.run_id = c.run_id
              WHERE c.base_code = $1 AND c.reason = $2
              ORDER BY c.at DESC
              LIMIT $3"
        ),
        &params![base_code, reason, limit as i64],
    )?
    .iter()
    .map(read)
    .collect()
}
