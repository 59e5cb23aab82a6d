//! The manifest, the worker, the page without a line, and languages by address.

use axum::http::StatusCode;

use super::city::{City, get, with};

#[tokio::test]
async fn the_manifest_names_the_place_and_icons_that_are_there() {
    let city = City::new().await;
    let seen = city.get("/manifest.webmanifest?lang=en").await;
    assert_eq!(seen.header("content-type"), "application/manifest+json");
    let manifest = seen.json();
    assert_eq!(manifest["lang"], "en");
    assert_eq!(manifest["display"], "standalone");
    let icons = manifest["icons"].as_array().expect("icons");
    let purposes: Vec<&str> = icons
        .iter()
        .filter_map(|icon| icon["purpose"].as_str())
        .collect();
    assert_eq!(purposes, ["any", "maskable"]);
    for icon in icons {
        let at = icon["src"].as_str().expect("an address");
        assert_eq!(city.get(at).await.status, StatusCode::OK, "{at}");
    }
    assert_eq!(manifest["shortcuts"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        city.get("/manifest.webmanifest").await.json()["lang"],
        "zh-CN"
    );
}

#[tokio::test]
async fn the_worker_keeps_only_addresses_that_are_there() {
    let city = City::new().await;
    let seen = city.get("/sw.js").await;
    assert!(seen.header("content-type").starts_with("text/javascript"));
    assert_eq!(seen.header("cache-control"), "no-cache");
    let script = seen.text();
    let list = script.split_once("const FILES = ").expect("a list").1;
    let list = list.split_once(';').expect("its end").0;
    let files: Vec<String> = serde_json::from_str(list).expect("JSON");
    assert!(files.len() >= 5);
    for file in files {
        assert_eq!(city.get(&file).await.status, StatusCode::OK, "{file}");
    }
    let policy = city.get("/problems/busy").await;
    let policy = policy.header("content-security-policy");
    assert!(policy.contains("worker-src 'self'") && policy.contains("manifest-src 'self'"));
}

#[tokio::test]
async fn the_page_without_a_line_names_nobody() {
    let city = City::new().await;
    let anonymous = city.get("/offline").await;
    let seen = city.get_as_citizen("/offline").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.text().contains("/sign-out") && !seen.text().contains("name=\"csrf\""));
    assert!(anonymous.text().contains("data-kept-drafts"));
}

#[tokio::test]
async fn an_address_may_ask_for_a_language() {
    let city = City::new().await;
    let seen = city.get("/problems/busy?lang=en").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.text().contains("<html lang=\"en\""));
    assert!(seen.header("set-cookie").starts_with("tb_lang=en;"));
    // The page does not know the question: switching back keeps the address.
    assert!(
        seen.text()
            .contains("/prefs?lang=zh&amp;back=/problems/busy\"")
            || seen
                .text()
                .contains("/prefs?lang=zh&#38;back=/problems/busy\"")
    );
    assert!(
        seen.text()
            .contains("hreflang=\"zh-CN\" href=\"/problems/busy?lang=zh\"")
    );
    // It goes before what the browser carries, and other questions stay.
    let there = with(
        get("/parcels?page=2&lang=en&q=a%26b"),
        "cookie",
        "tb_lang=zh",
    );
    assert_eq!(
        city.send(there).await.header("location"),
        "/sign-in?back=/parcels%3Fpage%3D2%26q%3Da%2526b"
    );
    for odd in [
        "/problems/busy?lang=fr",
        "/problems/busy?xlang=en",
        "/problems/busy?lang=",
    ] {
        assert!(
            city.get(odd).await.text().contains("lang=\"zh-CN\""),
            "{odd}"
        );
    }
}
