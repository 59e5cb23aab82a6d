//! `lifecycle`: over HTTP, with signing in done once: a citizen applies, an approver accepts, decides and searches
//! their own queue, the citizen rates; so many clients at once, each without pause.
//!
//! The server is a process of its own and is killed at the end: every case and rating it acknowledged has to be
//! in the database nevertheless. Latencies are of whole lifecycles, and beside them of each step.

mod burst;
mod journey;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use base::ids::IdSource;

use crate::child::Server;
use crate::city::{Cast, City, Counts, Wanted};
use crate::report::{Line, Load, say, tenth};
use crate::visitor;
use journey::{Journey, Record, STEPS};

/// Before measuring: caches fill, forms are compiled, connections open.
const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    wanted: Wanted,
    /// Ten times the clients for five seconds in the middle: what is shed, and how long until all is normal again.
    #[arg(long)]
    burst: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    // One thread: the visitors leave as much of the machine as they can to the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    let load = &args.load;
    let city = City::open(&args.wanted, load.engine, load.database.as_deref()).await?;
    let cast = city.cast(load.clients).await?;
    let server = city.serve()?;
    let journeys = sign_in(&server, &cast, load.clients).await?;
    let (line, records) = if args.burst {
        burst::measure(args, &cast, journeys).await?
    } else {
        steady(args, &server, &cast, journeys).await?
    };
    server.kill()?;
    check(&city, cast.counts, &records).await?;
    city.remove().await?;
    if load.json {
        line.print()?;
    }
    Ok(())
}

/// Everybody signs in once, a few at a time: passwords are slow on purpose.
async fn sign_in(server: &Server, cast: &Cast, clients: usize) -> anyhow::Result<Vec<Journey>> {
    let keys = Arc::new(IdSource::system());
    let mut journeys = Vec::with_capacity(clients);
    for number in 0..clients {
        let citizen = &cast.citizens[number];
        let signed_in = tokio::try_join!(
            visitor::token(server.address, &citizen.login),
            visitor::token(server.address, &cast.approvers[number]),
        );
        journeys.push(Journey::new(
            server.address,
            &keys,
            signed_in?,
            &cast.items[number % cast.items.len()].application,
            &citizen.name,
        ));
    }
    Ok(journeys)
}

async fn steady(
    args: &Args,
    server: &Server,
    cast: &Cast,
    journeys: Vec<Journey>,
) -> anyhow::Result<(Line, Records)> {
    let load = &args.load;
    let length = Duration::from_secs(load.seconds.max(1));
    let (journeys, warm_up) = together(journeys, WARM_UP).await?;
    let before = server.usage()?;
    let started = Instant::now();
    let (_, record) = together(journeys, length).await?;
    let seconds = started.elapsed().as_secs_f64();
    let after = server.usage()?;
    let line = Line {
        bench: "lifecycle",
        engine: load.engine.name(),
        cases: cast.counts.cases,
        clients: load.clients,
        seconds: tenth(seconds),
        throughput: tenth(record.done as f64 / seconds),
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        errors: record.errors,
        floor: None,
        ratio: None,
    }
    .with_latencies(&record.whole);
    say(&format!(
        "{} on {}, {} cases there, {} clients for {seconds:.1} s: {:.0} lifecycles/s, {}, errors {}, shed {}",
        line.bench,
        line.engine,
        line.cases,
        line.clients,
        line.throughput,
        record.whole.in_words(),
        record.errors,
        record.shed
    ))?;
    for (name, latencies) in STEPS.iter().zip(&record.steps) {
        say(&format!("  {name:<7} {}", latencies.in_words()))?;
    }
    let cpu_s = after.cpu_s - before.cpu_s;
    say(&format!(
        "server: {:.2} cores busy, {:.2} ms of processor time a lifecycle, {:.0} MiB resident (at most {:.0})",
        cpu_s / seconds,
        cpu_s * 1000.0 / (record.done.max(1)) as f64,
        after.resident_mib,
        after.peak_mib
    ))?;
    Ok((line, Records(vec![warm_up, record])))
}

/// What was done in all phases, for the check at the end.
struct Records(Vec<Record>);

/// Lets everybody go at once for so long; each finishes what they have begun.
async fn together(
    journeys: Vec<Journey>,
    length: Duration,
) -> anyhow::Result<(Vec<Journey>, Record)> {
    let until = Instant::now() + length;
    let mut running = tokio::task::JoinSet::new();
    for mut journey in journeys {
        running.spawn(async move {
            let mut record = Record::new();
            while Instant::now() < until {
                journey.once(&mut record).await;
            }
            (journey, record)
        });
    }
    let (mut journeys, mut whole) = (Vec::new(), Record::new());
    while let Some(client) = running.join_next().await {
        let (journey, record) = client?;
        journeys.push(journey);
        whole.add(record);
    }
    Ok((journeys, whole))
}

/// Everything that was acknowledged is there, once.
async fn check(city: &City, before: Counts, records: &Records) -> anyhow::Result<()> {
    let after = city.counts().await?;
    let sum = |of: fn(&Record) -> u64| records.0.iter().map(of).sum::<u64>();
    let (created, rated) = (sum(|record| record.created), sum(|record| record.rated));
    let (errors, done) = (sum(|record| record.errors), sum(|record| record.done));
    let found = (after.cases - before.cases, after.ratings - before.ratings);
    if let Some(said) = records.0.iter().find_map(|record| record.said.as_deref()) {
        say(&format!("first error: {said}"))?;
    }
    // A command whose answer was lost may have been kept: then there is an error beside it.
    let lost = created > found.0 || rated > found.1;
    let twice = errors == 0 && (created, rated) != found;
    ensure!(
        !lost && !twice,
        "{created} cases and {rated} ratings were acknowledged; {} and {} are there",
        found.0,
        found.1
    );
    say(&format!(
        "the server was killed; all {created} cases and {rated} ratings it acknowledged are there ({done} lifecycles)"
    ))
}
