//! Script in every text field: kept as the person wrote it, shown as text, never as a tag.

use serde_json::json;
use testkit::town::{FOOD, food_answers};
use testkit::{Page, TestApp, on_every_engine};

use crate::steps::{self, Filed};

const SCRIPT: &str = "<script>alert(1)</script>";
const QUOTE: &str = "\"'><img src=x onerror=alert(2)>";

/// Nothing of what was typed has become a tag or an attribute.
fn harmless(page: &Page) {
    assert!(!page.status.is_server_error(), "{}", page.address);
    let text = page.text();
    for raw in [
        SCRIPT,
        "<img src=x",
        "onerror=alert(2)>\"",
        "javascript:alert",
    ] {
        assert!(!text.contains(raw), "{} holds {raw}", page.address);
    }
    for element in page.document.elements() {
        for (name, value) in &element.attributes {
            assert!(
                !name.starts_with("on"),
                "{}: <{} {name}>",
                page.address,
                element.name
            );
            let href = matches!(name.as_str(), "href" | "src" | "action");
            assert!(
                !(href
                    && value
                        .trim_start()
                        .to_ascii_lowercase()
                        .starts_with("javascript:")),
                "{}: {value}",
                page.address
            );
        }
        if element.name == "script" {
            assert!(element.has("src"), "{}: an inline script", page.address);
        }
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'") || policy.contains("default-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn what_is_typed_into_an_application_is_shown_as_text_everywhere() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let mut answers = food_answers();
        answers["shop_name"] = json!(SCRIPT);
        answers["shop_address"]["street"] = json!(format!("滨江大道{QUOTE}"));
        answers["practitioners"][0]["name"] = json!(SCRIPT);
        answers["equipment"][0]["what"] = json!(SCRIPT);
        answers["manager_name"] = json!(QUOTE);
        answers["note"] = json!(format!("{SCRIPT}{QUOTE}"));
        let digests = citizen
            .upload(&[(
                "file",
                "<script>alert(1)<.script>.pdf",
                &testkit::files::pdf("x"),
            )])
            .await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": answers,
            "materials": [{ "key": "layout", "files": digests }],
            "delivery": "window",
        });
        let case = steps::filed(
            citizen
                .post("/api/v1/cases", &body)
                .await
                .expect(201)
                .json(),
        );
        let told = json!({
            "items": [{ "material": "layout", "what": SCRIPT }, { "material": "", "what": QUOTE }],
            "remark": SCRIPT,
        });
        office
            .post(&case.api("/correction-notice"), &told)
            .await
            .expect(200);
        looked_at(&app, &case).await;
        let supplied = json!({ "answers": answers, "materials": [{ "key": "layout", "files": digests }], "remark": QUOTE });
        citizen
            .post(&case.api("/correction"), &supplied)
            .await
            .expect(200);
        office
            .post(&case.api("/acceptance"), &json!({ "remark": SCRIPT }))
            .await
            .expect(200);
        let refused = json!({ "granted": false, "opinion": SCRIPT, "legal_basis": QUOTE });
        office
            .post(&case.api("/decision"), &refused)
            .await
            .expect(200);
        looked_at(&app, &case).await;
        let handed = json!({ "method": "window", "receiver": SCRIPT });
        office
            .post(&case.api("/delivery"), &handed)
            .await
            .expect(200);
        let rated = json!({ "level": 5, "text": format!("{SCRIPT}{QUOTE}") });
        citizen.post(&case.api("/rating"), &rated).await.expect(201);
        looked_at(&app, &case).await;
        // Kept as it was written: nothing is cut out of what people say.
        let trail = office.get(&case.api("/trail")).await.expect(200).json();
        assert!(trail.to_string().contains("<script>alert(1)</script>"));
    });
}

/// Every page that shows something of the case, to everybody who may see it.
async fn looked_at(app: &TestApp, case: &Filed) {
    let mut owner = app.browser("citizen1").await;
    for rest in [
        "",
        "?show=all",
        "/receipt",
        "/submitted",
        "/correction",
        "/withdraw",
        "/rating",
        "/letters/acceptance",
        "/letters/correction",
        "/letters/decision",
        "/letters/delivery",
    ] {
        harmless(&owner.get(&case.page(rest)).await);
    }
    harmless(&owner.get("/my").await);
    for login in ["approver1", "clerk1", "supervisor1"] {
        let mut desk = app.browser(login).await;
        for address in [
            case.desk(""),
            case.desk("/trail"),
            "/staff".to_owned(),
            "/staff/cases".to_owned(),
            "/staff/ratings".to_owned(),
            "/staff/board/cases".to_owned(),
        ] {
            harmless(&desk.get(&address).await);
        }
    }
    harmless(&app.visitor().get("/ratings").await);
}

#[test]
fn what_is_typed_into_forms_and_addresses_comes_back_as_text() {
    on_every_engine(async |app| {
        let mut visitor = app.visitor();
        let script = testkit::files::urlencoded(&[("q".to_owned(), SCRIPT.to_owned())]);
        let quote = testkit::files::urlencoded(&[("q".to_owned(), QUOTE.to_owned())]);
        for address in [
            format!("/search?{script}"),
            format!("/search?{quote}"),
            format!("/sign-in?back={}", &quote[2..]),
            "/sign-in?back=javascript:alert(1)".to_owned(),
            "/sign-in?back=//evil.example".to_owned(),
            "/sign-in?back=https://evil.example/".to_owned(),
            format!("/verify?code={}", &script[2..]),
            format!("/{}", &script[2..]),
            format!("/progress?case_no={}", &quote[2..]),
            format!("/halls?{script}"),
            format!("/api/v1/docs?{script}"),
            format!("/problems/{}", &script[2..]),
        ] {
            let page = visitor.get(&address).await;
            harmless(&page);
            for (href, _) in page.document.links() {
                let away = href.starts_with("//") || href.contains("://");
                assert!(!(away && href.contains("evil")), "{address}: {href}");
            }
        }
        // Every field of every form that anybody or an administrator may fill.
        let mut admin = app.browser("admin1").await;
        for address in [
            "/admin/organisations/new",
            "/admin/halls/new",
            "/admin/staff/new",
            "/admin/regions/new",
            "/admin/calendar",
            "/admin/catalog",
        ] {
            filled(&mut admin, address).await;
        }
        let mut clerk = app.browser("clerk1").await;
        filled(&mut clerk, "/staff/intake").await;
        for address in [
            "/register",
            "/sign-in",
            "/staff/sign-in",
            "/progress",
            "/verify",
        ] {
            let mut visitor = app.visitor();
            filled(&mut visitor, address).await;
        }
        let mut citizen = app.browser("citizen1").await;
        for address in [
            "/account/proxies",
            "/account/enterprise",
            "/account/password",
        ] {
            filled(&mut citizen, address).await;
        }
    });
}

/// Sends every form of a page with script in every text field.
async fn filled(browser: &mut testkit::Browser, address: &str) {
    let page = browser.get(address).await.expect(200);
    for mut form in page.document.forms() {
        if form.multipart || form.action.ends_with("/sign-out") {
            continue;
        }
        let names: Vec<String> = form
            .controls
            .iter()
            .filter(|control| {
                !matches!(
                    control.kind.as_str(),
                    "hidden" | "radio" | "checkbox" | "select" | "file"
                )
            })
            .map(|control| control.name.clone())
            .collect();
        for (place, name) in names.iter().enumerate() {
            let text = if place % 2 == 0 { SCRIPT } else { QUOTE };
            form = form.forged(name, text);
        }
        harmless(&browser.submit(&page, form).await);
    }
}
