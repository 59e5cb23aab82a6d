//! The calendar: which days are worked. Data, never code; a year without a notice is counted
//! Monday to Friday and everything that rests on it is provisional.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use base::crypto::{Sm3, to_hex};
use jiff::SignedDuration;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::arrangement::{self, Arrangement, ArrangementKind, LoadError};
use crate::error::CalendarError;

/// The years a calendar can answer for.
pub(crate) const YEAR_MIN: i16 = 1900;
pub(crate) const YEAR_MAX: i16 = 2200;

const FIRST: Date = Date::constant(YEAR_MIN, 1, 1);
/// Days from the first of 1900 to the last of 2200: 301 years with 73 leap days.
const DAYS: usize = 301 * 365 + 73;

/// A day by its distance from 1900-01-01.
pub(crate) type Index = usize;

/// What a day is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum DayKind {
    /// An ordinary Monday to Friday.
    Workday,
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// Off by notice, such as 春节.
    Holiday(String),
    /// Worked by notice, for the named holiday; nearly always a Saturday or Sunday.
    MakeupWorkday(String),
}

/// One day as the calendar sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub date: Date,
    pub kind: DayKind,
    /// The year's arrangement is not published yet.
    pub provisional: bool,
}

impl Day {
    pub fn is_working(&self) -> bool {
        matches!(self.kind, DayKind::Workday | DayKind::MakeupWorkday(_))
    }

    /// 春节, 周六 … for a day off; 春节调休上班 for a worked weekend; empty for ordinary days.
    pub fn label(&self) -> String {
        match &self.kind {
            DayKind::Workday => String::new(),
            DayKind::Weekend => weekday_name(self.date.weekday()).to_owned(),
            DayKind::Holiday(name) => name.clone(),
            DayKind::MakeupWorkday(name) => format!("{name}调休上班"),
        }
    }
}

/// 周一 … 周日
pub(crate) fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}

/// Published arrangements with everything counted out beforehand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar {
    inner: Arc<Inner>,
    /// Those in force before, each once and without its own: what is over was counted by them.
    earlier: Arc<[Calendar]>,
}

#[derive(Debug)]
struct Inner {
    version: String,
    rows: Vec<Arrangement>,
    published: BTreeSet<i16>,
    special: BTreeMap<Date, (ArrangementKind, String)>,
    /// `working_before[i]`: working days among the days before index `i`.
    working_before: Vec<u32>,
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.inner.version == other.inner.version
    }
}

impl Calendar {
    /// The arrangements shipped with the platform, 2018–2026.
    pub fn builtin() -> Calendar {
        static BUILTIN: OnceLock<Calendar> = OnceLock::new();
        const TABLE: &str =
            include_str!("../../../data/calendar/holiday_arrangements_2018_2026.csv");
        BUILTIN
            .get_or_init(|| {
                Calendar::from_csv(TABLE.as_bytes()).expect("the shipped table is tested")
            })
            .clone()
    }

    /// Reads a table with the columns `date,name,day_type,announced_for_year`.
    pub fn from_csv(reader: impl Read) -> Result<Calendar, LoadError> {
        arrangement::read_csv(reader).map(Calendar::build)
    }

    /// A calendar of these rows, as stored.
    pub fn from_rows(rows: Vec<Arrangement>) -> Result<Calendar, LoadError> {
        arrangement::check_rows(rows).map(Calendar::build)
    }

    /// This calendar with the notices of `newer` in place of its own for the same years. This one
    /// is known to it as one in force before.
    #[must_use]
    pub fn updated_by(&self, newer: &Calendar) -> Calendar {
        let kept = self
            .inner
            .rows
            .iter()
            .filter(|row| !newer.inner.published.contains(&row.announced_for_year));
        Calendar::build(kept.chain(&newer.inner.rows).cloned().collect())
            .after(self.earlier.iter().chain([self]))
    }

    /// This calendar, knowing the others as those in force before it: what was judged by one of
    /// them is shown as it was counted then.
    #[must_use]
    pub fn after<'a>(&self, others: impl IntoIterator<Item = &'a Calendar>) -> Calendar {
        let mut earlier: Vec<Calendar> = self.earlier.to_vec();
        for other in others {
            if other != self && !earlier.contains(other) {
                earlier.push(Calendar {
                    inner: Arc::clone(&other.inner),
                    earlier: Arc::from([]),
                });
            }
        }
        Calendar {
            inner: Arc::clone(&self.inner),
            earlier: Arc::from(earlier),
        }
    }

    /// The calendar of this version: itself, or one in force before it.
    pub fn of_version(&self, version: &str) -> Option<&Calendar> {
        std::iter::once(self)
            .chain(self.earlier.iter())
            .find(|calendar| calendar.version() == version)
    }

    fn build(mut rows: Vec<Arrangement>) -> Calendar {
        rows.sort_by_key(|row| (row.announced_for_year, row.date));
        let published: BTreeSet<i16> = rows.iter().map(|row| row.announced_for_year).collect();
        // Sorted by year of notice, so a later notice has the last word on a day.
        let special: BTreeMap<Date, (ArrangementKind, String)> = rows
            .iter()
            .map(|row| (row.date, (row.kind, row.name.clone())))
            .collect();

        let mut working_before = Vec::with_capacity(DAYS + 1);
        let mut working: Vec<bool> = (0..DAYS).map(|index| index % 7 < 5).collect();
        for (date, (kind, _)) in &special {
            if let Ok(index) = index_of(*date) {
                working[index] = *kind == ArrangementKind::MakeupWorkday;
            }
        }
        let mut sum = 0;
        working_before.push(sum);
        for is_working in working {
            sum += u32::from(is_working);
            working_before.push(sum);
        }

        let version = version_of(&rows, &published);
        Calendar {
            inner: Arc::new(Inner {
                version,
                rows,
                published,
                special,
                working_before,
            }),
            earlier: Arc::from([]),
        }
    }

    /// Names this exact content: the years and the start of the SM3 of all rows, such as
    /// `2018-2026-5f3a91c20b7d`.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// All rows, by year of notice and date.
    pub fn rows(&self) -> &[Arrangement] {
        &self.inner.rows
    }

    /// The years with a published notice.
    pub fn published_years(&self) -> impl Iterator<Item = i16> {
        self.inner.published.iter().copied()
    }

    pub fn is_published(&self, year: i16) -> bool {
        self.inner.published.contains(&year)
    }

    /// What the day is; days outside 1900–2200 are an error.
    pub fn day(&self, date: Date) -> Result<Day, CalendarError> {
        let index = index_of(date)?;
        let kind = match self.inner.special.get(&date) {
            Some((ArrangementKind::Off, name)) => DayKind::Holiday(name.clone()),
            Some((ArrangementKind::MakeupWorkday, name)) => DayKind::MakeupWorkday(name.clone()),
            None if self.works(index) => DayKind::Workday,
            None => DayKind::Weekend,
        };
        Ok(Day {
            date,
            kind,
            provisional: !self.is_published(date.year()),
        })
    }

    /// Whether the day is worked (rule K11): by notice, else Monday to Friday.
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        index_of(date).map(|index| self.works(index))
    }

    /// Working days from `from` to `to`, both included.
    pub fn working_days(&self, from: Date, to: Date) -> Result<u32, CalendarError> {
        if from > to {
            return Err(CalendarError::RangeReversed);
        }
        Ok(self.working_between(index_of(from)?, index_of(to)? + 1))
    }

    /// The day itself when worked, else the next one that is.
    pub fn working_day_from(&self, date: Date) -> Result<Date, CalendarError> {
        let mut index = index_of(date)?;
        while index < DAYS && !self.works(index) {
            index += 1;
        }
        date_of(index)
    }

    /// Working days of the indices `from..to`.
    pub(crate) fn working_between(&self, from: Index, to: Index) -> u32 {
        self.inner.working_before[to].saturating_sub(self.inner.working_before[from])
    }

    pub(crate) fn works(&self, index: Index) -> bool {
        self.working_between(index, index + 1) == 1
    }

    /// Whether a notice gives the day off.
    pub(crate) fn is_listed_off(&self, index: Index) -> bool {
        date_of(index)
            .ok()
            .and_then(|date| self.inner.special.get(&date))
            .is_some_and(|(kind, _)| *kind == ArrangementKind::Off)
    }

    /// Whether any year from the first to the last day lacks its notice.
    pub(crate) fn is_provisional(&self, first: Date, last: Date) -> bool {
        (first.year()..=last.year()).any(|year| !self.is_published(year))
    }
}

pub(crate) fn index_of(date: Date) -> Result<Index, CalendarError> {
    let days = date.duration_since(FIRST).as_hours() / 24;
    usize::try_from(days)
        .ok()
        .filter(|&index| index < DAYS && date >= FIRST)
        .ok_or(CalendarError::OutOfRange)
}

pub(crate) fn date_of(index: Index) -> Result<Date, CalendarError> {
    if index >= DAYS {
        return Err(CalendarError::OutOfRange);
    }
    FIRST
        .checked_add(SignedDuration::from_hours(index as i64 * 24))
        .map_err(|_| CalendarError::OutOfRange)
}

/// The last index a calendar answers for.
pub(crate) const LAST: Index = DAYS - 1;

fn version_of(rows: &[Arrangement], published: &BTreeSet<i16>) -> String {
    let mut hasher = Sm3::new();
    for row in rows {
        let kind = match row.kind {
            ArrangementKind::Off => "off",
            ArrangementKind::MakeupWorkday => "makeup_workday",
        };
        let Arrangement {
            date,
            name,
            announced_for_year,
            ..
        } = row;
        hasher.update(format!("{date},{name},{kind},{announced_for_year}\n").as_bytes());
    }
    let digest = to_hex(&hasher.finish()[..6]);
    match (published.first(), published.last()) {
        (Some(first), Some(last)) => format!("{first}-{last}-{digest}"),
        _ => format!("none-{digest}"),
    }
}

#[cfg(test)]
mod tests;
