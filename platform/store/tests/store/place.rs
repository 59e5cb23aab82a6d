//! A fresh database for each test, gone afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Db, Engine, Migration, Options};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a test is given.
pub(crate) struct Place {
    pub(crate) db: Db,
    /// How it was opened, for a second process.
    pub(crate) options: Options,
    pub(crate) folder: std::path::PathBuf,
}

/// Declares a test once for each engine.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                $crate::place::run(store::Engine::Sqlite, |_| {}, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::place::run(store::Engine::Postgres, |_| {}, super::$name);
            }
        })+
    };
}

/// Runs a test on a fresh, migrated database.
pub(crate) fn run(
    engine: Engine,
    adjust: impl FnOnce(&mut Options),
    body: impl AsyncFnOnce(Place),
) {
    let Some(server) = server(engine) else {
        return;
    };
    let runtime = runtime();
    let folder = TempDir::new().expect("a temporary folder");
    let outcome = {
        let mut options = server.options(&folder);
        adjust(&mut options);
        catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let db = Db::open(options.clone()).await.expect("the database opens");
                db.migrate(store::MIGRATIONS)
                    .await
                    .expect("the store's tables");
                let place = Place {
                    db: db.clone(),
                    options,
                    folder: folder.path().to_owned(),
                };
                body(place).await;
                db.close().await;
            });
        }))
    };
    server.drop_database();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// A second, migrated database of the given engine beside the one under test.
pub(crate) struct Second {
    server: Server,
    folder: TempDir,
}

impl Second {
    /// Nothing where the engine is not available here.
    pub(crate) fn of(engine: Engine) -> Option<Second> {
        Some(Second {
            server: server(engine)?,
            folder: TempDir::new().expect("a temporary folder"),
        })
    }

    pub(crate) async fn open(&self, migrations: &[Migration]) -> Db {
        let db = Db::open(self.server.options(&self.folder))
            .await
            .expect("it opens");
        db.migrate(store::MIGRATIONS)
            .await
            .expect("the store's tables");
        db.migrate(migrations).await.expect("the test's tables");
        db
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        // Its own thread: a runtime cannot block inside another.
        let server = &self.server;
        std::thread::scope(|scope| {
            drop(scope.spawn(|| server.drop_database()).join());
        });
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

enum Server {
    Sqlite,
    Postgres { admin: String, name: String },
}

#[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
fn server(engine: Engine) -> Option<Server> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    match engine {
        Engine::Sqlite => Some(Server::Sqlite),
        Engine::Postgres => {
            let admin = std::env::var("TONGBAN_TEST_POSTGRES")
                .ok()
                .filter(|url| !url.is_empty())?;
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("store_test_{}_{number}", std::process::id());
            let server = Server::Postgres {
                admin,
                name: name.clone(),
            };
            let create = format!("CREATE DATABASE {name}");
            std::thread::scope(|scope| {
                scope
                    .spawn(|| server.execute(&create))
                    .join()
                    .expect("the database is made");
            });
            Some(server)
        }
    }
}

impl Server {
    fn options(&self, folder: &TempDir) -> Options {
        let url = match self {
            Server::Sqlite => format!("sqlite:{}", folder.path().join("store.db").display()),
            Server::Postgres { admin, name } => {
                let (address, _) = admin.rsplit_once('/').expect("postgres://…/database");
                format!("{address}/{name}")
            }
        };
        let mut options = Options::parse(&url).expect("an address");
        options.connections = 8;
        options.readers = 4;
        options
    }

    fn drop_database(&self) {
        if let Server::Postgres { name, .. } = self {
            self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }

    fn execute(&self, sql: &str) {
        let Server::Postgres { admin, .. } = self else {
            return;
        };
        runtime().block_on(async {
            let (client, connection) = tokio_postgres::connect(admin, tokio_postgres::NoTls)
                .await
                .expect("TONGBAN_TEST_POSTGRES names a server");
            let driving = tokio::spawn(connection);
            client.batch_execute(sql).await.expect("the statement runs");
            drop(client);
            driving.await.expect("no panic").expect("an orderly end");
        });
    }
}

/// Ids that are told apart by a number.
pub(crate) fn id(number: u32) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}
