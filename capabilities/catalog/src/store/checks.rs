//! Looks over the list: the bodies they read, how far they have come, what they found.

use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, Value, params};
use uuid::Uuid;

use super::{count, from_json, to_json};
use crate::model::Item;
use crate::uniform::Rule;

base::define_id! {
    /// A look over the list.
    RunId;
}

/// Items asked for by their version at once.
const TOGETHER: usize = 100;

/// The newest version of an item as it is stored.
#[derive(Debug)]
pub struct Stored {
    pub item_id: ItemId,
    pub version_id: VersionId,
    pub org_id: OrgId,
    pub region: String,
    pub base_code: String,
    /// JSON of the item.
    pub body: String,
}

/// Items that are not cancelled; of one body, with the items of others that have the same base codes.
const LOOKED_AT: &str = "i.state <> 'cancelled'";
const OF_BODY: &str = "AND (i.org_id = $1 OR (i.base_code <> '' AND i.base_code IN
                         (SELECT base_code FROM items WHERE org_id = $1 AND state <> 'cancelled')))";

/// How many items a look reads.
pub fn count_bodies(tx: &mut Tx<'_>, org_id: Option<OrgId>) -> Result<usize, Error> {
    let (condition, values) = scope(org_id);
    let sql = format!("SELECT COUNT(*) FROM items i WHERE {LOOKED_AT} {condition}");
    let count: i64 = tx.query_one(&sql, &values)?.get(0)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Hands over the newest version of every item a look reads.
pub fn each_body(
    tx: &mut Tx<'_>,
    org_id: Option<OrgId>,
    each: &mut dyn FnMut(Stored) -> Result<(), Error>,
) -> Result<(), Error> {
    let (condition, values) = scope(org_id);
    tx.each(
        &format!(
            "SELECT i.item_id, i.current_version_id, i.org_id, i.region, i.base_code, v.body
               FROM items i
               JOIN item_versions v ON v.version_id = i.current_version_id
              WHERE {LOOKED_AT} {condition}"
        ),
        &values,
        &mut |row| {
            each(Stored {
                item_id: ItemId::from_uuid(row.get(0)?),
                version_id: VersionId::from_uuid(row.get(1)?),
                org_id: OrgId::from_uuid(row.get(2)?),
                region: row.get(3)?,
                base_code: row.get(4)?,
                body: row.get(5)?,
            })
        },
    )
}

fn scope(org_id: Option<OrgId>) -> (&'static str, Vec<Value>) {
    match org_id {
        None => ("", Vec::new()),
        Some(org_id) => (OF_BODY, params![org_id.uuid()].into()),
    }
}

/// Hands over the content of versions, in no order.
pub fn each_content(
    tx: &mut Tx<'_>,
    versions: &[VersionId],
    each: &mut dyn FnMut(VersionId, Item),
) -> Result<(), Error> {
    for together in versions.chunks(TOGETHER) {
        let places: Vec<String> = (1..=together.len()).map(|n| format!("${n}")).collect();
        let values: Vec<Value> = together.iter().map(|id| Value::from(id.uuid())).collect();
        tx.each(
            &format!(
                "SELECT version_id, body FROM item_versions WHERE version_id IN ({})",
                places.join(", ")
            ),
            &values,
            &mut |row| {
                let item = from_json(&row.get::<String>(1)?, "item_versions.body")?;
                each(VersionId::from_uuid(row.get(0)?), item);
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// How far a look has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Done,
    Failed,
}

impl RunState {
    fn word(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            RunState::Running => "正在检查",
            RunState::Done => "已完成",
            RunState::Failed => "没有完成",
        }
    }

    fn from_word(word: &str) -> Option<RunState> {
        [RunState::Running, RunState::Done, RunState::Failed]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// A look over the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub run_id: RunId,
    pub org_id: Option<OrgId>,
    pub state: RunState,
    pub rules: Vec<Rule>,
    pub started_by: String,
    pub started_at: Timestamp,
    pub touched_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub items: i64,
    pub done: i64,
    pub found: i64,
    pub note: String,
}

const RUN: &str =
    "SELECT run_id, org_id, state, rules, started_by, started_at, touched_at, finished_at,
                          items, done, found, note
                     FROM check_runs";

fn run_of(row: &Row) -> Result<Run, Error> {
    let state: String = row.get(2)?;
    Ok(Run {
        run_id: RunId::from_uuid(row.get(0)?),
        org_id: row.get::<Option<Uuid>>(1)?.map(OrgId::from_uuid),
        state: RunState::from_word(&state)
            .ok_or_else(|| Error::Corrupt(format!("check_runs.state is {state}")))?,
        rules: from_json(&row.get::<String>(3)?, "check_runs.rules")?,
        started_by: row.get(4)?,
        started_at: row.get(5)?,
        touched_at: row.get(6)?,
        finished_at: row.get(7)?,
        items: row.get(8)?,
        done: row.get(9)?,
        found: row.get(10)?,
        note: row.get(11)?,
    })
}

pub fn insert_run(tx: &mut Tx<'_>, run: &Run) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO check_runs (run_id, org_id, state, rules, started_by, started_at, touched_at,
                                 finished_at, items, done, found, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            run.run_id.uuid(),
            run.org_id.map(OrgId::uuid),
            run.state.word(),
            to_json(&run.rules),
            &run.started_by,
            run.started_at,
            run.touched_at,
            run.finished_at,
            run.items,
            run.done,
            run.found,
            &run.note
        ],
    )
}

/// Notes how far a look has come.
pub fn update_run(tx: &mut Tx<'_>, run: &Run) -> Result<(), Error> {
    tx.queue(
        "UPDATE check_runs SET state = $2, touched_at = $3, finished_at = $4, items = $5, done = $6,
                               found = $7, note = $8
          WHERE run_id = $1",
        params![
            run.run_id.uuid(),
            run.state.word(),
            run.touched_at,
            run.finished_at,
            run.items,
            run.done,
            run.found,
            &run.note
        ],
    )
}

pub fn run(tx: &mut Tx<'_>, run_id: RunId) -> Result<Option<Run>, Error> {
    tx.query_opt(&format!("{RUN} WHERE run_id = $1"), &params![run_id.uuid()])?
        .map(|row| run_of(&row))
        .transpose()
}

/// The newest looks.
pub fn runs(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Run>, Error> {
    tx.query(
        &format!("{RUN} ORDER BY started_at DESC, run_id DESC LIMIT $1"),
        &params![count(limit)],
    )?
    .iter()
    .map(run_of)
    .collect()
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub item_name: String,
    /// `c1` … `c10`, or the key of a rule of uniformity.
    pub rule: String,
    /// The element, e.g. `materials`.
    pub field: String,
    /// Where exactly, e.g. `materials[2].name`.
    pub path: String,
    /// Whether the item could not be published so today.
    pub stops: bool,
    pub message: String,
    /// What the item says and what the benchmark says; empty for the ten rules.
    pub value: String,
    pub benchmark: String,
    pub benchmark_item: Option<ItemId>,
}

/// Keeps findings, numbered from `from`.
pub fn insert_findings(
    tx: &mut Tx<'_>,
    run_id: RunId,
    from: usize,
    found: &[Found],
) -> Result<(), Error> {
    for (n, one) in (from..).zip(found) {
        tx.queue(
            "INSERT INTO check_findings (run_id, n, item_id, org_id, item_name, rule, field, path, stops,
                                         message, value, benchmark, benchmark_item)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            params![
                run_id.uuid(),
                count(n),
                one.item_id.uuid(),
                one.org_id.uuid(),
                &one.item_name,
                &one.rule,
                &one.field,
                &one.path,
                one.stops,
                &one.message,
                &one.value,
                &one.benchmark,
                one.benchmark_item.map(ItemId::uuid)
            ],
        )?;
    }
    Ok(())
}

/// What a list of findings is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFilter {
    pub org_id: Option<OrgId>,
    pub item_id: Option<ItemId>,
    pub rule: String,
    pub field: String,
    /// Part of the item's name.
    pub text: String,
}

struct Where {
    sql: String,
    values: Vec<Value>,
}

impl Where {
    fn of(run_id: RunId, filter: &FoundFilter) -> Where {
        let mut all = Where {
            sql: "f.run_id = $1".to_owned(),
            values: params![run_id.uuid()].into(),
        };
        if let Some(org_id) = filter.org_id {
            all.and("f.org_id =", org_id.uuid().into());
        }
        if let Some(item_id) = filter.item_id {
            all.and("f.item_id =", item_id.uuid().into());
        }
        if !filter.rule.is_empty() {
            all.and("f.rule =", filter.rule.as_str().into());
        }
        if !filter.field.is_empty() {
            all.and("f.field =", filter.field.as_str().into());
        }
        if !filter.text.is_empty() {
            let text = filter.text.replace(['%', '_', '\\'], "");
            all.and("f.item_name LIKE", format!("%{text}%").into());
        }
        all
    }

    fn and(&mut self, left: &str, value: Value) {
        self.values.push(value);
        self.sql
            .push_str(&format!(" AND {left} ${}", self.values.len()));
    }
}

/// Hands over findings in their order after number `after`, at most `limit`, each with its number.
pub fn each_finding(
    tx: &mut Tx<'_>,
    run_id: RunId,
    filter: &FoundFilter,
    after: i64,
    limit: usize,
    each: &mut dyn FnMut(i64, Found) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut condition = Where::of(run_id, filter);
    condition.and("f.n >", after.into());
    condition.values.push(count(limit).into());
    tx.each(
        &format!(
            "SELECT f.n, f.item_id, f.org_id, f.item_name, f.rule, f.field, f.path, f.stops, f.message, f.value,
                    f.benchmark, f.benchmark_item
               FROM check_findings f WHERE {} ORDER BY f.n LIMIT ${}",
            condition.sql,
            condition.values.len()
        ),
        &condition.values,
        &mut |row| {
            let one = Found {
                item_id: ItemId::from_uuid(row.get(1)?),
                org_id: OrgId::from_uuid(row.get(2)?),
                item_name: row.get(3)?,
                rule: row.get(4)?,
                field: row.get(5)?,
                path: row.get(6)?,
                stops: row.get::<i64>(7)? != 0,
                message: row.get(8)?,
                value: row.get(9)?,
                benchmark: row.get(10)?,
                benchmark_item: row.get::<Option<Uuid>>(11)?.map(ItemId::from_uuid),
            };
            each(row.get(0)?, one)
        },
    )
}

pub fn count_findings(tx: &mut Tx<'_>, run_id: RunId, filter: &FoundFilter) -> Result<i64, Error> {
    let condition = Where::of(run_id, filter);
    tx.query_one(
        &format!(
            "SELECT COUNT(*) FROM check_findings f WHERE {}",
            condition.sql
        ),
        &condition.values,
    )?
    .get(0)
}

/// How many findings and items each body has, most first.
pub fn found_by_org(
    tx: &mut Tx<'_>,
    run_id: RunId,
    filter: &FoundFilter,
) -> Result<Vec<(OrgId, i64, i64)>, Error> {
    let condition = Where::of(run_id, filter);
    tx.query(
        &format!(
            "SELECT f.org_id, COUNT(*) AS total, COUNT(DISTINCT f.item_id) FROM check_findings f
              WHERE {} GROUP BY f.org_id ORDER BY total DESC, f.org_id",
            condition.sql
        ),
        &condition.values,
    )?
    .iter()
    .map(|row| Ok((OrgId::from_uuid(row.get(0)?), row.get(1)?, row.get(2)?)))
    .collect()
}

/// How many findings and items each element of each rule has, most first.
pub fn found_by_field(
    tx: &mut Tx<'_>,
    run_id: RunId,
    filter: &FoundFilter,
) -> Result<Vec<(String, String, i64, i64)>, Error> {
    let condition = Where::of(run_id, filter);
    tx.query(
        &format!(
            "SELECT f.rule, f.field, COUNT(*) AS total, COUNT(DISTINCT f.item_id) FROM check_findings f
              WHERE {} GROUP BY f.rule, f.field ORDER BY total DESC, f.rule, f.field",
            condition.sql
        ),
        &condition.values,
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    .collect()
}

/// The items with most findings, at most `limit`.
pub fn found_by_item(
    tx: &mut Tx<'_>,
    run_id: RunId,
    filter: &FoundFilter,
    limit: usize,
) -> Result<Vec<(ItemId, OrgId, String, i64)>, Error> {
    let mut condition = Where::of(run_id, filter);
    condition.values.push(count(limit).into());
    tx.query(
        &format!(
            "SELECT f.item_id, f.org_id, f.item_name, COUNT(*) AS total FROM check_findings f
              WHERE {} GROUP BY f.item_id, f.org_id, f.item_name
              ORDER BY total DESC, f.item_name, f.item_id LIMIT ${}",
            condition.sql,
            condition.values.len()
        ),
        &condition.values,
    )?
    .iter()
    .map(|row| {
        Ok((
            ItemId::from_uuid(row.get(0)?),
            OrgId::from_uuid(row.get(1)?),
            row.get(2)?,
            row.get(3)?,
        ))
    })
    .collect()
}

/// How many findings of a run another one has not: what came since, or what was put right.
pub fn found_only_in(tx: &mut Tx<'_>, run_id: RunId, other: RunId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM check_findings f
          WHERE f.run_id = $1
            AND NOT EXISTS (SELECT 1 FROM check_findings o
                             WHERE o.run_id = $2 AND o.item_id = f.item_id AND o.rule = f.rule
                               AND o.path = f.path)",
        &params![run_id.uuid(), other.uuid()],
    )?
    .get(0)
}

/// Items without an implementing code, at most `limit`: id, body, region.
pub fn without_code(
    tx: &mut Tx<'_>,
    org_id: Option<OrgId>,
    limit: usize,
) -> Result<Vec<(ItemId, OrgId, String)>, Error> {
    let mut values: Vec<Value> = params![count(limit)].into();
    let condition = match org_id {
        None => "",
        Some(org_id) => {
            values.push(org_id.uuid().into());
            "AND org_id = $2"
        }
    };
    tx.query(
        &format!(
            "SELECT item_id, org_id, region FROM items
              WHERE impl_code = '' AND state <> 'cancelled' {condition} ORDER BY item_id LIMIT $1"
        ),
        &values,
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

/// The codes of every item that is not cancelled, by body and name.
pub fn coded(tx: &mut Tx<'_>) -> Result<Vec<crate::codes::Coded>, Error> {
    tx.query(
        "SELECT item_id, org_id, name, impl_code, base_code FROM items
          WHERE state <> 'cancelled' ORDER BY org_id, name, item_id",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(crate::codes::Coded {
            item_id: ItemId::from_uuid(row.get(0)?),
            org_id: OrgId::from_uuid(row.get(1)?),
            name: row.get(2)?,
            impl_code: row.get(3)?,
            base_code: row.get(4)?,
        })
    })
    .collect()
}
