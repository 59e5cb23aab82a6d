//! Questions with parts, from outside: rows that come and go, regions, files, signatures, and switches that lose
//! nothing; without any script.

use axum::http::{Method, StatusCode};
use base::ids::{ItemId, OrgId, VersionId};
use catalog::model::Item;
use catalog::store::{NewVersion, Publisher};
use people::regions::Region;
use serde_json::{Value, json};

use super::city::{City, PDF, citizen_id, on_both};

/// The signature of one dot.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// Publishes the item and puts the regions it needs.
async fn published(city: &City) -> ItemId {
    let now = city.app.now();
    let (item_id, version_id) = (city.app.ids.next(now), city.app.ids.next::<VersionId>(now));
    let food = city.intake.catalog.current(city.item).await;
    let org: OrgId = food.expect("read").expect("there").org_id;
    city.app
        .db
        .write(move |tx| -> Result<(), people::Error> {
            for (code, name) in [
                ("990000", "云岭省"),
                ("990100", "云川市"),
                ("990102", "云川区"),
                ("990102001", "滨江街道"),
                ("990102001001", "钟楼社区"),
                ("990103", "临江区"),
            ] {
                let parsed = base::codes::RegionCode::parse(code).expect("a code");
                people::regions::put(
                    tx,
                    &Region {
                        code: code.into(),
                        name: name.into(),
                        level: parsed.level(),
                        parent: None,
                        valid_from: "2020-01-01".parse().expect("a date"),
                        valid_to: None,
                        replaced_by: None,
                    },
                )?;
            }
            Publisher::begin(tx, now, "测试")?.publish(
                tx,
                NewVersion {
                    item_id,
                    version_id,
                    org_id: org,
                    region: "990102",
                    item: &item(),
                    flags: &[],
                },
            )?;
            Ok(())
        })
        .await
        .expect("published");
    city.intake.catalog.refresh().await.expect("read again");
    item_id
}

fn item() -> Item {
    serde_json::from_value(json!({
        "name": "小作坊登记",
        "item_type": "01",
        "region_code": "990102",
        "service_objects": [1],
        "handling_forms": [1, 2],
        "delivery": ["electronic"],
        "form": { "pages": [
            { "key": "place", "title": "作坊在哪里？", "fields": [
                { "key": "shop", "label": "经营地址", "kind": "region_address", "required": true },
                { "key": "since", "label": "开业日期", "kind": "date", "required": true },
                { "key": "price", "label": "投资额", "kind": "amount", "required": false }
            ]},
            { "key": "people", "title": "谁在作坊工作？", "fields": [
                { "key": "workers", "label": "从业人员", "kind": "group", "required": true, "max": 3, "fields": [
                    { "key": "name", "label": "姓名", "kind": "text", "required": true, "personal": true },
                    { "key": "id", "label": "身份证号码", "kind": "citizen_id", "required": true, "personal": true }
                ]},
                { "key": "tools", "label": "设备", "kind": "table", "required": false, "fields": [
                    { "key": "what", "label": "名称", "kind": "text", "required": true },
                    { "key": "count", "label": "数量", "kind": "number", "required": true, "min": 1 }
                ]}
            ]},
            { "key": "sign", "title": "请签名", "fields": [
                { "key": "plan", "label": "平面图", "kind": "file", "required": true },
                { "key": "hand", "label": "申请人签名", "kind": "signature", "required": true }
            ]}
        ]}
    }))
    .expect("an item")
}

async fn started(city: &City, item: ItemId) -> String {
    let begun = city
        .post(&city.citizen_cookie, &format!("/apply/{item}"), &[])
        .await
        .led_to();
    begun
        .rsplit_once('/')
        .expect("a page of the draft")
        .0
        .to_owned()
}

const PLACE: &[(&str, &str)] = &[
    ("shop-level", "990000"),
    ("shop-level", "990100"),
    ("shop-level", "990102"),
    ("shop-level", "990102001"),
    ("shop-level", ""),
    ("shop-street", "滨江大道12号"),
    ("since-year", "2026-05-01"),
    ("since-month", ""),
    ("since-day", ""),
    ("price", "12,345.5"),
];

#[tokio::test]
async fn an_application_with_rows_files_and_a_signature_is_filed_without_script() {
    on_both(async |city| {
        let item = published(&city).await;
        let cookie = &city.citizen_cookie;
        let draft = started(&city, item).await;
        let page = |name: &str| format!("{draft}/{name}");

        // The region the item belongs to is proposed; the next list is open.
        let place = city.get(cookie, &page("place")).await;
        assert!(
            place
                .page()
                .contains("<option value=\"990102\" selected>云川区")
        );
        assert!(place.text.contains("<option value=\"990102001\">滨江街道"));
        let short = [
            ("shop-level", "990000"),
            ("shop-level", "990100"),
            ("shop-street", "路"),
        ];
        let refused = city.post(cookie, &page("place"), &short).await;
        assert!(
            refused
                .refused()
                .contains("请继续选择“云川市”下面的市、区县和街道")
        );
        assert!(refused.text.contains("href=\"#shop-region\""));
        let on = city.post(cookie, &page("place"), PLACE).await;
        assert_ne!(on.led_to(), page("place"));

        // A row is added: nothing is checked, everything stays.
        let id = citizen_id("19900307", 1);
        let half = [
            ("workers-rows", "1"),
            ("workers-0-name", "陈采薇"),
            ("tools-rows", "3"),
            ("tools-1-what", "石磨"),
            ("action", "add:workers"),
        ];
        let added = city.post(cookie, &page("people"), &half).await.led_to();
        assert_eq!(added, format!("{}#workers-1-name", page("people")));
        let people = city.get(cookie, &page("people")).await;
        assert!(people.page().contains("name=\"workers-1-name\""));
        assert!(people.text.contains("value=\"陈采薇\"") && people.text.contains("value=\"石磨\""));
        let full = [
            ("workers-rows", "2"),
            ("workers-0-name", "陈采薇"),
            ("workers-0-id", id.as_str()),
            ("workers-1-name", "王小明"),
            ("tools-rows", "3"),
            ("tools-1-what", "石磨"),
            ("tools-1-count", "2"),
        ];
        let refused = city.post(cookie, &page("people"), &full).await;
        assert!(refused.refused().contains("第2项：请填写“身份证号码”"));
        assert!(refused.text.contains("href=\"#workers-1-id\""));
        // The check page says on which page that is.
        let early = city.get(cookie, &page("check-answers")).await;
        assert!(
            early
                .page()
                .contains("谁在作坊工作？ 从业人员：第2项：请填写“身份证号码”")
        );
        let less = [full.as_slice(), &[("action", "remove:workers:1")]].concat();
        city.post(cookie, &page("people"), &less).await.led_to();
        assert!(
            !city
                .get(cookie, &page("people"))
                .await
                .page()
                .contains("王小明")
        );
        let one: Vec<_> = full
            .iter()
            .copied()
            .filter(|(name, _)| !name.starts_with("workers-1"))
            .collect();
        let on = city.post(cookie, &page("people"), &one).await;
        assert_ne!(on.led_to(), page("people"));

        // A file is kept as soon as it is there; a signature under a strange name is not taken.
        let sent = city
            .upload(
                cookie,
                &page("sign"),
                &[("action", "keep:plan")],
                &[("plan", "平面图.pdf", PDF)],
            )
            .await;
        assert_eq!(sent.led_to(), format!("{}#plan", page("sign")));
        let sign = city.get(cookie, &page("sign")).await;
        assert!(sign.page().contains("平面图.pdf"));
        let digest = sign.hidden("plan-keep");
        let file = city.get(cookie, &page(&format!("files/{digest}"))).await;
        assert_eq!(file.status, StatusCode::OK);
        let strange = [
            ("plan-keep", digest.as_str()),
            ("hand-name", "王小明"),
            ("hand-sure", "1"),
        ];
        let refused = city.upload(cookie, &page("sign"), &strange, &[]).await;
        assert!(refused.refused().contains("签名要和申请人的姓名一致"));
        let drawn = city
            .upload(
                cookie,
                &page("sign"),
                &[("plan-keep", digest.as_str())],
                &[("hand", "signature.png", PNG)],
            )
            .await;
        assert_ne!(drawn.led_to(), page("sign"));

        let check = city.get(cookie, &page("check-answers")).await;
        for said in [
            "云岭省云川市云川区滨江街道滨江大道12号",
            "2026-05-01",
            "12345.50元（壹万贰仟叁佰肆拾伍元伍角整）",
            "1. 姓名：陈*薇；身份证号码：",
            "1. 名称：石磨；数量：2",
            "平面图.pdf",
            "已手写签名",
        ] {
            assert!(check.page().contains(said), "{said}: {}", check.text);
        }
        let seen = check.hidden("seen");
        let filed = city
            .post(
                cookie,
                &page("check-answers"),
                &[("seen", seen.as_str()), ("agree", "1")],
            )
            .await
            .led_to();
        let case = filed.trim_end_matches("/submitted").to_owned();
        let shown = city.get(cookie, &case).await;
        assert!(shown.page().contains("石磨") && shown.text.contains("滨江街道"));
        // The file of an answer is a file of the case; nobody else's.
        let file = city.get(cookie, &format!("{case}/files/{digest}")).await;
        assert_eq!(file.status, StatusCode::OK);
        let other = city
            .get(&city.other_cookie, &format!("{case}/files/{digest}"))
            .await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
        city
    })
    .await;
}

#[tokio::test]
async fn switching_language_or_look_keeps_what_was_typed() {
    on_both(async |city| {
        let item = published(&city).await;
        let cookie = &city.citizen_cookie;
        let draft = started(&city, item).await;
        let place = format!("{draft}/place");
        let shown = city.get(cookie, &place).await;
        // A form sent in parts begins with its token, and what is sent follows the page.
        let token = shown.text.find("name=\"csrf\"").expect("a token");
        let switch = shown.text.find("name=\"preference\"").expect("a switch");
        assert!(token < switch && shown.text[token..switch].contains("form=\"question\""));
        // The switches send the form; Enter in a field presses another button, which stands first.
        assert!(
            shown
                .page()
                .contains("form=\"question\" name=\"preference\" value=\"lang=en\"")
        );
        let first = shown.text.find("form=\"question\"").expect("a button");
        let button = &shown.text[shown.text[..first].rfind('<').expect("its tag")..];
        assert!(!button[..button.find('>').expect("an end")].contains("preference"));
        for preference in ["lang=en", "care=1", "theme=dark"] {
            let typed = [
                ("shop-level", "990000"),
                ("shop-level", "990100"),
                ("shop-level", "990103"),
                ("shop-street", "河边"),
                ("since-year", "20"),
                ("since-month", "5"),
                ("since-day", ""),
                ("preference", preference),
            ];
            let to = city.post(cookie, &place, &typed).await.led_to();
            assert!(
                to.starts_with(&format!("/prefs?{preference}&back=")),
                "{to}"
            );
            let back = city.get(cookie, &to).await.led_to();
            assert_eq!(back, place);
            let again = city.get(cookie, &back).await;
            for kept in [
                "value=\"河边\"",
                "value=\"20\"",
                "value=\"5\"",
                "<option value=\"990103\" selected>",
            ] {
                assert!(again.page().contains(kept), "{kept}");
            }
            // Looking at it in another way is no mistake yet.
            assert!(!again.text.contains("error-summary"));
        }
        let strange = [("preference", "lang=en&back=//evil.example")];
        assert_eq!(city.post(cookie, &place, &strange).await.led_to(), place);
        // The pages around the form keep theirs too, right or wrong.
        let details = format!("{draft}/your-details");
        let phone = [("phone", "13800"), ("preference", "care=1")];
        city.post(cookie, &details, &phone).await.led_to();
        assert!(
            city.get(cookie, &details)
                .await
                .page()
                .contains("value=\"13800\"")
        );
        // Typing is kept while somebody types, half-filled rows and all.
        let half = [("workers-rows", "2"), ("workers-1-name", "王")];
        let people = format!("{draft}/people");
        let saved = city
            .post(cookie, &format!("{people}?autosave=1"), &half)
            .await;
        assert_eq!(saved.status, StatusCode::NO_CONTENT);
        let again = city.get(cookie, &people).await;
        assert!(
            again
                .page()
                .contains("name=\"workers-1-name\" value=\"王\"")
        );
        city
    })
    .await;
}

#[tokio::test]
async fn the_next_list_of_regions_is_given_as_json() {
    on_both(async |city| {
        published(&city).await;
        let below = |above: &str| format!("/regions/below?above={above}");
        let towns = city.get("", &below("990102")).await.json();
        assert_eq!(towns, json!([{ "code": "990102001", "name": "滨江街道" }]));
        let provinces = city.get("", "/regions/below").await.json();
        assert_eq!(provinces[0]["name"], "云岭省");
        for nothing in ["99", "x", "%27", "990102001001"] {
            assert_eq!(
                city.get("", &below(nothing)).await.json(),
                json!([]),
                "{nothing}"
            );
        }
        city
    })
    .await;
}

#[tokio::test]
async fn a_program_is_told_where_a_nested_answer_is_wrong() {
    on_both(async |city| {
        let item = published(&city).await;
        let id = citizen_id("19900307", 1);
        let file = {
            let csrf: [(&str, &str); 0] = [];
            let draft = started(&city, item).await;
            let sign = format!("{draft}/sign");
            let plan = [("plan", "平面图.pdf", PDF)];
            city.upload(&city.citizen_cookie, &sign, &csrf, &plan).await;
            city.get(&city.citizen_cookie, &sign)
                .await
                .hidden("plan-keep")
        };
        let good = json!({
            "shop": { "region": "990102001000", "street": "滨江大道12号", "place": "别的地方" },
            "since": "2026-05-01",
            "workers": [{ "name": "陈采薇", "id": id }],
            "plan": { "digest": file, "name": "别的名字.exe" },
            "hand": { "name": "陈 采薇", "confirmed": true },
        });
        let filed = |key: &'static str, answers: Value| {
            let body = json!({ "item_id": item.to_string(), "answers": answers });
            city.call(
                Method::POST,
                "/api/v1/cases",
                &city.citizen_token,
                key,
                Some(body),
            )
        };
        let changed = |member: &str, value: Value| {
            let mut answers = good.clone();
            answers[member] = value;
            answers
        };
        for (key, member, value, pointer) in [
            (
                "n-1",
                "shop",
                json!({ "region": "990109", "street": "x" }),
                "/answers/shop/region",
            ),
            (
                "n-2",
                "shop",
                json!({ "region": "990102", "street": "x" }),
                "/answers/shop/region",
            ),
            ("n-3", "shop", json!([[[[]]]]), "/answers/shop"),
            (
                "n-4",
                "workers",
                json!([{ "name": "甲" }]),
                "/answers/workers/0/id",
            ),
            (
                "n-5",
                "workers",
                json!([{ "name": "甲", "id": id, "x": {} }]),
                "/answers/workers/0/x",
            ),
            ("n-6", "workers", json!([null]), "/answers/workers/0"),
            (
                "n-7",
                "workers",
                json!(vec![json!({}); 900]),
                "/answers/workers",
            ),
            (
                "n-8",
                "tools",
                json!([{ "what": "磨", "count": -1 }]),
                "/answers/tools/0/count",
            ),
            (
                "n-9",
                "plan",
                json!({ "digest": "0".repeat(64) }),
                "/answers/plan",
            ),
            (
                "n-10",
                "plan",
                json!({ "digest": 7 }),
                "/answers/plan/digest",
            ),
            (
                "n-11",
                "hand",
                json!({ "name": "王小明", "confirmed": true }),
                "/answers/hand/name",
            ),
            (
                "n-12",
                "hand",
                json!({ "image": { "digest": file } }),
                "/answers/hand",
            ),
            ("n-13", "hand", json!("陈采薇"), "/answers/hand"),
        ] {
            let refused = filed(key, changed(member, value)).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{key} {}",
                refused.text
            );
            assert!(
                refused.text.contains(&format!("\"{pointer}\"")),
                "{key} {pointer}: {}",
                refused.text
            );
        }
        // What is right is completed by the platform, whatever the program claimed about it.
        let done = filed("n-14", good.clone()).await;
        assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
        let case = done.json()["case_id"].as_str().expect("an id").to_owned();
        let shown = city
            .get(&city.citizen_cookie, &format!("/cases/{case}"))
            .await;
        assert!(
            shown
                .page()
                .contains("云岭省云川市云川区滨江街道滨江大道12号")
        );
        assert!(shown.text.contains("平面图.pdf") && !shown.text.contains("别的名字"));
        city
    })
    .await;
}

#[tokio::test]
async fn odd_pages_of_rows_are_answered_with_the_page() {
    on_both(async |city| {
        let item = published(&city).await;
        let cookie = &city.citizen_cookie;
        let draft = started(&city, item).await;
        let people = format!("{draft}/people");
        for odd in [
            vec![("workers-rows", "-1")],
            vec![("workers-rows", "99999999999999999999")],
            vec![("workers-rows", "x"), ("workers-0-name", "甲")],
            vec![("workers-rows", "50"), ("workers-49-name", "甲")],
            vec![("action", "remove:workers:9999"), ("workers-rows", "1")],
            vec![("action", "add:"), ("workers-rows", "1")],
            vec![("action", "remove:workers:-1")],
            vec![("workers-0-name-deep-er", "甲"), ("workers", "甲")],
        ] {
            let seen = city.post(cookie, &people, &odd).await;
            assert!(
                matches!(seen.status.as_u16(), 303 | 422),
                "{odd:?}: {}",
                seen.status
            );
            city.get(cookie, &people).await.page();
        }
        // A file that is none, in a question that asks for one.
        let sign = format!("{draft}/sign");
        let refused = city
            .upload(cookie, &sign, &[], &[("plan", "a.exe", b"MZ\x90\0")])
            .await;
        assert!(refused.refused().contains("类型不能上传"));
        city
    })
    .await;
}
