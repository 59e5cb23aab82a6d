//! What the law says of one item beside its limits: which special procedures stop its clocks, how far and by whom it
//! may be extended, whether silence is an answer, what may be supplied later.
//!
//! Copied into a case when it is filed, so that a case keeps the law it began under. Everything here is optional: an
//! item that says nothing follows 行政许可法.

use calendar::{Length, PauseReason, Unit};
use catalog::model::{CommitmentMode, Item, Material, Necessity, SourceChannel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::details::{Limit, Terms};

/// The law of one item, as far as it differs from the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Law {
    /// Special procedures the item names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub special: Vec<SpecialTerm>,
    /// What is set for the item beside its published version.
    #[serde(skip_serializing_if = "Settings::is_usual")]
    pub set: Settings,
    /// 容缺受理, where the item allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapLaw>,
    /// 告知承诺, where the item allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<PromiseLaw>,
}

/// A special procedure of the item's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialTerm {
    /// As the item calls it: 听证, 检验, 公示 …
    pub name: String,
    pub basis: String,
    /// Working days at most, where the item says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// What an administration sets for an item beside its published version. Defaults are those of the law, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// 统一办理、联合办理、集中办理: 45 + 15 个工作日 (行政许可法第四十二条第二款)。
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub joint: bool,
    /// 下级行政机关先行审查: 20 个工作日报送上级 (行政许可法第四十三条)。
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lower_review: bool,
    /// 延长期限另有法律规定的。
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<ExtensionLaw>,
    /// 逾期未作决定视为准予的法律依据；没有的留空。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub tacit_basis: Option<String>,
    /// 申请人补正的期限（工作日）；没有规定的留空。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 365))]
    pub correction_days: Option<u32>,
    /// 要求听证的期限（工作日），默认 5。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 60))]
    pub hearing_request_days: Option<u32>,
    /// 容缺补交的期限，默认并且最长为承诺办结时限。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 365))]
    pub gap_days: Option<u32>,
    /// 承诺事项的核查期限（工作日），默认 40。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 365))]
    pub after_check_days: Option<u32>,
    /// 直接关系公共安全、人身健康、生命财产安全 (行政许可法第七十八条、第七十九条)。
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub safety: bool,
    /// 暂停适用告知承诺，尽管公布的事项允许。
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promise_off: bool,
    /// 暂停适用容缺受理，尽管公布的事项允许。
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gap_off: bool,
}

impl Settings {
    /// Whether nothing differs from the law's defaults; such settings are not written down.
    pub fn is_usual(&self) -> bool {
        *self == Settings::default()
    }

    /// 行政许可法第四十七条: within five days; working days, by art. 82.
    pub fn hearing_request(&self) -> Length {
        Length::working_days(self.hearing_request_days.unwrap_or(5))
    }

    /// Two months of working days unless set otherwise.
    pub fn after_check(&self) -> Length {
        Length::working_days(self.after_check_days.unwrap_or(40))
    }
}

/// How far another law lets the limit be extended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionLaw {
    /// 最多延长，单位与法定办结时限相同；0 为不得延长
    #[schemars(range(max = 365))]
    pub n: u32,
    /// 法律、法规及条款
    #[schemars(length(max = 200))]
    pub basis: String,
}

/// A material by its key, with its name as it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub key: String,
    pub name: String,
}

impl Named {
    fn of(material: &Material) -> Named {
        Named {
            key: material.key.clone(),
            name: material.name.clone(),
        }
    }
}

/// Which materials may follow, and which may not be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapLaw {
    /// 可容缺材料.
    pub later: Vec<Named>,
    /// 主要材料 and all others that are needed at once.
    pub core: Vec<Named>,
}

/// What a written promise may take the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseLaw {
    pub mode: CommitmentMode,
    pub replaceable: Vec<Named>,
    /// What has to hold: the conditions the item publishes, each a point of the promise.
    pub conditions: Vec<String>,
}

impl Law {
    /// The law of a published item, with what is set beside it.
    pub fn of(item: &Item, set: Settings) -> Law {
        let special = item
            .special_procedures
            .iter()
            .filter(|known| !known.counted)
            .map(|known| SpecialTerm {
                name: known.kind.clone(),
                basis: known.legal_basis.clone(),
                days: known.days,
            })
            .collect();
        Law {
            special,
            gap: gap(item).filter(|_| !set.gap_off),
            promise: promise(item).filter(|_| !set.promise_off),
            set: Settings {
                joint: set.joint || !item.joint_bodies.is_empty(),
                ..set
            },
        }
    }

    /// Whether nothing is special; such a law is not written down.
    pub fn is_usual(&self) -> bool {
        *self == Law::default()
    }

    /// What the item says of a special procedure, by its name.
    pub fn special(&self, name: &str) -> Option<&SpecialTerm> {
        self.special.iter().find(|known| known.name == name)
    }

    /// The reasons for which the deciding clocks may stand still: those of 行政许可法第四十五条, and the item's own.
    pub fn pausable(&self) -> Vec<PauseReason> {
        let own = self.special.iter().any(|term| is_own(&term.name));
        PauseReason::LICENSING
            .into_iter()
            .chain(own.then_some(PauseReason::SpecialLaw))
            .collect()
    }

    /// How far a limit may be extended, and by which law; `None` where it may not be.
    ///
    /// 行政许可法第四十二条: ten working days, fifteen where handled jointly; other laws go before it.
    pub fn extension(&self, limit: &Limit, licensing: bool) -> Option<(Length, String)> {
        if let Some(own) = &self.set.extension {
            let length = Length::new(own.n, limit.unit);
            return (own.n > 0).then(|| (length, own.basis.clone()));
        }
        if !licensing || limit.unit != Unit::WorkingDay {
            return None;
        }
        Some(if self.set.joint {
            let basis = "《行政许可法》第四十二条第二款";
            (Length::working_days(15), basis.to_owned())
        } else {
            let basis = "《行政许可法》第四十二条第一款";
            (Length::working_days(10), basis.to_owned())
        })
    }
}

/// Limits of an item version, as a case filed under it keeps them.
///
/// 行政许可法第四十二条: twenty working days where no other law sets a limit, forty-five where handled jointly.
pub fn terms(item: &Item, set: Settings) -> Terms {
    let law = Law::of(item, set);
    let basis = item.legal_basis.first().map_or_else(String::new, |basis| {
        format!("{}{}", basis.law, basis.article)
    });
    let usual = |n, paragraph: &str| Limit {
        n,
        unit: calendar::Unit::WorkingDay,
        basis: format!("《行政许可法》第四十二条{paragraph}"),
    };
    let statutory = match &item.statutory_limit {
        Some(limit) => Some(Limit {
            n: limit.n,
            unit: limit.unit,
            basis,
        }),
        None if item.item_type == "01" && law.set.joint => Some(usual(45, "第二款")),
        None if item.item_type == "01" => Some(usual(20, "第一款")),
        None => None,
    };
    Terms {
        statutory,
        promised: item.promised_limit.as_ref().map(|limit| Limit {
            n: limit.n,
            unit: limit.unit,
            basis: "承诺办结时限".to_owned(),
        }),
        law,
    }
}

/// Whether a special procedure is one that 行政许可法第四十五条 does not name.
pub fn is_own(name: &str) -> bool {
    !PauseReason::LICENSING
        .iter()
        .any(|reason| reason.name() == name)
}

/// 容缺受理: a material that may follow is none of the core ones, and is asked for at all.
fn gap(item: &Item) -> Option<GapLaw> {
    if !item.allow_deficient {
        return None;
    }
    let asked = item.materials.iter().filter(|material| {
        matches!(
            material.necessity,
            Necessity::Required | Necessity::Deferrable
        ) && (material.source_channel != SourceChannel::Government
            || material.shared_via.is_empty())
    });
    let may_follow = |material: &Material| {
        !material.core && (material.deficient_ok || material.necessity == Necessity::Deferrable)
    };
    let (later, core): (Vec<&Material>, Vec<&Material>) =
        asked.partition(|material| may_follow(material));
    (!later.is_empty()).then(|| GapLaw {
        later: later.into_iter().map(Named::of).collect(),
        core: core.into_iter().map(Named::of).collect(),
    })
}

fn promise(item: &Item) -> Option<PromiseLaw> {
    if item.commitment.mode == CommitmentMode::None {
        return None;
    }
    let replaceable: Vec<Named> = item
        .materials
        .iter()
        .filter(|material| material.commitment_replaceable)
        .map(Named::of)
        .collect();
    (!replaceable.is_empty()).then(|| PromiseLaw {
        mode: item.commitment.mode,
        replaceable,
        conditions: item.accept_conditions.clone(),
    })
}
