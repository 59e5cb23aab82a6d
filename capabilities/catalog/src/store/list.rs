//! Lists of items: filtered, page by page, for the snapshot and for exports.

use base::ids::{ItemId, OrgId, VersionId};
use store::{Error, Row, Tx, Value, params};

use super::{LIST_MAX, PUBLISHED, count, from_json, published, state_of};
use crate::brief::Brief;
use crate::model::{ItemState, Published};

/// What a list of items is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub org_id: Option<OrgId>,
    pub state: Option<ItemState>,
    pub item_type: Option<String>,
    /// Only records that carry marks.
    pub flagged: bool,
    /// Part of the name, or a whole code.
    pub text: String,
    /// Region code whose items (and those of everything below) are wanted; empty for all.
    pub region: String,
}

/// Where the page before ended: name and id.
pub type ListKey = (String, ItemId);

/// A page of items in the order of their names.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    after: Option<&ListKey>,
    limit: usize,
) -> Result<Vec<Brief>, Error> {
    let mut conditions = Conditions::of(filter);
    if let Some((name, item_id)) = after {
        let name = conditions.bind(name.into());
        let item_id = conditions.bind(item_id.uuid().into());
        conditions.add(format!("(i.name, i.item_id) > ({name}, {item_id})"));
    }
    let limit = conditions.bind(count(limit.min(LIST_MAX)).into());
    let sql = format!(
        "{BRIEF} {} ORDER BY i.name, i.item_id LIMIT {limit}",
        conditions.sql()
    );
    tx.query(&sql, &conditions.values)?
        .iter()
        .map(brief)
        .collect()
}

/// How many items a filter lets through.
pub fn count_items(tx: &mut Tx<'_>, filter: &Filter) -> Result<i64, Error> {
    let conditions = Conditions::of(filter);
    let sql = format!("SELECT COUNT(*) FROM items i {}", conditions.sql());
    tx.query_one(&sql, &conditions.values)?.get(0)
}

/// The WHERE of a list, with its parameters.
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(filter: &Filter) -> Conditions {
        let mut conditions = Conditions {
            texts: Vec::new(),
            values: Vec::new(),
        };
        if let Some(org_id) = filter.org_id {
            let value = conditions.bind(org_id.uuid().into());
            conditions.add(format!("i.org_id = {value}"));
        }
        if let Some(state) = filter.state {
            let value = conditions.bind(state.word().into());
            conditions.add(format!("i.state = {value}"));
        }
        if let Some(item_type) = &filter.item_type {
            let value = conditions.bind(item_type.into());
            conditions.add(format!("i.item_type = {value}"));
        }
        if filter.flagged {
            conditions.add("i.flag_count > 0".to_owned());
        }
        if !filter.text.is_empty() {
            let part = conditions.bind(format!("%{}%", like(&filter.text)).into());
            let whole = conditions.bind(filter.text.as_str().into());
            conditions.add(format!(
                "(i.name LIKE {part} ESCAPE '\\' OR i.impl_code = {whole} OR i.local_code = {whole} \
                 OR i.base_code = {whole})"
            ));
        }
        if !filter.region.is_empty() {
            match base::codes::RegionCode::parse(&filter.region) {
                Ok(region) => {
                    let part = conditions.bind(format!("{}%", like(region.prefix())).into());
                    conditions.add(format!("i.region LIKE {part} ESCAPE '\\'"));
                }
                // Nothing lies in a region that cannot be.
                Err(_) => conditions.add("1 = 0".to_owned()),
            }
        }
        conditions
    }

    /// The placeholder of a value.
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn add(&mut self, text: String) {
        self.texts.push(text);
    }

    fn sql(&self) -> String {
        if self.texts.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.texts.join(" AND "))
        }
    }
}

const BRIEF: &str =
    "SELECT i.item_id, i.current_version_id, i.version, i.impl_code, i.base_code, i.local_code,
                            i.name, i.org_id, i.region, i.item_type, i.state, i.flag_count, i.brief,
                            i.updated_at, i.revision
                       FROM items i";

fn brief(row: &Row) -> Result<Brief, Error> {
    Ok(Brief {
        item_id: ItemId::from_uuid(row.get(0)?),
        version_id: VersionId::from_uuid(row.get(1)?),
        version: row.get(2)?,
        impl_code: row.get(3)?,
        base_code: row.get(4)?,
        local_code: row.get(5)?,
        name: row.get(6)?,
        org_id: OrgId::from_uuid(row.get(7)?),
        region: row.get(8)?,
        item_type: row.get(9)?,
        state: state_of(row, 10)?,
        flag_count: row.get(11)?,
        body: from_json(&row.get::<String>(12)?, "items.brief")?,
        updated_at: row.get(13)?,
        revision: row.get(14)?,
        uses: 0,
    })
}

/// Hands over every item changed after a generation, in any state.
pub fn changed_since(
    tx: &mut Tx<'_>,
    generation: i64,
    each: &mut dyn FnMut(Brief) -> Result<(), Error>,
) -> Result<(), Error> {
    tx.each(
        &format!("{BRIEF} WHERE i.generation > $1 ORDER BY i.generation, i.item_id"),
        &params![generation],
        &mut |row| each(brief(row)?),
    )
}

/// Hands over the newest version of every item that `filter` lets through, in the order of the names.
pub fn each_current(
    tx: &mut Tx<'_>,
    filter: &Filter,
    each: &mut dyn FnMut(Published) -> Result<(), Error>,
) -> Result<(), Error> {
    let conditions = Conditions::of(filter);
    tx.each(
        &format!(
            "{PUBLISHED} AND v.version_id = i.current_version_id {} ORDER BY i.name, i.item_id",
            conditions.sql()
        ),
        &conditions.values,
        &mut |row| each(published(row)?),
    )
}

/// Makes a text safe inside LIKE.
pub(super) fn like(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
