//! Changes of many items: what was looked at, line by line, until it becomes drafts; and powers given further.

use base::ids::{AccountId, ItemId, OrgId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, Value, params};
use uuid::Uuid;

use super::{BatchId, DraftId, LIST_MAX, count, from_json, to_json};
use crate::bulk::transfer::Kind;
use crate::diff::Change;
use crate::model::{Flag, Item};

base::define_id! {
    /// A change of many items.
    BulkId;
    /// A power given further.
    DelegationId;
}

/// Where the lines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// A file.
    Import,
    /// One rule for many items.
    Fields,
    /// 机构合并划转.
    Merge,
}

impl BulkKind {
    pub fn word(self) -> &'static str {
        match self {
            BulkKind::Import => "import",
            BulkKind::Fields => "fields",
            BulkKind::Merge => "merge",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            BulkKind::Import => "表格导入",
            BulkKind::Fields => "批量修改",
            BulkKind::Merge => "机构合并划转",
        }
    }

    fn from_word(word: &str) -> Result<BulkKind, Error> {
        [BulkKind::Import, BulkKind::Fields, BulkKind::Merge]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::Corrupt(format!("catalog_bulk.kind is {word}")))
    }
}

/// A change of many items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    pub bulk_id: BulkId,
    pub kind: BulkKind,
    pub title: String,
    pub account_id: AccountId,
    pub by_name: String,
    /// What the lines were made from, for whoever reads it later.
    pub params: String,
    /// Items looked at, and those that stay as they are.
    pub looked: i64,
    pub unchanged: i64,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
    pub batch: Option<BatchId>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// 可以生成草稿
    Ready,
    /// 不符合发布要求
    Refused,
    /// 已生成草稿
    Drafted,
    /// 没有生成
    Skipped,
}

impl LineState {
    pub const ALL: [LineState; 4] = [
        LineState::Ready,
        LineState::Refused,
        LineState::Drafted,
        LineState::Skipped,
    ];

    pub fn word(self) -> &'static str {
        match self {
            LineState::Ready => "ready",
            LineState::Refused => "refused",
            LineState::Drafted => "drafted",
            LineState::Skipped => "skipped",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            LineState::Ready => "可以送审",
            LineState::Refused => "不合要求",
            LineState::Drafted => "已成草稿",
            LineState::Skipped => "已跳过",
        }
    }

    pub fn from_word(word: &str) -> Option<LineState> {
        LineState::ALL
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// One item of a change of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkLine {
    /// 1, 2, 3 …
    pub n: i64,
    pub item_id: Option<ItemId>,
    /// An open draft that goes along, or the draft that came of the line.
    pub draft_id: Option<DraftId>,
    pub org_id: OrgId,
    pub region: String,
    pub name: String,
    pub code: String,
    pub from_version: i64,
    pub changes: Vec<Change>,
    pub findings: Vec<Flag>,
    pub state: LineState,
    pub note: String,
}

const BULK: &str =
    "SELECT bulk_id, kind, title, account_id, by_name, params, looked, unchanged, created_at, done_at, batch_id
       FROM catalog_bulk";

fn bulk_of(row: &Row) -> Result<Bulk, Error> {
    Ok(Bulk {
        bulk_id: BulkId::from_uuid(row.get(0)?),
        kind: BulkKind::from_word(&row.get::<String>(1)?)?,
        title: row.get(2)?,
        account_id: AccountId::from_uuid(row.get(3)?),
        by_name: row.get(4)?,
        params: row.get(5)?,
        looked: row.get(6)?,
        unchanged: row.get(7)?,
        created_at: row.get(8)?,
        done_at: row.get(9)?,
        batch: row.get::<Option<Uuid>>(10)?.map(BatchId::from_uuid),
    })
}

/// Keeps a change that was looked at.
pub fn insert_bulk(tx: &mut Tx<'_>, bulk: &Bulk) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO catalog_bulk (
           bulk_id, kind, title, account_id, by_name, params, looked, unchanged, created_at, done_at, batch_id
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)",
        params![
            bulk.bulk_id.uuid(),
            bulk.kind.word(),
            &bulk.title,
            bulk.account_id.uuid(),
            &bulk.by_name,
            &bulk.params,
            bulk.looked,
            bulk.unchanged,
            bulk.created_at,
        ],
    )
}

/// Keeps one of its lines with the content it would publish.
pub fn insert_bulk_line(
    tx: &mut Tx<'_>,
    bulk_id: BulkId,
    line: &BulkLine,
    body: &Item,
) -> Result<(), Error> {
    let mut fields: Vec<&str> = line
        .changes
        .iter()
        .map(|change| crate::bulk::compare::top(&change.path))
        .collect();
    fields.dedup();
    tx.queue(
        "INSERT INTO catalog_bulk_lines (
           bulk_id, n, item_id, draft_id, org_id, region, name, code, from_version, body, changes, findings, fields,
           state, note
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            bulk_id.uuid(),
            line.n,
            line.item_id.map(ItemId::uuid),
            line.draft_id.map(DraftId::uuid),
            line.org_id.uuid(),
            &line.region,
            &line.name,
            &line.code,
            line.from_version,
            to_json(body),
            to_json(&line.changes),
            to_json(&line.findings),
            format!("|{}|", fields.join("|")),
            line.state.word(),
            &line.note,
        ],
    )
}

/// A change by its id.
pub fn bulk(tx: &mut Tx<'_>, bulk_id: BulkId) -> Result<Option<Bulk>, Error> {
    tx.query_opt(
        &format!("{BULK} WHERE bulk_id = $1"),
        &params![bulk_id.uuid()],
    )?
    .map(|row| bulk_of(&row))
    .transpose()
}

/// The change of many items that a batch of drafts came of.
pub fn bulk_of_batch(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<Bulk>, Error> {
    tx.query_opt(
        &format!("{BULK} WHERE batch_id = $1"),
        &params![batch.uuid()],
    )?
    .map(|row| bulk_of(&row))
    .transpose()
}

/// Changes of many items, the newest first.
pub fn bulks(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Bulk>, Error> {
    tx.query(
        &format!("{BULK} ORDER BY created_at DESC, bulk_id DESC LIMIT $1"),
        &params![count(limit.min(LIST_MAX))],
    )?
    .iter()
    .map(bulk_of)
    .collect()
}

/// What lines are narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFilter {
    /// A field of the record, e.g. `promised_limit`.
    pub field: String,
    pub state: Option<LineState>,
}

const LINE: &str = "SELECT n, item_id, draft_id, org_id, region, name, code, from_version, changes, findings, state, note, body
                      FROM catalog_bulk_lines";

fn line_of(row: &Row) -> Result<BulkLine, Error> {
    let state: String = row.get(10)?;
    Ok(BulkLine {
        n: row.get(0)?,
        item_id: row.get::<Option<Uuid>>(1)?.map(ItemId::from_uuid),
        draft_id: row.get::<Option<Uuid>>(2)?.map(DraftId::from_uuid),
        org_id: OrgId::from_uuid(row.get(3)?),
        region: row.get(4)?,
        name: row.get(5)?,
        code: row.get(6)?,
        from_version: row.get(7)?,
        changes: from_json(&row.get::<String>(8)?, "catalog_bulk_lines.changes")?,
        findings: from_json(&row.get::<String>(9)?, "catalog_bulk_lines.findings")?,
        state: LineState::from_word(&state)
            .ok_or_else(|| Error::Corrupt(format!("catalog_bulk_lines.state is {state}")))?,
        note: row.get(11)?,
    })
}

/// Lines after the one with number `after`, at most `limit`.
pub fn bulk_lines(
    tx: &mut Tx<'_>,
    bulk_id: BulkId,
    filter: &LineFilter,
    after: i64,
    limit: usize,
) -> Result<Vec<BulkLine>, Error> {
    let mut values: Vec<Value> = params![bulk_id.uuid(), after].to_vec();
    let mut conditions = String::new();
    if !filter.field.is_empty() {
        // Field names have no signs that LIKE reads as something else but the underscore, which then is any sign.
        values.push(format!("%|{}|%", filter.field.replace('%', "")).into());
        conditions.push_str(&format!(" AND fields LIKE ${}", values.len()));
    }
    if let Some(state) = filter.state {
        values.push(state.word().into());
        conditions.push_str(&format!(" AND state = ${}", values.len()));
    }
    values.push(count(limit.min(LIST_MAX)).into());
    let sql = format!(
        "{LINE} WHERE bulk_id = $1 AND n > $2{conditions} ORDER BY n LIMIT ${}",
        values.len()
    );
    tx.query(&sql, &values)?.iter().map(line_of).collect()
}

/// The lines that wait to become drafts, with the content each would publish.
pub fn ready_lines(tx: &mut Tx<'_>, bulk_id: BulkId) -> Result<Vec<(BulkLine, Item)>, Error> {
    tx.query(
        &format!("{LINE} WHERE bulk_id = $1 AND state = 'ready' ORDER BY n"),
        &params![bulk_id.uuid()],
    )?
    .iter()
    .map(|row| {
        let body = from_json(&row.get::<String>(12)?, "catalog_bulk_lines.body")?;
        Ok((line_of(row)?, body))
    })
    .collect()
}

/// How many lines there are, by state and by the set of fields that change.
pub fn bulk_counts(
    tx: &mut Tx<'_>,
    bulk_id: BulkId,
) -> Result<Vec<(LineState, String, i64)>, Error> {
    tx.query(
        "SELECT state, fields, COUNT(*) FROM catalog_bulk_lines
          WHERE bulk_id = $1 GROUP BY state, fields ORDER BY state, fields",
        &params![bulk_id.uuid()],
    )?
    .iter()
    .map(|row| {
        let state: String = row.get(0)?;
        let state = LineState::from_word(&state)
            .ok_or_else(|| Error::Corrupt(format!("catalog_bulk_lines.state is {state}")))?;
        Ok((state, row.get(1)?, row.get(2)?))
    })
    .collect()
}

/// Notes what became of a line.
pub fn settle_bulk_line(
    tx: &mut Tx<'_>,
    bulk_id: BulkId,
    n: i64,
    state: LineState,
    draft_id: Option<DraftId>,
    note: &str,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE catalog_bulk_lines SET state = $3, draft_id = $4, note = $5 WHERE bulk_id = $1 AND n = $2",
        params![
            bulk_id.uuid(),
            n,
            state.word(),
            draft_id.map(DraftId::uuid),
            note
        ],
    )
}

/// Marks a change as done, once: [`Error::Stale`] where it is already.
pub fn finish_bulk(
    tx: &mut Tx<'_>,
    bulk_id: BulkId,
    batch: BatchId,
    now: Timestamp,
) -> Result<(), Error> {
    let touched = tx.exec(
        "UPDATE catalog_bulk SET done_at = $2, batch_id = $3 WHERE bulk_id = $1 AND done_at IS NULL",
        &params![bulk_id.uuid(), now, batch.uuid()],
    )?;
    if touched == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// Forgets changes that nobody carried out.
pub fn purge_bulk(tx: &mut Tx<'_>, before: Timestamp) -> Result<(), Error> {
    tx.exec(
        "DELETE FROM catalog_bulk_lines WHERE bulk_id IN
           (SELECT bulk_id FROM catalog_bulk WHERE done_at IS NULL AND created_at < $1)",
        &params![before],
    )?;
    tx.exec(
        "DELETE FROM catalog_bulk WHERE done_at IS NULL AND created_at < $1",
        &params![before],
    )?;
    Ok(())
}

/// Open drafts of a body.
pub fn open_drafts_of(tx: &mut Tx<'_>, org_id: OrgId) -> Result<Vec<DraftId>, Error> {
    tx.query(
        "SELECT draft_id FROM item_drafts
          WHERE org_id = $1 AND state IN ('editing', 'in_review', 'approved') ORDER BY name, draft_id",
        &params![org_id.uuid()],
    )?
    .iter()
    .map(|row| Ok(DraftId::from_uuid(row.get(0)?)))
    .collect()
}

/// Gives a draft to another body; its content is saved apart.
pub fn move_draft(
    tx: &mut Tx<'_>,
    draft_id: DraftId,
    org_id: OrgId,
    region: &str,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE item_drafts SET org_id = $2, region = $3 WHERE draft_id = $1",
        params![draft_id.uuid(), org_id.uuid(), region],
    )
}

/// The item of every body as it stood at an instant: the newest version published by then, of items not cancelled by
/// then.
pub fn each_standing(
    tx: &mut Tx<'_>,
    at: Timestamp,
    org_id: Option<OrgId>,
    region_prefix: &str,
    each: &mut dyn FnMut(ItemId, OrgId, Item) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut values: Vec<Value> = params![at, format!("{region_prefix}%")].to_vec();
    let of_body = match org_id {
        None => String::new(),
        Some(org_id) => {
            values.push(org_id.uuid().into());
            " AND v.org_id = $3".to_owned()
        }
    };
    tx.each(
        &format!(
            "SELECT v.item_id, v.org_id, v.body
               FROM item_versions v
               JOIN items i ON i.item_id = v.item_id
              WHERE v.version = (SELECT MAX(w.version) FROM item_versions w
                                  WHERE w.item_id = v.item_id AND w.published_at <= $1)
                AND i.region LIKE $2{of_body}
                AND COALESCE((SELECT c.kind FROM item_changes c
                               WHERE c.item_id = v.item_id AND c.at <= $1
                               ORDER BY c.revision DESC LIMIT 1), '') <> 'cancelled'
              ORDER BY v.item_id"
        ),
        &values,
        &mut |row| {
            each(
                ItemId::from_uuid(row.get(0)?),
                OrgId::from_uuid(row.get(1)?),
                from_json(&row.get::<String>(2)?, "item_versions.body")?,
            )
        },
    )
}

/// A power given further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    pub delegation_id: DelegationId,
    pub item_id: ItemId,
    pub item_name: String,
    pub from_org: OrgId,
    pub to_org: OrgId,
    pub kind: Kind,
    /// The document it rests on.
    pub basis: String,
    pub first_day: Date,
    pub last_day: Option<Date>,
    pub draft_id: DraftId,
    pub by_name: String,
    pub created_at: Timestamp,
}

/// Keeps a power given further.
pub fn insert_delegation(tx: &mut Tx<'_>, one: &Delegation) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO catalog_delegations (
           delegation_id, item_id, item_name, from_org, to_org, kind, basis, first_day, last_day, draft_id, by_name,
           created_at
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            one.delegation_id.uuid(),
            one.item_id.uuid(),
            &one.item_name,
            one.from_org.uuid(),
            one.to_org.uuid(),
            one.kind.word(),
            &one.basis,
            one.first_day,
            one.last_day,
            one.draft_id.uuid(),
            &one.by_name,
            one.created_at,
        ],
    )
}

/// Powers given further, the newest first; of one body where it gave or received.
pub fn delegations(
    tx: &mut Tx<'_>,
    org_id: Option<OrgId>,
    limit: usize,
) -> Result<Vec<Delegation>, Error> {
    let mut values: Vec<Value> = params![count(limit)].to_vec();
    let condition = match org_id {
        None => "",
        Some(org_id) => {
            values.push(org_id.uuid().into());
            "WHERE from_org = $2 OR to_org = $2"
        }
    };
    tx.query(
        &format!(
            "SELECT delegation_id, item_id, item_name, from_org, to_org, kind, basis, first_day, last_day, draft_id,
                    by_name, created_at
               FROM catalog_delegations {condition}
              ORDER BY created_at DESC, delegation_id DESC LIMIT $1"
        ),
        &values,
    )?
    .iter()
    .map(|row| {
        let kind: String = row.get(5)?;
        Ok(Delegation {
            delegation_id: DelegationId::from_uuid(row.get(0)?),
            item_id: ItemId::from_uuid(row.get(1)?),
            item_name: row.get(2)?,
            from_org: OrgId::from_uuid(row.get(3)?),
            to_org: OrgId::from_uuid(row.get(4)?),
            kind: Kind::from_word(&kind)
                .ok_or_else(|| Error::Corrupt(format!("catalog_delegations.kind is {kind}")))?,
            basis: row.get(6)?,
            first_day: row.get(7)?,
            last_day: row.get(8)?,
            draft_id: DraftId::from_uuid(row.get(9)?),
            by_name: row.get(10)?,
            created_at: row.get(11)?,
        })
    })
    .collect()
}
