//! Our columns: one table that reads a spreadsheet, writes one, and explains itself in the template.
//!
//! A cell with several entries has one entry per line. An entry with several parts separates them with `|`; a `|`,
//! a line break or a backslash inside a part is written `\|`, `\n`, `\\`. Simple lists may also be separated by
//! `；` or `、`. An empty cell means that nothing is known.

use super::cells::{entries_in, entries_out};
use super::exact;
use super::item_columns::ITEM_COLUMNS;
pub use super::material_columns::MATERIAL_COLUMNS;
use super::service_columns::SERVICE_COLUMNS;
use crate::model::{CaseType, Item, Material};

/// The sheet of items.
pub const ITEMS_SHEET: &str = "事项";
/// The sheet of materials, one per row, keyed by 实施编码 or, where there is none, by 事项名称.
pub const MATERIALS_SHEET: &str = "材料";
/// The sheet of texts that do not fit into one cell: the mark that stands in the cell, and the parts of the text.
pub const REST_SHEET: &str = "续";
/// The sheet that explains the columns.
pub const NOTES_SHEET: &str = "填写说明";

/// The column that names the implementing body.
pub const BODY: &str = "实施主体";
/// The column an import recognises an item by.
pub const IMPL_CODE: &str = "实施编码";
/// The column of the name.
pub const NAME: &str = "事项名称";
/// The column of materials in a file with one sheet only.
pub const MATERIALS: &str = "申请材料";

/// How a row of the materials sheet says whose it is.
pub const OWNER_COLUMNS: [&str; 4] = [IMPL_CODE, NAME, BODY, LOCAL_CODE];
pub(super) const LOCAL_CODE: &str = "原事项编码";

/// One column of the items sheet.
#[derive(Clone, Copy)]
pub struct Column {
    pub header: &'static str,
    /// What to write, for the template.
    pub note: &'static str,
    pub(crate) write: fn(&Item) -> String,
    /// Says what to do where the cell does not fit.
    pub(crate) read: fn(&str, &mut Item) -> Result<(), String>,
}

/// One column of the materials sheet.
#[derive(Clone, Copy)]
pub struct MaterialColumn {
    pub header: &'static str,
    pub note: &'static str,
    pub(crate) write: fn(&Material) -> String,
    pub(crate) read: fn(&str, &mut Material) -> Result<(), String>,
}

macro_rules! text_column {
    ($header:literal, $note:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$($field).+.clone(),
            read: |cell, item| {
                item.$($field).+ = base::text::paragraphs(cell);
                Ok(())
            },
        }
    };
}

macro_rules! line_column {
    ($header:expr, $note:literal, $($field:ident).+) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$($field).+.clone(),
            read: |cell, item| {
                item.$($field).+ = base::text::single_line(cell);
                Ok(())
            },
        }
    };
}

macro_rules! list_column {
    ($header:literal, $note:literal, $field:ident) => {
        Column {
            header: $header,
            note: $note,
            write: |item| item.$field.join("\n"),
            read: |cell, item| {
                item.$field = words_of(cell);
                Ok(())
            },
        }
    };
}

pub(super) use {line_column, list_column, text_column};

/// Every column of the items sheet in order, without [`BODY`], which stands after the codes, and [`super::exact::EXACT`],
/// which stands last.
pub fn columns() -> impl Iterator<Item = &'static Column> {
    ITEM_COLUMNS.iter().chain(SERVICE_COLUMNS)
}

/// The cells of a material in the order of [`MATERIAL_COLUMNS`], then what they cannot say.
pub(crate) fn material_cells(material: &Material) -> Vec<String> {
    let (mut cells, seen) = plain_material(material);
    cells.push(exact::of(material, &seen));
    cells
}

/// A material from its cells, found by the index of [`MATERIAL_COLUMNS`], and what is wrong with them by column. The
/// exact text stands after the last column.
pub(crate) fn material_of<'a>(
    cell: impl Fn(usize) -> &'a str,
) -> (Material, Vec<(&'static str, String)>) {
    let mut material = Material::default();
    let mut errors = Vec::new();
    for (index, column) in MATERIAL_COLUMNS.iter().enumerate() {
        let text = cell(index).trim();
        if !text.is_empty()
            && let Err(message) = (column.read)(text, &mut material)
        {
            errors.push((column.header, message));
        }
    }
    let text = cell(MATERIAL_COLUMNS.len());
    if let Err(message) = exact::apply(text, &mut material, |one| plain_material(one).1) {
        errors.push((exact::EXACT, message));
    }
    (material, errors)
}

/// The cells of a material, and the material as they are read back. A cell that could not be read stays empty.
fn plain_material(material: &Material) -> (Vec<String>, Material) {
    let mut seen = Material::default();
    let cells = MATERIAL_COLUMNS
        .iter()
        .map(|column| {
            let cell = exact::carried((column.write)(material));
            let text = cell.trim();
            if !text.is_empty() && (column.read)(text, &mut seen).is_err() {
                return String::new();
            }
            cell
        })
        .collect();
    (cells, seen)
}

/// The cells of an item in the order of [`columns`], then what they and the rows of its materials cannot say.
pub(crate) fn item_cells(item: &Item) -> Vec<String> {
    let (mut cells, seen) = plain_item(item);
    cells.push(exact::of(item, &seen));
    cells
}

/// Applies what the cells of an item could not say, wherever nobody has changed them since.
pub(crate) fn complete(item: &mut Item, text: &str) -> Result<(), String> {
    exact::apply(text, item, |one| plain_item(one).1)
}

/// What stands in the cell of an item under a header.
pub(crate) fn cell_of(item: &Item, header: &str) -> Option<String> {
    columns()
        .find(|column| column.header == header)
        .map(|column| (column.write)(item))
}

/// The item as it would be read if one of its cells were changed.
pub(crate) fn with_cell(item: &Item, header: &str, cell: &str) -> Result<Item, String> {
    let cells = item_cells(item);
    let mut next = blank();
    for (column, kept) in columns().zip(&cells) {
        let text = if column.header == header { cell } else { kept };
        let text = text.trim();
        if !text.is_empty() {
            (column.read)(text, &mut next)?;
        }
    }
    next.materials.clone_from(&item.materials);
    if let Some(exact) = cells.last() {
        complete(&mut next, exact)?;
    }
    Ok(next)
}

/// The cells of an item, and the item as they and the rows of its materials are read back.
fn plain_item(item: &Item) -> (Vec<String>, Item) {
    let mut seen = blank();
    let cells = columns()
        .map(|column| {
            let cell = exact::carried((column.write)(item));
            let text = cell.trim();
            if !text.is_empty() && (column.read)(text, &mut seen).is_err() {
                return String::new();
            }
            cell
        })
        .collect();
    seen.materials = item
        .materials
        .iter()
        .map(|material| {
            let cells = material_cells(material);
            material_of(|index| &cells[index]).0
        })
        .collect();
    number_keys(&mut seen.materials);
    (cells, seen)
}

/// Materials in one cell, for files with one sheet: one per line, the parts of [`MATERIAL_COLUMNS`].
pub(crate) fn materials_out(materials: &[Material]) -> String {
    entries_out(materials, material_cells)
}

/// Reads [`materials_out`].
pub(crate) fn materials_in(cell: &str) -> Result<Vec<Material>, String> {
    let mut materials = entries_in(cell, MATERIAL_COLUMNS.len() + 1, MATERIALS, |parts| {
        let (material, errors) = material_of(|index| &parts[index]);
        match errors.into_iter().next() {
            Some((_, message)) => Err(message),
            None => Ok(material),
        }
    })?;
    number_keys(&mut materials);
    Ok(materials)
}

/// Gives materials without a key the key `m1`, `m2` … by their place.
pub(crate) fn number_keys(materials: &mut [Material]) {
    for (index, material) in materials.iter_mut().enumerate() {
        if material.key.is_empty() {
            material.key = format!("m{}", index + 1);
        }
    }
}

/// The type of cases is promised unless said otherwise.
pub(crate) fn blank() -> Item {
    Item {
        case_type: CaseType::Promised,
        ..Item::default()
    }
}
