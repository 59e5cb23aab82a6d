//! An administrator sets up a department: regions, organisation, hall, window, staff, and a catalogue; and the new
//! people work with it at once.

use serde_json::json;
use testkit::town::{self, PASSWORD};
use testkit::{Browser, Page, TestApp, on_every_engine};

#[test]
fn an_administrator_sets_up_a_department_that_works() {
    on_every_engine(journey);
}

/// Sends the form to `action` of a page with these values.
async fn fill(browser: &mut Browser, address: &str, action: &str, values: &[(&str, &str)]) -> Page {
    let page = browser.get(address).await.expect(200);
    let mut form = page.form(action);
    for (name, value) in values {
        form = form.set(name, value);
    }
    browser.submit(&page, form).await
}

async fn journey(app: TestApp) {
    let mut admin = app.visitor();
    admin.sign_in("admin1", PASSWORD).await;

    // Regions from a file: looked at first, then confirmed.
    let page = admin.get("/admin/regions/import").await.expect(200);
    let csv = "code,name,level,parent_code\n990104,青石县,county,990100\n990104001,河口街道,town,990104\n";
    let form = page.form("/admin/regions/import");
    let looked = admin
        .submit_files(&page, form, &[("file", "regions.csv", csv.as_bytes())])
        .await
        .expect(200);
    let form = looked.form("/admin/regions/import/confirm");
    admin.submit(&looked, form).await.expect(200);
    assert!(
        admin
            .get("/admin/regions/990104001")
            .await
            .expect(200)
            .shows("河口街道")
    );

    // An organisation; the first try has a wrong credit code and keeps what was typed.
    let right = [
        ("name", "青石县市场监督管理局"),
        ("short_name", "青石市监"),
        ("key", "990104.market"),
        ("kind", "agency"),
        ("level", "4"),
        ("region", "990104"),
        ("body", "market"),
        ("valid_from", "2026-01-01"),
    ];
    let mut wrong = right.to_vec();
    wrong.push(("uscc", "11990104MB0020212X"));
    let refused = fill(
        &mut admin,
        "/admin/organisations/new",
        "/admin/organisations",
        &wrong,
    )
    .await
    .expect(422);
    assert_eq!(
        refused.form("/admin/organisations").value("name"),
        Some("青石县市场监督管理局")
    );
    fill(
        &mut admin,
        "/admin/organisations/new",
        "/admin/organisations",
        &right,
    )
    .await
    .expect(200);
    let again = fill(
        &mut admin,
        "/admin/organisations/new",
        "/admin/organisations",
        &right,
    )
    .await;
    assert!(again.status.is_client_error(), "the key is taken");

    // A hall with a window.
    let hall = [
        ("name", "青石县政务服务中心"),
        ("key", "stone_hall"),
        ("kind", "hall"),
        ("region", "990104"),
        ("address", "青石县河口街道人民路1号"),
        ("phone", "12345"),
        ("hours", "周一至周五 9:00—12:00\n周一至周五 13:00—17:00"),
        ("valid_from", "2026-01-01"),
    ];
    fill(&mut admin, "/admin/halls/new", "/admin/halls", &hall)
        .await
        .expect(200);
    let halls = admin.get("/admin/halls").await.expect(200);
    let hall_page = halls.link("青石县政务服务中心");
    let window = [
        ("number", "A01"),
        ("name", "综合窗口"),
        ("kind", "integrated"),
    ];
    fill(
        &mut admin,
        &format!("{hall_page}/windows/new"),
        "/windows",
        &window,
    )
    .await
    .expect(200);
    let public = app.visitor().get("/halls").await.expect(200);
    assert!(public.shows("青石县政务服务中心"));

    catalogue(&app, &mut admin).await;
    staff(&app, &mut admin).await;

    // All of it is on record.
    let acts = admin.get("/admin/acts").await.expect(200);
    assert!(acts.shows("冯涛"));
}

/// A catalogue from a file: what it would do is shown, then done in one go; the item is found by people at once.
async fn catalogue(app: &TestApp, admin: &mut Browser) {
    let entry = json!([{ "org": "990104.market", "item": {
        "name": "食品小作坊登记", "aliases": ["开豆腐坊"], "item_type": "01", "exercise_level": 4, "region_code": "990104",
        "service_objects": [1], "handling_forms": [1, 2], "delivery": ["electronic", "window"], "visit_count": 0,
        "promised_limit": { "n": 5, "unit": "working_day" },
        "legal_basis": [{ "law": "《食品安全法》", "article": "第三十六条" }],
        "accept_conditions": ["有固定的生产场所"],
        "steps": [{ "name": "受理", "role": "窗口", "days": 0 }, { "name": "审查", "role": "审批员", "days": 5 }],
        "form": { "pages": [{ "key": "shop", "title": "您的作坊叫什么？", "fields": [
            { "key": "shop_name", "label": "名称", "kind": "text", "required": true }] }] },
        "result": { "name": "食品小作坊登记证", "kind": "letter" },
    } }]);
    let page = admin.get("/admin/catalog/import").await.expect(200);
    let form = page
        .document
        .forms()
        .into_iter()
        .find(|form| form.multipart)
        .expect("an upload");
    let content = entry.to_string().into_bytes();
    let looked = admin
        .submit_files(&page, form, &[("file", "items.json", &content)])
        .await
        .expect(200);
    assert!(looked.shows("食品小作坊登记"), "{}", looked.document.text());
    // Nothing is published yet.
    let unknown = app.visitor().get("/search?q=开豆腐坊").await.expect(200);
    assert!(!unknown.shows("食品小作坊登记"));
    let form = looked.form(&looked.address).press("确认导入");
    admin.submit(&looked, form).await.expect(200);
    let found = app.visitor().get("/search?q=开豆腐坊").await.expect(200);
    assert!(found.shows("食品小作坊登记"), "{}", found.document.text());

    // Suspended, it cannot be applied for; put back, it can.
    let list = admin
        .get("/admin/catalog?q=食品小作坊登记")
        .await
        .expect(200);
    let item = list.link("食品小作坊登记");
    let id = item.rsplit('/').next().expect("an id").to_owned();
    let page = admin.get(&item).await.expect(200);
    let form = page.form("/state");
    let reason = form
        .clone()
        .forged("state", "suspended")
        .forged("reason", "");
    assert_eq!(
        admin.submit(&page, reason).await.status,
        422,
        "a suspension says why"
    );
    let form = form
        .forged("state", "suspended")
        .forged("reason", "系统升级");
    admin.submit(&page, form).await.expect(200);
    let citizen = app.program("citizen2").await;
    let body =
        json!({ "item_id": id, "answers": { "shop_name": "老李豆腐" }, "delivery": "electronic" });
    assert_eq!(citizen.post("/api/v1/cases", &body).await.status, 409);
    let page = admin.get(&item).await.expect(200);
    let form = page
        .form("/state")
        .forged("state", "published")
        .forged("reason", "升级完成");
    admin.submit(&page, form).await.expect(200);
    citizen.post("/api/v1/cases", &body).await.expect(201);
}

/// A member of staff with a role in the new county only: signs in with the given password, must change it, and sees
/// the new county's case and no other.
async fn staff(app: &TestApp, admin: &mut Browser) {
    let page = admin.get("/admin/staff/new").await.expect(200);
    let form = page
        .form("/admin/staff")
        .set("name", "马晓东")
        .set("login", "approver_stone")
        .set("org", "990104.market")
        .forged("grant_role", "approver")
        .forged("grant_region", "990104")
        .forged("grant_org", "990104.market");
    let made = admin.submit(&page, form).await.expect(200);
    let given = password_on(&made);
    let mut new = app.visitor().at([192, 0, 2, 9]);
    let door = new.get("/staff/sign-in").await.expect(200);
    let form = door
        .form("/staff/sign-in")
        .set("login", "approver_stone")
        .set("password", &given);
    let page = new.submit(&door, form).await.expect(200);
    assert_eq!(
        page.address, "/account/password",
        "a given password is changed first"
    );
    // Whatever else they open leads there.
    assert_eq!(new.get("/staff").await.address, "/account/password");
    let mut form = page.form("/account/password");
    let names: Vec<String> = form
        .controls
        .iter()
        .filter(|control| control.kind == "password")
        .map(|control| control.name.clone())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    form = form
        .set(&names[0], &given)
        .set(&names[1], "Stone-County-2026-05")
        .set(&names[2], "Stone-County-2026-05");
    new.submit(&page, form).await.expect(200);
    let queue = new.get("/staff").await.expect(200);
    assert!(queue.shows("食品小作坊登记"), "{}", queue.document.text());
    assert!(!queue.shows(town::FOOD));

    // Deactivated, they are out at once.
    let list = admin.get("/admin/staff?q=马晓东").await.expect(200);
    let page = admin.get(&list.link("马晓东")).await.expect(200);
    let form = page.form("/deactivate");
    admin.submit(&page, form).await.expect(200);
    let gone = new.get_once("/staff").await;
    assert_eq!(gone.status, 303, "signed out");
}

/// The password shown once on the page of a new member of staff.
fn password_on(page: &Page) -> String {
    let shown = page
        .document
        .texts("p")
        .into_iter()
        .find(|text| text.len() >= 10 && text.is_ascii() && !text.contains(' '));
    shown.unwrap_or_else(|| panic!("no password on the page: {}", page.document.text()))
}
