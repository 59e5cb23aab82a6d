//! The door for deciding at once: whoever can (秒批、智能审批) looks at an application before it is recorded, and
//! files it in the transaction that records it.
//!
//! Looking may ask other departments, so it happens before the transaction; filing only writes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use approval::details::MaterialGiven;
use base::ids::{CaseId, PartyId};
use casework::{Actor, Case};
use catalog::model::Published;
use jiff::Timestamp;
use people::PartyKind;
use store::Tx;
use web::Result;

use crate::form::Answers;

/// An application that is about to be recorded.
#[derive(Clone, Debug)]
pub struct Ask {
    pub case_id: CaseId,
    /// As it applies to the situation.
    pub published: Arc<Published>,
    pub applicant: Applicant,
    pub answers: Answers,
    pub materials: Vec<MaterialGiven>,
    pub now: Timestamp,
}

/// Who applies, as far as it is known before the application is recorded.
#[derive(Clone, Debug)]
pub enum Applicant {
    Party(PartyId),
    /// Named by a window or another system, perhaps not registered yet.
    Named {
        kind: PartyKind,
        name: String,
        id_number: String,
    },
}

/// Who can decide at once.
pub trait AtOnce: Send + Sync + 'static {
    /// Whether applications for this item are looked at.
    fn wants(&self, published: &Published) -> bool;

    /// Looks; none where it turns out that there is nothing to look at.
    fn look(&self, ask: Ask) -> Pin<Box<dyn Future<Output = Option<Arc<dyn Ready>>> + Send + '_>>;
}

/// What looking came to.
pub trait Ready: Send + Sync {
    /// Files the application, and decides it where that may be.
    fn file(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        application: &approval::Application,
    ) -> Result<Case>;
}

impl crate::Intake {
    /// Lets `decider` look at every application from now on; the first one stays.
    pub fn decide_with(&self, decider: Arc<dyn AtOnce>) {
        self.at_once.get_or_init(|| decider);
    }

    /// Lets the decider look at an application, where there is one and it wants to.
    pub async fn look(&self, published: &Published, ask: impl FnOnce() -> Ask) -> Looked {
        match self.at_once.get() {
            Some(decider) if decider.wants(published) => Looked(decider.look(ask()).await),
            _ => Looked(None),
        }
    }
}

/// What looking came to, or nothing.
#[derive(Clone, Default)]
pub struct Looked(pub(crate) Option<Arc<dyn Ready>>);

impl std::fmt::Debug for Looked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Looked").field(&self.0.is_some()).finish()
    }
}
