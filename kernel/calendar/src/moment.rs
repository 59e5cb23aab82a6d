//! A point in a period: a whole day, or an instant. China has one official time, UTC+8 all year.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// UTC+8.
pub(crate) const OFFSET: Offset = Offset::constant(8);

/// The date at UTC+8.
pub fn civil_date(at: Timestamp) -> Date {
    OFFSET.to_datetime(at).date()
}

/// 00:00 of the day at UTC+8. Days outside the calendar's years 1900–2200 near the end of the
/// representable time give the nearest instant.
pub fn start_of_day(date: Date) -> Timestamp {
    let midnight = date.at(0, 0, 0, 0);
    OFFSET.to_timestamp(midnight).unwrap_or(if date.year() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// 24:00 of the day at UTC+8 (民法典 art. 203: the last day ends at 24:00).
pub fn end_of_day(date: Date) -> Timestamp {
    date.tomorrow().map_or(Timestamp::MAX, start_of_day)
}

/// A whole day or an instant. Written as `2026-02-09` or as an RFC 3339 instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    Date(Date),
    At(Timestamp),
}

impl Moment {
    /// The day; of an instant, its day at UTC+8.
    pub fn date(self) -> Date {
        match self {
            Moment::Date(date) => date,
            Moment::At(at) => civil_date(at),
        }
    }

    /// The instant; of a day, its 00:00 at UTC+8.
    pub fn instant(self) -> Timestamp {
        match self {
            Moment::Date(date) => start_of_day(date),
            Moment::At(at) => at,
        }
    }
}

impl From<Date> for Moment {
    fn from(date: Date) -> Self {
        Moment::Date(date)
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Moment::At(at)
    }
}

/// The text is neither a date nor an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("请写成日期 2026-02-09 或带时区的时刻 2026-02-09T08:30:00+08:00")]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, rest) = text.split_at_checked(10).ok_or(MomentError)?;
        let date = parse_date(day).ok_or(MomentError)?;
        if rest.is_empty() {
            return Ok(Moment::Date(date));
        }
        // RFC 3339 only: the parser below knows further forms, such as a zone in brackets.
        let is_rfc3339 = rest.starts_with(['T', 't', ' '])
            && rest[1..]
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b':' | b'.' | b'+' | b'-' | b'Z' | b'z'));
        if !is_rfc3339 {
            return Err(MomentError);
        }
        text.parse().map(Moment::At).map_err(|_| MomentError)
    }
}

/// `yyyy-mm-dd` and nothing else.
fn parse_date(text: &str) -> Option<Date> {
    let well_formed = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !well_formed {
        return None;
    }
    let year = text[..4].parse().ok()?;
    let month = text[5..7].parse().ok()?;
    let day = text[8..].parse().ok()?;
    Date::new(year, month, day).ok()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Date(date) => date.fmt(f),
            Moment::At(at) => at.display_with_offset(OFFSET).fmt(f),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_and_instants_and_nothing_else() {
        let read = |text: &str| text.parse::<Moment>().map(|moment| moment.to_string());
        assert_eq!(read("2026-02-09").as_deref(), Ok("2026-02-09"));
        assert_eq!(
            read("2021-06-30T23:50:10+08:00").as_deref(),
            Ok("2021-06-30T23:50:10+08:00")
        );
        assert_eq!(
            read("2021-06-30T15:50:10.25Z").as_deref(),
            Ok("2021-06-30T23:50:10.25+08:00")
        );
        for bad in [
            "",
            "2026-2-9",
            "20260209",
            "2026-02-30",
            "2026-02-09T08:30:00",
            "2026-02-09T08:30:00+08:00[Asia/Shanghai]",
            "2026-02-09X08:30:00Z",
            "-2026-02-0",
            "二〇二六年二月九日",
            "2026-02-09é",
        ] {
            assert_eq!(read(bad), Err(MomentError), "{bad}");
        }
    }

    #[test]
    fn the_day_is_the_day_in_china() {
        let late: Moment = "2026-02-09T17:00:00Z".parse().expect("an instant");
        assert_eq!(late.date().to_string(), "2026-02-10");
        let day: Moment = "2026-02-10".parse().expect("a date");
        assert_eq!(day.instant().to_string(), "2026-02-09T16:00:00Z");
        assert_eq!(end_of_day(late.date()).to_string(), "2026-02-10T16:00:00Z");
    }
}
