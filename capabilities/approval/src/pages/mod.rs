//! Pages of the workbench: queue, workspace, acts, letters, files, trail.

mod act;
mod acts;
mod bulk;
mod documents;
mod file;
mod letters;
mod neighbours;
mod notes;
mod queue;
mod queue_export;
mod queue_head;
mod queue_query;
mod special;
mod trail;
mod urgings;
mod view;
mod workspace;

use casework::Permission;
use web::{Access, Module, Routes};

use crate::{api, service::Approval};

pub use acts::lines as effect_lines;
pub use letters::{Sheet, sheet};
pub(crate) use trail::outcome_label;

/// Words of the queue that the API shares.
pub(crate) mod queue_words {
    pub(crate) use super::{
        queue::{task_label, words},
        queue_query::{LightWord, Place},
    };
}

/// Addresses other capabilities link to.
pub mod routes {
    use base::ids::CaseId;

    pub fn workspace(id: CaseId) -> String {
        format!("/staff/cases/{id}")
    }

    pub fn trail(id: CaseId) -> String {
        format!("/staff/cases/{id}/trail")
    }

    /// 卷宗: list of contents, closing, export.
    pub fn dossier(id: CaseId) -> String {
        format!("/staff/cases/{id}/file")
    }

    /// `kind`: acceptance, correction, not_accepted, decision, delivery.
    pub fn letter(id: CaseId, kind: &str) -> String {
        format!("/cases/{id}/letters/{kind}")
    }

    pub fn file(id: CaseId, digest: &str) -> String {
        format!("/cases/{id}/files/{digest}")
    }
}

/// The doors of this capability.
pub fn module(approval: Approval) -> Module {
    let pages = Routes::new("approval")
        .menu(
            10,
            ui::MenuItem {
                key: "queue",
                href: "/staff",
                label: "待办",
                icon: "list",
            },
            Some(Permission::ReadCase),
        )
        .get("/staff", Access::Staff, queue::get)
        .get("/staff/live", Access::Staff, queue::live)
        .get("/staff/next", Access::Staff, queue::first)
        .get("/staff/queue/export", Access::Staff, queue_export::get)
        .post("/staff/bulk", Access::Staff, bulk::preview)
        .post("/staff/bulk/run", Access::Staff, bulk::run)
        .get(
            "/staff/cases/{case}",
            Access::Permission(Permission::ReadCase),
            workspace::get,
        )
        .get("/staff/cases/{case}/next", Access::Staff, queue::next)
        .get(
            "/staff/cases/{case}/trail",
            Access::Permission(Permission::ReadTrail),
            trail::get,
        )
        .post(
            "/staff/cases/{case}/acts/{command}",
            Access::Staff,
            act::post,
        )
        .post(
            "/staff/cases/{case}/reveal",
            Access::Permission(Permission::Unmask),
            workspace::reveal,
        )
        .get("/cases/{case}/letters/{kind}", Access::Owner, letters::get)
        .get("/cases/{case}/files/{digest}", Access::Owner, file::get);
    let pages = crate::after::ending_api::operations(urgings::routes(pages));
    let pages = crate::after::ending_pages::routes(crate::archive::routes(pages));
    let pages = crate::routing::pages::routes(crate::routing::panel::routes(pages));
    let pages =
        crate::routing::api::operations(crate::routing::migration::routes(bulk::operations(pages)));
    let pages = crate::settings::routes(crate::supervision::routes(pages));
    crate::archive::api::operations(api::operations(pages)).with_state(approval)
}
