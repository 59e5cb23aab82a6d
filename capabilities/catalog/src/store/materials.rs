//! 材料库: the standard materials, their changes, and which item asks for which.

use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use store::{Error, Row, Tx, Value, params};

use super::{LIST_MAX, ListKey, count, from_json, to_json};
use crate::library::{Library, StandardMaterial};
use crate::model::{Item, ItemState};

/// A standard material with how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub material: StandardMaterial,
    pub revision: i64,
    pub changed_by: String,
    pub changed_at: Timestamp,
}

/// One change of a standard material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialChange {
    pub revision: i64,
    /// `created`, `changed`, `merged` or `separated`.
    pub kind: String,
    pub after: StandardMaterial,
    pub reason: String,
    pub by_name: String,
    pub at: Timestamp,
}

/// An item that asks for a standard material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialUse {
    pub item_id: ItemId,
    pub item_name: String,
    pub org_id: OrgId,
    pub state: ItemState,
    /// What the item calls it.
    pub name: String,
}

/// Codes asked for in one question.
const CODES_MAX: usize = 100;

const KEPT: &str = "SELECT body, revision, changed_by, changed_at FROM standard_materials";

fn kept(row: &Row) -> Result<Kept, Error> {
    Ok(Kept {
        material: from_json(&row.get::<String>(0)?, "standard_materials.body")?,
        revision: row.get(1)?,
        changed_by: row.get(2)?,
        changed_at: row.get(3)?,
    })
}

/// The whole library.
pub fn library(tx: &mut Tx<'_>) -> Result<Library, Error> {
    let mut all = Vec::new();
    tx.each(
        "SELECT body FROM standard_materials ORDER BY code",
        &[],
        &mut |row| {
            all.push(from_json::<StandardMaterial>(
                &row.get::<String>(0)?,
                "standard_materials.body",
            )?);
            Ok(())
        },
    )?;
    Ok(Library::of(all))
}

/// The part of the library that these codes need: each with what it goes over to.
pub fn library_of<'a>(
    tx: &mut Tx<'_>,
    codes: impl Iterator<Item = &'a str>,
) -> Result<Library, Error> {
    let mut wanted: Vec<String> = codes
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect();
    let mut found: Vec<StandardMaterial> = Vec::new();
    loop {
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|code| !found.iter().any(|known| known.code == *code));
        if wanted.is_empty() {
            return Ok(Library::of(found));
        }
        let mut next = Vec::new();
        for part in wanted.chunks(CODES_MAX) {
            let places: Vec<String> = (1..=part.len()).map(|n| format!("${n}")).collect();
            let values: Vec<Value> = part.iter().map(|code| code.as_str().into()).collect();
            let sql = format!(
                "SELECT body FROM standard_materials WHERE code IN ({})",
                places.join(", ")
            );
            for row in tx.query(&sql, &values)? {
                let material: StandardMaterial =
                    from_json(&row.get::<String>(0)?, "standard_materials.body")?;
                next.push(material.merged_into.clone());
                found.push(material);
            }
        }
        next.retain(|code| !code.is_empty());
        wanted = next;
    }
}

/// A standard material by its code.
pub fn material(tx: &mut Tx<'_>, code: &str) -> Result<Option<Kept>, Error> {
    tx.query_opt(&format!("{KEPT} WHERE code = $1"), &params![code])?
        .map(|row| kept(&row))
        .transpose()
}

/// Writes a standard material as it is from now on, and the change beside it.
pub fn put_material(tx: &mut Tx<'_>, kept: &Kept, kind: &str, reason: &str) -> Result<(), Error> {
    let body = to_json(&kept.material);
    tx.queue(
        "INSERT INTO standard_materials (code, name, body, merged_into, revision, changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (code) DO UPDATE SET
           name = excluded.name,
           body = excluded.body,
           merged_into = excluded.merged_into,
           revision = excluded.revision,
           changed_by = excluded.changed_by,
           changed_at = excluded.changed_at",
        params![
            &kept.material.code,
            &kept.material.name,
            &body,
            &kept.material.merged_into,
            kept.revision,
            &kept.changed_by,
            kept.changed_at
        ],
    )?;
    tx.queue(
        "INSERT INTO standard_material_changes (code, revision, kind, body, reason, by_name, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            &kept.material.code,
            kept.revision,
            kind,
            &body,
            reason,
            &kept.changed_by,
            kept.changed_at
        ],
    )
}

/// What was changed, newest first.
pub fn material_changes(tx: &mut Tx<'_>, code: &str) -> Result<Vec<MaterialChange>, Error> {
    tx.query(
        "SELECT revision, kind, body, reason, by_name, at
           FROM standard_material_changes
          WHERE code = $1
          ORDER BY revision DESC
          LIMIT $2",
        &params![code, count(LIST_MAX)],
    )?
    .iter()
    .map(|row| {
        Ok(MaterialChange {
            revision: row.get(0)?,
            kind: row.get(1)?,
            after: from_json(&row.get::<String>(2)?, "standard_material_changes.body")?,
            reason: row.get(3)?,
            by_name: row.get(4)?,
            at: row.get(5)?,
        })
    })
    .collect()
}

/// Notes what the newest version of an item asks for.
pub(super) fn note_materials(tx: &mut Tx<'_>, item_id: ItemId, item: &Item) -> Result<(), Error> {
    tx.queue(
        "DELETE FROM item_materials WHERE item_id = $1",
        params![item_id.uuid()],
    )?;
    for material in &item.materials {
        // A record from an old list may have one key twice; the first stands for both.
        tx.queue(
            "INSERT INTO item_materials (item_id, key, standard, name) VALUES ($1, $2, $3, $4)
             ON CONFLICT (item_id, key) DO NOTHING",
            params![
                item_id.uuid(),
                &material.key,
                &material.standard,
                &material.name
            ],
        )?;
    }
    Ok(())
}

/// How many items that are not cancelled ask for each standard material.
pub fn material_uses(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, Error> {
    tx.query(
        "SELECT m.standard, COUNT(DISTINCT m.item_id)
           FROM item_materials m
           JOIN items i ON i.item_id = m.item_id
          WHERE m.standard <> '' AND i.state <> 'cancelled'
          GROUP BY m.standard",
        &[],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Items that are not cancelled and ask for a standard material, by their names, after the one given.
pub fn users_of(
    tx: &mut Tx<'_>,
    code: &str,
    after: Option<&ListKey>,
    limit: usize,
) -> Result<Vec<MaterialUse>, Error> {
    let first = (String::new(), ItemId::from_uuid(uuid::Uuid::nil()));
    let (name, item_id) = after.unwrap_or(&first);
    tx.query(
        "SELECT i.item_id, i.name, i.org_id, i.state, MIN(m.name)
           FROM item_materials m
           JOIN items i ON i.item_id = m.item_id
          WHERE m.standard = $1 AND i.state <> 'cancelled' AND (i.name, i.item_id) > ($2, $3)
          GROUP BY i.item_id, i.name, i.org_id, i.state
          ORDER BY i.name, i.item_id
          LIMIT $4",
        &params![code, name, item_id.uuid(), count(limit)],
    )?
    .iter()
    .map(|row| {
        Ok(MaterialUse {
            item_id: ItemId::from_uuid(row.get(0)?),
            item_name: row.get(1)?,
            org_id: OrgId::from_uuid(row.get(2)?),
            state: super::state_of(row, 3)?,
            name: row.get(4)?,
        })
    })
    .collect()
}

/// Names of materials that nobody assigned to a standard one, by how many items use them.
pub fn unassigned(tx: &mut Tx<'_>, text: &str, limit: usize) -> Result<Vec<(String, i64)>, Error> {
    tx.query(
        "SELECT m.name, COUNT(DISTINCT m.item_id) AS items
           FROM item_materials m
           JOIN items i ON i.item_id = m.item_id
          WHERE m.standard = '' AND i.state <> 'cancelled' AND m.name LIKE $1 ESCAPE '\\'
          GROUP BY m.name
          ORDER BY items DESC, m.name
          LIMIT $2",
        &params![format!("%{}%", super::list::like(text)), count(limit)],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Items that are not cancelled and have an unassigned material of one of these names.
pub fn unassigned_users(tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<ItemId>, Error> {
    let mut all = Vec::new();
    for name in names {
        for row in tx.query(
            "SELECT i.item_id
               FROM item_materials m
               JOIN items i ON i.item_id = m.item_id
              WHERE m.standard = '' AND m.name = $1 AND i.state <> 'cancelled'
              ORDER BY i.item_id",
            &params![name],
        )? {
            all.push(ItemId::from_uuid(row.get(0)?));
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}
