//! One form and one list of materials out of what several items ask, and back again.
//!
//! What is one and the same is told by the catalogue (`catalog::bundle`): the data element of a field, the standard
//! of a material. Every answer and every paper finds its way to each item that asked for it ([`Merged::part`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use approval::details::MaterialGiven;
use approval::origins::{AnswerOrigin, MaterialOrigin, Origins};
use catalog::bundle::{field_identity, material_identity};
use catalog::guided::Answers as Situation;
use catalog::model::{
    Delivery, Field, Form, FormPage, Item, Material, Necessity, Published, SourceChannel,
};
use intake::form::Answers;
use intake::materials::{Need, need};

/// One item as it is asked for here.
#[derive(Clone, Debug)]
pub struct Part {
    /// As it applies to the situation.
    pub published: Arc<Published>,
    pub situation: Situation,
    /// Name of the body that decides.
    pub body: String,
    pub optional: bool,
    /// Places of the parts whose result must be there first.
    pub after: BTreeSet<usize>,
    /// Keys of the stage's opinions that must be in favour first.
    pub opinions: BTreeSet<String>,
    /// Materials of this item that are another part's result: nobody hands them in.
    pub produced: BTreeSet<String>,
    /// Working days after acceptance on which it begins and ends as planned.
    pub starts: u32,
    pub ends: u32,
}

/// Several items in the shape of one.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    pub form: Form,
    pub materials: Vec<Material>,
    /// For each part, its own key of a field by the key in the one form.
    fields_of: Vec<BTreeMap<String, String>>,
    /// The same for materials.
    materials_of: Vec<BTreeMap<String, String>>,
}

/// Merges what the parts ask, in their order; `own` is asked by the whole itself.
pub fn merge(parts: &[Part], own: &Item) -> Merged {
    let mut merged = Merged {
        form: own.form.clone(),
        materials: own.materials.clone(),
        fields_of: vec![BTreeMap::new(); parts.len()],
        materials_of: vec![BTreeMap::new(); parts.len()],
    };
    let mut fields: Vec<(String, String)> = own
        .form
        .fields()
        .map(|field| (field_identity(field), field.key.clone()))
        .collect();
    for (place, part) in parts.iter().enumerate() {
        for page in &part.published.item.form.pages {
            merged.add_page(place, page, &mut fields);
        }
    }
    merged.form.pages.retain(|page| !page.fields.is_empty());
    merged.add_materials(parts);
    merged
}

impl Merged {
    fn add_page(&mut self, place: usize, page: &FormPage, known: &mut Vec<(String, String)>) {
        let mut asked = Vec::new();
        for field in &page.fields {
            let identity = field_identity(field);
            // Two fields of one item are two questions, however alike.
            let mine = &self.fields_of[place];
            let same = known
                .iter()
                .find(|(known, key)| *known == identity && !mine.contains_key(key));
            let key = if let Some((_, key)) = same {
                let key = key.clone();
                let earlier = self.form.pages.iter_mut().flat_map(|page| &mut page.fields);
                let same = earlier
                    .chain(&mut asked)
                    .find(|field: &&mut Field| field.key == key);
                if let Some(same) = same {
                    tighten(same, field);
                }
                key
            } else {
                let key = free(&field.key, |key| {
                    known.iter().any(|(_, known)| known == key)
                });
                known.push((identity, key.clone()));
                asked.push(Field {
                    key: key.clone(),
                    ..field.clone()
                });
                key
            };
            self.fields_of[place].insert(key, field.key.clone());
        }
        if asked.is_empty() {
            return;
        }
        let taken = |key: &str| self.form.pages.iter().any(|page| page.key == key);
        self.form.pages.push(FormPage {
            key: free(&page.key, taken),
            fields: asked,
            ..page.clone()
        });
    }

    /// Materials that are always needed come first, so that a choice of several is answered by one of them.
    fn add_materials(&mut self, parts: &[Part]) {
        let mut known: Vec<(String, String)> = self
            .materials
            .iter()
            .map(|material| (material_identity(material), material.key.clone()))
            .collect();
        let asked = |choices: bool| {
            parts.iter().enumerate().flat_map(move |(place, part)| {
                part.published
                    .item
                    .materials
                    .iter()
                    .filter(move |material| {
                        material.one_of.is_empty() != choices
                            && !part.produced.contains(&material.key)
                    })
                    .map(move |material| (place, material))
            })
        };
        for (place, material) in asked(false) {
            self.add_material(place, material, String::new(), &mut known);
        }
        let settled = known.clone();
        for (place, material) in asked(true) {
            let answered = parts[place]
                .published
                .item
                .materials
                .iter()
                .filter(|other| other.one_of == material.one_of)
                .find(|other| {
                    let identity = material_identity(other);
                    settled.iter().any(|(known, _)| *known == identity)
                });
            match answered {
                Some(other) if other.key == material.key => {
                    self.add_material(place, material, String::new(), &mut known);
                }
                // Another choice of the same group is handed in anyway.
                Some(_) => {}
                None => {
                    let group = format!("part{place}_{}", material.one_of);
                    self.add_material(place, material, group, &mut known);
                }
            }
        }
    }

    fn add_material(
        &mut self,
        place: usize,
        material: &Material,
        one_of: String,
        known: &mut Vec<(String, String)>,
    ) {
        let identity = material_identity(material);
        let key = if let Some((_, key)) = known.iter().find(|(known, _)| *known == identity) {
            if let Some(same) = self.materials.iter_mut().find(|same| same.key == *key) {
                stricter(same, material);
            }
            key.clone()
        } else {
            let key = free(&material.key, |key| {
                known.iter().any(|(_, known)| known == key)
            });
            known.push((identity, key.clone()));
            self.materials.push(Material {
                key: key.clone(),
                one_of,
                ..material.clone()
            });
            key
        };
        self.materials_of[place].insert(key, material.key.clone());
    }

    /// The answers and papers of one part.
    pub fn part(
        &self,
        place: usize,
        answers: &Answers,
        given: &[MaterialGiven],
    ) -> (Answers, Vec<MaterialGiven>) {
        let own = self.fields_of[place]
            .iter()
            .filter_map(|(key, own)| Some((own.clone(), answers.get(key)?.clone())))
            .collect();
        let papers = given
            .iter()
            .filter_map(|paper| {
                Some(MaterialGiven {
                    key: self.materials_of[place].get(&paper.key)?.clone(),
                    ..paper.clone()
                })
            })
            .collect();
        (own, papers)
    }

    /// Where the answers and papers of one part were taken from.
    pub fn part_origins(&self, place: usize, origins: &Origins) -> Origins {
        let (fields, materials) = (&self.fields_of[place], &self.materials_of[place]);
        let answers = origins.answers.iter().filter_map(|origin| {
            Some(AnswerOrigin {
                field: fields.get(&origin.field)?.clone(),
                ..origin.clone()
            })
        });
        let papers = origins.materials.iter().filter_map(|origin| {
            Some(MaterialOrigin {
                material: materials.get(&origin.material)?.clone(),
                ..origin.clone()
            })
        });
        Origins {
            answers: answers.collect(),
            materials: papers.collect(),
        }
    }

    /// Keys of the one list's materials that a part uses, with its own key of each.
    pub fn materials_of(&self, place: usize) -> BTreeMap<String, String> {
        self.materials_of[place].clone()
    }
}

/// Ways of delivery that every part offers; the window where they have none in common.
pub fn deliveries(parts: &[Part], own: &[Delivery]) -> Vec<Delivery> {
    let ways = |item: &Item| {
        if item.delivery.is_empty() {
            vec![Delivery::Window]
        } else {
            item.delivery.clone()
        }
    };
    let mut lists = parts.iter().map(|part| ways(&part.published.item));
    let first = if own.is_empty() {
        lists.next().unwrap_or_default()
    } else {
        own.to_vec()
    };
    let common: Vec<Delivery> = lists.fold(first, |common, list| {
        common
            .into_iter()
            .filter(|way| list.contains(way))
            .collect()
    });
    if common.is_empty() {
        vec![Delivery::Window]
    } else {
        common
    }
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

/// One paper must do for both.
fn stricter(material: &mut Material, other: &Material) {
    let rank = |necessity| match necessity {
        Necessity::Optional => 0,
        Necessity::Situational => 1,
        Necessity::Deferrable => 2,
        Necessity::Required => 3,
    };
    if rank(other.necessity) > rank(material.necessity) {
        material.necessity = other.necessity;
    }
    material.original_count = material.original_count.max(other.original_count);
    material.copy_count = material.copy_count.max(other.copy_count);
    material.core |= other.core;
    material.deficient_ok &= other.deficient_ok;
    // Shared data replaces a paper unless one of them wants to see the original.
    let is_shared = |one: &Material| need(one) == Need::Shared;
    let wants_original = |one: &Material| !is_shared(one) && one.original_count > 0;
    if wants_original(material) || wants_original(other) {
        material.source_channel = SourceChannel::Applicant;
    } else if is_shared(other) && !is_shared(material) {
        material.source_channel = other.source_channel;
        material.shared_via.clone_from(&other.shared_via);
    }
}

/// The key, with a number where something else has it.
fn free(key: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(key) {
        return key.to_owned();
    }
    (2_u32..)
        .map(|nth| format!("{key}_{nth}"))
        .find(|key| !taken(key))
        .expect("there are more numbers than keys")
}
