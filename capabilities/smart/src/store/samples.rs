//! Automatic decisions drawn to be checked by a person.

use base::ids::{OrgId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Error, Row, Tx, params};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub run: Uuid,
    pub day: Date,
    pub base_code: String,
    pub region: String,
    pub org: OrgId,
    pub drawn_at: Timestamp,
    /// How many decisions of that item there were that day.
    pub drawn_from: i64,
    /// `right`, `wrong`; none while it waits.
    pub result: Option<String>,
    pub note: String,
    pub checked_name: Option<String>,
    pub checked_at: Option<Timestamp>,
}

const COLUMNS: &str = "run_id, day, base_code, region, org_id, drawn_at, drawn_from, result, note, checked_name, checked_at";

fn read(row: &Row) -> Result<Sample, Error> {
    Ok(Sample {
        run: row.get(0)?,
        day: row.get(1)?,
        base_code: row.get(2)?,
        region: row.get(3)?,
        org: OrgId::from_uuid(row.get(4)?),
        drawn_at: row.get(5)?,
        drawn_from: row.get(6)?,
        result: row.get(7)?,
        note: row.get(8)?,
        checked_name: row.get(9)?,
        checked_at: row.get(10)?,
    })
}

pub fn insert(tx: &mut Tx<'_>, sample: &Sample) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO smart_samples (run_id, day, base_code, region, org_id, drawn_at, drawn_from, result, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, '')
         ON CONFLICT (run_id) DO NOTHING",
        params![
            sample.run,
            sample.day,
            &sample.base_code,
            &sample.region,
            sample.org,
            sample.drawn_at,
            sample.drawn_from
        ],
    )
}

pub fn one(tx: &mut Tx<'_>, run: Uuid) -> Result<Option<Sample>, Error> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM smart_samples WHERE run_id = $1"),
        &params![run],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// Those that wait first, then the newest.
pub fn list(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Sample>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS}
               FROM smart_samples
              ORDER BY CASE WHEN result IS NULL THEN 0 ELSE 1 END, day DESC, run_id
              LIMIT $1"
        ),
        &params![limit as i64],
    )?
    .iter()
    .map(read)
    .collect()
}

/// Says what a person found; `false` where somebody has said so before.
pub fn check(
    tx: &mut Tx<'_>,
    run: Uuid,
    (result, note): (&str, &str),
    (staff, name): (StaffId, &str),
    at: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE smart_samples
            SET result = $2,
                note = $3,
                checked_by = $4,
                checked_name = $5,
                checked_at = $6
          WHERE run_id = $1
            AND result IS NULL",
        &params![run, result, note, staff.uuid(), name, at],
    )?;
    Ok(changed == 1)
}

/// Drawn, checked, wrong, by base code.
pub fn counts(tx: &mut Tx<'_>, since: Date) -> Result<Vec<(String, i64, i64, i64)>, Error> {
    tx.query(
        "SELECT base_code, COUNT(*), COUNT(result), COUNT(CASE WHEN result = 'wrong' THEN 1 END)
           FROM smart_samples
          WHERE day >= $1
          GROUP BY base_code
          ORDER BY base_code",
        &params![since],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    .collect()
}
