//! 公民身份号码 (GB 11643): 6 digits region, 8 birth date, 3 sequence, 1 check (MOD 11-2).

use std::fmt;

use jiff::civil::Date;

use super::{compact_date, is_digits, normalise};
use crate::mask;

/// A checked 18-character identity number. Its debug form is masked, so that it cannot slip into
/// a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId(String);

/// What is wrong with an identity number, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CitizenIdError {
    #[error("请输入 18 位身份证号码，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("身份证号码前 17 位应为数字，最后一位为数字或 X")]
    Charset,
    #[error("身份证号码第 7 至 14 位不是有效的出生日期，请核对")]
    BirthDate,
    #[error("身份证号码的校验位不对，请逐位核对")]
    Check,
}

impl CitizenIdError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
            Self::BirthDate => "birth_date",
            Self::Check => "check",
        }
    }
}

/// 性别 as the number's sequence tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Male,
    Female,
}

impl fmt::Display for Sex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sex::Male => "男",
            Sex::Female => "女",
        })
    }
}

const EARLIEST_BIRTH: Date = Date::constant(1800, 1, 1);

impl CitizenId {
    /// Reads an identity number; the birth date must not be after `today`. The region is not
    /// checked: numbers keep codes that were abolished long ago.
    pub fn parse(input: &str, today: Date) -> Result<Self, CitizenIdError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 18 {
            return Err(CitizenIdError::Length { actual });
        }
        let Some((body, last)) = text.split_at_checked(17) else {
            return Err(CitizenIdError::Charset);
        };
        if !is_digits(body) || !(is_digits(last) || last == "X") {
            return Err(CitizenIdError::Charset);
        }
        let born = compact_date(&body[6..14]).ok_or(CitizenIdError::BirthDate)?;
        if born < EARLIEST_BIRTH || born > today {
            return Err(CitizenIdError::BirthDate);
        }
        if !last.starts_with(check_char(body)) {
            return Err(CitizenIdError::Check);
        }
        Ok(Self(text))
    }

    /// The 18-character form of an old 15-digit number (births of 19xx), for historic data only.
    pub fn upgrade(input: &str, today: Date) -> Result<Self, CitizenIdError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 15 {
            return Err(CitizenIdError::Length { actual });
        }
        if !is_digits(&text) {
            return Err(CitizenIdError::Charset);
        }
        let body = format!("{}19{}", &text[..6], &text[6..]);
        let check = check_char(&body);
        Self::parse(&format!("{body}{check}"), today)
    }

    /// The number that begins with this region, birth date and sequence (0–999); for made-up
    /// people of the demo and tests (region prefix 99).
    pub fn compose(region: u32, born: Date, sequence: u16) -> Option<Self> {
        let body = format!(
            "{region:06}{:04}{:02}{:02}{sequence:03}",
            born.year(),
            born.month(),
            born.day()
        );
        let fits = body.len() == 17 && is_digits(&body);
        fits.then(|| Self(format!("{body}{}", check_char(&body))))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Region at first registration; it may be abolished since.
    pub fn region(&self) -> &str {
        &self.0[..6]
    }

    pub fn birth_date(&self) -> Date {
        compact_date(&self.0[6..14]).expect("checked when it was read")
    }

    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[16] % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// Whole years of age on `day`; 0 before birth. Born on 29 February: a year older on 1 March
    /// of common years.
    pub fn age_on(&self, day: Date) -> u16 {
        let born = self.birth_date();
        let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
        let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(before_birthday);
        u16::try_from(years).unwrap_or(0)
    }

    /// `990101********0007`
    pub fn masked(&self) -> String {
        mask::citizen_id(&self.0)
    }

    /// First and last character only.
    pub fn masked_strict(&self) -> String {
        mask::citizen_id_strict(&self.0)
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenId({})", self.masked())
    }
}

/// MOD 11-2 over 17 digits.
fn check_char(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    char::from(CHECKS[(sum % 11) as usize])
}
