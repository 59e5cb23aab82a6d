//! The public change feed: which changes of items stand at which position.

use base::crypto::{Digest, to_hex};
use base::ids::ItemId;
use jiff::Timestamp;
use store::{Error, Row, Tx, params};

use super::count;

/// A change of an item, without who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicChange {
    /// In the feed; a reader goes on after it.
    pub position: i64,
    pub item_id: ItemId,
    /// `published`, `suspended`, `resumed` or `cancelled`.
    pub kind: String,
    pub version: i64,
    /// SM3 over the version, in hexadecimal.
    pub digest: String,
    pub at: Timestamp,
}

/// Notes where a change stands.
pub fn note_change(
    tx: &mut Tx<'_>,
    position: i64,
    item_id: ItemId,
    revision: i64,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO item_feed (position, item_id, revision) VALUES ($1, $2, $3)
         ON CONFLICT (position) DO NOTHING",
        params![position, item_id.uuid(), revision],
    )
}

const CHANGE: &str = "SELECT f.position, f.item_id, c.kind, c.version, v.digest, c.at
                        FROM item_feed f
                        JOIN item_changes c ON c.item_id = f.item_id AND c.revision = f.revision
                        JOIN item_versions v ON v.item_id = c.item_id AND v.version = c.version";

/// The changes after a position, oldest first, at most `limit`.
pub fn changes_after(
    tx: &mut Tx<'_>,
    position: i64,
    limit: usize,
) -> Result<Vec<PublicChange>, Error> {
    let sql = format!("{CHANGE} WHERE f.position > $1 ORDER BY f.position LIMIT $2");
    tx.query(&sql, &params![position, count(limit)])?
        .iter()
        .map(change)
        .collect()
}

/// The newest changes, newest first, at most `limit`.
pub fn newest_changes(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<PublicChange>, Error> {
    let sql = format!("{CHANGE} ORDER BY f.position DESC LIMIT $1");
    tx.query(&sql, &params![count(limit)])?
        .iter()
        .map(change)
        .collect()
}

fn change(row: &Row) -> Result<PublicChange, Error> {
    Ok(PublicChange {
        position: row.get(0)?,
        item_id: ItemId::from_uuid(row.get(1)?),
        kind: row.get(2)?,
        version: row.get(3)?,
        digest: to_hex(&row.get::<Digest>(4)?),
        at: row.get(5)?,
    })
}
