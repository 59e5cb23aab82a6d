//! A small city with one administrator, behind the server's front.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use base::IdSource;
use base::crypto::Entropy;
use base::ids::{AccountId, OrgId, StaffId};
use casework::{Grant, Role};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::civil::date;
use people::{Error, Keys, NewStaff, Org, OrgKind, People, SessionKind, orgs, regions};
use store::objects::Objects;
use store::{Db, Engine, Options, Tx};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::{App, Config, ManualClock, Parts};

/// What a test is given.
pub(crate) struct Place {
    pub(crate) app: App,
    router: axum::Router,
    /// 云川市政务服务管理局, where the administrator works.
    pub(crate) office: OrgId,
    /// Session token of the administrator of 云川市.
    pub(crate) admin: String,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
}

/// Monday, 18 May 2026, nine o'clock in China.
pub(crate) fn nine() -> Timestamp {
    "2026-05-18T01:00:00Z".parse().expect("an instant")
}

const REGIONS: &str = "code,name\n990000,云岭省\n990100,云川市\n990102,云川区\n990103,临江区\n990102001,滨江街道\n\
                       990200,云西市\n";

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
        None => format!("sqlite:{}", folder.path().join("hall.db").display()),
        Some(database) => database.url(),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut options = Options::parse(&url).expect("an address");
            options.connections = 4;
            options.readers = 2;
            let db = Db::open(options).await.expect("the database opens");
            for migrations in [store::MIGRATIONS, people::MIGRATIONS, hall::MIGRATIONS] {
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
        let app = App::new(Parts {
            db,
            objects,
            people: People::new(
                Keys::from_material(b"material for tests only"),
                Entropy::seeded(7),
            ),
            ids: IdSource::seeded(7),
            clock: Arc::new(ManualClock::new(nine())),
            calendar: Arc::new(calendar::Calendar::builtin()),
            config: Config {
                place: "云川市政务服务".to_owned(),
                access_log: false,
                ..Config::default()
            },
        });
        let router = web::server(app.clone(), vec![hall::module(app.clone())]);
        let mut place = Place {
            office: app.ids.next(nine()),
            router,
            app,
            admin: String::new(),
        };
        place
            .write(|tx| {
                regions::import(tx, REGIONS.as_bytes(), false, date(2026, 5, 18)).map(|report| {
                    assert!(report.errors.is_empty(), "{report:?}");
                })
            })
            .await;
        let office = an_org(
            place.office,
            "city.approval",
            "云川市政务服务管理局",
            "990100",
        );
        place.write(move |tx| orgs::create(tx, &office)).await;
        place.admin = place
            .staff("admin", "系统管理员甲", Role::Administrator, "990100")
            .await
            .1;
        place
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        body: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.app.db.write(body).await.expect("written")
    }

    /// A member of staff of the office with one role, and a session of theirs.
    pub(crate) async fn staff(
        &self,
        login: &str,
        name: &str,
        role: Role,
        region: &str,
    ) -> (StaffId, String) {
        let (id, account): (StaffId, AccountId) =
            (self.app.ids.next(nine()), self.app.ids.next(nine()));
        let new = NewStaff {
            login: login.to_owned(),
            password_hash: "none".to_owned(),
            must_change: false,
            name: name.to_owned(),
            org: self.office,
            title: "科员".to_owned(),
            window: None,
            grants: vec![Grant {
                role,
                region: region.to_owned(),
                org: None,
            }],
        };
        let people = self.app.people.clone();
        let token = self
            .write(move |tx| {
                people.create_staff(tx, &new, id, account, nine())?;
                people.open_session(tx, account, SessionKind::Browser, nine())
            })
            .await;
        (id, token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.admin, path).await
    }

    /// `who`: a session token; empty for an anonymous visitor.
    pub(crate) async fn get_as(&self, who: &str, path: &str) -> Answer {
        self.send(who, Request::get(path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(&self.admin, path, form).await
    }

    /// Sends a form with a token taken from a page of this visitor.
    pub(crate) async fn post_as(&self, who: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf(who).await;
        let mut body = format!("csrf={csrf}");
        for (name, value) in form {
            body.push('&');
            encode(&mut body, name);
            body.push('=');
            encode(&mut body, value);
        }
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(who, request, Body::from(body)).await
    }

    /// Sends a file as the form of the import page does.
    pub(crate) async fn upload(&self, path: &str, name: &str, content: &[u8]) -> Answer {
        let csrf = self.csrf(&self.admin).await;
        let mut body =
            format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n")
                .into_bytes();
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(content);
        body.extend(b"\r\n--x--\r\n");
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(&self.admin, request, Body::from(body)).await
    }

    /// The form token of a page with a form.
    async fn csrf(&self, who: &str) -> String {
        let page = self.get_as(who, "/halls").await.body;
        let from = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or("");
        from.split('"').next().unwrap_or("").to_owned()
    }

    async fn send(
        &self,
        who: &str,
        mut request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        if !who.is_empty() {
            request = request.header(header::COOKIE, format!("tb_session={who}"));
        }
        let mut request = request.body(body).expect("a request");
        let address: SocketAddr = "192.0.2.1:4000".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(address));
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let status = response.status();
        let location = response
            .headers()
            .get(header::LOCATION)
            .map(|value| value.to_str().expect("ASCII").to_owned())
            .unwrap_or_default();
        let bytes = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        Answer {
            status,
            location,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

fn an_org(id: OrgId, key: &str, name: &str, region: &str) -> Org {
    Org {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        short_name: "云测".to_owned(),
        uscc: None,
        kind: OrgKind::Agency,
        body: String::new(),
        level: 3,
        region: region.to_owned(),
        parent: None,
        phone: None,
        valid_from: date(2020, 1, 1),
        valid_to: None,
    }
}

impl Answer {
    /// The page, which must be a good one.
    pub(crate) fn page(self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", text_of(&self.body));
        self.body
    }

    /// Where a form led to.
    pub(crate) fn goes_to(self) -> String {
        assert_eq!(
            self.status,
            StatusCode::SEE_OTHER,
            "{}",
            text_of(&self.body)
        );
        self.location
    }

    /// The page of a form that was refused: its text holds the message, and its title says that it is one.
    pub(crate) fn refused_with(self, message: &str) -> String {
        assert_eq!(
            self.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            text_of(&self.body)
        );
        assert!(self.body.contains("<title>错误："), "the title says it");
        assert!(
            self.body.contains(message),
            "{message} in {}",
            text_of(&self.body)
        );
        self.body
    }
}

/// The words of a page without its tags.
fn text_of(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn encode(body: &mut String, text: &str) {
    for byte in text.bytes() {
        write!(body, "%{byte:02X}").expect("a String takes everything");
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
        let name = format!("hall_test_{}_{number}", std::process::id());
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
