//! When an item and its cases have parted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Measure;
use crate::figures::Parts;
use crate::model::Item;

/// From when on an alarm is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Fewer cases say nothing.
    pub cases_min: u32,
    /// Per cent of cases that were asked for a material the guide does not name.
    pub unnamed_percent: u32,
    /// Per cent of cases that had to be corrected.
    pub corrected_percent: u32,
    /// The median of the days used lies below this many per cent of the promise: it can be shortened.
    pub shorten_percent: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            cases_min: 20,
            unnamed_percent: 30,
            corrected_percent: 30,
            shorten_percent: 50,
        }
    }
}

impl Rules {
    /// What is wrong with rules somebody typed; empty where they may be kept.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if !(1..=10_000).contains(&self.cases_min) {
            problems.push(("cases_min".to_owned(), "件数请填1至10000".to_owned()));
        }
        for (field, value) in [
            ("unnamed_percent", self.unnamed_percent),
            ("corrected_percent", self.corrected_percent),
            ("shorten_percent", self.shorten_percent),
        ] {
            if !(1..=100).contains(&value) {
                problems.push((field.to_owned(), "百分比请填1至100".to_owned()));
            }
        }
        problems
    }
}

/// How many cases had which value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<i64, i64>);

impl Counts {
    pub fn add(&mut self, value: i64, cases: i64) {
        *self.0.entry(value).or_default() += cases;
    }

    pub fn cases(&self) -> i64 {
        self.0.values().sum()
    }

    /// The smallest value that at least this many per cent of the cases do not exceed; none of no cases.
    pub fn at(&self, percent: i64) -> Option<i64> {
        let needed = self.cases() * percent;
        let mut seen = 0;
        self.0.iter().find_map(|(value, cases)| {
            seen += cases * 100;
            (seen >= needed && seen > 0).then_some(*value)
        })
    }

    pub fn median(&self) -> Option<i64> {
        self.at(50)
    }

    /// Per cent of the cases with a value other than zero, rounded down.
    pub fn share(&self) -> i64 {
        let zero = self.0.get(&0).copied().unwrap_or(0);
        let cases = self.cases();
        if cases == 0 {
            0
        } else {
            (cases - zero) * 100 / cases
        }
    }
}

/// What the cases of an item really needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Real {
    pub counts: BTreeMap<Measure, Counts>,
    /// Materials asked for in corrections: whether the guide names it, key or words, cases.
    pub asked: Vec<(bool, String, i64)>,
}

impl Real {
    pub fn of(&self, measure: Measure) -> Counts {
        self.counts.get(&measure).cloned().unwrap_or_default()
    }

    pub fn cases(&self) -> i64 {
        self.of(Measure::DecideDays).cases()
    }
}

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Working days, in parts; none where nothing is promised.
    pub promised: Option<Parts>,
    pub visits: i64,
}

impl Standing {
    pub fn of(item: &Item) -> Standing {
        let limit = item
            .promised_limit
            .as_ref()
            .or(item.statutory_limit.as_ref());
        Standing {
            promised: limit.map(Parts::of),
            visits: i64::from(item.visit_count),
        }
    }
}

/// Where an item and its cases have parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alarm {
    /// Half of the cases took longer than promised.
    TooLong,
    /// Half of the cases needed far less than promised.
    CanShorten,
    /// People come more often than the guide says.
    MoreVisits,
    /// Corrections ask for what the guide does not name.
    UnnamedMaterial,
    /// Too many cases must be corrected.
    OftenCorrected,
}

impl Alarm {
    pub fn word(self) -> &'static str {
        match self {
            Alarm::TooLong => "too_long",
            Alarm::CanShorten => "can_shorten",
            Alarm::MoreVisits => "more_visits",
            Alarm::UnnamedMaterial => "unnamed_material",
            Alarm::OftenCorrected => "often_corrected",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Alarm::TooLong => "超过承诺时限",
            Alarm::CanShorten => "承诺时限可压缩",
            Alarm::MoreVisits => "实际多跑",
            Alarm::UnnamedMaterial => "指南外要材料",
            Alarm::OftenCorrected => "补正偏多",
        }
    }

    /// The section of the editor it is about.
    pub fn field(self) -> &'static str {
        match self {
            Alarm::TooLong | Alarm::CanShorten => "promised_limit",
            Alarm::MoreVisits => "visit_count",
            Alarm::UnnamedMaterial | Alarm::OftenCorrected => "materials",
        }
    }
}

/// The alarms of an item; none where too few cases say anything.
pub fn alarms(rules: &Rules, published: Standing, real: &Real) -> Vec<Alarm> {
    if real.cases() < i64::from(rules.cases_min) {
        return Vec::new();
    }
    let mut alarms = Vec::new();
    if let (Some(promised), Some(median)) =
        (published.promised, real.of(Measure::DecideDays).median())
    {
        let used = median * Parts::PER_DAY;
        if used > promised.n {
            alarms.push(Alarm::TooLong);
        } else if used * 100 < promised.n * i64::from(rules.shorten_percent) {
            alarms.push(Alarm::CanShorten);
        }
    }
    if real
        .of(Measure::Visits)
        .median()
        .is_some_and(|visits| visits > published.visits)
    {
        alarms.push(Alarm::MoreVisits);
    }
    if real.of(Measure::Unnamed).share() >= i64::from(rules.unnamed_percent) {
        alarms.push(Alarm::UnnamedMaterial);
    }
    if real.of(Measure::Corrected).share() >= i64::from(rules.corrected_percent) {
        alarms.push(Alarm::OftenCorrected);
    }
    alarms
}

/// How far the days lie from the promise, in per cent of it; what the list is sorted by among equals.
pub fn gap_percent(published: Standing, real: &Real) -> i64 {
    let (Some(promised), Some(median)) =
        (published.promised, real.of(Measure::DecideDays).median())
    else {
        return 0;
    };
    if promised.n == 0 {
        return if median == 0 { 0 } else { 100 };
    }
    (median * Parts::PER_DAY - promised.n).abs() * 100 / promised.n
}
