//! Hundreds of broken requests: always a clear 4xx, never a 5xx, nothing half-done.

use axum::body::Body;
use axum::http::{Method, Request};
use base::crypto::Entropy;

use super::city::{City, request, with};

/// The same bytes with a few of them changed, cut, doubled or filled with what breaks parsers.
fn broken(bytes: &[u8], dice: &Entropy) -> Vec<u8> {
    const POISON: [&[u8]; 8] = [
        b"\0",
        b"\xff\xfe",
        b"\r\n\r\n",
        b"\"",
        b"{[",
        b"%",
        b"--edge--",
        b"\xed\xa0\x80",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len() as u64 + 1) as usize;
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => {
                let tail = bytes[at..].to_vec();
                bytes.extend_from_slice(&tail);
            }
            2 => {
                let poison = POISON[dice.below(8) as usize];
                bytes.splice(at..at, poison.iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= dice.bytes::<1>()[0];
                }
            }
        }
    }
    bytes
}

async fn all_are_answered(
    city: &City,
    make: impl Fn(Vec<u8>) -> Request<Body>,
    good: &[u8],
    start: u64,
) {
    let dice = Entropy::seeded(start);
    for round in 0..200 {
        let body = broken(good, &dice);
        let shown = String::from_utf8_lossy(&body).into_owned();
        let seen = city.send(make(body)).await;
        let status = seen.status.as_u16();
        assert!(status < 500, "{status} in round {round}: {shown:?}");
    }
}

#[tokio::test]
async fn broken_bodies_are_refused() {
    let city = City::new().await;
    let cookie = city.citizen_cookie();
    let page = city.get_as_citizen("/parcels").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("request_key"));

    let form = format!("receiver=%E7%8E%8B&request_key={key}&csrf={csrf}");
    let make = |body: Vec<u8>| {
        let media_type = "application/x-www-form-urlencoded";
        with(
            request(Method::POST, "/parcels", media_type, body),
            "cookie",
            &cookie,
        )
    };
    all_are_answered(&city, make, form.as_bytes(), 1).await;

    let json = br#"{"receiver":"\u738b","marks":[{"colour":1}]}"#;
    let make = |body: Vec<u8>| {
        let request = request(Method::POST, "/api/v1/parcels", "application/json", body);
        city.bearer(with(request, "idempotency-key", "k"))
    };
    all_are_answered(&city, make, json, 2).await;

    let multipart = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--edge\r\n\
         content-disposition: form-data; name=\"card\"; filename=\"a.docx\"\r\n\r\nPK\u{3}\u{4}word/document.xml\
         PK\u{1}\u{2}PK\u{5}\u{6}\r\n--edge--\r\n"
    );
    let make = |body: Vec<u8>| {
        let media_type = "multipart/form-data; boundary=edge";
        with(
            request(Method::POST, "/files", media_type, body),
            "cookie",
            &cookie,
        )
    };
    all_are_answered(&city, make, multipart.as_bytes(), 3).await;
    assert!(city.parcels().await <= 400, "at most one a request");
}

#[tokio::test]
async fn broken_queries_and_paths_are_refused() {
    let city = City::new().await;
    let dice = Entropy::seeded(4);
    let mut asked = 0;
    for good in [
        "/api/v1/parcels?cursor=MTp&limit=20",
        "/parcels/01890a5d-ac96-774b-bcce-b302099a8057",
        "/prefs?back=/a",
    ] {
        for _ in 0..200 {
            let path = broken(good.as_bytes(), &dice);
            let mut request = super::city::get("/");
            // What is no address at all never gets as far as the router.
            let Ok(uri) = axum::http::Uri::try_from(path) else {
                continue;
            };
            if uri.path().is_empty() {
                continue;
            }
            *request.uri_mut() = uri;
            asked += 1;
            let seen = city.send(request).await;
            assert!(seen.status.as_u16() < 500, "{}", seen.status);
        }
    }
    assert!(asked > 200);
}
