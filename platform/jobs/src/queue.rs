//! The statements on the table of jobs.

use jiff::Timestamp;
use store::{Error, Row, Tx, params};
use uuid::Uuid;

use crate::{Job, NewJob};

/// A job that failed too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Which one.
    pub job_id: Uuid,
    /// Which handler.
    pub kind: String,
    /// What it was about.
    pub subject: Uuid,
    /// How often it failed.
    pub attempts: u32,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// What it failed with last.
    pub last_error: String,
}

/// How the schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Due and not done.
    pub due: i64,
    /// To come.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
    /// Of those due, the one that has waited longest.
    pub oldest_due_at: Option<Timestamp>,
}

/// A job that is held until an instant.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) job: Job,
    pub(crate) until: i64,
}

/// Puts a job on the schedule unless one of its id is there: the first of a recurring job, at every start.
pub fn ensure(tx: &mut Tx<'_>, job: NewJob) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO jobs (job_id, kind, subject, due_at, payload, attempts, claimed_until)
         VALUES ($1, $2, $3, $4, $5, 0, 0)
         ON CONFLICT (job_id) DO NOTHING",
        params![job.job_id, job.kind, job.subject, job.due_at, job.payload],
    )
}

/// How the schedule stands at an instant.
pub fn counts(tx: &mut Tx<'_>, now: Timestamp) -> Result<Counts, Error> {
    let row = tx.query_one(
        "SELECT COUNT(*) FILTER (WHERE dead_at IS NULL AND due_at <= $1),
                COUNT(*) FILTER (WHERE dead_at IS NULL AND due_at > $1),
                COUNT(*) FILTER (WHERE dead_at IS NOT NULL),
                MIN(due_at) FILTER (WHERE dead_at IS NULL AND due_at <= $1)
           FROM jobs",
        &params![now],
    )?;
    Ok(Counts {
        due: row.get(0)?,
        waiting: row.get(1)?,
        dead: row.get(2)?,
        oldest_due_at: row.get(3)?,
    })
}

/// Jobs that were given up, the latest first.
pub fn dead(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Dead>, Error> {
    let rows = tx.query(
        "SELECT job_id, kind, subject, attempts, dead_at, last_error
           FROM jobs
          WHERE dead_at IS NOT NULL
          ORDER BY dead_at DESC, job_id
          LIMIT $1",
        &params![i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Dead {
                job_id: row.get(0)?,
                kind: row.get(1)?,
                subject: row.get(2)?,
                attempts: row.get(3)?,
                dead_at: row.get(4)?,
                last_error: row.get::<Option<String>>(5)?.unwrap_or_default(),
            })
        })
        .collect()
}

/// Gives a dead job another chance; tells whether there was one.
pub fn revive(tx: &mut Tx<'_>, job_id: Uuid, now: Timestamp) -> Result<bool, Error> {
    let revived = tx.exec(
        "UPDATE jobs
            SET dead_at = NULL, attempts = 0, claimed_until = 0, due_at = $2
          WHERE job_id = $1 AND dead_at IS NOT NULL",
        &params![job_id, now],
    )?;
    Ok(revived == 1)
}

/// Takes hold of due jobs of these kinds, earliest first. Of two workers that want the same row the second finds it
/// claimed: both engines look at the condition again once they hold the row.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    kinds: &[&'static str],
    now: Timestamp,
    until: i64,
    limit: i64,
) -> Result<Vec<Claim>, Error> {
    let places: Vec<String> = (0..kinds.len()).map(|at| format!("${}", at + 4)).collect();
    let sql = format!(
        "UPDATE jobs
            SET claimed_until = $2
          WHERE job_id IN (
                SELECT job_id FROM jobs
                 WHERE dead_at IS NULL AND due_at <= $1 AND claimed_until <= $1 AND kind IN ({})
                 ORDER BY due_at
                 LIMIT $3)
            AND claimed_until <= $1
          RETURNING job_id, kind, subject, due_at, payload, attempts",
        places.join(", ")
    );
    let mut values = Vec::from(params![now, until, limit]);
    values.extend(kinds.iter().map(|kind| (*kind).into()));
    let rows = tx.query(&sql, &values)?;
    let mut claims: Vec<Claim> = rows
        .iter()
        .map(|row| {
            Ok(Claim {
                job: read(row, now)?,
                until,
            })
        })
        .collect::<Result<_, Error>>()?;
    claims.sort_by_key(|claim| (claim.job.due_at, claim.job.job_id));
    Ok(claims)
}

fn read(row: &Row, now: Timestamp) -> Result<Job, Error> {
    Ok(Job {
        job_id: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        due_at: row.get(3)?,
        payload: row.get(4)?,
        attempts: row.get(5)?,
        now,
    })
}

/// Takes the row away for good; `false` where it was moved, removed or claimed by another meanwhile.
pub(crate) fn take(tx: &mut Tx<'_>, claim: &Claim) -> Result<bool, Error> {
    let taken = tx.exec(
        "DELETE FROM jobs WHERE job_id = $1 AND claimed_until = $2",
        &params![claim.job.job_id, claim.until],
    )?;
    Ok(taken == 1)
}

/// Notes a failure and lets go of the row: to be tried at an instant, or never again.
pub(crate) fn fail(
    tx: &mut Tx<'_>,
    claim: &Claim,
    reason: &str,
    again_at: Option<Timestamp>,
) -> Result<(), Error> {
    let dead_at = again_at.is_none().then_some(claim.job.now);
    tx.exec(
        "UPDATE jobs
            SET attempts = attempts + 1, claimed_until = 0, last_error = $3, due_at = $4, dead_at = $5
          WHERE job_id = $1 AND claimed_until = $2",
        &params![
            claim.job.job_id,
            claim.until,
            reason,
            again_at.unwrap_or(claim.job.due_at),
            dead_at
        ],
    )?;
    Ok(())
}

/// Puts a recurring job back.
pub(crate) fn again(tx: &mut Tx<'_>, job: &Job, at: Timestamp) -> Result<(), Error> {
    tx.schedule(NewJob {
        job_id: job.job_id,
        kind: job.kind.clone(),
        subject: job.subject,
        due_at: at.as_millisecond(),
        payload: job.payload.clone(),
    })
}
