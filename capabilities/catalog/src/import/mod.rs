//! Reading catalogues from files: ours in JSON, XLSX and CSV, and the two kinds of published lists.
//!
//! Reading is pure: a file and the known bodies go in, records and row errors come out ([`read`]). Nothing is
//! repaired: a malformed historic code is kept and marked with a [`Flag`], a record with an error is reported by
//! row and field with what to do. What an import would do, and doing it, are [`crate::app::import`].
//!
//! To read another format, add a module that turns a file into [`Raw`] records and name it in [`Source`].

pub mod bodies;
mod cells;
mod csv_file;
mod directory;
pub mod exact;
mod item_columns;
mod material_columns;
mod own_json;
mod service_columns;
mod sheet;
mod structured;
pub mod table;
mod xlsx;

pub(crate) use xlsx::{Table, first_sheet, named_sheet};

use std::collections::{BTreeMap, HashMap};

use base::ids::OrgId;
use casework::actor::covers;
use serde::{Deserialize, Serialize};

pub use bodies::Bodies;

use crate::checks::{self, Origin, Severity, standard};
use crate::model::{Flag, Item};
use crate::store::item_key;

/// Bytes of a file.
pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Records of a file.
pub const ROWS_MAX: usize = 50_000;
/// Row errors kept and shown; all are counted.
pub const ERRORS_SHOWN_MAX: usize = 500;
/// Rows named beside each kind of mark.
const MARK_ROWS_SHOWN: usize = 10;
/// Characters of one cell.
pub const CELL_CHARS_MAX: usize = 32_767;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `[{"org": …, "item": …}]`.
    Own,
    /// The hand-structured list `catalogue.json`.
    Structured,
    /// A published directory of names, departments and codes.
    Directory,
    /// Our columns in a spreadsheet.
    Xlsx,
    /// Our columns in CSV.
    Csv,
}

impl Source {
    pub fn label(self) -> &'static str {
        match self {
            Source::Own => "事项JSON",
            Source::Structured => "结构化事项清单（JSON）",
            Source::Directory => "公开事项目录（CSV）",
            Source::Xlsx => "事项表格（XLSX）",
            Source::Csv => "事项表格（CSV）",
        }
    }
}

/// What is wrong in one row, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The row as a spreadsheet counts it, or the place of the record in a JSON file, from 1. 0: the whole file.
    pub row: usize,
    /// The column or member.
    pub field: String,
    pub message: String,
}

impl RowError {
    pub(crate) fn new(
        row: usize,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> RowError {
        RowError {
            row,
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The file cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("文件是空的，请选择有内容的文件")]
    Empty,
    #[error("文件超过{}MB，请分成几个文件导入", FILE_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    #[error("文件超过{ROWS_MAX}行，请分成几个文件导入")]
    TooManyRows,
    #[error(
        "文件不是UTF-8编码（可能是GBK）。请在表格软件里另存为“CSV UTF-8（逗号分隔）”，或者直接导入XLSX文件"
    )]
    Encoding,
    #[error("不是能导入的格式。请导入XLSX、CSV（UTF-8）或者JSON文件，表头按模板填写")]
    Format,
    #[error("文件打不开，可能已经损坏。请用表格软件打开后另存一份再导入（{0}）")]
    Broken(String),
    #[error("文件有密码，请取消密码后再导入")]
    Locked,
    #[error("压缩包展开后过大，不予导入。请用表格软件重新另存后再试")]
    Bomb,
    #[error("工作表“{0}”没有数据，请按模板填写")]
    NoRows(String),
    #[error("缺少列：{0}。请下载模板，不要改动表头")]
    MissingColumns(String),
    #[error("表头里有不认识的列：{0}。请下载模板，不要改动表头")]
    UnknownColumns(String),
    #[error("表头里有重复的列：{0}。请只留一列")]
    RepeatedColumns(String),
    #[error(
        "从第{0}行起的英文双引号没有成对，后面的内容都连成了一格。请补上引号，或者核对文件是否完整"
    )]
    Quote(u64),
    #[error("JSON第{line}行第{column}列有语法错误，请核对")]
    Json { line: usize, column: usize },
    /// Well-formed JSON that says something else than was asked for; `what` are the parser's words.
    #[error("JSON第{line}行第{column}列的字段名或者内容不符合要求，请按导出的文件核对（{what}）")]
    Shape {
        line: usize,
        column: usize,
        what: String,
    },
}

impl Unreadable {
    /// Stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Unreadable::Empty => "empty",
            Unreadable::TooLarge => "too_large",
            Unreadable::TooManyRows => "too_many_rows",
            Unreadable::Encoding => "encoding",
            Unreadable::Format => "format",
            Unreadable::Broken(_) => "broken",
            Unreadable::Locked => "locked",
            Unreadable::Shape { .. } => "shape",
            Unreadable::Bomb => "bomb",
            Unreadable::NoRows(_) => "no_rows",
            Unreadable::MissingColumns(_) => "missing_columns",
            Unreadable::UnknownColumns(_) => "unknown_columns",
            Unreadable::RepeatedColumns(_) => "repeated_columns",
            Unreadable::Quote(_) => "quote",
            Unreadable::Json { .. } => "json",
        }
    }
}

/// A record that may be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub row: usize,
    pub org_id: OrgId,
    /// Where it is exercised in this deployment.
    pub region: String,
    pub item: Item,
    pub flags: Vec<Flag>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    pub source: Source,
    /// Records in the file, good and bad.
    pub rows: usize,
    pub good: Vec<Candidate>,
    /// Row errors, the first [`ERRORS_SHOWN_MAX`].
    pub errors: Vec<RowError>,
    pub errors_total: usize,
    /// Rows with at least one error.
    pub refused: usize,
    /// Refused for what they say alone; [`crate::app::import::admit_unchanged`] lets those pass that are published so.
    pub(crate) held: Vec<Held>,
    /// Departments that no known body answers to, with how many records name them.
    pub unmapped: BTreeMap<String, usize>,
}

/// A record that was read whole and breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) record: Candidate,
    pub(crate) errors: Vec<RowError>,
}

/// Marks of one kind, for whoever looks over a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Stable word, e.g. `impl_code.check`.
    pub code: String,
    /// What the first of them says.
    pub message: String,
    pub count: usize,
    /// The first rows that have it.
    pub rows: Vec<usize>,
}

impl Marks {
    /// `第2、5、9行`, with 等 where there are more.
    pub fn places(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(usize::to_string).collect();
        let more = if self.count > rows.len() { "等" } else { "" };
        format!("第{}行{more}", rows.join("、"))
    }
}

impl Parsed {
    /// Counts a record as refused, for one more reason.
    pub(crate) fn refuse(&mut self, error: RowError) {
        self.refused += 1;
        self.errors_total += 1;
        if self.errors.len() < ERRORS_SHOWN_MAX {
            self.errors.push(error);
        }
    }

    /// What is marked and kept, by kind, the most frequent first.
    pub fn marks(&self) -> Vec<Marks> {
        let mut kinds: BTreeMap<&str, Marks> = BTreeMap::new();
        for record in &self.good {
            for flag in &record.flags {
                let kind = kinds.entry(&flag.code).or_insert_with(|| Marks {
                    code: flag.code.clone(),
                    message: flag.message.clone(),
                    count: 0,
                    rows: Vec::new(),
                });
                kind.count += 1;
                if kind.rows.len() < MARK_ROWS_SHOWN {
                    kind.rows.push(record.row);
                }
            }
        }
        let mut kinds: Vec<Marks> = kinds.into_values().collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
        kinds
    }

    /// Records that carry marks.
    pub fn flagged(&self) -> usize {
        self.good
            .iter()
            .filter(|record| !record.flags.is_empty())
            .count()
    }
}

/// One record as a format gives it: not yet given to a body, not yet checked.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) row: usize,
    /// Key, name, short name or credit code of the body, as written.
    pub(crate) body: String,
    pub(crate) item: Item,
    pub(crate) flags: Vec<Flag>,
    pub(crate) errors: Vec<RowError>,
    /// False where nothing but the errors could be made of it.
    pub(crate) readable: bool,
}

/// What speaks against a record by itself.
type Check<'a> = &'a dyn Fn(&Item) -> Vec<checks::Finding>;

/// Reads a file. What it is, is told by its content; `name` is not looked at. A record that a check speaks against is
/// refused.
pub fn read(content: &[u8], bodies: &Bodies) -> Result<Parsed, Unreadable> {
    read_with(content, bodies, &checks::check)
}

/// Reads a file whose records are then looked at one by one beside what is published: what a check says of a record
/// that nobody touched is no reason to refuse the file.
pub fn read_to_compare(content: &[u8], bodies: &Bodies) -> Result<Parsed, Unreadable> {
    read_with(content, bodies, &|_| Vec::new())
}

fn read_with(content: &[u8], bodies: &Bodies, check: Check<'_>) -> Result<Parsed, Unreadable> {
    if content.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    if content.starts_with(b"PK") {
        let raw = xlsx::read(content)?;
        return Ok(settle(Source::Xlsx, raw, bodies, check));
    }
    // UTF-16, and the old binary spreadsheet.
    if content.starts_with(&[0xFF, 0xFE]) || content.starts_with(&[0xFE, 0xFF]) {
        return Err(Unreadable::Encoding);
    }
    if content.contains(&0) {
        return Err(Unreadable::Format);
    }
    let text = std::str::from_utf8(content).map_err(|_| Unreadable::Encoding)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Unreadable::Empty);
    }
    let (source, raw) = if start.starts_with(['[', '{']) {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| Unreadable::Json {
                line: error.line(),
                column: error.column(),
            })?;
        let serde_json::Value::Array(records) = value else {
            return Err(Unreadable::Format);
        };
        if records.is_empty() {
            return Err(Unreadable::Empty);
        }
        if records.len() > ROWS_MAX {
            return Err(Unreadable::TooManyRows);
        }
        if structured::looks_like(&records) {
            (Source::Structured, structured::read(&records))
        } else {
            (Source::Own, own_json::read(records))
        }
    } else {
        let file = csv_file::File::open(text)?;
        if directory::looks_like(&file.header) {
            (Source::Directory, directory::read(&file))
        } else {
            (Source::Csv, sheet::read(file.into_sheet(), None)?)
        }
    };
    Ok(settle(source, raw, bodies, check))
}

/// Gives every record to a body, checks it, and refuses the second of two that are the same item.
fn settle(source: Source, raw: Vec<Raw>, bodies: &Bodies, check: Check<'_>) -> Parsed {
    let mut parsed = Parsed {
        source,
        rows: raw.len(),
        good: Vec::new(),
        errors: Vec::new(),
        errors_total: 0,
        refused: 0,
        held: Vec::new(),
        unmapped: BTreeMap::new(),
    };
    // Programs name a member by its path, people by its column.
    let named = |path: String| match source {
        Source::Own => path,
        _ => crate::labels::field(&path),
    };
    let mut rows_by_key: HashMap<String, usize> = HashMap::new();
    for mut record in raw {
        let mut errors = std::mem::take(&mut record.errors);
        let org_id = match bodies.find(&record.body) {
            bodies::Found::One(org_id) => Some(org_id),
            bodies::Found::Default(org_id) => {
                record
                    .flags
                    .push(unmapped(&record.body, bodies.name(org_id)));
                *parsed.unmapped.entry(record.body.clone()).or_default() += 1;
                Some(org_id)
            }
            bodies::Found::Several => {
                errors.push(RowError::new(
                    record.row,
                    table::BODY,
                    format!(
                        "有几个机构叫“{}”，请改用机构代码或统一社会信用代码",
                        record.body
                    ),
                ));
                None
            }
            // Who it belongs to is no question where not even that could be read.
            bodies::Found::None if !record.readable => None,
            bodies::Found::None => {
                *parsed.unmapped.entry(record.body.clone()).or_default() += 1;
                errors.push(RowError::new(
                    record.row,
                    table::BODY,
                    no_body(&record.body),
                ));
                None
            }
        };
        let shapeless = errors.len();
        let mut again = false;
        let mut found = Vec::new();
        if record.readable {
            found = check(&record.item);
            let uscc = org_id.map_or("", |org_id| bodies.uscc(org_id));
            found.extend(standard::of_body(&record.item, uscc, Origin::Import));
        }
        for finding in found {
            if finding.severity == Severity::Error {
                let field = named(finding.field.clone());
                errors.push(RowError::new(record.row, field, finding.message.clone()));
            }
            record.flags.push(finding.into_flag());
        }
        if let (Some(org_id), 0) = (org_id, shapeless) {
            let key = item_key(org_id, &record.item);
            match rows_by_key.get(&key) {
                Some(first) => {
                    again = true;
                    errors.push(RowError::new(
                        record.row,
                        table::IMPL_CODE,
                        format!("与第{first}行是同一个事项（编码或名称相同），请删去一行"),
                    ));
                }
                None => {
                    rows_by_key.insert(key, record.row);
                }
            }
        }
        let whole = org_id.filter(|_| shapeless == 0 && !again);
        let candidate = whole.map(|org_id| Candidate {
            row: record.row,
            org_id,
            region: place(&mut record, bodies.region(org_id)),
            item: record.item,
            flags: record.flags,
        });
        match candidate {
            Some(candidate) if errors.is_empty() => parsed.good.push(candidate),
            candidate => {
                parsed.held.extend(candidate.map(|record| Held {
                    record,
                    errors: errors.clone(),
                }));
                parsed.refused += 1;
                parsed.errors_total += errors.len();
                let room = ERRORS_SHOWN_MAX.saturating_sub(parsed.errors.len());
                parsed.errors.extend(errors.into_iter().take(room));
            }
        }
    }
    parsed
}

/// Where the item is exercised in this deployment: where it says, if that lies with its body; else where the body is.
fn place(record: &mut Raw, of_body: &str) -> String {
    let said = record.item.region_code.as_str();
    if said.is_empty() {
        return of_body.to_owned();
    }
    if covers(of_body, said) || covers(said, of_body) {
        return said.to_owned();
    }
    record.flags.push(Flag {
        field: "region_code".to_owned(),
        code: "region_code.body".to_owned(),
        message: format!("行使区划{said}不在实施主体所在的{of_body}，按实施主体的区划管理"),
    });
    of_body.to_owned()
}

fn unmapped(body: &str, given_to: &str) -> Flag {
    let message = if body.is_empty() {
        format!("来源没有写实施主体，暂归{given_to}")
    } else {
        format!("来源部门“{body}”没有对应的机构，暂归{given_to}")
    };
    Flag {
        field: "org".to_owned(),
        code: "org.unmapped".to_owned(),
        message,
    }
}

fn no_body(body: &str) -> String {
    if body.is_empty() {
        "没有写实施主体，请填写机构名称、机构代码或统一社会信用代码".to_owned()
    } else {
        format!("没有叫“{body}”的机构，请先在机构管理中添加，或者为它指定归属机构")
    }
}

#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;
