//! 政务服务事项编码: the 12-digit basic code 基本编码 and the 31-character implementing code
//! 实施编码. Beyond the parts named here a code is opaque; older local codes live in another field.

use super::{Uscc, UsccError, is_digits, normalise, text_code};

/// 基本编码: 2 setting region, 2 item type, 2 department, 3 main item, 3 sub-item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseCode(String);

text_code!(BaseCode, BaseCodeError);

/// What is wrong with a basic code, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseCodeError {
    #[error("基本编码应为 12 位，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("基本编码只能是数字")]
    Charset,
}

impl BaseCodeError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
        }
    }
}

impl BaseCode {
    pub fn parse(input: &str) -> Result<Self, BaseCodeError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 12 {
            return Err(BaseCodeError::Length { actual });
        }
        if !is_digits(&text) {
            return Err(BaseCodeError::Charset);
        }
        Ok(Self(text))
    }

    /// 事项类型 (GB/T 39046-2020 annex A), such as `01` for 行政许可.
    pub fn item_type(&self) -> &str {
        &self.0[2..4]
    }

    /// Main item with everything before it; sub-items of one item share it.
    pub fn main_item(&self) -> &str {
        &self.0[..9]
    }

    /// Sub-item; `000` when the main item has none. A main item with `000` must not stand beside
    /// sub-items.
    pub fn sub_item(&self) -> &str {
        &self.0[9..]
    }
}

/// 实施编码: 18 credit code of the implementing body, 1 exercise level, 12 basic code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImplCode(String);

text_code!(ImplCode, ImplCodeError);

/// What is wrong with an implementing code, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImplCodeError {
    #[error("实施编码应为 31 位，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("实施编码只能是数字和大写字母")]
    Charset,
    #[error("实施编码前 18 位应为实施主体的统一社会信用代码：{0}")]
    Body(UsccError),
    #[error("实施编码第 19 位（行使层级）应为 1 至 7")]
    Level,
    #[error("实施编码后 12 位应为基本编码：{0}")]
    Base(BaseCodeError),
}

impl ImplCodeError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
            Self::Body(UsccError::Check) => "body_check",
            Self::Body(_) => "body_charset",
            Self::Level => "level",
            Self::Base(_) => "base_charset",
        }
    }
}

impl ImplCode {
    pub fn parse(input: &str) -> Result<Self, ImplCodeError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 31 {
            return Err(ImplCodeError::Length { actual });
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ImplCodeError::Charset);
        }
        Uscc::parse(&text[..18]).map_err(ImplCodeError::Body)?;
        if !matches!(text.as_bytes()[18], b'1'..=b'7') {
            return Err(ImplCodeError::Level);
        }
        BaseCode::parse(&text[19..]).map_err(ImplCodeError::Base)?;
        Ok(Self(text))
    }

    /// Puts a code together; `level` is the 行使层级, 1–7.
    pub fn compose(body: &Uscc, level: u8, base: &BaseCode) -> Option<Self> {
        (1..=7)
            .contains(&level)
            .then(|| Self(format!("{body}{level}{base}")))
    }

    /// The implementing body.
    pub fn body(&self) -> Uscc {
        Uscc::parse(&self.0[..18]).expect("checked when it was read")
    }

    /// 行使层级, 1–7.
    pub fn level(&self) -> u8 {
        self.0.as_bytes()[18] - b'0'
    }

    /// The basic code, which must equal the linked base item's.
    pub fn base(&self) -> BaseCode {
        BaseCode(self.0[19..].to_owned())
    }
}
