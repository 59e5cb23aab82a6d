//! 机构合并划转 and 权项下放: items that go to another body, powers that are given further.

use base::ids::{IdSource, ItemId, OrgId};
use casework::Actor;
use jiff::Timestamp;
use jiff::civil::Date;
use people::Org;
use serde::{Deserialize, Serialize};
use store::Tx;

use super::bulk::{Looked, Proposed};
use super::drafting::{self, Start, compiles};
use crate::bulk::transfer::{self, Kind, Receiver};
use crate::model::ItemState;
use crate::store as records;
use crate::store::{
    BatchId, BulkKind, Delegation, DelegationId, Draft, DraftId, Filter, LineState,
};

/// Why nothing went anywhere.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or outside the actor's scope.
    #[error("no such {0}")]
    NotFound(&'static str),
    #[error("a body cannot give to itself")]
    SameBody,
    /// The receiving body is about to end, or has ended.
    #[error("the receiving body ends")]
    Ended,
    /// A power cannot go this way between these levels.
    #[error("not between these levels")]
    Level,
    /// Without a document nothing is given.
    #[error("a basis is needed")]
    NeedsBasis,
    #[error("the last day lies before the first")]
    Days,
    /// The receiving body has this item already.
    #[error("received already")]
    Held(ItemId),
    #[error(transparent)]
    Bulk(#[from] super::bulk::Error),
    #[error(transparent)]
    Draft(#[from] drafting::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            Error::Draft(error) => error.storage(),
            Error::Bulk(error) => error.storage(),
            _ => None,
        }
    }
}

/// What the people's tables refuse for storage's sake; the rest is a body that is not there.
pub(crate) fn storage(error: people::Error) -> store::Error {
    match error {
        people::Error::Store(error) => error,
        other => store::Error::Corrupt(other.to_string()),
    }
}

pub(super) fn receiver(org: &Org) -> Receiver<'_> {
    Receiver {
        region: &org.region,
        uscc: org.uscc.as_deref().unwrap_or_default(),
        level: org.level,
    }
}

fn org(tx: &mut Tx<'_>, org_id: OrgId) -> Result<Org, Error> {
    people::orgs::by_id(tx, org_id)
        .map_err(storage)?
        .ok_or(Error::NotFound("body"))
}

/// What it would mean to give every item and every open draft of one body to another. Running cases keep the version
/// and the body they began with.
pub fn look_at_merge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    from: OrgId,
    to: OrgId,
) -> Result<Looked, Error> {
    if from == to {
        return Err(Error::SameBody);
    }
    let (giver, receiving) = (org(tx, from)?, org(tx, to)?);
    for body in [&giver, &receiving] {
        if !compiles(actor, &body.region, body.id) {
            return Err(Error::NotFound("body"));
        }
    }
    if receiving.valid_to.is_some() {
        return Err(Error::Ended);
    }
    let mut items = Vec::new();
    let filter = Filter {
        org_id: Some(from),
        ..Filter::default()
    };
    records::each_current(tx, &filter, &mut |published| {
        items.push(published);
        Ok(())
    })?;
    let mut looked = Looked::default();
    for published in items {
        looked.looked += 1;
        if published.state == ItemState::Cancelled {
            looked.unchanged += 1;
            continue;
        }
        let body = transfer::moved(&published.item, receiver(&receiving));
        let region = if body.region_code == published.item.region_code {
            let holder = records::holder(tx, published.item_id)?.ok_or(Error::NotFound("item"))?;
            holder.region
        } else {
            receiving.region.clone()
        };
        // Two items with one key cannot be: the receiving body has this one already.
        let key = records::item_key(to, &body);
        let held = records::holder_by_key(tx, &key)?
            .is_some_and(|holder| holder.item_id != published.item_id);
        let open = records::open_draft(tx, published.item_id)?;
        looked.add(
            tx,
            actor,
            Proposed {
                published: Some(&published),
                org_id: to,
                region: &region,
                body,
            },
        )?;
        if let Some((line, _)) = looked.lines.last_mut() {
            if held {
                line.state = LineState::Skipped;
                line.note = format!("{}已有这个事项，请先取消其中一个", receiving.name);
            } else if let Some(open) = open {
                line.draft_id = Some(open.draft_id);
                line.note = format!("{}的草稿一起迁移", open.editor_name);
                line.state = LineState::Ready;
            }
        }
    }
    for draft_id in records::open_drafts_of(tx, from)? {
        let Some(draft) = records::draft(tx, draft_id)? else {
            continue;
        };
        if draft.item_id.is_some() {
            continue;
        }
        looked.looked += 1;
        looked.add(
            tx,
            actor,
            Proposed {
                published: None,
                org_id: to,
                region: &receiving.region,
                body: transfer::moved(&draft.body, receiver(&receiving)),
            },
        )?;
        if let Some((line, _)) = looked.lines.last_mut() {
            line.draft_id = Some(draft_id);
            line.note = format!("{}的新事项草稿一起迁移", draft.editor_name);
            line.state = LineState::Ready;
        }
    }
    Ok(looked)
}

/// What a merge was asked to do; kept with the bulk change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// Keys of the two bodies.
    pub from: String,
    pub to: String,
    /// The giving body ends with its last item.
    #[serde(default)]
    pub dissolve: bool,
}

/// A body that was to end with its last item ended the day before, once nothing is left with it.
pub(super) fn end_emptied(
    tx: &mut Tx<'_>,
    batch: BatchId,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(bulk) = records::bulk_of_batch(tx, batch)? else {
        return Ok(());
    };
    let merge = match bulk.kind {
        BulkKind::Merge => serde_json::from_str::<Merge>(&bulk.params).ok(),
        _ => None,
    };
    let Some(merge) = merge.filter(|merge| merge.dissolve) else {
        return Ok(());
    };
    let Some(giver) = people::orgs::by_key(tx, &merge.from).map_err(storage)? else {
        return Ok(());
    };
    let filter = Filter {
        org_id: Some(giver.id),
        ..Filter::default()
    };
    let mut left = !records::open_drafts_of(tx, giver.id)?.is_empty();
    records::each_current(tx, &filter, &mut |published| {
        left |= published.state != ItemState::Cancelled;
        Ok(())
    })?;
    if left {
        return Ok(());
    }
    let today = calendar::civil_date(now);
    let last_day = today.yesterday().unwrap_or(today);
    people::orgs::dissolve(tx, giver.id, last_day).map_err(storage)
}

/// A power to be given further.
#[derive(Clone, Debug)]
pub struct Giving {
    pub item_id: ItemId,
    pub to: OrgId,
    pub kind: Kind,
    pub basis: String,
    pub first_day: Date,
    pub last_day: Option<Date>,
}

/// Gives a power further: keeps who gave it, how and by what document, and begins the receiving body's draft.
pub fn give(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    giving: &Giving,
    now: Timestamp,
) -> Result<(Delegation, Draft), Error> {
    let holder = records::holder(tx, giving.item_id)?.ok_or(Error::NotFound("item"))?;
    if !compiles(actor, &holder.region, holder.org_id) {
        return Err(Error::NotFound("item"));
    }
    if holder.org_id == giving.to {
        return Err(Error::SameBody);
    }
    let published = records::current(tx, giving.item_id)?.ok_or(Error::NotFound("item"))?;
    let (giver, receiving) = (org(tx, holder.org_id)?, org(tx, giving.to)?);
    if receiving.valid_to.is_some() {
        return Err(Error::Ended);
    }
    if !giving.kind.allowed(giver.level, receiving.level) {
        return Err(Error::Level);
    }
    if giving.basis.trim().is_empty() {
        return Err(Error::NeedsBasis);
    }
    if giving.last_day.is_some_and(|last| last < giving.first_day) {
        return Err(Error::Days);
    }
    let body = transfer::given(
        &published.item,
        giving.kind,
        (&giver.name, giver.level),
        receiver(&receiving),
        giving.first_day,
        giving.last_day,
    );
    let key = records::item_key(receiving.id, &body);
    if let Some(held) = records::holder_by_key(tx, &key)? {
        return Err(Error::Held(held.item_id));
    }
    let draft_id = DraftId::from_uuid(ids.next_uuid(now));
    let start = Start::New {
        org_id: receiving.id,
        region: receiving.region.clone(),
        item: Box::new(body),
    };
    let draft = drafting::begin(tx, actor, draft_id, start, None, now)?;
    let delegation = Delegation {
        delegation_id: DelegationId::from_uuid(ids.next_uuid(now)),
        item_id: giving.item_id,
        item_name: published.item.name,
        from_org: giver.id,
        to_org: receiving.id,
        kind: giving.kind,
        basis: base::text::paragraphs(&giving.basis),
        first_day: giving.first_day,
        last_day: giving.last_day,
        draft_id,
        by_name: actor.name().to_owned(),
        created_at: now,
    };
    records::insert_delegation(tx, &delegation)?;
    Ok((delegation, draft))
}
