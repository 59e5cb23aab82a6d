//! The questions the catalogue asks of the database, with their SQL. Nothing else in this crate writes SQL.
//!
//! `item_versions` and `item_changes` are only ever inserted into.

use base::crypto::{Digest, to_hex};
use base::ids::{AccountId, ItemId, OrgId, VersionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::feed::Entry;
use store::{Error, Migration, Row, Tx, Value, params};
use uuid::Uuid;

use crate::brief::{Brief, BriefBody};
use crate::model::{Flag, Item, ItemState, Published};

/// The tables of the catalogue.
pub const MIGRATIONS: &[Migration] = &[Migration {
    id: "0300_catalog",
    sql: include_str!("../migrations/0300_catalog.sql"),
}];

/// Rows of one page of a list, at most.
pub const LIST_MAX: usize = 500;

/// Feed entry of a new version; `subject` is the item, `hash` the digest of the version.
pub const FEED_PUBLISHED: &str = "item.published";
/// Feed entry of a changed state.
pub const FEED_STATE: &str = "item.state";

/// What one record did to the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created(ItemId),
    /// A new version was published; the number of the one before.
    Changed(ItemId, i64),
    Unchanged(ItemId),
}

impl Outcome {
    pub fn item(self) -> ItemId {
        match self {
            Outcome::Created(item) | Outcome::Changed(item, _) | Outcome::Unchanged(item) => item,
        }
    }
}

/// A record to publish. The ids are used if they are needed.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    pub item_id: ItemId,
    pub version_id: VersionId,
    pub org_id: OrgId,
    /// Region of the item, where it names none that of the body.
    pub region: &'a str,
    pub item: &'a Item,
    pub flags: &'a [Flag],
}

/// Publishes records in one transaction, which then holds the catalogue's next generation.
///
/// Two transactions that publish wait for one another, so that no version number is given twice.
#[derive(Debug)]
pub struct Publisher<'a> {
    generation: i64,
    now: Timestamp,
    by: &'a str,
}

impl<'a> Publisher<'a> {
    /// `by` is the name that stands beside the version.
    pub fn begin(tx: &mut Tx<'_>, now: Timestamp, by: &'a str) -> Result<Publisher<'a>, Error> {
        let generation = tx
            .query_one(
                "UPDATE catalog_state SET generation = generation + 1
                  WHERE one = 1
                 RETURNING generation",
                &[],
            )?
            .get(0)?;
        Ok(Publisher {
            generation,
            now,
            by,
        })
    }

    /// Makes a new immutable version if the content or the deciding body changed, otherwise nothing.
    pub fn publish(&self, tx: &mut Tx<'_>, new: NewVersion<'_>) -> Result<Outcome, Error> {
        let digest = new.item.digest();
        let key = item_key(new.org_id, new.item);
        let known = tx.query_opt(
            "SELECT item_id, version, digest, org_id, revision, updated_at
               FROM items
              WHERE item_key = $1",
            &params![&key],
        )?;
        let Some(row) = known else {
            self.insert(tx, new, &key, digest)?;
            return Ok(Outcome::Created(new.item_id));
        };
        let item_id = ItemId::from_uuid(row.get(0)?);
        let version: i64 = row.get(1)?;
        let org_id = OrgId::from_uuid(row.get(3)?);
        if row.get::<Digest>(2)? == digest && org_id == new.org_id {
            return Ok(Outcome::Unchanged(item_id));
        }
        let revision = row.get::<i64>(4)? + 1;
        let at = self.now.max(row.get(5)?);
        self.replace(
            tx,
            NewVersion { item_id, ..new },
            Place {
                version: version + 1,
                revision,
                at,
            },
            digest,
        )?;
        Ok(Outcome::Changed(item_id, version))
    }

    fn insert(&self, tx: &mut Tx<'_>, new: NewVersion<'_>, key: &str, digest: Digest) -> Result<(), Error> {
        let place = Place {
            version: 1,
            revision: 1,
            at: self.now,
        };
        let item = new.item;
        tx.queue(
            "INSERT INTO items (
               item_id, item_key, impl_code, base_code, local_code, name, org_id, region, item_type,
               state, current_version_id, version, digest, flag_count, brief, revision, generation, updated_at
             ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
            params![
                new.item_id.uuid(),
                key,
                &item.impl_code,
                &item.base_code,
                &item.local_item_code,
                &item.name,
                new.org_id.uuid(),
                new.region,
                &item.item_type,
                ItemState::Published.word(),
                new.version_id.uuid(),
                place.version,
                digest,
                count(new.flags.len()),
                BriefBody::of(item).to_json(),
                place.revision,
                self.generation,
                place.at,
            ],
        )?;
        self.record(tx, new, place, digest)
    }

    fn replace(&self, tx: &mut Tx<'_>, new: NewVersion<'_>, place: Place, digest: Digest) -> Result<(), Error> {
        let item = new.item;
        tx.queue(
            "UPDATE items SET
               impl_code = $2,
               base_code = $3,
               local_code = $4,
               name = $5,
               org_id = $6,
               region = $7,
               item_type = $8,
               current_version_id = $9,
               version = $10,
               digest = $11,
               flag_count = $12,
               brief = $13,
               revision = $14,
               generation = $15,
               updated_at = $16
             WHERE item_id = $1",
            params![
                new.item_id.uuid(),
                &item.impl_code,
                &item.base_code,
                &item.local_item_code,
                &item.name,
                new.org_id.uuid(),
                new.region,
                &item.item_type,
                new.version_id.uuid(),
                place.version,
                digest,
                count(new.flags.len()),
                BriefBody::of(item).to_json(),
                place.revision,
                self.generation,
                place.at,
            ],
        )?;
        self.record(tx, new, place, digest)
    }

    /// The version itself, the change and the feed entry.
    fn record(&self, tx: &mut Tx<'_>, new: NewVersion<'_>, place: Place, digest: Digest) -> Result<(), Error> {
        tx.queue(
            "INSERT INTO item_versions (
               version_id, item_id, version, org_id, body, digest, flags, published_at, published_by
             ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                new.version_id.uuid(),
                new.item_id.uuid(),
                place.version,
                new.org_id.uuid(),
                to_json(new.item),
                digest,
                to_json(new.flags),
                place.at,
                self.by,
            ],
        )?;
        let change = Change {
            kind: "published",
            version: place.version,
            reason: "",
        };
        self.change(tx, new.item_id, place, &change)?;
        tx.feed(Entry {
            kind: FEED_PUBLISHED.to_owned(),
            subject: new.item_id.uuid(),
            seq: place.revision,
            at_ms: place.at.as_millisecond(),
            hash: digest,
        })
    }

    /// Suspends, resumes or cancels an item. `false` where it is in that state already or is not known.
    pub fn set_state(
        &self,
        tx: &mut Tx<'_>,
        item_id: ItemId,
        state: ItemState,
        reason: &str,
    ) -> Result<bool, Error> {
        let known = tx.query_opt(
            "SELECT state, version, digest, revision, updated_at FROM items WHERE item_id = $1",
            &params![item_id.uuid()],
        )?;
        let Some(row) = known else {
            return Ok(false);
        };
        if row.get::<String>(0)? == state.word() {
            return Ok(false);
        }
        let place = Place {
            version: row.get(1)?,
            revision: row.get::<i64>(3)? + 1,
            at: self.now.max(row.get(4)?),
        };
        tx.queue(
            "UPDATE items SET state = $2, revision = $3, generation = $4, updated_at = $5
              WHERE item_id = $1",
            params![
                item_id.uuid(),
                state.word(),
                place.revision,
                self.generation,
                place.at
            ],
        )?;
        let change = Change {
            kind: match state {
                ItemState::Published => "resumed",
                ItemState::Suspended => "suspended",
                ItemState::Cancelled => "cancelled",
            },
            version: place.version,
            reason,
        };
        self.change(tx, item_id, place, &change)?;
        tx.feed(Entry {
            kind: FEED_STATE.to_owned(),
            subject: item_id.uuid(),
            seq: place.revision,
            at_ms: place.at.as_millisecond(),
            hash: row.get(2)?,
        })?;
        Ok(true)
    }

    fn change(&self, tx: &mut Tx<'_>, item_id: ItemId, place: Place, change: &Change<'_>) -> Result<(), Error> {
        tx.queue(
            "INSERT INTO item_changes (item_id, revision, kind, version, by_name, reason, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![
                item_id.uuid(),
                place.revision,
                change.kind,
                change.version,
                self.by,
                change.reason,
                place.at
            ],
        )
    }
}

#[derive(Clone, Copy)]
struct Place {
    version: i64,
    revision: i64,
    at: Timestamp,
}

struct Change<'a> {
    kind: &'a str,
    version: i64,
    reason: &'a str,
}

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
    tx.query_opt(&format!("{HOLDER} WHERE item_id = $1"), &params![item_id.uuid()])?
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
pub fn standing_of(tx: &mut Tx<'_>, item_id: ItemId) -> Result<Option<(VersionId, ItemState)>, Error> {
    tx.query_opt(
        "SELECT current_version_id, state FROM items WHERE item_id = $1",
        &params![item_id.uuid()],
    )?
    .map(|row| Ok((VersionId::from_uuid(row.get(0)?), state_of(&row, 1)?)))
    .transpose()
}

/// Version `n` of an item.
pub fn version_number(tx: &mut Tx<'_>, item_id: ItemId, n: i64) -> Result<Option<Published>, Error> {
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
    let sql = format!("{BRIEF} {} ORDER BY i.name, i.item_id LIMIT {limit}", conditions.sql());
    tx.query(&sql, &conditions.values)?.iter().map(brief).collect()
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
        if let Ok(region) = base::codes::RegionCode::parse(&filter.region) {
            let part = conditions.bind(format!("{}%", like(region.prefix())).into());
            conditions.add(format!("i.region LIKE {part} ESCAPE '\\'"));
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

const BRIEF: &str = "SELECT i.item_id, i.current_version_id, i.version, i.impl_code, i.base_code, i.local_code,
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

/// The generation of the catalogue: it goes up with every change.
pub fn generation(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_one("SELECT generation FROM catalog_state WHERE one = 1", &[])?
        .get(0)
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
        &mut |row| each(brief(&row)?),
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
        &mut |row| each(published(&row)?),
    )
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
        "UPDATE catalog_state SET generation = generation + 1 WHERE one = 1",
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

/// An import that was looked at, and perhaps done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub import_id: Uuid,
    pub file_name: String,
    pub account_id: AccountId,
    /// The body records without a known one are given to.
    pub org_id: Option<OrgId>,
    /// Departments of the file and the bodies they mean, as they were typed: `区民政局=990102.civil`, one a line.
    pub mapping: String,
    pub keep_good_rows: bool,
    pub file_digest: Digest,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
    pub outcome: Option<Done>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub rows: usize,
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub flagged: usize,
    pub refused: usize,
}

/// Keeps an import until it is confirmed.
pub fn keep_import(tx: &mut Tx<'_>, import: &Import) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO catalog_imports (
           import_id, file_name, account_id, org_id, mapping, keep_good, file_digest, created_at, done_at, outcome
         ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL)",
        params![
            import.import_id,
            &import.file_name,
            import.account_id.uuid(),
            import.org_id.map(OrgId::uuid),
            &import.mapping,
            import.keep_good_rows,
            import.file_digest,
            import.created_at
        ],
    )
}

/// An import by its id.
pub fn import(tx: &mut Tx<'_>, import_id: Uuid) -> Result<Option<Import>, Error> {
    tx.query_opt(
        "SELECT import_id, file_name, account_id, org_id, mapping, keep_good, file_digest, created_at, done_at, outcome
           FROM catalog_imports
          WHERE import_id = $1",
        &params![import_id],
    )?
    .map(|row| {
        let outcome: Option<String> = row.get(9)?;
        Ok(Import {
            import_id: row.get(0)?,
            file_name: row.get(1)?,
            account_id: AccountId::from_uuid(row.get(2)?),
            org_id: row.get::<Option<Uuid>>(3)?.map(OrgId::from_uuid),
            mapping: row.get(4)?,
            keep_good_rows: row.get(5)?,
            file_digest: row.get(6)?,
            created_at: row.get(7)?,
            done_at: row.get(8)?,
            outcome: outcome
                .map(|json| from_json(&json, "catalog_imports.outcome"))
                .transpose()?,
        })
    })
    .transpose()
}

/// Marks an import as done, once: [`Error::Stale`] where it is already.
pub fn finish_import(
    tx: &mut Tx<'_>,
    import_id: Uuid,
    keep_good_rows: bool,
    done: &Done,
    now: Timestamp,
) -> Result<(), Error> {
    let touched = tx.exec(
        "UPDATE catalog_imports SET done_at = $2, outcome = $3, keep_good = $4
          WHERE import_id = $1 AND done_at IS NULL",
        &params![import_id, now, to_json(done), keep_good_rows],
    )?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Forgets imports that were never confirmed.
pub fn purge_imports(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.exec(
        "DELETE FROM catalog_imports WHERE done_at IS NULL AND created_at < $1",
        &params![before],
    )
}

/// Makes a text safe inside LIKE.
fn like(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data without maps of odd keys")
}

fn from_json<T: for<'de> Deserialize<'de>>(json: &str, column: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupt(format!("{column}: {error}")))
}
