//! A fresh database with this crate's tables for each test, gone afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::IdSource;
use base::crypto::Entropy;
use base::ids::{AccountId, Id, OrgId, StaffId};
use casework::{Grant, Role};
use jiff::Timestamp;
use jiff::civil::date;
use people::{Error, Keys, NewStaff, Org, OrgKind, People};
use store::{Db, Engine, Options, Tx};
use tempfile::TempDir;

/// What a test is given.
pub(crate) struct Place {
    pub(crate) db: Db,
    pub(crate) people: People,
    pub(crate) ids: Arc<IdSource>,
}

/// Monday, 18 May 2026, nine o'clock in China.
pub(crate) fn nine() -> Timestamp {
    "2026-05-18T01:00:00Z".parse().expect("an instant")
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(nine().as_second() + seconds).expect("in range")
}

/// The key material every test uses.
pub(crate) const MATERIAL: &[u8] = b"material for tests only";

/// Declares a test once for each engine.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                $crate::place::run(store::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::place::run(store::Engine::Postgres, super::$name);
            }
        })+
    };
}

/// Runs a test on a fresh, migrated database; does nothing where the engine is not there.
pub(crate) fn run(engine: Engine, body: impl AsyncFnOnce(Place)) {
    let folder = TempDir::new().expect("a temporary folder");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match runtime.block_on(Database::make()) {
            Some(database) => Some(database),
            None => return,
        },
    };
    let url = match &database {
        None => format!("sqlite:{}", folder.path().join("people.db").display()),
        Some(database) => database.url(),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut options = Options::parse(&url).expect("an address");
            options.connections = 4;
            options.readers = 2;
            let db = Db::open(options).await.expect("the database opens");
            db.migrate(store::MIGRATIONS)
                .await
                .expect("the store's tables");
            db.migrate(people::MIGRATIONS)
                .await
                .expect("this crate's tables");
            body(Place {
                db: db.clone(),
                people: People::new(Keys::from_material(MATERIAL), Entropy::seeded(7)),
                ids: Arc::new(IdSource::seeded(7)),
            })
            .await;
            db.close().await;
        });
    }));
    if let Some(database) = database {
        runtime.block_on(database.drop());
    }
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Place {
    pub(crate) fn id<T: Id>(&self) -> T {
        self.ids.next(nine())
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        body: impl Fn(&mut Tx<'_>, &People) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let people = self.people.clone();
        self.db.write(move |tx| body(tx, &people)).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Tx<'_>, &People) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let people = self.people.clone();
        self.db.read(move |tx| body(tx, &people)).await
    }

    /// An organisation of 云川市.
    pub(crate) async fn org(&self, key: &'static str) -> OrgId {
        let org = an_org(self.id(), key);
        let id = org.id;
        self.write(move |tx, _| people::orgs::create(tx, &org))
            .await
            .expect("added");
        id
    }

    /// A member of staff with one role in 云川市.
    pub(crate) async fn staff(
        &self,
        login: &'static str,
        org: OrgId,
        role: Role,
        password_hash: &str,
    ) -> (StaffId, AccountId) {
        let (id, account) = (self.id(), self.id());
        let new = NewStaff {
            login: login.to_owned(),
            password_hash: password_hash.to_owned(),
            must_change: false,
            name: format!("工作人员{login}"),
            org,
            title: "科员".to_owned(),
            window: None,
            grants: vec![Grant {
                role,
                region: "990100".to_owned(),
                org: None,
            }],
        };
        self.write(move |tx, people| people.create_staff(tx, &new, id, account, nine()))
            .await
            .expect("added");
        (id, account)
    }
}

pub(crate) fn an_org(id: OrgId, key: &str) -> Org {
    Org {
        id,
        key: key.to_owned(),
        name: format!("云川市{key}局"),
        short_name: "云测".to_owned(),
        uscc: None,
        kind: OrgKind::Agency,
        body: String::new(),
        level: 3,
        region: "990100".to_owned(),
        parent: None,
        phone: None,
        valid_from: date(2020, 1, 1),
        valid_to: None,
    }
}

/// A database of its own on the test server.
struct Database {
    admin: String,
    name: String,
}

impl Database {
    async fn make() -> Option<Database> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        #[expect(clippy::disallowed_methods, reason = "where the test server is")]
        let admin = std::env::var("TONGBAN_TEST_POSTGRES")
            .ok()
            .filter(|url| !url.is_empty())?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("people_test_{}_{number}", std::process::id());
        let database = Database { admin, name };
        database
            .execute(&format!("CREATE DATABASE {}", database.name))
            .await;
        Some(database)
    }

    fn url(&self) -> String {
        let (address, _) = self.admin.rsplit_once('/').expect("postgres://…/database");
        format!("{address}/{}", self.name)
    }

    async fn drop(self) {
        self.execute(&format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        ))
        .await;
    }

    async fn execute(&self, sql: &str) {
        let (client, connection) = tokio_postgres::connect(&self.admin, tokio_postgres::NoTls)
            .await
            .expect("TONGBAN_TEST_POSTGRES names a server");
        let driving = tokio::spawn(connection);
        client.batch_execute(sql).await.expect("the statement runs");
        drop(client);
        driving.await.expect("no panic").expect("an orderly end");
    }
}
