//! Many periods at once, from a CSV table to a CSV table: the work behind `tongban calendar due
//! --batch` and `tongban calendar count --batch`. A bad row gets `error: …` in its first added
//! column.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use base::batch::{Answer, BatchError, BatchOutcome, Table};
use jiff::Timestamp;

use crate::days::Calendar;
use crate::due::{Deadline, Rule, Span, due};
use crate::moment::{Moment, MomentError, OFFSET};
use crate::period::Length;

/// Computes due dates: columns `start,unit,length[,pauses]`, adds `due` and `provisional` (0 or 1).
/// `start` is a date or an RFC 3339 instant, `pauses` is `from/to;from/to` with `from` included and
/// `to` excluded. Hours and minutes give an instant at +08:00, all other units a date.
pub fn due_batch(
    reader: impl Read,
    writer: impl Write,
    calendar: &Calendar,
) -> Result<BatchOutcome, BatchError> {
    let table = Table {
        required: &["start", "unit", "length"],
        optional: &["pauses"],
        added: &["due", "provisional"],
    };
    let spoiled = |error: &str| vec![format!("error: {error}"), String::new()];
    table.run(
        reader,
        writer,
        |cells| answered(due_row(cells, calendar), spoiled),
        spoiled,
    )
}

/// What counting came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountOutcome {
    pub table: BatchOutcome,
    /// Rows that reach into a year without a published calendar: Monday to Friday were counted there.
    pub provisional: u64,
    /// Those years.
    pub unpublished: BTreeSet<i16>,
}

/// Counts working days: columns `from,to`, adds `working_days`; both ends are included.
///
/// The table has no column for it, so the outcome tells which rows rest on a year whose holidays are not published.
pub fn count_batch(
    reader: impl Read,
    writer: impl Write,
    calendar: &Calendar,
) -> Result<CountOutcome, BatchError> {
    let table = Table {
        required: &["from", "to"],
        optional: &[],
        added: &["working_days"],
    };
    let spoiled = |error: &str| vec![format!("error: {error}")];
    let mut counted = CountOutcome::default();
    counted.table = table.run(
        reader,
        writer,
        |cells| answered(count_row(cells, calendar, &mut counted), spoiled),
        spoiled,
    )?;
    Ok(counted)
}

fn answered(row: Result<Vec<String>, String>, spoiled: impl Fn(&str) -> Vec<String>) -> Answer {
    match row {
        Ok(cells) => Answer { cells, bad: false },
        Err(error) => Answer {
            cells: spoiled(&error),
            bad: true,
        },
    }
}

fn count_row(
    cells: &[Option<&str>],
    calendar: &Calendar,
    counted: &mut CountOutcome,
) -> Result<Vec<String>, String> {
    let day = |at: usize| {
        let cell = cells[at].unwrap_or_default();
        cell.parse::<Moment>()
            .map(Moment::date)
            .map_err(|error| error.to_string())
    };
    let (from, to) = (day(0)?, day(1)?);
    let days = calendar.working_days(from, to).map_err(text)?;
    let unpublished = (from.year()..=to.year()).filter(|year| !calendar.is_published(*year));
    counted.provisional += u64::from(unpublished.clone().next().is_some());
    counted.unpublished.extend(unpublished);
    Ok(vec![days.to_string()])
}

fn due_row(cells: &[Option<&str>], calendar: &Calendar) -> Result<Vec<String>, String> {
    let cell = |at: usize| cells[at].unwrap_or_default();
    let start: Moment = cell(0).parse().map_err(text)?;
    let length = Length::parse(cell(2), cell(1)).map_err(text)?;
    let pauses = read_pauses(cell(3))?;
    let deadline = due(calendar, start, length, &pauses, Rule::default()).map_err(text)?;
    let Deadline::On(due) = deadline else {
        return Err("停止计时没有结束，无法计算".to_owned());
    };
    let due_text = if length.unit.is_exact() {
        instant_text(due.at, fraction_digits(cell(0)))
    } else {
        due.date.to_string()
    };
    Ok(vec![due_text, u8::from(due.provisional).to_string()])
}

/// `from/to;from/to`; empty text has none.
fn read_pauses(text: &str) -> Result<Vec<Span>, String> {
    text.split(';')
        .map(str::trim)
        .filter(|pause| !pause.is_empty())
        .map(|pause| {
            let read = |end: &str| end.trim().parse::<Moment>();
            let (from, to) = pause.split_once('/').ok_or(PAUSE_FORM)?;
            match (read(from), read(to)) {
                (Ok(from), Ok(to)) => Ok(Span { from, to: Some(to) }),
                (Err(MomentError::NoSuch), _) | (_, Err(MomentError::NoSuch)) => {
                    Err(format!("停止计时：{}", MomentError::NoSuch))
                }
                _ => Err(PAUSE_FORM.to_owned()),
            }
        })
        .collect()
}

const PAUSE_FORM: &str = "停止计时应写成 2025-09-17/2025-10-14，多段用分号分隔";

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Digits after the seconds in the input.
fn fraction_digits(text: &str) -> usize {
    let Some((_, fraction)) = text.split_once('.') else {
        return 0;
    };
    fraction
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count()
        .min(9)
}

/// RFC 3339 at +08:00, with as many digits after the seconds as the start had, or as many as are
/// needed.
fn instant_text(at: Timestamp, digits: usize) -> String {
    let civil = OFFSET.to_datetime(at);
    let nanoseconds = format!("{:09}", civil.subsec_nanosecond());
    let needed = nanoseconds.trim_end_matches('0').len();
    let fraction = match digits.max(needed) {
        0 => String::new(),
        digits => format!(".{}", &nanoseconds[..digits]),
    };
    format!(
        "{}T{:02}:{:02}:{:02}{fraction}+08:00",
        civil.date(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn due_table(input: &[u8]) -> (BatchOutcome, String) {
        let mut out = Vec::new();
        let outcome = due_batch(input, &mut out, &Calendar::builtin()).expect("a good header");
        (
            outcome,
            String::from_utf8(out).expect("the output is UTF-8"),
        )
    }

    fn count_table(input: &[u8]) -> (CountOutcome, String) {
        let mut out = Vec::new();
        let outcome = count_batch(input, &mut out, &Calendar::builtin()).expect("a good header");
        (
            outcome,
            String::from_utf8(out).expect("the output is UTF-8"),
        )
    }

    #[test]
    fn due_dates_of_a_table() {
        let (outcome, text) = due_table(
            b"start,unit,length,pauses\n\
              2025-09-10,working_day,20,\n\
              2025-09-10,working_day,20,2025-09-17/2025-10-14\n\
              2026-12-25,working_day,20,\n\
              2021-06-30T23:50:10+08:00,minute,30,\n\
              2021-06-30T15:50:10.50Z,hour,1,\n\
              2026-03-02,hour,5,2026-03-02/2026-03-03;2026-03-03T01:00:00+08:00/2026-03-03T02:00:00+08:00\n\
              2026-02-09T17:00:00Z,day,1,\n",
        );
        assert_eq!(
            text,
            "start,unit,length,pauses,due,provisional\n\
             2025-09-10,working_day,20,,2025-10-14,0\n\
             2025-09-10,working_day,20,2025-09-17/2025-10-14,2025-11-04,0\n\
             2026-12-25,working_day,20,,2027-01-22,1\n\
             2021-06-30T23:50:10+08:00,minute,30,,2021-07-01T00:20:10+08:00,0\n\
             2021-06-30T15:50:10.50Z,hour,1,,2021-07-01T00:50:10.50+08:00,0\n\
             2026-03-02,hour,5,2026-03-02/2026-03-03;2026-03-03T01:00:00+08:00/2026-03-03T02:00:00+08:00,2026-03-03T06:00:00+08:00,0\n\
             2026-02-09T17:00:00Z,day,1,,2026-02-11,0\n"
        );
        assert_eq!(outcome, BatchOutcome { rows: 7, bad: 0 });
    }

    #[test]
    fn columns_may_stand_anywhere_and_others_are_kept() {
        let (outcome, text) = due_table(
            "length,事项,start,unit\n10,\"送达, 直接\",2025-09-22,working_day\n".as_bytes(),
        );
        assert_eq!(
            text,
            "length,事项,start,unit,due,provisional\n\
             10,\"送达, 直接\",2025-09-22,working_day,2025-10-11,0\n"
        );
        assert_eq!(outcome.bad, 0);
    }

    #[test]
    fn bad_rows_say_why_and_are_counted() {
        let (outcome, text) = due_table(
            b"start,unit,length,pauses\n\
              2025-02-30,day,1,\n\
              2025-02-28,week,1,\n\
              2025-02-28,day,-1,\n\
              2025-02-28,day,1,2025-03-01\n\
              2025-02-28,day,1,2025-03-02/2025-03-01\n\
              2026-03-02,day,3,2026-03-04T18:00:00+08:00/2026-03-04T09:00:00+08:00\n\
              2199-12-31,year,100000,\n\
              2025-02\n\
              2025-02-28,day,\xFF,\n\
              2025-02-28,day,1,\n\
              2025-02-28,day,1\n",
        );
        let answers: Vec<String> = csv::Reader::from_reader(text.as_bytes())
            .records()
            .map(|row| row.expect("as many cells as the header")[4].to_owned())
            .collect();
        assert_eq!(outcome, BatchOutcome { rows: 11, bad: 9 });
        assert!(
            answers[..9].iter().all(|cell| cell.starts_with("error: ")),
            "{answers:?}"
        );
        assert_eq!(answers[9..], ["2025-03-03", "2025-03-03"]);
        assert!(
            answers[0].contains("没有这一天"),
            "tells what is wrong with the day: {}",
            answers[0]
        );
    }

    #[test]
    fn working_days_of_a_table() {
        let (outcome, text) = count_table(
            b"from,to\n2026-01-01,2026-12-31\n2026-02-14,2026-02-24\n2026-02-16,2026-02-16\n\
              2026-02-17,2026-02-16\nx,2026-01-01\n",
        );
        assert_eq!(
            text,
            "from,to,working_days\n2026-01-01,2026-12-31,248\n2026-02-14,2026-02-24,2\n\
             2026-02-16,2026-02-16,0\n2026-02-17,2026-02-16,error: 起始日期晚于结束日期\n\
             x,2026-01-01,error: 请写成日期 2026-02-09 或带时区的时刻 2026-02-09T08:30:00+08:00\n"
        );
        assert_eq!(outcome.table, BatchOutcome { rows: 5, bad: 2 });
        assert_eq!(outcome.provisional, 0);
    }

    #[test]
    fn a_count_into_a_year_without_its_notice_is_told() {
        let (outcome, text) = count_table(
            b"from,to\n2026-12-31,2027-01-04\n2027-01-01,2027-12-31\n2026-01-01,2026-12-31\n",
        );
        assert_eq!(
            text,
            "from,to,working_days\n2026-12-31,2027-01-04,3\n2027-01-01,2027-12-31,261\n\
             2026-01-01,2026-12-31,248\n"
        );
        assert_eq!(outcome.table, BatchOutcome { rows: 3, bad: 0 });
        assert_eq!(outcome.provisional, 2);
        assert_eq!(outcome.unpublished, BTreeSet::from([2027]));
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_header_are_answered(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let table = [b"start,unit,length,pauses\n".as_slice(), &bytes].concat();
            let (outcome, _) = due_table(&table);
            prop_assert!(outcome.bad <= outcome.rows);
            let table = [b"from,to\n".as_slice(), &bytes].concat();
            let (outcome, _) = count_table(&table);
            prop_assert!(outcome.table.bad <= outcome.table.rows);
        }

        #[test]
        fn near_rows_are_answered(
            start in "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-9:.+Z-]{0,16})?",
            unit in "working_day|day|hour|minute|month|year",
            length in "[0-9]{0,7}",
            pauses in "([0-9]{4}-[01][0-9]-[0-3][0-9][/;]){0,4}",
        ) {
            let table = format!("start,unit,length,pauses\n{start},{unit},{length},{pauses}\n");
            let (outcome, _) = due_table(table.as_bytes());
            prop_assert_eq!(outcome.rows, 1);
        }
    }
}
