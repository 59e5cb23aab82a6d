//! How to knock at each door so that the answer tells who may come in: at real things, with bodies that reach the
//! place where the use case asks for permission.

use serde_json::{Value, json};
use testkit::files;
use testkit::town::{self, FOOD};
use web::RouteInfo;

use super::world::{Role, Stage, World};

/// A document that nobody has.
const NO_DOCUMENT: &str = "00000000-0000-7000-8000-000000000000";

/// A request to a door.
pub(super) struct Knock {
    pub(super) path: String,
    body: Body,
}

enum Body {
    None,
    Form(Vec<(String, String)>),
    Json(Value),
    Files(
        Vec<(String, String)>,
        Vec<(&'static str, &'static str, Vec<u8>)>,
    ),
}

impl Knock {
    pub(super) fn at(path: impl Into<String>) -> Knock {
        Knock {
            path: path.into(),
            body: Body::None,
        }
    }

    pub(super) fn form(path: impl Into<String>, values: &[(&str, &str)]) -> Knock {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Knock {
            path: path.into(),
            body: Body::Form(values),
        }
    }

    pub(super) fn json(path: impl Into<String>, body: Value) -> Knock {
        Knock {
            path: path.into(),
            body: Body::Json(body),
        }
    }

    pub(super) fn files(
        path: impl Into<String>,
        with: Vec<(&'static str, &'static str, Vec<u8>)>,
    ) -> Knock {
        Knock {
            path: path.into(),
            body: Body::Files(Vec::new(), with),
        }
    }

    /// An idempotency key of its own.
    pub(super) fn key() -> String {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        format!("knock-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// Content type and body for the API.
    pub(super) fn json_or_files(&self) -> (Option<String>, Vec<u8>) {
        match &self.body {
            Body::None | Body::Form(_) => (None, Vec::new()),
            Body::Json(value) => (
                Some("application/json".to_owned()),
                value.to_string().into_bytes(),
            ),
            Body::Files(values, with) => {
                let with: Vec<(&str, &str, &[u8])> = with
                    .iter()
                    .map(|(field, name, content)| (*field, *name, content.as_slice()))
                    .collect();
                let (kind, body) = files::multipart(values, &with);
                (Some(kind), body)
            }
        }
    }

    /// Content type and body of a page's form, with its token.
    pub(super) fn page_form(&self, csrf: &str) -> (String, Vec<u8>) {
        let mut values = vec![
            ("csrf".to_owned(), csrf.to_owned()),
            ("request_key".to_owned(), Knock::key()),
        ];
        match &self.body {
            Body::Files(own, with) => {
                values.extend(own.iter().cloned());
                let with: Vec<(&str, &str, &[u8])> = with
                    .iter()
                    .map(|(field, name, content)| (*field, *name, content.as_slice()))
                    .collect();
                files::multipart(&values, &with)
            }
            Body::Form(own) => {
                values.extend(own.iter().cloned());
                (
                    "application/x-www-form-urlencoded".to_owned(),
                    files::urlencoded(&values).into_bytes(),
                )
            }
            Body::None | Body::Json(_) => (
                "application/x-www-form-urlencoded".to_owned(),
                files::urlencoded(&values).into_bytes(),
            ),
        }
    }
}

/// How `role` knocks at a door.
///
/// # Panics
/// When nobody has said how: add the door here.
pub(super) async fn sample(world: &World, route: &RouteInfo, role: Role) -> Knock {
    let method = route.method.as_str();
    if let Some(knock) = super::desk::knock(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = super::smart::knock(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = super::supervision::knock(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = super::window::knock(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = super::special::knock(world, method, route.path).await {
        return knock;
    }
    if let Some(knock) = super::joint::knock(world, route).await {
        return knock;
    }
    if let Some(knock) = super::after::knock(world, method, route.path).await {
        return knock;
    }
    if let Some(knock) = super::routing::knock(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = reading(world, method, route.path).await {
        return knock;
    }
    if let Some(knock) = cases(world, method, route.path, role).await {
        return knock;
    }
    if (method, route.path) == ("POST", "/apply/drafts/{draft_id}/discard") {
        let draft = world.begin_draft(town::CENTENARIAN).await;
        return Knock::form(format!("/apply/drafts/{draft}/discard"), &[]);
    }
    if (method, route.path) == ("POST", "/admin/staff/{staff_id}/tokens/end") {
        let staff = world.app.town.staff("integrator1");
        let digest = world.token_digest().await;
        return Knock::form(
            format!("/admin/staff/{staff}/tokens/end"),
            &[("digest", &digest)],
        );
    }
    if (method, route.path) == ("POST", "/admin/regions/import/confirm") {
        let seen = world.regions_seen().await;
        return Knock::form(route.path, &[("digest", &seen.0), ("name", &seen.1)]);
    }
    if let Some(knock) = workbench(world, method, route.path, role).await {
        return knock;
    }
    if let Some(knock) = people(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = administration(world, method, route.path) {
        return knock;
    }
    if let Some(knock) = super::desk::of_catalogue(world, method, route.path) {
        return knock;
    }
    panic!("nobody has said how to knock at {method} {}", route.path);
}

/// Lists of the workbench and what is saved of them.
async fn workbench(world: &World, method: &str, path: &str, role: Role) -> Option<Knock> {
    if method != "POST" {
        return None;
    }
    let case = &world.received.id;
    Some(match path {
        "/staff/palette" => Knock::form(path, &[("q", "面馆")]),
        "/staff/bulk" => Knock::form(path, &[("act", "take"), ("case", case)]),
        "/staff/bulk/run" => {
            let row = format!("{case}:0");
            Knock::form(path, &[("act", "take"), ("row", &row)])
        }
        "/staff/views" => {
            let name = Knock::key();
            let view = [("list", "queue"), ("query", "light=over"), ("name", &name)];
            Knock::form(path, &view)
        }
        "/staff/views/{view}/rename" => {
            let (view, name) = (world.view(role).await, Knock::key());
            Knock::form(format!("/staff/views/{view}/rename"), &[("name", &name)])
        }
        "/staff/views/{view}/delete" => {
            let view = world.view(role).await;
            Knock::form(format!("/staff/views/{view}/delete"), &[])
        }
        "/staff/views/{view}/default" => {
            let view = world.view(role).await;
            Knock::form(format!("/staff/views/{view}/default"), &[("on", "0")])
        }
        _ => return None,
    })
}

/// Pages and lists.
async fn reading(world: &World, method: &str, path: &str) -> Option<Knock> {
    if method != "GET" {
        return None;
    }
    let town = &world.app.town;
    let item = town.item(FOOD);
    let (done, draft) = (&world.done, &world.draft);
    let knock = match path {
        "/assets/{*path}" => asset(world).await,
        "/favicon.ico"
        | "/healthz"
        | "/readyz"
        | "/metrics"
        | "/"
        | "/search"
        | "/suggest"
        | "/sign-in"
        | "/staff/sign-in"
        | "/register"
        | "/account/password"
        | "/account/proxies"
        | "/account/enterprise"
        | "/my"
        | "/my/messages"
        | "/my/documents"
        | "/my/licenses"
        | "/progress"
        | "/verify"
        | "/ratings"
        | "/halls"
        | "/browse/departments"
        | "/browse/regions"
        | "/staff"
        | "/staff/live"
        | "/staff/next"
        | "/staff/palette"
        | "/staff/views"
        | "/staff/intake"
        | "/staff/board"
        | "/staff/board/live"
        | "/staff/board/cases"
        | "/staff/wall"
        | "/staff/cases"
        | "/staff/ratings"
        | "/about/accessibility"
        | "/about/privacy"
        | "/manifest.webmanifest"
        | "/sw.js"
        | "/offline"
        | "/kiosk"
        | "/kiosk/idle"
        | "/kiosk/phone"
        | "/admin/catalog"
        | "/admin/catalog/template"
        | "/admin/catalog/searches"
        | "/admin/catalog/searches/export"
        | "/admin/catalog/import"
        | "/admin/organisations"
        | "/admin/organisations/new"
        | "/admin/halls"
        | "/admin/halls/new"
        | "/admin/staff"
        | "/admin/staff/new"
        | "/admin/regions"
        | "/admin/regions/new"
        | "/admin/regions/import"
        | "/admin/regions/import/template"
        | "/admin/acts"
        | "/admin/calendar"
        | "/api/v1/openapi.json"
        | "/api/v1/docs"
        | "/api/v1/items"
        | "/api/v1/halls"
        | "/api/v1/organisations"
        | "/api/v1/regions"
        | "/api/v1/rating-tags"
        | "/api/v1/queue"
        | "/api/v1/my/cases"
        | "/api/v1/my/messages"
        | "/api/v1/my/documents"
        | "/api/v1/my/licenses"
        | "/api/v1/board"
        | "/api/v1/board/cases"
        | "/api/v1/cases" => path.to_owned(),
        "/staff/board/cases/export" | "/staff/board/export" | "/admin/catalog/export" => {
            format!("{path}?format=csv")
        }
        "/staff/board/records" | "/staff/board/records/export" => {
            format!("{path}?measure=submitted&from=2026-05-01&to=2026-05-31")
        }
        "/browse/regions/choose" => "/browse/regions/choose?code=990102&back=/".to_owned(),
        "/regions/below" => "/regions/below".to_owned(),
        "/api/v1/items/search" => format!("{path}?q=food"),
        "/api/v1/licenses/verify" => format!("{path}?code={}", world.code().await),
        "/prefs" => "/prefs?lang=en&back=/".to_owned(),
        "/problems/{code}" => "/problems/busy".to_owned(),
        "/browse/themes/{key}" => browse(world, "/browse/themes/").await,
        "/browse/life/{key}" => browse(world, "/browse/life/").await,
        "/browse/departments/{key}" => browse(world, "/browse/departments/").await,
        "/items/{item_id}" => format!("/items/{item}"),
        "/items/{item_id}/versions/{n}" => format!("/items/{item}/versions/1"),
        "/halls/{hall_id}" => format!("/halls/{}", town.hall),
        "/apply/{item_id}" => format!("/apply/{item}"),
        "/apply/drafts/{draft_id}" => format!("/apply/drafts/{draft}"),
        "/apply/drafts/{draft_id}/upload-materials" => {
            format!("/apply/drafts/{draft}/upload-materials")
        }
        "/apply/drafts/{draft_id}/task-list" => format!("/apply/drafts/{draft}/task-list"),
        "/my/documents/{document_id}" => format!("/my/documents/{NO_DOCUMENT}"),
        "/my/documents/{document_id}/file" => format!("/my/documents/{NO_DOCUMENT}/file"),
        "/my/messages/{message_id}" => format!("/my/messages/{}", world.message),
        "/apply/drafts/{draft_id}/check-answers" => format!("/apply/drafts/{draft}/check-answers"),
        "/apply/drafts/{draft_id}/files/{digest}" => {
            format!("/apply/drafts/{draft}/files/{}", world.digest)
        }
        "/apply/drafts/{draft_id}/{page}" => format!("/apply/drafts/{draft}/shop"),
        "/cases/{case_id}" => done.page(""),
        "/cases/{case_id}/submitted" => done.page("/submitted"),
        "/cases/{case_id}/receipt" => done.page("/receipt"),
        "/cases/{case_id}/calendar" => done.page("/calendar"),
        "/cases/{case_id}/correction" => world.correcting.page("/correction"),
        "/cases/{case_id}/withdraw" => world.received.page("/withdraw"),
        "/cases/{case_id}/rating" => done.page("/rating"),
        "/cases/{case}/letters/{kind}" => done.page("/letters/acceptance"),
        "/cases/{case}/files/{digest}" => done.page(&format!("/files/{}", world.digest)),
        "/staff/cases/{case}" => done.desk(""),
        "/staff/cases/{case}/next" => done.desk("/next"),
        "/staff/cases/{case}/trail" => done.desk("/trail"),
        "/staff/intake/new" => format!(
            "/staff/intake/new?party={}&item={item}",
            town.citizen("citizen1")
        ),
        "/staff/queue/export" => "/staff/queue/export?format=csv".to_owned(),
        "/staff/intake/cases/{case_id}" => format!("/staff/intake/cases/{}", world.received.id),
        "/staff/intake/cases/{case_id}/papers" => {
            format!("/staff/intake/cases/{}/papers", done.id)
        }
        "/licenses/{license_id}" => format!("/licenses/{}", world.license),
        "/licenses/{license_id}/renewal" => format!("/licenses/{}/renewal", world.license),
        "/verify/{code}" => format!("/verify/{}", world.code().await),
        "/admin/catalog/import/{import_id}" => format!("/admin/catalog/import/{}", world.import),
        "/admin/catalog/items/{item_id}" => format!("/admin/catalog/items/{item}"),
        "/admin/organisations/{org_id}" => {
            format!("/admin/organisations/{}", town.org(town::MARKET))
        }
        "/admin/halls/{hall_id}" => format!("/admin/halls/{}", town.hall),
        "/admin/halls/{hall_id}/windows/new" => format!("/admin/halls/{}/windows/new", town.hall),
        "/admin/windows/{window_id}" => format!("/admin/windows/{}", town.window),
        "/admin/staff/{staff_id}" => format!("/admin/staff/{}", town.staff("clerk2")),
        "/admin/regions/{code}" => "/admin/regions/990102".to_owned(),
        "/api/v1/items/{item_id}" => format!("/api/v1/items/{item}"),
        "/api/v1/halls/{hall_id}" => format!("/api/v1/halls/{}", town.hall),
        "/api/v1/cases/{case_id}" => done.api(""),
        "/api/v1/cases/{case_id}/trail" => done.api("/trail"),
        // Nobody has rated yet, which is 404 for the owner too: rate first.
        "/api/v1/cases/{case_id}/rating" => world.rated().await.api("/rating"),
        "/api/v1/licenses/{license_id}" => format!("/api/v1/licenses/{}", world.license),
        _ => return None,
    };
    Some(Knock::at(knock))
}

/// An asset that pages ask for.
async fn asset(world: &World) -> String {
    let page = world.app.visitor().get("/").await;
    page.document
        .named("link")
        .filter_map(|link| link.attribute("href"))
        .find(|href| href.starts_with("/assets/"))
        .expect("a stylesheet")
        .to_owned()
}

/// A page of the catalogue that some page leads to.
async fn browse(world: &World, prefix: &str) -> String {
    for from in ["/", "/browse/departments"] {
        let page = world.app.visitor().get(from).await;
        if let Some((href, _)) = page
            .document
            .links()
            .into_iter()
            .find(|(href, _)| href.starts_with(prefix))
        {
            return href;
        }
    }
    panic!("no page leads to {prefix}");
}

/// What changes cases: each time on a case of its own.
async fn cases(world: &World, method: &str, path: &str, role: Role) -> Option<Knock> {
    if method != "POST" {
        return None;
    }
    let stage = match path {
        "/staff/cases/{case}/acts/{command}"
        | "/staff/intake/cases/{case_id}/accept"
        | "/cases/{case_id}/withdraw"
        | "/api/v1/cases/{case_id}/withdrawal"
        | "/api/v1/cases/{case_id}/acceptance"
        | "/api/v1/cases/{case_id}/correction-notice"
        | "/api/v1/cases/{case_id}/non-acceptance"
        | "/staff/cases/{case}/reveal" => Stage::Received,
        "/cases/{case_id}/correction" | "/api/v1/cases/{case_id}/correction" => Stage::Correcting,
        "/api/v1/cases/{case_id}/decision" => Stage::Accepted,
        "/api/v1/cases/{case_id}/delivery" => Stage::Granted,
        "/cases/{case_id}/rating" | "/api/v1/cases/{case_id}/rating" => Stage::Done,
        _ => return None,
    };
    let case = world.fresh(stage).await;
    let version = case.json["version"].to_string();
    Some(match path {
        "/staff/cases/{case}/acts/{command}" => {
            Knock::form(case.desk("/acts/accept"), &[("version", &version)])
        }
        "/staff/intake/cases/{case_id}/accept" => Knock::form(
            format!("/staff/intake/cases/{}/accept", case.id),
            &[("version", &version)],
        ),
        "/staff/cases/{case}/reveal" => {
            Knock::form(case.desk("/reveal"), &[("purpose", "办理本件")])
        }
        "/cases/{case_id}/withdraw" => Knock::form(
            case.page("/withdraw"),
            &[("version", &version), ("reason", "不办了"), ("sure", "1")],
        ),
        "/cases/{case_id}/correction" => Knock::files(
            case.page("/correction"),
            vec![("file:layout", "layout.pdf", files::pdf("layout again"))],
        ),
        "/cases/{case_id}/rating" => Knock::form(case.page("/rating"), &[("level", "1")]),
        "/api/v1/cases/{case_id}/withdrawal" => {
            Knock::json(case.api("/withdrawal"), json!({ "reason": "不办了" }))
        }
        "/api/v1/cases/{case_id}/correction" => {
            let files = world.upload(role).await;
            Knock::json(
                case.api("/correction"),
                json!({ "materials": [{ "key": "layout", "files": files }] }),
            )
        }
        "/api/v1/cases/{case_id}/rating" => Knock::json(case.api("/rating"), json!({ "level": 1 })),
        "/api/v1/cases/{case_id}/acceptance" => Knock::json(case.api("/acceptance"), json!({})),
        "/api/v1/cases/{case_id}/correction-notice" => Knock::json(
            case.api("/correction-notice"),
            json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] }),
        ),
        "/api/v1/cases/{case_id}/non-acceptance" => Knock::json(
            case.api("/non-acceptance"),
            json!({ "reason": "不属于本机关", "legal_basis": "《行政许可法》第三十二条第一款第二项" }),
        ),
        "/api/v1/cases/{case_id}/decision" => {
            Knock::json(case.api("/decision"), json!({ "granted": true }))
        }
        "/api/v1/cases/{case_id}/delivery" => Knock::json(
            case.api("/delivery"),
            json!({ "method": "window", "receiver": "王小明" }),
        ),
        _ => unreachable!("the list above and this one name the same doors"),
    })
}

/// Accounts, drafts, filing.
fn people(world: &World, method: &str, path: &str) -> Option<Knock> {
    let town = &world.app.town;
    let item = town.item(FOOD);
    let draft = &world.draft;
    Some(match (method, path) {
        (
            "POST",
            "/sign-in" | "/staff/sign-in" | "/register" | "/sign-out" | "/account/password"
            | "/kiosk/end",
        ) => Knock::form(path, &[]),
        ("POST", "/account/proxies" | "/account/enterprise") => {
            Knock::form(path, &[("id_number", "1")])
        }
        ("POST", "/account/proxies/revoke") => Knock::form(path, &[("proxy", "x")]),
        ("POST", "/account/acting") => Knock::form(path, &[("party", ""), ("back", "/my")]),
        ("POST", "/apply/{item_id}") => Knock::form(format!("/apply/{item}"), &[]),
        ("POST", "/apply/drafts/{draft_id}/upload-materials") => Knock::files(
            format!("/apply/drafts/{draft}/upload-materials"),
            vec![("file:layout", "layout.pdf", files::pdf("layout"))],
        ),
        ("POST", "/apply/drafts/{draft_id}/edit-materials") => Knock::form(
            format!("/apply/drafts/{draft}/edit-materials"),
            &[("action", "later")],
        ),
        ("POST", "/apply/drafts/{draft_id}/check-answers") => {
            Knock::form(format!("/apply/drafts/{draft}/check-answers"), &[])
        }
        ("POST", "/apply/drafts/{draft_id}/{page}") => {
            Knock::form(format!("/apply/drafts/{draft}/shop"), &[("shop_name", "")])
        }
        ("POST", "/progress") => Knock::form(path, &[("case_no", "1"), ("query_code", "1")]),
        ("POST", "/staff/intake/find") => Knock::form(path, &[("number", "1")]),
        ("POST", "/staff/intake/parties") => Knock::form(path, &[("kind", "person")]),
        ("POST", "/staff/intake/new") => Knock::files(
            format!(
                "/staff/intake/new?party={}&item={item}",
                town.citizen("citizen1")
            ),
            Vec::new(),
        ),
        ("POST", "/api/v1/files") => {
            Knock::files(path, vec![("file", "layout.pdf", files::pdf("layout"))])
        }
        ("POST", "/my/documents/{document_id}") => Knock::form(
            format!("/my/documents/{NO_DOCUMENT}"),
            &[("name", "租赁合同")],
        ),
        ("POST", "/my/documents/{document_id}/remove") => {
            Knock::form(format!("/my/documents/{NO_DOCUMENT}/remove"), &[])
        }
        ("POST", "/api/v1/my/documents/{document_id}") => Knock::json(
            format!("/api/v1/my/documents/{NO_DOCUMENT}"),
            json!({ "name": "租赁合同" }),
        ),
        ("DELETE", "/api/v1/my/documents/{document_id}") => {
            Knock::at(format!("/api/v1/my/documents/{NO_DOCUMENT}"))
        }
        ("POST", "/my/messages/read") => Knock::form(path, &[("until", "0")]),
        ("POST", "/api/v1/my/messages/read") | ("DELETE", "/api/v1/sessions/current") => {
            Knock::at(path)
        }
        ("POST", "/api/v1/my/messages/{message_id}/read") => {
            Knock::at(format!("/api/v1/my/messages/{}/read", world.message))
        }
        ("POST", "/api/v1/cases") => Knock::json(path, json!({ "item_id": item.to_string() })),
        ("POST", "/api/v1/sessions") => Knock::json(path, json!({ "login": 1 })),
        _ => return None,
    })
}

/// The administrator's doors: empty forms, at things nobody else needs.
fn administration(world: &World, method: &str, path: &str) -> Option<Knock> {
    if method != "POST" {
        return None;
    }
    let town = &world.app.town;
    let staff = town.staff("clerk2");
    Some(match path {
        "/admin/catalog/import" | "/api/v1/items/import" => {
            Knock::files(path, vec![("file", "items.json", b"{".to_vec())])
        }
        "/admin/catalog/import/{import_id}" => {
            Knock::form(format!("/admin/catalog/import/{}", world.import), &[])
        }
        "/admin/catalog/items/{item_id}/state" => Knock::form(
            format!("/admin/catalog/items/{}/state", town.item(town::MARRIAGE)),
            &[("state", "suspended"), ("revision", "0")],
        ),
        "/admin/organisations" | "/admin/halls" | "/admin/staff" | "/admin/regions" => {
            Knock::form(path, &[])
        }
        "/admin/organisations/{org_id}" => Knock::form(
            format!("/admin/organisations/{}", town.org(town::CIVIL)),
            &[],
        ),
        "/admin/organisations/{org_id}/close" => Knock::form(
            format!("/admin/organisations/{}/close", town.org(town::CIVIL)),
            &[],
        ),
        "/admin/halls/{hall_id}" => Knock::form(format!("/admin/halls/{}", town.hall), &[]),
        "/admin/halls/{hall_id}/close" => {
            Knock::form(format!("/admin/halls/{}/close", town.hall), &[])
        }
        "/admin/halls/{hall_id}/windows" => {
            Knock::form(format!("/admin/halls/{}/windows", town.hall), &[])
        }
        "/admin/windows/{window_id}" => Knock::form(format!("/admin/windows/{}", town.window), &[]),
        "/admin/windows/{window_id}/close" => Knock::form(
            format!("/admin/windows/{}/close", town.window),
            &[("closed_on", "x")],
        ),
        "/admin/staff/{staff_id}" => Knock::form(format!("/admin/staff/{staff}"), &[]),
        "/admin/staff/{staff_id}/grants" => Knock::form(
            format!("/admin/staff/{staff}/grants"),
            &[("grant_role", "king")],
        ),
        "/admin/staff/{staff_id}/password" => {
            Knock::form(format!("/admin/staff/{staff}/password"), &[])
        }
        "/admin/staff/{staff_id}/deactivate" => {
            Knock::form(format!("/admin/staff/{staff}/deactivate"), &[])
        }
        "/admin/staff/{staff_id}/activate" => {
            Knock::form(format!("/admin/staff/{staff}/activate"), &[])
        }
        "/admin/staff/{staff_id}/tokens" => Knock::form(
            format!("/admin/staff/{}/tokens", town.staff("integrator1")),
            &[],
        ),
        "/admin/regions/{code}" => Knock::form("/admin/regions/990103", &[]),
        "/admin/regions/import" => Knock::files(path, vec![("file", "regions.csv", b"x".to_vec())]),
        "/admin/calendar/preview" => {
            Knock::files(path, vec![("file", "calendar.csv", b"x".to_vec())])
        }
        "/admin/calendar/load" => Knock::form(path, &[("digest", "x")]),
        _ => return None,
    })
}
