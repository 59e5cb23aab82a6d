//! Rules of 智能审批 are drafted as rows of a form; what is wrong stands at its row, and JSON is carried in and out.

use casework::Actor;
use testkit::town;
use testkit::{TestApp, on_every_engine};

/// 高龄津贴.
const CODE: &str = "990506001000";

async fn install(app: &TestApp) {
    let (platform, now) = (app.platform.app.clone(), app.now());
    app.db()
        .write(move |tx| {
            let system = &Actor::System;
            smart::shipped::install(tx, &platform, (system, system, system), "", now)
        })
        .await
        .expect("installed");
    app.platform.smart.refresh().await.expect("read");
}

#[test]
fn a_rule_is_changed_in_its_row_and_what_is_wrong_stands_there() {
    on_every_engine(async |app| {
        install(&app).await;
        let address = format!("/staff/smart/rules/{CODE}");
        let mut editor = app.browser("editor1").await;
        let page = editor.get(&address).await.expect(200);
        let before = page.form(&address).value("r0-when").map(str::to_owned);
        assert!(
            before.is_some_and(|when| !when.is_empty()),
            "{}",
            page.text()
        );
        let form = page
            .form(&address)
            .set("r0-when", "age >= eighty")
            .set("why", "调整年龄")
            .press("提交审核");
        let refused = editor.submit(&page, form).await.expect(422);
        let (_, said) = refused.document.by_id("r0-when-error").expect("at its row");
        assert!(said.contains("eighty"), "{said}");
        // An origin that cannot be read, at its fact.
        let form = refused
            .form(&address)
            .set("r0-when", "age >= 85")
            .set("f0-from", "nowhere")
            .press("提交审核");
        let refused = editor.submit(&refused, form).await.expect(422);
        assert!(refused.document.by_id("f0-from-error").is_some());
        let kept = refused.form(&address).value("r0-when").map(str::to_owned);
        assert_eq!(kept.as_deref(), Some("age >= 85"), "what was typed stays");

        // A row more; the version that is in force as JSON, taken over into the rows again.
        let rows = refused.form(&address).press("加一条规则");
        let more = with_action(rows, &format!("{address}/rows"));
        let page = editor.submit(&refused, more).await.expect(200);
        let json = editor
            .get(&format!("{address}/versions/1/export"))
            .await
            .expect(200)
            .text()
            .to_owned();
        assert!(json.contains("\"base_code\": \"990506001000\""), "{json}");
        let raised = json.replace("age >= 80", "age >= 90");
        assert_ne!(raised, json);
        let form = page
            .form(&address)
            .set("import", &raised)
            .press("导入到上面的表单");
        let form = with_action(form, &format!("{address}/rows"));
        let page = editor.submit(&page, form).await.expect(200);
        let form = page.form(&address);
        let taken = (0..20).any(|row| {
            form.value(&format!("r{row}-when"))
                .is_some_and(|when| when.contains("age >= 90"))
        });
        assert!(taken, "the rows are those of the file");
        let form = form.set("why", "按新的办法执行").press("提交审核");
        let page = editor.submit(&page, form).await.expect(200);
        assert!(page.shows("按新的办法执行"), "{}", page.document.text());
        // The second person publishes; who drafted does not.
        let mut reviewer = app.browser("reviewer1").await;
        let page = reviewer.get(&address).await.expect(200);
        let form = page.form("/versions/2").press("发布");
        let page = reviewer.submit(&page, form).await.expect(200);
        assert!(page.shows("第2版"), "{}", page.document.text());
        let set = &app.platform.smart.known().sets[CODE];
        assert_eq!(set.version, 2);
        assert!(
            set.compiled
                .set
                .rules
                .iter()
                .any(|rule| rule.when.contains("90"))
        );
    });
}

/// The form sent to where one of its buttons leads.
fn with_action(mut form: testkit::html::Form, action: &str) -> testkit::html::Form {
    action.clone_into(&mut form.action);
    form
}

#[test]
fn whoever_is_offered_something_is_told() {
    on_every_engine(async |app| {
        install(&app).await;
        let (_, name, number, _) = town::CITIZENS[2];
        let smart = app.platform.smart.clone();
        let now = app.now();
        let what = smart::shipped::proactive()[0].clone();
        let born: jiff::civil::Date =
            format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14])
                .parse()
                .expect("a date");
        // The month in which citizen3 reaches the age.
        let today = jiff::civil::date(born.year() + what.age, born.month(), 1);
        let made = app
            .db()
            .write(move |tx| -> Result<usize, store::Error> {
                let mut fields = serde_json::Map::new();
                for (key, value) in [
                    ("name", serde_json::json!(name)),
                    ("born", serde_json::json!(born)),
                    ("alive", serde_json::json!(true)),
                    ("household_region", serde_json::json!("990102001")),
                    ("address", serde_json::json!("滨江街道")),
                ] {
                    fields.insert(key.to_owned(), value);
                }
                let entry = smart::sources::local::Entry {
                    source: what.source.clone(),
                    number: number.to_owned(),
                    fields,
                    observed_at: now,
                    born: Some(born),
                };
                smart::sources::local::put(tx, &smart.app.people, &smart.codes, &entry)?;
                smart::offers::make(tx, &smart, &what, today, now)
            })
            .await
            .expect("offered");
        assert_eq!(made, 1);
        let mut citizen = app.browser("citizen3").await;
        let page = citizen.get("/my/messages").await.expect(200);
        assert!(
            page.shows("您可以享受这项服务") && page.shows("高龄津贴"),
            "{}",
            page.document.text()
        );
        let page = citizen.get(&page.link("查看和确认")).await.expect(200);
        assert!(page.address.starts_with("/my/offers/"), "{}", page.address);
    });
}
