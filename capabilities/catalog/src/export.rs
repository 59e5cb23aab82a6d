//! Writing items in our columns, so that what is written can be read again: XLSX with a sheet of materials, CSV, and
//! the empty template with its explanations.

use std::io::Write;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::import::CELL_CHARS_MAX;
use crate::import::table::{
    BODY, COLUMNS, IMPL_CODE, ITEMS_SHEET, MATERIAL_COLUMNS, MATERIALS, MATERIALS_SHEET, NAME,
    NOTES_SHEET, materials_out,
};
use crate::model::{Item, Material};

/// Where [`BODY`] stands: after the name and the codes.
const BODY_PLACE: usize = 4;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("“{name}”的“{column}”超过表格一格能放的{CELL_CHARS_MAX}个字，不能导出")]
    TooLong { name: String, column: &'static str },
    #[error("writing the spreadsheet: {0}")]
    Sheet(#[from] XlsxError),
    #[error("writing the file: {0}")]
    Csv(#[from] csv::Error),
    #[error("writing the file: {0}")]
    File(#[from] std::io::Error),
}

/// The headers of the items sheet.
fn headers() -> Vec<&'static str> {
    let mut headers: Vec<&'static str> = COLUMNS.iter().map(|column| column.header).collect();
    headers.insert(BODY_PLACE, BODY);
    headers
}

/// The cells of an item, in the order of [`headers`].
fn cells(body: &str, item: &Item) -> Result<Vec<String>, Error> {
    let mut cells = Vec::with_capacity(COLUMNS.len() + 2);
    for column in COLUMNS {
        let cell = (column.write)(item);
        fits(&cell, &item.name, column.header)?;
        cells.push(cell);
    }
    cells.insert(BODY_PLACE, body.to_owned());
    Ok(cells)
}

fn fits(cell: &str, name: &str, column: &'static str) -> Result<(), Error> {
    // Spreadsheets count UTF-16 units.
    if cell.len() > CELL_CHARS_MAX && cell.encode_utf16().count() > CELL_CHARS_MAX {
        return Err(Error::TooLong {
            name: name.to_owned(),
            column,
        });
    }
    Ok(())
}

/// An XLSX file that grows row by row in constant memory.
pub struct Xlsx {
    book: Workbook,
    items: Worksheet,
    materials: Worksheet,
    row: u32,
    material_row: u32,
}

impl Xlsx {
    pub fn begin() -> Result<Xlsx, Error> {
        let mut book = Workbook::new();
        let head = Format::new().set_bold();
        let mut items = book.new_worksheet_with_constant_memory()?;
        items.set_name(ITEMS_SHEET)?;
        let mut materials = book.new_worksheet_with_constant_memory()?;
        materials.set_name(MATERIALS_SHEET)?;
        widths(&mut items, headers().len(), &[28.0, 34.0, 16.0, 16.0, 24.0])?;
        widths(
            &mut materials,
            MATERIAL_COLUMNS.len() + 2,
            &[34.0, 28.0, 28.0],
        )?;
        for (column, header) in (0..).zip(headers()) {
            items.write_string_with_format(0, column, header, &head)?;
        }
        let material_headers = [IMPL_CODE, NAME]
            .into_iter()
            .chain(MATERIAL_COLUMNS.iter().map(|column| column.header));
        for (column, header) in (0..).zip(material_headers) {
            materials.write_string_with_format(0, column, header, &head)?;
        }
        items.set_freeze_panes(1, 1)?;
        materials.set_freeze_panes(1, 0)?;
        Ok(Xlsx {
            book,
            items,
            materials,
            row: 0,
            material_row: 0,
        })
    }

    /// Adds an item; `body` is the name or key of its implementing body.
    pub fn item(&mut self, body: &str, item: &Item) -> Result<(), Error> {
        self.row += 1;
        for (column, cell) in (0..).zip(cells(body, item)?) {
            if !cell.is_empty() {
                self.items.write_string(self.row, column, cell)?;
            }
        }
        for material in &item.materials {
            self.material(item, material)?;
        }
        Ok(())
    }

    fn material(&mut self, item: &Item, material: &Material) -> Result<(), Error> {
        self.material_row += 1;
        let cells = [item.impl_code.clone(), item.name.clone()]
            .into_iter()
            .chain(
                MATERIAL_COLUMNS
                    .iter()
                    .map(|column| (column.write)(material)),
            );
        for (column, cell) in (0..).zip(cells) {
            fits(&cell, &item.name, MATERIALS)?;
            if !cell.is_empty() {
                self.materials
                    .write_string(self.material_row, column, cell)?;
            }
        }
        Ok(())
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.book.push_worksheet(self.items);
        self.book.push_worksheet(self.materials);
        let mut notes = self.book.new_worksheet_with_constant_memory()?;
        write_notes(&mut notes)?;
        self.book.push_worksheet(notes);
        Ok(self.book.save_to_buffer()?)
    }
}

fn widths(sheet: &mut Worksheet, columns: usize, first: &[f64]) -> Result<(), XlsxError> {
    for (index, column) in (0..).zip(0..columns) {
        sheet.set_column_width(index, first.get(column).copied().unwrap_or(18.0))?;
    }
    Ok(())
}

/// The third sheet: every column with what to write in it.
fn write_notes(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let head = Format::new().set_bold();
    sheet.set_name(NOTES_SHEET)?;
    widths(sheet, 3, &[10.0, 24.0, 90.0])?;
    for (column, text) in (0..).zip(["工作表", "列", "怎么填"]) {
        sheet.write_string_with_format(0, column, text, &head)?;
    }
    let mut lines: Vec<(&str, &str, &str)> = vec![
        (
            ITEMS_SHEET,
            "",
            "一行一个事项。不要改动表头；不知道的留空，不要填“无”或“暂无”",
        ),
        (
            ITEMS_SHEET,
            "",
            "一格里有几条的，每条占一行；一条里有几段的，用|分隔，段内的|写成\\|，段内换行写成\\n",
        ),
        (
            ITEMS_SHEET,
            BODY,
            "必填，机构名称、机构代码或统一社会信用代码",
        ),
    ];
    lines.extend(
        COLUMNS
            .iter()
            .map(|column| (ITEMS_SHEET, column.header, column.note)),
    );
    lines.push((
        MATERIALS_SHEET,
        "",
        "一行一份材料，按实施编码归到事项；没有实施编码的按事项名称",
    ));
    lines.extend(
        MATERIAL_COLUMNS
            .iter()
            .map(|column| (MATERIALS_SHEET, column.header, column.note)),
    );
    for (row, (place, column, note)) in (1..).zip(lines) {
        sheet.write_string(row, 0, place)?;
        sheet.write_string(row, 1, column)?;
        sheet.write_string(row, 2, note)?;
    }
    Ok(())
}

/// The empty file with headers and explanations.
pub fn template() -> Result<Vec<u8>, Error> {
    Xlsx::begin()?.finish()
}

/// A CSV file (UTF-8 with a mark, so that spreadsheets read it as such): one row per item, materials in one column.
pub struct Csv<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    pub fn begin(mut out: W) -> Result<Csv<W>, Error> {
        out.write_all("\u{FEFF}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        writer.write_record(headers().into_iter().chain([MATERIALS]))?;
        Ok(Csv { writer })
    }

    pub fn item(&mut self, body: &str, item: &Item) -> Result<(), Error> {
        let mut cells = cells(body, item)?;
        cells.push(materials_out(&item.materials));
        self.writer
            .write_record(cells.iter().map(|cell| harmless(cell)))?;
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), Error> {
        self.writer.flush()?;
        Ok(())
    }
}

/// A spreadsheet would run a cell that begins like a formula: an apostrophe keeps it text. Reading takes it off.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
