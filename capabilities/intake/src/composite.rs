//! One application that becomes several cases: 一件事, 政务超市, a stage of a construction project.
//!
//! Whoever handles such matters gives intake a composite in the shape of an item (one form, one list of materials);
//! the journey from draft to check is then the usual one, and at its end the composite files what it stands for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use approval::aftercheck;
use base::ids::{CaseId, DraftId, ItemId, PartyId};
use casework::actor::Person;
use casework::{Actor, Case};
use catalog::model::Published;
use jiff::Timestamp;
use store::Tx;
use web::{Problem, Result};

use crate::draft::{APPLICANT, Body, DRAFTS_MAX, Draft};
use crate::filing::{self, Application};
use crate::store as records;
use crate::{Intake, pages};

/// An answer that comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Several items in the shape of one.
#[derive(Clone, Debug)]
pub struct Composite {
    pub published: Arc<Published>,
    /// The page it begins with.
    pub home: String,
}

/// Whoever knows composites.
pub trait Composites: Send + Sync {
    /// The composite with this id as it is today; none where the id is not a composite's.
    fn open(&self, id: ItemId) -> Later<'_, Option<Composite>>;

    /// Makes everything ready that filing needs, before the transaction.
    fn prepare<'a>(&'a self, id: ItemId, application: &'a Application)
    -> Later<'a, Arc<dyn Ready>>;
}

/// A checked application that can be filed.
pub trait Ready: Send + Sync {
    /// Files all cases; the one that stands for the whole.
    fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        applicant: (PartyId, &str),
    ) -> Result<CaseId>;
}

/// Where the page of a case is that is not an ordinary approval.
pub fn address(kind: &str, id: CaseId) -> Option<String> {
    match kind {
        "bundle" => Some(format!("/joint/{id}")),
        "project" => Some(format!("/projects/{id}")),
        _ => None,
    }
}

/// A check is read as the order it gave, or on the page of the case that the promise was made in.
fn of_check(case: &Case) -> Option<String> {
    let about = aftercheck::about(case)?;
    let ordered = aftercheck::findings(case)
        .iter()
        .any(|finding| !finding.doc_no.is_empty());
    Some(if ordered {
        format!("/checks/{}/order", case.id)
    } else {
        format!("/cases/{}", about.case)
    })
}

impl Intake {
    /// Says who knows composites; the first one stays.
    pub fn serve_composites(&self, composites: Arc<dyn Composites>) {
        // A second one would be a mistake of the wiring, without harm.
        drop(self.composites.set(composites));
    }

    /// A composite, where `id` is one's.
    pub async fn composite(&self, id: ItemId) -> Result<Option<Composite>> {
        match self.composites.get() {
            Some(composites) => composites.open(id).await,
            None => Ok(None),
        }
    }

    /// What files a composite; none for an ordinary item.
    pub(crate) async fn prepared(
        &self,
        application: &Application,
    ) -> Result<Option<Arc<dyn Ready>>> {
        let id = application.published.item_id;
        match self.composites.get() {
            Some(composites) if composites.open(id).await?.is_some() => {
                composites.prepare(id, application).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Begins a draft of a composite, or goes on with the one that is there; the address of its next page.
    pub fn begin(
        &self,
        tx: &mut Tx<'_>,
        person: &Person,
        published: &Published,
        id: DraftId,
        now: Timestamp,
    ) -> Result<String> {
        let (party, _) = filing::applicant(self, tx, person, published, now)?;
        let drafts = records::drafts_of(tx, person.account, None, now, DRAFTS_MAX)?;
        let known = drafts
            .iter()
            .find(|line| line.item == published.item_id && line.party == party);
        if let Some(line) = known {
            return Ok(pages::entry(&published.item, line.id, &line.page));
        }
        if drafts.len() >= DRAFTS_MAX {
            return Err(Problem::conflict(
                "too_many_drafts",
                format!("您已有{DRAFTS_MAX}份未提交的草稿，请先提交或删除一些"),
            ));
        }
        let draft = Draft {
            id,
            party,
            filed_by: person.account,
            item: published.item_id,
            version: published.version_id,
            body: Body::default(),
            page: APPLICANT.to_owned(),
            created_at: now,
            updated_at: now,
            expires_at: self.draft_expiry(now),
        };
        records::insert_draft(tx, &self.app.people, &draft)?;
        Ok(pages::entry(&published.item, id, APPLICANT))
    }

    /// The page of a case that is not an ordinary approval, for an actor who may know it.
    pub(crate) async fn elsewhere(&self, actor: &Actor, id: CaseId) -> Result<Option<String>> {
        let actor = actor.clone();
        let case = self
            .app
            .db
            .read(move |tx| -> Result<_> {
                Ok(cases::load(tx, id)
                    .map_err(approval::Error::from)?
                    .filter(|case| approval::may_know(&actor, case)))
            })
            .await?;
        Ok(case.and_then(|case| of_check(&case).or_else(|| address(&case.kind, id))))
    }
}
