//! What each command does.

mod backup;
mod batch;
mod import;
mod reseal;
mod serve;
mod user;
mod verify;
mod verify_file;

use std::{path::Path, process::ExitCode};

use crate::{
    cli::{Cli, Command, Place},
    config::Config,
};

pub use reseal::columns as sealed_columns;
pub use serve::{Running, listen};

/// Runs a command to its end and says how it went: 0, 1 for a finding or a failure.
pub fn run(cli: Cli, environment: &[(String, String)]) -> ExitCode {
    match dispatch(cli, environment) {
        Ok(code) => code,
        Err(error) => {
            say_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli, environment: &[(String, String)]) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Calendar(calendar) => batch::calendar(&calendar),
        Command::Code(code) => batch::code(&code),
        Command::Demo(demo) => {
            let mut config = configure(&demo.place, environment)?;
            if let Some(listen) = demo.listen {
                config.listen = listen;
            }
            start_logs(&config, "warn");
            runtime()?.block_on(serve::demo(config, &demo))
        }
        Command::Serve(serve) => {
            let mut config = configure(&serve.place, environment)?;
            if let Some(listen) = serve.listen {
                config.listen = listen;
            }
            start_logs(&config, &config.log.level.clone());
            runtime()?.block_on(serve::serve(config))
        }
        Command::Verify(place) => {
            let config = quiet(&place, environment)?;
            runtime()?.block_on(verify::run(&config))
        }
        Command::VerifyFile(file) => verify_file::run(&file),
        Command::Reseal(reseal) => {
            let config = quiet(&reseal.place, environment)?;
            runtime()?.block_on(reseal::run(&config, &reseal))
        }
        Command::Migrate(place) => {
            let config = quiet(&place, environment)?;
            runtime()?.block_on(async {
                std::fs::create_dir_all(&config.data)?;
                let db = crate::platform::open_database(&config).await?;
                say("the database is at this version");
                db.close().await;
                Ok(ExitCode::SUCCESS)
            })
        }
        Command::Import(import) => {
            let config = quiet(&import.place, environment)?;
            runtime()?.block_on(import::run(&config, &import))
        }
        Command::User(user) => {
            let config = quiet(user::place(&user), environment)?;
            let password = environment
                .iter()
                .find(|(name, _)| name == "TONGBAN_PASSWORD")
                .map(|(_, value)| value.clone());
            runtime()?.block_on(user::run(&config, &user, password))
        }
        Command::Backup(backup) => {
            let config = quiet(&backup.place, environment)?;
            runtime()?.block_on(backup::write(&config, &backup))
        }
        Command::Restore(restore) => {
            let config = quiet(&restore.place, environment)?;
            runtime()?.block_on(backup::restore(&config, &restore))
        }
    }
}

fn configure(place: &Place, environment: &[(String, String)]) -> anyhow::Result<Config> {
    let mut config = Config::load(place.config.as_deref(), environment)?;
    if let Some(data) = &place.data {
        config.data.clone_from(data);
    }
    if let Some(database) = &place.database {
        config.database.clone_from(database);
    }
    Ok(config)
}

fn quiet(place: &Place, environment: &[(String, String)]) -> anyhow::Result<Config> {
    let config = configure(place, environment)?;
    start_logs(&config, "warn");
    Ok(config)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

fn start_logs(config: &Config, level: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first one's logs.
    let _already_started = if config.log.format == "json" {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}

/// A line for whoever typed the command.
#[expect(clippy::print_stdout, reason = "commands answer on standard output")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[expect(
    clippy::print_stderr,
    reason = "commands tell failures on standard error"
)]
pub(crate) fn say_error(text: &str) {
    eprintln!("tongban: {text}");
}

/// Whether a data folder already holds a database.
pub(crate) fn has_database(data: &Path) -> bool {
    data.join("tongban.db").exists()
}
