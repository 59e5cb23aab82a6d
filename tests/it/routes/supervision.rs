//! How to knock at the doors of after-checks, of the credit record and of an item's settings: at nothing that is there,
//! for permission is asked first.

use serde_json::json;
use testkit::town::FOOD;

use super::samples::Knock;
use super::world::World;

/// Of no check and no entry.
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

const OURS: &[&str] = &[
    "/staff/checks",
    "/checks/",
    "/api/v1/checks",
    "/staff/credit",
    "/api/v1/credit-entries",
    "/admin/item-settings",
    "/api/v1/items/{item_id}/settings",
];

pub(super) fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    if !OURS.iter().any(|ours| path.starts_with(ours)) {
        return None;
    }
    let mut address = path
        .replace("{case}", NOBODYS)
        .replace("{case_id}", NOBODYS)
        .replace("{entry}", NOBODYS)
        .replace("{entry_id}", NOBODYS)
        .replace("{command}", "confirm_promise")
        .replace("{item_id}", &world.app.town.item(FOOD).to_string());
    if method == "GET" {
        if path.ends_with("/export") {
            address.push_str("?format=csv");
        }
        return Some(Knock::at(address));
    }
    Some(match path {
        "/api/v1/checks/{case_id}/acts" => Knock::json(
            address,
            json!({ "act": "confirm_promise", "text": "现场与承诺相符" }),
        ),
        "/api/v1/credit-entries/{entry_id}/repair" => {
            Knock::json(address, json!({ "reason": "已纠正" }))
        }
        "/api/v1/items/{item_id}/settings" => Knock::json(
            address,
            json!({ "settings": { "correction_days": 10 }, "reason": "统一补正期限" }),
        ),
        _ => Knock::form(
            address,
            &[("version", "1"), ("reason", "已纠正"), ("joint", "1")],
        ),
    })
}
