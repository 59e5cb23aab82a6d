//! A city that issues certificates, its people and its staff, behind the server's front.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::IdSource;
use base::crypto::Entropy;
use base::ids::{AccountId, Id, OrgId, PartyId, StaffId};
use calendar::Calendar;
use casework::{Grant, Role};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::civil::date;
use license::{Issued, NewLicense};
use people::{
    AccountKind, Keys, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, People, SessionKind,
};
use store::objects::Objects;
use store::{Db, Engine, Options};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::{App, Config, ManualClock, Parts};

/// What a test is given.
pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    router: axum::Router,
    pub(crate) org: OrgId,
    pub(crate) citizen: Person,
    pub(crate) stranger: Person,
}

/// Somebody with a party of their own and two sessions.
pub(crate) struct Person {
    pub(crate) party: PartyId,
    pub(crate) account: AccountId,
    pub(crate) who: Who,
}

/// Two sessions of one account.
#[derive(Clone)]
pub(crate) struct Who {
    cookie: String,
    bearer: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
}

/// Monday, 18 May 2026, nine o'clock in China.
pub(crate) const NINE: &str = "2026-05-18T01:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

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

/// Runs a test on a fresh city; does nothing where the engine is not there.
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
        None => format!("sqlite:{}", folder.path().join("city.db").display()),
        Some(database) => database.url(),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut options = Options::parse(&url).expect("an address");
            options.connections = 4;
            options.readers = 2;
            let db = Db::open(options).await.expect("the database opens");
            for migrations in [store::MIGRATIONS, people::MIGRATIONS, license::MIGRATIONS] {
                db.migrate(migrations).await.expect("the tables");
            }
            let objects = Objects::local(folder.path().join("files")).expect("a folder");
            body(Place::make(db.clone(), objects).await).await;
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
    async fn make(db: Db, objects: Objects) -> Place {
        let clock = Arc::new(ManualClock::new(at(NINE)));
        let shared: Arc<dyn web::Clock> = Arc::<ManualClock>::clone(&clock);
        let app = App::new(Parts {
            db,
            objects,
            people: People::new(
                Keys::from_material(b"material for tests only"),
                Entropy::seeded(7),
            ),
            ids: IdSource::seeded(7),
            clock: shared,
            calendar: Arc::new(Calendar::builtin()),
            config: Config {
                access_log: false,
                ..Config::default()
            },
        });
        let module = license::module(app.clone());
        let router = web::server(app.clone(), vec![module]);
        let org = an_org(&app, "county.market", "云川区市场监督管理局", "990102").await;
        let citizen = person(&app, "chen", "陈小薇", "99010219920308002X").await;
        let stranger = person(&app, "lin", "林建国", "990102199003070011").await;
        Place {
            app,
            clock,
            router,
            org,
            citizen,
            stranger,
        }
    }

    /// A member of staff with one role.
    pub(crate) async fn staff(&self, login: &str, role: Role, region: &str) -> Who {
        let now = self.app.now();
        let (id, account): (StaffId, AccountId) = (self.app.ids.next(now), self.app.ids.next(now));
        let new = NewStaff {
            login: login.to_owned(),
            password_hash: "none".to_owned(),
            must_change: false,
            name: "工作人员甲".to_owned(),
            org: self.org,
            title: "科员".to_owned(),
            window: None,
            grants: vec![Grant {
                role,
                region: region.to_owned(),
                org: None,
            }],
        };
        let people = self.app.people.clone();
        self.app
            .db
            .write(move |tx| people.create_staff(tx, &new, id, account, now))
            .await
            .expect("added");
        sessions(&self.app, account).await
    }

    pub(crate) async fn get(&self, who: Option<&Who>, path: &str) -> Answer {
        self.send(who, Request::get(path), Body::empty()).await
    }

    async fn send(
        &self,
        who: Option<&Who>,
        mut request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        let api = request
            .uri_ref()
            .is_some_and(|uri| uri.path().starts_with("/api/"));
        if let Some(who) = who {
            request = if api {
                request.header(header::AUTHORIZATION, format!("Bearer {}", who.bearer))
            } else {
                request.header(header::COOKIE, format!("tb_session={}", who.cookie))
            };
        }
        let request = request.body(body).expect("a request");
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        let location = answer
            .headers()
            .get(header::LOCATION)
            .map(|value| value.to_str().expect("ASCII").to_owned())
            .unwrap_or_default();
        let status = answer.status();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        Answer {
            status,
            location,
            body: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        }
    }

    /// A certificate of the county's market regulator.
    pub(crate) async fn issue(
        &self,
        holder: PartyId,
        holder_name: &str,
        years: Option<u16>,
    ) -> Issued {
        let new = NewLicense {
            case_id: next_id(&self.app),
            case_no: "99010220260518200001X".to_owned(),
            type_name: "食品经营许可证".to_owned(),
            item_name: "食品经营许可核发".to_owned(),
            item_id: next_id(&self.app),
            holder,
            holder_name: holder_name.to_owned(),
            issuer: self.org,
            issuer_name: "云川区市场监督管理局".to_owned(),
            issuer_uscc: a_uscc("11990102MB0000001"),
            region: "990102".to_owned(),
            valid_from: self.app.today(),
            valid_years: years,
            at: self.app.now(),
        };
        let people = self.app.people.clone();
        self.app
            .db
            .write(move |tx| license::issue(tx, &people, &new))
            .await
            .expect("issued")
    }

    /// Changes a stored certificate behind the program's back.
    pub(crate) async fn write(&self, sql: &'static str) {
        let done = self
            .app
            .db
            .write(move |tx| tx.exec(sql, &[]).map(drop))
            .await;
        done.unwrap_or_else(|error: store::Error| panic!("{sql}: {error}"));
    }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

async fn an_org(app: &App, key: &str, name: &str, region: &str) -> OrgId {
    let id: OrgId = app.ids.next(app.now());
    let org = Org {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        short_name: "云测".to_owned(),
        uscc: None,
        kind: OrgKind::Agency,
        body: String::new(),
        level: 4,
        region: region.to_owned(),
        parent: None,
        phone: None,
        valid_from: date(2020, 1, 1),
        valid_to: None,
    };
    app.db
        .write(move |tx| people::orgs::create(tx, &org))
        .await
        .expect("added");
    id
}

async fn person(app: &App, login: &str, name: &str, id_number: &str) -> Person {
    let now = app.now();
    let (party, account): (PartyId, AccountId) = (app.ids.next(now), app.ids.next(now));
    let new = NewParty {
        kind: PartyKind::Person,
        name: name.to_owned(),
        id_number: id_number.to_owned(),
        phone: None,
        address: None,
        region: "990102".to_owned(),
        legal_representative: None,
    };
    let opened = NewAccount {
        login: login.to_owned(),
        password_hash: "none".to_owned(),
        kind: AccountKind::Person { party },
        must_change: false,
    };
    let people = app.people.clone();
    app.db
        .write(move |tx| {
            people.register_party(tx, &new, party, now)?;
            people.create_account(tx, &opened, account, now)
        })
        .await
        .expect("registered");
    Person {
        party,
        account,
        who: sessions(app, account).await,
    }
}

/// Two fresh sessions of an account.
pub(crate) async fn sessions(app: &App, account: AccountId) -> Who {
    let (people, now) = (app.people.clone(), app.now());
    app.db
        .write(move |tx| {
            Ok::<_, people::Error>(Who {
                cookie: people.open_session(tx, account, SessionKind::Browser, now)?,
                bearer: people.open_session(tx, account, SessionKind::Bearer, now)?,
            })
        })
        .await
        .expect("signed in")
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
        let name = format!("license_test_{}_{number}", std::process::id());
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

/// An id of the test's own.
pub(crate) fn next_id<T: Id>(app: &App) -> T {
    app.ids.next(app.now())
}

/// A well-formed credit code from its first 17 signs.
pub(crate) fn a_uscc(body: &str) -> String {
    "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .map(|check| format!("{body}{check}"))
        .find(|code| base::codes::Uscc::parse(code).is_ok())
        .expect("one of the check characters fits")
}
