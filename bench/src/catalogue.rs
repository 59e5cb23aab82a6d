//! `catalogue`: publishing, checking, searching and proving at the size of a city and beyond. One line a measure.

mod publish;
mod search;
mod situation;
mod uniformity;

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
        name: "publish_2950_s",
        label: "publishing 2,950 items with all checks",
        unit: "s",
        run: publish::seconds,
    },
    Measure {
        name: "uniformity_100k_s",
        label: "report of uniformity over 100,000 items",
        unit: "s",
        run: uniformity::seconds,
    },
    Measure {
        name: "search_100k_p99_ms",
        label: "search over 100,000 items, p99",
        unit: "ms",
        run: search::p99_ms,
    },
    Measure {
        name: "situation_check_s",
        label: "proof of a guide of 30 questions, slowest of five",
        unit: "s",
        run: situation::check_s,
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
