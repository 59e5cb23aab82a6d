//! Benchmarks: `cargo run --release -p bench -- <name> [--json] …`. Each prints what it measured in words and, with
//! `--json`, one object as its last line.
//!
//! To add one: a module with its arguments (`clap::Args`) and `pub(crate) fn run(args) -> anyhow::Result<()>`, and
//! a line in [`Bench`] and in [`main`].

mod report;
mod store;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Benchmarks of Tongban")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Submit and advance through the storage crate against the bare driver.
    Store(store::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().bench {
        Bench::Store(args) => store::run(&args),
    }
}
