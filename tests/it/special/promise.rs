//! 告知承诺 at filing: the terms are told, the promise taken, shown before it is sent, and kept with the case.

use serde_json::json;
use testkit::{TestApp, on_every_engine};

use super::by_network;
use crate::steps;

/// Takes a promise in place of one material: 经营场所使用证明.
const ITEM: &str = "个体工商户设立登记";

/// A draft of the item; its address.
async fn draft(app: &TestApp, owner: &mut testkit::Browser) -> String {
    let start = format!("/apply/{}", app.town.item(ITEM));
    let page = owner.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let form = page.form(&start).set("applicant", &own);
    let page = owner.submit(&page, form).await.expect(200);
    let path = page.address.split('?').next().expect("a path");
    path.rsplit_once('/')
        .expect("a page of the draft")
        .0
        .to_owned()
}

#[test]
fn the_terms_are_told_the_promise_is_taken_and_shown_again() {
    on_every_engine(async |app| {
        let mut owner = app.browser("citizen1").await;
        let draft = draft(&app, &mut owner).await;
        let address = format!("{draft}/written-promise");
        let page = owner.get(&address).await.expect(200);
        for told in [
            "经营场所使用证明",
            "承诺不实的",
            "还没有修复信用的",
            "愿意承担承诺不实的法律责任",
        ] {
            assert!(page.shows(told), "{told}: {}", page.document.text());
        }
        // A tick without the promise is no promise.
        let form = page.form("/written-promise").set("promise:premises", "1");
        let form = form.press("继续");
        let refused = owner.submit(&page, form).await.expect(422);
        assert!(refused.shows("请勾选承诺后再继续"));
        let form = refused
            .form("/written-promise")
            .set("agree", "1")
            .press("继续");
        let next = owner.submit(&refused, form).await.expect(200);
        assert!(
            next.address.ends_with("/upload-materials"),
            "{}",
            next.address
        );
        assert!(next.shows("您已书面承诺符合要求"));
        let check = owner
            .get(&format!("{draft}/check-answers"))
            .await
            .expect(200);
        assert!(check.shows("书面承诺代替，不再提交") && check.shows("所作承诺是真实意思表示"));

        // Taken back again.
        let page = owner.get(&address).await.expect(200);
        let form = page.form("/written-promise").without("promise:premises");
        owner.submit(&page, form.press("继续")).await.expect(200);
        let check = owner
            .get(&format!("{draft}/check-answers"))
            .await
            .expect(200);
        assert!(check.shows("没有，全部提交"), "{}", check.document.text());
    });
}

#[test]
fn an_item_that_takes_none_has_no_such_page() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let item = app.town.item(ITEM);
        let terms = citizen.get(&format!("/api/v1/items/{item}/promise")).await;
        let terms = terms.expect(200).json();
        assert_eq!(terms["materials"], json!(["premises"]));
        assert_eq!(terms["barred"], json!(null));
        let food = app.town.item(testkit::town::FOOD);
        let none = citizen.get(&format!("/api/v1/items/{food}/promise")).await;
        none.expect(404);
    });
}

#[test]
fn who_broke_a_promise_is_told_why_they_make_no_other() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        // 容缺材料逾期未补: refused for it.
        let case = steps::file_food(&app, &citizen).await;
        citizen
            .post(&case.api("/gap-promise"), &json!({}))
            .await
            .expect(200);
        let body = json!({ "service": by_network() });
        office
            .post(&case.api("/gap-acceptance"), &body)
            .await
            .expect(200);
        app.set_clock("2026-06-03T00:00:00+08:00");
        super::work(&app).await;
        let office = app.program("integrator1").await;
        let refuse = json!({ "granted": false, "opinion": "没有补齐", "legal_basis": "《行政许可法》第三十八条" });
        office
            .post(&case.api("/decision"), &refuse)
            .await
            .expect(200);

        let citizen = app.program("citizen1").await;
        let item = app.town.item(ITEM);
        let terms = citizen.get(&format!("/api/v1/items/{item}/promise")).await;
        let barred = terms.expect(200).json()["barred"]
            .as_str()
            .expect("why")
            .to_owned();
        assert!(barred.contains("容缺材料逾期未补"), "{barred}");
        let mut owner = app.browser("citizen1").await;
        let draft = draft(&app, &mut owner).await;
        let page = owner
            .get(&format!("{draft}/written-promise"))
            .await
            .expect(200);
        assert!(
            page.shows("容缺材料逾期未补，2026-06-03"),
            "{}",
            page.document.text()
        );
        let form = page
            .form("/written-promise")
            .forged("promise:premises", "1");
        let form = form.forged("agree", "1").press("继续");
        let next = owner.submit(&page, form).await.expect(200);
        assert!(!next.shows("您已书面承诺符合要求"));
    });
}
