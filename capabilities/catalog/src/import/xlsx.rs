//! A spreadsheet file, opened with care: it is an archive, and its cells can be anywhere.
//!
//! The archive's parts are measured before anything is unpacked, and cells are read one by one: a single cell in the
//! last row of the last column must not make room for all the cells before it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

use super::sheet::{self, Sheet, SheetRow};
use super::table::{ITEMS_SHEET, MATERIALS_SHEET, REST_SHEET};
use super::{CELL_CHARS_MAX, ROWS_MAX, Raw, Unreadable};

/// Bytes of all parts together, unpacked.
const UNPACKED_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// How many times larger a part may be than it is packed. Spreadsheets reach 20, bombs a thousand.
const RATIO_MAX: u64 = 200;
/// Below this a part may be packed as tightly as it likes.
const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// Parts of the archive.
const PARTS_MAX: usize = 2000;
/// Columns that are looked at.
const COLUMNS_MAX: u32 = 200;
/// A spreadsheet keeps fifteen digits of a number.
const EXACT_MAX: f64 = 1e15;
/// Materials may have more rows than items.
const MATERIAL_ROWS_MAX: usize = 4 * ROWS_MAX;

pub(super) fn read(content: &[u8]) -> Result<Vec<Raw>, Unreadable> {
    measure(content)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(|error| broken(&error))?;
    let names = book.sheet_names();
    // A file made elsewhere may name its only sheet as it likes.
    let items_name = match names.iter().find(|name| *name == ITEMS_SHEET) {
        Some(name) => name.clone(),
        None => names.first().cloned().ok_or(Unreadable::Format)?,
    };
    let mut items = cells(&mut book, &items_name, ROWS_MAX)?;
    let mut materials = names
        .iter()
        .any(|name| name == MATERIALS_SHEET && *name != items_name)
        .then(|| cells(&mut book, MATERIALS_SHEET, MATERIAL_ROWS_MAX))
        .transpose()?;
    if names.iter().any(|name| name == REST_SHEET) {
        let rest = rest(&cells(&mut book, REST_SHEET, MATERIAL_ROWS_MAX)?);
        for sheet in std::iter::once(&mut items).chain(&mut materials) {
            for cell in sheet
                .rows
                .iter_mut()
                .flat_map(|row| row.cells.iter_mut())
                .flatten()
            {
                if let Some(whole) = rest.get(cell.as_str()) {
                    cell.clone_from(whole);
                }
            }
        }
    }
    sheet::read(items, materials)
}

/// The first sheet of a file of something else than items: its header, and its rows with their lines.
pub(crate) fn first_sheet(content: &[u8]) -> Result<Table, Unreadable> {
    measure(content)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(|error| broken(&error))?;
    let name = book.sheet_names().first().cloned();
    let sheet = cells(&mut book, &name.ok_or(Unreadable::Format)?, ROWS_MAX)?;
    let rows = sheet.rows.into_iter().map(|row| (row.line, row.cells));
    Ok(Table {
        header: sheet.header,
        rows: rows.collect(),
    })
}

/// The sheet of this name in a file of something else than items; none where there is no such sheet.
pub(crate) fn named_sheet(content: &[u8], name: &str) -> Result<Option<Table>, Unreadable> {
    measure(content)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(|error| broken(&error))?;
    if !book.sheet_names().iter().any(|known| known == name) {
        return Ok(None);
    }
    let sheet = cells(&mut book, name, ROWS_MAX)?;
    let rows = sheet.rows.into_iter().map(|row| (row.line, row.cells));
    Ok(Some(Table {
        header: sheet.header,
        rows: rows.collect(),
    }))
}

/// A sheet as it was read: a row that has the wrong shape says so.
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<(usize, Result<Vec<String>, String>)>,
}

/// The texts that did not fit into one cell, by the mark that stands there instead.
fn rest(sheet: &Sheet) -> HashMap<String, String> {
    let mut texts: HashMap<String, String> = HashMap::new();
    for row in &sheet.rows {
        if let Ok([mark, text]) = row.cells.as_deref() {
            texts.entry(mark.clone()).or_default().push_str(text);
        }
    }
    texts
}

/// Looks at the sizes the archive states for its parts and at how it states them.
fn measure(content: &[u8]) -> Result<(), Unreadable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(|error| broken(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::Bomb);
    }
    let mut unpacked: u64 = 0;
    let mut workbook = false;
    for index in 0..archive.len() {
        let part = archive
            .by_index_raw(index)
            .map_err(|error| broken(&error))?;
        if part.encrypted() {
            return Err(Unreadable::Locked);
        }
        workbook |= part.name().is_ok_and(|name| name == "xl/workbook.xml");
        let (size, packed) = (part.size(), part.compressed_size());
        unpacked = unpacked.saturating_add(size);
        let too_tight = size > RATIO_FREE_BYTES && size / packed.max(1) > RATIO_MAX;
        if unpacked > UNPACKED_BYTES_MAX || too_tight {
            return Err(Unreadable::Bomb);
        }
    }
    if !workbook {
        return Err(Unreadable::Format);
    }
    // The stated sizes may lie: unpack each part once, counting, and stop at the limit.
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let stated = part.size();
        let mut counted = std::io::Read::take(part, stated.min(left) + 1);
        let size =
            std::io::copy(&mut counted, &mut std::io::sink()).map_err(|error| broken(&error))?;
        if size > stated || size > left {
            return Err(Unreadable::Bomb);
        }
        left -= size;
    }
    Ok(())
}

fn broken(error: &dyn std::fmt::Display) -> Unreadable {
    Unreadable::Broken(base::text::shorten(&error.to_string(), 120))
}

/// The cells of a sheet, row by row.
fn cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, rows_max: usize) -> Result<Sheet, Unreadable> {
    let mut reader = book
        .worksheet_cells_reader(name)
        .map_err(|error| broken(&error))?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut wrong: BTreeMap<u32, String> = BTreeMap::new();
    // Formulas that came to nothing, which is a result.
    let mut blank: HashSet<(u32, u32)> = HashSet::new();
    while let Some(cell) = reader.next_cell().map_err(|error| broken(&error))? {
        let (row, column) = cell.get_position();
        let fault = unreliable(cell.get_value());
        let text = text(cell.get_value());
        if fault.is_none() && text.trim().is_empty() {
            if matches!(cell.get_value(), DataRef::String(_)) {
                blank.insert((row, column));
            }
            continue;
        }
        if column >= COLUMNS_MAX {
            return Err(Unreadable::UnknownColumns(format!("第{}列", column + 1)));
        }
        if let Some(fault) = fault {
            let place = column_letters(column);
            wrong
                .entry(row)
                .or_insert_with(|| format!("{place}列{fault}"));
            rows.entry(row).or_default();
            continue;
        }
        if text.len() > CELL_CHARS_MAX && text.chars().count() > CELL_CHARS_MAX {
            wrong.insert(row, format!("有一格超过{CELL_CHARS_MAX}个字，请缩短"));
            rows.entry(row).or_default();
            continue;
        }
        let cells = rows.entry(row).or_default();
        let place = column as usize;
        if cells.len() <= place {
            cells.resize(place + 1, String::new());
        }
        cells[place] = text;
        if rows.len() > rows_max + 1 {
            return Err(Unreadable::TooManyRows);
        }
    }
    drop(reader);
    for (row, column) in uncomputed(book, name, &rows)? {
        if blank.contains(&(row, column)) {
            continue;
        }
        wrong.entry(row).or_insert_with(|| {
            format!(
                "{}列是没有计算结果的公式，请把公式改为值再导入",
                column_letters(column)
            )
        });
        rows.entry(row).or_default();
    }
    let mut rows = rows.into_iter();
    let header: Vec<String> = rows
        .next()
        .map(|(_, cells)| {
            cells
                .iter()
                .map(|cell| base::text::single_line(cell))
                .collect()
        })
        .unwrap_or_default();
    let width = header.len();
    Ok(Sheet {
        name: name.to_owned(),
        header,
        rows: rows
            .map(|(row, cells)| SheetRow {
                line: row as usize + 1,
                cells: if let Some(message) = wrong.remove(&row) {
                    Err(message)
                } else if cells.len() > width {
                    Err("这一行在表头以外的列里还有内容，请删去".to_owned())
                } else {
                    Ok(cells)
                },
            })
            .collect(),
    })
}

/// Formulas that were never computed: what a program writes without opening it. Their cells are empty.
fn uncomputed(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    rows: &BTreeMap<u32, Vec<String>>,
) -> Result<Vec<(u32, u32)>, Unreadable> {
    let mut reader = book
        .worksheet_cells_reader(name)
        .map_err(|error| broken(&error))?;
    let mut found = Vec::new();
    while let Some(cell) = reader.next_formula().map_err(|error| broken(&error))? {
        let (row, column) = cell.get_position();
        let computed = rows
            .get(&row)
            .and_then(|cells| cells.get(column as usize))
            .is_some_and(|cell| !cell.is_empty());
        if !cell.get_value().is_empty() && !computed {
            if found.len() == ROWS_MAX {
                return Err(Unreadable::TooManyRows);
            }
            found.push((row, column));
        }
    }
    Ok(found)
}

/// What must not be taken for what somebody wrote: a formula's error, a number with more digits than are exact.
fn unreliable(cell: &DataRef<'_>) -> Option<String> {
    match cell {
        DataRef::Error(error) => Some(format!("是公式错误（{error}），请改正后再导入")),
        DataRef::Float(number) if number.abs() >= EXACT_MAX => Some(
            "是数字格式，超过15位的数字已经不准确，请把这一列设为文本，重新填写编码".to_owned(),
        ),
        _ => None,
    }
}

/// `A`, `B` … `Z`, `AA` …
fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A cell as a person sees it; numbers without a trailing `.0`.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Whole numbers up to 2^53 are exact; `{}` never writes an exponent.
        DataRef::Float(number) => format!("{number}"),
        DataRef::Bool(true) => "是".to_owned(),
        DataRef::Bool(false) => "否".to_owned(),
        DataRef::DateTime(moment) => format!("{}", moment.as_f64()),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
