//! Publishing versions and changing states: the only writes to items, versions and changes.

use base::crypto::Digest;
use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use store::feed::Entry;
use store::{Error, Tx, params};

use super::{FEED_PUBLISHED, FEED_STATE, count, item_key, to_json};
use crate::brief::BriefBody;
use crate::model::{Flag, Item, ItemState};

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
    /// Where it is exercised in this deployment.
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
                "INSERT INTO catalog_state (one, generation) VALUES (1, 1)
                 ON CONFLICT (one) DO UPDATE SET generation = catalog_state.generation + 1
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

    /// Makes a new version of the item with this id, whatever it was recognised by before; a new item where the id is
    /// not known.
    ///
    /// # Errors
    /// [`Error::Unique`] where another item is recognised by the same code.
    pub fn revise(&self, tx: &mut Tx<'_>, new: NewVersion<'_>) -> Result<Outcome, Error> {
        let digest = new.item.digest();
        let key = item_key(new.org_id, new.item);
        let known = tx.query_opt(
            "SELECT version, digest, org_id, revision, updated_at, item_key FROM items WHERE item_id = $1",
            &params![new.item_id.uuid()],
        )?;
        let Some(row) = known else {
            self.insert(tx, new, &key, digest)?;
            return Ok(Outcome::Created(new.item_id));
        };
        let version: i64 = row.get(0)?;
        if row.get::<Digest>(1)? == digest && OrgId::from_uuid(row.get(2)?) == new.org_id {
            return Ok(Outcome::Unchanged(new.item_id));
        }
        if row.get::<String>(5)? != key {
            tx.queue(
                "UPDATE items SET item_key = $2 WHERE item_id = $1",
                params![new.item_id.uuid(), &key],
            )?;
        }
        let place = Place {
            version: version + 1,
            revision: row.get::<i64>(3)? + 1,
            at: self.now.max(row.get(4)?),
        };
        self.replace(tx, new, place, digest)?;
        Ok(Outcome::Changed(new.item_id, version))
    }

    fn insert(
        &self,
        tx: &mut Tx<'_>,
        new: NewVersion<'_>,
        key: &str,
        digest: Digest,
    ) -> Result<(), Error> {
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

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        new: NewVersion<'_>,
        place: Place,
        digest: Digest,
    ) -> Result<(), Error> {
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
    fn record(
        &self,
        tx: &mut Tx<'_>,
        new: NewVersion<'_>,
        place: Place,
        digest: Digest,
    ) -> Result<(), Error> {
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
        super::materials::note_materials(tx, new.item_id, new.item)?;
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

    fn change(
        &self,
        tx: &mut Tx<'_>,
        item_id: ItemId,
        place: Place,
        change: &Change<'_>,
    ) -> Result<(), Error> {
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
