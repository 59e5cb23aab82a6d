//! 草稿: an application on its way. Kept as typed, saved at every step, taken up again after any pause.

use std::collections::BTreeMap;

use approval::details::{Delivery, MaterialGiven};
use approval::origins::{AnswerOrigin, AnswerSource, MaterialOrigin};
use base::ids::{AccountId, DraftId, ItemId, PartyId, VersionId};
use catalog::guided::Answers as Situation;
use catalog::model::{Field, Item, Published};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::form::{self, Typed};

/// Days a draft is kept after its last change, where the configuration does not say.
pub const KEPT_DAYS: u32 = 30;
/// Open drafts of one account.
pub const DRAFTS_MAX: usize = 50;

/// An application being filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub id: DraftId,
    /// The applicant.
    pub party: PartyId,
    pub filed_by: AccountId,
    pub item: ItemId,
    pub version: VersionId,
    pub body: Body,
    /// Page to come back to.
    pub page: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a draft holds; sealed at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// 情形导办: the answers that the pages and materials follow from; empty for the whole item.
    pub situation: Situation,
    pub typed: Typed,
    pub materials: Vec<MaterialGiven>,
    pub delivery: Option<Delivery>,
    /// Pages that were gone through.
    pub seen: Vec<String>,
    /// What was typed on the pages around the form and not taken over yet, by control.
    pub aside: BTreeMap<String, String>,
    /// 变更、延续、补证: the certificate it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<approval::after::Ask>,
    /// What was filled in beforehand, by field: where from, and as it stood then.
    pub brought: BTreeMap<String, Filled>,
    /// Files of 我的材料 that were used again.
    pub reused: Vec<MaterialOrigin>,
}

/// An answer as it was filled in beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    pub from: AnswerSource,
    pub typed: Typed,
}

/// The pages around the form's own. Keys of form pages have no hyphen, so they never meet.
pub const APPLICANT: &str = "your-details";
/// 告知承诺, where the item takes a promise in place of some material.
pub const PROMISE: &str = "written-promise";
pub const MATERIALS: &str = "upload-materials";
pub const DELIVERY: &str = "how-to-receive";
pub const CHECK: &str = "check-answers";
/// The task list of a long application.
pub const TASKS: &str = "task-list";

/// From so many form pages on an application is filled in from a task list, in any order.
const LONG_PAGES_MIN: usize = 3;

/// Whether an item's application has a task list.
pub fn is_long(item: &Item) -> bool {
    item.form.pages.len() >= LONG_PAGES_MIN
}

/// One step of the journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Applicant,
    /// A page of the form, by its place.
    Page(usize),
    Promise,
    Materials,
    Delivery,
    Check,
}

/// The steps of an item's journey in order, with the address part of each.
pub fn steps(item: &Item) -> Vec<(String, Step)> {
    let mut steps = vec![(APPLICANT.to_owned(), Step::Applicant)];
    for (place, page) in item.form.pages.iter().enumerate() {
        steps.push((page.key.clone(), Step::Page(place)));
    }
    let mut materials = item.materials.iter();
    if materials.any(|material| crate::materials::promisable(item, material)) {
        steps.push((PROMISE.to_owned(), Step::Promise));
    }
    if !item.materials.is_empty() {
        steps.push((MATERIALS.to_owned(), Step::Materials));
    }
    if deliveries(item).len() > 1 {
        steps.push((DELIVERY.to_owned(), Step::Delivery));
    }
    steps.push((CHECK.to_owned(), Step::Check));
    steps
}

/// How the result can reach the applicant; a window where the item does not say.
pub fn deliveries(item: &Item) -> Vec<Delivery> {
    let listed: Vec<Delivery> = item.delivery.iter().map(|way| delivery(*way)).collect();
    if listed.is_empty() {
        vec![Delivery::Window]
    } else {
        listed
    }
}

fn delivery(way: catalog::model::Delivery) -> Delivery {
    match way {
        catalog::model::Delivery::Window => Delivery::Window,
        catalog::model::Delivery::Post => Delivery::Post,
        catalog::model::Delivery::Electronic => Delivery::Electronic,
    }
}

/// What changed when a draft met a newer version of its item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Labels of answers that no longer fit and were left out.
    pub dropped: Vec<String>,
}

impl Draft {
    /// Takes over another version of the item and keeps what still fits: answers to questions of the same key and
    /// kind whose value the new question takes, materials with the same key, a way of delivery still offered.
    pub fn move_to(&mut self, old: Option<&Published>, new: &Published) -> Moved {
        let mut moved = Moved::default();
        let form = &new.item.form;
        let typed = std::mem::take(&mut self.body.typed);
        let mut by_field: BTreeMap<String, Typed> = BTreeMap::new();
        for (name, texts) in typed {
            let key = form::typed::base_key(&name).to_owned();
            by_field.entry(key).or_default().insert(name, texts);
        }
        for (key, typed) in by_field {
            let before = old.and_then(|old| old.item.form.field(&key));
            let fits = form.field(&key).is_some_and(|field| {
                let same_kind = before.is_none_or(|before| {
                    let kinds = |field: &Field| -> Vec<_> {
                        let inner = field.fields.iter();
                        inner.map(|inner| (inner.key.clone(), inner.kind)).collect()
                    };
                    before.kind == field.kind && kinds(before) == kinds(field)
                });
                let (answers, wrong) = form::read_fields(std::iter::once(field), &typed);
                let chosen = answers
                    .get(&key)
                    .is_none_or(|value| form::fits_options(field, value));
                same_kind && wrong.is_empty() && chosen
            });
            if fits {
                self.body.typed.extend(typed);
            } else {
                moved
                    .dropped
                    .push(before.map_or(key, |field| field.label.clone()));
            }
        }
        let item = &new.item;
        self.body.materials.retain(|given| {
            let known = item
                .materials
                .iter()
                .any(|material| material.key == given.key);
            if !known {
                let name = old
                    .and_then(|old| old.item.materials.iter().find(|m| m.key == given.key))
                    .map_or_else(|| given.key.clone(), |material| material.name.clone());
                moved.dropped.push(name);
            }
            known
        });
        if self
            .body
            .delivery
            .is_some_and(|way| !deliveries(item).contains(&way))
        {
            self.body.delivery = None;
        }
        self.body.seen.clear();
        self.version = new.version_id;
        moved
    }

    /// Takes over another situation: what it does not ask for is no part of the application any more.
    pub fn settle(&mut self, situation: Situation, applied: &Item) {
        self.body.situation = situation;
        self.body.materials.retain(|given| {
            let mut asked = applied.materials.iter();
            asked.any(|material| material.key == given.key)
        });
    }

    /// Notes that a page was gone through.
    pub fn saw(&mut self, page: &str) {
        if !self.body.seen.iter().any(|seen| seen == page) {
            self.body.seen.push(page.to_owned());
        }
    }

    /// Whether a step needs nothing more: it was gone through and, for the materials, none is missing.
    pub fn has_done(&self, item: &Item, held: &[MaterialOrigin], name: &str, step: &Step) -> bool {
        let seen = self.body.seen.iter().any(|seen| seen == name);
        seen && (*step != Step::Materials
            || crate::materials::check_beside(item, &self.body.materials, &keys(held)).is_empty())
    }

    /// Which answers were filled in beforehand, and whether they were corrected.
    pub fn answer_origins(&self) -> Vec<AnswerOrigin> {
        let said = |key: &str| -> Typed {
            let typed = self.body.typed.iter();
            typed
                .filter(|(name, _)| form::typed::base_key(name) == key)
                .map(|(name, texts)| (name.clone(), texts.clone()))
                .collect()
        };
        let brought = self.body.brought.iter();
        brought
            .map(|(field, filled)| AnswerOrigin {
                field: field.clone(),
                from: filled.from.clone(),
                corrected: said(field) != filled.typed,
            })
            .collect()
    }

    /// The way the result will be sent: the chosen one, else the item's only or first one.
    pub fn delivery(&self, item: &Item) -> Delivery {
        self.body.delivery.unwrap_or_else(|| {
            deliveries(item)
                .first()
                .copied()
                .unwrap_or(Delivery::Window)
        })
    }
}

/// The materials that certificates stand for.
fn keys(held: &[MaterialOrigin]) -> Vec<&str> {
    held.iter().map(|origin| origin.material.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use catalog::model::{Choice, FieldKind, Form, FormPage, ItemState, Material};

    use super::*;

    fn published(fields: Vec<Field>) -> Published {
        Published {
            item_id: ItemId::from_uuid(uuid::Uuid::nil()),
            version_id: VersionId::from_uuid(uuid::Uuid::max()),
            version: 2,
            digest: String::new(),
            published_at: Timestamp::UNIX_EPOCH,
            current: true,
            state: ItemState::Published,
            org_id: base::ids::OrgId::from_uuid(uuid::Uuid::nil()),
            item: Item {
                form: Form {
                    pages: vec![FormPage {
                        key: "p".into(),
                        fields,
                        ..FormPage::default()
                    }],
                },
                materials: vec![Material {
                    key: "plan".into(),
                    ..Material::default()
                }],
                ..Item::default()
            },
            flags: Vec::new(),
        }
    }

    fn field(key: &str, kind: FieldKind, options: &[&str]) -> Field {
        Field {
            key: key.into(),
            label: format!("{key}?"),
            kind,
            options: options
                .iter()
                .map(|value| Choice {
                    value: (*value).into(),
                    ..Choice::default()
                })
                .collect(),
            ..Field::default()
        }
    }

    #[test]
    fn a_new_version_keeps_what_still_fits() {
        let old = published(vec![
            field("name", FieldKind::Text, &[]),
            field("kind", FieldKind::Choice, &["a", "b"]),
            field("gone", FieldKind::Text, &[]),
            field("when", FieldKind::Text, &[]),
        ]);
        let new = published(vec![
            field("name", FieldKind::Text, &[]),
            field("kind", FieldKind::Choice, &["b", "c"]),
            field("when", FieldKind::Date, &[]),
        ]);
        let mut draft = Draft {
            id: DraftId::from_uuid(uuid::Uuid::nil()),
            party: PartyId::from_uuid(uuid::Uuid::nil()),
            filed_by: AccountId::from_uuid(uuid::Uuid::nil()),
            item: old.item_id,
            version: VersionId::from_uuid(uuid::Uuid::nil()),
            body: Body {
                typed: [
                    ("name".to_owned(), vec!["和平小馆".to_owned()]),
                    ("kind".to_owned(), vec!["a".to_owned()]),
                    ("gone".to_owned(), vec!["x".to_owned()]),
                    ("when".to_owned(), vec!["明天".to_owned()]),
                ]
                .into(),
                materials: ["plan", "other"]
                    .map(|key| MaterialGiven {
                        key: key.into(),
                        files: Vec::new(),
                        paper: false,
                        promised: false,
                    })
                    .into(),
                delivery: Some(Delivery::Post),
                seen: vec!["p".into()],
                aside: BTreeMap::new(),
                brought: BTreeMap::new(),
                reused: Vec::new(),
                situation: Situation::default(),
                after: None,
            },
            page: "p".into(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        };
        let moved = draft.move_to(Some(&old), &new);
        assert_eq!(draft.body.typed.keys().collect::<Vec<_>>(), ["name"]);
        assert_eq!(moved.dropped, ["gone?", "kind?", "when?", "other"]);
        assert_eq!(draft.body.materials.len(), 1);
        assert_eq!(draft.body.delivery, None);
        assert_eq!(draft.version, new.version_id);
    }

    #[test]
    fn steps_are_the_forms_pages_between_ours() {
        let mut item = published(vec![]).item;
        let names = |item: &Item| {
            steps(item)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&item), [APPLICANT, "p", MATERIALS, CHECK]);
        item.materials.clear();
        item.delivery = vec![
            catalog::model::Delivery::Post,
            catalog::model::Delivery::Electronic,
        ];
        assert_eq!(names(&item), [APPLICANT, "p", DELIVERY, CHECK]);
    }
}
