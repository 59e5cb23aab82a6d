use std::cmp::Ordering;

use base::ids::IdSource;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::arrangement::ArrangementKind;
use crate::derivation::{DayLine, LineKind};
use crate::due::{Direction, Due};
use crate::light::{Light, Tally, Thresholds};
use crate::period::check_promise;

fn at(text: &str) -> Timestamp {
    text.parse::<Moment>()
        .expect("a date or an instant")
        .instant()
}

fn noon(day: &str) -> Timestamp {
    at(&format!("{day}T12:00:00+08:00"))
}

fn terms(length: Length) -> ClockTerms {
    ClockTerms {
        kind: "decide".to_owned(),
        role: Role::Statutory,
        basis: "行政许可法 第四十二条".to_owned(),
        length,
        start_event: "受理".to_owned(),
        rule: Rule::default(),
        pausable: PauseReason::LICENSING.to_vec(),
        extension_max: Some(Length {
            n: length.n / 2,
            unit: length.unit,
        }),
    }
}

fn clock(length: Length, start_at: Timestamp) -> Clock {
    Clock::start(IdSource::seeded(1).next(start_at), terms(length), start_at)
}

fn decide(start: &str) -> Clock {
    clock(Length::working_days(20), noon(start))
}

fn due_of(clock: &Clock) -> Due {
    clock
        .due(&Calendar::builtin())
        .expect("in range")
        .due()
        .expect("not standing still")
}

fn due_date(clock: &Clock) -> String {
    due_of(clock).date.to_string()
}

fn light(clock: &Clock, now: &str) -> Light {
    clock
        .light(&Calendar::builtin(), noon(now), &Thresholds::default())
        .expect("in range")
}

fn tally(clock: &Clock, now: &str) -> Tally {
    clock
        .tally(&Calendar::builtin(), noon(now))
        .expect("in range")
}

fn paused(mut clock: Clock, from: &str, to: Option<&str>) -> Clock {
    clock
        .pause(
            noon(from),
            PauseReason::ExpertReview,
            "云审评〔2025〕3号",
            Length::working_days(5),
        )
        .expect("may stand still");
    if let Some(to) = to {
        clock.resume(noon(to)).expect("stands still");
    }
    clock
}

fn extension(n: u32, when: &str) -> Extension {
    Extension {
        length: Length::working_days(n),
        approver: "局长 李明".to_owned(),
        reason: "需要实地核查".to_owned(),
        at: noon(when),
    }
}

/// 行政许可法 art. 32: nothing told by 2026-02-14, so accepted from the day of receipt.
#[test]
fn deemed_acceptance_starts_the_clock_in_the_past() {
    let correction = clock(Length::working_days(5), noon("2026-02-09"));
    assert_eq!(due_date(&correction), "2026-02-14");
    assert_eq!(due_of(&correction).at, at("2026-02-15"));
    assert_eq!(light(&correction, "2026-02-14"), Light::Near);
    assert_eq!(light(&correction, "2026-02-15"), Light::Over);
    assert_eq!(due_date(&decide("2026-02-09")), "2026-03-13");
}

/// 行政许可法 art. 45: expert review from 2025-09-17 to 2025-10-13, both not counted.
#[test]
fn a_stop_leaves_out_its_first_and_last_day() {
    let running = decide("2025-09-10");
    assert_eq!(due_date(&running), "2025-10-14");
    assert_eq!(tally(&running, "2025-09-16").used, 4);

    let held = paused(running.clone(), "2025-09-17", None);
    assert_eq!(held.due(&Calendar::builtin()), Ok(Deadline::Held));
    assert_eq!(light(&held, "2025-09-30"), Light::Held);
    assert_eq!(light(&held, "2025-09-16"), Light::Ok);
    assert_eq!(
        tally(&held, "2025-10-13"),
        Tally {
            used: 4,
            left: 16,
            total: 20,
            unit: Unit::WorkingDay
        }
    );

    let resumed = paused(running, "2025-09-17", Some("2025-10-13"));
    assert_eq!(due_date(&resumed), "2025-11-04");
    assert_eq!(tally(&resumed, "2025-10-13").used, 4);
    assert_eq!(tally(&resumed, "2025-10-14").used, 5);
    assert_eq!(tally(&resumed, "2025-11-04").left, 0);
    assert_eq!(light(&resumed, "2025-10-20"), Light::Ok);
}

#[test]
fn a_stop_within_one_day_leaves_that_day_out() {
    let clock = paused(decide("2025-09-10"), "2025-09-17", Some("2025-09-17"));
    assert_eq!(due_date(&clock), "2025-10-15");
    let again = paused(clock, "2025-09-17", Some("2025-09-18"));
    assert_eq!(due_date(&again), "2025-10-16");
}

/// 行政许可法 art. 42: 45 working days, 15 more with the approval of the head of government.
#[test]
fn joint_handling_with_its_extension() {
    let mut joint = clock(Length::working_days(45), noon("2026-01-15"));
    joint.terms.extension_max = Some(Length::working_days(15));
    assert_eq!(due_date(&joint), "2026-03-25");
    joint
        .extend(&Calendar::builtin(), extension(15, "2026-03-20"))
        .expect("allowed once");
    assert_eq!(due_date(&joint), "2026-04-16");
    assert_eq!(joint.length(), Length::working_days(60));
    assert_eq!(
        joint.extend(&Calendar::builtin(), extension(1, "2026-03-21")),
        Err(ClockError::AlreadyExtended)
    );
}

/// 政府信息公开条例 art. 33: 20 working days and at most 20 more; the third party's time is out.
#[test]
fn disclosure_with_extension_and_third_party() {
    let mut reply = decide("2024-06-07");
    reply.terms.pausable = vec![PauseReason::ThirdPartyOpinion];
    reply.terms.extension_max = Some(Length::working_days(20));
    assert_eq!(due_date(&reply), "2024-07-08");
    reply
        .extend(&Calendar::builtin(), extension(20, "2024-07-01"))
        .expect("allowed once");
    assert_eq!(due_date(&reply), "2024-08-05");
    reply
        .pause(
            noon("2024-07-02"),
            PauseReason::ThirdPartyOpinion,
            "征〔2024〕1号",
            Length::working_days(15),
        )
        .expect("may stand still");
    reply.resume(noon("2024-07-04")).expect("stands still");
    assert_eq!(due_date(&reply), "2024-08-08");
}

#[test]
fn refusals_leave_the_clock_as_it_was() {
    let calendar = Calendar::builtin();
    let expected = Length::working_days(5);
    let untouched = decide("2025-09-10");
    let refused = |change: &dyn Fn(&mut Clock) -> Result<(), ClockError>| {
        let mut clock = untouched.clone();
        let error = change(&mut clock).expect_err("refused");
        assert_eq!(clock, untouched);
        assert!(!error.to_string().is_ascii(), "{error}");
        error
    };
    let pause = |clock: &mut Clock, when: &str, reason, notice: &str| {
        clock.pause(noon(when), reason, notice, expected)
    };
    let review = PauseReason::ExpertReview;
    assert_eq!(
        refused(&|clock| pause(clock, "2025-09-12", PauseReason::ThirdPartyOpinion, "1号")),
        ClockError::ReasonNotAllowed(PauseReason::ThirdPartyOpinion)
    );
    assert_eq!(
        refused(&|clock| pause(clock, "2025-09-12", review, " ")),
        ClockError::NoticeMissing
    );
    assert_eq!(
        refused(&|clock| pause(clock, "2025-09-09", review, "1号")),
        ClockError::OutOfOrder
    );
    assert_eq!(
        refused(&|clock| clock.resume(noon("2025-09-12"))),
        ClockError::NotPaused
    );
    assert_eq!(
        refused(&|clock| clock.close(&calendar, noon("2025-09-09"))),
        ClockError::OutOfOrder
    );
    let extend = |clock: &mut Clock, extension| clock.extend(&calendar, extension);
    assert_eq!(
        refused(&|clock| extend(clock, extension(11, "2025-09-12"))),
        ClockError::ExtensionTooLong(Length::working_days(10))
    );
    assert_eq!(
        refused(&|clock| extend(clock, extension(0, "2025-09-12"))),
        ClockError::ExtensionEmpty
    );
    let in_days = Extension {
        length: Length::days(5),
        ..extension(5, "2025-09-12")
    };
    assert_eq!(
        refused(&|clock| extend(clock, in_days.clone())),
        ClockError::ExtensionUnit
    );
    let unsigned = Extension {
        approver: String::new(),
        ..extension(5, "2025-09-12")
    };
    assert_eq!(
        refused(&|clock| extend(clock, unsigned.clone())),
        ClockError::ApprovalMissing
    );
    assert_eq!(
        refused(&|clock| extend(clock, extension(5, "2025-10-15"))),
        ClockError::ExtensionLate
    );

    let mut fixed = untouched.clone();
    fixed.terms.extension_max = None;
    assert_eq!(
        fixed.extend(&calendar, extension(5, "2025-09-12")),
        Err(ClockError::NotExtendable)
    );
    let mut held = paused(untouched.clone(), "2025-09-17", None);
    assert_eq!(
        pause(&mut held, "2025-09-18", review, "2号"),
        Err(ClockError::AlreadyPaused)
    );
    assert_eq!(held.resume(noon("2025-09-16")), Err(ClockError::OutOfOrder));
    held.close(&calendar, noon("2025-09-20")).expect("open");
    assert_eq!(held.resume(noon("2025-09-21")), Err(ClockError::Closed));
    assert_eq!(
        held.close(&calendar, noon("2025-09-21")),
        Err(ClockError::Closed)
    );
    assert_eq!(light(&held, "2026-09-21"), Light::Closed);
}

#[test]
fn closing_late_is_seen_from_the_first_instant() {
    let calendar = Calendar::builtin();
    let late = |when: &str| {
        let mut clock = decide("2025-09-10");
        clock.close(&calendar, at(when)).expect("open");
        clock.closed_late(&calendar).expect("in range")
    };
    assert_eq!(late("2025-10-14T23:59:59+08:00"), Some(false));
    assert_eq!(late("2025-10-15T00:00:00+08:00"), Some(true));
    assert_eq!(decide("2025-09-10").closed_late(&calendar), Ok(None));
    let mut clock = decide("2025-09-10");
    clock.close(&calendar, noon("2025-09-16")).expect("open");
    assert_eq!(tally(&clock, "2026-01-01").used, 4);
}

#[test]
fn the_light_turns_at_a_third() {
    let clock = decide("2025-09-10");
    // 20 working days: near when 6 are left, so with the 14th counted day.
    assert_eq!(tally(&clock, "2025-09-28").left, 7);
    assert_eq!(light(&clock, "2025-09-28"), Light::Ok);
    assert_eq!(tally(&clock, "2025-09-29").left, 6);
    assert_eq!(light(&clock, "2025-09-29"), Light::Near);
    assert_eq!(light(&clock, "2025-10-14"), Light::Near);
    assert_eq!(light(&clock, "2025-10-15"), Light::Over);
    let turns = clock
        .turns(&Calendar::builtin(), &Thresholds::default())
        .expect("in range");
    assert_eq!(turns.near_at, Some(at("2025-09-29")));
    assert_eq!(turns.over_at, Some(at("2025-10-15")));

    let at_once = decide("2025-09-10");
    let at_once = Clock {
        terms: terms(Length::working_days(0)),
        ..at_once
    };
    assert_eq!(light(&at_once, "2025-09-10"), Light::Near);
    assert_eq!(light(&at_once, "2025-09-11"), Light::Over);
    let words: Vec<String> = [Light::Ok, Light::Near, Light::Over, Light::Held]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(words, ["充裕", "快到期", "超期", "停止计时"]);
}

#[test]
fn thresholds_may_be_stricter() {
    let clock = decide("2025-09-10");
    let calendar = Calendar::builtin();
    let fifth = Thresholds {
        near_share: (1, 5),
        near_units: 1,
    };
    let turns = clock.turns(&calendar, &fifth).expect("in range");
    // Four of twenty left: with the 16th counted day.
    assert_eq!(turns.near_at, Some(at("2025-10-09")));
    let units = Thresholds {
        near_share: (0, 1),
        near_units: 100,
    };
    assert_eq!(
        clock.turns(&calendar, &units).expect("in range").near_at,
        Some(clock.start_at)
    );
    let broken = Thresholds {
        near_share: (1, 0),
        near_units: 0,
    };
    assert!(clock.turns(&calendar, &broken).is_ok());
}

/// 12345: first answer within 30 minutes, at any hour of any day.
#[test]
fn minutes_run_through_the_night() {
    let start = at("2021-06-30T23:50:10+08:00");
    let answer = clock(Length::new(30, Unit::Minute), start);
    let due = due_of(&answer);
    assert_eq!(due.at, at("2021-07-01T00:20:10+08:00"));
    let calendar = Calendar::builtin();
    let turns = answer
        .turns(&calendar, &Thresholds::default())
        .expect("in range");
    assert_eq!(turns.near_at, Some(at("2021-07-01T00:10:10+08:00")));
    let tally = answer
        .tally(&calendar, at("2021-07-01T00:00:00+08:00"))
        .expect("in range");
    assert_eq!((tally.used, tally.left), (9, 21));
    let lines = answer.derivation(&calendar, due.date).expect("in range");
    assert_eq!(
        kinds(&lines),
        [LineKind::Counted { n: 9 }, LineKind::Due { n: 30 }]
    );
}

fn kinds(lines: &[DayLine]) -> Vec<LineKind> {
    lines.iter().map(|line| line.kind.clone()).collect()
}

fn rest(name: &str) -> LineKind {
    LineKind::Rest {
        name: name.to_owned(),
    }
}

#[test]
fn the_derivation_explains_every_working_day() {
    let calendar = Calendar::builtin();
    let clock = clock(Length::working_days(6), noon("2026-02-09"));
    let lines = clock
        .derivation(&calendar, date(2026, 2, 9))
        .expect("in range");
    assert_eq!(lines.len(), 16);
    assert_eq!(lines[0].kind, LineKind::Zero);
    assert_eq!(lines[5].kind, LineKind::Counted { n: 5 });
    assert_eq!(lines[5].note.as_deref(), Some("春节调休上班"));
    assert_eq!(lines[6].kind, rest("春节"));
    assert_eq!(lines[15].kind, LineKind::Due { n: 6 });
    assert_eq!(lines[0].to_string(), "起算日，当日不计");
    assert_eq!(lines[5].to_string(), "已计 5（春节调休上班）");
    assert_eq!(lines[15].to_string(), "已计 6，当日到期");
    assert_eq!(lines[15].date, due_of(&clock).date);
}

#[test]
fn the_derivation_shows_stops_and_rolls() {
    let calendar = Calendar::builtin();
    let review = LineKind::Held {
        reason: PauseReason::ExpertReview,
    };
    let held = paused(
        clock(Length::working_days(3), noon("2025-09-10")),
        "2025-09-12",
        None,
    );
    let lines = held
        .derivation(&calendar, date(2025, 9, 14))
        .expect("in range");
    assert_eq!(
        kinds(&lines),
        [
            LineKind::Zero,
            LineKind::Counted { n: 1 },
            review.clone(),
            review.clone(),
            review.clone()
        ]
    );
    assert_eq!(lines[2].to_string(), "专家评审，停止计时");

    let days = paused(
        clock(Length::days(3), noon("2025-09-24")),
        "2025-09-26",
        Some("2025-09-26"),
    );
    let lines = days
        .derivation(&calendar, date(2025, 9, 24))
        .expect("in range");
    let moved = |name: &str| LineKind::Moved {
        name: name.to_owned(),
    };
    assert_eq!(
        kinds(&lines),
        [
            LineKind::Zero,
            LineKind::Counted { n: 1 },
            review,
            LineKind::Counted { n: 2 },
            LineKind::Due { n: 3 },
        ],
        "Sunday 2025-09-28 is worked"
    );
    let rolled = clock(Length::days(3), noon("2025-09-28"));
    let lines = rolled
        .derivation(&calendar, date(2025, 9, 28))
        .expect("in range");
    assert_eq!(lines[3].kind, moved("国庆节、中秋节"));
    assert_eq!(lines.last().map(|line| line.date), Some(date(2025, 10, 9)));
    assert_eq!(
        lines.last().map(|line| line.kind.clone()),
        Some(LineKind::Due { n: 3 })
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.kind == moved("国庆节、中秋节"))
            .count(),
        8
    );
}

#[test]
fn unpublished_years_are_marked_day_by_day() {
    let calendar = Calendar::builtin();
    let clock = clock(Length::working_days(4), noon("2026-12-29"));
    assert_eq!(clock.is_provisional(&calendar), Ok(true));
    let lines = clock
        .derivation(&calendar, date(2026, 12, 29))
        .expect("in range");
    assert!(!lines[2].provisional && lines[3].provisional);
    assert!(
        lines[3]
            .to_string()
            .ends_with("（该年放假安排未公布，暂定）")
    );
}

#[test]
fn a_backward_limit_shows_its_date_alone() {
    let mut notice = clock(Length::working_days(7), noon("2025-10-10"));
    notice.terms.rule = Rule::counting(Direction::Before);
    let calendar = Calendar::builtin();
    let lines = notice
        .derivation(&calendar, date(2025, 10, 10))
        .expect("in range");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].date, date(2025, 9, 24));
    assert_eq!(light(&notice, "2025-09-24"), Light::Ok);
    assert_eq!(light(&notice, "2025-09-25"), Light::Over);
}

/// A notice published late moves what is open and tells both dates.
#[test]
fn a_new_calendar_moves_the_end() {
    let old = Calendar::builtin();
    let notice = "date,name,day_type,announced_for_year\n2027-01-01,元旦,off,2027\n";
    let new = old.updated_by(&Calendar::from_csv(notice.as_bytes()).expect("good rows"));
    let touched = clock(Length::working_days(4), noon("2026-12-29"));
    let moved = recompute(&touched, &old, &new).expect("in range");
    assert!(moved.changed());
    let date_of = |deadline: Deadline| deadline.due().expect("running");
    assert_eq!(date_of(moved.old).date, date(2027, 1, 4));
    assert!(date_of(moved.old).provisional);
    assert_eq!(date_of(moved.new).date, date(2027, 1, 5));
    assert!(!date_of(moved.new).provisional);
    let untouched = decide("2025-09-10");
    assert!(
        !recompute(&untouched, &old, &new)
            .expect("in range")
            .changed()
    );
}

/// What is over stays as it was judged, with the days of its calendar, though a later one gives another end.
#[test]
fn a_closed_clock_keeps_the_end_it_was_judged_by() {
    let old = Calendar::builtin();
    // A notice that reaches back: two days of the period are off after all.
    let table = old
        .rows()
        .iter()
        .filter(|row| row.announced_for_year == 2025)
        .map(|row| {
            let kind = match row.kind {
                ArrangementKind::Off => "off",
                ArrangementKind::MakeupWorkday => "makeup_workday",
            };
            format!("{},{},{kind},2025\n", row.date, row.name)
        })
        .chain(["2025-09-11,台风,off,2025\n2025-09-12,台风,off,2025\n".to_owned()])
        .collect::<String>();
    let table = format!("date,name,day_type,announced_for_year\n{table}");
    let notice = Calendar::from_csv(table.as_bytes()).expect("good rows");
    let new = old.updated_by(&notice);

    let open = decide("2025-09-10");
    let mut over = open.clone();
    over.close(&old, noon("2025-10-14")).expect("open");
    let due = |clock: &Clock, calendar: &Calendar| {
        let deadline = clock.due(calendar).expect("in range");
        deadline.due().expect("running").date
    };
    assert_eq!(due(&open, &new), date(2025, 10, 16), "an open one moves");
    assert_eq!(due(&over, &new), date(2025, 10, 14));
    assert_eq!(over.closed_late(&new), Ok(Some(false)));
    assert_eq!(over.judged_rightly(&new), Some(true));
    let lines = over.derivation(&new, date(2025, 10, 14)).expect("in range");
    assert_eq!(
        lines,
        over.derivation(&old, date(2025, 10, 14)).expect("in range")
    );
    assert_eq!(
        lines.last().map(|line| &line.kind),
        Some(&LineKind::Due { n: 20 })
    );
    let now = noon("2026-01-05");
    assert_eq!(over.tally(&new, now), over.tally(&old, now));
    assert_eq!(over.calendar(&new), &old);

    // Where its calendar is not known any more, the end stays.
    assert_eq!(due(&over, &notice), date(2025, 10, 14));
    assert_eq!(over.judged_rightly(&notice), None);

    // Judged by an end its calendar does not give.
    let mut wrong = over.clone();
    if let Some(judged) = &mut wrong.judged {
        judged.due_at = Some(at("2025-10-17T00:00:00+08:00"));
    }
    assert_eq!(wrong.judged_rightly(&new), Some(false));

    // From before ends were kept: as the calendar in force counts.
    over.judged = None;
    assert_eq!(due(&over, &new), date(2025, 10, 16));
    assert_eq!(over.judged_rightly(&new), None);

    let mut held = paused(open, "2025-09-17", None);
    held.close(&old, noon("2025-09-20")).expect("open");
    assert_eq!(held.due(&new), Ok(Deadline::Held));

    let mut exact = clock(
        Length::new(30, Unit::Minute),
        at("2025-09-10T23:50:10+08:00"),
    );
    exact
        .close(&old, at("2025-09-11T00:10:00+08:00"))
        .expect("open");
    assert_eq!(due(&exact, &new), date(2025, 9, 11));
}

#[test]
fn a_clock_travels_as_json() {
    let mut clock = paused(decide("2025-09-10"), "2025-09-17", Some("2025-10-13"));
    clock
        .extend(&Calendar::builtin(), extension(10, "2025-10-20"))
        .expect("allowed once");
    clock
        .close(&Calendar::builtin(), noon("2025-10-30"))
        .expect("open");
    let json = serde_json::to_string(&clock).expect("serializes");
    assert!(
        json.contains(r#""length":{"n":20,"unit":"working_day"}"#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Clock>(&json).expect("reads"), clock);
    let lines = clock
        .derivation(&Calendar::builtin(), date(2025, 9, 10))
        .expect("in range");
    let json = serde_json::to_string(&lines).expect("serializes");
    assert_eq!(
        serde_json::from_str::<Vec<DayLine>>(&json).expect("reads"),
        lines
    );
}

#[test]
fn promises_are_never_longer_than_the_law() {
    assert!(check_promise(Length::working_days(21), Length::working_days(20)).is_err());
    assert_eq!(
        Length::working_days(5).compare(Length::working_days(20)),
        Some(Ordering::Less)
    );
}

fn any_length() -> impl Strategy<Value = Length> {
    (0_u32..60, 0_usize..6).prop_map(|(n, unit)| {
        let unit = Unit::ALL[unit];
        let n = if matches!(unit, Unit::Month | Unit::Year) {
            n % 14
        } else {
            n
        };
        Length { n, unit }
    })
}

proptest! {
    /// The light agrees with the tally, the instants it turns at, and the last line.
    #[test]
    fn light_tally_turns_and_derivation_agree(
        length in any_length(),
        start in 1_514_764_800_i64..1_780_000_000,
        stop in proptest::option::of((0_i64..2_000_000, 0_i64..3_000_000, any::<bool>())),
        look in -1_000_000_i64..8_000_000,
    ) {
        let calendar = Calendar::builtin();
        let instant = |seconds: i64| Timestamp::from_second(seconds).expect("this century");
        let mut clock = clock(length, instant(start));
        if let Some((after, lasting, ended)) = stop {
            clock
                .pause(instant(start + after), PauseReason::Testing, "1号", Length::days(1))
                .expect("may stand still");
            if ended {
                clock.resume(instant(start + after + lasting)).expect("stands still");
            }
        }
        let now = instant(start + look);
        let thresholds = Thresholds::default();
        let turns = clock.turns(&calendar, &thresholds).expect("in range");
        let tally = clock.tally(&calendar, now).expect("in range");
        let light = clock.light(&calendar, now, &thresholds).expect("in range");
        prop_assert_eq!(tally.used + tally.left, tally.total);
        match clock.due(&calendar).expect("in range") {
            Deadline::On(due) => {
                prop_assert_eq!(turns.over_at, Some(due.at));
                prop_assert!(turns.near_at.expect("comes before the end") <= due.at);
                prop_assert_eq!(light == Light::Over, now >= due.at);
                if now >= due.at {
                    prop_assert_eq!(tally.left, 0);
                }
                if !length.unit.is_exact() && light == Light::Ok && now >= clock.start_at {
                    prop_assert!(tally.left * 3 > tally.total);
                }
                let lines = clock.derivation(&calendar, due.date).expect("in range");
                let last = lines.last().expect("at least the start day");
                prop_assert_eq!(last.date, due.date);
                let counted = if length.unit.is_exact() { length.n } else { tally.total };
                prop_assert_eq!(&last.kind, &LineKind::Due { n: counted });
            }
            Deadline::Held => {
                prop_assert_eq!(turns.over_at, None);
                prop_assert!(light != Light::Over);
                let lines = clock.derivation(&calendar, civil_date(now)).expect("in range");
                let shows_due = lines.iter().any(|line| matches!(line.kind, LineKind::Due { .. }));
                prop_assert!(!shows_due);
            }
        }
    }
}
