//! Days, weeks, months, quarters and years, in China's time.

use calendar::start_of_day;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

/// What figures are shown for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Day,
    Week,
    #[default]
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub const ALL: [Grain; 5] = [
        Grain::Day,
        Grain::Week,
        Grain::Month,
        Grain::Quarter,
        Grain::Year,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::Year => "year",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Grain::Day => "日",
            Grain::Week => "周",
            Grain::Month => "月",
            Grain::Quarter => "季度",
            Grain::Year => "年",
        }
    }
}

/// Days from `from` until before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Date,
    pub to: Date,
}

impl Span {
    /// The single day.
    pub fn day(day: Date) -> Span {
        Span {
            from: day,
            to: next(day),
        }
    }

    /// Instants: from, until before.
    pub fn instants(self) -> (Timestamp, Timestamp) {
        (start_of_day(self.from), start_of_day(self.to))
    }

    /// The last day.
    pub fn last(self) -> Date {
        self.to.yesterday().unwrap_or(self.to)
    }

    pub fn days(self) -> i32 {
        (self.to - self.from).get_days()
    }

    /// Every day of it.
    pub fn each(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.from), |day| Some(next(*day)))
            .take_while(move |day| *day < self.to)
    }

    /// The keys of the rows that together make it: as many whole months as there are, days for the rest. Each pair is
    /// a range of keys, the second excluded.
    pub(crate) fn keys(self) -> Vec<(String, String)> {
        if self.from >= self.to {
            return Vec::new();
        }
        let first = if self.from.day() == 1 {
            self.from
        } else {
            month_after(self.from)
        };
        let last = self.to.first_of_month();
        if first >= last {
            return vec![(day_key(self.from), day_key(self.to))];
        }
        let mut keys = vec![(month_key(first), month_key(last))];
        if self.from < first {
            keys.push((day_key(self.from), day_key(first)));
        }
        if last < self.to {
            keys.push((day_key(last), day_key(self.to)));
        }
        keys
    }
}

/// A period and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub grain: Grain,
    pub span: Span,
}

impl Period {
    /// The period that holds a day.
    pub fn of(grain: Grain, day: Date) -> Period {
        let from = match grain {
            Grain::Day => day,
            Grain::Week => {
                let since_monday = i32::from(day.weekday().to_monday_zero_offset());
                day.saturating_sub(since_monday.days())
            }
            Grain::Month => day.first_of_month(),
            Grain::Quarter => date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1),
            Grain::Year => date(day.year(), 1, 1),
        };
        let to = match grain {
            Grain::Day => next(from),
            Grain::Week => from.saturating_add(7.days()),
            Grain::Month => month_after(from),
            Grain::Quarter => from.saturating_add(3.months()),
            Grain::Year => from.saturating_add(1.year()),
        };
        Period {
            grain,
            span: Span { from, to },
        }
    }

    #[must_use]
    pub fn before(self) -> Period {
        let day = self.span.from.yesterday().unwrap_or(self.span.from);
        Period::of(self.grain, day)
    }

    #[must_use]
    pub fn after(self) -> Period {
        Period::of(self.grain, self.span.to)
    }

    /// As much of the period before as has passed of this one on `today`: what is compared with.
    pub fn compared(self, today: Date) -> Span {
        let before = self.before().span;
        if today >= self.span.to {
            return before;
        }
        let passed = (today - self.span.from).get_days().max(0) + 1;
        Span {
            from: before.from,
            to: before.from.saturating_add(passed.days()).min(before.to),
        }
    }

    /// 2026年5月, 2026年第2季度, 2026年5月18日—24日.
    pub fn name(self) -> String {
        let (from, last) = (self.span.from, self.span.last());
        match self.grain {
            Grain::Day => ui::format::date(ui::Lang::Zh, from),
            Grain::Week => ui::format::span(ui::Lang::Zh, from, last),
            Grain::Month => format!("{}年{}月", from.year(), from.month()),
            Grain::Quarter => format!("{}年第{}季度", from.year(), (from.month() + 2) / 3),
            Grain::Year => format!("{}年", from.year()),
        }
    }
}

pub(crate) fn day_key(day: Date) -> String {
    format!("d{day}")
}

pub(crate) fn month_key(day: Date) -> String {
    format!("m{:04}-{:02}", day.year(), day.month())
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

fn month_after(day: Date) -> Date {
    day.first_of_month().saturating_add(1.month())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Grain, Period, Span};

    #[test]
    fn periods_follow_one_another_without_gap() {
        for grain in Grain::ALL {
            let mut period = Period::of(grain, date(2024, 2, 29));
            for _ in 0..30 {
                assert!(period.span.from < period.span.to);
                let after = period.after();
                assert_eq!(after.span.from, period.span.to, "{grain:?}");
                assert_eq!(after.before(), period, "{grain:?}");
                period = after;
            }
        }
        let week = Period::of(Grain::Week, date(2026, 5, 24));
        assert_eq!(week.span.from, date(2026, 5, 18));
        assert_eq!(
            Period::of(Grain::Quarter, date(2026, 5, 24)).name(),
            "2026年第2季度"
        );
    }

    #[test]
    fn a_span_is_made_of_months_and_days_that_do_not_overlap() {
        for (from, to) in [
            (date(2026, 1, 1), date(2027, 1, 1)),
            (date(2026, 1, 15), date(2026, 3, 10)),
            (date(2026, 1, 15), date(2026, 1, 20)),
            (date(2026, 1, 15), date(2026, 2, 10)),
            (date(2026, 1, 31), date(2026, 3, 1)),
        ] {
            let keys = Span { from, to }.keys();
            for day in (Span {
                from: date(2025, 12, 1),
                to: date(2027, 2, 1),
            })
            .each()
            {
                let held = keys
                    .iter()
                    .filter(|(low, high)| {
                        [super::day_key(day), super::month_key(day)]
                            .iter()
                            .any(|key| low <= key && key < high)
                    })
                    .count();
                assert_eq!(held == 1, from <= day && day < to, "{day} {keys:?}");
                assert!(held < 2, "{day} {keys:?}");
            }
        }
    }

    #[test]
    fn a_period_that_is_not_over_is_compared_with_as_much_of_the_one_before() {
        let may = Period::of(Grain::Month, date(2026, 5, 1));
        let ten = may.compared(date(2026, 5, 10));
        assert_eq!((ten.from, ten.to), (date(2026, 4, 1), date(2026, 4, 11)));
        let whole = may.compared(date(2026, 7, 1));
        assert_eq!((whole.from, whole.to), (date(2026, 4, 1), date(2026, 5, 1)));
        let march = Period::of(Grain::Month, date(2026, 3, 1));
        assert_eq!(march.compared(date(2026, 3, 31)).to, date(2026, 3, 1));
    }
}
