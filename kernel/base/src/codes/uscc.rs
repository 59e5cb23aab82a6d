//! 统一社会信用代码 (GB 32100-2015): authority, class, 6 region, 9 organisation code, check.

use super::{normalise, text_code};

/// A checked 18-character credit code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

text_code!(Uscc, UsccError);

/// What is wrong with a credit code, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    #[error("请输入 18 位统一社会信用代码，现在是 {actual} 位")]
    Length { actual: usize },
    #[error("统一社会信用代码只用数字和大写字母，且不含 I、O、S、V、Z")]
    Charset,
    #[error("统一社会信用代码的校验位不对，请逐位核对")]
    Check,
}

impl UsccError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Charset => "charset",
            Self::Check => "check",
        }
    }
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i−1) mod 31.
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

impl Uscc {
    pub fn parse(input: &str) -> Result<Self, UsccError> {
        let text = normalise(input);
        let actual = text.chars().count();
        if actual != 18 {
            return Err(UsccError::Length { actual });
        }
        let mut values = [0_usize; 18];
        for (value, c) in values.iter_mut().zip(text.chars()) {
            *value = value_of(c).ok_or(UsccError::Charset)?;
        }
        if values[17] != check_value(&values[..17]) {
            return Err(UsccError::Check);
        }
        Ok(Self(text))
    }

    /// Adds the check character to 17 characters; for made-up bodies of the demo and tests.
    pub fn compose(body: &str) -> Result<Self, UsccError> {
        let body = normalise(body);
        let values: Option<Vec<usize>> = body.chars().map(value_of).collect();
        let values = values.ok_or(UsccError::Charset)?;
        if values.len() != 17 {
            return Err(UsccError::Length {
                actual: values.len(),
            });
        }
        let check = char::from(ALPHABET[check_value(&values)]);
        Ok(Self(format!("{body}{check}")))
    }

    /// Registering authority and class, such as `91` for a company.
    pub fn category(&self) -> &str {
        &self.0[..2]
    }

    /// Region of the registering authority.
    pub fn region(&self) -> &str {
        &self.0[2..8]
    }

    /// The organisation code (GB 11714) inside.
    pub fn organisation_code(&self) -> &str {
        &self.0[8..17]
    }

    /// Whether the organisation code's own check holds. Some old codes do not satisfy it: warn,
    /// never refuse.
    pub fn inner_check_holds(&self) -> bool {
        const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
        let code = self.organisation_code().as_bytes();
        let sum: u32 = code
            .iter()
            .zip(WEIGHTS)
            .map(|(&byte, weight)| (byte as char).to_digit(36).unwrap_or(0) * weight)
            .sum();
        let expected = match 11 - sum % 11 {
            10 => b'X',
            11 => b'0',
            digit => b'0' + digit as u8,
        };
        code[8] == expected
    }

    /// A sentence to show beside the field when the inner check fails.
    pub fn warning(&self) -> Option<&'static str> {
        (!self.inner_check_holds())
            .then_some("其中的组织机构代码校验位不符，少数老代码如此，请核对证照")
    }
}

fn value_of(c: char) -> Option<usize> {
    let byte = u8::try_from(c).ok()?;
    ALPHABET.iter().position(|&letter| letter == byte)
}

fn check_value(body: &[usize]) -> usize {
    let sum: usize = body
        .iter()
        .zip(WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    (31 - sum % 31) % 31
}
