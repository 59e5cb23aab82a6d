//! What makes the site installable on a phone: its manifest, its service worker, and the page for when there is no
//! line.

use askama::Template;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Response;
use serde_json::{Value, json};

use crate::render::render;
use crate::visit::Visit;

/// A worker fetches from here and nothing else.
const WORKER_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; connect-src 'self'; script-src 'self'");

/// `/manifest.webmanifest` (W3C Web Application Manifest), in the language that is asked for.
pub(crate) async fn manifest(visit: Visit) -> Response {
    let page = visit.page("政务服务");
    let shortcut = |name: &str, url: &str| json!({ "name": page.t(name), "url": url });
    let icon = |name: &str, purpose: &str| {
        json!({
            "src": page.asset(name),
            "type": "image/svg+xml",
            "sizes": "any",
            "purpose": purpose,
        })
    };
    let manifest = json!({
        "id": "/",
        "name": page.t(&page.place),
        "short_name": page.t("通办"),
        "lang": page.html_lang(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": page.token("surface"),
        "background_color": page.token("ground"),
        "categories": ["government"],
        "icons": [icon("icon.svg", "any"), icon("icon-maskable.svg", "maskable")],
        "shortcuts": [
            shortcut("我的办件", "/my"),
            shortcut("搜索", "/search"),
            shortcut("进度查询", "/progress"),
        ],
    });
    text("application/manifest+json", body(&manifest), None)
}

fn body(manifest: &Value) -> Body {
    Body::from(manifest.to_string())
}

/// `/sw.js`: at the root, because a worker speaks for the addresses below its own.
pub(crate) async fn worker() -> Response {
    text(
        "text/javascript; charset=utf-8",
        Body::from(ui::worker::script()),
        Some(WORKER_POLICY),
    )
}

fn text(content_type: &'static str, body: Body, policy: Option<HeaderValue>) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(policy) = policy {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[derive(Template)]
#[template(path = "pages/offline.html")]
struct Offline {
    page: ui::Page,
}

/// `/offline`: kept by the browser and shown in place of a page that cannot be fetched; it names nobody.
pub(crate) async fn offline(visit: Visit) -> Response {
    let mut page = visit.page("现在没有网络");
    page.user = None;
    page.csrf.clear();
    render(&visit, Offline { page })
}
