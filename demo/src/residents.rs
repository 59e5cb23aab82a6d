//! Who asks: the people and enterprises of the city. Nobody here exists: identity numbers and credit codes begin with
//! region 99, which GB/T 2260 never uses.

use std::collections::HashSet;

use base::IdSource;
use base::codes::CitizenId;
use base::ids::{AccountId, PartyId};
use casework::Actor;
use casework::actor;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use people::{
    AccountKind, NewAccount, NewParty, PartyKind, People, Proxy, ProxyGround, ProxyHow, ProxyItems,
    ProxyScope,
};
use store::Tx;
use uuid::Uuid;

use crate::bodies::credit_code;
use crate::data::{City, Names};
use crate::dice::{Dice, Part, Wheel};

/// A person who lives in the city.
pub(crate) struct Resident {
    pub(crate) party: PartyId,
    pub(crate) account: AccountId,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) id_number: String,
    pub(crate) phone: String,
    pub(crate) address: String,
    /// The beginning of the address, from the province down to the community.
    pub(crate) place: String,
    pub(crate) region: String,
    pub(crate) born: Date,
}

/// What sort of body asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    Company,
    /// 社会组织: served where an item names 社会组织法人 or other organisations only.
    Social,
}

/// A company or a social organisation.
pub(crate) struct Enterprise {
    pub(crate) party: PartyId,
    pub(crate) proxy: Uuid,
    pub(crate) sort: Sort,
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) phone: String,
    pub(crate) address: String,
    /// The beginning of the address, from the province down to the community.
    pub(crate) place: String,
    pub(crate) region: String,
    /// 法定代表人: a place in [`Town::residents`].
    pub(crate) head: u32,
}

/// Everybody who asks.
pub(crate) struct Town {
    pub(crate) residents: Vec<Resident>,
    pub(crate) enterprises: Vec<Enterprise>,
}

/// Residents with an account that is easy to remember, the first ones of every city.
pub(crate) const WELL_KNOWN: [(&str, &str, bool); 3] = [
    ("citizen1", "林晓梅", true),
    ("citizen2", "周建国", false),
    ("citizen3", "陈思远", false),
];

/// The company `citizen2` heads: the first enterprise of every city.
pub(crate) const WELL_KNOWN_COMPANY: &str = "云川区江畔人家餐饮有限公司";

/// Parties of a city with so many cases.
pub(crate) fn parties(cases: u64) -> (usize, usize) {
    const FEW: u64 = 60;
    const MANY: u64 = 150_000;
    let all = (cases / 3).clamp(FEW, MANY) as usize;
    (all * 7 / 10, all - all * 7 / 10)
}

/// Shares of the counties in the population.
pub(crate) fn county_share(code: &str) -> f64 {
    match code {
        "990102" => 0.32,
        "990105" => 0.24,
        "990103" => 0.20,
        "990104" => 0.13,
        _ => 0.11,
    }
}

impl Town {
    /// The same people for the same seed, number of cases and founding.
    pub(crate) fn new(
        city: &City,
        names: &Names,
        seed: u64,
        cases: u64,
        ids: &IdSource,
        founded: Timestamp,
    ) -> anyhow::Result<Town> {
        let (people, bodies) = parties(cases);
        let places = Places::new(city)?;
        let mut town = Town {
            residents: Vec::with_capacity(people),
            enterprises: Vec::with_capacity(bodies),
        };
        let mut dice = Dice::of(seed, Part::Residents);
        let mut known = HashSet::with_capacity(people);
        for number in 0..people {
            town.residents.push(resident(
                number, names, &places, &mut dice, &mut known, ids, founded,
            )?);
        }
        let mut dice = Dice::of(seed, Part::Enterprises);
        for number in 0..bodies {
            let enterprise = town.enterprise(number, &places, &mut dice, ids, founded)?;
            town.enterprises.push(enterprise);
        }
        Ok(town)
    }

    fn enterprise(
        &self,
        number: usize,
        places: &Places,
        dice: &mut Dice,
        ids: &IdSource,
        founded: Timestamp,
    ) -> anyhow::Result<Enterprise> {
        let sort = if number > 0 && dice.chance(90) {
            Sort::Social
        } else {
            Sort::Company
        };
        let head = if number == 0 {
            1
        } else {
            let after = WELL_KNOWN.len();
            (after + dice.index(self.residents.len() - after)) as u32
        };
        let home = if number == 0 { 0 } else { places.draw(dice) };
        let county = &places.0[home].county;
        let county_name = &places.0[home].county_name;
        let (name, category) = match sort {
            Sort::Company if number == 0 => (WELL_KNOWN_COMPANY.to_owned(), "91"),
            Sort::Company => {
                let form = dice.pick(&["有限公司", "有限公司", "有限公司", "有限责任公司"]);
                let name = format!("{county_name}{}{}{form}", brand(dice), dice.pick(TRADES));
                (name, "91")
            }
            Sort::Social => {
                let name = format!("{county_name}{}{}", brand(dice), dice.pick(CAUSES));
                (name, "52")
            }
        };
        Ok(Enterprise {
            party: ids.next(founded),
            proxy: ids.next_uuid(founded),
            sort,
            name,
            // 7 digits of a running number after one letter: room for ten million.
            code: credit_code(category, county, "M", number)?,
            phone: self.residents[head as usize].phone.clone(),
            address: places.address(home, dice, false),
            place: places.0[home].whole.clone(),
            region: places.0[home].code.clone(),
            head,
        })
    }

    /// Registers residents of a range with their accounts.
    pub(crate) fn write_residents(
        tx: &mut Tx<'_>,
        people: &People,
        residents: &[Resident],
        password_hash: &str,
        founded: Timestamp,
    ) -> Result<(), people::Error> {
        for resident in residents {
            people.register_party(
                tx,
                &NewParty {
                    kind: PartyKind::Person,
                    name: resident.name.clone(),
                    id_number: resident.id_number.clone(),
                    phone: Some(resident.phone.clone()),
                    address: Some(resident.address.clone()),
                    region: resident.region.clone(),
                    legal_representative: None,
                },
                resident.party,
                founded,
            )?;
            people.create_account(
                tx,
                &NewAccount {
                    login: resident.login.clone(),
                    password_hash: password_hash.to_owned(),
                    kind: AccountKind::Person {
                        party: resident.party,
                    },
                    must_change: false,
                },
                resident.account,
                founded,
            )?;
        }
        Ok(())
    }

    /// Registers enterprises; each is represented by its head.
    pub(crate) fn write_enterprises(
        tx: &mut Tx<'_>,
        people: &People,
        enterprises: &[(NewParty, Proxy)],
        founded: Timestamp,
    ) -> Result<(), people::Error> {
        for (party, proxy) in enterprises {
            people.register_party(tx, party, proxy.principal, founded)?;
            people.authorise(tx, proxy)?;
        }
        Ok(())
    }

    /// What is registered of an enterprise.
    pub(crate) fn registration(
        &self,
        enterprise: &Enterprise,
        founded: Timestamp,
    ) -> (NewParty, Proxy) {
        let head = &self.residents[enterprise.head as usize];
        let party = NewParty {
            kind: PartyKind::Legal,
            name: enterprise.name.clone(),
            id_number: enterprise.code.clone(),
            phone: Some(enterprise.phone.clone()),
            address: Some(enterprise.address.clone()),
            region: enterprise.region.clone(),
            legal_representative: Some(head.name.clone()),
        };
        let proxy = Proxy {
            id: enterprise.proxy,
            principal: enterprise.party,
            agent: head.party,
            scope: ProxyScope {
                items: ProxyItems::All,
            },
            how: ProxyHow {
                ground: ProxyGround::Representative,
                recorded_by: head.name.clone(),
                ..ProxyHow::default()
            },
            from: calendar::civil_date(founded),
            to: None,
            created_at: founded,
            revoked_at: None,
        };
        (party, proxy)
    }

    pub(crate) fn applicant(&self, who: Who) -> Applicant<'_> {
        match who {
            Who::Resident(place) => {
                let resident = &self.residents[place as usize];
                Applicant {
                    party: resident.party,
                    name: &resident.name,
                    person: resident,
                    enterprise: None,
                    employer: &self.enterprises[place as usize % self.enterprises.len()].code,
                }
            }
            Who::Enterprise(place) => {
                let enterprise = &self.enterprises[place as usize];
                Applicant {
                    party: enterprise.party,
                    name: &enterprise.name,
                    person: &self.residents[enterprise.head as usize],
                    enterprise: Some(enterprise),
                    employer: &enterprise.code,
                }
            }
        }
    }
}

/// Who asks, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Resident(u32),
    Enterprise(u32),
}

/// Who asks, with everything about them.
pub(crate) struct Applicant<'a> {
    pub(crate) party: PartyId,
    pub(crate) name: &'a str,
    /// The applicant, or the head of the enterprise.
    pub(crate) person: &'a Resident,
    pub(crate) enterprise: Option<&'a Enterprise>,
    /// Credit code of where they work.
    pub(crate) employer: &'a str,
}

impl Applicant<'_> {
    /// Signed in, acting for themselves or their enterprise.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Person(actor::Person {
            account: self.person.account,
            party: self.person.party,
            name: self.person.name.clone(),
            acting_for: self.enterprise.map(|enterprise| enterprise.party),
            acting_for_name: self.enterprise.map(|enterprise| enterprise.name.clone()),
            lapsed: None,
        })
    }
}

fn resident(
    number: usize,
    names: &Names,
    places: &Places,
    dice: &mut Dice,
    known: &mut HashSet<String>,
    ids: &IdSource,
    founded: Timestamp,
) -> anyhow::Result<Resident> {
    let well_known = WELL_KNOWN.get(number);
    let (name, female) = match well_known {
        Some((_, name, female)) => ((*name).to_owned(), *female),
        None => person_name(dice, names),
    };
    let home = if well_known.is_some() {
        number % places.0.len().min(WELL_KNOWN.len())
    } else {
        places.draw(dice)
    };
    let (id_number, born) = loop {
        // Most are of working age; every tenth is old enough for an old age allowance.
        let age = if well_known.is_none() && dice.chance(100) {
            dice.between(65, 96)
        } else {
            dice.between(19, 64)
        };
        let born = calendar::civil_date(founded)
            .checked_sub(i32::try_from(age * 365 + dice.between(0, 364))?.days())?;
        let sequence = dice.between(1, 499) * 2 - i64::from(!female);
        let county: u32 = places.0[home].county.parse()?;
        let id = CitizenId::compose(county, born, u16::try_from(sequence)?)
            .ok_or_else(|| anyhow::anyhow!("no identity number for {born}"))?;
        if known.insert(id.as_str().to_owned()) {
            break (id.as_str().to_owned(), born);
        }
    };
    let phone = format!("{}", 19_909_900_000_u64 + number as u64);
    Ok(Resident {
        party: ids.next(founded),
        account: ids.next(founded),
        login: well_known.map_or_else(|| phone.clone(), |(login, ..)| (*login).to_owned()),
        name,
        id_number,
        phone,
        address: places.address(home, dice, true),
        place: places.0[home].whole.clone(),
        region: places.0[home].code.clone(),
        born,
    })
}

/// A name, and whether it is a woman's.
pub(crate) fn person_name(dice: &mut Dice, names: &Names) -> (String, bool) {
    let total: f64 = names.surnames.iter().map(|(_, weight)| weight).sum();
    let mut at = dice.unit() * total;
    let surname = names
        .surnames
        .iter()
        .find(|(_, weight)| {
            at -= weight;
            at < 0.0
        })
        .or(names.surnames.first())
        .map_or("王", |(name, _)| name.as_str());
    let female = dice.chance(500);
    let list = if female { &names.female } else { &names.male };
    let given = dice.pick(list);
    (format!("{surname}{given}"), female)
}

/// Communities and villages people live in.
struct Places(Vec<Home>, Wheel);

struct Home {
    code: String,
    county: String,
    county_name: String,
    /// 云川市云川区滨江街道钟楼社区.
    name: String,
    /// The same with the province in front.
    whole: String,
}

impl Places {
    fn new(city: &City) -> anyhow::Result<Places> {
        let city_name = city.region_name(&city.region);
        let province = city.region_name(&format!("{}0000", &city.region[..2]));
        let mut homes = Vec::new();
        let mut weights = Vec::new();
        for county in city.within(&city.region, "county") {
            let share = county_share(&county.code);
            let count = city.within(&county.code, "village").count();
            for village in city.within(&county.code, "village") {
                let town = city.region_name(&village.code[..9]);
                weights.push(share / count as f64);
                let name = format!("{city_name}{}{town}{}", county.name, village.name);
                homes.push(Home {
                    code: village.code.clone(),
                    county: county.code.clone(),
                    county_name: county.name.clone(),
                    whole: format!("{province}{name}"),
                    name,
                });
            }
        }
        anyhow::ensure!(
            homes.len() >= WELL_KNOWN.len(),
            "city.json has no communities"
        );
        Ok(Places(homes, Wheel::new(weights)))
    }

    fn draw(&self, dice: &mut Dice) -> usize {
        self.1.spin(dice)
    }

    fn address(&self, home: usize, dice: &mut Dice, lives: bool) -> String {
        let place = &self.0[home].name;
        if place.ends_with('村') {
            return format!("{place}{}组{}号", dice.between(1, 9), dice.between(1, 80));
        }
        let road = dice.pick(ROADS);
        let number = dice.between(1, 260);
        if lives {
            format!(
                "{place}{road}{number}号{}栋{}单元{}室",
                dice.between(1, 24),
                dice.between(1, 4),
                dice.between(1, 28) * 100 + dice.between(1, 4)
            )
        } else {
            format!("{place}{road}{number}号")
        }
    }
}

/// 字号: two signs.
fn brand(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(BRAND_FIRST), dice.pick(BRAND_SECOND))
}

const ROADS: &[&str] = &[
    "人民路",
    "滨江路",
    "解放路",
    "建设路",
    "和平路",
    "文化路",
    "学府路",
    "东湖路",
    "迎宾大道",
    "新华街",
    "青年路",
    "朝阳街",
    "北塔路",
    "南门街",
    "云岭大道",
];
const BRAND_FIRST: &[&str] = &[
    "云", "江", "锦", "瑞", "恒", "鑫", "安", "泰", "嘉", "华", "宏", "盛", "悦", "卓", "佳", "福",
    "海", "天",
];
const BRAND_SECOND: &[&str] = &[
    "畔", "禾", "源", "达", "通", "丰", "和", "成", "宇", "远", "泽", "康", "茂", "明", "顺", "翔",
    "润", "诚",
];
const TRADES: &[&str] = &[
    "餐饮管理",
    "商贸",
    "食品",
    "建筑工程",
    "物业服务",
    "运输",
    "文化传媒",
    "信息技术",
    "医疗器械",
    "教育咨询",
    "劳务派遣",
    "汽车维修",
    "农业发展",
    "酒店管理",
    "超市连锁",
    "环保科技",
    "装饰工程",
    "药房",
];
const CAUSES: &[&str] = &[
    "社会工作服务中心",
    "养老服务中心",
    "职业培训学校",
    "幼儿园",
    "志愿者协会",
    "行业协会",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::IdSource;
    use base::codes::{CitizenId, Uscc};

    use super::{Town, parties};

    #[test]
    fn everybody_is_made_up_and_somebody_else() {
        let city = crate::data::city().expect("city");
        let names = crate::data::names().expect("names");
        let founded: jiff::Timestamp = "2024-11-01T01:00:00Z".parse().expect("an instant");
        let make =
            || Town::new(&city, &names, 3, 3000, &IdSource::seeded(3), founded).expect("town");
        let town = make();
        let (people, bodies) = parties(3000);
        assert_eq!(
            (town.residents.len(), town.enterprises.len()),
            (people, bodies)
        );
        let mut numbers = BTreeSet::new();
        for resident in &town.residents {
            let id = CitizenId::parse(&resident.id_number, jiff::civil::date(2026, 1, 1))
                .expect("a number");
            assert!(id.region().starts_with("99"));
            assert!(numbers.insert(&resident.id_number) && numbers.insert(&resident.phone));
            assert!(resident.phone.starts_with("1990990") || resident.phone.starts_with("19909"));
        }
        for enterprise in &town.enterprises {
            let code = Uscc::parse(&enterprise.code).expect("a code");
            assert!(code.region().starts_with("99") && code.inner_check_holds());
            assert!(numbers.insert(&enterprise.code));
        }
        assert_eq!(town.residents[50].id_number, make().residents[50].id_number);
        assert_eq!(town.enterprises[0].head, 1);
    }
}
