//! Office time: the working minutes of the city counted on one line, so that "four hours later" skips lunch,
//! nights, weekends and holidays.

use calendar::Calendar;
use jiff::{Timestamp, ToSpan as _, civil::Date};

/// Minutes of a working day: 9:00–12:00 and 13:00–17:00.
pub(crate) const DAY: i64 = 420;
const MORNING: i64 = 180;
const OPENS: i64 = 9 * 60;
const NOON: i64 = 12 * 60;
const AFTERNOON: i64 = 13 * 60;
const MS_PER_MINUTE: i64 = 60_000;

/// The working days from well before the year to well after it.
pub(crate) struct Office {
    /// Midnight at the start of each working day, UTC milliseconds, rising.
    days: Vec<i64>,
}

impl Office {
    /// The days from `first` to `last`.
    pub(crate) fn new(calendar: &Calendar, first: Date, last: Date) -> anyhow::Result<Office> {
        let mut days = Vec::new();
        let mut day = first;
        while day <= last {
            if calendar.is_working_day(day)? {
                days.push(calendar::start_of_day(day).as_millisecond());
            }
            day = day.checked_add(1.day())?;
        }
        anyhow::ensure!(days.len() > 2, "no working day between {first} and {last}");
        Ok(Office { days })
    }

    /// Working minutes from the start of the line to an instant; outside office hours those until it opens next.
    pub(crate) fn minutes(&self, at: i64) -> i64 {
        let index = self.days.partition_point(|day| *day <= at);
        let Some(before) = index.checked_sub(1) else {
            return 0;
        };
        let within = (at - self.days[before]) / MS_PER_MINUTE;
        let worked = if within <= OPENS {
            0
        } else if within <= NOON {
            within - OPENS
        } else if within <= AFTERNOON {
            MORNING
        } else {
            (within - AFTERNOON + MORNING).min(DAY)
        };
        before as i64 * DAY + worked
    }

    /// The instant of a working minute. Minutes outside the line are the nearest on it.
    pub(crate) fn at(&self, minutes: i64) -> i64 {
        let last = self.days.len() as i64 * DAY - 1;
        let minutes = minutes.clamp(0, last);
        let within = minutes % DAY;
        let of_day = if within < MORNING {
            OPENS + within
        } else {
            AFTERNOON + within - MORNING
        };
        self.days[(minutes / DAY) as usize] + of_day * MS_PER_MINUTE
    }

    /// Whether the day of an instant is worked.
    pub(crate) fn is_working(&self, at: i64) -> bool {
        let index = self.days.partition_point(|day| *day <= at);
        index > 0 && at - self.days[index - 1] < 24 * 60 * MS_PER_MINUTE
    }
}

/// The last working minute of the day a working minute is in.
pub(crate) fn end_of_day(minutes: i64) -> i64 {
    minutes / DAY * DAY + DAY - 1
}

/// An instant from UTC milliseconds.
pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("the city's instants lie within a few years of today")
}

#[cfg(test)]
mod tests {
    use calendar::Calendar;
    use jiff::civil::date;

    use super::{DAY, Office, end_of_day};

    fn office() -> Office {
        Office::new(&Calendar::builtin(), date(2026, 9, 21), date(2026, 10, 31))
            .expect("a line of days")
    }

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>()
            .expect("an instant")
            .as_millisecond()
    }

    #[test]
    fn minutes_and_instants_agree() {
        let office = office();
        for minutes in [0, 1, 179, 180, 181, 419, 420, 421, 2000, 4199] {
            assert_eq!(office.minutes(office.at(minutes)), minutes);
        }
    }

    #[test]
    fn lunch_nights_and_holidays_are_skipped() {
        let office = office();
        // 11:50 and ten minutes of work: 13:00.
        let before_lunch = office.minutes(ms("2026-09-21T03:50:00Z"));
        assert_eq!(office.at(before_lunch + 10), ms("2026-09-21T05:00:00Z"));
        // A Saturday evening waits for the next working morning.
        let saturday = ms("2026-09-26T12:00:00Z");
        assert!(!office.is_working(saturday));
        let opened = office.at(office.minutes(saturday) + 1);
        assert!(opened > saturday);
        // National Day: 30 September and the first working day after are neighbours.
        let eve = office.minutes(ms("2026-09-30T08:59:00Z"));
        let next = office.at(eve + DAY);
        assert!(next >= ms("2026-10-08T00:00:00Z"), "{next}");
        assert_eq!(end_of_day(eve) / DAY, eve / DAY);
    }
}
