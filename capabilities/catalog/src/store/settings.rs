//! What administrators set for the catalogue.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Error, Tx, params};

use super::{from_json, to_json};
use crate::checks::Wording;
use crate::uniform::{self, Rule};

const WORDING: &str = "wording";
const UNIFORMITY: &str = "uniformity";

/// The words that are catch-alls.
pub fn wording(tx: &mut Tx<'_>) -> Result<Wording, Error> {
    Ok(setting(tx, WORDING)?.unwrap_or_default())
}

pub fn set_wording(
    tx: &mut Tx<'_>,
    wording: &Wording,
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    set(tx, WORDING, wording, by, now)
}

/// The rules of uniformity; those that are shipped where nobody changed them.
pub fn uniformity(tx: &mut Tx<'_>) -> Result<Vec<Rule>, Error> {
    Ok(setting(tx, UNIFORMITY)?.unwrap_or_else(uniform::shipped))
}

pub fn set_uniformity(
    tx: &mut Tx<'_>,
    rules: &[Rule],
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    set(tx, UNIFORMITY, rules, by, now)
}

fn setting<T: DeserializeOwned>(tx: &mut Tx<'_>, name: &str) -> Result<Option<T>, Error> {
    tx.query_opt(
        "SELECT body FROM catalog_settings WHERE name = $1",
        &params![name],
    )?
    .map(|row| from_json(&row.get::<String>(0)?, "catalog_settings.body"))
    .transpose()
}

fn set<T: Serialize + ?Sized>(
    tx: &mut Tx<'_>,
    name: &str,
    body: &T,
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO catalog_settings (name, body, changed_at, changed_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET
           body = excluded.body,
           changed_at = excluded.changed_at,
           changed_by = excluded.changed_by",
        params![name, to_json(body), now, by],
    )
}
