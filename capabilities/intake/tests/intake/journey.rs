//! A citizen's way from the start page to the receipt, and what they see and do afterwards.

use approval::Act;
use approval::details::CorrectionItem;
use axum::http::StatusCode;
use base::ids::CaseId;

use super::city::{City, PDF, citizen_id, on_both};

const SHOP: &[(&str, &str)] = &[
    ("shop_name", "青禾小馆"),
    ("shop_address", "云川市云川区文峰街31号"),
    ("area", "８６"),
];

/// Starts a draft; gives its address.
pub(crate) async fn started(city: &City, cookie: &str) -> String {
    let begun = city
        .post(cookie, &format!("/apply/{}", city.item), &[])
        .await;
    let first = begun.led_to();
    let (draft, page) = first.rsplit_once('/').expect("a page of the draft");
    assert_eq!(page, "your-details");
    draft.to_owned()
}

/// Fills a draft up to the last page.
pub(crate) async fn filled(city: &City, cookie: &str, draft: &str) {
    let page = |name: &str| format!("{draft}/{name}");
    city.get(cookie, &page("your-details")).await.page();
    assert_eq!(
        city.post(cookie, &page("your-details"), &[]).await.led_to(),
        page("shop")
    );
    assert_eq!(
        city.post(cookie, &page("shop"), SHOP).await.led_to(),
        page("business")
    );
    let id = citizen_id("19900307", 1);
    let business = [
        ("form", "restaurant"),
        ("scope", "hot"),
        ("scope", "cold"),
        ("manager_id", id.as_str()),
    ];
    assert_eq!(
        city.post(cookie, &page("business"), &business)
            .await
            .led_to(),
        page("upload-materials")
    );
    let uploaded = city
        .upload(
            cookie,
            &page("upload-materials"),
            &[],
            &[("file:layout", "平面图.pdf", PDF)],
        )
        .await;
    assert_eq!(uploaded.led_to(), page("upload-materials"));
    assert!(
        city.get(cookie, &page("upload-materials"))
            .await
            .page()
            .contains("平面图.pdf")
    );
    let on = city
        .post(cookie, &page("edit-materials"), &[("action", "continue")])
        .await;
    assert_eq!(on.led_to(), page("how-to-receive"));
    let way = city
        .post(cookie, &page("how-to-receive"), &[("delivery", "window")])
        .await;
    assert_eq!(way.led_to(), page("check-answers"));
}

/// Submits a filled draft; gives the case.
pub(crate) async fn submitted(city: &City, cookie: &str, draft: &str) -> CaseId {
    let check = format!("{draft}/check-answers");
    let seen = city.get(cookie, &check).await;
    let stamp = seen.hidden("seen");
    let done = city
        .post(cookie, &check, &[("agree", "1"), ("seen", &stamp)])
        .await;
    let address = done.led_to();
    let id = address
        .strip_prefix("/cases/")
        .and_then(|rest| rest.strip_suffix("/submitted"))
        .expect("the confirmation");
    id.parse().expect("a case")
}

pub(crate) async fn filed(city: &City) -> CaseId {
    let draft = started(city, &city.citizen_cookie).await;
    filled(city, &city.citizen_cookie, &draft).await;
    submitted(city, &city.citizen_cookie, &draft).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_start_page_to_the_receipt() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let start = format!("/apply/{}", city.item);
        let anonymous = city.get("", &start).await;
        assert!(anonymous.page().contains(&format!("/sign-in?back={start}")));
        // Accepted on Monday 11 May, eight working days: Thursday 21 May.
        assert!(
            anonymous.text.contains("2026年5月21日（星期四）"),
            "{}",
            anonymous.text
        );
        assert!(
            city.get(&me, &start)
                .await
                .page()
                .contains("云川区青禾小馆")
        );

        let draft = started(&city, &me).await;
        let details = city.get(&me, &format!("{draft}/your-details")).await;
        assert!(details.page().contains("990102********"));
        assert!(details.text.contains("138****1234"));
        assert!(!details.text.contains("13800001234"));
        filled(&city, &me, &draft).await;

        let check = city.get(&me, &format!("{draft}/check-answers")).await;
        for shown in [
            "青禾小馆",
            "热食、冷食",
            "平面图.pdf",
            "窗口领取",
            "2026年5月18日（星期一）",
            "免提交",
        ] {
            assert!(check.page().contains(shown), "{shown}");
        }
        assert!(!check.text.contains(&citizen_id("19900307", 1)), "masked");

        let not_agreed = city
            .post(
                &me,
                &format!("{draft}/check-answers"),
                &[("seen", &check.hidden("seen"))],
            )
            .await;
        assert!(not_agreed.refused().contains("请勾选承诺后再提交"));

        let case = submitted(&city, &me, &draft).await;
        let confirmation = city.get(&me, &format!("/cases/{case}/submitted")).await;
        let code = city.intake.query_code(case);
        assert!(confirmation.page().contains(&code));
        assert!(confirmation.text.contains("2026年5月18日（星期一）前"));

        // Pressed again, from a page left open: the same case.
        let again = city
            .post(
                &me,
                &format!("{draft}/check-answers"),
                &[("agree", "1"), ("seen", "0")],
            )
            .await;
        assert_eq!(again.led_to(), format!("/cases/{case}/submitted"));
        assert_eq!(
            city.get(&me, &draft).await.led_to(),
            format!("/cases/{case}/submitted")
        );

        let receipt = city.get(&me, &format!("/cases/{case}/receipt")).await;
        assert!(receipt.page().contains("<svg") && receipt.text.contains(&code));
        assert!(receipt.text.contains("电子件1份"));

        let timeline = city.get(&me, &format!("/cases/{case}")).await;
        for shown in [
            "您提交了申请",
            "收件审查",
            "一次性告知时限",
            "承诺办结时限",
            "尚未起算",
            "平面图.pdf",
        ] {
            assert!(timeline.page().contains(shown), "{shown}");
        }
        assert!(!timeline.text.contains(&citizen_id("19900307", 1)));
        let whole = city.get(&me, &format!("/cases/{case}?show=all")).await;
        assert!(whole.page().contains(&citizen_id("19900307", 1)));

        let mine = city.get(&me, "/my").await;
        assert!(mine.page().contains("食品经营许可新办") && mine.text.contains("正在办理"));
        assert!(!mine.text.contains("没填完的申请"));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_sees_nothing() {
    let city = City::sqlite().await;
    let draft = started(&city, &city.citizen_cookie).await;
    filled(&city, &city.citizen_cookie, &draft).await;
    let stranger = city.other_cookie.clone();
    for page in ["", "/shop", "/check-answers", "/upload-materials"] {
        let seen = city.get(&stranger, &format!("{draft}{page}")).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{page}");
    }
    let posted = city.post(&stranger, &format!("{draft}/shop"), SHOP).await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND);
    let case = submitted(&city, &city.citizen_cookie, &draft).await;
    for page in ["", "/submitted", "/receipt", "/correction", "/withdraw"] {
        let seen = city.get(&stranger, &format!("/cases/{case}{page}")).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{page}");
    }
    let anonymous = city.get("", &format!("/cases/{case}")).await;
    assert!(anonymous.led_to().starts_with("/sign-in?back="));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_kept_and_explained() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let draft = started(&city, &me).await;
    let shop = format!("{draft}/shop");
    let wrong = [
        ("shop_name", "<script>alert(1)</script>"),
        ("shop_address", "东街"),
        ("area", "很大"),
    ];
    let seen = city.post(&me, &shop, &wrong).await;
    for said in [
        "请写明所在区县、街道和门牌号",
        "请输入整数，只填数字",
        "value=\"很大\"",
        "href=\"#area\"",
    ] {
        assert!(seen.refused().contains(said), "{said}");
    }
    assert!(!seen.text.contains("<script>alert"), "escaped");
    // The words are there when the page is opened again, and the journey's end says what is missing.
    assert!(city.get(&me, &shop).await.page().contains("value=\"很大\""));
    let check = city.get(&me, &format!("{draft}/check-answers")).await;
    assert!(check.page().contains("请上传“布局流程图”"));
    let early = city
        .post(
            &me,
            &format!("{draft}/check-answers"),
            &[("agree", "1"), ("seen", &check.hidden("seen"))],
        )
        .await;
    assert!(early.refused().contains("请填写“食品安全管理人员身份证”"));
    // Putting it off saves without asking for more.
    let later = city
        .post(
            &me,
            &shop,
            &[("shop_name", "和平小馆"), ("action", "later")],
        )
        .await;
    assert_eq!(later.led_to(), "/my");
    assert!(city.get(&me, "/my").await.page().contains("没填完的申请"));
    assert_eq!(city.get(&me, &draft).await.led_to(), shop);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_taken_up_again_or_begun_anew() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let draft = started(&city, &me).await;
    city.post(&me, &format!("{draft}/shop"), SHOP)
        .await
        .led_to();
    let start = format!("/apply/{}", city.item);
    assert!(city.get(&me, &start).await.page().contains("接着填"));
    assert_eq!(
        city.post(&me, &start, &[]).await.led_to(),
        format!("{draft}/shop")
    );
    let anew = city.post(&me, &start, &[("anew", "1")]).await.led_to();
    assert!(!anew.starts_with(&draft));
    assert_eq!(city.get(&me, &draft).await.status, StatusCode::NOT_FOUND);
    // After thirty days it is gone, and purging takes the row.
    city.clock.advance(std::time::Duration::from_hours(31 * 24));
    assert_eq!(city.intake.purge_drafts(100).await.expect("purged"), 1);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_checked_and_can_be_taken_out() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let draft = started(&city, &me).await;
    let page = format!("{draft}/upload-materials");
    let program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00".repeat(40);
    let refused = city
        .upload(&me, &page, &[], &[("file:layout", "图.pdf", &program)])
        .await;
    assert!(refused.refused().contains("类型不能上传"));
    let unknown = city
        .upload(&me, &page, &[], &[("file:other", "图.pdf", PDF)])
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    city.upload(&me, &page, &[], &[("file:layout", "图.pdf", PDF)])
        .await
        .led_to();
    let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
    let file = city.get(&me, &format!("{draft}/files/{digest}")).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers["content-type"], "application/pdf");
    let strange = city
        .get(&me, &format!("{draft}/files/{}", "0".repeat(64)))
        .await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    let edit = format!("{draft}/edit-materials");
    let removed = city
        .post(
            &me,
            &edit,
            &[
                ("action", "remove"),
                ("material", "layout"),
                ("file", &digest),
            ],
        )
        .await;
    assert_eq!(removed.led_to(), page);
    let missing = city.post(&me, &edit, &[("action", "continue")]).await;
    assert!(
        missing
            .refused()
            .contains("请上传“布局流程图”，或者勾选到窗口交纸质件")
    );
    city.post(&me, &edit, &[("action", "bring"), ("material", "layout")])
        .await
        .led_to();
    assert!(
        city.get(&me, &page)
            .await
            .page()
            .contains("您会把纸质件带到窗口")
    );
    let on = city.post(&me, &edit, &[("action", "continue")]).await;
    assert_eq!(on.led_to(), format!("{draft}/how-to-receive"));
    let electronic = city
        .post(&me, &edit, &[("action", "bring"), ("material", "licence")])
        .await;
    assert_eq!(electronic.status, StatusCode::UNPROCESSABLE_ENTITY);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_supplied_once() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let case = filed(&city).await;
        let items = [("layout", "请标出清洗区"), ("", "经营面积与图纸不一致")]
            .map(|(material, what)| CorrectionItem {
                material: material.into(),
                what: what.into(),
            })
            .into();
        let early = city.get(&me, &format!("/cases/{case}/correction")).await;
        assert_eq!(early.status, StatusCode::CONFLICT);
        city.act(
            case,
            Act::RequestCorrection {
                items,
                remark: String::new(),
            },
        )
        .await;
        let waiting = city.get(&me, &format!("/cases/{case}")).await;
        for shown in [
            "请补正2项内容",
            "请标出清洗区",
            "经营面积与图纸不一致",
            "开始补正",
            "补正告知书",
        ] {
            assert!(waiting.page().contains(shown), "{shown}");
        }
        let address = format!("/cases/{case}/correction");
        let form = city.get(&me, &address).await;
        assert!(form.page().contains("name=\"f-area\"") && form.text.contains("value=\"86\""));
        assert!(!form.text.contains("健康证明"), "only what was asked for");
        let version = form.hidden("version");
        let id = citizen_id("19900307", 1);
        let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
        let mut fields = vec![
            ("version", version.as_str()),
            ("f-shop_name", "青禾小馆"),
            ("f-shop_address", "云川市云川区文峰街31号"),
            ("f-area", "不知道"),
            ("f-form", "restaurant"),
            ("f-manager_id", id.as_str()),
            ("keep:layout", digest.as_str()),
            ("remark", "已重新测量"),
        ];
        let refused = city.upload(&me, &address, &fields, &[]).await;
        assert!(refused.refused().contains("请输入整数，只填数字"));
        assert!(refused.text.contains("请按告知书补交“布局流程图”"));
        assert!(refused.text.contains("value=\"不知道\"") && refused.text.contains("已重新测量"));
        fields[3] = ("f-area", "90");
        let newer = [PDF, b"% two"].concat();
        let done = city
            .upload(
                &me,
                &address,
                &fields,
                &[("file:layout", "平面图二.pdf", &newer)],
            )
            .await;
        assert_eq!(done.led_to(), format!("/cases/{case}"));
        let back = city.get(&me, &format!("/cases/{case}?show=all")).await;
        for shown in ["您提交了补正", "平面图二.pdf", "平面图.pdf", "收件审查"] {
            assert!(back.page().contains(shown), "{shown}");
        }
        let again = city.upload(&me, &address, &fields, &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawing_is_asked_twice_and_ends_the_case() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let case = filed(&city).await;
    let address = format!("/cases/{case}/withdraw");
    let version = city.get(&me, &address).await.hidden("version");
    let unsure = city
        .post(
            &me,
            &address,
            &[("version", &version), ("reason", "不办了")],
        )
        .await;
    assert!(unsure.refused().contains("不办了"));
    let done = city
        .post(&me, &address, &[("version", &version), ("agree", "1")])
        .await;
    assert_eq!(done.led_to(), format!("/cases/{case}"));
    assert!(
        city.get(&me, &format!("/cases/{case}"))
            .await
            .page()
            .contains("您撤回了申请")
    );
    assert_eq!(city.get(&me, &address).await.status, StatusCode::CONFLICT);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_shown_with_its_certificate() {
    let city = City::sqlite().await;
    let case = filed(&city).await;
    city.act(
        case,
        Act::Accept {
            remark: String::new(),
        },
    )
    .await;
    let accepted = city
        .get(&city.citizen_cookie, &format!("/cases/{case}"))
        .await;
    assert!(
        accepted.page().contains("受理通知书") && accepted.text.contains("2026年5月21日（星期四）")
    );
    city.act(
        case,
        Act::Grant {
            opinion: "符合条件".into(),
        },
    )
    .await;
    let granted = city
        .get(&city.citizen_cookie, &format!("/cases/{case}"))
        .await;
    for shown in ["准予许可", "/licenses/", "请到窗口领取结果", "决定书"] {
        assert!(granted.page().contains(shown), "{shown}");
    }
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_needs_number_and_password() {
    let city = City::sqlite().await;
    let case = filed(&city).await;
    let no = {
        let stored = city
            .app
            .db
            .read(move |tx| cases::load(tx, case))
            .await
            .expect("read")
            .expect("there");
        stored.no
    };
    let code = city.intake.query_code(case);
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let me = city.citizen_cookie.clone();
    let found = city
        .post(&me, "/progress", &[("no", &no), ("code", &code)])
        .await;
    assert!(found.page().contains("待受理") && found.text.contains("2026年5月18日"));
    for hidden in ["陈", "食品经营许可", "青禾"] {
        assert!(!found.text.contains(hidden) || hidden == "陈", "{hidden}");
    }
    let refused = city
        .post(&me, "/progress", &[("no", &no), ("code", wrong)])
        .await;
    assert!(refused.refused().contains("编号和密码不匹配"));
    let malformed = city
        .post(&me, "/progress", &[("no", "9901"), ("code", &code)])
        .await;
    assert!(malformed.refused().contains("请输入22位办件编号"));
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        last = city
            .post(&me, "/progress", &[("no", &no), ("code", wrong)])
            .await
            .status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_is_represented() {
    let city = City::sqlite().await;
    let me = city.citizen_cookie.clone();
    let start = format!("/apply/{}", city.item);
    let enterprise = city.enterprise.to_string();
    let first = city
        .post(&me, &start, &[("applicant", &enterprise)])
        .await
        .led_to();
    let draft = first.rsplit_once('/').expect("a page").0.to_owned();
    assert!(city.get(&me, &first).await.page().contains("92990102"));
    filled(&city, &me, &draft).await;
    let case = submitted(&city, &me, &draft).await;
    assert!(
        city.get(&me, &format!("/cases/{case}"))
            .await
            .page()
            .contains("云川区青禾小馆")
    );
    assert!(
        city.get(&me, "/my")
            .await
            .page()
            .contains(&case.to_string())
    );
    // Back to oneself: the enterprise's case is not one's own.
    let own = city.citizen_party.to_string();
    city.post(&me, "/account/acting", &[("applicant", &own)])
        .await
        .led_to();
    assert!(
        !city
            .get(&me, "/my")
            .await
            .page()
            .contains(&case.to_string())
    );
    // Somebody without an authorisation cannot begin for it.
    let stranger = city
        .post(&city.other_cookie, &start, &[("applicant", &enterprise)])
        .await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_window_takes_is_not_filed_online() {
    let city = City::sqlite().await;
    let start = format!("/apply/{}", city.window_only);
    assert!(
        city.get(&city.citizen_cookie, &start)
            .await
            .page()
            .contains("只在窗口办理")
    );
    let begun = city.post(&city.citizen_cookie, &start, &[]).await;
    assert_eq!(begun.status, StatusCode::CONFLICT);
    city.close().await;
}
