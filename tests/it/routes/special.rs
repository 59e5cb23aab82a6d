//! How to knock at the doors of special procedures, extensions, hearings and later materials.

use serde_json::json;

use super::samples::Knock;
use super::world::{Stage, World};

/// Takes a written promise in place of a material.
const PROMISED: &str = "个体工商户设立登记";

/// What the applicant does on pages, and the alerts of clocks.
async fn pages(world: &World, method: &str, path: &str) -> Option<Knock> {
    let item = world.app.town.item(PROMISED);
    Some(match (method, path) {
        ("GET", "/cases/{case_id}/gap") => Knock::at(world.received.page("/gap")),
        ("POST", "/cases/{case_id}/gap") => {
            let case = world.fresh(Stage::Received).await;
            Knock::files(case.page("/gap"), Vec::new())
        }
        (_, "/cases/{case_id}/hearing") => {
            let case = world.fresh(Stage::Accepted).await;
            let office = world.app.program("integrator1").await;
            let right = json!({ "reason": "涉及重大利益", "service": { "method": "electronic" } });
            let told = office.post(&case.api("/hearing-right"), &right).await;
            told.expect(200);
            match method {
                "GET" => Knock::at(case.page("/hearing")),
                _ => Knock::form(case.page("/hearing"), &[("choice", "waive")]),
            }
        }
        (_, "/cases/{case_id}/urge") => {
            let case = world.fresh(Stage::Received).await;
            match method {
                "GET" => Knock::at(case.page("/urge")),
                _ => Knock::form(case.page("/urge"), &[("text", "请尽快办理")]),
            }
        }
        (_, "/apply/drafts/{draft_id}/written-promise") => {
            let draft = world.begin_draft(PROMISED).await;
            let address = format!("/apply/drafts/{draft}/written-promise");
            match method {
                "GET" => Knock::at(address),
                _ => Knock::form(address, &[("action", "continue")]),
            }
        }
        ("GET", "/api/v1/items/{item_id}/promise") => {
            Knock::at(format!("/api/v1/items/{item}/promise"))
        }
        ("GET", "/staff/alerts" | "/api/v1/alerts" | "/staff/urgings" | "/api/v1/urgings") => {
            Knock::at(path)
        }
        ("POST", "/staff/alerts/seen") => Knock::form(path, &[("until", "0")]),
        ("POST", "/api/v1/alerts/seen") => {
            Knock::json(path, json!({ "until": "2026-05-21T00:00:00Z" }))
        }
        _ => return None,
    })
}

pub(super) async fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    if let Some(knock) = pages(world, method, path).await {
        return Some(knock);
    }
    let rest = path.strip_prefix("/api/v1/cases/{case_id}")?;
    let own = [
        "/procedures",
        "/extension-",
        "/hearing-",
        "/gap-",
        "/review-report",
        "/false-materials",
        "/notices",
        "/urgings",
    ];
    if !own.iter().any(|begin| rest.starts_with(begin)) {
        return None;
    }
    let case = world.fresh(Stage::Accepted).await;
    let place = case.api(&rest.replace("{no}", "1"));
    if method == "GET" {
        return Some(Knock::at(place));
    }
    let service = json!({ "method": "electronic" });
    let body = match rest {
        "/procedures" => json!({
            "kind": "expert_review", "reason": "需要专家评审", "days": 5, "service": service,
        }),
        "/extension-request" => json!({ "days": 5, "reason": "案情复杂" }),
        "/extension-decision" => json!({ "approved": true }),
        "/hearing-right" => json!({ "reason": "涉及重大利益", "service": service }),
        "/hearing-request" | "/hearing-waiver" | "/gap-promise" => json!({}),
        "/hearing-notice" => json!({
            "on": "2026-06-30", "time": "9:30", "place": "二楼听证室", "officer": "李明",
            "service": service,
        }),
        "/gap-supply" => json!({ "materials": [{ "key": "rules", "paper": true }] }),
        "/gap-acceptance" | "/notices/{no}/service" => json!({ "service": service }),
        _ => json!({ "text": "专家组同意" }),
    };
    Some(Knock::json(place, body))
}
