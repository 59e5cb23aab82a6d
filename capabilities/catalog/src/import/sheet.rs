//! Our columns, from whichever file they come: rows of cells to records.

use std::collections::{HashMap, HashSet};

use super::table::{
    BODY, COLUMNS, IMPL_CODE, ITEMS_SHEET, MATERIAL_COLUMNS, MATERIALS, NAME, blank, materials_in,
    number_keys,
};
use super::{Raw, RowError, Unreadable};
use crate::model::Material;

/// A table as it was read.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<SheetRow>,
}

/// A row, or what is wrong with its shape.
#[derive(Debug)]
pub(super) struct SheetRow {
    /// As a spreadsheet counts, the header being 1.
    pub(super) line: usize,
    pub(super) cells: Result<Vec<String>, String>,
}

/// Records of the items sheet with the materials of the other one.
pub(super) fn read(items: Sheet, materials: Option<Sheet>) -> Result<Vec<Raw>, Unreadable> {
    check_header(&items.header)?;
    if items.rows.is_empty() {
        return Err(Unreadable::NoRows(ITEMS_SHEET.to_owned()));
    }
    let mut orphans = Vec::new();
    let mut supplied = match materials {
        Some(sheet) => supplied(&sheet)?,
        None => HashMap::new(),
    };
    let mut records: Vec<Raw> = items
        .rows
        .iter()
        .map(|row| match &row.cells {
            Ok(cells) => record(row.line, &items.header, cells, &mut supplied),
            Err(message) => failed(row.line, message.clone()),
        })
        .collect();
    for (item, rows) in supplied {
        let row = rows.first().map_or(0, |row| row.line);
        orphans.push(failed(
            row,
            format!("材料表里的“{item}”在事项表里没有，请核对实施编码或事项名称"),
        ));
    }
    orphans.sort_by_key(|raw| raw.row);
    records.extend(orphans);
    Ok(records)
}

fn failed(row: usize, message: String) -> Raw {
    Raw {
        row,
        body: String::new(),
        item: blank(),
        flags: Vec::new(),
        errors: vec![RowError::new(row, "", message)],
    }
}

fn check_header(header: &[String]) -> Result<(), Unreadable> {
    let missing: Vec<&str> = [NAME, BODY]
        .into_iter()
        .filter(|needed| !header.iter().any(|column| column == needed))
        .collect();
    if missing.len() == 2 {
        // Not even the two columns every file has: something else was chosen.
        return Err(Unreadable::Format);
    }
    if !missing.is_empty() {
        return Err(Unreadable::MissingColumns(missing.join("、")));
    }
    unknown(header, |column| {
        column == BODY || column == MATERIALS || COLUMNS.iter().any(|known| known.header == column)
    })
}

fn unknown(header: &[String], known: impl Fn(&str) -> bool) -> Result<(), Unreadable> {
    let mut seen = HashSet::new();
    let strange: Vec<String> = header
        .iter()
        .filter(|column| !column.is_empty())
        .filter(|column| !known(column) || !seen.insert(column.as_str()))
        .take(10)
        .map(|column| base::text::shorten(column, 30))
        .collect();
    if strange.is_empty() {
        Ok(())
    } else {
        Err(Unreadable::UnknownColumns(strange.join("、")))
    }
}

fn record(
    line: usize,
    header: &[String],
    cells: &[String],
    supplied: &mut HashMap<String, Vec<Supplied>>,
) -> Raw {
    let mut raw = Raw {
        row: line,
        body: String::new(),
        item: blank(),
        flags: Vec::new(),
        errors: Vec::new(),
    };
    // In the order of our table, so that a note finds the limit it belongs to wherever its column stands.
    let cell = |name: &str| -> Option<&str> {
        let place = header.iter().position(|column| column == name)?;
        cells
            .get(place)
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
    };
    cell(BODY).unwrap_or_default().clone_into(&mut raw.body);
    for column in COLUMNS {
        if let Some(text) = cell(column.header)
            && let Err(message) = (column.read)(text, &mut raw.item)
        {
            raw.errors.push(RowError::new(line, column.header, message));
        }
    }
    if let Some(text) = cell(MATERIALS) {
        match materials_in(text) {
            Ok(materials) => raw.item.materials = materials,
            Err(message) => raw.errors.push(RowError::new(line, MATERIALS, message)),
        }
    }
    let rows = supplied
        .remove(&raw.item.impl_code)
        .or_else(|| supplied.remove(&raw.item.name))
        .unwrap_or_default();
    for row in rows {
        raw.errors.extend(row.errors);
        raw.item.materials.push(row.material);
    }
    number_keys(&mut raw.item.materials);
    raw
}

/// A row of the materials sheet.
struct Supplied {
    line: usize,
    material: Material,
    errors: Vec<RowError>,
}

/// The materials by the item they belong to.
fn supplied(sheet: &Sheet) -> Result<HashMap<String, Vec<Supplied>>, Unreadable> {
    let header = &sheet.header;
    if header.is_empty() {
        return Ok(HashMap::new());
    }
    let place = |name: &str| header.iter().position(|column| column == name);
    if place(IMPL_CODE).is_none() && place(NAME).is_none() {
        return Err(Unreadable::MissingColumns(format!(
            "{}表的{IMPL_CODE}",
            sheet.name
        )));
    }
    unknown(header, |column| {
        column == IMPL_CODE
            || column == NAME
            || MATERIAL_COLUMNS.iter().any(|known| known.header == column)
    })?;
    let mut found: HashMap<String, Vec<Supplied>> = HashMap::new();
    for row in &sheet.rows {
        let line = row.line;
        let cells = match &row.cells {
            Ok(cells) => cells.as_slice(),
            Err(_) => &[],
        };
        let cell = |name: &str| -> &str {
            place(name)
                .and_then(|place| cells.get(place))
                .map_or("", |cell| cell.trim())
        };
        let key = match (cell(IMPL_CODE), cell(NAME)) {
            ("", name) => base::text::single_line(name),
            (code, _) => base::text::single_line(code),
        };
        let mut supplied = Supplied {
            line,
            material: Material::default(),
            errors: Vec::new(),
        };
        let field = |column: &str| format!("{}表第{line}行 {column}", sheet.name);
        if let Err(message) = &row.cells {
            supplied
                .errors
                .push(RowError::new(line, field(""), message.clone()));
        }
        for column in MATERIAL_COLUMNS {
            let text = cell(column.header);
            if !text.is_empty()
                && let Err(message) = (column.read)(text, &mut supplied.material)
            {
                supplied
                    .errors
                    .push(RowError::new(line, field(column.header), message));
            }
        }
        found.entry(key).or_default().push(supplied);
    }
    Ok(found)
}
