//! 一件事: written by one person, published by another; and the items its members stand for.

use std::sync::Arc;

use base::ids::{ItemId, OrgId};
use casework::{Actor, Permission, Scope, actor::Staff};
use jiff::Timestamp;
use store::Tx;

use crate::bundle::{self, Bundle, Member, Part};
use crate::checks::Finding;
use crate::model::Published;
use crate::store as records;
use crate::store::{BundleDraft, BundleState};

/// Why something was not done to a bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or outside the actor's scope.
    #[error("no such bundle")]
    NotFound,
    /// Somebody changed it after it was looked at; its revision now.
    #[error("changed meanwhile")]
    Changed(i64),
    /// Its draft is not where this could be done.
    #[error("the draft is {0:?}")]
    WrongState(BundleState),
    /// It may not be published as it is.
    #[error("{} findings", .0.len())]
    Findings(Vec<Finding>),
    /// 编制 and 审核 need two persons.
    #[error("the reviewer wrote part of it")]
    SamePerson,
    #[error("a reason is needed")]
    NeedsReason,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// A member with the version of the item it stands for.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its place in the bundle.
    pub place: usize,
    pub item_id: ItemId,
    pub org_id: OrgId,
    pub published: Arc<Published>,
    /// 实施主体.
    pub body: String,
}

/// Members and items as the derivation wants them.
pub fn parts<'a>(bundle: &'a Bundle, found: &'a [Found]) -> Vec<Part<'a>> {
    found
        .iter()
        .map(|found| Part {
            member: &bundle.items[found.place],
            item: &found.published.item,
            body: &found.body,
        })
        .collect()
}

/// The items a bundle's members stand for, seen from a region; members without one are left out.
pub fn find(tx: &mut Tx<'_>, bundle: &Bundle, region: &str) -> Result<Vec<Found>, store::Error> {
    let mut found = Vec::with_capacity(bundle.items.len());
    for (place, member) in bundle.items.iter().enumerate() {
        if let Some(item) = found_one(tx, place, member, region)? {
            found.push(item);
        }
    }
    Ok(found)
}

fn found_one(
    tx: &mut Tx<'_>,
    place: usize,
    member: &Member,
    region: &str,
) -> Result<Option<Found>, store::Error> {
    let Some((item_id, version_id, org_id)) = records::member_item(tx, member, region)? else {
        return Ok(None);
    };
    Ok(records::version(tx, version_id)?.map(|published| Found {
        place,
        item_id,
        org_id,
        published: Arc::new(published),
        body: String::new(),
    }))
}

/// Everything that speaks against publishing a bundle.
pub fn findings(tx: &mut Tx<'_>, bundle: &Bundle) -> Result<Vec<Finding>, store::Error> {
    let found = find(tx, bundle, &bundle.region)?;
    Ok(bundle::check(bundle, &parts(bundle, &found)))
}

/// Whether this actor writes the bundles of a region.
pub fn compiles(actor: &Actor, region: &str) -> bool {
    may(actor, Permission::Compile, region)
}

/// Whether this actor lets the bundles of a region pass.
pub fn reviews(actor: &Actor, region: &str) -> bool {
    may(actor, Permission::Review, region)
}

fn may(actor: &Actor, permission: Permission, region: &str) -> bool {
    let scope = Scope { region, org: None };
    actor.may(permission, &scope) || actor.may(Permission::Administer, &scope)
}

/// Keeps what somebody wrote who saw revision `seen` (0 where there was no draft yet).
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    bundle: &Bundle,
    seen: i64,
    now: Timestamp,
) -> Result<BundleDraft, Error> {
    let staff = staff(actor)?;
    let known = records::bundle_draft(tx, &bundle.key)?;
    let published = records::bundle(tx, &bundle.key)?;
    // Whoever takes a bundle over needs a say where it was offered so far.
    let before = known.as_ref().map(|draft| draft.body.region.clone());
    let before = before.or(published.map(|published| published.bundle.region));
    if !compiles(actor, &bundle.region) || before.is_some_and(|region| !compiles(actor, &region)) {
        return Err(Error::NotFound);
    }
    let revision = known.as_ref().map_or(0, |draft| draft.revision);
    if revision != seen {
        return Err(Error::Changed(revision));
    }
    if let Some(draft) = known.filter(|draft| draft.state == BundleState::InReview) {
        return Err(Error::WrongState(draft.state));
    }
    let mut draft = BundleDraft {
        body: bundle.clone(),
        state: BundleState::Editing,
        revision,
        editor: staff.staff,
        editor_name: staff.name.clone(),
        note: String::new(),
        updated_at: now,
    };
    step(tx, &mut draft, "saved", staff, "", now)?;
    Ok(draft)
}

/// Hands a draft in for review. What may not be published is not handed in.
pub fn submit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    revision: i64,
    note: &str,
    now: Timestamp,
) -> Result<BundleDraft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, key, revision, BundleState::Editing)?;
    publishable(tx, &draft.body)?;
    draft.state = BundleState::InReview;
    note.clone_into(&mut draft.note);
    step(tx, &mut draft, "submitted", staff, note, now)?;
    Ok(draft)
}

/// Sends a draft back with a reason, or takes one's own back.
pub fn give_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    revision: i64,
    reason: &str,
    now: Timestamp,
) -> Result<BundleDraft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, key, revision, BundleState::InReview)?;
    let own = draft.editor == staff.staff;
    if !own && !reviews(actor, &draft.body.region) {
        return Err(Error::NotFound);
    }
    if !own && reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    draft.state = BundleState::Editing;
    reason.clone_into(&mut draft.note);
    let kind = if own { "withdrawn" } else { "returned" };
    step(tx, &mut draft, kind, staff, reason, now)?;
    Ok(draft)
}

/// The second person publishes it; the number of its version.
pub fn publish(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    revision: i64,
    note: &str,
    now: Timestamp,
) -> Result<i64, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, key, revision, BundleState::InReview)?;
    if !reviews(actor, &draft.body.region) {
        return Err(Error::NotFound);
    }
    if records::wrote_bundle(tx, key, staff.staff)? {
        return Err(Error::SamePerson);
    }
    publishable(tx, &draft.body)?;
    let version = records::publish_bundle(tx, &draft.body, note, actor.name(), now)?;
    draft.state = BundleState::Closed;
    step(tx, &mut draft, "published", staff, note, now)?;
    Ok(version)
}

/// Gives a draft up; what is published stays.
pub fn drop_draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    revision: i64,
    reason: &str,
    now: Timestamp,
) -> Result<BundleDraft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, key, revision, BundleState::Editing)?;
    if let Some(published) = records::bundle(tx, key)? {
        draft.body = published.bundle;
    }
    draft.state = BundleState::Closed;
    step(tx, &mut draft, "dropped", staff, reason, now)?;
    Ok(draft)
}

/// Takes a bundle off the list; its versions stay readable, its items can be applied for one by one.
pub fn take_down(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let staff = staff(actor)?;
    let published = records::bundle(tx, key)?.ok_or(Error::NotFound)?;
    if !reviews(actor, &published.bundle.region) {
        return Err(Error::NotFound);
    }
    if reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    if !records::take_bundle_down(tx, key, now)? {
        return Err(Error::WrongState(BundleState::Closed));
    }
    let known = records::bundle_draft(tx, key)?;
    let mut draft = known.unwrap_or_else(|| BundleDraft {
        body: published.bundle,
        state: BundleState::Closed,
        revision: 0,
        editor: staff.staff,
        editor_name: staff.name.clone(),
        note: String::new(),
        updated_at: now,
    });
    step(tx, &mut draft, "taken_down", staff, reason, now)?;
    Ok(())
}

/// Publishes bundles of a file as they are, where all their items are there and the content is new; how many.
///
/// For the shipped ones of a new city, where there is nobody yet to review anything.
pub fn install(
    tx: &mut Tx<'_>,
    bundles: &[Bundle],
    by: &str,
    now: Timestamp,
) -> Result<usize, store::Error> {
    let mut installed = 0;
    for bundle in bundles {
        if findings(tx, bundle)?.is_empty() {
            records::publish_bundle(tx, bundle, "", by, now)?;
            installed += 1;
        }
    }
    Ok(installed)
}

fn publishable(tx: &mut Tx<'_>, bundle: &Bundle) -> Result<(), Error> {
    let found = findings(tx, bundle)?;
    if found.is_empty() {
        Ok(())
    } else {
        Err(Error::Findings(found))
    }
}

fn load(
    tx: &mut Tx<'_>,
    actor: &Actor,
    key: &str,
    revision: i64,
    state: BundleState,
) -> Result<BundleDraft, Error> {
    let draft = records::bundle_draft(tx, key)?.ok_or(Error::NotFound)?;
    if !compiles(actor, &draft.body.region) {
        return Err(Error::NotFound);
    }
    if draft.state != state {
        return Err(Error::WrongState(draft.state));
    }
    if draft.revision != revision {
        return Err(Error::Changed(draft.revision));
    }
    Ok(draft)
}

fn staff(actor: &Actor) -> Result<&Staff, Error> {
    match actor {
        Actor::Staff(staff) => Ok(staff),
        Actor::Person(_) | Actor::System => Err(Error::NotFound),
    }
}

fn step(
    tx: &mut Tx<'_>,
    draft: &mut BundleDraft,
    kind: &str,
    staff: &Staff,
    reason: &str,
    now: Timestamp,
) -> Result<(), store::Error> {
    draft.revision += 1;
    draft.updated_at = now.max(draft.updated_at);
    records::put_bundle_draft(tx, draft, kind, (staff.staff, &staff.name), reason)
}
