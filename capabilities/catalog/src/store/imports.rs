//! Imports that were looked at and wait for confirmation, and what they did.

use base::crypto::Digest;
use base::ids::{AccountId, OrgId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Error, Tx, params};
use uuid::Uuid;

use super::{from_json, to_json};

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
    if touched == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// Forgets imports that were never confirmed.
pub fn purge_imports(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.exec(
        "DELETE FROM catalog_imports WHERE done_at IS NULL AND created_at < $1",
        &params![before],
    )
}
