//! Who comes for what: people ask where they live, and companies of a trade ask for what that trade needs.

use std::collections::HashMap;

use crate::bodies::TOWN_LEVEL;
use crate::dice::Dice;
use crate::items::Offer;
use crate::offices::Desk;
use crate::residents::{Sort, Town, WELL_KNOWN, Who};

/// Residents and enterprises by where they are. Demo accounts and their company are left out: they file only what is
/// told for them.
pub(crate) struct Folk<'a> {
    town: &'a Town,
    /// Residents by county, and by street or town.
    residents: HashMap<&'a str, Vec<u32>>,
    enterprises: HashMap<(&'a str, Sort), Vec<u32>>,
}

/// Tries before somebody of another trade will do.
const TRIES: usize = 12;
/// Digits of a county and of a street or town.
const COUNTY: usize = 6;
const STREET: usize = 9;
/// Everywhere.
const ALL: &str = "";

impl<'a> Folk<'a> {
    pub(crate) fn new(town: &'a Town) -> Folk<'a> {
        let mut residents: HashMap<&str, Vec<u32>> = HashMap::new();
        for (place, resident) in town.residents.iter().enumerate().skip(WELL_KNOWN.len()) {
            let region = resident.region.as_str();
            for area in [ALL, &region[..COUNTY], &region[..STREET]] {
                residents.entry(area).or_default().push(place as u32);
            }
        }
        let mut enterprises: HashMap<(&str, Sort), Vec<u32>> = HashMap::new();
        for (place, enterprise) in town.enterprises.iter().enumerate().skip(1) {
            for area in [ALL, &enterprise.region[..COUNTY]] {
                let listed = enterprises.entry((area, enterprise.sort)).or_default();
                listed.push(place as u32);
            }
        }
        Folk {
            town,
            residents,
            enterprises,
        }
    }

    /// Somebody the item serves, mostly from where its body is.
    pub(crate) fn draw(&self, offer: &Offer, desk: &Desk, dice: &mut Dice) -> Who {
        let region = desk.body.region.as_str();
        let local = desk.body.level > 3 && dice.chance(920);
        let county = if local { &region[..COUNTY] } else { ALL };
        let body = (offer.company || offer.social) && !(offer.person && dice.chance(500));
        if body || !offer.person {
            let sorts: &[Sort] = match (offer.company, offer.social) {
                (true, true) => &[Sort::Company, Sort::Company, Sort::Company, Sort::Social],
                (true, false) => &[Sort::Company],
                _ => &[Sort::Social],
            };
            let sort = *dice.pick(sorts);
            let found = [county, ALL]
                .into_iter()
                .find_map(|area| self.enterprise(area, sort, &desk.body.function, dice));
            // A very small city may have nobody of that sort; then its first company stands in.
            if found.is_some() || !offer.person {
                return Who::Enterprise(found.unwrap_or(0));
            }
        }
        let street = if local && desk.body.level == TOWN_LEVEL {
            region
        } else {
            county
        };
        let found = [street, county, ALL]
            .into_iter()
            .filter_map(|area| self.residents.get(area))
            .find(|listed| !listed.is_empty())
            .map(|listed| *dice.pick(listed));
        Who::Resident(found.unwrap_or(0))
    }

    fn enterprise(&self, area: &str, sort: Sort, function: &str, dice: &mut Dice) -> Option<u32> {
        let listed = self.enterprises.get(&(area, sort))?;
        let trades = trades(function);
        let mut chosen = *dice.pick(listed);
        for _ in 0..TRIES {
            let name = &self.town.enterprises[chosen as usize].name;
            if trades.is_empty() || trades.iter().any(|trade| name.contains(trade)) {
                break;
            }
            chosen = *dice.pick(listed);
        }
        Some(chosen)
    }
}

/// Trades that come to bodies of a function; none where every trade does.
fn trades(function: &str) -> &'static [&'static str] {
    match function {
        "market" => &["餐饮", "食品", "超市", "商贸", "药房", "酒店"],
        "health" => &["酒店", "医疗", "药房", "餐饮", "养老", "幼儿园"],
        "transport" => &["运输", "汽车"],
        "construction" | "land" | "city_management" => &["建筑", "装饰", "物业", "传媒"],
        "environment" | "water" => &["环保", "建筑", "食品"],
        "agriculture" => &["农业", "食品"],
        "culture" | "press" => &["文化", "酒店", "信息"],
        "education" => &["教育", "学校", "幼儿园"],
        "labour" => &["劳务", "信息", "建筑", "餐饮", "学校"],
        "civil" => &["养老", "社会工作", "协会", "志愿"],
        _ => &[],
    }
}
