//! The whole catalogue of the city: base list, shipped items, claimed items, and what has been going on with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use base::IdSource;
use base::ids::{ItemId, OrgId, VersionId};
use calendar::Calendar;
use catalog::app::{base as base_app, bundles, import, materials};
use catalog::base_list::rules;
use catalog::checks;
use catalog::import::Parsed;
use catalog::model::{BaseItem, Flag, Item};
use catalog::store::{NewVersion, Publisher};
use jiff::{Timestamp, ToSpan as _};
use store::Tx;

use crate::base_list::{self, Base};
use crate::claims::{self, Claim, ITEMS};
use crate::data::City;
use crate::desk::Scene;
use crate::dice::{Dice, Part};
use crate::directory;
use crate::marker;
use crate::offices::Offices;
use crate::planted::{self, Difference};

/// The promise of some items was shortened so many days before the end of the year.
const SHORTENED_DAYS: i64 = 180;

/// What the catalogue holds.
pub(crate) struct Plan {
    /// Base items of the shipped items.
    pub(crate) shipped: Vec<BaseItem>,
    /// Base items of the directory.
    pub(crate) bases: Vec<Base>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) differences: Vec<Difference>,
}

impl Plan {
    /// The same catalogue for the same seed.
    pub(crate) fn new(
        city: &City,
        offices: &Offices,
        parsed: &Parsed,
        seed: u64,
    ) -> anyhow::Result<Plan> {
        let mut dice = Dice::of(seed, Part::Catalogue);
        let departments: Vec<&str> = city
            .organisations
            .iter()
            .filter(|body| body.level == 3)
            .map(|body| body.function.as_str())
            .collect();
        let taken: BTreeSet<&str> = parsed
            .good
            .iter()
            .map(|record| record.item.name.as_str())
            .collect();
        let mut bases = base_list::of_directory(&directory::read()?, &departments, &taken)?;
        let wanted = ITEMS
            .checked_sub(parsed.good.len())
            .context("fewer shipped items than the city has")?;
        let mut claims = claims::claims(city, offices, &mut bases, wanted, &mut dice)?;
        let differences = planted::plant(&mut claims, offices, &mut dice);
        Ok(Plan {
            shipped: base_list::shipped(parsed),
            bases,
            claims,
            differences,
        })
    }
}

/// Ids of everything the plan publishes, made before the transaction, which may run more than once.
pub(crate) struct Keys {
    shipped: Vec<(ItemId, VersionId)>,
    /// Item, first version, and the version that replaced it.
    claimed: Vec<(ItemId, VersionId, VersionId)>,
}

impl Keys {
    /// `shipped` are those of the shipped items, in their order.
    pub(crate) fn new(
        shipped: Vec<(ItemId, VersionId)>,
        plan: &Plan,
        ids: &IdSource,
        founded: Timestamp,
    ) -> Keys {
        Keys {
            shipped,
            claimed: plan
                .claims
                .iter()
                .map(|_| (ids.next(founded), ids.next(founded), ids.next(founded)))
                .collect(),
        }
    }

    pub(crate) fn item(&self, claim: usize) -> ItemId {
        self.claimed[claim].0
    }
}

/// When things happen.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) founded: Timestamp,
    /// End of the year of cases.
    pub(crate) until: Timestamp,
}

impl Times {
    /// So many days before the end of the year.
    pub(crate) fn ago(self, days: i64) -> Result<Timestamp, jiff::Error> {
        self.until.checked_sub((days * 24).hours())
    }
}

/// Publishes the base list and every item, in one transaction.
#[expect(
    clippy::too_many_arguments,
    reason = "everything the catalogue is made of"
)]
pub(crate) async fn publish(
    db: &store::Db,
    region: &str,
    offices: &Arc<Offices>,
    parsed: &Parsed,
    plan: &Arc<Plan>,
    keys: &Arc<Keys>,
    ids: IdSource,
    calendar: &Arc<Calendar>,
    times: Times,
) -> anyhow::Result<()> {
    const PART: &str = "catalogue";
    let later = times.ago(SHORTENED_DAYS)?;
    let (offices, parsed, plan, keys) = (
        Arc::clone(offices),
        parsed.clone(),
        Arc::clone(plan),
        Arc::clone(keys),
    );
    let calendar = Arc::clone(calendar);
    let region = region.to_owned();
    let done: Result<(), Error> = db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(());
            }
            let admin = offices.administrator().ok_or(Error::NobodyPublishes)?;
            let region = region.as_str();
            let all = plan
                .shipped
                .iter()
                .chain(plan.bases.iter().map(|base| &base.item));
            for item in all {
                base_app::publish(
                    tx,
                    admin,
                    region,
                    item,
                    "建立基本目录",
                    &calendar,
                    times.founded,
                )?;
            }
            import::apply(tx, &parsed, &keys.shipped, false, times.founded, admin)?;
            publish_claims(
                tx,
                &offices,
                &plan,
                &keys,
                times.founded,
                later,
                admin.name(),
            )?;
            bundles::install(tx, catalog::bundle::shipped(), admin.name(), times.founded)?;
            materials::install(tx, catalog::library::shipped(), admin.name(), times.founded)?;
            let scene = Scene {
                offices: &offices,
                plan: &plan,
                keys: &keys,
                ids: &ids,
                calendar: &calendar,
                times,
            };
            scene.play(tx, region)?;
            Ok(marker::advance(tx, PART, 1)?)
        })
        .await;
    done.context("publishing the catalogue")
}

/// Why the catalogue was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("nobody may publish")]
    NobodyPublishes,
    #[error(transparent)]
    Base(#[from] base_app::Error),
    #[error(transparent)]
    Import(#[from] import::Error),
    #[error(transparent)]
    Draft(#[from] catalog::app::drafting::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::NobodyPublishes => None,
            Error::Base(error) => error.storage(),
            Error::Import(error) => error.storage(),
            Error::Draft(error) => error.storage(),
            Error::Store(error) => Some(error),
        }
    }
}

/// Every claimed item as it was first, then, in a change of its own, what was shortened later.
fn publish_claims(
    tx: &mut Tx<'_>,
    offices: &Offices,
    plan: &Plan,
    keys: &Keys,
    founded: Timestamp,
    later: Timestamp,
    by: &str,
) -> Result<(), store::Error> {
    let first = Publisher::begin(tx, founded, by)?;
    for (claim, (item_id, version_id, _)) in plan.claims.iter().zip(&keys.claimed) {
        let item = claim.before.as_ref().unwrap_or(&claim.item);
        put(
            tx,
            &first,
            offices,
            plan,
            claim,
            item,
            (*item_id, *version_id),
        )?;
    }
    let second = Publisher::begin(tx, later, by)?;
    for (claim, (item_id, _, version_id)) in plan.claims.iter().zip(&keys.claimed) {
        if claim.before.is_some() {
            let ids = (*item_id, *version_id);
            put(tx, &second, offices, plan, claim, &claim.item, ids)?;
        }
    }
    Ok(())
}

/// Published as it came, with a mark for everything that is wrong: what was planted has to be found by somebody.
fn put(
    tx: &mut Tx<'_>,
    publisher: &Publisher<'_>,
    offices: &Offices,
    plan: &Plan,
    claim: &Claim,
    item: &Item,
    (item_id, version_id): (ItemId, VersionId),
) -> Result<(), store::Error> {
    let desk = &offices.desks[claim.desk];
    let org_id: OrgId = desk.id;
    let flags = flags(&plan.bases[claim.base].item, item);
    let new = NewVersion {
        item_id,
        version_id,
        org_id,
        region: &desk.body.region,
        item,
        flags: &flags,
    };
    publisher.publish(tx, new)?;
    Ok(())
}

/// What the checks say of an item and of its distance from its base item.
fn flags(base: &BaseItem, item: &Item) -> Vec<Flag> {
    let mut found = checks::check(item);
    found.extend(rules::against(base, item));
    found.into_iter().map(checks::Finding::into_flag).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use base::IdSource;

    use super::{Plan, flags};
    use crate::claims::ITEMS;
    use crate::offices::Offices;
    use crate::planted::Kind;

    fn plan(seed: u64) -> (Plan, usize) {
        let city = crate::data::city().expect("city");
        let names = crate::data::names().expect("names");
        let founded: jiff::Timestamp = "2024-11-01T01:00:00Z".parse().expect("an instant");
        let ids = IdSource::seeded(1);
        let offices = Offices::new(&city, &names, seed, &ids, founded).expect("offices");
        let parsed = crate::items::read(&city, &offices).expect("items");
        let shipped = parsed.good.len();
        (
            Plan::new(&city, &offices, &parsed, seed).expect("a plan"),
            shipped,
        )
    }

    #[test]
    fn the_city_has_2950_items_with_codes_of_their_own() {
        let (plan, shipped) = plan(1);
        assert_eq!(plan.claims.len() + shipped, ITEMS);
        let codes: BTreeSet<&str> = plan
            .claims
            .iter()
            .map(|claim| claim.item.impl_code.as_str())
            .collect();
        assert_eq!(codes.len(), plan.claims.len());
        let mut bases: BTreeMap<&str, usize> = BTreeMap::new();
        let directory = plan.bases.iter().map(|base| &base.item);
        for base in plan.shipped.iter().chain(directory) {
            *bases.entry(&base.base_code).or_default() += 1;
            assert!(
                catalog::base_list::rules::licensed(base).is_empty(),
                "{}",
                base.name
            );
        }
        assert!(
            bases.values().all(|count| *count == 1),
            "a code given twice"
        );
        // A main item without sub-items never stands beside sub-items.
        let mains: BTreeSet<&str> = bases
            .keys()
            .filter(|code| code.ends_with("000"))
            .map(|code| &code[..9])
            .collect();
        let beside = bases
            .keys()
            .filter(|code| !code.ends_with("000") && mains.contains(&code[..9]));
        let generated: BTreeSet<&str> = plan
            .bases
            .iter()
            .map(|base| base.item.base_code.as_str())
            .collect();
        for code in beside {
            assert!(
                !generated.contains(code),
                "{code} stands beside its main item"
            );
        }
    }

    #[test]
    fn what_was_planted_is_found_and_nothing_else() {
        let (plan, _) = plan(1);
        let mut planted: BTreeMap<&str, Kind> = plan
            .differences
            .iter()
            .map(|difference| (difference.impl_code.as_str(), difference.kind))
            .collect();
        assert_eq!(planted.len(), 91);
        for claim in &plan.claims {
            let found = flags(&plan.bases[claim.base].item, &claim.item);
            let codes: Vec<&str> = found.iter().map(|flag| flag.code.as_str()).collect();
            match planted.remove(claim.item.impl_code.as_str()) {
                // Only comparing the counties finds it.
                Some(Kind::OtherFlow) => assert!(codes.is_empty(), "{codes:?}"),
                Some(kind) => {
                    assert!(codes.contains(&kind.finding()), "{kind:?}: {codes:?}");
                }
                None => assert!(codes.is_empty(), "{}: {found:?}", claim.item.name),
            }
            if let Some(before) = &claim.before {
                assert_eq!(flags(&plan.bases[claim.base].item, before), []);
            }
        }
        assert!(planted.is_empty());
    }

    #[test]
    fn another_seed_plants_elsewhere() {
        let (one, other) = (plan(1).0, plan(2).0);
        assert_eq!(one.differences, plan(1).0.differences);
        assert_ne!(one.differences, other.differences);
    }

    #[test]
    fn shipped_items_keep_to_their_own_base_items() {
        let city = crate::data::city().expect("city");
        let names = crate::data::names().expect("names");
        let founded: jiff::Timestamp = "2024-11-01T01:00:00Z".parse().expect("an instant");
        let ids = IdSource::seeded(1);
        let offices = Offices::new(&city, &names, 1, &ids, founded).expect("offices");
        let parsed = crate::items::read(&city, &offices).expect("items");
        let bases = crate::base_list::shipped(&parsed);
        for record in &parsed.good {
            let base = bases
                .iter()
                .find(|base| base.base_code == record.item.base_code)
                .expect("every shipped item has a base item");
            let found = catalog::base_list::rules::against(base, &record.item);
            assert!(found.is_empty(), "{}: {found:?}", record.item.name);
        }
    }
}
