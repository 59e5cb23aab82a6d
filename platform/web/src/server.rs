//! The whole server: every capability's doors, the platform's own, and the front before all of them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::access::Access;
use crate::app::App;
use crate::front::{self, Front};
use crate::problem::{Kind, Problem};
use crate::routes::{MenuEntry, Module, RouteInfo, Routes};
use crate::{docs, install, kiosk, meta, openapi, prefs};

/// Paths without gate and session: they answer even when everything else is full.
const OPEN: [&str; 5] = [
    "/assets/{*path}",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Mounts the modules behind the front. The result is a service for any connection; give it the peer's address
/// as `axum::extract::ConnectInfo<SocketAddr>`.
///
/// # Panics
/// Where two modules claim the same path and method, or an operation id is used twice: a mistake in wiring.
pub fn server(app: App, modules: Vec<Module>) -> Router {
    let mut table: Vec<RouteInfo> = platform_table();
    for module in &modules {
        table.extend(module.table.iter().cloned());
    }
    let mut menu: Vec<MenuEntry> = modules
        .iter()
        .flat_map(|module| module.menu.iter().cloned())
        .collect();
    menu.sort_by_key(|entry| entry.order);
    app.set_menu(menu);
    let document = openapi::Document::new(&app.config, &table);
    let own = doors().with_state(Served {
        app: app.clone(),
        document: Arc::new(document),
    });
    let front = Arc::new(Front::new(app, &table, &OPEN));
    let mut router = own.router;
    for module in modules {
        router = router.merge(module.router);
    }
    router
        .fallback(unknown_address)
        .method_not_allowed_fallback(unknown_method)
        .layer(from_fn_with_state(front, front::pass))
}

/// The platform's own doors, for the table of routes × roles.
pub fn platform_table() -> Vec<RouteInfo> {
    doors().into_table()
}

/// State of the platform's own doors.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) app: App,
    pub(crate) document: Arc<openapi::Document>,
}

fn doors() -> Routes<Served> {
    Routes::new("platform")
        .get("/assets/{*path}", Access::Public, meta::asset)
        .get("/favicon.ico", Access::Public, meta::icon)
        .get("/healthz", Access::Public, meta::alive)
        .get("/readyz", Access::Public, meta::ready)
        .get("/metrics", Access::Public, meta::metrics)
        .get("/prefs", Access::Public, prefs::set)
        .get("/manifest.webmanifest", Access::Public, install::manifest)
        .get("/sw.js", Access::Public, install::worker)
        .get("/offline", Access::Public, install::offline)
        .get("/kiosk/idle", Access::Public, kiosk::end)
        .post("/kiosk/end", Access::Public, kiosk::end)
        .get("/problems/{code}", Access::Public, meta::problem)
        .get("/api/v1/openapi.json", Access::Public, docs::document)
        .get("/api/v1/docs", Access::Public, docs::page)
}

async fn unknown_address() -> Problem {
    Problem::not_found("没有找到这个地址，请检查链接是否完整，或从首页重新查找")
}

async fn unknown_method() -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        "method_not_allowed",
        "此地址不支持这种请求方法",
    )
}
