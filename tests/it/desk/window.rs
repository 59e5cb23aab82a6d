//! What a window does beside its cases, for programs: shifts, the helper's list, covers and scans; and items that
//! another region decides.

use axum::body::Body;
use axum::http::Request;
use base::ids::{AccountId, StaffId};
use casework::{Grant, Role};
use people::NewStaff;
use serde_json::json;
use testkit::town::{CENTRE, FOOD, STRANGER_ID};
use testkit::{Program, TestApp, files, on_every_engine};

use crate::steps;

/// Somebody of the hall who goes along with people.
async fn helper(app: &TestApp) -> Program {
    let now = app.now();
    let ids = &app.platform.app.ids;
    let (staff, account): (StaffId, AccountId) = (ids.next(now), ids.next(now));
    let people = app.platform.app.people.clone();
    let new = NewStaff {
        login: "helper".to_owned(),
        password_hash: "-".to_owned(),
        must_change: false,
        name: "韩梅".to_owned(),
        org: app.town.org(CENTRE),
        title: String::new(),
        window: None,
        grants: vec![Grant {
            role: Role::Helper,
            region: "990102".to_owned(),
            org: None,
        }],
    };
    app.db()
        .write(move |tx| people.create_staff(tx, &new, staff, account, now))
        .await
        .expect("somebody new");
    app.program("helper").await
}

/// The clerk of a window in the neighbouring county, in the same city.
async fn clerk_elsewhere(app: &TestApp) -> Program {
    hired_elsewhere(app).await;
    app.program("clerk_other").await
}

async fn hired_elsewhere(app: &TestApp) -> StaffId {
    let now = app.now();
    let ids = &app.platform.app.ids;
    let (staff, account): (StaffId, AccountId) = (ids.next(now), ids.next(now));
    let people = app.platform.app.people.clone();
    let new = NewStaff {
        login: "clerk_other".to_owned(),
        password_hash: "-".to_owned(),
        must_change: false,
        name: "马丽".to_owned(),
        org: app.town.org(CENTRE),
        title: String::new(),
        window: None,
        grants: vec![Grant {
            role: Role::WindowClerk,
            region: "990103".to_owned(),
            org: None,
        }],
    };
    app.db()
        .write(move |tx| people.create_staff(tx, &new, staff, account, now))
        .await
        .expect("somebody new");
    staff
}

#[test]
fn a_shift_is_handed_over_and_taken_by_two_people() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut desk = app.browser("clerk1").await;
        steps::act(&mut desk, &case, "take", &[]).await;
        let (giver, taker) = (app.program("clerk1").await, app.program("clerk2").await);
        let sign = |name: &str| json!({ "signature": name, "remark": "早班" });
        giver
            .post("/api/v1/shifts", &sign("赵磊"))
            .await
            .expect(422);
        let given = giver.post("/api/v1/shifts", &sign("陈静")).await;
        let given = given.expect(201).json();
        assert!(given["text"].as_str().expect("a text").contains(&case.no));
        assert_eq!(given["taker"], "");
        let id = given["list_id"].as_str().expect("an id");
        let receipt = format!("/api/v1/shifts/{id}/receipt");
        giver.post(&receipt, &sign("陈静")).await.expect(409);
        let taken = taker.post(&receipt, &sign("赵磊")).await.expect(200).json();
        assert_eq!(taken["taker"], "赵磊");
        assert_eq!(taken["digest"], given["digest"]);
        taker.post(&receipt, &sign("赵磊")).await.expect(409);
        let all = taker.get("/api/v1/shifts").await.expect(200).json();
        assert_eq!(all[0]["list_id"], id);
        let approver = app.program("approver1").await;
        approver
            .get(&format!("/api/v1/shifts/{id}"))
            .await
            .expect(403);
    });
}

#[test]
fn originals_are_on_the_list_of_whoever_holds_them() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let (giver, taker) = (app.program("clerk1").await, app.program("clerk2").await);
        let acts = case.api("/window-acts");
        let list = async |who: &Program, name: &str| {
            let signed = json!({ "signature": name, "remark": "" });
            let made = who.post("/api/v1/shifts", &signed).await.expect(201);
            made.json()["text"].as_str().expect("a text").to_owned()
        };
        let papers = json!([{ "name": "房产证", "copies": 1 }]);
        let took = json!({ "command": "take_originals", "papers": papers });
        giver.post(&acts, &took).await.expect(200);
        let text = list(&giver, "陈静").await;
        assert!(
            text.contains(&case.no) && text.contains("房产证×1"),
            "{text}"
        );
        assert!(!list(&taker, "赵磊").await.contains(&case.no));
        let moved = json!({ "command": "move_originals", "to": "赵磊" });
        giver.post(&acts, &moved).await.expect(200);
        assert!(!list(&giver, "陈静").await.contains(&case.no));
        assert!(list(&taker, "赵磊").await.contains("房产证×1"));
        let back = json!({ "command": "return_originals", "to": "林晓" });
        taker.post(&acts, &back).await.expect(200);
        assert!(!list(&taker, "赵磊").await.contains(&case.no));
    });
}

#[test]
fn a_helper_keeps_a_list_of_their_own() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let helper = helper(&app).await;
        let body = json!({ "no": case.no, "note": "行动不便" });
        let lines = helper
            .post("/api/v1/assisted", &body)
            .await
            .expect(200)
            .json();
        assert_eq!(lines[0]["case_id"], case.id.as_str());
        assert_ne!(lines[0]["applicant"], "王小明", "masked");
        let wrong = json!({ "no": "123" });
        helper.post("/api/v1/assisted", &wrong).await.expect(422);
        let end = format!("/api/v1/assisted/{}/end", case.id);
        let left = helper.post(&end, &json!({})).await.expect(200).json();
        assert_eq!(left, json!([]));
        helper.post(&end, &json!({})).await.expect(404);
        let clerk = app.program("clerk1").await;
        clerk.get("/api/v1/assisted").await.expect(403);
    });
}

/// What staff hand in for `citizen1` at a window.
fn for_the_first_citizen(app: &TestApp) -> serde_json::Value {
    let (_, name, id_number, _) = testkit::town::CITIZENS[0];
    json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": testkit::town::food_answers(),
        "materials": [{ "key": "layout", "paper": true }],
        "applicant": { "kind": "person", "name": name, "id_number": id_number },
    })
}

#[test]
fn a_helper_brings_in_for_somebody_and_both_are_named() {
    on_every_engine(async |app| {
        let helper = helper(&app).await;
        let body = for_the_first_citizen(&app);
        let case = steps::filed(helper.post("/api/v1/cases", &body).await.expect(201).json());
        let both = format!("韩梅（代{}）", testkit::town::CITIZENS[0].1);
        let trail = app
            .program("approver1")
            .await
            .get(&case.api("/trail"))
            .await;
        assert_eq!(trail.expect(200).json()[0]["actor"], both.as_str());
        let mut owner = app.browser("citizen1").await;
        let receipt = owner.get(&case.page("/receipt")).await.expect(200);
        assert!(
            receipt.shows(&format!("帮办代办：{both}")),
            "{}",
            receipt.document.text()
        );
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("帮办代办人员代您提交了申请"));
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&case.desk("")).await.expect(200);
        assert!(page.shows(&both), "{}", page.document.text());
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_clerk_who_covers_a_colleague_takes_in_in_both_names() {
    on_every_engine(async |app| {
        // A window of another county, covered for a day; what it takes in itself stays in one name.
        let staff = hired_elsewhere(&app).await.to_string();
        let (away, deputy) = (
            app.program("clerk1").await,
            app.program("clerk_other").await,
        );
        let span = json!({ "staff": staff, "from": "2026-05-21", "until": "2026-05-23", "reason": "外出培训" });
        away.post("/api/v1/deputies", &span).await.expect(201);
        let body = for_the_first_citizen(&app);
        let case = steps::filed(deputy.post("/api/v1/cases", &body).await.expect(201).json());
        let trail = app
            .program("approver1")
            .await
            .get(&case.api("/trail"))
            .await;
        assert_eq!(trail.expect(200).json()[0]["actor"], "马丽（代陈静）");
        let receipt = app
            .browser("citizen1")
            .await
            .get(&case.page("/receipt"))
            .await;
        assert!(receipt.expect(200).shows("收件人：马丽（代陈静）"));
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_scan_goes_where_its_cover_says_once() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let clerk = app.program("clerk1").await;
        let covers = clerk.get(&case.api("/covers")).await.expect(200).json();
        let code = covers
            .as_array()
            .expect("covers")
            .iter()
            .filter_map(|cover| cover["code"].as_str())
            .find(|code| code.ends_with(".layout"))
            .expect("a cover for the layout")
            .to_owned();
        let send = async |code: &str, key: &str| {
            let values = [("code".to_owned(), code.to_owned())];
            let scan = files::pdf("scanned");
            let (kind, body) = files::multipart(&values, &[("file", "扫描件.pdf", &scan)]);
            let request = Request::post("/api/v1/scans")
                .header("content-type", kind)
                .header("idempotency-key", key)
                .body(Body::from(body))
                .expect("a request");
            clerk.send(request).await
        };
        let filed = send(&code, "scan-1").await.expect(201).json();
        assert_eq!(filed["case_id"], case.id.as_str());
        let again = send(&code, "scan-1").await.expect(201).json();
        assert_eq!(again, filed, "sent twice, filed once");
        send("nothing", "scan-2").await.expect(422);
        send(&format!("{}.nothing", case.no), "scan-3")
            .await
            .expect(422);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_window_finds_what_another_region_decides() {
    on_every_engine(async |app| {
        clerk_elsewhere(&app).await;
        let mut desk = app.browser("clerk_other").await;
        let party = app.town.citizen("citizen1");
        let search = files::urlencoded(&[
            ("party".to_owned(), party.to_string()),
            ("q".to_owned(), FOOD.to_owned()),
        ]);
        let found = desk
            .get(&format!("/staff/intake/new?{search}"))
            .await
            .expect(200);
        assert!(found.shows(FOOD), "{}", found.document.text());
        assert!(found.shows("本窗口收件后移交"), "{}", found.document.text());
        // What is usual here does not begin with what others decide.
        let usual = desk
            .get(&format!("/staff/intake/new?party={party}"))
            .await
            .expect(200);
        assert!(!usual.shows("本窗口收件后移交"));
    });
}

#[test]
fn a_window_elsewhere_keeps_the_originals_until_it_has_handed_over() {
    on_every_engine(async |app| {
        let clerk = clerk_elsewhere(&app).await;
        let (_, name, id_number, _) = testkit::town::CITIZENS[0];
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": testkit::town::food_answers(),
            "materials": [{ "key": "layout", "paper": true }],
            "applicant": { "kind": "person", "name": name, "id_number": id_number },
        });
        let case = steps::filed(clerk.post("/api/v1/cases", &body).await.expect(201).json());
        let acts = case.api("/window-acts");
        let take = json!({
            "command": "take_originals", "papers": [{ "name": "居民身份证", "copies": 1 }],
        });
        clerk.post(&acts, &take).await.expect(200);
        let send = json!({ "command": "send_handover", "note": "政务专递" });
        clerk.post(&acts, &send).await.expect(200);
        // From then on they are not this window's any more.
        let again = clerk.post(&acts, &take).await;
        assert!(!again.status.is_success(), "{}", again.text());
        let office = app.program("approver1").await;
        let received = json!({ "command": "receive_handover", "complete": true });
        office.post(&acts, &received).await.expect(200);
        app.verify().await.expect("everything is as it was written");
    });
}

/// 民法典第十三条: nothing is taken in for somebody who is on record as deceased, by program or at the window.
#[test]
fn a_window_takes_nothing_in_for_somebody_who_has_died() {
    on_every_engine(async |app| {
        let mut desk = app.browser("clerk1").await;
        let find = desk.get("/staff/intake").await.expect(200);
        let form = find.form("/staff/intake/find").set("number", STRANGER_ID);
        let page = desk.submit(&find, form).await.expect(200);
        let form = page
            .form("/staff/intake/parties")
            .set("name", "钱多多")
            .set("phone", "19909900099");
        let items = desk.submit(&page, form).await.expect(200);
        let choosing = items.address.clone();
        let taking = format!("{choosing}&item={}", app.town.item(FOOD));
        let open = desk.get(&taking).await.expect(200);

        let clerk = app.program("clerk1").await;
        let death = json!({
            "name": "钱多多", "number": STRANGER_ID, "died_on": "2026-05-20", "source": "死亡医学证明1号",
        });
        clerk.post("/api/v1/deaths", &death).await.expect(204);
        for address in [&choosing, &taking] {
            let refused = desk.get(address).await.expect(403);
            assert!(refused.shows("已经去世"), "{}", refused.text());
        }
        // Neither by the page that was open already, nor by looking them up again.
        let form = open.form(&open.address.clone()).press("收件");
        let refused = desk.submit(&open, form).await.expect(403);
        assert!(refused.shows("已经去世"), "{}", refused.text());
        let form = find.form("/staff/intake/find").set("number", STRANGER_ID);
        let refused = desk.submit(&find, form).await.expect(422);
        assert!(refused.shows("2026-05-20去世"), "{}", refused.text());
    });
}
