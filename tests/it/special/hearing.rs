//! 听证 as the applicant meets it: told of the right, asks, is called, reads the record; or waives.

use serde_json::json;
use testkit::{Program, TestApp, on_every_engine};

use super::{by_network, messages};
use crate::steps::{self, Filed};

/// An accepted case whose applicant was told that they may ask for a hearing.
async fn told_of_the_right(app: &TestApp, citizen: &Program, office: &Program) -> Filed {
    let case = steps::file_food(app, citizen).await;
    office
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    let right = json!({ "reason": "直接涉及相邻商户的重大利益", "service": by_network() });
    office
        .post(&case.api("/hearing-right"), &right)
        .await
        .expect(200);
    case
}

#[test]
fn a_hearing_is_asked_for_called_and_recorded_before_the_decision() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let mut owner = app.browser("citizen1").await;
        let case = told_of_the_right(&app, &citizen, &office).await;
        let json = citizen.get(&case.api("")).await.expect(200).json();
        assert_eq!(json["hearing"]["until"], "2026-05-28");
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("您有权要求听证"), "{}", shown.document.text());
        let mine = owner.get("/my?view=waiting").await.expect(200);
        assert!(
            mine.shows("您有权要求听证，最迟"),
            "{}",
            mine.document.text()
        );
        let page = owner.get(&case.page("/hearing")).await.expect(200);
        assert!(page.shows("直接涉及相邻商户的重大利益") && page.shows("听证权利告知书"));
        let refused = owner.submit(&page, page.form("/hearing")).await.expect(422);
        assert!(refused.shows("请选择要求听证还是放弃听证"));
        let form = refused.form("/hearing").set("choice", "request");
        let form = form.set("reason", "想当面说明油烟怎么处理");
        let shown = owner.submit(&refused, form).await.expect(200);
        assert!(shown.shows("您要求听证"), "{}", shown.document.text());

        let mine = owner.get("/my?view=waiting").await.expect(200);
        assert!(!mine.shows("您有权要求听证"));

        // The decision waits for it.
        let grant = json!({ "granted": true });
        office
            .post(&case.api("/decision"), &grant)
            .await
            .expect(422);
        let call = json!({
            "on": "2026-06-05", "time": "上午9时30分", "place": "政务服务中心三楼听证室", "officer": "何平",
            "service": by_network(),
        });
        office
            .post(&case.api("/hearing-notice"), &call)
            .await
            .expect(200);
        let page = owner.get(&case.page("/hearing")).await.expect(200);
        assert!(page.shows("三楼听证室") && page.shows("何平"));
        app.set_clock("2026-06-05T11:00:00+08:00");
        let office = app.program("integrator1").await;
        let record = json!({ "text": "双方质证完毕，申请人承诺加装净化设备" });
        office
            .post(&case.api("/hearing-record"), &record)
            .await
            .expect(200);
        let mut owner = app.browser("citizen1").await;
        let page = owner.get(&case.page("/hearing")).await.expect(200);
        assert!(page.shows("加装净化设备"), "{}", page.document.text());
        let citizen = app.program("citizen1").await;
        let kinds = messages(&app, &citizen, &case).await;
        for kind in [
            "hearing_right",
            "hearing_called",
            "paused",
            "hearing_held",
            "resumed",
        ] {
            assert!(
                kinds.iter().any(|known| known == kind),
                "{kind} in {kinds:?}"
            );
        }
        office
            .post(&case.api("/decision"), &grant)
            .await
            .expect(200);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn who_waives_or_lets_the_days_pass_is_heard_no_more() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let waived = told_of_the_right(&app, &citizen, &office).await;
        let lapsed = told_of_the_right(&app, &citizen, &office).await;
        let mut owner = app.browser("citizen1").await;
        let page = owner.get(&waived.page("/hearing")).await.expect(200);
        let form = page.form("/hearing").set("choice", "waive");
        let shown = owner.submit(&page, form).await.expect(200);
        assert!(shown.shows("您放弃听证"), "{}", shown.document.text());
        let grant = json!({ "granted": true });
        office
            .post(&waived.api("/decision"), &grant)
            .await
            .expect(200);

        // Five working days after the 21st: the 28th is the last.
        office
            .post(&lapsed.api("/decision"), &grant)
            .await
            .expect(422);
        app.set_clock("2026-05-29T09:00:00+08:00");
        let mut owner = app.browser("citizen1").await;
        let page = owner.get(&lapsed.page("/hearing")).await.expect(200);
        let gone = page
            .document
            .forms()
            .iter()
            .all(|form| !form.action.ends_with("/hearing"));
        assert!(gone, "nothing to choose any more");
        let citizen = app.program("citizen1").await;
        let late = citizen
            .post(&lapsed.api("/hearing-request"), &json!({}))
            .await;
        assert!(late.expect(422).text().contains("届满"));
        let office = app.program("integrator1").await;
        office
            .post(&lapsed.api("/decision"), &grant)
            .await
            .expect(200);
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn nobody_else_sees_or_asks() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = told_of_the_right(&app, &citizen, &office).await;
        let mut other = app.browser("citizen2").await;
        other.get(&case.page("/hearing")).await.expect(404);
        other.get(&case.page("/gap")).await.expect(404);
        let stranger = app.program("citizen2").await;
        let asked = stranger
            .post(&case.api("/hearing-request"), &json!({}))
            .await;
        asked.expect(404);
        // A case nobody was told about has no such page.
        let plain = steps::file_food(&app, &citizen).await;
        let mut owner = app.browser("citizen1").await;
        owner.get(&plain.page("/hearing")).await.expect(409);
    });
}
