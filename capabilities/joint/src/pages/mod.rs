//! The pages of wholes and projects.

mod apply;
mod cart;
mod case;
mod projects;
mod staff;
mod timeline;

use casework::Permission;
use web::{Access, Routes};

use crate::Joint;

/// The doors.
pub(crate) fn routes(routes: Routes<Joint>) -> Routes<Joint> {
    let read = Access::Permission(Permission::ReadCase);
    routes
        .menu(
            30,
            ui::MenuItem {
                key: "joint",
                href: "/staff/joint",
                label: "联办件",
                icon: "list",
            },
            Some(Permission::ReadCase),
        )
        .menu(
            31,
            ui::MenuItem {
                key: "projects",
                href: "/staff/projects",
                label: "工程项目",
                icon: "crane",
            },
            Some(Permission::ReadCase),
        )
        .get("/bundles/{key}/apply", Access::Public, apply::show)
        .post("/bundles/{key}/apply", Access::Person, apply::start)
        .get("/cart", Access::Public, cart::show)
        .post("/cart", Access::Person, cart::start)
        .get("/joint/{case_id}", Access::Owner, case::show)
        .post("/joint/{case_id}/withdraw", Access::Person, case::withdraw)
        .post("/joint/{case_id}/again", Access::Person, case::again)
        .get("/projects", Access::Person, projects::mine)
        .post("/projects", Access::Person, projects::register)
        .get("/projects/{case_id}", Access::Owner, projects::show)
        .post(
            "/projects/{case_id}/stages/{stage}",
            Access::Person,
            projects::start_stage,
        )
        .post("/projects/{case_id}/acts", Access::SignedIn, projects::act)
        .get("/staff/joint", read, staff::list)
        .get("/staff/joint/{case_id}", read, staff::show)
        .post("/staff/joint/{case_id}/acts", Access::Staff, staff::act)
        .get("/staff/projects", read, projects::list)
        .get("/staff/projects/{case_id}", read, projects::staff)
}
