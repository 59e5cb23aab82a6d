//! A published directory of a district: names, departments and codes, nothing else.
//!
//! Columns: item_name, department, main_item, task_type_code, task_type, item_code, area_code, dept_code,
//! code_catalogue_part, code_region_part, code_org_part, org_code_kind, service_kind. The codes are of an older
//! form in four parts; they are kept as 原编码 and marked where a part does not hold.

use base::codes::{RegionCode, Uscc};
use base::text::single_line;

use super::csv_file::File;
use super::{Raw, RowError};
use crate::model::{Flag, Item};
use crate::words;

const NAME: &str = "item_name";
const CODE: &str = "item_code";

pub(super) fn looks_like(header: &[String]) -> bool {
    [NAME, "department", CODE, "code_org_part"]
        .iter()
        .all(|column| header.iter().any(|known| known == column))
}

pub(super) fn read(file: &File) -> Vec<Raw> {
    let at = |column: &str| file.header.iter().position(|known| known == column);
    let columns = Columns {
        name: at(NAME),
        department: at("department"),
        main_item: at("main_item"),
        type_code: at("task_type_code"),
        type_word: at("task_type"),
        code: at(CODE),
        area: at("area_code"),
        catalogue_part: at("code_catalogue_part"),
        org_part: at("code_org_part"),
        kind: at("service_kind"),
    };
    file.rows
        .iter()
        .map(|row| match &row.cells {
            Ok(cells) => one(row.line, cells, &columns),
            Err(message) => Raw {
                row: row.line,
                body: String::new(),
                item: Item::default(),
                flags: Vec::new(),
                errors: vec![RowError::new(row.line, "", message.clone())],
                readable: false,
            },
        })
        .collect()
}

struct Columns {
    name: Option<usize>,
    department: Option<usize>,
    main_item: Option<usize>,
    type_code: Option<usize>,
    type_word: Option<usize>,
    code: Option<usize>,
    area: Option<usize>,
    catalogue_part: Option<usize>,
    org_part: Option<usize>,
    kind: Option<usize>,
}

fn one(row: usize, cells: &[String], columns: &Columns) -> Raw {
    let cell = |column: Option<usize>| -> String {
        column
            .and_then(|column| cells.get(column))
            .map(|text| single_line(text))
            .unwrap_or_default()
    };
    let mut errors = Vec::new();
    let mut flags = Vec::new();
    let word = cell(columns.type_word);
    let item_type = words::read_item_type(&cell(columns.type_code))
        .or_else(|| words::read_item_type(&word))
        .unwrap_or_else(|| {
            errors.push(RowError::new(
                row,
                "task_type",
                format!("不认识的事项类型“{word}”，请核对"),
            ));
            String::new()
        });
    let code = cell(columns.code);
    mark_code(
        &code,
        &cell(columns.org_part),
        &cell(columns.catalogue_part),
        &mut flags,
    );
    let kind = cell(columns.kind);
    let item = Item {
        name: cell(columns.name),
        local_item_code: code,
        item_type,
        // The directory is that of a county-level district.
        exercise_level: 4,
        region_code: region(&cell(columns.area), &mut flags),
        online_depth: match kind.as_str() {
            "query" => vec!["查询".to_owned()],
            "consult" => vec!["咨询".to_owned()],
            "booking" => vec!["预约".to_owned()],
            _ => Vec::new(),
        },
        summary: main_item(&cell(columns.main_item)),
        source: "directory".to_owned(),
        ..Item::default()
    };
    Raw {
        row,
        body: cell(columns.department),
        item,
        flags,
        errors,
        readable: true,
    }
}

/// 主项 stands in the summary until base items are a record of their own.
fn main_item(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!("主项：{name}")
    }
}

/// The statistical 12-digit code of a county becomes the county's six digits; any other length stays.
fn region(area: &str, flags: &mut Vec<Flag>) -> String {
    match RegionCode::parse(area) {
        Ok(code) => code.canonical().as_str().to_owned(),
        Err(error) => {
            flags.push(Flag {
                field: "region_code".to_owned(),
                code: "region_code.shape".to_owned(),
                message: format!("行使区划“{area}”：{error}"),
            });
            String::new()
        }
    }
}

fn mark_code(code: &str, org_part: &str, catalogue_part: &str, flags: &mut Vec<Flag>) {
    let mut mark = |word: &str, message: String| {
        flags.push(Flag {
            field: "local_item_code".to_owned(),
            code: word.to_owned(),
            message,
        });
    };
    if code.is_empty() {
        mark("local_item_code.missing", "来源没有给出事项编码".to_owned());
        return;
    }
    if let Err(error) = Uscc::parse(org_part) {
        mark(
            &format!("local_item_code.org_{}", error.code()),
            format!(
                "事项编码里的机构段“{org_part}”不是有效的统一社会信用代码：{error}，已按原样保留"
            ),
        );
    }
    if !catalogue_part.bytes().all(|b| b.is_ascii_alphanumeric()) || catalogue_part.is_empty() {
        mark(
            "local_item_code.catalogue",
            format!("事项编码里的目录段“{catalogue_part}”含有字母和数字以外的字符，已按原样保留"),
        );
    }
}
