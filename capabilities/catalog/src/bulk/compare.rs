//! Two lists of items beside each other: what only one has, and where those that both have differ.

use std::collections::{HashMap, VecDeque};

use base::ids::ItemId;

use crate::diff::{self, Change};
use crate::model::Item;

/// An item of a list.
#[derive(Clone, Debug)]
pub struct Entry {
    /// None for a record of a file.
    pub item_id: Option<ItemId>,
    /// Who publishes it, for people.
    pub body: String,
    pub item: Item,
}

/// Two entries of the same matter that differ.
#[derive(Clone, Debug)]
pub struct Pair {
    pub here: Entry,
    pub there: Entry,
    pub changes: Vec<Change>,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    pub only_here: Vec<Entry>,
    pub only_there: Vec<Entry>,
    pub different: Vec<Pair>,
    pub same: usize,
}

/// What differs between any two bodies and says nothing about the matter.
const LOCAL: &[&str] = &[
    "impl_code",
    "local_item_code",
    "region_code",
    "places",
    "consult_phone",
    "complaint_phone",
    "online_url",
    "mobile_url",
    "source",
];

/// Brings two lists together: by implementing code, by base code and name, by a base code that each has once, by name.
///
/// With `matter_only`, what every body has of its own (codes, places, phones) is not compared.
pub fn compare(here: Vec<Entry>, there: Vec<Entry>, matter_only: bool) -> Comparison {
    let mut left: Vec<Option<Entry>> = here.into_iter().map(Some).collect();
    let mut right: Vec<Option<Entry>> = there.into_iter().map(Some).collect();
    let mut found = Comparison::default();
    for pass in [Pass::ImplCode, Pass::BaseAndName, Pass::Base, Pass::Name] {
        for (a, b) in pass.pairs(&left, &right) {
            if let (Some(here), Some(there)) = (left[a].take(), right[b].take()) {
                let mut changes = diff::changes(&here.item, &there.item);
                if matter_only {
                    changes.retain(|change| !LOCAL.contains(&top(&change.path)));
                }
                if changes.is_empty() {
                    found.same += 1;
                } else {
                    found.different.push(Pair {
                        here,
                        there,
                        changes,
                    });
                }
            }
        }
    }
    found.only_here = left.into_iter().flatten().collect();
    found.only_there = right.into_iter().flatten().collect();
    found
        .different
        .sort_by(|a, b| a.here.item.name.cmp(&b.here.item.name));
    found
}

/// The field of the record a path leads into: `promised_limit.n` is `promised_limit`.
pub fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// One way of telling that two entries are the same matter.
#[derive(Clone, Copy)]
enum Pass {
    ImplCode,
    BaseAndName,
    Base,
    Name,
}

impl Pass {
    fn key(self, item: &Item) -> Option<String> {
        let key = match self {
            Pass::ImplCode => item.impl_code.clone(),
            Pass::BaseAndName if item.base_code.is_empty() => return None,
            Pass::BaseAndName => format!("{}|{}", item.base_code, item.name),
            Pass::Base => item.base_code.clone(),
            Pass::Name => item.name.clone(),
        };
        (!key.is_empty()).then_some(key)
    }

    fn pairs(self, left: &[Option<Entry>], right: &[Option<Entry>]) -> Vec<(usize, usize)> {
        let (left, mut right) = (self.places(left), self.places(right));
        let mut pairs = Vec::new();
        for (key, places) in left {
            let Some(others) = right.get_mut(&key) else {
                continue;
            };
            // One base code has several variants; only where each side has one of them are they the same.
            if matches!(self, Pass::Base) && (places.len() > 1 || others.len() > 1) {
                continue;
            }
            for place in places {
                if let Some(other) = others.pop_front() {
                    pairs.push((place, other));
                }
            }
        }
        pairs
    }

    fn places(self, entries: &[Option<Entry>]) -> HashMap<String, VecDeque<usize>> {
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(key) = entry.as_ref().and_then(|entry| self.key(&entry.item)) {
                places.entry(key).or_default().push_back(index);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, impl_code: &str, base_code: &str, phone: &str) -> Entry {
        Entry {
            item_id: None,
            body: String::new(),
            item: Item {
                name: name.into(),
                impl_code: impl_code.into(),
                base_code: base_code.into(),
                consult_phone: phone.into(),
                ..Item::default()
            },
        }
    }

    #[test]
    fn each_entry_stands_in_exactly_one_place() {
        let here = vec![
            entry("甲", "1", "b1", ""),
            entry("乙改了名", "", "b2", ""),
            entry("丙", "", "", ""),
            entry("丁新办", "", "b4", ""),
            entry("丁变更", "", "b4", ""),
            entry("只在这边", "9", "b9", ""),
        ];
        let there = vec![
            entry("丁变更", "", "b4", ""),
            entry("丁新办", "", "b4", ""),
            entry("甲", "1", "b1", "1"),
            entry("乙", "", "b2", ""),
            entry("丙", "", "", ""),
            entry("只在那边", "8", "b8", ""),
        ];
        let found = compare(here.clone(), there.clone(), false);
        assert_eq!(found.same, 3, "丙 and both of 丁");
        let names = |entries: &[Entry]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| entry.item.name.clone())
                .collect()
        };
        assert_eq!(names(&found.only_here), ["只在这边"]);
        assert_eq!(names(&found.only_there), ["只在那边"]);
        let different: Vec<(&str, &str)> = found
            .different
            .iter()
            .map(|pair| (pair.here.item.name.as_str(), pair.changes[0].path.as_str()))
            .collect();
        assert_eq!(different, [("乙改了名", "name"), ("甲", "consult_phone")]);
        let found = compare(here, there, true);
        assert_eq!(
            (found.same, found.different.len()),
            (4, 1),
            "a phone is local"
        );
    }
}
