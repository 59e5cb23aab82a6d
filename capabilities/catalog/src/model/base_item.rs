//! 基本目录事项: what the State Council's department or the province fixes, and every implementing body claims.

use base::crypto::Digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CaseType, Commitment, Fee, IntermediaryService, LegalBasis, Limit, Material, ResultDoc,
    SpecialProcedure, Step, Validity, digest_of,
};

/// The content of one immutable version of a base item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BaseItem {
    /// 12 characters (`base::codes::BaseCode`); historic ones are kept as they came.
    pub base_code: String,
    pub name: String,
    pub main_item_name: String,
    pub sub_item_name: String,
    pub item_type: String,
    pub legal_basis: Vec<LegalBasis>,
    /// Levels that may exercise it, 1–7; a body chooses one of them.
    pub exercise_levels: Vec<u8>,
    pub power_scope: String,
    pub exercise_content: String,
    pub service_objects: Vec<u8>,
    pub case_type: CaseType,
    pub statutory_limit: Option<Limit>,
    /// Promised everywhere; a body may promise less.
    pub promised_limit: Option<Limit>,
    /// At most this often; none where nothing is fixed.
    pub visit_count: Option<u8>,
    pub accept_conditions: Vec<String>,
    pub steps: Vec<Step>,
    pub materials: Vec<Material>,
    pub special_procedures: Vec<SpecialProcedure>,
    pub quantity_limit: String,
    pub fees: Vec<Fee>,
    pub intermediary_services: Vec<IntermediaryService>,
    pub result: ResultDoc,
    /// Ways of handling every body must offer at least.
    pub handling_forms: Vec<u8>,
    pub themes_person: Vec<String>,
    pub themes_corp: Vec<String>,
    pub commitment: Commitment,
    /// Number in the published list of licences 行政许可事项清单; empty where it is no licence.
    pub licence_list_no: String,
    pub origin: Origin,
    pub validity: Validity,
    pub source: String,
}

/// Who set the item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// 中央设定.
    #[default]
    Central,
    /// 省级设定.
    Provincial,
    /// 地方特有: needs a basis of its own in local regulations (《优化营商环境条例》第四十条).
    Local,
}

impl BaseItem {
    /// SM3 over the canonical JSON, as of an item.
    pub fn digest(&self) -> Digest {
        digest_of(self)
    }

    /// 行政许可: nothing outside the published list may be licensed.
    pub fn is_licence(&self) -> bool {
        self.item_type == "01"
    }
}

/// One published version of a base item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedBase {
    pub base_code: String,
    /// 1, 2, 3 … per base item.
    pub version: i64,
    pub digest: String,
    pub published_at: Timestamp,
    pub published_by: String,
    /// False where a newer version replaced it.
    pub current: bool,
    /// Cancelled base items stop acceptance of all who claimed them.
    pub cancelled: bool,
    pub item: BaseItem,
}
