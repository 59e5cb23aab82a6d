//! The table of scheduled work. Running it is the crate `jobs`; putting something on it is part of a transaction.

use uuid::Uuid;

use crate::{Error, Tx, params};

/// Work to be done at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Handed in. Scheduling the same id again moves the job instead of doubling it, so derive it from what the
    /// job is about where it may be planned more than once.
    pub job_id: Uuid,
    /// Which handler, `clock.alert`.
    pub kind: String,
    /// The case or other record it is about.
    pub subject: Uuid,
    /// When, UTC milliseconds.
    pub due_at: i64,
    /// JSON or nothing; ids, not copies.
    pub payload: String,
}

pub(crate) fn schedule(tx: &mut Tx<'_>, job: NewJob) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO jobs (job_id, kind, subject, due_at, payload, attempts, claimed_until)
         VALUES ($1, $2, $3, $4, $5, 0, 0)
         ON CONFLICT (job_id) DO UPDATE
            SET kind = excluded.kind,
                subject = excluded.subject,
                due_at = excluded.due_at,
                payload = excluded.payload,
                attempts = 0,
                claimed_until = 0,
                dead_at = NULL,
                last_error = NULL",
        params![job.job_id, job.kind, job.subject, job.due_at, job.payload],
    )
}

pub(crate) fn reschedule(
    tx: &mut Tx<'_>,
    subject: Uuid,
    from_ms: i64,
    to_ms: i64,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE jobs SET due_at = $3 WHERE subject = $1 AND due_at = $2",
        params![subject, from_ms, to_ms],
    )
}

pub(crate) fn unschedule(tx: &mut Tx<'_>, job_id: Uuid) -> Result<(), Error> {
    tx.queue("DELETE FROM jobs WHERE job_id = $1", params![job_id])
}
