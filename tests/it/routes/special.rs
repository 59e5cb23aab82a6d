//! How to knock at the doors of special procedures, extensions, hearings and later materials.

use serde_json::json;

use super::samples::Knock;
use super::world::{Stage, World};

pub(super) async fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    let rest = path.strip_prefix("/api/v1/cases/{case_id}")?;
    let own = [
        "/procedures",
        "/extension-",
        "/hearing-",
        "/gap-",
        "/review-report",
        "/false-materials",
        "/notices",
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
        "/gap-acceptance" | "/notices/{no}/service" => json!({ "service": service }),
        _ => json!({ "text": "专家组同意" }),
    };
    Some(Knock::json(place, body))
}
