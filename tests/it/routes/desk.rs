//! The doors of the editors' desk: nobody but editors, reviewers and administrators comes in, whatever they ask for.

use serde_json::{Value, json};
use testkit::town::{CIVIL, FOOD, MARKET};

use super::samples::Knock;
use super::world::World;

/// Of no draft and no batch: permission is asked before they are looked for.
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

const OURS: &[&str] = &[
    "/admin/catalog/drafts",
    "/admin/catalog/batches",
    "/admin/catalog/items/{item_id}/edit",
    "/admin/base",
    "/api/v1/catalog/drafts",
    "/api/v1/catalog/batches",
    "/api/v1/base-items",
    "/api/v1/adoptions",
    "/api/v1/licences-list",
    "/api/v1/items/{item_id}/diff",
    "/items/{item_id}/diff",
];

pub(super) fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    if !OURS.iter().any(|ours| path.starts_with(ours)) {
        return None;
    }
    let item = world.app.town.item(FOOD).to_string();
    let address = path
        .replace("{item_id}", &item)
        .replace("{draft_id}", NOBODYS)
        .replace("{batch_id}", NOBODYS)
        .replace("{base_code}", "990121001001")
        .replace("{section}", "basic")
        .replace("{n}", "1");
    if method == "GET" {
        return Some(Knock::at(address));
    }
    Some(
        if path.ends_with("/upload") || path.ends_with("/base-items/file") {
            Knock::files(address, vec![("file", "base.json", b"[]".to_vec())])
        } else if !path.starts_with("/api/") {
            Knock::form(
                address,
                &[("revision", "1"), ("seen", "1"), ("item_id", &item)],
            )
        } else {
            let body = match path {
                "/api/v1/catalog/drafts" => json!({ "item_id": item }),
                "/api/v1/catalog/drafts/{draft_id}" => json!({ "seen": 1, "item": {} }),
                "/api/v1/base-items" => json!({ "item": {} }),
                "/api/v1/base-items/{base_code}/cancel" => json!({ "reason": "取消" }),
                path if path.contains("/batches/") => json!({}),
                _ => json!({ "revision": 1 }),
            };
            Knock::json(address, body)
        },
    )
}

/// The rest of the catalogue: checks, figures, many items at once, bundles, open data.
const CATALOGUE: &[&str] = &[
    "/admin/catalog/",
    "/api/v1/catalog/",
    "/api/v1/bundles",
    "/api/v1/items/",
    "/bundles",
    "/items/",
    "/open-data",
    "/halls/",
];

/// A door of the catalogue that nothing more is said about: asked for an item that is there, or for nothing that is.
pub(super) fn of_catalogue(world: &World, method: &str, path: &str) -> Option<Knock> {
    if !CATALOGUE.iter().any(|ours| path.starts_with(ours)) {
        return None;
    }
    let town = &world.app.town;
    let address = path
        .split('/')
        .map(|part| match part {
            "{item_id}" => town.item(FOOD).to_string(),
            "{hall_id}" => town.hall.to_string(),
            "{n}" | "{version}" | "{from}" | "{to}" => "1".to_owned(),
            "{figure}" => "impl_list_count".to_owned(),
            part if part.starts_with('{') => NOBODYS.to_owned(),
            part => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/");
    Some(match method {
        "GET" => Knock::at(address),
        _ if path == "/api/v1/catalog/bulk/import" => {
            Knock::files(address, vec![("file", "items.json", b"[]".to_vec())])
        }
        _ if path.starts_with("/api/") => {
            let item = town.item(FOOD).to_string();
            Knock::json(address, body(path, &item))
        }
        _ => Knock::form(address, &[("revision", "1")]),
    })
}

/// What a program would send there: a form that is refused before permission is asked would tell nothing.
fn body(path: &str, item: &str) -> Value {
    match path {
        "/api/v1/catalog/bulk" => {
            json!({ "rule": { "column": "名称", "act": "set" }, "items": [item] })
        }
        "/api/v1/catalog/bulk/merge" => json!({ "from": MARKET, "to": CIVIL }),
        "/api/v1/bundles/{key}/draft" => json!({ "revision": 0, "bundle": { "key": NOBODYS } }),
        path if path.starts_with("/api/v1/bundles/{key}/draft/") => json!({ "revision": 1 }),
        "/api/v1/bundles/{key}/take_down" => json!({ "reason": "不再提供" }),
        "/api/v1/catalog/uniformity-rules/{key}" => {
            json!({ "key": NOBODYS, "name": "名称一致", "fields": [] })
        }
        "/api/v1/catalog/wording" => json!({ "words": [""], "allowed": [] }),
        "/api/v1/catalog/materials" => json!({ "material": {}, "revision": 0 }),
        "/api/v1/catalog/materials/{code}/merge" => {
            json!({ "into": "SM0001", "reason": "同一种材料" })
        }
        "/api/v1/catalog/materials/{code}/assign" => json!({ "names": ["身份证"] }),
        "/api/v1/catalog/spot-checks" => json!({ "title": "", "size": 0 }),
        "/api/v1/catalog/spot-checks/{check_id}/items/{n}" => json!({ "wrong": [] }),
        "/api/v1/catalog/delegations" => json!({
            "item_id": item, "to": MARKET, "kind": "entrusted", "basis": "", "first_day": "2026-01-01",
        }),
        _ => json!({}),
    }
}
