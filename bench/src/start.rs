//! `start`: from the start of the process to the first page that answers 200, and the memory it holds after a
//! thousand requests.
//!
//! Milliseconds in the JSON line are of the first page over some starts; throughput is of the thousand requests.

use std::time::Instant;

use anyhow::ensure;
use serde::Serialize;

use crate::city::{City, Wanted};
use crate::http::{Client, Request};
use crate::pages::{GZIP, Kind, Targets};
use crate::report::{Latencies, Line, Load, say, tenth};

/// How often it is started.
const STARTS: usize = 5;
/// Requests after which memory is looked at.
const REQUESTS: usize = 1000;
/// Visitors with an account of their own.
const VISITORS: usize = 8;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    wanted: Wanted,
}

/// The line before the last: what has no place in the common one.
#[derive(Debug, Serialize)]
struct Memory {
    bench: &'static str,
    cases: u64,
    first_200_ms: f64,
    resident_mib_at_start: f64,
    requests: usize,
    resident_mib: f64,
    peak_mib: f64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    let load = &args.load;
    let city = City::open(&args.wanted, load.engine, load.database.as_deref()).await?;
    let cast = city.cast(VISITORS).await?;
    let mut starts = Latencies::new();
    let mut slowest = 0.0_f64;
    for _ in 1..STARTS {
        let (server, took) = first_page(&city).await?;
        server.kill()?;
        starts.record(took);
        slowest = slowest.max(took.as_secs_f64());
    }
    let (server, took) = first_page(&city).await?;
    starts.record(took);
    slowest = slowest.max(took.as_secs_f64());
    let fresh = server.usage()?;

    let targets = Targets::find(server.address, &cast, VISITORS).await?;
    let mut kinds = Kind::ALL.to_vec();
    kinds.retain(|kind| targets.has(*kind));
    let mut clients: Vec<Client> = (0..VISITORS).map(|_| Client::new(server.address)).collect();
    let (mut errors, began) = (0, Instant::now());
    for number in 0..REQUESTS {
        let (visitor, turn) = (number % VISITORS, number / VISITORS);
        let kind = kinds[turn % kinds.len()];
        let status = targets
            .ask(&mut clients[visitor], kind, visitor, turn)
            .await?;
        errors += u64::from(status != 200);
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = server.usage()?;
    server.kill()?;
    city.remove().await?;

    say(&format!(
        "start on {}, {} cases there: first page after {} (slowest {:.0} ms) in {STARTS} starts; resident {:.0} MiB \
         then, {:.0} MiB after {REQUESTS} requests (at most {:.0}), errors {errors}",
        load.engine.name(),
        cast.counts.cases,
        starts.in_words(),
        slowest * 1000.0,
        fresh.resident_mib,
        used.resident_mib,
        used.peak_mib
    ))?;
    if load.json {
        say(&serde_json::to_string(&Memory {
            bench: "start.memory",
            cases: cast.counts.cases,
            first_200_ms: tenth(slowest * 1000.0),
            resident_mib_at_start: tenth(fresh.resident_mib),
            requests: REQUESTS,
            resident_mib: tenth(used.resident_mib),
            peak_mib: tenth(used.peak_mib),
        })?)?;
        let line = Line {
            bench: "start",
            engine: load.engine.name(),
            cases: cast.counts.cases,
            clients: 1,
            seconds: tenth(seconds),
            throughput: tenth(REQUESTS as f64 / seconds),
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            errors,
            floor: None,
            ratio: None,
        };
        line.with_latencies(&starts).print()?;
    }
    Ok(())
}

/// Starts a server and waits for its front page.
async fn first_page(city: &City) -> anyhow::Result<(crate::child::Server, std::time::Duration)> {
    let began = Instant::now();
    let server = city.serve()?;
    let mut client = Client::new(server.address);
    let answer = client.send(Request::get("/", &[GZIP])).await?;
    let took = began.elapsed();
    ensure!(
        answer.status == 200,
        "the front page answered {}: {}",
        answer.status,
        client.excerpt()
    );
    Ok((server, took))
}
