//! Figures for the operator, in Prometheus' text format.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::RwLock;

/// Upper bounds of the duration histogram, in seconds.
const BOUNDS_S: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The counters of this process.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    routes: RwLock<Vec<Arc<Route>>>,
    pub(crate) in_flight: AtomicI64,
    pub(crate) streams: AtomicI64,
    pub(crate) shed: AtomicU64,
    pub(crate) panics: AtomicU64,
}

/// The counters of one route pattern.
#[derive(Debug)]
pub(crate) struct Route {
    pattern: &'static str,
    /// By the status' first digit, 1 to 5.
    classes: [AtomicU64; 5],
    /// Not cumulative; the last one holds what is above every bound.
    buckets: [AtomicU64; BOUNDS_S.len() + 1],
    micros: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            started: Instant::now(),
            routes: RwLock::new(Vec::new()),
            in_flight: AtomicI64::new(0),
            streams: AtomicI64::new(0),
            shed: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    pub(crate) fn route(&self, pattern: &'static str) -> Arc<Route> {
        let route = Arc::new(Route {
            pattern,
            classes: Default::default(),
            buckets: Default::default(),
            micros: AtomicU64::new(0),
        });
        self.routes.write().push(Arc::clone(&route));
        route
    }

    /// Requests turned away because too many were in flight.
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// The whole page.
    pub fn text(&self, store: &store::Metrics) -> String {
        let mut out = String::with_capacity(16 * 1024);
        self.requests(&mut out);
        let one = |out: &mut String, name: &str, kind: &str, help: &str, value: f64| {
            writeln!(
                out,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}"
            )
            .expect("writing to memory");
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let level = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed) as f64;
        for (name, kind, help, value) in [
            (
                "tongban_http_in_flight",
                "gauge",
                "Requests being worked on.",
                level(&self.in_flight),
            ),
            (
                "tongban_http_streams",
                "gauge",
                "Live pages connected.",
                level(&self.streams),
            ),
            (
                "tongban_http_shed_total",
                "counter",
                "Requests turned away with 429 because too many were in flight.",
                count(&self.shed),
            ),
            (
                "tongban_http_panics_total",
                "counter",
                "Handlers that panicked.",
                count(&self.panics),
            ),
            (
                "tongban_store_transactions_total",
                "counter",
                "Write transactions kept.",
                store.transactions as f64,
            ),
            (
                "tongban_store_refused_total",
                "counter",
                "Write transactions rolled back.",
                store.refused as f64,
            ),
            (
                "tongban_store_retries_total",
                "counter",
                "Transactions run again after a conflict.",
                store.retries as f64,
            ),
            (
                "tongban_store_panics_total",
                "counter",
                "Transactions that panicked.",
                store.panics as f64,
            ),
            (
                "tongban_store_commits_total",
                "counter",
                "COMMITs; one may carry many transactions.",
                store.commits as f64,
            ),
            (
                "tongban_store_batch_max",
                "gauge",
                "The most transactions one COMMIT carried.",
                store.batch_max as f64,
            ),
            (
                "tongban_store_reads_total",
                "counter",
                "Read transactions.",
                store.reads as f64,
            ),
            (
                "tongban_store_busy_total",
                "counter",
                "Transactions turned away because the queue was full.",
                store.busy as f64,
            ),
            (
                "tongban_store_waiting_writes",
                "gauge",
                "Writes waiting.",
                store.waiting_writes as f64,
            ),
            (
                "tongban_store_waiting_reads",
                "gauge",
                "Reads waiting.",
                store.waiting_reads as f64,
            ),
            (
                "tongban_store_write_seconds_total",
                "counter",
                "Time spent in write transactions.",
                store.write_seconds,
            ),
            (
                "tongban_store_commit_seconds_total",
                "counter",
                "Time spent in COMMIT.",
                store.commit_seconds,
            ),
            (
                "tongban_store_read_seconds_total",
                "counter",
                "Time spent in read transactions.",
                store.read_seconds,
            ),
            (
                "tongban_feed_head",
                "gauge",
                "Newest position of the feed.",
                store.feed_head as f64,
            ),
            (
                "tongban_uptime_seconds",
                "gauge",
                "Time since the process started.",
                self.started.elapsed().as_secs_f64(),
            ),
        ] {
            one(&mut out, name, kind, help, value);
        }
        if let Some(bytes) = resident_bytes() {
            one(
                &mut out,
                "process_resident_memory_bytes",
                "gauge",
                "Resident memory.",
                bytes as f64,
            );
        }
        out
    }

    fn requests(&self, out: &mut String) {
        let routes = self.routes.read();
        out.push_str("# HELP tongban_http_requests_total Answers by route and status class.\n# TYPE tongban_http_requests_total counter\n");
        for route in routes.iter() {
            for (index, class) in route.classes.iter().enumerate() {
                let value = class.load(Ordering::Relaxed);
                if value > 0 {
                    writeln!(
                        out,
                        "tongban_http_requests_total{{route=\"{}\",status=\"{}xx\"}} {value}",
                        route.pattern,
                        index + 1
                    )
                    .expect("writing to memory");
                }
            }
        }
        out.push_str("# HELP tongban_http_request_seconds Time until the answer's head, by route.\n# TYPE tongban_http_request_seconds histogram\n");
        for route in routes.iter() {
            route.histogram(out);
        }
    }
}

impl Route {
    pub(crate) fn pattern(&self) -> &'static str {
        self.pattern
    }

    pub(crate) fn count(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS_S
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BOUNDS_S.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn histogram(&self, out: &mut String) {
        let counts = self
            .buckets
            .each_ref()
            .map(|bucket| bucket.load(Ordering::Relaxed));
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return;
        }
        let pattern = self.pattern;
        let mut below = 0;
        for (bound, count) in BOUNDS_S.iter().zip(counts) {
            below += count;
            writeln!(
                out,
                "tongban_http_request_seconds_bucket{{route=\"{pattern}\",le=\"{bound}\"}} {below}"
            )
            .expect("writing to memory");
        }
        let seconds = self.micros.load(Ordering::Relaxed) as f64 / 1e6;
        writeln!(
            out,
            "tongban_http_request_seconds_bucket{{route=\"{pattern}\",le=\"+Inf\"}} {total}\n\
             tongban_http_request_seconds_sum{{route=\"{pattern}\"}} {seconds}\n\
             tongban_http_request_seconds_count{{route=\"{pattern}\"}} {total}"
        )
        .expect("writing to memory");
    }
}

/// Where the system tells it (Linux).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
