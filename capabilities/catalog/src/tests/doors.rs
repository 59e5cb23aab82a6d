//! The catalogue's pages and operations, through the whole server.

use axum::http::{Method, StatusCode};

use super::world::{DEMO, Served, later, multipart, request, with};
use crate::app::import;
use crate::import::{self as files};
use crate::model::Item;

/// The address of the item with this name.
fn guide(city: &Served, name: &str) -> String {
    let snapshot = city.catalog.snapshot();
    let brief = snapshot
        .items()
        .iter()
        .find(|brief| brief.name == name)
        .expect(name);
    format!("/items/{}", brief.item_id)
}

async fn the_front_page_searches_first_and_is_kept_ready(city: Served) {
    let first = city.get("/").await;
    assert_eq!(first.status, StatusCode::OK);
    for part in [
        "您要办什么事？",
        "action=\"/search\"",
        "婚姻登记",
        "人生事件",
        "/browse/departments",
        "/halls",
    ] {
        assert!(first.text().contains(part), "{part}");
    }
    let again = city.get("/").await;
    assert_eq!(again.bytes, first.bytes);
    let fresh = with(
        request(Method::GET, "/", "", ""),
        "if-none-match",
        first.header("etag"),
    );
    assert_eq!(city.send(fresh).await.status, StatusCode::NOT_MODIFIED);
    // A signed-in visitor's page is their own.
    let own = city.get_as(&city.citizen, "/").await;
    assert!(own.text().contains("王*明") && own.header("cache-control").contains("no-store"));
    assert!(!city.get("/").await.text().contains("王*明"));
    let english = city.get_as("tb_lang=en", "/").await;
    assert!(
        english.text().contains("What do you need to do?"),
        "{}",
        &english.text()[..400]
    );
}

async fn everyday_words_lead_to_the_item(city: Served) {
    for (question, item) in [
        ("老人补贴", "高龄津贴申领"),
        ("开饭店", "食品经营许可新办"),
        ("结婚", "结婚登记"),
    ] {
        let encoded = crate::pages::links::search(&[("q", question)]);
        let seen = city.get(&encoded).await;
        assert_eq!(seen.status, StatusCode::OK);
        let text = seen.text();
        let first = text.find("class=\"rowlink\"").expect("an answer");
        assert!(text[first..first + 400].contains(item), "{question}");
    }
    let none = city
        .get("/search?q=%E9%87%8F%E5%AD%90%E5%8A%9B%E5%AD%A6")
        .await;
    assert!(none.text().contains("没有找到对应的事项"));
    let told = city.get("/suggest?q=jhdj").await.json();
    assert_eq!(told[0]["name"], "结婚登记");
    assert_eq!(told[0]["kind"], "item");
    assert!(
        told[0]["href"]
            .as_str()
            .is_some_and(|href| href.starts_with("/items/"))
    );
    let halls = city
        .get("/suggest?q=%E6%96%87%E5%B3%B0%E8%A1%97")
        .await
        .json();
    assert_eq!(halls[0]["kind"], "hall", "{halls}");
    assert_eq!(halls[0]["href"], "/halls/1");
    assert_eq!(city.get("/suggest").await.json(), serde_json::json!([]));
}

async fn a_slip_is_read_past_and_said(city: Served) {
    // 工积金提取
    let slip = "/search?q=%E5%B7%A5%E7%A7%AF%E9%87%91%E6%8F%90%E5%8F%96";
    let seen = city.get(slip).await;
    let text = seen.text();
    assert!(text.contains("住房公积金提取"));
    assert!(text.contains("已经按这个词查找") && text.contains("公积金提取</b>"));
    let exactly = city.get(&format!("{slip}&exact=1")).await;
    assert!(!exactly.text().contains("已经按这个词查找"));
}

async fn what_is_asked_in_vain_is_counted_without_who(city: Served) {
    for query in [
        "q=%E9%87%8F%E5%AD%90%E8%AE%B8%E6%84%BF%E6%9C%BA",
        "q=13800138000",
    ] {
        for _ in 0..3 {
            let none = city.get(&format!("/search?{query}")).await;
            assert!(none.text().contains("没有找到对应的事项"), "{query}");
        }
    }
    // Narrowed down to nothing: no gap in the catalogue.
    for _ in 0..3 {
        city.get("/search?q=%E9%87%8F%E5%AD%90%E9%97%A8&audience=corp")
            .await;
    }
    assert_eq!(
        city.get("/admin/catalog/searches").await.status,
        StatusCode::SEE_OTHER
    );
    let seen = city.get_as(&city.admin, "/admin/catalog/searches").await;
    let text = seen.text();
    assert!(text.contains("量子许愿机"));
    assert!(!text.contains("13800138000") && !text.contains("量子门"));
    let file = city
        .get_as(&city.admin, "/admin/catalog/searches/export?format=csv")
        .await;
    assert!(
        file.text().contains("量子许愿机,3,2026-05-11"),
        "{}",
        file.text()
    );
}

async fn a_chosen_region_is_remembered_and_comes_first(city: Served) {
    let seen = city.get("/browse/regions").await;
    assert!(seen.text().contains("云川区"));
    let chosen = city
        .get("/browse/regions/choose?code=990102&back=%2Fbrowse%2Fdepartments")
        .await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
    assert_eq!(chosen.header("location"), "/browse/departments");
    assert!(chosen.header("set-cookie").starts_with("tb_region=990102;"));
    let home = city.get_as("tb_region=990102", "/").await;
    assert!(home.text().contains("云川区") && !home.text().contains("全部地区"));
    assert!(city.get("/").await.text().contains("全部地区"));
    // Nobody's region, and one of another city.
    for code in ["999999", "110000", "99010x", "%3Cscript%3E"] {
        let seen = city
            .get(&format!("/browse/regions/choose?code={code}"))
            .await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{code}");
        let home = city.get_as(&format!("tb_region={code}"), "/").await;
        assert!(home.text().contains("全部地区"), "{code}");
    }
    let elsewhere = city
        .get("/browse/regions/choose?code=&back=%2F%2Fevil.example")
        .await;
    assert_eq!(elsewhere.header("location"), "/");
    assert!(elsewhere.header("set-cookie").contains("Max-Age=0"));
}

async fn odd_questions_are_answered_with_a_page(city: Served) {
    for query in [
        "q=",
        "q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "q=%27%20OR%201%3D1%20--",
        "page=99999999999999999999",
        "page=-1&q=%E7%99%BB%E8%AE%B0",
        "audience=martian&theme=nowhere&dept=none",
        "theme=p10&audience=person",
        "dept=990102.civil",
    ] {
        let seen = city.get(&format!("/search?{query}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{query}");
        assert!(!seen.text().contains("<script>alert"), "{query}");
    }
    let long = format!("/search?q={}", "a".repeat(4000));
    assert_eq!(city.get(&long).await.status, StatusCode::OK);
    assert_eq!(
        city.get("/search?q=%FF%FE").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        city.get("/search?q=a&q=b").await.status,
        StatusCode::BAD_REQUEST
    );
}

async fn pages_to_browse_by_lead_to_items(city: Served) {
    let theme = city.get("/browse/themes/p10").await;
    assert!(theme.text().contains("结婚登记"));
    let event = city.get("/browse/life/marriage").await;
    assert!(event.text().contains("结婚登记"));
    let departments = city.get("/browse/departments").await;
    assert!(
        departments
            .text()
            .contains("/browse/departments/990102.civil")
    );
    assert!(departments.text().contains("云川区"));
    let civil = city.get("/browse/departments/990102.civil").await;
    assert!(civil.text().contains("高龄津贴申领"));
    for path in [
        "/browse/themes/x",
        "/browse/life/x",
        "/browse/departments/x",
        "/items/x",
        "/items/x/versions/1",
    ] {
        assert_eq!(city.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn a_guide_says_by_which_date(city: Served) {
    let path = guide(&city, "食品经营许可新办");
    let seen = city.get(&path).await;
    assert_eq!(seen.status, StatusCode::OK);
    let text = seen.text();
    // 11 May 2026 and eight working days.
    assert!(text.contains("最迟2026年5月21日（星期四）办结"));
    assert!(
        text.contains("承诺8个工作日")
            && text.contains("法定20个工作日")
            && text.contains("缩短60%")
    );
    assert!(text.contains("class=\"strip\"") && text.contains("逐日推算"));
    assert!(text.contains("免提交") && text.contains("容缺后补"));
    assert!(text.contains(&path.replace("/items/", "/apply/")));
    assert!(text.contains("第1版"));
    assert_eq!(city.get(&path).await.bytes, seen.bytes, "kept ready");
    let english = city.get_as("tb_lang=en", &path).await;
    assert!(english.text().contains("Thursday, 21 May 2026"));
    let instant = city.get(&guide(&city, "结婚登记")).await;
    assert!(instant.text().contains("当场办结"));
    // Every guide can be made, in both languages.
    for brief in city.catalog.snapshot().items() {
        for cookie in ["tb_lang=zh", "tb_lang=en; tb_care=1"] {
            let seen = city
                .get_as(cookie, &format!("/items/{}", brief.item_id))
                .await;
            assert_eq!(seen.status, StatusCode::OK, "{}", brief.name);
            assert!(
                seen.bytes.len() < 100 * 1024,
                "{}: {} bytes",
                brief.name,
                seen.bytes.len()
            );
        }
    }
}

async fn old_versions_stay_readable_and_script_stays_text(city: Served) {
    let path = guide(&city, "结婚登记");
    let mut parsed = city.world.read(DEMO);
    parsed.good.retain(|record| record.item.name == "结婚登记");
    parsed.rows = 1;
    let evil = "<script>alert(1)</script>";
    let item: &mut Item = &mut parsed.good[0].item;
    item.summary = format!("新的简介{evil}");
    item.accept_conditions = vec![evil.into()];
    item.faq = vec![crate::model::Faq {
        question: evil.into(),
        answer: evil.into(),
    }];
    for material in &mut item.materials {
        material.name = evil.into();
        material.fill_notes = evil.into();
    }
    let admin = city.world.admin.clone();
    city.world
        .import(parsed, later(), &admin)
        .await
        .expect("imports");
    city.catalog.refresh().await.expect("reads");
    let new = city.get(&path).await;
    assert!(
        new.text().contains("新的简介&#60;script&#62;") && !new.text().contains("<script>alert")
    );
    assert!(new.text().contains(&format!("{path}/versions/1")));
    let old = city.get(&format!("{path}/versions/1")).await;
    assert!(old.text().contains("现在不再使用") && !old.text().contains("新的简介"));
    assert!(!old.text().contains("/apply/"));
    assert_eq!(
        city.get(&format!("{path}/versions/2")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        city.get(&format!("{path}/versions/3")).await.status,
        StatusCode::NOT_FOUND
    );
}

async fn only_administrators_come_to_the_desk(city: Served) {
    for path in [
        "/admin/catalog",
        "/admin/catalog/import",
        "/admin/catalog/export",
        "/admin/catalog/template",
    ] {
        let anonymous = city.get(path).await;
        assert_eq!(anonymous.status, StatusCode::SEE_OTHER, "{path}");
        assert!(
            anonymous.header("location").starts_with("/staff/sign-in")
                || anonymous.header("location").starts_with("/sign-in")
        );
        assert_eq!(
            city.get_as(&city.clerk, path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        assert_eq!(
            city.get_as(&city.citizen, path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        assert_eq!(
            city.get_as(&city.admin, path).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    let list = city
        .get_as(
            &city.admin,
            "/admin/catalog?q=%E7%BB%93%E5%A9%9A&state=published",
        )
        .await;
    assert!(list.text().contains("结婚登记") && !list.text().contains("食品经营许可"));
}

async fn an_item_is_suspended_and_resumed_at_the_desk(city: Served) {
    let path = guide(&city, "结婚登记");
    let desk = path.replace("/items/", "/admin/catalog/items/");
    let form = |page: &super::world::Seen, rest: &str| {
        format!(
            "csrf={}&request_key={}&revision={}&{rest}",
            page.hidden("csrf"),
            page.hidden("request_key"),
            page.hidden("revision")
        )
    };
    let page = city.get_as(&city.admin, &desk).await;
    let body = form(&page, "state=suspended&reason=");
    let refused = city.post(&format!("{desk}/state"), &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("请写明原因") && refused.text().contains("错误："));
    let page = city.get_as(&city.admin, &desk).await;
    let body = form(
        &page,
        "state=suspended&reason=%E7%B3%BB%E7%BB%9F%E7%BB%B4%E6%8A%A4",
    );
    let done = city.post(&format!("{desk}/state"), &body).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let seen = city.get(&path).await;
    assert!(seen.text().contains("暂停受理") && !seen.text().contains("/apply/"));
    // The same form again is the same command; another one on the old state has come too late.
    assert_eq!(
        city.post(&format!("{desk}/state"), &body).await.status,
        StatusCode::SEE_OTHER
    );
    let late = body.replace("request_key=", "request_key=x");
    assert_eq!(
        city.post(&format!("{desk}/state"), &late).await.status,
        StatusCode::CONFLICT
    );
    let page = city.get_as(&city.admin, &desk).await;
    assert!(page.text().contains("系统维护") && page.text().contains("恢复受理"));
    let done = city
        .post(&format!("{desk}/state"), &form(&page, "state=published"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(city.get(&path).await.text().contains("/apply/"));
}

/// Uploads a file at the desk.
async fn upload(city: &Served, name: &str, content: &[u8]) -> super::world::Seen {
    let page = city.get_as(&city.admin, "/admin/catalog/import").await;
    let csrf = page.hidden("csrf");
    let parts: &[(&str, Option<&str>, &[u8])] = &[
        ("csrf", None, csrf.as_bytes()),
        ("org", None, b""),
        ("mapping", None, b""),
        ("file", Some(name), content),
    ];
    city.send(with(
        multipart("/admin/catalog/import", parts),
        "cookie",
        &city.admin,
    ))
    .await
}

async fn a_file_is_looked_at_before_it_is_imported(city: Served) {
    let csv = "事项名称,实施主体,事项类型\n新的事项,990102.civil,公共服务\n坏的事项,没有这个局,公共服务\n";
    let sent = upload(&city, "事项.csv", csv.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let path = sent.header("location").to_owned();
    let look = city.get_as(&city.admin, &path).await;
    assert!(look.text().contains("新的事项") && look.text().contains("没有叫“没有这个局”的机构"));
    assert_eq!(
        city.get_as(&city.clerk, &path).await.status,
        StatusCode::FORBIDDEN
    );
    let body = |page: &super::world::Seen, rest: &str| {
        format!(
            "csrf={}&request_key={}{rest}",
            page.hidden("csrf"),
            page.hidden("request_key")
        )
    };
    let refused = city.post(&path, &body(&look, "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        city.catalog
            .snapshot()
            .items()
            .iter()
            .all(|brief| brief.name != "新的事项")
    );
    let look = city.get_as(&city.admin, &path).await;
    let done = city.post(&path, &body(&look, "&keep_good=1")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let result = city.get_as(&city.admin, &path).await;
    assert!(result.text().contains("新增1项") && result.text().contains("跳过有错误的1行"));
    assert!(
        city.catalog
            .snapshot()
            .items()
            .iter()
            .any(|brief| brief.name == "新的事项")
    );
    // Confirming what is done leads to the result.
    let again = city.post(&path, &body(&look, "&keep_good=1")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

async fn what_cannot_be_read_is_said_at_once(city: Served) {
    let gbk: &[u8] = &[
        0xCA, 0xC2, 0xCF, 0xEE, 0xC3, 0xFB, 0xB3, 0xC6, b',', b'a', b'\n',
    ];
    for (name, content, status, says) in [
        ("a.csv", gbk, 422, "UTF-8"),
        ("a.csv", b"" as &[u8], 422, "是空的"),
        ("a.csv", b"x,y\n1,2\n", 422, "不是能导入的格式"),
        ("a.json", b"[{\"org\": 1}", 422, "语法错误"),
        ("a.png", b"\x89PNG\r\n\x1a\n picture", 415, "类型"),
    ] {
        let seen = upload(&city, name, content).await;
        assert_eq!(seen.status.as_u16(), status, "{name}: {}", seen.text());
        assert!(
            seen.text().contains(says),
            "{name}: {says}: {}",
            seen.text()
        );
    }
}

async fn the_export_is_imported_again_without_a_change(city: Served) {
    for format in ["xlsx", "csv"] {
        let file = city
            .get_as(
                &city.admin,
                &format!("/admin/catalog/export?format={format}"),
            )
            .await;
        assert!(file.header("content-disposition").starts_with("attachment"));
        let parsed = files::read(&file.bytes, &city.world.bodies).expect("reads");
        assert_eq!(parsed.errors, []);
        let preview = city
            .world
            .db
            .read(move |tx| import::preview(tx, &parsed))
            .await
            .expect("looks");
        assert_eq!((preview.created, preview.changed), (0, 0), "{format}");
        assert_eq!(preview.unchanged, city.catalog.snapshot().items().len());
    }
}

async fn the_api_pages_through_the_list(city: Served) {
    let mut seen = std::collections::HashSet::new();
    let mut path = "/api/v1/items?limit=7".to_owned();
    loop {
        let page = city.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.json();
        for item in page["items"].as_array().expect("a list") {
            assert!(seen.insert(item["item_id"].as_str().expect("an id").to_owned()));
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/items?limit=7&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), city.catalog.snapshot().items().len());
    let only = city
        .get("/api/v1/items?org=990102.civil&item_type=05&region=990102")
        .await
        .json();
    assert!(!only["items"].as_array().expect("a list").is_empty());
    for bad in [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=abc",
        "state=gone",
        "region=12",
        "colour=red",
    ] {
        let refused = city.get(&format!("/api/v1/items?{bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
}

async fn the_api_gives_an_item_and_its_form(city: Served) {
    let path = guide(&city, "食品经营许可新办").replace("/items/", "/api/v1/items/");
    let detail = city.get(&path).await.json();
    assert_eq!(detail["item"]["name"], "食品经营许可新办");
    assert_eq!(detail["current"], true);
    assert_eq!(detail["org"]["key"], "990102.market");
    assert_eq!(detail["form_schema"]["additionalProperties"], false);
    assert_eq!(
        city.get("/api/v1/items/not-an-id").await.status,
        StatusCode::NOT_FOUND
    );
    let nobody = "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(city.get(nobody).await.status, StatusCode::NOT_FOUND);
    let found = city
        .get("/api/v1/items/search?q=%E8%80%81%E4%BA%BA%E8%A1%A5%E8%B4%B4&limit=3")
        .await
        .json();
    assert_eq!(found["items"][0]["name"], "高龄津贴申领");
    for bad in [
        "",
        "q=",
        "q=%20&limit=200",
        "q=a&limit=0",
        "q=a&audience=x",
        "q=a&region=zz",
    ] {
        let refused = city.get(&format!("/api/v1/items/search?{bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let document = city.get("/api/v1/openapi.json").await.json();
    for path in [
        "/api/v1/items",
        "/api/v1/items/search",
        "/api/v1/items/{item_id}",
        "/api/v1/items/import",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
}

async fn the_api_imports_once(city: Served) {
    let json =
        r#"[{"org": "990102.civil", "item": {"name": "接口导入的事项", "item_type": "20"}}]"#;
    let send = |token: String, key: &'static str, dry: &'static [u8], content: &'static str| {
        let parts: &[(&str, Option<&str>, &[u8])] = &[
            ("dry_run", None, dry),
            ("file", Some("a.json"), content.as_bytes()),
        ];
        let sent = with(
            multipart("/api/v1/items/import", parts),
            "authorization",
            &token,
        );
        city.send(with(sent, "idempotency-key", key))
    };
    let refused = send(city.clerk_token.clone(), "k0", b"0", json).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let dry = send(city.admin_token.clone(), "k1", b"1", json).await;
    assert_eq!(
        (
            dry.json()["created"].as_i64(),
            dry.json()["dry_run"].as_bool()
        ),
        (Some(1), Some(true))
    );
    assert_eq!(
        city.world.count().await,
        city.catalog.snapshot().items().len()
    );
    let done = send(city.admin_token.clone(), "k2", b"0", json).await;
    assert_eq!(done.json()["created"], 1, "{}", done.text());
    // What was kept as it came is told, one by one.
    let marks = done.json()["marks"].as_array().expect("a list").clone();
    let missing = marks
        .iter()
        .find(|mark| mark["code"] == "impl_code.missing");
    let missing = missing.expect("a record without a code is marked");
    assert_eq!(
        (missing["row"].as_i64(), missing["field"].as_str()),
        (Some(1), Some("impl_code"))
    );
    assert_eq!(done.json()["marks_total"], marks.len());
    let again = send(city.admin_token.clone(), "k2", b"0", json).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json()["created"], 1);
    let bad = r#"[{"org": "nobody", "item": {"name": "x"}}]"#;
    let refused = send(city.admin_token.clone(), "k3", b"0", bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["errors"][0]["field"], "rows/1/实施主体");
}

crate::tests::world::on_both!(doors:
    the_front_page_searches_first_and_is_kept_ready,
    everyday_words_lead_to_the_item,
    a_slip_is_read_past_and_said,
    what_is_asked_in_vain_is_counted_without_who,
    a_chosen_region_is_remembered_and_comes_first,
    odd_questions_are_answered_with_a_page,
    pages_to_browse_by_lead_to_items,
    a_guide_says_by_which_date,
    old_versions_stay_readable_and_script_stays_text,
    only_administrators_come_to_the_desk,
    an_item_is_suspended_and_resumed_at_the_desk,
    a_file_is_looked_at_before_it_is_imported,
    what_cannot_be_read_is_said_at_once,
    the_export_is_imported_again_without_a_change,
    the_api_pages_through_the_list,
    the_api_gives_an_item_and_its_form,
    the_api_imports_once,
);
