//! A CSV file (RFC 4180, UTF-8): its header and rows, each row with the line it begins on.

use super::sheet::{Sheet, SheetRow};
use super::{CELL_CHARS_MAX, ROWS_MAX, Unreadable};

/// More columns than any of our tables has.
const COLUMNS_MAX: usize = 200;

#[derive(Debug)]
pub(super) struct File {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<SheetRow>,
}

impl File {
    pub(super) fn open(text: &str) -> Result<File, Unreadable> {
        if let Some(line) = unclosed(text) {
            return Err(Unreadable::Quote(line));
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let header: Vec<String> = match records.next() {
            None => return Err(Unreadable::Empty),
            Some(Err(error)) => return Err(Unreadable::Broken(error.to_string())),
            Some(Ok(record)) => record.iter().map(base::text::single_line).collect(),
        };
        if header.len() > COLUMNS_MAX {
            return Err(Unreadable::Format);
        }
        let mut rows = Vec::new();
        for record in records {
            // The text is UTF-8 already, and rows of any length are let through.
            let record = record.map_err(|error| Unreadable::Broken(error.to_string()))?;
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if rows.len() == ROWS_MAX {
                return Err(Unreadable::TooManyRows);
            }
            let line = record.position().map_or(rows.len() + 2, |position| {
                usize::try_from(position.line()).unwrap_or(usize::MAX)
            });
            rows.push(SheetRow {
                line,
                cells: cells(&record, header.len()),
            });
        }
        Ok(File { header, rows })
    }

    pub(super) fn into_sheet(self) -> Sheet {
        Sheet {
            name: "CSV".to_owned(),
            header: self.header,
            rows: self.rows,
        }
    }
}

/// The line of a quotation mark that nothing closes: the reader would take all that follows for one cell.
fn unclosed(text: &str) -> Option<u64> {
    let (mut line, mut opened) = (1, None);
    let mut begins = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (opened, character) {
            (Some(_), '"') if characters.peek() == Some(&'"') => {
                characters.next();
            }
            (Some(_), '"') => opened = None,
            (None, '"') if begins => opened = Some(line),
            _ => {}
        }
        begins = opened.is_none() && matches!(character, ',' | '\n' | '\r');
        line += u64::from(character == '\n');
    }
    opened
}

fn cells(record: &csv::StringRecord, columns: usize) -> Result<Vec<String>, String> {
    if record.len() > columns
        && record
            .iter()
            .skip(columns)
            .any(|cell| !cell.trim().is_empty())
    {
        return Err(format!(
            "这一行有{}列，表头只有{columns}列。内容里有逗号或引号的，要放进一对英文双引号",
            record.len()
        ));
    }
    if record
        .iter()
        .any(|cell| cell.len() > CELL_CHARS_MAX && cell.chars().count() > CELL_CHARS_MAX)
    {
        return Err(format!("有一格超过{CELL_CHARS_MAX}个字，请缩短"));
    }
    Ok(record.iter().take(columns).map(plain).collect())
}

/// Takes off the apostrophe that keeps a spreadsheet from running a cell as a formula.
fn plain(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => rest.to_owned(),
        _ => cell.to_owned(),
    }
}
