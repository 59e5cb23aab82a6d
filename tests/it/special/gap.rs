//! 容缺受理 from the promise to the grant, and what follows where the materials do not come.

use serde_json::json;
use testkit::town::{CITIZENS, FOOD, food_answers};
use testkit::{Program, TestApp, files, on_every_engine};

use super::{by_network, messages, work};
use crate::steps::{self, Filed};

/// A case whose applicant has promised the rest, accepted with the gap.
async fn accepted(app: &TestApp, citizen: &Program, office: &Program) -> Filed {
    let case = steps::file_food(app, citizen).await;
    let promised = citizen.post(&case.api("/gap-promise"), &json!({})).await;
    promised.expect(200);
    let body = json!({ "service": by_network() });
    office
        .post(&case.api("/gap-acceptance"), &body)
        .await
        .expect(200);
    case
}

#[test]
fn what_was_promised_is_handed_in_on_the_page_and_reaches_the_officer() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let mut owner = app.browser("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;

        // The promise is offered on the case's page, tells what follows, and has to be ticked.
        let shown = owner.get(&case.page("")).await.expect(200);
        let page = owner
            .get(&shown.link("承诺补交材料，先受理"))
            .await
            .expect(200);
        assert!(page.shows("食品安全管理制度") && page.shows("不予许可"));
        let refused = owner.submit(&page, page.form("/gap")).await.expect(422);
        assert!(refused.shows("请勾选承诺后再提交"));
        let form = refused.form("/gap").set("agree", "1");
        let shown = owner.submit(&refused, form).await.expect(200);
        assert!(shown.shows("您承诺补交材料"), "{}", shown.document.text());
        owner.get(&case.page("/gap")).await.expect(409);

        let body = json!({ "service": by_network() });
        office
            .post(&case.api("/gap-acceptance"), &body)
            .await
            .expect(200);
        let json = citizen.get(&case.api("")).await.expect(200).json();
        assert_eq!(json["gap"]["missing"], json!(["rules", "health"]));
        // Eight working days, no longer than the promise: from Thursday the 21st.
        assert_eq!(json["gap"]["until"], "2026-06-02");
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("轮到您了") && shown.shows("还有2项承诺补交的材料"));
        assert!(shown.shows("容缺受理一次性告知书"));
        let letter = owner.get(&case.page("/letters/notice-1")).await.expect(200);
        assert!(letter.shows("逾期未补齐的，依法不予许可"));

        // It waits for the applicant, wherever they look.
        let waiting = "/api/v1/my/cases?view=waiting";
        let list = citizen.get(waiting).await.expect(200).json();
        assert_eq!(list["items"][0]["case_id"], case.id.as_str());
        assert_eq!(list["items"][0]["awaits"], "supply_gap");
        assert_eq!(list["items"][0]["awaits_until"], "2026-06-02");
        let running = citizen.get("/api/v1/my/cases?view=running").await;
        assert_eq!(running.expect(200).json()["items"], json!([]));
        for page in ["/my", "/my?view=waiting", "/"] {
            let shown = owner.get(page).await.expect(200);
            assert!(shown.shows("前补交承诺的材料"), "{page}");
        }

        // Nothing is granted before.
        let grant = json!({ "granted": true });
        let early = office
            .post(&case.api("/decision"), &grant)
            .await
            .expect(422);
        assert!(early.text().contains("还没有补齐"), "{}", early.text());

        // One of two on the page; nothing at all is refused.
        let page = owner.get(&case.page("/gap")).await.expect(200);
        let empty = owner.submit(&page, page.form("/gap")).await.expect(422);
        assert!(empty.shows("请上传“食品安全管理制度”"));
        let rules = files::pdf("rules");
        let sent = [("file:rules", "制度.pdf", rules.as_slice())];
        let form = page.form("/gap");
        let shown = owner.submit_files(&page, form, &sent).await.expect(200);
        assert!(
            shown.shows("还有1项承诺补交的材料"),
            "{}",
            shown.document.text()
        );

        // The other through the API; what the notice did not ask for is refused, and so is somebody else's hand.
        let stranger = app.program("citizen2").await;
        let digests = citizen
            .upload(&[("file", "健康证.pdf", &files::pdf("health"))])
            .await;
        let supply = |key: &str| json!({ "materials": [{ "key": key, "files": digests }] });
        let wrong = citizen
            .post(&case.api("/gap-supply"), &supply("layout"))
            .await;
        assert!(wrong.expect(422).text().contains("没有要求"));
        let theirs = stranger
            .post(&case.api("/gap-supply"), &supply("health"))
            .await;
        theirs.expect(404);
        let done = citizen
            .post(&case.api("/gap-supply"), &supply("health"))
            .await;
        let done = done.expect(200).json();
        assert_eq!(done["gap"]["missing"], json!([]));
        assert!(done["gap"]["completed_at"].is_string());
        let list = citizen.get(waiting).await.expect(200).json();
        assert_eq!(list["items"], json!([]));
        assert_eq!(
            messages(&app, &citizen, &case).await,
            ["received", "gap_asked", "gap_ended"]
        );

        // The officer sees it and may grant.
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&case.desk("")).await.expect(200);
        assert!(page.shows("健康证.pdf") && page.shows("容缺材料已补齐"));
        office
            .post(&case.api("/decision"), &grant)
            .await
            .expect(200);
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("您补交了材料") && shown.shows("准予许可"));
        app.verify().await.expect("everything is as it was written");
    });
}

/// Everything that was handed in is kept for its applicant.
async fn kept(app: &TestApp) {
    app.platform
        .app
        .db
        .sequence_now()
        .await
        .expect("the feed is numbered");
    while app.platform.intake.keep_step().await.expect("kept") > 0 {}
}

#[test]
fn what_was_handed_in_before_fills_the_gap_again() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let first = accepted(&app, &citizen, &office).await;
        let digests = citizen
            .upload(&[("file", "健康证.pdf", &files::pdf("health"))])
            .await;
        let supply = json!({ "materials": [{ "key": "health", "files": digests }] });
        citizen
            .post(&first.api("/gap-supply"), &supply)
            .await
            .expect(200);
        kept(&app).await;
        let mine = citizen.get("/api/v1/my/documents").await.expect(200).json();
        let document = mine["items"][0]["document_id"].clone();
        assert!(document.is_string(), "what fills a gap is kept too: {mine}");

        // On the page: offered, ticked, used, and said so.
        let second = accepted(&app, &citizen, &office).await;
        let mut owner = app.browser("citizen1").await;
        let page = owner.get(&second.page("/gap")).await.expect(200);
        assert!(
            page.shows("用交过的从业人员健康证明"),
            "{}",
            page.document.text()
        );
        let digest = digests[0].as_str();
        let form = page.form("/gap").set("keep:health", digest);
        let shown = owner.submit(&page, form).await.expect(200);
        assert!(shown.shows("还有1项承诺补交的材料"));
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&second.desk("")).await.expect(200);
        assert!(
            page.shows(&format!("复用办件{}", first.no)),
            "{}",
            page.document.text()
        );

        // Through the API: the holder names the document, a window has consent; nobody uses another's.
        let third = accepted(&app, &citizen, &office).await;
        let named = |material: serde_json::Value| json!({ "materials": [material] });
        let by_id = named(json!({ "key": "health", "documents": [document] }));
        let done = citizen.post(&third.api("/gap-supply"), &by_id).await;
        assert_eq!(done.expect(200).json()["gap"]["missing"], json!(["rules"]));
        let other = named(json!({ "key": "rules", "documents": [document] }));
        let refused = citizen.post(&third.api("/gap-supply"), &other).await;
        assert!(refused.expect(422).text().contains("没有这份材料"));
        let stranger = app.program("citizen2").await;
        let mut answers = food_answers();
        answers["sign"]["name"] = json!(CITIZENS[1].1);
        let plan = stranger
            .upload(&[("file", "布局图.pdf", &files::pdf("layout"))])
            .await;
        let body = json!({
            "item_id": app.town.item(FOOD).to_string(),
            "answers": answers,
            "materials": [
                { "key": "layout", "files": plan },
                { "key": "health", "documents": [document] },
            ],
            "delivery": "electronic",
        });
        let refused = stranger.post("/api/v1/cases", &body).await;
        assert!(refused.expect(422).text().contains("没有这份材料"));

        let fourth = accepted(&app, &citizen, &office).await;
        let mut window = app.browser("clerk1").await;
        let page = window.get(&fourth.page("/gap")).await.expect(200);
        assert!(!page.text().contains(digest), "not before the consent");
        let agreed = window.get(&page.link("申请人当面同意")).await.expect(200);
        assert!(agreed.shows("用交过的从业人员健康证明"));
        let kept = named(json!({ "key": "health", "kept": true }));
        let done = office.post(&fourth.api("/gap-supply"), &kept).await;
        assert_eq!(done.expect(200).json()["gap"]["missing"], json!(["rules"]));
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn what_does_not_come_in_time_is_refused_by_a_person_and_bars_from_promises() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let case = accepted(&app, &citizen, &office).await;
        app.set_clock("2026-06-03T00:00:00+08:00");
        work(&app).await;
        let mut owner = app.browser("citizen1").await;
        let shown = owner.get(&case.page("")).await.expect(200);
        assert!(shown.shows("容缺材料逾期未补"), "{}", shown.document.text());
        owner.get(&case.page("/gap")).await.expect(409);
        let (citizen, office) = (
            app.program("citizen1").await,
            app.program("integrator1").await,
        );
        let digests = citizen
            .upload(&[("file", "制度.pdf", &files::pdf("rules"))])
            .await;
        let late = json!({ "materials": [{ "key": "rules", "files": digests }] });
        let late = citizen
            .post(&case.api("/gap-supply"), &late)
            .await
            .expect(422);
        assert!(late.text().contains("届满"));

        let refuse = json!({ "granted": false, "opinion": "没有补齐", "legal_basis": "《行政许可法》第三十八条第二款" });
        office
            .post(&case.api("/decision"), &refuse)
            .await
            .expect(200);
        let kinds = messages(&app, &citizen, &case).await;
        assert_eq!(&kinds[..3], ["received", "gap_asked", "gap_ended"]);
        assert!(kinds.contains(&"decided".to_owned()), "{kinds:?}");

        // Who broke the promise makes no other; who they are is told why.
        let next = steps::file_food(&app, &citizen).await;
        let barred = citizen.post(&next.api("/gap-promise"), &json!({})).await;
        assert!(barred.expect(422).text().contains("容缺材料逾期未补"));
        let page = owner.get(&next.page("/gap")).await.expect(200);
        let form = page.form("/gap").set("agree", "1");
        let told = owner.submit(&page, form).await.expect(422);
        assert!(told.shows("信用修复前"), "{}", told.document.text());
        app.verify().await.expect("everything is as it was written");
    });
}
