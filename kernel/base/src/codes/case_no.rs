//! 办件编号: region 6, date 8, channel 1, sequence 6, check 1 (MOD 37,36). A number is never given
//! twice; a withdrawn case keeps its own.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{RegionCode, compact_date, is_digits, mod_37_36, normalise, text_code};

/// A checked 22-character case number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNo(String);

text_code!(CaseNo, CaseNoError);

/// 办理形式 (GB/T 39046-2020 annex A): the way an application came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Window,
    Web,
    Mobile,
    Post,
    Other,
}

impl Channel {
    pub const ALL: [Channel; 5] = [
        Channel::Window,
        Channel::Web,
        Channel::Mobile,
        Channel::Post,
        Channel::Other,
    ];

    /// The code of the standard.
    pub fn digit(self) -> u8 {
        match self {
            Channel::Window => 1,
            Channel::Web => 2,
            Channel::Mobile => 3,
            Channel::Post => 4,
            Channel::Other => 9,
        }
    }

    pub fn from_digit(digit: u8) -> Option<Channel> {
        Channel::ALL
            .into_iter()
            .find(|channel| channel.digit() == digit)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Channel::Window => "窗口办理",
            Channel::Web => "电脑端网上办理",
            Channel::Mobile => "移动端网上办理",
            Channel::Post => "快递申请",
            Channel::Other => "其他",
        })
    }
}

/// What is wrong with a case number, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseNoError {
    #[error("办件编号应为 22 位，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("办件编号前 21 位应为数字，最后一位为数字或大写字母")]
    Charset,
    #[error("办件编号前 6 位不是行政区划代码")]
    Region,
    #[error("办件编号第 7 至 14 位不是有效日期")]
    Date,
    #[error("办件编号第 15 位（办理形式）应为 1、2、3、4 或 9")]
    Channel,
    #[error("办件编号的校验位不对，请对照回执逐位核对")]
    Check,
}

impl CaseNoError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
            Self::Region => "region",
            Self::Date => "date",
            Self::Channel => "channel",
            Self::Check => "check",
        }
    }
}

impl CaseNo {
    /// The largest sequence of one region, day and channel.
    pub const SEQUENCE_MAX: u32 = 999_999;

    pub fn parse(input: &str) -> Result<Self, CaseNoError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 22 {
            return Err(CaseNoError::Length { actual });
        }
        let Some((body, last)) = text.split_at_checked(21) else {
            return Err(CaseNoError::Charset);
        };
        if !is_digits(body) || !last.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CaseNoError::Charset);
        }
        RegionCode::parse(&body[..6]).map_err(|_| CaseNoError::Region)?;
        compact_date(&body[6..14]).ok_or(CaseNoError::Date)?;
        Channel::from_digit(body.as_bytes()[14] - b'0').ok_or(CaseNoError::Channel)?;
        if mod_37_36(body.bytes()) != last.chars().next() {
            return Err(CaseNoError::Check);
        }
        Ok(Self(text))
    }

    /// Makes the number of the `sequence`th case that day (0–999999) for a county, prefecture or
    /// province; `None` when the sequence, the region (longer than 6 digits are cut) or the year
    /// does not fit.
    pub fn make(region: &RegionCode, day: Date, channel: Channel, sequence: u32) -> Option<Self> {
        if sequence > Self::SEQUENCE_MAX || day.year() < 1 {
            return None;
        }
        let body = format!(
            "{}{:04}{:02}{:02}{}{sequence:06}",
            &region.as_str()[..6],
            day.year(),
            day.month(),
            day.day(),
            channel.digit(),
        );
        let check = mod_37_36(body.bytes())?;
        Some(Self(format!("{body}{check}")))
    }

    pub fn region(&self) -> &str {
        &self.0[..6]
    }

    pub fn date(&self) -> Date {
        compact_date(&self.0[6..14]).expect("checked when it was read")
    }

    pub fn channel(&self) -> Channel {
        Channel::from_digit(self.0.as_bytes()[14] - b'0').expect("checked when it was read")
    }

    pub fn sequence(&self) -> u32 {
        self.0[15..21].parse().expect("checked when it was read")
    }
}
