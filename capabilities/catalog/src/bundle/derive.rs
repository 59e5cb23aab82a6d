//! One question path, one form, one list of materials, one order out of the items of a bundle.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, visits, working_days};
use super::merge::{self, Asker, Fate, Kind, Proof, Slot};
use super::{Part, check, order};
use crate::checks::{Finding, Severity};
use crate::model::{Choice, Field, Necessity, Question, QuestionKind};

/// What whoever asks for a bundle is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Derived {
    /// The members in the order they run.
    pub lanes: Vec<Lane>,
    pub questions: Vec<MergedQuestion>,
    pub fields: Vec<MergedField>,
    pub materials: Vec<MergedMaterial>,
    /// Item by item.
    pub before: Figures,
    /// As one matter.
    pub after: Figures,
    /// 实施主体, each once.
    pub bodies: Vec<String>,
    /// Every material, field and question of every item, and where it went.
    pub proof: Vec<Proof>,
}

/// One member as it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    pub base_code: String,
    pub item: String,
    /// 实施主体.
    pub body: String,
    /// 1 for those that begin at once; those of one level run side by side.
    pub level: usize,
    /// Working days after acceptance on which it begins, and is done at the latest.
    pub starts: u32,
    pub ends: u32,
    /// Its promise in working days.
    pub days: u32,
    /// Whether the promise was published in another unit and converted.
    pub converted: bool,
    pub visits: u32,
    /// What must be done in a place of its own.
    pub on_site: String,
    pub optional: bool,
    /// Whether it lies on the longest chain.
    pub critical: bool,
    /// Items whose result must be there first.
    pub after: Vec<String>,
}

/// A material of the one list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedMaterial {
    pub name: String,
    pub necessity: Necessity,
    /// When a situational one is needed, in words.
    pub conditions: Vec<String>,
    pub original_count: u8,
    pub copy_count: u8,
    pub fill_notes: Vec<String>,
    /// 受理标准 of everybody who looks at it.
    pub accept_standards: Vec<String>,
    /// Handed in, produced or shared.
    pub fate: Fate,
    /// Whether it counts among the materials to be handed in.
    pub counted: bool,
    pub asked_by: Vec<Asker>,
}

/// A field of the one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedField {
    /// The question of the page it stood on first.
    pub page: String,
    pub field: Field,
    pub asked_by: Vec<Asker>,
}

/// A question of the one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedQuestion {
    /// Unique in the bundle.
    pub key: String,
    pub text: String,
    pub hint: String,
    pub kind: QuestionKind,
    pub options: Vec<Choice>,
    pub asked_by: Vec<QuestionOf>,
}

/// A question as one item asks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionOf {
    pub base_code: String,
    pub item: String,
    /// Its key in the item.
    pub key: String,
    /// CEL over the item's answers before; empty where it is always asked.
    pub when: String,
}

/// Derives what whoever asks for a bundle is told.
///
/// # Errors
/// Where members wait for one another in a circle: the circle.
pub fn derive(parts: &[Part<'_>], question_order: &[String]) -> Result<Derived, Finding> {
    let edges = order::edges(parts);
    let levels = order::levels(&edges).map_err(|circle| Finding {
        severity: Severity::Error,
        field: "items".to_owned(),
        code: "bundle.circle",
        message: check::circle_message(parts, &circle),
    })?;
    let lanes = lanes(parts, &edges, &levels);
    let run: Vec<usize> = levels.iter().flatten().copied().collect();
    let mut proof = Vec::new();
    let (materials, listed) = materials(parts, &run, &mut proof);
    let fields = fields(parts, &run, &mut proof);
    let questions = questions(parts, &run, question_order, &mut proof);
    let asked = |kind| {
        proof
            .iter()
            .filter(|line: &&Proof| line.kind == kind)
            .count()
    };
    let before = Figures {
        materials: listed,
        // What each body promises by itself, not what it promises within the bundle.
        days: parts
            .iter()
            .map(|part| part.own_limit().map_or(0, |own| working_days(own).0))
            .sum(),
        visits: lanes.iter().map(|lane| lane.visits).sum(),
        fields: asked(Kind::Field),
        questions: asked(Kind::Question),
        applications: parts.len(),
    };
    let after = Figures {
        materials: materials.iter().filter(|material| material.counted).count(),
        days: lanes.iter().map(|lane| lane.ends).max().unwrap_or(0),
        visits: visits(parts),
        fields: fields.len(),
        questions: questions.len(),
        applications: usize::from(!parts.is_empty()),
    };
    let mut bodies: Vec<String> = Vec::new();
    for part in parts {
        if !bodies.iter().any(|body| body == part.body) {
            bodies.push(part.body.to_owned());
        }
    }
    Ok(Derived {
        lanes,
        questions,
        fields,
        materials,
        before,
        after,
        bodies,
        proof,
    })
}

fn lanes(parts: &[Part<'_>], edges: &[BTreeSet<usize>], levels: &[Vec<usize>]) -> Vec<Lane> {
    let days: Vec<(u32, bool)> = parts
        .iter()
        .map(|part| part.limit().map_or((0, true), working_days))
        .collect();
    let lengths: Vec<u32> = days.iter().map(|(days, _)| *days).collect();
    let (ends, longest) = order::chain(edges, levels, &lengths);
    let mut lanes = Vec::with_capacity(parts.len());
    for (level, places) in levels.iter().enumerate() {
        for place in places {
            let part = &parts[*place];
            lanes.push(Lane {
                base_code: part.member.base_code.clone(),
                item: part.item.name.clone(),
                body: part.body.to_owned(),
                level: level + 1,
                starts: ends[*place] - lengths[*place],
                ends: ends[*place],
                days: lengths[*place],
                converted: !days[*place].1,
                visits: part.visits(),
                on_site: part.member.on_site.clone(),
                optional: part.member.optional,
                critical: longest.contains(place),
                after: edges[*place]
                    .iter()
                    .map(|before| parts[*before].item.name.clone())
                    .collect(),
            });
        }
    }
    lanes
}

/// The one list, and how many materials were listed before.
fn materials(
    parts: &[Part<'_>],
    run: &[usize],
    proof: &mut Vec<Proof>,
) -> (Vec<MergedMaterial>, usize) {
    let slots: Vec<Slot<'_>> = run
        .iter()
        .flat_map(|place| merge::slots(*place, &parts[*place]))
        .collect();
    let makers: Vec<Option<usize>> = slots
        .iter()
        .map(|slot| merge::producer(parts, slot))
        .collect();
    let mut fates: Vec<Fate> = vec![Fate::Kept; slots.len()];
    let mut merged = Vec::new();
    let left = (0..slots.len()).filter(|place| makers[*place].is_none());
    for group in merge::groups(&slots, left) {
        let own: Vec<&Slot<'_>> = group.slots.iter().map(|place| &slots[*place]).collect();
        let first = own[0];
        let fate = match group.shared(&slots) {
            Some(via) => Fate::Shared {
                via: via.to_owned(),
            },
            None => Fate::Kept,
        };
        for place in &group.slots[1..] {
            fates[*place] = Fate::Merged {
                item: parts[first.part].item.name.clone(),
                name: first.name(),
            };
        }
        fates[group.slots[0]] = fate.clone();
        let counted = fate == Fate::Kept && group.counted(&slots);
        merged.push(one(parts, &own, fate, counted));
    }
    for (slot, maker) in slots.iter().zip(&makers) {
        if let Some(maker) = maker {
            let fate = Fate::Produced {
                item: parts[*maker].item.name.clone(),
            };
            merged.push(one(parts, &[slot], fate, false));
        }
    }
    for (place, slot) in slots.iter().enumerate() {
        let part = &parts[slot.part];
        let fate = match makers[place] {
            Some(maker) => Fate::Produced {
                item: parts[maker].item.name.clone(),
            },
            None => fates[place].clone(),
        };
        for (nth, material) in slot.materials.iter().enumerate() {
            proof.push(Proof {
                kind: Kind::Material,
                base_code: part.member.base_code.clone(),
                item: part.item.name.clone(),
                body: part.body.to_owned(),
                key: material.key.clone(),
                name: material.name.clone(),
                // Of alternatives one is counted.
                counted: slot.counted() && nth == 0,
                fate: fate.clone(),
            });
        }
    }
    let listed = slots.iter().filter(|slot| slot.counted()).count();
    (merged, listed)
}

/// What several slots ask, as strictly as the strictest of them.
fn one(parts: &[Part<'_>], slots: &[&Slot<'_>], fate: Fate, counted: bool) -> MergedMaterial {
    let all = || slots.iter().flat_map(|slot| slot.materials.iter());
    let necessity = slots
        .iter()
        .map(|slot| slot.necessity)
        .max_by_key(|necessity| merge::strictness(*necessity))
        .unwrap_or_default();
    MergedMaterial {
        name: slots[0].name(),
        necessity,
        conditions: if necessity == Necessity::Situational {
            distinct(all().map(|material| material.condition.as_str()))
        } else {
            Vec::new()
        },
        original_count: all()
            .map(|material| material.original_count)
            .max()
            .unwrap_or(0),
        copy_count: all().map(|material| material.copy_count).max().unwrap_or(0),
        fill_notes: distinct(all().map(|material| material.fill_notes.as_str())),
        accept_standards: distinct(all().map(|material| material.accept_standard.as_str())),
        fate,
        counted,
        asked_by: {
            let mut known: Vec<Asker> = Vec::new();
            for slot in slots {
                let asker = Asker::of(&parts[slot.part]);
                if !known.contains(&asker) {
                    known.push(asker);
                }
            }
            known
        },
    }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !known.iter().any(|other| other == text) {
            known.push(text.to_owned());
        }
    }
    known
}

fn fields(parts: &[Part<'_>], run: &[usize], proof: &mut Vec<Proof>) -> Vec<MergedField> {
    let mut merged: Vec<(String, MergedField)> = Vec::new();
    for place in run {
        let part = &parts[*place];
        for page in &part.item.form.pages {
            for field in &page.fields {
                let identity = merge::field_identity(field);
                let known = merged.iter_mut().find(|(known, _)| *known == identity);
                let fate = if let Some((_, first)) = known {
                    tighten(&mut first.field, field);
                    let fate = Fate::Merged {
                        item: first.asked_by[0].item.clone(),
                        name: first.field.label.clone(),
                    };
                    first.asked_by.push(Asker::of(part));
                    fate
                } else {
                    let first = MergedField {
                        page: page.title.clone(),
                        field: field.clone(),
                        asked_by: vec![Asker::of(part)],
                    };
                    merged.push((identity, first));
                    Fate::Kept
                };
                proof.push(Proof {
                    kind: Kind::Field,
                    base_code: part.member.base_code.clone(),
                    item: part.item.name.clone(),
                    body: part.body.to_owned(),
                    key: field.key.clone(),
                    name: field.label.clone(),
                    counted: true,
                    fate,
                });
            }
        }
    }
    merged.into_iter().map(|(_, field)| field).collect()
}

/// One answer must do for both.
fn tighten(field: &mut Field, other: &Field) {
    field.required |= other.required;
    field.personal |= other.personal;
    field.max_length = match (field.max_length, other.max_length) {
        (0, length) | (length, 0) => length,
        (one, two) => one.min(two),
    };
}

fn questions(
    parts: &[Part<'_>],
    run: &[usize],
    wanted: &[String],
    proof: &mut Vec<Proof>,
) -> Vec<MergedQuestion> {
    let mut merged: Vec<MergedQuestion> = Vec::new();
    for place in run {
        let part = &parts[*place];
        for question in &part.item.situation.questions {
            let of = QuestionOf {
                base_code: part.member.base_code.clone(),
                item: part.item.name.clone(),
                key: question.key.clone(),
                when: question.when.clone(),
            };
            let known = merged.iter_mut().find(|known| same(known, question));
            let fate = if let Some(known) = known {
                let fate = Fate::Merged {
                    item: known.asked_by[0].item.clone(),
                    name: known.text.clone(),
                };
                known.asked_by.push(of);
                fate
            } else {
                merged.push(MergedQuestion {
                    key: free_key(&merged, &question.key),
                    text: question.text.clone(),
                    hint: question.hint.clone(),
                    kind: question.kind,
                    options: question.options.clone(),
                    asked_by: vec![of],
                });
                Fate::Kept
            };
            proof.push(Proof {
                kind: Kind::Question,
                base_code: part.member.base_code.clone(),
                item: part.item.name.clone(),
                body: part.body.to_owned(),
                key: question.key.clone(),
                name: question.text.clone(),
                counted: question.when.is_empty(),
                fate,
            });
        }
    }
    arrange(merged, wanted)
}

/// Whether a question is one that is asked already.
fn same(known: &MergedQuestion, question: &Question) -> bool {
    let values = |options: &[Choice]| -> Vec<String> {
        options.iter().map(|option| option.value.clone()).collect()
    };
    known.asked_by[0].key == question.key
        && known.text == question.text
        && known.kind == question.kind
        && values(&known.options) == values(&question.options)
}

/// The key, with a number where another question has it.
fn free_key(known: &[MergedQuestion], key: &str) -> String {
    let taken = |key: &str| known.iter().any(|question| question.key == key);
    if !taken(key) {
        return key.to_owned();
    }
    // One of them is free: there are more numbers than questions.
    (2..known.len() + 3)
        .map(|nth| format!("{key}_{nth}"))
        .find(|key| !taken(key))
        .expect("a free number")
}

/// The wanted ones first; a question stays behind those its condition looks back at.
fn arrange(questions: Vec<MergedQuestion>, wanted: &[String]) -> Vec<MergedQuestion> {
    let rank = |question: &MergedQuestion| {
        wanted
            .iter()
            .position(|key| *key == question.key)
            .unwrap_or(wanted.len())
    };
    let mut left = questions;
    let mut arranged = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = (0..left.len())
            .filter(|place| !left.iter().any(|other| looks_at(&left[*place], other)))
            .min_by_key(|place| (rank(&left[*place]), *place));
        // Items that look back at one another's questions in a circle keep the order they were found in.
        arranged.push(left.remove(ready.unwrap_or(0)));
    }
    arranged
}

/// Whether a condition of one question names another one of the same item.
fn looks_at(question: &MergedQuestion, other: &MergedQuestion) -> bool {
    question.key != other.key
        && question.asked_by.iter().any(|of| {
            other.asked_by.iter().any(|named| {
                named.base_code == of.base_code
                    && of
                        .when
                        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .any(|word| word == named.key)
            })
        })
}
