//! 撤销 and 注销: told, heard, decided; the certificate says so to anybody who asks, and fraud has its ban.

use serde_json::{Value, json};
use testkit::town::{FOOD, food_answers};
use testkit::{Program, TestApp, files, on_every_engine};

use crate::steps;

/// A certificate of `citizen1`.
async fn certificate(app: &TestApp) -> Value {
    let citizen = app.program("citizen1").await;
    let approver = app.program("approver1").await;
    let case = steps::file_food(app, &citizen).await;
    approver
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    approver
        .post(&case.api("/decision"), &json!({ "granted": true }))
        .await
        .expect(200);
    citizen.get("/api/v1/my/licenses").await.expect(200).json()["items"][0].clone()
}

fn id(license: &Value) -> &str {
    license["license_id"].as_str().expect("an id")
}

async fn state(app: &TestApp, license: &Value) -> Value {
    let code = license["verify_code"].as_str().expect("a code");
    app.stranger()
        .get(&format!("/api/v1/licenses/verify?code={code}"))
        .await
        .expect(200)
        .json()
}

async fn propose(office: &Program, license: &Value, end: &str, ground: &str) -> testkit::Answer {
    office
        .post(
            &format!("/api/v1/licenses/{}/endings", id(license)),
            &json!({ "end": end, "ground": ground, "facts": "经核查，申请材料系伪造" }),
        )
        .await
}

async fn act(who: &Program, license: &Value, body: Value) -> testkit::Answer {
    who.post(
        &format!("/api/v1/licenses/{}/ending/acts", id(license)),
        &body,
    )
    .await
}

#[test]
fn a_revocation_hears_its_holder_before_it_is_decided() {
    on_every_engine(async |app| {
        let license = certificate(&app).await;
        let office = app.program("approver1").await;
        let citizen = app.program("citizen1").await;
        let wrong = propose(&office, &license, "revoke", "expired").await;
        assert_eq!(wrong.status, 422, "{}", wrong.text());
        let told = propose(&office, &license, "revoke", "fraud")
            .await
            .expect(201)
            .json();
        assert!(
            told["notice_no"]
                .as_str()
                .expect("a number")
                .contains("撤告"),
            "{told}"
        );
        let twice = propose(&office, &license, "revoke", "fraud").await;
        assert!(twice.text().contains("已有正在处理的"), "{}", twice.text());
        let early = act(
            &office,
            &license,
            json!({ "act": "end_license", "text": "" }),
        )
        .await;
        assert!(early.text().contains("期限还没有届满"), "{}", early.text());
        assert_eq!(state(&app, &license).await["state"], "valid", "nothing yet");

        // The holder answers on their own page and asks for a hearing.
        let mut browser = app.browser("citizen1").await;
        let address = format!("/licenses/{}/ending", id(&license));
        let page = browser.get(&address).await.expect(200);
        assert!(
            page.shows("申请材料系伪造") && page.shows("要求听证"),
            "{}",
            page.text()
        );
        let form = page
            .form("/ending/state_views")
            .set("text", "材料由中介代办，本人不知情");
        let page = browser.submit(&page, form).await.expect(200);
        assert!(page.shows("本人不知情"), "{}", page.text());
        let form = page.form("/ending/ask_hearing");
        browser.submit(&page, form).await.expect(200);
        let notice = browser
            .get(&format!("{address}/letters/notice"))
            .await
            .expect(200);
        assert!(
            notice.shows("第四十七条") && notice.shows("有权陈述、申辩"),
            "{}",
            notice.text()
        );

        let waits = act(
            &office,
            &license,
            json!({ "act": "end_license", "text": "" }),
        )
        .await;
        assert_eq!(waits.problem(), "wrong_state", "the hearing comes first");
        act(
            &office,
            &license,
            json!({ "act": "record_hearing", "held_on": "2026-05-21", "text": "双方到场，质证完毕" }),
        )
        .await
        .expect(200);
        let silent = act(
            &office,
            &license,
            json!({ "act": "end_license", "text": "" }),
        )
        .await;
        assert_eq!(
            silent.status,
            422,
            "what was said is answered: {}",
            silent.text()
        );
        let done = act(
            &office,
            &license,
            json!({ "act": "end_license", "text": "不知情不影响违法事实的认定，不予采纳",
                    "from_start": true, "safety": true }),
        )
        .await
        .expect(200)
        .json();
        assert!(
            done["decision_no"]
                .as_str()
                .expect("a number")
                .contains("撤决"),
            "{done}"
        );
        let said = state(&app, &license).await;
        assert_eq!(said["state"], "revoked");
        assert_eq!(said["from_start"], true);
        assert_eq!(said["doc_no"], done["decision_no"]);
        let letter = browser
            .get(&format!("{address}/letters/decision"))
            .await
            .expect(200);
        assert!(
            letter.shows("自始无效") && letter.shows("第七十九条"),
            "{}",
            letter.text()
        );

        // 第七十九条: three years.
        let refused = again(&app, &citizen).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("2029-05-21"), "{}", refused.text());
        // The corresponding day is the last (民法典第二百零二条).
        app.set_clock("2029-05-21T10:00:00+08:00");
        let citizen = app.program("citizen1").await;
        assert_eq!(again(&app, &citizen).await.status, 422);
        app.set_clock("2029-05-22T10:00:00+08:00");
        let citizen = app.program("citizen1").await;
        again(&app, &citizen).await.expect(201);
        app.verify().await.expect("everything is as it was written");
    });
}

async fn again(app: &TestApp, citizen: &Program) -> testkit::Answer {
    let digests = citizen
        .upload(&[("file", "布局图.pdf", &files::pdf("layout"))])
        .await;
    let body = json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": food_answers(),
        "materials": [{ "key": "layout", "files": digests }],
        "delivery": "electronic",
    });
    citizen.post("/api/v1/cases", &body).await
}

#[test]
fn false_materials_keep_an_applicant_out_for_a_year() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("approver1").await;
        let case = steps::file_food(&app, &citizen).await;
        let early = office
            .post(
                &case.api("/reapply-ban"),
                &json!({ "facts": "伪造租赁合同" }),
            )
            .await;
        assert_eq!(early.problem(), "wrong_state");
        office
            .post(
                &case.api("/non-acceptance"),
                &json!({ "reason": "租赁合同系伪造", "legal_basis": "《行政许可法》第七十八条" }),
            )
            .await
            .expect(200);
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&case.desk("/file")).await.expect(200);
        let form = page.form("/file/ban");
        let empty = desk.submit(&page, form).await.expect(422);
        assert!(empty.shows("请写明隐瞒的情况"), "{}", empty.text());
        let form = empty.form("/file/ban").set("facts", "伪造租赁合同");
        let page = desk.submit(&empty, form).await.expect(200);
        assert!(page.shows("不得再次申请告知书"), "{}", page.text());
        let letter = desk.get(&case.page("/letters/ban")).await.expect(200);
        assert!(
            letter.shows("伪造租赁合同") && letter.shows("第七十八条"),
            "{}",
            letter.text()
        );
        let refused = again(&app, &citizen).await;
        assert!(refused.text().contains("2027-05-21"), "{}", refused.text());
        let twice = office
            .post(&case.api("/reapply-ban"), &json!({ "facts": "再记一次" }))
            .await;
        assert_eq!(twice.status, 422, "{}", twice.text());
        app.set_clock("2027-05-22T09:00:00+08:00");
        let citizen = app.program("citizen1").await;
        again(&app, &citizen).await.expect(201);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn silence_for_five_working_days_lets_the_office_decide_and_a_cancellation_closes() {
    on_every_engine(async |app| {
        let license = certificate(&app).await;
        let office = app.program("approver1").await;
        propose(&office, &license, "revoke", "procedure")
            .await
            .expect(201);
        // Told on Thursday, 21 May 2026: the fifth working day is the 28th.
        app.set_clock("2026-05-28T23:00:00+08:00");
        let office = app.program("approver1").await;
        let early = act(&office, &license, json!({ "act": "end_license" })).await;
        assert_eq!(early.status, 422, "{}", early.text());
        app.set_clock("2026-05-29T09:00:00+08:00");
        let office = app.program("approver1").await;
        let citizen = app.program("citizen1").await;
        let late = act(&citizen, &license, json!({ "act": "ask_hearing" })).await;
        assert!(late.text().contains("期限已过"), "{}", late.text());
        act(&office, &license, json!({ "act": "end_license" }))
            .await
            .expect(200);
        let said = state(&app, &license).await;
        assert_eq!(said["state"], "revoked");
        assert_eq!(said["from_start"], false);
        // 第七十条第四项: what was revoked is cancelled; nothing else fits.
        let wrong = propose(&office, &license, "cancel", "dissolved").await;
        assert_eq!(wrong.status, 422, "{}", wrong.text());
        propose(&office, &license, "cancel", "revoked")
            .await
            .expect(201);
        act(&office, &license, json!({ "act": "end_license" }))
            .await
            .expect(200);
        assert_eq!(state(&app, &license).await["state"], "cancelled");
        let over = propose(&office, &license, "revoke", "fraud").await;
        assert_eq!(over.status, 422, "{}", over.text());
        // Nobody else's office, and no stranger.
        let other = app.program("approver_other").await;
        assert_eq!(
            propose(&other, &license, "cancel", "other").await.status,
            404
        );
        let stranger = app.program("citizen2").await;
        let address = format!("/api/v1/licenses/{}/ending", id(&license));
        assert_eq!(stranger.get(&address).await.status, 404);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_waiver_lets_the_office_decide_at_once_and_staff_cannot_give_it() {
    on_every_engine(async |app| {
        let license = certificate(&app).await;
        let office = app.program("approver1").await;
        let citizen = app.program("citizen1").await;
        propose(&office, &license, "revoke", "unqualified")
            .await
            .expect(201);
        let theirs = act(
            &office,
            &license,
            json!({ "act": "state_views", "waived": true }),
        )
        .await;
        assert_eq!(theirs.status, 422, "{}", theirs.text());
        act(
            &citizen,
            &license,
            json!({ "act": "state_views", "waived": true }),
        )
        .await
        .expect(200);
        act(
            &office,
            &license,
            json!({ "act": "end_license", "text": "已书面放弃" }),
        )
        .await
        .expect(200);
        assert_eq!(state(&app, &license).await["state"], "revoked");
        let mut desk = app.browser("approver1").await;
        let page = desk
            .get(&format!("/staff/licenses/{}", id(&license)))
            .await
            .expect(200);
        assert!(
            page.shows("已撤销") && page.shows("提出注销"),
            "{}",
            page.text()
        );
    });
}
