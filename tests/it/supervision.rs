//! 事中事后监管: a promise is checked after the grant, with its consequences; credit is recorded, asked and repaired;
//! what is set for an item, and by whom.

use base::ids::{AccountId, StaffId};
use casework::{Grant, Role};
use people::NewStaff;
use serde_json::{Value, json};
use testkit::town::{FOOD, MARKET, food_answers};
use testkit::{Program, TestApp, on_every_engine};

use crate::steps::{self, Filed};

/// Adds a member of the market body's staff in one role.
async fn staff(app: &TestApp, login: &'static str, name: &'static str, role: Role) {
    let (people, now) = (app.platform.app.people.clone(), app.now());
    let (id, account): (StaffId, AccountId) = (
        app.platform.app.ids.next(now),
        app.platform.app.ids.next(now),
    );
    let org = app.town.org(MARKET);
    let new = NewStaff {
        login: login.to_owned(),
        password_hash: String::new(),
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
        .write(move |tx| people.create_staff(tx, &new, id, account, now))
        .await
        .expect("a member of staff");
}

/// The food permit in a version whose layout a written promise may replace.
async fn promising(app: &TestApp) {
    const CATALOGUE: &str = include_str!("../../data/items/demo_items.json");
    let all: Vec<Value> = serde_json::from_str(CATALOGUE).expect("JSON");
    let mut entry = all
        .into_iter()
        .find(|entry| entry["org"] == MARKET && entry["item"]["name"] == FOOD)
        .expect("the food permit");
    entry["item"]["commitment"] = json!({ "mode": "proof" });
    let materials = entry["item"]["materials"]
        .as_array_mut()
        .expect("materials");
    for material in materials {
        material["commitment_replaceable"] = json!(true);
    }
    let mut admin = app.browser("admin1").await;
    let page = admin.get("/admin/catalog/import").await.expect(200);
    let form = page
        .document
        .forms()
        .into_iter()
        .find(|form| form.multipart)
        .expect("an upload");
    let content = json!([entry]).to_string().into_bytes();
    let looked = admin
        .submit_files(&page, form, &[("file", "items.json", &content)])
        .await
        .expect(200);
    let form = looked.form(&looked.address).press("确认导入");
    admin.submit(&looked, form).await.expect(200);
}

async fn file(app: &TestApp, citizen: &Program) -> testkit::Answer {
    let body = json!({
        "item_id": app.town.item(FOOD).to_string(),
        "answers": food_answers(),
        "materials": [{ "key": "layout", "promised": true }],
        "delivery": "electronic",
    });
    citizen.post("/api/v1/cases", &body).await
}

/// A case of `citizen1` that was granted on a promise.
async fn granted(app: &TestApp) -> Filed {
    let citizen = app.program("citizen1").await;
    let case = steps::filed(file(app, &citizen).await.expect(201).json());
    let approver = app.program("approver1").await;
    approver
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    approver
        .post(&case.api("/decision"), &json!({ "granted": true }))
        .await
        .expect(200);
    case
}

async fn town(app: &TestApp) {
    promising(app).await;
    staff(app, "inspector1", "罗勇", Role::Inspector).await;
    staff(app, "head1", "唐立", Role::AgencyHead).await;
}

async fn only_check(office: &Program) -> Value {
    let list = office.get("/api/v1/checks").await.expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    list["items"][0].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn a_promise_is_checked_corrected_and_closed_on_the_desk() {
    on_every_engine(async |app| {
        town(&app).await;
        let case = granted(&app).await;
        let inspector = app.program("inspector1").await;
        let line = only_check(&inspector).await;
        assert_eq!(line["state"], "assigned");
        // Whoever decided sees it and does not check; another body's staff do not know of it.
        let id = text(&line["case_id"]).to_owned();
        let api = format!("/api/v1/checks/{id}");
        let approver = app.program("approver1").await;
        assert_eq!(only_check(&approver).await["case_id"], line["case_id"]);
        let body = json!({ "act": "confirm_promise", "text": "属实" });
        assert_eq!(
            approver.post(&format!("{api}/acts"), &body).await.status,
            403
        );
        let other = app.program("approver_other").await;
        other.get(&api).await.expect(404);
        let none = other.get("/api/v1/checks").await.expect(200).json();
        assert_eq!(none["items"], json!([]));

        // On the desk: an order with too long a limit is refused beside its field, then given.
        let mut desk = app.browser("inspector1").await;
        let list = desk.get("/staff/checks").await.expect(200);
        assert!(
            list.shows("待核查") && list.shows("王小明"),
            "{}",
            list.text()
        );
        let page = desk.get(&format!("/staff/cases/{id}")).await.expect(200);
        assert!(
            page.address.starts_with("/staff/checks/"),
            "{}",
            page.address
        );
        let order = |page: &testkit::Page, days: &str| {
            page.form("/acts/order_correction")
                .set("order_correction-text", "布局与承诺的不符，补做隔断")
                .set("order_correction-days", days)
        };
        let form = order(&page, "200");
        let refused = desk.submit(&page, form).await.expect(422);
        assert!(
            refused.shows("整改期限应为1至90个工作日"),
            "{}",
            refused.text()
        );
        let form = order(&refused, "10");
        let page = desk.submit(&refused, form).await.expect(200);
        assert!(
            page.shows("责令整改中") && page.shows("责改"),
            "{}",
            page.text()
        );
        // The letter is for whoever was ordered, and for nobody else.
        let letter = format!("/checks/{id}/order");
        let mut citizen = app.browser("citizen1").await;
        let order = citizen.get(&letter).await.expect(200);
        assert!(order.shows("责令限期整改通知书") && order.shows("补做隔断"));
        app.browser("citizen2").await.get(&letter).await.expect(404);

        let form = page
            .form("/acts/confirm_correction")
            .set("confirm_correction-text", "复查合格");
        let page = desk.submit(&page, form).await.expect(200);
        assert!(page.shows("整改合格"), "{}", page.text());
        let closed = desk.get("/staff/checks?state=corrected").await.expect(200);
        assert!(closed.shows("已办结"), "{}", closed.text());
        let told = inspector.get(&api).await.expect(200).json();
        assert_eq!(told["state"], "corrected");
        assert_eq!(told["granted_case_no"], case.no);
        assert_eq!(told["findings"].as_array().map(Vec::len), Some(2));
        let file = app
            .browser("inspector1")
            .await
            .get("/staff/checks/export?format=csv&state=all")
            .await;
        assert!(file.expect(200).text().contains("整改合格"));
        app.verify().await.expect("the trail holds");
    });
}

#[test]
fn a_broken_promise_is_recorded_revoked_by_hearing_and_repaired_by_the_head() {
    on_every_engine(async |app| {
        town(&app).await;
        granted(&app).await;
        let inspector = app.program("inspector1").await;
        let id = text(&only_check(&inspector).await["case_id"]).to_owned();
        let acts = format!("/api/v1/checks/{id}/acts");
        let broken =
            json!({ "act": "find_broken", "text": "现场没有这样的布局", "deliberate": true });
        let told = inspector.post(&acts, &broken).await.expect(200).json();
        assert_eq!(told["state"], "broken");
        let ending = text(&told["findings"][0]["ending_no"]).to_owned();
        let again = inspector.post(&acts, &broken).await;
        assert_eq!(again.problem(), "wrong_state", "{}", again.text());

        // The certificate stands until its holder was heard.
        let license = text(&told["license_id"]).to_owned();
        let approver = app.program("approver1").await;
        let case = approver
            .get(&format!("/api/v1/licenses/{license}/ending"))
            .await
            .expect(200)
            .json();
        assert_eq!(case["case_no"], ending);
        assert_eq!(case["ground"], "fraud");
        assert_eq!(case["state"], "proposed");
        let mine = app.program("citizen1").await;
        let held = mine.get("/api/v1/my/licenses").await.expect(200).json();
        assert_eq!(held["items"][0]["state"], "valid", "{held}");

        // No promise before the credit is repaired; with the material itself an application is possible.
        let citizen = app.program("citizen1").await;
        let refused = file(&app, &citizen).await;
        assert!(
            refused.text().contains("信用修复前不适用告知承诺"),
            "{}",
            refused.text()
        );
        steps::file_food(&app, &citizen).await;

        // In the list the name is masked; the head repairs, the inspector may not.
        let entries = inspector
            .get("/api/v1/credit-entries?standing=excluded")
            .await
            .expect(200)
            .json();
        assert_eq!(entries["items"][0]["party_name"], "王*明");
        assert_eq!(entries["items"][0]["kind"], "false_promise");
        let entry = text(&entries["items"][0]["entry_id"]).to_owned();
        let repair = format!("/api/v1/credit-entries/{entry}/repair");
        let reason = json!({ "reason": "已拆除并恢复原状" });
        assert_eq!(inspector.post(&repair, &reason).await.status, 403);
        let mut head = app.browser("head1").await;
        let list = head.get("/staff/credit").await.expect(200);
        assert!(
            list.shows("王*明") && !list.shows("王小明"),
            "{}",
            list.text()
        );
        let page = head
            .get(&format!("/staff/credit/{entry}"))
            .await
            .expect(200);
        assert!(page.shows("王小明"), "{}", page.text());
        let form = page.form("/repair").set("reason", "");
        let refused = head.submit(&page, form).await.expect(422);
        let form = refused.form("/repair").set("reason", "已拆除并恢复原状");
        let page = head.submit(&refused, form).await.expect(200);
        assert!(
            page.shows("已修复") && page.shows("唐立"),
            "{}",
            page.text()
        );
        let twice = app.program("head1").await.post(&repair, &reason).await;
        assert_eq!(twice.status, 422, "{}", twice.text());
        let file_of = app
            .browser("head1")
            .await
            .get("/staff/credit/export?format=csv")
            .await;
        let csv = file_of.expect(200).text().to_owned();
        assert!(
            csv.contains("王*明") && csv.contains("已拆除并恢复原状"),
            "{csv}"
        );
        file(&app, &citizen).await.expect(201);
        app.verify().await.expect("the trail holds");
    });
}

#[test]
fn one_table_says_who_may_not_apply_again_wherever_it_was_written() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let later = steps::file_food(&app, &citizen).await;
        let approver = app.program("approver1").await;
        let refusal = json!({ "reason": "材料系伪造", "legal_basis": "《行政许可法》第七十八条" });
        approver
            .post(&case.api("/non-acceptance"), &refusal)
            .await
            .expect(200);
        approver
            .post(
                &case.api("/reapply-ban"),
                &json!({ "facts": "租赁合同系伪造" }),
            )
            .await
            .expect(200);
        // Neither filed anew nor accepted where it was filed before.
        let paper = testkit::files::pdf("layout");
        let digests = citizen.upload(&[("file", "布局图.pdf", &paper)]).await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": food_answers(),
            "materials": [{ "key": "layout", "files": digests }],
            "delivery": "electronic",
        });
        let anew = citizen.post("/api/v1/cases", &body).await;
        assert!(
            anew.text().contains("不得再次申请这项行政许可"),
            "{}",
            anew.text()
        );
        let accepted = approver.post(&later.api("/acceptance"), &json!({})).await;
        assert!(
            accepted.text().contains("不得再次申请这项行政许可"),
            "{}",
            accepted.text()
        );
        let entries = approver
            .get("/api/v1/credit-entries?standing=banned")
            .await
            .expect(200)
            .json();
        assert_eq!(
            entries["items"].as_array().map(Vec::len),
            Some(1),
            "{entries}"
        );
        assert_eq!(entries["items"][0]["kind"], "false_materials");
        assert_eq!(entries["items"][0]["reason"], "租赁合同系伪造");
        assert_eq!(entries["items"][0]["excludes"], false);
    });
}

#[test]
fn what_is_set_for_an_item_applies_from_then_on_and_says_who_set_it() {
    on_every_engine(async |app| {
        town(&app).await;
        let item = app.town.item(FOOD).to_string();
        let api = format!("/api/v1/items/{item}/settings");
        let approver = app.program("approver1").await;
        assert_eq!(approver.get(&api).await.status, 403);
        let mut admin = app.browser("admin1").await;
        let list = admin
            .get(&format!("/admin/item-settings?q={FOOD}"))
            .await
            .expect(200);
        let page = admin.get(&list.link(FOOD)).await.expect(200);
        let address = format!("/admin/item-settings/{item}");
        let form = page
            .form(&address)
            .set("hearing_request_days", "3")
            .set("reason", "试一试");
        let refused = admin.submit(&page, form).await.expect(422);
        assert!(refused.shows("应为5至60个工作日"), "{}", refused.text());
        let form = refused
            .form(&address)
            .set("hearing_request_days", "")
            .set("after_check_days", "20")
            .forged("promise_off", "1")
            .set("reason", "风险较高，暂停承诺");
        let page = admin.submit(&refused, form).await.expect(200);
        assert!(
            page.shows("冯涛") && page.shows("暂停适用告知承诺：否 → 是"),
            "{}",
            page.text()
        );
        let citizen = app.program("citizen1").await;
        let stopped = file(&app, &citizen).await;
        assert!(
            stopped.text().contains("不能用承诺代替"),
            "{}",
            stopped.text()
        );
        let program = app.program("admin1").await;
        let body = json!({ "settings": { "after_check_days": 20 }, "reason": "恢复承诺" });
        let told = program.post(&api, &body).await.expect(200).json();
        assert_eq!(told["changes"].as_array().map(Vec::len), Some(2), "{told}");
        assert_eq!(program.get(&api).await.expect(200).json(), told);
        let same = program.post(&api, &body).await;
        assert_eq!(same.status, 422, "{}", same.text());
        file(&app, &citizen).await.expect(201);
    });
}
