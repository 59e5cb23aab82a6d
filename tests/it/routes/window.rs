//! Doors of authorisations and of what a window does beside taking in.

use serde_json::json;
use testkit::town::FOOD;

use super::samples::Knock;
use super::world::World;

/// Of nobody: permission is asked before it is looked for.
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

const OURS: &[&str] = &[
    "/account/proxies/{proxy_id}",
    "/api/v1/my/proxies",
    "/api/v1/my/acting",
    "/api/v1/proxies",
    "/api/v1/deaths",
    "/api/v1/quotas",
    "/api/v1/items/{item_id}/quota",
    "/api/v1/window-report",
    "/api/v1/cases/{case_id}/window-acts",
    "/api/v1/cases/{case_id}/handover",
    "/quotas",
    "/staff/cases/{case_id}/window",
    "/staff/cases/{case_id}/cover",
    "/staff/cases/{case_id}/presence",
    "/staff/scans",
    "/staff/proxies",
    "/staff/deaths",
    "/staff/quotas",
    "/staff/window-report",
    "/staff/shifts",
    "/staff/helper",
    "/staff/deputies",
    "/api/v1/deputies",
    "/api/v1/shifts",
    "/api/v1/assisted",
    "/api/v1/scans",
    "/api/v1/cases/{case_id}/covers",
];

pub(super) fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    if !OURS.iter().any(|ours| path.starts_with(ours)) {
        return None;
    }
    let item = world.app.town.item(FOOD).to_string();
    let address = path
        .replace("{item_id}", &item)
        .replace("{case_id}", &world.done.id)
        .replace("{proxy_id}", NOBODYS)
        .replace("{list_id}", NOBODYS)
        .replace("{deputy_id}", NOBODYS)
        .replace("{command}", "take_originals");
    if method == "GET" {
        return Some(Knock::at(address));
    }
    Some(match path {
        "/staff/scans" | "/api/v1/scans" => {
            Knock::files(address, vec![("file", "x.pdf", b"x".to_vec())])
        }
        "/api/v1/my/proxies" => Knock::json(
            address,
            json!({ "agent_name": "x", "agent_id_number": "x" }),
        ),
        "/api/v1/proxies" => Knock::json(
            address,
            json!({
                "ground": "window", "principal_name": "x", "principal_number": "x",
                "agent_name": "x", "agent_number": "x", "items": [], "level": "x", "until": "x", "basis": "x",
            }),
        ),
        "/api/v1/deaths" => Knock::json(
            address,
            json!({ "name": "x", "number": "x", "died_on": "x", "source": "x" }),
        ),
        "/api/v1/items/{item_id}/quota" => Knock::json(
            address,
            json!({ "period": "all", "total": -1, "reason": "x" }),
        ),
        "/api/v1/cases/{case_id}/window-acts" => {
            Knock::json(address, json!({ "command": "take_originals" }))
        }
        "/api/v1/shifts" | "/api/v1/shifts/{list_id}/receipt" => {
            Knock::json(address, json!({ "signature": "x" }))
        }
        "/api/v1/assisted" => Knock::json(address, json!({ "no": "x" })),
        "/api/v1/deputies" => Knock::json(
            address,
            json!({ "staff": NOBODYS, "from": "2026-06-01", "until": "2026-06-02", "reason": "外出" }),
        ),
        path if path.starts_with("/api/") => Knock::json(address, json!({})),
        _ => Knock::form(address, &[("case", NOBODYS), ("no", "x")]),
    })
}
