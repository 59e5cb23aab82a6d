//! The same by a program: `/api/v1`.

use serde_json::json;
use testkit::town::{FOOD, PASSWORD, STRANGER_ID, food_answers};
use testkit::{TestApp, files, on_every_engine};

use crate::steps;

#[test]
fn a_program_carries_a_case_from_filing_to_rating() {
    on_every_engine(journey);
}

async fn journey(app: TestApp) {
    // Signing in gives a token, and the token works.
    let stranger = app.stranger();
    let signed_in = stranger
        .post(
            "/api/v1/sessions",
            &json!({ "login": "citizen1", "password": PASSWORD }),
        )
        .await
        .expect(201)
        .json();
    assert_eq!(signed_in["kind"], "person");
    assert_eq!(
        stranger.get("/api/v1/my/cases").await.expect(401).problem(),
        "sign_in_needed"
    );

    let citizen = app.program("citizen1").await;
    let case = steps::file_food(&app, &citizen).await;
    assert_eq!(case.json["state"], "received");
    assert_eq!(case.json["version"], 1);
    assert_eq!(case.json["clocks"][0]["due_date"], "2026-05-28");

    // The department's program tells what is missing; the citizen supplies it.
    let office = app.program("integrator1").await;
    let queue = office.get("/api/v1/queue").await.expect(200).json();
    assert_eq!(queue["items"][0]["case_no"], case.no.as_str());
    let told = json!({ "version": 1, "items": [{ "material": "layout", "what": "请标明更衣处" }] });
    let told = office
        .post(&case.api("/correction-notice"), &told)
        .await
        .expect(200)
        .json();
    assert_eq!(told["state"], "correcting");
    let digests = citizen
        .upload(&[("file", "布局图2.pdf", &files::pdf("second"))])
        .await;
    let supplied = json!({ "materials": [{ "key": "layout", "files": digests }] });
    let supplied = citizen
        .post(&case.api("/correction"), &supplied)
        .await
        .expect(200)
        .json();
    assert_eq!(supplied["state"], "received");

    let accepted = office
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(accepted["state"], "accepted");
    assert!(
        accepted["doc_no"]
            .as_str()
            .expect("a number")
            .contains("云川市监")
    );
    let granted = json!({ "granted": true, "opinion": "符合条件" });
    let granted = office
        .post(&case.api("/decision"), &granted)
        .await
        .expect(200)
        .json();
    assert_eq!(granted["state"], "done");
    let license = granted["license_id"].as_str().expect("a certificate");

    let shown = citizen
        .get(&format!("/api/v1/licenses/{license}"))
        .await
        .expect(200)
        .json();
    assert_eq!(shown["license_id"], license);
    let trail = office.get(&case.api("/trail")).await.expect(200).json();
    let commands: Vec<&str> = trail
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["command"].as_str().expect("a word"))
        .collect();
    assert_eq!(
        commands,
        [
            "file",
            "request_correction",
            "supply_correction",
            "accept",
            "grant"
        ]
    );

    let rated = citizen
        .post(&case.api("/rating"), &json!({ "level": 1 }))
        .await;
    assert!(rated.status.is_success(), "{}", rated.text());
    let again = citizen
        .post(
            &case.api("/rating"),
            &json!({ "level": 5, "text": "改主意了" }),
        )
        .await;
    assert_eq!(again.expect(409).problem(), "already_rated");
    app.verify().await.expect("everything is as it was written");
}

/// The answers under somebody's name.
fn signed(name: &str) -> serde_json::Value {
    let mut answers = food_answers();
    answers["sign"]["name"] = json!(name);
    answers
}

#[test]
fn an_integrator_files_for_somebody_registered_on_the_way() {
    on_every_engine(async |app| {
        let office = app.program("integrator1").await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": signed("钱多多"),
            "materials": [{ "key": "layout", "paper": true }],
            "delivery": "window",
            "applicant": { "kind": "person", "name": "钱多多", "id_number": STRANGER_ID, "phone": "19909900099" },
        });
        let case = steps::filed(office.post("/api/v1/cases", &body).await.expect(201).json());
        assert_eq!(case.json["channel"], "window");
        // The other department's program neither sees nor files.
        let body = json!({ "item_id": app.town.item("长寿补贴申领（百岁老人）").to_string() });
        let refused = office.post("/api/v1/cases", &body).await;
        assert!(
            refused.status == 403 || refused.status == 404,
            "{}",
            refused.text()
        );
        let mut stranger = app.browser("citizen3").await;
        assert_eq!(stranger.get(&case.page("")).await.status, 404);
    });
}
