//! Files in and out.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use calamine::{Data, Reader, Xlsx};

use super::city::{City, get, request, with};
use crate::Config;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n picture";

/// (name, file name, content).
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn multipart(path: &str, parts: &[Part<'_>]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        body.extend_from_slice(b"--edge\r\n");
        let file_name = file_name.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!("content-disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    request(
        Method::POST,
        path,
        "multipart/form-data; boundary=edge",
        body,
    )
}

async fn token(city: &City) -> String {
    city.get_as_citizen("/parcels").await.hidden("csrf")
}

#[tokio::test]
async fn files_are_kept_by_content_and_come_back() {
    let city = City::new().await;
    let csrf = token(&city).await;
    let parts: &[Part<'_>] = &[
        ("csrf", None, csrf.as_bytes()),
        ("note", None, "说明".as_bytes()),
        ("card", Some("C:\\scan\\身份证.png"), PNG),
        ("none", Some(""), b""),
    ];
    let seen = city
        .send(with(
            multipart("/files", parts),
            "cookie",
            &city.citizen_cookie(),
        ))
        .await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
    let body = seen.json();
    assert_eq!(body["note"], "说明");
    assert_eq!(body["files"].as_array().map(Vec::len), Some(1));
    let file = &body["files"][0];
    assert_eq!(
        (&file["name"], &file["size"]),
        (&"身份证.png".into(), &PNG.len().into())
    );
    assert_eq!(file["media_type"], "image/png");

    let path = format!("/files/{}", file["digest"].as_str().expect("a digest"));
    let kept = city.get(&path).await;
    assert_eq!(kept.bytes, PNG);
    assert_eq!(kept.header("content-type"), "image/png");
    assert_eq!(
        kept.header("content-disposition"),
        "attachment; filename=\"___.png\"; filename*=UTF-8''%E8%BA%AB%E4%BB%BD%E8%AF%81.png"
    );
    let shown = city.get(&format!("{path}?inline=true")).await;
    assert!(shown.header("content-disposition").starts_with("inline"));
    assert!(
        shown
            .header("content-security-policy")
            .starts_with("sandbox;")
    );
    assert_eq!(shown.header("x-frame-options"), "SAMEORIGIN");
    assert_eq!(
        city.get(&format!("/files/{}", "0".repeat(64))).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_may_not_be_kept_is_refused_clearly() {
    let city = City::with(Config {
        upload_bytes_max: 1024 * 1024,
        upload_files_max: 2,
        ..Config::default()
    })
    .await;
    let csrf = token(&city).await;
    let send = async |parts: &[Part<'_>]| {
        let mut all: Vec<Part<'_>> = vec![("csrf", None, csrf.as_bytes())];
        all.extend_from_slice(parts);
        let seen = city
            .send(with(
                multipart("/files", &all),
                "cookie",
                &city.citizen_cookie(),
            ))
            .await;
        (seen.status.as_u16(), seen.text().to_owned())
    };
    let (status, text) = send(&[("card", Some("证.png"), b"MZ\x90\0\x03\0\0\0")]).await;
    assert_eq!(status, 415);
    assert!(
        text.contains("PDF、JPG、PNG") && text.contains("exe"),
        "{text}"
    );
    let (status, _) = send(&[("card", Some("a.html"), b"<html><script>alert(1)</script>")]).await;
    assert_eq!(status, 415);
    let mut large = PNG.to_vec();
    large.resize(1024 * 1024 + 1, 0);
    let (status, text) = send(&[("card", Some("a.png"), &large)]).await;
    assert_eq!(status, 413);
    assert!(text.contains("1 MB"), "{text}");
    let file: Part<'_> = ("card", Some("a.png"), PNG);
    assert_eq!(send(&[file, file, file]).await.0, 413);
    assert_eq!(send(&[("card", Some("a.png"), b"")]).await.0, 422);
    assert_eq!(send(&[("note", None, b"\xff")]).await.0, 400);
    assert_eq!(send(&[("note", None, &vec![b'a'; 70_000])]).await.0, 413);
    assert_eq!(send(&[file, file]).await.0, 200);
}

#[tokio::test]
async fn a_forged_or_broken_upload_keeps_nothing() {
    let city = City::new().await;
    let csrf = token(&city).await;
    let cookie = city.citizen_cookie();
    let file: Part<'_> = ("card", Some("a.png"), PNG);
    let token: Part<'_> = ("csrf", None, csrf.as_bytes());
    assert_eq!(
        city.send(with(multipart("/files", &[file]), "cookie", &cookie))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        city.send(with(multipart("/files", &[file, token]), "cookie", &cookie))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        city.send(with(multipart("/files", &[]), "cookie", &cookie))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let by_header = with(multipart("/files", &[file]), "x-csrf-token", &csrf);
    assert_eq!(
        city.send(with(by_header, "cookie", &cookie)).await.status,
        StatusCode::OK
    );
    let foreign = with(
        multipart("/files", &[token, file]),
        "origin",
        "https://evil.example",
    );
    assert_eq!(
        city.send(with(foreign, "cookie", &cookie)).await.status,
        StatusCode::FORBIDDEN
    );

    let broken = |media_type: &str, body: &str| {
        let body = body.replace("TOKEN", &csrf).replace('\n', "\r\n");
        with(
            request(Method::POST, "/files", media_type, body),
            "cookie",
            &cookie,
        )
    };
    let head = "--edge\ncontent-disposition: form-data; name=\"csrf\"\n\nTOKEN\n";
    for (media_type, body, status) in [
        ("multipart/form-data", "", 400),
        ("multipart/form-data; boundary=edge", "", 400),
        ("multipart/form-data; boundary=edge", "--other--", 400),
        ("application/json", "{}", 415),
        (
            "multipart/form-data; boundary=edge",
            &format!(
                "{head}--edge\ncontent-disposition: form-data; name=\"a\"; filename=\"a.png\"\n\nPN"
            ),
            400,
        ),
        (
            "multipart/form-data; boundary=edge",
            &format!("{head}--edge\nno header"),
            400,
        ),
    ] {
        let seen = city.send(broken(media_type, body)).await;
        assert_eq!(seen.status.as_u16(), status, "{media_type} {body}");
    }
}

#[tokio::test]
async fn a_table_may_be_csv() {
    let city = City::new().await;
    let csrf = token(&city).await;
    let send = async |content: &[u8]| {
        let parts: &[Part<'_>] = &[
            ("csrf", None, csrf.as_bytes()),
            ("table", Some("a.csv"), content),
        ];
        city.send(with(
            multipart("/tables", parts),
            "cookie",
            &city.citizen_cookie(),
        ))
        .await
        .status
        .as_u16()
    };
    assert_eq!(send("编码,名称\r\n1,甲\r\n".as_bytes()).await, 200);
    assert_eq!(send(b"a\0b").await, 415);
    assert_eq!(send(b"%PDF-1.7").await, 415);
}

#[tokio::test]
async fn lists_leave_as_spreadsheets_that_run_nothing() {
    let city = City::new().await;
    let csv = city.get("/export?format=csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        csv.header("content-disposition")
            .contains("filename*=UTF-8''%E5%8A%9E%E4%BB%B6%E5%88%97%E8%A1%A8.csv")
    );
    assert_eq!(
        csv.text().lines().nth(1),
        Some("1,\"'=1+1\",\"说“好”,\"\"是\"\"\",2026-05-21,")
    );
    assert!(csv.text().starts_with("\u{feff}编号,"));

    let xlsx = city.get("/export?format=xlsx").await;
    assert_eq!(xlsx.header("content-length"), xlsx.bytes.len().to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(xlsx.bytes)).expect("a workbook");
    let range = book
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("readable");
    assert_eq!(range.get_size(), (4, 5));
    assert_eq!(range.get((0, 1)), Some(&Data::String("公式".to_owned())));
    assert_eq!(range.get((1, 1)), Some(&Data::String("=1+1".to_owned())));
    assert_eq!(range.get((3, 0)), Some(&Data::Float(3.0)));
    let formulas = book.worksheet_formula("Sheet1").expect("readable");
    assert!(formulas.used_cells().next().is_none());
    assert_eq!(
        city.get("/export?format=exe").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        city.send(get("/export")).await.status,
        StatusCode::BAD_REQUEST
    );
}
