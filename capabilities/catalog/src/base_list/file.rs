//! Base items as files: JSON holds all of them, a spreadsheet the essential fields.
//!
//! A row of a spreadsheet changes what it has a column for; the rest of the base item stays as it was.

use std::collections::BTreeMap;

use base::json::Part;
use calendar::Unit;
use rust_xlsxwriter::Workbook;

use crate::import::{self, Unreadable};
use crate::model::{BaseItem, LegalBasis, Limit, Material, Origin};
use crate::words;

/// One column: its heading, how a base item fills it, how a cell is read.
struct Column {
    title: &'static str,
    write: fn(&BaseItem) -> String,
    read: fn(&mut BaseItem, &str) -> Result<(), String>,
}

/// What a file holds.
#[derive(Debug)]
pub enum Content {
    /// Whole base items.
    Whole(Vec<BaseItem>),
    /// Rows that change some fields: line, base code, cells by heading.
    Rows(Vec<Row>),
}

/// One row of a spreadsheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub line: usize,
    pub base_code: String,
    cells: BTreeMap<&'static str, String>,
    error: Option<String>,
}

const CODE: &str = "基本编码";

macro_rules! text {
    ($title:literal, $field:ident) => {
        Column {
            title: $title,
            write: |item| item.$field.clone(),
            read: |item, text| {
                item.$field = base::text::single_line(text);
                Ok(())
            },
        }
    };
}

const COLUMNS: &[Column] = &[
    text!("基本编码", base_code),
    text!("事项名称", name),
    text!("主项名称", main_item_name),
    text!("子项名称", sub_item_name),
    Column {
        title: "事项类型",
        write: |item| words::item_type(&item.item_type),
        read: |item, text| {
            item.item_type = words::read_item_type(text.trim())
                .ok_or_else(|| format!("没有“{text}”这种事项类型"))?;
            Ok(())
        },
    },
    text!("行政许可事项清单序号", licence_list_no),
    Column {
        title: "设定层级",
        write: |item| origin_word(item.origin).to_owned(),
        read: |item, text| {
            item.origin = [Origin::Central, Origin::Provincial, Origin::Local]
                .into_iter()
                .find(|origin| origin_word(*origin) == text.trim())
                .ok_or("设定层级应为中央设定、省级设定或者地方特有")?;
            Ok(())
        },
    },
    Column {
        title: "行使层级",
        write: |item| joined(&item.exercise_levels, words::EXERCISE_LEVELS),
        read: |item, text| {
            item.exercise_levels = chosen(text, words::EXERCISE_LEVELS)?;
            Ok(())
        },
    },
    Column {
        title: "服务对象",
        write: |item| joined(&item.service_objects, words::SERVICE_OBJECTS),
        read: |item, text| {
            item.service_objects = chosen(text, words::SERVICE_OBJECTS)?;
            Ok(())
        },
    },
    Column {
        title: "法定办结时限",
        write: |item| limit_word(item.statutory_limit.as_ref()),
        read: |item, text| {
            item.statutory_limit = limit(text, item.statutory_limit.take())?;
            Ok(())
        },
    },
    Column {
        title: "承诺办结时限",
        write: |item| limit_word(item.promised_limit.as_ref()),
        read: |item, text| {
            item.promised_limit = limit(text, item.promised_limit.take())?;
            Ok(())
        },
    },
    Column {
        title: "到办事现场次数",
        write: |item| item.visit_count.map_or_else(String::new, |n| n.to_string()),
        read: |item, text| {
            item.visit_count = match text.trim() {
                "" => None,
                text => Some(text.parse().map_err(|_| "到办事现场次数应为数字")?),
            };
            Ok(())
        },
    },
    Column {
        title: "办理形式",
        write: |item| joined(&item.handling_forms, words::HANDLING_FORMS),
        read: |item, text| {
            item.handling_forms = chosen(text, words::HANDLING_FORMS)?;
            Ok(())
        },
    },
    Column {
        title: "设定依据（每行：法律|条款|效力层级|文号）",
        write: |item| {
            lines(item.legal_basis.iter().map(|basis| {
                format!(
                    "{}|{}|{}|{}",
                    basis.law, basis.article, basis.level, basis.document_no
                )
            }))
        },
        read: |item, text| {
            item.legal_basis = text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| basis(line, &item.legal_basis))
                .collect();
            Ok(())
        },
    },
    Column {
        title: "受理条件（每行一条）",
        write: |item| lines(item.accept_conditions.iter().cloned()),
        read: |item, text| {
            item.accept_conditions = text
                .lines()
                .map(base::text::single_line)
                .filter(|line| !line.is_empty())
                .collect();
            Ok(())
        },
    },
    Column {
        title: "申请材料（每行：标识|名称）",
        write: |item| {
            lines(
                item.materials
                    .iter()
                    .map(|material| format!("{}|{}", material.key, material.name)),
            )
        },
        read: |item, text| {
            item.materials = text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| material(line, &item.materials))
                .collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Column {
        title: "办理结果",
        write: |item| item.result.name.clone(),
        read: |item, text| {
            item.result.name = base::text::single_line(text);
            Ok(())
        },
    },
];

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Central => "中央设定",
        Origin::Provincial => "省级设定",
        Origin::Local => "地方特有",
    }
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("\n")
}

fn joined(codes: &[u8], table: &'static [(u8, &'static str)]) -> String {
    codes
        .iter()
        .map(|code| words::word_of(table, code).map_or_else(|| code.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join("、")
}

fn chosen(text: &str, table: &'static [(u8, &'static str)]) -> Result<Vec<u8>, String> {
    // A name may hold the separator: 镇（乡、街道）级.
    let mut rest = text.trim();
    let mut codes = Vec::new();
    while !rest.is_empty() {
        let (code, word) = table
            .iter()
            .filter_map(|(code, word)| {
                let number = code.to_string();
                if rest.starts_with(word) {
                    Some((*code, (*word).to_owned()))
                } else {
                    rest.starts_with(&number).then_some((*code, number))
                }
            })
            .max_by_key(|(_, word)| word.len())
            .ok_or_else(|| format!("没有“{rest}”这一项"))?;
        codes.push(code);
        rest = rest[word.len()..].trim_start_matches(['、', '，', ',', ' ', '\n']);
    }
    Ok(codes)
}

fn limit_word(limit: Option<&Limit>) -> String {
    limit.map_or_else(String::new, words::limit)
}

/// A limit; its note stays while the limit does.
fn limit(text: &str, before: Option<Limit>) -> Result<Option<Limit>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = words::read_limit(text)
        .ok_or_else(|| format!("时限“{}”读不懂，请写成20个工作日", text.trim()))?;
    let same = |known: &Limit| known.n == read.n && (known.unit == read.unit || read.n == 0);
    Ok(Some(before.filter(same).unwrap_or(Limit {
        unit: if read.n == 0 {
            Unit::WorkingDay
        } else {
            read.unit
        },
        ..read
    })))
}

fn basis(line: &str, before: &[LegalBasis]) -> LegalBasis {
    let mut parts = line.split('|').map(base::text::single_line);
    let mut part = || parts.next().unwrap_or_default();
    let (law, article, level, document_no) = (part(), part(), part(), part());
    let text = before
        .iter()
        .find(|known| known.law == law && known.article == article)
        .map(|known| known.text.clone());
    LegalBasis {
        law,
        document_no,
        level,
        article,
        text: text.unwrap_or_default(),
    }
}

fn material(line: &str, before: &[Material]) -> Result<Material, String> {
    let (key, name) = line
        .split_once('|')
        .ok_or_else(|| format!("申请材料“{line}”应写成 标识|名称"))?;
    let (key, name) = (key.trim(), base::text::single_line(name));
    let known = before.iter().find(|material| material.key == key);
    Ok(Material {
        key: key.to_owned(),
        name,
        ..known.cloned().unwrap_or_default()
    })
}

impl Row {
    /// The base item with what the row says put over it.
    ///
    /// # Errors
    /// What cannot be read, with its heading.
    pub fn over(&self, before: Option<&BaseItem>) -> Result<BaseItem, String> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let mut item = before.cloned().unwrap_or_default();
        for column in COLUMNS {
            if let Some(text) = self.cells.get(column.title) {
                // What was written and came back is what was there.
                if *text != (column.write)(&item) {
                    (column.read)(&mut item, text)
                        .map_err(|error| format!("{}：{error}", column.title))?;
                }
            }
        }
        Ok(item)
    }
}

/// Reads a file: JSON (one base item or a list) or XLSX.
///
/// # Errors
/// What is wrong with the file as a whole.
pub fn read(content: &[u8]) -> Result<Content, Unreadable> {
    if content.starts_with(b"PK") {
        return read_sheet(content);
    }
    let text = std::str::from_utf8(content).map_err(|_| Unreadable::Encoding)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let broken = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            let what = base::text::shorten(&error.to_string(), 120);
            Unreadable::Shape { line, column, what }
        } else {
            Unreadable::Json { line, column }
        }
    };
    if text.starts_with('{') {
        let one: Part<BaseItem> = serde_json::from_str(text).map_err(broken)?;
        return Ok(Content::Whole(vec![one.0]));
    }
    if text.starts_with('[') {
        let all: Vec<Part<BaseItem>> = serde_json::from_str(text).map_err(broken)?;
        return Ok(Content::Whole(all.into_iter().map(|part| part.0).collect()));
    }
    Err(Unreadable::Format)
}

fn read_sheet(content: &[u8]) -> Result<Content, Unreadable> {
    let table = import::first_sheet(content)?;
    let known = |heading: &str| COLUMNS.iter().find(|column| column.title == heading);
    let unknown: Vec<&str> = table
        .header
        .iter()
        .map(String::as_str)
        .filter(|heading| !heading.is_empty() && known(heading).is_none())
        .collect();
    if !unknown.is_empty() {
        return Err(Unreadable::UnknownColumns(unknown.join("、")));
    }
    if !table.header.iter().any(|heading| heading == CODE) {
        return Err(Unreadable::MissingColumns(CODE.to_owned()));
    }
    let rows = table.rows.into_iter().map(|(line, cells)| match cells {
        Err(error) => Row {
            line,
            error: Some(error),
            ..Row::default()
        },
        Ok(cells) => {
            let cells: BTreeMap<&'static str, String> = table
                .header
                .iter()
                .enumerate()
                .filter_map(|(place, heading)| {
                    let cell = cells.get(place).cloned().unwrap_or_default();
                    Some((known(heading)?.title, cell.replace("\r\n", "\n")))
                })
                .collect();
            Row {
                line,
                base_code: cells.get(CODE).map_or("", |code| code.trim()).to_owned(),
                cells,
                error: None,
            }
        }
    });
    Ok(Content::Rows(rows.collect()))
}

/// The essential fields of base items as a spreadsheet that [`read`] takes.
///
/// # Errors
/// Whatever the writer of spreadsheets refuses.
pub fn write(items: &[BaseItem]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("基本目录")?;
    for (place, column) in (0..).zip(COLUMNS) {
        sheet.write_string(0, place, column.title)?;
    }
    for (line, item) in (1..).zip(items) {
        for (place, column) in (0..).zip(COLUMNS) {
            sheet.write_string(line, place, (column.write)(item))?;
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResultDoc;

    fn food() -> BaseItem {
        BaseItem {
            base_code: "990121009001".into(),
            name: "小餐饮登记".into(),
            item_type: "01".into(),
            licence_list_no: "190".into(),
            exercise_levels: vec![4, 5],
            service_objects: vec![1, 2],
            handling_forms: vec![1, 2],
            statutory_limit: Some(Limit {
                n: 20,
                unit: Unit::WorkingDay,
                note: "不含专家评审".into(),
            }),
            visit_count: Some(1),
            legal_basis: vec![LegalBasis {
                law: "《食品安全法》".into(),
                article: "第三十六条".into(),
                level: "法律".into(),
                text: "食品生产加工小作坊……".into(),
                ..LegalBasis::default()
            }],
            accept_conditions: vec!["有固定场所".into(), "有健康证明".into()],
            materials: vec![Material {
                key: "licence".into(),
                name: "营业执照".into(),
                core: true,
                ..Material::default()
            }],
            result: ResultDoc {
                name: "登记卡".into(),
                valid_years: Some(3),
                ..ResultDoc::default()
            },
            ..BaseItem::default()
        }
    }

    fn rows(content: &[u8]) -> Vec<Row> {
        match read(content).expect("reads") {
            Content::Rows(rows) => rows,
            Content::Whole(_) => panic!("a sheet"),
        }
    }

    #[test]
    fn what_was_written_is_read_again_without_loss() {
        let item = food();
        let file = write(std::slice::from_ref(&item)).expect("writes");
        let rows = rows(&file);
        assert_eq!(rows[0].base_code, item.base_code);
        assert_eq!(rows[0].over(Some(&item)), Ok(item.clone()));
        // A new base item has what the columns hold.
        let fresh = rows[0].over(None).expect("reads");
        assert_eq!(fresh.exercise_levels, [4, 5]);
        assert_eq!(fresh.materials[0].name, "营业执照");
        assert_eq!(fresh.statutory_limit.expect("has one").n, 20);
    }

    #[test]
    fn a_changed_cell_changes_its_field_only() {
        let item = food();
        let mut changed = item.clone();
        changed.statutory_limit.as_mut().expect("has one").n = 15;
        let file = write(&[changed]).expect("writes");
        let read = rows(&file)[0].over(Some(&item)).expect("reads");
        assert_eq!(read.statutory_limit.as_ref().map(|limit| limit.n), Some(15));
        assert_eq!(read.legal_basis, item.legal_basis);
        assert_eq!(read.materials, item.materials);
        assert_eq!(read.result, item.result);
    }

    #[test]
    fn json_holds_one_or_many_and_says_what_it_does_not_know() {
        let one = serde_json::to_vec(&food()).expect("plain data");
        assert!(matches!(read(&one), Ok(Content::Whole(items)) if items == [food()]));
        let many = serde_json::to_vec(&[food(), food()]).expect("plain data");
        assert!(matches!(read(&many), Ok(Content::Whole(items)) if items.len() == 2));
        assert!(matches!(
            read(br#"[{"nmae":"x"}]"#),
            Err(Unreadable::Shape { line: 1, .. })
        ));
        assert!(matches!(read(b"[{"), Err(Unreadable::Json { .. })));
        assert!(matches!(
            read("名称,编码".as_bytes()),
            Err(Unreadable::Format)
        ));
    }

    #[test]
    fn a_cell_that_cannot_be_read_is_named() {
        let mut wrong = rows(&write(&[food()]).expect("writes"));
        wrong[0].cells.insert("事项类型", "魔法".into());
        let error = wrong[0].over(None).expect_err("no such type");
        assert!(
            error.contains("事项类型") && error.contains("魔法"),
            "{error}"
        );
    }
}
