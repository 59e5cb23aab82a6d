//! Files that are not what they say, too many, too large, cut off, or named to climb out of their folder.

use axum::body::Body;
use axum::http::Request;
use testkit::files::{self, Part};
use testkit::{Program, on_every_engine};

use super::Counted;

/// Content that is no document, under names that claim one.
fn impostors() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut late = b"%PDF".to_vec();
    late.splice(0..0, b"<script>alert(1)</script>".iter().copied());
    vec![
        (
            "a program",
            "材料.pdf",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec(),
        ),
        (
            "an ELF",
            "材料.pdf",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        ),
        (
            "a page",
            "材料.pdf",
            b"<!doctype html><script>alert(1)</script>".to_vec(),
        ),
        (
            "a picture with script",
            "图.png",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
        ),
        ("a script before a PDF", "材料.pdf", late),
        (
            "a shell script",
            "run.sh",
            b"#!/bin/sh\nrm -rf /\n".to_vec(),
        ),
        ("a text", "材料.docx", "只是文字".as_bytes().to_vec()),
        ("zeros", "材料.pdf", vec![0; 4096]),
        (
            "noise",
            "材料.jpg",
            (0..4096_u32).map(|n| (n * 7919 % 251) as u8).collect(),
        ),
        ("half a PNG", "图.png", files::PNG[..6].to_vec()),
        ("a GIF", "图.png", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("an archive of nothing", "材料.docx", files::zip(&[])),
        (
            "an archive of something",
            "材料.zip",
            files::zip(&[Part::new("a.txt", b"a")]),
        ),
        (
            "an archive named a document",
            "材料.docx",
            files::zip(&[Part::new("../../etc/passwd", b"root")]),
        ),
        (
            "a program in an archive",
            "材料.docx",
            files::zip(&[Part::new("classes.dex", b"dex")]),
        ),
        (
            "half an archive",
            "材料.xlsx",
            files::zip(&files::workbook(files::sheet(&[vec!["a"]])))[..200].to_vec(),
        ),
        ("nothing", "空.pdf", Vec::new()),
    ]
}

#[test]
fn files_that_are_not_what_they_say_are_refused() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let draft = draft(&app).await;
        let mut browser = app.browser("citizen1").await;
        let page = browser
            .get(&format!("{draft}/upload-materials"))
            .await
            .expect(200);
        let form = page
            .document
            .forms()
            .into_iter()
            .find(|form| {
                form.controls
                    .iter()
                    .any(|control| control.name == "file:layout")
            })
            .expect("an upload");
        let mut counted = Counted::begin(&app).await;
        for (what, name, content) in impostors() {
            let (kind, body) = files::multipart(&[], &[("file", name, &content)]);
            let answer = citizen
                .post_bytes("/api/v1/files", Some("bad"), &kind, body)
                .await;
            counted.api(what, &answer);
            if !content.is_empty() {
                let again = browser
                    .submit_files(&page, form.clone(), &[("file:layout", name, &content)])
                    .await;
                counted.page(what, &again);
            }
        }
        // One good file does not carry a bad one in.
        let pdf = files::pdf("good");
        let (kind, body) = files::multipart(
            &[],
            &[("file", "good.pdf", &pdf), ("file", "bad.exe", b"MZ\x90\0")],
        );
        let answer = citizen
            .post_bytes("/api/v1/files", Some("bad"), &kind, body)
            .await;
        counted.api("a good file and a bad one", &answer);
        // A material the item does not ask for.
        let strange = browser
            .submit_files(&page, form, &[("file:other", "good.pdf", &pdf)])
            .await;
        counted.page("a material that is not asked for", &strange);
        counted.end(34).await;
    });
}

async fn draft(app: &testkit::TestApp) -> String {
    let mut browser = app.browser("citizen1").await;
    let start = format!("/apply/{}", app.town.item(testkit::town::FOOD));
    let page = browser.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let form = page.form(&start).set("applicant", &own);
    let page = browser.submit(&page, form).await.expect(200);
    page.address
        .rsplit_once('/')
        .expect("a page of the draft")
        .0
        .to_owned()
}

#[test]
fn too_large_too_many_and_cut_off_is_refused() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let mut counted = Counted::begin(&app).await;
        let mut large = files::pdf("large");
        large.resize(20 * 1024 * 1024 + 1, b' ');
        let (kind, body) = files::multipart(&[], &[("file", "large.pdf", &large)]);
        let answer = citizen
            .post_bytes("/api/v1/files", Some("bad"), &kind, body)
            .await;
        assert_eq!(answer.status, 413);
        counted.api("21 MB", &answer);
        let pdf = files::pdf("one");
        let many = vec![("file", "one.pdf", pdf.as_slice()); 21];
        let (kind, body) = files::multipart(&[], &many);
        counted.api(
            "21 files",
            &citizen
                .post_bytes("/api/v1/files", Some("bad"), &kind, body)
                .await,
        );

        let (kind, body) = files::multipart(
            &[("note".to_owned(), "x".repeat(70_000))],
            &[("file", "one.pdf", &pdf)],
        );
        counted.api(
            "a long field",
            &citizen
                .post_bytes("/api/v1/files", Some("bad"), &kind, body)
                .await,
        );
        let texts: Vec<(String, String)> = (0..3000)
            .map(|n| (format!("f{n}"), "x".to_owned()))
            .collect();
        let (kind, body) = files::multipart(&texts, &[("file", "one.pdf", &pdf)]);
        counted.api(
            "3,000 fields",
            &citizen
                .post_bytes("/api/v1/files", Some("bad"), &kind, body)
                .await,
        );

        let (kind, body) = files::multipart(&[], &[("file", "one.pdf", &pdf)]);
        for part in 0..20 {
            let cut = body[..body.len() * part / 20].to_vec();
            counted.api(
                &format!("cut at {part}/20"),
                &citizen
                    .post_bytes("/api/v1/files", Some("bad"), &kind, cut)
                    .await,
            );
        }
        for kind in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=other",
            "multipart/form-data; boundary=\"\"",
            "multipart/mixed; boundary=tongban-test-boundary-7d1f",
            "application/pdf",
            "text/plain",
        ] {
            counted.api(
                kind,
                &citizen
                    .post_bytes("/api/v1/files", Some("bad"), kind, body.clone())
                    .await,
            );
        }
        // No file at all; a file without a name; headers that are not.
        for (what, body) in raw_parts(&pdf) {
            counted.api(
                what,
                &citizen
                    .post_bytes("/api/v1/files", Some("bad"), &kind, body)
                    .await,
            );
        }
        let request = Request::post("/api/v1/files")
            .header("content-type", &kind)
            .body(Body::from(body));
        counted.api("no key", &citizen.send(request.expect("a request")).await);
        counted.end(36).await;
    });
}

fn raw_parts(pdf: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let part = |head: &str| {
        let mut body = format!("--tongban-test-boundary-7d1f\r\n{head}\r\n\r\n").into_bytes();
        body.extend_from_slice(pdf);
        body.extend_from_slice(b"\r\n--tongban-test-boundary-7d1f--\r\n");
        body
    };
    vec![
        (
            "no file",
            files::multipart(&[("a".to_owned(), "b".to_owned())], &[]).1,
        ),
        ("no disposition", part("content-type: application/pdf")),
        (
            "a broken disposition",
            part("content-disposition: form-data; name=\"file"),
        ),
        (
            "an empty body of parts",
            b"--tongban-test-boundary-7d1f--\r\n".to_vec(),
        ),
    ]
}

#[test]
fn names_that_climb_or_deceive_are_made_harmless() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        for name in [
            "../../../etc/passwd",
            "..\\..\\windows\\system32\\cmd.pdf",
            "/etc/shadow",
            "C:\\材料.pdf",
            "....//....//x.pdf",
            "a/../../b.pdf",
            ".",
            "..",
            "...pdf",
            "con.pdf",
            "a\u{202e}fdp.exe",
            "a\u{0}b.pdf",
            "a\tb.pdf",
            "%2e%2e%2fx.pdf",
            "<script>alert(1)</script>.pdf",
            "\u{feff}.pdf",
            " ",
            "文.pdf",
            &"长".repeat(600),
        ] {
            let pdf = files::pdf("named");
            let Some(json) = upload_named(&citizen, name, &pdf).await else {
                continue;
            };
            let kept = json["files"][0]["name"]
                .as_str()
                .expect("a name")
                .to_owned();
            assert!(
                !kept.is_empty() && kept != "." && kept != "..",
                "{name:?} became {kept:?}"
            );
            assert!(kept.chars().count() <= 120, "{name:?} became {kept:?}");
            assert!(
                !kept.contains(['/', '\\', '\0', '\n', '\u{202e}']) && !kept.starts_with('.'),
                "{name:?} became {kept:?}"
            );
        }
        // Files lie by their digest inside the data folder, whatever they were called.
        let outside = app.folder().parent().expect("a folder").join("passwd");
        assert!(!outside.exists());
        // Being taken out by a digest is no way out either.
        let mut browser = app.browser("citizen1").await;
        let draft = draft(&app).await;
        for digest in [
            "..%2f..%2fkeys.toml",
            "%2e%2e",
            "x",
            "0000",
            &"0".repeat(64),
        ] {
            let page = browser.get(&format!("{draft}/files/{digest}")).await;
            assert_eq!(page.status, 404, "{digest}");
        }
        for asset in [
            "/assets/../keys.toml",
            "/assets/%2e%2e/keys.toml",
            "/assets/..%2f..%2fkeys.toml",
            "/assets//etc/passwd",
        ] {
            assert_eq!(browser.get(asset).await.status, 404, "{asset}");
        }
    });
}

/// None where the name cannot even be sent.
async fn upload_named(citizen: &Program, name: &str, pdf: &[u8]) -> Option<serde_json::Value> {
    let (kind, body) = files::multipart(&[], &[("file", name, pdf)]);
    let answer = citizen
        .post_bytes("/api/v1/files", Some("named"), &kind, body)
        .await;
    if answer.status == 400 {
        answer.problem();
        return None;
    }
    Some(answer.expect(201).json())
}
