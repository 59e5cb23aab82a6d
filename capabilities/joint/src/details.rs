//! What the case of a whole notes: what it consists of, and how far each part is.

use std::collections::BTreeMap;

use approval::details::{CorrectionItem, Delivery};
use approval::together::Shared;
use base::ids::{CaseId, OrgId};
use casework::Case;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::stage::Stage;

/// Key of the [`Plan`].
pub const PLAN: &str = "plan";
/// Key of [`Standings`].
pub const STANDINGS: &str = "standings";
/// Key of [`Accepted`].
pub const ACCEPTED: &str = "accepted";
/// Key of the [`Asked`] correction.
pub const ASKED: &str = "asked";
/// Key of [`Delivered`].
pub const DELIVERED: &str = "delivered";

/// What kind of whole it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variety {
    /// 一件事: one acceptance, one clock, one delivery.
    Bundle,
    /// 政务超市: handed in together, each with a life of its own.
    Cart,
    /// A stage of a construction project.
    Stage,
}

impl Variety {
    pub fn word(self) -> &'static str {
        match self {
            Variety::Bundle => "bundle",
            Variety::Cart => "cart",
            Variety::Stage => "stage",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Variety::Bundle => "一件事一次办",
            Variety::Cart => "政务超市",
            Variety::Stage => "工程建设项目审批阶段",
        }
    }

    /// Whether the parts are accepted and delivered together.
    pub fn is_joint(self) -> bool {
        self != Variety::Cart
    }
}

/// What a whole consists of, settled when it is filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub variety: Variety,
    /// Key of the bundle or of the stage; empty for a cart.
    pub key: String,
    /// Working days promised from acceptance; none for a cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    pub delivery: Delivery,
    /// In the order they run.
    pub lanes: Vec<Lane>,
    /// Of a construction project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
}

/// One part: an ordinary approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    pub org: OrgId,
    /// 实施主体.
    pub body: String,
    /// Working days after acceptance on which it begins and ends as planned.
    pub starts: u32,
    pub ends: u32,
    /// Never keeps the whole from ending.
    #[serde(default)]
    pub optional: bool,
    /// Parts whose result must be there before this one is decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<CaseId>,
    /// Keys of the stage's opinions that must be in favour before this one is granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<String>,
    /// Keys of the one list's materials it uses, with its own key of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub materials: BTreeMap<String, String>,
}

/// How far the parts are, as the whole was told.
pub type Standings = BTreeMap<CaseId, Standing>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// State of the part.
    pub state: String,
    /// Its version then: what is older is no news.
    pub seq: i64,
    pub at: Timestamp,
    /// What its clock stands still for (行政许可法第四十五条).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<calendar::Pause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Shared>,
}

impl Standing {
    /// A part that was just filed.
    pub fn filed(at: Timestamp) -> Standing {
        Standing {
            state: "received".to_owned(),
            seq: 1,
            at,
            paused: None,
            result: None,
        }
    }

    /// Decided, or over without a decision.
    pub fn is_ended(&self) -> bool {
        !matches!(self.state.as_str(), "received" | "correcting" | "accepted")
    }

    pub fn is_granted(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.granted)
    }

    /// Accepted, or over.
    pub fn is_past_acceptance(&self) -> bool {
        !matches!(self.state.as_str(), "received" | "correcting")
    }
}

/// 统一受理: the one acceptance of all parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Empty where every part was accepted on its own.
    pub doc_no: String,
    pub at: Timestamp,
}

/// 一次性告知 by the leading body for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub doc_no: String,
    pub at: Timestamp,
    pub items: Vec<CorrectionItem>,
}

/// 统一送达.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    pub method: Delivery,
    pub receiver: String,
    pub tracking: String,
    pub at: Timestamp,
}

pub fn plan(case: &Case) -> Option<Plan> {
    case.detail(PLAN)
}

pub fn standings(case: &Case) -> Standings {
    case.detail(STANDINGS).unwrap_or_default()
}

pub fn accepted(case: &Case) -> Option<Accepted> {
    case.detail(ACCEPTED)
}

pub fn asked(case: &Case) -> Option<Asked> {
    case.detail(ASKED)
}

pub fn delivered(case: &Case) -> Option<Delivered> {
    case.detail(DELIVERED)
}
