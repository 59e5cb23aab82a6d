//! No command is accepted twice: keys and versions.

use serde_json::json;
use testkit::town::{FOOD, food_answers};
use testkit::{TestApp, on_every_engine};

use crate::steps;

async fn trail_rows(app: &TestApp) -> i64 {
    app.read(|tx| tx.query_one("SELECT count(*) FROM trail", &[])?.get(0))
        .await
}

#[test]
fn the_same_key_gives_the_same_answer_and_does_nothing_again() {
    on_every_engine(async |app| {
        let office = app.program("integrator1").await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
            "applicant": { "kind": "person", "name": "王小明", "id_number": testkit::town::CITIZENS[0].2 },
        });
        let first = office
            .post_with_key("/api/v1/cases", "file-1", &body)
            .await
            .expect(201);
        let again = office
            .post_with_key("/api/v1/cases", "file-1", &body)
            .await
            .expect(201);
        assert_eq!(first.json(), again.json());
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(trail_rows(&app).await, 1);

        // Another content under the key is a mistake of the program, and it is told so.
        let mut other = body.clone();
        other["delivery"] = json!("window");
        let refused = office
            .post_with_key("/api/v1/cases", "file-1", &other)
            .await
            .expect(422);
        assert_eq!(refused.problem(), "idempotency_mismatch");
        // The key is the actor's own: somebody else's same key is another command.
        let citizen = app.program("citizen1").await;
        let own = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
        });
        citizen
            .post_with_key("/api/v1/cases", "file-1", &own)
            .await
            .expect(201);
        assert_eq!(trail_rows(&app).await, 2);

        // No key, no command.
        let refused = office
            .post_bytes(
                "/api/v1/cases",
                None,
                "application/json",
                body.to_string().into_bytes(),
            )
            .await
            .expect(400);
        assert_eq!(refused.problem(), "idempotency_key_missing");
        for wrong in ["", " ", "x y", &"k".repeat(65)] {
            let refused = office
                .post_with_key("/api/v1/cases", wrong, &body)
                .await
                .expect(400);
            assert_eq!(refused.problem(), "idempotency_key_invalid", "{wrong:?}");
        }
        assert_eq!(trail_rows(&app).await, 2);
    });
}

#[test]
fn one_key_pressed_by_many_hands_at_once_files_one_case() {
    on_every_engine(async |app| {
        let office = app.program("integrator1").await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
            "applicant": { "kind": "person", "name": "王小明", "id_number": testkit::town::CITIZENS[0].2 },
        });
        let hands: Vec<_> = (0..20)
            .map(|_| {
                let (office, body) = (office.clone(), body.clone());
                tokio::spawn(async move {
                    office
                        .post_with_key("/api/v1/cases", "one-key", &body)
                        .await
                })
            })
            .collect();
        let mut cases = Vec::new();
        for hand in hands {
            let answer = hand.await.expect("no panic").expect(201);
            cases.push(answer.json()["case_id"].clone());
        }
        cases.dedup();
        assert_eq!(cases.len(), 1);
        assert_eq!(trail_rows(&app).await, 1);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_stale_version_is_refused_and_a_refused_command_may_be_tried_again_under_its_key() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = steps::file_food(&app, &citizen).await;
        for wrong in [0, 2, -1, i64::MAX] {
            let refused = office
                .post(&case.api("/acceptance"), &json!({ "version": wrong }))
                .await;
            assert_eq!(
                refused.expect(409).problem(),
                "case_changed",
                "version {wrong}"
            );
        }
        assert_eq!(trail_rows(&app).await, 1);

        // Refused under a key, mended, accepted under the same key.
        let refused = office
            .post_with_key(&case.api("/acceptance"), "mended", &json!({ "version": 7 }))
            .await;
        assert_eq!(refused.status, 409);
        office
            .post_with_key(&case.api("/acceptance"), "mended", &json!({ "version": 1 }))
            .await
            .expect(200);
        // What is not possible in this state is told as a conflict, with what happened.
        let again = office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(409);
        assert!(
            again.json()["detail"]
                .as_str()
                .expect("a sentence")
                .contains("受理")
        );
        assert_eq!(trail_rows(&app).await, 2);
    });
}
