//! 投资项目代码 (GB/T 40058-2021): `YYMM-RRRRRR-CC-TT-NNNNNN`, 24 characters with hyphens. The
//! check digit's algorithm is not published, so form, month and region are checked. Codes given
//! before November 2020 begin with the year and end in 5 or 6 digits.

use super::{is_digits, normalise, text_code};

/// A well-formed project code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectCode(String);

text_code!(ProjectCode, ProjectCodeError);

/// What is wrong with a project code, in the order it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProjectCodeError {
    #[error("项目代码应为 5 段，用短横线分隔，例如 2104-460105-04-01-123456")]
    Segments,
    #[error("项目代码各段位数应为 4-6-2-2-6")]
    Length,
    #[error("项目代码各段只能是数字")]
    Charset,
    #[error("项目代码第 3、4 位（月份）应为 01 至 12")]
    Month,
    #[error("项目代码第二段不是行政区划代码")]
    Region,
}

impl ProjectCodeError {
    /// The stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Length => "length",
            Self::Charset => "charset",
            Self::Month => "month",
            Self::Region => "region",
        }
    }
}

impl ProjectCode {
    pub fn parse(input: &str) -> Result<Self, ProjectCodeError> {
        let text = normalise(input);
        let segments: Vec<&str> = text.split('-').collect();
        let [time, region, industry, kind, serial] = segments[..] else {
            return Err(ProjectCodeError::Segments);
        };
        let lengths = [time, region, industry, kind].map(|part| part.chars().count());
        let serial_len = serial.chars().count();
        if lengths != [4, 6, 2, 2] || !matches!(serial_len, 5 | 6) {
            return Err(ProjectCodeError::Length);
        }
        if !segments.iter().all(|part| is_digits(part)) {
            return Err(ProjectCodeError::Charset);
        }
        let old_form = ("2000"..="2020").contains(&time);
        let month = &time[2..];
        let new_form = serial_len == 6 && ("01"..="12").contains(&month);
        if !old_form && !new_form {
            return Err(if serial_len == 6 {
                ProjectCodeError::Month
            } else {
                ProjectCodeError::Length
            });
        }
        // 0000xx stands for the central departments.
        if region.starts_with("00") && !region.starts_with("0000") {
            return Err(ProjectCodeError::Region);
        }
        Ok(Self(text))
    }

    /// Region, six digits.
    pub fn region(&self) -> &str {
        &self.0[5..11]
    }

    /// Central guiding department of the industry, two digits.
    pub fn industry(&self) -> &str {
        &self.0[12..14]
    }

    /// Project type, two digits; what they mean differs between editions and is kept as data.
    pub fn project_type(&self) -> &str {
        &self.0[15..17]
    }
}
