//! Putting several items together for somebody: which they are today, what they ask, and what is filed of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::crypto::sm3;
use base::ids::{CaseId, ItemId, OrgId, VersionId};
use catalog::app::bundles::{Found, parts as bundle_parts};
use catalog::bundle::{Bundle, derive};
use catalog::guided::Answers as Situation;
use catalog::model::{Item, ItemState, Limit, Published, ResultDoc, ResultKind};
use serde::{Deserialize, Serialize};
use web::{Problem, Result};

use crate::Joint;
use crate::details::Variety;
use crate::merge::{Merged, Part, deliveries, merge};
use crate::project;
use crate::stage::Stage;

/// Items in one cart.
pub const CART_MAX: usize = 20;

/// What a composite stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Spec {
    /// 一件事.
    Bundle {
        key: String,
        region: String,
        /// 情形导办 by 基本编码.
        #[serde(default)]
        situations: BTreeMap<String, Situation>,
        /// 基本编码 of optional members that are left out.
        #[serde(default)]
        without: BTreeSet<String>,
    },
    /// 政务超市.
    Cart { items: Vec<CartItem> },
    /// A stage of a construction project.
    Stage { project: CaseId, stage: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    pub item: ItemId,
    #[serde(default)]
    pub situation: Situation,
}

impl Spec {
    /// The same for the same choice, so that whoever comes back finds the draft again.
    pub fn id(&self) -> ItemId {
        let text = serde_json::to_string(self).expect("a spec is plain data");
        ItemId::from_uuid(derived("spec", &text))
    }

    /// The page it begins with.
    pub fn home(&self) -> String {
        match self {
            Spec::Bundle { key, .. } => format!("/bundles/{key}/apply"),
            Spec::Cart { .. } => "/cart".to_owned(),
            Spec::Stage { project, .. } => format!("/projects/{project}"),
        }
    }
}

/// Several items as they are today, in the shape of one.
#[derive(Clone, Debug)]
pub struct Composed {
    pub spec: Spec,
    pub variety: Variety,
    pub key: String,
    pub published: Arc<Published>,
    pub parts: Vec<Part>,
    pub merged: Merged,
    /// Working days of the whole; none for a cart.
    pub days: Option<u32>,
    pub stage: Option<Stage>,
}

impl Joint {
    /// Puts together what a spec names.
    ///
    /// # Errors
    /// 404 where it is not offered any more; 409 where an item of it is suspended.
    pub async fn compose(&self, spec: Spec) -> Result<Composed> {
        match &spec {
            Spec::Bundle {
                key,
                region,
                situations,
                without,
            } => {
                let bundle = self.bundle(key).await?;
                let found = self.members(&bundle, region).await?;
                let chosen: Vec<Found> = found
                    .into_iter()
                    .filter(|found| {
                        let member = &bundle.items[found.place];
                        !(member.optional && without.contains(&member.base_code))
                    })
                    .map(|found| {
                        let code = &bundle.items[found.place].base_code;
                        let situation = situations.get(code).cloned().unwrap_or_default();
                        Found {
                            published: self.catalog().applied(&found.published, &situation),
                            ..found
                        }
                    })
                    .collect();
                let (parts, days) = bundle_plan(&bundle, &chosen, situations)?;
                let lead = chosen.first().map(|found| found.org_id);
                let own = Item {
                    name: bundle.name.clone(),
                    summary: bundle.summary.clone(),
                    region_code: bundle.region.clone(),
                    ..Item::default()
                };
                let key = key.clone();
                composed(
                    spec,
                    Variety::Bundle,
                    key,
                    own,
                    lead,
                    parts,
                    Some(days),
                    None,
                )
            }
            Spec::Cart { items } => {
                let parts = self.cart_parts(items).await?;
                let lead = parts.first().map(|part| part.published.org_id);
                let first = parts.first().map(|part| &part.published.item);
                let own = Item {
                    name: match first {
                        Some(item) => format!("{}等{}个事项", item.name, parts.len()),
                        None => String::new(),
                    },
                    region_code: first
                        .map(|item| item.region_code.clone())
                        .unwrap_or_default(),
                    ..Item::default()
                };
                composed(
                    spec,
                    Variety::Cart,
                    String::new(),
                    own,
                    lead,
                    parts,
                    None,
                    None,
                )
            }
            Spec::Stage { project, stage } => {
                let found = project::compose::stage(self, *project, stage).await?;
                let key = stage.clone();
                composed(
                    spec,
                    Variety::Stage,
                    key,
                    found.own,
                    Some(found.lead),
                    found.parts,
                    Some(found.days),
                    Some(found.stage),
                )
            }
        }
    }

    /// A bundle on offer.
    pub async fn bundle(&self, key: &str) -> Result<Bundle> {
        let key = key.to_owned();
        let published = self
            .app()
            .db
            .read(move |tx| catalog::store::bundle(tx, &key))
            .await?;
        published
            .map(|published| published.bundle)
            .ok_or_else(|| Problem::not_found("没有找到这件事，请从一件事列表重新选择"))
    }

    /// The items its members stand for, seen from a region.
    pub async fn members(&self, bundle: &Bundle, region: &str) -> Result<Vec<Found>> {
        let (wanted, region) = (bundle.clone(), region.to_owned());
        let known = self
            .app()
            .db
            .read(move |tx| {
                let members = wanted.items.iter();
                members
                    .map(|member| catalog::store::member_item(tx, member, &region))
                    .collect::<std::result::Result<Vec<_>, store::Error>>()
            })
            .await?;
        let snapshot = self.catalog().snapshot();
        let mut found = Vec::with_capacity(known.len());
        for (place, known) in known.into_iter().enumerate() {
            let Some((item_id, version_id, org_id)) = known else {
                if bundle.items[place].optional {
                    continue;
                }
                return Err(Problem::conflict(
                    "bundle_incomplete",
                    "这件事里有事项现在暂停受理，暂时不能合并办理；可以先分项办理，或者拨打12345",
                ));
            };
            let Some(published) = self.catalog().version(version_id).await? else {
                continue;
            };
            found.push(Found {
                place,
                item_id,
                org_id,
                published,
                body: snapshot.org_name(org_id).to_owned(),
            });
        }
        Ok(found)
    }

    async fn cart_parts(&self, items: &[CartItem]) -> Result<Vec<Part>> {
        if items.is_empty() || items.len() > CART_MAX {
            let message = format!("一次可以选1至{CART_MAX}个事项");
            return Err(Problem::invalid("items", message));
        }
        let snapshot = self.catalog().snapshot();
        let mut parts = Vec::with_capacity(items.len());
        for wanted in items {
            let published = self
                .catalog()
                .current(wanted.item)
                .await?
                .ok_or_else(|| Problem::not_found("没有找到所选的事项，请重新选择"))?;
            if published.state != ItemState::Published || !published.item.online() {
                return Err(Problem::conflict(
                    "cart_item",
                    format!("“{}”现在不能网上申请，请移出后再提交", published.item.name),
                ));
            }
            let published = self.catalog().applied(&published, &wanted.situation);
            let days = days_of(&published.item);
            parts.push(Part {
                body: snapshot.org_name(published.org_id).to_owned(),
                situation: wanted.situation.clone(),
                optional: false,
                after: BTreeSet::new(),
                opinions: BTreeSet::new(),
                produced: BTreeSet::new(),
                starts: 0,
                ends: days,
                published,
            });
        }
        Ok(parts)
    }
}

/// The members in the order they run, and the working days of the whole.
fn bundle_plan(
    bundle: &Bundle,
    found: &[Found],
    situations: &BTreeMap<String, Situation>,
) -> Result<(Vec<Part>, u32)> {
    let derived = derive(&bundle_parts(bundle, found), &bundle.question_order).map_err(|_| {
        Problem::conflict(
            "bundle_order",
            "这件事的办理顺序正在调整，请先分项办理，或拨打12345咨询",
        )
    })?;
    let of = |code: &str| {
        found
            .iter()
            .find(|found| bundle.items[found.place].base_code == code)
    };
    let place = |code: &str| derived.lanes.iter().position(|lane| lane.base_code == code);
    let mut parts = Vec::with_capacity(derived.lanes.len());
    for lane in &derived.lanes {
        let Some(found) = of(&lane.base_code) else {
            continue;
        };
        let member = &bundle.items[found.place];
        let published = match &member.promised {
            Some(limit) => Arc::new(Published {
                item: Item {
                    promised_limit: Some(limit.clone()),
                    ..found.published.item.clone()
                },
                ..Published::clone(&found.published)
            }),
            None => Arc::clone(&found.published),
        };
        // A member that may be left out makes nothing anybody can rely on.
        let maker = |code: &str| {
            of(code).is_some_and(|found| !bundle.items[found.place].optional)
                && code != member.base_code
        };
        let produced: BTreeMap<&str, &str> = published
            .item
            .materials
            .iter()
            .filter_map(|material| {
                let said = member
                    .produced
                    .iter()
                    .find(|made| made.material == material.key);
                let by = said.map_or(material.produced_by.as_str(), |made| made.by.as_str());
                maker(by).then_some((material.key.as_str(), by))
            })
            .collect();
        let named = member.depends_on.iter().map(String::as_str);
        let after = named
            .chain(produced.values().copied())
            .filter_map(place)
            .collect();
        parts.push(Part {
            situation: situations.get(&lane.base_code).cloned().unwrap_or_default(),
            body: lane.body.clone(),
            optional: lane.optional,
            after,
            opinions: BTreeSet::new(),
            produced: produced.keys().map(|key| (*key).to_owned()).collect(),
            starts: lane.starts,
            ends: lane.ends,
            published,
        });
    }
    Ok((parts, derived.after.days))
}

#[expect(
    clippy::too_many_arguments,
    reason = "everything a whole is made of, from three places"
)]
fn composed(
    spec: Spec,
    variety: Variety,
    key: String,
    own: Item,
    lead: Option<OrgId>,
    parts: Vec<Part>,
    days: Option<u32>,
    stage: Option<Stage>,
) -> Result<Composed> {
    let Some(lead) = lead else {
        return Err(Problem::conflict(
            "nothing_to_apply",
            "没有可以申请的事项，请重新选择",
        ));
    };
    let merged = merge(&parts, &own);
    let of_parts = |text: fn(&Item) -> String| -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        for part in &parts {
            let text = text(&part.published.item);
            if !text.is_empty() && !known.contains(&text) {
                known.push(text);
            }
        }
        known
    };
    let item = Item {
        form: merged.form.clone(),
        materials: merged.materials.clone(),
        // Whoever sets up an enterprise is not one yet.
        service_objects: Vec::new(),
        handling_forms: vec![1, 2, 3],
        promised_limit: days.filter(|days| *days > 0).map(|n| Limit {
            n,
            unit: calendar::Unit::WorkingDay,
            note: String::new(),
        }),
        fees: parts
            .iter()
            .flat_map(|part| part.published.item.fees.clone())
            .collect(),
        result: ResultDoc {
            name: of_parts(|item| item.result.name.clone()).join("、"),
            kind: ResultKind::None,
            ..ResultDoc::default()
        },
        delivery: deliveries(&parts, &own.delivery),
        consult_phone: of_parts(|item| item.consult_phone.clone())
            .into_iter()
            .next()
            .unwrap_or_default(),
        ..own
    };
    let digest = base::crypto::to_hex(&item.digest());
    let item_id = spec.id();
    let published = Published {
        item_id,
        version_id: VersionId::from_uuid(derived("version", &format!("{item_id}|{digest}"))),
        version: 1,
        digest,
        published_at: parts
            .iter()
            .map(|part| part.published.published_at)
            .max()
            .unwrap_or_default(),
        current: true,
        state: ItemState::Published,
        org_id: lead,
        item,
        flags: Vec::new(),
    };
    Ok(Composed {
        spec,
        variety,
        key,
        published: Arc::new(published),
        parts,
        merged,
        days,
        stage,
    })
}

/// The promise of an item in working days; calendar days count as they are, which is never shorter.
pub(crate) fn days_of(item: &Item) -> u32 {
    item.promised_limit
        .as_ref()
        .or(item.statutory_limit.as_ref())
        .map_or(0, |limit| limit.n)
}

/// An id that follows from what it names.
pub(crate) fn derived(what: &str, text: &str) -> uuid::Uuid {
    let digest = sm3(format!("tongban.joint.{what}|{text}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
