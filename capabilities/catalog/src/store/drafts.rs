//! Drafts and their trail.

use base::ids::{ItemId, OrgId, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, Value, params};
use uuid::Uuid;

use super::{LIST_MAX, count, from_json, to_json};
use crate::model::Item;

base::define_id! {
    /// A draft of an item.
    DraftId;
    /// Drafts that go the same way together.
    BatchId;
}

/// How far a draft has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// 编制.
    Editing,
    /// 审核.
    InReview,
    /// 审核通过, waits for its day.
    Approved,
    /// 已发布.
    Published,
    /// 已撤销.
    Dropped,
}

impl DraftState {
    pub const ALL: [DraftState; 5] = [
        DraftState::Editing,
        DraftState::InReview,
        DraftState::Approved,
        DraftState::Published,
        DraftState::Dropped,
    ];

    /// The word stored and used in addresses.
    pub fn word(self) -> &'static str {
        match self {
            DraftState::Editing => "editing",
            DraftState::InReview => "in_review",
            DraftState::Approved => "approved",
            DraftState::Published => "published",
            DraftState::Dropped => "dropped",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            DraftState::Editing => "编制中",
            DraftState::InReview => "待审核",
            DraftState::Approved => "待生效",
            DraftState::Published => "已发布",
            DraftState::Dropped => "已撤销",
        }
    }

    pub fn from_word(word: &str) -> Option<DraftState> {
        DraftState::ALL
            .into_iter()
            .find(|state| state.word() == word)
    }

    /// Whether anything can still happen to it.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            DraftState::Editing | DraftState::InReview | DraftState::Approved
        )
    }
}

/// A draft of an item, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub draft_id: DraftId,
    /// None for an item that does not exist yet.
    pub item_id: Option<ItemId>,
    pub org_id: OrgId,
    pub region: String,
    /// Version it was made from; 0 for a new item.
    pub from_version: i64,
    pub body: Item,
    pub state: DraftState,
    /// Goes up with every change.
    pub revision: i64,
    pub batch: Option<BatchId>,
    /// Who changed its content last.
    pub editor: StaffId,
    pub editor_name: String,
    pub reviewer: Option<StaffId>,
    /// From when it shall hold; none for at once.
    pub effective_at: Option<Timestamp>,
    /// Version it became.
    pub version: Option<i64>,
    /// The reviewer's or the editor's last words.
    pub note: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What happened to a draft, for its trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub revision: i64,
    /// `begun`, `saved`, `submitted`, `returned`, `withdrawn`, `approved`, `published`, `dropped`.
    pub kind: String,
    pub by_name: String,
    pub by: Option<StaffId>,
    pub reason: String,
    pub at: Timestamp,
}

/// What a list of drafts is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftFilter {
    pub state: Option<DraftState>,
    pub org_id: Option<OrgId>,
    pub batch: Option<BatchId>,
    /// Part of the name.
    pub text: String,
}

const DRAFT: &str = "SELECT draft_id, item_id, org_id, region, from_version, body, state, revision, batch_id,
                            editor, editor_name, reviewer, effective_at, version, note, created_at, updated_at
                       FROM item_drafts";

fn draft_of(row: &Row) -> Result<Draft, Error> {
    let state: String = row.get(6)?;
    Ok(Draft {
        draft_id: DraftId::from_uuid(row.get(0)?),
        item_id: row.get::<Option<Uuid>>(1)?.map(ItemId::from_uuid),
        org_id: OrgId::from_uuid(row.get(2)?),
        region: row.get(3)?,
        from_version: row.get(4)?,
        body: from_json(&row.get::<String>(5)?, "item_drafts.body")?,
        state: DraftState::from_word(&state)
            .ok_or_else(|| Error::Corrupt(format!("item_drafts.state is {state}")))?,
        revision: row.get(7)?,
        batch: row.get::<Option<Uuid>>(8)?.map(BatchId::from_uuid),
        editor: StaffId::from_uuid(row.get(9)?),
        editor_name: row.get(10)?,
        reviewer: row.get::<Option<Uuid>>(11)?.map(StaffId::from_uuid),
        effective_at: row.get(12)?,
        version: row.get(13)?,
        note: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

/// A draft by its id.
pub fn draft(tx: &mut Tx<'_>, draft_id: DraftId) -> Result<Option<Draft>, Error> {
    tx.query_opt(
        &format!("{DRAFT} WHERE draft_id = $1"),
        &params![draft_id.uuid()],
    )?
    .map(|row| draft_of(&row))
    .transpose()
}

/// The open draft of an item; there is at most one.
pub fn open_draft(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Option<Draft>, Error> {
    tx.query_opt(
        &format!("{DRAFT} WHERE item_id = $1 AND state IN ('editing', 'in_review', 'approved')"),
        &params![item_id.uuid()],
    )?
    .map(|row| draft_of(&row))
    .transpose()
}

/// Drafts, newest change first, at most `limit` (≤ [`LIST_MAX`]), after the one given.
pub fn drafts(
    tx: &mut Tx<'_>,
    filter: &DraftFilter,
    after: Option<(Timestamp, DraftId)>,
    limit: usize,
) -> Result<Vec<Draft>, Error> {
    let mut texts: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(state) = filter.state {
        texts.push(format!("state = {}", bind(state.word().into())));
    }
    if let Some(org_id) = filter.org_id {
        texts.push(format!("org_id = {}", bind(org_id.uuid().into())));
    }
    if let Some(batch) = filter.batch {
        texts.push(format!("batch_id = {}", bind(batch.uuid().into())));
    }
    if !filter.text.is_empty() {
        let pattern = format!("%{}%", filter.text.replace(['%', '_', '\\'], ""));
        texts.push(format!("name LIKE {}", bind(pattern.into())));
    }
    if let Some((at, draft_id)) = after {
        let (at, id) = (bind(at.into()), bind(draft_id.uuid().into()));
        texts.push(format!("(updated_at, draft_id) < ({at}, {id})"));
    }
    let limit = bind(count(limit.min(LIST_MAX)).into());
    let conditions = if texts.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", texts.join(" AND "))
    };
    let sql = format!("{DRAFT} {conditions} ORDER BY updated_at DESC, draft_id DESC LIMIT {limit}");
    tx.query(&sql, &values)?.iter().map(draft_of).collect()
}

/// Every draft of a batch, in the order of their names.
pub fn batch(tx: &mut Tx<'_>, batch: BatchId) -> Result<Vec<Draft>, Error> {
    tx.query(
        &format!("{DRAFT} WHERE batch_id = $1 ORDER BY name, draft_id"),
        &params![batch.uuid()],
    )?
    .iter()
    .map(draft_of)
    .collect()
}

/// Approved drafts whose day has come.
pub fn due_drafts(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<Draft>, Error> {
    tx.query(
        &format!(
            "{DRAFT} WHERE state = 'approved' AND effective_at <= $1
              ORDER BY effective_at, draft_id LIMIT $2"
        ),
        &params![now, count(limit)],
    )?
    .iter()
    .map(draft_of)
    .collect()
}

/// Keeps a new draft, with the first line of its trail.
pub fn insert_draft(tx: &mut Tx<'_>, draft: &Draft, line: &DraftLine) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO item_drafts (
           draft_id, item_id, org_id, region, name, from_version, body, state, revision, batch_id,
           editor, editor_name, reviewer, effective_at, version, note, created_at, updated_at
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            draft.draft_id.uuid(),
            draft.item_id.map(ItemId::uuid),
            draft.org_id.uuid(),
            &draft.region,
            &draft.body.name,
            draft.from_version,
            to_json(&draft.body),
            draft.state.word(),
            draft.revision,
            draft.batch.map(BatchId::uuid),
            draft.editor.uuid(),
            &draft.editor_name,
            draft.reviewer.map(StaffId::uuid),
            draft.effective_at,
            draft.version,
            &draft.note,
            draft.created_at,
            draft.updated_at,
        ],
    )?;
    keep_line(tx, draft, line)
}

/// Keeps a changed draft, with the line of its trail that says what happened.
pub fn update_draft(tx: &mut Tx<'_>, draft: &Draft, line: &DraftLine) -> Result<(), Error> {
    tx.queue(
        "UPDATE item_drafts SET
           item_id = $2,
           name = $3,
           body = $4,
           state = $5,
           revision = $6,
           batch_id = $7,
           editor = $8,
           editor_name = $9,
           reviewer = $10,
           effective_at = $11,
           version = $12,
           note = $13,
           updated_at = $14
         WHERE draft_id = $1",
        params![
            draft.draft_id.uuid(),
            draft.item_id.map(ItemId::uuid),
            &draft.body.name,
            to_json(&draft.body),
            draft.state.word(),
            draft.revision,
            draft.batch.map(BatchId::uuid),
            draft.editor.uuid(),
            &draft.editor_name,
            draft.reviewer.map(StaffId::uuid),
            draft.effective_at,
            draft.version,
            &draft.note,
            draft.updated_at,
        ],
    )?;
    keep_line(tx, draft, line)
}

fn keep_line(tx: &mut Tx<'_>, draft: &Draft, line: &DraftLine) -> Result<(), Error> {
    // Only content that changed is kept again.
    let body = matches!(line.kind.as_str(), "begun" | "saved" | "published");
    tx.queue(
        "INSERT INTO draft_trail (draft_id, revision, kind, by_name, by_id, reason, body, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            draft.draft_id.uuid(),
            line.revision,
            &line.kind,
            &line.by_name,
            line.by.map(StaffId::uuid),
            &line.reason,
            if body {
                to_json(&draft.body)
            } else {
                String::new()
            },
            line.at,
        ],
    )
}

/// The content somebody saw: that of the newest change at or before a revision.
pub fn body_at(tx: &mut Tx<'_>, draft_id: DraftId, revision: i64) -> Result<Option<Item>, Error> {
    tx.query_opt(
        "SELECT body FROM draft_trail
          WHERE draft_id = $1 AND revision <= $2 AND body <> ''
          ORDER BY revision DESC LIMIT 1",
        &params![draft_id.uuid(), revision],
    )?
    .map(|row| from_json(&row.get::<String>(0)?, "draft_trail.body"))
    .transpose()
}

/// What happened to a draft, oldest first, at most [`LIST_MAX`].
pub fn draft_trail(tx: &mut Tx<'_>, draft_id: DraftId) -> Result<Vec<DraftLine>, Error> {
    tx.query(
        "SELECT revision, kind, by_name, by_id, reason, at
           FROM draft_trail
          WHERE draft_id = $1
          ORDER BY revision
          LIMIT $2",
        &params![draft_id.uuid(), count(LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(DraftLine {
            revision: row.get(0)?,
            kind: row.get(1)?,
            by_name: row.get(2)?,
            by: row.get::<Option<Uuid>>(3)?.map(StaffId::from_uuid),
            reason: row.get(4)?,
            at: row.get(5)?,
        })
    })
    .collect()
}

/// Whether somebody wrote any of a draft's content.
pub fn has_edited(tx: &mut Tx<'_>, draft_id: DraftId, staff: StaffId) -> Result<bool, Error> {
    Ok(tx
        .query_opt(
            "SELECT 1 FROM draft_trail
              WHERE draft_id = $1 AND by_id = $2 AND kind IN ('begun', 'saved') LIMIT 1",
            &params![draft_id.uuid(), staff.uuid()],
        )?
        .is_some())
}
