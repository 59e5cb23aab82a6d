//! What other departments know of the people and enterprises of the city, and the rules that decide on it.
//!
//! Registers are kept in the city's own database, so that the county without a network works; `--registers` asks the
//! program `registers` instead, which knows the same.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use base::IdSource;
use base::codes::CitizenId;
use base::ids::{AccountId, PartyId};
use casework::Actor;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use people::{AccountKind, NewAccount, NewParty, PartyKind};
use serde_json::{Map, Value, json};
use smart::model::Mode;
use smart::sources::local::{Codes, Entry, put};
use smart::{desk, shipped};
use web::App;

use crate::data::City;
use crate::dice::{Dice, Part};
use crate::forms::bank_card;
use crate::marker;
use crate::offices::Offices;
use crate::residents::{Enterprise, Resident, Town};

/// Login and name of somebody who turns 80 in the month the city's year ends.
pub(crate) const ELDER: (&str, &str) = ("elder1", "郑玉珍");

/// Residents and enterprises of one transaction.
const PIECE: usize = 1000;
const PART: &str = "registers";

/// Everybody the registers know.
pub(crate) struct Ground<'a> {
    pub(crate) seed: u64,
    pub(crate) offices: &'a Offices,
    pub(crate) town: &'a Arc<Town>,
    pub(crate) until: Timestamp,
}

/// The person to whom something is offered.
#[derive(Clone)]
pub(crate) struct Elder {
    party: PartyId,
    account: AccountId,
    number: String,
    born: Date,
    region: String,
    address: String,
}

impl Elder {
    pub(crate) fn new(
        city: &City,
        until: Timestamp,
        ids: &IdSource,
        founded: Timestamp,
    ) -> anyhow::Result<Elder> {
        let today = calendar::civil_date(until);
        let born = Date::new(today.year() - 80, today.month(), 1)?;
        let number = CitizenId::compose(990_102, born, 886)
            .context("an identity number")?
            .as_str()
            .to_owned();
        let home = city
            .within("990102", "village")
            .next()
            .context("a community")?;
        Ok(Elder {
            party: ids.next(founded),
            account: ids.next(founded),
            number,
            born,
            region: home.code.clone(),
            address: format!("云川市云川区{}滨江大道6号1栋1单元101室", home.name),
        })
    }

    fn entries(&self, observed_at: Timestamp) -> Vec<Entry> {
        let mut dice = Dice::of(886, Part::Register(0));
        vec![
            entry(
                "police",
                &self.number,
                json!({ "name": ELDER.1, "born": self.born.to_string(), "alive": true,
                        "household_region": self.region, "address": self.address, "id_valid": true }),
                observed_at,
                Some(self.born),
            ),
            entry(
                "civil",
                &self.number,
                json!({ "benefits": [], "low_income": false }),
                observed_at,
                None,
            ),
            entry(
                "insurance",
                &self.number,
                json!({ "employed": false, "pension": "领取待遇", "card_account": bank_card(&mut dice),
                        "card_bank": "云川农商银行" }),
                observed_at,
                None,
            ),
        ]
    }
}

fn entry(
    source: &str,
    number: &str,
    fields: Value,
    observed_at: Timestamp,
    born: Option<Date>,
) -> Entry {
    let fields: Map<String, Value> = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    Entry {
        source: source.to_owned(),
        number: number.to_owned(),
        fields,
        observed_at,
        born,
    }
}

/// What the registers know of a resident.
fn of_resident(seed: u64, place: usize, resident: &Resident, until: Timestamp) -> Vec<Entry> {
    let mut dice = Dice::of(seed, Part::Register(place as u64));
    let today = calendar::civil_date(until);
    let number = resident.id_number.as_str();
    let age = smart::facts::whole_years(resident.born, today).unwrap_or_default();
    // The accounts people try things with have nothing against them.
    let ordinary = place >= crate::residents::WELL_KNOWN.len();
    let alive = !(ordinary && dice.chance(6));
    let id_valid = !(ordinary && dice.chance(20));
    let benefits: Vec<&str> = if age >= 80 && dice.chance(700) {
        vec!["高龄津贴"]
    } else {
        Vec::new()
    };
    let employed = dice.chance(500);
    let pension = match (age >= 60, employed) {
        (true, _) => "领取待遇",
        (false, true) => "职工参保",
        (false, false) => "未参保",
    };
    let certs: Vec<String> = if !ordinary || dice.chance(450) {
        vec![format!(
            "云（{}）云川区不动产权第{:07}号",
            2009 + dice.between(0, 12),
            place + 1
        )]
    } else {
        Vec::new()
    };
    let mut entries = vec![
        entry(
            "police",
            number,
            json!({ "name": resident.name, "born": resident.born.to_string(), "alive": alive,
                    "household_region": resident.region, "address": resident.address, "id_valid": id_valid }),
            until,
            Some(resident.born),
        ),
        entry(
            "civil",
            number,
            json!({ "benefits": benefits, "low_income": ordinary && dice.chance(60) }),
            until,
            None,
        ),
        entry(
            "market",
            number,
            json!({ "status": "", "banned": ordinary && dice.chance(8), "serious_violation": false,
                    "open_penalty": false }),
            until,
            None,
        ),
        entry(
            "realty",
            number,
            json!({ "certs": certs, "restricted": ordinary && dice.chance(30), "disputed": false }),
            until,
            None,
        ),
        entry(
            "insurance",
            number,
            json!({ "employed": employed, "pension": pension, "card_account": bank_card(&mut dice),
                    "card_bank": "云川农商银行" }),
            until,
            None,
        ),
    ];
    if ordinary && dice.chance(70) {
        let expires = today.saturating_add(dice.between(-100, 3000).days());
        entries.push(entry(
            "disability",
            number,
            json!({ "valid": expires >= today, "level": dice.between(1, 4), "expires": expires.to_string() }),
            until,
            None,
        ));
    }
    entries
}

/// What the market register knows of an enterprise.
fn of_enterprise(seed: u64, place: usize, enterprise: &Enterprise, until: Timestamp) -> Entry {
    let mut dice = Dice::of(seed, Part::Register((1 << 40) | place as u64));
    let today = calendar::civil_date(until);
    let expires = today.saturating_add(dice.between(40, 1500).days());
    let county: String = enterprise.region.chars().take(6).collect();
    entry(
        "market",
        &enterprise.code,
        json!({ "status": "存续", "banned": false, "serious_violation": place > 0 && dice.chance(10),
                "open_penalty": place > 0 && dice.chance(20),
                "food_permit_no": format!("JY2{county}{:07}", place + 1),
                "food_permit_expires": expires.to_string(), "food_permit_status": "有效" }),
        until,
        None,
    )
}

/// Fills the registers, installs the rules and lets them decide.
pub(crate) async fn write(
    app: &App,
    ground: &Ground<'_>,
    elder: Elder,
    password_hash: &str,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    let all = ground.town.residents.len() + ground.town.enterprises.len();
    let mut done = app
        .db
        .read(|tx| marker::progress(tx, PART))
        .await
        .context("reading how far the registers are")? as usize;
    let codes = Codes::new(&app.people);
    while done < all {
        let upto = (done + PIECE).min(all);
        let (people, codes, town) = (app.people.clone(), codes.clone(), Arc::clone(ground.town));
        let (seed, until) = (ground.seed, ground.until);
        app.db
            .write(move |tx| -> Result<(), store::Error> {
                let residents = town.residents.len();
                for place in done..upto {
                    if let Some(resident) = town.residents.get(place) {
                        for entry in of_resident(seed, place, resident, until) {
                            put(tx, &people, &codes, &entry)?;
                        }
                    } else {
                        let at = place - residents;
                        let entry = of_enterprise(seed, at, &town.enterprises[at], until);
                        put(tx, &people, &codes, &entry)?;
                    }
                }
                marker::advance(tx, PART, upto as u64)
            })
            .await
            .context("writing the registers")?;
        done = upto;
    }
    let who = |login: &str| {
        ground
            .offices
            .by_login(login)
            .map(|member| member.actor.clone())
            .context("the city has editors, reviewers and an administrator")
    };
    let (editor, reviewer, admin) = (who("editor1")?, who("reviewer1")?, who("admin")?);
    let (handle, until, hash) = (app.clone(), ground.until, password_hash.to_owned());
    app.db
        .write(move |tx| -> Result<(), smart::Error> {
            const RULES: &str = "registers_rules";
            if marker::progress(tx, RULES)? > 0 {
                return Ok(());
            }
            register(tx, &handle, &codes, &elder, &hash, until)?;
            let actors = (&editor, &reviewer, &admin);
            shipped::install(tx, &handle, actors, "", until)?;
            let why = "演示城市：规则已在其他地方影子运行过";
            shipped::begin_with(tx, &handle, &admin, Mode::Auto, why, until)?;
            Ok(marker::advance(tx, RULES, 1)?)
        })
        .await
        .context("installing the rules")?;
    say(&format!(
        "登记数据 {} 个对象、规则集 {} 个",
        all + 1,
        shipped::rules().len()
    ));
    Ok(())
}

/// Registers the person who turns 80, with an account.
fn register(
    tx: &mut store::Tx<'_>,
    app: &App,
    codes: &Codes,
    elder: &Elder,
    password_hash: &str,
    until: Timestamp,
) -> Result<(), smart::Error> {
    app.people.register_party(
        tx,
        &NewParty {
            kind: PartyKind::Person,
            name: ELDER.1.to_owned(),
            id_number: elder.number.clone(),
            phone: Some("19909899999".to_owned()),
            address: Some(elder.address.clone()),
            region: elder.region.clone(),
            legal_representative: None,
        },
        elder.party,
        until,
    )?;
    app.people.create_account(
        tx,
        &NewAccount {
            login: ELDER.0.to_owned(),
            password_hash: password_hash.to_owned(),
            kind: AccountKind::Person { party: elder.party },
            must_change: false,
        },
        elder.account,
        until,
    )?;
    for entry in elder.entries(until) {
        put(tx, &app.people, codes, &entry)?;
    }
    Ok(())
}

/// Writes what the registers know, one record a line.
pub(crate) fn export(
    seed: u64,
    town: &Town,
    elder: &Elder,
    until: Timestamp,
    file: &Path,
) -> anyhow::Result<()> {
    let file =
        std::fs::File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = std::io::BufWriter::new(file);
    let residents = town
        .residents
        .iter()
        .enumerate()
        .flat_map(|(place, resident)| of_resident(seed, place, resident, until));
    let enterprises = town
        .enterprises
        .iter()
        .enumerate()
        .map(|(place, enterprise)| of_enterprise(seed, place, enterprise, until));
    for entry in elder
        .entries(until)
        .into_iter()
        .chain(residents)
        .chain(enterprises)
    {
        let line = json!({ "register": entry.source, "subject": entry.number, "fields": entry.fields,
                           "observed_at": entry.observed_at });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}

/// Lets every source be asked at an address.
pub(crate) async fn ask(app: &App, url: &str) -> anyhow::Result<()> {
    let (handle, url, now) = (app.clone(), url.to_owned(), app.now());
    app.db
        .write(move |tx| -> Result<(), smart::Error> {
            for source in smart::store::sources(tx)? {
                let source = smart::model::Source {
                    url: url.clone(),
                    ..source
                };
                let id = handle.ids.next_uuid(now);
                let why = "演示：改为调用登记模拟程序";
                desk::change_source(tx, &Actor::System, (id, now), &source, why)?;
            }
            Ok(())
        })
        .await
        .context("pointing the sources at the program")
}
