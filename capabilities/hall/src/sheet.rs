//! The first sheet of a spreadsheet as a table of texts.
//!
//! The file is an archive from outside: the sizes of its parts are measured while they are unpacked into nothing,
//! before anything is read, and cells are read one by one, so that a single cell in the last row of the last column
//! makes no room for all those before it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};
use people::Error;
use people::regions::Table;

/// Bytes of all parts together, unpacked.
const UNPACKED_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// Parts of the archive.
const PARTS_MAX: usize = 2000;
/// Columns that are looked at.
const COLUMNS_MAX: u32 = 100;
/// Rows beside the header.
const ROWS_MAX: usize = 100_000;
/// Characters of one cell.
const CELL_CHARS_MAX: usize = 500;

/// Reads the first sheet; its first row that is not empty is the header.
pub(crate) fn read(content: &[u8]) -> Result<Table, Error> {
    measure(content, UNPACKED_BYTES_MAX)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(|_| broken())?;
    let name = book.sheet_names().first().cloned().ok_or_else(broken)?;
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| broken())?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    while let Some(cell) = reader.next_cell().map_err(|_| broken())? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.trim().is_empty() {
            continue;
        }
        if column >= COLUMNS_MAX || text.chars().count() > CELL_CHARS_MAX {
            return Err(file(format!(
                "第 {} 行有超出范围的内容：最多 {COLUMNS_MAX} 列，每格最多 {CELL_CHARS_MAX} 个字",
                row.saturating_add(1)
            )));
        }
        let cells = rows.entry(row).or_default();
        let place = column as usize;
        if cells.len() <= place {
            cells.resize(place + 1, String::new());
        }
        cells[place] = text;
        if rows.len() > ROWS_MAX + 1 {
            return Err(file("文件超过 10 万行，请拆分后再导入"));
        }
    }
    let mut rows = rows.into_iter();
    let (_, header) = rows.next().ok_or_else(|| file("第一张工作表是空的"))?;
    Ok(Table {
        header,
        rows: rows.map(|(row, cells)| (row as usize + 1, cells)).collect(),
        errors: Vec::new(),
    })
}

/// Unpacks every part once, counting, and stops at the limit: what an archive says of its sizes may be a lie.
fn measure(content: &[u8], bytes_max: u64) -> Result<(), Error> {
    let too_large = || file("文件解开后过大，请另存为普通的 .xlsx 文件或 CSV 后再导入");
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(|_| broken())?;
    if archive.len() > PARTS_MAX {
        return Err(too_large());
    }
    let mut left = bytes_max;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| broken())?;
        let mut counted = part.take(left + 1);
        let size = std::io::copy(&mut counted, &mut std::io::sink()).map_err(|_| broken())?;
        left = left.checked_sub(size).ok_or_else(too_large)?;
    }
    Ok(())
}

/// A cell as a person sees it; whole numbers without a decimal point.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn broken() -> Error {
    file("打不开这个表格文件，请确认是没有密码的 .xlsx 文件")
}

fn file(message: impl Into<String>) -> Error {
    Error::Invalid {
        field: "file",
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(parts: &[(&str, usize)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, size) in parts {
            archive
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .expect("begins");
            archive.write_all(&vec![0; *size]).expect("written");
        }
        archive.finish().expect("ends").into_inner()
    }

    #[test]
    fn what_unpacks_too_large_is_refused_before_it_is_read() {
        let bytes = archive(&[("xl/a.xml", 60_000), ("xl/b.xml", 40_000)]);
        assert!(bytes.len() < 1000, "packed tightly");
        assert_eq!(measure(&bytes, 100_000), Ok(()));
        let error = measure(&bytes, 99_999).expect_err("too large");
        assert_eq!(error.field(), Some("file"));
        assert!(error.message().contains("解开后过大"));
    }

    #[test]
    fn an_archive_that_is_no_workbook_is_refused() {
        for content in [
            archive(&[("../../etc/passwd", 10)]),
            archive(&[]),
            b"PK\x03\x04".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(
                read(&content).expect_err("no workbook").field(),
                Some("file")
            );
        }
    }
}
