//! `catalogue`: publishing, checking, searching and proving at the size of a city and beyond. One line a measure.

mod search;

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

const MEASURES: &[Measure] = &[Measure {
    name: "search_100k_p99_ms",
    label: "search over 100,000 items, p99",
    unit: "ms",
    run: search::p99_ms,
}];

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
