//! Forms that were forged, cut off, swollen, or filled with what no person types.

use axum::body::Body;
use axum::http::Request;
use testkit::files;
use testkit::html::Form;
use testkit::town::FOOD;
use testkit::{Browser, Page, TestApp, on_every_engine};

use super::Counted;
use crate::steps;

/// Who opens which page, and which of its forms is sent.
struct Stand {
    login: &'static str,
    page: Page,
    form: Form,
}

async fn stands(app: &TestApp) -> Vec<Stand> {
    let citizen = app.program("citizen1").await;
    let case = steps::file_food(app, &citizen).await;
    let mut browser = app.browser("citizen1").await;
    let start = format!("/apply/{}", app.town.item(FOOD));
    let page = browser.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let begun = browser
        .submit(&page, page.form(&start).set("applicant", &own))
        .await
        .expect(200);
    let draft = begun
        .address
        .rsplit_once('/')
        .expect("a page of the draft")
        .0
        .to_owned();
    let mut stands = Vec::new();
    for (login, address, action) in [
        ("", "/sign-in".to_owned(), "/sign-in"),
        ("", "/register".to_owned(), "/register"),
        ("citizen1", format!("{draft}/shop"), ""),
        ("citizen1", format!("{draft}/business"), ""),
        ("citizen1", format!("{draft}/shop"), ""),
        (
            "citizen1",
            format!("{draft}/check-answers"),
            "/check-answers",
        ),
        (
            "citizen1",
            "/account/password".to_owned(),
            "/account/password",
        ),
        (
            "citizen1",
            "/account/proxies".to_owned(),
            "/account/proxies",
        ),
        ("approver1", case.desk(""), "/acts/request_correction"),
        ("approver1", case.desk(""), "/acts/refuse_acceptance"),
        (
            "admin1",
            "/admin/organisations/new".to_owned(),
            "/admin/organisations",
        ),
        ("admin1", "/admin/halls/new".to_owned(), "/admin/halls"),
        ("admin1", "/admin/staff/new".to_owned(), "/admin/staff"),
        ("admin1", "/admin/regions/new".to_owned(), "/admin/regions"),
    ] {
        let mut browser = of(app, login).await;
        let page = browser.get(&address).await.expect(200);
        let form = page.form(action);
        stands.push(Stand { login, page, form });
    }
    stands
}

/// The browser that opened the page: its token is of its session.
async fn of(app: &TestApp, login: &'static str) -> Browser {
    if login.is_empty() {
        app.visitor()
    } else {
        app.browser(login).await
    }
}

#[test]
fn forged_cut_and_swollen_forms_are_refused() {
    on_every_engine(async |app| {
        let stands = stands(&app).await;
        // Sessions are opened before the rows are counted.
        let mut browsers = Vec::new();
        for stand in &stands {
            let mut browser = of(&app, stand.login).await;
            let page = browser.get(&stand.page.address).await;
            let form = page
                .document
                .forms()
                .into_iter()
                .find(|form| form.action == stand.form.action && form.post)
                .expect("the form is there again");
            browsers.push((browser, page, form));
        }
        let mut counted = Counted::begin(&app).await;
        for (stand, (browser, page, form)) in stands.iter().zip(&mut browsers) {
            let place = format!("{} at {}", form.action, stand.page.address);
            for (what, changed, status) in [
                ("no token", form.clone().without("csrf"), 403),
                ("an empty token", form.clone().forged("csrf", ""), 403),
                (
                    "another token",
                    form.clone().forged("csrf", "A".repeat(86)),
                    403,
                ),
                (
                    "somebody else's token",
                    form.clone()
                        .forged("csrf", stands[0].form.value("csrf").unwrap_or("x")),
                    403,
                ),
            ] {
                // The anonymous pages share no session, so the last one is theirs alone to refuse.
                let seen = browser.submit(page, changed).await;
                assert_eq!(seen.status.as_u16(), status, "{place}: {what}");
                counted.page(&format!("{place}: {what}"), &seen);
            }
            let action = if form.action.is_empty() {
                page.address.clone()
            } else {
                form.action.clone()
            };
            let good = files::urlencoded(&form.values);
            for (what, kind, body) in raw_bodies(&good) {
                let request = Request::post(&action)
                    .header("content-type", kind)
                    .body(Body::from(body));
                let seen = browser.send(request.expect("a request")).await;
                counted.page(&format!("{place}: {what}"), &seen);
            }
            let names: Vec<String> = form
                .controls
                .iter()
                .filter(|control| !matches!(control.kind.as_str(), "hidden" | "file"))
                .map(|control| control.name.clone())
                .collect();
            for name in &names {
                let swollen = form.clone().forged(name, "长".repeat(20_000));
                counted.page(
                    &format!("{place}: {name} of 20,000 signs"),
                    &browser.submit(page, swollen).await,
                );
                let control = form.clone().forged(name, "a\u{0}b\u{1b}[31m");
                counted.page(
                    &format!("{place}: control signs in {name}"),
                    &browser.submit(page, control).await,
                );
            }
        }
        counted.end(200).await;
    });
}

fn raw_bodies(good: &str) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let with = |tail: &[u8]| {
        let mut body = good.as_bytes().to_vec();
        body.extend_from_slice(tail);
        body
    };
    vec![
        ("invalid UTF-8", FORM, with(b"&x=%ff%fe")),
        ("raw invalid UTF-8", FORM, with(b"&x=\xff\xfe")),
        ("half an escape", FORM, with(b"&x=%")),
        ("a wrong escape", FORM, with(b"&x=%zz")),
        ("NUL", FORM, with(b"&x=%00")),
        (
            "300 KiB",
            FORM,
            with(format!("&x={}", "a".repeat(300 * 1024)).as_bytes()),
        ),
        ("3,000 fields", FORM, with("&x=1".repeat(3000).as_bytes())),
        ("JSON", "application/json", b"{}".to_vec()),
        ("text", "text/plain", good.as_bytes().to_vec()),
        ("nothing said", "", good.as_bytes().to_vec()),
        (
            "another character set",
            "application/x-www-form-urlencoded; charset=gbk",
            with(b"&x=%c4%e3"),
        ),
    ]
}

#[test]
fn another_site_cannot_send_our_forms() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut browser = app.browser("citizen1").await;
        let page = browser.get(&case.page("/withdraw")).await.expect(200);
        let form = page.form("/withdraw");
        let mut counted = Counted::begin(&app).await;
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1.evil.example"),
        ] {
            let request = Request::post(case.page("/withdraw"))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("host", "127.0.0.1:8080")
                .header(name, value)
                .body(Body::from(files::urlencoded(&form.values)));
            let seen = browser.send(request.expect("a request")).await;
            assert_eq!(seen.status, 403, "{name}: {value}");
            counted.page(&format!("{name}: {value}"), &seen);
        }
        // A cookie alone opens no door of the API.
        let request = Request::post("/api/v1/cases")
            .header("content-type", "application/json")
            .header("idempotency-key", "x")
            .body(Body::from("{}"));
        let seen = browser.send(request.expect("a request")).await;
        assert_eq!(seen.status, 401);
        counted.end(5).await;
    });
}
