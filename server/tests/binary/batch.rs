//! Tables in, tables out: headers, columns, errors in their rows, exit status.

use crate::program::run;

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn due_dates_of_a_table() {
    let said = run(
        &["calendar", "due", "--batch"],
        "start,unit,length,pauses\n\
         2026-05-21,working_day,5,\n\
         2026-09-24,working_day,5,\n\
         2024-01-31,month,1,\n\
         2026-05-21,day,30,\n\
         2026-05-21,working_day,5,2026-05-25/2026-05-27\n\
         2026-05-21T10:20:00+08:00,minute,30,\n",
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let rows = lines(&said.out);
    assert_eq!(rows[0], "start,unit,length,pauses,due,provisional");
    assert_eq!(rows[1], "2026-05-21,working_day,5,,2026-05-28,0");
    // 25–27 September are off for the Mid-Autumn Festival, 1–7 October for National Day; the fifth working day after
    // 28, 29, 30 September and 8 October is the 9th.
    assert_eq!(rows[2], "2026-09-24,working_day,5,,2026-10-09,0");
    assert_eq!(rows[3], "2024-01-31,month,1,,2024-02-29,0");
    assert_eq!(rows[4], "2026-05-21,day,30,,2026-06-22,0");
    assert_eq!(
        rows[5],
        "2026-05-21,working_day,5,2026-05-25/2026-05-27,2026-06-01,0"
    );
    assert_eq!(rows.len(), 7);
}

#[test]
fn a_year_that_is_not_published_gives_a_provisional_day() {
    let said = run(
        &["calendar", "due", "--batch"],
        "start,unit,length\n2026-12-28,working_day,10\n2030-03-01,working_day,1\n",
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let rows = lines(&said.out);
    assert_eq!(rows[0], "start,unit,length,due,provisional");
    assert!(
        rows[1].ends_with(",1") && rows[2].ends_with(",1"),
        "{rows:?}"
    );
}

#[test]
fn bad_rows_are_told_in_their_rows_and_the_good_ones_are_still_answered() {
    let said = run(
        &["calendar", "due", "--batch"],
        "start,unit,length\nyesterday,working_day,5\n2026-05-21,week,5\n2026-05-21,working_day,-1\n2026-05-21,working_day,5\n",
    );
    assert_eq!(said.code, 1);
    let rows = lines(&said.out);
    assert_eq!(rows.len(), 5, "every row is answered: {}", said.out);
    assert_eq!(rows[4], "2026-05-21,working_day,5,2026-05-28,0");
    for row in &rows[1..4] {
        assert!(!row.contains("2026-05-28"), "{row}");
        assert!(
            row.len() > "2026-05-21,working_day,-1,,".len(),
            "says what is wrong: {row}"
        );
    }
    assert!(said.err.contains('3'), "{}", said.err);
}

#[test]
fn working_days_of_a_table() {
    let said = run(
        &["calendar", "count", "--batch"],
        "from,to\n2026-05-18,2026-05-24\n2026-10-01,2026-10-07\n2026-05-23,2026-05-23\n2026-05-24,2026-05-18\n",
    );
    let rows = lines(&said.out);
    assert_eq!(rows[0], "from,to,working_days");
    assert_eq!(rows[1], "2026-05-18,2026-05-24,5");
    assert_eq!(rows[2], "2026-10-01,2026-10-07,0");
    assert_eq!(rows[3], "2026-05-23,2026-05-23,0");
    assert_eq!(rows.len(), 5);
    assert_eq!(said.code, 1, "the last row ends before it begins");
}

#[test]
fn a_count_that_rests_on_an_unpublished_year_is_told_beside_the_table() {
    let said = run(
        &["calendar", "count", "--batch"],
        "from,to\n2099-01-01,2099-01-31\n2026-05-18,2026-05-24\n",
    );
    assert_eq!(said.code, 0, "it is counted");
    assert_eq!(lines(&said.out)[0], "from,to,working_days");
    assert!(
        said.err.contains("1 of 2") && said.err.contains("2099"),
        "{}",
        said.err
    );
    let said = run(
        &["calendar", "count", "--batch"],
        "from,to\n2026-05-18,2026-05-24\n",
    );
    assert_eq!(said.err, "", "nothing to tell");
}

#[test]
fn codes_of_a_table() {
    let said = run(
        &["code", "check", "--batch"],
        "kind,value\ncitizen_id,990102199003070011\ncitizen_id,990102199003070012\nuscc,92990102MA0000001A\nuscc,92990102MA0000001B\nregion,990102\nregion,99010\n",
    );
    let rows = lines(&said.out);
    assert_eq!(rows[0], "kind,value,valid,error");
    assert_eq!(rows[1], "citizen_id,990102199003070011,1,");
    assert!(
        rows[2].starts_with("citizen_id,990102199003070012,0,") && !rows[2].ends_with(','),
        "{}",
        rows[2]
    );
    assert_eq!(rows[3], "uscc,92990102MA0000001A,1,");
    assert!(rows[4].starts_with("uscc,92990102MA0000001B,0,"));
    assert_eq!(rows[5], "region,990102,1,");
    assert!(rows[6].starts_with("region,99010,0,"));
}

#[test]
fn a_kind_nobody_knows_is_a_bad_row_and_no_header_is_a_bad_table() {
    let said = run(
        &["code", "check", "--batch"],
        "kind,value\nmoon_phase,full\n",
    );
    assert_eq!(said.code, 1);
    assert_eq!(lines(&said.out).len(), 2);
    for input in ["", "a,b\n1,2\n", "\u{0}\n"] {
        let said = run(&["calendar", "due", "--batch"], input);
        assert_eq!(said.code, 1, "{input:?}: {}", said.out);
        assert!(!said.err.is_empty());
    }
}

#[test]
fn thousands_of_rows_come_back_in_their_order() {
    let mut table = "from,to\n".to_owned();
    for day in 1..=20_000 {
        table.push_str(&format!(
            "2026-{:02}-{:02},2026-12-31\n",
            day % 12 + 1,
            day % 28 + 1
        ));
    }
    let said = run(&["calendar", "count", "--batch"], &table);
    assert_eq!(said.code, 0, "{}", said.err);
    let rows = lines(&said.out);
    assert_eq!(rows.len(), 20_001);
    for (asked, answered) in table.lines().zip(&rows).skip(1) {
        assert!(answered.starts_with(&format!("{asked},")), "{answered}");
    }
}
