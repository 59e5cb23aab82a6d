//! The catalogue at one moment: every item shortened, sorted into what people browse by, ready to be searched.
//!
//! Immutable. A new one is made from the one before and the items that changed since.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::ids::{ItemId, OrgId};

use crate::brief::Brief;
use crate::model::ItemState;
use crate::search::{Doc, Hit, Index, Synonyms};
use crate::topics::{Audience, Topics};

/// A body as pages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgName {
    pub id: OrgId,
    pub key: String,
    pub name: String,
    pub region: String,
    pub phone: String,
}

/// The published items of this deployment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The generation of the catalogue it shows.
    pub generation: i64,
    /// Goes up with every snapshot of this process, also when only a body was renamed.
    pub serial: u64,
    /// Items that can be applied for, by name.
    items: Vec<Arc<Brief>>,
    places: HashMap<ItemId, u32>,
    /// Suspended and cancelled ones: their guides stay readable.
    hidden: HashMap<ItemId, Arc<Brief>>,
    orgs: HashMap<OrgId, Arc<OrgName>>,
    by_org: HashMap<OrgId, Vec<u32>>,
    by_theme: HashMap<String, Vec<u32>>,
    by_life_event: HashMap<String, Vec<u32>>,
    index: Index,
}

/// What a search is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub audience: Option<Audience>,
    /// Name of a theme.
    pub theme: Option<String>,
    pub org: Option<OrgId>,
    /// Items of this region and everything below.
    pub region: Option<String>,
    /// Who asks: orders the answers, hides none.
    pub asker: Asker,
}

/// What is known of whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// A person, or an enterprise and whoever acts for it.
    pub audience: Option<Audience>,
    /// The region they chose to see first.
    pub region: Option<String>,
    /// The body they work at.
    pub org: Option<OrgId>,
}

/// How much an item gains by being for people like the asker.
const THEIR_KIND: f32 = 20.0;
/// By being exercised where they are, at the place itself; less where it serves their place from above.
const THEIR_PLACE: f32 = 30.0;
const ABOVE_THEIR_PLACE: f32 = 24.0;
/// By being their own body's.
const THEIR_BODY: f32 = 30.0;

impl Asker {
    /// How near an item lies to them, 0 to 60.
    fn near(&self, brief: &Brief) -> f32 {
        let kind = self.audience.is_some_and(|audience| audience.has(brief));
        let place = match &self.region {
            Some(region) if *region == brief.region => THEIR_PLACE,
            Some(region) if covers(&brief.region, region) => ABOVE_THEIR_PLACE,
            _ => 0.0,
        };
        let body = self.org == Some(brief.org_id);
        place + if kind { THEIR_KIND } else { 0.0 } + if body { THEIR_BODY } else { 0.0 }
    }
}

/// Whether one region is the other or lies above it. No province is 00: nothing lies there.
fn covers(region: &str, below: &str) -> bool {
    !region.starts_with("00") && casework::actor::covers(region, below)
}

/// What a question found.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Best first.
    pub list: Vec<Answer>,
    /// What the question was taken for, where it was not taken as it stands.
    pub read_as: Option<String>,
}

/// One answer: the same item may be offered by several bodies.
#[derive(Clone, Debug)]
pub struct Answer {
    pub brief: Arc<Brief>,
    /// The everyday phrase that was meant.
    pub alias: Option<String>,
    /// The same item at other bodies.
    pub others: Vec<Arc<Brief>>,
}

impl Snapshot {
    /// A new snapshot: the items of this one with `changed` put over them.
    #[must_use]
    pub fn next(
        &self,
        generation: i64,
        changed: Vec<Brief>,
        uses: &HashMap<ItemId, i64>,
        orgs: Vec<OrgName>,
    ) -> Snapshot {
        let mut all: BTreeMap<ItemId, Arc<Brief>> = self
            .items
            .iter()
            .chain(self.hidden.values())
            .map(|brief| (brief.item_id, Arc::clone(brief)))
            .collect();
        for brief in changed {
            all.insert(brief.item_id, Arc::new(brief));
        }
        for (item_id, brief) in &mut all {
            let uses = uses.get(item_id).copied().unwrap_or(0);
            if brief.uses != uses {
                Arc::make_mut(brief).uses = uses;
            }
        }
        let orgs = orgs
            .into_iter()
            .map(|org| (org.id, Arc::new(org)))
            .collect();
        Snapshot {
            serial: self.serial + 1,
            ..Snapshot::of(generation, all.into_values(), orgs)
        }
    }

    fn of(
        generation: i64,
        all: impl Iterator<Item = Arc<Brief>>,
        orgs: HashMap<OrgId, Arc<OrgName>>,
    ) -> Snapshot {
        let (mut items, hidden): (Vec<_>, Vec<_>) =
            all.partition(|brief| brief.state == ItemState::Published);
        items.sort_by(|a, b| (&a.name, &a.region, a.item_id).cmp(&(&b.name, &b.region, b.item_id)));
        let topics = Topics::shipped();
        let mut snapshot = Snapshot {
            generation,
            hidden: hidden
                .into_iter()
                .map(|brief| (brief.item_id, brief))
                .collect(),
            orgs,
            ..Snapshot::default()
        };
        for (place, brief) in (0..).zip(&items) {
            snapshot.places.insert(brief.item_id, place);
            snapshot.by_org.entry(brief.org_id).or_default().push(place);
            let body = &brief.body;
            for theme in body.themes_person.iter().chain(&body.themes_corp) {
                let places = snapshot.by_theme.entry(theme.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            for event in topics.life_events_of(brief) {
                snapshot
                    .by_life_event
                    .entry(event.to_owned())
                    .or_default()
                    .push(place);
            }
        }
        snapshot.index = Index::build_with(items.len(), |place, add| {
            let brief = &items[place];
            let body = &brief.body;
            let org = snapshot
                .orgs
                .get(&brief.org_id)
                .map_or("", |org| org.name.as_str());
            let mut other: Vec<&str> = Vec::with_capacity(8);
            other.extend(
                body.themes_person
                    .iter()
                    .chain(&body.themes_corp)
                    .chain(&body.life_events)
                    .map(String::as_str),
            );
            other.extend([body.summary.as_str(), body.result.as_str(), org]);
            add(Doc {
                name: &brief.name,
                aliases: &body.aliases,
                other: &other,
                uses: brief.uses,
            });
        });
        snapshot.items = items;
        snapshot
    }

    /// Items that can be applied for, by name.
    pub fn items(&self) -> &[Arc<Brief>] {
        &self.items
    }

    /// An item in any state.
    pub fn item(&self, item_id: ItemId) -> Option<&Arc<Brief>> {
        match self.places.get(&item_id) {
            Some(place) => self.items.get(*place as usize),
            None => self.hidden.get(&item_id),
        }
    }

    /// What the items of a base code are called.
    pub fn named_by_base(&self, base_code: &str) -> Option<&str> {
        let mut items = self.items().iter();
        items
            .find(|brief| brief.base_code == base_code)
            .map(|brief| brief.name.as_str())
    }

    pub fn org(&self, org_id: OrgId) -> Option<&Arc<OrgName>> {
        self.orgs.get(&org_id)
    }

    /// Whether it shows exactly these bodies.
    pub(crate) fn has_orgs(&self, orgs: &[OrgName]) -> bool {
        orgs.len() == self.orgs.len()
            && orgs
                .iter()
                .all(|org| self.orgs.get(&org.id).is_some_and(|known| **known == *org))
    }

    /// The name of a body; empty for one that is not known.
    pub fn org_name(&self, org_id: OrgId) -> &str {
        self.orgs.get(&org_id).map_or("", |org| org.name.as_str())
    }

    pub fn org_by_key(&self, key: &str) -> Option<&Arc<OrgName>> {
        self.orgs.values().find(|org| org.key == key)
    }

    /// Bodies that have items, with how many, by region and key.
    pub fn orgs_with_items(&self) -> Vec<(Arc<OrgName>, usize)> {
        let mut orgs: Vec<(Arc<OrgName>, usize)> = self
            .by_org
            .iter()
            .filter_map(|(org_id, places)| Some((Arc::clone(self.orgs.get(org_id)?), places.len())))
            .collect();
        orgs.sort_by(|(a, _), (b, _)| (&a.region, &a.key).cmp(&(&b.region, &b.key)));
        orgs
    }

    pub fn of_org(&self, org_id: OrgId) -> Vec<Arc<Brief>> {
        self.gather(self.by_org.get(&org_id))
    }

    /// Items of a theme, by name.
    pub fn of_theme(&self, theme: &str, audience: Audience) -> Vec<Arc<Brief>> {
        let mut items = self.gather(self.by_theme.get(theme));
        items.retain(|brief| match audience {
            Audience::Person => brief.body.themes_person.iter().any(|name| name == theme),
            Audience::Enterprise => brief.body.themes_corp.iter().any(|name| name == theme),
        });
        items
    }

    pub fn of_life_event(&self, event: &str) -> Vec<Arc<Brief>> {
        self.gather(self.by_life_event.get(event))
    }

    fn gather(&self, places: Option<&Vec<u32>>) -> Vec<Arc<Brief>> {
        places
            .into_iter()
            .flatten()
            .filter_map(|place| self.items.get(*place as usize).cloned())
            .collect()
    }

    /// Puts what is exercised at a region, or serves it from above, before the rest.
    pub fn nearest_first(items: &mut [Arc<Brief>], region: Option<&str>) {
        if let Some(region) = region {
            items.sort_by_key(|brief| !covers(&brief.region, region));
        }
    }

    /// How many items an audience has.
    pub fn count_for(&self, audience: Audience) -> usize {
        self.items
            .iter()
            .filter(|brief| audience.has(brief))
            .count()
    }

    /// What is applied for most, the same item at several bodies counted as one; without any counts, nothing.
    pub fn popular(&self, most: usize) -> Vec<Arc<Brief>> {
        self.popular_for(&Asker::default(), most)
    }

    /// As [`Snapshot::popular`]; of several bodies the one nearest to the asker is named.
    pub fn popular_for(&self, asker: &Asker, most: usize) -> Vec<Arc<Brief>> {
        let mut sums: HashMap<&str, (i64, &Arc<Brief>)> = HashMap::new();
        for brief in &self.items {
            if brief.uses > 0 {
                let sum = sums.entry(brief.name.as_str()).or_insert((0, brief));
                sum.0 += brief.uses;
                let (near, known) = (asker.near(brief), asker.near(sum.1));
                if near > known || (near >= known && brief.uses > sum.1.uses) {
                    sum.1 = brief;
                }
            }
        }
        let mut sums: Vec<(i64, &Arc<Brief>)> = sums.into_values().collect();
        sums.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.name.cmp(&y.name)));
        sums.into_iter()
            .take(most)
            .map(|(_, brief)| Arc::clone(brief))
            .collect()
    }

    /// Answers a question; without one, everything wanted by nearness, use and name.
    pub fn search(&self, question: &str, wanted: &Wanted) -> Vec<Answer> {
        self.ask(question, wanted).list
    }

    /// As [`Snapshot::search`], and what the question was taken for.
    pub fn ask(&self, question: &str, wanted: &Wanted) -> Answers {
        self.answer(question, wanted, true)
    }

    /// As [`Snapshot::ask`], with the question taken as it stands.
    pub fn ask_exactly(&self, question: &str, wanted: &Wanted) -> Answers {
        self.answer(question, wanted, false)
    }

    fn answer(&self, question: &str, wanted: &Wanted, forgiving: bool) -> Answers {
        let accept = |place: u32| {
            self.items
                .get(place as usize)
                .is_some_and(|brief| wanted.has(brief))
        };
        if question.trim().is_empty() {
            let mut places: Vec<u32> = (0..)
                .take(self.items.len())
                .filter(|place| accept(*place))
                .collect();
            let order = |place: u32| {
                let brief = &self.items[place as usize];
                (wanted.asker.near(brief), brief.uses)
            };
            places.sort_by(|a, b| {
                let ((near_a, uses_a), (near_b, uses_b)) = (order(*a), order(*b));
                near_b.total_cmp(&near_a).then(uses_b.cmp(&uses_a))
            });
            let all = places.into_iter().map(|doc| Hit {
                doc,
                score: 0.0,
                alias: None,
            });
            return Answers {
                list: self.group(all),
                read_as: None,
            };
        }
        let nearer = |place: u32| {
            self.items
                .get(place as usize)
                .map_or(0.0, |brief| wanted.asker.near(brief))
        };
        let found = self
            .index
            .ask(question, Synonyms::shipped(), forgiving, accept, nearer);
        Answers {
            list: self.group(found.hits.into_iter()),
            read_as: found.read_as,
        }
    }

    /// Puts the same item at several bodies together, in the order of the best of them.
    fn group(&self, hits: impl Iterator<Item = Hit>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for hit in hits {
            let brief = &self.items[hit.doc as usize];
            if let Some(place) = by_name.get(brief.name.as_str()) {
                answers[*place].others.push(Arc::clone(brief));
                continue;
            }
            by_name.insert(&brief.name, answers.len());
            let alias = hit
                .alias
                .and_then(|alias| brief.body.aliases.get(usize::from(alias)).cloned());
            answers.push(Answer {
                brief: Arc::clone(brief),
                alias,
                others: Vec::new(),
            });
        }
        answers
    }

    /// Names that look or sound like a question nothing answers.
    pub fn similar(&self, question: &str, wanted: &Wanted) -> Vec<String> {
        let accept = |place: u32| {
            self.items
                .get(place as usize)
                .is_some_and(|brief| wanted.has(brief))
        };
        self.index.similar(question, 3, accept).similar
    }
}

impl Wanted {
    fn has(&self, brief: &Brief) -> bool {
        self.audience.is_none_or(|audience| audience.has(brief))
            && self.org.is_none_or(|org| brief.org_id == org)
            && self.theme.as_ref().is_none_or(|theme| {
                brief
                    .body
                    .themes_person
                    .iter()
                    .chain(&brief.body.themes_corp)
                    .any(|name| name == theme)
            })
            && self
                .region
                .as_ref()
                .is_none_or(|region| covers(region, &brief.region))
    }
}
