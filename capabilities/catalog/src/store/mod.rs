//! The questions the catalogue asks of the database, with their SQL. Nothing else in this crate writes SQL.
//!
//! `item_versions` and `item_changes` are only ever inserted into.

mod base_items;
mod bulk;
mod bundles;
mod checks;
mod counts;
mod desk;
mod drafts;
mod drift;
mod figures;
mod imports;
mod list;
mod materials;
mod open_data;
mod publish;
mod settings;
mod spot_checks;

use base::crypto::{Digest, to_hex};
use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Error, Migration, Row, Tx, params};
use uuid::Uuid;

pub use base_items::{
    Adoption, BaseOutcome, FEED_BASE, adoptions, base_item, base_items, base_version, cancel_base,
    claimants, close_adoptions, open_adoption, publish_base,
};
pub use bulk::{
    Bulk, BulkId, BulkKind, BulkLine, Delegation, DelegationId, LineFilter, LineState, bulk,
    bulk_counts, bulk_lines, bulk_of_batch, bulks, delegations, each_standing, finish_bulk,
    insert_bulk, insert_bulk_line, insert_delegation, move_draft, open_drafts_of, purge_bulk,
    ready_lines, settle_bulk_line,
};
pub use bundles::{
    BundleDraft, BundleState, BundleStep, bundle, bundle_draft, bundle_drafts, bundle_trail,
    bundle_version, bundles, member_item, publish_bundle, put_bundle_draft, take_bundle_down,
    wrote_bundle,
};
pub use checks::{
    Found, FoundFilter, Run, RunId, RunState, Stored, coded, count_bodies, count_findings,
    each_body, each_content, each_finding, found_by_field, found_by_item, found_by_org,
    found_only_in, insert_findings, insert_run, run, runs, update_run, without_code,
};
pub use counts::{
    Unanswered, add_unanswered, add_uses, forget_unanswered_before, forget_uses_before,
    item_of_version, unanswered, uses_since,
};
pub use desk::{
    BaseVersionLine, LicenceLine, base_versions, claims, licences_outside, note_presence,
    others_present,
};
pub use drafts::{
    BatchId, Draft, DraftFilter, DraftId, DraftLine, DraftState, batch, body_at, draft,
    draft_trail, drafts, due_drafts, has_edited, insert_draft, open_draft, update_draft,
};
pub use drift::{add_asked, add_needs, drift_rules, needs_since, put_drift_rules};
pub use figures::{StandingThen, Theme, VersionOf, each_version, standing_before, themes_before};
pub use imports::{Done, Import, finish_import, import, keep_import, purge_imports};
pub use list::{Filter, ListKey, changed_since, count_items, each_current, list};
pub use materials::{
    Kept, MaterialChange, MaterialUse, library, library_of, material, material_changes,
    material_uses, put_material, unassigned, unassigned_users, users_of,
};
pub use open_data::{PublicChange, changes_after, newest_changes, note_change};
pub use publish::{NewVersion, Outcome, Publisher};
pub use settings::{set_uniformity, set_wording, uniformity, wording};
pub use spot_checks::{
    Spot, SpotId, SpotItem, insert_spot, mark_spot_item, spot, spot_items, spots,
};

use crate::model::{Flag, Item, ItemState, Published};

/// The tables of the catalogue.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "0300_catalog",
        sql: include_str!("../../migrations/0300_catalog.sql"),
    },
    Migration {
        id: "0320_questions",
        sql: include_str!("../../migrations/0320_questions.sql"),
    },
    Migration {
        id: "0330_base_list",
        sql: include_str!("../../migrations/0330_base_list.sql"),
    },
    Migration {
        id: "0331_drafts",
        sql: include_str!("../../migrations/0331_drafts.sql"),
    },
    Migration {
        id: "0332_desk",
        sql: include_str!("../../migrations/0332_desk.sql"),
    },
    Migration {
        id: "0340_checks",
        sql: include_str!("../../migrations/0340_checks.sql"),
    },
    Migration {
        id: "0350_bulk",
        sql: include_str!("../../migrations/0350_bulk.sql"),
    },
    Migration {
        id: "0370_bundles",
        sql: include_str!("../../migrations/0370_bundles.sql"),
    },
    Migration {
        id: "0380_change_feed",
        sql: include_str!("../../migrations/0380_change_feed.sql"),
    },
    Migration {
        id: "0381_drift",
        sql: include_str!("../../migrations/0381_drift.sql"),
    },
    Migration {
        id: "0390_materials",
        sql: include_str!("../../migrations/0390_materials.sql"),
    },
];

/// Rows of one page of a list, at most.
pub const LIST_MAX: usize = 500;

/// Feed entry of a new version; `subject` is the item, `hash` the digest of the version.
pub const FEED_PUBLISHED: &str = "item.published";
/// Feed entry of a changed state.
pub const FEED_STATE: &str = "item.state";

/// What an import recognises an item by.
pub fn item_key(org_id: OrgId, item: &Item) -> String {
    if !item.impl_code.is_empty() {
        format!("impl:{}", item.impl_code)
    } else if !item.local_item_code.is_empty() {
        format!("local:{org_id}:{}", item.local_item_code)
    } else {
        format!("name:{org_id}:{}", item.name)
    }
}

/// What stands under a key or an id: whose it is and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub region: String,
    pub state: ItemState,
    pub revision: i64,
    /// Of the newest version.
    pub digest: Digest,
}

/// The item an import would change, by what it recognises it by.
pub fn holder_by_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Holder>, Error> {
    tx.query_opt(&format!("{HOLDER} WHERE item_key = $1"), &params![key])?
        .map(|row| holder_of(&row))
        .transpose()
}

/// Whose an item is and how far it has come.
pub fn holder(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Option<Holder>, Error> {
    tx.query_opt(
        &format!("{HOLDER} WHERE item_id = $1"),
        &params![item_id.uuid()],
    )?
    .map(|row| holder_of(&row))
    .transpose()
}

const HOLDER: &str = "SELECT item_id, org_id, region, state, revision, digest FROM items";

fn holder_of(row: &Row) -> Result<Holder, Error> {
    Ok(Holder {
        item_id: ItemId::from_uuid(row.get(0)?),
        org_id: OrgId::from_uuid(row.get(1)?),
        region: row.get(2)?,
        state: state_of(row, 3)?,
        revision: row.get(4)?,
        digest: row.get(5)?,
    })
}

const PUBLISHED: &str = "SELECT v.item_id, v.version_id, v.version, v.digest, v.published_at,
                                i.current_version_id, i.state, v.org_id, v.body, v.flags
                           FROM item_versions v
                           JOIN items i ON i.item_id = v.item_id";

fn published(row: &Row) -> Result<Published, Error> {
    let version_id: Uuid = row.get(1)?;
    let current: Uuid = row.get(5)?;
    let state = state_of(row, 6)?;
    Ok(Published {
        item_id: ItemId::from_uuid(row.get(0)?),
        version_id: VersionId::from_uuid(version_id),
        version: row.get(2)?,
        digest: to_hex(&row.get::<Digest>(3)?),
        published_at: row.get(4)?,
        current: version_id == current && state == ItemState::Published,
        state,
        org_id: OrgId::from_uuid(row.get(7)?),
        item: from_json(&row.get::<String>(8)?, "item_versions.body")?,
        flags: from_json(&row.get::<String>(9)?, "item_versions.flags")?,
    })
}

fn state_of(row: &Row, column: usize) -> Result<ItemState, Error> {
    let word: String = row.get(column)?;
    ItemState::from_word(&word).ok_or_else(|| Error::Corrupt(format!("items.state is {word}")))
}

/// A version by its id.
pub fn version(tx: &mut Tx<'_>, version_id: VersionId) -> Result<Option<Published>, Error> {
    tx.query_opt(
        &format!("{PUBLISHED} WHERE v.version_id = $1"),
        &params![version_id.uuid()],
    )?
    .map(|row| published(&row))
    .transpose()
}

/// The newest version of an item, whatever its state.
pub fn current(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Option<Published>, Error> {
    tx.query_opt(
        &format!("{PUBLISHED} AND v.version_id = i.current_version_id WHERE i.item_id = $1"),
        &params![item_id.uuid()],
    )?
    .map(|row| published(&row))
    .transpose()
}

/// Which version is the newest and whether it may be applied for: one row by its key, for use inside a command.
pub fn standing_of(
    tx: &mut Tx<'_>,
    item_id: ItemId,
) -> Result<Option<(VersionId, ItemState)>, Error> {
    tx.query_opt(
        "SELECT current_version_id, state FROM items WHERE item_id = $1",
        &params![item_id.uuid()],
    )?
    .map(|row| Ok((VersionId::from_uuid(row.get(0)?), state_of(&row, 1)?)))
    .transpose()
}

/// Version `n` of an item.
pub fn version_number(
    tx: &mut Tx<'_>,
    item_id: ItemId,
    n: i64,
) -> Result<Option<Published>, Error> {
    tx.query_opt(
        &format!("{PUBLISHED} WHERE v.item_id = $1 AND v.version = $2"),
        &params![item_id.uuid(), n],
    )?
    .map(|row| published(&row))
    .transpose()
}

/// The newest version of the item with this implementing code 实施编码.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Published>, Error> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = tx.query_opt(
        &format!(
            "{PUBLISHED} AND v.version_id = i.current_version_id
              WHERE i.impl_code = $1
              ORDER BY i.item_id
              LIMIT 1"
        ),
        &params![code],
    )?;
    found.map(|row| published(&row)).transpose()
}

/// One version in a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionLine {
    pub version_id: VersionId,
    pub version: i64,
    pub published_at: Timestamp,
    pub published_by: String,
    pub digest: String,
}

/// The versions of an item, newest first, at most [`LIST_MAX`].
pub fn versions(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Vec<VersionLine>, Error> {
    tx.query(
        "SELECT version_id, version, published_at, published_by, digest
           FROM item_versions
          WHERE item_id = $1
          ORDER BY version DESC
          LIMIT $2",
        &params![item_id.uuid(), count(LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(VersionLine {
            version_id: VersionId::from_uuid(row.get(0)?),
            version: row.get(1)?,
            published_at: row.get(2)?,
            published_by: row.get(3)?,
            digest: to_hex(&row.get::<Digest>(4)?),
        })
    })
    .collect()
}

/// One change of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLine {
    pub revision: i64,
    /// `published`, `suspended`, `resumed` or `cancelled`.
    pub kind: String,
    pub version: i64,
    pub by_name: String,
    pub reason: String,
    pub at: Timestamp,
}

/// What was changed, newest first, at most [`LIST_MAX`].
pub fn changes(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Vec<ChangeLine>, Error> {
    tx.query(
        "SELECT revision, kind, version, by_name, reason, at
           FROM item_changes
          WHERE item_id = $1
          ORDER BY revision DESC
          LIMIT $2",
        &params![item_id.uuid(), count(LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(ChangeLine {
            revision: row.get(0)?,
            kind: row.get(1)?,
            version: row.get(2)?,
            by_name: row.get(3)?,
            reason: row.get(4)?,
            at: row.get(5)?,
        })
    })
    .collect()
}

/// Marks of an item's newest version.
pub fn flags(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Vec<Flag>, Error> {
    tx.query_opt(
        "SELECT v.flags
           FROM items i
           JOIN item_versions v ON v.version_id = i.current_version_id
          WHERE i.item_id = $1",
        &params![item_id.uuid()],
    )?
    .map_or(Ok(Vec::new()), |row| {
        from_json(&row.get::<String>(0)?, "item_versions.flags")
    })
}

/// The generation of the catalogue: 0 before anything was published, one more with every change.
pub fn generation(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_opt("SELECT generation FROM catalog_state WHERE one = 1", &[])?
        .map_or(Ok(0), |row| row.get(0))
}

/// How often each item was applied for, for those that were.
pub fn popularity(tx: &mut Tx<'_>) -> Result<Vec<(ItemId, i64)>, Error> {
    tx.query("SELECT item_id, uses FROM item_popularity", &[])?
        .iter()
        .map(|row| Ok((ItemId::from_uuid(row.get(0)?), row.get(1)?)))
        .collect()
}

/// Replaces the counts of use as a whole, and lets every process read them anew.
pub fn replace_popularity(tx: &mut Tx<'_>, counts: &[(ItemId, i64)]) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO catalog_state (one, generation) VALUES (1, 1)
         ON CONFLICT (one) DO UPDATE SET generation = catalog_state.generation + 1",
        &[],
    )?;
    tx.exec("DELETE FROM item_popularity", &[])?;
    for (item_id, uses) in counts {
        tx.queue(
            "INSERT INTO item_popularity (item_id, uses) VALUES ($1, $2)",
            params![item_id.uuid(), *uses],
        )?;
    }
    Ok(())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data without maps of odd keys")
}

fn from_json<T: DeserializeOwned>(json: &str, column: &str) -> Result<T, Error> {
    base::json::read(json.as_bytes()).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}
