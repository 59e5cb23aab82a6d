//! The synthetic city that is measured: generated as `tongban demo` does, kept and reused with `--data`, with
//! accounts of its own for the visitors.

mod cast;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ::store::{Db, Error, Tx};
use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::child::{self, Server};
use crate::report::{Engine, say};

pub(crate) use cast::{Cast, PASSWORD};

/// The city is the same on every machine.
const SEED: u64 = 1;

/// Which city.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Cases that are there already.
    #[arg(long, default_value_t = 0)]
    pub(crate) cases: u64,
    /// Keep generated cities in this folder and use them again; otherwise they are made for this run and removed.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
}

/// Where a city is.
pub(crate) struct City {
    folder: PathBuf,
    database: Option<String>,
    _temporary: Option<TempDir>,
    /// Server and name of a database to be removed at the end.
    passing: Option<(String, String)>,
}

/// What a load must have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) cases: u64,
    pub(crate) ratings: u64,
}

impl City {
    /// Opens the kept city, or generates one.
    pub(crate) async fn open(
        wanted: &Wanted,
        engine: Engine,
        server: Option<&str>,
    ) -> anyhow::Result<City> {
        let temporary = match wanted.data {
            Some(_) => None,
            None => Some(TempDir::new()?),
        };
        let parent = match (&wanted.data, &temporary) {
            (Some(data), _) => {
                std::fs::create_dir_all(data)
                    .with_context(|| format!("cannot make the folder {}", data.display()))?;
                data.canonicalize()?
            }
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => unreachable!("one of the two was just made"),
        };
        let folder = parent.join(format!("{}-{}", engine.name(), wanted.cases));
        let server = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(server.context("--database names a PostgreSQL server")?),
        };
        let name = database_name(&folder);
        let database = server.map(|server| beside(server, &name)).transpose()?;
        if !folder.exists() {
            generate(&folder, wanted.cases, server, &name, database.as_deref()).await?;
        }
        let passing = match (&temporary, server) {
            (Some(_), Some(server)) => Some((server.to_owned(), name)),
            _ => None,
        };
        Ok(City {
            folder,
            database,
            _temporary: temporary,
            passing,
        })
    }

    /// A server on the city, listening on a port of its own.
    pub(crate) fn serve(&self) -> anyhow::Result<Server> {
        Server::start(&self.folder, self.database.as_deref())
    }

    /// Counts, while no server runs.
    pub(crate) async fn counts(&self) -> anyhow::Result<Counts> {
        let db = server::platform::open_database(&self.config()).await?;
        let counts = db.read(counts).await;
        db.close().await;
        Ok(counts?)
    }

    /// The visitors and what they visit; opens accounts that are missing. While no server runs.
    pub(crate) async fn cast(&self, clients: usize) -> anyhow::Result<Cast> {
        cast::assemble(&self.config(), clients).await
    }

    /// Removes what was made for this run.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        if let Some((server, name)) = self.passing {
            execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }

    /// How a server on it would be configured.
    pub(crate) fn config(&self) -> server::Config {
        server::Config {
            data: self.folder.clone(),
            database: self.database.clone().unwrap_or_default(),
            ..server::Config::default()
        }
    }
}

/// Generates into a folder beside it first, so that an interrupted city is never taken for a whole one.
async fn generate(
    folder: &Path,
    cases: u64,
    server: Option<&str>,
    name: &str,
    database: Option<&str>,
) -> anyhow::Result<()> {
    let part = folder.with_extension("part");
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(&part)?;
    if let Some(server) = server {
        execute(
            server,
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .await?;
        execute(server, &format!("CREATE DATABASE {name}")).await?;
    }
    let mut args: Vec<OsString> = vec!["demo".into(), "--no-serve".into()];
    args.extend(["--seed".into(), SEED.to_string().into()]);
    args.extend(["--cases".into(), cases.to_string().into()]);
    args.extend(["--data".into(), part.clone().into()]);
    if let Some(database) = database {
        args.extend(["--database".into(), database.into()]);
    }
    let started = Instant::now();
    let generating = tokio::task::spawn_blocking(move || child::run(&args));
    generating.await??;
    std::fs::rename(&part, folder)?;
    say(&format!(
        "generated a city of {cases} cases in {:.1} s",
        started.elapsed().as_secs_f64()
    ))
}

/// One database for each folder.
fn database_name(folder: &Path) -> String {
    let digest = base::crypto::sm3(folder.as_os_str().as_encoded_bytes());
    format!("tongban_bench_{}", &base::crypto::to_hex(&digest)[..16])
}

/// Another database of the same server.
fn beside(server: &str, name: &str) -> anyhow::Result<String> {
    let (start, rest) = server
        .split_once("://")
        .context("--database is postgres://…/database")?;
    let (host, query) = rest
        .split_once('?')
        .map_or((rest, ""), |(host, query)| (host, query));
    let (authority, _) = host.split_once('/').unwrap_or((host, ""));
    ensure!(!authority.is_empty(), "--database names no server");
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    Ok(format!("{start}://{authority}/{name}{query}"))
}

async fn execute(server: &str, sql: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    drop(tokio::spawn(connection));
    client.batch_execute(sql).await?;
    Ok(())
}

fn counts(tx: &mut Tx<'_>) -> Result<Counts, Error> {
    let row = tx.query_one(
        "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM ratings)",
        &[],
    )?;
    Ok(Counts {
        cases: row.get(0)?,
        ratings: row.get(1)?,
    })
}

/// Reads something, on a database that was opened for it.
async fn read<T: Send + 'static>(
    db: &Db,
    body: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(db.read(body).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_has_its_own_database_on_the_server() {
        let named = |server| beside(server, "x").expect("an address");
        assert_eq!(named("postgres://u:p@h:5/postgres"), "postgres://u:p@h:5/x");
        assert_eq!(named("postgres://u@h?a=b"), "postgres://u@h/x?a=b");
        assert!(beside("nowhere", "x").is_err());
        assert_ne!(
            database_name(Path::new("/a")),
            database_name(Path::new("/b"))
        );
    }
}
