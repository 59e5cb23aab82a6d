//! The questions this crate asks of the database, with their SQL. Nothing else in it writes SQL.

use base::ids::{CaseId, ItemId, OrgId};
use jiff::Timestamp;
use store::{Error, Tx, params};

use crate::compose::Spec;

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration {
    id: "0440_joint",
    sql: include_str!("../migrations/0440_joint.sql"),
}];

/// Wholes of one list.
const LIST_MAX: i64 = 200;

/// Keeps what a composite stands for; the same again changes nothing.
pub(crate) fn keep_composite(
    tx: &mut Tx<'_>,
    id: ItemId,
    spec: &Spec,
    now: Timestamp,
) -> Result<(), Error> {
    let spec = serde_json::to_string(spec).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.queue(
        "INSERT INTO joint_composites (composite_id, spec, made_at) VALUES ($1, $2, $3)
         ON CONFLICT (composite_id) DO NOTHING",
        params![id.uuid(), spec, now],
    )
}

/// What a composite stands for; none where the id is not a composite's.
pub(crate) fn composite(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Spec>, Error> {
    tx.query_opt(
        "SELECT spec FROM joint_composites WHERE composite_id = $1",
        &params![id.uuid()],
    )?
    .map(|row| {
        base::json::read(row.get::<String>(0)?.as_bytes())
            .map_err(|error| Error::Corrupt(format!("joint_composites.spec: {error}")))
    })
    .transpose()
}

pub(crate) fn add_child(tx: &mut Tx<'_>, child: CaseId, parent: CaseId) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO joint_children (child_id, parent_id) VALUES ($1, $2)",
        params![child, parent],
    )
}

/// The whole a case belongs to.
pub(crate) fn parent(tx: &mut Tx<'_>, child: CaseId) -> Result<Option<CaseId>, Error> {
    tx.query_opt(
        "SELECT parent_id FROM joint_children WHERE child_id = $1",
        &params![child],
    )?
    .map(|row| Ok(CaseId::from_uuid(row.get(0)?)))
    .transpose()
}

pub(crate) fn add_root(
    tx: &mut Tx<'_>,
    case: CaseId,
    variety: &str,
    org: OrgId,
    region: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO joint_roots (case_id, variety, org_id, region, opened_at)
         VALUES ($1, $2, $3, $4, $5)",
        params![case, variety, org, region, now],
    )
}

/// The newest wholes of a variety.
pub(crate) fn roots(tx: &mut Tx<'_>, variety: &str) -> Result<Vec<CaseId>, Error> {
    tx.query(
        "SELECT case_id FROM joint_roots WHERE variety = $1
          ORDER BY opened_at DESC, case_id DESC LIMIT $2",
        &params![variety, LIST_MAX],
    )?
    .iter()
    .map(|row| Ok(CaseId::from_uuid(row.get(0)?)))
    .collect()
}

/// Whether there is any whole at all.
pub(crate) fn any(tx: &mut Tx<'_>) -> Result<bool, Error> {
    Ok(tx
        .query_opt("SELECT case_id FROM joint_roots LIMIT 1", &[])?
        .is_some())
}
