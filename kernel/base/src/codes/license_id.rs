//! 电子证照标识 (GB/T 36904-2018):
//! `1.2.156.3005.2.{type 21}.{issuer 18}.{serial ≤ 30}.{version 3}.{check 1}`.

use super::{Uscc, is_digits, mod_37_36, normalise, text_code};

/// A checked certificate identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseId(String);

text_code!(LicenseId, LicenseIdError);

/// What is wrong with a certificate identifier, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenseIdError {
    #[error("电子证照标识应以 1.2.156.3005.2. 开头")]
    Prefix,
    #[error("电子证照标识在前缀后应有 5 段，用点号分隔")]
    Segments,
    #[error("证照类型代码应为 18 位统一社会信用代码加 3 位数字")]
    TypeCode,
    #[error("证照颁发机构代码应为 18 位统一社会信用代码")]
    Issuer,
    #[error("证照流水号应为 1 至 30 位数字或大写字母")]
    Serial,
    #[error("证照版本号应为 3 位数字")]
    Version,
    #[error("电子证照标识的校验位不对，请逐位核对")]
    Check,
}

impl LicenseIdError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Segments => "segments",
            Self::TypeCode => "type_code",
            Self::Issuer => "issuer",
            Self::Serial => "serial",
            Self::Version => "version",
            Self::Check => "check",
        }
    }
}

const PREFIX: &str = "1.2.156.3005.2.";
const SERIAL_MAX: usize = 30;

impl LicenseId {
    pub fn parse(input: &str) -> Result<Self, LicenseIdError> {
        let text = normalise(input);
        let rest = text.strip_prefix(PREFIX).ok_or(LicenseIdError::Prefix)?;
        let segments: Vec<&str> = rest.split('.').collect();
        let [kind, issuer, serial, version, check] = segments[..] else {
            return Err(LicenseIdError::Segments);
        };
        check_parts(kind, issuer, serial, version)?;
        let expected = check_of(kind, issuer, serial, version);
        if check.chars().count() != 1 || expected != check.chars().next() {
            return Err(LicenseIdError::Check);
        }
        Ok(Self(text))
    }

    /// Makes an identifier: `kind` is the managing body's credit code and the type number (0–999),
    /// `version` begins at 1 and rises with every re-issue, the serial stays.
    pub fn make(
        (managing_body, type_number): (&Uscc, u16),
        issuer: &Uscc,
        serial: &str,
        version: u16,
    ) -> Result<Self, LicenseIdError> {
        let kind = format!("{managing_body}{type_number:03}");
        let version = format!("{version:03}");
        check_parts(&kind, issuer.as_str(), serial, &version)?;
        let check = check_of(&kind, issuer.as_str(), serial, &version)
            .expect("the parts hold digits and capitals only");
        Ok(Self(format!(
            "{PREFIX}{kind}.{issuer}.{serial}.{version}.{check}"
        )))
    }

    /// Type code: 21 characters.
    pub fn type_code(&self) -> &str {
        self.segment(0)
    }

    pub fn issuer(&self) -> &str {
        self.segment(1)
    }

    pub fn serial(&self) -> &str {
        self.segment(2)
    }

    pub fn version(&self) -> u16 {
        self.segment(3).parse().expect("checked when it was read")
    }

    fn segment(&self, index: usize) -> &str {
        self.0[PREFIX.len()..]
            .split('.')
            .nth(index)
            .expect("checked when it was read")
    }
}

fn check_parts(
    kind: &str,
    issuer: &str,
    serial: &str,
    version: &str,
) -> Result<(), LicenseIdError> {
    let (body, number) = kind.split_at_checked(18).ok_or(LicenseIdError::TypeCode)?;
    let is_type = Uscc::parse(body).is_ok() && number.len() == 3 && is_digits(number);
    if !is_type {
        return Err(LicenseIdError::TypeCode);
    }
    if Uscc::parse(issuer).is_err() {
        return Err(LicenseIdError::Issuer);
    }
    let serial_fits = (1..=SERIAL_MAX).contains(&serial.len());
    let serial_chars = serial
        .bytes()
        .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    if !serial_fits || !serial_chars {
        return Err(LicenseIdError::Serial);
    }
    if version.len() != 3 || !is_digits(version) {
        return Err(LicenseIdError::Version);
    }
    Ok(())
}

fn check_of(kind: &str, issuer: &str, serial: &str, version: &str) -> Option<char> {
    mod_37_36(
        [kind, issuer, serial, version]
            .into_iter()
            .flat_map(str::bytes),
    )
}
