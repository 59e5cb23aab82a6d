//! A citizen without JavaScript: from the words in their head to the certificate in their hand.

use testkit::town::{FOOD, PASSWORD};
use testkit::{TestApp, files, on_every_engine};

use crate::steps::{self, Filed};

#[test]
fn a_citizen_applies_corrects_receives_and_rates() {
    on_every_engine(journey);
}

async fn journey(app: TestApp) {
    // In everyday words, and from the answer to the guide and on to the start page.
    let mut citizen = app.visitor();
    let found = citizen.get("/search?q=开饭店").await.expect(200);
    let guide = citizen.get(&found.link(FOOD)).await.expect(200);
    assert!(
        guide.shows("主要设备设施布局图和操作流程图"),
        "the guide lists the materials"
    );
    assert!(
        guide.shows("8个工作日"),
        "the guide tells how long it takes"
    );
    let start = citizen
        .get(&format!("/apply/{}", app.town.item(FOOD)))
        .await
        .expect(200);
    let door = citizen.get(&start.link("登录后开始")).await.expect(200);

    // The wrong password first: told so, nothing lost, nobody signed in.
    let wrong = door
        .form("/sign-in")
        .set("login", "citizen1")
        .set("password", "not-my-password-1");
    let refused = citizen.submit(&door, wrong).await.expect(422);
    assert_eq!(refused.form("/sign-in").value("login"), Some("citizen1"));
    assert!(citizen.cookie("tb_session").is_none());
    let right = refused
        .form("/sign-in")
        .set("login", "citizen1")
        .set("password", PASSWORD);
    let start = citizen.submit(&refused, right).await.expect(200);
    assert!(
        start.address.starts_with("/apply/"),
        "back where they came from: {}",
        start.address
    );

    // For themselves, not for the shop they may act for.
    let own = app.town.citizen("citizen1").to_string();
    let form = start
        .form(&start.address)
        .set("applicant", &own)
        .press("开始填写");
    let page = citizen.submit(&start, form).await.expect(200);
    // Four pages of questions: a task list, from which every part is reached.
    assert!(page.shows("申请要填的内容") && page.shows("已完成0项"));
    let (draft, _) = page.address.rsplit_once('/').expect("the task list");
    let page = citizen
        .get(&format!("{draft}/your-details"))
        .await
        .expect(200);
    assert!(page.shows("请核对申请人"));
    assert!(
        !page.text().contains("990102199003070011"),
        "identity numbers are masked"
    );
    let (draft, _) = page.address.rsplit_once('/').expect("a page of the draft");
    let draft = draft.to_owned();
    let page = citizen
        .submit(&page, page.form("").press("继续"))
        .await
        .expect(200);

    // An empty page is refused field by field, and what was typed is still there.
    let empty = page
        .form("")
        .set("shop_name", "王记小吃")
        .set("shop_area", "很大")
        .press("继续");
    let refused = citizen.submit(&page, empty).await.expect(422);
    assert!(refused.document.texts("title")[0].starts_with("错误："));
    assert_eq!(refused.form("").value("shop_name"), Some("王记小吃"));
    assert_eq!(refused.form("").value("shop_area"), Some("很大"));

    // They close the browser. The draft is under 我的办件, and goes on where it was left.
    let mut citizen = app.browser("citizen1").await;
    let mine = citizen.get("/my").await.expect(200);
    assert!(mine.text().contains(&draft), "the draft is listed");
    let page = citizen.get(&draft).await.expect(200);
    assert!(page.address.ends_with("/task-list"), "{}", page.address);
    assert!(page.shows("填了一部分"));
    let page = citizen.get(&format!("{draft}/shop")).await.expect(200);
    let form = page
        .form("")
        .set("shop_address-level", "990102001")
        .set("shop_address-street", "滨江大道12号")
        .set("shop_area", "46")
        .press("继续");
    let page = citizen.submit(&page, form).await.expect(200);
    let form = page
        .form("")
        .set("form", "restaurant")
        .set("scope", "hot")
        .set("scope", "cold")
        .set("online", "no");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);
    let form = page
        .form("")
        .set("manager_name", "王小明")
        .set("manager_id", "990102199003070011");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);
    let form = page
        .form("")
        .set("practitioners-0-name", "王小明")
        .set("practitioners-0-job", "cook");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);
    let form = page
        .form("")
        .set("equipment-0-what", "消毒柜")
        .set("equipment-0-count", "1");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);
    let form = page.form("").set("visit_date-year", "2026-06-01");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);
    let form = page
        .form("")
        .set("sign-name", "王小明")
        .set("sign-sure", "1");
    let page = citizen.submit(&page, form.press("继续")).await.expect(200);

    // Materials: going on without the layout is refused; then it is uploaded.
    assert!(
        page.address.ends_with("/upload-materials"),
        "{}",
        page.address
    );
    let on = page
        .document
        .forms()
        .into_iter()
        .rfind(|form| form.action.ends_with("/edit-materials"))
        .expect("the form that goes on")
        .press("继续");
    let refused = citizen.submit(&page, on.clone()).await.expect(422);
    assert!(refused.document.texts("title")[0].starts_with("错误："));
    let upload = refused
        .document
        .forms()
        .into_iter()
        .find(|form| {
            form.controls
                .iter()
                .any(|control| control.name == "file:layout")
        })
        .expect("an upload for the layout");
    let pdf = files::pdf("layout");
    let page = citizen
        .submit_files(&refused, upload, &[("file:layout", "布局图.pdf", &pdf)])
        .await
        .expect(200);
    assert!(page.shows("布局图.pdf"));
    let page = citizen.submit(&page, on).await.expect(200);

    // How the result is to come, then the check.
    let form = page.form("").set("delivery", "electronic").press("继续");
    let check = citizen.submit(&page, form).await.expect(200);
    assert!(check.shows("提交前请核对"));
    for said in ["王记小吃", "46", "布局图.pdf", "电子送达"] {
        assert!(check.shows(said), "the check shows {said}");
    }
    let refused = citizen
        .submit(&check, check.form("/check-answers").press("确认提交"))
        .await
        .expect(422);
    assert!(refused.shows("请勾选承诺后再提交"));
    let form = refused
        .form("/check-answers")
        .set("agree", "1")
        .press("确认提交");
    let done = citizen.submit(&refused, form.clone()).await.expect(200);
    assert!(done.shows("已提交"));
    assert!(
        done.shows("2026年5月28日"),
        "five working days to be told: {}",
        done.document.text()
    );

    // The button once more, as impatient people press it: the same case.
    let again = citizen.submit(&refused, form).await.expect(200);
    assert_eq!(again.address, done.address);

    let id = done
        .address
        .trim_start_matches("/cases/")
        .trim_end_matches("/submitted")
        .to_owned();
    let case = Filed {
        no: done
            .document
            .texts("dd")
            .first()
            .expect("the number")
            .split_whitespace()
            .collect(),
        id,
        json: serde_json::Value::Null,
    };
    let receipt = citizen.get(&case.page("/receipt")).await.expect(200);
    assert!(receipt.shows("收件"));

    // Somebody else does not even know of it.
    let mut other = app.browser("citizen2").await;
    for rest in [
        "",
        "/receipt",
        "/submitted",
        "/letters/acceptance",
        "/rating",
    ] {
        assert_eq!(other.get(&case.page(rest)).await.status, 404, "{rest}");
    }

    corrected(&app, &mut citizen, &case).await;
    decided(&app, &mut citizen, &case).await;
    let counts = app.verify().await.expect("everything is as it was written");
    assert_eq!(counts.cases, 1);
}

/// The department says what is missing, once; the citizen supplies it.
async fn corrected(app: &TestApp, citizen: &mut testkit::Browser, case: &Filed) {
    let mut desk = app.browser("approver1").await;
    let queue = desk.get("/staff").await.expect(200);
    let opened = desk.get(&queue.link(FOOD)).await.expect(200);
    let address = opened.address.split('?').next();
    assert_eq!(address, Some(case.desk("").as_str()));
    let after = steps::act(
        &mut desk,
        case,
        "request_correction",
        &[("m-layout", "布局图没有标明更衣处，请补标后重交")],
    )
    .await
    .expect(200);
    assert!(after.shows("待补正"));

    let page = citizen.get(&case.page("")).await.expect(200);
    assert!(page.shows("轮到您了"));
    assert!(page.shows("布局图没有标明更衣处"));
    let letter = citizen
        .get(&case.page("/letters/correction"))
        .await
        .expect(200);
    assert!(letter.shows("布局图没有标明更衣处"));
    let page = citizen.get(&case.page("/correction")).await.expect(200);
    let pdf = files::pdf("layout with changing room");
    let form = page.form("/correction").press("提交补正");
    let after = citizen
        .submit_files(&page, form, &[("file:layout", "布局图2.pdf", &pdf)])
        .await
        .expect(200);
    assert!(after.shows("待受理"), "{}", after.document.text());
}

/// Accepted, granted, delivered electronically; the certificate opens, anybody can check it, the citizen rates once.
async fn decided(app: &TestApp, citizen: &mut testkit::Browser, case: &Filed) {
    let mut desk = app.browser("approver1").await;
    let before = desk.get(&case.desk("")).await.expect(200);
    assert!(
        before.shows("按下后"),
        "what it does to the clocks is said before"
    );
    steps::act(&mut desk, case, "accept", &[]).await.expect(200);
    // 2026-05-21 and eight working days: 22, 25–29, 1–2 June.
    let page = citizen.get(&case.page("")).await.expect(200);
    assert!(
        page.shows("2026年6月2日"),
        "the promised day is a date: {}",
        page.document.text()
    );
    let letter = citizen
        .get(&case.page("/letters/acceptance"))
        .await
        .expect(200);
    assert!(letter.shows("受理通知书"));

    steps::act(&mut desk, case, "grant", &[("grant-opinion", "符合条件")])
        .await
        .expect(200);
    let page = citizen.get(&case.page("")).await.expect(200);
    let certificate = citizen.get(&page.link("查看电子证照")).await.expect(200);
    assert!(certificate.shows("食品经营许可证"));

    let text = certificate.document.text();
    let code: String = text
        .split("核验码：")
        .nth(1)
        .expect("a code")
        .trim_start()
        .chars()
        .take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '-')
        .collect();
    let mut anybody = app.visitor();
    let checked = anybody.get(&format!("/verify/{code}")).await.expect(200);
    assert!(checked.shows("食品经营许可证") && checked.shows("有效"));
    let page = anybody.get("/verify").await.expect(200);
    let form = page.form("/verify").set("code", "ABCD-EFGH-JKLM");
    assert!(
        anybody
            .submit(&page, form)
            .await
            .expect(404)
            .shows("没有查到这个核验码")
    );

    let page = citizen.get(&case.page("/rating")).await.expect(200);
    let form = page.form("/rating");
    let best = form
        .controls
        .iter()
        .find(|control| control.name == "level")
        .expect("levels")
        .value
        .clone();
    let form = form.set("level", &best).press("提交评价");
    citizen.submit(&page, form.clone()).await.expect(200);
    // The same button again: the same rating, not a second one.
    citizen.submit(&page, form.clone()).await.expect(200);
    let ratings: i64 = app
        .read(|tx| tx.query_one("SELECT count(*) FROM ratings", &[])?.get(0))
        .await;
    assert_eq!(ratings, 1);
    // A second page opened before the first was sent cannot rate again.
    let changed = form.forged("request_key", "another-key-of-another-page");
    assert_eq!(citizen.submit(&page, changed).await.status, 409);
}
