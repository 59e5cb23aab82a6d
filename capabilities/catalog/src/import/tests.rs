//! Tests of reading files: the shipped ones, what we write ourselves, and broken ones.

use std::io::Write as _;

use base::ids::Uuid;

use super::*;
use crate::export;
use crate::import::bodies::Body;

const OWN: &str = include_str!("../../../../data/items/demo_items.json");
const STRUCTURED: &str = include_str!("../../../../data/items/catalogue.json");
const DIRECTORY: &str = include_str!("../../../../data/items/directory_guangan.csv");
const CITY: &str = include_str!("../../../../data/demo/city.json");

fn org(n: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(n))
}

/// The organisations of the demo city.
fn city() -> Bodies {
    let city: serde_json::Value = serde_json::from_str(CITY).expect("the city is JSON");
    let mut bodies = Bodies::default();
    for (index, body) in city["organisations"]
        .as_array()
        .expect("a list")
        .iter()
        .enumerate()
    {
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        bodies.add(&Body {
            id: org(index as u128 + 1),
            key: text("key"),
            name: text("name"),
            short_name: text("short_name"),
            uscc: text("uscc"),
            region: text("region"),
        });
    }
    bodies
}

fn one_body() -> Bodies {
    let mut bodies = Bodies::default();
    bodies.add(&Body {
        id: org(1),
        key: "a",
        name: "甲局",
        short_name: "",
        uscc: "",
        region: "990102",
    });
    bodies
}

fn own(items: &[Item]) -> Vec<u8> {
    let records: Vec<serde_json::Value> = items
        .iter()
        .map(|item| serde_json::json!({ "org": "a", "item": item }))
        .collect();
    serde_json::to_vec(&records).expect("plain data")
}

#[test]
fn the_demo_items_are_sound() {
    let parsed = read(OWN.as_bytes(), &city()).expect("reads");
    assert_eq!(parsed.source, Source::Own);
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.good.len(), parsed.rows);
    assert!(parsed.rows >= 20);
    for record in &parsed.good {
        assert!(record.region.starts_with("99"), "{}", record.item.name);
        for flag in &record.flags {
            assert!(
                !flag.code.starts_with("c1") && !flag.code.starts_with("impl_code"),
                "{}: {}",
                record.item.name,
                flag.message
            );
        }
    }
}

#[test]
fn the_structured_list_keeps_what_is_unknown_empty() {
    let bodies = one_body().with_default(Some(org(1)));
    let parsed = read(STRUCTURED.as_bytes(), &bodies).expect("reads");
    assert_eq!(parsed.source, Source::Structured);
    assert_eq!((parsed.rows, parsed.errors.as_slice()), (65, [].as_slice()));
    assert_eq!(parsed.unmapped.values().sum::<usize>(), 65);
    let with_limit = parsed
        .good
        .iter()
        .filter(|record| record.item.statutory_limit.is_some())
        .count();
    assert_eq!(with_limit, 48);
    let food = parsed
        .good
        .iter()
        .find(|record| record.item.local_item_code == "SCJG-01")
        .expect("there");
    assert_eq!(food.item.name, "企业（公司）设立登记");
    assert_eq!(food.item.item_type, "01");
    assert_eq!(food.item.exercise_level, 4);
    assert_eq!(food.item.service_objects, [2]);
    assert_eq!(food.item.materials.len(), 2);
    assert_eq!(food.item.legal_basis[0].article, "第16条");
    assert_eq!(food.item.promised_limit, None);
    assert!(food.flags.iter().any(|flag| flag.code == "org.unmapped"));
    assert!(
        food.flags
            .iter()
            .any(|flag| flag.code == "materials.incomplete")
    );
}

#[test]
fn the_directory_keeps_malformed_codes_and_marks_them() {
    let mut bodies = one_body().with_default(Some(org(1)));
    bodies.map("区民政局", org(1));
    let parsed = read(DIRECTORY.as_bytes(), &bodies).expect("reads");
    assert_eq!(parsed.source, Source::Directory);
    assert_eq!(
        (parsed.rows, parsed.errors.as_slice()),
        (935, [].as_slice())
    );
    // The file's own verdict on the part that should be a credit code.
    let marked = parsed
        .good
        .iter()
        .filter(|record| {
            record
                .flags
                .iter()
                .any(|flag| flag.code.starts_with("local_item_code.org_"))
        })
        .count();
    assert_eq!(marked, 935 - 804);
    assert!(!parsed.unmapped.contains_key("区民政局"));
    assert_eq!(parsed.unmapped["区人社局"], 121);
    let first = &parsed.good[0];
    assert_eq!(
        first.item.local_item_code,
        "511A0138000000-511602000000-000-115113010833722043-1-00"
    );
    assert_eq!(first.item.region_code, "511602");
    assert_eq!(first.region, "990102", "managed where its body is");
    assert!(
        first
            .flags
            .iter()
            .any(|flag| flag.code == "region_code.body")
    );
    assert_eq!(first.item.item_type, "01");
}

#[test]
fn departments_nobody_answers_to_are_errors_without_a_default() {
    let parsed = read(DIRECTORY.as_bytes(), &one_body()).expect("reads");
    assert_eq!(parsed.good.len(), 0);
    assert_eq!(parsed.refused, 935);
    assert_eq!(parsed.errors.len(), ERRORS_SHOWN_MAX);
    assert_eq!(parsed.errors_total, 935);
    assert!(parsed.errors[0].message.contains("区教科体局"));
}

#[test]
fn what_is_exported_is_read_back_the_same() {
    let bodies = city();
    let first = read(OWN.as_bytes(), &bodies).expect("reads");
    let mut xlsx = export::Xlsx::begin().expect("begins");
    let mut bytes = Vec::new();
    let mut csv = export::Csv::begin(&mut bytes).expect("begins");
    for record in &first.good {
        xlsx.item(bodies.name(record.org_id), &record.item)
            .expect("writes");
        csv.item(bodies.name(record.org_id), &record.item)
            .expect("writes");
    }
    csv.finish().expect("writes");
    for (content, source) in [
        (xlsx.finish().expect("writes"), Source::Xlsx),
        (bytes, Source::Csv),
    ] {
        let again = read(&content, &bodies).expect("reads");
        assert_eq!(again.source, source);
        assert_eq!(again.errors, []);
        assert_eq!(again.good.len(), first.good.len());
        for (before, after) in first.good.iter().zip(&again.good) {
            assert_eq!(before.org_id, after.org_id);
            assert_eq!(before.item, after.item, "{}", before.item.name);
        }
    }
}

#[test]
fn difficult_texts_survive_a_round_trip() {
    let item = Item {
        name: "=SUM(1)登记".into(),
        item_type: "01".into(),
        legal_basis: vec![crate::model::LegalBasis {
            law: "《甲|乙法》".into(),
            article: "第一条".into(),
            text: "一行\n二行\\三".into(),
            level: "法律".into(),
            ..crate::model::LegalBasis::default()
        }],
        faq: vec![crate::model::Faq {
            question: "要“双引号”吗？".into(),
            answer: "<script>alert(1)</script>,逗号".into(),
        }],
        remedy: "@不服的\n可以申请复议".into(),
        ..Item::default()
    };
    let bodies = one_body();
    let mut bytes = Vec::new();
    let mut csv = export::Csv::begin(&mut bytes).expect("begins");
    csv.item("甲局", &item).expect("writes");
    csv.finish().expect("writes");
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    assert!(
        text.contains("'=SUM(1)登记"),
        "a spreadsheet must not run it"
    );
    let mut xlsx = export::Xlsx::begin().expect("begins");
    xlsx.item("甲局", &item).expect("writes");
    for content in [bytes, xlsx.finish().expect("writes")] {
        let parsed = read(&content, &bodies).expect("reads");
        assert_eq!(parsed.errors, []);
        assert_eq!(parsed.good[0].item, item);
    }
}

#[test]
fn the_template_reads_as_an_empty_file() {
    let template = export::template().expect("writes");
    assert_eq!(
        read(&template, &one_body()),
        Err(Unreadable::NoRows("事项".to_owned()))
    );
}

#[test]
fn row_errors_name_row_column_and_what_to_do() {
    let text = "事项名称,实施主体,承诺办结时限,服务对象,到办事现场次数,收费项目\n\
                甲,甲局,20个工作日,自然人,0,\n\
                ,甲局,很快,外星人,三,工本费\n\
                丙,丙局,,,,\n\
                甲,甲局,,,,\n\
                丁,甲局,,,,,多一列\n";
    let parsed = read(text.as_bytes(), &one_body()).expect("reads");
    assert_eq!(parsed.good.len(), 1);
    assert_eq!((parsed.rows, parsed.refused), (5, 4));
    let said: Vec<(usize, &str)> = parsed
        .errors
        .iter()
        .map(|e| (e.row, e.field.as_str()))
        .collect();
    // Named as the columns are.
    let fee_basis = crate::labels::field("fees[0].basis");
    assert!(fee_basis.starts_with("收费项目"), "{fee_basis}");
    for expected in [
        (3, "承诺办结时限"),
        (3, "服务对象"),
        (3, "到办事现场次数"),
        (3, "事项名称"),
        (3, fee_basis.as_str()),
        (4, BODY_COLUMN),
        (5, table::IMPL_CODE),
        (6, ""),
    ] {
        assert!(said.contains(&expected), "{expected:?} not in {said:?}");
    }
    assert!(parsed.errors.iter().all(|error| !error.message.is_empty()));
}

const BODY_COLUMN: &str = table::BODY;

#[test]
fn materials_come_from_the_second_sheet() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let items = book.add_worksheet().set_name("事项").expect("a name");
    for (column, cell) in ["事项名称", "实施主体"].iter().enumerate() {
        items.write_string(0, column as u16, *cell).expect("writes");
    }
    items.write_string(1, 0, "结婚登记").expect("writes");
    items.write_string(1, 1, "甲局").expect("writes");
    let materials = book.add_worksheet().set_name("材料").expect("a name");
    for (column, cell) in ["事项名称", "材料名称", "原件份数"].iter().enumerate() {
        materials
            .write_string(0, column as u16, *cell)
            .expect("writes");
    }
    for (row, (item, name)) in [
        ("结婚登记", "户口簿"),
        ("结婚登记", "照片"),
        ("离婚登记", "协议"),
    ]
    .iter()
    .enumerate()
    {
        materials
            .write_string(row as u32 + 1, 0, *item)
            .expect("writes");
        materials
            .write_string(row as u32 + 1, 1, *name)
            .expect("writes");
        materials
            .write_number(row as u32 + 1, 2, 2.0)
            .expect("writes");
    }
    let parsed = read(&book.save_to_buffer().expect("writes"), &one_body()).expect("reads");
    assert_eq!(parsed.good.len(), 1);
    let materials = &parsed.good[0].item.materials;
    assert_eq!(
        materials
            .iter()
            .map(|m| (m.key.as_str(), m.original_count))
            .collect::<Vec<_>>(),
        [("m1", 2), ("m2", 2)]
    );
    assert!(parsed.errors[0].message.contains("离婚登记"));
}

#[test]
fn files_that_are_something_else_are_turned_away() {
    let bodies = one_body();
    let gbk: &[u8] = &[0xCA, 0xC2, 0xCF, 0xEE, b',', 0xC3, 0xFB, b'\n'];
    let cases: [(&[u8], &str); 12] = [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"[]", "empty"),
        (gbk, "encoding"),
        (&[0xFF, 0xFE, 0x41, 0x00], "encoding"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "format"),
        (b"%PDF-1.7\n%\xE2\xE3", "encoding"),
        (b"{\"a\": 1}", "format"),
        (b"[{\"org\": }", "json"),
        (b"a,b\n1,2\n", "format"),
        ("事项名称,价格\n甲,1\n".as_bytes(), "missing_columns"),
        (b"PK\x03\x04 not an archive", "broken"),
    ];
    for (content, code) in cases {
        let refused = read(content, &bodies).expect_err("is refused");
        assert_eq!(refused.code(), code, "{}", String::from_utf8_lossy(content));
    }
    let twice = "事项名称,实施主体,事项名称\n甲,甲局,乙\n";
    assert_eq!(
        read(twice.as_bytes(), &bodies),
        Err(Unreadable::RepeatedColumns("事项名称".to_owned()))
    );
    // A file that was cut off in the middle of a cell; quotation marks that are closed or doubled do no harm.
    let cut = "事项名称,实施主体\n\"甲\n乙\",甲局\n\"丙,甲局\n丁,甲局\n";
    assert_eq!(read(cut.as_bytes(), &bodies), Err(Unreadable::Quote(4)));
    let whole = "事项名称,实施主体\n\"甲\"\"乙\"\"\",甲局\n丙\"寸,甲局\n";
    let read_whole = read(whole.as_bytes(), &bodies).expect("reads");
    assert_eq!(read_whole.good.len(), 2);
    assert_eq!(
        read("事项名称,实施主体,价格\n甲,甲局,1\n".as_bytes(), &bodies),
        Err(Unreadable::UnknownColumns("价格".to_owned()))
    );
    assert_eq!(
        read(&vec![b'a'; FILE_BYTES_MAX + 1], &bodies),
        Err(Unreadable::TooLarge)
    );
}

#[test]
fn json_of_the_wrong_shape_is_a_row_error() {
    let text = r#"[1, {"org": "a"}, {"org": "a", "item": {"name": 5}}, {"org": "a", "item": {"nmae": "x"}},
                  {"org": "a", "item": {"name": "好"}}, {"org": "a", "item": {"name": "坏\u0000"}}]"#;
    let parsed = read(text.as_bytes(), &one_body()).expect("reads");
    assert_eq!(parsed.good.len(), 1);
    assert_eq!(parsed.refused, 5);
    assert!(
        parsed
            .errors
            .iter()
            .any(|error| error.row == 6 && error.message.contains("控制字符"))
    );
    // What is wrong stands at its member, once, and in the reader's language.
    let told = |row: usize| {
        let errors = parsed.errors.iter().filter(|error| error.row == row);
        errors
            .map(|error| (error.field.as_str(), error.message.as_str()))
            .collect::<Vec<_>>()
    };
    for (row, field, says) in [
        (1, "item", "类型"),
        (2, "item", "缺少“item”"),
        (3, "item.name", "类型"),
        (4, "item.nmae", "不认识“nmae”"),
    ] {
        let [(found, message)] = told(row)[..] else {
            panic!("row {row}: {:?}", told(row));
        };
        assert_eq!(found, field);
        assert!(message.contains(says), "{message}");
    }
    // Depth is bounded by the parser.
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(
        read(deep.as_bytes(), &one_body())
            .expect_err("refused")
            .code(),
        "json"
    );
}

#[test]
fn cells_that_are_not_what_somebody_wrote_are_refused() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let items = book.add_worksheet().set_name("事项").expect("a name");
    for (column, cell) in ["事项名称", "实施主体", "实施编码"].iter().enumerate() {
        items.write_string(0, column as u16, *cell).expect("writes");
    }
    for (row, name) in (1..).zip(["甲", "乙", "丙", "丁"]) {
        items.write_string(row, 0, name).expect("writes");
        items.write_string(row, 1, "甲局").expect("writes");
    }
    items
        .write_number(1, 2, 11_440_300_123_456_789_012_f64)
        .expect("writes");
    let error = rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!");
    items.write_formula(2, 2, error).expect("writes");
    let uncomputed = rust_xlsxwriter::Formula::new("=A1&B1").set_result("");
    items.write_formula(3, 2, uncomputed).expect("writes");
    let content = book.save_to_buffer().expect("a file");
    let parsed = read(&content, &one_body()).expect("reads");
    let said: Vec<(usize, &str)> = parsed
        .errors
        .iter()
        .map(|error| (error.row, error.message.as_str()))
        .collect();
    assert!(
        said.iter()
            .any(|(row, says)| *row == 2 && says.contains("C列")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|(row, says)| *row == 3 && says.contains("公式")),
        "{said:?}"
    );
    // The row without a formula, at least, is whole.
    assert!(parsed.good.iter().any(|record| record.item.name == "丁"));
}

#[test]
fn what_is_kept_as_it_came_is_told_by_kind() {
    let text = "事项名称,实施主体,实施编码\n甲,甲局,1\n乙,甲局,2\n";
    let parsed = read(text.as_bytes(), &one_body()).expect("reads");
    let marks = parsed.marks();
    let short = marks.iter().find(|mark| mark.code == "impl_code.length");
    let short = short.expect("malformed codes are marked");
    assert_eq!((short.count, short.places().as_str()), (2, "第2、3行"));
}

#[test]
fn two_records_of_one_item_are_told_apart_by_row() {
    let item = Item {
        name: "甲".into(),
        impl_code: "X".into(),
        ..Item::default()
    };
    let parsed = read(&own(&[item.clone(), item]), &one_body()).expect("reads");
    assert_eq!(parsed.good.len(), 1);
    assert_eq!(parsed.errors[0].row, 2);
    assert!(parsed.errors[0].message.contains("第1行"));
}

/// An archive with one part of `bytes` zeros, packed well.
fn archive(name: &str, bytes: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    archive
        .start_file("xl/workbook.xml", options)
        .expect("begins");
    archive.write_all(b"<workbook/>").expect("writes");
    archive.start_file(name, options).expect("begins");
    let block = vec![b'0'; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let n = left.min(block.len());
        archive.write_all(&block[..n]).expect("writes");
        left -= n;
    }
    archive.finish().expect("closes").into_inner()
}

#[test]
fn bombs_are_measured_before_they_are_opened() {
    let bodies = one_body();
    let bomb = archive("xl/worksheets/sheet1.xml", 64 << 20);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(read(&bomb, &bodies), Err(Unreadable::Bomb));
    // The size in the directory is a lie: 100 bytes stated for 64 MiB.
    let mut liar = archive("xl/sharedStrings.xml", 64 << 20);
    let stated = u32::try_from(64_i32 << 20).expect("fits").to_le_bytes();
    let mut changed = 0;
    for place in 0..liar.len() - 4 {
        if liar[place..place + 4] == stated {
            liar[place..place + 4].copy_from_slice(&100_u32.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed > 0);
    let refused = read(&liar, &bodies).expect_err("refused");
    assert!(
        matches!(refused, Unreadable::Bomb | Unreadable::Broken(_)),
        "{refused:?}"
    );
    // An archive that is no spreadsheet.
    let mut other = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    other
        .start_file("../../etc/passwd", zip::write::SimpleFileOptions::default())
        .expect("begins");
    other.write_all(b"x").expect("writes");
    let other = other.finish().expect("closes").into_inner();
    assert_eq!(read(&other, &bodies), Err(Unreadable::Format));
}

#[test]
fn one_cell_in_the_last_corner_takes_no_room() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("事项").expect("a name");
    sheet.write_string(0, 0, "事项名称").expect("writes");
    sheet.write_string(0, 1, "实施主体").expect("writes");
    sheet
        .write_string(1_048_575, 16_383, "角落")
        .expect("writes");
    let content = book.save_to_buffer().expect("writes");
    assert!(matches!(
        read(&content, &one_body()),
        Err(Unreadable::UnknownColumns(_))
    ));
}

#[test]
fn truncated_spreadsheets_are_broken_not_fatal() {
    let bodies = one_body();
    let whole = export::template().expect("writes");
    for cut in (1..whole.len()).step_by(97) {
        assert!(read(&whole[..cut], &bodies).is_err());
    }
    for flip in (0..whole.len()).step_by(41) {
        let mut bent = whole.clone();
        bent[flip] ^= 0x55;
        // Some bytes do not matter; none may panic.
        drop(read(&bent, &bodies));
    }
}
