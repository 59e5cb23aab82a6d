#![doc = include_str!("../README.md")]

mod api;
pub mod clocks;
pub mod compose;
pub mod details;
mod error;
pub mod flow;
pub mod follow;
pub mod merge;
mod pages;
pub mod project;
pub mod questions;
mod records;
pub mod rules;
pub mod service;
pub mod stage;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use base::ids::ItemId;
use casework::Actor;
use catalog::Catalog;
use intake::Intake;
use intake::composite::{Composite, Composites, Later, Ready};
use intake::filing;
use jiff::Timestamp;
use web::App;

pub use compose::{CartItem, Composed, Spec};
pub use error::Error;
pub use records::MIGRATIONS;
pub use service::{Act, Application};

/// Handle to wholes. Cloning it is cheap.
#[derive(Clone)]
pub struct Joint {
    intake: Intake,
}

impl Joint {
    /// Gives intake the composites that this crate knows.
    pub fn new(intake: Intake) -> Joint {
        let joint = Joint { intake };
        joint.intake.serve_composites(Arc::new(joint.clone()));
        joint
    }

    pub fn app(&self) -> &App {
        &self.intake.app
    }

    pub fn catalog(&self) -> &Catalog {
        &self.intake.catalog
    }

    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The doors of wholes and projects.
    pub fn module(&self) -> web::Module {
        let routes = pages::routes(web::Routes::new("joint"));
        api::routes(routes).with_state(self.clone())
    }

    /// Whether any whole was ever filed.
    pub async fn has_any(&self) -> web::Result<bool> {
        Ok(self.app().db.read(records::any).await?)
    }

    /// What a composite stands for.
    pub(crate) async fn spec(&self, id: ItemId) -> web::Result<Option<Spec>> {
        let found = self
            .app()
            .db
            .read(move |tx| records::composite(tx, id))
            .await?;
        Ok(found)
    }
}

impl Composites for Joint {
    fn open(&self, id: ItemId) -> Later<'_, Option<Composite>> {
        Box::pin(async move {
            let Some(spec) = self.spec(id).await? else {
                return Ok(None);
            };
            let home = spec.home();
            let composed = self.compose(spec).await?;
            Ok(Some(Composite {
                published: composed.published,
                home,
            }))
        })
    }

    fn prepare<'a>(
        &'a self,
        id: ItemId,
        application: &'a filing::Application,
    ) -> Later<'a, Arc<dyn Ready>> {
        Box::pin(async move {
            let spec = self
                .spec(id)
                .await?
                .ok_or_else(|| web::Problem::not_found("没有找到所选的事项，请重新选择"))?;
            let composed = Arc::new(self.compose(spec).await?);
            if composed.published.version_id != application.published.version_id {
                return Err(web::Problem::conflict(
                    "composite_changed",
                    "办事指南刚刚更新，请再核对一遍后提交",
                ));
            }
            let content = (
                application.answers.clone(),
                application.materials.clone(),
                application.delivery,
            );
            let application = self
                .application(
                    composed,
                    application.channel,
                    content,
                    application.origins.clone(),
                )
                .await?;
            let ready: Arc<dyn Ready> = Arc::new(Filed {
                joint: self.clone(),
                application,
            });
            Ok(ready)
        })
    }
}

/// An application with everything it needs to be filed.
struct Filed {
    joint: Joint,
    application: Application,
}

impl Ready for Filed {
    fn file(
        &self,
        tx: &mut store::Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        applicant: (base::ids::PartyId, &str),
    ) -> web::Result<base::ids::CaseId> {
        let case = self
            .joint
            .file(tx, actor, now, applicant, &self.application)?;
        Ok(case.id)
    }
}

impl std::fmt::Debug for Joint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joint").finish_non_exhaustive()
    }
}
