//! Two clerks press 受理 on the same case at the same instant: one wins, the other is told who did it.

use std::sync::Arc;

use serde_json::json;
use store::Engine;
use testkit::{Program, TestApp, on_every_engine};
use tokio::sync::Barrier;

use crate::steps::{self, Filed};

/// Cases to fight over. PostgreSQL pays a round trip per statement, and shows a race as well in fewer.
fn cases_on(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 1000,
        Engine::Postgres => 200,
    }
}

#[test]
fn two_clerks_accept_at_the_same_instant_and_exactly_one_wins() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let clerks = [
            (app.program("clerk1").await, "陈静"),
            (app.program("clerk2").await, "赵磊"),
        ];
        let mut won = [0_usize; 2];
        for round in 0..cases_on(app.engine()) {
            let case = steps::file_food(&app, &citizen).await;
            // Half of the time they say which version they look at, as a page does; half of the time they do not.
            let body = if round % 2 == 0 {
                json!({ "version": 1 })
            } else {
                json!({})
            };
            let answers = together(
                &clerks.each_ref().map(|(clerk, _)| clerk.clone()),
                &case,
                &body,
            )
            .await;
            let winner = match answers.each_ref().map(|answer| answer.status.as_u16()) {
                [200, 409] => 0,
                [409, 200] => 1,
                other => panic!("round {round}: {other:?}"),
            };
            won[winner] += 1;
            assert_eq!(answers[winner].json()["state"], "accepted");
            let told = &answers[1 - winner];
            let word = if round % 2 == 0 {
                "case_changed"
            } else {
                "wrong_state"
            };
            assert_eq!(told.problem(), word, "{}", told.text());
            let detail = told.json()["detail"]
                .as_str()
                .expect("a sentence")
                .to_owned();
            assert!(
                detail.contains(clerks[winner].1) && detail.contains("受理"),
                "the other learns who did it: {detail}"
            );
        }
        let events = accepted(&app).await;
        assert_eq!(
            events as usize,
            cases_on(app.engine()),
            "one acceptance in each trail"
        );
        assert!(won.iter().all(|wins| *wins > 0), "they really met: {won:?}");
        app.verify().await.expect("everything is as it was written");
    });
}

async fn together(
    clerks: &[Program; 2],
    case: &Filed,
    body: &serde_json::Value,
) -> [testkit::Answer; 2] {
    let gate = Arc::new(Barrier::new(2));
    let press = |clerk: Program| {
        let (gate, path, body) = (Arc::clone(&gate), case.api("/acceptance"), body.clone());
        tokio::spawn(async move {
            gate.wait().await;
            clerk.post(&path, &body).await
        })
    };
    let [first, second] = clerks.clone();
    let (first, second) = (press(first), press(second));
    [
        first.await.expect("no panic"),
        second.await.expect("no panic"),
    ]
}

async fn accepted(app: &TestApp) -> i64 {
    app.read(|tx| {
        tx.query_one("SELECT count(*) FROM trail WHERE command = 'accept'", &[])?
            .get(0)
    })
    .await
}

#[test]
fn the_second_page_that_was_opened_before_is_told_too() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut first = app.browser("approver1").await;
        let mut second = app.browser("approver2").await;
        let page = first.get(&case.desk("")).await.expect(200);
        let late = second.get(&case.desk("")).await.expect(200);
        first
            .submit(&page, page.form("/acts/accept"))
            .await
            .expect(200);
        let form = late
            .form("/acts/request_correction")
            .set("m-layout", "请标明更衣处");
        let told = second.submit(&late, form).await.expect(409);
        assert!(
            told.shows("刘洋") && told.shows("受理"),
            "{}",
            told.document.text()
        );
    });
}
