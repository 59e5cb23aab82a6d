//! What all benchmarks share: arguments, latencies, and the line a program reads.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Which engine to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// Bundled, in a temporary folder or `--data`.
    Sqlite,
    /// The server of `--database`.
    Postgres,
}

impl Engine {
    /// As the JSON line names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// Arguments of every benchmark that puts load on something.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Load {
    /// Print one JSON object as the last line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Clients at once.
    #[arg(long, default_value_t = 64)]
    pub(crate) clients: usize,
    /// Seconds to measure.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Which engine.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) engine: Engine,
    /// A PostgreSQL server whose user may create databases, postgres://…/postgres.
    #[arg(long, env = "TONGBAN_TEST_POSTGRES")]
    pub(crate) database: Option<String>,
}

/// How long things took, from a microsecond to a minute, to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    histogram: Histogram<u64>,
}

impl Latencies {
    pub(crate) fn new() -> Latencies {
        Latencies {
            histogram: Histogram::new_with_bounds(1, 60_000_000, 3)
                .expect("the bounds are in order"),
        }
    }

    pub(crate) fn record(&mut self, took: Duration) {
        self.histogram.saturating_record(took.as_micros() as u64);
    }

    pub(crate) fn add(&mut self, other: &Latencies) {
        self.histogram
            .add(&other.histogram)
            .expect("the bounds are the same");
    }

    /// Milliseconds below which a share of them stayed, to the microsecond; nothing where nothing was recorded.
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        (!self.histogram.is_empty())
            .then(|| self.histogram.value_at_quantile(share) as f64 / 1000.0)
    }

    /// The usual three, for people.
    pub(crate) fn in_words(&self) -> String {
        let ms = |share: f64| {
            self.quantile_ms(share)
                .map_or("-".to_owned(), |ms| format!("{ms:.1}"))
        };
        format!(
            "p50 {} ms, p95 {} ms, p99 {} ms",
            ms(0.50),
            ms(0.95),
            ms(0.99)
        )
    }
}

/// The object printed with `--json`; the names and their order are a promise to the programs that read it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) bench: &'static str,
    pub(crate) engine: &'static str,
    /// Rows that were there when measuring began.
    pub(crate) cases: u64,
    pub(crate) clients: usize,
    pub(crate) seconds: f64,
    /// Whole lifecycles, submissions or pages a second.
    pub(crate) throughput: f64,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p95_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) errors: u64,
    pub(crate) floor: Option<f64>,
    pub(crate) ratio: Option<f64>,
}

impl Line {
    /// Fills in the quantiles.
    pub(crate) fn with_latencies(self, latencies: &Latencies) -> Line {
        Line {
            p50_ms: latencies.quantile_ms(0.50),
            p95_ms: latencies.quantile_ms(0.95),
            p99_ms: latencies.quantile_ms(0.99),
            ..self
        }
    }

    /// Prints it as the last line.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        say(&serde_json::to_string(self)?)
    }
}

/// A line for people.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("nobody reads the output")
}

/// The middle one; 0 of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// To a tenth.
pub(crate) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_what_programs_expect() {
        let mut latencies = Latencies::new();
        for millisecond in 1..=100 {
            latencies.record(Duration::from_millis(millisecond));
        }
        let line = Line {
            bench: "store",
            engine: "sqlite",
            cases: 0,
            clients: 64,
            seconds: 10.0,
            throughput: 9000.5,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            errors: 0,
            floor: None,
            ratio: None,
        };
        let text = serde_json::to_string(&line.clone()).expect("plain values");
        assert_eq!(
            text,
            r#"{"bench":"store","engine":"sqlite","cases":0,"clients":64,"seconds":10.0,"throughput":9000.5,"p50_ms":null,"p95_ms":null,"p99_ms":null,"errors":0,"floor":null,"ratio":null}"#
        );
        let line = line.with_latencies(&latencies);
        assert!(
            line.p50_ms.is_some_and(|ms| (49.9..50.1).contains(&ms)),
            "{line:?}"
        );
        assert!(
            line.p99_ms.is_some_and(|ms| (98.9..99.1).contains(&ms)),
            "{line:?}"
        );
        assert_eq!(Latencies::new().quantile_ms(0.5), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }
}
