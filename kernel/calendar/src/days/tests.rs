use jiff::civil::date;

use super::*;

const DAYS_TABLE: &str = include_str!("../../../../data/calendar/days_2018_2026.csv");

/// Check values: working days of each year as the notices give them.
#[test]
fn working_days_of_each_year() {
    let calendar = Calendar::builtin();
    for (year, expected) in [
        (2021, 250),
        (2022, 249),
        (2023, 249),
        (2024, 251),
        (2025, 248),
        (2026, 248),
    ] {
        let days = calendar.working_days(date(year, 1, 1), date(year, 12, 31));
        assert_eq!(days, Ok(expected), "{year}");
    }
}

#[test]
fn every_day_agrees_with_the_table() {
    let calendar = Calendar::builtin();
    let mut seen = 0;
    for line in DAYS_TABLE.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [day, _, is_workday, kind, name] = cells[..] else {
            panic!("five columns: {line}");
        };
        let day = calendar
            .day(day.parse().expect("a date"))
            .expect("in range");
        let expected = match kind {
            "workday" => DayKind::Workday,
            "weekend" => DayKind::Weekend,
            "holiday" => DayKind::Holiday(name.to_owned()),
            _ => DayKind::MakeupWorkday(name.to_owned()),
        };
        assert_eq!(day.kind, expected, "{line}");
        assert_eq!(day.is_working(), is_workday == "1", "{line}");
        assert!(!day.provisional, "{line}");
        seen += 1;
    }
    assert_eq!(seen, 3287);
}

#[test]
fn years_without_a_notice_are_provisional_weeks() {
    let calendar = Calendar::builtin();
    assert_eq!(
        calendar.published_years().collect::<Vec<_>>(),
        (2018..=2026).collect::<Vec<_>>()
    );
    let day = calendar.day(date(2027, 10, 1)).expect("in range");
    assert!(day.is_working() && day.provisional);
    let day = calendar.day(date(2027, 10, 2)).expect("in range");
    assert_eq!(
        (day.kind.clone(), day.label().as_str()),
        (DayKind::Weekend, "周六")
    );
}

#[test]
fn the_edges_of_the_calendar() {
    let calendar = Calendar::builtin();
    assert!(calendar.is_working_day(date(1900, 1, 1)).expect("in range"));
    assert!(calendar.day(date(2200, 12, 31)).is_ok());
    for outside in [date(1899, 12, 31), date(2201, 1, 1), Date::MIN, Date::MAX] {
        assert_eq!(
            calendar.day(outside),
            Err(CalendarError::OutOfRange),
            "{outside}"
        );
        assert_eq!(
            calendar.is_working_day(outside),
            Err(CalendarError::OutOfRange)
        );
    }
    assert_eq!(
        calendar.working_days(date(2026, 1, 2), date(2026, 1, 1)),
        Err(CalendarError::RangeReversed)
    );
    for index in [0, 1, 58, 59, LAST] {
        assert_eq!(index_of(date_of(index).expect("in range")), Ok(index));
    }
    assert_eq!(date_of(LAST), Ok(date(2200, 12, 31)));
}

#[test]
fn labels_tell_why() {
    let calendar = Calendar::builtin();
    let label = |day| calendar.day(day).expect("in range").label();
    assert_eq!(label(date(2026, 2, 14)), "春节调休上班");
    assert_eq!(label(date(2026, 2, 16)), "春节");
    assert_eq!(label(date(2026, 3, 1)), "周日");
    assert_eq!(label(date(2026, 3, 2)), "");
    assert_eq!(
        calendar.working_day_from(date(2026, 2, 15)),
        Ok(date(2026, 2, 24))
    );
}

const HEADER: &str = "date,name,day_type,announced_for_year\n";

#[test]
fn a_new_notice_replaces_its_year_and_no_other() {
    let builtin = Calendar::builtin();
    let notice = format!("{HEADER}2027-01-01,元旦,off,2027\n2026-12-31,元旦,off,2027\n");
    let notice = Calendar::from_csv(notice.as_bytes()).expect("good rows");
    let updated = builtin.updated_by(&notice);
    assert!(updated.is_published(2027) && updated.is_published(2018));
    assert!(
        !updated
            .is_working_day(date(2026, 12, 31))
            .expect("in range")
    );
    assert!(
        builtin
            .is_working_day(date(2026, 12, 31))
            .expect("in range")
    );
    assert_ne!(updated.version(), builtin.version());
    assert!(
        updated.version().starts_with("2018-2027-"),
        "{}",
        updated.version()
    );
    let stored = Calendar::from_rows(updated.rows().to_vec()).expect("rows of a calendar");
    assert_eq!(stored, updated);
}

#[test]
fn every_wrong_row_is_told_with_its_line() {
    let table = format!(
        "{HEADER}2027-01-01,元旦,off,2027\n2027-02-30,春节,off,2027\n2027-02-13,春节,maybe,2027\n\
         2027-02-15,春节,workday,2027\n2027-03-01,,off,2027\n2025-03-01,春节,off,2027\n\
         2027-01-01,元旦,off,2027\n1800-01-01,元旦,off,1800\n2027-04-05,清明节\n"
    );
    let error = Calendar::from_csv(table.as_bytes()).expect_err("wrong rows");
    let lines: Vec<u64> = error.0.iter().map(|row| row.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 9, 10, 8]);
    assert!(
        error
            .to_string()
            .starts_with("日历表有 8 处错误，第一处：第 3 行"),
        "{error}"
    );
}

#[test]
fn what_is_no_table_is_refused() {
    for input in [&b""[..], b"\xFF\xFE", b"date,name\n", HEADER.as_bytes()] {
        assert!(Calendar::from_csv(input).is_err(), "{input:?}");
    }
}
