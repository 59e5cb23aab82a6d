//! What lists, browsing and search need of an item, small enough to keep for every item in memory.

use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{CaseType, Item, ItemState, Limit};
use crate::words;

/// An item in a list: its newest version, shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub item_id: ItemId,
    pub version_id: VersionId,
    pub version: i64,
    pub impl_code: String,
    pub base_code: String,
    pub local_code: String,
    pub name: String,
    pub org_id: OrgId,
    /// Where it is exercised in this deployment.
    pub region: String,
    pub item_type: String,
    pub state: ItemState,
    /// How many marks the record carries.
    pub flag_count: i64,
    pub updated_at: Timestamp,
    pub revision: i64,
    /// How often it was applied for, where that was counted.
    pub uses: i64,
    pub body: BriefBody,
}

/// The part of a brief that no SQL asks for, stored as JSON beside the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BriefBody {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub themes_person: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub themes_corp: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub life_events: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_objects: Vec<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handling_forms: Vec<u8>,
    pub visit_count: u8,
    pub instant: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statutory: Option<Limit>,
    /// The first sentences of the summary.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub result: String,
    pub materials: u16,
    pub charged: bool,
}

/// Characters of the summary that lists and the search index keep.
const SUMMARY_CHARS: usize = 120;

impl BriefBody {
    pub fn of(item: &Item) -> BriefBody {
        BriefBody {
            aliases: item.aliases.clone(),
            themes_person: item.themes_person.clone(),
            themes_corp: item.themes_corp.clone(),
            life_events: item.life_events.clone(),
            service_objects: item.service_objects.clone(),
            handling_forms: item.handling_forms.clone(),
            visit_count: item.visit_count,
            instant: item.case_type == CaseType::Instant,
            promised: item.promised_limit.clone().map(bare),
            statutory: item.statutory_limit.clone().map(bare),
            summary: item.summary.chars().take(SUMMARY_CHARS).collect(),
            result: item.result.name.clone(),
            materials: u16::try_from(item.materials.len()).unwrap_or(u16::MAX),
            charged: !item.fees.is_empty(),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}

/// A list does not show the note of a limit.
fn bare(limit: Limit) -> Limit {
    Limit {
        note: String::new(),
        ..limit
    }
}

impl Brief {
    /// The limit people are told: the promised one, else the statutory one.
    pub fn limit(&self) -> Option<&Limit> {
        self.body.promised.as_ref().or(self.body.statutory.as_ref())
    }

    /// How long it takes, in words; empty where nobody says.
    pub fn how_long(&self) -> String {
        self.limit().map_or_else(String::new, words::limit)
    }

    pub fn online(&self) -> bool {
        self.body
            .handling_forms
            .iter()
            .any(|form| matches!(form, 2 | 3))
    }

    /// How often one has to come: 全程网办, 跑1次 …; empty where nobody says.
    pub fn visits(&self) -> String {
        if self.body.handling_forms.is_empty() {
            String::new()
        } else if self.online() && self.body.visit_count == 0 {
            "全程网办".to_owned()
        } else if self.body.visit_count == 0 {
            "不用跑".to_owned()
        } else {
            format!("跑{}次", self.body.visit_count)
        }
    }

    pub fn for_people(&self) -> bool {
        self.body.service_objects.contains(&1)
    }

    pub fn for_enterprises(&self) -> bool {
        self.body.service_objects.iter().any(|object| *object != 1)
    }

    /// The word that stands for an item shared by several bodies: its basic code, else its name.
    pub fn shared_key(&self) -> &str {
        if self.base_code.is_empty() {
            &self.name
        } else {
            &self.base_code
        }
    }
}
