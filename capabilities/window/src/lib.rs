#![doc = include_str!("../README.md")]

mod api;
mod authorise;
pub mod code128;
mod cover;
mod deputies;
mod desk;
mod helper;
mod limited;
mod presence;
mod report;
mod shift;

use approval::Approval;
use base::ids::CaseId;
use casework::{Actor, Case, Permission};
use store::Tx;
use web::{Access, App, Module, Problem, Result, Routes};

pub use helper::go_along;
pub use shift::write as hand_over;

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[store::Migration {
    id: "0452_shifts",
    sql: include_str!("../migrations/0452_shifts.sql"),
}];

/// State behind the doors.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) app: App,
    pub(crate) approval: Approval,
}

/// The doors.
pub fn module(approval: Approval) -> Module {
    let receive = Access::Permission(Permission::Receive);
    let read = Access::Permission(Permission::ReadCase);
    let supervise = Access::Permission(Permission::ReadCase);
    let assist = Access::Permission(Permission::Assist);
    let routes = Routes::new("window")
        .menu(
            21,
            ui::MenuItem {
                key: "authorise",
                href: "/staff/proxies",
                label: "授权登记",
                icon: "people",
            },
            Some(Permission::Receive),
        )
        .menu(
            22,
            ui::MenuItem {
                key: "shifts",
                href: "/staff/shifts",
                label: "交接班",
                icon: "list",
            },
            Some(Permission::Receive),
        )
        .menu(
            23,
            ui::MenuItem {
                key: "helper",
                href: "/staff/helper",
                label: "帮办代办",
                icon: "heart",
            },
            Some(Permission::Assist),
        )
        .menu(
            65,
            ui::MenuItem {
                key: "window-report",
                href: "/staff/window-report",
                label: "窗口统计",
                icon: "chart",
            },
            Some(Permission::ReadCase),
        )
        .menu(
            66,
            ui::MenuItem {
                key: "quotas",
                href: "/staff/quotas",
                label: "数量限制",
                icon: "ticket",
            },
            Some(Permission::Decide),
        )
        .get("/staff/cases/{case_id}/window", read, desk::show)
        .post(
            "/staff/cases/{case_id}/window/{command}",
            Access::Staff,
            desk::act,
        )
        .get("/staff/cases/{case_id}/cover", read, cover::show)
        .post("/staff/cases/{case_id}/presence", read, presence::touch)
        .get("/staff/scans", receive, cover::scans)
        .post("/staff/scans", receive, cover::scan)
        .get("/staff/proxies", receive, authorise::show)
        .post("/staff/proxies", receive, authorise::give)
        .post("/staff/proxies/letter", receive, authorise::letter)
        .post("/staff/deaths", receive, authorise::death)
        .get(
            "/staff/quotas",
            Access::Permission(Permission::Decide),
            limited::list,
        )
        .post(
            "/staff/quotas",
            Access::Permission(Permission::Decide),
            limited::set,
        )
        .get("/quotas", Access::Public, limited::public)
        .post("/quotas", Access::Public, limited::find)
        .get("/staff/window-report", supervise, report::show)
        .get("/staff/shifts", receive, shift::list)
        .post("/staff/shifts", receive, shift::give)
        .get("/staff/shifts/{list_id}", receive, shift::show)
        .post("/staff/shifts/{list_id}", receive, shift::take)
        .get("/staff/helper", assist, helper::list)
        .post("/staff/helper", assist, helper::add)
        .post("/staff/helper/end", assist, helper::end);
    let routes = deputies::routes(api::operations(desk::operations(routes)));
    let routes = authorise::operations(routes);
    let routes = limited::operations(routes);
    let routes = report::operations(routes);
    routes.with_state(Window {
        app: approval.app.clone(),
        approval,
    })
}

/// A case the actor may know; for everybody else it is not there.
pub(crate) fn known(tx: &mut Tx<'_>, actor: &Actor, id: CaseId) -> Result<Case> {
    cases::load(tx, id)
        .map_err(approval::Error::from)?
        .filter(|case| case.kind == approval::flow::KIND && approval::may_know(actor, case))
        .ok_or_else(|| Problem::not_found("没有找到这个办件"))
}
