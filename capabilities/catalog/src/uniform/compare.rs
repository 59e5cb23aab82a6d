//! Comparing: items by their base code, each element with the benchmark's.

use std::collections::HashMap;

use base::ids::{ItemId, OrgId, VersionId};

use super::{Field, Rule};

/// An item as comparing sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    pub item_id: ItemId,
    pub version_id: VersionId,
    pub org_id: OrgId,
    pub region: String,
    pub base_code: String,
    /// One number for each of the elements that are compared, see [`super::digest`].
    pub values: Vec<u64>,
}

/// A rule with its benchmark found.
#[derive(Clone, Debug)]
pub struct Ruled<'a> {
    pub rule: &'a Rule,
    pub benchmark: Option<OrgId>,
}

/// An element of an item that is not the benchmark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Place of the rule, of the item and of the item whose value is the benchmark, and of the element.
    pub rule: usize,
    pub item: usize,
    pub benchmark: usize,
    pub field: usize,
}

/// Every departure, in the order of the items. `prints` come sorted by base code and id; `fields` are the elements
/// their values stand for. Items without a base code are compared with nobody.
pub fn compare(prints: &[Print], rules: &[Ruled<'_>], fields: &[&'static Field]) -> Vec<Departure> {
    let plans: Vec<Plan<'_>> = rules.iter().map(|rule| Plan::of(rule, fields)).collect();
    let mut found = Vec::new();
    let mut from = 0;
    for group in prints.chunk_by(|a, b| a.base_code == b.base_code) {
        if group.len() > 1 && !group[0].base_code.is_empty() {
            for (rule, plan) in plans.iter().enumerate() {
                plan.compare(group, from, rule, &mut found);
            }
        }
        from += group.len();
    }
    found.sort_by_key(|departure| (departure.item, departure.rule, departure.field));
    found
}

struct Plan<'a> {
    /// Beginning of the region codes it holds in.
    prefix: &'a str,
    benchmark: Option<OrgId>,
    /// Places of the elements it compares.
    fields: Vec<usize>,
}

impl<'a> Plan<'a> {
    fn of(ruled: &Ruled<'a>, fields: &[&'static Field]) -> Plan<'a> {
        Plan {
            prefix: prefix(&ruled.rule.region),
            benchmark: ruled.benchmark,
            fields: (0..fields.len())
                .filter(|place| {
                    let name = fields[*place].name;
                    ruled.rule.fields.iter().any(|wanted| wanted == name)
                })
                .collect(),
        }
    }

    fn compare(&self, group: &[Print], from: usize, rule: usize, found: &mut Vec<Departure>) {
        let members: Vec<usize> = (0..group.len())
            .filter(|place| group[*place].region.starts_with(self.prefix))
            .collect();
        if members.len() < 2 {
            return;
        }
        let set = self.benchmark.and_then(|org_id| {
            members
                .iter()
                .copied()
                .find(|place| group[*place].org_id == org_id)
        });
        for field in &self.fields {
            let benchmark = set.unwrap_or_else(|| most(group, &members, *field));
            let right = group[benchmark].values[*field];
            for member in &members {
                if group[*member].values[*field] != right {
                    found.push(Departure {
                        rule,
                        item: from + member,
                        benchmark: from + benchmark,
                        field: *field,
                    });
                }
            }
        }
    }
}

/// The first item that says what most of them say; of two equally many, what was said first.
fn most(group: &[Print], members: &[usize], field: usize) -> usize {
    let first = members[0];
    let value = |place: usize| group[place].values[field];
    if members.iter().all(|place| value(*place) == value(first)) {
        return first;
    }
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for place in members {
        *counts.entry(value(*place)).or_default() += 1;
    }
    let mut best = first;
    for place in members {
        if counts[&value(*place)] > counts[&value(best)] {
            best = *place;
        }
    }
    best
}

/// A region code without the zeros that stand for everything below.
fn prefix(region: &str) -> &str {
    let bare = match region.len() {
        12 if region.ends_with("000000") => &region[..6],
        12 if region.ends_with("000") => &region[..9],
        9 if region.ends_with("000") => &region[..6],
        _ => region,
    };
    match bare.len() {
        6 if bare.ends_with("0000") => &bare[..2],
        6 if bare.ends_with("00") => &bare[..4],
        _ => bare,
    }
}
