//! The catalogue of the city: the shipped items, the counties' copies, and what counties have delegated to streets and
//! towns. Read, checked and published by the catalogue's own import.

use std::collections::HashMap;

use anyhow::Context as _;
use base::codes::{BaseCode, ImplCode, Uscc};
use base::ids::{ItemId, OrgId, VersionId};
use catalog::import::{self, Parsed, bodies::Body as ImportBody};
use catalog::model::{CaseType, Item, Place, ResultKind};

use crate::bodies::{TOWN, TOWN_LEVEL};
use crate::data::{self, Body, City};
use crate::dice::{Dice, Part, Wheel};
use crate::offices::Offices;
use crate::residents::county_share;

/// Base codes of what streets and towns do for their county: benefits, registrations and insurance of people. No
/// licence in the sense of 行政许可法 is among them.
const DELEGATED: [&str; 12] = [
    "990506001000",
    "990506002000",
    "990506003000",
    "990506004000",
    "990506005000",
    "990506006000",
    "990506007000",
    "992006001000",
    "992018001000",
    "992009001000",
    "992009002000",
    "990709003000",
];

/// What people come for most, in this order; everything else follows.
const WANTED: [&str; 22] = [
    "992009003000",
    "990105002000",
    "990121001001",
    "992009002000",
    "990121002001",
    "992018001000",
    "992009001000",
    "990105001000",
    "990706001000",
    "992006001000",
    "990506001000",
    "990509001000",
    "990118001000",
    "990705001000",
    "990512001000",
    "990121002002",
    "992024001000",
    "990121002003",
    "990506004000",
    "992005001000",
    "990113001000",
    "992003001000",
];

/// One item as cases see it.
pub(crate) struct Offer {
    /// Place in [`Offices::desks`].
    pub(crate) desk: usize,
    pub(crate) org: OrgId,
    pub(crate) item_id: ItemId,
    pub(crate) version_id: VersionId,
    pub(crate) item: Item,
    pub(crate) person: bool,
    pub(crate) company: bool,
    pub(crate) social: bool,
}

impl Offer {
    pub(crate) fn instant(&self) -> bool {
        self.item.case_type == CaseType::Instant
    }

    pub(crate) fn certified(&self) -> bool {
        self.item.result.kind == ResultKind::Certificate
    }

    /// 许 for licences, 办 for the rest: which numbers its documents carry.
    pub(crate) fn licensing(&self) -> bool {
        self.item.item_type == "01"
    }
}

/// What can be applied for, and how often it is.
pub(crate) struct Offers {
    pub(crate) list: Vec<Offer>,
    wheel: Wheel,
    by_code: HashMap<String, usize>,
}

/// All items of the city, as the import reads them.
pub(crate) fn read(city: &City, offices: &Offices) -> anyhow::Result<Parsed> {
    let mut records = data::items()?;
    let shipped = records.clone();
    for wanted in &city.county_items {
        let original = shipped
            .iter()
            .find(|record| record.item.base_code == wanted.base_code)
            .with_context(|| format!("no item {} to copy", wanted.base_code))?;
        for county in city.within(&city.region, "county") {
            let key = format!("{}.{}", county.code, wanted.body);
            if key != original.org {
                records.push(copy(city, offices, &original.item, &key)?);
            }
        }
        if DELEGATED.contains(&wanted.base_code.as_str()) {
            for town in city.within(&city.region, "town") {
                let key = format!("{}.{TOWN}", town.code);
                records.push(copy(city, offices, &original.item, &key)?);
            }
        }
    }
    for record in &mut records {
        record.item.base_version = Some(1);
    }
    let mut known = import::Bodies::default();
    for desk in &offices.desks {
        known.add(&ImportBody {
            id: desk.id,
            key: &desk.body.key,
            name: &desk.body.name,
            short_name: &desk.body.short_name,
            uscc: &desk.body.uscc,
            region: &desk.body.region,
        });
    }
    let file: Vec<serde_json::Value> = records
        .iter()
        .map(|record| serde_json::json!({ "org": record.org, "item": record.item }))
        .collect();
    let parsed = import::read(&serde_json::to_vec(&file)?, &known)?;
    if let Some(error) = parsed.errors.first() {
        anyhow::bail!(
            "item {} of the city: {}: {}",
            error.row,
            error.field,
            error.message
        );
    }
    Ok(parsed)
}

/// The same item at another body: code, region, telephone and places are that body's, everything else stays.
fn copy(
    city: &City,
    offices: &Offices,
    original: &Item,
    key: &str,
) -> anyhow::Result<data::ItemOf> {
    let desk = offices
        .desk(key)
        .with_context(|| format!("no body {key}"))?;
    let body = &offices.desks[desk].body;
    let mut item = original.clone();
    let uscc = Uscc::parse(&body.uscc)?;
    let base = BaseCode::parse(&item.base_code)?;
    item.impl_code = ImplCode::compose(&uscc, body.level, &base)
        .with_context(|| format!("no code for {} at {key}", item.name))?
        .to_string();
    item.exercise_level = body.level;
    item.region_code.clone_from(&body.region);
    item.consult_phone.clone_from(&body.phone);
    item.places = places(city, body);
    if body.level != TOWN_LEVEL {
        local_words(&mut item, city.region_name(&body.region));
    }
    Ok(data::ItemOf {
        org: key.to_owned(),
        item,
    })
}

pub(crate) fn places(city: &City, body: &Body) -> Vec<Place> {
    let hall = city.hall_of(&body.region);
    hall.into_iter()
        .map(|hall| Place {
            hall: hall.name.clone(),
            address: hall.address.clone(),
            windows: windows_text(hall, &body.key),
            hours: hall.hours_text.clone(),
        })
        .collect()
}

/// 01—04号窗口: those that take in the body's matters.
fn windows_text(hall: &data::Hall, key: &str) -> String {
    let numbers: Vec<&str> = hall
        .windows
        .iter()
        .filter(|window| {
            window.kind == "integrated" && window.bodies.is_empty()
                || window.bodies.iter().any(|body| body == key)
        })
        .map(|window| window.number.as_str())
        .collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("{one}号窗口"),
        many => format!("{}号窗口", many.join("、")),
    }
}

/// Examples that name the district they were written for.
fn local_words(item: &mut Item, county: &str) {
    const WRITTEN_FOR: &str = "云川区";
    let put = |text: &mut String| {
        if text.contains(WRITTEN_FOR) {
            *text = text.replace(WRITTEN_FOR, county);
        }
    };
    for material in &mut item.materials {
        put(&mut material.accept_standard);
    }
    for answer in &mut item.faq {
        put(&mut answer.answer);
    }
    for field in item.form.pages.iter_mut().flat_map(|page| &mut page.fields) {
        put(&mut field.hint);
    }
}

impl Offers {
    /// What cases are filed for. `ids` are those the items were published under.
    pub(crate) fn new(
        city: &City,
        offices: &Offices,
        parsed: Parsed,
        ids: &[(ItemId, VersionId)],
        seed: u64,
    ) -> anyhow::Result<Offers> {
        let desk_of: HashMap<OrgId, usize> = offices
            .desks
            .iter()
            .enumerate()
            .map(|(place, desk)| (desk.id, place))
            .collect();
        let mut list = Vec::with_capacity(parsed.good.len());
        for (record, (item_id, version_id)) in parsed.good.into_iter().zip(ids) {
            let item = record.item;
            anyhow::ensure!(
                item.promised_limit.is_some() || item.statutory_limit.is_some(),
                "{} has no limit",
                item.name
            );
            let objects = &item.service_objects;
            list.push(Offer {
                desk: *desk_of.get(&record.org_id).context("a body of the city")?,
                org: record.org_id,
                item_id: *item_id,
                version_id: *version_id,
                person: objects.contains(&1),
                company: objects.contains(&2),
                social: objects.iter().any(|object| matches!(object, 3..=6)),
                item,
            });
        }
        let wheel = Wheel::new(weights(city, offices, &list, seed));
        let by_code = list
            .iter()
            .enumerate()
            .map(|(place, offer)| (offer.item.impl_code.clone(), place))
            .collect();
        Ok(Offers {
            list,
            wheel,
            by_code,
        })
    }

    pub(crate) fn draw(&self, dice: &mut Dice) -> usize {
        self.wheel.spin(dice)
    }

    /// The item of a body.
    pub(crate) fn of(
        &self,
        offices: &Offices,
        key: &str,
        base_code: &str,
    ) -> anyhow::Result<usize> {
        let desk = offices
            .desk(key)
            .with_context(|| format!("no body {key}"))?;
        let body = &offices.desks[desk].body;
        let code = format!("{}{}{base_code}", body.uscc, body.level);
        self.by_code
            .get(&code)
            .copied()
            .with_context(|| format!("no item {base_code} at {key}"))
    }
}

/// A few things are asked for all the time and most hardly ever (Zipf), shared out by population.
fn weights(city: &City, offices: &Offices, list: &[Offer], seed: u64) -> Vec<f64> {
    let mut dice = Dice::of(seed, Part::Year);
    let mut ranks: HashMap<&str, usize> = WANTED
        .iter()
        .enumerate()
        .map(|(rank, code)| (*code, rank))
        .collect();
    let mut rest: Vec<&str> = list
        .iter()
        .map(|offer| offer.item.base_code.as_str())
        .collect();
    rest.sort_unstable();
    rest.dedup();
    rest.retain(|code| !ranks.contains_key(code));
    while !rest.is_empty() {
        let next = rest.swap_remove(dice.index(rest.len()));
        ranks.insert(next, ranks.len());
    }
    list.iter()
        .map(|offer| {
            let rank = ranks
                .get(offer.item.base_code.as_str())
                .copied()
                .unwrap_or(0);
            let wanted = 1.0 / (rank as f64 + 2.0).powf(0.9);
            let body = &offices.desks[offer.desk].body;
            let delegated = DELEGATED.contains(&offer.item.base_code.as_str());
            let share = match body.level {
                // Two of three go to their street or town where it does the same.
                TOWN_LEVEL => {
                    let county = &body.region[..6];
                    let towns = city.within(county, "town").count().max(1);
                    county_share(county) * 0.65 / towns as f64
                }
                4 => county_share(&body.region) * if delegated { 0.35 } else { 1.0 },
                _ => 1.0,
            };
            wanted * share
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use base::IdSource;

    use super::{Offers, read};
    use crate::offices::Offices;

    #[test]
    fn six_hundred_items_pass_the_checks_and_stay_with_their_body() {
        let city = crate::data::city().expect("city");
        let names = crate::data::names().expect("names");
        let founded: jiff::Timestamp = "2024-11-01T01:00:00Z".parse().expect("an instant");
        let ids = IdSource::seeded(1);
        let offices = Offices::new(&city, &names, 1, &ids, founded).expect("offices");
        let parsed = read(&city, &offices).expect("items");
        assert!(parsed.good.len() >= 600, "{}", parsed.good.len());
        let keys = catalog::app::import::ids(&ids, founded, &parsed);
        let offers = Offers::new(&city, &offices, parsed, &keys, 1).expect("offers");
        let food = offers
            .of(&offices, "990104.market", "990121001001")
            .expect("copied");
        let offer = &offers.list[food];
        assert_eq!(offer.item.region_code, "990104");
        assert!(offer.item.impl_code.starts_with("11990104MB00402136"));
        assert!(offer.item.places[0].hall.contains("青石县"));
        let town = offers
            .of(&offices, "990102001.town", "990506001000")
            .expect("delegated");
        assert_eq!(offers.list[town].item.exercise_level, 5);
        // Whoever is asked has somebody to answer.
        for offer in &offers.list {
            assert!(!offices.desks[offer.desk].approvers.is_empty());
            assert!(
                offer.person || offer.company || offer.social,
                "{}",
                offer.item.name
            );
        }
    }
}
