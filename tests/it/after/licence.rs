//! 变更, 延续, 补证: the next version of a certificate, and what is said of the one before.

use serde_json::{Value, json};
use testkit::town::{FOOD, food_answers};
use testkit::{Answer, Program, TestApp, files, on_every_engine};

use crate::steps::{self, Filed};

/// The item of its own for renewing what [`FOOD`] grants.
const RENEWAL: &str = "食品经营许可延续";

/// A granted case and its certificate.
async fn granted(app: &TestApp) -> (Filed, String) {
    let citizen = app.program("citizen1").await;
    let case = steps::file_food(app, &citizen).await;
    (
        grant(app, case).await.0,
        newest(&citizen).await["license_id"]
            .as_str()
            .expect("an id")
            .to_owned(),
    )
}

async fn grant(app: &TestApp, case: Filed) -> (Filed, Value) {
    let approver = app.program("approver1").await;
    approver
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    let done = approver
        .post(&case.api("/decision"), &json!({ "granted": true }))
        .await
        .expect(200)
        .json();
    (case, done)
}

async fn newest(citizen: &Program) -> Value {
    citizen.get("/api/v1/my/licenses").await.expect(200).json()["items"][0].clone()
}

async fn ask(app: &TestApp, citizen: &Program, wish: &str, license: &str, reason: &str) -> Answer {
    let digests = citizen
        .upload(&[("file", "布局图.pdf", &files::pdf("layout"))])
        .await;
    let body = json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": food_answers(),
        "materials": [{ "key": "layout", "files": digests }],
        "delivery": "electronic",
        "after": { "wish": wish, "license_id": license, "reason": reason },
    });
    citizen.post("/api/v1/cases", &body).await
}

async fn state(app: &TestApp, license: &Value) -> Value {
    let code = license["verify_code"].as_str().expect("a code");
    app.stranger()
        .get(&format!("/api/v1/licenses/verify?code={code}"))
        .await
        .expect(200)
        .json()
}

#[test]
fn a_change_makes_the_next_version_and_the_old_one_says_so() {
    on_every_engine(async |app| {
        let (_, first) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let old = newest(&citizen).await;
        assert_eq!(old["version"], 1);
        let empty = ask(&app, &citizen, "change", &first, " ").await;
        assert_eq!(empty.status, 422);
        assert!(
            empty.text().contains("由什么变更为什么"),
            "{}",
            empty.text()
        );
        let case = steps::filed(
            ask(&app, &citizen, "change", &first, "经营场所由12号变更为18号")
                .await
                .expect(201)
                .json(),
        );
        let twice = ask(&app, &citizen, "reissue", &first, "遗失").await;
        assert!(
            twice.text().contains("已有正在办理的申请"),
            "{}",
            twice.text()
        );
        grant(&app, case).await;
        let new = newest(&citizen).await;
        assert_eq!(new["version"], 2);
        assert_eq!(new["made"], "changed");
        assert_eq!(new["serial"], old["serial"], "the number stays");
        assert_ne!(new["print_no"], old["print_no"]);
        assert_eq!(new["supersedes"], old["license_id"]);
        assert_eq!(new["valid_to"], old["valid_to"], "the period stays");
        assert_eq!(state(&app, &new).await["state"], "valid");
        let said = state(&app, &old).await;
        assert_eq!(said["state"], "superseded");
        assert!(said["since"].is_string(), "{said}");
        // Nothing follows from one that no longer counts.
        let late = ask(&app, &citizen, "change", &first, "再变更").await;
        assert!(late.text().contains("已被新版本替代"), "{}", late.text());
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn whoever_has_a_certificate_changes_it_though_every_place_is_taken() {
    on_every_engine(async |app| {
        let (_, first) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let approver = app.program("approver1").await;
        let quota = format!("/api/v1/items/{}/quota", app.town.item(FOOD));
        let none = json!({ "period": "all", "total": 0, "reason": "本年度名额用完" });
        approver.post(&quota, &none).await.expect(200);
        let change = ask(&app, &citizen, "change", &first, "负责人由甲变更为乙").await;
        let case = steps::filed(change.expect(201).json());
        grant(&app, case).await;
        assert_eq!(newest(&citizen).await["made"], "changed");
        // A new one has to wait for a place.
        let case = steps::file_food(&app, &citizen).await;
        let accepted = approver.post(&case.api("/acceptance"), &json!({})).await;
        accepted.expect(200);
        let full = approver
            .post(&case.api("/decision"), &json!({ "granted": true }))
            .await;
        assert!(full.text().contains("数量限制"), "{}", full.text());
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_certificate_that_ends_gives_its_place_to_whoever_is_next() {
    on_every_engine(async |app| {
        let approver = app.program("approver1").await;
        let address = format!("/api/v1/items/{}/quota", app.town.item(FOOD));
        let one = json!({ "period": "all", "total": 1, "reason": "公告〔2026〕1号" });
        approver.post(&address, &one).await.expect(200);
        let (first, license) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let waiting = steps::file_food(&app, &citizen).await;
        let acceptance = waiting.api("/acceptance");
        approver.post(&acceptance, &json!({})).await.expect(200);
        let decision = json!({ "granted": true });
        let full = approver.post(&waiting.api("/decision"), &decision).await;
        assert!(full.text().contains("数量限制"), "{}", full.text());
        // The place belongs to whoever was granted first, whatever version their certificate has come to.
        let change = ask(&app, &citizen, "change", &license, "负责人由甲变更为乙").await;
        grant(&app, steps::filed(change.expect(201).json())).await;
        let newest = newest(&citizen).await["license_id"].clone();
        let newest = newest.as_str().expect("an id");
        let held = quota(&app).await;
        assert_eq!((&held["granted"], &held["freed"]), (&json!(1), &json!(0)));

        let end = json!({ "end": "cancel", "ground": "other", "facts": "持证人申请注销" });
        approver
            .post(&format!("/api/v1/licenses/{newest}/endings"), &end)
            .await
            .expect(201);
        assert_eq!(quota(&app).await, held, "it is not decided yet");
        let ended = json!({ "act": "end_license", "text": "" });
        approver
            .post(&format!("/api/v1/licenses/{newest}/ending/acts"), &ended)
            .await
            .expect(200);
        let freed = quota(&app).await;
        assert_eq!((&freed["granted"], &freed["freed"]), (&json!(0), &json!(1)));
        assert_eq!(freed["next"]["order"], 2, "{freed}");
        let mut desk = app.browser("approver1").await;
        let page = desk.get("/staff/quotas").await.expect(200);
        assert!(page.shows("第2号"), "{}", page.text());
        let mut stranger = app.visitor();
        let page = stranger.get("/quotas").await.expect(200);
        assert!(page.shows("下一个是第2号"), "{}", page.text());

        approver
            .post(&waiting.api("/decision"), &decision)
            .await
            .expect(200);
        let taken = quota(&app).await;
        assert_eq!(
            (&taken["granted"], &taken["waiting"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(taken["next"], Value::Null);
        let again = citizen.get(&first.api("")).await.expect(200).json();
        assert_eq!(again["state"], "done", "what was granted stays granted");
        app.verify().await.expect("everything is as it was written");
    });
}

/// The places of the item, as anybody reads them.
async fn quota(app: &TestApp) -> Value {
    let all = app.stranger().get("/api/v1/quotas").await.expect(200);
    all.json()["items"][0].clone()
}

#[test]
fn a_reissue_keeps_the_number_and_voids_the_lost_print() {
    on_every_engine(async |app| {
        let (_, first) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let old = newest(&citizen).await;
        let case = steps::filed(
            ask(&app, &citizen, "reissue", &first, "2026年5月20日遗失")
                .await
                .expect(201)
                .json(),
        );
        grant(&app, case).await;
        let new = newest(&citizen).await;
        assert_eq!(new["serial"], old["serial"]);
        assert_eq!(new["made"], "reissued");
        assert_eq!(state(&app, &old).await["state"], "void");
        // A stranger's certificate is not there for anybody else.
        let other = app.program("citizen2").await;
        let theirs = ask(&app, &other, "reissue", &first, "遗失").await;
        assert_eq!(theirs.status, 422, "{}", theirs.text());
    });
}

#[test]
fn a_renewal_in_time_is_granted_by_silence_at_the_end_of_the_last_day() {
    on_every_engine(async |app| {
        let (_, first) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let old = newest(&citizen).await;
        let last: jiff::civil::Date = old["valid_to"]
            .as_str()
            .expect("it ends")
            .parse()
            .expect("a day");
        let early = ask(&app, &citizen, "renew", &first, "").await;
        assert!(
            early.text().contains("还没有到申请延续的时间"),
            "{}",
            early.text()
        );
        let day = |back: i64| {
            let day = last
                .checked_sub(jiff::Span::new().days(back))
                .expect("a day");
            format!("{day}T10:00:00+08:00")
        };
        app.set_clock(&day(30));
        let citizen = app.program("citizen1").await;
        let case = steps::filed(
            ask(&app, &citizen, "renew", &first, "")
                .await
                .expect(201)
                .json(),
        );
        let approver = app.program("approver1").await;
        approver
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        app.set_clock(&format!("{last}T23:59:59+08:00"));
        work(&app).await;
        let citizen = app.program("citizen1").await;
        assert_eq!(newest(&citizen).await["version"], 1, "not a second early");
        let next = last.tomorrow().expect("a day");
        app.set_clock(&format!("{next}T00:00:01+08:00"));
        work(&app).await;
        let citizen = app.program("citizen1").await;
        let new = newest(&citizen).await;
        assert_eq!(new["made"], "renewed");
        assert_eq!(new["version"], 2);
        assert_eq!(state(&app, &new).await["state"], "valid");
        let shown = citizen.get(&case.api("")).await.expect(200).json();
        assert_eq!(shown["state"], "done", "{shown}");
        let mut desk = app.browser("approver1").await;
        let letter = desk.get(&case.page("/letters/decision")).await.expect(200);
        assert!(
            letter.shows("第五十条第二款") && letter.shows("视为准予延续"),
            "{}",
            letter.text()
        );
        app.verify().await.expect("everything is as it was written");
    });
}

/// 业务办理项: a renewal has an item of its own, and it is still the certificate at hand that is renewed.
#[test]
fn a_renewal_under_an_item_of_its_own_is_the_next_version_of_the_certificate() {
    on_every_engine(async |app| {
        let (first, _) = granted(&app).await;
        let citizen = app.program("citizen1").await;
        let old = newest(&citizen).await;
        let early = renew(&app, &citizen, &old).await;
        assert!(
            early.text().contains("还没有到申请延续的时间"),
            "{}",
            early.text()
        );
        let last: jiff::civil::Date = old["valid_to"]
            .as_str()
            .expect("it ends")
            .parse()
            .expect("a day");
        let day = last.checked_sub(jiff::Span::new().days(30)).expect("a day");
        app.set_clock(&format!("{day}T10:00:00+08:00"));
        let citizen = app.program("citizen1").await;
        let filed = renew(&app, &citizen, &old).await.expect(201).json();
        let twice = renew(&app, &citizen, &old).await;
        assert!(
            twice.text().contains("已有正在办理的申请"),
            "{}",
            twice.text()
        );
        grant(&app, steps::filed(filed)).await;
        let new = newest(&citizen).await;
        assert_eq!(new["made"], "renewed");
        assert_eq!(new["version"], 2);
        assert_eq!(new["serial"], old["serial"], "the number stays");
        assert_eq!(state(&app, &old).await["state"], "superseded");
        // A change goes on under the item that granted it, whatever renewed it since.
        let mut browser = app.browser("citizen1").await;
        let id = new["license_id"].as_str().expect("an id");
        let page = browser.get(&format!("/licenses/{id}/apply/change")).await;
        let page = page.expect(200);
        let form = page
            .form("/apply/change")
            .set("reason", "负责人由甲变更为乙");
        let draft = browser.submit(&page, form).await.expect(200);
        assert!(
            draft.shows(FOOD) && !draft.shows(RENEWAL),
            "{}",
            draft.text()
        );
        // Who holds none, because another system made it, gets one.
        let other = app.program("citizen2").await;
        let filed = renew(&app, &other, &old).await.expect(201).json();
        grant(&app, steps::filed(filed)).await;
        assert_eq!(newest(&other).await["made"], "issued");
        let shown = citizen.get(&first.api("")).await.expect(200).json();
        assert_eq!(shown["state"], "done", "{shown}");
        app.verify().await.expect("everything is as it was written");
    });
}

async fn renew(app: &TestApp, citizen: &Program, old: &Value) -> Answer {
    let mut given = Vec::new();
    for key in ["licence", "permit"] {
        let digests = citizen
            .upload(&[("file", "证照.pdf", &files::pdf(key))])
            .await;
        given.push(json!({ "key": key, "files": digests }));
    }
    let body = json!({
        "item_id": app.town.item(RENEWAL).to_string(),
        "answers": { "permit_no": old["serial"], "expire": old["valid_to"], "changed": "no" },
        "materials": given,
        "delivery": "electronic",
    });
    citizen.post("/api/v1/cases", &body).await
}

/// Does everything that is due now.
async fn work(app: &TestApp) {
    app.platform
        .worker()
        .run_due(app.now())
        .await
        .expect("the work is done");
}
