//! 催办: a reminder stands on the task in its queue, is counted, limited, and gone with the task.

use std::time::Duration;

use serde_json::json;
use testkit::{TestApp, on_every_engine};

use crate::steps::{self, Filed};

async fn urged(app: &TestApp, login: &str, case: &Filed) -> i64 {
    let office = app.program(login).await;
    let queue = office.get("/api/v1/queue").await.expect(200).json();
    queue["items"]
        .as_array()
        .expect("tasks")
        .iter()
        .find(|task| task["case_id"] == case.id.as_str())
        .expect("it waits")["urged"]
        .as_i64()
        .expect("a count")
}

#[test]
fn a_reminder_stands_in_the_queue_of_whoever_holds_the_work() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let supervisor = app.program("supervisor1").await;
        assert_eq!(urged(&app, "approver1", &case).await, 0);
        let body = json!({ "text": "申请人来电催问，请尽快受理" });
        let path = case.api("/urgings");
        supervisor.post(&path, &body).await.expect(200);
        assert_eq!(urged(&app, "approver1", &case).await, 1);
        // Once a day from the same person; another one may.
        supervisor.post(&path, &body).await.expect(422);
        let colleague = app.program("approver2").await;
        colleague.post(&path, &body).await.expect(200);
        app.advance(Duration::from_hours(24));
        let supervisor = app.program("supervisor1").await;
        supervisor.post(&path, &body).await.expect(200);
        assert_eq!(urged(&app, "approver1", &case).await, 3);
        supervisor
            .post(&path, &json!({ "text": "" }))
            .await
            .expect(422);
        let mut desk = app.browser("approver1").await;
        let page = desk.get("/staff").await.expect(200);
        assert!(page.text().contains("催办3次"));
        // Whoever holds the work reminds nobody, and what is done is not reminded of any more.
        steps::act(&mut desk, &case, "take", &[]).await;
        let office = app.program("approver1").await;
        office.post(&path, &body).await.expect(422);
        office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        assert_eq!(urged(&app, "approver1", &case).await, 0);
        let left: i64 = app
            .read(|tx| tx.query_one("SELECT count(*) FROM urges", &[])?.get(0))
            .await;
        assert_eq!(left, 0);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn ten_reminders_are_enough() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let path = case.api("/urgings");
        // The notice falls due meanwhile; the work stays open.
        for n in 0..10 {
            let supervisor = app.program("supervisor1").await;
            let body = json!({ "text": format!("第{n}次") });
            supervisor.post(&path, &body).await.expect(200);
            app.advance(Duration::from_hours(24));
        }
        let supervisor = app.program("supervisor1").await;
        let refused = supervisor.post(&path, &json!({ "text": "再催" })).await;
        let refused = refused.expect(422).json();
        assert!(refused.to_string().contains("督办"), "{refused}");
    });
}

#[test]
fn an_applicant_reminds_and_reads_that_it_was_taken_in() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut owner = app.browser("citizen1").await;
        let shown = owner.get(&case.page("")).await.expect(200);
        let page = owner.get(&shown.link("催办")).await.expect(200);
        let form = page.form("/urge").set("text", "下周就要开业");
        let shown = owner.submit(&page, form).await.expect(200);
        assert!(
            shown.shows("您催办了") && shown.shows("待办里标出了您的催办"),
            "{}",
            shown.document.text()
        );
        // Once a day; and not in somebody else's case.
        owner.get(&case.page("/urge")).await.expect(409);
        let path = case.api("/urgings");
        let again = json!({ "text": "再催" });
        citizen.post(&path, &again).await.expect(422);
        let stranger = app.program("citizen2").await;
        stranger.post(&path, &again).await.expect(404);
        let json = citizen.get(&case.api("")).await.expect(200).json();
        assert!(json["urged_at"].is_string(), "{json}");

        // The officer reads who reminds them and what is said: on the list, on the case, and through the API.
        let mut desk = app.browser("approver1").await;
        let list = desk.get("/staff/urgings").await.expect(200);
        assert!(list.shows("申请人王小明") && list.shows("下周就要开业"));
        let page = desk.get(&case.desk("")).await.expect(200);
        assert!(page.shows("被催办1次"), "{}", page.document.text());
        let supervisor = app.program("supervisor1").await;
        let text = json!({ "text": "请说明进度" });
        supervisor.post(&path, &text).await.expect(200);
        let office = app.program("approver1").await;
        let told = office.get("/api/v1/urgings").await.expect(200).json();
        assert_eq!(told["items"][0]["case_id"], case.id.as_str());
        assert_eq!(told["items"][0]["times"], 2);
        assert_eq!(told["items"][0]["text"], "请说明进度");

        // Not those of another body; and nobody any more once the work is done.
        let other = app.program("approver_other").await;
        let none = other.get("/api/v1/urgings").await.expect(200).json();
        assert_eq!(none["items"], json!([]));
        office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        let told = office.get("/api/v1/urgings").await.expect(200).json();
        assert_eq!(told["items"], json!([]));
        app.verify().await.expect("everything is as it was written");
    });
}
