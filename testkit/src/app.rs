//! A platform in this process, on a fresh database.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use base::IdSource;
use base::crypto::Entropy;
use bytes::Bytes;
use calendar::Calendar;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use people::{Keys, SessionKind};
use server::{Ground, Platform};
use store::{Db, Engine, Tx};
use tower::ServiceExt as _;
use web::{Clock as _, ManualClock};

use crate::{Browser, Place, Program, Town, town};

/// Thursday, 21 May 2026, 10:20 in China.
pub(crate) const NOW: &str = "2026-05-21T02:20:00Z";

/// A platform with its town. Clones are the same platform.
#[derive(Clone)]
pub struct TestApp {
    pub platform: Platform,
    pub clock: Arc<ManualClock>,
    pub town: Arc<Town>,
    router: Router,
    engine: Engine,
    folder: PathBuf,
    url: String,
}

/// An answer of the platform with its whole body.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl TestApp {
    /// A platform with its town on an empty place.
    ///
    /// # Panics
    /// When it cannot be put together.
    pub async fn on(place: &Place) -> TestApp {
        let (platform, clock) = platform(place).await;
        let town = town::build(&platform).await;
        TestApp {
            router: platform.router(),
            platform,
            clock,
            town: Arc::new(town),
            engine: place.engine(),
            folder: place.folder().to_owned(),
            url: place.url(),
        }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub fn db(&self) -> &Db {
        &self.platform.app.db
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn now(&self) -> Timestamp {
        self.platform.app.now()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the clock: `2026-05-22T09:00:00+08:00`.
    ///
    /// # Panics
    /// When that is no instant.
    pub fn set_clock(&self, at: &str) {
        self.clock.set(at.parse().expect("an instant"));
    }

    /// A visitor who is not signed in.
    pub fn visitor(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// The browser of somebody who is signed in.
    pub async fn browser(&self, login: &str) -> Browser {
        let token = self.session(login, SessionKind::Browser).await;
        Browser::new(self.clone()).with_cookie("tb_session", &token)
    }

    /// A program with somebody's token.
    pub async fn program(&self, login: &str) -> Program {
        let token = self.session(login, SessionKind::Bearer).await;
        Program::new(self.clone(), Some(token))
    }

    /// A program without a token.
    pub fn stranger(&self) -> Program {
        Program::new(self.clone(), None)
    }

    /// Opens a session as if the password had been given; [`Browser::sign_in`] goes through the page.
    async fn session(&self, login: &str, kind: SessionKind) -> String {
        let (people, login, now) = (
            self.platform.app.people.clone(),
            login.to_owned(),
            self.now(),
        );
        self.platform
            .app
            .db
            .write(move |tx| -> Result<String, people::Error> {
                let account = people
                    .account_by_login(tx, &login)?
                    .ok_or(people::Error::NotFound("account"))?;
                people.open_session(tx, account.id, kind, now)
            })
            .await
            .expect("the town knows this login")
    }

    /// Sends a request as if it came from `address`.
    pub(crate) async fn send(&self, mut request: Request<Body>, address: SocketAddr) -> Raw {
        request.extensions_mut().insert(ConnectInfo(address));
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        let (parts, body) = response.into_parts();
        // A live stream has no end to wait for.
        let live = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let body = if live {
            Bytes::new()
        } else {
            body.collect().await.expect("a whole body").to_bytes()
        };
        Raw {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Reads rows, for looking behind the doors.
    pub async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, store::Error> + Send + 'static,
    ) -> T {
        self.db().read(body).await.expect("the rows are read")
    }

    /// What verification says after a change behind everybody's back; the change is taken back afterwards.
    ///
    /// # Panics
    /// When the change does not work: it would prove nothing.
    pub async fn tampered(
        &self,
        change: impl Fn(&mut Tx<'_>) -> Result<(), store::Error> + Send + 'static,
    ) -> Result<cases::verify::Counts, String> {
        self.db()
            .sequence_now()
            .await
            .expect("the feed is numbered");
        let outcome = self
            .db()
            .write(move |tx| -> Result<(), Undone> {
                change(tx)?;
                let calendar = cases::calendars::in_force(tx).expect("the calendar");
                let outcome = cases::verify::run(tx, &calendar).expect("the rows are read");
                let ratings = rating::verify(tx).expect("the ratings are read");
                let said = outcome.map_err(|difference| difference.to_string());
                Err(Undone::Said(match ratings {
                    Err(difference) if said.is_ok() => Err(difference.to_string()),
                    _ => said,
                }))
            })
            .await;
        match outcome {
            Err(Undone::Said(said)) => said,
            Err(Undone::Store(error)) => panic!("the change does not work: {error}"),
            Ok(()) => unreachable!("the transaction always ends with an error"),
        }
    }

    /// Rows of every table: what must not change when a request is refused.
    pub async fn counts(&self) -> Vec<(String, i64)> {
        self.db()
            .sequence_now()
            .await
            .expect("the feed is numbered");
        self.read(|tx| {
            let mut counts = Vec::new();
            for table in tables(tx)? {
                let count: i64 = tx
                    .query_one(&format!("SELECT count(*) FROM {table}"), &[])?
                    .get(0)?;
                counts.push((table, count));
            }
            Ok(counts)
        })
        .await
    }

    /// Compares every trail and rating with the stored rows, as `tongban verify` does: counts, or the first
    /// difference.
    pub async fn verify(&self) -> Result<cases::verify::Counts, String> {
        self.db()
            .sequence_now()
            .await
            .expect("the feed is numbered");
        let outcome = self
            .db()
            .read(|tx| {
                let calendar = cases::calendars::in_force(tx)?;
                cases::verify::run(tx, &calendar)
            })
            .await
            .expect("the rows are read");
        let ratings = self
            .db()
            .read(rating::verify)
            .await
            .expect("the ratings are read");
        let counts = outcome.map_err(|difference| difference.to_string())?;
        ratings.map_err(|difference| difference.to_string())?;
        Ok(counts)
    }

    /// Closes the database.
    pub async fn close(self) {
        self.db().clone().close().await;
    }
}

/// The way out of a transaction that must leave nothing behind.
enum Undone {
    Said(Result<cases::verify::Counts, String>),
    Store(store::Error),
}

impl From<store::Error> for Undone {
    fn from(error: store::Error) -> Undone {
        Undone::Store(error)
    }
}

impl store::Retry for Undone {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Undone::Said(_) => None,
            Undone::Store(error) => Some(error),
        }
    }
}

fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, store::Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Engine::Postgres => {
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        }
    };
    tx.query(sql, &[])?.iter().map(|row| row.get(0)).collect()
}

/// A platform without a town.
async fn platform(place: &Place) -> (Platform, Arc<ManualClock>) {
    let db = Db::open(place.options()).await.expect("the database opens");
    db.migrate(&server::migrations())
        .await
        .expect("the tables are made");
    let clock = Arc::new(ManualClock::new(NOW.parse().expect("an instant")));
    let now = clock.now();
    db.write(move |tx| cases::calendars::adopt(tx, now))
        .await
        .expect("the calendar is recorded");
    let ground = Ground {
        db,
        objects: store::objects::Objects::local(place.folder().join("files"))
            .expect("a folder for files"),
        keys: Keys::from_material(b"for tests only"),
        entropy: Entropy::seeded(1),
        ids: IdSource::seeded(1),
        clock: Arc::clone(&clock) as Arc<dyn web::Clock>,
        calendar: Arc::new(Calendar::builtin()),
        web: web::Config {
            place: "云川市政务服务".to_owned(),
            host: "云川市人民政府办公室".to_owned(),
            operator: "云川市行政审批服务管理局".to_owned(),
            region: "990100".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            access_log: false,
            ..web::Config::default()
        },
    };
    let platform = Platform::new(ground)
        .await
        .expect("the platform is put together");
    (platform, clock)
}
