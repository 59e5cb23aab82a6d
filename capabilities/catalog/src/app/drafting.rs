//! 编制 → 审核 → 发布: a draft is written by one person and published by another, at once or on its day.
//!
//! Two people may write one draft: a save names the revision it was made on; what somebody else saved meanwhile is
//! merged field by field, and where both changed one field the second sees the conflict and chooses.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base::ids::{IdSource, ItemId, OrgId, StaffId, VersionId};
use casework::{Actor, Permission, Scope, actor::Staff};
use jiff::Timestamp;
use store::Tx;

use crate::base_list::rules;
use crate::checks::{self, Finding, Origin, Severity, standard};
use crate::diff::{self, Conflict, Side};
use crate::elements;
use crate::guided;
use crate::model::{Item, ItemState, Material};
use crate::store as records;
use crate::store::{
    BatchId, Draft, DraftId, DraftLine, DraftState, NewVersion, Outcome, Publisher,
};

/// Drafts of one batch.
pub const BATCH_MAX: usize = 5000;

/// Why something was not done to a draft.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or of a body outside the actor's scope.
    #[error("no such draft")]
    NotFound,
    /// It has gone further meanwhile.
    #[error("the draft is {0:?}")]
    WrongState(DraftState),
    /// The item has an open draft: this one.
    #[error("there is an open draft already")]
    Open(DraftId),
    /// Somebody changed the same fields meanwhile; the draft's revision now.
    #[error("{} fields were changed by two people", .conflicts.len())]
    Conflicts {
        revision: i64,
        conflicts: Vec<Conflict>,
    },
    /// It may not be published as it is.
    #[error("{} findings", .0.len())]
    Findings(Vec<Finding>),
    /// 编制 and 审核 need two persons.
    #[error("the reviewer wrote part of it")]
    SamePerson,
    #[error("a reason is needed")]
    NeedsReason,
    /// Another version was published after the draft was begun.
    #[error("version {0} was published meanwhile")]
    Overtaken(i64),
    /// There is nothing to go back to.
    #[error("nothing to undo")]
    NothingBefore,
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

/// What a draft is begun from.
#[derive(Clone, Debug)]
pub enum Start {
    /// The newest version of an item.
    Item(ItemId),
    /// Nothing yet: a claimed base item, a local special item.
    New {
        org_id: OrgId,
        region: String,
        item: Box<Item>,
    },
}

/// What came of a save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub draft: Draft,
    /// Whether somebody else's changes were brought together with these.
    pub merged: bool,
}

/// Whether this actor drafts the items of a body.
pub fn compiles(actor: &Actor, region: &str, org_id: OrgId) -> bool {
    let scope = Scope {
        region,
        org: Some(org_id),
    };
    actor.may(Permission::Compile, &scope) || actor.may(Permission::Administer, &scope)
}

/// Whether this actor reviews the items of a body.
pub fn reviews(actor: &Actor, region: &str, org_id: OrgId) -> bool {
    let scope = Scope {
        region,
        org: Some(org_id),
    };
    actor.may(Permission::Review, &scope) || actor.may(Permission::Administer, &scope)
}

/// Begins a draft.
pub fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    start: Start,
    batch: Option<BatchId>,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = staff(actor)?;
    let (item_id, org_id, region, from_version, body) = match start {
        Start::Item(item_id) => {
            if let Some(open) = records::open_draft(tx, item_id)? {
                return Err(Error::Open(open.draft_id));
            }
            let holder = records::holder(tx, item_id)?.ok_or(Error::NotFound)?;
            let published = records::current(tx, item_id)?.ok_or(Error::NotFound)?;
            (
                Some(item_id),
                holder.org_id,
                holder.region,
                published.version,
                published.item,
            )
        }
        Start::New {
            org_id,
            region,
            item,
        } => (None, org_id, region, 0, *item),
    };
    if !compiles(actor, &region, org_id) {
        return Err(Error::NotFound);
    }
    let draft = Draft {
        draft_id,
        item_id,
        org_id,
        region,
        from_version,
        body,
        state: DraftState::Editing,
        revision: 1,
        batch,
        editor: staff.staff,
        editor_name: staff.name.clone(),
        reviewer: None,
        effective_at: None,
        version: None,
        note: String::new(),
        created_at: now,
        updated_at: now,
    };
    let line = line(&draft, "begun", Some(staff), "");
    records::insert_draft(tx, &draft, &line)?;
    Ok(draft)
}

/// Saves a draft's content as somebody changed it who saw revision `seen`.
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    seen: i64,
    body: &Item,
    chosen: &BTreeMap<String, Side>,
    now: Timestamp,
) -> Result<Saved, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, draft_id)?;
    expect(&draft, &[DraftState::Editing])?;
    let merged = if seen == draft.revision {
        body.clone()
    } else {
        let base = records::body_at(tx, draft_id, seen)?.ok_or(Error::NotFound)?;
        diff::merge(&base, body, &draft.body, chosen).map_err(|conflicts| Error::Conflicts {
            revision: draft.revision,
            conflicts,
        })?
    };
    let brought = merged != *body;
    if merged == draft.body {
        return Ok(Saved {
            draft,
            merged: brought,
        });
    }
    draft.body = merged;
    draft.editor = staff.staff;
    draft.editor_name.clone_from(&staff.name);
    step(tx, &mut draft, "saved", Some(staff), "", now)?;
    Ok(Saved {
        draft,
        merged: brought,
    })
}

/// Hands a draft in for review. What may not be published is not handed in.
pub fn submit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    revision: i64,
    effective_at: Option<Timestamp>,
    note: &str,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, draft_id)?;
    expect(&draft, &[DraftState::Editing])?;
    unchanged(&draft, revision)?;
    publishable(tx, &draft)?;
    draft.state = DraftState::InReview;
    draft.effective_at = effective_at;
    note.clone_into(&mut draft.note);
    step(tx, &mut draft, "submitted", Some(staff), note, now)?;
    Ok(draft)
}

/// Takes a draft back that was handed in, or sends it back with a reason (审核退回).
pub fn give_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    revision: i64,
    reason: &str,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, draft_id)?;
    expect(&draft, &[DraftState::InReview, DraftState::Approved])?;
    unchanged(&draft, revision)?;
    let own = draft.editor == staff.staff;
    if !own && !reviews(actor, &draft.region, draft.org_id) {
        return Err(Error::NotFound);
    }
    if !own && reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    draft.state = DraftState::Editing;
    draft.reviewer = None;
    reason.clone_into(&mut draft.note);
    let kind = if own { "withdrawn" } else { "returned" };
    step(tx, &mut draft, kind, Some(staff), reason, now)?;
    Ok(draft)
}

/// Gives a draft up. It stays readable.
pub fn drop_draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft_id: DraftId,
    revision: i64,
    reason: &str,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = staff(actor)?;
    let mut draft = load(tx, actor, draft_id)?;
    if !draft.state.is_open() {
        return Err(Error::WrongState(draft.state));
    }
    unchanged(&draft, revision)?;
    draft.state = DraftState::Dropped;
    reason.clone_into(&mut draft.note);
    step(tx, &mut draft, "dropped", Some(staff), reason, now)?;
    Ok(draft)
}

/// The second person lets a draft pass: it is published, or waits for its day.
pub fn approve(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    draft_id: DraftId,
    revision: i64,
    note: &str,
    now: Timestamp,
) -> Result<Draft, Error> {
    // First of all the catalogue's row, so that two reviewers wait for one another.
    let publisher = Publisher::begin(tx, now, actor.name())?;
    let draft = records::draft(tx, draft_id)?.ok_or(Error::NotFound)?;
    approve_with(tx, &publisher, actor, ids, draft, revision, note, now)
}

/// Lets every draft of a batch pass, or none.
pub fn approve_batch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    batch: BatchId,
    note: &str,
    now: Timestamp,
) -> Result<Vec<Draft>, Error> {
    let publisher = Publisher::begin(tx, now, actor.name())?;
    let drafts = records::batch(tx, batch)?;
    if drafts.is_empty() {
        return Err(Error::NotFound);
    }
    let mut done = Vec::with_capacity(drafts.len());
    for draft in drafts {
        if draft.state == DraftState::Dropped {
            continue;
        }
        let revision = draft.revision;
        done.push(approve_with(
            tx, &publisher, actor, ids, draft, revision, note, now,
        )?);
    }
    super::transfer::end_emptied(tx, batch, now)?;
    Ok(done)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one use case, shared by a single draft and a batch"
)]
fn approve_with(
    tx: &mut Tx<'_>,
    publisher: &Publisher<'_>,
    actor: &Actor,
    ids: &IdSource,
    mut draft: Draft,
    revision: i64,
    note: &str,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = staff(actor)?;
    if !reviews(actor, &draft.region, draft.org_id) {
        return Err(Error::NotFound);
    }
    expect(&draft, &[DraftState::InReview])?;
    unchanged(&draft, revision)?;
    if records::has_edited(tx, draft.draft_id, staff.staff)? {
        return Err(Error::SamePerson);
    }
    let found = publishable(tx, &draft)?;
    draft.state = DraftState::Approved;
    draft.reviewer = Some(staff.staff);
    step(tx, &mut draft, "approved", Some(staff), note, now)?;
    if draft.effective_at.is_none_or(|at| at <= now) {
        publish(tx, publisher, ids, &mut draft, found, Some(staff), now)?;
    }
    Ok(draft)
}

/// Publishes the approved drafts whose day has come; how many.
///
/// A draft overtaken meanwhile by another version goes back to its editor.
pub fn publish_due(tx: &mut Tx<'_>, ids: &IdSource, now: Timestamp) -> Result<usize, Error> {
    let due = records::due_drafts(tx, now, 500)?;
    if due.is_empty() {
        return Ok(0);
    }
    let mut count = 0;
    let batches: BTreeSet<BatchId> = due.iter().filter_map(|draft| draft.batch).collect();
    for mut draft in due {
        let name = reviewer_name(tx, &draft)?;
        let publisher = Publisher::begin(tx, now, &name)?;
        match publishable(tx, &draft) {
            Ok(found) => {
                publish(tx, &publisher, ids, &mut draft, found, None, now)?;
                count += 1;
            }
            Err(Error::Store(error)) => return Err(Error::Store(error)),
            Err(reason) => {
                let reason = format!("到期不能发布：{reason}");
                draft.state = DraftState::Editing;
                draft.note.clone_from(&reason);
                step(tx, &mut draft, "returned", None, &reason, now)?;
            }
        }
    }
    for batch in batches {
        super::transfer::end_emptied(tx, batch, now)?;
    }
    Ok(count)
}

/// Begins drafts that bring back what stood before a batch was published, handed in for review together.
pub fn undo_batch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    batch: BatchId,
    reason: &str,
    now: Timestamp,
) -> Result<(BatchId, Vec<Draft>), Error> {
    if reason.trim().is_empty() {
        return Err(Error::NeedsReason);
    }
    let undone: BatchId = BatchId::from_uuid(ids.next_uuid(now));
    let mut all = Vec::new();
    for published in records::batch(tx, batch)? {
        let (Some(item_id), Some(version)) = (published.item_id, published.version) else {
            continue;
        };
        let Some(before) = records::version_number(tx, item_id, version - 1)? else {
            continue;
        };
        let draft_id = DraftId::from_uuid(ids.next_uuid(now));
        let draft = begin(tx, actor, draft_id, Start::Item(item_id), Some(undone), now)?;
        if published.org_id != before.org_id && draft.org_id == published.org_id {
            give_to(tx, draft_id, before.org_id)?;
        }
        // Only what the batch changed goes back; what was published since stays.
        let chosen = BTreeMap::new();
        let body = diff::merge(&published.body, &before.item, &draft.body, &chosen).map_err(
            |conflicts| Error::Conflicts {
                revision: draft.revision,
                conflicts,
            },
        )?;
        let saved = save(tx, actor, draft_id, draft.revision, &body, &chosen, now)?;
        all.push(submit(
            tx,
            actor,
            draft_id,
            saved.draft.revision,
            None,
            reason,
            now,
        )?);
    }
    if all.is_empty() {
        return Err(Error::NothingBefore);
    }
    Ok((undone, all))
}

/// Gives a draft to the body that had the item before it moved.
fn give_to(tx: &mut Tx<'_>, draft_id: DraftId, org_id: OrgId) -> Result<(), Error> {
    let org = people::orgs::by_id(tx, org_id)
        .map_err(super::transfer::storage)?
        .ok_or(Error::NotFound)?;
    if org.valid_to.is_some() {
        people::orgs::restore(tx, org_id).map_err(super::transfer::storage)?;
    }
    records::move_draft(tx, draft_id, org_id, &org.region)?;
    Ok(())
}

/// Everything that speaks against publishing a draft: the record's own errors, and departures from its base item.
pub fn findings(tx: &mut Tx<'_>, item: &Item) -> Result<Vec<Finding>, store::Error> {
    let wording = records::wording(tx)?;
    let mut found = checks::check_draft(item, &wording);
    found.extend(guided::check(&item.situation, item).findings);
    found.extend(elements::check(&item.form));
    let named = standards(&item.materials);
    let library = records::library_of(tx, named.iter().map(String::as_str))?;
    found.extend(library.check(item));
    if let Some(version) = item.base_version {
        match records::base_version(tx, &item.base_code, i64::from(version))? {
            None => found.push(Finding {
                severity: Severity::Error,
                field: "base_version".to_owned(),
                code: "base.unknown",
                message: format!(
                    "基本目录里没有{}的第{version}版，请重新认领",
                    item.base_code
                ),
            }),
            Some(base) => {
                if base.cancelled {
                    found.push(Finding {
                        severity: Severity::Error,
                        field: "base_code".to_owned(),
                        code: "base.cancelled",
                        message: "基本目录已取消这个事项，不能再发布".to_owned(),
                    });
                }
                found.extend(rules::licensed(&base.item));
                // A paper that went over to another in the library is the same paper in both lists.
                let mut named = standards(&base.item.materials);
                named.extend(standards(&item.materials));
                let library = records::library_of(tx, named.iter().map(String::as_str))?;
                let mut fixed = base.item;
                if let Cow::Owned(settled) = library.settled(&fixed.materials) {
                    fixed.materials = settled;
                }
                match library.settled(&item.materials) {
                    Cow::Borrowed(_) => found.extend(rules::against(&fixed, item)),
                    Cow::Owned(materials) => {
                        let own = Item {
                            materials,
                            ..item.clone()
                        };
                        found.extend(rules::against(&fixed, &own));
                    }
                }
            }
        }
    }
    found.sort_by_key(|finding| finding.severity == Severity::Warning);
    Ok(found)
}

/// The codes of the library that materials name.
fn standards(materials: &[Material]) -> Vec<String> {
    let named = materials.iter().map(|material| &material.standard);
    named.cloned().collect()
}

/// [`findings`] of a draft, and for an item that is new and has no base item what speaks against having it at all.
pub fn findings_of(tx: &mut Tx<'_>, draft: &Draft) -> Result<Vec<Finding>, store::Error> {
    let mut found = findings(tx, &draft.body)?;
    let uscc = uscc(tx, draft.org_id)?;
    found.extend(standard::of_body(&draft.body, &uscc, Origin::Draft));
    let current = match draft.item_id {
        Some(item_id) => records::current(tx, item_id)?.map(|current| current.item),
        None => None,
    };
    let known = current.as_ref().map_or_else(Vec::new, unclaimed);
    found.extend(
        unclaimed(&draft.body)
            .into_iter()
            .filter(|finding| !known.contains(finding)),
    );
    found.extend(left_base(&draft.body, current.as_ref()));
    found.sort_by_key(|finding| finding.severity == Severity::Warning);
    Ok(found)
}

/// What speaks against having an item that no base item stands behind.
fn unclaimed(item: &Item) -> Vec<Finding> {
    match item.base_version {
        None => rules::special(item),
        Some(_) => Vec::new(),
    }
}

/// A claimed item stays claimed: without its base item nothing would bind it.
fn left_base(item: &Item, current: Option<&Item>) -> Option<Finding> {
    let claimed = current.is_some_and(|current| current.base_version.is_some());
    (claimed && item.base_version.is_none()).then(|| Finding {
        severity: Severity::Error,
        field: "base_version".to_owned(),
        code: "base.left",
        message: "已经认领基本目录的事项不能脱离基本目录，请改回基本目录版本".to_owned(),
    })
}

/// The credit code of a body; empty where it has none.
fn uscc(tx: &mut Tx<'_>, org_id: OrgId) -> Result<String, store::Error> {
    let org = people::orgs::by_id(tx, org_id).map_err(super::transfer::storage)?;
    Ok(org.and_then(|org| org.uscc).unwrap_or_default())
}

/// Whether a draft may be published, and what is found nevertheless.
pub(super) fn publishable(tx: &mut Tx<'_>, draft: &Draft) -> Result<Vec<Finding>, Error> {
    let mut all = findings(tx, &draft.body)?;
    let uscc = uscc(tx, draft.org_id)?;
    let of_body = |item: &Item| standard::of_body(item, &uscc, Origin::Draft);
    all.extend(of_body(&draft.body));
    all.extend(unclaimed(&draft.body));
    let mut found = all.clone();
    if let Some(item_id) = draft.item_id {
        let current = records::current(tx, item_id)?.ok_or(Error::NotFound)?;
        if current.version != draft.from_version {
            return Err(Error::Overtaken(current.version));
        }
        if current.state == ItemState::Cancelled {
            return Err(Error::WrongState(DraftState::Dropped));
        }
        let mut before = checks::check_draft(&current.item, &records::wording(tx)?);
        let named = standards(&current.item.materials);
        let library = records::library_of(tx, named.iter().map(String::as_str))?;
        before.extend(library.check(&current.item));
        // What comes back to the body it left has the code it had there, well formed or not.
        let moves = current.org_id != draft.org_id;
        before.extend(of_body(if moves { &draft.body } else { &current.item }));
        before.extend(unclaimed(&current.item));
        found.extend(left_base(&draft.body, Some(&current.item)));
        checks::forgive(&mut found, &before);
    }
    let errors: Vec<Finding> = found
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    if errors.is_empty() {
        Ok(all)
    } else {
        Err(Error::Findings(errors))
    }
}

fn publish(
    tx: &mut Tx<'_>,
    publisher: &Publisher<'_>,
    ids: &IdSource,
    draft: &mut Draft,
    found: Vec<Finding>,
    staff: Option<&Staff>,
    now: Timestamp,
) -> Result<(), Error> {
    let item_id = draft.item_id.unwrap_or_else(|| ids.next(now));
    let version_id: VersionId = ids.next(now);
    let flags: Vec<_> = found.into_iter().map(Finding::into_flag).collect();
    let outcome = publisher.revise(
        tx,
        NewVersion {
            item_id,
            version_id,
            org_id: draft.org_id,
            region: &draft.region,
            item: &draft.body,
            flags: &flags,
        },
    )?;
    if let Some(base_version) = draft.body.base_version {
        records::close_adoptions(tx, item_id, i64::from(base_version), now)?;
    }
    draft.item_id = Some(item_id);
    draft.state = DraftState::Published;
    draft.version = Some(match outcome {
        Outcome::Created(_) => 1,
        Outcome::Changed(_, before) => before + 1,
        Outcome::Unchanged(_) => draft.from_version,
    });
    step(tx, draft, "published", staff, "", now)?;
    Ok(())
}

fn reviewer_name(tx: &mut Tx<'_>, draft: &Draft) -> Result<String, Error> {
    let trail = records::draft_trail(tx, draft.draft_id)?;
    let approved = trail.into_iter().rev().find(|line| line.kind == "approved");
    Ok(approved.map_or_else(|| "系统".to_owned(), |line| line.by_name))
}

fn load(tx: &mut Tx<'_>, actor: &Actor, draft_id: DraftId) -> Result<Draft, Error> {
    let draft = records::draft(tx, draft_id)?.ok_or(Error::NotFound)?;
    if compiles(actor, &draft.region, draft.org_id) {
        Ok(draft)
    } else {
        Err(Error::NotFound)
    }
}

pub(super) fn expect(draft: &Draft, states: &[DraftState]) -> Result<(), Error> {
    if states.contains(&draft.state) {
        Ok(())
    } else {
        Err(Error::WrongState(draft.state))
    }
}

fn unchanged(draft: &Draft, revision: i64) -> Result<(), Error> {
    if draft.revision == revision {
        Ok(())
    } else {
        Err(Error::Conflicts {
            revision: draft.revision,
            conflicts: Vec::new(),
        })
    }
}

pub(super) fn staff(actor: &Actor) -> Result<&Staff, Error> {
    match actor {
        Actor::Staff(staff) => Ok(staff),
        Actor::Person(_) | Actor::System => Err(Error::NotFound),
    }
}

pub(super) fn step(
    tx: &mut Tx<'_>,
    draft: &mut Draft,
    kind: &str,
    staff: Option<&Staff>,
    reason: &str,
    now: Timestamp,
) -> Result<(), store::Error> {
    draft.revision += 1;
    draft.updated_at = now.max(draft.updated_at);
    let line = line(draft, kind, staff, reason);
    records::update_draft(tx, draft, &line)
}

pub(super) fn line(draft: &Draft, kind: &str, staff: Option<&Staff>, reason: &str) -> DraftLine {
    DraftLine {
        revision: draft.revision,
        kind: kind.to_owned(),
        by_name: staff.map_or_else(|| "系统".to_owned(), |staff| staff.name.clone()),
        by: staff.map(|staff| -> StaffId { staff.staff }),
        reason: reason.to_owned(),
        at: draft.updated_at,
    }
}
