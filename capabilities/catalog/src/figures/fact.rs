//! What figures need of one published version, small enough to keep for every version in memory.

use base::ids::{ItemId, OrgId};
use calendar::Unit;

use crate::model::{
    CaseType, CommitmentMode, InstantMode, Item, Limit, Material, Necessity, Validity, WindowMode,
};

/// A length of time in parts of a working day, for comparing limits of different units.
///
/// Limits not given in working days are natural time, and seven natural days hold five working days: 24小时 are 1日,
/// 1月 is 30日, 1年 is 365日.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub n: i64,
    /// Whether it is given in working days.
    pub exact: bool,
}

impl Parts {
    /// Parts of one working day: seven days of 1,440 minutes, five of which are worked.
    pub const PER_DAY: i64 = 7 * 1440;

    pub(crate) fn of(limit: &Limit) -> Parts {
        let minutes = match limit.unit {
            Unit::WorkingDay => {
                return Parts {
                    n: i64::from(limit.n) * Parts::PER_DAY,
                    exact: true,
                };
            }
            Unit::Minute => 1,
            Unit::Hour => 60,
            Unit::Day => 1440,
            Unit::Month => 30 * 1440,
            Unit::Year => 365 * 1440,
        };
        Parts {
            n: i64::from(limit.n) * minutes * 5,
            exact: false,
        }
    }
}

/// 通办范围 as figures tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At its own place, or inside one city.
    Local,
    InProvince,
    CrossProvince,
}

impl Reach {
    fn of(scope: &str) -> Reach {
        let says = |words: &[&str]| words.iter().any(|word| scope.contains(word));
        if says(&["全国", "跨省"]) {
            Reach::CrossProvince
        } else if says(&["全省", "省内", "跨市", "跨县"]) {
            Reach::InProvince
        } else {
            Reach::Local
        }
    }
}

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an element of the standard that a figure counts"
)]
pub struct Fact {
    pub item_id: ItemId,
    pub version: i64,
    pub org: OrgId,
    pub region: String,
    pub name: String,
    pub base_code: String,
    pub validity: Validity,
    pub licence: bool,
    pub instant: bool,
    pub statutory: Option<Parts>,
    pub promised: Option<Parts>,
    pub steps: i64,
    /// Required materials over all handling items; none where the version says nothing of how the item is handled.
    pub materials: Option<i64>,
    /// 业务办理项; an item without any is one itself.
    pub handling_items: i64,
    /// None where the version does not say how one applies: 0 is no number of visits then, but a gap.
    pub visits: Option<i64>,
    pub online: bool,
    /// C4 of the checks: acceptance, handling and result, all online.
    pub fully_online: bool,
    pub in_hall: bool,
    /// In a hall, or handled at a window and therefore belonging in one.
    pub belongs_in_hall: bool,
    pub one_window: bool,
    pub reach: Reach,
    pub instant_mode: InstantMode,
    pub commitment: bool,
    pub deficient: bool,
    pub deficient_materials: i64,
    pub guided: bool,
    pub terminal: bool,
}

impl Fact {
    pub fn of(item_id: ItemId, version: i64, org: OrgId, region: String, item: &Item) -> Fact {
        let (materials, handling_items) = materials(item);
        let window = item.handling_forms.contains(&1);
        Fact {
            item_id,
            version,
            org,
            region,
            name: item.name.clone(),
            base_code: item.base_code.clone(),
            validity: item.validity,
            licence: item.item_type == "01",
            instant: item.case_type == CaseType::Instant,
            statutory: item.statutory_limit.as_ref().map(Parts::of),
            promised: item.promised_limit.as_ref().map(Parts::of),
            steps: len(item.steps.len()),
            materials: materials_are_said(item).then_some(materials),
            handling_items,
            visits: visits_are_said(item).then(|| i64::from(item.visit_count)),
            online: item.online(),
            fully_online: item.fully_online() && depth_is_full(&item.online_depth),
            in_hall: item.in_hall,
            belongs_in_hall: item.in_hall || window,
            one_window: item.accept_window_mode == WindowMode::Integrated,
            reach: Reach::of(&item.cross_region_scope),
            instant_mode: item.instant_mode,
            commitment: item.commitment.mode != CommitmentMode::None,
            deficient: item.allow_deficient,
            deficient_materials: len(item.materials.iter().filter(|m| m.deficient_ok).count()),
            guided: !item.situation.is_empty(),
            terminal: item.support.terminal,
        }
    }
}

/// Directories give names and codes only; an item out of one asks for nothing yet because nobody has said what it asks
/// for.
fn materials_are_said(item: &Item) -> bool {
    !item.materials.is_empty() || !item.steps.is_empty() || way_is_said(item)
}

/// 零跑动 takes another way than the window (C3 of the checks): beside the window alone a 0 is a number nobody has
/// given.
fn visits_are_said(item: &Item) -> bool {
    let at_window_only = item.handling_forms == [1] && !handled_online(item);
    item.visit_count > 0 || (way_is_said(item) && !at_window_only)
}

/// Whether it is published how one applies: by 办理形式, or by a depth of handling online.
fn way_is_said(item: &Item) -> bool {
    !item.handling_forms.is_empty() || handled_online(item)
}

fn handled_online(item: &Item) -> bool {
    item.online_depth.iter().any(|depth| depth.contains('网'))
}

/// 网上办理深度 that covers the whole way: 受理, 办理, 办理结果信息反馈.
fn depth_is_full(depth: &[String]) -> bool {
    let says = |word: &str| depth.iter().any(|step| step.contains(word));
    // 网上办理 alone would be found in 网上办理深度; 办理 as a step of its own is meant.
    says("受理") && says("反馈") && depth.iter().any(|step| is_handling(step))
}

fn is_handling(step: &str) -> bool {
    step.contains("办理") && !step.contains("结果")
}

/// Required materials over all handling items, and how many those are.
fn materials(item: &Item) -> (i64, i64) {
    if item.handling_items.is_empty() {
        return (asked(item.materials.iter().filter(|m| usual(m))), 1);
    }
    let sum = item
        .handling_items
        .iter()
        .map(|handling| {
            if handling.materials.is_empty() {
                asked(item.materials.iter().filter(|m| usual(m)))
            } else {
                let named = |m: &&Material| handling.materials.contains(&m.key);
                asked(
                    item.materials
                        .iter()
                        .filter(named)
                        .filter(|m| m.necessity != Necessity::Optional),
                )
            }
        })
        .sum();
    (sum, len(item.handling_items.len()))
}

/// Asked of everybody.
fn usual(material: &Material) -> bool {
    material.necessity == Necessity::Required
}

/// How many papers a person brings: what is shared or made on the way counts 0 (国务院关于在线政务服务的若干规定第七条), of
/// alternatives one counts.
fn asked<'m>(materials: impl Iterator<Item = &'m Material>) -> i64 {
    let mut groups: Vec<&str> = Vec::new();
    let mut count = 0;
    for material in materials {
        if !material.shared_via.is_empty() || !material.produced_by.is_empty() {
            continue;
        }
        if material.one_of.is_empty() {
            count += 1;
        } else if !groups.contains(&material.one_of.as_str()) {
            groups.push(&material.one_of);
            count += 1;
        }
    }
    count
}

fn len(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
