//! A window clerk takes in somebody's application; the department decides; the clerk hands it over; the supervisor
//! sees all of it.

use testkit::town::{CENTENARIAN, FOOD, MARRIAGE, PASSWORD, STRANGER_ID};
use testkit::{TestApp, on_every_engine};

use crate::steps::{self, Filed};

#[test]
fn a_clerk_registers_takes_in_prints_and_hands_over() {
    on_every_engine(journey);
}

async fn journey(app: TestApp) {
    let mut clerk = app.visitor();
    clerk.sign_in("clerk1", PASSWORD).await;
    let desk = clerk.get("/staff/intake").await.expect(200);

    // A wrong number is explained; an unknown one leads to registering.
    let form = desk
        .form("/staff/intake/find")
        .set("number", "990102198808083457");
    let refused = clerk.submit(&desk, form).await;
    assert!(
        refused.text().contains("field-error"),
        "{}",
        refused.document.text()
    );
    let form = desk.form("/staff/intake/find").set("number", STRANGER_ID);
    let page = clerk.submit(&desk, form).await.expect(200);
    let form = page
        .form("/staff/intake/parties")
        .set("name", "钱多多")
        .set("phone", "19909900099");
    let items = clerk.submit(&page, form).await.expect(200);
    assert!(
        items.shows("钱*多") || items.shows("钱**") || items.shows("钱*"),
        "names of people are masked"
    );
    let party = items
        .address
        .split("party=")
        .nth(1)
        .expect("a party")
        .to_owned();

    // Any department's item, also one that is only done at a window.
    let found = clerk
        .get(&format!("/staff/intake/new?party={party}&q=结婚"))
        .await
        .expect(200);
    assert!(found.shows(MARRIAGE));
    let page = clerk
        .get(&format!(
            "/staff/intake/new?party={party}&item={}",
            app.town.item(FOOD)
        ))
        .await
        .expect(200);
    let form = page
        .form(&page.address.clone())
        .set("f-shop_name", "钱记面馆")
        .set("f-shop_address-level", "990102001")
        .set("f-shop_address-street", "观澜路8号")
        .set("f-shop_area", "60")
        .set("f-form", "restaurant")
        .set("f-scope", "hot")
        .set("f-online", "no")
        .set("f-manager_name", "钱多多")
        .set("f-manager_id", STRANGER_ID)
        .set("f-practitioners-0-name", "钱多多")
        .set("f-practitioners-0-job", "cook")
        .set("f-visit_date-year", "2026-06-01")
        .set("f-sign-name", "钱多多")
        .set("f-sign-sure", "1")
        .set("delivery", "window");
    let refused = clerk
        .submit(&page, form.clone().press("收件"))
        .await
        .expect(422);
    assert!(
        refused.shows("钱多多")
            || refused.form(&page.address).value("f-shop_name") == Some("钱记面馆")
    );
    let form = refused
        .form(&page.address)
        .set("paper:layout", "1")
        .press("收件");
    let done = clerk.submit(&refused, form.clone()).await.expect(200);
    assert!(done.shows("收件完成"));
    // Twice sent, once filed.
    assert_eq!(clerk.submit(&refused, form).await.address, done.address);
    let case = Filed {
        id: done
            .address
            .trim_start_matches("/staff/intake/cases/")
            .to_owned(),
        no: String::new(),
        json: serde_json::Value::Null,
    };

    // The clerk accepts and prints the letter, but has no power to refuse or decide (窗口无否决权).
    let workspace = clerk.get(&case.desk("")).await.expect(200);
    let actions: Vec<String> = workspace
        .document
        .forms()
        .into_iter()
        .map(|form| form.action)
        .collect();
    assert!(
        actions
            .iter()
            .any(|action| action.ends_with("/acts/accept"))
    );
    for forbidden in ["refuse_acceptance", "grant", "refuse"] {
        assert!(
            !actions
                .iter()
                .any(|action| action.ends_with(&format!("/acts/{forbidden}"))),
            "{forbidden}"
        );
    }
    let take = workspace.form("/acts/accept");
    let forged = testkit::html::Form {
        action: case.desk("/acts/grant"),
        ..take.clone()
    }
    .forged("request_key", "forged-grant")
    .forged("grant-opinion", "通过");
    let refused = clerk.submit(&workspace, forged).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    let after = clerk.submit(&workspace, take).await.expect(200);
    assert!(after.shows("审查中"));
    let letter = clerk
        .get(&case.page("/letters/acceptance"))
        .await
        .expect(200);
    assert!(letter.shows("受理通知书"));

    // Four days later the department grants it; the clerk hands it over.
    app.set_clock("2026-05-25T10:00:00+08:00");
    let mut desk = app.browser("approver2").await;
    steps::act(&mut desk, &case, "grant", &[("grant-opinion", "符合条件")])
        .await
        .expect(200);
    let mut clerk = app.browser("clerk2").await;
    let page = clerk.get(&case.desk("")).await.expect(200);
    let form = page.form("/acts/deliver");
    let missing = clerk.submit(&page, form.clone()).await.expect(422);
    assert!(missing.shows("请填写领取人姓名"));
    let form = missing
        .form("/acts/deliver")
        .set("deliver-receiver", "钱多多");
    let after = clerk.submit(&missing, form).await.expect(200);
    assert!(after.shows("办结"));

    supervised(&app, &case).await;
    app.verify().await.expect("everything is as it was written");
}

/// The supervisor of the city finds the case and opens its trail; other counties' approvers do not.
async fn supervised(app: &TestApp, case: &Filed) {
    let mut supervisor = app.browser("supervisor1").await;
    let trail = supervisor.get(&case.desk("/trail")).await.expect(200);
    for step in ["提交申请", "受理", "准予许可", "送达"] {
        assert!(trail.shows(step), "the trail shows {step}");
    }
    let page = supervisor.get(&case.desk("")).await.expect(200);
    assert!(
        !page
            .document
            .forms()
            .iter()
            .any(|form| form.action.contains("/acts/")),
        "only looks"
    );
    let mut other = app.browser("approver_other").await;
    assert_eq!(other.get(&case.desk("")).await.status, 404);
    assert_eq!(other.get(&case.desk("/trail")).await.status, 404);
}

#[test]
fn an_instant_item_is_settled_the_same_day() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen2").await;
        let body = serde_json::json!({
            "item_id": app.town.item(CENTENARIAN).to_string(),
            "answers": testkit::town::centenarian_answers(),
            "delivery": "electronic",
        });
        let case = steps::filed(
            citizen
                .post("/api/v1/cases", &body)
                .await
                .expect(201)
                .json(),
        );
        let mut desk = app.browser("approver_civil").await;
        steps::act(&mut desk, &case, "accept", &[])
            .await
            .expect(200);
        steps::act(&mut desk, &case, "grant", &[]).await.expect(200);
        let done = citizen.get(&case.api("")).await.expect(200).json();
        assert_eq!(done["state"], "done");
        assert_eq!(done["outcome"]["code"], "granted");
        assert_eq!(done["closed_at"], done["outcome"]["at"]);
    });
}
