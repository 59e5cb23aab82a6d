//! How an item is served beyond its guide: special procedures, windows, channels, commitments, automatic decisions,
//! the variants it is handled in.
//!
//! Names follow the published schema of the national item interface and GB/T 39046-2020 table 4.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Limit;

/// 特别程序: time that the law may take out of the limit (《行政许可法》第四十五条).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpecialProcedure {
    /// 听证, 招标, 拍卖, 检验, 检测, 检疫, 鉴定, 专家评审, 公示.
    pub kind: String,
    pub legal_basis: String,
    /// Working days it takes at most.
    pub days: Option<u32>,
    /// Whether its time counts within the limit.
    pub counted: bool,
}

/// 中介服务 that an applicant must buy; each needs a legal basis (《优化营商环境条例》第四十三条).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IntermediaryService {
    pub name: String,
    pub legal_basis: String,
}

/// 权力来源.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PowerSource {
    /// Not said.
    #[default]
    #[serde(rename = "")]
    Unknown,
    /// 1 法定本级行使.
    Statutory,
    /// 2 上级下放.
    Delegated,
    /// 3 上级授权.
    Authorised,
    /// 4 同级授权.
    PeerAuthorised,
    /// 5 上级委托.
    Entrusted,
    /// 6 同级委托.
    PeerEntrusted,
}

impl PowerSource {
    /// Whether somebody else's power is used, who must then be named (委托部门).
    pub fn is_entrusted(self) -> bool {
        matches!(self, PowerSource::Entrusted | PowerSource::PeerEntrusted)
    }
}

/// 一窗受理: which window takes it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowMode {
    #[default]
    #[serde(rename = "")]
    Unknown,
    /// 综合窗.
    Integrated,
    /// 专窗.
    Dedicated,
    /// 后台审批.
    BackOffice,
}

/// 是否支持预约、网上支付、物流快递、终端办理.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent yes-or-no elements of the standard"
)]
pub struct Support {
    pub booking: bool,
    pub pay: bool,
    pub post: bool,
    pub terminal: bool,
}

/// 告知承诺: a written promise takes the place of a proof or of checks before the licence (国办发〔2020〕42号).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Commitment {
    pub mode: CommitmentMode,
    /// What the item directly concerns and what therefore speaks against a commitment: 国家安全, 公共安全, 金融, 生态,
    /// 生命健康, 重要涉外.
    pub concerns: Vec<String>,
    /// Why it is allowed nevertheless; a person's decision.
    pub override_reason: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentMode {
    #[default]
    #[serde(rename = "")]
    None,
    /// 证明事项.
    Proof,
    /// 涉企经营许可.
    Licence,
}

/// 秒批 and 智能审批 are counted apart: the first still has a person's click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstantMode {
    #[default]
    #[serde(rename = "")]
    None,
    /// 人工秒批.
    StaffInstant,
    /// 无人工干预.
    Auto,
}

/// 业务办理项: a variant an applicant applies for, e.g. 新办, 变更, 延续, 注销. Empty members say what the item says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HandlingItem {
    /// Two or three digits appended to the implementing code.
    pub suffix: String,
    pub name: String,
    /// Keys of the materials this variant asks for; empty means all that are not situational.
    pub materials: Vec<String>,
    pub promised_limit: Option<Limit>,
    pub visit_count: Option<u8>,
}

/// From when until when a version may be applied for; open at either end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Validity {
    /// First day.
    #[schemars(with = "Option<String>")]
    pub from: Option<Date>,
    /// Last day.
    #[schemars(with = "Option<String>")]
    pub to: Option<Date>,
}

impl Validity {
    /// Whether a day lies within.
    pub fn holds(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}
