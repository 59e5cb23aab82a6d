//! The JSON API: who may, bodies, running once, cursors.

use axum::http::{Method, StatusCode};

use super::city::{City, get, json, request, with};

#[tokio::test]
async fn a_program_shows_its_token_and_a_browser_its_page() {
    let city = City::new().await;
    let body = r#"{"receiver":"王"}"#;
    assert_eq!(
        city.send(json("/api/v1/parcels", "k1", body))
            .await
            .problem()
            .0,
        401
    );
    let wrong = with(
        json("/api/v1/parcels", "k1", body),
        "authorization",
        "Bearer 00",
    );
    assert_eq!(city.send(wrong).await.problem().0, 401);
    let basic = with(get("/api/v1/parcels"), "authorization", "Basic eA==");
    assert_eq!(city.send(basic).await.problem().0, 401);

    // A cookie alone is not enough: another site could send it.
    let path = "/api/v1/parcels/01890a5d-ac96-774b-bcce-b302099a8057";
    let cookie = city.citizen_cookie();
    let bare = city.send(with(get(path), "cookie", &cookie)).await;
    assert_eq!(
        (bare.problem().0, bare.header("www-authenticate")),
        (401, "Bearer")
    );
    let csrf = city.get_as_citizen("/parcels").await.hidden("csrf");
    let proven = with(with(get(path), "cookie", &cookie), "x-csrf-token", &csrf);
    assert_eq!(city.send(proven).await.problem().0, 404);
    // A citizen holds no permission, whatever they show.
    let send = with(json("/api/v1/parcels", "k1", body), "cookie", &cookie);
    assert_eq!(
        city.send(with(send, "x-csrf-token", &csrf))
            .await
            .problem()
            .0,
        403
    );
    assert_eq!(city.parcels().await, 0);
}

#[tokio::test]
async fn a_program_is_told_what_is_wrong_in_the_language_it_asks_for() {
    let city = City::new().await;
    let missing = || city.bearer(get("/api/v1/parcels/01890a5d-ac96-774b-bcce-b302099a8057"));
    let chinese = city.send(missing()).await;
    assert_eq!(chinese.header("content-language"), "zh-CN");
    for asked in [
        "en",
        "EN-gb, zh;q=0.5",
        "fr, en;q=0.3",
        "zh;q=0.2, en;q=0.9, *",
    ] {
        let english = city.send(with(missing(), "accept-language", asked)).await;
        assert_eq!(english.problem(), chinese.problem(), "{asked}");
        assert_eq!(english.header("content-language"), "en", "{asked}");
        assert_eq!(english.header("vary"), "Accept-Language");
        for part in ["title", "detail"] {
            let said = english.json()[part].as_str().expect("a text").to_owned();
            assert!(said.is_ascii() && !said.is_empty(), "{asked}: {said}");
        }
    }
    for asked in [
        "zh-CN",
        "zh, en",
        "en;q=0.5, zh;q=0.8",
        "fr",
        "en;q=x",
        ";,;=",
    ] {
        let same = city.send(with(missing(), "accept-language", asked)).await;
        assert_eq!(same.json()["detail"], chinese.json()["detail"], "{asked}");
    }

    // Without a token, with a body that is wrong, with a key that is missing.
    let english = |request| with(request, "accept-language", "en");
    let basic = with(get("/api/v1/parcels"), "authorization", "Basic eA==");
    let bare = city.send(english(basic)).await;
    assert_eq!(bare.json()["title"], "Please sign in first");
    let wrong = city.bearer(json("/api/v1/parcels", "k", r#"{"receiver":""}"#));
    let wrong = city.send(english(wrong)).await;
    assert_eq!(wrong.problem().1, "invalid");
    assert_eq!(wrong.json()["title"], "Something in the content is wrong");
    assert!(wrong.json()["detail"].as_str().expect("a text").is_ascii());
}

#[tokio::test]
async fn a_command_runs_once_however_often_it_is_sent() {
    let city = City::new().await;
    let send = |key: &str, body: &str| city.send(city.bearer(json("/api/v1/parcels", key, body)));
    let first = send("a-1", r#"{"receiver":"王"}"#).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = send("a-1", r#"{"receiver":"王"}"#).await;
    assert_eq!(
        (again.status, again.json()),
        (StatusCode::CREATED, first.json())
    );
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = send("a-1", r#"{"receiver":"李"}"#).await;
    assert_eq!(other.problem().1, "idempotency_mismatch");
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send("a-2", r#"{"receiver":"王"}"#).await.json()["no"], 2);
    assert_eq!(city.parcels().await, 2);

    // A refusal keeps nothing: put right, the same key works.
    assert_eq!(
        send("a-3", r#"{"receiver":""}"#).await.problem(),
        (422, "invalid".to_owned(), "/receiver".to_owned())
    );
    assert_eq!(
        send("a-3", r#"{"receiver":"张"}"#).await.status,
        StatusCode::CREATED
    );

    // Many at the same instant: one runs, the others are told its answer.
    let all =
        futures_util::future::join_all((0..20).map(|_| send("a-4", r#"{"receiver":"赵"}"#))).await;
    assert!(all.iter().all(|seen| seen.json() == all[0].json()));
    let fresh = all
        .iter()
        .filter(|seen| seen.header("idempotency-replayed").is_empty())
        .count();
    assert_eq!((fresh, city.parcels().await), (1, 4));
}

#[tokio::test]
async fn every_post_names_its_key() {
    let city = City::new().await;
    let bare = request(Method::POST, "/api/v1/parcels", "application/json", "{}");
    assert_eq!(
        city.send(city.bearer(bare)).await.problem().1,
        "idempotency_key_missing"
    );
    for key in ["", "a b", &"x".repeat(65)] {
        let seen = city
            .send(city.bearer(json("/api/v1/parcels", key, "{}")))
            .await;
        assert_eq!(seen.problem().1, "idempotency_key_invalid", "{key}");
    }
}

#[tokio::test]
async fn a_refused_body_names_what_is_wrong() {
    let city = City::new().await;
    let send = async |body: &[u8]| {
        let request = request(
            Method::POST,
            "/api/v1/parcels",
            "application/json",
            body.to_vec(),
        );
        city.send(city.bearer(with(request, "idempotency-key", "k")))
            .await
            .problem()
    };
    let is = |status: u16, code: &str, pointer: &str| (status, code.to_owned(), pointer.to_owned());
    assert_eq!(send(b"{").await, is(400, "json_malformed", ""));
    assert_eq!(send(b"").await, is(400, "json_malformed", ""));
    assert_eq!(send(b"{}").await, is(422, "invalid", "/receiver"));
    assert_eq!(
        send(br#"{"receiver":1}"#).await,
        is(422, "invalid", "/receiver")
    );
    assert_eq!(
        send(br#"{"receiver":"a","x":1}"#).await,
        is(422, "invalid", "/x")
    );
    assert_eq!(
        send(br#"{"receiver":"a","marks":[{"colour":1},{"colour":999}]}"#).await,
        is(422, "invalid", "/marks/1/colour")
    );
    assert_eq!(send(b"{\"receiver\":\"\xff\"}").await.0, 400);
    assert_eq!(
        send(br#"{"receiver":"a\u0000b"}"#).await,
        is(422, "control_character", "")
    );
    assert_eq!(
        send(&vec![b' '; 1024 * 1024 + 1]).await,
        is(413, "too_large", "")
    );
    for media_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
        let request = request(Method::POST, "/api/v1/parcels", media_type, "{}");
        let seen = city
            .send(city.bearer(with(request, "idempotency-key", "k")))
            .await;
        assert_eq!(seen.problem().1, "unsupported_media_type", "{media_type}");
    }
    assert_eq!(city.parcels().await, 0);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let city = City::new().await;
    for no in 0..5 {
        city.send(city.bearer(json(
            "/api/v1/parcels",
            &format!("k{no}"),
            r#"{"receiver":"王"}"#,
        )))
        .await;
    }
    let mut path = "/api/v1/parcels".to_owned();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = city.get(&path).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|item| item["no"].as_i64()),
        );
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/parcels?cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=5).map(Some).collect::<Vec<_>>());

    let next = city.get("/api/v1/parcels").await.json()["next"]
        .as_str()
        .expect("more")
        .to_owned();
    let mut forged = next.clone().into_bytes();
    forged[0] = if forged[0] == b'M' { b'N' } else { b'M' };
    let forged = String::from_utf8(forged).expect("ASCII");
    let other = crate::cursor::encode(&city.app, "other", &1_i64);
    for cursor in [
        forged.as_str(),
        &next[1..],
        "x",
        &other,
        "%E7%BC%96",
        &"A".repeat(4000),
    ] {
        let refused = city.get(&format!("/api/v1/parcels?cursor={cursor}")).await;
        assert_eq!(refused.problem().1, "cursor_invalid", "{cursor}");
    }
    for query in ["limit=x", "limit=-1", "limit=1&limit=2", "other=1"] {
        let refused = city.get(&format!("/api/v1/parcels?{query}")).await;
        assert_eq!(refused.problem().1, "query_invalid", "{query}");
    }
    assert_eq!(
        city.get("/api/v1/parcels?cursor=%ff").await.problem().1,
        "query_malformed"
    );
}

#[tokio::test]
async fn an_ended_session_is_nobody() {
    let city = City::new().await;
    let path = "/api/v1/parcels/01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(city.send(city.bearer(get(path))).await.problem().0, 404);
    city.clock.advance(std::time::Duration::from_hours(25));
    assert_eq!(city.send(city.bearer(get(path))).await.problem().0, 401);
    assert_eq!(
        city.get_as_citizen("/parcels").await.status,
        StatusCode::SEE_OTHER
    );
}
