//! 行政区划代码: 6 digits to the county (GB/T 2260), 9 to the township or street, 12 to the
//! village or community. Compared as text. Which codes exist is data, not decided here.

use std::fmt;

use super::{is_digits, normalise, text_code};

/// A well-formed region code of 6, 9 or 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(String);

text_code!(RegionCode, RegionError);

/// What is wrong with a region code, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    #[error("行政区划代码应为 6、9 或 12 位，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("行政区划代码只能是数字")]
    Charset,
    #[error("行政区划代码前两位（省级）不能是 00")]
    Province,
}

impl RegionError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
            Self::Province => "province",
        }
    }
}

/// The five levels of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionLevel {
    Province,
    Prefecture,
    County,
    Town,
    Village,
}

impl fmt::Display for RegionLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Province => "省级",
            Self::Prefecture => "市级",
            Self::County => "县级",
            Self::Town => "乡镇（街道）级",
            Self::Village => "村（社区）级",
        })
    }
}

/// Where each level's digits end, from the province down.
const LEVELS: [(RegionLevel, usize, usize); 5] = [
    (RegionLevel::Province, 0, 2),
    (RegionLevel::Prefecture, 2, 4),
    (RegionLevel::County, 4, 6),
    (RegionLevel::Town, 6, 9),
    (RegionLevel::Village, 9, 12),
];

impl RegionCode {
    pub fn parse(input: &str) -> Result<Self, RegionError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if !matches!(actual, 6 | 9 | 12) {
            return Err(RegionError::Length { actual });
        }
        if !is_digits(&text) {
            return Err(RegionError::Charset);
        }
        if text.starts_with("00") {
            return Err(RegionError::Province);
        }
        Ok(Self(text))
    }

    /// The level of the last part that is not zero: `990100` is a prefecture, and so is the
    /// statistical form `990100000000`.
    pub fn level(&self) -> RegionLevel {
        self.last_part().0
    }

    /// The next region up: the last part that is not zero is taken away. Towns give their six-digit
    /// county, villages their nine-digit town; a town directly under a prefecture gives that.
    pub fn parent(&self) -> Option<RegionCode> {
        let (level, start, _) = self.last_part();
        let kept = &self.0[..start];
        match level {
            RegionLevel::Province => None,
            RegionLevel::Prefecture | RegionLevel::County => Some(Self(format!("{kept:0<6}"))),
            RegionLevel::Town | RegionLevel::Village => Some(Self(kept.to_owned())),
        }
    }

    /// The shortest form of the same region: 6 digits down to the county, then 9, then 12.
    #[must_use]
    pub fn canonical(&self) -> RegionCode {
        let length = match self.level() {
            RegionLevel::Town => 9,
            RegionLevel::Village => 12,
            _ => 6,
        };
        Self(self.0[..length].to_owned())
    }

    /// The digits that all regions below share, for prefix queries: `9901` for `990100`.
    pub fn prefix(&self) -> &str {
        let (_, _, end) = self.last_part();
        &self.0[..end]
    }

    /// Whether `other` is this region or lies inside it.
    pub fn covers(&self, other: &RegionCode) -> bool {
        other.0.starts_with(self.prefix())
    }

    fn last_part(&self) -> (RegionLevel, usize, usize) {
        LEVELS
            .into_iter()
            .rev()
            .find(|&(_, start, end)| {
                self.0
                    .get(start..end)
                    .is_some_and(|part| part.bytes().any(|b| b != b'0'))
            })
            .expect("the province part is not 00")
    }
}
