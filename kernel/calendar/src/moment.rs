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
pub enum MomentError {
    #[error("请写成日期 2026-02-09 或带时区的时刻 2026-02-09T08:30:00+08:00")]
    Form,
    /// Well written, but no calendar has it: 30 February, 25 o'clock, an offset of a day.
    #[error("没有这一天或这一时刻，请核对年月日、时分秒和时区")]
    NoSuch,
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, rest) = text.split_at_checked(10).ok_or(MomentError::Form)?;
        let date = parse_date(day)?;
        if rest.is_empty() {
            return Ok(Moment::Date(date));
        }
        parse_instant(day, rest).map(Moment::At)
    }
}

/// `yyyy-mm-dd` and nothing else.
fn parse_date(text: &str) -> Result<Date, MomentError> {
    if !has_shape(text, "0000-00-00") {
        return Err(MomentError::Form);
    }
    let date = || {
        let (year, month) = (text[..4].parse().ok()?, text[5..7].parse().ok()?);
        Date::new(year, month, text[8..].parse().ok()?).ok()
    };
    date().ok_or(MomentError::NoSuch)
}

/// What follows the day in RFC 3339 (section 5.6): `T08:30:00`, digits of a second or none, `Z` or `+08:00`. The
/// library's parser, which reads the numbers, knows further forms (`+08`, no seconds, a zone in brackets) and offsets
/// beyond a day. Digits after the ninth are dropped: an instant is kept in nanoseconds.
fn parse_instant(day: &str, rest: &str) -> Result<Timestamp, MomentError> {
    let (time, after) = rest.split_at_checked(9).ok_or(MomentError::Form)?;
    if !time.starts_with(['T', 't', ' ']) || !has_shape(&time[1..], "00:00:00") {
        return Err(MomentError::Form);
    }
    let digits = after.strip_prefix('.').map_or(0, |fraction| {
        1 + fraction.bytes().take_while(u8::is_ascii_digit).count()
    });
    let (fraction, offset) = after.split_at(digits);
    let is_zulu = offset.eq_ignore_ascii_case("z");
    if fraction == "." || !(is_zulu || has_shape(offset, "+00:00") || has_shape(offset, "-00:00")) {
        return Err(MomentError::Form);
    }
    if !is_zulu && (&offset[1..3] > "23" || &offset[4..] > "59") {
        return Err(MomentError::NoSuch);
    }
    let fraction = &fraction[..digits.min(10)];
    format!("{day}{time}{fraction}{offset}")
        .parse()
        .map_err(|_| MomentError::NoSuch)
}

/// Whether the text is as long as the shape, with a digit for every `0` of it and its very signs elsewhere.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(b, wanted)| match wanted {
                b'0' => b.is_ascii_digit(),
                sign => b == sign,
            })
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
        assert_eq!(
            read("2021-06-30T15:50:10.123456789123z").as_deref(),
            Ok("2021-06-30T23:50:10.123456789+08:00")
        );
        for none in [
            "2026-02-30",
            "2026-13-01",
            "2026-02-09T24:30:00Z",
            "2026-02-09T08:30:00+25:00",
            "2026-02-09T08:30:00+08:60",
        ] {
            assert_eq!(read(none), Err(MomentError::NoSuch), "{none}");
        }
        for bad in [
            "",
            "2026-2-9",
            "20260209",
            "2026-02-09T08:30:00",
            "2026-02-09T08:30Z",
            "2026-02-09T083000Z",
            "2026-02-09T08:30:00.Z",
            "2026-02-09T08:30:00+08",
            "2026-02-09T08:30:00+0800",
            "2026-02-09T08:30:00+08:00:30",
            "2026-02-09T08:30:00+08:00[Asia/Shanghai]",
            "2026-02-09X08:30:00Z",
            "-2026-02-0",
            "二〇二六年二月九日",
            "2026-02-09é",
        ] {
            assert_eq!(read(bad), Err(MomentError::Form), "{bad}");
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
