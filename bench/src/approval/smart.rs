//! 高龄津贴 from submission to certificate over HTTP at 64 clients, and finding who turns 80 among a million.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ::smart::sources::local::{Codes, Entry, put};
use ::smart::{offers, shipped};
use ::store::{Db, Options};
use anyhow::{Context as _, ensure};
use base::codes::CitizenId;
use base::crypto::Entropy;
use catalog::Catalog;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use people::{Keys, People};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::city::{City, Wanted};
use crate::http::{Client, Request};
use crate::report::{Engine, Latencies};
use crate::visitor;

const CLIENTS: usize = 64;
/// Old people for whom their families apply, each once.
const ELDERS: usize = 64_000;
const NAME: &str = "王桂兰";
const CARD: &str = "6217009900000000014";
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(10);
/// 高龄津贴申领.
const ITEM: &str = "990506001000";
/// Unoptimised sealing of a million records takes too long to wait for.
const RESIDENTS: usize = if cfg!(debug_assertions) {
    20_000
} else {
    1_000_000
};

/// Both measures of one run.
#[derive(Clone, Copy)]
struct Auto {
    p95_ms: f64,
    per_s: f64,
}

pub(super) fn p95_ms() -> anyhow::Result<f64> {
    Ok(auto()?.p95_ms)
}

pub(super) fn per_s() -> anyhow::Result<f64> {
    Ok(auto()?.per_s)
}

fn auto() -> anyhow::Result<Auto> {
    static RUN: OnceLock<Auto> = OnceLock::new();
    if let Some(known) = RUN.get() {
        return Ok(*known);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(measure())?;
    Ok(*RUN.get_or_init(|| found))
}

async fn measure() -> anyhow::Result<Auto> {
    let wanted = Wanted {
        cases: 0,
        data: None,
    };
    let city = City::open(&wanted, Engine::Sqlite, None).await?;
    let cast = city.cast(CLIENTS).await?;
    let item = fill(&city.config()).await?;
    let server = city.serve()?;
    let run = visitor::label();
    let mut waiting = Vec::new();
    for (number, citizen) in cast.citizens.iter().enumerate() {
        let token = visitor::token(server.address, &citizen.login).await?;
        waiting.push((number, token));
    }
    let mut all = JoinSet::new();
    let began = Instant::now();
    for (number, token) in waiting {
        let (address, item, run) = (server.address, item.clone(), run.clone());
        all.spawn(async move {
            let mut client = Client::new(address);
            let mut latencies = Latencies::new();
            let (mut filed, mut counted) = (0_u64, 0_u64);
            while began.elapsed() < WARM_UP + MEASURED {
                let elder = number + CLIENTS * usize::try_from(filed)?;
                ensure!(elder < ELDERS, "everybody has been applied for");
                let body = application(&item, elder)?.to_string();
                let key = format!("Idempotency-Key: {run}-{number}-{filed}");
                let sent = Instant::now();
                let answer = client
                    .send(Request {
                        method: "POST",
                        target: "/api/v1/cases",
                        headers: &[&token, &key],
                        body: Some(("application/json", body.as_bytes())),
                    })
                    .await?;
                let took = sent.elapsed();
                ensure!(
                    answer.status == 201,
                    "{}: {}",
                    answer.status,
                    client.excerpt()
                );
                let case: Value = serde_json::from_slice(client.body())?;
                ensure!(case["state"] == "done", "a person was asked: {case}");
                filed += 1;
                if sent.duration_since(began) >= WARM_UP {
                    latencies.record(took);
                    counted += 1;
                }
            }
            anyhow::Ok((latencies, filed, counted))
        });
    }
    let mut latencies = Latencies::new();
    let (mut filed, mut counted) = (0, 0);
    while let Some(done) = all.join_next().await {
        let (theirs, all, measured) = done??;
        latencies.add(&theirs);
        filed += all;
        counted += measured;
    }
    let seconds = began.elapsed().saturating_sub(WARM_UP).as_secs_f64();
    server.kill()?;
    // Everything acknowledged is there although the server was killed.
    let counts = city.counts().await?;
    ensure!(
        counts.cases - cast.counts.cases == filed,
        "{} of {filed} cases are there",
        counts.cases - cast.counts.cases
    );
    city.remove().await?;
    Ok(Auto {
        p95_ms: latencies
            .quantile_ms(0.95)
            .context("nothing was measured")?,
        per_s: counted as f64 / seconds,
    })
}

fn elder(number: usize) -> anyhow::Result<(String, Date)> {
    let born =
        date(1936, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(number / 400)?))?;
    let sequence = u16::try_from(500 + number % 400)?;
    let id = CitizenId::compose(990_102, born, sequence).context("seventeen digits")?;
    Ok((id.as_str().to_owned(), born))
}

fn application(item: &str, number: usize) -> anyhow::Result<Value> {
    let (id, _) = elder(number)?;
    Ok(json!({
        "item_id": item,
        "answers": {
            "for_whom": "family",
            "elder_name": NAME,
            "elder_id": id,
            "address": "云川区滨江街道滨江大道12号",
            "bank_name": "云川农商银行",
            "bank_card": CARD,
        },
        "delivery": "electronic",
    }))
}

/// Puts the old people into the registers; the id of the item of their district.
async fn fill(config: &server::Config) -> anyhow::Result<String> {
    let ground = server::platform::ground(config, Arc::new(server::SystemClock), true).await?;
    let people = People::new(ground.keys, ground.entropy);
    let (codes, now) = (Codes::new(&people), ground.clock.now());
    let catalog = Catalog::open(ground.db.clone()).await?;
    let snapshot = catalog.snapshot();
    let brief = snapshot
        .items()
        .iter()
        .find(|brief| brief.base_code == ITEM && brief.region == "990102")
        .context("the city has the item")?;
    let item = brief.item_id.to_string();
    ground
        .db
        .write(move |tx| -> Result<(), ::store::Error> {
            for number in 0..ELDERS {
                let Ok((id, born)) = elder(number) else {
                    continue;
                };
                let police = json!({ "name": NAME, "born": born.to_string(), "alive": true,
                                     "household_region": "990102001", "address": "滨江街道", "id_valid": true });
                let civil = json!({ "benefits": [], "low_income": false });
                let insurance = json!({ "employed": false, "pension": "领取待遇", "card_account": CARD, "card_bank": "云川农商银行" });
                for (source, fields) in [("police", police), ("civil", civil), ("insurance", insurance)] {
                    put(tx, &people, &codes, &entry(source, &id, fields, now, None))?;
                }
            }
            Ok(())
        })
        .await?;
    ground.db.close().await;
    Ok(item)
}

fn entry(source: &str, id: &str, fields: Value, at: Timestamp, born: Option<Date>) -> Entry {
    Entry {
        source: source.to_owned(),
        number: id.to_owned(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        },
        observed_at: at,
        born,
    }
}

/// Seconds to find who turns 80 this month.
pub(super) fn turning_80_s() -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Runtime::new()?;
    let home = tempfile::tempdir()?;
    runtime.block_on(async {
        let url = format!("sqlite:{}", home.path().join("registers.db").display());
        let db = Db::open(Options::parse(&url)?).await?;
        for migrations in [::store::MIGRATIONS, ::smart::MIGRATIONS] {
            db.migrate(migrations).await?;
        }
        let people = People::new(Keys::from_material(b"for measuring"), Entropy::seeded(1));
        let codes = Codes::new(&people);
        let today = date(2026, 5, 21);
        residents(&db, &people, &codes).await?;
        let what = shipped::proactive()
            .first()
            .context("something is offered")?;
        let expected = db
            .read({
                let (people, codes) = (people.clone(), codes.clone());
                move |tx| offers::find(tx, &people, &codes, what, today)
            })
            .await?
            .len();
        ensure!(expected > 0, "nobody turns 80");
        let began = Instant::now();
        let found = db
            .read(move |tx| offers::find(tx, &people, &codes, what, today))
            .await?;
        let seconds = began.elapsed().as_secs_f64();
        ensure!(found.len() == expected, "{} of {expected}", found.len());
        db.close().await;
        Ok(seconds)
    })
}

/// Births spread evenly over a hundred years.
async fn residents(db: &Db, people: &People, codes: &Codes) -> anyhow::Result<()> {
    const PIECE: usize = 10_000;
    const DAYS: usize = 36_500;
    let at: Timestamp = "2026-05-21T00:00:00Z".parse()?;
    for first in (0..RESIDENTS).step_by(PIECE) {
        let (people, codes) = (people.clone(), codes.clone());
        db.write(move |tx| -> Result<(), ::store::Error> {
            for number in first..(first + PIECE).min(RESIDENTS) {
                let days = i32::try_from(number % DAYS).unwrap_or_default();
                let born = date(1926, 6, 1).saturating_add(days.days());
                let sequence = u16::try_from(number / DAYS).unwrap_or_default() + 1;
                let Some(id) = CitizenId::compose(990_102, born, sequence) else {
                    continue;
                };
                let fields = json!({ "name": NAME, "born": born.to_string(), "alive": number % 9 > 0,
                                     "household_region": "990102001", "address": "滨江街道" });
                put(
                    tx,
                    &people,
                    &codes,
                    &entry("police", id.as_str(), fields, at, Some(born)),
                )?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
