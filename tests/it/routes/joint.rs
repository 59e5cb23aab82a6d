//! How to knock at the doors of wholes and projects.

use serde_json::json;
use web::RouteInfo;

use super::samples::Knock;
use super::world::World;
use crate::joint::{PREPACKED, basket};

/// The town has no body that leads a project, so there is none.
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

pub(super) async fn knock(world: &World, route: &RouteInfo) -> Option<Knock> {
    let own = [
        "/bundles/{key}/apply",
        "/cart",
        "/joint/",
        "/projects",
        "/staff/joint",
        "/staff/projects",
        "/api/v1/bundles/{key}/form",
        "/api/v1/bundles/{key}/cases",
        "/api/v1/carts",
        "/api/v1/joint/",
        "/api/v1/projects",
    ];
    if !own.iter().any(|begin| route.path.starts_with(begin)) {
        return None;
    }
    let item = world.app.town.item(PREPACKED).to_string();
    let mut path = route
        .path
        .replace("{key}", "ride_hailing")
        .replace("{stage}", "land");
    if route.path.contains("/projects/") {
        path = path.replace("{case_id}", NOBODYS);
    } else if path.contains("{case_id}") {
        let owner = world.app.program("citizen1").await;
        path = path.replace("{case_id}", &basket(&world.app, &owner).await);
    }
    if route.method.as_str() == "GET" {
        return Some(Knock::at(match path.as_str() {
            "/api/v1/carts/form" => format!("{path}?item={item}"),
            _ => path,
        }));
    }
    let nothing = json!({ "answers": {}, "materials": [] });
    Some(match route.path {
        "/cart" => Knock::form(path, &[("item", &item)]),
        "/projects" => Knock::form(path, &[("code", "2604-990100-04-01-123456")]),
        "/joint/{case_id}/again" => Knock::form(path, &[("remark", "已整改")]),
        "/staff/joint/{case_id}/acts" => Knock::form(path, &[("act", "accept")]),
        "/projects/{case_id}/acts" => Knock::form(path, &[("act", "stop"), ("reason", "不建了")]),
        "/api/v1/bundles/{key}/cases" | "/api/v1/projects/{case_id}/stages/{stage}/cases" => {
            Knock::json(path, json!({ "application": nothing }))
        }
        "/api/v1/carts" => {
            let items = json!([{ "item_id": item }]);
            Knock::json(path, json!({ "items": items, "application": nothing }))
        }
        "/api/v1/joint/{case_id}/acts" => Knock::json(
            path,
            json!({ "act": { "command": "withdraw", "reason": "" } }),
        ),
        "/api/v1/projects" => Knock::json(
            path,
            json!({
                "code": "2604-990100-04-01-123456",
                "name": "示例厂房",
                "class": "social",
                "site": "云川区",
                "investment_fen": 100,
            }),
        ),
        "/api/v1/projects/{case_id}/acts" => Knock::json(
            path,
            json!({ "act": { "command": "stop", "reason": "不建了" } }),
        ),
        _ => Knock::form(path, &[]),
    })
}
