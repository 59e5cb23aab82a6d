#![doc = include_str!("../README.md")]

// Who there is.
mod bodies;
mod data;
mod dice;
mod items;
mod offices;
mod residents;
// What can be applied for.
mod base_list;
mod catalogue;
mod claims;
mod desk;
mod directory;
mod planted;
mod registers;
// What happens when.
mod after;
mod agents;
mod automatic;
mod checks;
mod counter;
mod course;
mod days;
mod folk;
mod given;
mod office;
mod routes;
mod special;
mod year;
// What it says.
mod draft;
mod forms;
mod letters;
mod papers;
mod story;
mod wholes;
mod words;
// How it is kept.
mod marker;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use approval::Approval;
use base::IdSource;
use casework::Role;
use catalog::Catalog;
use intake::Intake;
use jiff::{Timestamp, ToSpan as _};
use people::password::{self, Holder};
use web::App;

use crate::catalogue::Plan as Catalogue;
use crate::days::DAYS;
use crate::dice::mix;
use crate::folk::Folk;
use crate::items::Offers;
use crate::marker::Marker;
use crate::office::{Office, instant};
use crate::offices::Offices;
use crate::residents::Town;
use crate::story::Teller;
use crate::year::Scene;

pub use planted::{Difference, Kind as DifferenceKind};

/// The password of every account of the city.
pub const PASSWORD: &str = "Yunling-2026";

/// Which city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The same seed makes the same city.
    pub seed: u64,
    /// Cases of the past year.
    pub cases: u64,
}

/// The platform the city is put into.
pub struct Parts {
    pub app: App,
    pub catalog: Catalog,
    pub approval: Approval,
}

/// A city that is ready.
#[derive(Clone, Debug)]
pub struct City {
    pub plan: Plan,
    /// The instant the year of cases ends.
    pub until: Timestamp,
    /// Accounts to sign in with, citizens first.
    pub accounts: Vec<Account>,
}

/// An account to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub login: String,
    pub password: String,
    pub role_label: String,
    pub name: String,
    /// Body of a member of staff, company of its head; empty for other citizens.
    pub org_name: String,
}

impl City {
    /// The accounts as a table for a terminal.
    pub fn accounts_text(&self) -> String {
        let rows = std::iter::once(["账号", "角色", "姓名", "单位"].map(str::to_owned)).chain(
            self.accounts.iter().map(|account| {
                [
                    account.login.clone(),
                    account.role_label.clone(),
                    account.name.clone(),
                    account.org_name.clone(),
                ]
            }),
        );
        let mut text = format!("演示账号，密码都是 {PASSWORD}\n");
        for row in rows {
            let mut line = String::from(" ");
            for (cell, width) in row.iter().zip([13, 10, 14, 0]) {
                line.push(' ');
                line.push_str(cell);
                for _ in columns(cell)..width {
                    line.push(' ');
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.pop();
        text
    }
}

/// Columns a terminal needs: Chinese signs take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Cases beside those of the year: what followed some decisions, what went beside the straight road, what is on a route,
/// what windows took in, what rules looked at.
pub const FOLLOWING: u64 =
    after::CASES + special::CASES + checks::CASES + ROUTED + counter::CASES + automatic::CASES;

/// Of these, the cases that are on a route.
pub const ROUTED: u64 = routes::CASES;

/// What was put into the catalogue of a city on purpose, for its checks to find.
///
/// # Errors
/// If a shipped file is not what it should be.
pub fn differences(seed: u64) -> anyhow::Result<Vec<Difference>> {
    let data = data::city()?;
    let ids = IdSource::seeded(mix(seed ^ mix(1)));
    let offices = Offices::new(&data, &data::names()?, seed, &ids, Timestamp::UNIX_EPOCH)?;
    let parsed = items::read(&data, &offices)?;
    Ok(Catalogue::new(&data, &offices, &parsed, seed)?.differences)
}

/// Bundles, a basket and construction projects on their way, filed by the well-known citizens; once.
///
/// # Errors
/// If storage fails, or a rule says no.
pub async fn wholes(joint: &joint::Joint, city: &City) -> anyhow::Result<()> {
    if joint
        .has_any()
        .await
        .map_err(|problem| anyhow::anyhow!(problem.detail))?
    {
        return Ok(());
    }
    let seed = city.plan.seed;
    let data = data::city()?;
    let founded = city.until.checked_sub((DAYS * 24 + 60 * 24).hours())?;
    let source = |part: u64| IdSource::seeded(mix(seed ^ mix(part)));
    let town = Town::new(&data, &data::names()?, seed, 0, &source(2), founded)?;
    wholes::write(joint, &town, seed, source(8), city.until).await
}

/// Makes the city, or completes the one that is there.
///
/// The year ends at the last full hour before [`App::now`]; a city that was made before keeps its end. Says what it
/// does, a line at a time.
///
/// # Errors
/// If the database holds another city or anything else, or storage fails. A build that was stopped goes on at the next
/// call.
pub async fn build(
    parts: &Parts,
    plan: &Plan,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<City> {
    let app = &parts.app;
    let marker = settle(app, plan).await?;
    let until = instant(marker.end);
    let founded = until.checked_sub((DAYS * 24 + 60 * 24).hours())?;
    let data = Arc::new(data::city()?);
    let names = data::names()?;
    let source = |part: u64| IdSource::seeded(mix(plan.seed ^ mix(part)));
    let offices = Arc::new(Offices::new(&data, &names, plan.seed, &source(1), founded)?);
    if marker.done {
        let town = Town::new(&data, &names, plan.seed, 0, &source(2), founded)?;
        return Ok(city(*plan, until, &offices, &town));
    }

    say(&format!(
        "正在建立演示城市（种子 {}，办件 {}）",
        plan.seed, plan.cases
    ));
    let password_hash = hash(app).await?;
    write_offices(app, &data, &offices, &password_hash, founded).await?;
    say(&format!(
        "机构 {} 个、大厅 {} 个、工作人员 {} 名",
        offices.desks.len(),
        data.halls.len(),
        offices.staff.len()
    ));

    let parsed = items::read(&data, &offices)?;
    let keys = catalog::app::import::ids(&source(3), founded, &parsed);
    let catalogue = Arc::new(Catalogue::new(&data, &offices, &parsed, plan.seed)?);
    let calendar = app.calendar();
    let ids = catalogue::Keys::new(keys.clone(), &catalogue, &source(6), founded);
    let times = catalogue::Times { founded, until };
    catalogue::publish(
        &app.db,
        &data.region,
        &offices,
        &parsed,
        &catalogue,
        &Arc::new(ids),
        source(7),
        &calendar,
        times,
    )
    .await?;
    parts.catalog.refresh().await?;
    say(&format!(
        "基本目录 {} 项、事项 {} 个",
        catalogue.shipped.len() + catalogue.bases.len(),
        parsed.good.len() + catalogue.claims.len()
    ));
    let offers = Offers::new(&data, &offices, parsed, &keys, plan.seed)?;

    let town = Town::new(&data, &names, plan.seed, plan.cases, &source(2), founded)?;
    let town = Arc::new(town);
    write::people(&app.db, &app.people, &town, &password_hash, founded).await?;
    say(&format!(
        "办事人 {} 名、企业和社会组织 {} 家",
        town.residents.len(),
        town.enterprises.len()
    ));

    let papers = papers::keep(&app.objects).await?;
    let office = Office::new(
        &calendar,
        calendar::civil_date(founded),
        calendar::civil_date(until).checked_add(120.days())?,
    )?;
    let year = Scene {
        seed: plan.seed,
        offices: &offices,
        folk: &Folk::new(&town),
        offers: &offers,
        office: &office,
        calendar: &calendar,
        end: marker.end,
    }
    .year(plan.cases, &source(4))?;
    let year = Arc::new(year);

    let mut teller = Arc::new(Teller {
        seed: plan.seed,
        end: marker.end,
        calendar: (*calendar).clone(),
        offices,
        town,
        offers,
        papers,
        patterns: letters::Patterns::new(),
        licenses: HashMap::new(),
        intake: Intake::new(parts.approval.clone(), intake::Config::default()),
    });
    let patterns = write::letters(&app.db, &teller, &year).await?;
    let licenses = write::certificates(&app.db, &app.people, &teller, &year).await?;
    say(&format!("电子证照 {} 份", licenses.len()));
    // A database thread lets go of what it was given a moment after it has answered.
    while Arc::strong_count(&teller) > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let told = Arc::get_mut(&mut teller).context("nobody else holds the teller")?;
    told.patterns = patterns;
    told.licenses = licenses.into_iter().collect();

    write::cases(&app.db, &app.people, &teller, &year, say).await?;
    write::counts(&app.db, &teller, &year).await?;
    registers::write(
        app,
        &registers::Ground {
            seed: plan.seed,
            offices: &teller.offices,
            town: &teller.town,
            until,
        },
        registers::Elder::new(&data, until, &source(8), founded)?,
        &password_hash,
        say,
    )
    .await?;
    after::add(parts, &teller, &source(9), until).await?;
    special::add(parts, &teller, &source(21), &password_hash, until).await?;
    checks::add(parts, &teller, &source(23), &password_hash, until).await?;
    // What was decided before went the straight road; from here on these items have a route.
    let published = routes::publish(parts, &teller, source(18), until).await?;
    say(&format!("办理流程 {published} 条"));
    given::add(parts, &teller, source(22), until).await?;
    let matter = teller.offers.list.first().context("an item on offer")?;
    agents::add(app, &teller.town, matter.item_id, &source(11), until).await?;
    counter::add(parts, &teller, &source(31), until).await?;
    automatic::add(parts, &teller, source(33), until).await?;
    let draft = draft::new(&teller, &source(5), until)?;
    finish(app, draft).await?;
    say(&format!("办件 {} 件，已全部写入", year.cases.len()));
    parts.catalog.refresh().await?;
    Ok(city(*plan, until, &teller.offices, &teller.town))
}

/// Lets the city ask its registers over HTTP at `url` instead of its own database, and writes what they know to `file`
/// for the program `registers`.
///
/// # Errors
/// If the file cannot be written, or storage fails.
pub async fn ask_registers(
    parts: &Parts,
    city: &City,
    url: &str,
    file: &std::path::Path,
) -> anyhow::Result<()> {
    let plan = &city.plan;
    let founded = city.until.checked_sub((DAYS * 24 + 60 * 24).hours())?;
    let (data, names) = (data::city()?, data::names()?);
    let ids = |part: u64| IdSource::seeded(mix(plan.seed ^ mix(part)));
    let town = Town::new(&data, &names, plan.seed, plan.cases, &ids(2), founded)?;
    let elder = registers::Elder::new(&data, city.until, &ids(8), founded)?;
    registers::export(plan.seed, &town, &elder, city.until, file)?;
    registers::ask(&parts.app, url).await
}

/// Finds out which city is in the database, and begins one where there is nothing.
async fn settle(app: &App, plan: &Plan) -> anyhow::Result<Marker> {
    let hour = 60 * 60 * 1000;
    let wanted = Marker {
        seed: plan.seed,
        cases: plan.cases,
        end: app.now().as_millisecond() / hour * hour,
        recipe: marker::RECIPE,
        done: false,
    };
    let found: Result<(Option<Marker>, bool), people::Error> = app
        .db
        .read(|tx| {
            let marker = marker::read(tx)?;
            let orgs = people::orgs::list(tx, &people::orgs::OrgFilter::default(), None, 1)?;
            Ok((marker, !orgs.is_empty()))
        })
        .await;
    match found.context("looking for a city in the database")? {
        (Some(known), _) => {
            anyhow::ensure!(
                known.seed == plan.seed && known.cases == plan.cases,
                "这个数据目录里是另一座演示城市（种子 {}，办件 {}），与要求的（种子 {}，办件 {}）不同。\
                 请换一个数据目录（--data），或者用原来的 --seed 和 --cases",
                known.seed,
                known.cases,
                plan.seed,
                plan.cases
            );
            anyhow::ensure!(
                known.done || known.recipe == marker::RECIPE,
                "这个数据目录里的演示城市是另一个版本建到一半的，请换一个空的数据目录重建"
            );
            Ok(known)
        }
        (None, true) => anyhow::bail!(
            "这个数据目录里已经有机构等数据，不是演示城市。演示城市只能建在空的数据目录里，请用 --data 指定另一个"
        ),
        (None, false) => {
            let written: Result<(), store::Error> =
                app.db.write(move |tx| marker::begin(tx, &wanted)).await;
            written.context("beginning a city")?;
            Ok(wanted)
        }
    }
}

/// One hash for every account: hashing each would take longer than everything else.
async fn hash(app: &App) -> anyhow::Result<String> {
    for (login, holder) in [("citizen1", Holder::Citizen), ("approver1", Holder::Staff)] {
        password::check(PASSWORD, login, holder).context("the demo password")?;
    }
    let people = app.people.clone();
    let hashing = tokio::task::spawn_blocking(move || password::hash(PASSWORD, people.entropy()));
    hashing.await.context("hashing the demo password")
}

async fn write_offices(
    app: &App,
    data: &Arc<data::City>,
    offices: &Arc<Offices>,
    password_hash: &str,
    founded: Timestamp,
) -> anyhow::Result<()> {
    const PART: &str = "offices";
    let (data, offices) = (Arc::clone(data), Arc::clone(offices));
    let (people, hash) = (app.people.clone(), password_hash.to_owned());
    let written: Result<(), people::Error> = app
        .db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(());
            }
            offices.write(tx, &people, &data, &hash, founded)?;
            Ok(marker::advance(tx, PART, 1)?)
        })
        .await;
    written.context("writing bodies, halls and staff")
}

async fn finish(app: &App, draft: intake::draft::Draft) -> anyhow::Result<()> {
    let people = app.people.clone();
    let written: Result<(), store::Error> = app
        .db
        .write(move |tx| {
            intake::store::insert_draft(tx, &people, &draft)?;
            marker::finish(tx)
        })
        .await;
    written.context("finishing the city")
}

fn city(plan: Plan, until: Timestamp, offices: &Offices, town: &Town) -> City {
    let mut accounts = Vec::new();
    for (place, (login, name, _)) in residents::WELL_KNOWN.iter().enumerate() {
        let company = town
            .enterprises
            .iter()
            .take(1)
            .find(|enterprise| enterprise.head as usize == place);
        accounts.push(Account {
            login: (*login).to_owned(),
            password: PASSWORD.to_owned(),
            role_label: "办事人".to_owned(),
            name: (*name).to_owned(),
            org_name: company.map_or_else(String::new, |company| company.name.clone()),
        });
    }
    for login in offices::well_known_logins() {
        if let Some(member) = offices.by_login(login) {
            accounts.push(Account {
                login: login.to_owned(),
                password: PASSWORD.to_owned(),
                role_label: role_label(member.role),
                name: member.name.clone(),
                org_name: offices.desks[member.desk].body.name.clone(),
            });
        }
    }
    let market = offices
        .desks
        .iter()
        .find(|desk| desk.body.key == special::BODY);
    for ((login, name), role) in [
        (special::HEAD, Role::AgencyHead),
        (checks::INSPECTOR, Role::Inspector),
    ] {
        accounts.push(Account {
            login: login.to_owned(),
            password: PASSWORD.to_owned(),
            role_label: role_label(role),
            name: name.to_owned(),
            org_name: market.map_or_else(String::new, |desk| desk.body.name.clone()),
        });
    }
    accounts.push(Account {
        login: registers::ELDER.0.to_owned(),
        password: PASSWORD.to_owned(),
        role_label: "办事人".to_owned(),
        name: registers::ELDER.1.to_owned(),
        org_name: String::new(),
    });
    City {
        plan,
        until,
        accounts,
    }
}

fn role_label(role: Role) -> String {
    role.label().to_owned()
}
