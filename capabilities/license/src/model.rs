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
}

/// Whether a certificate counts today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LicenseState {
    Valid,
    /// Its time is over; derived from the date, never stored.
    Expired,
    Revoked,
    Cancelled,
}

impl LicenseState {
    pub fn label(self) -> &'static str {
        match self {
            LicenseState::Valid => "有效",
            LicenseState::Expired => "已过期",
            LicenseState::Revoked => "已撤销",
            LicenseState::Cancelled => "已注销",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            LicenseState::Valid => "valid",
            LicenseState::Expired => "expired",
            LicenseState::Revoked => "revoked",
            LicenseState::Cancelled => "cancelled",
        }
    }
}
