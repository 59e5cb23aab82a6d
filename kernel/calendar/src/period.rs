//! Lengths of periods: a number and its unit, as the law writes them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a period is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 工作日 (行政许可法 art. 82)
    WorkingDay,
    /// 日, calendar days (民法典 art. 201)
    Day,
    /// 小时, from the instant itself
    Hour,
    /// 分钟, from the instant itself
    Minute,
    /// 月 (民法典 art. 202)
    Month,
    /// 年 (民法典 art. 202)
    Year,
}

impl Unit {
    pub const ALL: [Unit; 6] = [
        Unit::WorkingDay,
        Unit::Day,
        Unit::Hour,
        Unit::Minute,
        Unit::Month,
        Unit::Year,
    ];

    /// The most units a length may have: 100,000 days, the same time in hours or minutes, and 100,000 of the others
    /// (which leave the years dates are kept for long before).
    pub const fn most(self) -> u32 {
        match self {
            Unit::Hour => 100_000 * 24,
            Unit::Minute => 100_000 * 24 * 60,
            Unit::WorkingDay | Unit::Day | Unit::Month | Unit::Year => 100_000,
        }
    }

    /// The word used in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Unit::WorkingDay => "working_day",
            Unit::Day => "day",
            Unit::Hour => "hour",
            Unit::Minute => "minute",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }

    /// The unit as it stands after a number: 个工作日, 日, 小时 …
    pub fn name(self) -> &'static str {
        match self {
            Unit::WorkingDay => "个工作日",
            Unit::Day => "日",
            Unit::Hour => "小时",
            Unit::Minute => "分钟",
            Unit::Month => "个月",
            Unit::Year => "年",
        }
    }

    /// Whether the period begins at the very instant (民法典 art. 201 para. 2) and ends at one.
    pub fn is_exact(self) -> bool {
        matches!(self, Unit::Hour | Unit::Minute)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The words do not make a length, or two lengths do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("期限单位应为 working_day、day、hour、minute、month、year 之一")]
    Unit,
    #[error("期限应为 0 至 {most} 的整数", most = .0.most())]
    Number(Unit),
    #[error("承诺期限 {promised} 长于法定期限 {statutory}，承诺只能更短")]
    PromiseTooLong { promised: Length, statutory: Length },
}

impl FromStr for Unit {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Unit::ALL
            .into_iter()
            .find(|unit| unit.word() == text)
            .ok_or(PeriodError::Unit)
    }
}

/// A number of units; 0 means 即办, on the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Length {
    pub n: u32,
    pub unit: Unit,
}

impl Length {
    pub const fn new(n: u32, unit: Unit) -> Self {
        Self { n, unit }
    }

    pub const fn working_days(n: u32) -> Self {
        Self::new(n, Unit::WorkingDay)
    }

    pub const fn days(n: u32) -> Self {
        Self::new(n, Unit::Day)
    }

    /// Reads number and unit as written in tables.
    pub fn parse(n: &str, unit: &str) -> Result<Self, PeriodError> {
        let unit = unit.parse::<Unit>()?;
        let is_number = !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        let n = n
            .parse::<u32>()
            .ok()
            .filter(|_| is_number)
            .filter(|n| *n <= unit.most())
            .ok_or(PeriodError::Number(unit))?;
        Ok(Self { n, unit })
    }

    /// Which of two periods with the same start ends later, where that can be told without a
    /// calendar: between equal units, years and months, days, hours and minutes; and n working
    /// days never end before n calendar days.
    pub fn compare(self, other: Length) -> Option<Ordering> {
        let minutes = |length: Length| match length.unit {
            Unit::Minute => Some(u64::from(length.n)),
            Unit::Hour => Some(u64::from(length.n) * 60),
            Unit::Day => Some(u64::from(length.n) * 24 * 60),
            _ => None,
        };
        let months = |length: Length| match length.unit {
            Unit::Month => Some(u64::from(length.n)),
            Unit::Year => Some(u64::from(length.n) * 12),
            _ => None,
        };
        match (self.unit, other.unit) {
            (a, b) if a == b => Some(self.n.cmp(&other.n)),
            (Unit::WorkingDay, Unit::Day) if self.n > other.n => Some(Ordering::Greater),
            (Unit::Day, Unit::WorkingDay) if self.n < other.n => Some(Ordering::Less),
            _ => minutes(self)
                .zip(minutes(other))
                .or_else(|| months(self).zip(months(other)))
                .map(|(a, b)| a.cmp(&b)),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.n, self.unit) {
            (0, _) => f.write_str("即办"),
            (n, unit) => write!(f, "{n} {unit}"),
        }
    }
}

/// A promised period 承诺期限 may only be shorter than the statutory one or equal to it, as far as
/// the two can be compared.
pub fn check_promise(promised: Length, statutory: Length) -> Result<(), PeriodError> {
    match promised.compare(statutory) {
        Some(Ordering::Greater) => Err(PeriodError::PromiseTooLong {
            promised,
            statutory,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_as_tables_write_them() {
        assert_eq!(
            Length::parse("20", "working_day"),
            Ok(Length::working_days(20))
        );
        assert_eq!(Length::parse("100000", "day"), Ok(Length::days(100_000)));
        for bad in ["", "-1", "+1", "1.5", "二十", "100001", "99999999999"] {
            assert_eq!(
                Length::parse(bad, "day"),
                Err(PeriodError::Number(Unit::Day)),
                "{bad}"
            );
        }
        let year = Length::parse("525600", "minute").expect("a year in minutes");
        assert_eq!(year, Length::new(525_600, Unit::Minute));
        assert_eq!(
            Length::parse("2400001", "hour").map_err(|error| error.to_string()),
            Err("期限应为 0 至 2400000 的整数".to_owned())
        );
        assert_eq!(Length::parse("1", "week"), Err(PeriodError::Unit));
        assert_eq!(Length::working_days(20).to_string(), "20 个工作日");
        assert_eq!(Length::working_days(0).to_string(), "即办");
    }

    #[test]
    fn promises_are_compared_only_where_they_can_be() {
        let hours = |n| Length::new(n, Unit::Hour);
        let months = |n| Length::new(n, Unit::Month);
        let refused = |promised, statutory| check_promise(promised, statutory).is_err();
        assert!(refused(Length::working_days(21), Length::working_days(20)));
        assert!(!refused(Length::working_days(20), Length::working_days(20)));
        assert!(refused(Length::working_days(21), Length::days(20)));
        assert!(!refused(Length::days(20), Length::working_days(20)));
        assert!(refused(hours(49), Length::days(2)));
        assert!(!refused(hours(48), Length::days(2)));
        assert!(refused(months(13), Length::new(1, Unit::Year)));
        assert!(!refused(months(12), Length::new(1, Unit::Year)));
        assert_eq!(months(1).compare(Length::days(30)), None);
    }
}
