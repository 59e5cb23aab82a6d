//! What the editors' desk asks: who has a draft open, versions and claims of base items, licences outside the list.

use base::ids::{ItemId, OrgId, StaffId};
use jiff::Timestamp;
use store::{Error, Tx, params};

use super::{DraftId, count};

/// Notes that somebody has a draft open.
pub fn note_presence(
    tx: &mut Tx<'_>,
    draft_id: DraftId,
    staff: StaffId,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO draft_presence (draft_id, staff_id, name, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (draft_id, staff_id) DO UPDATE SET name = excluded.name, at = excluded.at",
        params![draft_id.uuid(), staff.uuid(), name, now],
    )
}

/// The others who have had a draft open since an instant, the latest first.
pub fn others_present(
    tx: &mut Tx<'_>,
    draft_id: DraftId,
    except: StaffId,
    since: Timestamp,
) -> Result<Vec<(String, Timestamp)>, Error> {
    tx.query(
        "SELECT name, at FROM draft_presence
          WHERE draft_id = $1 AND staff_id <> $2 AND at >= $3
          ORDER BY at DESC LIMIT 5",
        &params![draft_id.uuid(), except.uuid(), since],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// A licence that bodies exercise: item, body, name, base code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceLine {
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub name: String,
    pub base_code: String,
}

/// Licences in force whose base item is not in the base list or was cancelled, at most `limit`.
pub fn licences_outside(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<LicenceLine>, Error> {
    tx.query(
        "SELECT i.item_id, i.org_id, i.name, i.base_code
           FROM items i
           LEFT JOIN base_items b ON b.base_code = i.base_code AND b.cancelled = 0
          WHERE i.item_type = '01' AND i.state <> 'cancelled' AND b.base_code IS NULL
          ORDER BY i.name, i.item_id LIMIT $1",
        &params![count(limit)],
    )?
    .iter()
    .map(|row| {
        Ok(LicenceLine {
            item_id: ItemId::from_uuid(row.get(0)?),
            org_id: OrgId::from_uuid(row.get(1)?),
            name: row.get(2)?,
            base_code: row.get(3)?,
        })
    })
    .collect()
}

/// How many items in force claimed each of these base items.
pub fn claims(tx: &mut Tx<'_>, base_code: &str) -> Result<i64, Error> {
    let row = tx.query_one(
        "SELECT COUNT(*) FROM items WHERE base_code = $1 AND state <> 'cancelled'",
        &params![base_code],
    )?;
    row.get(0)
}

/// A published version of a base item in a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseVersionLine {
    pub version: i64,
    pub reason: String,
    pub published_at: Timestamp,
    pub published_by: String,
}

/// The versions of a base item, newest first.
pub fn base_versions(tx: &mut Tx<'_>, base_code: &str) -> Result<Vec<BaseVersionLine>, Error> {
    tx.query(
        "SELECT version, reason, published_at, published_by FROM base_versions
          WHERE base_code = $1 ORDER BY version DESC LIMIT $2",
        &params![base_code, count(super::LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(BaseVersionLine {
            version: row.get(0)?,
            reason: row.get(1)?,
            published_at: row.get(2)?,
            published_by: row.get(3)?,
        })
    })
    .collect()
}
