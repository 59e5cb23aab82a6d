//! JSON that is not, is too much, or is of the wrong shape; addresses and queries that mean nothing.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use testkit::town::{FOOD, STRANGER_ID, food_answers};
use testkit::{Program, on_every_engine};

use super::Counted;
use crate::steps;

#[test]
fn broken_and_misshapen_bodies_are_refused_by_every_operation() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let office = app.program("integrator1").await;
        let received = steps::file_food(&app, &citizen).await;
        let correcting = steps::file_food(&app, &citizen).await;
        let told = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
        office
            .post(&correcting.api("/correction-notice"), &told)
            .await
            .expect(200);
        let accepted = steps::file_food(&app, &citizen).await;
        office
            .post(&accepted.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        let granted = steps::file_food_for_window(&app, &citizen).await;
        office
            .post(&granted.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        office
            .post(&granted.api("/decision"), &json!({ "granted": true }))
            .await
            .expect(200);
        let done = steps::file_food(&app, &citizen).await;
        office
            .post(&done.api("/acceptance"), &json!({}))
            .await
            .expect(200);
        office
            .post(&done.api("/decision"), &json!({ "granted": true }))
            .await
            .expect(200);

        let item = app.town.item(FOOD).to_string();
        let layout = json!([{ "key": "layout", "files": ["00"] }]);
        let operations: [(&Program, String, Value); 10] = [
            (
                &citizen,
                "/api/v1/cases".to_owned(),
                json!({ "item_id": item, "answers": food_answers(), "materials": layout, "delivery": "electronic" }),
            ),
            (
                &office,
                "/api/v1/cases".to_owned(),
                json!({
                    "item_id": item, "answers": food_answers(), "delivery": "window", "channel": "window",
                    "materials": [{ "key": "layout", "files": [], "paper": true }],
                    "applicant": { "kind": "person", "name": "钱多多", "id_number": STRANGER_ID, "phone": "1" },
                }),
            ),
            (
                &citizen,
                correcting.api("/correction"),
                json!({ "version": 2, "materials": layout, "remark": "" }),
            ),
            (
                &citizen,
                received.api("/withdrawal"),
                json!({ "version": 7, "reason": "不办了" }),
            ),
            (
                &citizen,
                done.api("/rating"),
                json!({ "level": 9, "tags": ["x"], "text": "好" }),
            ),
            (
                &office,
                received.api("/acceptance"),
                json!({ "version": 7, "remark": "齐全" }),
            ),
            (
                &office,
                received.api("/correction-notice"),
                json!({ "version": 7, "items": [{ "material": "layout", "what": "请补" }], "remark": "" }),
            ),
            (
                &office,
                received.api("/non-acceptance"),
                json!({ "version": 7, "reason": "理由", "legal_basis": "条款", "right_agency": "" }),
            ),
            (
                &office,
                accepted.api("/decision"),
                json!({ "version": 7, "granted": true, "opinion": "", "legal_basis": "" }),
            ),
            (
                &office,
                granted.api("/delivery"),
                json!({ "version": 7, "method": "window", "receiver": "王", "tracking": "" }),
            ),
        ];
        let mut counted = Counted::begin(&app).await;
        for (program, path, body) in &operations {
            for (what, bytes) in broken(body) {
                let answer = program
                    .post_bytes(path, Some("bad-key"), "application/json", bytes)
                    .await;
                counted.api(&format!("{path} {what}"), &answer);
            }
            for (what, changed) in misshapen(body) {
                let answer = program.post_with_key(path, "bad-key", &changed).await;
                counted.api(&format!("{path} {what}"), &answer);
            }
            for kind in [
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "json",
                "",
            ] {
                let answer = program
                    .post_bytes(path, Some("bad-key"), kind, body.to_string().into_bytes())
                    .await;
                assert_eq!(answer.status, 415, "{path} as {kind:?}: {}", answer.text());
                counted.api(&format!("{path} as {kind:?}"), &answer);
            }
        }
        counted.end(500).await;
    });
}

/// The bytes of a good body made bad.
fn broken(body: &Value) -> Vec<(String, Vec<u8>)> {
    let good = body.to_string().into_bytes();
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |what: &str, bytes: Vec<u8>| all.push((what.to_owned(), bytes));
    for part in 1..8 {
        add(
            &format!("cut at {part}/8"),
            good[..good.len() * part / 8].to_vec(),
        );
    }
    add("empty", Vec::new());
    add("white space", b" \n\t ".to_vec());
    for word in [
        "null",
        "true",
        "1",
        "\"text\"",
        "[]",
        "[{}]",
        "NaN",
        "undefined",
        "{]",
        "{\"a\":}",
        "'single'",
    ] {
        add(word, word.as_bytes().to_vec());
    }
    let mut twice = good.clone();
    twice.extend_from_slice(&good);
    add("two documents", twice);
    let mut tail = good.clone();
    tail.extend_from_slice(b" x");
    add("a tail", tail);
    let mut mark = b"\xef\xbb\xbf".to_vec();
    mark.extend_from_slice(&good);
    add("a byte order mark", mark);
    let quote = good.iter().position(|byte| *byte == b'"').expect("a text") + 1;
    for (what, poison) in [
        ("invalid UTF-8", &b"\xff\xfe"[..]),
        ("an overlong sign", b"\xc0\xaf"),
        ("half a surrogate", b"\xed\xa0\x80"),
        ("an escaped half surrogate", b"\\ud800"),
        ("a raw line feed in a text", b"\n"),
        ("NUL", b"\0"),
        ("a wrong escape", b"\\x41"),
    ] {
        let mut bytes = good.clone();
        bytes.splice(quote..quote, poison.iter().copied());
        add(what, bytes);
    }
    add("deep nesting", b"[".repeat(100_000));
    add("deep objects", b"{\"a\":".repeat(50_000));
    let mut huge = b"{\"item_id\":\"".to_vec();
    huge.extend_from_slice(&b"x".repeat(2 * 1024 * 1024));
    huge.extend_from_slice(b"\"}");
    add("two mebibytes", huge);
    all
}

/// A good body with one part of a wrong type, one member too many, one that does not belong there.
fn misshapen(body: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for pointer in pointers(body) {
        let Some(part) = body.pointer(&pointer) else {
            continue;
        };
        let wrong: Vec<Value> = match part {
            Value::String(_) => vec![json!(1), json!([]), json!({}), json!(true), json!(["x"])],
            Value::Number(_) => vec![
                json!("x"),
                json!([]),
                json!({}),
                json!(1.5),
                json!("1"),
                json!(true),
            ],
            Value::Bool(_) => vec![json!("true"), json!(1), json!([])],
            Value::Array(_) => vec![json!("x"), json!({}), json!(7)],
            Value::Object(_) => vec![json!("x"), json!([1]), json!(7)],
            Value::Null => Vec::new(),
        };
        for value in wrong {
            let mut changed = body.clone();
            *changed.pointer_mut(&pointer).expect("it is there") = value.clone();
            all.push((format!("{pointer} = {value}"), changed));
        }
        if let Value::Object(_) = part {
            let mut changed = body.clone();
            changed
                .pointer_mut(&pointer)
                .and_then(Value::as_object_mut)
                .expect("an object")
                .insert("__proto__".to_owned(), json!({ "admin": true }));
            all.push((format!("{pointer}/__proto__"), changed));
        }
    }
    let mut changed = body.clone();
    changed
        .as_object_mut()
        .expect("an object")
        .insert("role".to_owned(), json!("administrator"));
    all.push(("one member too many".to_owned(), changed));
    all
}

/// Pointers to everything inside a value, the value itself apart.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                all.push(format!("/{key}"));
                all.extend(
                    pointers(member)
                        .into_iter()
                        .map(|rest| format!("/{key}{rest}")),
                );
            }
        }
        Value::Array(entries) => {
            for (place, entry) in entries.iter().enumerate() {
                all.push(format!("/{place}"));
                all.extend(
                    pointers(entry)
                        .into_iter()
                        .map(|rest| format!("/{place}{rest}")),
                );
            }
        }
        _ => {}
    }
    all
}

#[test]
fn meaningless_addresses_queries_and_methods_are_refused() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food(&app, &citizen).await;
        let mut counted = Counted::begin(&app).await;
        let long = "x".repeat(3000);
        let ids = [
            "x",
            "0",
            "-1",
            "..",
            "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "%00",
            "%ff%fe",
            "null",
            "1%20OR%201=1",
            "';DROP%20TABLE%20cases;--",
            "%F0%9F%98%80",
            "{}",
            "00000000000000000000000000000000x",
            &long,
            "019e4855-2480-7fcd-8e30-f5356ae85d0",
            "{019e4855-2480-7fcd-8e30-f5356ae85d03}",
            "019e4855-2480-7fcd-8e30-000000000000",
        ];
        for id in ids {
            for door in [
                "/api/v1/cases/{}",
                "/api/v1/items/{}",
                "/api/v1/licenses/{}",
                "/api/v1/halls/{}",
            ] {
                let address = door.replace("{}", id);
                let Ok(request) = Request::get(&address).body(Body::empty()) else {
                    continue;
                };
                let answer = citizen.send(request).await;
                assert!(
                    matches!(answer.status.as_u16(), 404 | 422),
                    "{address}: {}",
                    answer.text()
                );
                counted.api(&address, &answer);
            }
        }
        for query in [
            "limit=x",
            "limit=-1",
            "limit=99999999999999999999",
            "limit=1.5",
            "cursor=x",
            "cursor=%00",
            "unknown=1",
            "limit=1&limit=2",
            "limit=%ff",
            "cursor=%ED%A0%80",
        ] {
            let answer = citizen.get(&format!("/api/v1/my/cases?{query}")).await;
            assert_eq!(answer.status, 400, "{query}: {}", answer.text());
            counted.api(query, &answer);
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            for address in [
                case.api(""),
                "/api/v1/cases".to_owned(),
                "/api/v1/items".to_owned(),
            ] {
                let request = Request::builder()
                    .method(method.clone())
                    .uri(&address)
                    .body(Body::empty())
                    .expect("a request");
                let answer = citizen.send(request).await;
                assert_eq!(answer.status, 405, "{method} {address}: {}", answer.text());
                counted.api(&format!("{method} {address}"), &answer);
            }
        }
        for token in [
            "Bearer",
            "Bearer x",
            "Basic eHg6eHg=",
            "Bearer \u{7f}",
            "bearer  two words",
            "Digest",
        ] {
            let Ok(request) = Request::get("/api/v1/my/cases")
                .header("authorization", token)
                .body(Body::empty())
            else {
                continue;
            };
            let answer = app.stranger().send(request).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 401),
                "{token}: {}",
                answer.text()
            );
            answer.problem();
        }
        counted.end(80).await;
    });
}
