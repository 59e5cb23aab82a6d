//! `pages`: the pages people look at most, each under so many clients without pause.
//!
//! Every client is a browser of its own that takes gzip: guides and the search are asked for by nobody in
//! particular, queues by approvers of the bodies with the most to do, cases by their applicants, desks by approvers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use serde::Deserialize;

use crate::child::Server;
use crate::city::{Cast, City, Wanted};
use crate::http::{Client, Request, escaped};
use crate::report::{Latencies, Line, Load, say, tenth};
use crate::visitor;

/// Before measuring each page.
const WARM_UP: Duration = Duration::from_millis(500);

/// What browsers say.
pub(crate) const GZIP: &str = "Accept-Encoding: gzip, deflate, br";

/// A kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// 办事指南 of any item.
    Guide,
    /// Searching in everyday words.
    Search,
    /// 待办 of an approver.
    Queue,
    /// A case as its applicant sees it.
    Case,
    /// A case as its approver sees it.
    Desk,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Guide,
        Kind::Search,
        Kind::Queue,
        Kind::Case,
        Kind::Desk,
    ];

    fn name(self) -> &'static str {
        match self {
            Kind::Guide => "guide",
            Kind::Search => "search",
            Kind::Queue => "queue",
            Kind::Case => "case",
            Kind::Desk => "desk",
        }
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    wanted: Wanted,
    /// Measure only these; all, one after the other, if none is named. Repeat for more.
    #[arg(long = "page", value_enum)]
    pages: Vec<Kind>,
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
    let cast = city.cast(load.clients).await?;
    let server = city.serve()?;
    let targets = Targets::find(server.address, &cast, load.clients).await?;
    let kinds = if args.pages.is_empty() {
        &Kind::ALL[..]
    } else {
        &args.pages[..]
    };
    let length = Duration::from_secs(load.seconds.max(1));
    let mut all = Tally::new();
    let mut seconds = 0.0;
    for kind in kinds {
        if !targets.has(*kind) {
            say(&format!("{}: nothing to look at in this city", kind.name()))?;
            continue;
        }
        let before = server.usage()?;
        let (tally, took) = one(&server, &targets, *kind, load.clients, length).await?;
        let line = line(load, &cast, *kind, &tally, took);
        say(&format!(
            "{} on {}, {} cases there, {} clients: {:.0} pages/s, {}; {:.1} KB and \
             {:.2} ms of the server's processors each; errors {}, shed {}",
            kind.name(),
            line.engine,
            line.cases,
            line.clients,
            line.throughput,
            tally.latencies.in_words(),
            tally.bytes as f64 / 1000.0 / tally.done.max(1) as f64,
            (server.usage()?.cpu_s - before.cpu_s)
                * 1000.0
                * (took / (took + WARM_UP.as_secs_f64()))
                / tally.done.max(1) as f64,
            tally.errors,
            tally.shed
        ))?;
        if let Some(said) = &tally.said {
            say(&format!("first error: {said}"))?;
        }
        seconds += took;
        all.add(tally);
    }
    server.kill()?;
    city.remove().await?;
    if load.json {
        let kind = (kinds.len() == 1).then(|| kinds[0]);
        let line = Line {
            bench: kind.map_or("pages", |kind| name(kind)),
            ..line(load, &cast, Kind::Guide, &all, seconds)
        };
        line.print()?;
    }
    Ok(())
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Guide => "pages.guide",
        Kind::Search => "pages.search",
        Kind::Queue => "pages.queue",
        Kind::Case => "pages.case",
        Kind::Desk => "pages.desk",
    }
}

fn line(load: &Load, cast: &Cast, kind: Kind, tally: &Tally, seconds: f64) -> Line {
    Line {
        bench: name(kind),
        engine: load.engine.name(),
        cases: cast.counts.cases,
        clients: load.clients,
        seconds: tenth(seconds),
        throughput: tenth(tally.done as f64 / seconds),
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        errors: tally.errors,
        floor: None,
        ratio: None,
    }
    .with_latencies(&tally.latencies)
}

/// What one kind of page came to.
struct Tally {
    latencies: Latencies,
    done: u64,
    bytes: u64,
    errors: u64,
    shed: u64,
    said: Option<String>,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            latencies: Latencies::new(),
            done: 0,
            bytes: 0,
            errors: 0,
            shed: 0,
            said: None,
        }
    }

    fn add(&mut self, other: Tally) {
        self.latencies.add(&other.latencies);
        self.done += other.done;
        self.bytes += other.bytes;
        self.errors += other.errors;
        self.shed += other.shed;
        self.said = self.said.take().or(other.said);
    }
}

async fn one(
    server: &Server,
    targets: &Arc<Targets>,
    kind: Kind,
    clients: usize,
    length: Duration,
) -> anyhow::Result<(Tally, f64)> {
    let from = Instant::now() + WARM_UP;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..clients {
        let (targets, address) = (Arc::clone(targets), server.address);
        running.spawn(async move {
            let mut client = Client::new(address);
            let mut tally = Tally::new();
            for turn in 0.. {
                let began = Instant::now();
                if began >= from + length {
                    break;
                }
                let answer = targets.ask(&mut client, kind, number, turn).await;
                if began < from {
                    continue;
                }
                tally.count(&client, began, answer);
            }
            tally
        });
    }
    let mut whole = Tally::new();
    while let Some(tally) = running.join_next().await {
        whole.add(tally?);
    }
    Ok((whole, from.elapsed().as_secs_f64()))
}

impl Tally {
    fn count(&mut self, client: &Client, began: Instant, answer: anyhow::Result<u16>) {
        match answer {
            Ok(200) => {
                self.latencies.record(began.elapsed());
                self.done += 1;
                self.bytes += client.body().len() as u64;
            }
            Ok(429) => self.shed += 1,
            Ok(status) => self.fail(format!("{status} {}", client.excerpt())),
            Err(error) => self.fail(format!("{error:#}")),
        }
    }

    fn fail(&mut self, said: String) {
        self.errors += 1;
        self.said.get_or_insert(said);
    }
}

/// Addresses to visit, and as whom.
pub(crate) struct Targets {
    guides: Vec<String>,
    searches: Vec<String>,
    /// By client: the reviewer's cookie, with the desks their queue links to.
    queues: Vec<(String, Vec<String>)>,
    /// By client: the applicant's cookie and their case.
    cases: Vec<(String, String)>,
}

impl Targets {
    /// Signs everybody in and lets every applicant have a case.
    pub(crate) async fn find(
        server: SocketAddr,
        cast: &Cast,
        clients: usize,
    ) -> anyhow::Result<Arc<Targets>> {
        let mut targets = Targets {
            guides: cast
                .guides
                .iter()
                .map(|id| format!("/items/{id}"))
                .collect(),
            searches: cast
                .words
                .iter()
                .map(|word| format!("/search?q={}", escaped(word)))
                .collect(),
            queues: Vec::new(),
            cases: Vec::new(),
        };
        ensure!(!targets.guides.is_empty(), "the city has no items");
        for number in 0..clients {
            let citizen = &cast.citizens[number].login;
            let (applicant, token, reviewer) = tokio::try_join!(
                visitor::cookie(server, citizen, false),
                visitor::token(server, citizen),
                visitor::cookie(server, &cast.reviewers[number], true),
            )?;
            let application = &cast.items[number % cast.items.len()].application;
            let filed = apply(server, &token, application).await?;
            targets.cases.push((applicant, format!("/cases/{filed}")));
            let desks = desks(server, &reviewer).await?;
            targets.queues.push((reviewer, desks));
        }
        Ok(Arc::new(targets))
    }

    /// Whether there is such a page for everybody; in a city without cases a queue leads to no desk.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        kind != Kind::Desk || self.queues.iter().all(|(_, desks)| !desks.is_empty())
    }

    /// Asks for the client's next page of a kind and answers the status.
    pub(crate) async fn ask(
        &self,
        client: &mut Client,
        kind: Kind,
        number: usize,
        turn: usize,
    ) -> anyhow::Result<u16> {
        let pick = |of: &'_ [String]| (number * 31 + turn) % of.len().max(1);
        let (cookie, target) = match kind {
            Kind::Guide => ("", self.guides[pick(&self.guides)].as_str()),
            Kind::Search => ("", self.searches[pick(&self.searches)].as_str()),
            Kind::Queue => (self.queues[number].0.as_str(), "/staff"),
            Kind::Case => {
                let (cookie, target) = &self.cases[number];
                (cookie.as_str(), target.as_str())
            }
            Kind::Desk => {
                let (cookie, desks) = &self.queues[number];
                let target = desks
                    .get(pick(desks))
                    .context("an empty queue has no desk to look at")?;
                (cookie.as_str(), target.as_str())
            }
        };
        let headers = [GZIP, cookie];
        let headers = &headers[..if cookie.is_empty() { 1 } else { 2 }];
        Ok(client.send(Request::get(target, headers)).await?.status)
    }
}

async fn apply(server: SocketAddr, token: &str, application: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Case {
        case_id: String,
    }
    let mut client = Client::new(server);
    let key = format!("Idempotency-Key: pages-{}", visitor::label());
    let answer = client
        .send(Request {
            method: "POST",
            target: "/api/v1/cases",
            headers: &[token, &key],
            body: Some(("application/json", application.as_bytes())),
        })
        .await?;
    if answer.status != 201 {
        bail!("applying: {} {}", answer.status, client.excerpt());
    }
    Ok(serde_json::from_slice::<Case>(client.body())?.case_id)
}

/// The cases on the first page of a queue; a bundle's or a project's address leads on to a page of its own.
async fn desks(server: SocketAddr, cookie: &str) -> anyhow::Result<Vec<String>> {
    let mut client = Client::new(server);
    let answer = client.send(Request::get("/staff", &[cookie])).await?;
    ensure!(
        answer.status == 200,
        "/staff: {} {}",
        answer.status,
        client.excerpt()
    );
    let page = String::from_utf8_lossy(client.body());
    let mut found: Vec<String> = page
        .split("href=\"/staff/cases/")
        .skip(1)
        .filter_map(|rest| rest.get(..36))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        })
        .map(|id| format!("/staff/cases/{id}"))
        .collect();
    found.dedup();
    let mut desks = Vec::new();
    for target in found {
        if client.send(Request::get(&target, &[cookie])).await?.status == 200 {
            desks.push(target);
        }
    }
    Ok(desks)
}
