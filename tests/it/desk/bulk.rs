//! Several like cases decided together: seen first, then each on its own, each exactly once.

use serde_json::{Value, json};
use testkit::town::{CENTENARIAN, centenarian_answers};
use testkit::{Program, TestApp, on_every_engine};

use crate::steps::{self, Filed};
use crate::workbench::ticked;

/// Accepted applications of one item.
async fn accepted(app: &TestApp, how_many: usize) -> Vec<Filed> {
    let citizen = app.program("citizen1").await;
    let office = app.program("approver1").await;
    let mut cases = Vec::new();
    for _ in 0..how_many {
        let case = steps::file_food(app, &citizen).await;
        let done = office.post(&case.api("/acceptance"), &json!({})).await;
        done.expect(200);
        cases.push(case);
    }
    cases
}

fn chosen(cases: &[Filed], version: i64) -> Vec<Value> {
    cases
        .iter()
        .map(|case| json!({ "case_id": case.id, "version": version }))
        .collect()
}

async fn state(office: &Program, case: &Filed) -> String {
    let shown = office.get(&case.api("")).await.expect(200).json();
    shown["state"].as_str().expect("a state").to_owned()
}

#[test]
fn like_cases_are_decided_together_after_a_preview() {
    on_every_engine(async |app| {
        let cases = accepted(&app, 3).await;
        let office = app.program("approver1").await;
        let asked = json!({
            "preview": true, "granted": true, "opinion": "符合条件", "cases": chosen(&cases, 2),
        });
        let seen = office.post("/api/v1/bulk-decisions", &asked).await;
        let seen = seen.expect(200).json();
        for line in seen.as_array().expect("lines") {
            assert_eq!(line["done"], true, "{line}");
            assert!(line["effects"][0].as_str().is_some(), "{line}");
        }
        assert_eq!(
            state(&office, &cases[0]).await,
            "accepted",
            "nothing is done"
        );
        // One of them has moved on meanwhile: it alone is not decided.
        let other = app.program("approver2").await;
        let decision = json!({ "granted": true, "opinion": "符合条件" });
        other
            .post(&cases[1].api("/decision"), &decision)
            .await
            .expect(200);
        let body = json!({ "granted": true, "opinion": "符合条件", "cases": chosen(&cases, 2) });
        let done = office.post("/api/v1/bulk-decisions", &body).await;
        let done = done.expect(200).json();
        let results: Vec<bool> = done
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line["done"] == true)
            .collect();
        assert_eq!(results, [true, false, true], "{done}");
        assert!(done[1]["refusal"].as_str().expect("why").contains("孙丽"));
        for case in &cases {
            assert_eq!(state(&office, case).await, "done");
        }
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn two_officers_at_once_decide_each_case_exactly_once() {
    on_every_engine(async |app| {
        let cases = accepted(&app, 6).await;
        let (one, two) = (
            app.program("approver1").await,
            app.program("approver2").await,
        );
        let grant = json!({ "granted": true, "opinion": "符合条件", "cases": chosen(&cases, 2) });
        let mut turned = chosen(&cases, 2);
        turned.reverse();
        let refuse = json!({
            "granted": false, "opinion": "不符合条件", "legal_basis": "《条例》第二条", "cases": turned,
        });
        let path = "/api/v1/bulk-decisions";
        let (first, second) = tokio::join!(one.post(path, &grant), two.post(path, &refuse));
        let count = |answer: &testkit::Answer| {
            let lines = answer.json();
            let lines = lines.as_array().expect("lines").clone();
            lines.iter().filter(|line| line["done"] == true).count()
        };
        assert_eq!(count(&first.expect(200)) + count(&second.expect(200)), 6);
        for case in &cases {
            let trail = one.get(&case.api("/trail")).await.expect(200).json();
            let decided = trail
                .as_array()
                .expect("rows")
                .iter()
                .filter(|row| row["command"] == "grant" || row["command"] == "refuse")
                .count();
            assert_eq!(decided, 1, "{}", case.id);
        }
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn unlike_cases_and_missing_words_are_refused() {
    on_every_engine(async |app| {
        let cases = accepted(&app, 2).await;
        let office = app.program("approver1").await;
        let refuse = json!({ "granted": false, "cases": chosen(&cases, 2) });
        office
            .post("/api/v1/bulk-decisions", &refuse)
            .await
            .expect(422);
        let nothing = json!({ "granted": true, "cases": [] });
        office
            .post("/api/v1/bulk-decisions", &nothing)
            .await
            .expect(422);
        // A case of another body is not there; one of another item stays as it is.
        let citizen = app.program("citizen1").await;
        let body = json!({
            "item_id": app.town.item(CENTENARIAN).to_string(),
            "answers": centenarian_answers(),
            "materials": [],
        });
        let strange = steps::filed(
            citizen
                .post("/api/v1/cases", &body)
                .await
                .expect(201)
                .json(),
        );
        let mut mixed = chosen(&cases, 2);
        mixed.push(json!({ "case_id": strange.id, "version": 1 }));
        let grant = json!({ "granted": true, "opinion": "符合条件", "cases": mixed });
        let lines = office
            .post("/api/v1/bulk-decisions", &grant)
            .await
            .expect(200)
            .json();
        assert_eq!(lines.as_array().map(Vec::len), Some(3), "{lines}");
        assert_eq!(
            (&lines[0]["done"], &lines[1]["done"]),
            (&json!(true), &json!(true))
        );
        let hidden = &lines[2];
        assert_eq!(
            (&hidden["done"], &hidden["case_no"]),
            (&json!(false), &json!(""))
        );
        let refusal = hidden["refusal"].as_str().expect("why");
        assert!(refusal.contains("没有找到"), "{lines}");
        // The page does the same without a script.
        let cases = accepted(&app, 2).await;
        let mut desk = app.browser("approver1").await;
        let both: Vec<&Filed> = cases.iter().collect();
        let preview = ticked(&mut desk, &both, "refuse").await.expect(200);
        let again = desk.submit(&preview, preview.form("/staff/bulk/run")).await;
        assert_eq!(again.status, 422, "{}", again.text());
        let form = again
            .form("/staff/bulk/run")
            .set("opinion", "不符合条件")
            .set("legal_basis", "《条例》第二条");
        let done = desk.submit(&again, form).await;
        assert!(done.text().contains("办成2件"), "{}", done.text());
        for case in &cases {
            assert_eq!(state(&office, case).await, "done");
        }
    });
}
