//! 大厅: where people go, and who works there.
//!
//! Owns halls, their opening hours and windows ([`model`], [`hours`], [`halls`], [`manage`]), the public pages and
//! API about them, and the administrator's pages for everything an administration is made of: organisations, halls,
//! windows, staff and roles, regions. Organisations, staff and regions themselves are kept by `people`.
//!
//! An administrator acts inside the regions and organisations of their grants; what lies outside is answered as if
//! it were not there, and every change is written down in `admin_acts`.

mod api;
pub mod halls;
pub mod hours;
pub mod manage;
pub mod model;
pub mod now;
mod pages;
mod scope;
mod sheet;

use casework::Permission;
use web::{Access, App, Listing, Module, Operation, Routes};

pub use halls::MIGRATIONS;
pub use hours::Period;
pub use model::{Hall, HallKind, Tier, Window, WindowKind};

/// The doors of this capability.
pub fn module(app: App) -> Module {
    use crate::pages::{acts, calendar_file, halls, orgs, public, regions, staff, windows};
    const ADMIN: Access = Access::Permission(Permission::Administer);
    let routes = Routes::new("hall")
        .get("/halls", Access::Public, public::list)
        .get("/halls/{hall_id}", Access::Public, public::show)
        .get(
            "/halls/{hall_id}/hours.ics",
            Access::Public,
            calendar_file::download,
        )
        .get("/admin/organisations", ADMIN, orgs::list)
        .get("/admin/organisations/new", ADMIN, orgs::new_form)
        .post("/admin/organisations", ADMIN, orgs::create)
        .get("/admin/organisations/{org_id}", ADMIN, orgs::edit)
        .post("/admin/organisations/{org_id}", ADMIN, orgs::update)
        .post("/admin/organisations/{org_id}/close", ADMIN, orgs::close)
        .get("/admin/halls", ADMIN, halls::list)
        .get("/admin/halls/new", ADMIN, halls::new_form)
        .post("/admin/halls", ADMIN, halls::create)
        .get("/admin/halls/{hall_id}", ADMIN, halls::edit)
        .post("/admin/halls/{hall_id}", ADMIN, halls::update)
        .post("/admin/halls/{hall_id}/close", ADMIN, halls::close)
        .get(
            "/admin/halls/{hall_id}/windows/new",
            ADMIN,
            windows::new_form,
        )
        .post("/admin/halls/{hall_id}/windows", ADMIN, windows::create)
        .get("/admin/windows/{window_id}", ADMIN, windows::edit)
        .post("/admin/windows/{window_id}", ADMIN, windows::update)
        .post("/admin/windows/{window_id}/close", ADMIN, windows::close)
        .get("/admin/staff", ADMIN, staff::list)
        .get("/admin/staff/new", ADMIN, staff::new_form)
        .post("/admin/staff", ADMIN, staff::create)
        .get("/admin/staff/{staff_id}", ADMIN, staff::edit)
        .post("/admin/staff/{staff_id}", ADMIN, staff::update)
        .post("/admin/staff/{staff_id}/grants", ADMIN, staff::set_grants)
        .post(
            "/admin/staff/{staff_id}/password",
            ADMIN,
            staff::reset_password,
        )
        .post(
            "/admin/staff/{staff_id}/deactivate",
            ADMIN,
            staff::deactivate,
        )
        .post("/admin/staff/{staff_id}/activate", ADMIN, staff::activate)
        .post("/admin/staff/{staff_id}/tokens", ADMIN, staff::issue_token)
        .post(
            "/admin/staff/{staff_id}/tokens/end",
            ADMIN,
            staff::end_token,
        )
        .get("/admin/regions", ADMIN, regions::list)
        .get("/admin/regions/new", ADMIN, regions::new_form)
        .post("/admin/regions", ADMIN, regions::create)
        .get("/admin/regions/import", ADMIN, regions::import_form)
        .post("/admin/regions/import", ADMIN, regions::preview)
        .post("/admin/regions/import/confirm", ADMIN, regions::confirm)
        .get("/admin/regions/import/template", ADMIN, regions::template)
        .get("/admin/regions/{code}", ADMIN, regions::edit)
        .post("/admin/regions/{code}", ADMIN, regions::update)
        .get("/admin/acts", ADMIN, acts::list);
    menu(operations(routes)).with_state(app)
}

fn operations(routes: Routes<App>) -> Routes<App> {
    routes
        .api(
            Operation::get("/api/v1/halls", "list_halls")
                .tag("hall")
                .summary("政务大厅及其窗口")
                .access(Access::Public)
                .query::<api::ListHalls>()
                .ok::<Listing<api::HallJson>>(200),
            api::list_halls,
        )
        .api(
            Operation::get("/api/v1/halls/{hall_id}", "show_hall")
                .tag("hall")
                .summary("一个政务大厅")
                .access(Access::Public)
                .ok::<api::HallJson>(200),
            api::show_hall,
        )
        .api(
            Operation::get("/api/v1/organisations", "list_organisations")
                .tag("hall")
                .summary("机构")
                .access(Access::Public)
                .query::<api::ListOrganisations>()
                .ok::<Listing<api::OrganisationJson>>(200),
            api::list_organisations,
        )
        .api(
            Operation::get("/api/v1/regions", "list_regions")
                .tag("hall")
                .summary("一个行政区划的下级")
                .access(Access::Public)
                .query::<api::ListRegions>()
                .ok::<api::RegionList>(200),
            api::list_regions,
        )
}

fn menu(routes: Routes<App>) -> Routes<App> {
    let entries: [(u16, ui::MenuItem); 5] = [
        (800, item("orgs", "/admin/organisations", "机构", "flag")),
        (810, item("admin-halls", "/admin/halls", "大厅", "hall")),
        (820, item("admin-staff", "/admin/staff", "人员", "people")),
        (830, item("admin-regions", "/admin/regions", "区划", "pin")),
        (890, item("admin-acts", "/admin/acts", "操作记录", "book")),
    ];
    entries.into_iter().fold(routes, |routes, (order, item)| {
        routes.menu(order, item, Some(Permission::Administer))
    })
}

fn item(
    key: &'static str,
    href: &'static str,
    label: &'static str,
    icon: &'static str,
) -> ui::MenuItem {
    ui::MenuItem {
        key,
        href,
        label,
        icon,
    }
}
