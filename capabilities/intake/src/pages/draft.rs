//! Opening a draft for a page of its journey.

use std::sync::Arc;

use approval::origins::MaterialOrigin;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, DraftId, PartyId};
use casework::actor::Person;
use catalog::guided::Answers as Situation;
use catalog::model::{ItemState, Published};
use people::Party;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect};

use crate::draft::{CHECK, Draft, Moved, Step, TASKS, is_long, steps};
use crate::form::lookup::Who;
use crate::store::{self as records, Found};
use crate::{Intake, filing};

/// A draft with everything its pages need.
pub(super) struct Opened {
    pub(super) draft: Draft,
    /// The version as it applies to the draft's situation.
    pub(super) published: Arc<Published>,
    /// 办理情形 in words: question and answer.
    pub(super) told: Vec<(String, String)>,
    pub(super) party: Party,
    /// Certificates the applicant holds that stand for materials of the item.
    pub(super) held: Vec<MaterialOrigin>,
    /// Set when the item has a newer version than the draft knew.
    pub(super) moved: Option<Moved>,
}

impl Opened {
    /// Keys of materials that a certificate stands for.
    pub(super) fn certified(&self) -> Vec<&str> {
        let held = self.held.iter();
        held.map(|origin| origin.material.as_str()).collect()
    }

    /// Whose uploads the answers may name, and who may sign them.
    pub(super) fn who(&self, visit: &Visit) -> Result<Who> {
        let person = visit.person()?;
        let mut signers: Vec<String> = filing::signers(&self.party).collect();
        if person.party != self.party.id {
            signers.push(person.name.clone());
        }
        Ok(Who {
            account: self.draft.filed_by,
            signers,
            known: Vec::new(),
        })
    }
}

/// A draft's page, or the case it has become.
pub(super) enum Page {
    Open(Box<Opened>),
    Filed(CaseId),
}

/// The person as the applicant of this draft.
pub(super) fn as_applicant(person: &Person, party: PartyId) -> Person {
    Person {
        acting_for: (party != person.party).then_some(party),
        ..person.clone()
    }
}

/// Loads a draft of the visitor; takes it over to the item's current version first if there is a newer one.
pub(super) async fn open(intake: &Intake, visit: &Visit, id: DraftId) -> Result<Page> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let handle = intake.clone();
    let account = person.account;
    let found = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let found = records::draft(tx, &handle.app.people, id, account, now)?;
            let Some(Found::Open(draft)) = found else {
                return Ok(found.map(|found| (found, None)));
            };
            let party = filing::party(&handle, tx, draft.party)?;
            Ok(Some((Found::Open(draft), Some(party))))
        })
        .await?;
    let (mut draft, party) = match found {
        Some((Found::Open(draft), Some(party))) => (*draft, party),
        Some((Found::Filed(case), _)) => return Ok(Page::Filed(case)),
        _ => {
            return Err(Problem::not_found(
                "没有找到这份草稿，可能已经提交、删除或者过期",
            ));
        }
    };
    let whole = current(intake, &draft).await?;
    let mut published = intake.catalog.applied(&whole, &draft.body.situation);
    let mut moved = None;
    if published.version_id != draft.version {
        let old = intake.catalog.version(draft.version).await?;
        let seen = draft.updated_at;
        moved = Some(draft.move_to(old.as_deref(), &whole));
        let situation = std::mem::take(&mut draft.body.situation);
        let (applied, kept) = intake
            .in_situation(&whole, &situation)
            .unwrap_or_else(|_| (Arc::clone(&whole), Situation::new()));
        draft.settle(kept, &applied.item);
        published = applied;
        draft.updated_at = now.max(seen);
        let (handle, saved) = (intake.clone(), draft.clone());
        intake
            .app
            .db
            .write(move |tx| -> Result<()> {
                Ok(records::update_draft(tx, &handle.app.people, &saved, seen)?)
            })
            .await?;
    }
    let held = intake.held_by(party.id, &published).await?;
    Ok(Page::Open(Box::new(Opened {
        held,
        told: intake.told(&whole, &draft.body.situation),
        draft,
        published,
        party,
        moved,
    })))
}

/// The version the draft goes on with: the newest, as long as the item is open.
async fn current(intake: &Intake, draft: &Draft) -> Result<Arc<Published>> {
    let published = intake.open_item(draft.item).await?;
    debug_assert_eq!(published.state, ItemState::Published);
    Ok(published)
}

/// Changes a draft in one transaction that reads it again, so that two open pages do not undo each other.
pub(super) async fn change<F>(
    intake: &Intake,
    visit: &Visit,
    id: DraftId,
    change: F,
) -> Result<Option<Draft>>
where
    F: Fn(&mut Draft) -> Result<()> + Send + 'static,
{
    let account = visit.person()?.account;
    let now = visit.app.now();
    let expires_at = intake.draft_expiry(now);
    let handle = intake.clone();
    intake
        .app
        .db
        .write(move |tx| -> Result<Option<Draft>> {
            let people = &handle.app.people;
            let Some(Found::Open(mut draft)) = records::draft(tx, people, id, account, now)? else {
                return Ok(None);
            };
            let seen = draft.updated_at;
            change(&mut draft)?;
            draft.updated_at = now.max(seen);
            draft.expires_at = expires_at;
            records::update_draft(tx, people, &draft, seen)?;
            Ok(Some(*draft))
        })
        .await
}

/// Where a page stands in the journey, for 第3步，共7步 and the way back and on.
pub(super) struct Place {
    pub(super) number: usize,
    pub(super) total: usize,
    /// Address of the step before; of the start page on the first.
    pub(super) back: String,
    pub(super) next: String,
    pub(super) step: Step,
}

/// The place of a page; `None` for a page this item does not have.
pub(super) fn place(opened: &Opened, page: &str) -> Option<Place> {
    let steps = steps(&opened.published.item);
    let at = steps.iter().position(|(name, _)| name == page)?;
    let address = |name: &str| format!("/apply/drafts/{}/{name}", opened.draft.id);
    let list = is_long(&opened.published.item).then(|| address(TASKS));
    Some(Place {
        number: at + 1,
        total: steps.len(),
        back: match (&list, at.checked_sub(1)) {
            (Some(list), _) => list.clone(),
            (None, Some(before)) => address(&steps[before].0),
            (None, None) => format!("/apply/{}", opened.draft.item),
        },
        next: match (list, steps.get(at + 1)) {
            (Some(list), after) => address_after(opened, page, after).map_or(list, address),
            (None, Some((after, _))) => address(after),
            (None, None) => address(page),
        },
        step: steps[at].1.clone(),
    })
}

/// Where a long application goes on after a page: with the step after it where that is new, with the check where
/// nothing is left, else at its task list.
fn address_after<'a>(
    opened: &Opened,
    page: &str,
    after: Option<&'a (String, Step)>,
) -> Option<&'a str> {
    let (draft, item) = (&opened.draft, &opened.published.item);
    let complete = steps(item).iter().all(|(name, step)| {
        *step == Step::Check || name == page || draft.has_done(item, &opened.held, name, step)
    });
    match after {
        _ if complete => Some(CHECK),
        Some((name, step))
            if *step != Step::Check && !draft.has_done(item, &opened.held, name, step) =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// What to tell about a newer version of the item; empty if there is none.
pub(super) fn moved_text(page: &ui::Page, moved: Option<&Moved>) -> String {
    match moved {
        None => String::new(),
        Some(moved) if moved.dropped.is_empty() => page
            .t("这个事项的办事指南刚刚更新，您填写的内容都已保留，请再核对一遍。")
            .to_owned(),
        Some(moved) => page.t1(
            "这个事项的办事指南刚刚更新。以下内容不再适用，请重新填写：{list}",
            "list",
            moved.dropped.join("、"),
        ),
    }
}

pub(super) async fn discard(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
    Form(_): Form<Fields>,
) -> Result<Response> {
    let account = visit.person()?.account;
    let now = visit.app.now();
    let handle = intake.clone();
    intake
        .app
        .db
        .write(move |tx| -> Result<()> {
            if records::draft(tx, &handle.app.people, id, account, now)?.is_none() {
                return Err(Problem::not_found("没有找到这份草稿"));
            }
            Ok(records::delete_draft(tx, id)?)
        })
        .await?;
    Ok(redirect("/my"))
}
