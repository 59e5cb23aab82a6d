use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn moment(text: &str) -> Moment {
    text.parse().expect("a date or an instant")
}

fn run(start: &str, n: u32, unit: Unit, pauses: &[(&str, &str)], rule: Rule) -> Due {
    let pauses: Vec<Span> = pauses
        .iter()
        .map(|(from, to)| Span {
            from: moment(from),
            to: Some(moment(to)),
        })
        .collect();
    let calendar = Calendar::builtin();
    due(
        &calendar,
        moment(start),
        Length::new(n, unit),
        &pauses,
        rule,
    )
    .expect("in range")
    .due()
    .expect("no open stop")
}

fn within(start: &str, n: u32, unit: Unit) -> String {
    run(start, n, unit, &[], Rule::default()).date.to_string()
}

fn before(start: &str, n: u32, unit: Unit) -> String {
    run(start, n, unit, &[], Rule::counting(Direction::Before))
        .date
        .to_string()
}

fn not_less(start: &str, n: u32) -> String {
    run(start, n, Unit::Day, &[], Rule::counting(Direction::NotLess))
        .date
        .to_string()
}

/// 行政许可法: correction 5 (art. 32), decision 20 (art. 42), joint 45 and 60, delivery 10 (art. 44).
#[test]
fn licensing_examples() {
    assert_eq!(within("2026-02-09", 5, Unit::WorkingDay), "2026-02-14");
    assert_eq!(within("2026-02-09", 20, Unit::WorkingDay), "2026-03-13");
    assert_eq!(within("2025-09-10", 20, Unit::WorkingDay), "2025-10-14");
    assert_eq!(within("2026-01-15", 45, Unit::WorkingDay), "2026-03-25");
    assert_eq!(within("2026-01-15", 60, Unit::WorkingDay), "2026-04-16");
    assert_eq!(within("2025-09-22", 10, Unit::WorkingDay), "2025-10-11");
    let paused = run(
        "2025-09-10",
        20,
        Unit::WorkingDay,
        &[("2025-09-17", "2025-10-14")],
        Rule::default(),
    );
    assert_eq!(paused.date, day("2025-11-04"));
    assert_eq!(paused.at.to_string(), "2025-11-04T16:00:00Z");
    assert!(!paused.provisional);
}

/// 政府信息公开条例 art. 32, 33.
#[test]
fn disclosure_examples() {
    assert_eq!(within("2024-06-07", 20, Unit::WorkingDay), "2024-07-08");
    assert_eq!(within("2024-06-07", 40, Unit::WorkingDay), "2024-08-05");
    assert_eq!(within("2024-09-13", 15, Unit::WorkingDay), "2024-10-11");
}

/// 招标投标法 art. 24, 46; 实施条例 art. 21, 22, 54, 57, 60.
#[test]
fn tendering_examples() {
    assert_eq!(not_less("2026-02-02", 20), "2026-02-24");
    assert_eq!(before("2025-06-20", 10, Unit::Day), "2025-06-10");
    assert_eq!(before("2025-06-20", 15, Unit::Day), "2025-06-05");
    assert_eq!(not_less("2024-09-27", 3), "2024-09-30");
    assert_eq!(not_less("2025-09-28", 3), "2025-10-09");
    assert_eq!(within("2025-09-22", 10, Unit::Day), "2025-10-09");
    assert_eq!(within("2025-04-25", 30, Unit::Day), "2025-05-26");
    assert_eq!(within("2025-09-29", 5, Unit::Day), "2025-10-09");
}

/// 政府采购法 art. 52; 实施条例 art. 33.
#[test]
fn procurement_examples() {
    assert_eq!(within("2023-04-28", 7, Unit::WorkingDay), "2023-05-11");
    assert_eq!(within("2025-09-29", 5, Unit::WorkingDay), "2025-10-13");
}

#[test]
fn service_and_hotline_examples() {
    assert_eq!(within("2021-04-30", 3, Unit::WorkingDay), "2021-05-08");
    assert_eq!(within("2021-04-30", 10, Unit::WorkingDay), "2021-05-18");
    assert_eq!(within("2026-02-13", 1, Unit::WorkingDay), "2026-02-14");
    assert_eq!(within("2023-09-25", 20, Unit::WorkingDay), "2023-10-27");
    let answer = run(
        "2021-06-30T23:50:10+08:00",
        30,
        Unit::Minute,
        &[],
        Rule::default(),
    );
    assert_eq!(
        Moment::At(answer.at).to_string(),
        "2021-07-01T00:20:10+08:00"
    );
    assert_eq!(answer.date, day("2021-07-01"));
}

/// 民法典 art. 202: the corresponding date, else the last of the month.
#[test]
fn months_and_years_end_on_the_corresponding_date() {
    assert_eq!(within("2024-01-31", 1, Unit::Month), "2024-02-29");
    assert_eq!(within("2023-01-31", 1, Unit::Month), "2023-02-28");
    assert_eq!(within("2024-02-29", 1, Unit::Year), "2025-02-28");
    assert_eq!(
        within("2025-03-05", 12, Unit::Month),
        within("2025-03-05", 1, Unit::Year)
    );
    // 2026-05-01 is a holiday until the 5th.
    assert_eq!(within("2026-04-01", 1, Unit::Month), "2026-05-06");
    assert_eq!(before("2026-03-31", 1, Unit::Month), "2026-02-28");
    assert_eq!(before("2024-02-29", 1, Unit::Year), "2023-02-28");
}

/// K4 and K14: a make-up workday is no rest day; weekends may be left out of the roll.
#[test]
fn the_last_day_rolls_over_rest_days_only() {
    assert_eq!(within("2026-02-13", 1, Unit::Day), "2026-02-14");
    assert_eq!(within("2026-02-14", 1, Unit::Day), "2026-02-24");
    assert_eq!(within("2026-03-06", 1, Unit::Day), "2026-03-09");
    let listed_only = Rule {
        roll_on_weekend: false,
        ..Rule::default()
    };
    assert_eq!(
        run("2026-03-06", 1, Unit::Day, &[], listed_only).date,
        day("2026-03-07")
    );
    assert_eq!(
        run("2026-02-14", 1, Unit::Day, &[], listed_only).date,
        day("2026-02-24")
    );
    let minimum = Rule {
        roll_min_period: false,
        ..Rule::counting(Direction::NotLess)
    };
    assert_eq!(
        run("2026-02-02", 20, Unit::Day, &[], minimum).date,
        day("2026-02-22")
    );
}

#[test]
fn length_zero_is_the_start_day_even_on_a_holiday() {
    for unit in [Unit::WorkingDay, Unit::Day, Unit::Month, Unit::Year] {
        assert_eq!(within("2025-10-01", 0, unit), "2025-10-01");
        assert_eq!(before("2025-10-01", 0, unit), "2025-10-01");
    }
    let at = run(
        "2025-10-01T09:00:00+08:00",
        0,
        Unit::Hour,
        &[],
        Rule::default(),
    )
    .at;
    assert_eq!(at.to_string(), "2025-10-01T01:00:00Z");
}

/// 行政许可法 art. 48: notice of the hearing 7 working days before it.
#[test]
fn working_days_backwards() {
    assert_eq!(before("2025-10-10", 1, Unit::WorkingDay), "2025-10-09");
    assert_eq!(before("2025-10-10", 2, Unit::WorkingDay), "2025-09-30");
    assert_eq!(before("2025-10-10", 7, Unit::WorkingDay), "2025-09-24");
    // Counting forward from the last permitted day arrives at the hearing.
    assert_eq!(within("2025-09-24", 7, Unit::WorkingDay), "2025-10-10");
    assert_eq!(
        before("2025-10-10T10:00:00+08:00", 48, Unit::Hour),
        "2025-10-08"
    );
}

#[test]
fn the_day_of_an_instant_is_the_day_in_china() {
    assert_eq!(within("2026-02-09T17:00:00Z", 1, Unit::Day), "2026-02-11");
    assert_eq!(
        within("2026-02-09T23:59:59+08:00", 1, Unit::Day),
        "2026-02-10"
    );
}

#[test]
fn stops_of_calendar_days_and_months_move_the_end() {
    let run = |n, unit, pauses: &[(&str, &str)]| {
        run("2026-03-02", n, unit, pauses, Rule::default())
            .date
            .to_string()
    };
    assert_eq!(
        run(10, Unit::Day, &[("2026-03-04", "2026-03-07")]),
        "2026-03-16"
    );
    assert_eq!(
        run(10, Unit::Day, &[("2026-03-02", "2026-03-03")]),
        "2026-03-12"
    );
    assert_eq!(
        run(10, Unit::Day, &[("2026-02-01", "2026-03-01")]),
        "2026-03-12"
    );
    assert_eq!(
        run(10, Unit::Day, &[("2026-03-13", "2026-04-01")]),
        "2026-03-12"
    );
    assert_eq!(
        run(1, Unit::Month, &[("2026-03-10", "2026-03-20")]),
        "2026-04-13"
    );
}

#[test]
fn stops_may_overlap_touch_repeat_or_be_empty_in_any_order() {
    let plain = [("2026-03-04", "2026-03-11")];
    let tangled = [
        ("2026-03-09", "2026-03-11"),
        ("2026-03-04", "2026-03-07"),
        ("2026-03-05", "2026-03-06"),
        ("2026-03-07", "2026-03-09"),
        ("2026-03-20", "2026-03-20"),
        ("2026-03-04", "2026-03-07"),
    ];
    for unit in [
        Unit::WorkingDay,
        Unit::Day,
        Unit::Month,
        Unit::Hour,
        Unit::Minute,
    ] {
        let one = run("2026-03-02", 9, unit, &plain, Rule::default());
        assert_eq!(
            run("2026-03-02", 9, unit, &tangled, Rule::default()),
            one,
            "{unit:?}"
        );
    }
}

#[test]
fn hours_stop_to_the_second() {
    let run = |n, pauses: &[(&str, &str)]| {
        let due = run(
            "2026-03-02T10:00:00+08:00",
            n,
            Unit::Hour,
            pauses,
            Rule::default(),
        );
        Moment::At(due.at).to_string()
    };
    let noon = ("2026-03-02T12:00:00+08:00", "2026-03-02T13:30:05+08:00");
    assert_eq!(run(1, &[noon]), "2026-03-02T11:00:00+08:00");
    assert_eq!(run(2, &[noon]), "2026-03-02T12:00:00+08:00");
    assert_eq!(run(3, &[noon]), "2026-03-02T14:30:05+08:00");
    assert_eq!(
        run(3, &[("2026-03-02", "2026-03-03")]),
        "2026-03-03T03:00:00+08:00"
    );
    assert_eq!(
        run(
            3,
            &[("2026-03-02T09:00:00+08:00", "2026-03-02T11:00:00+08:00")]
        ),
        "2026-03-02T14:00:00+08:00"
    );
}

#[test]
fn an_open_stop_holds_what_is_not_full_yet() {
    let calendar = Calendar::builtin();
    let open = |from: &str| {
        [Span {
            from: moment(from),
            to: None,
        }]
    };
    for (unit, n) in [
        (Unit::WorkingDay, 5),
        (Unit::Day, 7),
        (Unit::Hour, 100),
        (Unit::Month, 1),
    ] {
        let length = Length::new(n, unit);
        let held = due(
            &calendar,
            moment("2026-03-02"),
            length,
            &open("2026-03-05"),
            Rule::default(),
        );
        assert_eq!(held, Ok(Deadline::Held), "{unit:?}");
        let full = due(
            &calendar,
            moment("2026-03-02"),
            length,
            &open("2026-05-05"),
            Rule::default(),
        );
        assert!(matches!(full, Ok(Deadline::On(_))), "{unit:?}");
    }
}

#[test]
fn a_year_without_its_notice_makes_the_end_provisional() {
    let flag = |start, n, unit| run(start, n, unit, &[], Rule::default()).provisional;
    assert!(flag("2026-12-25", 20, Unit::WorkingDay));
    assert!(!flag("2026-12-25", 4, Unit::WorkingDay));
    assert!(flag("2026-12-25", 5, Unit::WorkingDay));
    assert!(flag("2017-12-01", 40, Unit::WorkingDay));
    assert!(!flag("2017-12-31", 2, Unit::WorkingDay));
    assert!(flag("2026-12-01", 40, Unit::Day));
    assert!(!flag("2016-12-01", 24, Unit::Month));
    assert!(!flag("2030-01-01", 30, Unit::Minute));
}

#[test]
fn what_cannot_be_computed_is_an_error() {
    let calendar = Calendar::builtin();
    let ask = |start: Date, length, rule| due(&calendar, start.into(), length, &[], rule);
    let backward = Rule::counting(Direction::Before);
    for unit in Unit::ALL {
        let long = Length::new(unit.most() + 1, unit);
        assert_eq!(
            ask(date(2026, 1, 1), long, Rule::default()),
            Err(CalendarError::TooLong(unit))
        );
        let some = Length::new(1, unit);
        for outside in [Date::MIN, Date::MAX, date(1899, 12, 31), date(2201, 1, 1)] {
            assert_eq!(
                ask(outside, some, Rule::default()),
                Err(CalendarError::OutOfRange)
            );
            assert_eq!(ask(outside, some, backward), Err(CalendarError::OutOfRange));
        }
        assert_eq!(
            ask(date(2200, 12, 31), Length::new(2000, unit), Rule::default()),
            Err(CalendarError::OutOfRange),
            "{unit:?}"
        );
        assert_eq!(
            ask(date(1900, 1, 1), some, backward),
            Err(CalendarError::OutOfRange),
            "{unit:?}"
        );
    }
    let reversed = [Span {
        from: moment("2026-03-05"),
        to: Some(moment("2026-03-04")),
    }];
    for unit in [Unit::WorkingDay, Unit::Hour] {
        assert_eq!(
            due(
                &calendar,
                moment("2026-03-01"),
                Length::new(1, unit),
                &reversed,
                Rule::default()
            ),
            Err(CalendarError::PauseReversed)
        );
    }
    let any = [Span {
        from: moment("2026-03-05"),
        to: None,
    }];
    assert_eq!(
        due(
            &calendar,
            moment("2026-03-01"),
            Length::days(1),
            &any,
            backward
        ),
        Err(CalendarError::PauseBackward)
    );
}

/// Ten thousand working days, counted one by one.
#[test]
fn long_periods_agree_with_counting_on_fingers() {
    let calendar = Calendar::builtin();
    let start = date(2017, 5, 20);
    let mut day = start;
    let mut left = 10_000;
    while left > 0 {
        day = day.tomorrow().expect("in range");
        left -= u32::from(calendar.is_working_day(day).expect("in range"));
    }
    let due = due(
        &calendar,
        start.into(),
        Length::working_days(10_000),
        &[],
        Rule::default(),
    );
    assert_eq!(due.expect("in range").due().expect("no stop").date, day);
}

/// The same by walking day by day, with the rules written as plainly as can be.
fn walk(start: Date, n: u32, unit: Unit, pauses: &[(Date, Date)]) -> Date {
    let calendar = Calendar::builtin();
    let works = |day| calendar.is_working_day(day).expect("in range");
    let stands_still = |day: Date| pauses.iter().any(|(from, to)| *from <= day && day < *to);
    let (mut day, mut counted) = (start, 0);
    while counted < n {
        day = day.tomorrow().expect("in range");
        let counts = !stands_still(day) && (unit == Unit::Day || works(day));
        counted += u32::from(counts);
    }
    while n > 0 && unit == Unit::Day && !works(day) {
        day = day.tomorrow().expect("in range");
    }
    day
}

fn any_day() -> impl Strategy<Value = Date> {
    (0_i64..3600).prop_map(|days| {
        date(2017, 6, 1)
            .checked_add(SignedDuration::from_hours(days * 24))
            .expect("in range")
    })
}

proptest! {
    #[test]
    fn counting_agrees_with_walking(
        start in any_day(),
        n in 0_u32..80,
        working in any::<bool>(),
        stops in proptest::collection::vec((any_day(), 0_i64..40), 0..4),
        near in proptest::collection::vec((-5_i64..60, 0_i64..30), 0..4),
    ) {
        let unit = if working { Unit::WorkingDay } else { Unit::Day };
        let later = |day: Date, days: i64| {
            day.checked_add(SignedDuration::from_hours(days * 24)).expect("in range")
        };
        let mut pauses: Vec<(Date, Date)> =
            stops.iter().map(|&(from, days)| (from, later(from, days))).collect();
        pauses.extend(near.iter().map(|&(after, days)| {
            let from = later(start, after);
            (from, later(from, days))
        }));
        let spans: Vec<Span> = pauses
            .iter()
            .map(|&(from, to)| Span { from: from.into(), to: Some(to.into()) })
            .collect();
        let due = due(&Calendar::builtin(), start.into(), Length::new(n, unit), &spans, Rule::default());
        let due = due.expect("in range").due().expect("no open stop");
        prop_assert_eq!(due.date, walk(start, n, unit, &pauses));
        prop_assert_eq!(due.at, end_of_day(due.date));
    }

    #[test]
    fn backward_and_forward_meet(end in any_day(), n in 1_u32..60) {
        let calendar = Calendar::builtin();
        let length = Length::working_days(n);
        let ask = |start: Date, direction| {
            due(&calendar, start.into(), length, &[], Rule::counting(direction))
                .expect("in range").due().expect("no stop").date
        };
        let last = ask(end, Direction::Before);
        prop_assert_eq!(calendar.working_days(last, end.yesterday().expect("in range")), Ok(n));
        prop_assert!(calendar.is_working_day(last).expect("in range"));
        prop_assert!(ask(last, Direction::Within) >= end || !calendar.is_working_day(end).expect("in range"));
    }

    #[test]
    fn any_question_is_answered(
        start in any::<i32>(), n in any::<u32>(), unit in 0_usize..6, from in any::<i32>(),
        to in proptest::option::of(any::<i32>()), direction in 0_usize..3,
    ) {
        let at = |seconds: i32| {
            Moment::At(Timestamp::from_second(i64::from(seconds) * 90).expect("within six thousand years"))
        };
        let rule = Rule::counting([Direction::Within, Direction::NotLess, Direction::Before][direction]);
        let pauses = [Span { from: at(from), to: to.map(at) }];
        let length = Length::new(n % 200_000, Unit::ALL[unit]);
        let answer = due(&Calendar::builtin(), at(start), length, &pauses, rule);
        if let Ok(Deadline::On(due)) = answer {
            prop_assert!((1900..=2201).contains(&due.date.year()));
        }
    }
}
