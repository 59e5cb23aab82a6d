//! The base list: publishing and cancelling base items, and what that asks of the bodies that claimed them.

use base::ids::{IdSource, ItemId, OrgId};
use calendar::{Calendar, Length, Moment};
use casework::{Actor, Permission, Scope};
use jiff::Timestamp;
use store::Tx;

use crate::base_list::{self, rules};
use crate::checks::Finding;
use crate::model::{BaseItem, ItemState, PublishedBase};
use crate::store as records;
use crate::store::{Adoption, BaseOutcome, Draft, DraftId, Publisher};

use super::drafting::{self, Start};

/// How long a body has after a higher level published: one month (施甸 2023: 上级公布后1个月内).
pub const ADOPTION_MONTHS: u32 = 1;

/// Why a base item was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not yours")]
    Forbidden,
    #[error("no such base item")]
    NotFound,
    #[error("{} findings", .0.len())]
    Findings(Vec<Finding>),
    #[error("a reason is needed")]
    NeedsReason,
    /// The body has this item already.
    #[error("claimed already")]
    Claimed(ItemId),
    /// The body's credit code does not make a valid implementing code.
    #[error("no implementing code can be made")]
    NoCode,
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
            _ => None,
        }
    }
}

/// Whether this actor keeps the base list of a region.
pub fn keeps_base_list(actor: &Actor, region: &str) -> bool {
    actor.may(Permission::Administer, &Scope { region, org: None })
}

/// Publishes a base item. Every body that claimed it gets an adoption task with one month's time.
pub fn publish(
    tx: &mut Tx<'_>,
    actor: &Actor,
    region: &str,
    item: &BaseItem,
    reason: &str,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<BaseOutcome, Error> {
    if !keeps_base_list(actor, region) {
        return Err(Error::Forbidden);
    }
    let errors = rules::publishable(item);
    if !errors.is_empty() {
        return Err(Error::Findings(errors));
    }
    let outcome = records::publish_base(tx, item, reason, actor.name(), now)?;
    if let BaseOutcome::Changed(version) = outcome {
        let due_at = month_after(now, calendar);
        for (item_id, org_id, _) in records::claimants(tx, &item.base_code)? {
            records::open_adoption(
                tx,
                &Adoption {
                    item_id,
                    base_code: item.base_code.clone(),
                    base_version: version,
                    org_id,
                    opened_at: now,
                    due_at,
                    closed_at: None,
                },
            )?;
        }
    }
    Ok(outcome)
}

/// The last instant of one month from now (《民法典》第二百零二条).
fn month_after(now: Timestamp, calendar: &Calendar) -> Timestamp {
    let length = Length::new(ADOPTION_MONTHS, calendar::Unit::Month);
    calendar::due(
        calendar,
        Moment::At(now),
        length,
        &[],
        calendar::Rule::default(),
    )
    .ok()
    .and_then(calendar::Deadline::due)
    .map_or(now, |due| due.at)
}

/// Cancels a base item: acceptance stops at once for every body that claimed it; running cases finish.
pub fn cancel(
    tx: &mut Tx<'_>,
    actor: &Actor,
    region: &str,
    base_code: &str,
    reason: &str,
    now: Timestamp,
) -> Result<usize, Error> {
    if !keeps_base_list(actor, region) {
        return Err(Error::Forbidden);
    }
    if reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    let publisher = Publisher::begin(tx, now, actor.name())?;
    if !records::cancel_base(tx, base_code, now)? {
        return Err(Error::NotFound);
    }
    let mut stopped = 0;
    for (item_id, _, _) in records::claimants(tx, base_code)? {
        if publisher.set_state(tx, item_id, ItemState::Cancelled, reason)? {
            stopped += 1;
        }
    }
    Ok(stopped)
}

/// 认领: begins a body's draft of a base item. `uscc` is the body's credit code.
pub fn claim(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    base_code: &str,
    body: &Body<'_>,
    now: Timestamp,
) -> Result<Draft, Error> {
    let base = live(tx, base_code)?;
    if let Some((item_id, _, _)) = records::claimants(tx, base_code)?
        .into_iter()
        .find(|(_, org_id, _)| *org_id == body.org_id)
    {
        return Err(Error::Claimed(item_id));
    }
    let version = u32::try_from(base.version).unwrap_or(u32::MAX);
    let mut item = base_list::claim(&base.item, version, body.level, body.region);
    item.impl_code = base_list::impl_code(body.uscc, body.level, base_code).ok_or(Error::NoCode)?;
    let start = Start::New {
        org_id: body.org_id,
        region: body.region.to_owned(),
        item: Box::new(item),
    };
    Ok(drafting::begin(tx, actor, draft_id, start, None, now)?)
}

/// The body that claims.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub org_id: OrgId,
    pub region: &'a str,
    pub uscc: &'a str,
    /// 行使层级 1–7.
    pub level: u8,
}

/// Begins the draft in which a body adopts the newest version of its base item.
pub fn adopt(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    item_id: ItemId,
    now: Timestamp,
) -> Result<Draft, Error> {
    let current = records::current(tx, item_id)?.ok_or(Error::NotFound)?;
    let base = live(tx, &current.item.base_code)?;
    let draft_id = DraftId::from_uuid(ids.next_uuid(now));
    let draft = drafting::begin(tx, actor, draft_id, Start::Item(item_id), None, now)?;
    let version = u32::try_from(base.version).unwrap_or(u32::MAX);
    let body = base_list::adopt(&draft.body, &base.item, version);
    let chosen = std::collections::BTreeMap::new();
    let saved = drafting::save(tx, actor, draft_id, draft.revision, &body, &chosen, now)?;
    Ok(saved.draft)
}

fn live(tx: &mut Tx<'_>, base_code: &str) -> Result<PublishedBase, Error> {
    records::base_item(tx, base_code)?
        .filter(|base| !base.cancelled)
        .ok_or(Error::NotFound)
}
