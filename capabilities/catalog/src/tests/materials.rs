//! 材料库 through the desk and the API: who asks for a paper, one going over to another, names that become one paper.

use axum::http::StatusCode;
use casework::Role;
use serde_json::{Value, json};

use super::desk::{Colleague, hire, item};
use super::world::{Served, now};
use crate::app::materials;
use crate::library::shipped;
use crate::store as records;

const PATH: &str = "/api/v1/catalog/materials";

async fn install(city: &Served) -> Colleague {
    let again = city
        .world
        .db
        .write(|tx| materials::install(tx, shipped(), "系统", now()))
        .await
        .expect("installs");
    assert_eq!(again, 0, "a library that is there is left alone");
    city.catalog.refresh().await.expect("reads");
    Colleague {
        cookie: city.admin.clone(),
        token: city.admin_token.clone(),
    }
}

async fn standards_of(city: &Served, name: &str) -> Vec<String> {
    let item_id = item(city, name);
    let known = city
        .world
        .db
        .read(move |tx| records::current(tx, item_id))
        .await
        .expect("reads")
        .expect("published");
    known
        .item
        .materials
        .iter()
        .map(|material| material.standard.clone())
        .collect()
}

async fn who_asks_for_a_paper_is_listed(city: Served) {
    let admin = install(&city).await;
    let code = shipped()[0].code.clone();
    assert_eq!(shipped()[0].name, "居民身份证");
    let listed = admin.ask(&city, PATH).await.json();
    let first = &listed["items"][0];
    assert_eq!(first["material"]["code"], code, "{listed}");
    let uses = first["items"].as_i64().expect("a number");
    assert!(uses > 20, "{uses}");
    assert!(listed["next"].is_string(), "more than one page");
    let mut users = 0;
    let mut path = format!("{PATH}/{code}/items");
    loop {
        let page = admin.ask(&city, &path).await.json();
        users += page["items"].as_array().expect("a list").len();
        match page["next"].as_str() {
            Some(next) => path = format!("{PATH}/{code}/items?cursor={next}"),
            None => break,
        }
    }
    assert_eq!(i64::try_from(users), Ok(uses));
    let page = admin
        .get(
            &city,
            "/admin/catalog/materials?q=%E8%BA%AB%E4%BB%BD%E8%AF%81",
        )
        .await;
    assert!(page.text().contains("居民身份证") && !page.text().contains("营业执照正本"));
    assert!(page.text().contains("还没有归入的材料"));
    let show = admin
        .get(&city, &format!("/admin/catalog/materials/{code}"))
        .await;
    assert!(show.text().contains("随平台提供") && show.text().contains("公安机关"));
    let refused = city.get_as(&city.clerk, "/admin/catalog/materials").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let sheet = admin.get(&city, "/admin/catalog/materials/export").await;
    assert_eq!(sheet.status, StatusCode::OK);
}

async fn a_paper_is_written_once_and_by_whom_it_belongs_to(city: Served) {
    let admin = install(&city).await;
    let editor = hire(&city, "editor1", "陈静", Role::CatalogEditor).await;
    let new = json!({
        "material": { "code": "SM9001", "name": "房屋安全鉴定报告", "issuer": "鉴定机构", "validity_months": 12 },
        "revision": 0
    });
    let refused = editor.call(&city, PATH, &new).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let made = admin.call(&city, PATH, &new).await;
    assert_eq!(made.json()["revision"], 1, "{}", made.text());
    let twice = admin.call(&city, PATH, &new).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut same_name = new.clone();
    same_name["material"]["code"] = json!("SM9002");
    let refused = admin.call(&city, PATH, &same_name).await;
    assert!(refused.text().contains("SM9001"), "{}", refused.text());
    let mut stale = new.clone();
    stale["revision"] = json!(7);
    let refused = admin.call(&city, PATH, &stale).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    // At the desk: wrong, then right; the change stands in its record.
    let page = "/admin/catalog/materials/SM9001";
    let fields = [
        ("revision", "1"),
        ("name", "房屋安全鉴定报告"),
        ("validity_months", "0"),
    ];
    let refused = admin.send(&city, page, page, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("有效期应为"));
    let fields = [
        ("revision", "1"),
        ("name", "房屋安全鉴定报告"),
        ("validity_months", "6"),
        ("reason", "新办法规定"),
    ];
    let saved = admin.send(&city, page, page, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let shown = admin.get(&city, page).await;
    assert!(shown.text().contains("新办法规定") && shown.text().contains("value=\"6\""));
    let known = admin.ask(&city, &format!("{PATH}/SM9001")).await.json();
    assert_eq!(known["material"]["validity_months"], 6);
    assert_eq!(known["revision"], 2);
}

/// The batch of a preview, handed in and let pass by a second person.
async fn publish(city: &Served, by: &Colleague, preview: &Value) {
    let bulk = preview["bulk_id"].as_str().expect("a preview").to_owned();
    let hand_in = format!("/api/v1/catalog/bulk/{bulk}/drafts");
    let drafted = by
        .call(city, &hand_in, &json!({ "note": "同一份材料" }))
        .await;
    assert_eq!(drafted.status, StatusCode::OK, "{}", drafted.text());
    let batch = drafted.json()["batch"].as_str().expect("an id").to_owned();
    let reviewer = hire(city, "reviewer1", "周敏", Role::CatalogReviewer).await;
    let page = format!("/admin/catalog/batches/{batch}");
    let passed = reviewer
        .send(city, &page, &format!("{page}/approve"), &[])
        .await;
    assert_eq!(passed.status, StatusCode::SEE_OTHER, "{}", passed.text());
    city.catalog.refresh().await.expect("reads");
}

async fn one_paper_goes_over_to_another_with_its_items(city: Served) {
    let admin = install(&city).await;
    let library = city.catalog.library();
    let from = library.code_of("场所使用权证明").expect("there").to_owned();
    let into = library
        .code_of("经营场所使用证明")
        .expect("there")
        .to_owned();
    let merge = format!("{PATH}/{from}/merge");
    let refused = admin
        .call(&city, &merge, &json!({ "into": into, "reason": "" }))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refused = admin
        .call(&city, &merge, &json!({ "into": from, "reason": "同一份" }))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let preview = admin
        .call(&city, &merge, &json!({ "into": into, "reason": "同一份" }))
        .await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text());
    assert_eq!(city.catalog.library().canonical(&from), into);
    let users = city
        .world
        .db
        .read({
            let from = from.clone();
            move |tx| records::users_of(tx, &from, None, 100)
        })
        .await
        .expect("reads");
    assert!(!users.is_empty());
    publish(&city, &admin, &preview.json()).await;
    for user in &users {
        let standards = standards_of(&city, &user.item_name).await;
        assert!(!standards.contains(&from) && standards.contains(&into));
    }
    let page = admin
        .get(&city, &format!("/admin/catalog/materials/{from}"))
        .await;
    assert!(page.text().contains("取消并入") && page.text().contains("同一份"));
    // Nothing is left: going over again changes nothing.
    let again = admin
        .call(&city, &merge, &json!({ "into": into, "reason": "同一份" }))
        .await;
    assert_eq!(again.json()["bulk_id"], Value::Null, "{}", again.text());
}

async fn names_that_nobody_assigned_become_one_paper(city: Served) {
    let admin = install(&city).await;
    let new = json!({ "material": { "code": "SM9001", "name": "申请书" }, "revision": 0 });
    admin.call(&city, PATH, &new).await;
    let asking = city
        .world
        .db
        .read(|tx| records::unassigned_users(tx, &["申请书".to_owned()]))
        .await
        .expect("reads");
    assert!(asking.len() > 3, "{}", asking.len());
    let assign = format!("{PATH}/SM9001/assign");
    let refused = admin.call(&city, &assign, &json!({ "names": [] })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // At the desk an unknown code is refused beside its field.
    let fields = [("name", "申请书"), ("code", "SM0000")];
    let refused = admin
        .send(
            &city,
            "/admin/catalog/materials",
            "/admin/catalog/materials/assign",
            &fields,
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("材料库里没有这个编码"));
    let preview = admin
        .call(&city, &assign, &json!({ "names": ["申请书"] }))
        .await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text());
    publish(&city, &admin, &preview.json()).await;
    let left = city
        .world
        .db
        .read(|tx| records::unassigned_users(tx, &["申请书".to_owned()]))
        .await
        .expect("reads");
    assert_eq!(left, []);
}

crate::tests::world::on_both!(doors:
    who_asks_for_a_paper_is_listed,
    a_paper_is_written_once_and_by_whom_it_belongs_to,
    one_paper_goes_over_to_another_with_its_items,
    names_that_nobody_assigned_become_one_paper,
);
