//! The tree of regions and its import by the administrator.

use axum::http::StatusCode;
use casework::Role;
use people::regions;
use rust_xlsxwriter::Workbook;

use crate::on_both;
use crate::place::Place;

on_both!(
    regions_are_browsed_added_and_changed,
    a_file_is_tried_before_it_is_written,
    a_spreadsheet_is_read_like_a_text_file,
    wrong_files_are_refused_with_what_to_do,
    one_keeps_to_ones_own_regions,
);

async fn name_of(place: &Place, code: &'static str) -> Option<String> {
    place
        .app
        .db
        .read(move |tx| regions::name(tx, code))
        .await
        .expect("read")
}

async fn regions_are_browsed_added_and_changed(place: Place) {
    let page = place.get("/admin/regions?at=990100").await.page();
    assert!(page.contains("云川区") && page.contains("临江区") && !page.contains("云西市"));
    assert!(
        place
            .get("/admin/regions?q=%E8%A1%97%E9%81%93")
            .await
            .page()
            .contains("滨江街道")
    );
    let form = [
        ("code", "990104"),
        ("name", "青石县"),
        ("valid_from", "2026-01-01"),
    ];
    let list = place.post("/admin/regions", &form).await.goes_to();
    assert!(place.get(&list).await.page().contains("青石县"));
    place
        .post("/admin/regions", &form)
        .await
        .refused_with("这个区划代码已有");
    for (form, said) in [
        ([("code", "9901"), ("name", "x")], "6、9 或 12 位"),
        ([("code", "990105"), ("name", "")], "区划名称：请填写内容"),
        (
            [("code", "990601001"), ("name", "无上级镇")],
            "上级区划 990601 还没有",
        ),
    ] {
        place.post("/admin/regions", &form).await.refused_with(said);
    }
    let merged = [
        ("name", "青石县"),
        ("valid_from", "2026-01-01"),
        ("valid_to", "2026-03-31"),
        ("replaced_by", "990103"),
    ];
    place.post("/admin/regions/990104", &merged).await.goes_to();
    assert!(place.get(&list).await.page().contains("已撤销"));
    assert!(
        place
            .get("/admin/regions/990104")
            .await
            .page()
            .contains("value=\"990103\"")
    );
    assert_eq!(
        place.get("/admin/regions/999999").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Sends the form by which a tried file is confirmed.
async fn confirm(place: &Place, page: &str) -> String {
    let digest = page
        .split("name=\"digest\" value=\"")
        .nth(1)
        .expect("it can be confirmed");
    let digest = digest.split('"').next().expect("its end").to_owned();
    let form = [("digest", digest.as_str()), ("name", "区划.csv")];
    place
        .post("/admin/regions/import/confirm", &form)
        .await
        .page()
}

async fn a_file_is_tried_before_it_is_written(place: Place) {
    let csv = "代码,名称,级别\n990104,青石县,county\n990103,临江新区,\n";
    let page = place
        .upload("/admin/regions/import", "区划.csv", csv.as_bytes())
        .await
        .page();
    assert!(page.contains("这是试运行，还没有写入"));
    assert_eq!(name_of(&place, "990104").await, None);
    let page = confirm(&place, &page).await;
    assert!(page.contains("导入完成"));
    assert_eq!(name_of(&place, "990104").await.as_deref(), Some("青石县"));
    assert_eq!(name_of(&place, "990103").await.as_deref(), Some("临江新区"));
    let acts = place.get("/admin/acts").await.page();
    assert!(acts.contains("区划.csv：新增 1，变更 1"));

    let wrong = "代码,名称\n990105,白鹭县\n9901,短\n";
    let page = place
        .upload("/admin/regions/import", "区划.csv", wrong.as_bytes())
        .await
        .refused_with("6、9 或 12 位");
    assert!(!page.contains("name=\"digest\""), "it cannot be confirmed");
    let unknown = "00".repeat(32);
    let form = [("digest", unknown.as_str()), ("name", "x")];
    let answer = place.post("/admin/regions/import/confirm", &form).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

async fn a_spreadsheet_is_read_like_a_text_file(place: Place) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [["代码", "名称"], ["", "青石县"], ["990105", "白鹭县"]]
        .iter()
        .enumerate()
    {
        for (column, text) in cells.iter().enumerate() {
            sheet
                .write_string(row as u32, column as u16, *text)
                .expect("within a sheet");
        }
    }
    // A code typed as a number, as spreadsheets like it.
    sheet.write_number(1, 0, 990_104.0).expect("within a sheet");
    let bytes = book.save_to_buffer().expect("a file");
    let page = place
        .upload("/admin/regions/import", "区划.xlsx", &bytes)
        .await
        .page();
    confirm(&place, &page).await;
    assert_eq!(name_of(&place, "990104").await.as_deref(), Some("青石县"));
    assert_eq!(name_of(&place, "990105").await.as_deref(), Some("白鹭县"));
    let template = place.get("/admin/regions/import/template").await;
    assert_eq!(template.status, StatusCode::OK);
    assert!(template.body.starts_with("PK"), "a spreadsheet");
}

async fn wrong_files_are_refused_with_what_to_do(place: Place) {
    let empty_archive = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let gbk = b"\xB4\xFA\xC2\xEB,\xC3\xFB\xB3\xC6\n990104,\xC7\xE0\xCA\xAF\n".to_vec();
    for (name, content) in [
        ("空.csv", Vec::new()),
        ("程序.exe", b"MZ\x90\x00\x03\x00\x00\x00".to_vec()),
        ("坏.xlsx", empty_archive),
        ("编码.csv", gbk),
        ("没有表头.csv", "990104,青石县\n".into()),
        ("../../etc/passwd", b"root:x:0:0\n".to_vec()),
        ("大.csv", "990104,青石县\n".repeat(500_000).into_bytes()),
    ] {
        let answer = place.upload("/admin/regions/import", name, &content).await;
        assert!(answer.status.is_client_error(), "{name}: {}", answer.status);
        assert!(answer.body.contains("<title>错误："), "{name}");
        assert!(!answer.body.contains("name=\"digest\""), "{name}");
    }
    assert_eq!(name_of(&place, "990104").await, None);
}

async fn one_keeps_to_ones_own_regions(place: Place) {
    let (_, county) = place
        .staff("admin-lj", "县管理员", Role::Administrator, "990103")
        .await;
    let form = [("code", "990102002"), ("name", "别区街道")];
    place
        .post_as(&county, "/admin/regions", &form)
        .await
        .refused_with("该区划不在您的管理范围内");
    let form = [("code", "990103001"), ("name", "江岸街道")];
    place
        .post_as(&county, "/admin/regions", &form)
        .await
        .goes_to();
    let answer = place.get_as(&county, "/admin/regions/990102").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
