//! Changing many items: what a file or a rule would change is kept line by line, looked at, and then becomes one batch
//! of drafts that a second person lets pass.

use base::ids::{IdSource, ItemId, OrgId};
use casework::Actor;
use jiff::Timestamp;
use store::Tx;

use super::drafting::{self, BATCH_MAX, compiles};
use crate::bulk::rule::{Rule, Wrong};
use crate::checks::{Finding, Severity};
use crate::diff;
use crate::import::{Parsed, RowError, table::BODY};
use crate::model::{Item, Published};
use crate::store as records;
use crate::store::{
    BatchId, Bulk, BulkId, BulkKind, BulkLine, Draft, DraftId, DraftState, Filter, LineState,
};

/// Findings kept with a line.
const FINDINGS_MAX: usize = 20;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no such change, or not yours")]
    NotFound,
    #[error("{0:?}")]
    Rule(Wrong),
    /// More items than a batch may have.
    #[error("{0} items are too many")]
    TooMany(usize),
    /// Everything stays as it is.
    #[error("nothing would change")]
    Nothing,
    #[error("done already")]
    Done,
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

/// Which items a rule is for.
#[derive(Clone, Debug)]
pub enum Choice {
    Items(Vec<ItemId>),
    Filter(Filter),
}

/// What was looked at: the lines that change, and how many items there were.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    pub lines: Vec<(BulkLine, Item)>,
    pub looked: usize,
    pub unchanged: usize,
}

/// One item as it would become.
pub(super) struct Proposed<'a> {
    pub(super) published: Option<&'a Published>,
    pub(super) org_id: OrgId,
    pub(super) region: &'a str,
    pub(super) body: Item,
}

impl Looked {
    /// Adds an item as it would become, with what differs and what speaks against it.
    pub(super) fn add(
        &mut self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        proposed: Proposed<'_>,
    ) -> Result<(), Error> {
        let blank = Item::default();
        let before = proposed.published.map_or(&blank, |known| &known.item);
        let changes = diff::changes(before, &proposed.body);
        let draft = as_draft(
            actor,
            &proposed,
            DraftId::from_uuid(uuid::Uuid::nil()),
            None,
            Timestamp::UNIX_EPOCH,
        )?;
        let (state, found) = match drafting::publishable(tx, &draft) {
            Ok(found) => (LineState::Ready, found),
            Err(drafting::Error::Findings(found)) => (LineState::Refused, found),
            Err(drafting::Error::WrongState(_)) => {
                return self.push(
                    &draft,
                    changes,
                    Vec::new(),
                    LineState::Skipped,
                    "事项已经取消",
                );
            }
            Err(other) => return Err(other.into()),
        };
        self.push(&draft, changes, found, state, "")
    }

    fn push(
        &mut self,
        draft: &Draft,
        changes: Vec<diff::Change>,
        mut found: Vec<Finding>,
        state: LineState,
        note: &str,
    ) -> Result<(), Error> {
        if self.lines.len() >= BATCH_MAX {
            return Err(Error::TooMany(self.lines.len() + 1));
        }
        found.sort_by_key(|finding| finding.severity == Severity::Warning);
        found.truncate(FINDINGS_MAX);
        let body = &draft.body;
        let code = [&body.impl_code, &body.local_item_code, &body.base_code]
            .into_iter()
            .find(|code| !code.is_empty())
            .cloned()
            .unwrap_or_default();
        let line = BulkLine {
            n: i64::try_from(self.lines.len() + 1).unwrap_or(i64::MAX),
            item_id: draft.item_id,
            draft_id: None,
            org_id: draft.org_id,
            region: draft.region.clone(),
            name: body.name.clone(),
            code,
            from_version: draft.from_version,
            changes,
            findings: found.into_iter().map(Finding::into_flag).collect(),
            state,
            note: note.to_owned(),
        };
        self.lines.push((line, body.clone()));
        Ok(())
    }
}

fn as_draft(
    actor: &Actor,
    proposed: &Proposed<'_>,
    draft_id: DraftId,
    batch: Option<BatchId>,
    now: Timestamp,
) -> Result<Draft, Error> {
    let staff = drafting::staff(actor)?;
    Ok(Draft {
        draft_id,
        item_id: proposed.published.map(|known| known.item_id),
        org_id: proposed.org_id,
        region: proposed.region.to_owned(),
        from_version: proposed.published.map_or(0, |known| known.version),
        body: proposed.body.clone(),
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
    })
}

/// What a rule would make of the chosen items, those within the actor's scope.
pub fn look_at_rule(
    tx: &mut Tx<'_>,
    actor: &Actor,
    choice: &Choice,
    rule: &Rule,
) -> Result<Looked, Error> {
    rule.check().map_err(Error::Rule)?;
    let mut looked = Looked::default();
    for published in chosen(tx, choice)? {
        let Some(holder) = records::holder(tx, published.item_id)? else {
            continue;
        };
        if !compiles(actor, &holder.region, holder.org_id) {
            continue;
        }
        looked.looked += 1;
        let next = match rule.apply(&published.item) {
            Ok(Some(next)) => next,
            Ok(None) => {
                looked.unchanged += 1;
                continue;
            }
            Err(message) => {
                return Err(Error::Rule(Wrong {
                    field: "value",
                    message: format!("“{}”：{message}", published.item.name),
                }));
            }
        };
        let proposed = Proposed {
            published: Some(&published),
            org_id: holder.org_id,
            region: &holder.region,
            body: next,
        };
        looked.add(tx, actor, proposed)?;
    }
    Ok(looked)
}

fn chosen(tx: &mut Tx<'_>, choice: &Choice) -> Result<Vec<Published>, Error> {
    let mut all = Vec::new();
    match choice {
        Choice::Items(items) => {
            if items.len() > BATCH_MAX {
                return Err(Error::TooMany(items.len()));
            }
            for item_id in items {
                all.extend(records::current(tx, *item_id)?);
            }
        }
        Choice::Filter(filter) => {
            let count = records::count_items(tx, filter)?;
            let count = usize::try_from(count).unwrap_or_default();
            if count > BATCH_MAX {
                return Err(Error::TooMany(count));
            }
            records::each_current(tx, filter, &mut |published| {
                all.push(published);
                Ok(())
            })?;
        }
    }
    Ok(all)
}

/// Turns records the actor may not draft into row errors.
pub fn restrict(parsed: &mut Parsed, actor: &Actor) {
    let (good, strange) = std::mem::take(&mut parsed.good)
        .into_iter()
        .partition(|record| compiles(actor, &record.region, record.org_id));
    parsed.good = good;
    for record in strange {
        parsed.refuse(RowError::new(
            record.row,
            BODY,
            "这个实施主体不在您的编制范围",
        ));
    }
}

/// What a file would change, field by field.
pub fn look_at_file(tx: &mut Tx<'_>, actor: &Actor, parsed: &Parsed) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    for record in &parsed.good {
        looked.looked += 1;
        let key = records::item_key(record.org_id, &record.item);
        let holder = records::holder_by_key(tx, &key)?;
        let published = match &holder {
            None => None,
            Some(holder) => {
                if holder.digest == record.item.digest() && holder.org_id == record.org_id {
                    looked.unchanged += 1;
                    continue;
                }
                records::current(tx, holder.item_id)?
            }
        };
        let region = holder.as_ref().map_or(&record.region, |holder| {
            if holder.org_id == record.org_id {
                &holder.region
            } else {
                &record.region
            }
        });
        let proposed = Proposed {
            published: published.as_ref(),
            org_id: record.org_id,
            region,
            body: record.item.clone(),
        };
        if let Some(holder) = &holder
            && !compiles(actor, &holder.region, holder.org_id)
        {
            let draft = as_draft(
                actor,
                &proposed,
                DraftId::from_uuid(uuid::Uuid::nil()),
                None,
                Timestamp::UNIX_EPOCH,
            )?;
            let note = "这个编码属于您编制范围以外的事项";
            looked.push(&draft, Vec::new(), Vec::new(), LineState::Skipped, note)?;
            continue;
        }
        looked.add(tx, actor, proposed)?;
    }
    Ok(looked)
}

/// Keeps what was looked at until somebody hands it in.
pub fn keep(tx: &mut Tx<'_>, bulk: &Bulk, looked: &Looked) -> Result<(), Error> {
    if looked.lines.is_empty() {
        return Err(Error::Nothing);
    }
    records::insert_bulk(tx, bulk)?;
    for (line, body) in &looked.lines {
        records::insert_bulk_line(tx, bulk.bulk_id, line, body)?;
    }
    Ok(())
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub batch: BatchId,
    pub drafted: usize,
    pub skipped: usize,
}

/// Makes one batch of drafts of every line that may be published, handed in for review.
///
/// A line whose item somebody else is writing, or that was published anew since it was looked at, is skipped and says
/// so; nobody's work is written over. Open drafts of items that move to another body go along.
pub fn draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &IdSource,
    bulk_id: BulkId,
    effective_at: Option<Timestamp>,
    note: &str,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let staff = drafting::staff(actor)?;
    let bulk = records::bulk(tx, bulk_id)?.ok_or(Error::NotFound)?;
    if bulk.account_id != staff.account {
        return Err(Error::NotFound);
    }
    if bulk.done_at.is_some() {
        return Err(Error::Done);
    }
    let batch = BatchId::from_uuid(ids.next_uuid(now));
    let mut outcome = Outcome {
        batch,
        drafted: 0,
        skipped: 0,
    };
    for (line, body) in records::ready_lines(tx, bulk_id)? {
        let hand_in = HandIn {
            actor,
            batch,
            effective_at,
            note,
            now,
        };
        let done = match open_draft(tx, &line)? {
            Some(open) if bulk.kind == BulkKind::Merge => hand_in.along(tx, &line, open)?,
            Some(open) => Err(format!("{}正在编制这个事项的另一份草稿", open.editor_name)),
            None => hand_in.line(tx, ids, &line, body)?,
        };
        let (state, draft_id, said) = match done {
            Ok(draft_id) => {
                outcome.drafted += 1;
                (LineState::Drafted, Some(draft_id), String::new())
            }
            Err(reason) => {
                outcome.skipped += 1;
                (LineState::Skipped, line.draft_id, reason)
            }
        };
        records::settle_bulk_line(tx, bulk_id, line.n, state, draft_id, &said)?;
    }
    if outcome.drafted == 0 {
        return Err(Error::Nothing);
    }
    records::finish_bulk(tx, bulk_id, batch, now)?;
    Ok(outcome)
}

fn open_draft(tx: &mut Tx<'_>, line: &BulkLine) -> Result<Option<Draft>, store::Error> {
    match (line.item_id, line.draft_id) {
        (_, Some(draft_id)) => {
            Ok(records::draft(tx, draft_id)?.filter(|draft| draft.state.is_open()))
        }
        (Some(item_id), None) => records::open_draft(tx, item_id),
        (None, None) => Ok(None),
    }
}

/// How drafts of a batch are handed in.
struct HandIn<'a> {
    actor: &'a Actor,
    batch: BatchId,
    effective_at: Option<Timestamp>,
    note: &'a str,
    now: Timestamp,
}

impl HandIn<'_> {
    /// Begins a draft with its new content and hands it in; or why it was not.
    fn line(
        &self,
        tx: &mut Tx<'_>,
        ids: &IdSource,
        line: &BulkLine,
        body: Item,
    ) -> Result<Result<DraftId, String>, Error> {
        let published = match line.item_id {
            None => None,
            Some(item_id) => records::current(tx, item_id)?,
        };
        if let Some(known) = &published {
            if known.version != line.from_version {
                return Ok(Err(format!("第{}版已经先发布", known.version)));
            }
            let holder = records::holder(tx, known.item_id)?.ok_or(Error::NotFound)?;
            if !compiles(self.actor, &holder.region, holder.org_id) {
                return Ok(Err("不在您的编制范围".to_owned()));
            }
        }
        if !compiles(self.actor, &line.region, line.org_id) {
            return Ok(Err("不在您的编制范围".to_owned()));
        }
        let proposed = Proposed {
            published: published.as_ref(),
            org_id: line.org_id,
            region: &line.region,
            body,
        };
        let draft_id = DraftId::from_uuid(ids.next_uuid(self.now));
        let mut draft = as_draft(self.actor, &proposed, draft_id, Some(self.batch), self.now)?;
        match drafting::publishable(tx, &draft) {
            Ok(_) => {}
            Err(drafting::Error::Findings(found)) => {
                let first = found.into_iter().next();
                return Ok(Err(
                    first.map_or_else(String::new, |finding| finding.message)
                ));
            }
            Err(drafting::Error::WrongState(_)) => return Ok(Err("事项已经取消".to_owned())),
            Err(other) => return Err(other.into()),
        }
        let staff = drafting::staff(self.actor)?;
        let begun = drafting::line(&draft, "begun", Some(staff), "");
        records::insert_draft(tx, &draft, &begun)?;
        self.submit(tx, &mut draft)?;
        Ok(Ok(draft_id))
    }

    fn submit(&self, tx: &mut Tx<'_>, draft: &mut Draft) -> Result<(), Error> {
        let staff = drafting::staff(self.actor)?;
        draft.state = DraftState::InReview;
        draft.effective_at = self.effective_at;
        self.note.clone_into(&mut draft.note);
        drafting::step(tx, draft, "submitted", Some(staff), self.note, self.now)?;
        Ok(())
    }

    /// Gives an open draft to the receiving body, with its codes; what its editor wrote stays. It is handed in with the
    /// others where it may be published, else it stays with its editor.
    fn along(
        &self,
        tx: &mut Tx<'_>,
        line: &BulkLine,
        mut draft: Draft,
    ) -> Result<Result<DraftId, String>, Error> {
        let staff = drafting::staff(self.actor)?;
        if !compiles(self.actor, &draft.region, draft.org_id) {
            return Ok(Err("草稿不在您的编制范围".to_owned()));
        }
        let org = people::orgs::by_id(tx, line.org_id)
            .map_err(super::transfer::storage)?
            .ok_or(Error::NotFound)?;
        draft.body = crate::bulk::transfer::moved(&draft.body, super::transfer::receiver(&org));
        draft.org_id = line.org_id;
        draft.region.clone_from(&line.region);
        draft.state = DraftState::Editing;
        draft.reviewer = None;
        draft.editor = staff.staff;
        draft.editor_name.clone_from(&staff.name);
        records::move_draft(tx, draft.draft_id, draft.org_id, &draft.region)?;
        let publishable = drafting::publishable(tx, &draft).is_ok();
        if publishable {
            draft.batch = Some(self.batch);
        }
        drafting::step(tx, &mut draft, "saved", Some(staff), self.note, self.now)?;
        if publishable {
            self.submit(tx, &mut draft)?;
            Ok(Ok(draft.draft_id))
        } else {
            Ok(Err("草稿已转给新的实施主体，改正后再送审".to_owned()))
        }
    }
}
