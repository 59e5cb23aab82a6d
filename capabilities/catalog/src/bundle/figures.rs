//! Days, visits and counts before and after: what a person had to do item by item, and what is left.

use calendar::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::model::Limit;

/// What a matter costs whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// 申请材料: those always needed, alternatives counted once.
    pub materials: usize,
    /// 承诺办结时限, in working days.
    pub days: u32,
    /// 到现场次数.
    pub visits: u32,
    /// 填写项.
    pub fields: usize,
    /// 问题.
    pub questions: usize,
    /// 申请次数: forms handed in.
    pub applications: usize,
}

const DAYS_PER_WEEK: u32 = 7;
const WORKING_DAYS_PER_WEEK: u32 = 5;
/// 365 / 12 days, five of seven of them working, rounded up.
const WORKING_DAYS_PER_MONTH: u32 = 22;
/// 365 days, five of seven of them working, rounded up.
const WORKING_DAYS_PER_YEAR: u32 = 261;
const HOURS_PER_DAY: u32 = 24;
const MINUTES_PER_DAY: u32 = HOURS_PER_DAY * 60;

/// A limit in working days, and whether that is what was published: other units are converted, rounded up.
pub(super) fn working_days(limit: &Limit) -> (u32, bool) {
    match limit.unit {
        Unit::WorkingDay => (limit.n, true),
        Unit::Day => (
            limit
                .n
                .saturating_mul(WORKING_DAYS_PER_WEEK)
                .div_ceil(DAYS_PER_WEEK),
            false,
        ),
        Unit::Hour => (limit.n.div_ceil(HOURS_PER_DAY), false),
        Unit::Minute => (limit.n.div_ceil(MINUTES_PER_DAY), false),
        Unit::Month => (limit.n.saturating_mul(WORKING_DAYS_PER_MONTH), false),
        Unit::Year => (limit.n.saturating_mul(WORKING_DAYS_PER_YEAR), false),
    }
}

/// Visits of a bundle: everything that is done at a window is done at one visit; an act in a place of its own stays.
pub(super) fn visits(parts: &[Part<'_>]) -> u32 {
    let (own_place, window): (Vec<&Part<'_>>, Vec<&Part<'_>>) = parts
        .iter()
        .filter(|part| part.visits() > 0)
        .partition(|part| !part.member.on_site.is_empty());
    let own_place: u32 = own_place.iter().map(|part| part.visits()).sum();
    own_place + u32::from(!window.is_empty())
}
