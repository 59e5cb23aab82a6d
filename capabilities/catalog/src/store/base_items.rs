//! Base items, their versions, and the adoptions that a new version asks for.

use base::crypto::{Digest, to_hex};
use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use store::feed::Entry;
use store::{Error, Row, Tx, params};

use super::{LIST_MAX, count, from_json, to_json};
use crate::model::{BaseItem, PublishedBase};

/// Feed entry of a new base version; `subject` is made of the digest's first 16 bytes, `hash` the digest.
pub const FEED_BASE: &str = "base_item.published";

/// What publishing a base item did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseOutcome {
    Created,
    /// The new version.
    Changed(i64),
    Unchanged,
}

/// A task that a changed base item makes: publish after its new version, within a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    pub item_id: ItemId,
    pub base_code: String,
    pub base_version: i64,
    pub org_id: OrgId,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// Publishes a version of a base item if its content changed or a cancelled one comes back.
pub fn publish_base(
    tx: &mut Tx<'_>,
    item: &BaseItem,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<BaseOutcome, Error> {
    let digest = item.digest();
    let known = tx.query_opt(
        "SELECT version, digest, cancelled, revision, updated_at FROM base_items WHERE base_code = $1",
        &params![&item.base_code],
    )?;
    let (version, revision, at, outcome) = match &known {
        None => (1, 1, now, BaseOutcome::Created),
        Some(row) => {
            let version: i64 = row.get(0)?;
            if row.get::<Digest>(1)? == digest && row.get::<i64>(2)? == 0 {
                return Ok(BaseOutcome::Unchanged);
            }
            let at = now.max(row.get(4)?);
            (
                version + 1,
                row.get::<i64>(3)? + 1,
                at,
                BaseOutcome::Changed(version + 1),
            )
        }
    };
    tx.queue(
        "INSERT INTO base_items (base_code, name, item_type, version, digest, cancelled, revision, updated_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)
         ON CONFLICT (base_code) DO UPDATE SET
           name = excluded.name,
           item_type = excluded.item_type,
           version = excluded.version,
           digest = excluded.digest,
           cancelled = 0,
           revision = excluded.revision,
           updated_at = excluded.updated_at",
        params![&item.base_code, &item.name, &item.item_type, version, digest, revision, at],
    )?;
    tx.queue(
        "INSERT INTO base_versions (base_code, version, body, digest, reason, published_at, published_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![&item.base_code, version, to_json(item), digest, reason, at, by],
    )?;
    let mut subject = [0; 16];
    subject.copy_from_slice(&digest[..16]);
    tx.feed(Entry {
        kind: FEED_BASE.to_owned(),
        subject: uuid::Uuid::from_bytes(subject),
        seq: revision,
        at_ms: at.as_millisecond(),
        hash: digest,
    })?;
    Ok(outcome)
}

/// Marks a base item as cancelled. `false` where it is unknown or cancelled already.
pub fn cancel_base(tx: &mut Tx<'_>, base_code: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE base_items SET cancelled = 1, revision = revision + 1, updated_at = $2
          WHERE base_code = $1 AND cancelled = 0",
        &params![base_code, now],
    )?;
    Ok(changed > 0)
}

const BASE: &str = "SELECT v.base_code, v.version, v.digest, v.published_at, v.published_by,
                           b.version, b.cancelled, v.body
                      FROM base_versions v
                      JOIN base_items b ON b.base_code = v.base_code";

fn base_of(row: &Row) -> Result<PublishedBase, Error> {
    let version: i64 = row.get(1)?;
    Ok(PublishedBase {
        base_code: row.get(0)?,
        version,
        digest: to_hex(&row.get::<Digest>(2)?),
        published_at: row.get(3)?,
        published_by: row.get(4)?,
        current: row.get::<i64>(5)? == version,
        cancelled: row.get::<i64>(6)? != 0,
        item: from_json(&row.get::<String>(7)?, "base_versions.body")?,
    })
}

/// The newest version of a base item.
pub fn base_item(tx: &mut Tx<'_>, base_code: &str) -> Result<Option<PublishedBase>, Error> {
    tx.query_opt(
        &format!("{BASE} AND v.version = b.version WHERE b.base_code = $1"),
        &params![base_code],
    )?
    .map(|row| base_of(&row))
    .transpose()
}

/// One version of a base item.
pub fn base_version(
    tx: &mut Tx<'_>,
    base_code: &str,
    version: i64,
) -> Result<Option<PublishedBase>, Error> {
    tx.query_opt(
        &format!("{BASE} WHERE v.base_code = $1 AND v.version = $2"),
        &params![base_code, version],
    )?
    .map(|row| base_of(&row))
    .transpose()
}

/// Base items by code, after the one given, at most `limit` (≤ [`LIST_MAX`]); `text` is part of the name or the
/// beginning of the code.
pub fn base_items(
    tx: &mut Tx<'_>,
    text: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<PublishedBase>, Error> {
    let text = text.replace(['%', '_', '\\'], "");
    tx.query(
        &format!(
            "{BASE} AND v.version = b.version
              WHERE b.base_code > $1 AND (b.name LIKE $2 OR b.base_code LIKE $3)
              ORDER BY b.base_code LIMIT $4"
        ),
        &params![
            after,
            format!("%{text}%"),
            format!("{text}%"),
            count(limit.min(LIST_MAX))
        ],
    )?
    .iter()
    .map(base_of)
    .collect()
}

/// The items that claimed a base item and are not cancelled: id, body, region.
pub fn claimants(tx: &mut Tx<'_>, base_code: &str) -> Result<Vec<(ItemId, OrgId, String)>, Error> {
    tx.query(
        "SELECT item_id, org_id, region FROM items
          WHERE base_code = $1 AND state <> 'cancelled' ORDER BY item_id",
        &params![base_code],
    )?
    .iter()
    .map(|row| {
        Ok((
            ItemId::from_uuid(row.get(0)?),
            OrgId::from_uuid(row.get(1)?),
            row.get(2)?,
        ))
    })
    .collect()
}

/// Opens an adoption; older open ones of the same item are closed by it.
pub fn open_adoption(tx: &mut Tx<'_>, adoption: &Adoption) -> Result<(), Error> {
    tx.queue(
        "UPDATE adoptions SET closed_at = $2
          WHERE item_id = $1 AND closed_at IS NULL AND base_version < $3",
        params![
            adoption.item_id.uuid(),
            adoption.opened_at,
            adoption.base_version
        ],
    )?;
    tx.queue(
        "INSERT INTO adoptions (item_id, base_code, base_version, org_id, opened_at, due_at, closed_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL)
         ON CONFLICT (item_id, base_version) DO NOTHING",
        params![
            adoption.item_id.uuid(),
            &adoption.base_code,
            adoption.base_version,
            adoption.org_id.uuid(),
            adoption.opened_at,
            adoption.due_at,
        ],
    )
}

/// Closes the adoptions of an item up to the version it was now published after.
pub fn close_adoptions(
    tx: &mut Tx<'_>,
    item_id: ItemId,
    base_version: i64,
    now: Timestamp,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE adoptions SET closed_at = $3
          WHERE item_id = $1 AND base_version <= $2 AND closed_at IS NULL",
        params![item_id.uuid(), base_version, now],
    )
}

/// Open adoptions, most urgent first, at most `limit`; of one body where it is given.
pub fn adoptions(
    tx: &mut Tx<'_>,
    org_id: Option<OrgId>,
    limit: usize,
) -> Result<Vec<Adoption>, Error> {
    let rows = match org_id {
        None => tx.query(
            "SELECT item_id, base_code, base_version, org_id, opened_at, due_at, closed_at FROM adoptions
              WHERE closed_at IS NULL ORDER BY due_at, item_id LIMIT $1",
            &params![count(limit)],
        )?,
        Some(org_id) => tx.query(
            "SELECT item_id, base_code, base_version, org_id, opened_at, due_at, closed_at FROM adoptions
              WHERE closed_at IS NULL AND org_id = $2 ORDER BY due_at, item_id LIMIT $1",
            &params![count(limit), org_id.uuid()],
        )?,
    };
    rows.iter()
        .map(|row| {
            Ok(Adoption {
                item_id: ItemId::from_uuid(row.get(0)?),
                base_code: row.get(1)?,
                base_version: row.get(2)?,
                org_id: OrgId::from_uuid(row.get(3)?),
                opened_at: row.get(4)?,
                due_at: row.get(5)?,
                closed_at: row.get(6)?,
            })
        })
        .collect()
}
