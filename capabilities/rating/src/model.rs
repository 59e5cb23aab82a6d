//! What a rating is.

use base::ids::{CaseId, OrgId, PartyId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 评价等级, codes of GB/T 39046-2020 A.8: 1 is best. Some exchanges invert them; here they never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// From best to worst.
    pub const ALL: [Level; 5] = [Level(1), Level(2), Level(3), Level(4), Level(5)];

    pub fn from_code(code: i64) -> Option<Level> {
        Level::ALL
            .into_iter()
            .find(|level| i64::from(level.0) == code)
    }

    pub fn code(self) -> u8 {
        self.0
    }

    pub fn label(self) -> &'static str {
        match self.0 {
            1 => "非常满意",
            2 => "满意",
            3 => "基本满意",
            4 => "不满意",
            _ => "非常不满意",
        }
    }

    /// ★★★★★ for 1, ★ for 5.
    pub fn stars(self) -> &'static str {
        match self.0 {
            1 => "★★★★★",
            2 => "★★★★",
            3 => "★★★",
            4 => "★★",
            _ => "★",
        }
    }

    /// 差评.
    pub fn is_bad(self) -> bool {
        self.0 >= 4
    }
}

/// 评价渠道 of GB/T 39046-2020 table 9, those a person uses themselves. Telephone and paper need somebody to write
/// down what was said, and staff may not rate for anybody (GB/T 39734-2020 4.1), so they are not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// PC 端.
    #[default]
    Pc,
    /// 移动服务端.
    Mobile,
    /// 二维码.
    Qr,
    /// 政务大厅平板电脑.
    HallPad,
    /// 政务大厅其他终端.
    HallTerminal,
    /// 短信.
    Sms,
    /// 小程序.
    MiniProgram,
}

impl Channel {
    pub const ALL: [Channel; 7] = [
        Channel::Pc,
        Channel::Mobile,
        Channel::Qr,
        Channel::HallPad,
        Channel::HallTerminal,
        Channel::Sms,
        Channel::MiniProgram,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Channel::Pc => "pc",
            Channel::Mobile => "mobile",
            Channel::Qr => "qr",
            Channel::HallPad => "hall_pad",
            Channel::HallTerminal => "hall_terminal",
            Channel::Sms => "sms",
            Channel::MiniProgram => "mini_program",
        }
    }

    pub fn from_word(word: &str) -> Option<Channel> {
        Channel::ALL
            .into_iter()
            .find(|channel| channel.word() == word)
    }
}

/// The rateable event: a closed case. Others (a visit, a call) come with their capabilities.
pub const CASE_DONE: &str = "case_done";

/// A stored rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    pub case: CaseId,
    /// The body that handled the case.
    pub org: OrgId,
    pub region: String,
    /// Name of the item.
    pub item: String,
    pub level: Level,
    /// Tag codes of `tag_set`.
    pub tags: Vec<String>,
    /// Version of the tag sets in force when it was given.
    pub tag_set: String,
    /// What the rater wrote; empty if nothing.
    pub said: String,
    pub channel: Channel,
    /// For the rater and for verification only; no page of staff shows it.
    pub rater: PartyId,
    pub at: Timestamp,
}

/// How a rating is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days after the closing day on which a rating is still taken.
    pub window_days: u16,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { window_days: 30 }
    }
}

/// Most characters of the text.
pub const SAID_CHARS_MAX: usize = 500;
