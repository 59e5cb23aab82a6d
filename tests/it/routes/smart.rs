//! How to knock at the doors of automatic decisions.

use serde_json::json;

use super::samples::Knock;
use super::world::World;

/// Nobody's run, offer or sample.
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";
/// 高龄津贴申领.
const CODE: &str = "990506001000";

pub(super) fn knock(world: &World, method: &str, route: &str) -> Option<Knock> {
    let own = [
        "/staff/smart",
        "/my/offers",
        "/api/v1/smart/",
        "/api/v1/offers",
        "/cases/{case_id}/why",
        "/api/v1/cases/{case_id}/explanation",
    ];
    if !own.iter().any(|begin| route.starts_with(begin)) {
        return None;
    }
    let path = route
        .replace("{base_code}", CODE)
        .replace("{version}", "1")
        .replace("{run_id}", NOBODYS)
        .replace("{offer_id}", NOBODYS)
        .replace("{source}", "police")
        .replace("{case_id}", &world.done.id);
    if method == "GET" {
        return Some(Knock::at(path));
    }
    let why = ("why", "演练");
    Some(match route {
        "/staff/smart/mode" => Knock::form(path, &[("scope", "*"), ("mode", "off"), why]),
        "/staff/smart/rules/{base_code}"
        | "/staff/smart/rules/{base_code}/try"
        | "/staff/smart/rules/{base_code}/rows" => {
            Knock::form(path, &[("body", "{}"), ("inputs", "{}"), why])
        }
        "/staff/smart/rules/{base_code}/versions/{version}" => {
            Knock::form(path, &[("act", "publish")])
        }
        "/staff/smart/ready/{case_id}" => Knock::form(path, &[("run", NOBODYS)]),
        "/staff/smart/samples/{run_id}" => Knock::form(path, &[("result", "right")]),
        "/staff/smart/sources/{source}" => Knock::form(path, &[("timeout_ms", "500"), why]),
        "/my/offers/{offer_id}" => Knock::form(path, &[("act", "decline")]),
        "/api/v1/smart/rule-sets/{base_code}" => {
            Knock::json(path, json!({ "body": {}, "why": "演练" }))
        }
        "/api/v1/smart/rule-sets/{base_code}/trial" => {
            Knock::json(path, json!({ "body": {}, "inputs": {} }))
        }
        "/api/v1/smart/rule-sets/{base_code}/versions/{version}/review" => {
            Knock::json(path, json!({ "publish": true }))
        }
        "/api/v1/smart/modes" => {
            Knock::json(path, json!({ "scope": "*", "mode": "off", "why": "演练" }))
        }
        "/api/v1/smart/samples/{run_id}/check" => Knock::json(path, json!({ "right": true })),
        "/api/v1/offers/{offer_id}/confirmation" => Knock::json(path, json!({})),
        _ => Knock::at(path),
    })
}
