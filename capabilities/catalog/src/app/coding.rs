//! Making implementing codes for items that have none: a batch of drafts, published like any other.

use base::ids::{IdSource, ItemId, OrgId};
use casework::Actor;
use jiff::Timestamp;
use store::Tx;

use super::drafting::{self, Error, Start};
use crate::base_list::impl_code;
use crate::store as records;
use crate::store::{BatchId, DraftId};
use std::collections::{BTreeMap, HashMap};

/// Codes made at once.
const AT_ONCE_MAX: usize = 2000;

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The drafts, where there are any.
    pub batch: BatchId,
    pub drafts: usize,
    /// Items whose code cannot be made: no base code, no credit code of the body, no level, a draft that is open.
    pub left: usize,
}

/// Begins drafts with codes for the items without one that the actor may draft; of one body where it is given.
pub fn generate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    org_id: Option<OrgId>,
    now: Timestamp,
) -> Result<Made, Error> {
    let batch = BatchId::from_uuid(ids.next_uuid(now));
    let mut made = Made {
        batch,
        drafts: 0,
        left: 0,
    };
    let mut orgs: HashMap<OrgId, Option<people::Org>> = HashMap::new();
    for (item_id, org_id, region) in records::without_code(tx, org_id, AT_ONCE_MAX)? {
        if !drafting::compiles(actor, &region, org_id) {
            continue;
        }
        let org = if let Some(org) = orgs.get(&org_id) {
            org.clone()
        } else {
            let org = people::orgs::by_id(tx, org_id).map_err(stored)?;
            orgs.insert(org_id, org.clone());
            org
        };
        if code_item(tx, actor, ids, item_id, org.as_ref(), batch, now)? {
            made.drafts += 1;
        } else {
            made.left += 1;
        }
    }
    Ok(made)
}

fn code_item(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    item_id: ItemId,
    org: Option<&people::Org>,
    batch: BatchId,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(published) = records::current(tx, item_id)? else {
        return Ok(false);
    };
    let mut item = published.item;
    let Some((org, uscc)) = org.and_then(|org| Some((org, org.uscc.as_deref()?))) else {
        return Ok(false);
    };
    let level = match item.exercise_level {
        0 => org.level,
        level => level,
    };
    let Some(code) = impl_code(uscc, level, &item.base_code) else {
        return Ok(false);
    };
    // Another item of the body has this code.
    if records::find_by_code(tx, &code)?.is_some() || records::open_draft(tx, item_id)?.is_some() {
        return Ok(false);
    }
    let draft_id = DraftId::from_uuid(ids.next_uuid(now));
    let draft = drafting::begin(tx, actor, draft_id, Start::Item(item_id), Some(batch), now)?;
    item.impl_code = code;
    item.exercise_level = level;
    drafting::save(
        tx,
        actor,
        draft_id,
        draft.revision,
        &item,
        &BTreeMap::new(),
        now,
    )?;
    Ok(true)
}

fn stored(error: people::Error) -> Error {
    match error {
        people::Error::Store(error) => Error::Store(error),
        other => Error::Store(store::Error::Corrupt(format!("organisations: {other}"))),
    }
}
