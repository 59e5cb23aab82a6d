//! Spot checks: what was drawn and what was found.

use base::crypto::{Digest, to_hex};
use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use store::{Error, Row, Tx, params};
use uuid::Uuid;

use super::{count, from_json, to_json};
use crate::spot::Wrong;

base::define_id! {
    /// A spot check.
    SpotId;
}

/// A spot check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub check_id: SpotId,
    pub title: String,
    pub org_id: Option<OrgId>,
    pub seed: String,
    pub population: i64,
    pub size: i64,
    /// Of the population, in hexadecimal.
    pub digest: String,
    pub drawn_at: Timestamp,
    pub drawn_by: String,
    /// Guides that were looked at, and errors found in them.
    pub checked: i64,
    pub errors: i64,
}

/// One guide of a spot check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotItem {
    pub n: i64,
    pub item_id: ItemId,
    pub version: i64,
    pub org_id: OrgId,
    pub item_name: String,
    pub checked_at: Option<Timestamp>,
    pub checked_by: String,
    pub wrong: Vec<Wrong>,
}

const SPOT: &str = "SELECT c.check_id, c.title, c.org_id, c.seed, c.population, c.size, c.digest, c.drawn_at, c.drawn_by,
                           (SELECT COUNT(*) FROM spot_check_items i
                             WHERE i.check_id = c.check_id AND i.checked_at IS NOT NULL),
                           (SELECT CAST(COALESCE(SUM(i.errors), 0) AS BIGINT) FROM spot_check_items i
                             WHERE i.check_id = c.check_id)
                      FROM spot_checks c";

fn spot_of(row: &Row) -> Result<Spot, Error> {
    Ok(Spot {
        check_id: SpotId::from_uuid(row.get(0)?),
        title: row.get(1)?,
        org_id: row.get::<Option<Uuid>>(2)?.map(OrgId::from_uuid),
        seed: row.get(3)?,
        population: row.get(4)?,
        size: row.get(5)?,
        digest: to_hex(&row.get::<Digest>(6)?),
        drawn_at: row.get(7)?,
        drawn_by: row.get(8)?,
        checked: row.get(9)?,
        errors: row.get(10)?,
    })
}

/// Keeps what was drawn.
pub fn insert_spot(
    tx: &mut Tx<'_>,
    spot: &Spot,
    digest: Digest,
    items: &[SpotItem],
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO spot_checks (check_id, title, org_id, seed, population, size, digest, drawn_at, drawn_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            spot.check_id.uuid(),
            &spot.title,
            spot.org_id.map(OrgId::uuid),
            &spot.seed,
            spot.population,
            spot.size,
            digest,
            spot.drawn_at,
            &spot.drawn_by
        ],
    )?;
    for item in items {
        tx.queue(
            "INSERT INTO spot_check_items (check_id, n, item_id, version, org_id, item_name, checked_at,
                                           checked_by, wrong, errors)
             VALUES ($1, $2, $3, $4, $5, $6, NULL, '', '[]', 0)",
            params![
                spot.check_id.uuid(),
                item.n,
                item.item_id.uuid(),
                item.version,
                item.org_id.uuid(),
                &item.item_name
            ],
        )?;
    }
    Ok(())
}

/// The newest spot checks.
pub fn spots(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Spot>, Error> {
    tx.query(
        &format!("{SPOT} ORDER BY c.drawn_at DESC, c.check_id DESC LIMIT $1"),
        &params![count(limit)],
    )?
    .iter()
    .map(spot_of)
    .collect()
}

pub fn spot(tx: &mut Tx<'_>, check_id: SpotId) -> Result<Option<Spot>, Error> {
    tx.query_opt(
        &format!("{SPOT} WHERE c.check_id = $1"),
        &params![check_id.uuid()],
    )?
    .map(|row| spot_of(&row))
    .transpose()
}

/// The guides of a spot check, in their order.
pub fn spot_items(tx: &mut Tx<'_>, check_id: SpotId) -> Result<Vec<SpotItem>, Error> {
    tx.query(
        "SELECT n, item_id, version, org_id, item_name, checked_at, checked_by, wrong FROM spot_check_items
          WHERE check_id = $1 ORDER BY n",
        &params![check_id.uuid()],
    )?
    .iter()
    .map(|row| {
        Ok(SpotItem {
            n: row.get(0)?,
            item_id: ItemId::from_uuid(row.get(1)?),
            version: row.get(2)?,
            org_id: OrgId::from_uuid(row.get(3)?),
            item_name: row.get(4)?,
            checked_at: row.get(5)?,
            checked_by: row.get(6)?,
            wrong: from_json(&row.get::<String>(7)?, "spot_check_items.wrong")?,
        })
    })
    .collect()
}

/// Notes what a checker found in a guide. `false` where there is no such guide.
pub fn mark_spot_item(
    tx: &mut Tx<'_>,
    check_id: SpotId,
    n: i64,
    wrong: &[Wrong],
    by: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let touched = tx.exec(
        "UPDATE spot_check_items SET wrong = $3, errors = $4, checked_by = $5, checked_at = $6
          WHERE check_id = $1 AND n = $2",
        &params![
            check_id.uuid(),
            n,
            to_json(wrong),
            count(wrong.len()),
            by,
            now
        ],
    )?;
    Ok(touched == 1)
}
