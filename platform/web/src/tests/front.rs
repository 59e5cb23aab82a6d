//! Headers, compression, shedding, panics, figures.

use std::io::Read;
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};

use super::city::{City, get, request, with};
use crate::Config;

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_number() {
    let city = City::new().await;
    for path in [
        "/open",
        "/nowhere",
        "/api/v1/parcels",
        "/healthz",
        "/panic",
        "/assets/x.css",
    ] {
        let seen = city.get(path).await;
        let policy = seen.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe-inline"), "{path}");
        assert_eq!(seen.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(seen.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(
            seen.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(seen.header("x-request-id").len(), 16, "{path}");
    }
}

#[tokio::test]
async fn refusals_take_the_form_of_their_door() {
    let city = City::new().await;
    let page = city.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("<!doctype html>") && page.text().contains("没有找到这个页面"));

    let api = city.get("/api/v1/nowhere").await;
    assert_eq!(api.problem().1, "not_found");
    assert_eq!(api.json()["instance"], "/api/v1/nowhere");
    assert_eq!(api.json()["request_id"], api.header("x-request-id"));

    let method = city
        .send(request(Method::DELETE, "/api/v1/parcels", "", ""))
        .await;
    assert_eq!(
        method.problem(),
        (405, "method_not_allowed".to_owned(), String::new())
    );
    let allowed: Vec<&str> = method.header("allow").split(',').collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST") && allowed.contains(&"HEAD"));
    let method = city.send(request(Method::POST, "/open", "", "")).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.header("allow"), "GET,HEAD");
    assert!(method.text().contains("<!doctype html>"));

    assert_eq!(
        city.get("/parcels/not-an-id").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        city.get("/parcels/%ff%fe").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_head_request_is_a_get_without_the_body() {
    let city = City::new().await;
    let whole = city.get("/open").await;
    let head = city.send(request(Method::HEAD, "/open", "", "")).await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(head.bytes.is_empty());
    assert_eq!(head.header("etag"), whole.header("etag"));
    assert_eq!(
        city.send(request(Method::HEAD, "/parcels", "", ""))
            .await
            .status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_panic_is_a_page_with_the_number_to_read_out() {
    let city = City::new().await;
    let seen = city.get("/panic").await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(seen.text().contains(seen.header("x-request-id")));
    assert!(!seen.text().contains("fell"), "the cause stays in the log");
    assert_eq!(city.get("/open").await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_take_it() {
    let city = City::new().await;
    let plain = city.get("/open").await;
    assert_eq!(plain.header("content-encoding"), "");
    let packed = city
        .send(with(get("/open"), "accept-encoding", "gzip, br"))
        .await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.header("vary").contains("accept-encoding"));
    assert!(packed.bytes.len() * 2 < plain.bytes.len());
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.bytes.as_slice())
        .read_to_string(&mut text)
        .expect("gzip");
    assert_eq!(text, plain.text());
    let small = city
        .send(with(get("/healthz"), "accept-encoding", "gzip"))
        .await;
    assert_eq!(
        (small.text(), small.header("content-encoding")),
        ("ok\n", "")
    );
}

#[tokio::test]
async fn whoever_has_the_page_already_is_told_so() {
    let city = City::new().await;
    let first = city.get("/open").await;
    let etag = first.header("etag").to_owned();
    assert!(!etag.is_empty());
    assert_eq!(first.header("cache-control"), "no-cache");
    let again = city.send(with(get("/open"), "if-none-match", &etag)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.bytes.is_empty());
    assert_eq!(again.header("etag"), etag);
    let other = city
        .send(with(
            with(get("/open"), "if-none-match", &etag),
            "cookie",
            "tb_lang=en",
        ))
        .await;
    assert_eq!(other.status, StatusCode::OK);
    let personal = city.get_as_citizen("/open").await;
    assert_eq!(
        (personal.header("etag"), personal.header("cache-control")),
        ("", "no-store")
    );
}

#[tokio::test]
async fn a_prepared_page_is_sent_as_it_is_kept() {
    let city = City::new().await;
    let plain = city.get("/prepared").await;
    let packed = city
        .send(with(get("/prepared"), "accept-encoding", "gzip"))
        .await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("etag"), plain.header("etag"));
    assert!(packed.bytes.len() * 10 < plain.bytes.len());
    let known = with(get("/prepared"), "if-none-match", plain.header("etag"));
    let known = city.send(with(known, "accept-encoding", "gzip")).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    assert_eq!(known.header("content-encoding"), "");
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_have_several_encodings() {
    let city = City::new().await;
    let url = ui::assets::url("base.css");
    let plain = city.get(url).await;
    assert_eq!(plain.status, StatusCode::OK);
    assert!(plain.header("cache-control").contains("immutable"));
    let brotli = city
        .send(with(get(url), "accept-encoding", "br, gzip"))
        .await;
    assert_eq!(brotli.header("content-encoding"), "br");
    assert!(brotli.bytes.len() * 3 < plain.bytes.len());
    let known = city
        .send(with(get(url), "if-none-match", plain.header("etag")))
        .await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        city.get("/assets/../Cargo.toml").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_burst_is_shed_cheaply_and_leaves_nothing_behind() {
    let city = City::with(Config {
        requests_in_flight_max: 4,
        wait_max: Duration::from_millis(50),
        ..Config::default()
    })
    .await;
    let start = Instant::now();
    let all = futures_util::future::join_all((0..200).map(|_| city.get("/slow"))).await;
    let served = all
        .iter()
        .filter(|seen| seen.status == StatusCode::OK)
        .count();
    assert_eq!(served, 4);
    assert!(start.elapsed() < Duration::from_millis(1500));
    for seen in all.iter().filter(|seen| seen.status != StatusCode::OK) {
        assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(seen.header("retry-after"), "1");
        assert!(seen.text().contains("<!doctype html>"));
    }
    assert_eq!(city.app.metrics.shed(), 196);
    // Health and assets pass even while the gate is full; afterwards everything does.
    let (health, slow, api) = tokio::join!(
        city.get("/healthz"),
        futures_util::future::join_all((0..4).map(|_| city.get("/slow"))),
        async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            city.get("/api/v1/parcels").await
        }
    );
    assert_eq!(health.status, StatusCode::OK);
    assert!(slow.iter().all(|seen| seen.status == StatusCode::OK));
    assert_eq!(api.problem().1, "busy");
    assert_eq!(city.get("/open").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_given_up() {
    let city = City::with(Config {
        handler_max: Duration::from_millis(20),
        ..Config::default()
    })
    .await;
    let seen = city.get("/slow").await;
    assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(seen.header("retry-after"), "5");
}

#[tokio::test]
async fn figures_tell_what_happened_to_those_on_this_machine() {
    let city = City::with(Config {
        behind_proxy: true,
        ..Config::default()
    })
    .await;
    city.get("/open").await;
    city.get("/nowhere?name=secret").await;
    let seen = city.get("/metrics").await;
    let text = seen.text();
    assert!(
        text.contains("tongban_http_requests_total{route=\"/open\",status=\"2xx\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("tongban_http_requests_total{route=\"unmatched\",status=\"4xx\"} 1\n"));
    assert!(text.contains("tongban_http_request_seconds_count{route=\"/open\"} 1\n"));
    assert!(text.contains("tongban_store_commits_total"));
    assert!(!text.contains("secret"));
    let outside = with(get("/metrics"), "x-forwarded-for", "127.0.0.1, 203.0.113.9");
    assert_eq!(city.send(outside).await.status, StatusCode::NOT_FOUND);
    assert_eq!(city.get("/readyz").await.text(), "ready\n");
}

#[tokio::test]
async fn live_pages_hear_of_changes_and_end_at_shutdown() {
    use http_body_util::BodyExt;
    let city = City::new().await;
    let response = city.open(get("/live")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(response.headers().get("content-encoding").is_none());
    let mut body = response.into_body();
    let mut next = async || -> Option<String> {
        let frame = body.frame().await?.expect("a frame");
        Some(String::from_utf8(frame.into_data().expect("data").to_vec()).expect("UTF-8"))
    };
    assert!(next().await.expect("greeting").contains("retry: 3000"));
    let now_ms = city.app.now().as_millisecond();
    city.app
        .db
        .write(move |tx| -> Result<(), store::Error> {
            tx.feed(store::feed::Entry {
                kind: "parcel.sent".to_owned(),
                subject: uuid::Uuid::from_u128(1),
                seq: 1,
                at_ms: now_ms,
                hash: [0; 32],
            })
        })
        .await
        .expect("recorded");
    assert_eq!(
        next().await.expect("an event"),
        "event: changed\ndata: 1\n\n"
    );
    city.app.close_streams();
    assert_eq!(next().await, None);
}
