//! 代理: a colleague does the work of somebody who is away, both are named, and it ends.

use std::time::Duration;

use base::ids::{AccountId, StaffId};
use casework::{Grant, Role};
use people::NewStaff;
use serde_json::{Value, json};
use testkit::town::MARKET;
use testkit::{Answer, Program, TestApp, on_every_engine};

use crate::steps::{self, Filed};

/// Adds somebody to the market bureau of the district; their staff record.
pub(crate) async fn add(
    app: &TestApp,
    login: &'static str,
    name: &'static str,
    role: Role,
) -> StaffId {
    let now = app.now();
    let ids = &app.platform.app.ids;
    let (staff, account): (StaffId, AccountId) = (ids.next(now), ids.next(now));
    let (people, org) = (app.platform.app.people.clone(), app.town.org(MARKET));
    let new = NewStaff {
        login: login.to_owned(),
        password_hash: "-".to_owned(),
        must_change: false,
        name: name.to_owned(),
        org,
        title: String::new(),
        window: None,
        grants: vec![Grant {
            role,
            region: "990102".to_owned(),
            org: Some(org),
        }],
    };
    app.db()
        .write(move |tx| people.create_staff(tx, &new, staff, account, now))
        .await
        .expect("somebody new");
    staff
}

async fn accepted(app: &TestApp) -> Filed {
    let citizen = app.program("citizen1").await;
    let case = steps::file_food(app, &citizen).await;
    let office = app.program("approver1").await;
    let done = office.post(&case.api("/acceptance"), &json!({})).await;
    done.expect(200);
    case
}

async fn grant(office: &Program, case: &Filed) -> Answer {
    let body = json!({ "granted": true, "opinion": "符合条件" });
    office.post(&case.api("/decision"), &body).await
}

fn span(staff: StaffId, from: &str, until: &str) -> Value {
    json!({ "staff": staff.to_string(), "from": from, "until": until, "reason": "外出培训" })
}

async fn queued(office: &Program, case: &Filed) -> bool {
    let queue = office.get("/api/v1/queue").await.expect(200).json();
    let tasks = queue["items"].as_array().expect("tasks").clone();
    tasks.iter().any(|task| task["case_id"] == case.id.as_str())
}

#[test]
fn a_deputy_sees_and_does_the_work_and_both_are_named() {
    on_every_engine(async |app| {
        let clerk = add(&app, "market_clerk", "田园", Role::WindowClerk).await;
        let (away, deputy) = (
            app.program("approver1").await,
            app.program("market_clerk").await,
        );
        let case = accepted(&app).await;
        assert!(!queued(&deputy, &case).await);
        assert_ne!(grant(&deputy, &case).await.status, 200);
        let named = away
            .post("/api/v1/deputies", &span(clerk, "2026-05-21", "2026-05-23"))
            .await
            .expect(201)
            .json();
        assert_eq!(named["state"], "running");
        // At once, though the deputy's session was looked at a moment ago.
        assert!(queued(&deputy, &case).await);
        grant(&deputy, &case).await.expect(200);
        let trail = app
            .program("approver2")
            .await
            .get(&case.api("/trail"))
            .await
            .expect(200)
            .json();
        let last = trail
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["command"] == "grant"))
            .expect("it was granted");
        assert_eq!(last["actor"], "田园（代刘洋）");
        // Their own work stays theirs alone.
        let citizen = app.program("citizen1").await;
        let own = steps::file_food(&app, &citizen).await;
        let done = deputy.post(&own.api("/acceptance"), &json!({})).await;
        done.expect(200);
        let trail = app
            .program("approver2")
            .await
            .get(&own.api("/trail"))
            .await
            .expect(200)
            .json();
        assert_eq!(trail[1]["actor"], "田园");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn standing_in_ends_by_itself_and_when_it_is_ended() {
    on_every_engine(async |app| {
        let clerk = add(&app, "market_clerk", "田园", Role::WindowClerk).await;
        let (away, deputy) = (
            app.program("approver1").await,
            app.program("market_clerk").await,
        );
        let case = accepted(&app).await;
        let named = away
            .post("/api/v1/deputies", &span(clerk, "2026-05-21", "2026-05-22"))
            .await
            .expect(201)
            .json();
        assert!(queued(&deputy, &case).await);
        // At the midnight after its last day it is over without anybody's doing, whatever was looked at before.
        app.set_clock("2026-05-22T23:59:50+08:00");
        let (away, deputy) = (
            app.program("approver1").await,
            app.program("market_clerk").await,
        );
        assert!(queued(&deputy, &case).await);
        app.advance(Duration::from_secs(10));
        assert!(!queued(&deputy, &case).await);
        assert_ne!(grant(&deputy, &case).await.status, 200);
        let end = format!(
            "/api/v1/deputies/{}/end",
            named["deputy_id"].as_str().expect("an id")
        );
        away.post(&end, &json!({})).await.expect(422);
        // Once more, and ended early by the deputy.
        let named = away
            .post("/api/v1/deputies", &span(clerk, "2026-05-23", "2026-05-29"))
            .await
            .expect(201)
            .json();
        assert!(queued(&deputy, &case).await);
        let end = format!(
            "/api/v1/deputies/{}/end",
            named["deputy_id"].as_str().expect("an id")
        );
        let stranger = app.program("approver2").await;
        stranger.post(&end, &json!({})).await.expect(404);
        let ended = deputy.post(&end, &json!({})).await.expect(200).json();
        assert_eq!(ended["state"], "ended");
        assert_eq!(ended["ended_by"], "田园");
        assert!(!queued(&deputy, &case).await);
        assert_ne!(grant(&deputy, &case).await.status, 200);
    });
}

#[test]
fn what_is_taken_by_somebody_away_is_the_deputys_to_do() {
    on_every_engine(async |app| {
        let (away, colleague) = (
            app.program("approver1").await,
            app.program("approver2").await,
        );
        let case = accepted(&app).await;
        let mut desk = app.browser("approver1").await;
        steps::act(&mut desk, &case, "take", &[]).await;
        let deputy = app.town.staff("approver2");
        away.post(
            "/api/v1/deputies",
            &span(deputy, "2026-05-21", "2026-05-25"),
        )
        .await
        .expect(201);
        // They might decide in their own name as well; what a colleague has taken is done in the colleague's place.
        grant(&colleague, &case).await.expect(200);
        let trail = away.get(&case.api("/trail")).await.expect(200).json();
        let names: Vec<&str> = trail
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|row| row["actor"].as_str())
            .collect();
        assert!(names.contains(&"孙丽（代刘洋）"), "{names:?}");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn who_may_be_named_by_whom_for_how_long() {
    on_every_engine(async |app| {
        let clerk = add(&app, "market_clerk", "田园", Role::WindowClerk).await;
        let head = add(&app, "market_head", "高山", Role::AgencyHead).await;
        let (away, other, head_of) = (
            app.program("approver1").await,
            app.program("approver2").await,
            app.program("market_head").await,
        );
        let absent = app.town.staff("approver1");
        let refused = async |office: &Program, body: &Value, field: &str| {
            let said = office.post("/api/v1/deputies", body).await;
            let said = said.expect(422).json();
            assert_eq!(said["errors"][0]["field"], field, "{said}");
        };
        let good = span(clerk, "2026-05-22", "2026-05-25");
        let with = |key: &str, value: Value| {
            let mut body = good.clone();
            body[key] = value;
            body
        };
        let someone_else = with("absent", json!(absent.to_string()));
        refused(&other, &someone_else, "absent").await;
        refused(&away, &with("staff", json!(absent.to_string())), "staff").await;
        let elsewhere = app.town.staff("approver_civil").to_string();
        refused(&away, &with("staff", json!(elsewhere)), "staff").await;
        refused(&away, &with("until", json!("2026-05-21")), "until").await;
        refused(&away, &with("until", json!("2026-09-25")), "until").await;
        refused(&away, &with("from", json!("2026-05-20")), "from").await;
        refused(&away, &with("reason", json!(" ")), "reason").await;
        // Whoever heads the body may, and then nobody else for the same days.
        let named = head_of.post("/api/v1/deputies", &someone_else).await;
        assert_eq!(named.expect(201).json()["named_by"], "高山");
        refused(&away, &good, "from").await;
        // Work does not pass through two hands.
        refused(&other, &span(absent, "2026-05-23", "2026-05-24"), "staff").await;
        assert_eq!(
            away.get("/api/v1/deputies").await.expect(200).json()[0]["absent_name"],
            "刘洋"
        );
        assert_eq!(
            other.get("/api/v1/deputies").await.expect(200).json(),
            json!([])
        );
        assert_ne!(head, clerk);
        let mut browser = app.browser("approver1").await;
        let page = browser.get("/staff/deputies").await.expect(200);
        assert!(page.text().contains("田园"));
    });
}

#[test]
fn nobody_is_the_second_person_on_an_act_of_their_own() {
    on_every_engine(async |app| {
        add(&app, "market_head", "高山", Role::AgencyHead).await;
        let (officer, head) = (
            app.program("approver1").await,
            app.program("market_head").await,
        );
        let deputy = app.town.staff("approver1");
        head.post(
            "/api/v1/deputies",
            &span(deputy, "2026-05-21", "2026-05-25"),
        )
        .await
        .expect(201);
        let case = accepted(&app).await;
        let ask = json!({ "days": 5, "reason": "需要核查现场" });
        officer
            .post(&case.api("/extension-request"), &ask)
            .await
            .expect(200);
        let approve = json!({ "approved": true });
        let said = officer
            .post(&case.api("/extension-decision"), &approve)
            .await;
        assert_eq!(said.status, 422, "{}", said.text());
        head.post(&case.api("/extension-decision"), &approve)
            .await
            .expect(200);
        app.verify().await.expect("everything is as it was written");
    });
}
