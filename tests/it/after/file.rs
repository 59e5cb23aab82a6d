//! The exported file of a case: it verifies with nothing but itself, and every change to it is named.

use std::io::{Cursor, Write as _};

use approval::archive::check;
use serde_json::{Value, json};
use testkit::{Program, TestApp, files, on_every_engine};

use crate::steps::{self, Filed};

/// A case with a correction on its way to a certificate; archived.
async fn archived(app: &TestApp) -> (Filed, Program) {
    let citizen = app.program("citizen1").await;
    let approver = app.program("approver1").await;
    let case = steps::file_food(app, &citizen).await;
    approver
        .post(
            &case.api("/correction-notice"),
            &json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] }),
        )
        .await
        .expect(200);
    let digests = citizen
        .upload(&[("file", "布局图（改）.pdf", &files::pdf("layout, corrected"))])
        .await;
    citizen
        .post(
            &case.api("/correction"),
            &json!({ "materials": [{ "key": "layout", "files": digests }] }),
        )
        .await
        .expect(200);
    approver
        .post(&case.api("/acceptance"), &json!({}))
        .await
        .expect(200);
    approver
        .post(
            &case.api("/decision"),
            &json!({ "granted": true, "opinion": "符合条件" }),
        )
        .await
        .expect(200);
    let file = approver
        .post(
            &case.api("/archive"),
            &json!({ "retention": "years30", "pages": { "m-layout-1": 3 } }),
        )
        .await
        .expect(200)
        .json();
    assert!(
        file["archive_no"]
            .as_str()
            .expect("a number")
            .contains("2026·D30-0001"),
        "{file}"
    );
    let layout = file["papers"]
        .as_array()
        .expect("papers")
        .iter()
        .find(|paper| paper["sm3"].is_string())
        .expect("the layout");
    assert_eq!(layout["pages"], 3);
    (case, approver)
}

async fn export(case: &Filed, approver: &Program) -> Vec<u8> {
    let made = approver
        .post(
            &case.api("/file-exports"),
            &json!({ "purpose": "行政复议答复" }),
        )
        .await
        .expect(201)
        .json();
    let href = made["href"].as_str().expect("an address");
    let answer = approver.get(href).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/zip");
    answer.bytes
}

fn why(bytes: &[u8]) -> String {
    check::run(Cursor::new(bytes), None)
        .map(|report| format!("{report:?}"))
        .expect_err("it was changed")
        .to_string()
}

#[test]
fn an_exported_file_verifies_and_every_changed_byte_is_noticed() {
    on_every_engine(async |app| {
        let (case, approver) = archived(&app).await;
        let bytes = export(&case, &approver).await;
        let key: Value = app
            .stranger()
            .get("/api/v1/file-key")
            .await
            .expect(200)
            .json();
        let print = key["key_print"].as_str().expect("a print");
        let report = check::run(Cursor::new(&bytes), Some(print)).expect("as exported");
        assert_eq!(report.case_no, case.no);
        assert_eq!(
            report.materials, 2,
            "the first layout and the corrected one"
        );
        assert_eq!(report.answers, 1);
        assert_eq!(report.key_print, print);
        assert!(report.archive_no.contains("D30"), "{report:?}");
        let other = check::run(Cursor::new(&bytes), Some(&"0".repeat(64)));
        assert!(other.is_err(), "another key is another sender");
        // The same export again is the same file.
        let href = case.api(&format!("/file-exports/{}", report.events));
        assert_eq!(approver.get(&href).await.expect(200).bytes, bytes);
        // A sample of changed bytes over the whole file; times and attributes in the directory carry nothing.
        let directory = bytes.len() - tail(&bytes);
        let mut place = 0;
        while place < directory {
            let mut changed = bytes.clone();
            changed[place] ^= 0x01;
            let head_time = is_head_time(&bytes, place);
            let noticed = check::run(Cursor::new(&changed), None).is_err();
            assert!(noticed || head_time, "byte {place}");
            place += 997;
        }
        app.verify().await.expect("everything is as it was written");
    });
}

/// Bytes of directory and end.
fn tail(bytes: &[u8]) -> usize {
    let end = &bytes[bytes.len() - 22..];
    let size = u32::from_le_bytes([end[12], end[13], end[14], end[15]]);
    size as usize + 22
}

/// Whether a byte stands in the version or time of an entry's head.
fn is_head_time(bytes: &[u8], place: usize) -> bool {
    (place.saturating_sub(13)..=place.saturating_sub(4))
        .any(|head| bytes[head..].starts_with(b"PK\x03\x04"))
}

/// Entries of a container: name and bytes.
fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut reader = approval::archive::container::Reader::open(Cursor::new(bytes)).expect("sound");
    let listed = reader.entries().to_vec();
    listed
        .iter()
        .map(|entry| {
            let content = reader.bytes(entry, 64 << 20).expect("read");
            (entry.name.clone(), content)
        })
        .collect()
}

fn packed(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = approval::archive::container::Writer::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let mut entry = writer.begin(name).expect("begun");
        entry.write(content).expect("written");
        entry.finish().expect("finished");
    }
    writer.finish().expect("closed").into_inner()
}

#[test]
fn what_was_changed_is_named() {
    on_every_engine(async |app| {
        let (case, approver) = archived(&app).await;
        let whole = entries(&export(&case, &approver).await);
        assert!(
            check::run(Cursor::new(packed(&whole)), None).is_ok(),
            "repacked as it was"
        );
        let names: Vec<&str> = whole.iter().map(|(name, _)| name.as_str()).collect();
        for part in [
            "index.json",
            "seal.json",
            "trail.jsonl",
            "contents.html",
            "license.json",
        ] {
            assert!(names.contains(&part), "{names:?}");
        }
        assert!(
            names.iter().any(|name| name.starts_with("letters/")),
            "{names:?}"
        );

        let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let mut other = whole.clone();
            let found = other.iter_mut().find(|(known, _)| known.starts_with(name));
            change(&mut found.expect("the entry").1);
            why(&packed(&other))
        };
        let letter = changed("letters/", &|text| text[60] ^= 1);
        assert!(
            letter.starts_with("letters/") && letter.contains("its bytes"),
            "{letter}"
        );
        let material = changed("materials/", &|text| text[10] ^= 1);
        assert!(material.starts_with("materials/"), "{material}");
        let index = changed("index.json", &|text| text[30] ^= 1);
        assert!(
            index.starts_with("index.json: the seal does not match"),
            "{index}"
        );
        let seal = changed("seal.json", &|text| text.clear());
        assert!(seal.starts_with("seal.json"), "{seal}");
        let swapped = changed("trail.jsonl", &|text| {
            let told = String::from_utf8(text.clone()).expect("text");
            let mut lines: Vec<&str> = told.lines().collect();
            lines.swap(1, 2);
            *text = format!("{}\n", lines.join("\n")).into_bytes();
        });
        assert!(
            swapped.starts_with("trail.jsonl, event 2: event 3 stands in its place"),
            "{swapped}"
        );
        let edited = changed("trail.jsonl", &|text| {
            let told = String::from_utf8(text.clone()).expect("text");
            *text = told.replacen("符合条件", "不符条件", 1).into_bytes();
        });
        assert!(edited.contains("its hash does not follow"), "{edited}");
        let shortened = changed("trail.jsonl", &|text| {
            let told = String::from_utf8(text.clone()).expect("text");
            let kept: Vec<&str> = told.lines().take(3).collect();
            *text = format!("{}\n", kept.join("\n")).into_bytes();
        });
        assert!(shortened.contains("3 events"), "{shortened}");
        let answers = changed("answers.json", &|text| {
            let told = String::from_utf8(text.clone()).expect("text");
            *text = told.replacen("王记小吃", "李记小吃", 1).into_bytes();
        });
        assert!(answers.starts_with("answers.json, revision 1"), "{answers}");

        let mut removed = whole.clone();
        removed.retain(|(name, _)| !name.starts_with("materials/"));
        let said = why(&packed(&removed));
        assert!(
            said.starts_with("materials/") && said.contains("does not hold"),
            "{said}"
        );
        let mut added = whole.clone();
        added.push(("materials/999.pdf".to_owned(), b"forged".to_vec()));
        assert!(why(&packed(&added)).contains("put into the file"));
    });
}

/// As any archiver packs it: compressed.
fn zipped(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).expect("begun");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("closed").into_inner()
}

#[test]
fn a_file_that_was_packed_again_is_no_export_and_what_was_changed_in_it_is_named_all_the_same() {
    on_every_engine(async |app| {
        let (case, approver) = archived(&app).await;
        let whole = entries(&export(&case, &approver).await);
        let same = why(&zipped(&whole));
        assert!(
            same.starts_with("container: ") && same.contains("was packed again"),
            "{same}"
        );
        let place = |head: &str| {
            let mut places = whole.iter().enumerate();
            let found = places.find(|(_, (name, _))| name.starts_with(head));
            found.map(|(place, _)| place).expect("the entry")
        };
        let (letter, material) = (place("letters/"), place("materials/"));

        let mut changed = whole.clone();
        changed[material].1[10] ^= 1;
        let said = why(&zipped(&changed));
        assert!(said.starts_with(&whole[material].0), "{said}");
        let mut removed = whole.clone();
        removed.remove(letter);
        let said = why(&zipped(&removed));
        assert!(
            said.starts_with(&whole[letter].0) && said.contains("does not hold"),
            "{said}"
        );
        let mut swapped = whole.clone();
        swapped[letter].1.clone_from(&whole[material].1);
        swapped[material].1.clone_from(&whole[letter].1);
        let said = why(&zipped(&swapped));
        assert!(
            said.starts_with("letters/") || said.starts_with("materials/"),
            "{said}"
        );
        let mut bomb = whole.clone();
        bomb[material].1 = vec![0; 32 << 20];
        let said = why(&zipped(&bomb));
        assert!(
            said.starts_with(&whole[material].0) && said.contains("unpacks to more than"),
            "{said}"
        );
        let mut outside = whole.clone();
        outside.push(("../../outside".to_owned(), b"x".to_vec()));
        assert!(why(&zipped(&outside)).contains("not a name"));
    });
}

#[test]
fn an_archived_case_is_closed_and_the_export_is_an_act() {
    on_every_engine(async |app| {
        let (case, approver) = archived(&app).await;
        let again = approver
            .post(&case.api("/archive"), &json!({ "retention": "years10" }))
            .await;
        assert_eq!(again.status, 409, "{}", again.text());
        assert!(again.text().contains("已经归档"), "{}", again.text());
        let mut desk = app.browser("approver1").await;
        let page = desk.get(&case.desk("/file")).await.expect(200);
        assert!(
            page.shows("D30-0001") && page.shows("卷内目录"),
            "{}",
            page.text()
        );
        let form = page.form("/file/export");
        let refused = desk.submit(&page, form).await.expect(422);
        assert!(
            refused.shows("请写明调取电子卷宗的事由"),
            "{}",
            refused.text()
        );
        // Nobody but whoever asked may fetch it, and only for a while.
        let made = approver
            .post(
                &case.api("/file-exports"),
                &json!({ "purpose": "移送档案馆" }),
            )
            .await
            .expect(201)
            .json();
        let href = made["href"].as_str().expect("an address").to_owned();
        let colleague = app.program("approver2").await;
        assert_eq!(colleague.get(&href).await.status, 404);
        let clerk = app.program("clerk1").await;
        assert_eq!(clerk.get(&href).await.status, 403);
        assert_eq!(
            clerk
                .post(&case.api("/file-exports"), &json!({ "purpose": "看看" }))
                .await
                .status,
            403
        );
        app.advance(std::time::Duration::from_mins(16));
        let late = approver.get(&href).await;
        assert_eq!(late.problem(), "export_expired");
        let trail = approver.get(&case.api("/trail")).await.expect(200).json();
        let exports = trail
            .as_array()
            .expect("rows")
            .iter()
            .filter(|row| row["command"] == "export_file")
            .count();
        assert_eq!(exports, 1, "each export stands in the trail");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn an_open_case_is_not_archived() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let approver = app.program("approver1").await;
        let case = steps::file_food_for_window(&app, &citizen).await;
        let early = approver
            .post(&case.api("/archive"), &json!({ "retention": "years30" }))
            .await;
        assert_eq!(early.problem(), "wrong_state");
        let wrong = approver
            .post(&case.api("/archive"), &json!({ "retention": "forever" }))
            .await;
        assert_eq!(wrong.status, 422);
    });
}
