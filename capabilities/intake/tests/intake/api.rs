//! Intake through the API.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::city::{BOUNDARY, City, PDF, Seen, citizen_id, multipart, on_both};

fn application(city: &City) -> Value {
    json!({
        "item_id": city.item,
        "answers": {
            "shop_name": "青禾小馆",
            "shop_address": "云川市云川区文峰街31号",
            "area": 86,
            "form": "restaurant",
            "manager_id": citizen_id("19900307", 1)
        },
        "materials": [{ "key": "layout", "paper": true }],
        "delivery": "electronic"
    })
}

async fn files(city: &City, token: &str, name: &str, bytes: &[u8]) -> Seen {
    city.send(
        Request::builder()
            .method(Method::POST)
            .uri("/api/v1/files")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "files")
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(Body::from(multipart(&[], &[("file", name, bytes)])))
            .expect("a request"),
    )
    .await
}

fn pointers(seen: &Seen) -> Vec<String> {
    assert_eq!(seen.status, 422, "{}", seen.text);
    seen.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["pointer"].as_str().expect("a pointer").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_filed_once_and_followed() {
    on_both(async |city: City| {
        let post = Method::POST;
        let filed = city
            .call(
                post.clone(),
                "/api/v1/cases",
                &city.citizen_token,
                "k1",
                Some(application(&city)),
            )
            .await;
        assert_eq!(filed.status, 201, "{}", filed.text);
        let body = filed.json();
        assert_eq!(body["state"], "received");
        assert_eq!(body["version"], 1);
        assert_eq!(body["query_code"].as_str().map(str::len), Some(6));
        assert_eq!(body["clocks"][0]["kind"], "one_time_correction");
        assert_eq!(body["clocks"][0]["due_date"], "2026-05-18");
        let again = city
            .call(
                post.clone(),
                "/api/v1/cases",
                &city.citizen_token,
                "k1",
                Some(application(&city)),
            )
            .await;
        assert_eq!(again.json()["case_id"], body["case_id"]);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        let address = format!("/api/v1/cases/{}", body["case_id"].as_str().expect("an id"));
        let own = city
            .call(Method::GET, &address, &city.citizen_token, "", None)
            .await;
        assert_eq!(own.json()["case_no"], body["case_no"]);
        assert_eq!(
            own.json()["materials"][0]["paper"],
            false,
            "a person will bring it"
        );
        let clerk = city
            .call(Method::GET, &address, &city.clerk_token, "", None)
            .await;
        assert_eq!(clerk.status, 200);
        let stranger = city
            .call(Method::GET, &address, &city.other_token, "", None)
            .await;
        assert_eq!(stranger.status, 404);
        assert_eq!(
            city.call(Method::GET, &address, "", "", None).await.status,
            401
        );

        let other = city
            .call(
                post.clone(),
                "/api/v1/cases",
                &city.citizen_token,
                "k2",
                Some(application(&city)),
            )
            .await;
        let list = city
            .call(
                Method::GET,
                "/api/v1/my/cases?limit=1",
                &city.citizen_token,
                "",
                None,
            )
            .await;
        assert_eq!(list.json()["items"][0]["case_id"], other.json()["case_id"]);
        let next = list.json()["next"]
            .as_str()
            .expect("a second page")
            .to_owned();
        let rest = city
            .call(
                Method::GET,
                &format!("/api/v1/my/cases?limit=1&cursor={next}"),
                &city.citizen_token,
                "",
                None,
            )
            .await;
        assert_eq!(rest.json()["items"][0]["case_id"], body["case_id"]);
        assert!(rest.json()["next"].is_null());
        let none = city
            .call(Method::GET, "/api/v1/my/cases", &city.other_token, "", None)
            .await;
        assert_eq!(none.json()["items"], json!([]));

        let withdrawn = city
            .call(
                post.clone(),
                &format!("{address}/withdrawal"),
                &city.citizen_token,
                "k3",
                Some(json!({ "version": 1, "reason": "不办了" })),
            )
            .await;
        assert_eq!(withdrawn.json()["state"], "withdrawn", "{}", withdrawn.text);
        let late = city
            .call(
                post,
                &format!("{address}/withdrawal"),
                &city.citizen_token,
                "k4",
                Some(json!({ "version": 1 })),
            )
            .await;
        assert_eq!(late.status, 409);
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_files_for_somebody() {
    let city = City::sqlite().await;
    let mut body = application(&city);
    let post = |key: &'static str, token: String, body: Value| {
        let city = &city;
        async move {
            city.call(Method::POST, "/api/v1/cases", &token, key, Some(body))
                .await
        }
    };
    let nobody = post("a", city.clerk_token.clone(), body.clone()).await;
    assert_eq!(pointers(&nobody), ["/applicant"]);
    body["applicant"] =
        json!({ "kind": "person", "name": "李雨桐", "id_number": citizen_id("20010101", 7) });
    let filed = post("b", city.clerk_token.clone(), body.clone()).await;
    assert_eq!(filed.status, 201, "{}", filed.text);
    assert_eq!(filed.json()["channel"], "window");
    assert_eq!(
        filed.json()["materials"][0]["paper"],
        true,
        "the paper was taken in"
    );
    let person = post("c", city.citizen_token.clone(), body.clone()).await;
    assert_eq!(pointers(&person), ["/applicant"]);
    body["applicant"]["name"] = json!("李四");
    let mismatch = post("d", city.clerk_token.clone(), body.clone()).await;
    assert_eq!(mismatch.status, 422);
    body["applicant"] = json!({ "kind": "person", "name": "李", "id_number": "1" });
    assert_eq!(post("e", city.clerk_token.clone(), body).await.status, 422);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_by_its_place() {
    let city = City::sqlite().await;
    let token = city.citizen_token.clone();
    let send = |key: &'static str, body: Value| {
        let (city, token) = (&city, &token);
        async move {
            city.call(Method::POST, "/api/v1/cases", token, key, Some(body))
                .await
        }
    };
    let mut body = application(&city);
    body["answers"]["area"] = json!("86");
    body["answers"]["color"] = json!("red");
    body["answers"]["manager_id"] = json!("110105194912310021");
    body["materials"] = json!([{ "key": "nonsense", "paper": true }]);
    let seen = send("a", body).await;
    let found = pointers(&seen);
    for pointer in [
        "/answers/area",
        "/answers/color",
        "/answers/manager_id",
        "/materials",
        "/materials/0",
    ] {
        assert!(
            found.iter().any(|known| known == pointer),
            "{pointer} in {found:?}"
        );
    }
    let mut body = application(&city);
    body["item_id"] = json!("x");
    assert_eq!(pointers(&send("b", body).await), ["/item_id"]);
    let mut body = application(&city);
    body["item_id"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(send("c", body).await.status, 404);
    let mut body = application(&city);
    body["surprise"] = json!(1);
    assert_eq!(pointers(&send("d", body).await), ["/surprise"]);
    let mut body = application(&city);
    body["item_id"] = json!(city.window_only);
    assert_eq!(send("e", body).await.status, 409);
    let keyless = city
        .call(
            Method::POST,
            "/api/v1/cases",
            &token,
            "",
            Some(application(&city)),
        )
        .await;
    assert_eq!(keyless.status, 400);
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_belongs_to_whoever_uploaded_it() {
    on_both(async |city: City| {
        let uploaded = files(&city, &city.citizen_token, "图.pdf", PDF).await;
        assert_eq!(uploaded.status, 201, "{}", uploaded.text);
        let digest = uploaded.json()["files"][0]["digest"]
            .as_str()
            .expect("a digest")
            .to_owned();
        let mut body = application(&city);
        body["materials"] = json!([{ "key": "layout", "files": [digest] }]);
        let stolen = city
            .call(
                Method::POST,
                "/api/v1/cases",
                &city.other_token,
                "s",
                Some(body.clone()),
            )
            .await;
        assert_eq!(pointers(&stolen), ["/materials/0"]);
        let own = city
            .call(
                Method::POST,
                "/api/v1/cases",
                &city.citizen_token,
                "o",
                Some(body),
            )
            .await;
        assert_eq!(own.status, 201, "{}", own.text);
        assert_eq!(own.json()["materials"][0]["files"][0]["name"], "图.pdf");
        assert_eq!(
            files(
                &city,
                &city.citizen_token,
                "a.pdf",
                b"not a pdf at all \x00\x01"
            )
            .await
            .status,
            415
        );
        assert_eq!(
            files(&city, "0".repeat(64).as_str(), "a.pdf", PDF)
                .await
                .status,
            401
        );
        city
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_keeps_to_what_was_asked() {
    let city = City::sqlite().await;
    let token = city.citizen_token.clone();
    let filed = city
        .call(
            Method::POST,
            "/api/v1/cases",
            &token,
            "f",
            Some(application(&city)),
        )
        .await
        .json();
    let case = filed["case_id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an id");
    city.act(
        case,
        approval::Act::RequestCorrection {
            items: vec![approval::details::CorrectionItem {
                material: "layout".into(),
                what: "请上传电子件".into(),
            }],
            remark: String::new(),
        },
    )
    .await;
    let address = format!("/api/v1/cases/{case}/correction");
    let shown = city
        .call(
            Method::GET,
            &format!("/api/v1/cases/{case}"),
            &token,
            "",
            None,
        )
        .await;
    assert_eq!(shown.json()["correction"][0]["material"], "layout");
    let digest = files(&city, &token, "图.pdf", PDF).await.json()["files"][0]["digest"].clone();
    let other = json!({ "materials": [{ "key": "health", "files": [digest] }], "answers": {} });
    let refused = city
        .call(Method::POST, &address, &token, "a", Some(other))
        .await;
    let found = pointers(&refused);
    assert!(
        found.contains(&"/materials/0".to_owned()) && found.contains(&"/answers".to_owned()),
        "{found:?}"
    );
    let right = json!({ "version": 2, "materials": [{ "key": "layout", "files": [digest] }] });
    let done = city
        .call(Method::POST, &address, &token, "b", Some(right))
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json()["state"], "received");
    assert_eq!(done.json()["correction"], json!([]));
    city.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_begin_and_end() {
    let city = City::sqlite().await;
    let create = |password: &'static str| {
        let city = &city;
        async move {
            let body = json!({ "login": "clerk", "password": password });
            city.call(Method::POST, "/api/v1/sessions", "", "k", Some(body))
                .await
        }
    };
    assert_eq!(create("wrong password").await.status, 401);
    let begun = create("tz8-kq4m2x").await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    assert_eq!(begun.json()["kind"], "staff");
    let token = begun.json()["token"].as_str().expect("a token").to_owned();
    let ended = city
        .call(Method::DELETE, "/api/v1/sessions/current", &token, "", None)
        .await;
    assert_eq!(ended.status, 204);
    let gone = city
        .call(Method::DELETE, "/api/v1/sessions/current", &token, "", None)
        .await;
    assert_eq!(gone.status, 401);
    city.close().await;
}
