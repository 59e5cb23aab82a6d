//! Money: whole 分 in an `i64`, never a float. Amounts are renminbi.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text;

/// An amount in 分 (1/100 元). Negative amounts are refunds and corrections.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("请输入金额，例如 1234.50")]
    Format,
    #[error("金额最多两位小数（精确到分）")]
    Decimals,
    #[error("金额过大")]
    TooLarge,
}

impl Fen {
    pub const ZERO: Fen = Fen(0);

    /// Whole 元.
    pub fn from_yuan(yuan: i64) -> Option<Fen> {
        yuan.checked_mul(100).map(Fen)
    }

    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).map(Fen)
    }

    pub fn checked_mul(self, times: i64) -> Option<Fen> {
        self.0.checked_mul(times).map(Fen)
    }

    /// The sum, or `None` when it does not fit.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }

    /// Digits only, for inputs and exports: `1234.50`.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", abs / 100, abs % 100)
    }

    /// The amount in official capitals as on receipts: 壹仟贰佰叁拾肆元伍角整.
    pub fn capitals(self) -> String {
        const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
        let abs = self.0.unsigned_abs();
        let (yuan, jiao, fen) = (abs / 100, (abs / 10 % 10) as usize, (abs % 10) as usize);
        let mut out = String::new();
        if self.0 < 0 {
            out.push('负');
        }
        if yuan > 0 || (jiao == 0 && fen == 0) {
            capital_integer(yuan, &DIGITS, &mut out);
            out.push('元');
        }
        match (jiao, fen) {
            (0, 0) => out.push('整'),
            (0, fen) => {
                if yuan > 0 {
                    out.push('零');
                }
                out.push_str(DIGITS[fen]);
                out.push('分');
            }
            (jiao, fen) => {
                out.push_str(DIGITS[jiao]);
                out.push('角');
                if fen == 0 {
                    out.push('整');
                } else {
                    out.push_str(DIGITS[fen]);
                    out.push('分');
                }
            }
        }
        out
    }
}

/// Groups of four digits with 万, 亿, 万亿 and 亿亿 after them; one 零 for any run of zeros.
fn capital_integer(value: u64, digits: &[&str; 10], out: &mut String) {
    const PLACES: [&str; 4] = ["仟", "佰", "拾", ""];
    const GROUPS: [&str; 5] = ["", "万", "亿", "万", "亿"];
    if value == 0 {
        out.push('零');
        return;
    }
    let mut groups = [0_usize; 5];
    let mut rest = value;
    for group in &mut groups {
        *group = (rest % 10_000) as usize;
        rest /= 10_000;
    }
    let (mut started, mut zero) = (false, false);
    for (index, &group) in groups.iter().enumerate().rev() {
        let mut divisor = 1000;
        for place in PLACES {
            let digit = group / divisor % 10;
            divisor /= 10;
            if digit == 0 {
                zero = started;
                continue;
            }
            if zero {
                out.push('零');
            }
            (started, zero) = (true, false);
            out.push_str(digits[digit]);
            out.push_str(place);
        }
        // 万亿: the 亿 must be written even when its own group of four is empty.
        let empty_hundred_million = index == 2 && group == 0 && groups[3] > 0;
        if group > 0 || empty_hundred_million {
            out.push_str(GROUPS[index]);
        }
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 元", self.plain())
    }
}

/// Reads `1234.5`, `1,234.50 元`, `￥1234`; full-width forms too. More than two decimals are
/// refused, not rounded.
impl FromStr for Fen {
    type Err = MoneyError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let folded: String = text::fold_width(input)
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let body = folded.strip_suffix('元').unwrap_or(&folded);
        let (negative, body) = match body.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, body),
        };
        let body = body.strip_prefix(['¥', '￥']).unwrap_or(body);
        let (whole, decimals) = body.split_once('.').unwrap_or((body, "0"));
        let whole = ungroup(whole).ok_or(MoneyError::Format)?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(&whole) || !is_number(decimals) {
            return Err(MoneyError::Format);
        }
        if decimals.len() > 2 {
            return Err(MoneyError::Decimals);
        }
        let cents = format!("{decimals:0<2}");
        let sign = if negative { "-" } else { "" };
        format!("{sign}{whole}{cents}")
            .parse()
            .map(Fen)
            .map_err(|_| MoneyError::TooLarge)
    }
}

/// Takes thousands separators out, refusing them anywhere else.
fn ungroup(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first_ok = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()));
    let rest_ok = groups.all(|group| group.len() == 3);
    (first_ok && rest_ok).then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_amounts() {
        for (text, fen) in [
            ("1234.50 元", 123_450),
            ("1,234.5", 123_450),
            ("￥１２．３０", 1230),
            ("-0.01", -1),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Fen(fen)), "{text}");
        }
        assert_eq!(Fen(123_450).to_string(), "1234.50 元");
        assert_eq!(Fen(-5).plain(), "-0.05");
        assert_eq!(Fen(i64::MIN).plain(), "-92233720368547758.08");
    }

    #[test]
    fn refuses_what_is_not_an_amount() {
        for (text, error) in [
            ("", MoneyError::Format),
            ("元", MoneyError::Format),
            ("12,34", MoneyError::Format),
            ("1.2.3", MoneyError::Format),
            ("1e5", MoneyError::Format),
            ("一百", MoneyError::Format),
            ("1.234", MoneyError::Decimals),
            ("99999999999999999999", MoneyError::TooLarge),
        ] {
            assert_eq!(text.parse::<Fen>(), Err(error), "{text}");
        }
    }

    #[test]
    fn arithmetic_never_wraps() {
        assert_eq!(Fen(i64::MAX).checked_add(Fen(1)), None);
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!(Fen(i64::MAX).checked_mul(2), None);
        assert_eq!(Fen::checked_sum([Fen(1), Fen(2)]), Some(Fen(3)));
        assert_eq!(Fen::checked_sum([Fen(i64::MAX), Fen(2)]), None);
    }

    #[test]
    fn capitals_as_on_receipts() {
        for (fen, text) in [
            (0, "零元整"),
            (5, "伍分"),
            (50, "伍角整"),
            (100, "壹元整"),
            (105, "壹元零伍分"),
            (123_450, "壹仟贰佰叁拾肆元伍角整"),
            (10_020_003, "壹拾万零贰佰元零叁分"),
            (1_000_000_000_000, "壹佰亿元整"),
            (1_000_100_000_000_000, "壹拾万零壹拾亿元整"),
            (1_000_000_000_010_000, "壹拾万亿零壹佰元整"),
            (-100, "负壹元整"),
        ] {
            assert_eq!(Fen(fen).capitals(), text, "{fen}");
        }
    }

    proptest! {
        #[test]
        fn any_amount_reads_back(fen in any::<i64>()) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
            prop_assert!(!Fen(fen).capitals().is_empty());
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let answer = text.parse::<Fen>();
            prop_assert!(answer.is_ok() || answer.is_err());
        }
    }
}
