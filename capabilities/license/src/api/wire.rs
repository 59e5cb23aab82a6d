//! What travels as JSON.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::App;

use crate::model::{License, LicenseState, Made};
use crate::store;
use crate::view::{self, Certified};

/// A certificate as its holder sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LicenseJson {
    /// 证照标识（GB/T 36904-2018）
    pub license_id: String,
    /// 证照名称
    pub type_name: String,
    /// 证书编号
    pub serial: String,
    /// 由哪个事项产生
    pub item_name: String,
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    /// 办件编号
    pub case_no: String,
    pub holder_name: String,
    pub issuer_name: String,
    /// 颁发机构统一社会信用代码
    pub issuer_uscc: String,
    #[schemars(with = "web::schema::Day")]
    pub valid_from: Date,
    /// 有效期届满日；空为长期有效
    #[schemars(with = "Option<web::schema::Day>")]
    pub valid_to: Option<Date>,
    #[schemars(with = "web::schema::Instant")]
    pub issued_at: jiff::Timestamp,
    /// 今天的状态
    pub state: LicenseState,
    /// 版本：首次颁发为 1，每次变更、延续、补发加 1
    pub version: u16,
    /// 印制编号
    pub print_no: String,
    /// 这一版因何而来
    pub made: Made,
    /// 它替代的上一版证照标识
    pub supersedes: Option<String>,
    /// 12 位核验码
    pub verify_code: String,
    /// 核验地址，二维码的内容
    pub verify_url: String,
}

impl LicenseJson {
    pub(crate) fn of(app: &App, license: License, stored: LicenseState) -> LicenseJson {
        LicenseJson {
            state: store::state_on(&license, stored, app.today()),
            verify_url: view::verify_address(&app.config, &license.verify_code),
            version: license.version,
            print_no: license.print_no(),
            made: license.made,
            supersedes: license.supersedes,
            license_id: license.license_id,
            type_name: license.type_name,
            serial: license.serial,
            item_name: license.item_name,
            case_id: license.case_id.to_string(),
            case_no: license.case_no,
            holder_name: license.holder_name,
            issuer_name: license.issuer_name,
            issuer_uscc: license.issuer_uscc,
            valid_from: license.valid_from,
            valid_to: license.valid_to,
            issued_at: license.issued_at,
            verify_code: license.verify_code,
        }
    }
}

/// What a verification code certifies.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedJson {
    /// 证照名称
    pub type_name: String,
    /// 证书编号
    pub serial: String,
    /// 持证主体；自然人姓名已脱敏
    pub holder_name: String,
    pub issuer_name: String,
    #[schemars(with = "web::schema::Day")]
    pub valid_from: Date,
    /// 空为长期有效
    #[schemars(with = "Option<web::schema::Day>")]
    pub valid_to: Option<Date>,
    /// 今天的状态
    pub state: LicenseState,
    /// 状态变更日期；有效或自然到期的没有
    #[schemars(with = "Option<web::schema::Day>")]
    pub since: Option<Date>,
    /// 变更所依据的文书编号
    pub doc_no: String,
    /// 自始无效
    pub from_start: bool,
    /// 核验时间
    #[schemars(with = "web::schema::Instant")]
    pub checked_at: jiff::Timestamp,
}

impl CertifiedJson {
    pub(crate) fn of(certified: Certified, checked_at: jiff::Timestamp) -> CertifiedJson {
        CertifiedJson {
            type_name: certified.type_name,
            serial: certified.serial,
            holder_name: certified.holder_name,
            issuer_name: certified.issuer_name,
            valid_from: certified.valid_from,
            valid_to: certified.valid_to,
            state: certified.state,
            since: certified.since,
            doc_no: certified.doc_no,
            from_start: certified.from_start,
            checked_at,
        }
    }
}

/// Path of one certificate.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document")]
pub(crate) struct LicensePath {
    /// 证照标识
    license_id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyQuery {
    /// 12 位核验码，大小写和分隔符不影响
    #[schemars(length(min = 1, max = 100))]
    pub(crate) code: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListMyLicenses {
    /// 上一页返回的 next
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub(crate) cursor: Option<String>,
    /// 每页条数，1 至 100，默认 20
    #[schemars(range(min = 1, max = 100))]
    pub(crate) limit: Option<u32>,
}
