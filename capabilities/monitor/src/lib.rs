#![doc = include_str!("../README.md")]

pub mod api;
pub mod board;
pub mod figures;
mod overview;
mod web;
pub mod words;

use ::web::{Access, App, Listing, Module, Operation, Routes};
use api::wire::{
    AlertJson, BoardJson, ListAlerts, ListBoardCases, ListCases, ScopeCaseJson, SeenBody,
    WatchedJson,
};
use casework::Permission;

pub use words::Words;

/// Tables of this crate: copies that can be made again from the feed.
pub const MIGRATIONS: &[::store::Migration] = &[::store::Migration {
    id: "0600_figures",
    sql: include_str!("../migrations/0600_figures.sql"),
}];

/// State behind the doors.
#[derive(Clone)]
pub(crate) struct Monitor {
    pub(crate) app: App,
    pub(crate) words: Words,
}

/// The doors.
pub fn module(app: App, words: Words) -> Module {
    let supervise = Access::Permission(Permission::Supervise);
    let read = Access::Permission(Permission::ReadCase);
    let administer = Access::Permission(Permission::Administer);
    Routes::new("monitor")
        .get("/staff/board", supervise, web::figures::get)
        .get("/staff/board/live", supervise, web::figures::live)
        .get("/staff/board/cases", supervise, web::watched::get)
        .get("/staff/board/cases/export", supervise, web::watched::export)
        .get("/staff/board/export", supervise, web::figures::export)
        .get("/staff/board/records", supervise, web::records::get)
        .get(
            "/staff/board/records/export",
            supervise,
            web::records::export,
        )
        .get("/staff/wall", supervise, web::wall::get)
        .get("/staff/cases", read, web::all::get)
        .get("/staff/alerts", read, web::alerts::get)
        .post("/staff/alerts/seen", read, web::alerts::seen)
        .get("/admin/calendar", administer, web::calendars::get)
        .post(
            "/admin/calendar/preview",
            administer,
            web::calendars::preview,
        )
        .post("/admin/calendar/load", administer, web::calendars::confirm)
        .menu(
            960,
            ui::MenuItem {
                key: "admin-calendar",
                href: "/admin/calendar",
                label: "日历",
                icon: "cal",
            },
            Some(Permission::Administer),
        )
        .api(
            Operation::get("/api/v1/board", "get_board")
                .summary("管辖范围内各机构在办件的时限状态")
                .tag("monitor")
                .access(supervise)
                .ok::<BoardJson>(200),
            api::monitor::board,
        )
        .api(
            Operation::get("/api/v1/board/cases", "list_board_cases")
                .summary("时限状态数字背后的办件，最紧急的在前")
                .tag("monitor")
                .access(supervise)
                .query::<ListBoardCases>()
                .ok::<Listing<WatchedJson>>(200),
            api::monitor::watched,
        )
        .api(
            Operation::get("/api/v1/cases", "list_cases")
                .summary("有权查看的办件，最新的在前")
                .tag("monitor")
                .access(read)
                .query::<ListCases>()
                .ok::<Listing<ScopeCaseJson>>(200),
            api::monitor::cases,
        )
        .api(
            Operation::get("/api/v1/alerts", "list_alerts")
                .summary("时限提醒，最新的在前")
                .description("黄色、红色提醒和超期；承办人和督查人员在各自权限范围内收到，每个时限每级一次。")
                .tag("monitor")
                .access(read)
                .query::<ListAlerts>()
                .ok::<Listing<AlertJson>>(200),
            api::monitor::alerts,
        )
        .api(
            Operation::post("/api/v1/alerts/seen", "mark_alerts_seen")
                .summary("把这一时刻及以前的时限提醒标为已读")
                .tag("monitor")
                .access(read)
                .body::<SeenBody>()
                .ok_empty(),
            api::monitor::seen,
        )
        .menu(
            35,
            ui::MenuItem {
                key: "alerts",
                href: "/staff/alerts",
                label: "时限提醒",
                icon: "clock",
            },
            Some(Permission::ReadCase),
        )
        .menu(
            40,
            ui::MenuItem {
                key: "board",
                href: "/staff/board",
                label: "督查看板",
                icon: "chart",
            },
            Some(Permission::Supervise),
        )
        .menu(
            30,
            ui::MenuItem {
                key: "cases",
                href: "/staff/cases",
                label: "全部办件",
                icon: "case",
            },
            Some(Permission::ReadCase),
        )
        .with_state(Monitor { app, words })
}
