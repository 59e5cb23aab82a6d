//! Regions from a table: everything is looked at first, and one wrong row keeps the whole file out.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::codes::{RegionCode, RegionLevel};
use base::text::{TextLimit, single_line};
use jiff::civil::Date;
use store::{Tx, params};

use super::{Region, get, level_word, read, write};
use crate::Error;

/// Bytes a file may have.
const BYTES_MAX: usize = 20 * 1024 * 1024;
/// Rows a file may have: twice the towns of the whole country.
const ROWS_MAX: usize = 100_000;
/// Errors that are listed; the rest is counted.
const ERRORS_MAX: usize = 1000;

/// Column names understood, the machine's first.
const COLUMNS: &[(Field, &[&str])] = &[
    (Field::Code, &["code", "区划代码", "代码"]),
    (Field::Name, &["name", "区划名称", "名称"]),
    (Field::Level, &["level", "级别"]),
    (Field::Parent, &["parent_code", "parent", "上级代码"]),
    (Field::ValidFrom, &["valid_from", "起始日期"]),
    (Field::ValidTo, &["valid_to", "终止日期"]),
    (Field::ReplacedBy, &["replaced_by", "替代代码"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Field {
    Code,
    Name,
    Level,
    Parent,
    ValidFrom,
    ValidTo,
    ReplacedBy,
}

impl Field {
    fn word(self) -> &'static str {
        COLUMNS
            .iter()
            .find(|(field, _)| *field == self)
            .map_or("", |(_, names)| names[0])
    }
}

/// What is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// As the spreadsheet numbers it: the header is row 1.
    pub row: usize,
    /// Column name, or empty for the whole row.
    pub field: String,
    /// What to do, in Chinese.
    pub message: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows of the file without its header.
    pub rows: usize,
    /// New codes.
    pub added: usize,
    /// Known codes with another name, validity or successor.
    pub changed: usize,
    /// Codes that end with this file; they count as changed too.
    pub closed: usize,
    /// Rows that name themselves as their parent: a prefecture without counties (东莞), a county without towns
    /// (金门) stands in statistical tables once more below itself.
    pub skipped: usize,
    /// At most 1000; nothing was written where there is one.
    pub errors: Vec<RowError>,
    /// Errors beyond that.
    pub more_errors: usize,
}

impl ImportReport {
    fn error(&mut self, row: usize, field: &str, message: impl Into<String>) {
        if self.errors.len() >= ERRORS_MAX {
            self.more_errors += 1;
            return;
        }
        self.errors.push(RowError {
            row,
            field: field.to_owned(),
            message: message.into(),
        });
    }
}

/// A table of texts with a header, from CSV or a spreadsheet.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Column names.
    pub header: Vec<String>,
    /// Row number as the spreadsheet counts, and the cells.
    pub rows: Vec<(usize, Vec<String>)>,
    /// Rows that could not be read at all.
    pub errors: Vec<RowError>,
}

impl Table {
    /// Reads CSV in UTF-8, with or without byte order mark.
    pub fn from_csv(bytes: &[u8]) -> Result<Table, Error> {
        let file = |message: &str| Error::invalid("file", message);
        if bytes.len() > BYTES_MAX {
            return Err(file("文件超过 20 MiB，请拆分后再导入"));
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let header = reader
            .headers()
            .map_err(|_| file("文件不是 UTF-8 编码的 CSV，请在表格软件中另存为“CSV UTF-8”"))?
            .iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let mut table = Table {
            header,
            ..Table::default()
        };
        for record in reader.byte_records() {
            let Ok(record) = record else {
                return Err(file("文件不是完整的 CSV，请检查引号是否成对"));
            };
            if table.rows.len() + table.errors.len() >= ROWS_MAX {
                return Err(file("文件超过 10 万行，请拆分后再导入"));
            }
            // The header is row 1; blank lines are skipped by the reader and do not count in a spreadsheet's export.
            let row = table.rows.len() + table.errors.len() + 2;
            match csv::StringRecord::from_byte_record(record) {
                Ok(cells) => table
                    .rows
                    .push((row, cells.iter().map(str::to_owned).collect())),
                Err(_) => table.errors.push(RowError {
                    row,
                    field: String::new(),
                    message: "本行不是 UTF-8 文字，请另存为“CSV UTF-8”".to_owned(),
                }),
            }
        }
        Ok(table)
    }
}

/// Imports regions from CSV: columns `code`, `name` and, as they are there, `level`, `parent_code`, `valid_from`,
/// `valid_to`, `replaced_by` (or their Chinese names). A code that is new counts from `today` where the file does not
/// say; what the file does not mention stays as it is. With `dry_run`, or with any error, nothing is written.
pub fn import(
    tx: &mut Tx<'_>,
    csv: &[u8],
    dry_run: bool,
    today: Date,
) -> Result<ImportReport, Error> {
    let table = Table::from_csv(csv)?;
    import_table(tx, &table, dry_run, today)
}

/// [`import`] from a table that was read already.
pub fn import_table(
    tx: &mut Tx<'_>,
    table: &Table,
    dry_run: bool,
    today: Date,
) -> Result<ImportReport, Error> {
    import_within(tx, table, dry_run, today, &|_| true)
}

/// [`import_table`] by somebody who may touch only the codes that are `allowed`; another code is a wrong row.
pub fn import_within(
    tx: &mut Tx<'_>,
    table: &Table,
    dry_run: bool,
    today: Date,
    allowed: &dyn Fn(&str) -> bool,
) -> Result<ImportReport, Error> {
    let columns = columns(&table.header)?;
    if table.rows.is_empty() && table.errors.is_empty() {
        return Err(Error::invalid(
            "file",
            "文件只有表头，没有区划，请填写后再导入",
        ));
    }
    let mut report = ImportReport {
        rows: table.rows.len() + table.errors.len(),
        ..ImportReport::default()
    };
    for error in &table.errors {
        report.error(error.row, &error.field, error.message.clone());
    }
    let mut given = Vec::with_capacity(table.rows.len());
    let mut seen = HashMap::new();
    for (row, cells) in &table.rows {
        let Some(entry) = read_row(&columns, *row, cells, &mut report) else {
            continue;
        };
        if !allowed(entry.code.as_str()) {
            report.error(*row, "code", "该区划不在您的管理范围内");
            continue;
        }
        if let Some(first) = seen.insert(entry.code.as_str().to_owned(), *row) {
            report.error(
                *row,
                "code",
                format!("代码与第 {first} 行重复，请删去其中一行"),
            );
            continue;
        }
        given.push(entry);
    }
    let known = load_known(tx, &given)?;
    let mut missing: HashSet<String> = HashSet::new();
    let mut wanted = Vec::new();
    for entry in &given {
        for (field, code) in [
            (
                "code",
                entry.code.parent().map(|code| code.as_str().to_owned()),
            ),
            ("replaced_by", entry.replaced_by.clone()),
        ] {
            let Some(code) = code else { continue };
            if known.contains_key(&code) || seen.contains_key(&code) {
                continue;
            }
            if missing.contains(&code) || get(tx, &code)?.is_none() {
                let message = if field == "code" {
                    format!("上级区划 {code} 不在系统中，也不在本文件中，请先导入上级")
                } else {
                    format!("替代代码 {code} 不在系统中，也不在本文件中")
                };
                report.error(entry.row, field, message);
                missing.insert(code);
            }
        }
        let before = known.get(entry.code.as_str());
        let region = entry.region(before, today);
        if region.valid_to.is_some_and(|to| to < region.valid_from) {
            report.error(entry.row, "valid_to", "终止日期不能早于起始日期");
            continue;
        }
        match before {
            None => report.added += 1,
            Some(before) if *before == region => continue,
            Some(_) => report.changed += 1,
        }
        if region.valid_to.is_some() && before.is_none_or(|before| before.valid_to.is_none()) {
            report.closed += 1;
        }
        wanted.push(region);
    }
    report.errors.sort_by_key(|error| error.row);
    if report.errors.is_empty() && !dry_run {
        for region in &wanted {
            write(tx, region)?;
        }
    }
    Ok(report)
}

/// One row, read.
struct Entry {
    row: usize,
    code: RegionCode,
    name: String,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    replaced_by: Option<String>,
}

impl Entry {
    /// The region as it is to be: what the row does not say stays.
    fn region(&self, before: Option<&Region>, today: Date) -> Region {
        Region {
            code: self.code.as_str().to_owned(),
            name: self.name.clone(),
            level: self.code.level(),
            parent: self.code.parent().map(|code| code.as_str().to_owned()),
            valid_from: self
                .valid_from
                .or(before.map(|before| before.valid_from))
                .unwrap_or(today),
            valid_to: self.valid_to.or(before.and_then(|before| before.valid_to)),
            replaced_by: self
                .replaced_by
                .clone()
                .or_else(|| before.and_then(|before| before.replaced_by.clone())),
        }
    }
}

fn columns(header: &[String]) -> Result<BTreeMap<Field, usize>, Error> {
    let mut columns = BTreeMap::new();
    for (at, name) in header.iter().enumerate() {
        let name = name.trim().to_lowercase();
        if let Some((field, _)) = COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()))
            && columns.insert(*field, at).is_some()
        {
            return Err(Error::invalid(
                "file",
                format!("表头中有两列都是“{name}”，请删去一列"),
            ));
        }
    }
    for (field, names) in &COLUMNS[..2] {
        if !columns.contains_key(field) {
            return Err(Error::invalid(
                "file",
                format!(
                    "表头中没有“{}”（{}）列，请按模板填写第一行",
                    names[1], names[0]
                ),
            ));
        }
    }
    Ok(columns)
}

fn read_row(
    columns: &BTreeMap<Field, usize>,
    row: usize,
    cells: &[String],
    report: &mut ImportReport,
) -> Option<Entry> {
    let cell = |field: Field| {
        let at = columns.get(&field)?;
        cells
            .get(*at)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    let errors_before = report.errors.len() + report.more_errors;
    let code = match RegionCode::parse(cell(Field::Code).unwrap_or("")) {
        Ok(code) => code.canonical(),
        Err(error) => {
            report.error(row, "code", error.to_string());
            return None;
        }
    };
    let own_parent = cell(Field::Parent)
        .and_then(|parent| RegionCode::parse(parent).ok())
        .is_some_and(|parent| parent.canonical() == code);
    if own_parent {
        report.skipped += 1;
        return None;
    }
    let name = match check_name(cell(Field::Name).unwrap_or("")) {
        Ok(name) => name,
        Err(message) => {
            report.error(row, "name", message);
            String::new()
        }
    };
    if let Some(level) = cell(Field::Level)
        && !is_level(level, code.level())
    {
        report.error(
            row,
            "level",
            format!("按代码应为{}，请核对代码或级别", code.level()),
        );
    }
    if let Some(parent) = cell(Field::Parent) {
        let expected = code.parent();
        let given = RegionCode::parse(parent)
            .map(|parent| parent.canonical())
            .ok();
        if given != expected {
            let message = match expected {
                Some(expected) => format!("按代码，上级应为 {expected}"),
                None => "省级区划没有上级，请留空".to_owned(),
            };
            report.error(row, "parent_code", message);
        }
    }
    let mut date = |field: Field| {
        let text = cell(field)?;
        let day = text.replace('/', "-").parse::<Date>();
        if day.is_err() {
            report.error(row, field.word(), "日期请写成 2026-01-31 的形式");
        }
        day.ok()
    };
    let valid_from = date(Field::ValidFrom);
    let valid_to = date(Field::ValidTo);
    let replaced_by = cell(Field::ReplacedBy).and_then(|text| match RegionCode::parse(text) {
        Ok(successor) if successor.canonical() == code => {
            report.error(row, "replaced_by", "替代代码不能是本行的代码");
            None
        }
        Ok(successor) => Some(successor.canonical().as_str().to_owned()),
        Err(error) => {
            report.error(row, "replaced_by", error.to_string());
            None
        }
    });
    (report.errors.len() + report.more_errors == errors_before).then_some(Entry {
        row,
        code,
        name,
        valid_from,
        valid_to,
        replaced_by,
    })
}

/// A region's name: 1 to 50 characters with a letter of any script among them.
pub(super) fn check_name(input: &str) -> Result<String, String> {
    let name = single_line(input);
    TextLimit { min: 1, max: 50 }
        .check(&name)
        .map_err(|error| format!("区划名称：{error}"))?;
    if name.chars().any(char::is_alphabetic) {
        Ok(name)
    } else {
        Err("区划名称中应有文字".to_owned())
    }
}

fn is_level(text: &str, level: RegionLevel) -> bool {
    let also: &[&str] = match level {
        RegionLevel::Province => &["省", "1"],
        RegionLevel::Prefecture => &["prefecture", "市", "地级", "2"],
        RegionLevel::County => &["县", "区", "3"],
        RegionLevel::Town => &["township", "街道", "乡镇", "乡级", "4"],
        RegionLevel::Village => &["村", "社区", "5"],
    };
    let text = text.to_lowercase();
    text == level_word(level) || text == level.to_string() || also.contains(&text.as_str())
}

/// The known regions that begin as all codes of the file do.
fn load_known(tx: &mut Tx<'_>, given: &[Entry]) -> Result<HashMap<String, Region>, Error> {
    let Some(first) = given.first() else {
        return Ok(HashMap::new());
    };
    let mut common = first.code.as_str();
    for entry in given {
        while !entry.code.as_str().starts_with(common) {
            common = &common[..common.len() - 1];
        }
    }
    let rows = tx.query(
        "SELECT code, name, level, parent, valid_from, valid_to, replaced_by FROM regions WHERE code LIKE $1",
        &params![format!("{common}%")],
    )?;
    rows.iter()
        .map(|row| read(row).map(|region| (region.code.clone(), region)))
        .collect()
}
