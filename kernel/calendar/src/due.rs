//! When a period ends. Rules by their numbers in the project's list of counting rules:
//!
//! | rule | where it is from |
//! | --- | --- |
//! | K1 day 0 is not counted; K2 hours and minutes run from the instant | 民法典 art. 201 |
//! | K3 months and years end on the corresponding date, or the month's last | 民法典 art. 202 |
//! | K4 a last day that is a rest day moves to the day after the rest; K5 it ends at 24:00 | 民法典 art. 203 |
//! | K7 periods of the 行政许可法 are working days | 行政许可法 art. 82 |
//! | K8 2, 3, 5 and 7 days of the 行政处罚法 are working days | 行政处罚法 art. 85 |
//! | K9, K10 a bare 日 in tendering and procurement is a calendar day, rolled by K4 | 招标投标法实施条例; 财政部令第87号 art. 85 |
//! | K12 "at least N before D" counts back from D, never rolled; K13 "not less than N" rolls forward | from K1 and K4 |
//!
//! K6 (a special law goes first) and K11 (what a working day is) are data: [`Rule`] and the
//! calendar.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::days::{Calendar, Index, LAST, YEAR_MAX, YEAR_MIN, date_of, index_of};
use crate::error::CalendarError;
use crate::moment::{Moment, civil_date, end_of_day};
use crate::period::{Length, Unit};

/// Which way a period is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// "within N": the last day on which it may be done.
    #[default]
    Within,
    /// "not less than N": the first day on which the period has run.
    NotLess,
    /// "at least N before the start moment": the last day on which it may be done (K12).
    Before,
}

/// How a period is counted, where a special law differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub direction: Direction,
    /// Saturdays and Sundays are rest days for K4 (K14); else only days off by notice.
    pub roll_on_weekend: bool,
    /// A minimum period that ends on a rest day is rolled forward too (K13).
    pub roll_min_period: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            direction: Direction::Within,
            roll_on_weekend: true,
            roll_min_period: true,
        }
    }
}

impl Rule {
    /// Whether nothing differs from the usual way; such a rule is not written down.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands in a reference"
    )]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub fn counting(direction: Direction) -> Self {
        Self {
            direction,
            ..Self::default()
        }
    }
}

/// A stretch that is not counted: `from` included, `to` excluded. In periods of days, months and
/// years whole days are left out, in periods of hours and minutes the exact time. `to: None` is
/// still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Moment,
    pub to: Option<Moment>,
}

/// The end of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Due {
    /// The day; of an exact end, its day at UTC+8.
    pub date: Date,
    /// 24:00 of the day (K5), or the exact instant of a period in hours or minutes.
    pub at: Timestamp,
    /// A year without a published arrangement had a say.
    pub provisional: bool,
}

/// The end of a period that may be standing still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    On(Due),
    /// An open stop: nobody can say yet.
    Held,
}

impl Deadline {
    pub fn due(self) -> Option<Due> {
        match self {
            Deadline::On(due) => Some(due),
            Deadline::Held => None,
        }
    }
}

/// The end of a period of `length` that `start` sets running, with `pauses` left out (in any
/// order, overlapping or empty). Length 0 ends on the start day itself (即办), rolled by nothing.
///
/// Stops do not move the roll of K4: a period that is full on a Saturday ends on Monday.
pub fn due(
    calendar: &Calendar,
    start: Moment,
    length: Length,
    pauses: &[Span],
    rule: Rule,
) -> Result<Deadline, CalendarError> {
    if length.n > length.unit.most() {
        return Err(CalendarError::TooLong(length.unit));
    }
    if rule.direction == Direction::Before {
        if !pauses.is_empty() {
            return Err(CalendarError::PauseBackward);
        }
        return before(calendar, start, length).map(Deadline::On);
    }
    if length.unit.is_exact() {
        let course = ExactCourse::new(start, pauses)?;
        return match course.reaches(exact_seconds(length)) {
            Some(at) => exact_due(at).map(Deadline::On),
            None => Ok(Deadline::Held),
        };
    }
    let course = DayCourse::new(calendar, start.date(), length.unit, pauses)?;
    let wanted = course.days_wanted(length)?;
    match course.reaches(wanted)? {
        None => Ok(Deadline::Held),
        Some(end) => course.finish(end, wanted, rule).map(Deadline::On),
    }
}

/// A period of whole days under way: which days of it count.
#[derive(Debug)]
pub(crate) struct DayCourse<'a> {
    calendar: &'a Calendar,
    unit: Unit,
    pub(crate) start: Index,
    /// Sorted, disjoint, not empty; `from` included, `to` excluded.
    pauses: Vec<(Index, Index)>,
    has_open_pause: bool,
}

impl<'a> DayCourse<'a> {
    pub(crate) fn new(
        calendar: &'a Calendar,
        start: Date,
        unit: Unit,
        pauses: &[Span],
    ) -> Result<Self, CalendarError> {
        let mut spans = Vec::with_capacity(pauses.len());
        for pause in pauses {
            let from = index_of(pause.from.date())?;
            let to = match pause.to {
                Some(to) => index_of(to.date())?,
                None => LAST + 1,
            };
            // Of instants too: a span that ends before it begins within one day is a slip of the pen, not an empty one.
            if pause
                .to
                .is_some_and(|to| to.instant() < pause.from.instant())
            {
                return Err(CalendarError::PauseReversed);
            }
            spans.push((from, to));
        }
        Ok(Self {
            calendar,
            unit,
            start: index_of(start)?,
            pauses: merged(spans),
            has_open_pause: pauses.iter().any(|pause| pause.to.is_none()),
        })
    }

    /// How many counted days make `length`: for months and years the days to the corresponding
    /// date (K3), so that each stopped day moves the end by one.
    pub(crate) fn days_wanted(&self, length: Length) -> Result<u32, CalendarError> {
        let months = match length.unit {
            Unit::Month => length.n,
            Unit::Year => length.n.saturating_mul(12),
            _ => return Ok(length.n),
        };
        let end = index_of(months_later(date_of(self.start)?, i64::from(months))?)?;
        Ok((end - self.start) as u32)
    }

    /// Counted days after the start day up to and including `day`.
    pub(crate) fn counted(&self, day: Index) -> u32 {
        let (from, to) = (self.start + 1, day + 1);
        if from >= to {
            return 0;
        }
        let stopped: u32 = self
            .pauses
            .iter()
            .map(|&(a, b)| (a.max(from), b.min(to)))
            .filter(|(a, b)| a < b)
            .map(|(a, b)| self.units(a, b))
            .sum();
        self.units(from, to) - stopped
    }

    /// The first day on which `wanted` days are counted; `None` while an open stop keeps it away.
    pub(crate) fn reaches(&self, wanted: u32) -> Result<Option<Index>, CalendarError> {
        if wanted == 0 {
            return Ok(Some(self.start));
        }
        if self.counted(LAST) < wanted {
            return if self.has_open_pause {
                Ok(None)
            } else {
                Err(CalendarError::OutOfRange)
            };
        }
        let (mut low, mut high) = (self.start, LAST);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.counted(middle) >= wanted {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Some(high))
    }

    /// The due day of a period that is full on `end`: rolled where the rule says so.
    fn finish(&self, end: Index, wanted: u32, rule: Rule) -> Result<Due, CalendarError> {
        let rolls = wanted > 0
            && self.unit != Unit::WorkingDay
            && (rule.direction != Direction::NotLess || rule.roll_min_period);
        let mut last = end;
        while rolls && self.is_rest_day(last, rule) {
            last += 1;
            if last > LAST {
                return Err(CalendarError::OutOfRange);
            }
        }
        let date = date_of(last)?;
        let first_asked = match self.unit {
            Unit::WorkingDay if wanted > 0 => date_of((self.start + 1).min(last))?,
            _ => date_of(end)?,
        };
        let provisional = self.calendar.is_provisional(first_asked, date);
        Ok(Due {
            date,
            at: end_of_day(date),
            provisional,
        })
    }

    pub(crate) fn is_paused(&self, day: Index) -> bool {
        self.pauses
            .iter()
            .any(|&(from, to)| (from..to).contains(&day))
    }

    fn is_rest_day(&self, day: Index, rule: Rule) -> bool {
        if rule.roll_on_weekend {
            !self.calendar.works(day)
        } else {
            self.calendar.is_listed_off(day)
        }
    }

    fn units(&self, from: Index, to: Index) -> u32 {
        match self.unit {
            Unit::WorkingDay => self.calendar.working_between(from, to),
            _ => (to - from) as u32,
        }
    }
}

/// A period of hours or minutes under way.
#[derive(Debug)]
pub(crate) struct ExactCourse {
    start: Timestamp,
    /// Sorted, disjoint, not empty; `from` included, `to` excluded.
    pauses: Vec<(Timestamp, Timestamp)>,
}

impl ExactCourse {
    pub(crate) fn new(start: Moment, pauses: &[Span]) -> Result<Self, CalendarError> {
        index_of(start.date())?;
        let mut spans = Vec::with_capacity(pauses.len());
        for pause in pauses {
            let from = pause.from.instant();
            let to = pause.to.map_or(Timestamp::MAX, Moment::instant);
            if to < from {
                return Err(CalendarError::PauseReversed);
            }
            spans.push((from, to));
        }
        Ok(Self {
            start: start.instant(),
            pauses: merged(spans),
        })
    }

    /// Time that counts from the start up to `at`.
    pub(crate) fn elapsed(&self, at: Timestamp) -> SignedDuration {
        if at <= self.start {
            return SignedDuration::ZERO;
        }
        let stopped = self
            .pauses
            .iter()
            .map(|&(from, to)| (from.max(self.start), to.min(at)))
            .filter(|(from, to)| from < to)
            .fold(SignedDuration::ZERO, |sum, (from, to)| {
                sum.saturating_add(to.duration_since(from))
            });
        at.duration_since(self.start).saturating_sub(stopped)
    }

    /// The instant at which `wanted` seconds have been counted; `None` while an open stop keeps it
    /// away. Beyond the end of time is the end of time.
    pub(crate) fn reaches(&self, wanted: i64) -> Option<Timestamp> {
        let mut left = SignedDuration::from_secs(wanted);
        let mut at = self.start;
        for &(from, to) in &self.pauses {
            if to <= at {
                continue;
            }
            let running = from.max(at).duration_since(at);
            if left <= running {
                break;
            }
            if to == Timestamp::MAX {
                return None;
            }
            left = left.saturating_sub(running);
            at = to;
        }
        Some(at.checked_add(left).unwrap_or(Timestamp::MAX))
    }
}

pub(crate) fn exact_seconds(length: Length) -> i64 {
    let unit = if length.unit == Unit::Hour { 3600 } else { 60 };
    i64::from(length.n) * unit
}

fn exact_due(at: Timestamp) -> Result<Due, CalendarError> {
    let date = civil_date(at);
    index_of(date)?;
    Ok(Due {
        date,
        at,
        provisional: false,
    })
}

/// K12: counted back from the start moment, whose day itself is not counted; never rolled.
fn before(calendar: &Calendar, start: Moment, length: Length) -> Result<Due, CalendarError> {
    let end = index_of(start.date())?;
    if length.unit.is_exact() {
        let at = start
            .instant()
            .checked_sub(SignedDuration::from_secs(exact_seconds(length)))
            .map_err(|_| CalendarError::OutOfRange)?;
        return exact_due(at);
    }
    let n = length.n as usize;
    let last = match length.unit {
        Unit::WorkingDay => working_days_back(calendar, end, length.n)?,
        Unit::Month => index_of(months_later(start.date(), -i64::from(length.n))?)?,
        Unit::Year => index_of(months_later(start.date(), -i64::from(length.n) * 12)?)?,
        _ => end.checked_sub(n).ok_or(CalendarError::OutOfRange)?,
    };
    let date = date_of(last)?;
    let asked_until = match length.unit {
        Unit::WorkingDay if end > last => date_of(end - 1)?,
        _ => date,
    };
    Ok(Due {
        date,
        at: end_of_day(date),
        provisional: calendar.is_provisional(date, asked_until),
    })
}

/// The last day from which `n` working days lie before `end`.
fn working_days_back(calendar: &Calendar, end: Index, n: u32) -> Result<Index, CalendarError> {
    if n == 0 {
        return Ok(end);
    }
    if calendar.working_between(0, end) < n {
        return Err(CalendarError::OutOfRange);
    }
    let (mut low, mut high) = (0, end);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if calendar.working_between(middle, end) >= n {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// K3: the corresponding date, or the last of a month that has none.
fn months_later(date: Date, months: i64) -> Result<Date, CalendarError> {
    let month_count = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
    let year = month_count.div_euclid(12);
    let in_range = (i64::from(YEAR_MIN)..=i64::from(YEAR_MAX)).contains(&year);
    if !in_range {
        return Err(CalendarError::OutOfRange);
    }
    let month = month_count.rem_euclid(12) as i8 + 1;
    let first = Date::new(year as i16, month, 1).map_err(|_| CalendarError::OutOfRange)?;
    let day = date.day().min(first.days_in_month());
    Date::new(year as i16, month, day).map_err(|_| CalendarError::OutOfRange)
}

/// Sorts stretches, joins those that touch and drops empty ones.
fn merged<T: Ord + Copy>(mut spans: Vec<(T, T)>) -> Vec<(T, T)> {
    spans.retain(|(from, to)| from < to);
    spans.sort();
    let mut out: Vec<(T, T)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

#[cfg(test)]
mod tests;
