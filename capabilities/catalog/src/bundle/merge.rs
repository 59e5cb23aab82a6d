//! Bringing together what several items ask, with the account of where each thing went.
//!
//! Nothing required may get lost: a thing is left out only because the same thing stands elsewhere at least as
//! strictly, because another member of the bundle makes it, or because the platform fetches it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::model::{Field, Material, Necessity};

/// What a line of the account is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 申请材料.
    Material,
    /// 填写项.
    Field,
    /// 问题.
    Question,
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Material => "申请材料",
            Kind::Field => "填写项",
            Kind::Question => "问题",
        }
    }
}

/// Where a thing that an item asks went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Fate {
    /// It is asked once, here.
    Kept,
    /// The same thing is asked for another item of the bundle.
    Merged { item: String, name: String },
    /// It is the result of another item of the bundle.
    Produced { item: String },
    /// Government has it: nothing to hand in (《国务院关于在线政务服务的若干规定》第七条).
    Shared { via: String },
}

impl Fate {
    pub fn label(&self) -> &'static str {
        match self {
            Fate::Kept => "保留",
            Fate::Merged { .. } => "合并",
            Fate::Produced { .. } => "由前序事项产生",
            Fate::Shared { .. } => "共享获取",
        }
    }

    /// What it went to, in words; empty where it stays.
    pub fn words(&self) -> String {
        match self {
            Fate::Kept => String::new(),
            Fate::Merged { item, name } => format!("{item}：{name}"),
            Fate::Produced { item } => item.clone(),
            Fate::Shared { via } => via.clone(),
        }
    }
}

/// One line of the account: a material, field or question of one item, and where it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    pub kind: Kind,
    /// 基本编码 of the item that asks.
    pub base_code: String,
    pub item: String,
    /// 实施主体.
    pub body: String,
    pub key: String,
    pub name: String,
    /// Whether it is asked of everybody, and so counts in the figures.
    pub counted: bool,
    pub fate: Fate,
}

/// Who asks a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asker {
    pub base_code: String,
    pub item: String,
    /// 实施主体.
    pub body: String,
}

impl Asker {
    pub(super) fn of(part: &Part<'_>) -> Asker {
        Asker {
            base_code: part.member.base_code.clone(),
            item: part.item.name.clone(),
            body: part.body.to_owned(),
        }
    }
}

/// A material as an item asks it: one, or several of which one is enough.
#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    pub(super) part: usize,
    pub(super) materials: Vec<&'a Material>,
    pub(super) necessity: Necessity,
    /// What each alternative is, whoever asks for it.
    identity: BTreeSet<String>,
    optional: bool,
}

impl Slot<'_> {
    /// Asked of everybody: 情形必要 and 非必要 ones are not.
    pub(super) fn counted(&self) -> bool {
        strictness(self.necessity) >= strictness(Necessity::Deferrable)
    }

    /// What replaces it, where something does.
    pub(super) fn shared(&self) -> Option<&str> {
        self.materials
            .iter()
            .map(|material| material.shared_via.as_str())
            .find(|via| !via.is_empty())
    }

    fn original(&self) -> bool {
        self.materials
            .iter()
            .all(|material| material.original_count > 0)
    }

    pub(super) fn name(&self) -> String {
        let names: Vec<&str> = self
            .materials
            .iter()
            .map(|material| material.name.as_str())
            .collect();
        names.join("或者")
    }
}

/// How hard a material is asked for.
pub(super) fn strictness(necessity: Necessity) -> u8 {
    match necessity {
        Necessity::Optional => 0,
        Necessity::Situational => 1,
        Necessity::Deferrable => 2,
        Necessity::Required => 3,
    }
}

/// What a material is, whoever asks for it: its standard code, else its name and key.
pub fn material_identity(material: &Material) -> String {
    if material.standard.is_empty() {
        format!("own:{}:{}", material.key, material.name)
    } else {
        format!("standard:{}", material.standard)
    }
}

/// The materials an item asks in the variant that is meant.
pub(super) fn slots<'a>(place: usize, part: &Part<'a>) -> Vec<Slot<'a>> {
    let named = part
        .handling()
        .map(|handling| handling.materials.clone())
        .unwrap_or_default();
    let mut slots: Vec<Slot<'a>> = Vec::new();
    for material in &part.item.materials {
        let mut necessity = material.necessity;
        if !named.is_empty() {
            if !named.contains(&material.key) {
                continue;
            }
            // The variant is the situation.
            if necessity == Necessity::Situational {
                necessity = Necessity::Required;
            }
        }
        let group = slots.iter_mut().find(|slot| {
            !material.one_of.is_empty() && slot.materials[0].one_of == material.one_of
        });
        if let Some(slot) = group {
            slot.materials.push(material);
            slot.identity.insert(material_identity(material));
            if strictness(necessity) > strictness(slot.necessity) {
                slot.necessity = necessity;
            }
        } else {
            slots.push(Slot {
                part: place,
                materials: vec![material],
                necessity,
                identity: BTreeSet::from([material_identity(material)]),
                optional: part.member.optional,
            });
        }
    }
    slots
}

/// The member whose result a material is. A member that may be left out makes nothing anybody can rely on.
pub(super) fn producer(parts: &[Part<'_>], slot: &Slot<'_>) -> Option<usize> {
    let member = parts[slot.part].member;
    slot.materials.iter().find_map(|material| {
        let said = member
            .produced
            .iter()
            .find(|made| made.material == material.key)
            .map_or(material.produced_by.as_str(), |made| made.by.as_str());
        parts.iter().position(|part| {
            part.member.base_code == said
                && part.member.base_code != member.base_code
                && !part.member.optional
        })
    })
}

/// Slots that one paper satisfies; the first one stands for all.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) slots: Vec<usize>,
    identity: BTreeSet<String>,
}

impl Group {
    /// Whether the paper need not be handed in: one of its slots is replaced by shared data, and none of the others
    /// wants to see an original.
    pub(super) fn shared<'a>(&self, slots: &'a [Slot<'_>]) -> Option<&'a str> {
        let own = || self.slots.iter().map(|place| &slots[*place]);
        if own().any(|slot| slot.shared().is_none() && slot.original()) {
            return None;
        }
        own().find_map(Slot::shared)
    }

    pub(super) fn counted(&self, slots: &[Slot<'_>]) -> bool {
        self.slots.iter().any(|place| slots[*place].counted())
    }
}

/// Puts together what is the same paper: equal identity, or a choice one of whose alternatives is handed in anyway.
pub(super) fn groups(slots: &[Slot<'_>], left: impl Iterator<Item = usize>) -> Vec<Group> {
    let mut order: Vec<usize> = left.collect();
    order.sort_by_key(|place| (!slots[*place].counted(), slots[*place].optional));
    let mut groups: Vec<Group> = Vec::new();
    for place in order {
        let identity = &slots[place].identity;
        match groups.iter_mut().find(|group| group.identity == *identity) {
            Some(group) => group.slots.push(place),
            None => groups.push(Group {
                slots: vec![place],
                identity: identity.clone(),
            }),
        }
    }
    // A choice is answered by any of its alternatives that has to be there in any case.
    let mut choice = 0;
    while choice < groups.len() {
        match (0..groups.len()).find(|other| answers(slots, &groups[*other], &groups[choice])) {
            Some(other) => {
                let taken = groups.remove(choice);
                let other = if other > choice { other - 1 } else { other };
                groups[other].slots.extend(taken.slots);
            }
            None => choice += 1,
        }
    }
    groups.sort_by_key(|group| group.slots[0]);
    groups
}

fn answers(slots: &[Slot<'_>], paper: &Group, choice: &Group) -> bool {
    let first = &slots[paper.slots[0]];
    paper.identity.len() < choice.identity.len()
        && paper.identity.is_subset(&choice.identity)
        && choice.slots.iter().all(|place| {
            strictness(slots[*place].necessity) <= strictness(first.necessity)
                && (!first.optional || slots[*place].optional)
        })
        && first.counted()
}

/// What a field is, whoever asks it: its data element, else its key and label; in any case what it takes.
pub fn field_identity(field: &Field) -> String {
    let options: Vec<&str> = field
        .options
        .iter()
        .map(|option| option.value.as_str())
        .collect();
    let rows: Vec<String> = field.fields.iter().map(field_identity).collect();
    let name = if field.element.is_empty() {
        format!("own:{}:{}", field.key, field.label)
    } else {
        format!("element:{}", field.element)
    };
    format!(
        "{name}|{:?}|{}|{:?}|{:?}|{}",
        field.kind,
        options.join(","),
        field.min,
        field.max,
        rows.join(";")
    )
}
