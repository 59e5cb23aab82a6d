//! 时限提醒: three working days ahead, one, and at the end; once each, to the officer and the supervisor.

use serde_json::{Value, json};
use testkit::{Program, TestApp, on_every_engine};

use crate::steps;

/// Tells what has fallen due, as the follower does; how many clocks.
async fn tell(app: &TestApp) -> i64 {
    cases::alerts::told(app.db(), app.now())
        .await
        .expect("told")
}

async fn alerts(reader: &Program) -> Vec<Value> {
    let list = reader
        .get("/api/v1/alerts?limit=100")
        .await
        .expect(200)
        .json();
    list["items"].as_array().expect("a list").clone()
}

fn levels(alerts: &[Value], clock: &str) -> Vec<String> {
    let mut levels: Vec<String> = alerts
        .iter()
        .filter(|alert| alert["clock"] == clock)
        .map(|alert| alert["level"].as_str().expect("a level").to_owned())
        .collect();
    levels.reverse();
    levels
}

#[test]
fn a_clock_warns_ahead_and_tells_when_it_is_over_once_each() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = steps::file_food(&app, &citizen).await;
        office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        assert_eq!(tell(&app).await, 0, "nothing is due on the first day");

        // Promised: eight working days from Thursday the 21st, so the 2nd of June is the last.
        for (at, told) in [
            ("2026-05-27T23:59:59+08:00", &[][..]),
            ("2026-05-28T00:00:00+08:00", &["yellow"][..]),
            ("2026-05-31T12:00:00+08:00", &["yellow"][..]),
            ("2026-06-01T00:00:00+08:00", &["yellow", "red"][..]),
            ("2026-06-02T23:59:59+08:00", &["yellow", "red"][..]),
            ("2026-06-03T00:00:00+08:00", &["yellow", "red", "over"][..]),
            ("2026-06-10T00:00:00+08:00", &["yellow", "red", "over"][..]),
        ] {
            app.set_clock(at);
            while tell(&app).await > 0 {}
            let officer = app.program("approver1").await;
            let supervisor = app.program("supervisor1").await;
            assert_eq!(levels(&alerts(&officer).await, "promised"), told, "{at}");
            assert_eq!(levels(&alerts(&supervisor).await, "promised"), told, "{at}");
            // Another body and an applicant hear nothing of it.
            let other = app.program("approver_other").await;
            assert!(alerts(&other).await.is_empty());
        }
        // Statutory: beside a promise it tells only of its end, and that is not yet.
        let officer = app.program("approver1").await;
        let seen = alerts(&officer).await;
        assert!(levels(&seen, "statutory").is_empty());
        let over = seen
            .iter()
            .find(|alert| alert["level"] == "over")
            .expect("one");
        assert_eq!(over["fell_at"], over["due_at"]);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn what_was_told_is_not_told_again_and_a_new_date_is() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = steps::file_food(&app, &citizen).await;
        office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        app.set_clock("2026-06-01T08:00:00+08:00");
        // Two of them side by side, and again after a restart: once.
        let (one, two) = tokio::join!(
            cases::alerts::told(app.db(), app.now()),
            cases::alerts::told(app.db(), app.now())
        );
        assert!(one.is_ok() && two.is_ok());
        while tell(&app).await > 0 {}
        let officer = app.program("approver1").await;
        assert_eq!(levels(&alerts(&officer).await, "promised"), ["red"]);
        // An act that touches the case writes its rows anew; nothing is told twice.
        let office = app.program("integrator1").await;
        let procedure = json!({
            "kind": "expert_review", "reason": "需要专家评审", "days": 5,
            "service": { "method": "electronic" },
        });
        office
            .post(&case.api("/procedures"), &procedure)
            .await
            .expect(200);
        app.set_clock("2026-06-08T08:00:00+08:00");
        while tell(&app).await > 0 {}
        let officer = app.program("approver1").await;
        assert_eq!(
            levels(&alerts(&officer).await, "promised"),
            ["red"],
            "it stands still"
        );
        let office = app.program("integrator1").await;
        let result = json!({ "text": "专家组同意" });
        office
            .post(&case.api("/procedures/1/result"), &result)
            .await
            .expect(200);
        // Six days used before the stop; two are left from the 9th on.
        app.set_clock("2026-06-11T00:00:00+08:00");
        while tell(&app).await > 0 {}
        let officer = app.program("approver1").await;
        let told = levels(&alerts(&officer).await, "promised");
        assert_eq!(told.last().map(String::as_str), Some("over"), "{told:?}");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn the_page_shows_what_is_new_until_it_was_read() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        app.set_clock("2026-05-29T00:00:01+08:00");
        assert!(tell(&app).await > 0);
        let mut desk = app.browser("approver1").await;
        let queue = desk.get("/staff").await.expect(200);
        assert!(queue.shows("新提醒"));
        let page = desk.get("/staff/alerts").await.expect(200);
        assert!(
            page.shows(&case.no) || page.shows("一次性告知时限"),
            "{}",
            page.document.text()
        );
        assert!(page.shows("超期"));
        let form = page.form("/staff/alerts/seen");
        let page = desk.submit(&page, form).await.expect(200);
        let buttons = page
            .document
            .forms()
            .iter()
            .any(|form| form.action.ends_with("/seen"));
        assert!(!buttons, "nothing new is left");
        // The supervisor reads for themselves.
        let mut board = app.browser("supervisor1").await;
        let page = board.get("/staff/alerts?level=over").await.expect(200);
        assert!(
            page.document
                .forms()
                .iter()
                .any(|form| form.action.ends_with("/seen"))
        );
        let program = app.program("supervisor1").await;
        let until = json!({ "until": "2026-05-29T00:00:01+08:00" });
        program
            .post("/api/v1/alerts/seen", &until)
            .await
            .expect(204);
        let page = board.get("/staff/alerts").await.expect(200);
        assert!(
            !page
                .document
                .forms()
                .iter()
                .any(|form| form.action.ends_with("/seen"))
        );
    });
}
