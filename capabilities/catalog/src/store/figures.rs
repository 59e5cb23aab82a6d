//! What stood when: versions and states before a moment, read from the changes.

use std::collections::BTreeSet;

use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use store::{Error, Row, Tx, params};

use super::from_json;
use crate::bundle::Bundle;
use crate::model::{Item, ItemState};

/// How an item stood at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingThen {
    pub item_id: ItemId,
    /// The newest version then.
    pub version: i64,
    pub state: ItemState,
}

/// Every item that had been published before a moment.
pub fn standing_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<StandingThen>, Error> {
    let mut standing: Vec<StandingThen> = Vec::new();
    tx.each(
        "SELECT item_id, kind, version
           FROM item_changes
          WHERE at < $1
          ORDER BY item_id, revision",
        &params![before],
        &mut |row| {
            let item_id = ItemId::from_uuid(row.get(0)?);
            let state = match row.get::<String>(1)?.as_str() {
                "suspended" => Some(ItemState::Suspended),
                "cancelled" => Some(ItemState::Cancelled),
                "resumed" => Some(ItemState::Published),
                // A new version leaves the state as it is.
                _ => None,
            };
            let version = row.get(2)?;
            match standing.last_mut() {
                Some(last) if last.item_id == item_id => {
                    last.version = version;
                    last.state = state.unwrap_or(last.state);
                }
                _ => standing.push(StandingThen {
                    item_id,
                    version,
                    state: state.unwrap_or(ItemState::Published),
                }),
            }
            Ok(())
        },
    )?;
    Ok(standing)
}

/// 一件事 as it was offered at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub key: String,
    pub name: String,
    pub region: String,
    pub version: i64,
    /// Items it joins.
    pub members: usize,
}

/// The themes that had been published before a moment and not been taken down since, by key.
pub fn themes_before(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<Theme>, Error> {
    let mut themes: Vec<(Timestamp, Theme)> = Vec::new();
    tx.each(
        "SELECT bundle_key, version, body, published_at
           FROM bundle_versions
          WHERE published_at < $1
          ORDER BY bundle_key, version",
        &params![before],
        &mut |row| {
            let bundle: Bundle = from_json(&row.get::<String>(2)?, "bundle_versions.body")?;
            let theme = Theme {
                key: row.get(0)?,
                name: bundle.name,
                region: bundle.region,
                version: row.get(1)?,
                members: bundle.items.len(),
            };
            themes.retain(|(_, known)| known.key != theme.key);
            themes.push((row.get(3)?, theme));
            Ok(())
        },
    )?;
    tx.each(
        "SELECT bundle_key, MAX(at)
           FROM bundle_trail
          WHERE kind = 'taken_down' AND at < $1
          GROUP BY bundle_key",
        &params![before],
        &mut |row| {
            let (key, down_at): (String, Timestamp) = (row.get(0)?, row.get(1)?);
            themes.retain(|(published_at, theme)| theme.key != key || *published_at > down_at);
            Ok(())
        },
    )?;
    Ok(themes.into_iter().map(|(_, theme)| theme).collect())
}

/// One version with whose it is.
#[derive(Clone, Debug)]
pub struct VersionOf {
    pub item_id: ItemId,
    pub version: i64,
    pub org_id: OrgId,
    pub region: String,
    pub item: Item,
}

/// Above so many versions all of them are gone through once rather than looked up one by one.
const SINGLY_MAX: usize = 300;

const VERSION: &str = "SELECT v.item_id, v.version, v.org_id, i.region, v.body
                         FROM item_versions v
                         JOIN items i ON i.item_id = v.item_id";

/// Hands over these versions, in no order.
pub fn each_version(
    tx: &mut Tx<'_>,
    wanted: &BTreeSet<(ItemId, i64)>,
    each: &mut dyn FnMut(VersionOf) -> Result<(), Error>,
) -> Result<(), Error> {
    if wanted.len() <= SINGLY_MAX {
        for (item_id, version) in wanted {
            let sql = format!("{VERSION} WHERE v.item_id = $1 AND v.version = $2");
            if let Some(row) = tx.query_opt(&sql, &params![item_id.uuid(), *version])? {
                each(version_of(&row)?)?;
            }
        }
        return Ok(());
    }
    tx.each(VERSION, &[], &mut |row| {
        let key = (ItemId::from_uuid(row.get(0)?), row.get(1)?);
        if wanted.contains(&key) {
            each(version_of(row)?)?;
        }
        Ok(())
    })
}

fn version_of(row: &Row) -> Result<VersionOf, Error> {
    Ok(VersionOf {
        item_id: ItemId::from_uuid(row.get(0)?),
        version: row.get(1)?,
        org_id: OrgId::from_uuid(row.get(2)?),
        region: row.get(3)?,
        item: from_json(&row.get::<String>(4)?, "item_versions.body")?,
    })
}
