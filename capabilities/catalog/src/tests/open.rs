//! Open data and figures through the whole server.

use axum::http::{Method, StatusCode};

use super::world::{Served, on_both, request, with};
use crate::open_data::changes;

/// Notes everything that was published so far.
async fn note(city: &Served) {
    let db = &city.world.db;
    db.sequence_now().await.expect("a feed in order");
    db.write(|tx| {
        let entries = store::feed::read(tx, 0, 100_000)?;
        changes::note(tx, &changes::of_items(&entries))
    })
    .await
    .expect("notes");
}

async fn all_items_as_files(city: Served) {
    let items = city.catalog.snapshot().items().len();
    let page = city.get("/open-data").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("items.csv") && page.text().contains("promised_limit"));
    let lines = city.get("/open-data/items.jsonl").await;
    assert_eq!(lines.status, StatusCode::OK);
    let read: Vec<serde_json::Value> = lines
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert_eq!(read.len(), items);
    assert!(read.iter().all(|line| line["item"]["name"].is_string()));
    // No names of staff, nothing written for the file.
    assert!(!lines.text().contains("周敏") && !lines.text().contains("published_by"));
    let csv = city.get("/open-data/items.csv").await;
    let rows = csv::Reader::from_reader(csv.bytes.as_slice())
        .records()
        .count();
    assert_eq!(rows, items);
    // The same file is not sent twice, and travels compressed where that is wanted.
    let again = request(Method::GET, "/open-data/items.csv", "", "");
    let again = with(again, "if-none-match", csv.header("etag"));
    assert_eq!(city.send(again).await.status, StatusCode::NOT_MODIFIED);
    let small = request(Method::GET, "/open-data/items.csv", "", "");
    let small = city.send(with(small, "accept-encoding", "gzip")).await;
    assert_eq!(small.header("content-encoding"), "gzip");
    assert!(small.bytes.len() * 2 < csv.bytes.len());
}

async fn changes_go_on_from_any_position(city: Served) {
    note(&city).await;
    let read = async |path: &str| -> Vec<serde_json::Value> {
        let seen = city.get(path).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
        seen.text()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    };
    let all = read("/open-data/changes.jsonl").await;
    assert_eq!(all.len(), city.catalog.snapshot().items().len());
    let middle = all[all.len() / 2]["position"].as_i64().expect("a position");
    let rest = read(&format!("/open-data/changes.jsonl?since={middle}")).await;
    assert_eq!(rest[..], all[all.len() / 2 + 1..]);
    let wrong = city.get("/open-data/changes.jsonl?since=x").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let atom = city.get("/open-data/changes.atom").await;
    assert!(
        atom.header("content-type")
            .starts_with("application/atom+xml")
    );
    assert!(atom.text().contains("<entry>"));
    let item = city.catalog.snapshot().items()[0].item_id;
    let linked = city.get(&format!("/items/{item}/service.jsonld")).await;
    assert_eq!(linked.json()["@type"], "GovernmentService");
    let guide = city.get(&format!("/items/{item}")).await;
    assert!(guide.text().contains("service.jsonld"));
}

async fn figures_agree_with_their_items(city: Served) {
    let page = city.get_as(&city.admin, "/admin/catalog/figures").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("承诺时限压缩率"));
    let clerk = city.get_as(&city.clerk, "/admin/catalog/figures").await;
    assert_eq!(clerk.status, StatusCode::FORBIDDEN);
    let api = |path: &str| {
        with(
            request(Method::GET, path, "", ""),
            "authorization",
            &city.admin_token,
        )
    };
    let list = city.send(api("/api/v1/catalog/figures")).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text());
    let list = list.json();
    let items = city.catalog.snapshot().items().len();
    let figures = list["figures"].as_array().expect("figures");
    let counted = figures
        .iter()
        .find(|figure| figure["figure"] == "impl_list_count")
        .expect("the number of items");
    assert_eq!(counted["numerator"].as_f64(), Some(items as f64));
    let detail = city
        .send(api(
            "/api/v1/catalog/figures/instant_item_share?rounding=truncate",
        ))
        .await
        .json();
    let share = &detail["figures"][0];
    let count = |member: &str| detail[member].as_array().map_or(0, Vec::len);
    assert_eq!(share["numerator"].as_f64(), Some(count("items") as f64));
    assert_eq!(share["denominator"].as_f64(), Some(items as f64));
    assert_eq!(count("items") + count("rest"), items);
    for path in [
        "/admin/catalog/figures/limit_compression_rate?exclude_instant=1",
        "/admin/catalog/figures/visit_avg/items",
        "/admin/catalog/figures/export",
        "/admin/catalog/figures/export?figure=visit_avg&part=items&format=csv",
        "/admin/catalog/figures?before=2020-01-01",
        "/admin/catalog/drift",
        "/admin/catalog/drift/export",
    ] {
        let seen = city.get_as(&city.admin, path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
    }
    let wrong = city
        .get_as(&city.admin, "/admin/catalog/figures/nothing")
        .await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let drift = city.send(api("/api/v1/catalog/drift")).await;
    assert_eq!(drift.json()["items"], serde_json::json!([]));
}

on_both!(
    doors: all_items_as_files,
    changes_go_on_from_any_position,
    figures_agree_with_their_items,
);
