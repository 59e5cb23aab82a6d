//! The pages of intake, in the order people meet them.

mod after;
mod apply;
mod calendar_file;
mod case;
mod check;
mod correction;
mod desk;
mod desk_filed;
mod desk_find;
mod desk_items;
mod desk_scan;
pub(crate) mod documents;
mod draft;
mod field_view;
mod handed;
mod materials;
mod messages;
mod my;
mod now;
mod posted;
mod progress;
pub(crate) mod promise;
mod question;
mod receipt;
mod renewal;
mod seen;
mod special;
mod tasks;
mod view;
mod withdraw;

pub(crate) use special::gap::awaited;
pub(crate) use special::hearing::is_open as may_ask_hearing;
pub(crate) use tasks::entry;

use casework::Permission;
use web::{Access, Routes};

use crate::Intake;

/// The doors.
pub(crate) fn routes(routes: Routes<Intake>) -> Routes<Intake> {
    let receive = Access::Permission(Permission::Receive);
    routes
        .menu(
            20,
            ui::MenuItem {
                key: "intake",
                href: "/staff/intake",
                label: "窗口收件",
                icon: "plus",
            },
            Some(Permission::Receive),
        )
        .get("/apply/{item_id}", Access::Public, apply::show)
        .post("/apply/{item_id}", Access::Person, apply::start)
        .get("/apply/drafts/{draft_id}", Access::Person, question::resume)
        .get(
            "/apply/drafts/{draft_id}/written-promise",
            Access::Person,
            promise::show,
        )
        .post(
            "/apply/drafts/{draft_id}/written-promise",
            Access::Person,
            promise::save,
        )
        .get(
            "/apply/drafts/{draft_id}/upload-materials",
            Access::Person,
            materials::show,
        )
        .post(
            "/apply/drafts/{draft_id}/upload-materials",
            Access::Person,
            materials::upload,
        )
        .post(
            "/apply/drafts/{draft_id}/edit-materials",
            Access::Person,
            materials::edit,
        )
        .get(
            "/apply/drafts/{draft_id}/task-list",
            Access::Person,
            tasks::show,
        )
        .get(
            "/apply/drafts/{draft_id}/check-answers",
            Access::Person,
            check::show,
        )
        .post(
            "/apply/drafts/{draft_id}/check-answers",
            Access::Person,
            check::submit,
        )
        .get(
            "/apply/drafts/{draft_id}/files/{digest}",
            Access::Person,
            materials::file,
        )
        .post(
            "/apply/drafts/{draft_id}/discard",
            Access::Person,
            draft::discard,
        )
        .get(
            "/apply/drafts/{draft_id}/{page}",
            Access::Person,
            question::show,
        )
        .post(
            "/apply/drafts/{draft_id}/{page}",
            Access::Person,
            question::save,
        )
        .get("/regions/below", Access::Public, seen::below)
        .get("/my", Access::Person, my::show)
        .get("/my/documents", Access::Person, documents::list)
        .get(
            "/my/documents/{document_id}",
            Access::Person,
            documents::show,
        )
        .post(
            "/my/documents/{document_id}",
            Access::Person,
            documents::save,
        )
        .post(
            "/my/documents/{document_id}/remove",
            Access::Person,
            documents::remove,
        )
        .get(
            "/my/documents/{document_id}/file",
            Access::Person,
            documents::file,
        )
        .get("/my/messages", Access::Person, messages::show)
        .get("/my/messages/{message_id}", Access::Person, messages::open)
        .post("/my/messages/read", Access::Person, messages::read_all)
        .get(
            "/licenses/{license_id}/renewal",
            Access::Person,
            renewal::show,
        )
        .get(
            "/licenses/{license_id}/apply/{wish}",
            Access::Person,
            after::show,
        )
        .post(
            "/licenses/{license_id}/apply/{wish}",
            Access::Person,
            after::begin,
        )
        .get("/cases/{case_id}", Access::Owner, case::show)
        .get(
            "/cases/{case_id}/submitted",
            Access::Owner,
            receipt::confirmation,
        )
        .get(
            "/cases/{case_id}/calendar",
            Access::Owner,
            calendar_file::download,
        )
        .get("/cases/{case_id}/receipt", Access::Owner, receipt::print)
        .get(
            "/cases/{case_id}/correction",
            Access::Owner,
            correction::show,
        )
        .post(
            "/cases/{case_id}/correction",
            Access::Owner,
            correction::save,
        )
        .get("/cases/{case_id}/withdraw", Access::Owner, withdraw::show)
        .post("/cases/{case_id}/withdraw", Access::Owner, withdraw::save)
        .get("/cases/{case_id}/gap", Access::Owner, special::gap::show)
        .post("/cases/{case_id}/gap", Access::Owner, special::gap::save)
        .get(
            "/cases/{case_id}/hearing",
            Access::Owner,
            special::hearing::show,
        )
        .post(
            "/cases/{case_id}/hearing",
            Access::Owner,
            special::hearing::save,
        )
        .get("/cases/{case_id}/urge", Access::Owner, special::urge::show)
        .post("/cases/{case_id}/urge", Access::Owner, special::urge::save)
        .get("/progress", Access::Public, progress::show)
        .post("/progress", Access::Public, progress::find)
        .get("/staff/intake", receive, desk_find::show)
        .post("/staff/intake/find", receive, desk_find::find)
        .post("/staff/intake/parties", receive, desk_find::register)
        .get("/staff/intake/new", receive, desk::form)
        .post("/staff/intake/new", receive, desk::file)
        .get("/staff/intake/cases/{case_id}", receive, desk_filed::filed)
        .post(
            "/staff/intake/cases/{case_id}/accept",
            receive,
            desk_filed::accept,
        )
        .get(
            "/staff/intake/cases/{case_id}/papers",
            receive,
            desk_filed::papers,
        )
}
