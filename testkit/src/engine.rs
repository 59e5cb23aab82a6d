//! A fresh database for each test on each engine, gone afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

pub use store::Engine;
use store::Options;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::TestApp;

/// Runs a test on a fresh platform on SQLite, and on PostgreSQL where `TONGBAN_TEST_POSTGRES` names a server.
///
/// # Panics
/// When the test does.
pub fn on_every_engine(test: impl AsyncFn(TestApp)) {
    for engine in engines() {
        let place = Place::new(engine);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            runtime().block_on(async {
                let app = TestApp::on(&place).await;
                test(app.clone()).await;
                app.close().await;
            });
        }));
        drop(place);
        if let Err(panic) = outcome {
            note(&format!("the test above failed on {}", engine.name()));
            resume_unwind(panic);
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "tells which engine a failure belongs to"
)]
fn note(text: &str) {
    eprintln!("{text}");
}

/// The engines there are on this machine: SQLite always, PostgreSQL where it is named.
pub fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    if postgres().is_some() {
        engines.push(Engine::Postgres);
    }
    engines
}

/// Address of the PostgreSQL server for tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own configuration")]
fn postgres() -> Option<String> {
    std::env::var("TONGBAN_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A runtime of the size of a small server.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A data folder and an empty database; both are gone when this is dropped.
pub struct Place {
    engine: Engine,
    folder: TempDir,
    /// Name of the database on the PostgreSQL server.
    name: Option<String>,
}

impl Place {
    /// # Panics
    /// When the engine is PostgreSQL and no server is named, or it cannot be reached.
    pub fn new(engine: Engine) -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = TempDir::new().expect("a temporary folder");
        let name = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let name = format!("tongban_it_{}_{number}", std::process::id());
                execute(&format!("CREATE DATABASE {name}"));
                Some(name)
            }
        };
        Place {
            engine,
            folder,
            name,
        }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Address of the database: what `--database` takes.
    pub fn url(&self) -> String {
        match &self.name {
            None => format!("sqlite:{}", self.folder.path().join("tongban.db").display()),
            Some(name) => {
                let server = postgres().expect("a place on PostgreSQL was made from its address");
                let (address, _) = server
                    .rsplit_once('/')
                    .expect("TONGBAN_TEST_POSTGRES is postgres://…/database");
                format!("{address}/{name}")
            }
        }
    }

    pub(crate) fn options(&self) -> Options {
        let mut options = Options::parse(&self.url()).expect("an address");
        options.connections = 6;
        options.readers = 2;
        options
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Runs a statement on the server's own database. On a thread of its own: one runtime cannot block in another.
fn execute(sql: &str) {
    let server = postgres().expect("TONGBAN_TEST_POSTGRES names a server");
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                runtime().block_on(async {
                    let (client, connection) =
                        tokio_postgres::connect(&server, tokio_postgres::NoTls)
                            .await
                            .expect("the PostgreSQL server of TONGBAN_TEST_POSTGRES answers");
                    let driving = tokio::spawn(connection);
                    client.batch_execute(sql).await.expect("the statement runs");
                    drop(client);
                    driving.await.expect("no panic").expect("an orderly end");
                });
            })
            .join()
            .expect("the statement ran");
    });
}
