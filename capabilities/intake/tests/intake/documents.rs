//! 我的材料: handed in once, used again, by its holder, by a program of theirs, at a window with their consent, and by
//! nobody else.

use approval::Act;
use approval::details::CorrectionItem;
use approval::origins::{AnswerSource, MaterialSource, origins};
use axum::http::{Method, StatusCode};
use base::ids::CaseId;
use casework::Case;
use serde_json::{Value, json};

use super::city::{City, PDF, citizen_id, on_both};
use super::journey::{filed, started, submitted};

/// Everything that was handed in is kept.
async fn kept(city: &City) {
    city.app.db.sequence_now().await.expect("numbered");
    while city.intake.keep_step().await.expect("kept") > 0 {}
}

async fn case(city: &City, id: CaseId) -> Case {
    let read = city.app.db.read(move |tx| cases::load(tx, id));
    read.await.expect("reads").expect("a case")
}

async fn documents(city: &City, token: &str) -> Vec<Value> {
    let seen = city
        .call(Method::GET, "/api/v1/my/documents", token, "", None)
        .await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    seen.json()["items"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_in_once_is_used_again_and_said_so() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let first = filed(&city).await;
        let first_no = case(&city, first).await.no;
        kept(&city).await;
        let mine = city.get(&me, "/my/documents").await;
        assert!(mine.page().contains("布局流程图") && mine.text.contains("平面图.pdf"));
        assert!(mine.text.contains(&first_no));

        let draft = started(&city, &me).await;
        let page = |name: &str| format!("{draft}/{name}");
        city.post(&me, &page("your-details"), &[]).await.led_to();
        // The name of the shop stands there already; the applicant writes another.
        let shop = [
            ("shop_name", "江畔面馆"),
            ("shop_address", "云川市云川区文峰街31号"),
            ("area", "86"),
        ];
        assert!(
            city.get(&me, &page("shop"))
                .await
                .page()
                .contains("青禾小馆")
        );
        city.post(&me, &page("shop"), &shop).await.led_to();
        let id = citizen_id("19900307", 1);
        let business = [("form", "restaurant"), ("manager_id", id.as_str())];
        city.post(&me, &page("business"), &business).await.led_to();
        let upload = city.get(&me, &page("upload-materials")).await;
        assert!(upload.page().contains("用交过的这份"), "{}", upload.text);
        let document = upload.hidden("document");
        let edit = page("edit-materials");
        let fields = |action, document| {
            [
                ("action", action),
                ("material", "layout"),
                ("document", document),
            ]
        };
        // A document of nobody, and one for another material.
        let strange = "0".repeat(32);
        let refused = city.post(&me, &edit, &fields("reuse", &strange)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        let other = [
            ("action", "reuse"),
            ("material", "health"),
            ("document", document.as_str()),
        ];
        let refused = city.post(&me, &edit, &other).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        let used = city.post(&me, &edit, &fields("reuse", &document)).await;
        assert_eq!(used.led_to(), page("upload-materials"));
        let upload = city.get(&me, &page("upload-materials")).await;
        assert!(upload.page().contains("平面图.pdf") && !upload.text.contains("用交过的这份"));
        city.post(&me, &edit, &[("action", "continue")])
            .await
            .led_to();
        city.post(&me, &page("how-to-receive"), &[("delivery", "window")])
            .await
            .led_to();
        let second = submitted(&city, &me, &draft).await;

        let said = origins(&case(&city, second).await);
        let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
        assert_eq!(said.materials.len(), 1);
        assert_eq!(
            said.materials[0].from,
            MaterialSource::Document {
                digest,
                case_no: first_no.clone(),
                at_window: false
            }
        );
        assert_eq!(said.answers.len(), 1);
        assert_eq!(said.answers[0].field, "shop_name");
        assert_eq!(
            said.answers[0].from,
            AnswerSource::Case {
                no: first_no.clone()
            }
        );
        assert!(said.answers[0].corrected);
        let workspace = city
            .get(&city.clerk_cookie, &format!("/staff/cases/{second}"))
            .await;
        assert!(
            workspace.page().contains(&format!("复用办件{first_no}")),
            "{}",
            workspace.text
        );
        assert!(
            workspace
                .text
                .contains(&format!("办件{first_no}有预填，申请人已更正"))
        );
        kept(&city).await;
        let mine = city.get(&me, &format!("/my/documents/{document}")).await;
        assert!(mine.page().contains(&format!("/cases/{second}")));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_holder_renames_it_says_how_long_it_counts_and_takes_it_away() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        filed(&city).await;
        kept(&city).await;
        let all = documents(&city, &city.citizen_token).await;
        let id = all[0]["document_id"].as_str().expect("an id").to_owned();
        let page = format!("/my/documents/{id}");
        let file = city.get(&me, &format!("{page}/file")).await;
        assert_eq!(file.headers["content-type"], "application/pdf");
        // Nobody else knows of it.
        let stranger = city.other_cookie.clone();
        for path in [page.clone(), format!("{page}/file")] {
            let seen = city.get(&stranger, &path).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND);
        }
        let seen = city.post(&stranger, &format!("{page}/remove"), &[]).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND);
        assert!(documents(&city, &city.other_token).await.is_empty());

        let wrong = [("name", ""), ("valid_to-year", "2027")];
        let refused = city.post(&me, &page, &wrong).await;
        assert!(refused.refused().contains("请填写名称"));
        let wrong = [("name", "店铺图"), ("valid_to-year", "2027")];
        let refused = city.post(&me, &page, &wrong).await;
        assert!(refused.refused().contains("请填写完整的日期"));
        let over = [
            ("name", "店铺图"),
            ("valid_to-year", "2026"),
            ("valid_to-month", "5"),
            ("valid_to-day", "10"),
        ];
        city.post(&me, &page, &over).await.led_to();
        let mine = city.get(&me, "/my/documents").await;
        assert!(mine.page().contains("店铺图") && mine.text.contains("已过有效期"));
        let draft = started(&city, &me).await;
        let upload = format!("{draft}/upload-materials");
        assert!(!city.get(&me, &upload).await.page().contains("用交过的这份"));

        // The last day itself counts; a program says so.
        let change = json!({ "name": "店铺图", "valid_to": "2026-05-11" });
        let api = format!("/api/v1/my/documents/{id}");
        let changed = city
            .call(Method::POST, &api, &city.citizen_token, "d1", Some(change))
            .await;
        assert_eq!(changed.status, 204, "{}", changed.text);
        assert_eq!(
            documents(&city, &city.citizen_token).await[0]["usable"],
            true
        );
        assert!(city.get(&me, &upload).await.page().contains("用交过的这份"));
        let strange = city
            .call(Method::DELETE, &api, &city.other_token, "d2", None)
            .await;
        assert_eq!(strange.status, 404);
        let gone = city
            .call(Method::DELETE, &api, &city.citizen_token, "d3", None)
            .await;
        assert_eq!(gone.status, 204, "{}", gone.text);
        assert!(documents(&city, &city.citizen_token).await.is_empty());
        assert!(!city.get(&me, &upload).await.page().contains("用交过的这份"));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_uses_it_for_its_holder_only() {
    on_both(async |city: City| {
        filed(&city).await;
        kept(&city).await;
        let id = documents(&city, &city.citizen_token).await[0]["document_id"].clone();
        let application = |document: &Value| {
            json!({
                "item_id": city.item,
                "answers": {
                    "shop_name": "青禾小馆", "shop_address": "云川市云川区文峰街31号", "area": 86,
                    "form": "restaurant", "manager_id": citizen_id("19900307", 1)
                },
                "materials": [{ "key": "layout", "documents": [document] }],
                "delivery": "electronic"
            })
        };
        let file = async |token: &str, key: &str| {
            let body = Some(application(&id));
            city.call(Method::POST, "/api/v1/cases", token, key, body)
                .await
        };
        let refused = file(&city.other_token, "r1").await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("没有这份材料"));
        let done = file(&city.citizen_token, "r2").await;
        assert_eq!(done.status, 201, "{}", done.text);
        let case_id: CaseId = done.json()["case_id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        assert_eq!(origins(&case(&city, case_id).await).materials.len(), 1);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_uses_it_with_consent_and_not_without() {
    on_both(async |city: City| {
        let clerk = city.clerk_cookie.clone();
        filed(&city).await;
        kept(&city).await;
        let party = city.citizen_party;
        let address = format!("/staff/intake/new?party={party}&item={}", city.item);
        let form = city.get(&clerk, &address).await;
        assert!(form.page().contains("申请人当面同意，使用其交过的材料"));
        let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
        assert!(!form.text.contains(&digest), "nothing is shown before");
        let agreed = format!("{address}&consent=1");
        let form = city.get(&clerk, &agreed).await;
        assert!(
            form.page().contains(&digest) && form.text.contains("平面图")
                || form.text.contains("布局流程图")
        );
        let manager = citizen_id("19900307", 1);
        let key = form.hidden("request_key");
        let fields = vec![
            ("request_key", key.as_str()),
            ("f-shop_name", "和平小馆"),
            ("f-shop_address", "云川市云川区和平路1号"),
            ("f-area", "60"),
            ("f-form", "retailer"),
            ("f-manager_id", manager.as_str()),
            ("keep:layout", digest.as_str()),
            ("delivery", "electronic"),
        ];
        // Without consent the file is not the clerk's to use.
        let refused = city.upload(&clerk, &address, &fields, &[]).await;
        assert!(refused.refused().contains("请上传“布局流程图”"));
        let filed = city.upload(&clerk, &agreed, &fields, &[]).await.led_to();
        let id: CaseId = filed
            .rsplit('/')
            .next()
            .expect("a case")
            .parse()
            .expect("an id");
        let said = origins(&case(&city, id).await);
        assert!(
            matches!(
                &said.materials[0].from,
                MaterialSource::Document {
                    at_window: true,
                    ..
                }
            ),
            "{said:?}"
        );
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_used_again_while_correcting() {
    on_both(async |city: City| {
        let me = city.citizen_cookie.clone();
        let first = filed(&city).await;
        let first_no = case(&city, first).await.no;
        kept(&city).await;
        let digest = base::crypto::to_hex(&base::crypto::sm3(PDF));
        let id = documents(&city, &city.citizen_token).await[0]["document_id"].clone();
        let correcting = async |key: &str| {
            let body = application(&city, json!([{ "key": "layout", "paper": true }]));
            let done = city
                .call(
                    Method::POST,
                    "/api/v1/cases",
                    &city.citizen_token,
                    key,
                    Some(body),
                )
                .await;
            assert_eq!(done.status, 201, "{}", done.text);
            let case_id = case_id(&done.json()["case_id"]);
            let items = vec![CorrectionItem {
                material: "layout".into(),
                what: "请交电子件".into(),
            }];
            let remark = String::new();
            city.act(case_id, Act::RequestCorrection { items, remark })
                .await;
            case_id
        };
        let from = async |case_id: CaseId| {
            let said = origins(&case(&city, case_id).await);
            let [one] = &said.materials[..] else {
                panic!("{said:?}");
            };
            one.from.clone()
        };
        let used = |at_window| MaterialSource::Document {
            digest: digest.clone(),
            case_no: first_no.clone(),
            at_window,
        };
        // On the page.
        let case_id = correcting("c1").await;
        let address = format!("/cases/{case_id}/correction");
        let form = city.get(&me, &address).await;
        assert!(form.page().contains("用交过的") && form.text.contains(&digest));
        let version = form.hidden("version");
        let fields = [
            ("version", version.as_str()),
            ("keep:layout", digest.as_str()),
        ];
        city.upload(&me, &address, &fields, &[]).await.led_to();
        assert_eq!(from(case_id).await, used(false));
        // By a program of its holder.
        let case_id = correcting("c2").await;
        let api = format!("/api/v1/cases/{case_id}/correction");
        let strange = json!({ "materials": [{ "key": "layout", "documents": ["0"] }] });
        let token = &city.citizen_token;
        let refused = city
            .call(Method::POST, &api, token, "r1", Some(strange))
            .await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let right = json!({ "materials": [{ "key": "layout", "documents": [id] }] });
        let done = city
            .call(Method::POST, &api, token, "r2", Some(right))
            .await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(from(case_id).await, used(false));
        // At a window: only with consent, which the page asks for and the program says.
        let case_id = correcting("c3").await;
        let address = format!("/cases/{case_id}/correction");
        let clerk = city.clerk_cookie.clone();
        let form = city.get(&clerk, &address).await;
        assert!(form.page().contains("申请人当面同意") && !form.text.contains(&digest));
        let agreed = city.get(&clerk, &format!("{address}?consent=1")).await;
        assert!(agreed.page().contains(&digest));
        let api = format!("/api/v1/cases/{case_id}/correction");
        let with_consent = json!({ "materials": [{ "key": "layout", "kept": true }] });
        let token = &city.clerk_token;
        let done = city
            .call(Method::POST, &api, token, "w1", Some(with_consent))
            .await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(from(case_id).await, used(true));
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_windows_program_uses_it_with_consent() {
    on_both(async |city: City| {
        let first = filed(&city).await;
        let applicant = case(&city, first).await.applicant_name;
        kept(&city).await;
        let id = documents(&city, &city.citizen_token).await[0]["document_id"].clone();
        let file = async |token: &str, key: &str, who: Option<Value>, material: Value| {
            let mut body = application(&city, json!([material]));
            if let Some(who) = who {
                body["applicant"] = who;
            }
            city.call(Method::POST, "/api/v1/cases", token, key, Some(body))
                .await
        };
        let holder =
            json!({ "kind": "person", "name": applicant, "id_number": citizen_id("19900307", 1) });
        let stranger =
            json!({ "kind": "person", "name": "李雨桐", "id_number": citizen_id("20010101", 7) });
        let clerk = &city.clerk_token;
        let kept = json!({ "key": "layout", "kept": true });
        let done = file(clerk, "k1", Some(holder.clone()), kept.clone()).await;
        assert_eq!(done.status, 201, "{}", done.text);
        let said = origins(&case(&city, case_id(&done.json()["case_id"])).await);
        assert!(
            matches!(
                &said.materials[0].from,
                MaterialSource::Document {
                    at_window: true,
                    ..
                }
            ),
            "{said:?}"
        );
        // Nobody's but the applicant's own; a number of a document is not the window's to know.
        let refused = file(clerk, "k2", Some(stranger), kept.clone()).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("没有这份材料"));
        let by_id = json!({ "key": "layout", "documents": [id] });
        let refused = file(clerk, "k3", Some(holder), by_id).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        // Consent is what a window asks for; a person names the document.
        let refused = file(&city.citizen_token, "k4", None, kept).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        city
    })
    .await;
}

fn case_id(id: &Value) -> CaseId {
    id.as_str().expect("an id").parse().expect("an id")
}

fn application(city: &City, materials: Value) -> Value {
    json!({
        "item_id": city.item,
        "answers": {
            "shop_name": "青禾小馆", "shop_address": "云川市云川区文峰街31号", "area": 86,
            "form": "restaurant", "manager_id": citizen_id("19900307", 1)
        },
        "materials": materials,
        "delivery": "electronic"
    })
}
