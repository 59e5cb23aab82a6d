//! A server with a database of its own, a clock that stands still, one clerk and one citizen.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use base::crypto::Entropy;
use base::ids::{AccountId, IdSource, OrgId, PartyId, StaffId};
use calendar::Calendar;
use casework::{Grant, Role};
use http_body_util::BodyExt;
use jiff::Timestamp;
use people::{Keys, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, People, SessionKind};
use store::{Db, Migration, Options};
use tower::ServiceExt;

use super::parcel;
use crate::clock::ManualClock;
use crate::{App, Config, Parts, Result, server};

/// 2026-05-21 10:20 in China.
pub(super) const NOW: &str = "2026-05-21T02:20:00Z";

const MIGRATIONS: &[Migration] = &[Migration {
    id: "9000_parcels",
    sql: "CREATE TABLE parcels (no BIGINT NOT NULL PRIMARY KEY, receiver TEXT NOT NULL) STRICT;",
}];

pub(super) struct City {
    pub(super) app: App,
    pub(super) router: Router,
    pub(super) clock: Arc<ManualClock>,
    /// Bearer token of a clerk.
    pub(super) clerk: String,
    /// Cookie of the same clerk's browser.
    pub(super) desk: String,
    /// Cookie of a citizen's browser.
    pub(super) citizen: String,
    /// Cookie of a clerk's browser whose password was given.
    pub(super) newcomer: String,
    _folder: tempfile::TempDir,
}

pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl City {
    pub(super) async fn new() -> City {
        City::with(Config::default()).await
    }

    pub(super) async fn with(config: Config) -> City {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("city.db").display());
        let db = Db::open(Options::parse(&url).expect("an address"))
            .await
            .expect("opens");
        db.migrate(store::MIGRATIONS).await.expect("store");
        db.migrate(people::MIGRATIONS).await.expect("people");
        db.migrate(MIGRATIONS).await.expect("parcels");
        let objects = store::objects::Objects::local(folder.path().join("files")).expect("files");
        let people = People::new(Keys::from_material(b"for tests only"), Entropy::seeded(1));
        let now: Timestamp = NOW.parse().expect("an instant");
        let clock = Arc::new(ManualClock::new(now));
        let ids = IdSource::seeded(1);
        let [clerk, desk, citizen, newcomer] = residents(&db, &people, &ids, now).await;
        let shared: Arc<dyn crate::Clock> = Arc::clone(&clock) as Arc<dyn crate::Clock>;
        let app = App::new(Parts {
            db,
            objects,
            people,
            ids,
            clock: shared,
            calendar: Arc::new(Calendar::builtin()),
            config,
        });
        City {
            router: server(app.clone(), vec![parcel::module(app.clone())]),
            app,
            clock,
            clerk,
            desk,
            citizen,
            newcomer,
            _folder: folder,
        }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Seen {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        Seen {
            status: parts.status,
            headers: parts.headers,
            bytes: bytes.to_vec(),
        }
    }

    /// The answer with its body still open.
    pub(super) async fn open(&self, request: Request<Body>) -> Response {
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails")
    }

    pub(super) async fn get(&self, path: &str) -> Seen {
        self.send(get(path)).await
    }

    /// With the citizen's cookie.
    pub(super) async fn get_as_citizen(&self, path: &str) -> Seen {
        self.send(with(
            get(path),
            "cookie",
            &format!("tb_session={}", self.citizen),
        ))
        .await
    }

    /// With the clerk's token.
    pub(super) fn bearer(&self, request: Request<Body>) -> Request<Body> {
        with(request, "authorization", &format!("Bearer {}", self.clerk))
    }

    pub(super) fn citizen_cookie(&self) -> String {
        format!("tb_session={}", self.citizen)
    }

    pub(super) async fn parcels(&self) -> i64 {
        let count = self
            .app
            .db
            .read(|tx| tx.query_one("SELECT count(*) FROM parcels", &[])?.get(0));
        let count: std::result::Result<i64, store::Error> = count.await;
        count.expect("counted")
    }
}

impl Seen {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII"))
            .unwrap_or_default()
    }

    /// Status, code, and the first pointer of a problem; it must be a proper one.
    pub(super) fn problem(&self) -> (u16, String, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(
            body["type"],
            format!("/problems/{}", body["code"].as_str().expect("a code"))
        );
        let pointer = body["errors"][0]["pointer"].as_str().unwrap_or_default();
        (
            self.status.as_u16(),
            body["code"].as_str().expect("a code").to_owned(),
            pointer.to_owned(),
        )
    }

    /// The value of a hidden field.
    pub(super) fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let at = text
            .find(&format!("name=\"{name}\" value=\""))
            .expect("the field");
        let value = &text[at..];
        let value = &value[value.find("value=\"").expect("a value") + 7..];
        value[..value.find('"').expect("an end")].to_owned()
    }

    /// `name=value` of a cookie that is set.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().expect("ASCII"))
            .find(|value| value.starts_with(&format!("{name}=")))
            .map(|value| value.split(';').next().unwrap_or_default().to_owned())
    }
}

pub(super) fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, "", Body::empty())
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

pub(super) fn form(path: &str, body: &str) -> Request<Body> {
    request(
        Method::POST,
        path,
        "application/x-www-form-urlencoded",
        body.to_owned(),
    )
}

pub(super) fn json(path: &str, key: &str, body: &str) -> Request<Body> {
    let request = request(Method::POST, path, "application/json", body.to_owned());
    with(request, "idempotency-key", key)
}

pub(super) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request
        .headers_mut()
        .append(name, value.parse().expect("a header"));
    request
}

async fn residents(db: &Db, people: &People, ids: &IdSource, now: Timestamp) -> [String; 4] {
    let (org, party): (OrgId, PartyId) = (ids.next(now), ids.next(now));
    let staff: [StaffId; 2] = [ids.next(now), ids.next(now)];
    let accounts: [AccountId; 3] = [ids.next(now), ids.next(now), ids.next(now)];
    let people = people.clone();
    db.write(move |tx| -> Result<[String; 4]> {
        people::orgs::create(tx, &office(org))?;
        for (place, login) in ["clerk.li", "clerk.new"].into_iter().enumerate() {
            let new = NewStaff {
                login: login.to_owned(),
                password_hash: "unused".to_owned(),
                must_change: place == 1,
                name: "李文".to_owned(),
                org,
                title: String::new(),
                window: None,
                grants: vec![Grant {
                    role: Role::WindowClerk,
                    region: "990102".to_owned(),
                    org: None,
                }],
            };
            people.create_staff(tx, &new, staff[place], accounts[place], now)?;
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
        people.register_party(tx, &person, party, now)?;
        let account = NewAccount {
            login: "wang.xm".to_owned(),
            password_hash: "unused".to_owned(),
            kind: people::AccountKind::Person { party },
            must_change: false,
        };
        people.create_account(tx, &account, accounts[2], now)?;
        Ok([
            people.open_session(tx, accounts[0], SessionKind::Bearer, now)?,
            people.open_session(tx, accounts[0], SessionKind::Browser, now)?,
            people.open_session(tx, accounts[2], SessionKind::Browser, now)?,
            people.open_session(tx, accounts[1], SessionKind::Browser, now)?,
        ])
    })
    .await
    .expect("residents")
}

fn office(id: OrgId) -> Org {
    Org {
        id,
        key: "river.hall".to_owned(),
        name: "云川区政务服务中心".to_owned(),
        short_name: "云区政".to_owned(),
        uscc: None,
        kind: OrgKind::Agency,
        body: "hall".to_owned(),
        level: 4,
        region: "990102".to_owned(),
        parent: None,
        phone: None,
        valid_from: jiff::civil::date(2020, 1, 1),
        valid_to: None,
    }
}
