//! A database with the organisations of the demo city, a server before it, an administrator, a clerk and a citizen.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base::crypto::Entropy;
use base::ids::{AccountId, IdSource, OrgId, PartyId, StaffId};
use calendar::Calendar;
use casework::{Actor, Grant, Role};
use http_body_util::BodyExt;
use jiff::Timestamp;
use people::{Keys, NewAccount, NewParty, NewStaff, PartyKind, People, SessionKind};
use store::{Db, Engine, Options};
use tower::ServiceExt;
use web::{App, Config, ManualClock, Parts};

use crate::Catalog;
use crate::app::{import, materials};
use crate::import::bodies::{Bodies, Body as Named};
use crate::import::{self as files, Parsed};
use crate::library;
use crate::store as records;
use crate::surroundings::{HallNow, Matter, Soon, Surroundings};

pub(super) const DEMO: &str = include_str!("../../../../data/items/demo_items.json");
const CITY: &str = include_str!("../../../../data/demo/city.json");

/// Declares tests once for each engine.
macro_rules! on_both {
    (records: $($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                $crate::tests::world::run(store::Engine::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::tests::world::run(store::Engine::Postgres, super::$name);
            }
        })+
    };
    (doors: $($name:ident),+ $(,)?) => {
        $(mod $name {
            use $crate::tests::world::{Served, run};

            #[test]
            fn sqlite() {
                run(store::Engine::Sqlite, async |world| super::$name(Served::of(world).await).await);
            }

            #[test]
            fn postgres() {
                run(store::Engine::Postgres, async |world| super::$name(Served::of(world).await).await);
            }
        })+
    };
}
pub(super) use on_both;

/// Runs a test on a fresh city; does nothing where the engine is not there: SQLite always is, PostgreSQL where
/// `TONGBAN_TEST_POSTGRES` names a server.
pub(super) fn run(engine: Engine, body: impl AsyncFnOnce(World)) {
    let home = tempfile::tempdir().expect("a directory");
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
        None => format!("sqlite:{}", home.path().join("t.db").display()),
        Some(database) => database.url(),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut options = Options::parse(&url).expect("an address");
            options.connections = 4;
            options.readers = 2;
            let db = Db::open(options).await.expect("opens");
            body(World::of(db.clone(), home).await).await;
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
        let name = format!("catalog_test_{}_{number}", std::process::id());
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

/// A database with the organisations of the demo city.
pub(super) struct World {
    pub(super) db: Db,
    pub(super) ids: Arc<IdSource>,
    pub(super) bodies: Bodies,
    pub(super) admin: Actor,
    home: tempfile::TempDir,
}

pub(super) fn now() -> Timestamp {
    "2026-05-11T02:20:00Z".parse().expect("an instant")
}

pub(super) fn later() -> Timestamp {
    "2026-05-12T02:20:00Z".parse().expect("an instant")
}

pub(super) fn staff(grants: Vec<Grant>) -> Actor {
    let ids = IdSource::seeded(9);
    Actor::Staff(casework::actor::Staff {
        account: ids.next::<AccountId>(now()),
        staff: ids.next::<StaffId>(now()),
        name: "周敏".into(),
        org: ids.next::<OrgId>(now()),
        grants,
        stands_in_for: Vec::new(),
    })
}

pub(super) fn administrator(region: &str) -> Actor {
    staff(vec![Grant {
        role: Role::Administrator,
        region: region.into(),
        org: None,
    }])
}

impl World {
    async fn of(db: Db, home: tempfile::TempDir) -> World {
        for migrations in [
            store::MIGRATIONS,
            people::MIGRATIONS,
            cases::MIGRATIONS,
            crate::MIGRATIONS,
        ] {
            db.migrate(migrations).await.expect("the tables");
        }
        let ids = Arc::new(IdSource::seeded(1));
        let bodies = add_city(&db, &ids).await;
        World {
            db,
            ids,
            bodies,
            admin: administrator("990100"),
            home,
        }
    }

    pub(super) async fn import(
        &self,
        parsed: Parsed,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<records::Done, import::Error> {
        let ids = import::ids(&self.ids, at, &parsed);
        let actor = actor.clone();
        self.db
            .write(move |tx| import::apply(tx, &parsed, &ids, false, at, &actor))
            .await
    }

    pub(super) async fn demo(&self) -> Catalog {
        let parsed = files::read(DEMO.as_bytes(), &self.bodies).expect("reads");
        self.import(parsed, now(), &self.admin)
            .await
            .expect("imports");
        self.db
            .write(|tx| materials::install(tx, library::shipped(), "系统", now()))
            .await
            .expect("installs");
        Catalog::open(self.db.clone()).await.expect("opens")
    }

    /// Items in the database.
    pub(super) async fn count(&self) -> usize {
        let count = self
            .db
            .read(|tx| records::count_items(tx, &records::Filter::default()))
            .await;
        usize::try_from(count.expect("counts")).expect("not negative")
    }

    pub(super) fn read(&self, content: &str) -> Parsed {
        files::read(content.as_bytes(), &self.bodies).expect("reads")
    }
}

/// Adds the organisations of the demo city.
async fn add_city(db: &Db, ids: &Arc<IdSource>) -> Bodies {
    let city: serde_json::Value = serde_json::from_str(CITY).expect("the city is JSON");
    let mut bodies = Bodies::default();
    let mut orgs = Vec::new();
    for org in city["organisations"].as_array().expect("a list") {
        let text = |key: &str| org[key].as_str().unwrap_or_default().to_owned();
        let id: OrgId = ids.next(now());
        bodies.add(&Named {
            id,
            key: &text("key"),
            name: &text("name"),
            short_name: &text("short_name"),
            uscc: &text("uscc"),
            region: &text("region"),
        });
        orgs.push(people::Org {
            id,
            key: text("key"),
            name: text("name"),
            short_name: text("short_name"),
            uscc: Some(text("uscc")).filter(|uscc| !uscc.is_empty()),
            kind: people::OrgKind::Agency,
            body: text("body"),
            level: org["level"]
                .as_u64()
                .and_then(|level| u8::try_from(level).ok())
                .unwrap_or(4),
            region: text("region"),
            parent: None,
            phone: None,
            valid_from: "2020-01-01".parse().expect("a date"),
            valid_to: None,
        });
    }
    let regions: Vec<String> = city["regions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|region| {
            let text = |key: &str| region[key].as_str().unwrap_or_default();
            [text("code"), text("name"), text("level"), text("parent")].join(",")
        })
        .collect();
    let csv = format!("code,name,level,parent_code\n{}\n", regions.join("\n"));
    db.write(move |tx| {
        let report = people::regions::import(
            tx,
            csv.as_bytes(),
            false,
            "2020-01-01".parse().expect("a date"),
        )?;
        assert_eq!(report.errors, []);
        for org in &orgs {
            people::orgs::create(tx, org)?;
        }
        Ok::<_, people::Error>(())
    })
    .await
    .expect("adds the city");
    bodies
}

/// The city with its doors open.
pub(super) struct Served {
    pub(super) world: World,
    pub(super) catalog: Catalog,
    pub(super) router: Router,
    /// Cookies of browsers.
    pub(super) admin: String,
    pub(super) clerk: String,
    pub(super) citizen: String,
    /// Tokens of programs.
    pub(super) admin_token: String,
    pub(super) clerk_token: String,
}

pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Served {
    /// With the demo items published.
    pub(super) async fn of(world: World) -> Served {
        let catalog = world.demo().await;
        let people = People::new(Keys::from_material(b"for tests only"), Entropy::seeded(1));
        let [admin, clerk, citizen, admin_token, clerk_token] = residents(&world, &people).await;
        let app = App::new(Parts {
            db: world.db.clone(),
            objects: store::objects::Objects::local(world.home.path().join("files"))
                .expect("files"),
            people,
            ids: IdSource::seeded(77),
            clock: Arc::new(ManualClock::new(now())),
            calendar: Arc::new(Calendar::builtin()),
            config: Config {
                place: "云川市政务服务".to_owned(),
                region: "990100".to_owned(),
                ..Config::default()
            },
        });
        let router = web::server(
            app.clone(),
            vec![crate::module(app, catalog.clone(), Arc::new(Neighbour))],
        );
        Served {
            world,
            catalog,
            router,
            admin,
            clerk,
            citizen,
            admin_token,
            clerk_token,
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Seen {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .expect("a whole body")
            .to_bytes()
            .to_vec();
        Seen {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Seen {
        self.send(request(Method::GET, path, "", "")).await
    }

    pub(super) async fn get_as(&self, cookie: &str, path: &str) -> Seen {
        self.send(with(request(Method::GET, path, "", ""), "cookie", cookie))
            .await
    }

    /// Sends a form as the administrator.
    pub(super) async fn post(&self, path: &str, body: &str) -> Seen {
        let form = request(
            Method::POST,
            path,
            "application/x-www-form-urlencoded",
            body.to_owned(),
        );
        self.send(with(form, "cookie", &self.admin)).await
    }
}

impl Seen {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII"))
            .unwrap_or_default()
    }

    /// The value of a hidden field.
    pub(super) fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let mark = format!("name=\"{name}\" value=\"");
        let at = text.find(&mark).expect("the field") + mark.len();
        let rest = &text[at..];
        rest[..rest.find('"').expect("an end")].to_owned()
    }
}

pub(super) fn request(
    method: Method,
    path: &str,
    media_type: &str,
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("an address");
    if media_type.is_empty() {
        request
    } else {
        with(request, "content-type", media_type)
    }
}

pub(super) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request
        .headers_mut()
        .append(name, value.parse().expect("a header"));
    request
}

/// A multipart form: name, file name, content.
pub(super) fn multipart(path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        body.extend_from_slice(b"--edge\r\n");
        let file_name = file_name.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!("content-disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    request(
        Method::POST,
        path,
        "multipart/form-data; boundary=edge",
        body,
    )
}

async fn residents(world: &World, people: &People) -> [String; 5] {
    let people = people.clone();
    let org = world
        .db
        .read(|tx| people::orgs::by_key(tx, "990102.civil"))
        .await
        .expect("reads")
        .expect("the office")
        .id;
    let ids = &world.ids;
    let (party, staff): (PartyId, [StaffId; 2]) =
        (ids.next(now()), [ids.next(now()), ids.next(now())]);
    let accounts: [AccountId; 3] = [ids.next(now()), ids.next(now()), ids.next(now())];
    world
        .db
        .write(move |tx| -> web::Result<[String; 5]> {
            let roles = [
                ("admin.zhou", "周敏", Role::Administrator, "990100"),
                ("clerk.li", "李文", Role::WindowClerk, "990102"),
            ];
            for (place, (login, name, role, region)) in roles.into_iter().enumerate() {
                let new = NewStaff {
                    login: login.to_owned(),
                    password_hash: "unused".to_owned(),
                    must_change: false,
                    name: name.to_owned(),
                    org,
                    title: String::new(),
                    window: None,
                    grants: vec![Grant {
                        role,
                        region: region.to_owned(),
                        org: None,
                    }],
                };
                people.create_staff(tx, &new, staff[place], accounts[place], now())?;
            }
            let person = NewParty {
                kind: PartyKind::Person,
                name: "王小明".to_owned(),
                id_number: "990102199003070011".to_owned(),
                phone: None,
                address: None,
                region: "990102".to_owned(),
                legal_representative: None,
            };
            people.register_party(tx, &person, party, now())?;
            let account = NewAccount {
                login: "wang.xm".to_owned(),
                password_hash: "unused".to_owned(),
                kind: people::AccountKind::Person { party },
                must_change: false,
            };
            people.create_account(tx, &account, accounts[2], now())?;
            let mut open = |account, kind| people.open_session(tx, account, kind, now());
            Ok([
                format!("tb_session={}", open(accounts[0], SessionKind::Browser)?),
                format!("tb_session={}", open(accounts[1], SessionKind::Browser)?),
                format!("tb_session={}", open(accounts[2], SessionKind::Browser)?),
                format!("Bearer {}", open(accounts[0], SessionKind::Bearer)?),
                format!("Bearer {}", open(accounts[1], SessionKind::Bearer)?),
            ])
        })
        .await
        .expect("residents")
}

/// One hall that is open, and nobody's matters.
struct Neighbour;

impl Surroundings for Neighbour {
    fn halls(&self, _: ui::Lang) -> Soon<'_, Vec<HallNow>> {
        let hall = HallNow {
            href: "/halls/1".to_owned(),
            name: "云川区政务服务中心".to_owned(),
            address: "文峰街31号".to_owned(),
            phone: "0990-86202100".to_owned(),
            region: "990102".to_owned(),
            main: true,
            light: "ok",
            words: "开放中，17:00关门".to_owned(),
            orgs: Vec::new(),
        };
        Box::pin(async { Ok(vec![hall]) })
    }

    fn matters<'a>(&'a self, _: &'a web::Visit) -> Soon<'a, Vec<Matter>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
