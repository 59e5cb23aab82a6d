//! Many codes at once, from a CSV table to a CSV table: the work behind `tongban code check
//! --batch`.

use std::io::{Read, Write};
use std::ops::RangeInclusive;

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use jiff::civil::Date;

use crate::codes;

/// What a batch came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Rows read, without the header.
    pub rows: u64,
    /// Rows that could not be answered and carry an error instead.
    pub bad: u64,
}

/// The batch could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("表头缺少列：{0}")]
    MissingColumn(&'static str),
    #[error("读写表格失败")]
    Csv(#[from] csv::Error),
    #[error("写出表格失败")]
    Write(#[from] std::io::Error),
}

/// A CSV table answered row by row: the header gains columns, each row the answer's cells. Columns
/// that are not asked for are kept.
pub struct Table<'a> {
    /// Columns the header must have.
    pub required: &'a [&'static str],
    /// Columns it may have.
    pub optional: &'a [&'static str],
    /// Columns written after the table's own.
    pub added: &'a [&'static str],
}

/// The cells a row gains, and whether it counts as bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub cells: Vec<String>,
    pub bad: bool,
}

impl Table<'_> {
    /// Runs the table through `answer`, which gets the trimmed cells of the required and then the
    /// optional columns (`None` for an absent one) and gives as many cells as there are added
    /// columns. A row may leave out optional columns that stand at its end. Rows with another number
    /// of cells otherwise, or with bytes that are not UTF-8, are bad rows: `spoiled` turns the error
    /// text into their added cells.
    pub fn run(
        &self,
        reader: impl Read,
        writer: impl Write,
        mut answer: impl FnMut(&[Option<&str>]) -> Answer,
        spoiled: impl Fn(&str) -> Vec<String>,
    ) -> Result<BatchOutcome, BatchError> {
        let mut input = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(reader);
        let mut output = WriterBuilder::new().flexible(true).from_writer(writer);
        let mut record = ByteRecord::new();

        if !input.read_byte_record(&mut record)? {
            return Err(BatchError::MissingColumn(
                self.required.first().copied().unwrap_or_default(),
            ));
        }
        let header: Vec<String> = record.iter().map(lossy).collect();
        let header_names: Vec<&str> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{FEFF}').trim())
            .collect();
        let place = |name: &str| header_names.iter().position(|column| *column == name);
        let mut places = Vec::new();
        for &name in self.required {
            places.push(Some(place(name).ok_or(BatchError::MissingColumn(name))?));
        }
        places.extend(self.optional.iter().map(|name| place(name)));
        let least = (0..header.len())
            .rev()
            .find(|at| !self.optional.contains(&header_names[*at]))
            .map_or(0, |at| at + 1);
        output.write_record(
            header_names
                .iter()
                .copied()
                .chain(self.added.iter().copied()),
        )?;

        let mut outcome = BatchOutcome::default();
        while input.read_byte_record(&mut record)? {
            outcome.rows += 1;
            let answer = match cells(&record, least..=header.len()) {
                Ok(cells) => {
                    let asked: Vec<Option<&str>> = places
                        .iter()
                        .map(|place| place.map(|at| cells.get(at).map_or("", |cell| cell.trim())))
                        .collect();
                    answer(&asked)
                }
                Err(error) => Answer {
                    cells: spoiled(&error),
                    bad: true,
                },
            };
            outcome.bad += u64::from(answer.bad);
            let kept = (0..header.len()).map(|at| lossy(record.get(at).unwrap_or_default()));
            output.write_record(kept.chain(answer.cells))?;
        }
        output.flush()?;
        Ok(outcome)
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn cells(record: &ByteRecord, columns: RangeInclusive<usize>) -> Result<Vec<&str>, String> {
    if !columns.contains(&record.len()) {
        let wanted = columns.end();
        return Err(format!("应有 {wanted} 列，实有 {} 列", record.len()));
    }
    record
        .iter()
        .map(|cell| std::str::from_utf8(cell).map_err(|_| "不是 UTF-8 编码的文本".to_owned()))
        .collect()
}

/// Checks the codes of a table with the columns `kind` and `value`; adds `valid` (1 or 0) and
/// `error` (the machine word, empty when valid). A wrong code is a normal answer; an unknown kind,
/// a wrong number of columns or a wrong encoding makes a bad row.
pub fn check_batch(
    reader: impl Read,
    writer: impl Write,
    today: Date,
) -> Result<BatchOutcome, BatchError> {
    let table = Table {
        required: &["kind", "value"],
        optional: &[],
        added: &["valid", "error"],
    };
    let invalid = |error: &str| vec!["0".to_owned(), error.to_owned()];
    let answer = |cells: &[Option<&str>]| {
        let (kind, value) = (cells[0].unwrap_or_default(), cells[1].unwrap_or_default());
        match codes::check(kind, value, today) {
            Ok(()) => Answer {
                cells: vec!["1".to_owned(), String::new()],
                bad: false,
            },
            Err(error) => Answer {
                cells: invalid(error.code()),
                bad: error == codes::CodeError::UnknownKind,
            },
        }
    };
    table.run(reader, writer, answer, invalid)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn run(input: &[u8]) -> (Result<BatchOutcome, BatchError>, String) {
        let mut out = Vec::new();
        let outcome = check_batch(input, &mut out, date(2026, 8, 10));
        (
            outcome,
            String::from_utf8(out).expect("the output is UTF-8"),
        )
    }

    #[test]
    fn answers_every_row_and_keeps_other_columns() {
        let (outcome, text) = run(
            "\u{FEFF}note,kind,value\n甲,citizen_id,11010519491231002X\n\
             \"乙,丙\",uscc,91350100M000100O43\n丁,passport,E1\n"
                .as_bytes(),
        );
        assert_eq!(
            text,
            "note,kind,value,valid,error\n甲,citizen_id,11010519491231002X,1,\n\
             \"乙,丙\",uscc,91350100M000100O43,0,charset\n丁,passport,E1,0,unknown_kind\n"
        );
        assert_eq!(
            outcome.expect("carried through"),
            BatchOutcome { rows: 3, bad: 1 }
        );
    }

    #[test]
    fn wrong_columns_and_encodings_are_bad_rows() {
        let (outcome, text) = run(b"kind,value\nuscc\nuscc,a,b\nuscc,\xFF\xFE\nregion,530521\n");
        assert_eq!(
            text,
            "kind,value,valid,error\nuscc,,0,\"应有 2 列，实有 1 列\"\n\
             uscc,a,0,\"应有 2 列，实有 3 列\"\nuscc,\u{FFFD}\u{FFFD},0,不是 UTF-8 编码的文本\n\
             region,530521,1,\n"
                .replace('"', "")
        );
        assert_eq!(
            outcome.expect("carried through"),
            BatchOutcome { rows: 4, bad: 3 }
        );
    }

    #[test]
    fn a_missing_column_is_named() {
        for input in [&b""[..], b"value\n1\n", b"kinds,value\n"] {
            let (outcome, _) = run(input);
            assert!(
                matches!(outcome, Err(BatchError::MissingColumn("kind"))),
                "{input:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_header_are_answered(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let input = [b"kind,value\n".as_slice(), &bytes].concat();
            let (outcome, text) = run(&input);
            let outcome = outcome.expect("reading from memory does not fail");
            let mut reread = csv::Reader::from_reader(text.as_bytes());
            prop_assert_eq!(reread.records().flatten().count() as u64, outcome.rows);
        }
    }
}
