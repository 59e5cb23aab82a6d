//! `approval`: what one case takes, alone and together with others. One line a measure.

mod alerts;
mod bundle;
mod route;
mod smart;

use serde::Serialize;

use crate::report::say;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object a measure.
    #[arg(long)]
    json: bool,
    /// Only measures whose name begins with this.
    #[arg(long, default_value = "")]
    only: String,
}

/// What is measured: the name programs know, what it says to people, and the measuring itself.
struct Measure {
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    run: fn() -> anyhow::Result<f64>,
}

const MEASURES: &[Measure] = &[
    Measure {
        name: "route_check_s",
        label: "proof of a route of 40 steps in 6 branches, slowest of five",
        unit: "s",
        run: route::check_s,
    },
    Measure {
        name: "bundle5_p50_ms",
        label: "submitting a bundle of five items over HTTP, p50",
        unit: "ms",
        run: bundle::p50_ms,
    },
    Measure {
        name: "auto_p95_ms",
        label: "automatic decision from submission to certificate at 64 clients, p95",
        unit: "ms",
        run: smart::p95_ms,
    },
    Measure {
        name: "auto_per_s",
        label: "automatic decisions from submission to certificate at 64 clients",
        unit: "/s",
        run: smart::per_s,
    },
    Measure {
        name: "turning_80_of_1m_s",
        label: "finding who turns 80 this month among 1,000,000 residents",
        unit: "s",
        run: smart::turning_80_s,
    },
    Measure {
        name: "alert_lag_1m_s",
        label: "an instant of one of 1,000,000 open clocks to its alert, the latest of 22,000",
        unit: "s",
        run: alerts::lag_s,
    },
];

#[derive(Debug, Serialize)]
struct Line {
    measure: &'static str,
    value: f64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    for measure in MEASURES {
        if !measure.name.starts_with(&args.only) {
            continue;
        }
        let value = (measure.run)()?;
        if args.json {
            let line = Line {
                measure: measure.name,
                value,
            };
            say(&serde_json::to_string(&line)?)?;
        } else {
            say(&format!("{}: {value:.3} {}", measure.label, measure.unit))?;
        }
    }
    Ok(())
}
