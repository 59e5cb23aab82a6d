//! Writing items in our columns, so that what is written can be read again: XLSX with a sheet of materials, CSV, and
//! the empty template with its explanations.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::import::CELL_CHARS_MAX;
use crate::import::exact::{self, EXACT, carried};
use crate::import::table::{
    BODY, ITEMS_SHEET, MATERIAL_COLUMNS, MATERIALS, MATERIALS_SHEET, NOTES_SHEET, OWNER_COLUMNS,
    REST_SHEET, columns, item_cells, material_cells, materials_out,
};
use crate::model::Item;

/// Where [`BODY`] stands: after the name and the codes.
const BODY_PLACE: usize = 4;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "“{name}”的“{column}”超过表格一格能放的{CELL_CHARS_MAX}个字，不能导出为CSV，请导出XLSX"
    )]
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
    let mut headers: Vec<&'static str> = columns().map(|column| column.header).collect();
    headers.insert(BODY_PLACE, BODY);
    headers.push(EXACT);
    headers
}

/// The cells of an item, in the order of [`headers`].
fn cells(body: &str, item: &Item) -> Vec<String> {
    let mut cells = item_cells(item);
    cells.insert(BODY_PLACE, body.to_owned());
    cells
}

/// Whether a text fits into one cell. Spreadsheets count UTF-16 units.
fn fits(text: &str) -> bool {
    text.len() <= CELL_CHARS_MAX || text.encode_utf16().count() <= CELL_CHARS_MAX
}

/// An XLSX file that grows row by row in constant memory. The same items make the same bytes.
pub struct Xlsx {
    book: Workbook,
    items: Table,
    materials: Table,
    /// Only where a text did not fit.
    rest: Option<Table>,
    marks: u32,
}

/// A sheet and the row written last.
struct Table {
    sheet: Worksheet,
    row: u32,
}

impl Table {
    fn begin(
        book: &mut Workbook,
        name: &str,
        headers: &[&str],
        first: &[f64],
    ) -> Result<Table, Error> {
        let mut sheet = book.new_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        widths(&mut sheet, headers.len(), first)?;
        let head = Format::new().set_bold();
        for (column, header) in (0..).zip(headers) {
            sheet.write_string_with_format(0, column, *header, &head)?;
        }
        Ok(Table { sheet, row: 0 })
    }

    fn write(&mut self, cells: &[String]) -> Result<(), Error> {
        self.row += 1;
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                self.sheet.write_string(self.row, column, cell)?;
            }
        }
        Ok(())
    }
}

impl Xlsx {
    pub fn begin() -> Result<Xlsx, Error> {
        let mut book = Workbook::new();
        // No file says when it was made: what differs between two files is what differs between the lists.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let mut items = Table::begin(
            &mut book,
            ITEMS_SHEET,
            &headers(),
            &[28.0, 34.0, 16.0, 16.0, 24.0],
        )?;
        let material_headers: Vec<&str> = OWNER_COLUMNS
            .into_iter()
            .chain(MATERIAL_COLUMNS.iter().map(|column| column.header))
            .chain([EXACT])
            .collect();
        let mut materials = Table::begin(
            &mut book,
            MATERIALS_SHEET,
            &material_headers,
            &[34.0, 28.0, 24.0, 16.0, 28.0],
        )?;
        items.sheet.set_freeze_panes(1, 1)?;
        materials.sheet.set_freeze_panes(1, 0)?;
        Ok(Xlsx {
            book,
            items,
            materials,
            rest: None,
            marks: 0,
        })
    }

    /// Adds an item; `body` is the name or key of its implementing body.
    pub fn item(&mut self, body: &str, item: &Item) -> Result<(), Error> {
        let mut row = cells(body, item);
        self.shorten(&mut row)?;
        self.items.write(&row)?;
        for material in &item.materials {
            let mut row = vec![
                carried(item.impl_code.clone()),
                carried(item.name.clone()),
                body.to_owned(),
                carried(item.local_item_code.clone()),
            ];
            row.extend(material_cells(material));
            self.shorten(&mut row)?;
            self.materials.write(&row)?;
        }
        Ok(())
    }

    /// Moves what does not fit into a cell to the sheet of long texts.
    fn shorten(&mut self, cells: &mut [String]) -> Result<(), Error> {
        for cell in cells {
            if fits(cell) && !cell.starts_with(MARK) {
                continue;
            }
            self.marks += 1;
            let mark = format!("{MARK}{}〕", self.marks);
            let rest = match &mut self.rest {
                Some(rest) => rest,
                none => none.insert(Table::begin(
                    &mut self.book,
                    REST_SHEET,
                    &["标记", "内容"],
                    &[12.0, 100.0],
                )?),
            };
            for part in parts(cell) {
                rest.write(&[mark.clone(), part.to_owned()])?;
            }
            *cell = mark;
        }
        Ok(())
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.book.push_worksheet(self.items.sheet);
        self.book.push_worksheet(self.materials.sheet);
        if let Some(rest) = self.rest {
            self.book.push_worksheet(rest.sheet);
        }
        let mut notes = self.book.new_worksheet_with_constant_memory()?;
        write_notes(&mut notes)?;
        self.book.push_worksheet(notes);
        Ok(self.book.save_to_buffer()?)
    }
}

/// How the mark of a long text begins.
const MARK: &str = "〔续";

/// A text in parts that fit into cells each; none begins or ends with a blank that a program might drop.
fn parts(text: &str) -> Vec<&str> {
    // No character takes more than two UTF-16 units.
    let most = CELL_CHARS_MAX / 2;
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(most) {
        let mut at = end;
        while at > 0 && blank_around(rest, at) {
            at = rest.floor_char_boundary(at - 1);
        }
        let (part, left) = rest.split_at(if at == 0 { end } else { at });
        parts.push(part);
        rest = left;
    }
    parts.push(rest);
    parts
}

fn blank_around(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    before.ends_with(char::is_whitespace) || after.starts_with(char::is_whitespace)
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
    lines.extend(columns().map(|column| (ITEMS_SHEET, column.header, column.note)));
    lines.push((ITEMS_SHEET, EXACT, exact::NOTE));
    lines.push((
        MATERIALS_SHEET,
        "",
        "一行一份材料，按实施编码归到事项；没有实施编码的按实施主体和原事项编码或事项名称",
    ));
    lines.extend(
        MATERIAL_COLUMNS
            .iter()
            .map(|column| (MATERIALS_SHEET, column.header, column.note)),
    );
    lines.push((MATERIALS_SHEET, EXACT, exact::NOTE));
    lines.push((
        REST_SHEET,
        "",
        "一格放不下的长文本，分成几行；格子里写的是它的标记",
    ));
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

/// A plain table as a workbook of one sheet.
pub fn sheet(
    name: &str,
    headers: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Vec<u8>, Error> {
    let mut book = Workbook::new();
    let mut table = Table::begin(&mut book, name, headers, &[30.0, 34.0, 24.0])?;
    for mut row in rows {
        for cell in &mut row {
            if !fits(cell) {
                *cell = base::text::shorten(cell, CELL_CHARS_MAX / 2);
            }
        }
        table.write(&row)?;
    }
    book.push_worksheet(table.sheet);
    Ok(book.save_to_buffer()?)
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
        let mut cells = cells(body, item);
        cells.push(materials_out(&item.materials));
        for (cell, column) in cells.iter().zip(headers().into_iter().chain([MATERIALS])) {
            if !fits(cell) {
                return Err(Error::TooLong {
                    name: item.name.clone(),
                    column,
                });
            }
        }
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
