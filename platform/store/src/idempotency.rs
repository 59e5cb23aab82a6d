//! What was answered to a command that carried an idempotency key, so that repeating it repeats the answer.

use uuid::Uuid;

use crate::{Error, Tx, params};

/// The answer kept for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Digest of the request; another request under the same key is a mistake of the client.
    pub request_digest: [u8; 32],
    /// HTTP status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub body: String,
}

/// What was answered to this actor under this key.
pub fn find(tx: &mut Tx<'_>, actor: Uuid, key: &str) -> Result<Option<Seen>, Error> {
    let row = tx.query_opt(
        "SELECT request_digest, status, body FROM idempotent_answers WHERE key = $1 AND actor = $2",
        &params![key, actor],
    )?;
    row.map(|row| {
        Ok(Seen {
            request_digest: row.get(0)?,
            status: row.get(1)?,
            body: row.get(2)?,
        })
    })
    .transpose()
}

/// Keeps the answer in the transaction of the command itself. Where two requests with one key race, the second
/// gets [`Error::Stale`], runs again and then finds the first one's answer.
pub fn keep(
    tx: &mut Tx<'_>,
    actor: Uuid,
    key: &str,
    seen: &Seen,
    now_ms: i64,
) -> Result<(), Error> {
    let kept = tx.exec(
        "INSERT INTO idempotent_answers (actor, key, request_digest, status, body, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (key, actor) DO NOTHING",
        &params![
            actor,
            key,
            &seen.request_digest,
            seen.status,
            &seen.body,
            now_ms
        ],
    )?;
    if kept == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Forgets at most `limit` answers older than `before_ms`; tells how many.
pub fn purge(tx: &mut Tx<'_>, before_ms: i64, limit: usize) -> Result<u64, Error> {
    tx.exec(
        "DELETE FROM idempotent_answers
          WHERE (key, actor) IN (
                SELECT key, actor FROM idempotent_answers WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        &params![before_ms, i64::try_from(limit).unwrap_or(i64::MAX)],
    )
}
