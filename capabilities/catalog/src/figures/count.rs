//! Counting: the items of a list that a figure counts, and what they come to.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::value::{Quantity, Ratio, int};
use super::{Fact, Figure, Parts, Reach};
use crate::model::InstantMode;

/// What a definition leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Switches {
    /// Limits: leave out 即办件.
    pub exclude_instant: bool,
    /// Limits: leave out items whose limits are not both given in working days, rather than converting them.
    pub working_days_only: bool,
    /// Count the items of one basic code once.
    pub once_per_base: bool,
}

impl Switches {
    /// In words; empty where everything stands as usual.
    pub fn words(self) -> String {
        let mut words = Vec::new();
        if self.exclude_instant {
            words.push("时限不含即办件");
        }
        if self.working_days_only {
            words.push("时限只计以工作日表示的");
        }
        if self.once_per_base {
            words.push("同一基本编码只计一次");
        }
        words.join("，")
    }
}

/// A figure's value and what stands behind it.
#[derive(Clone, Debug)]
pub struct Counted {
    pub ratio: Ratio,
    /// The items the numerator counts or sums up.
    pub items: Vec<Arc<Fact>>,
    /// The other items of the denominator.
    pub rest: Vec<Arc<Fact>>,
    /// Items that do not say what the figure is made of: they stand neither above nor below.
    pub unknown: Vec<Arc<Fact>>,
}

impl Counted {
    fn new(ratio: Ratio, items: Facts, rest: Facts) -> Counted {
        Counted {
            ratio,
            items,
            rest,
            unknown: Vec::new(),
        }
    }
}

/// What a figure comes to. `before` is the list of the earlier date, which the reduction rate is measured against.
pub fn count(
    figure: Figure,
    facts: &[Arc<Fact>],
    before: Option<&[Arc<Fact>]>,
    switches: Switches,
) -> Counted {
    let facts = chosen(facts, switches);
    match figure {
        Figure::ImplListCount => having(facts, |_| true),
        Figure::BodyCount => bodies(facts),
        Figure::LicenceItemCount => having(facts, |fact| fact.licence),
        Figure::ItemReductionRate => reduction(facts, before.map(|list| chosen(list, switches))),
        Figure::InstantItemShare => share(facts, |fact| fact.instant),
        Figure::StatutoryDays => limits(facts, switches, |[statutory, _]| statutory),
        Figure::PromisedDays => limits(facts, switches, |[_, promised]| promised),
        Figure::LimitCompressionRate => compression(facts, switches),
        Figure::StepCountAvg => of_known(
            facts,
            |fact| fact.steps > 0,
            |known| mean(known, |fact| fact.steps, |_| 1),
        ),
        Figure::MaterialAvg => of_known(
            facts,
            |fact| fact.materials.is_some(),
            |known| {
                let materials = |fact: &Fact| fact.materials.unwrap_or_default();
                mean(known, materials, |fact| fact.handling_items)
            },
        ),
        Figure::VisitAvg => of_visits(facts, |known| {
            mean(known, |fact| fact.visits.unwrap_or_default(), |_| 1)
        }),
        Figure::OneVisitItemRate => of_visits(facts, |known| {
            share(known, |fact| fact.visits.is_some_and(|visits| visits <= 1))
        }),
        Figure::ZeroVisitItemRate => {
            of_visits(facts, |known| share(known, |fact| fact.visits == Some(0)))
        }
        Figure::OnlineItemRate => share(facts, |fact| fact.online),
        Figure::FullOnlineItemRate => share(facts, |fact| fact.fully_online),
        Figure::HallEntryRate => {
            let (belonging, _) = parted(facts, |fact| fact.belongs_in_hall);
            share(belonging, |fact| fact.in_hall)
        }
        Figure::OneWindowRate => {
            let (inside, _) = parted(facts, |fact| fact.in_hall);
            share(inside, |fact| fact.one_window)
        }
        Figure::CrossProvinceCount => having(facts, |fact| fact.reach == Reach::CrossProvince),
        Figure::InProvinceCount => having(facts, |fact| fact.reach == Reach::InProvince),
        Figure::InstantApprovalItems => {
            having(facts, |fact| fact.instant_mode != InstantMode::None)
        }
        Figure::AutoApprovalItems => having(facts, |fact| fact.instant_mode == InstantMode::Auto),
        Figure::CommitmentItems => having(facts, |fact| fact.commitment),
        Figure::DeficientItems => having(facts, |fact| fact.deficient),
        Figure::DeficientMaterials => {
            let (with, _) = parted(facts, |fact| fact.deficient_materials > 0);
            let ratio = Ratio {
                numerator: Quantity::whole(sum(&with, |fact| fact.deficient_materials)),
                denominator: None,
            };
            Counted::new(ratio, with, Vec::new())
        }
        Figure::ScenarioCount => having(facts, |fact| fact.guided),
        // Themes are no items: they stand in the list by themselves.
        Figure::OneThingCount => having(facts, |_| false),
        Figure::SelfServiceItems => having(facts, |fact| fact.terminal),
    }
}

type Facts = Vec<Arc<Fact>>;

/// All of them, or one of each basic code: the one of the widest region, the first of these.
fn chosen(facts: &[Arc<Fact>], switches: Switches) -> Facts {
    if !switches.once_per_base {
        return facts.to_vec();
    }
    let mut sorted = facts.to_vec();
    sorted.sort_by(|a, b| (&a.region, a.item_id).cmp(&(&b.region, b.item_id)));
    let mut seen = HashSet::new();
    sorted.retain(|fact| fact.base_code.is_empty() || seen.insert(fact.base_code.clone()));
    sorted
}

fn parted(facts: Facts, wanted: impl Fn(&Fact) -> bool) -> (Facts, Facts) {
    facts.into_iter().partition(|fact| wanted(fact))
}

fn sum(facts: &[Arc<Fact>], number: impl Fn(&Fact) -> i64) -> i64 {
    facts.iter().map(|fact| number(fact)).sum()
}

fn having(facts: Facts, wanted: impl Fn(&Fact) -> bool) -> Counted {
    let (items, _) = parted(facts, wanted);
    Counted::new(Ratio::count(items.len()), items, Vec::new())
}

/// A figure of the items that say what it is made of; the others are named beside it.
fn of_known(
    facts: Facts,
    says: impl Fn(&Fact) -> bool,
    figure: impl FnOnce(Facts) -> Counted,
) -> Counted {
    let (known, unknown) = parted(facts, says);
    Counted {
        unknown,
        ..figure(known)
    }
}

fn of_visits(facts: Facts, figure: impl FnOnce(Facts) -> Counted) -> Counted {
    of_known(facts, |fact| fact.visits.is_some(), figure)
}

fn share(facts: Facts, wanted: impl Fn(&Fact) -> bool) -> Counted {
    let total = facts.len();
    let (items, rest) = parted(facts, wanted);
    Counted::new(Ratio::of(int(items.len()), int(total)), items, rest)
}

fn mean(facts: Facts, above: impl Fn(&Fact) -> i64, below: impl Fn(&Fact) -> i64) -> Counted {
    let ratio = Ratio::of(sum(&facts, above), sum(&facts, below));
    Counted::new(ratio, facts, Vec::new())
}

fn bodies(facts: Facts) -> Counted {
    let bodies: BTreeSet<_> = facts.iter().map(|fact| fact.org).collect();
    Counted::new(Ratio::count(bodies.len()), facts, Vec::new())
}

/// A figure of the items whose statutory and promised limits may be compared: both are published, and both are wanted.
fn of_limits(facts: Facts, switches: Switches, figure: impl FnOnce(Facts) -> Counted) -> Counted {
    let published = |fact: &Fact| fact.statutory.is_some() && fact.promised.is_some();
    of_known(facts, published, |both| {
        let (wanted, _) = parted(both, |fact| {
            let exact = |limit: Option<Parts>| limit.is_some_and(|parts| parts.exact);
            let exact = exact(fact.statutory) && exact(fact.promised);
            !(switches.exclude_instant && fact.instant) && (exact || !switches.working_days_only)
        });
        figure(wanted)
    })
}

fn days(facts: &[Arc<Fact>]) -> [i64; 2] {
    let parts = |limit: fn(&Fact) -> Option<Parts>| {
        sum(facts, |fact| limit(fact).map_or(0, |parts| parts.n))
    };
    [parts(|fact| fact.statutory), parts(|fact| fact.promised)]
}

fn limits(facts: Facts, switches: Switches, which: fn([i64; 2]) -> i64) -> Counted {
    of_limits(facts, switches, |items| {
        let ratio = Ratio {
            numerator: Quantity {
                n: which(days(&items)),
                per: Parts::PER_DAY,
            },
            denominator: Some(Quantity::whole(int(items.len()))),
        };
        Counted::new(ratio, items, Vec::new())
    })
}

fn compression(facts: Facts, switches: Switches) -> Counted {
    of_limits(facts, switches, |items| {
        let [statutory, promised] = days(&items);
        let parts = |n| Quantity {
            n,
            per: Parts::PER_DAY,
        };
        let ratio = Ratio {
            numerator: parts(statutory - promised),
            denominator: Some(parts(statutory)),
        };
        Counted::new(ratio, items, Vec::new())
    })
}

/// Behind it stand the items that went and those that came: the first less the second is the numerator.
fn reduction(now: Facts, before: Option<Facts>) -> Counted {
    let before = before.unwrap_or_default();
    let ids = |facts: &Facts| -> HashSet<_> { facts.iter().map(|fact| fact.item_id).collect() };
    let (known, standing) = (ids(&before), ids(&now));
    let ratio = Ratio::of(int(before.len()) - int(now.len()), int(before.len()));
    let (gone, _) = parted(before, |fact| !standing.contains(&fact.item_id));
    let (new, _) = parted(now, |fact| !known.contains(&fact.item_id));
    Counted::new(ratio, gone, new)
}
