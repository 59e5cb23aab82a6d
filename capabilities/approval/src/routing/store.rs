//! Versions of routes: one draft an item at most, numbered from 1, never changed once published.

use ::route::Route;
use base::ids::{ItemId, StaffId, VersionId};
use casework::Case;
use jiff::Timestamp;
use store::{Row, Tx, params};

use super::Plan;
use crate::{details, error::Error, service::Act};

/// Versions listed for one item.
const VERSIONS_MAX: i64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Being written.
    Draft,
    /// Handed in: waits for a second person.
    Submitted,
    Published,
    /// A newer version took its place; cases that began with it keep it.
    Retired,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Submitted => "submitted",
            State::Published => "published",
            State::Retired => "retired",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            State::Draft => "草稿",
            State::Submitted => "待审核",
            State::Published => "在用",
            State::Retired => "已被新版本取代",
        }
    }

    fn from_word(word: &str) -> Option<State> {
        [
            State::Draft,
            State::Submitted,
            State::Published,
            State::Retired,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }
}

/// One version.
#[derive(Clone, Debug)]
pub struct Version {
    pub id: VersionId,
    pub item: ItemId,
    pub number: i64,
    pub state: State,
    /// Goes up with every change of the draft.
    pub revision: i64,
    pub route: Route,
    /// What is new in it.
    pub note: String,
    pub drafted_by: StaffId,
    pub drafted_name: String,
    pub changed_at: Timestamp,
    /// Empty until it is published.
    pub published_name: String,
    pub published_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "SELECT route_id, item_id, number, state, revision, body, note, drafted_by, drafted_name,
                              changed_at, published_name, published_at
                         FROM routes";

fn version_of(row: &Row) -> Result<Version, Error> {
    let body: String = row.get(5)?;
    let state: String = row.get(3)?;
    let damaged = |what: String| Error::Cases(cases::Error::Damaged(what));
    Ok(Version {
        id: row.get(0)?,
        item: row.get(1)?,
        number: row.get(2)?,
        state: State::from_word(&state)
            .ok_or_else(|| damaged(format!("routes.state is {state}")))?,
        revision: row.get(4)?,
        route: base::json::read(body.as_bytes())
            .map_err(|error| damaged(format!("routes.body: {error}")))?,
        note: row.get(6)?,
        drafted_by: row.get(7)?,
        drafted_name: row.get(8)?,
        changed_at: row.get(9)?,
        published_name: row.get(10)?,
        published_at: row.get(11)?,
    })
}

pub fn by_id(tx: &mut Tx<'_>, id: VersionId) -> Result<Option<Version>, Error> {
    let row = tx.query_opt(&format!("{COLUMNS} WHERE route_id = $1"), &params![id])?;
    row.map(|row| version_of(&row)).transpose()
}

/// Versions of an item, newest first.
pub fn of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<Version>, Error> {
    let rows = tx.query(
        &format!("{COLUMNS} WHERE item_id = $1 ORDER BY number DESC LIMIT $2"),
        &params![item, VERSIONS_MAX],
    )?;
    rows.iter().map(version_of).collect()
}

/// The version that new cases of an item follow.
pub fn in_use(tx: &mut Tx<'_>, item: ItemId) -> Result<Option<Version>, Error> {
    let row = tx.query_opt(
        &format!(
            "{COLUMNS} WHERE item_id = $1 AND state = 'published' ORDER BY number DESC LIMIT 1"
        ),
        &params![item],
    )?;
    row.map(|row| version_of(&row)).transpose()
}

/// Items that have routes: the item and its newest version.
pub fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Version>, Error> {
    let rows = tx.query(
        &format!(
            "{COLUMNS} WHERE number = (SELECT MAX(r.number) FROM routes r WHERE r.item_id = routes.item_id)
              ORDER BY changed_at DESC, route_id LIMIT $1"
        ),
        &params![limit],
    )?;
    rows.iter().map(version_of).collect()
}

pub fn insert(tx: &mut Tx<'_>, version: &Version) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO routes (route_id, item_id, number, state, revision, body, note, drafted_by, drafted_name,
             changed_at, published_name, published_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &params![
            version.id,
            version.item,
            version.number,
            version.state.word(),
            version.revision,
            body(&version.route)?,
            &version.note,
            version.drafted_by,
            &version.drafted_name,
            version.changed_at,
            &version.published_name,
            version.published_at
        ],
    )?;
    Ok(())
}

/// Writes a version that is not published yet, if nobody has changed it meanwhile.
///
/// # Errors
/// A stale version, so that the transaction runs again and sees the change.
pub fn update(tx: &mut Tx<'_>, version: &Version) -> Result<(), Error> {
    let written = tx.exec(
        "UPDATE routes
            SET state = $1, revision = $2, body = $3, note = $4, drafted_by = $5, drafted_name = $6,
                changed_at = $7, published_name = $8, published_at = $9
          WHERE route_id = $10 AND revision = $11 AND state IN ('draft', 'submitted')",
        &params![
            version.state.word(),
            version.revision + 1,
            body(&version.route)?,
            &version.note,
            version.drafted_by,
            &version.drafted_name,
            version.changed_at,
            &version.published_name,
            version.published_at,
            version.id,
            version.revision
        ],
    )?;
    if written == 0 {
        return Err(store::Error::Stale.into());
    }
    Ok(())
}

/// The version in use before gives way.
pub fn retire(tx: &mut Tx<'_>, item: ItemId) -> Result<(), Error> {
    tx.exec(
        "UPDATE routes SET state = 'retired' WHERE item_id = $1 AND state = 'published'",
        &params![item],
    )?;
    Ok(())
}

/// The route a case enters with this act: the one its item has now, where it is being accepted.
pub(crate) fn entered(tx: &mut Tx<'_>, case: &Case, act: &Act) -> Result<Option<Plan>, Error> {
    let accepts = matches!(
        act,
        Act::Accept { .. }
            | Act::DeemAccepted
            | Act::Special(crate::special::Command::AcceptWithGap { .. })
    );
    if !accepts {
        return Ok(None);
    }
    match details::about(case) {
        Some(about) => plan(tx, about.item),
        None => Ok(None),
    }
}

/// The plan of an item's version in use.
pub fn plan(tx: &mut Tx<'_>, item: ItemId) -> Result<Option<Plan>, Error> {
    Ok(in_use(tx, item)?.map(|version| Plan {
        version: version.id,
        number: version.number,
        route: version.route,
    }))
}

fn body(route: &Route) -> Result<String, Error> {
    serde_json::to_string(route)
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))
}
