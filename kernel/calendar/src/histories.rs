//! Random histories of a clock against a counter that walks the days one by one and shares no code with the ledger: it
//! reads the notices itself, knows the day of the week from the date alone, and never computes ahead.

use std::collections::BTreeMap;

use base::IdSource;
use base::ids::ClockId;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};

use crate::{
    Arrangement, ArrangementKind, Calendar, Clock, ClockError, ClockTerms, Deadline, Extension,
    Length, PauseReason, Role, Rule, Unit, civil_date, start_of_day,
};

/// How many lives of a clock are told.
const HISTORIES: u64 = 100_000;

/// `SplitMix64`: the same numbers for the same seed, for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> i64 {
        (self.roll() % n) as i64
    }
}

/// The counter's own idea of a year: which days are off, which are made up for.
struct Wall(BTreeMap<Date, bool>);

impl Wall {
    fn of(rows: &[Arrangement]) -> Wall {
        let mut rows: Vec<&Arrangement> = rows.iter().collect();
        rows.sort_by_key(|row| row.announced_for_year);
        Wall(
            rows.into_iter()
                .map(|row| (row.date, row.kind == ArrangementKind::MakeupWorkday))
                .collect(),
        )
    }

    fn works(&self, day: Date) -> bool {
        match self.0.get(&day) {
            Some(worked) => *worked,
            None => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }
}

/// What happened to a clock, as the counter remembers it: plain days.
struct Diary {
    unit: Unit,
    start: Date,
    wanted: u32,
    /// First and last day out of the count; no last one while it goes on.
    out: Vec<(Date, Option<Date>)>,
}

impl Diary {
    /// The last day of the limit, by walking; nothing while somebody has to come back first.
    fn due(&self, wall: &Wall) -> Option<Date> {
        let mut day = self.start;
        let mut counted = 0;
        while counted < self.wanted {
            day = day.tomorrow().expect("the walk is short");
            let mut is_out = false;
            for (first, last) in &self.out {
                match last {
                    None if day >= *first => return None,
                    Some(last) if day >= *first && day <= *last => is_out = true,
                    _ => {}
                }
            }
            if is_out {
                continue;
            }
            if self.unit == Unit::Day || wall.works(day) {
                counted += 1;
            }
        }
        while self.unit == Unit::Day && !wall.works(day) {
            day = day.tomorrow().expect("the walk is short");
        }
        Some(day)
    }
}

/// Notices of one year with a few days changed: a holiday moved, a weekend worked.
fn changed(calendar: &Calendar, year: i16, dice: &mut Dice) -> Calendar {
    let mut rows: Vec<Arrangement> = calendar
        .rows()
        .iter()
        .filter(|row| row.announced_for_year == year)
        .cloned()
        .collect();
    for _ in 0..=dice.below(3) {
        let first = Date::new(year, 1, 1).expect("a date");
        let date = first + dice.below(365).days();
        rows.retain(|row| row.date != date);
        let worked =
            dice.below(3) == 0 && matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        rows.push(Arrangement {
            date,
            name: "临时调整".to_owned(),
            kind: if worked {
                ArrangementKind::MakeupWorkday
            } else {
                ArrangementKind::Off
            },
            announced_for_year: year,
        });
    }
    let newer = Calendar::from_rows(rows).expect("rows of one year");
    calendar.updated_by(&newer)
}

fn at(day: Date, dice: &mut Dice) -> Timestamp {
    start_of_day(day) + jiff::SignedDuration::from_secs(dice.below(24 * 3600))
}

fn terms(length: Length, extension_max: u32) -> ClockTerms {
    ClockTerms {
        kind: "statutory".to_owned(),
        role: Role::Statutory,
        basis: "《行政许可法》第四十二条".to_owned(),
        length,
        start_event: "受理".to_owned(),
        rule: Rule::default(),
        pausable: PauseReason::LICENSING.to_vec(),
        extension_max: Some(Length::new(extension_max, length.unit)),
    }
}

/// 一次性告知: five working days from the receipt of the materials (行政许可法第三十二条第一款第四项).
fn notice() -> ClockTerms {
    ClockTerms {
        kind: "one_time_correction".to_owned(),
        role: Role::Step,
        basis: "《行政许可法》第三十二条第一款第四项".to_owned(),
        length: Length::working_days(5),
        start_event: "收到申请材料".to_owned(),
        rule: Rule::default(),
        pausable: Vec::new(),
        extension_max: None,
    }
}

/// What the acts of a life were, and how often each happened.
#[derive(Clone, Copy, Debug)]
enum Act {
    Pause,
    Resume,
    Extend,
    Reload,
    /// 补正: told once, handed in later; the five days begin anew with what was handed in.
    Correct,
    /// 移送: before acceptance to the body that is competent, where everything begins with the receipt there; after it
    /// from one office to another, which stops and restarts nothing.
    Transfer,
    /// 逾期不告知: accepted from the day the materials were received.
    Deem,
}

const ACTS: usize = 7;

/// Before acceptance: from the first receipt to the instant from which the deciding clock counts.
///
/// Both sides work out when the five days of every receipt are over; silence beyond that is acceptance, dated back to
/// the receipt at the body that was silent.
fn receive(
    story: u64,
    dice: &mut Dice,
    first: Date,
    calendars: &[(Calendar, Wall)],
    in_force: &mut usize,
    seen: &mut [u64; ACTS],
) -> (Timestamp, Timestamp) {
    let ids = IdSource::seeded(story);
    let mut received = at(first, dice);
    let (mut corrected, mut transfers) = (false, 0);
    loop {
        let day = civil_date(received);
        let mut clock = Clock::start(ids.next::<ClockId>(received), notice(), received);
        let diary = Diary {
            unit: Unit::WorkingDay,
            start: day,
            wanted: 5,
            out: Vec::new(),
        };
        if dice.below(4) == 0 {
            *in_force = dice.below(calendars.len() as u64) as usize;
            seen[Act::Reload as usize] += 1;
        }
        let (calendar, wall) = &calendars[*in_force];
        agree(&clock, calendar, &diary, wall, story);
        let last = diary.due(wall).expect("nothing stops the five days");
        let today = day + dice.below(12).days();
        let acted = at(today, dice).max(received);
        if today > last {
            // The ledger says so too, to the instant.
            let Deadline::On(due) = clock.due(calendar).expect("the years are published") else {
                panic!("history {story}: nothing stops the five days");
            };
            assert!(due.at <= acted, "history {story}");
            seen[Act::Deem as usize] += 1;
            return (received, due.at.max(acted));
        }
        clock.close(calendar, acted).expect("it is open");
        assert_eq!(
            clock.closed_late(calendar),
            Ok(Some(false)),
            "history {story}"
        );
        match dice.below(3) {
            0 if !corrected => {
                corrected = true;
                seen[Act::Correct as usize] += 1;
            }
            1 if transfers < 2 => {
                // The competent body may ask once for itself.
                corrected = false;
                transfers += 1;
                seen[Act::Transfer as usize] += 1;
            }
            _ => return (acted, acted),
        }
        received = at(today + dice.below(15).days(), dice).max(acted);
    }
}

/// The clock as the other office has it: its ledger travels, the due date does not.
fn handed_over(clock: &Clock) -> Clock {
    let message = serde_json::to_string(clock).expect("a clock is plain data");
    serde_json::from_str(&message).expect("what was sent")
}

fn agree(clock: &Clock, calendar: &Calendar, diary: &Diary, wall: &Wall, story: u64) {
    let ledger = match clock.due(calendar).expect("the years are published") {
        Deadline::On(due) => Some(due.date),
        Deadline::Held => None,
    };
    assert_eq!(ledger, diary.due(wall), "history {story}: {clock:?}");
}

/// One life: received, corrected, sent on, accepted or deemed to be (then back-dated), stopped, let go, extended, with
/// the notices of the year changing in the middle; the two are compared after every act. How often each act happened
/// comes back.
fn tell(story: u64, calendars: &[(Calendar, Wall)]) -> [u64; ACTS] {
    let mut dice = Dice(story);
    let mut seen = [0; ACTS];
    let unit = if dice.below(3) == 0 {
        Unit::Day
    } else {
        Unit::WorkingDay
    };
    let (length, more) = match dice.below(4) {
        0 => (45, 15),
        1 => (5, 5),
        2 => (dice.below(60) as u32 + 1, 10),
        _ => (20, 10),
    };
    let first = Date::new(2021, 3, 1).expect("a date") + dice.below(1450).days();
    let mut in_force = 0;
    let (from, mut now) = receive(story, &mut dice, first, calendars, &mut in_force, &mut seen);
    let mut clock = Clock::start(
        IdSource::seeded(story).next::<ClockId>(from),
        terms(Length::new(length, unit), more),
        from,
    );
    let mut diary = Diary {
        unit,
        start: civil_date(from),
        wanted: length,
        out: Vec::new(),
    };
    let mut today = civil_date(now);
    {
        let (calendar, wall) = &calendars[in_force];
        agree(&clock, calendar, &diary, wall, story);
    }
    for _ in 0..=dice.below(10) {
        // Several acts may fall on one day; never before the last one.
        today += dice.below(12).days();
        now = at(today, &mut dice).max(now);
        today = civil_date(now);
        match dice.below(5) {
            0 => {
                let stopped = clock.pause(
                    now,
                    PauseReason::ExpertReview,
                    "特〔2025〕1号",
                    Length::working_days(5),
                );
                let stands = diary.out.iter().any(|(_, last)| last.is_none());
                assert_eq!(stopped.is_err(), stands, "history {story}");
                if stopped.is_ok() {
                    diary.out.push((today, None));
                    seen[Act::Pause as usize] += 1;
                }
            }
            1 => {
                let resumed = clock.resume(now);
                let open = diary.out.iter_mut().find(|(_, last)| last.is_none());
                assert_eq!(resumed.is_ok(), open.is_some(), "history {story}");
                if let Some((_, last)) = open {
                    *last = Some(today);
                    seen[Act::Resume as usize] += 1;
                }
            }
            2 => {
                let (calendar, wall) = &calendars[in_force];
                let over = diary.due(wall).is_some_and(|due| today > due);
                let twice = !clock.extensions.is_empty();
                let extended = clock.extend(
                    calendar,
                    Extension {
                        length: Length::new(more, unit),
                        approver: "局长".to_owned(),
                        reason: "案情复杂".to_owned(),
                        at: now,
                    },
                );
                match extended {
                    Ok(()) => {
                        assert!(!over && !twice, "history {story}");
                        diary.wanted += more;
                        seen[Act::Extend as usize] += 1;
                    }
                    Err(ClockError::AlreadyExtended) => assert!(twice, "history {story}"),
                    Err(ClockError::ExtensionLate) => assert!(over, "history {story}"),
                    Err(other) => panic!("history {story}: {other}"),
                }
            }
            3 => {
                clock = handed_over(&clock);
                seen[Act::Transfer as usize] += 1;
            }
            _ => {
                in_force = dice.below(calendars.len() as u64) as usize;
                seen[Act::Reload as usize] += 1;
            }
        }
        let (calendar, wall) = &calendars[in_force];
        agree(&clock, calendar, &diary, wall, story);
    }
    seen
}

#[test]
fn the_ledger_counts_as_a_person_with_a_wall_calendar_does() {
    let builtin = Calendar::builtin();
    let mut dice = Dice(2026);
    let mut calendars = vec![builtin.clone()];
    for n in 0..24 {
        let year = 2021 + (n % 6);
        let last = calendars.last().expect("one is there").clone();
        calendars.push(changed(&last, year, &mut dice));
    }
    let calendars: Vec<(Calendar, Wall)> = calendars
        .into_iter()
        .map(|calendar| {
            let wall = Wall::of(calendar.rows());
            (calendar, wall)
        })
        .collect();
    let mut seen = [0; ACTS];
    for story in 0..HISTORIES {
        let told = tell(story, &calendars);
        for (all, one) in seen.iter_mut().zip(told) {
            *all += one;
        }
    }
    // Every kind of act happened often enough to mean something.
    assert!(seen.iter().all(|&n| n > HISTORIES / 4), "{seen:?}");
}
