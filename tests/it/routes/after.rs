//! Doors of what follows a decision: the file of a case, and what becomes of a certificate.

use serde_json::json;

use super::samples::Knock;
use super::world::{Stage, World};

pub(super) async fn knock(world: &World, method: &str, path: &str) -> Option<Knock> {
    let of_file = path.contains("/file") && path.starts_with("/staff/cases/")
        || path.starts_with("/api/v1/cases/{case_id}/file")
        || path == "/api/v1/cases/{case_id}/archive"
        || path == "/api/v1/cases/{case_id}/reapply-ban"
        || path == "/api/v1/file-key";
    let of_license = path.contains("/licenses/{license_id}/") && !path.ends_with("/renewal")
        || path == "/staff/licenses/{license_id}";
    if of_license {
        let address = path
            .replace("{license_id}", &world.license)
            .replace("{wish}", "change")
            .replace("{command}", "state_views")
            .replace("{kind}", "notice");
        return Some(match (method, path) {
            ("GET", _) => Knock::at(address),
            (_, "/api/v1/licenses/{license_id}/endings") => Knock::json(
                address,
                json!({ "end": "revoke", "ground": "other", "facts": "核查中" }),
            ),
            (_, "/api/v1/licenses/{license_id}/ending/acts") => {
                Knock::json(address, json!({ "act": "state_views", "text": "申辩" }))
            }
            _ => Knock::form(
                address,
                &[("version", "1"), ("reason", "变更地址"), ("end", "revoke")],
            ),
        });
    }
    if !of_file {
        return None;
    }
    let case = if method == "GET" {
        world.done.id.clone()
    } else {
        world.fresh(Stage::Done).await.id
    };
    let address = path
        .replace("{case}", &case)
        .replace("{case_id}", &case)
        .replace("{event}", "1");
    Some(match (method, path) {
        ("GET", _) => Knock::at(address),
        (_, "/api/v1/cases/{case_id}/archive") => {
            Knock::json(address, json!({ "retention": "years30" }))
        }
        (_, "/api/v1/cases/{case_id}/reapply-ban") => {
            Knock::json(address, json!({ "facts": "伪造租赁合同" }))
        }
        (_, "/api/v1/cases/{case_id}/file-exports") => {
            Knock::json(address, json!({ "purpose": "核查" }))
        }
        _ => Knock::form(
            address,
            &[
                ("version", "4"),
                ("retention", "years30"),
                ("purpose", "核查"),
            ],
        ),
    })
}
