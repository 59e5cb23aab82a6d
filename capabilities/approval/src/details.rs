//! What an approval notes on its case: typed, by key.

use base::ids::{ItemId, VersionId};
use casework::Case;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::law::Law;

/// Key of [`About`].
pub const ABOUT: &str = "item";
/// Key of [`FormRef`].
pub const FORM: &str = "form";
/// Key of a list of [`MaterialGiven`].
pub const MATERIALS: &str = "materials";
/// Key of [`Correction`].
pub const CORRECTION: &str = "correction";
/// Key of [`Acceptance`].
pub const ACCEPTANCE: &str = "acceptance";
/// Key of [`Decision`].
pub const DECISION: &str = "decision";
/// Key of [`DeliveryWish`].
pub const DELIVERY_WISH: &str = "delivery_wish";
/// Key of [`Delivered`].
pub const DELIVERED: &str = "delivered";
/// Key of the [`NotAccepted`] letter.
pub const NOT_ACCEPTED: &str = "not_accepted";
/// Key of [`Terms`].
pub const TERMS: &str = "terms";
/// Key of the SM3 hex of the query password printed on the receipt.
pub const QUERY_CODE: &str = "query_code";

/// The item version the case was filed under, and keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub item: ItemId,
    pub version: VersionId,
    pub impl_code: String,
    pub item_type: String,
    pub result_name: String,
    /// 情形导办: the answers that the item's materials, pages and limits follow from.
    #[serde(default, skip_serializing_if = "catalog::guided::Answers::is_empty")]
    pub situation: catalog::guided::Answers,
}

/// Limits that apply to this case, copied from its item version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub statutory: Option<Limit>,
    pub promised: Option<Limit>,
    /// What else the item's law says.
    #[serde(default, skip_serializing_if = "Law::is_usual")]
    pub law: Law,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub n: u32,
    pub unit: calendar::Unit,
    /// Law and article, or 承诺时限.
    pub basis: String,
}

/// Which stored form answers belong to the case; the answers themselves are sealed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormRef {
    /// 1 at submission, one more with each correction.
    pub revision: i64,
    /// SM3 hex over the stored answers' canonical JSON.
    pub digest: String,
}

/// One material as it was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialGiven {
    /// Key in the item version.
    pub key: String,
    /// Files, oldest first; empty when the paper was handed in at a window.
    pub files: Vec<FileGiven>,
    /// 收取纸质原件.
    #[serde(default)]
    pub paper: bool,
    /// 告知承诺: a written promise stands in its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub promised: bool,
}

impl MaterialGiven {
    /// Whether the material itself was handed in.
    pub fn is_here(&self) -> bool {
        self.paper || !self.files.is_empty()
    }
}

/// Materials with others in place of, or beside, those of the same key.
pub fn with_given(mut all: Vec<MaterialGiven>, more: &[MaterialGiven]) -> Vec<MaterialGiven> {
    for given in more {
        match all.iter_mut().find(|known| known.key == given.key) {
            Some(known) => *known = given.clone(),
            None => all.push(given.clone()),
        }
    }
    all
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileGiven {
    /// SM3 hex: the file's address.
    pub digest: String,
    pub size: u64,
    pub media_type: String,
    pub name: String,
}

/// 一次性告知.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub doc_no: String,
    pub at: Timestamp,
    pub items: Vec<CorrectionItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionItem {
    /// Material key, or empty for something in the form.
    #[serde(default)]
    pub material: String,
    /// What is missing or wrong, and what to hand in.
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Empty when acceptance was deemed.
    pub doc_no: String,
    /// Day 0 of the deciding clocks.
    pub from: Date,
    pub deemed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAccepted {
    pub doc_no: String,
    pub reason: String,
    pub legal_basis: String,
    /// 有权机关, when the application belongs elsewhere (行政许可法第三十二条第一款第二项).
    pub right_agency: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub doc_no: String,
    pub granted: bool,
    pub opinion: String,
    pub legal_basis: String,
    /// Licence made with the decision, if the item's result is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<String>,
}

/// How the applicant wants the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryWish {
    pub method: Delivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Window,
    Post,
    Electronic,
}

impl Delivery {
    pub fn label(self) -> &'static str {
        match self {
            Delivery::Window => "窗口领取",
            Delivery::Post => "邮寄送达",
            Delivery::Electronic => "电子送达",
        }
    }
}

/// 送达回证: who got the result, how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    pub method: Delivery,
    /// Who signed for it; empty for electronic delivery.
    pub receiver: String,
    /// Tracking number of the post.
    pub tracking: String,
    pub at: Timestamp,
}

pub fn about(case: &Case) -> Option<About> {
    case.detail(ABOUT)
}

pub fn terms(case: &Case) -> Terms {
    case.detail(TERMS).unwrap_or(Terms {
        statutory: None,
        promised: None,
        law: Law::default(),
    })
}

pub fn materials(case: &Case) -> Vec<MaterialGiven> {
    case.detail(MATERIALS).unwrap_or_default()
}

pub fn correction(case: &Case) -> Option<Correction> {
    case.detail(CORRECTION)
}

pub fn acceptance(case: &Case) -> Option<Acceptance> {
    case.detail(ACCEPTANCE)
}

pub fn decision(case: &Case) -> Option<Decision> {
    case.detail(DECISION)
}

pub fn not_accepted(case: &Case) -> Option<NotAccepted> {
    case.detail(NOT_ACCEPTED)
}

pub fn delivered(case: &Case) -> Option<Delivered> {
    case.detail(DELIVERED)
}

pub fn form(case: &Case) -> Option<FormRef> {
    case.detail(FORM)
}

pub fn delivery_wish(case: &Case) -> Delivery {
    case.detail::<DeliveryWish>(DELIVERY_WISH)
        .map_or(Delivery::Window, |wish| wish.method)
}
