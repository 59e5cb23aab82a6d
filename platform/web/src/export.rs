//! Lists out as spreadsheets, in constant memory: rows are pushed one by one, also from inside a read
//! transaction, and the finished file streams from disk.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format as Style, Workbook, Worksheet, XlsxError};
use tokio::io::AsyncReadExt;

use crate::download::disposition;
use crate::problem::{Problem, Result};
use crate::sniff::Media;

/// Rows that fit on one sheet beside the head.
pub const ROWS_MAX: u32 = 1_048_575;

/// Characters Excel keeps in one cell.
const CELL_CHARS_MAX: usize = 32_767;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Xlsx,
    /// UTF-8 with the mark that makes Excel read it as such.
    Csv,
}

impl Format {
    pub fn from_word(word: &str) -> Option<Format> {
        match word {
            "xlsx" => Some(Format::Xlsx),
            "csv" => Some(Format::Csv),
            _ => None,
        }
    }

    fn media(self) -> Media {
        match self {
            Format::Xlsx => Media::Xlsx,
            Format::Csv => Media::Csv,
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Format::Xlsx => "xlsx",
            Format::Csv => "csv",
        }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(i64),
    /// A number in parts: 26 with one decimal is 2.6.
    Decimal(i64, u8),
    Date(Date),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number)
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Cell {
        Cell::Date(date)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// A table being written.
pub struct Table {
    rows: u32,
    inner: Inner,
}

enum Inner {
    Xlsx { book: Box<Workbook>, date: Style },
    Csv(BufWriter<File>),
}

/// A finished table on disk, without a name of its own there.
#[derive(Debug)]
pub struct Finished {
    file: File,
    size: u64,
    format: Format,
}

impl Table {
    pub fn new(format: Format, headers: &[&str]) -> Result<Table> {
        let inner = match format {
            Format::Xlsx => {
                let mut book = Workbook::new();
                let head = Style::new().set_bold();
                let sheet = book.add_worksheet_with_constant_memory().map_err(xlsx)?;
                sheet.set_freeze_panes(1, 0).map_err(xlsx)?;
                for (column, header) in (0_u16..).zip(headers) {
                    let width = header.chars().count() as f64 * 2.2 + 4.0;
                    sheet.set_column_width(column, width).map_err(xlsx)?;
                    sheet
                        .write_string_with_format(0, column, *header, &head)
                        .map_err(xlsx)?;
                }
                Inner::Xlsx {
                    book: Box::new(book),
                    date: Style::new().set_num_format("yyyy-mm-dd"),
                }
            }
            Format::Csv => {
                let mut file = BufWriter::new(tempfile::tempfile().map_err(disk)?);
                file.write_all("\u{feff}".as_bytes()).map_err(disk)?;
                let cells: Vec<Cell> = headers.iter().map(|header| Cell::from(*header)).collect();
                write_csv(&mut file, &cells)?;
                Inner::Csv(file)
            }
        };
        Ok(Table { rows: 0, inner })
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        if self.rows == ROWS_MAX {
            return Err(Problem::invalid(
                "",
                format!("一张表最多 {ROWS_MAX} 行，请缩小筛选范围后再导出"),
            ));
        }
        self.rows += 1;
        match &mut self.inner {
            Inner::Xlsx { book, date } => {
                let sheet = book.worksheet_from_index(0).map_err(xlsx)?;
                for (column, cell) in (0_u16..).zip(cells) {
                    write_xlsx(sheet, self.rows, column, cell, date).map_err(xlsx)?;
                }
                Ok(())
            }
            Inner::Csv(file) => write_csv(file, cells),
        }
    }

    /// Rows so far, without the head.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    pub fn finish(self) -> Result<Finished> {
        let (mut file, format) = match self.inner {
            Inner::Xlsx { mut book, .. } => {
                let mut file = BufWriter::new(tempfile::tempfile().map_err(disk)?);
                book.save_to_writer(&mut file).map_err(xlsx)?;
                (file, Format::Xlsx)
            }
            Inner::Csv(file) => (file, Format::Csv),
        };
        file.flush().map_err(disk)?;
        let mut file = file
            .into_inner()
            .map_err(|error| disk(error.into_error()))?;
        let size = file.stream_position().map_err(disk)?;
        file.seek(SeekFrom::Start(0)).map_err(disk)?;
        Ok(Finished { file, size, format })
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Finished {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file as a download called `name` with the right ending.
    pub fn response(self, name: &str) -> Response {
        let file = tokio::fs::File::from_std(self.file);
        let pieces = stream::try_unfold(file, |mut file| async move {
            let mut piece = Vec::with_capacity(64 * 1024);
            (&mut file).take(64 * 1024).read_to_end(&mut piece).await?;
            let more = (!piece.is_empty()).then(|| (Bytes::from(piece), file));
            Ok::<_, std::io::Error>(more)
        });
        let mut response = Response::new(Body::from_stream(pieces));
        let headers = response.headers_mut();
        let media_type = self.format.media().media_type();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.size));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let name = format!("{name}.{}", self.format.ending());
        headers.insert(CONTENT_DISPOSITION, disposition("attachment", &name));
        response
    }
}

/// A whole table from rows at hand, off the threads that serve requests.
pub async fn table<R>(
    format: Format,
    name: &str,
    headers: &'static [&'static str],
    rows: R,
) -> Result<Response>
where
    R: IntoIterator<Item = Vec<Cell>> + Send + 'static,
{
    let made = tokio::task::spawn_blocking(move || -> Result<Finished> {
        let mut table = Table::new(format, headers)?;
        for row in rows {
            table.row(&row)?;
        }
        table.finish()
    });
    let finished = made
        .await
        .map_err(|error| Problem::internal(format_args!("export: {error}")))??;
    Ok(finished.response(name))
}

fn write_xlsx(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    date: &Style,
) -> std::result::Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        // Written as a string, so never read as a formula.
        Cell::Text(text) => {
            sheet.write_string(row, column, shortened(text))?;
        }
        // Beyond fifteen digits a spreadsheet would round.
        Cell::Number(number) if number.unsigned_abs() >= 1_000_000_000_000_000 => {
            sheet.write_string(row, column, number.to_string())?;
        }
        Cell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Decimal(parts, decimals) => {
            let value = *parts as f64 / 10_f64.powi(i32::from(*decimals));
            sheet.write_number(row, column, value)?;
        }
        Cell::Date(day) => {
            let year = u16::try_from(day.year()).unwrap_or(0);
            match ExcelDateTime::from_ymd(year, day.month() as u8, day.day() as u8) {
                Ok(value) => {
                    sheet.write_datetime_with_format(row, column, &value, date)?;
                }
                // Spreadsheets know no days before 1900.
                Err(_) => {
                    sheet.write_string(row, column, day.to_string())?;
                }
            }
        }
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(CELL_CHARS_MAX).collect()
}

fn write_csv(file: &mut impl Write, cells: &[Cell]) -> Result<()> {
    let mut line = String::new();
    for (column, cell) in cells.iter().enumerate() {
        if column > 0 {
            line.push(',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Number(number) => line.push_str(&number.to_string()),
            Cell::Decimal(parts, decimals) => {
                let one = 10_u64.pow(u32::from(*decimals).min(18));
                let sign = if *parts < 0 { "-" } else { "" };
                let (whole, part) = (parts.unsigned_abs() / one, parts.unsigned_abs() % one);
                let places = usize::from(*decimals);
                line.push_str(&match places {
                    0 => format!("{sign}{whole}"),
                    _ => format!("{sign}{whole}.{part:0places$}"),
                });
            }
            Cell::Date(day) => line.push_str(&day.to_string()),
            Cell::Text(text) => push_text(&mut line, text),
        }
    }
    line.push_str("\r\n");
    file.write_all(line.as_bytes()).map_err(disk)
}

/// Quoted where needed; what a spreadsheet would take for a formula is marked as text.
fn push_text(line: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let quote = formula || text.contains([',', '"', '\n', '\r']);
    if quote {
        line.push('"');
    }
    if formula {
        line.push('\'');
    }
    if quote {
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

fn disk(error: std::io::Error) -> Problem {
    Problem::internal(format_args!("export file: {error}"))
}

fn xlsx(error: XlsxError) -> Problem {
    Problem::internal(format_args!("export: {error}"))
}
