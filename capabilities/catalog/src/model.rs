//! The published item: what a guide shows, a form asks, a case follows.
//!
//! Element names and codes follow GB/T 39046-2020 tables 4 and 5 (see `docs/glossary.md`).
//! An [`Item`] is the content of one immutable version; a correction is a new version.

use base::crypto::{Digest, sm3};
use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod base_item;
mod service;
mod situation;

pub use base_item::{BaseItem, Origin, PublishedBase};
pub use service::{
    Commitment, CommitmentMode, HandlingItem, InstantMode, IntermediaryService, PowerSource,
    SpecialProcedure, Support, Validity, WindowMode,
};
pub use situation::{Outcome, Question, QuestionKind, Situation};

/// One published version of an item, with the keys it is stored under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub item_id: ItemId,
    pub version_id: VersionId,
    /// 1, 2, 3 … per item.
    pub version: i64,
    /// SM3 over the canonical JSON of `item`.
    pub digest: String,
    pub published_at: Timestamp,
    /// False for a version that a newer one has replaced, or whose item is suspended or cancelled.
    pub current: bool,
    pub state: ItemState,
    /// Body that decides (实施主体) in this deployment.
    pub org_id: OrgId,
    pub item: Item,
    /// What the import found wrong and kept: malformed historic codes, gaps. Never shown to citizens.
    pub flags: Vec<Flag>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    Published,
    Suspended,
    Cancelled,
}

impl ItemState {
    pub const ALL: [ItemState; 3] = [
        ItemState::Published,
        ItemState::Suspended,
        ItemState::Cancelled,
    ];

    /// The word stored and used in addresses.
    pub fn word(self) -> &'static str {
        match self {
            ItemState::Published => "published",
            ItemState::Suspended => "suspended",
            ItemState::Cancelled => "cancelled",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            ItemState::Published => "在用",
            ItemState::Suspended => "暂停",
            ItemState::Cancelled => "取消",
        }
    }

    pub fn from_word(word: &str) -> Option<ItemState> {
        ItemState::ALL
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// A finding that does not stop a record from being kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    pub field: String,
    /// Stable word, e.g. `impl_code.check`.
    pub code: String,
    pub message: String,
}

/// 政务服务事项 as an implementing body publishes it (实施清单事项).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// 事项名称, at most 200 characters.
    pub name: String,
    /// Everyday phrases people search with (别名), e.g. 开饭店.
    pub aliases: Vec<String>,
    pub base_code: String,
    pub impl_code: String,
    /// Codes from older catalogues, kept as they came.
    pub local_item_code: String,
    /// 事项类型, two digits of GB/T 39046-2020 annex A (`01` 行政许可 …).
    pub item_type: String,
    /// 行使层级 1–7.
    pub exercise_level: u8,
    /// 区划 where it is exercised.
    pub region_code: String,
    pub legal_basis: Vec<LegalBasis>,
    /// 服务对象 1–6.
    pub service_objects: Vec<u8>,
    pub case_type: CaseType,
    /// 法定办结时限; none where no law sets one.
    pub statutory_limit: Option<Limit>,
    /// 承诺办结时限, never longer than the statutory one.
    pub promised_limit: Option<Limit>,
    /// 受理条件.
    pub accept_conditions: Vec<String>,
    /// 办理流程.
    pub steps: Vec<Step>,
    /// 申请材料.
    pub materials: Vec<Material>,
    /// 申请表: empty `pages` means the standard applicant page only.
    pub form: Form,
    /// 办理形式 1 窗口 2 电脑端网上 3 移动端网上 4 快递申请 9 其他.
    pub handling_forms: Vec<u8>,
    /// 到办事现场次数.
    pub visit_count: u8,
    pub visit_reason: String,
    /// 网上办理深度.
    pub online_depth: Vec<String>,
    /// 通办范围.
    pub cross_region_scope: String,
    pub fees: Vec<Fee>,
    pub quantity_limit: String,
    pub result: ResultDoc,
    /// 送达方式: window, post, electronic.
    pub delivery: Vec<Delivery>,
    pub places: Vec<Place>,
    pub consult_phone: String,
    pub complaint_phone: String,
    /// 自然人 / 法人主题分类 names.
    pub themes_person: Vec<String>,
    pub themes_corp: Vec<String>,
    /// 人生事件 / 企业生命周期, e.g. 结婚, 开店.
    pub life_events: Vec<String>,
    pub faq: Vec<Faq>,
    /// 行政救济.
    pub remedy: String,
    /// One or two plain sentences: what this is for, whom it concerns.
    pub summary: String,
    /// Where the facts come from: `statute`, a page, `demo`.
    pub source: String,
    /// 主项名称, 子项名称.
    pub main_item_name: String,
    pub sub_item_name: String,
    /// Version of the base item this was made after; none for items without one.
    pub base_version: Option<u32>,
    pub power_scope: String,
    pub exercise_content: String,
    pub power_source: PowerSource,
    /// 委托部门, where the power is entrusted.
    pub delegated_dept: String,
    /// 实施主体性质 1 法定机关 2 授权组织 3 受委托组织 9 其他.
    pub body_nature: Option<u8>,
    /// 联办机构.
    pub joint_bodies: Vec<String>,
    pub special_procedures: Vec<SpecialProcedure>,
    /// 通办形式.
    pub cross_region_mode: Vec<String>,
    pub online_url: String,
    pub mobile_url: String,
    pub support: Support,
    /// 是否进驻政务大厅.
    pub in_hall: bool,
    pub accept_window_mode: WindowMode,
    pub intermediary_services: Vec<IntermediaryService>,
    pub commitment: Commitment,
    /// 是否容缺受理.
    pub allow_deficient: bool,
    pub instant_mode: InstantMode,
    /// 业务办理项; empty means the item itself is applied for.
    pub handling_items: Vec<HandlingItem>,
    /// 情形导办.
    pub situation: Situation,
    pub validity: Validity,
}

impl Item {
    /// SM3 over the canonical JSON: members in alphabetical order, empty ones left out.
    ///
    /// Leaving empty members out keeps the digest of a record the same when the model gains a field.
    pub fn digest(&self) -> Digest {
        digest_of(self)
    }

    /// Whether natural persons are served.
    pub fn for_people(&self) -> bool {
        self.service_objects.contains(&1)
    }

    /// Whether enterprises or other bodies are served.
    pub fn for_enterprises(&self) -> bool {
        self.service_objects.iter().any(|object| *object != 1)
    }

    /// Whether an application can be filed online.
    pub fn online(&self) -> bool {
        self.handling_forms.iter().any(|form| matches!(form, 2 | 3))
    }

    /// 全程网办: online and without a visit.
    pub fn fully_online(&self) -> bool {
        self.online() && self.visit_count == 0
    }
}

/// SM3 over the canonical JSON of a record.
pub(crate) fn digest_of(record: &impl Serialize) -> Digest {
    let value = serde_json::to_value(record).expect("a record is plain data");
    let mut text = String::new();
    canonical(&value, &mut text);
    sm3(text.as_bytes())
}

/// Writes `value` without whitespace, members sorted, empty members dropped.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .filter(|(_, member)| !is_empty(member))
                .collect();
            members.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(member, out);
            }
            out.push('}');
        }
        Value::Array(entries) => {
            out.push('[');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                canonical(entry, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LegalBasis {
    pub law: String,
    /// 文号.
    pub document_no: String,
    /// 法律, 行政法规, 国务院决定, 部门规章, 地方性法规, 地方政府规章, 其他.
    pub level: String,
    /// 第二十三条, or 23.
    pub article: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseType {
    /// 即办件: settled at once.
    Instant,
    /// 承诺件.
    #[default]
    Promised,
}

/// A length of time as published, e.g. 20 working days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub n: u32,
    #[schemars(with = "UnitWord")]
    pub unit: calendar::Unit,
    #[serde(default)]
    pub note: String,
}

/// How [`calendar::Unit`] is written.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "only its schema is used: the calendar knows nothing of schemas"
)]
enum UnitWord {
    WorkingDay,
    Day,
    Hour,
    Minute,
    Month,
    Year,
}

/// 环节 of the published flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// 受理, 审查, 决定, 送达 …
    pub name: String,
    pub role: String,
    pub days: Option<u32>,
    pub output: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Material {
    /// Unique in the item, `[a-z0-9_]+`.
    pub key: String,
    pub name: String,
    pub necessity: Necessity,
    /// When a situational material is needed, in words.
    pub condition: String,
    pub original_count: u8,
    pub copy_count: u8,
    /// 材料形式: 纸质, 电子, 纸质或电子.
    pub form: String,
    /// 来源渠道.
    pub source_channel: SourceChannel,
    pub source_agency: String,
    /// 填报须知.
    pub fill_notes: String,
    /// 受理标准, what the reviewer looks at.
    pub accept_standard: String,
    pub legal_basis: String,
    /// Licence type or shared data that replaces it.
    pub shared_via: String,
    /// 容缺后补 is possible. Never for a core material.
    pub deficient_ok: bool,
    /// 主要材料.
    pub core: bool,
    /// A written promise may take its place.
    pub commitment_replaceable: bool,
    /// Code of the standard material it is (材料库): the same paper asked by several departments has one code.
    pub standard: String,
    /// Materials with the same word are alternatives: one of them is enough.
    pub one_of: String,
    /// Handled by the platform itself: the item (base code) whose result it is.
    pub produced_by: String,
    /// 原件, 复印件, 电子, 原件核验.
    pub category: String,
    /// 规格, e.g. A4.
    pub spec: String,
    /// Addresses of the blank form and of a filled sample.
    pub blank_form: String,
    pub sample: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Necessity {
    #[default]
    Required,
    Optional,
    Deferrable,
    Situational,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceChannel {
    #[default]
    Applicant,
    Government,
    Other,
}

/// The form: pages of one question or one small group each.
///
/// `schema()` in [`crate::form`] turns it into JSON Schema 2020-12.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    pub pages: Vec<FormPage>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FormPage {
    /// `[a-z0-9_]+`, part of the address.
    pub key: String,
    /// The page's question, e.g. 您的店在哪里？
    pub title: String,
    pub hint: String,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Field {
    /// `[a-z0-9_]+`, unique in the form.
    pub key: String,
    pub label: String,
    pub hint: String,
    pub kind: FieldKind,
    pub required: bool,
    /// For `choice` and `choices`.
    pub options: Vec<Choice>,
    /// Characters for text, 1–2000; 0 means 200.
    pub max_length: u16,
    /// Bounds for `number`; 分 for `amount`; rows for `group` and `table`.
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// Personal data, masked for staff unless the task needs it.
    pub personal: bool,
    /// For `group` and `table`: what each row asks, 1–12 fields.
    pub fields: Vec<Field>,
    /// Code of the data element it is (数据元): the same fact asked by several departments has one code.
    pub element: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    #[default]
    Text,
    LongText,
    CitizenId,
    Uscc,
    Phone,
    /// An address as one text.
    Address,
    /// A division chosen down the tree 省→市→区县→街道→社区, and the street below it.
    RegionAddress,
    Date,
    /// Yuan typed, 分 stored.
    Amount,
    Number,
    Choice,
    Choices,
    BankCard,
    Email,
    Confirm,
    /// The same few questions for each of several: people, places.
    Group,
    /// Rows of short answers, typed like a sheet.
    Table,
    /// One file.
    File,
    /// Drawn by hand, or the equal way without a pointer: the full name and 本人确认.
    Signature,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fee {
    pub name: String,
    pub standard: String,
    pub basis: String,
    /// Who pays nothing or less.
    pub waiver: String,
    pub waiver_basis: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResultDoc {
    pub name: String,
    pub kind: ResultKind,
    /// Years of validity, none for unlimited.
    pub valid_years: Option<u16>,
    /// 年检年审要求.
    pub annual_check: String,
    /// Address of a sample.
    pub sample: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// 证照: an electronic certificate is made at delivery.
    #[default]
    Certificate,
    /// 批文.
    Approval,
    /// 文书.
    Letter,
    /// No document: the act itself (登记, 给付).
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Window,
    Post,
    Electronic,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    pub hall: String,
    pub address: String,
    pub windows: String,
    pub hours: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Faq {
    pub question: String,
    pub answer: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_the_content_and_nothing_else() {
        let item = Item {
            name: "结婚登记".into(),
            aliases: vec!["领证".into()],
            ..Item::default()
        };
        assert_eq!(item.digest(), item.clone().digest());
        let mut other = item.clone();
        other.aliases.push("结婚".into());
        assert_ne!(item.digest(), other.digest());
        // An empty member and a missing one are the same record.
        let read: Item =
            serde_json::from_str(r#"{"name":"结婚登记","aliases":["领证"]}"#).expect("reads");
        assert_eq!(read.digest(), item.digest());
    }

    #[test]
    fn unknown_members_are_refused() {
        assert!(serde_json::from_str::<Item>(r#"{"nmae":"结婚登记"}"#).is_err());
    }
}
