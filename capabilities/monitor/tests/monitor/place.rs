//! A city with open cases, its bodies and its staff, behind the server's front.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::IdSource;
use base::crypto::Entropy;
use base::ids::{AccountId, CaseId, Id, OrgId, StaffId};
use calamine::{Reader as _, Xlsx};
use calendar::{Calendar, ClockTerms, Length, PauseReason, Rule};
use casework::case::Outcome;
use casework::event::{ActorRef, Opened};
use casework::flow::{Flow, Phase, State};
use casework::{Actor, Case, Channel, Context, Event, Fact, Grant, Role, Step};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::civil::date;
use monitor::Words;
use people::{Keys, NewStaff, Org, OrgKind, People, SessionKind};
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
    pub(crate) other_org: OrgId,
    numbers: AtomicU32,
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
    pub(crate) body: String,
}

/// A process with just the states these tests use.
static FLOW: Flow = Flow {
    kind: "approval",
    first: "received",
    states: &[
        State {
            name: "received",
            label: "待受理",
            phase: Phase::Office,
        },
        State {
            name: "done",
            label: "办结",
            phase: Phase::Closed,
        },
    ],
    moves: &[],
};

const WORDS: Words = Words {
    flows: &[&FLOW],
    clock: |_| "承诺办结时限",
};

fn promise(days: u32) -> ClockTerms {
    ClockTerms {
        kind: "promised".to_owned(),
        role: calendar::Role::Promised,
        basis: "承诺办结时限".to_owned(),
        length: Length::working_days(days),
        start_event: "受理".to_owned(),
        rule: Rule::default(),
        pausable: PauseReason::LICENSING.to_vec(),
        extension_max: None,
    }
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
                monitor::MIGRATIONS,
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
        let module = monitor::module(app.clone(), WORDS);
        let router = web::server(app.clone(), vec![module]);
        let org = an_org(&app, "county.market", "云川区市场监督管理局", "990102").await;
        let other_org = an_org(&app, "river.market", "临江区市场监督管理局", "990103").await;
        Place {
            app,
            clock,
            router,
            org,
            other_org,
            numbers: AtomicU32::new(1),
        }
    }

    /// An open case under a promise of `days` working days, received at the clock's instant.
    pub(crate) async fn open_case(&self, org: OrgId, region: &str, days: u32) -> (CaseId, String) {
        let id: CaseId = self.app.ids.next(self.app.now());
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let no = format!("99010220260518200{number:04}X");
        let opened = Opened {
            no: no.clone(),
            kind: "approval".to_owned(),
            state: "received".to_owned(),
            title: "食品经营许可核发".to_owned(),
            region: region.to_owned(),
            org,
            applicant: next_id(&self.app),
            applicant_name: "陈小薇".to_owned(),
            channel: Channel::Web,
        };
        let (now, calendar) = (self.app.now(), self.app.calendar());
        let known = Arc::clone(&calendar);
        let mut step = Step::open(
            Context {
                now,
                calendar: &known,
                actor: &Actor::System,
                expected_version: None,
            },
            id,
            "file",
            opened,
        );
        step.start_clock(promise(days), now);
        let event = step.finish();
        self.app
            .db
            .write(move |tx| cases::open(tx, &calendar, id, &event))
            .await
            .expect("opened");
        (id, no)
    }

    /// Lets facts come true on a case.
    pub(crate) async fn happen(
        &self,
        id: CaseId,
        facts: impl Fn(&Case, Timestamp) -> Vec<Fact> + Send + 'static,
    ) {
        let (now, calendar) = (self.app.now(), self.app.calendar());
        self.app
            .db
            .write(move |tx| {
                cases::execute(tx, &calendar, id, |case| -> Result<Event, cases::Error> {
                    Ok(Event {
                        seq: case.version + 1,
                        at: now,
                        actor: ActorRef::from(&Actor::System),
                        command: "happen".to_owned(),
                        remark: String::new(),
                        facts: facts(case, now),
                    })
                })
            })
            .await
            .expect("recorded");
    }

    /// The clock stands still from now on.
    pub(crate) async fn hold(&self, id: CaseId) {
        self.happen(id, |case, now| {
            let mut clock = case.clock("promised").expect("started").clone();
            clock
                .pause(
                    now,
                    PauseReason::Hearing,
                    "望市监听〔2026〕1号",
                    Length::working_days(10),
                )
                .expect("it runs");
            vec![Fact::ClockPaused { clock }]
        })
        .await;
    }

    pub(crate) async fn close(&self, id: CaseId) {
        self.happen(id, |case, now| {
            let id = case.clock("promised").expect("started").id;
            vec![
                Fact::Moved {
                    to: "done".to_owned(),
                },
                Fact::ClockClosed {
                    id,
                    at: now,
                    judged: None,
                },
                Fact::Closed,
            ]
        })
        .await;
    }

    pub(crate) async fn accept(&self, id: CaseId) {
        self.happen(id, |_, _| {
            vec![Fact::Moved {
                to: "accepted".to_owned(),
            }]
        })
        .await;
    }

    /// Granted, and the promise ends.
    pub(crate) async fn decide(&self, id: CaseId) {
        self.happen(id, |case, now| {
            let clock = case.clock("promised").expect("started").id;
            let outcome = Outcome {
                code: "granted".to_owned(),
                reason: String::new(),
                legal_basis: String::new(),
                by: ActorRef::from(&Actor::System),
                at: now,
            };
            vec![
                Fact::Decided { outcome },
                Fact::ClockClosed {
                    id: clock,
                    at: now,
                    judged: None,
                },
            ]
        })
        .await;
    }

    /// Delivered after a decision.
    pub(crate) async fn deliver(&self, id: CaseId) {
        self.happen(id, |_, _| {
            vec![
                Fact::Moved {
                    to: "done".to_owned(),
                },
                Fact::Closed,
            ]
        })
        .await;
    }

    /// Another body becomes responsible.
    pub(crate) async fn hand(&self, id: CaseId, org: OrgId, region: &str) {
        let region = region.to_owned();
        self.happen(id, move |_, _| {
            vec![Fact::Handed {
                org,
                region: region.clone(),
            }]
        })
        .await;
    }

    /// Everything recorded so far is counted.
    pub(crate) async fn count(&self) {
        monitor::figures::follow::catch_up(&self.app.db, &self.app.calendar())
            .await
            .expect("counted");
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

    /// A spreadsheet's first sheet as texts.
    pub(crate) async fn sheet(&self, who: &Who, path: &str) -> Vec<Vec<String>> {
        let request = Request::get(path)
            .header(header::COOKIE, format!("tb_session={}", who.cookie))
            .body(Body::empty())
            .expect("a request");
        let answer = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        assert_eq!(answer.status(), StatusCode::OK);
        let bytes = answer
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        let mut book = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a spreadsheet");
        let sheet = book
            .worksheet_range_at(0)
            .expect("a sheet")
            .expect("readable");
        sheet
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect()
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
        let status = answer.status();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .expect("a whole body")
            .to_bytes();
        Answer {
            status,
            body: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        }
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
        let name = format!("monitor_test_{}_{number}", std::process::id());
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
