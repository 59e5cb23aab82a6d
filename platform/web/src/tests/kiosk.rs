//! A machine in a hall: what it shows, and that it forgets.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use people::SessionKind;

use super::city::{City, Seen, get, request, with};
use crate::cookie;
use crate::kiosk::Machine;

fn machine() -> Machine {
    Machine {
        hall: "city_hall".to_owned(),
        hall_name: "云川市政务服务中心".to_owned(),
        number: "Z07".to_owned(),
    }
}

/// The value that the machine carries from then on.
fn mark(city: &City) -> String {
    let set = cookie::kiosk(&city.app.config, &machine().write());
    let set = set.to_str().expect("ASCII");
    set.split(';').next().expect("a pair").to_owned()
}

fn cookies(seen: &Seen) -> Vec<&str> {
    seen.headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("ASCII"))
        .collect()
}

/// Signs the citizen in at the machine; the cookies the machine then sends.
async fn signed_in(city: &City) -> String {
    let browser = city.citizen.clone();
    let (people, now) = (city.app.people.clone(), city.app.now());
    let token = city
        .app
        .db
        .write(move |tx| -> Result<String, people::Error> {
            let known = people.session(tx, &browser, now)?.expect("signed in");
            people.open_session(tx, known.account, SessionKind::Kiosk, now)
        })
        .await
        .expect("opens");
    format!("{}; tb_session={token}", mark(city))
}

async fn parcels(city: &City, cookies: &str) -> StatusCode {
    city.send(with(get("/parcels"), "cookie", cookies))
        .await
        .status
}

#[tokio::test]
async fn pages_are_the_same_in_another_mode_and_are_not_stored() {
    let city = City::new().await;
    let plain = city.get("/problems/busy").await;
    assert!(!plain.text().contains("data-kiosk"));
    assert_eq!(plain.header("cache-control"), "no-cache");

    let there = with(get("/problems/busy"), "cookie", &mark(&city));
    let seen = city.send(there).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(
        (seen.header("cache-control"), seen.header("etag")),
        ("no-store", "")
    );
    let text = seen.text();
    for shown in [
        "data-kiosk",
        "云川市政务服务中心",
        "机号Z07",
        "action=\"/kiosk/end\"",
        "url=/kiosk/idle",
    ] {
        assert!(text.contains(shown), "{shown}");
    }
    // No service worker, no manifest, no way to the staff's pages.
    for hidden in ["offline.js", "rel=\"manifest\"", "/staff/sign-in"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let staff = city
        .send(with(get("/staff/parcels"), "cookie", &mark(&city)))
        .await;
    assert_eq!(
        (staff.status, staff.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    let forged = with(get("/problems/busy"), "cookie", "tb_kiosk=1");
    assert!(!city.send(forged).await.text().contains("data-kiosk"));
}

#[tokio::test]
async fn whoever_stands_still_is_signed_out_by_the_server() {
    let city = City::new().await;
    let cookies = signed_in(&city).await;
    // Visits keep the session alive …
    for _ in 0..4 {
        assert_eq!(parcels(&city, &cookies).await, StatusCode::OK);
        city.clock.advance(Duration::from_secs(170));
    }
    assert_eq!(parcels(&city, &cookies).await, StatusCode::OK);
    // … and three minutes without one end it.
    city.clock.advance(Duration::from_secs(181));
    assert_eq!(parcels(&city, &cookies).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_stays_longer_than_an_hour() {
    let city = City::new().await;
    let cookies = signed_in(&city).await;
    for minute in 0..60 {
        assert_eq!(
            parcels(&city, &cookies).await,
            StatusCode::OK,
            "minute {minute}"
        );
        city.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(parcels(&city, &cookies).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn ending_forgets_everything_but_the_machine() {
    for (method, path) in [(Method::POST, "/kiosk/end"), (Method::GET, "/kiosk/idle")] {
        let city = City::new().await;
        let carried = signed_in(&city).await;
        assert_eq!(parcels(&city, &carried).await, StatusCode::OK);
        let end = request(method, path, "application/x-www-form-urlencoded", "");
        let seen = city.send(with(end, "cookie", &carried)).await;
        assert_eq!(
            (seen.status, seen.header("location")),
            (StatusCode::SEE_OTHER, "/")
        );
        assert_eq!(seen.header("clear-site-data"), "\"cache\", \"storage\"");
        assert_eq!(seen.header("cache-control"), "no-store");
        let gone = cookies(&seen);
        for name in [
            "tb_session",
            "tb_csrf",
            "tb_lang",
            "tb_care",
            "tb_theme",
            "tb_low",
        ] {
            assert!(
                gone.iter()
                    .any(|set| set.starts_with(&format!("{name}=;")) && set.contains("Max-Age=0")),
                "{path} leaves {name}: {gone:?}"
            );
        }
        assert!(
            !gone.iter().any(|set| set.starts_with("tb_kiosk")),
            "{gone:?}"
        );
        // Not the cookie alone: the session itself has ended.
        assert_eq!(
            parcels(&city, &carried).await,
            StatusCode::SEE_OTHER,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_ordinary_browser_is_not_signed_out_by_an_address() {
    let city = City::new().await;
    let cookie = city.citizen_cookie();
    let seen = city.send(with(get("/kiosk/idle"), "cookie", &cookie)).await;
    assert_eq!(
        (seen.status, seen.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    assert!(cookies(&seen).is_empty());
    assert_eq!(parcels(&city, &cookie).await, StatusCode::OK);
}

#[tokio::test]
async fn care_is_remembered_with_the_account_but_not_from_a_machine() {
    let city = City::new().await;
    let care = async |cookies: &str| {
        let page = city.send(with(get("/parcels"), "cookie", cookies)).await;
        assert_eq!(page.status, StatusCode::OK);
        page.text().contains("data-mode=\"care\"")
    };
    let carried = signed_in(&city).await;
    let at_machine = with(get("/prefs?care=1&back=/"), "cookie", &carried);
    assert_eq!(city.send(at_machine).await.status, StatusCode::SEE_OTHER);
    let own = city.citizen_cookie();
    assert!(!care(&own).await, "a machine says nothing about a person");

    let chosen = with(get("/prefs?care=1&back=/"), "cookie", &own);
    assert_eq!(city.send(chosen).await.status, StatusCode::SEE_OTHER);
    city.clock.advance(Duration::from_mins(1));
    assert!(care(&own).await, "the account remembers");
    assert!(
        !care(&format!("{own}; tb_care=0")).await,
        "this browser was told otherwise"
    );
    assert!(
        !care(&signed_in(&city).await).await,
        "a machine begins plain for everybody"
    );
}
