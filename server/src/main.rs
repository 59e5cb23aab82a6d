//! `tongban`: see `tongban --help` and `docs/operations.md`.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = server::cli::Cli::parse();
    let environment: Vec<(String, String)> = std::env::vars()
        .filter(|(name, _)| name.starts_with("TONGBAN_"))
        .collect();
    server::command::run(cli, &environment)
}
