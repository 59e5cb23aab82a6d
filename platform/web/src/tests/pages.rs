//! Signing in, forms, preferences.

use axum::http::{Method, StatusCode};

use super::city::{City, form, get, request, with};
use crate::Config;

#[tokio::test]
async fn whoever_must_sign_in_is_led_there_and_back() {
    let city = City::new().await;
    let seen = city.get("/parcels?page=2&q=a%26b").await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    assert_eq!(
        seen.header("location"),
        "/sign-in?back=/parcels%3Fpage%3D2%26q%3Da%2526b"
    );
    assert_eq!(city.get_as_citizen("/parcels").await.status, StatusCode::OK);
    // A form's own address is no place to come back to.
    let lost = with(
        form("/parcels", "receiver=x"),
        "referer",
        "http://127.0.0.1:8080/parcels?page=3",
    );
    assert_eq!(
        city.send(lost).await.header("location"),
        "/sign-in?back=/parcels%3Fpage%3D3"
    );
    let unknown = with(get("/parcels"), "cookie", "tb_session=0000");
    assert_eq!(city.send(unknown).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_door_turns_away_those_who_can_never_be_right() {
    let city = City::new().await;
    let citizen = city.get_as_citizen("/staff/parcels").await;
    assert_eq!(citizen.status, StatusCode::FORBIDDEN);
    assert!(citizen.text().contains("没有"));
    // A bearer token is for programs on the API, not for pages.
    assert_eq!(
        city.send(city.bearer(get("/staff/parcels"))).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn the_workbench_is_chinese_whatever_is_read_elsewhere() {
    let city = City::new().await;
    let cookie = format!("tb_session={}; tb_lang=en", city.desk);
    let desk = city
        .send(with(get("/staff/parcels"), "cookie", &cookie))
        .await;
    assert_eq!(desk.status, StatusCode::OK);
    assert!(desk.text().contains("<html lang=\"zh-CN\""));
    let public = city.send(with(get("/open"), "cookie", &cookie)).await;
    assert!(public.text().contains("<html lang=\"en\""));
}

#[tokio::test]
async fn a_given_password_is_changed_first() {
    let city = City::new().await;
    let cookie = format!("tb_session={}", city.newcomer);
    let seen = city
        .send(with(get("/staff/parcels"), "cookie", &cookie))
        .await;
    assert_eq!(
        (seen.status, seen.header("location")),
        (StatusCode::SEE_OTHER, "/account/password")
    );
    let page = city
        .send(with(get("/account/password"), "cookie", &cookie))
        .await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_is_taken_from_our_own_pages_only() {
    let city = City::new().await;
    let cookie = city.citizen_cookie();
    let page = city.get_as_citizen("/parcels").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("request_key"));
    let body = format!("receiver=%E7%8E%8B&csrf={csrf}&request_key={key}");
    let sent = || with(form("/parcels", &body), "cookie", &cookie);

    let evil = with(sent(), "origin", "https://evil.example");
    assert_eq!(city.send(evil).await.status, StatusCode::FORBIDDEN);
    let evil = with(sent(), "sec-fetch-site", "cross-site");
    assert_eq!(city.send(evil).await.status, StatusCode::FORBIDDEN);
    for body in [
        "receiver=x",
        &format!("receiver=x&csrf={}", "0".repeat(64)),
        "receiver=x&csrf=%ff",
    ] {
        let refused = city
            .send(with(form("/parcels", body), "cookie", &cookie))
            .await;
        assert!(refused.status.is_client_error(), "{body}");
    }
    assert_eq!(city.parcels().await, 0);

    let good = with(
        with(sent(), "origin", "http://127.0.0.1:8080"),
        "sec-fetch-site",
        "same-origin",
    );
    let done = city.send(good).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/parcels?no=1")
    );
    // Pressed twice, done once; the token of a page looks different each time it is made.
    let again = city.send(sent()).await;
    assert_eq!(again.header("location"), "/parcels?no=1");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(city.parcels().await, 1);
    assert_ne!(city.get_as_citizen("/parcels").await.hidden("csrf"), csrf);
}

#[tokio::test]
async fn an_anonymous_form_needs_the_cookie_its_token_belongs_to() {
    let city = City::new().await;
    assert_eq!(city.get("/open").await.cookie("tb_csrf"), None);
    let page = city.get("/open/form").await;
    assert_eq!(page.header("cache-control"), "no-store");
    let (csrf, cookie) = (
        page.hidden("csrf"),
        page.cookie("tb_csrf").expect("a cookie"),
    );
    let body = format!("login=wang&csrf={csrf}");
    let sent = city
        .send(with(form("/open/form", &body), "cookie", &cookie))
        .await;
    assert_eq!((sent.status, sent.text()), (StatusCode::OK, "wang"));
    assert_eq!(
        city.send(form("/open/form", &body)).await.status,
        StatusCode::FORBIDDEN
    );
    // The cookie is kept; a planted one is replaced.
    let again = city.send(with(get("/open/form"), "cookie", &cookie)).await;
    assert_eq!(again.cookie("tb_csrf"), None);
    let planted = format!("tb_csrf={}", "a".repeat(64));
    let replaced = city.send(with(get("/open/form"), "cookie", &planted)).await;
    assert!(
        replaced
            .cookie("tb_csrf")
            .is_some_and(|fresh| fresh != planted)
    );
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let city = City::new().await;
    let page = city.get("/open/form").await;
    let cookie = page.cookie("tb_csrf").expect("a cookie");
    let csrf = page.hidden("csrf");
    let send = async |media_type: &str, body: Vec<u8>| {
        let request = request(Method::POST, "/open/form", media_type, body);
        city.send(with(request, "cookie", &cookie))
            .await
            .status
            .as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send("", Vec::new()).await, 415);
    assert_eq!(send("application/json", b"{}".to_vec()).await, 415);
    assert_eq!(
        send(form, format!("login=%ff&csrf={csrf}").into_bytes()).await,
        400
    );
    assert_eq!(send(form, b"login=\xff".to_vec()).await, 400);
    assert_eq!(send(form, vec![b'a'; 300 * 1024]).await, 413);
    assert_eq!(send(form, "a&".repeat(3000).into_bytes()).await, 400);
    assert_eq!(
        send(form, format!("login=x%0Ay&csrf={csrf}").into_bytes()).await,
        200
    );
}

#[tokio::test]
async fn preferences_are_remembered_and_lead_back() {
    let city = City::new().await;
    let seen = city
        .get("/prefs?lang=en&care=1&theme=dark&back=/open%3Fa%3Db")
        .await;
    assert_eq!(
        (seen.status, seen.header("location")),
        (StatusCode::SEE_OTHER, "/open?a=b")
    );
    for (name, value) in [("tb_lang", "en"), ("tb_care", "1"), ("tb_theme", "dark")] {
        assert_eq!(seen.cookie(name), Some(format!("{name}={value}")));
    }
    let page = city
        .send(with(
            get("/open"),
            "cookie",
            "tb_lang=en; tb_care=1; tb_theme=dark",
        ))
        .await;
    assert!(page.text().contains("lang=\"en\"") && page.text().contains("data-mode=\"care\""));
    for back in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "",
    ] {
        let seen = city.get(&format!("/prefs?lang=zh&back={back}")).await;
        assert_eq!(seen.header("location"), "/", "{back}");
    }
    assert_eq!(
        city.get("/prefs?lang=xx").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn cookies_stay_on_encrypted_connections_where_configured() {
    let city = City::with(Config {
        secure_cookies: true,
        ..Config::default()
    })
    .await;
    let seen = city.get("/open/form").await;
    let cookie = seen.header("set-cookie");
    assert!(
        cookie.contains("; Secure")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("HttpOnly")
    );
    assert!(
        seen.header("strict-transport-security")
            .starts_with("max-age=")
    );
}
