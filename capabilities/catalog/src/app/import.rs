//! Importing a file that was read: what it would do, and doing it, in one transaction.

use base::ids::{IdSource, ItemId, VersionId};
use casework::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::app::state::administers;
use crate::import::table::BODY;
use crate::import::{Parsed, RowError};
use crate::store as records;
use crate::store::{Done, NewVersion, Outcome, Publisher};

/// Lines of a preview that are shown one by one.
pub const LINES_MAX: usize = 200;

/// Why an import was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Some rows have errors, and nobody said that the good ones should be kept nevertheless.
    #[error("the file has {0} rows with errors")]
    Refused(usize),
    /// A record would take over an item of a body outside the actor's scope.
    #[error("row {row} would take over an item of another body")]
    NotYours { row: usize, name: String },
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::Refused(_) | Error::NotYours { .. } => None,
        }
    }
}

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// The first [`LINES_MAX`] records that would be created or changed.
    pub lines: Vec<Line>,
}

/// One record of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub row: usize,
    pub name: String,
    pub created: bool,
    pub flags: usize,
}

/// Turns records outside the actor's scope into row errors: those of bodies the actor does not manage.
pub fn restrict(parsed: &mut Parsed, actor: &Actor) {
    parsed
        .held
        .retain(|held| administers(actor, &held.record.region, held.record.org_id));
    let (good, strange) = std::mem::take(&mut parsed.good)
        .into_iter()
        .partition(|record| administers(actor, &record.region, record.org_id));
    parsed.good = good;
    for record in strange {
        parsed.refuse(RowError {
            row: record.row,
            field: BODY.to_owned(),
            message: "这个实施主体或区划不在您的管理范围，请由上级管理员导入".to_owned(),
        });
    }
}

/// Lets records pass that break a rule and are published exactly so already: they change nothing, and a list that was
/// written out can be read in again.
pub fn admit_unchanged(tx: &mut Tx<'_>, parsed: &mut Parsed) -> Result<(), store::Error> {
    for held in std::mem::take(&mut parsed.held) {
        let record = held.record;
        let known = records::holder_by_key(tx, &records::item_key(record.org_id, &record.item))?;
        let unchanged = known.is_some_and(|known| {
            known.digest == record.item.digest() && known.org_id == record.org_id
        });
        if unchanged {
            parsed.refused -= 1;
            parsed.errors_total -= held.errors.len();
            parsed.errors.retain(|error| !held.errors.contains(error));
            parsed.good.push(record);
        }
    }
    parsed.good.sort_by_key(|record| record.row);
    Ok(())
}

/// Tells what an import would do, without doing it.
pub fn preview(tx: &mut Tx<'_>, parsed: &Parsed) -> Result<Preview, store::Error> {
    let mut preview = Preview::default();
    for record in &parsed.good {
        let key = records::item_key(record.org_id, &record.item);
        let created = match records::holder_by_key(tx, &key)? {
            None => true,
            Some(known) => {
                if known.digest == record.item.digest() && known.org_id == record.org_id {
                    preview.unchanged += 1;
                    continue;
                }
                false
            }
        };
        if created {
            preview.created += 1;
        } else {
            preview.changed += 1;
        }
        if preview.lines.len() < LINES_MAX {
            preview.lines.push(Line {
                row: record.row,
                name: record.item.name.clone(),
                created,
                flags: record.flags.len(),
            });
        }
    }
    Ok(preview)
}

/// Ids for every record, made before the transaction, which may run more than once.
pub fn ids(source: &IdSource, now: Timestamp, parsed: &Parsed) -> Vec<(ItemId, VersionId)> {
    parsed
        .good
        .iter()
        .map(|_| (source.next(now), source.next(now)))
        .collect()
}

/// Publishes every good record, or nothing at all.
///
/// A file with row errors is refused unless `keep_good_rows`. `ids` has one pair per good record (see [`ids`]).
pub fn apply(
    tx: &mut Tx<'_>,
    parsed: &Parsed,
    ids: &[(ItemId, VersionId)],
    keep_good_rows: bool,
    now: Timestamp,
    actor: &Actor,
) -> Result<Done, Error> {
    if parsed.refused > 0 && !keep_good_rows {
        return Err(Error::Refused(parsed.refused));
    }
    let publisher = Publisher::begin(tx, now, actor.name())?;
    let mut done = Done {
        rows: parsed.rows,
        created: 0,
        changed: 0,
        unchanged: 0,
        flagged: parsed.flagged(),
        refused: parsed.refused,
    };
    for (record, (item_id, version_id)) in parsed.good.iter().zip(ids) {
        let known = records::holder_by_key(tx, &records::item_key(record.org_id, &record.item))?;
        if let Some(known) = known
            && !administers(actor, &known.region, known.org_id)
        {
            return Err(Error::NotYours {
                row: record.row,
                name: record.item.name.clone(),
            });
        }
        let outcome = publisher.publish(
            tx,
            NewVersion {
                item_id: *item_id,
                version_id: *version_id,
                org_id: record.org_id,
                region: &record.region,
                item: &record.item,
                flags: &record.flags,
            },
        )?;
        match outcome {
            Outcome::Created(_) => done.created += 1,
            Outcome::Changed(..) => done.changed += 1,
            Outcome::Unchanged(_) => done.unchanged += 1,
        }
    }
    Ok(done)
}
