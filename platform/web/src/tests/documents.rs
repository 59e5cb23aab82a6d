//! The API's own description.

use serde_json::json;

use super::city::City;

#[tokio::test]
async fn the_document_tells_everything_an_operation_can_answer() {
    let city = City::new().await;
    let seen = city.get("/api/v1/openapi.json").await;
    assert_eq!(seen.header("content-type"), "application/json");
    let document = seen.json();
    assert_eq!(document["openapi"], "3.1.0");

    let list = &document["paths"]["/api/v1/parcels"]["get"];
    assert_eq!(list["operationId"], "list_parcels");
    assert_eq!(list["security"], json!([]));
    assert_eq!(
        list["parameters"],
        json!([
            { "name": "cursor", "in": "query", "required": false, "description": "下一页的标记",
              "schema": { "type": "string", "minLength": 1, "maxLength": 2000 } },
            { "name": "limit", "in": "query", "required": false, "description": "每页条数",
              "schema": { "type": "integer", "format": "uint8", "minimum": 1, "maximum": 100 } },
        ])
    );
    let statuses = |operation: &serde_json::Value| -> Vec<String> {
        operation["responses"]
            .as_object()
            .expect("responses")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(statuses(list), ["200", "400", "401", "429", "500", "503"]);

    let send = &document["paths"]["/api/v1/parcels"]["post"];
    assert_eq!(send["security"], json!([{ "bearer": [] }]));
    assert_eq!(
        statuses(send),
        [
            "201", "400", "401", "403", "408", "409", "413", "415", "422", "429", "500", "503"
        ]
    );
    let key = &send["parameters"][0];
    assert_eq!(
        (&key["name"], &key["required"]),
        (&json!("Idempotency-Key"), &json!(true))
    );
    assert_eq!(
        send["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/SendParcel"
    );
    let one = &document["paths"]["/api/v1/parcels/{parcel_id}"]["get"];
    assert_eq!(
        one["parameters"][0]["schema"],
        json!({ "type": "string", "format": "uuid" })
    );
    assert_eq!(statuses(one), ["200", "401", "404", "429", "500", "503"]);

    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for name in ["Problem", "SendParcel", "Mark", "ParcelJson"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(schemas["SendParcel"]["additionalProperties"], false);
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn references(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    match value.as_str() {
                        Some(text) if key == "$ref" => found.push(text.to_owned()),
                        _ => references(value, found),
                    }
                }
            }
            serde_json::Value::Array(values) => {
                for value in values {
                    references(value, found);
                }
            }
            _ => {}
        }
    }
    let city = City::new().await;
    let document = city.get("/api/v1/openapi.json").await.json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn people_can_read_it_too() {
    let city = City::new().await;
    let list = city.get("/api/v1/docs").await;
    for word in ["寄出包裹", "Idempotency-Key", "/api/v1/parcels/{parcel_id}"] {
        assert!(list.text().contains(word), "{word}");
    }
    let text = list.text().to_owned();
    let (before, _) = text.split_once("#send_parcel").expect("a link to it");
    let address = before.rsplit('"').next().expect("its address");
    let page = city.get(address).await;
    for word in [
        "send_parcel",
        "寄出包裹",
        "SendParcel",
        "/api/v1/parcels/{parcel_id}",
    ] {
        assert!(page.text().contains(word), "{word}");
    }
    assert_eq!(city.get("/api/v1/docs?area=nothing").await.status, 404);
    let problem = city.get("/problems/idempotency_mismatch").await;
    assert!(problem.text().contains("422"));
    assert_eq!(city.get("/problems/nothing").await.status, 404);
}
