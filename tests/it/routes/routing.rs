//! Doors of routes: an item's versions, and where a case stands on its own.

use serde_json::json;
use testkit::town::FOOD;

use super::samples::Knock;
use super::world::World;

/// A version nobody has drafted.
const NO_VERSION: &str = "00000000-0000-7000-8000-000000000000";

pub(super) fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    let case = &world.done.id;
    Some(match (method, path) {
        ("GET", "/staff/routes") => Knock::at(path),
        ("POST", "/staff/routes") => {
            Knock::form(path, &[("code", "9901020000000000000000000000000")])
        }
        ("GET", "/staff/routes/{route}") => Knock::at(format!("/staff/routes/{NO_VERSION}")),
        ("POST", "/staff/routes/{route}") => Knock::form(
            format!("/staff/routes/{NO_VERSION}"),
            &[("revision", "1"), ("op", "publish"), ("form", "publish")],
        ),
        ("GET", "/staff/cases/{case}/route") => Knock::at(format!("/staff/cases/{case}/route")),
        ("POST", "/staff/cases/{case}/route") => Knock::form(
            format!("/staff/cases/{case}/route"),
            &[("version", "1"), ("verb", "resume"), ("form", "resume")],
        ),
        ("GET", "/api/v1/cases/{case_id}/route") => {
            Knock::at(format!("/api/v1/cases/{case}/route"))
        }
        ("POST", "/api/v1/cases/{case_id}/route-verbs") => Knock::json(
            format!("/api/v1/cases/{case}/route-verbs"),
            json!({ "verb": "resume" }),
        ),
        ("GET", "/api/v1/items/{item_id}/routes") => Knock::at(format!(
            "/api/v1/items/{}/routes",
            world.app.town.item(FOOD)
        )),
        ("POST", "/api/v1/items/{item_id}/routes") => Knock::json(
            format!("/api/v1/items/{}/routes", world.app.town.item(FOOD)),
            json!({ "route": { "start": "a", "nodes": [], "edges": [] } }),
        ),
        ("PUT", "/api/v1/routes/{route_id}") => Knock::json(
            format!("/api/v1/routes/{NO_VERSION}"),
            json!({ "revision": 1, "act": "publish" }),
        ),
        ("GET", "/admin/routes") => Knock::at(path),
        ("GET", "/admin/routes/{route}") => Knock::at(format!("/admin/routes/{NO_VERSION}")),
        ("POST", "/admin/routes/{route}") => Knock::form(
            format!("/admin/routes/{NO_VERSION}"),
            &[("row", &format!("{case}:1")), ("remark", "新版")],
        ),
        ("GET", "/api/v1/routes/{route_id}/migration") => {
            Knock::at(format!("/api/v1/routes/{NO_VERSION}/migration"))
        }
        ("POST", "/api/v1/routes/{route_id}/migration") => Knock::json(
            format!("/api/v1/routes/{NO_VERSION}/migration"),
            json!({ "cases": [{ "case_id": case, "version": 1 }], "remark": "新版" }),
        ),
        ("POST", "/api/v1/bulk-decisions") => Knock::json(
            path,
            json!({ "granted": true, "cases": [{ "case_id": case, "version": 1 }] }),
        ),
        ("POST", "/api/v1/route-checks") => Knock::json(
            path,
            json!({ "route": { "start": "a", "nodes": [], "edges": [] } }),
        ),
        _ => return None,
    })
}
