//! Running cases moved to a newer version of their route: seen first, moved case by case, or told why not.

use base::ids::VersionId;
use serde_json::{Value, json};
use testkit::town::FOOD;
use testkit::{Program, TestApp, on_every_engine};

use crate::steps::{self, Filed};

fn step(key: &str, name: &str, kind: &str) -> Value {
    json!({
        "key": key, "node": "step", "name": name, "kind": kind,
        "duty": { "permission": "decide", "office": { "office": "responsible" } },
    })
}

fn edge(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to })
}

/// The steps one after the other.
fn route(steps: &[(&str, &str, &str)]) -> Value {
    let mut nodes: Vec<Value> = steps
        .iter()
        .map(|(key, name, kind)| step(key, name, kind))
        .collect();
    nodes.push(json!({ "key": "end", "node": "end" }));
    let keys: Vec<&str> = steps.iter().map(|step| step.0).chain(["end"]).collect();
    let edges: Vec<Value> = keys.windows(2).map(|pair| edge(pair[0], pair[1])).collect();
    json!({ "start": keys[0], "nodes": nodes, "edges": edges })
}

/// Drafts, hands in and publishes a version; its id.
async fn publish(app: &TestApp, route: &Value) -> String {
    let editor = app.program("editor1").await;
    let item = app.town.item(FOOD);
    let path = format!("/api/v1/items/{item}/routes");
    let drafted = editor.post(&path, &json!({ "route": route })).await;
    let drafted = drafted.expect(201).json();
    let id = drafted["route_id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/routes/{id}");
    let edit = async |who: &Program, body: Value| who.put(&path, &body).await.expect(200).json();
    let replaced = edit(
        &editor,
        json!({ "revision": drafted["revision"], "act": "replace", "route": route }),
    )
    .await;
    let submitted = edit(
        &editor,
        json!({ "revision": replaced["revision"], "act": "submit", "note": "新的一版" }),
    )
    .await;
    let reviewer = app.program("reviewer1").await;
    let published = edit(
        &reviewer,
        json!({ "revision": submitted["revision"], "act": "publish" }),
    )
    .await;
    assert_eq!(published["state"], "published");
    id
}

async fn accepted(app: &TestApp) -> Filed {
    let citizen = app.program("citizen1").await;
    let case = steps::file_food(app, &citizen).await;
    let office = app.program("approver1").await;
    let done = office.post(&case.api("/acceptance"), &json!({})).await;
    done.expect(200);
    case
}

async fn sign(app: &TestApp, case: &Filed) {
    let office = app.program("approver1").await;
    let at = office.get(&case.api("/route")).await.expect(200).json();
    let token = at["open"][0]["token"].clone();
    let body = json!({ "verb": "sign", "token": token, "seat": 1, "agreed": true });
    office
        .post(&case.api("/route-verbs"), &body)
        .await
        .expect(200);
}

#[test]
fn cases_move_where_they_can_be_finished_and_the_others_are_told_why() {
    on_every_engine(async |app| {
        let first = route(&[
            ("review", "审查", "review"),
            ("second", "复核", "review"),
            ("decide", "决定", "decide"),
        ]);
        publish(&app, &first).await;
        let (early, late) = (accepted(&app).await, accepted(&app).await);
        sign(&app, &late).await;
        // The second version has no 复核 under that key, and one step more.
        let next = route(&[
            ("review", "审查", "review"),
            ("panel", "集体讨论", "deliberation"),
            ("decide", "决定", "decide"),
        ]);
        let id = publish(&app, &next).await;
        let admin = app.program("admin1").await;
        let path = format!("/api/v1/routes/{id}/migration");
        let seen = admin.get(&path).await.expect(200).json();
        let of = |seen: &Value, case: &Filed| {
            let cases = seen["cases"].as_array().expect("cases").clone();
            let found = cases
                .into_iter()
                .find(|known| known["case_id"] == case.id.as_str());
            found.expect("it runs on the old version")
        };
        assert_eq!(of(&seen, &early)["lands"], json!(["审查"]));
        assert_eq!(of(&seen, &early)["from"], 1);
        let stuck = of(&seen, &late);
        assert_eq!(stuck["stands"], json!(["复核"]));
        assert!(stuck["refusal"].as_str().expect("why").contains("second"));
        assert_eq!(seen["missing"], json!({ "second": "复核" }));
        // Told where 复核 goes, the other one fits as well.
        let onto = format!("{path}?onto=second:panel");
        let seen = admin.get(&onto).await.expect(200).json();
        assert_eq!(of(&seen, &late)["lands"], json!(["集体讨论"]));
        // Without that, one moves and the other stays.
        let body = |onto: Value| {
            json!({
                "cases": [
                    { "case_id": early.id, "version": of(&seen, &early)["version"] },
                    { "case_id": late.id, "version": of(&seen, &late)["version"] },
                ],
                "onto": onto,
                "remark": "流程优化",
            })
        };
        let moved = admin.post(&path, &body(json!({}))).await.expect(200).json();
        assert_eq!(moved[0]["done"], true, "{moved}");
        assert_eq!(moved[1]["done"], false, "{moved}");
        let moved = admin
            .post(&path, &body(json!({ "second": "panel" })))
            .await
            .expect(200)
            .json();
        assert_eq!(moved[0]["done"], false, "it has moved already: {moved}");
        assert_eq!(moved[1]["done"], true, "{moved}");
        let office = app.program("approver1").await;
        for case in [&early, &late] {
            let at = office.get(&case.api("/route")).await.expect(200).json();
            assert_eq!(at["number"], 2);
            let trail = office.get(&case.api("/trail")).await.expect(200).json();
            let rows = trail.as_array().expect("rows");
            let moves = rows.iter().filter(|row| row["command"] == "step:migrate");
            assert_eq!(moves.count(), 1);
        }
        let left = admin.get(&path).await.expect(200).json();
        assert_eq!(left["cases"], json!([]));
        // They go on to their end on the new version.
        sign(&app, &late).await;
        let grant = json!({ "granted": true, "opinion": "符合条件" });
        office
            .post(&late.api("/decision"), &grant)
            .await
            .expect(200);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn only_who_looks_after_the_platform_moves_cases() {
    on_every_engine(async |app| {
        let simple = route(&[("review", "审查", "review"), ("decide", "决定", "decide")]);
        let first = publish(&app, &simple).await;
        let case = accepted(&app).await;
        let second = publish(&app, &simple).await;
        let path = format!("/api/v1/routes/{second}/migration");
        for login in ["approver1", "editor1", "supervisor1"] {
            let stranger = app.program(login).await;
            stranger.get(&path).await.expect(403);
        }
        let admin = app.program("admin1").await;
        // Not backwards, and not to what is not there.
        let old = format!("/api/v1/routes/{first}/migration");
        admin.get(&old).await.expect(422);
        let nowhere: VersionId = app.platform.app.ids.next(app.now());
        let nowhere = format!("/api/v1/routes/{nowhere}/migration");
        admin.get(&nowhere).await.expect(404);
        let wrong = json!({ "cases": [{ "case_id": case.id, "version": 2 }], "remark": " " });
        admin.post(&path, &wrong).await.expect(422);
        // By the page, without a script.
        let mut desk = app.browser("admin1").await;
        let list = desk.get("/admin/routes").await.expect(200);
        assert!(list.text().contains(FOOD));
        let page = format!("/admin/routes/{second}");
        let seen = desk.get(&page).await.expect(200);
        assert!(seen.text().contains("可以换用1件"));
        let form = seen.form(&page).set("remark", "流程优化");
        let done = desk.submit(&seen, form).await.expect(200);
        assert!(done.text().contains("换用1件"), "{}", done.text());
        let office = app.program("approver1").await;
        let at = office.get(&case.api("/route")).await.expect(200).json();
        assert_eq!(at["number"], 2);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_case_without_a_route_says_that_it_has_none() {
    on_every_engine(async |app| {
        let case = accepted(&app).await;
        let office = app.program("approver1").await;
        let verb = json!({ "verb": "sign", "token": 1, "seat": 1, "agreed": true });
        for answer in [
            office.get(&case.api("/route")).await,
            office.post(&case.api("/route-verbs"), &verb).await,
        ] {
            assert_eq!(answer.status, 404);
            assert_eq!(answer.problem(), "no_route");
            assert!(answer.text().contains("没有分环节的办理流程"));
        }
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&case.desk("/route")).await.expect(404);
        assert!(page.shows("没有分环节的办理流程"), "{}", page.text());
        // Whoever may not know of the case learns nothing about it.
        let hidden = app.program("approver_other").await;
        let answer = hidden.get(&case.api("/route")).await;
        assert_ne!(answer.problem(), "no_route");
    });
}
