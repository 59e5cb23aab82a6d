//! `store`: cases submitted and advanced through the storage crate by many clients, against a floor program that
//! writes the same rows with the bare driver, in rounds that take turns on the same disk.
//!
//! Throughput and floor are submissions a second; each is followed by one advance, so transactions are twice that.
//! Latencies are of single transactions of both kinds, from the call to the durable answer.

mod floor;
mod rows;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ::store::feed::Entry;
use ::store::{Db, Error, MIGRATIONS, Options, Tx, params};
use anyhow::{Context as _, ensure};
use base::crypto::Digest;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::report::{Engine, Latencies, Line, Load, median, say, tenth};
use rows::{
    ACCEPTED, Case, END_TASK, ITEM, MATERIALS, MOVE_CASE, PUT_CASE, PUT_ITEM, PUT_MATERIAL,
    PUT_TASK, PUT_TRAIL, READ_ITEM, READ_TASK, READ_TRAIL, SUBMITTED, TABLES, chained,
};

/// Rounds in which the two sides take turns.
const ROUNDS: u32 = 5;

/// Before measuring, on each side.
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    load: Load,
    /// Connections on each side (PostgreSQL).
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Measure the storage crate alone.
    #[arg(long)]
    no_floor: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    let load = &args.load;
    let place = Place::make(load).await?;
    let outcome = rounds(args, &place).await;
    place.remove().await?;
    let (line, latencies, notes) = outcome?;
    for note in notes {
        say(&note)?;
    }
    let line = line.with_latencies(&latencies);
    let ms = |quantile: Option<f64>| quantile.map_or("-".to_owned(), |ms| format!("{ms:.2}"));
    say(&format!(
        "{} on {}: {:.0} submissions/s (each with an advance), p50 {} ms, p95 {} ms, p99 {} ms, errors {}",
        line.bench,
        line.engine,
        line.throughput,
        ms(line.p50_ms),
        ms(line.p95_ms),
        ms(line.p99_ms),
        line.errors
    ))?;
    if let (Some(floor), Some(ratio)) = (line.floor, line.ratio) {
        say(&format!(
            "floor: {floor:.0} submissions/s, ratio {ratio:.3}"
        ))?;
    }
    if load.json {
        line.print()?;
    }
    Ok(())
}

async fn rounds(args: &Args, place: &Place) -> anyhow::Result<(Line, Latencies, Vec<String>)> {
    let load = &args.load;
    let length = Duration::from_secs(load.seconds.max(1)) / ROUNDS;
    let mut options = Options::parse(&place.store)?;
    options.connections = args.connections;
    let db = prepare(options).await?;
    // The same tables for the floor; its own program does the rest.
    prepare(Options::parse(&place.floor)?).await?.close().await;
    let mut floor = Floor::open(load.engine, place, args).await?;

    let next = Arc::new(AtomicU64::new(0));
    let mut latencies = Latencies::new();
    let mut notes = Vec::new();
    let mut acknowledged = clients(&db, load.clients, WARM_UP, &next)
        .await?
        .acknowledged;
    if !args.no_floor {
        floor.round(WARM_UP, batch(&db, (0, 0))).await?;
    }
    let (mut ours, mut floors, mut errors) = (Vec::new(), Vec::new(), 0);
    for number in 1..=ROUNDS {
        let before = carried(&db);
        let round = clients(&db, load.clients, length, &next).await?;
        latencies.add(&round.latencies);
        errors += round.errors;
        acknowledged = [0, 1].map(|step| acknowledged[step] + round.acknowledged[step]);
        ours.push(round.throughput);
        let carried = batch(&db, before);
        let mut note = format!(
            "round {number}: {:.0} submissions/s, {carried} transactions a commit",
            round.throughput
        );
        if !args.no_floor {
            let throughput = floor.round(length, carried).await?;
            floors.push(throughput);
            write!(note, "; floor {throughput:.0}")?;
        }
        notes.push(note);
    }
    check(&db, acknowledged).await?;
    db.close().await;
    let throughput = median(&ours);
    let floor = (!floors.is_empty()).then(|| median(&floors));
    let line = Line {
        bench: "store",
        engine: load.engine.name(),
        cases: 0,
        clients: load.clients,
        seconds: (length * ROUNDS).as_secs_f64(),
        throughput: tenth(throughput),
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        errors,
        floor: floor.map(tenth),
        ratio: floor.map(|floor| (throughput / floor * 1000.0).round() / 1000.0),
    };
    Ok((line, latencies, notes))
}

async fn prepare(options: Options) -> anyhow::Result<Db> {
    let db = Db::open(options).await?;
    db.migrate(MIGRATIONS).await?;
    db.migrate(&[TABLES]).await?;
    db.write(|tx| tx.exec(PUT_ITEM, &params![&ITEM])).await?;
    Ok(db)
}

/// Transactions and commits so far.
fn carried(db: &Db) -> (u64, u64) {
    let metrics = db.metrics();
    (metrics.transactions, metrics.commits)
}

/// Transactions a commit carried since.
fn batch(db: &Db, before: (u64, u64)) -> usize {
    let (transactions, commits) = carried(db);
    let commits = (commits - before.1).max(1) as f64;
    ((transactions - before.0) as f64 / commits)
        .round()
        .max(1.0) as usize
}

struct Round {
    /// Submissions a second.
    throughput: f64,
    /// Submissions and advances that were answered with success.
    acknowledged: [u64; 2],
    errors: u64,
    latencies: Latencies,
}

/// Clients that submit and advance one case after another.
async fn clients(
    db: &Db,
    clients: usize,
    length: Duration,
    next: &Arc<AtomicU64>,
) -> anyhow::Result<Round> {
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (db, next) = (db.clone(), Arc::clone(next));
        running.spawn(async move {
            let mut latencies = Latencies::new();
            let (mut acknowledged, mut errors) = ([0_u64; 2], 0_u64);
            while started.elapsed() < length {
                let case = Case::new(next.fetch_add(1, Ordering::Relaxed));
                for (at, step) in [submit, advance].into_iter().enumerate() {
                    let began = Instant::now();
                    if db.write(move |tx| step(tx, case)).await.is_err() {
                        errors += 1;
                        break;
                    }
                    latencies.record(began.elapsed());
                    acknowledged[at] += 1;
                }
            }
            (acknowledged, errors, latencies)
        });
    }
    let (mut acknowledged, mut errors, mut latencies) = ([0; 2], 0, Latencies::new());
    while let Some(client) = running.join_next().await {
        let (done, failed, took) = client?;
        acknowledged = [0, 1].map(|step| acknowledged[step] + done[step]);
        errors += failed;
        latencies.add(&took);
    }
    Ok(Round {
        throughput: acknowledged[0] as f64 / started.elapsed().as_secs_f64(),
        acknowledged,
        errors,
        latencies,
    })
}

fn submit(tx: &mut Tx<'_>, case: Case) -> Result<(), Error> {
    let (id, at) = (case.id(), case.at_ms());
    let item = tx.query_one(READ_ITEM, &params![&ITEM])?;
    let (version, days): (i64, i64) = (item.get(0)?, item.get(1)?);
    let due = case.due_at(days);
    tx.queue(
        PUT_CASE,
        params![
            &id,
            case.label(),
            &ITEM,
            version,
            "approval",
            "submitted",
            "990102",
            &case.org(),
            &case.applicant_id(),
            &case.applicant(),
            "食品经营许可（新办）",
            "window",
            case.form(),
            at,
            due,
            days,
            0,
            1,
            None::<i64>,
            at
        ],
    )?;
    for position in 0..MATERIALS {
        tx.queue(
            PUT_MATERIAL,
            params![&id, position, "营业执照", &case.material(position)],
        )?;
    }
    tx.queue(PUT_TASK, params![&id, 1, &case.org(), "受理", due])?;
    let before: Digest = [0; 32];
    record(tx, &id, 1, at, &case.applicant_id(), SUBMITTED, &before)
}

fn advance(tx: &mut Tx<'_>, case: Case) -> Result<(), Error> {
    let (id, at) = (case.id(), case.at_ms() + 1);
    if tx.exec(MOVE_CASE, &params![&id, 1, "accepted", at])? == 0 {
        return Err(Error::Stale);
    }
    let trail = tx.query_one(READ_TRAIL, &params![&id])?;
    let (seq, before): (i64, Digest) = (trail.get(0)?, trail.get(1)?);
    let task = tx.query_one(READ_TASK, &params![&id])?;
    let (task, org): (i64, [u8; 16]) = (task.get(0)?, task.get(1)?);
    tx.queue(END_TASK, params![&id, task, at])?;
    tx.queue(PUT_TASK, params![&id, task + 1, &org, "审批", at])?;
    record(tx, &id, seq + 1, at, &org, ACCEPTED, &before)
}

fn record(
    tx: &mut Tx<'_>,
    id: &[u8; 16],
    seq: i64,
    at: i64,
    actor: &[u8; 16],
    (kind, body): (&str, &str),
    before: &Digest,
) -> Result<(), Error> {
    let hash = chained(before, id, seq, kind, body);
    tx.queue(
        PUT_TRAIL,
        params![id, seq, at, actor, kind, body, before, &hash],
    )?;
    tx.feed(Entry {
        kind: kind.to_owned(),
        subject: Uuid::from_bytes(*id),
        seq,
        at_ms: at,
        hash,
    })
}

/// Everything that was acknowledged is there, advanced once, and the feed has no gap.
async fn check(db: &Db, [submits, advances]: [u64; 2]) -> anyhow::Result<()> {
    let head = db.sequence_now().await?;
    let row = db
        .read(|tx| {
            tx.query_one(
                "SELECT (SELECT COUNT(*) FROM bench_cases),
                        (SELECT COUNT(*) FROM bench_cases WHERE version = 2),
                        (SELECT COUNT(*) FROM bench_trail AS later
                           JOIN bench_trail AS earlier
                             ON earlier.case_id = later.case_id AND earlier.seq = 1 AND earlier.hash = later.before
                          WHERE later.seq = 2),
                        (SELECT COUNT(*) FROM feed)",
                &[],
            )
        })
        .await
        .map_err(|error: Error| error)?;
    let (cases, moved, chained, fed): (u64, u64, u64, u64) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    ensure!(
        (cases, moved, chained) == (submits, advances, advances),
        "{submits} submitted, {advances} advanced; found {cases}, {moved}, {chained} chained"
    );
    ensure!(
        fed == submits + advances && i64::try_from(fed)? == head,
        "{fed} entries, head {head}"
    );
    Ok(())
}

/// The two databases, both on the same disk or server.
struct Place {
    store: String,
    floor: String,
    folder: Option<TempDir>,
    server: Option<(String, [String; 2])>,
}

impl Place {
    async fn make(load: &Load) -> anyhow::Result<Place> {
        match load.engine {
            Engine::Sqlite => {
                let folder = TempDir::new()?;
                let address = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
                Ok(Place {
                    store: address("store.db"),
                    floor: address("floor.db"),
                    folder: Some(folder),
                    server: None,
                })
            }
            Engine::Postgres => {
                let server = load
                    .database
                    .clone()
                    .context("--database names a PostgreSQL server")?;
                let (address, _) = server.rsplit_once('/').context("postgres://…/database")?;
                let names =
                    ["store", "floor"].map(|name| format!("bench_{name}_{}", std::process::id()));
                for name in &names {
                    execute(&server, &format!("CREATE DATABASE {name}")).await?;
                }
                Ok(Place {
                    store: format!("{address}/{}", names[0]),
                    floor: format!("{address}/{}", names[1]),
                    folder: None,
                    server: Some((server.clone(), names)),
                })
            }
        }
    }

    async fn remove(self) -> anyhow::Result<()> {
        if let Some(folder) = self.folder {
            folder.close()?;
        }
        if let Some((server, names)) = self.server {
            for name in names {
                execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            }
        }
        Ok(())
    }
}

async fn execute(server: &str, sql: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    drop(tokio::spawn(connection));
    client.batch_execute(sql).await?;
    Ok(())
}

enum Floor {
    Sqlite(Box<floor::Sqlite>),
    Postgres(floor::Postgres),
}

impl Floor {
    async fn open(engine: Engine, place: &Place, args: &Args) -> anyhow::Result<Floor> {
        match engine {
            Engine::Sqlite => {
                let path = place.floor.strip_prefix("sqlite:").context("a file")?;
                Ok(Floor::Sqlite(Box::new(floor::Sqlite::open(
                    Path::new(path),
                    args.load.clients,
                )?)))
            }
            Engine::Postgres => Ok(Floor::Postgres(
                floor::Postgres::open(&place.floor, args.connections).await?,
            )),
        }
    }

    async fn round(&mut self, length: Duration, batch: usize) -> anyhow::Result<f64> {
        match self {
            Floor::Sqlite(floor) => tokio::task::block_in_place(|| floor.round(length, batch)),
            Floor::Postgres(floor) => floor.round(length).await,
        }
    }
}
