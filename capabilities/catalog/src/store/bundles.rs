//! 一件事: bundles, their versions, drafts and trail; and which item a member stands for.

use base::crypto::{Digest, to_hex};
use base::ids::{ItemId, OrgId, StaffId, VersionId};
use casework::actor::covers;
use jiff::Timestamp;
use store::{Error, Row, Tx, params};

use super::{LIST_MAX, count, from_json, to_json};
use crate::bundle::{Bundle, Member, PublishedBundle};

/// How far the draft of a bundle has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleState {
    /// 编制.
    Editing,
    /// 审核.
    InReview,
    /// 已发布 or 已撤销: there is nothing open.
    Closed,
}

impl BundleState {
    const ALL: [BundleState; 3] = [
        BundleState::Editing,
        BundleState::InReview,
        BundleState::Closed,
    ];

    /// The word stored and used in the API.
    pub fn word(self) -> &'static str {
        match self {
            BundleState::Editing => "editing",
            BundleState::InReview => "in_review",
            BundleState::Closed => "closed",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            BundleState::Editing => "编制中",
            BundleState::InReview => "待审核",
            BundleState::Closed => "没有修改",
        }
    }
}

/// What somebody is writing of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleDraft {
    pub body: Bundle,
    pub state: BundleState,
    pub revision: i64,
    pub editor: StaffId,
    pub editor_name: String,
    pub note: String,
    pub updated_at: Timestamp,
}

/// One step of a bundle's drafts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleStep {
    pub revision: i64,
    pub kind: String,
    pub by_name: String,
    pub reason: String,
    pub at: Timestamp,
}

const BUNDLE: &str =
    "SELECT v.body, v.version, v.digest, v.published_at, v.published_by, b.version, b.down
                        FROM bundle_versions v
                        JOIN bundles b ON b.bundle_key = v.bundle_key";

fn bundle_of(row: &Row) -> Result<PublishedBundle, Error> {
    let version: i64 = row.get(1)?;
    Ok(PublishedBundle {
        bundle: from_json(&row.get::<String>(0)?, "bundle_versions.body")?,
        version,
        digest: to_hex(&row.get::<Digest>(2)?),
        published_at: row.get(3)?,
        published_by: row.get(4)?,
        current: row.get::<i64>(5)? == version && row.get::<i64>(6)? == 0,
    })
}

/// The newest version of a bundle, also of one that was taken down.
pub fn bundle(tx: &mut Tx<'_>, key: &str) -> Result<Option<PublishedBundle>, Error> {
    tx.query_opt(
        &format!("{BUNDLE} AND v.version = b.version WHERE b.bundle_key = $1"),
        &params![key],
    )?
    .map(|row| bundle_of(&row))
    .transpose()
}

/// One version of a bundle.
pub fn bundle_version(
    tx: &mut Tx<'_>,
    key: &str,
    version: i64,
) -> Result<Option<PublishedBundle>, Error> {
    tx.query_opt(
        &format!("{BUNDLE} WHERE v.bundle_key = $1 AND v.version = $2"),
        &params![key, version],
    )?
    .map(|row| bundle_of(&row))
    .transpose()
}

/// The bundles on offer, by name.
pub fn bundles(tx: &mut Tx<'_>) -> Result<Vec<PublishedBundle>, Error> {
    tx.query(
        &format!(
            "{BUNDLE} AND v.version = b.version WHERE b.down = 0
              ORDER BY b.audience DESC, b.name, b.bundle_key LIMIT $1"
        ),
        &params![count(LIST_MAX)],
    )?
    .iter()
    .map(bundle_of)
    .collect()
}

/// Publishes a version of a bundle; its number. The same content is not published twice in a row.
pub fn publish_bundle(
    tx: &mut Tx<'_>,
    bundle: &Bundle,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<i64, Error> {
    let digest = bundle.digest();
    let known = tx.query_opt(
        "SELECT version, digest, down FROM bundles WHERE bundle_key = $1",
        &params![&bundle.key],
    )?;
    let version = match known {
        None => 1,
        Some(row) => {
            let version: i64 = row.get(0)?;
            if row.get::<Digest>(1)? == digest && row.get::<i64>(2)? == 0 {
                return Ok(version);
            }
            version + 1
        }
    };
    next_generation(tx)?;
    tx.queue(
        "INSERT INTO bundles (bundle_key, name, audience, region, version, digest, down, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
         ON CONFLICT (bundle_key) DO UPDATE SET
           name = excluded.name,
           audience = excluded.audience,
           region = excluded.region,
           version = excluded.version,
           digest = excluded.digest,
           down = 0,
           updated_at = excluded.updated_at",
        params![
            &bundle.key,
            &bundle.name,
            bundle.audience.word(),
            &bundle.region,
            version,
            digest,
            now
        ],
    )?;
    tx.queue(
        "INSERT INTO bundle_versions (bundle_key, version, body, digest, reason, published_at, published_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![&bundle.key, version, to_json(bundle), digest, reason, now, by],
    )?;
    Ok(version)
}

/// Pages kept ready, such as the front page, are made anew.
fn next_generation(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO catalog_state (one, generation) VALUES (1, 1)
         ON CONFLICT (one) DO UPDATE SET generation = catalog_state.generation + 1",
        &[],
    )?;
    Ok(())
}

/// Takes a bundle down; `false` where it was not on offer.
pub fn take_bundle_down(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE bundles SET down = 1, updated_at = $2 WHERE bundle_key = $1 AND down = 0",
        &params![key, now],
    )?;
    next_generation(tx)?;
    Ok(changed > 0)
}

const DRAFT: &str =
    "SELECT body, state, revision, editor, editor_name, note, updated_at FROM bundle_drafts";

fn draft_of(row: &Row) -> Result<BundleDraft, Error> {
    let word: String = row.get(1)?;
    Ok(BundleDraft {
        body: from_json(&row.get::<String>(0)?, "bundle_drafts.body")?,
        state: BundleState::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| Error::Corrupt(format!("bundle_drafts.state is {word}")))?,
        revision: row.get(2)?,
        editor: StaffId::from_uuid(row.get(3)?),
        editor_name: row.get(4)?,
        note: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// The draft of a bundle, open or closed.
pub fn bundle_draft(tx: &mut Tx<'_>, key: &str) -> Result<Option<BundleDraft>, Error> {
    tx.query_opt(&format!("{DRAFT} WHERE bundle_key = $1"), &params![key])?
        .map(|row| draft_of(&row))
        .transpose()
}

/// The open drafts, last changed first.
pub fn bundle_drafts(tx: &mut Tx<'_>) -> Result<Vec<BundleDraft>, Error> {
    tx.query(
        &format!("{DRAFT} WHERE state <> 'closed' ORDER BY updated_at DESC, bundle_key LIMIT $1"),
        &params![count(LIST_MAX)],
    )?
    .iter()
    .map(draft_of)
    .collect()
}

/// Keeps a draft as it now stands, with the step that made it so.
pub fn put_bundle_draft(
    tx: &mut Tx<'_>,
    draft: &BundleDraft,
    kind: &str,
    by: (StaffId, &str),
    reason: &str,
) -> Result<(), Error> {
    let body = to_json(&draft.body);
    tx.queue(
        "INSERT INTO bundle_drafts
           (bundle_key, body, state, revision, editor, editor_name, note, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (bundle_key) DO UPDATE SET
           body = excluded.body,
           state = excluded.state,
           revision = excluded.revision,
           editor = excluded.editor,
           editor_name = excluded.editor_name,
           note = excluded.note,
           updated_at = excluded.updated_at",
        params![
            &draft.body.key,
            &body,
            draft.state.word(),
            draft.revision,
            draft.editor.uuid(),
            &draft.editor_name,
            &draft.note,
            draft.updated_at,
        ],
    )?;
    tx.queue(
        "INSERT INTO bundle_trail (bundle_key, revision, kind, by_name, by_id, reason, body, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &draft.body.key,
            draft.revision,
            kind,
            by.1,
            by.0.uuid(),
            reason,
            &body,
            draft.updated_at,
        ],
    )
}

/// The trail of a bundle, newest first.
pub fn bundle_trail(tx: &mut Tx<'_>, key: &str) -> Result<Vec<BundleStep>, Error> {
    tx.query(
        "SELECT revision, kind, by_name, reason, at FROM bundle_trail
          WHERE bundle_key = $1 ORDER BY revision DESC LIMIT $2",
        &params![key, count(LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(BundleStep {
            revision: row.get(0)?,
            kind: row.get(1)?,
            by_name: row.get(2)?,
            reason: row.get(3)?,
            at: row.get(4)?,
        })
    })
    .collect()
}

/// Whether somebody wrote part of the open draft.
pub fn wrote_bundle(tx: &mut Tx<'_>, key: &str, staff: StaffId) -> Result<bool, Error> {
    let row = tx.query_opt(
        "SELECT revision FROM bundle_trail
          WHERE bundle_key = $1 AND by_id = $2 AND kind = 'saved'
            AND revision > (SELECT coalesce(max(revision), 0) FROM bundle_trail
                             WHERE bundle_key = $1 AND kind IN ('published', 'dropped'))
          LIMIT 1",
        &params![key, staff.uuid()],
    )?;
    Ok(row.is_some())
}

/// The item a member stands for: that of the body it names, else of the body nearest to `region`. None where no body
/// has it in use.
pub fn member_item(
    tx: &mut Tx<'_>,
    member: &Member,
    region: &str,
) -> Result<Option<(ItemId, VersionId, OrgId)>, Error> {
    const ITEM: &str = "SELECT item_id, current_version_id, org_id, region FROM items";
    let rows = if member.impl_code.is_empty() {
        tx.query(
            &format!("{ITEM} WHERE base_code = $1 AND state = 'published' ORDER BY item_id"),
            &params![&member.base_code],
        )?
    } else {
        tx.query(
            &format!(
                "{ITEM} WHERE impl_code = $1 AND base_code = $2 AND state = 'published'
                  ORDER BY item_id"
            ),
            &params![&member.impl_code, &member.base_code],
        )?
    };
    let mut nearest = None;
    for row in rows {
        let place: String = row.get(3)?;
        let far = if place == region {
            0
        } else if covers(&place, region) {
            1
        } else if covers(region, &place) {
            2
        } else {
            3
        };
        if nearest.as_ref().is_none_or(|(known, _)| far < *known) {
            let item = (
                ItemId::from_uuid(row.get(0)?),
                VersionId::from_uuid(row.get(1)?),
                OrgId::from_uuid(row.get(2)?),
            );
            nearest = Some((far, item));
        }
    }
    Ok(nearest.map(|(_, item)| item))
}
