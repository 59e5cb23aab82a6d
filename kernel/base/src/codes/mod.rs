//! Official numbers: what a correct one looks like, and what exactly is wrong with another.
//! Input is normalised (half-width, upper case, no blanks) and never repaired. Every error has a
//! Chinese sentence for the person and a stable word for machines.

mod case_no;
mod check_char;
mod citizen_id;
mod item_code;
mod license_id;
mod project_code;
mod region;
mod uscc;

use std::fmt;

use jiff::civil::Date;

pub use case_no::{CaseNo, CaseNoError, Channel};
pub use check_char::mod_37_36;
pub use citizen_id::{CitizenId, CitizenIdError, Sex};
pub use item_code::{BaseCode, BaseCodeError, ImplCode, ImplCodeError};
pub use license_id::{LicenseId, LicenseIdError};
pub use project_code::{ProjectCode, ProjectCodeError};
pub use region::{RegionCode, RegionError, RegionLevel};
pub use uscc::{Uscc, UsccError};

pub use crate::text::normalise_code as normalise;

/// The kinds of codes, named as in the batch command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    CitizenId,
    Uscc,
    Region,
    ImplCode,
    BaseCode,
    CaseNo,
    LicenseId,
    ProjectCode,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::CitizenId,
        Kind::Uscc,
        Kind::Region,
        Kind::ImplCode,
        Kind::BaseCode,
        Kind::CaseNo,
        Kind::LicenseId,
        Kind::ProjectCode,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::CitizenId => "citizen_id",
            Kind::Uscc => "uscc",
            Kind::Region => "region",
            Kind::ImplCode => "impl_code",
            Kind::BaseCode => "base_code",
            Kind::CaseNo => "case_no",
            Kind::LicenseId => "license_id",
            Kind::ProjectCode => "project_code",
        }
    }

    /// The official name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::CitizenId => "公民身份号码",
            Kind::Uscc => "统一社会信用代码",
            Kind::Region => "行政区划代码",
            Kind::ImplCode => "实施编码",
            Kind::BaseCode => "基本编码",
            Kind::CaseNo => "办件编号",
            Kind::LicenseId => "电子证照标识",
            Kind::ProjectCode => "项目代码",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with a code of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error(
        "没有这种代码，可用的有：citizen_id、uscc、region、impl_code、base_code、case_no、license_id、project_code"
    )]
    UnknownKind,
    #[error(transparent)]
    CitizenId(#[from] CitizenIdError),
    #[error(transparent)]
    Uscc(#[from] UsccError),
    #[error(transparent)]
    Region(#[from] RegionError),
    #[error(transparent)]
    ImplCode(#[from] ImplCodeError),
    #[error(transparent)]
    BaseCode(#[from] BaseCodeError),
    #[error(transparent)]
    CaseNo(#[from] CaseNoError),
    #[error(transparent)]
    LicenseId(#[from] LicenseIdError),
    #[error(transparent)]
    ProjectCode(#[from] ProjectCodeError),
}

impl CodeError {
    /// The stable word for machines, such as `length`, `charset`, `check`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown_kind",
            Self::CitizenId(error) => error.code(),
            Self::Uscc(error) => error.code(),
            Self::Region(error) => error.code(),
            Self::ImplCode(error) => error.code(),
            Self::BaseCode(error) => error.code(),
            Self::CaseNo(error) => error.code(),
            Self::LicenseId(error) => error.code(),
            Self::ProjectCode(error) => error.code(),
        }
    }
}

/// Checks `value` as a code of the kind named `kind`. `today` bounds birth dates.
pub fn check(kind: &str, value: &str, today: Date) -> Result<(), CodeError> {
    let kind = Kind::from_word(kind).ok_or(CodeError::UnknownKind)?;
    match kind {
        Kind::CitizenId => CitizenId::parse(value, today).map(drop)?,
        Kind::Uscc => Uscc::parse(value).map(drop)?,
        Kind::Region => RegionCode::parse(value).map(drop)?,
        Kind::ImplCode => ImplCode::parse(value).map(drop)?,
        Kind::BaseCode => BaseCode::parse(value).map(drop)?,
        Kind::CaseNo => CaseNo::parse(value).map(drop)?,
        Kind::LicenseId => LicenseId::parse(value).map(drop)?,
        Kind::ProjectCode => ProjectCode::parse(value).map(drop)?,
    }
    Ok(())
}

/// Text, JSON and parsing for a code kept as one checked string.
macro_rules! text_code {
    ($name:ident, $error:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> ::std::result::Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                Self::parse(&text).map_err(::serde::de::Error::custom)
            }
        }
    };
}
use text_code;

/// All characters are ASCII digits.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// `YYYYMMDD` as a date, when it is one. `None` as well for the year 0, which no calendar has.
fn compact_date(digits: &str) -> Option<Date> {
    let year: i16 = digits.get(..4)?.parse().ok()?;
    let month: i8 = digits.get(4..6)?.parse().ok()?;
    let day: i8 = digits.get(6..8)?.parse().ok()?;
    (year > 0).then(|| Date::new(year, month, day).ok())?
}

#[cfg(test)]
mod tests;
