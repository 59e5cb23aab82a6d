//! 材料库: who writes standard materials, how one goes over to another, how items come to name them.
//!
//! The library itself is the administrators'; what items name is changed by drafts that a second person lets pass, as
//! everything in an item.

use base::ids::ItemId;
use casework::{Actor, Permission};
use jiff::Timestamp;
use store::Tx;

use super::bulk::{self, Looked, Proposed};
use super::drafting::{BATCH_MAX, compiles};
use crate::library::{self, MATERIALS_MAX, StandardMaterial};
use crate::model::Item;
use crate::store as records;
use crate::store::{Kept, Publisher};

/// Names that are assigned at once.
pub const NAMES_MAX: usize = library::NAMES_MAX + 1;

/// Why nothing was done to the library.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not yours")]
    Forbidden,
    #[error("no such material")]
    NotFound,
    /// Field and message.
    #[error("{0:?}")]
    Wrong(Vec<(&'static str, String)>),
    /// Somebody changed it after it was looked at; its revision now.
    #[error("changed meanwhile")]
    Changed(i64),
    #[error("a reason is needed")]
    NeedsReason,
    /// It has gone over to another already: this one.
    #[error("merged into {0}")]
    Merged(String),
    #[error(transparent)]
    Bulk(#[from] bulk::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::Bulk(error) => error.storage(),
            _ => None,
        }
    }
}

/// Whether this actor writes the library.
pub fn keeps_library(actor: &Actor) -> bool {
    actor.may_somewhere(Permission::Administer)
}

/// Writes a standard material: a new one where `seen` is 0, else the one whose revision was seen.
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    material: &StandardMaterial,
    seen: i64,
    reason: &str,
    now: Timestamp,
) -> Result<Kept, Error> {
    if !keeps_library(actor) {
        return Err(Error::Forbidden);
    }
    begin(tx, actor, now)?;
    let library = records::library(tx)?;
    let before = records::material(tx, &material.code)?;
    let mut next = material.clone();
    match &before {
        None if seen > 0 => return Err(Error::NotFound),
        None if library.len() >= MATERIALS_MAX => {
            return Err(wrong(
                "code",
                format!("材料库最多{MATERIALS_MAX}份标准材料"),
            ));
        }
        None => {}
        Some(_) if seen == 0 => {
            return Err(wrong("code", "这个编码已经有了，请另编一个".to_owned()));
        }
        Some(kept) if kept.revision != seen => return Err(Error::Changed(kept.revision)),
        // Going over to another is an act of its own.
        Some(kept) => next.merged_into.clone_from(&kept.material.merged_into),
    }
    if before.is_none() {
        next.merged_into.clear();
    }
    let mut found = next.check();
    for name in std::iter::once(&next.name).chain(&next.names) {
        if let Some(code) = library.code_of(name).filter(|code| *code != next.code) {
            found.push((
                "names",
                format!("“{name}”已经是标准材料{code}的名称，同一份材料请合并"),
            ));
        }
    }
    if !found.is_empty() {
        return Err(Error::Wrong(found));
    }
    if let Some(kept) = before.filter(|kept| kept.material == next) {
        return Ok(kept);
    }
    let kind = if seen == 0 { "created" } else { "changed" };
    Ok(put(tx, actor.name(), next, seen, (kind, reason), now)?)
}

/// Lets a standard material go over to another, and looks at what that changes in the items: they follow by drafts.
///
/// Nobody uses it: nothing is left to look at.
pub fn merge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (from, into): (&str, &str),
    reason: &str,
    now: Timestamp,
) -> Result<Looked, Error> {
    if !keeps_library(actor) {
        return Err(Error::Forbidden);
    }
    if reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    begin(tx, actor, now)?;
    let mut kept = records::material(tx, from)?.ok_or(Error::NotFound)?;
    let target = records::material(tx, into)?
        .ok_or_else(|| wrong("into", "材料库里没有这个编码，请核对".to_owned()))?;
    if from == into {
        return Err(wrong("into", "请选择另一份标准材料".to_owned()));
    }
    if !kept.material.merged_into.is_empty() && kept.material.merged_into != into {
        return Err(Error::Merged(kept.material.merged_into));
    }
    if !target.material.merged_into.is_empty() {
        return Err(Error::Merged(target.material.merged_into));
    }
    if kept.material.merged_into.is_empty() {
        into.clone_into(&mut kept.material.merged_into);
        let seen = kept.revision;
        put(
            tx,
            actor.name(),
            kept.material,
            seen,
            ("merged", reason),
            now,
        )?;
    }
    let mut users = Vec::new();
    loop {
        let after = users
            .last()
            .map(|user: &records::MaterialUse| (user.item_name.clone(), user.item_id));
        let page = records::users_of(tx, from, after.as_ref(), records::LIST_MAX)?;
        if page.is_empty() {
            break;
        }
        users.extend(page);
    }
    let items: Vec<ItemId> = users.iter().map(|user| user.item_id).collect();
    look(tx, actor, &items, &|item| {
        library::replaced(item, from, into)
    })
}

/// Takes back that a standard material goes over to another. Items that followed already stay where they are.
pub fn separate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    code: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Kept, Error> {
    if !keeps_library(actor) {
        return Err(Error::Forbidden);
    }
    if reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    begin(tx, actor, now)?;
    let mut kept = records::material(tx, code)?.ok_or(Error::NotFound)?;
    if kept.material.merged_into.is_empty() {
        return Ok(kept);
    }
    kept.material.merged_into.clear();
    let seen = kept.revision;
    Ok(put(
        tx,
        actor.name(),
        kept.material,
        seen,
        ("separated", reason),
        now,
    )?)
}

/// What would change if the unassigned materials of these names were this standard material.
pub fn look_at_assignment(
    tx: &mut Tx<'_>,
    actor: &Actor,
    names: &[String],
    code: &str,
) -> Result<Looked, Error> {
    if names.is_empty() || names.len() > NAMES_MAX {
        return Err(wrong(
            "names",
            format!("请选择材料名称，一次最多{NAMES_MAX}个"),
        ));
    }
    let target = records::material(tx, code)?
        .ok_or_else(|| wrong("code", "材料库里没有这个编码，请核对".to_owned()))?;
    if !target.material.merged_into.is_empty() {
        return Err(Error::Merged(target.material.merged_into));
    }
    let items = records::unassigned_users(tx, names)?;
    look(tx, actor, &items, &|item| {
        library::assigned(item, names, code)
    })
}

/// Puts the library that ships into a city that has none; how many materials.
pub fn install(
    tx: &mut Tx<'_>,
    shipped: &[StandardMaterial],
    by: &str,
    now: Timestamp,
) -> Result<usize, store::Error> {
    if !records::library(tx)?.is_empty() {
        return Ok(0);
    }
    Publisher::begin(tx, now, by).map(drop)?;
    for material in shipped {
        put(tx, by, material.clone(), 0, ("created", "随平台提供"), now)?;
    }
    Ok(shipped.len())
}

fn look(
    tx: &mut Tx<'_>,
    actor: &Actor,
    items: &[ItemId],
    change: &dyn Fn(&Item) -> Option<Item>,
) -> Result<Looked, Error> {
    if items.len() > BATCH_MAX {
        return Err(bulk::Error::TooMany(items.len()).into());
    }
    let mut looked = Looked::default();
    for item_id in items {
        let Some(holder) = records::holder(tx, *item_id)? else {
            continue;
        };
        let Some(published) = records::current(tx, *item_id)? else {
            continue;
        };
        if !compiles(actor, &holder.region, holder.org_id) {
            continue;
        }
        looked.looked += 1;
        let Some(body) = change(&published.item) else {
            looked.unchanged += 1;
            continue;
        };
        let proposed = Proposed {
            published: Some(&published),
            org_id: holder.org_id,
            region: &holder.region,
            body,
        };
        looked.add(tx, actor, proposed)?;
    }
    Ok(looked)
}

fn wrong(field: &'static str, message: String) -> Error {
    Error::Wrong(vec![(field, message)])
}

/// Writes a material with its change.
fn put(
    tx: &mut Tx<'_>,
    by: &str,
    material: StandardMaterial,
    seen: i64,
    (kind, reason): (&str, &str),
    now: Timestamp,
) -> Result<Kept, store::Error> {
    let kept = Kept {
        material,
        revision: seen + 1,
        changed_by: by.to_owned(),
        changed_at: now,
    };
    records::put_material(tx, &kept, kind, reason)?;
    Ok(kept)
}

/// The catalogue's next generation: every process reads the library anew, and two who write wait for one another.
fn begin(tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<(), store::Error> {
    Publisher::begin(tx, now, actor.name()).map(drop)
}
