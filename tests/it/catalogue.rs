//! The catalogue moves on while cases are under way: each keeps the version it was filed under.

use serde_json::{Value, json};
use testkit::town::FOOD;
use testkit::{Program, on_every_engine};

use crate::steps;

/// Changes the summary of the food permit, by one person and past another.
async fn publish(editor: &Program, reviewer: &Program, item: &str, summary: &str) -> Value {
    let drafts = "/api/v1/catalog/drafts";
    let begun = editor.post(drafts, &json!({ "item_id": item })).await;
    let id = begun.expect(201).json()["draft_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let here = format!("{drafts}/{id}");
    let detail = editor.get(&here).await.expect(200).json();
    let mut body = detail["item"].clone();
    body["summary"] = json!(summary);
    let saved = editor
        .post(&here, &json!({ "seen": 1, "item": body }))
        .await
        .expect(200)
        .json();
    let handed = editor
        .post(
            &format!("{here}/submit"),
            &json!({ "revision": saved["draft"]["revision"] }),
        )
        .await
        .expect(200)
        .json();
    reviewer
        .post(
            &format!("{here}/approve"),
            &json!({ "revision": handed["revision"] }),
        )
        .await
        .expect(200)
        .json()
}

/// An office accepts and grants.
async fn decide(office: &Program, case: &steps::Filed) -> Value {
    office
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    let granted = json!({ "granted": true, "opinion": "符合条件" });
    let granted = office.post(&case.api("/decision"), &granted).await;
    granted.expect(200).json()
}

#[test]
fn running_cases_keep_their_version_through_three_publications() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let version = version_of(&citizen, &case).await;
        let (editor, reviewer) = (app.program("editor1").await, app.program("reviewer1").await);
        let item = app.town.item(FOOD).to_string();
        for (n, summary) in [
            (2, "第二版的简介"),
            (3, "第三版的简介"),
            (4, "第四版的简介"),
        ] {
            let done = publish(&editor, &reviewer, &item, summary).await;
            assert_eq!(
                (&done["state"], &done["version"]),
                (&json!("published"), &json!(n))
            );
            assert_eq!(
                version_of(&citizen, &case).await,
                version,
                "after version {n}"
            );
        }
        let office = app.program("integrator1").await;
        assert_eq!(decide(&office, &case).await["state"], "done");
        assert_eq!(version_of(&citizen, &case).await, version);
        // The version it was decided by stays readable; whoever files now files under the newest.
        let mut visitor = app.visitor();
        let first = visitor
            .get(&format!("/items/{item}/versions/1"))
            .await
            .expect(200);
        assert!(!first.shows("第四版的简介"));
        let newest = citizen.get(&format!("/api/v1/items/{item}")).await;
        assert_eq!(newest.expect(200).json()["version"], 4);
        app.verify().await.expect("everything is as it was written");
    });
}

/// The version a case was filed under.
async fn version_of(whose: &Program, case: &steps::Filed) -> Value {
    let shown = whose.get(&case.api("")).await.expect(200).json();
    let version = shown["item_version_id"].clone();
    assert!(version.is_string(), "{shown}");
    version
}

#[test]
fn a_cancelled_base_item_stops_acceptance_while_running_cases_finish() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let running = steps::file_food(&app, &citizen).await;
        let keeper = app.program("admin1").await;
        let item = app.town.item(FOOD).to_string();
        let current = citizen
            .get(&format!("/api/v1/items/{item}"))
            .await
            .expect(200)
            .json();
        let code = current["item"]["base_code"].as_str().expect("a code");
        let base = json!({ "item": {
            "base_code": code, "name": FOOD, "item_type": "01", "licence_list_no": "190",
        }});
        keeper.post("/api/v1/base-items", &base).await.expect(200);
        let cancel = format!("/api/v1/base-items/{code}/cancel");
        let done = keeper
            .post(&cancel, &json!({ "reason": "国务院决定取消" }))
            .await
            .expect(200)
            .json();
        assert_eq!(done["stopped"], 1);
        // Nobody files any more.
        let body = json!({ "item_id": item, "answers": {}, "materials": [], "delivery": "window" });
        let refused = app
            .program("citizen2")
            .await
            .post("/api/v1/cases", &body)
            .await;
        assert!(refused.status.is_client_error(), "{}", refused.text());
        assert_eq!(refused.problem(), "item_cancelled", "{}", refused.text());
        // What runs is decided to the end.
        let office = app.program("integrator1").await;
        assert_eq!(decide(&office, &running).await["state"], "done");
        app.verify().await.expect("everything is as it was written");
    });
}
