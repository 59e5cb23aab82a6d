//! Checks, rules, codes and spot checks through pages and operations.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::checking::{item, publish};
use super::world::{Seen, Served, request, with};

async fn call(city: &Served, method: Method, path: &str, body: Option<Value>) -> Seen {
    let text = body.map_or_else(String::new, |body| body.to_string());
    let media_type = if text.is_empty() {
        ""
    } else {
        "application/json"
    };
    let request = request(method, path, media_type, text);
    let request = with(request, "authorization", &city.admin_token);
    city.send(with(request, "idempotency-key", "checks-00000000-0001"))
        .await
}

async fn read(city: &Served, path: &str) -> Seen {
    let request = request(Method::GET, path, "", "");
    city.send(with(request, "authorization", &city.admin_token))
        .await
}

/// The demonstration's item with this name, as the API gives it.
async fn demo_item(city: &Served, name: &str) -> Value {
    let snapshot = city.catalog.snapshot();
    let brief = snapshot.items().iter().find(|brief| brief.name == name);
    let path = format!("/api/v1/items/{}", brief.expect(name).item_id);
    city.get(&path).await.json()["item"].clone()
}

async fn each_of_the_ten_checks_passes_and_fails(city: Served) {
    let sound = demo_item(&city, "食品经营许可新办").await;
    let checked = call(
        &city,
        Method::POST,
        "/api/v1/catalog/checks",
        Some(sound.clone()),
    )
    .await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.text());
    assert_eq!(checked.json()["publishable"], true, "{}", checked.text());
    let days = |n: u32| json!({ "n": n, "unit": "working_day", "note": "" });
    for (rule, member, value) in [
        ("c1", "promised_limit", days(21)),
        ("c2", "case_type", json!("instant")),
        ("c3", "delivery", json!(["window"])),
        ("c4", "online_depth", json!(["收件"])),
        ("c5", "fees", json!([{ "name": "工本费" }])),
        ("c6", "accept_conditions", json!(["其他有关条件"])),
        (
            "c7",
            "materials",
            json!([{ "key": "a", "name": "营业执照", "core": true, "deficient_ok": true }]),
        ),
        (
            "c8",
            "commitment",
            json!({ "mode": "licence", "concerns": ["公共安全"] }),
        ),
        ("c9", "legal_basis", json!([])),
        ("c10", "base_code", json!("990121001002")),
    ] {
        let mut broken = sound.clone();
        broken[member] = value;
        let told = call(&city, Method::POST, "/api/v1/catalog/checks", Some(broken))
            .await
            .json();
        assert_eq!(told["publishable"], false, "{rule}: {told}");
        let mut findings = told["findings"].as_array().expect("a list").iter();
        assert!(
            findings.any(|finding| finding["rule"] == rule && finding["stops"] == true),
            "{rule}: {told}"
        );
    }
    // A clerk has no business here.
    let request = request(
        Method::POST,
        "/api/v1/catalog/checks",
        "application/json",
        sound.to_string(),
    );
    let refused = city
        .send(with(request, "authorization", &city.clerk_token))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn a_body_is_checked_at_once_and_a_rule_can_be_changed(city: Served) {
    publish(&city.world, "990102.market", item("11990102MB0020212N4", 8)).await;
    publish(&city.world, "990102.civil", item("11440300MB2C94128A4", 8)).await;
    let other = publish(&city.world, "city.market", item("11440300MB2D072246", 5)).await;
    city.catalog.refresh().await.expect("reads");
    let path = "/api/v1/catalog/bodies/city.market/checks";
    let uniform = |told: &Value| -> Vec<Value> {
        let findings = told["findings"].as_array().expect("a list");
        let mut found: Vec<Value> = findings
            .iter()
            .filter(|one| one["item_id"] == other.to_string() && one["benchmark_item"].is_string())
            .cloned()
            .collect();
        found.retain(|one| one["rule"] == "city_wide");
        found
    };
    let told = read(&city, path).await.json();
    let found = uniform(&told);
    assert_eq!(found.len(), 1, "{told}");
    assert_eq!(found[0]["field"], "promised_limit");
    assert_eq!(found[0]["value"], "5个工作日");
    assert_eq!(found[0]["benchmark"], "8个工作日");
    assert_eq!(
        found[0]["edit"],
        format!("/admin/catalog/items/{other}/edit#promised_limit")
    );
    let page = city
        .get_as(&city.admin, "/admin/catalog/checks/body?org=city.market")
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("全城通办四统一") && page.text().contains("8个工作日"));
    // The rule without that element finds nothing.
    let rule = json!({
        "key": "city_wide", "name": "全城通办", "fields": ["steps"], "region": "", "benchmark": "city.market", "off": false
    });
    let rules = "/api/v1/catalog/uniformity-rules/city_wide";
    let kept = call(&city, Method::PUT, rules, Some(rule.clone())).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
    assert_eq!(uniform(&read(&city, path).await.json()), [] as [Value; 0]);
    let mut strange = rule;
    strange["fields"] = json!(["colour"]);
    let refused = call(&city, Method::PUT, rules, Some(strange)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = city
        .get_as(&city.admin, "/admin/catalog/checks/rules?key=city_wide")
        .await;
    assert!(form.text().contains("全城通办") && form.text().contains("兜底用语"));
    let gone = call(&city, Method::DELETE, rules, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let wording = json!({ "words": ["大概"], "allowed": [] });
    let kept = call(&city, Method::PUT, "/api/v1/catalog/wording", Some(wording)).await;
    assert_eq!(kept.json()["words"], json!(["大概"]));
}

async fn a_look_runs_in_the_background_and_stays(city: Served) {
    publish(&city.world, "990102.market", item("11990102MB0020212N4", 8)).await;
    publish(&city.world, "990102.civil", item("11440300MB2C94128A4", 5)).await;
    let started = call(
        &city,
        Method::POST,
        "/api/v1/catalog/check-runs",
        Some(json!({})),
    )
    .await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.text());
    let run_id = started.json()["run_id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/catalog/check-runs/{run_id}");
    let mut run = Value::Null;
    for _ in 0..200 {
        run = read(&city, &path).await.json();
        if run["state"] != "running" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(run["state"], "done", "{run}");
    assert!(run["found"].as_i64().expect("a number") > 0, "{run}");
    let fields = run["by_field"].as_array().expect("a list");
    assert!(
        fields
            .iter()
            .any(|line| line["rule"] == "five_levels" && line["field"] == "promised_limit"),
        "{run}"
    );
    let found = read(&city, &format!("{path}/findings?rule=five_levels"))
        .await
        .json();
    assert!(!found["items"].as_array().expect("a list").is_empty());
    let page = format!("/admin/catalog/checks/runs/{run_id}");
    for view in [
        "",
        "?view=field",
        "?view=item",
        "?view=all",
        "?rule=five_levels",
    ] {
        let seen = city.get_as(&city.admin, &format!("{page}{view}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{view}: {}", seen.text());
    }
    let file = city
        .get_as(
            &city.admin,
            &format!("{page}/export?format=csv&rule=five_levels"),
        )
        .await;
    assert!(file.text().contains("承诺办结时限"), "{}", file.text());
    let list = city.get_as(&city.admin, "/admin/catalog/checks").await;
    assert!(list.text().contains(&run_id));
    let refused = city.get_as(&city.clerk, "/admin/catalog/checks").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn missing_codes_become_a_batch_of_drafts(city: Served) {
    let mut bare = item("", 8);
    bare.impl_code.clear();
    publish(&city.world, "990102.market", bare).await;
    city.catalog.refresh().await.expect("reads");
    let page = city.get_as(&city.admin, "/admin/catalog/codes").await;
    assert!(page.text().contains("小餐饮登记") && page.text().contains("生成编码"));
    let body = format!(
        "csrf={}&request_key={}&org=990102.market",
        page.hidden("csrf"),
        page.hidden("request_key")
    );
    let made = city.post("/admin/catalog/codes/generate", &body).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let batch = made.header("location").to_owned();
    assert!(batch.starts_with("/admin/catalog/batches/"), "{batch}");
    let batch = batch
        .rsplit('/')
        .next()
        .expect("an id")
        .parse()
        .expect("an id");
    let drafts = city
        .world
        .db
        .read(move |tx| crate::store::batch(tx, batch))
        .await
        .expect("reads");
    assert_eq!(drafts.len(), 1);
    assert!(
        drafts[0].body.impl_code.ends_with("4990121009001"),
        "{}",
        drafts[0].body.impl_code
    );
}

async fn guides_are_drawn_marked_and_counted(city: Served) {
    let page = city.get_as(&city.admin, "/admin/catalog/spot-checks").await;
    let fill = |size: &str| {
        format!(
            "csrf={}&request_key={}&title=%E6%8A%BD%E6%9F%A5&org=&size={size}&seed=2026",
            page.hidden("csrf"),
            page.hidden("request_key")
        )
    };
    let refused = city.post("/admin/catalog/spot-checks", &fill("0")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let drawn = city.post("/admin/catalog/spot-checks", &fill("3")).await;
    assert_eq!(drawn.status, StatusCode::SEE_OTHER, "{}", drawn.text());
    let here = drawn.header("location").to_owned();
    let look = city.get_as(&city.admin, &format!("{here}/items/2")).await;
    let fill = |note: &str| {
        format!(
            "csrf={}&request_key={}&mark_phones=wrong&note_phones={note}&mark_fees=right",
            look.hidden("csrf"),
            look.hidden("request_key")
        )
    };
    let refused = city.post(&format!("{here}/items/2"), &fill("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = city.post(&format!("{here}/items/2"), &fill("busy")).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text());
    let shown = city.get_as(&city.admin, &here).await;
    let said = shown.text();
    assert!(
        said.contains("咨询和监督电话：busy") && said.contains("2026"),
        "{said}"
    );
    let sheet = city
        .get_as(&city.admin, &format!("{here}/export?format=csv"))
        .await;
    assert_eq!(sheet.text().lines().count(), 4, "{}", sheet.text());
}

crate::tests::world::on_both!(doors:
    each_of_the_ten_checks_passes_and_fails,
    a_body_is_checked_at_once_and_a_rule_can_be_changed,
    a_look_runs_in_the_background_and_stays,
    missing_codes_become_a_batch_of_drafts,
    guides_are_drawn_marked_and_counted,
);
