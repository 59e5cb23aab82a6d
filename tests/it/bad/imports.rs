//! Catalogues, regions and calendars from files that are broken, hostile or wrong: refused as a whole, told row by row.

use serde_json::{Value, json};
use testkit::files::{self, Part};
use testkit::town::MARKET;
use testkit::{TestApp, on_every_engine};

use super::Counted;

/// Files that hold nothing that could be read, whatever is expected.
fn unreadable() -> Vec<(String, &'static str, Vec<u8>)> {
    let good = files::zip(&files::workbook(files::sheet(&[
        vec!["事项名称"],
        vec!["测试"],
    ])));
    let mut all = vec![
        ("nothing".to_owned(), "a.csv", Vec::new()),
        ("a byte order mark".to_owned(), "a.csv", b"\xef\xbb\xbf".to_vec()),
        ("GBK".to_owned(), "a.csv", b"\xca\xc2\xcf\xee\xc3\xfb\xb3\xc6,x\n\xb2\xe2\xca\xd4,y\n".to_vec()),
        ("UTF-16".to_owned(), "a.csv", b"\xff\xfen\0a\0m\0e\0".to_vec()),
        ("NUL".to_owned(), "a.csv", b"name\0,x\n1,2\n".to_vec()),
        ("an unknown header".to_owned(), "a.csv", b"foo,bar\n1,2\n".to_vec()),
        ("a header twice".to_owned(), "a.csv", "name,name\n甲,乙\n".as_bytes().to_vec()),
        ("an open quote".to_owned(), "a.csv", "name,org\n\"甲,乙\n".as_bytes().to_vec()),
        ("one huge cell".to_owned(), "a.csv", format!("name\n{}\n", "长".repeat(100_000)).into_bytes()),
        ("a thousand columns".to_owned(), "a.csv", format!("{}\n", "x,".repeat(1000)).into_bytes()),
        ("a picture".to_owned(), "a.xlsx", files::PNG.to_vec()),
        ("a PDF".to_owned(), "a.xlsx", files::pdf("x")),
        ("an archive of nothing".to_owned(), "a.xlsx", files::zip(&[])),
        ("an archive without a book".to_owned(), "a.xlsx", files::zip(&[Part::new("a.txt", b"a")])),
        (
            "a book without a sheet".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(files::sheet(&[vec!["x"]]))[..4]),
        ),
        (
            "a bomb of 8 MiB".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::bomb("x", 8))),
        ),
        (
            "a bomb of 256 MiB".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::bomb("x", 256))),
        ),
        (
            "a bomb that lies about its size".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::bomb("x", 256).stating(1000))),
        ),
        (
            "more entities than there are atoms".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::new("x", laughs().as_bytes()))),
        ),
        (
            "an outside entity".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::new(
                "x",
                br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>"#,
            ))),
        ),
        (
            "a sheet that is not XML".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::new("x", b"not xml at all"))),
        ),
        (
            "a cell in the last row of the last column".to_owned(),
            "a.xlsx",
            files::zip(&files::workbook(Part::new(
                "x",
                br#"<worksheet><sheetData><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"#,
            ))),
        ),
        ("a page".to_owned(), "a.csv", b"<!doctype html><script>alert(1)</script>".to_vec()),
    ];
    for part in 1..10 {
        all.push((
            format!("a book cut at {part}/10"),
            "a.xlsx",
            good[..good.len() * part / 10].to_vec(),
        ));
    }
    all
}

fn laughs() -> String {
    let mut text = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"ha\">".to_owned();
    for n in 1..10 {
        let before = format!("&a{};", n - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{n} \"{before}\">"));
    }
    text.push_str("]><worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&a9;</t></is></c></row></sheetData></worksheet>");
    text
}

/// Catalogues in our own JSON that must not be published.
fn catalogues() -> Vec<(String, Vec<u8>)> {
    let entry = json!({ "org": MARKET, "item": { "name": "测试事项", "item_type": "20" } });
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let good = json!([entry]).to_string();
    for part in 1..10 {
        let cut = good.as_bytes()[..good.len() * part / 10].to_vec();
        all.push((format!("cut at {part}/10"), cut));
    }
    let mut wrong =
        |what: &str, value: Value| all.push((what.to_owned(), value.to_string().into_bytes()));
    wrong("no list", json!({}));
    wrong("an empty list", json!([]));
    wrong("texts", json!(["测试事项"]));
    wrong("numbers", json!([1, 2]));
    wrong("nulls", json!([null]));
    wrong("no item", json!([{ "org": MARKET }]));
    wrong("no body", json!([{ "item": { "name": "测试事项" } }]));
    wrong(
        "an unknown body",
        json!([{ "org": "990102.nobody", "item": { "name": "测试事项", "item_type": "20" } }]),
    );
    wrong(
        "another member",
        json!([{ "org": MARKET, "item": { "nmae": "测试事项" } }]),
    );
    wrong(
        "another member outside",
        json!([{ "org": MARKET, "item": { "name": "测试事项" }, "x": 1 }]),
    );
    // One bad record keeps all the good ones out.
    wrong(
        "one of two",
        json!([entry, { "org": "990102.nobody", "item": { "name": "二", "item_type": "20" } }]),
    );
    for (field, value) in [
        ("name", json!("")),
        ("name", json!(1)),
        ("name", json!("长".repeat(500))),
        ("name", json!([])),
        ("item_type", json!("许可")),
        ("item_type", json!(1)),
        ("exercise_level", json!(300)),
        ("exercise_level", json!("4")),
        ("exercise_level", json!(-1)),
        ("service_objects", json!([9])),
        ("service_objects", json!(1)),
        ("case_type", json!("soon")),
        ("statutory_limit", json!({ "n": -1, "unit": "working_day" })),
        ("statutory_limit", json!({ "n": 20, "unit": "week" })),
        ("statutory_limit", json!(20)),
        (
            "promised_limit",
            json!({ "n": 99_999_999_999_i64, "unit": "day" }),
        ),
        ("materials", json!([{ "key": "a b", "name": "x" }])),
        (
            "materials",
            json!([{ "key": "a", "name": "x" }, { "key": "a", "name": "y" }]),
        ),
        ("materials", json!({ "key": "a" })),
        (
            "form",
            json!({ "pages": [{ "key": "../x", "title": "x", "fields": [] }] }),
        ),
        ("form", json!({ "pages": 1 })),
        (
            "form",
            json!({ "pages": [{ "key": "p", "title": "x", "fields": [{ "key": "f", "kind": "magic" }] }] }),
        ),
        ("delivery", json!(["pigeon"])),
        ("visit_count", json!(1000)),
        ("result", json!({ "kind": "cake" })),
        ("legal_basis", json!("民法典")),
    ] {
        let mut changed = entry.clone();
        changed["item"][field] = value.clone();
        let shown: String = value.to_string().chars().take(60).collect();
        wrong(&format!("{field} = {shown}"), json!([changed]));
    }
    all.push(("deep nesting".to_owned(), b"[".repeat(200_000)));
    all.push(("not UTF-8".to_owned(), b"[{\"org\":\"\xff\"}]".to_vec()));
    all.push((
        "ten megabytes and one".to_owned(),
        vec![b' '; 10 * 1024 * 1024 + 1],
    ));
    all
}

#[test]
fn broken_catalogues_are_refused_as_a_whole() {
    on_every_engine(async |app| {
        let program = app.program("admin1").await;
        let mut counted = Counted::begin(&app).await;
        let own = catalogues()
            .into_iter()
            .map(|(what, content)| (what, "items.json", content));
        for (what, name, content) in unreadable().into_iter().chain(own) {
            let (kind, body) = files::multipart(&[], &[("file", name, &content)]);
            let answer = program
                .post_bytes("/api/v1/items/import", Some("bad-import"), &kind, body)
                .await;
            counted.api(&format!("items: {what}"), &answer);
        }
        counted.end(70).await;
    });
}

#[test]
fn broken_regions_and_calendars_are_refused_as_a_whole() {
    on_every_engine(async |app| {
        let mut admin = app.browser("admin1").await;
        let mut counted = Counted::begin(&app).await;
        for (page, rows) in [
            ("/admin/regions/import", REGIONS),
            ("/admin/calendar", CALENDARS),
        ] {
            let shown = admin.get(page).await.expect(200);
            let form = shown
                .document
                .forms()
                .into_iter()
                .find(|form| form.multipart)
                .expect("an upload");
            let field = form
                .controls
                .iter()
                .find(|control| control.kind == "file")
                .expect("a file")
                .name
                .clone();
            let texts = rows
                .iter()
                .map(|(what, text)| ((*what).to_owned(), "a.csv", text.as_bytes().to_vec()));
            for (what, name, content) in unreadable().into_iter().chain(texts) {
                let seen = admin
                    .submit_files(&shown, form.clone(), &[(&field, name, &content)])
                    .await;
                counted.page(&format!("{page}: {what}"), &seen);
            }
        }
        counted.end(80).await;
    });
}

const REGIONS: &[(&str, &str)] = &[
    ("no rows", "code,name,level,parent_code\n"),
    (
        "no name",
        "code,name,level,parent_code\n990104,,county,990100\n",
    ),
    (
        "a short code",
        "code,name,level,parent_code\n9901,青石县,county,990100\n",
    ),
    (
        "letters",
        "code,name,level,parent_code\nABCDEF,青石县,county,990100\n",
    ),
    (
        "another level",
        "code,name,level,parent_code\n990104,青石县,town,990100\n",
    ),
    (
        "no such level",
        "code,name,level,parent_code\n990104,青石县,empire,990100\n",
    ),
    (
        "another parent",
        "code,name,level,parent_code\n990104,青石县,county,880000\n",
    ),
    (
        "twice",
        "code,name,level,parent_code\n990104,青石县,county,990100\n990104,青山县,county,990100\n",
    ),
    (
        "a long name",
        "code,name,level,parent_code\n990104,长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长,county,990100\n",
    ),
    (
        "one of two",
        "code,name,level,parent_code\n990104,青石县,county,990100\nx,y,z,w\n",
    ),
];

const CALENDARS: &[(&str, &str)] = &[
    ("no rows", "date,name,day_type,announced_for_year\n"),
    (
        "no day",
        "date,name,day_type,announced_for_year\n2027-02-30,春节,off,2027\n",
    ),
    (
        "words for a day",
        "date,name,day_type,announced_for_year\n明天,春节,off,2027\n",
    ),
    (
        "no such kind",
        "date,name,day_type,announced_for_year\n2027-01-01,元旦,party,2027\n",
    ),
    (
        "no year",
        "date,name,day_type,announced_for_year\n2027-01-01,元旦,off,soon\n",
    ),
    (
        "off and on",
        "date,name,day_type,announced_for_year\n2027-01-01,元旦,off,2027\n2027-01-01,元旦,makeup_workday,2027\n",
    ),
    (
        "a missing column",
        "date,name,day_type\n2027-01-01,元旦,off\n",
    ),
];

/// A file with bad rows says which rows, and what to do; the preview keeps nothing but itself.
#[test]
fn bad_rows_are_told_one_by_one() {
    on_every_engine(async |app| {
        let program = app.program("admin1").await;
        let records = json!([
            { "org": MARKET, "item": { "name": "好的事项", "item_type": "20" } },
            { "org": "990102.nobody", "item": { "name": "没有机关", "item_type": "20" } },
            { "org": MARKET, "item": { "name": "", "item_type": "20" } },
        ]);
        let before = items(&app).await;
        let (kind, body) = files::multipart(
            &[],
            &[("file", "items.json", records.to_string().as_bytes())],
        );
        let refused = program
            .post_bytes("/api/v1/items/import", Some("rows-1"), &kind, body)
            .await
            .expect(422)
            .json()
            .to_string();
        assert!(refused.contains('2') && refused.contains('3'), "{refused}");
        assert_eq!(items(&app).await, before);
        // Only on request are the good ones kept.
        let keep = [("keep_good_rows".to_owned(), "1".to_owned())];
        let (kind, body) = files::multipart(
            &keep,
            &[("file", "items.json", records.to_string().as_bytes())],
        );
        let kept = program
            .post_bytes("/api/v1/items/import", Some("rows-2"), &kind, body)
            .await
            .expect(200)
            .json();
        assert_eq!(kept["created"], 1, "{kept}");
        assert_eq!(items(&app).await, before + 1);
    });
}

async fn items(app: &TestApp) -> i64 {
    app.read(|tx| tx.query_one("SELECT count(*) FROM items", &[])?.get(0))
        .await
}
