//! The tree of regions and its import.

use jiff::civil::{Date, date};
use people::regions::{self, ImportReport, Region};
use people::{Error, regions::RowError};

use crate::on_both;
use crate::place::Place;

on_both!(
    the_country_can_be_imported,
    a_second_import_changes_what_differs,
    one_wrong_row_keeps_the_file_out,
    files_that_are_no_table_are_refused,
    a_region_can_be_put_by_hand,
);

const TODAY: Date = date(2026, 5, 18);

const YUNCHUAN: &str = "\u{FEFF}区划代码,名称,级别,上级代码\n\
    990000,云岭省,province,\n\
    990102,云川区,county,990100\n\
    990100,云川市,市级,990000\n\
    990102001,滨江街道,,990102\n\
    990102001001,钟楼社区,village,990102001\n";

async fn import(
    place: &Place,
    csv: impl Into<Vec<u8>>,
    dry_run: bool,
) -> Result<ImportReport, Error> {
    let csv = csv.into();
    place
        .write(move |tx, _| regions::import(tx, &csv, dry_run, TODAY))
        .await
}

async fn get(place: &Place, code: &'static str) -> Option<Region> {
    place
        .read(move |tx, _| regions::get(tx, code))
        .await
        .expect("read")
}

async fn the_country_can_be_imported(place: Place) {
    let read = |file: &str| {
        let path = format!("{}/../../data/regions/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(&path).expect("shipped")
    };
    let report = import(&place, read("divisions_county.csv"), false)
        .await
        .expect("a table");
    assert_eq!(report.errors, Vec::new());
    // 东莞、中山、儋州 stand in the table twice: as a prefecture, and as its own only county.
    assert_eq!((report.rows, report.added, report.skipped), (3351, 3348, 3));
    let report = import(&place, read("divisions_township.csv"), false)
        .await
        .expect("a table");
    assert_eq!(report.errors, Vec::new());
    assert_eq!(
        (report.rows, report.added, report.skipped),
        (41352, 41351, 1)
    );
    let name = place
        .read(|tx, _| regions::full_name(tx, "450202001"))
        .await
        .expect("read");
    assert_eq!(name, "广西壮族自治区柳州市城中区城中街道");
    let provinces = place
        .read(|tx, _| regions::children(tx, None))
        .await
        .expect("read");
    assert_eq!(provinces.len(), 31);
}

async fn a_second_import_changes_what_differs(place: Place) {
    let dry = import(&place, YUNCHUAN, true).await.expect("a table");
    assert_eq!((dry.rows, dry.added, dry.changed), (5, 5, 0));
    assert_eq!(
        get(&place, "990100").await,
        None,
        "a dry run writes nothing"
    );
    let report = import(&place, YUNCHUAN, false).await.expect("a table");
    assert_eq!(report, dry);
    let town = get(&place, "990102001").await.expect("there");
    assert_eq!(
        (town.valid_from, town.parent.as_deref()),
        (TODAY, Some("990102"))
    );

    let again = import(&place, YUNCHUAN, false).await.expect("a table");
    assert_eq!((again.added, again.changed, again.closed), (0, 0, 0));

    let changes = "code,name,valid_to,replaced_by,valid_from\n\
        990102,云川新区,,,\n\
        990102001,滨江街道,2026/06/30,990102002,\n\
        990102002,江岸街道,,,2026-07-01\n";
    let report = import(&place, changes, false).await.expect("a table");
    assert_eq!(report.errors, Vec::new());
    assert_eq!((report.added, report.changed, report.closed), (1, 2, 1));
    let town = get(&place, "990102001").await.expect("kept");
    assert_eq!(town.valid_to, Some(date(2026, 6, 30)));
    assert_eq!(town.replaced_by.as_deref(), Some("990102002"));
    assert_eq!(town.valid_from, TODAY);
    let below = place
        .read(|tx, _| regions::children(tx, Some("990102")))
        .await
        .expect("read");
    assert_eq!(below.len(), 2);
    let found = place
        .read(|tx, _| regions::find(tx, "街道", 10))
        .await
        .expect("read");
    assert_eq!(found.len(), 2);
    let found = place
        .read(|tx, _| regions::find(tx, "990102", 10))
        .await
        .expect("read");
    assert_eq!(found.len(), 4);
    let path = place
        .read(|tx, _| regions::full_name(tx, "990102001001"))
        .await
        .expect("read");
    assert_eq!(path, "云岭省云川市云川新区滨江街道钟楼社区");
}

async fn one_wrong_row_keeps_the_file_out(place: Place) {
    let mut csv = Vec::from(
        "code,name,level,parent_code,valid_from,valid_to,replaced_by\n\
         990000,云岭省,province,,,,\n\
         99,两位,,,,,\n\
         990100,,,,,,\n\
         990200,云西市,county,,,,\n\
         990300,云东市,,980000,,,\n\
         990000,又一个省,,,,,\n\
         980100,没有上级,,,,,\n\
         990400,日期,,,五月,,\n\
         990500,早于,,,2026-05-01,2026-04-01,\n\
         990600,自己,,,,,990600\n\
         990700,谁,,,,,990799\n\
         990800\n",
    );
    csv.extend(b"990900,\xB4\xF3\xC1\xAC,,,,,\n");
    let report = import(&place, csv, false).await.expect("a table");
    let errors: Vec<(usize, &str)> = report
        .errors
        .iter()
        .map(|RowError { row, field, .. }| (*row, field.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            (3, "code"),
            (4, "name"),
            (5, "level"),
            (6, "parent_code"),
            (7, "code"),
            (8, "code"),
            (9, "valid_from"),
            (10, "valid_to"),
            (11, "replaced_by"),
            (12, "replaced_by"),
            (13, "name"),
            (14, ""),
        ]
    );
    assert_eq!(report.rows, 13);
    assert!(report.errors.iter().all(|error| !error.message.is_empty()));
    assert_eq!(get(&place, "990000").await, None, "nothing was written");
    let elsewhere = place
        .write(|tx, _| {
            let table = regions::Table::from_csv(YUNCHUAN.as_bytes())?;
            regions::import_within(tx, &table, false, TODAY, &|code| code.starts_with("9901"))
        })
        .await
        .expect("a table");
    assert_eq!(
        elsewhere.errors.len(),
        2,
        "the province itself, and so the city's parent"
    );
    assert_eq!(elsewhere.errors[0].field, "code");
}

async fn files_that_are_no_table_are_refused(place: Place) {
    let long = b"code,name\n"
        .iter()
        .copied()
        .chain(b"1,2\n".iter().copied().cycle().take(4 * 100_001));
    for bad in [
        Vec::new(),
        b"\xFF\xFE\x00".to_vec(),
        b"name\nx\n".to_vec(),
        "代码,名称,code\n".into(),
        b"PK\x03\x04\x00\x01\x02".to_vec(),
        long.collect(),
        vec![b'a'; 21 * 1024 * 1024],
    ] {
        let start: Vec<u8> = bad.iter().copied().take(12).collect();
        let error = import(&place, bad, true)
            .await
            .expect_err("no table of regions");
        assert_eq!(error.field(), Some("file"), "{start:?} {error:?}");
    }
}

async fn a_region_can_be_put_by_hand(place: Place) {
    import(&place, YUNCHUAN, false).await.expect("a table");
    let level = get(&place, "990102").await.expect("there").level;
    let region = |code: &str, name: &str| Region {
        code: code.to_owned(),
        name: name.to_owned(),
        level,
        parent: None,
        valid_from: TODAY,
        valid_to: None,
        replaced_by: None,
    };
    let put = async |region: Region| place.write(move |tx, _| regions::put(tx, &region)).await;
    put(region("990103", "临江区")).await.expect("added");
    assert_eq!(
        get(&place, "990103")
            .await
            .expect("there")
            .parent
            .as_deref(),
        Some("990100")
    );
    for (bad, field) in [
        (region("9901", "短"), "code"),
        (region("990203001", "无上级"), "code"),
        (region("990104", "  "), "name"),
        (
            Region {
                valid_to: Some(date(2026, 1, 1)),
                ..region("990104", "青石县")
            },
            "valid_to",
        ),
        (
            Region {
                replaced_by: Some("990199".to_owned()),
                ..region("990104", "青石县")
            },
            "replaced_by",
        ),
    ] {
        assert_eq!(put(bad).await.expect_err(field).field(), Some(field));
    }
}
