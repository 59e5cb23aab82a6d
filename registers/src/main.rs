//! `registers`: listens, loads, answers.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use registers::Registers;

#[derive(Parser)]
#[command(about = "Registers of other departments, played, with faults")]
struct Cli {
    #[arg(long, default_value = "127.0.0.1:4790")]
    listen: SocketAddr,
    /// Records, one JSON object a line.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let registers = Registers::default();
    if let Some(path) = &cli.data {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let count = registers.load(&text)?;
        say(&format!("{count} records"))?;
    }
    let listener = tokio::net::TcpListener::bind(cli.listen)
        .await
        .with_context(|| format!("cannot listen on {}", cli.listen))?;
    say(&format!("registers on http://{}", listener.local_addr()?))?;
    axum::serve(listener, registers.router()).await?;
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
