//! 受理: how an application comes in — from the web, at a window, from another system — and what the applicant sees
//! afterwards.
//!
//! A citizen's journey is start page, questions, materials, check, confirmation; each step is saved in a
//! [`draft`]. [`filing`] is the one door to a case, whatever the channel. Rules and clocks of the case itself are
//! `approval`'s; this crate never changes a case but through it.
//!
//! Reading order: [`form`] (answers), [`materials`], [`draft`], [`filing`], `pages`, [`messages`] (what the applicant
//! is told), [`api`]; [`account`] holds signing in, registering and acting for somebody.

pub mod account;
pub mod api;
pub mod asked;
pub mod at_once;
pub mod composite;
pub mod documents;
pub mod draft;
pub mod filing;
pub mod form;
pub mod materials;
pub mod messages;
pub mod said;
pub mod situation;
pub mod store;
pub mod timeline;
pub mod turn;
pub mod uploads;

mod pages;
mod prefill;

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use approval::Approval;
use casework::Case;
use catalog::Catalog;
use catalog::model::Published;
use jiff::Timestamp;
use web::{App, Problem, Result, Routes};

pub use store::MIGRATIONS;

/// Handle to intake. Cloning it is cheap.
#[derive(Clone)]
pub struct Intake(Arc<Shared>);

/// What [`Intake`] dereferences to.
pub struct Shared {
    pub app: App,
    pub catalog: Catalog,
    pub approval: Approval,
    pub schemas: form::Schemas,
    pub config: Config,
    /// Who may decide at once, where the platform has such a capability.
    pub(crate) at_once: OnceLock<Arc<dyn at_once::AtOnce>>,
    composites: OnceLock<Arc<dyn composite::Composites>>,
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Days a draft is kept after its last change.
    pub draft_days: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            draft_days: draft::KEPT_DAYS,
        }
    }
}

impl Intake {
    pub fn new(approval: Approval, config: Config) -> Intake {
        approval.app.count_unread_with(store::messages::unread);
        Intake(Arc::new(Shared {
            app: approval.app.clone(),
            catalog: approval.catalog.clone(),
            approval,
            schemas: form::Schemas::default(),
            config,
            at_once: OnceLock::new(),
            composites: OnceLock::new(),
        }))
    }

    /// The doors of intake.
    pub fn module(&self) -> web::Module {
        let routes = pages::routes(Routes::new("intake"));
        let routes = account::routes(routes);
        api::routes(routes).with_state(self.clone())
    }

    /// The item version a case follows, as it applies to its situation.
    pub async fn version_of(&self, case: &Case) -> Result<Arc<Published>> {
        let about = approval::details::about(case)
            .ok_or_else(|| Problem::internal(format_args!("case {} names no item", case.id)))?;
        let published = self.catalog.version(about.version).await?.ok_or_else(|| {
            Problem::internal(format_args!("item version {} is missing", about.version))
        })?;
        Ok(self.catalog.applied(&published, &about.situation))
    }

    /// When a draft changed now will be deleted.
    pub(crate) fn draft_expiry(&self, now: Timestamp) -> Timestamp {
        let kept_s = i64::from(self.config.draft_days) * 24 * 3600;
        Timestamp::from_second(now.as_second().saturating_add(kept_s)).unwrap_or(Timestamp::MAX)
    }

    /// Deletes expired drafts, at most `limit` at a time; tells how many.
    pub async fn purge_drafts(&self, limit: usize) -> Result<u64> {
        let now = self.app.now();
        self.app
            .db
            .write(move |tx| -> Result<u64> { Ok(store::purge_drafts(tx, now, limit)?) })
            .await
    }
}

impl Deref for Intake {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}
