//! 事中事后监管: the doors of after-checks ([`crate::aftercheck`]) and of the credit record ([`crate::credit`]).
//!
//! Whoever may read the trail of a body's cases sees both lists; an inspector records what was found, the head of the
//! body repairs credit.

mod api;
mod check;
mod checks;
mod credit;
mod order;

use casework::Permission;
use web::{Access, Routes, Visit};

use crate::service::Approval;

/// Rows of one page.
const PAGE: usize = 50;
/// Rows of a file, and how many are read at a time.
const ROWS_MAX: usize = 100_000;
const STEP: usize = 1000;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    let read = || Access::Permission(Permission::ReadTrail);
    let routes = routes
        .menu(
            48,
            ui::MenuItem {
                key: "checks",
                href: "/staff/checks",
                label: "核查与信用",
                icon: "eye",
            },
            Some(Permission::ReadTrail),
        )
        .get("/staff/checks", read(), checks::get)
        .get("/staff/checks/export", read(), checks::export)
        .get("/staff/checks/{case}", read(), check::get)
        .post(
            "/staff/checks/{case}/acts/{command}",
            Access::Permission(Permission::Inspect),
            check::act,
        )
        .get("/checks/{case}/order", Access::Owner, order::get)
        .get("/staff/credit", read(), credit::get)
        .get("/staff/credit/export", read(), credit::export)
        .get("/staff/credit/{entry}", read(), credit::entry)
        .post(
            "/staff/credit/{entry}/repair",
            Access::Permission(Permission::RepairCredit),
            credit::repair,
        );
    api::operations(routes)
}

/// Addresses of these pages.
pub mod links {
    use base::ids::CaseId;
    use uuid::Uuid;

    pub fn check(id: CaseId) -> String {
        format!("/staff/checks/{id}")
    }

    pub fn entry(id: Uuid) -> String {
        format!("/staff/credit/{id}")
    }
}

/// The two lists beside each other.
fn tabs(visit: &Visit, current: &str) -> Vec<ui::View> {
    let page = visit.page("");
    [
        ("checks", "/staff/checks", "承诺核查"),
        ("credit", "/staff/credit", "信用记录"),
    ]
    .into_iter()
    .map(|(key, href, label)| ui::View {
        label: page.t(label).to_owned(),
        href: href.to_owned(),
        count: None,
        current: key == current,
    })
    .collect()
}

/// What is wrong, beside the fields of a form; a page of its own otherwise.
fn errors(problem: Option<web::Problem>) -> Vec<(String, String)> {
    problem
        .map(|problem| {
            problem
                .fields
                .into_iter()
                .map(|field| (field.field, field.message))
                .collect()
        })
        .unwrap_or_default()
}
