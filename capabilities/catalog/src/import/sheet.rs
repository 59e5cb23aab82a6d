//! Our columns, from whichever file they come: rows of cells to records.

use std::collections::{HashMap, HashSet};

use super::exact::EXACT;
use super::table::{
    BODY, IMPL_CODE, ITEMS_SHEET, MATERIAL_COLUMNS, MATERIALS, NAME, OWNER_COLUMNS, blank, columns,
    complete, material_of, materials_in, number_keys,
};
use super::{Raw, RowError, Unreadable};
use crate::model::Material;

/// Columns named in a message.
const COLUMNS_NAMED: usize = 10;

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
            format!(
                "材料表里的“{}”在事项表里没有，请核对实施编码或事项名称",
                item.said()
            ),
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
        readable: false,
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
        [BODY, MATERIALS, EXACT].contains(&column) || columns().any(|known| known.header == column)
    })
}

fn unknown(header: &[String], known: impl Fn(&str) -> bool) -> Result<(), Unreadable> {
    let mut seen = HashSet::new();
    let named = header.iter().filter(|column| !column.is_empty());
    let (mut strange, mut twice) = (Vec::new(), Vec::new());
    for column in named {
        if !known(column) {
            strange.push(base::text::shorten(column, 30));
        } else if !seen.insert(column.as_str()) {
            twice.push(column.clone());
        }
    }
    strange.truncate(COLUMNS_NAMED);
    twice.truncate(COLUMNS_NAMED);
    if !strange.is_empty() {
        Err(Unreadable::UnknownColumns(strange.join("、")))
    } else if !twice.is_empty() {
        Err(Unreadable::RepeatedColumns(twice.join("、")))
    } else {
        Ok(())
    }
}

fn record(
    line: usize,
    header: &[String],
    cells: &[String],
    supplied: &mut HashMap<Owner, Vec<Supplied>>,
) -> Raw {
    let mut raw = Raw {
        row: line,
        body: String::new(),
        item: blank(),
        flags: Vec::new(),
        errors: Vec::new(),
        readable: true,
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
    for column in columns() {
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
    let rows = Owner::names(&raw)
        .into_iter()
        .find_map(|owner| supplied.remove(&owner))
        .unwrap_or_default();
    for row in rows {
        raw.errors.extend(row.errors);
        raw.item.materials.push(row.material);
    }
    number_keys(&mut raw.item.materials);
    if raw.errors.is_empty()
        && let Some(text) = cell(EXACT)
        && let Err(message) = complete(&mut raw.item, text)
    {
        raw.errors.push(RowError::new(line, EXACT, message));
    }
    raw
}

/// How a row of the materials sheet names its item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Owner {
    impl_code: String,
    body: String,
    local_code: String,
    name: String,
}

impl Owner {
    fn of(impl_code: &str, body: &str, local_code: &str, name: &str) -> Owner {
        let line = base::text::single_line;
        let (impl_code, body, local_code, name) =
            (line(impl_code), line(body), line(local_code), line(name));
        let none = String::new;
        // As an item is recognised: by its code, else by its local code or its name at one body.
        match (impl_code.is_empty(), local_code.is_empty()) {
            (false, _) => Owner {
                impl_code,
                body: none(),
                local_code: none(),
                name: none(),
            },
            (true, false) => Owner {
                impl_code,
                body,
                local_code,
                name: none(),
            },
            (true, true) => Owner {
                impl_code,
                body,
                local_code,
                name,
            },
        }
    }

    /// Everything an item may be called, the most exact first.
    fn names(raw: &Raw) -> [Owner; 5] {
        let item = &raw.item;
        [
            Owner::of(&item.impl_code, "", "", ""),
            Owner::of("", &raw.body, &item.local_item_code, &item.name),
            Owner::of("", "", &item.local_item_code, &item.name),
            Owner::of("", &raw.body, "", &item.name),
            Owner::of("", "", "", &item.name),
        ]
    }

    fn said(&self) -> &str {
        [&self.impl_code, &self.local_code, &self.name]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("", String::as_str)
    }
}

/// A row of the materials sheet.
struct Supplied {
    line: usize,
    material: Material,
    errors: Vec<RowError>,
}

/// The materials by the item they belong to.
fn supplied(sheet: &Sheet) -> Result<HashMap<Owner, Vec<Supplied>>, Unreadable> {
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
        OWNER_COLUMNS.contains(&column)
            || column == EXACT
            || MATERIAL_COLUMNS.iter().any(|known| known.header == column)
    })?;
    let mut found: HashMap<Owner, Vec<Supplied>> = HashMap::new();
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
        let [impl_code, name, body, local_code] = OWNER_COLUMNS.map(cell);
        let field = |column: &str| format!("{}表第{line}行 {column}", sheet.name);
        let (material, wrong) = material_of(|index| {
            cell(
                MATERIAL_COLUMNS
                    .get(index)
                    .map_or(EXACT, |column| column.header),
            )
        });
        let errors = row
            .cells
            .as_ref()
            .err()
            .map(|message| ("", message.clone()))
            .into_iter()
            .chain(wrong)
            .map(|(column, message)| RowError::new(line, field(column), message))
            .collect();
        found
            .entry(Owner::of(impl_code, body, local_code, name))
            .or_default()
            .push(Supplied {
                line,
                material,
                errors,
            });
    }
    Ok(found)
}
