//! A city with cases to be rated, its people and its staff, behind the server's front.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::IdSource;
use base::crypto::Entropy;
use base::ids::{AccountId, CaseId, Id, OrgId, PartyId, StaffId};
use calendar::Calendar;
use casework::event::{ActorRef, Opened};
use casework::{Actor, Channel, Context, Event, Fact, Grant, Role, Step};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::civil::date;
use people::{
    AccountKind, Keys, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, People, SessionKind,
};
use store::objects::Objects;
use store::{Db, Engine, Options, Tx};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::{App, Config, ManualClock, Parts};

/// What a test is given.
pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    router: axum::Router,
    pub(crate) org: OrgId,
    pub(crate) other_org: OrgId,
    pub(crate) citizen: Person,
    pub(crate) stranger: Person,
    numbers: AtomicU32,
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
            for migrations in [
                store::MIGRATIONS,
                people::MIGRATIONS,
                cases::MIGRATIONS,
                rating::MIGRATIONS,
            ] {
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
        let module = rating::module(app.clone(), rating::Settings::default());
        let router = web::server(app.clone(), vec![module]);
        let org = an_org(&app, "county.market", "云川区市场监督管理局", "990102").await;
        let other_org = an_org(&app, "river.market", "临江区市场监督管理局", "990103").await;
        let citizen = person(&app, "chen", "陈小薇", "99010219920308002X").await;
        let stranger = person(&app, "lin", "林建国", "990102199003070011").await;
        Place {
            app,
            clock,
            router,
            org,
            other_org,
            citizen,
            stranger,
            numbers: AtomicU32::new(1),
        }
    }

    /// A case of the citizen, still open.
    pub(crate) async fn open_case(&self, org: OrgId, region: &str) -> CaseId {
        self.open_case_of(self.citizen.party, org, region).await
    }

    pub(crate) async fn open_case_of(
        &self,
        applicant: PartyId,
        org: OrgId,
        region: &str,
    ) -> CaseId {
        let id: CaseId = self.app.ids.next(self.app.now());
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let opened = Opened {
            no: format!("99010220260518200{number:04}X"),
            kind: "approval".to_owned(),
            state: "received".to_owned(),
            title: "食品经营许可核发".to_owned(),
            region: region.to_owned(),
            org,
            applicant,
            applicant_name: "陈小薇".to_owned(),
            channel: Channel::Web,
        };
        let (now, calendar) = (self.app.now(), self.app.calendar());
        let known = Arc::clone(&calendar);
        let event = Step::open(
            Context {
                now,
                calendar: &known,
                actor: &Actor::System,
                expected_version: None,
            },
            id,
            "file",
            opened,
        )
        .finish();
        self.app
            .db
            .write(move |tx| cases::open(tx, &calendar, id, &event))
            .await
            .expect("opened");
        id
    }

    /// Closes a case at the clock's instant.
    pub(crate) async fn close_case(&self, id: CaseId) {
        let (now, calendar) = (self.app.now(), self.app.calendar());
        self.app
            .db
            .write(move |tx| {
                cases::execute(tx, &calendar, id, |case| -> Result<Event, cases::Error> {
                    Ok(Event {
                        seq: case.version + 1,
                        at: now,
                        actor: ActorRef::from(&Actor::System),
                        command: "close".to_owned(),
                        remark: String::new(),
                        facts: vec![
                            Fact::Moved {
                                to: "done".to_owned(),
                            },
                            Fact::Closed,
                        ],
                    })
                })
            })
            .await
            .expect("closed");
    }

    /// A case of the citizen, closed just now.
    pub(crate) async fn closed_case(&self) -> CaseId {
        let id = self.open_case(self.org, "990102").await;
        self.close_case(id).await;
        id
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

    /// Lets a person's sessions act for somebody from now on.
    pub(crate) async fn act_for(&self, person: &Person, principal: PartyId) {
        let (people, now, who) = (self.app.people.clone(), self.app.now(), person.who.clone());
        self.app
            .db
            .write(move |tx| {
                for token in [&who.cookie, &who.bearer] {
                    let session = people.session(tx, token, now)?.expect("signed in");
                    people.act_for(tx, &session, Some(principal), now)?;
                }
                Ok::<_, people::Error>(())
            })
            .await
            .expect("acting");
    }

    pub(crate) async fn get(&self, who: Option<&Who>, path: &str) -> Answer {
        self.send(who, Request::get(path), Body::empty()).await
    }

    /// Rates by the API with a key of its own for each distinct body and case.
    pub(crate) async fn rate(&self, who: &Who, case: CaseId, body: &str) -> Answer {
        let key = base::crypto::to_hex(&base::crypto::sm3(body.as_bytes())[..8]);
        self.rate_keyed(who, case, &format!("{case}{key}")[..48], body)
            .await
    }

    pub(crate) async fn rate_keyed(
        &self,
        who: &Who,
        case: CaseId,
        key: &str,
        body: &str,
    ) -> Answer {
        let request = Request::post(format!("/api/v1/cases/{case}/rating"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.send(Some(who), request, Body::from(body.to_owned()))
            .await
    }

    /// Sends a form with the hidden fields of the page at `path`.
    pub(crate) async fn post(&self, who: &Who, path: &str, fields: &str) -> Answer {
        let page = self.get(Some(who), path).await;
        let (csrf, key) = (page.hidden("csrf"), page.hidden("request_key"));
        let body = format!("csrf={csrf}&request_key={key}&{fields}");
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(Some(who), request, Body::from(body)).await
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

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.app
            .db
            .read(move |tx| tx.query_one(sql, &[])?.get(0))
            .await
            .unwrap_or_else(|error: store::Error| panic!("{sql}: {error}"))
    }

    pub(crate) async fn write(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<(), store::Error> + Send + 'static,
    ) {
        self.app.db.write(body).await.expect("written");
    }
}

impl Answer {
    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self
            .body
            .find(&mark)
            .unwrap_or_else(|| panic!("no {name}: {}", self.body));
        let value = &self.body[at + mark.len()..];
        value[..value.find('"').expect("an end")].to_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Status and code of a problem of the API.
    pub(crate) fn problem(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code)
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
        let name = format!("rating_test_{}_{number}", std::process::id());
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
