//! What a certificate says.

use base::ids::{CaseId, ItemId, OrgId, PartyId};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Everything a certificate is made from.
#[derive(Clone, Debug)]
pub struct NewLicense {
    pub case_id: CaseId,
    pub case_no: String,
    /// 证照名称, e.g. 食品经营许可证.
    pub type_name: String,
    pub item_name: String,
    pub item_id: ItemId,
    pub holder: PartyId,
    pub holder_name: String,
    pub issuer: OrgId,
    pub issuer_name: String,
    /// USCC of the issuing body.
    pub issuer_uscc: String,
    pub region: String,
    pub valid_from: Date,
    /// None: no end.
    pub valid_years: Option<u16>,
    pub at: Timestamp,
}

/// What [`crate::issue`] made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// 证照标识 of GB/T 36904-2018.
    pub license_id: String,
    /// Twelve characters, printed on the certificate.
    pub verify_code: String,
}

/// A stored certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    pub license_id: String,
    pub verify_code: String,
    pub case_id: CaseId,
    pub case_no: String,
    pub type_name: String,
    pub item_name: String,
    pub holder: PartyId,
    pub holder_name: String,
    pub issuer: OrgId,
    pub issuer_name: String,
    pub issuer_uscc: String,
    pub region: String,
    /// 证书编号 as people read it.
    pub serial: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub issued_at: Timestamp,
    /// 1 for the first, one more with each change, renewal and reissue.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub version: u16,
    #[serde(default, skip_serializing_if = "Made::is_issued")]
    pub made: Made,
    /// The version it took the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
}

impl License {
    /// 印制编号: every print has one of its own, so that a lost one can be told from the one that counts.
    pub fn print_no(&self) -> String {
        format!("{}-{:03}", self.serial, self.version)
    }
}

fn first() -> u16 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn is_first(version: &u16) -> bool {
    *version == 1
}

/// What a version was made for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// 首次颁发.
    #[default]
    Issued,
    /// 变更.
    Changed,
    /// 延续.
    Renewed,
    /// 补发.
    Reissued,
}

impl Made {
    pub fn label(self) -> &'static str {
        match self {
            Made::Issued => "首次颁发",
            Made::Changed => "变更",
            Made::Renewed => "延续",
            Made::Reissued => "补发",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands in a reference"
    )]
    fn is_issued(&self) -> bool {
        *self == Made::Issued
    }
}

/// Whether a certificate counts today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LicenseState {
    Valid,
    /// Its time is over; derived from the date, never stored.
    Expired,
    /// 撤销: the grant was wrong (行政许可法第六十九条).
    Revoked,
    /// 注销: the formal close (行政许可法第七十条).
    Cancelled,
    /// A newer version took its place.
    Superseded,
    /// 作废: lost or damaged, and reissued under the same number.
    Void,
}

impl LicenseState {
    pub fn label(self) -> &'static str {
        match self {
            LicenseState::Valid => "有效",
            LicenseState::Expired => "已过期",
            LicenseState::Revoked => "已撤销",
            LicenseState::Cancelled => "已注销",
            LicenseState::Superseded => "已被新版本替代",
            LicenseState::Void => "已作废",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            LicenseState::Valid => "valid",
            LicenseState::Expired => "expired",
            LicenseState::Revoked => "revoked",
            LicenseState::Cancelled => "cancelled",
            LicenseState::Superseded => "superseded",
            LicenseState::Void => "void",
        }
    }
}
