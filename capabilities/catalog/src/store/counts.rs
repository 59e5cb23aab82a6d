//! What is counted: applications for items, and questions without an answer.

use base::ids::{ItemId, VersionId};
use jiff::civil::Date;
use store::{Error, Tx, params};

use super::count;

/// The item a version belongs to.
pub fn item_of_version(tx: &mut Tx<'_>, version_id: VersionId) -> Result<Option<ItemId>, Error> {
    tx.query_opt(
        "SELECT item_id FROM item_versions WHERE version_id = $1",
        &params![version_id.uuid()],
    )?
    .map(|row| Ok(ItemId::from_uuid(row.get(0)?)))
    .transpose()
}

/// Counts applications for an item on a day.
pub fn add_uses(tx: &mut Tx<'_>, item_id: ItemId, day: Date, uses: i64) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO item_use_days (item_id, day, uses) VALUES ($1, $2, $3)
         ON CONFLICT (item_id, day) DO UPDATE SET uses = item_use_days.uses + excluded.uses",
        params![item_id.uuid(), day, uses],
    )
}

/// How often each item was applied for since a day, that day included.
pub fn uses_since(tx: &mut Tx<'_>, day: Date) -> Result<Vec<(ItemId, i64)>, Error> {
    tx.query(
        "SELECT item_id, CAST(SUM(uses) AS BIGINT)
           FROM item_use_days
          WHERE day >= $1
          GROUP BY item_id
          ORDER BY item_id",
        &params![day],
    )?
    .iter()
    .map(|row| Ok((ItemId::from_uuid(row.get(0)?), row.get(1)?)))
    .collect()
}

/// Forgets days before one.
pub fn forget_uses_before(tx: &mut Tx<'_>, day: Date) -> Result<(), Error> {
    tx.queue("DELETE FROM item_use_days WHERE day < $1", params![day])
}

/// Counts a question that found nothing.
pub fn add_unanswered(tx: &mut Tx<'_>, words: &str, day: Date, times: i64) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO unanswered_questions (words, day, times) VALUES ($1, $2, $3)
         ON CONFLICT (words, day) DO UPDATE SET times = unanswered_questions.times + excluded.times",
        params![words, day, times],
    )
}

/// A question that found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub words: String,
    pub times: i64,
    /// The last day it was asked.
    pub last: Date,
}

/// What was asked in vain since a day at least `least` times, the most frequent first, at most `most`.
pub fn unanswered(
    tx: &mut Tx<'_>,
    since: Date,
    least: i64,
    most: usize,
) -> Result<Vec<Unanswered>, Error> {
    tx.query(
        "SELECT words, CAST(SUM(times) AS BIGINT) AS total, MAX(day)
           FROM unanswered_questions
          WHERE day >= $1
          GROUP BY words
         HAVING CAST(SUM(times) AS BIGINT) >= $2
          ORDER BY total DESC, words
          LIMIT $3",
        &params![since, least, count(most)],
    )?
    .iter()
    .map(|row| {
        Ok(Unanswered {
            words: row.get(0)?,
            times: row.get(1)?,
            last: row.get(2)?,
        })
    })
    .collect()
}

/// Forgets days before one.
pub fn forget_unanswered_before(tx: &mut Tx<'_>, day: Date) -> Result<(), Error> {
    tx.queue(
        "DELETE FROM unanswered_questions WHERE day < $1",
        params![day],
    )
}
