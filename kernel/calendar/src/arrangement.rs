//! The yearly notices of the State Council General Office as rows: which days are off, which
//! weekend days are worked.

use std::io::Read;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::days::{YEAR_MAX, YEAR_MIN};
use crate::moment::Moment;

/// What a notice says about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrangementKind {
    /// 放假
    Off,
    /// 调休上班: worked whatever the day of the week (2020-02-03, a Monday, was named so).
    MakeupWorkday,
}

/// One day of a notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Arrangement {
    pub date: Date,
    /// The holiday, such as 春节.
    pub name: String,
    pub kind: ArrangementKind,
    /// The year whose notice says so; it may differ from the date's (New Year's Eve).
    pub announced_for_year: i16,
}

/// What is wrong with one line of a calendar table; lines are counted from 1, the header included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {line} 行：{message}")]
pub struct RowError {
    pub line: u64,
    pub message: String,
}

/// A calendar table cannot be taken; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("日历表有 {} 处错误，第一处：{}", .0.len(), .0.first().map_or(String::new(), ToString::to_string))]
pub struct LoadError(pub Vec<RowError>);

/// More rows than any notice has: three hundred years at thirty days.
const ROWS_MAX: u64 = 10_000;
/// Enough errors to see what is wrong with a file.
const ERRORS_MAX: usize = 100;

/// Reads a table with the columns `date,name,day_type,announced_for_year` (`day_type` is `off` or
/// `makeup_workday`). Either every row is good or all errors are told.
pub(crate) fn read_csv(reader: impl Read) -> Result<Vec<Arrangement>, LoadError> {
    let mut input = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(reader);
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for (index, record) in input.records().enumerate() {
        let line = match &record {
            Ok(record) => record
                .position()
                .map_or(index as u64 + 1, csv::Position::line),
            Err(_) => index as u64 + 1,
        };
        let row = match record {
            Err(_) => Err("无法读取，请用 UTF-8 编码的 CSV".to_owned()),
            Ok(record) if index == 0 => match header_error(&record) {
                None => continue,
                Some(message) => Err(message),
            },
            Ok(record) => read_row(&record),
        };
        match row {
            Ok(row) => rows.push((line, row)),
            Err(message) => errors.push(RowError { line, message }),
        }
        if errors.len() >= ERRORS_MAX || line > ROWS_MAX {
            if line > ROWS_MAX {
                errors.push(RowError {
                    line,
                    message: format!("行数超过 {ROWS_MAX}"),
                });
            }
            break;
        }
    }
    errors.extend(contradictions(&rows));
    if rows.is_empty() && errors.is_empty() {
        errors.push(RowError {
            line: 1,
            message: "表里没有日期".to_owned(),
        });
    }
    if errors.is_empty() {
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    } else {
        Err(LoadError(errors))
    }
}

/// Checks rows that did not come from a table; the row's place (from 1) is its line.
pub(crate) fn check_rows(rows: Vec<Arrangement>) -> Result<Vec<Arrangement>, LoadError> {
    let numbered: Vec<(u64, Arrangement)> = (1..).zip(rows).collect();
    let mut errors: Vec<RowError> = numbered
        .iter()
        .filter_map(|(line, row)| {
            let message = row_error(row)?;
            Some(RowError {
                line: *line,
                message,
            })
        })
        .collect();
    errors.extend(contradictions(&numbered));
    if errors.is_empty() {
        Ok(numbered.into_iter().map(|(_, row)| row).collect())
    } else {
        Err(LoadError(errors))
    }
}

fn header_error(record: &csv::StringRecord) -> Option<String> {
    const COLUMNS: [&str; 4] = ["date", "name", "day_type", "announced_for_year"];
    let named = record
        .iter()
        .map(|name| name.trim_start_matches('\u{FEFF}'))
        .eq(COLUMNS);
    (!named).then(|| format!("表头应为 {}", COLUMNS.join(",")))
}

fn read_row(record: &csv::StringRecord) -> Result<Arrangement, String> {
    let cells: Vec<&str> = record.iter().collect();
    let [date, name, kind, year] = cells[..] else {
        return Err(format!("应有 4 列，实有 {} 列", cells.len()));
    };
    let Ok(Moment::Date(date)) = date.parse::<Moment>() else {
        return Err(format!("“{date}”不是日期，请写成 2026-02-09"));
    };
    let kind = match kind {
        "off" => ArrangementKind::Off,
        "makeup_workday" => ArrangementKind::MakeupWorkday,
        other => return Err(format!("“{other}”应为 off 或 makeup_workday")),
    };
    let announced_for_year = year.parse().map_err(|_| format!("“{year}”不是年份"))?;
    let row = Arrangement {
        date,
        name: name.to_owned(),
        kind,
        announced_for_year,
    };
    match row_error(&row) {
        None => Ok(row),
        Some(message) => Err(message),
    }
}

fn row_error(row: &Arrangement) -> Option<String> {
    let years = YEAR_MIN..=YEAR_MAX;
    if !years.contains(&row.date.year()) || !years.contains(&row.announced_for_year) {
        Some(format!("年份应在 {YEAR_MIN} 至 {YEAR_MAX} 之间"))
    } else if row.date.year().abs_diff(row.announced_for_year) > 1 {
        Some("日期与通知年份相差超过一年".to_owned())
    } else if row.name.trim().is_empty() {
        Some("请写明节日名称".to_owned())
    } else {
        None
    }
}

/// A notice that names one day twice.
fn contradictions(rows: &[(u64, Arrangement)]) -> Vec<RowError> {
    let mut seen = std::collections::BTreeSet::new();
    rows.iter()
        .filter(|(_, row)| !seen.insert((row.announced_for_year, row.date)))
        .map(|(line, row)| RowError {
            line: *line,
            message: format!(
                "{} 在 {} 年的安排里出现两次",
                row.date, row.announced_for_year
            ),
        })
        .collect()
}
