//! One client's way through a lifecycle, again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use base::ids::IdSource;
use serde::Deserialize;
use server::{Clock as _, SystemClock};

use crate::http::{Client, Request, escaped};
use crate::report::Latencies;

/// Names of the steps, in order.
pub(super) const STEPS: [&str; 5] = ["create", "accept", "decide", "search", "rate"];

/// How often one request may be shed before the client gives up.
const SHED_MAX: u32 = 30;

/// What a client saw.
pub(super) struct Record {
    /// Whole lifecycles.
    pub(super) whole: Latencies,
    pub(super) steps: [Latencies; 5],
    /// When each lifecycle ended and how long it had taken.
    pub(super) ends: Vec<(Instant, Duration)>,
    pub(super) done: u64,
    pub(super) created: u64,
    pub(super) rated: u64,
    /// Lifecycles that broke off.
    pub(super) errors: u64,
    /// Answers 5xx, or none at all.
    pub(super) failed: u64,
    /// Answers 429.
    pub(super) shed: u64,
    /// The first error in words.
    pub(super) said: Option<String>,
}

impl Record {
    pub(super) fn new() -> Record {
        Record {
            whole: Latencies::new(),
            steps: std::array::from_fn(|_| Latencies::new()),
            ends: Vec::new(),
            done: 0,
            created: 0,
            rated: 0,
            errors: 0,
            failed: 0,
            shed: 0,
            said: None,
        }
    }

    pub(super) fn add(&mut self, other: Record) {
        self.whole.add(&other.whole);
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.add(theirs);
        }
        self.ends.extend(other.ends);
        self.done += other.done;
        self.created += other.created;
        self.rated += other.rated;
        self.errors += other.errors;
        self.failed += other.failed;
        self.shed += other.shed;
        self.said = self.said.take().or(other.said);
    }
}

/// A citizen and an approver at one client.
#[derive(Clone)]
pub(super) struct Who {
    citizen: String,
    approver: String,
    application: String,
    name: String,
}

/// A client with the lines it sends every time.
pub(super) struct Journey {
    client: Client,
    server: SocketAddr,
    /// Idempotency keys as the API's description advises them: UUIDv7.
    keys: Arc<IdSource>,
    number: u64,
    who: Who,
}

/// What is read of a case.
#[derive(Deserialize)]
struct Filed {
    #[serde(rename = "case_id")]
    id: String,
    #[serde(rename = "case_no")]
    no: String,
    version: i64,
}

#[derive(Deserialize)]
struct Acted {
    version: i64,
    state: String,
}

#[derive(Deserialize)]
struct Queue {
    items: Vec<serde::de::IgnoredAny>,
}

impl Journey {
    pub(super) fn new(
        server: SocketAddr,
        keys: &Arc<IdSource>,
        (citizen, approver): (String, String),
        application: &str,
        name: &str,
    ) -> Journey {
        Journey {
            client: Client::new(server),
            server,
            keys: Arc::clone(keys),
            number: 0,
            who: Who {
                citizen,
                approver,
                application: application.to_owned(),
                name: name.to_owned(),
            },
        }
    }

    /// Another client of the same people.
    pub(super) fn another(&self) -> Journey {
        Journey {
            client: Client::new(self.server),
            server: self.server,
            keys: Arc::clone(&self.keys),
            number: 0,
            who: self.who.clone(),
        }
    }

    /// One lifecycle.
    pub(super) async fn once(&mut self, record: &mut Record) {
        self.number += 1;
        let began = Instant::now();
        match self.walk(record).await {
            Ok(()) => {
                let took = began.elapsed();
                record.whole.record(took);
                record.ends.push((began + took, took));
                record.done += 1;
            }
            Err(error) => {
                record.errors += 1;
                record.said.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    async fn walk(&mut self, record: &mut Record) -> anyhow::Result<()> {
        let who = self.who.clone();
        self.step(
            record,
            0,
            &who.citizen,
            "POST",
            "/api/v1/cases",
            &who.application,
        )
        .await?;
        record.created += 1;
        let case: Filed = self.read()?;
        let of = |what: &str| format!("/api/v1/cases/{}/{what}", case.id);

        let body = format!("{{\"version\":{}}}", case.version);
        self.step(record, 1, &who.approver, "POST", &of("acceptance"), &body)
            .await?;
        let acted: Acted = self.read()?;

        let body = format!(
            "{{\"version\":{},\"granted\":true,\"opinion\":\"经审查，申请符合法定条件、标准，准予许可。\"}}",
            acted.version
        );
        self.step(record, 2, &who.approver, "POST", &of("decision"), &body)
            .await?;
        let acted: Acted = self.read()?;
        anyhow::ensure!(acted.state == "done", "decided, and then {}", acted.state);

        // By number and by name in turn.
        let wanted = if self.number.is_multiple_of(2) {
            &case.no
        } else {
            &who.name
        };
        let target = format!("/api/v1/queue?q={}", escaped(wanted));
        self.step(record, 3, &who.approver, "GET", &target, "")
            .await?;
        let _found: usize = self.read::<Queue>()?.items.len();

        let body = format!("{{\"level\":{}}}", 1 + self.number % 3);
        self.step(record, 4, &who.citizen, "POST", &of("rating"), &body)
            .await?;
        record.rated += 1;
        Ok(())
    }

    /// Sends one request until it is not shed any more, and measures from the first try to the answer.
    async fn step(
        &mut self,
        record: &mut Record,
        step: usize,
        who: &str,
        method: &str,
        target: &str,
        body: &str,
    ) -> anyhow::Result<()> {
        let key = self.keys.next_uuid(SystemClock.now());
        let key = format!("Idempotency-Key: {key}");
        let headers = [who, "Accept: application/json", &key];
        let request = Request {
            method,
            target,
            headers: &headers[..if body.is_empty() { 2 } else { 3 }],
            body: (!body.is_empty()).then_some(("application/json", body.as_bytes())),
        };
        let began = Instant::now();
        for _ in 0..SHED_MAX {
            let answer = match self.client.send(request).await {
                Ok(answer) => answer,
                Err(error) => {
                    record.failed += 1;
                    return Err(error.context(STEPS[step]));
                }
            };
            if answer.status == 429 {
                record.shed += 1;
                let wait = answer
                    .retry_after
                    .context("an answer 429 without Retry-After")?;
                tokio::time::sleep(Duration::from_secs(wait)).await;
                continue;
            }
            if !(200..300).contains(&answer.status) {
                if answer.status >= 500 {
                    record.failed += 1;
                }
                bail!(
                    "{}: {} {}",
                    STEPS[step],
                    answer.status,
                    self.client.excerpt()
                );
            }
            record.steps[step].record(began.elapsed());
            return Ok(());
        }
        bail!("{}: shed {SHED_MAX} times", STEPS[step])
    }

    fn read<'a, T: Deserialize<'a>>(&'a self) -> anyhow::Result<T> {
        serde_json::from_slice(self.client.body()).with_context(|| self.client.excerpt())
    }
}
