//! Benchmarks: `cargo run --release -p bench -- <name> [--json] …`. Each prints what it measured in words and, with
//! `--json`, one object as its last line.
//!
//! To add one: a module with its arguments (`clap::Args`) and `pub(crate) fn run(args) -> anyhow::Result<()>`, and
//! a line in [`Bench`] and in [`main`].

mod answers;
mod approval;
mod catalogue;
mod child;
mod city;
mod http;
mod lifecycle;
mod pages;
mod report;
mod start;
mod store;
mod visitor;

use std::ffi::OsString;
use std::process::ExitCode;

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
    /// Apply, accept, decide, search, rate: over HTTP, with signing in done once.
    Lifecycle(lifecycle::Args),
    /// Guide, search, queue and case pages.
    Pages(pages::Args),
    /// Publishing, checking and searching a large catalogue.
    Catalogue(catalogue::Args),
    /// What one case takes, alone and together with others.
    Approval(approval::Args),
    /// From the start of the process to the first page, and its memory.
    Start(start::Args),
    /// The server under measurement: this program started again.
    #[command(hide = true)]
    Tongban {
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().bench {
        Bench::Store(args) => store::run(&args)?,
        Bench::Lifecycle(args) => lifecycle::run(&args)?,
        Bench::Pages(args) => pages::run(&args)?,
        Bench::Catalogue(args) => catalogue::run(&args)?,
        Bench::Approval(args) => approval::run(&args)?,
        Bench::Start(args) => start::run(&args)?,
        Bench::Tongban { args } => return Ok(child::tongban(&args)),
    }
    Ok(ExitCode::SUCCESS)
}
