//! The item as it applies to one person's situation.

use std::sync::Arc;

use super::{Answers, Guide, Step};
use crate::model::{HandlingItem, Item, Limit, Material, Necessity, Outcome, Published, Situation};

/// What the answers lead to, beside the item itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub item: Item,
    /// Names of the outcomes that hold.
    pub outcomes: Vec<String>,
    /// The 业务办理项 applied for.
    pub handling_item: Option<HandlingItem>,
    /// Name of the route through the offices; empty for the usual one.
    pub route: String,
}

impl Guide {
    /// The item as it applies where all questions are answered; none while one is open, or where the item does not
    /// help.
    pub fn applied(&self, item: &Item, answers: &Answers) -> Option<Applied> {
        let Step::Done(done) = self.progress(answers).step else {
            return None;
        };
        let holding: Vec<&Outcome> = done.into_iter().map(|at| &self.outcomes()[at]).collect();
        Some(self.apply(item, &holding))
    }

    /// A published version as it applies; the version itself where the answers do not lead to an end.
    pub fn published(&self, published: &Arc<Published>, answers: &Answers) -> Arc<Published> {
        match self.applied(&published.item, answers) {
            None => Arc::clone(published),
            Some(applied) => Arc::new(Published {
                item: applied.item,
                ..Published::clone(published)
            }),
        }
    }

    fn apply(&self, item: &Item, holding: &[&Outcome]) -> Applied {
        let mut applied = item.clone();
        // The questions are settled.
        applied.situation = Situation::default();
        let handling = holding
            .iter()
            .find(|outcome| !outcome.handling_item.is_empty())
            .and_then(|outcome| {
                let all = item.handling_items.iter();
                all.clone()
                    .find(|known| known.suffix == outcome.handling_item)
            });
        applied.materials = item
            .materials
            .iter()
            .filter(|material| is_needed(material, handling, holding))
            .map(|material| Material {
                // Settled: it is needed here, not in some situations.
                necessity: match material.necessity {
                    Necessity::Situational => Necessity::Required,
                    other => other,
                },
                ..material.clone()
            })
            .collect();
        let on_condition = |key: &String| {
            self.outcomes()
                .iter()
                .any(|outcome| outcome.pages.contains(key))
        };
        applied.form.pages.retain(|page| {
            !on_condition(&page.key)
                || holding
                    .iter()
                    .any(|outcome| outcome.pages.contains(&page.key))
        });
        let limit: Option<&Limit> = holding
            .iter()
            .find_map(|outcome| outcome.promised_limit.as_ref())
            .or_else(|| handling.and_then(|handling| handling.promised_limit.as_ref()));
        if let Some(limit) = limit {
            applied.promised_limit = Some(limit.clone());
        }
        let visits = holding
            .iter()
            .find_map(|outcome| outcome.visit_count)
            .or_else(|| handling.and_then(|handling| handling.visit_count));
        if let Some(visits) = visits {
            applied.visit_count = visits;
        }
        Applied {
            item: applied,
            outcomes: holding.iter().map(|outcome| outcome.name.clone()).collect(),
            handling_item: handling.cloned(),
            route: holding
                .iter()
                .find(|outcome| !outcome.route.is_empty())
                .map_or_else(String::new, |outcome| outcome.route.clone()),
        }
    }
}

/// Whether a material is asked for: what the variant or the item always needs, and what the outcomes add or drop.
fn is_needed(material: &Material, handling: Option<&HandlingItem>, holding: &[&Outcome]) -> bool {
    let named = |keys: &Vec<String>| keys.contains(&material.key);
    let always = match handling {
        Some(handling) if !handling.materials.is_empty() => named(&handling.materials),
        _ => material.necessity != Necessity::Situational,
    };
    let added = holding.iter().any(|outcome| named(&outcome.materials));
    let dropped = holding.iter().any(|outcome| named(&outcome.without));
    (always || added) && !dropped
}
