//! The published list of a date.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use base::ids::{ItemId, OrgId};
use jiff::civil::Date;
use parking_lot::RwLock;
use store::{Db, Error};

use super::Fact;
use crate::model::ItemState;
use crate::store as records;
use crate::store::Theme;

/// Versions kept in memory, about 300 bytes each; beyond that they are read again.
const KNOWN_MAX: usize = 400_000;

/// Versions that were read before. They never change.
#[derive(Debug, Default)]
pub struct Known(RwLock<HashMap<(ItemId, i64), Arc<Fact>>>);

/// Everything that was published at the end of a day and could be applied for.
#[derive(Clone, Debug)]
pub struct List {
    pub on: Date,
    pub facts: Vec<Arc<Fact>>,
    /// 一件事 as they were offered then, by key.
    pub themes: Vec<Theme>,
}

/// Whose items are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// A region and everything below it; empty for all.
    pub region: String,
    pub org: Option<OrgId>,
}

impl Scope {
    fn has(&self, fact: &Fact) -> bool {
        self.org.is_none_or(|org| fact.org == org)
            && (self.region.is_empty() || casework::actor::covers(&self.region, &fact.region))
    }
}

impl List {
    /// Reads the list as it stood when the day ended (now, where it has not): the newest version of each item until
    /// then, unless it was suspended or cancelled or did not hold on that day.
    pub async fn read(db: &Db, known: &Arc<Known>, on: Date) -> Result<List, Error> {
        let known = Arc::clone(known);
        db.read(move |tx| {
            let until = calendar::start_of_day(on.saturating_add(jiff::Span::new().days(1)));
            let mut standing = records::standing_before(tx, until)?;
            standing.retain(|item| item.state == ItemState::Published);
            let wanted: HashSet<(ItemId, i64)> = standing
                .iter()
                .map(|item| (item.item_id, item.version))
                .collect();
            let unknown: BTreeSet<(ItemId, i64)> = {
                let kept = known.0.read();
                wanted
                    .iter()
                    .filter(|key| !kept.contains_key(*key))
                    .copied()
                    .collect()
            };
            let mut read: HashMap<(ItemId, i64), Arc<Fact>> = HashMap::new();
            records::each_version(tx, &unknown, &mut |version| {
                let (item_id, number) = (version.item_id, version.version);
                let fact = Fact::of(
                    item_id,
                    number,
                    version.org_id,
                    version.region,
                    &version.item,
                );
                read.insert((item_id, number), Arc::new(fact));
                Ok(())
            })?;
            let mut kept = known.0.write();
            if kept.len() + read.len() > KNOWN_MAX {
                kept.clear();
            }
            let mut facts: Vec<Arc<Fact>> = wanted
                .iter()
                .filter_map(|key| read.get(key).or_else(|| kept.get(key)).cloned())
                .filter(|fact| fact.validity.holds(on))
                .collect();
            kept.extend(read);
            drop(kept);
            facts.sort_by(|a, b| (&a.name, a.item_id).cmp(&(&b.name, b.item_id)));
            let themes = records::themes_before(tx, until)?;
            Ok(List { on, facts, themes })
        })
        .await
    }

    /// The themes of a region; a body has none of its own.
    pub fn themes_within(&self, scope: &Scope) -> Vec<Theme> {
        let offered = |theme: &&Theme| {
            scope.region.is_empty() || casework::actor::covers(&scope.region, &theme.region)
        };
        if scope.org.is_some() {
            return Vec::new();
        }
        self.themes.iter().filter(offered).cloned().collect()
    }

    /// The items of a body or a region.
    pub fn within(&self, scope: &Scope) -> Vec<Arc<Fact>> {
        self.facts
            .iter()
            .filter(|fact| scope.has(fact))
            .cloned()
            .collect()
    }
}
