//! What differs between two versions of a record, field by field, and how two people's changes come together.
//!
//! Records are compared as the JSON they are stored as. Lists whose entries carry a `key` (materials, pages, fields,
//! questions) are compared entry by entry, so that moving or adding one does not touch the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Limit;
use crate::{labels, words};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// e.g. `promised_limit.n` or `materials[layout].name`.
    pub path: String,
    /// The field's official name, e.g. 承诺办结时限.
    pub label: String,
    /// As shown to people; empty where there was nothing.
    pub old: String,
    pub new: String,
}

/// A field that two people changed, differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    pub path: String,
    pub label: String,
    /// Before either of them.
    pub base: String,
    pub mine: String,
    pub theirs: String,
}

/// Which of two values a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Mine,
    Theirs,
}

/// Every field that differs, in the order of the record.
pub fn changes<T: Serialize>(old: &T, new: &T) -> Vec<Change> {
    let mut found = Vec::new();
    walk("", &value(old), &value(new), &mut found);
    found
}

/// Brings two changes of the same record together.
///
/// Fields changed by one of them only are taken from whoever changed them; a field changed by both, differently,
/// is taken from the side `chosen` names under its path.
///
/// # Errors
/// The fields that nobody has chosen for.
pub fn merge<T: Serialize + DeserializeOwned>(
    base: &T,
    mine: &T,
    theirs: &T,
    chosen: &BTreeMap<String, Side>,
) -> Result<T, Vec<Conflict>> {
    let mut merger = Merger {
        chosen,
        conflicts: Vec::new(),
    };
    let together = merger.merge("", &value(base), &value(mine), &value(theirs));
    if merger.conflicts.is_empty() {
        // Every member comes from one of the three records, each of which has this shape.
        Ok(base::json::from_value(&together).expect("members of records of this shape"))
    } else {
        Err(merger.conflicts)
    }
}

fn value(record: &impl Serialize) -> Value {
    serde_json::to_value(record).expect("a record is plain data")
}

/// The parts of a record that two values share, as (name, old, new).
fn parts<'a>(old: &'a Value, new: &'a Value) -> Option<Vec<(String, &'a Value, &'a Value)>> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => Some(
            names(old.keys(), new.keys())
                .into_iter()
                .map(|name| {
                    let pair = (
                        old.get(&name).unwrap_or(&Value::Null),
                        new.get(&name).unwrap_or(&Value::Null),
                    );
                    (name, pair.0, pair.1)
                })
                .collect(),
        ),
        (Value::Array(_), Value::Array(_)) => {
            let (old, new) = (keyed(old)?, keyed(new)?);
            Some(
                names(old.keys(), new.keys())
                    .into_iter()
                    .map(|key| {
                        let pair = (
                            old.get(&key).copied().unwrap_or(&Value::Null),
                            new.get(&key).copied().unwrap_or(&Value::Null),
                        );
                        (format!("[{key}]"), pair.0, pair.1)
                    })
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The names of both, in the order of the new one, then what is gone.
fn names<'a>(
    old: impl Iterator<Item = &'a String>,
    new: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    let mut all: Vec<String> = new.cloned().collect();
    for name in old {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// A list by the keys of its entries; none where an entry has no key or two share one.
fn keyed(list: &Value) -> Option<Map2<'_>> {
    let entries = list.as_array()?;
    let mut all = Map2::new();
    for entry in entries {
        let key = entry.get("key")?.as_str()?.to_owned();
        if all.insert(key, entry).is_some() {
            return None;
        }
    }
    Some(all)
}

type Map2<'a> = BTreeMap<String, &'a Value>;

fn walk(path: &str, old: &Value, new: &Value, found: &mut Vec<Change>) {
    if old == new || (is_nothing(old) && is_nothing(new)) {
        return;
    }
    if let Some(parts) = parts(old, new) {
        for (name, old, new) in parts {
            walk(&join(path, &name), old, new, found);
        }
        // Only the order differs.
        if old.is_array() && keyed(old) == keyed(new) {
            found.push(Change {
                path: path.to_owned(),
                label: format!("{}（顺序）", labels::field(path)),
                old: order(old),
                new: order(new),
            });
        }
        return;
    }
    found.push(Change {
        path: path.to_owned(),
        label: labels::field(path),
        old: shown(old),
        new: shown(new),
    });
}

fn order(list: &Value) -> String {
    let keys = list.as_array().into_iter().flatten();
    keys.map(|entry| {
        let named = ["name", "title", "label", "text"].iter();
        named
            .filter_map(|name| entry.get(name)?.as_str())
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    })
    .collect::<Vec<_>>()
    .join("、")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() || name.starts_with('[') {
        format!("{path}{name}")
    } else {
        format!("{path}.{name}")
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A value as people read it.
pub(crate) fn shown(value: &Value) -> String {
    if let Ok(limit) = base::json::from_value::<Limit>(value) {
        let length = words::limit(&limit);
        return match limit.note.as_str() {
            "" => length,
            note => format!("{length}（{note}）"),
        };
    }
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Value::String(text) => labels::coded(text).unwrap_or(text).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(entries) => entries.iter().map(shown).collect::<Vec<_>>().join("\n"),
        Value::Object(members) => {
            let mut text = String::new();
            for (name, member) in members {
                if is_nothing(member) || name == "key" {
                    continue;
                }
                if !text.is_empty() {
                    text.push('；');
                }
                let label = labels::field(name);
                let _ = write!(text, "{label}：{}", shown(member));
            }
            text
        }
    }
}

struct Merger<'a> {
    chosen: &'a BTreeMap<String, Side>,
    conflicts: Vec<Conflict>,
}

impl Merger<'_> {
    fn merge(&mut self, path: &str, base: &Value, mine: &Value, theirs: &Value) -> Value {
        if mine == theirs || theirs == base {
            return mine.clone();
        }
        if mine == base {
            return theirs.clone();
        }
        match (base, mine, theirs) {
            (_, Value::Object(mine), Value::Object(theirs)) => {
                let empty = Map::new();
                let base = base.as_object().unwrap_or(&empty);
                let mut all = Map::new();
                for name in names(theirs.keys(), mine.keys()) {
                    let member = self.merge(
                        &join(path, &name),
                        base.get(&name).unwrap_or(&Value::Null),
                        mine.get(&name).unwrap_or(&Value::Null),
                        theirs.get(&name).unwrap_or(&Value::Null),
                    );
                    all.insert(name, member);
                }
                Value::Object(all)
            }
            (Value::Array(_), Value::Array(_), Value::Array(_)) => {
                match (keyed(base), keyed(mine), keyed(theirs)) {
                    (Some(base), Some(mine_by), Some(theirs_by)) => {
                        self.merge_lists(path, &base, (mine, &mine_by), (theirs, &theirs_by))
                    }
                    _ => self.choose(path, base, mine, theirs),
                }
            }
            _ => self.choose(path, base, mine, theirs),
        }
    }

    /// Entries in my order, then those that only they have.
    fn merge_lists(
        &mut self,
        path: &str,
        base: &Map2<'_>,
        (mine, mine_by): (&Value, &Map2<'_>),
        (theirs, theirs_by): (&Value, &Map2<'_>),
    ) -> Value {
        let mut all = Vec::new();
        let entries = |list: &Value| {
            let entries = list.as_array().into_iter().flatten();
            entries
                .filter_map(|entry| Some(entry.get("key")?.as_str()?.to_owned()))
                .collect::<Vec<_>>()
        };
        for key in names(entries(theirs).iter(), entries(mine).iter()) {
            let path = format!("{path}[{key}]");
            let none = &Value::Null;
            let merged = self.merge(
                &path,
                base.get(&key).copied().unwrap_or(none),
                mine_by.get(&key).copied().unwrap_or(none),
                theirs_by.get(&key).copied().unwrap_or(none),
            );
            if !merged.is_null() {
                all.push(merged);
            }
        }
        Value::Array(all)
    }

    fn choose(&mut self, path: &str, base: &Value, mine: &Value, theirs: &Value) -> Value {
        match self.chosen.get(path) {
            Some(Side::Mine) => mine.clone(),
            Some(Side::Theirs) => theirs.clone(),
            None => {
                self.conflicts.push(Conflict {
                    path: path.to_owned(),
                    label: labels::field(path),
                    base: shown(base),
                    mine: shown(mine),
                    theirs: shown(theirs),
                });
                mine.clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Item, Limit, Material};

    fn item() -> Item {
        let limit = |n| {
            Some(Limit {
                n,
                unit: calendar::Unit::WorkingDay,
                note: String::new(),
            })
        };
        Item {
            name: "食品经营许可新办".into(),
            statutory_limit: limit(20),
            promised_limit: limit(8),
            materials: vec![
                material("licence", "营业执照"),
                material("layout", "布局图"),
            ],
            ..Item::default()
        }
    }

    fn material(key: &str, name: &str) -> Material {
        Material {
            key: key.into(),
            name: name.into(),
            ..Material::default()
        }
    }

    fn days(item: &mut Item, n: u32) {
        item.promised_limit.as_mut().expect("it has one").n = n;
    }

    #[test]
    fn each_changed_field_is_named() {
        let (old, mut new) = (item(), item());
        days(&mut new, 5);
        new.materials[1].name = "设备布局图".into();
        new.materials.push(material("rules", "制度"));
        let found = changes(&old, &new);
        let paths: Vec<&str> = found.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "materials[layout].name",
                "materials[rules]",
                "promised_limit.n"
            ]
        );
        assert_eq!((found[2].old.as_str(), found[2].new.as_str()), ("8", "5"));
        assert_eq!(found[2].label, "承诺办结时限");
        assert!(changes(&old, &old).is_empty());
    }

    #[test]
    fn a_moved_material_is_a_change_of_order_only() {
        let (old, mut new) = (item(), item());
        new.materials.swap(0, 1);
        let found = changes(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "materials");
    }

    #[test]
    fn changes_of_different_fields_come_together() {
        let (base, mut mine, mut theirs) = (item(), item(), item());
        days(&mut mine, 5);
        theirs.materials[0].name = "营业执照副本".into();
        theirs.materials.push(material("rules", "制度"));
        let merged = merge(&base, &mine, &theirs, &BTreeMap::new()).expect("no conflict");
        assert_eq!(merged.promised_limit, mine.promised_limit);
        assert_eq!(merged.materials, theirs.materials);
    }

    #[test]
    fn the_same_field_changed_differently_waits_for_a_choice() {
        let (base, mut mine, mut theirs) = (item(), item(), item());
        days(&mut mine, 5);
        days(&mut theirs, 6);
        mine.materials.remove(1);
        theirs.materials[1].name = "设备布局图".into();
        let conflicts = merge(&base, &mine, &theirs, &BTreeMap::new()).expect_err("two conflicts");
        let paths: Vec<&str> = conflicts.iter().map(|c| c.path.as_str()).collect();
        assert_eq!(paths, ["materials[layout]", "promised_limit.n"]);
        let chosen = BTreeMap::from([
            ("promised_limit.n".to_owned(), Side::Theirs),
            ("materials[layout]".to_owned(), Side::Mine),
        ]);
        let merged = merge(&base, &mine, &theirs, &chosen).expect("all chosen");
        assert_eq!(merged.promised_limit, theirs.promised_limit);
        assert_eq!(merged.materials.len(), 1);
    }
}
