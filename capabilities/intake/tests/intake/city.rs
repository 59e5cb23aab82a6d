//! A small city: two items, a citizen with an enterprise, another citizen, a clerk and an approver.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base::crypto::Entropy;
use base::ids::{AccountId, CaseId, IdSource, ItemId, OrgId, PartyId, StaffId, VersionId};
use calendar::Calendar;
use casework::{Actor, Grant, Role};
use catalog::Catalog;
use catalog::model::Item;
use catalog::store::{NewVersion, Publisher};
use http_body_util::BodyExt;
use intake::Intake;
use jiff::Timestamp;
use people::{
    AccountKind, Keys, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, People, Proxy,
    ProxyItems, ProxyScope, SessionKind,
};
use serde_json::json;
use store::objects::Objects;
use store::{Db, Options};
use tower::ServiceExt;
use web::{App, Config, ManualClock, Parts};

/// 2026-05-11 10:20 in China, a Monday.
pub(crate) const NOW: &str = "2026-05-11T02:20:00Z";

pub(crate) struct City {
    pub(crate) app: App,
    pub(crate) intake: Intake,
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) item: ItemId,
    pub(crate) window_only: ItemId,
    /// With a task list.
    pub(crate) long: ItemId,
    pub(crate) citizen_party: PartyId,
    pub(crate) enterprise: PartyId,
    /// Cookies and bearer tokens.
    pub(crate) citizen_cookie: String,
    pub(crate) other_cookie: String,
    pub(crate) clerk_cookie: String,
    pub(crate) citizen_token: String,
    pub(crate) other_token: String,
    pub(crate) clerk_token: String,
    pub(crate) approver: Actor,
    _folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

/// An answer that has arrived.
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

/// Runs a test on SQLite, and on PostgreSQL where a server is named.
pub(crate) async fn on_both<F, Fut>(test: F)
where
    F: Fn(City) -> Fut,
    Fut: Future<Output = City>,
{
    test(City::sqlite().await).await.close().await;
    if let Some(city) = City::postgres().await {
        test(city).await.close().await;
    }
}

impl City {
    pub(crate) async fn sqlite() -> City {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("city.db").display());
        City::with(folder, &url, None).await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the environment names the server tests may use"
    )]
    async fn postgres() -> Option<City> {
        let server = std::env::var("TONGBAN_TEST_POSTGRES").ok()?;
        let unique = to_hex(&Entropy::system().bytes::<8>());
        let name = format!("tongban_intake_{unique}");
        statement(&server, &format!("CREATE DATABASE {name}")).await;
        let at = server.rfind('/').expect("an address with a database");
        let url = format!("{}/{name}", &server[..at]);
        let folder = tempfile::tempdir().expect("a folder");
        Some(City::with(folder, &url, Some((server, name))).await)
    }

    async fn with(
        folder: tempfile::TempDir,
        url: &str,
        postgres: Option<(String, String)>,
    ) -> City {
        let db = Db::open(Options::parse(url).expect("an address"))
            .await
            .expect("the database opens");
        let migrations = [
            store::MIGRATIONS,
            people::MIGRATIONS,
            cases::MIGRATIONS,
            catalog::MIGRATIONS,
            approval::MIGRATIONS,
            intake::MIGRATIONS,
            license::MIGRATIONS,
            rating::MIGRATIONS,
        ]
        .concat();
        db.migrate(&migrations).await.expect("the tables are made");
        let objects = Objects::local(folder.path().join("files")).expect("a place for files");
        let people = People::new(
            Keys::from_material(b"only for these tests"),
            Entropy::seeded(1),
        );
        let now: Timestamp = NOW.parse().expect("an instant");
        let clock = Arc::new(ManualClock::new(now));
        let app = App::new(Parts {
            db: db.clone(),
            objects,
            people,
            ids: IdSource::seeded(1),
            clock: Arc::clone(&clock) as Arc<dyn web::Clock>,
            calendar: Arc::new(Calendar::builtin()),
            config: Config {
                place: "云川市政务服务".into(),
                ..Config::default()
            },
        });
        let residents = residents(&app, now).await;
        let catalog = Catalog::open(db).await.expect("the catalogue is read");
        let approval = approval::Approval::new(app.clone(), catalog);
        let intake = Intake::new(approval.clone(), intake::Config::default());
        let router = web::server(
            app.clone(),
            vec![intake.module(), approval::pages::module(approval)],
        );
        City {
            app,
            intake,
            router,
            clock,
            item: residents.item,
            window_only: residents.window_only,
            long: residents.long,
            citizen_party: residents.citizen_party,
            enterprise: residents.enterprise,
            citizen_cookie: residents.tokens[0].clone(),
            other_cookie: residents.tokens[1].clone(),
            clerk_cookie: residents.tokens[2].clone(),
            citizen_token: residents.tokens[3].clone(),
            other_token: residents.tokens[4].clone(),
            clerk_token: residents.tokens[5].clone(),
            approver: residents.approver,
            _folder: folder,
            postgres,
        }
    }

    pub(crate) async fn close(self) {
        let City {
            app,
            intake,
            router,
            postgres,
            ..
        } = self;
        let db = app.db.clone();
        drop((app, intake, router));
        db.close().await;
        if let Some((server, name)) = postgres {
            statement(
                &server,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await;
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Seen {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        Seen {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// A page with somebody's cookie; empty for nobody.
    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Seen {
        self.send(
            request(Method::GET, path, cookie)
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    /// A form with the token of a page of this session.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Seen {
        let csrf = self.csrf(cookie).await;
        let mut body = format!("csrf={csrf}");
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        self.send(
            request(Method::POST, path, cookie)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(body))
                .expect("a request"),
        )
        .await
    }

    /// A multipart form; files as (field, name, bytes).
    pub(crate) async fn upload(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Seen {
        let csrf = self.csrf(cookie).await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(
            request(Method::POST, path, cookie)
                .header(
                    "content-type",
                    format!("multipart/form-data; boundary={BOUNDARY}"),
                )
                .body(Body::from(multipart(&all, files)))
                .expect("a request"),
        )
        .await
    }

    async fn csrf(&self, cookie: &str) -> String {
        self.get(cookie, "/account/password").await.hidden("csrf")
    }

    /// A JSON call with a bearer token.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        key: &str,
        body: Option<serde_json::Value>,
    ) -> Seen {
        let mut builder = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            builder = builder.header("authorization", format!("Bearer {token}"));
        }
        if !key.is_empty() {
            builder = builder.header("idempotency-key", key);
        }
        let body = match body {
            Some(body) => {
                builder = builder.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(builder.body(body).expect("a request")).await
    }

    /// An act of the office, past the pages of another capability.
    pub(crate) async fn act(&self, case: CaseId, act: approval::Act) {
        let (approval, actor, now) = (
            self.intake.approval.clone(),
            self.approver.clone(),
            self.app.now(),
        );
        self.app
            .db
            .write(move |tx| approval.act(tx, &actor, now, case, None, &act))
            .await
            .expect("the office may do this");
    }
}

pub(crate) const BOUNDARY: &str = "----tongban";

pub(crate) fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    for (name, file, bytes) in files {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// The smallest file that is a PDF by its bytes.
pub(crate) const PDF: &[u8] =
    b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

fn request(method: Method, path: &str, cookie: &str) -> axum::http::request::Builder {
    let builder = Request::builder().method(method).uri(path);
    if cookie.is_empty() {
        builder
    } else {
        builder.header("cookie", format!("tb_session={cookie}"))
    }
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    base::crypto::to_hex(bytes)
}

async fn statement(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .expect("the server of TONGBAN_TEST_POSTGRES answers");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("a statement");
    drop(client);
    connection.await.expect("ends").expect("a clean end");
}

impl Seen {
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get("location")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// 303 to this address.
    pub(crate) fn led_to(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.location().to_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self
            .text
            .find(&start)
            .unwrap_or_else(|| panic!("no field {name} in {} {}", self.status, self.text));
        let rest = &self.text[at + start.len()..];
        rest[..rest.find('"').expect("an end")].to_owned()
    }

    /// A page that is right: the status, one `h1`, no text left untranslated in the markup.
    pub(crate) fn page(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.text.matches("<h1").count(), 1, "{}", self.text);
        assert!(!self.text.contains("style=\""), "inline style");
        &self.text
    }

    pub(crate) fn refused(&self) -> &str {
        assert_eq!(
            self.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            self.text
        );
        assert!(self.text.contains("<title>错误："), "{}", self.text);
        assert!(self.text.contains("error-summary"), "{}", self.text);
        &self.text
    }
}

struct Residents {
    item: ItemId,
    long: ItemId,
    window_only: ItemId,
    citizen_party: PartyId,
    enterprise: PartyId,
    approver: Actor,
    tokens: [String; 6],
}

/// Citizens, staff and items.
async fn residents(app: &App, now: Timestamp) -> Residents {
    let people = app.people.clone();
    let hash = people
        .hash_password("tz8-kq4m2x".to_owned())
        .await
        .expect("hashed");
    let id = || app.ids.next::<CaseId>(now).uuid();
    let made: Vec<uuid::Uuid> = (0..20).map(|_| id()).collect();
    let (item, priced, long) = (food_item(), window_item(), long_item());
    app.db
        .write(move |tx| -> Result<Residents, people::Error> {
            let org = OrgId::from_uuid(made[0]);
            people::orgs::create(
                tx,
                &Org {
                    id: org,
                    key: "990102.market".into(),
                    name: "云川区市场监督管理局".into(),
                    short_name: "云区市监".into(),
                    uscc: Some(uscc("11990102MB0020212")),
                    kind: OrgKind::Agency,
                    body: "market".into(),
                    level: 4,
                    region: "990102".into(),
                    parent: None,
                    phone: None,
                    valid_from: "2020-01-01".parse().expect("a date"),
                    valid_to: None,
                },
            )?;
            let person = |name: &str, number: &str, phone: &str| NewParty {
                kind: PartyKind::Person,
                name: name.into(),
                id_number: number.into(),
                phone: Some(phone.into()),
                address: None,
                region: "990102".into(),
                legal_representative: None,
            };
            let citizen = people.register_party(
                tx,
                &person("陈采薇", &citizen_id("19900307", 1), "13800001234"),
                PartyId::from_uuid(made[1]),
                now,
            )?;
            let other = people.register_party(
                tx,
                &person("王小明", &citizen_id("19850612", 2), "13900005678"),
                PartyId::from_uuid(made[2]),
                now,
            )?;
            let enterprise = people.register_party(
                tx,
                &NewParty {
                    kind: PartyKind::Legal,
                    name: "云川区青禾小馆".into(),
                    id_number: uscc("92990102MA0000X74"),
                    phone: Some("13800001234".into()),
                    address: Some("云川市云川区文峰街31号".into()),
                    region: "990102".into(),
                    legal_representative: Some("陈采薇".into()),
                },
                PartyId::from_uuid(made[3]),
                now,
            )?;
            people.authorise(
                tx,
                &Proxy {
                    id: made[4],
                    principal: enterprise.id,
                    agent: citizen.id,
                    scope: ProxyScope {
                        items: ProxyItems::All,
                    },
                    from: "2026-01-01".parse().expect("a date"),
                    to: None,
                    created_at: now,
                    revoked_at: None,
                },
            )?;
            let accounts = [
                (made[5], citizen.id, "chencw"),
                (made[6], other.id, "wangxm"),
            ];
            for (account, party, login) in accounts {
                let new = NewAccount {
                    login: login.into(),
                    password_hash: hash.clone(),
                    kind: AccountKind::Person { party },
                    must_change: false,
                };
                people.create_account(tx, &new, AccountId::from_uuid(account), now)?;
            }
            for (staff, account, login, role) in [
                (made[7], made[8], "clerk", Role::WindowClerk),
                (made[9], made[10], "approver", Role::Approver),
            ] {
                let new = NewStaff {
                    login: login.into(),
                    password_hash: hash.clone(),
                    must_change: false,
                    name: "林芳".into(),
                    org,
                    title: String::new(),
                    window: None,
                    grants: vec![Grant {
                        role,
                        region: "990102".into(),
                        org: None,
                    }],
                };
                people.create_staff(
                    tx,
                    &new,
                    StaffId::from_uuid(staff),
                    AccountId::from_uuid(account),
                    now,
                )?;
            }
            let publisher = Publisher::begin(tx, now, "测试")?;
            let mut items = Vec::new();
            for (item, id, version) in [
                (&item, made[11], made[12]),
                (&priced, made[13], made[14]),
                (&long, made[15], made[16]),
            ] {
                let new = NewVersion {
                    item_id: ItemId::from_uuid(id),
                    version_id: VersionId::from_uuid(version),
                    org_id: org,
                    region: "990102",
                    item,
                    flags: &[],
                };
                items.push(publisher.publish(tx, new)?.item());
            }
            let session = |tx: &mut store::Tx<'_>, account: uuid::Uuid, kind: SessionKind| {
                people.open_session(tx, AccountId::from_uuid(account), kind, now)
            };
            let tokens = [
                session(tx, made[5], SessionKind::Browser)?,
                session(tx, made[6], SessionKind::Browser)?,
                session(tx, made[8], SessionKind::Browser)?,
                session(tx, made[5], SessionKind::Bearer)?,
                session(tx, made[6], SessionKind::Bearer)?,
                session(tx, made[8], SessionKind::Bearer)?,
            ];
            let actor = |tx: &mut store::Tx<'_>, account: uuid::Uuid| {
                people.actor_for(tx, AccountId::from_uuid(account))
            };
            Ok(Residents {
                item: items[0],
                window_only: items[1],
                long: items[2],
                citizen_party: citizen.id,
                enterprise: enterprise.id,
                approver: actor(tx, made[10])?.expect("an account"),
                tokens,
            })
        })
        .await
        .expect("the city is founded")
}

/// A right identity number of region 990102.
pub(crate) fn citizen_id(born: &str, sequence: u16) -> String {
    let born = format!("{}-{}-{}", &born[..4], &born[4..6], &born[6..]);
    base::codes::CitizenId::compose(990_102, born.parse().expect("a date"), sequence)
        .expect("a number")
        .as_str()
        .to_owned()
}

/// A right credit code.
pub(crate) fn uscc(body: &str) -> String {
    base::codes::Uscc::compose(body)
        .expect("a body of 17 characters")
        .as_str()
        .to_owned()
}

fn food_item() -> Item {
    serde_json::from_value(json!({
        "name": "食品经营许可新办",
        "aliases": ["开饭店"],
        "item_type": "01",
        "region_code": "990102",
        "service_objects": [1, 2, 3],
        "statutory_limit": { "n": 20, "unit": "working_day" },
        "promised_limit": { "n": 8, "unit": "working_day" },
        "handling_forms": [1, 2],
        "delivery": ["electronic", "post", "window"],
        "summary": "开饭店之前要办。",
        "materials": [
            { "key": "licence", "name": "营业执照", "necessity": "required", "form": "电子",
              "source_channel": "government", "shared_via": "电子营业执照" },
            { "key": "layout", "name": "布局流程图", "necessity": "required", "form": "纸质或电子",
              "standard": "SM7001" },
            { "key": "health", "name": "健康证明", "necessity": "deferrable", "form": "纸质或电子" }
        ],
        "form": { "pages": [
            { "key": "shop", "title": "您的店在哪里？", "fields": [
                { "key": "shop_name", "label": "招牌名称", "kind": "text", "required": true, "max_length": 30, "element": "DE0043" },
                { "key": "shop_address", "label": "经营地址", "kind": "address", "required": true },
                { "key": "area", "label": "经营面积", "kind": "number", "required": true, "min": 1, "max": 100_000 }
            ]},
            { "key": "business", "title": "您要经营什么？", "fields": [
                { "key": "form", "label": "主体业态", "kind": "choice", "required": true,
                  "options": [{ "value": "restaurant", "label": "餐饮服务经营者" }, { "value": "retailer", "label": "食品销售经营者" }] },
                { "key": "scope", "label": "经营项目", "kind": "choices", "required": false,
                  "options": [{ "value": "hot", "label": "热食" }, { "value": "cold", "label": "冷食" }] },
                { "key": "manager_id", "label": "食品安全管理人员身份证", "kind": "citizen_id", "required": true, "personal": true }
            ]}
        ]},
        "result": { "name": "食品经营许可证", "kind": "certificate", "valid_years": 5 }
    }))
    .expect("an item")
}

/// An item whose form has three pages.
fn long_item() -> Item {
    let page = |key: &str, title: &str| {
        json!({ "key": key, "title": title, "fields": [
            { "key": format!("{key}_a"), "label": title, "kind": "text", "required": true, "max_length": 30 }
        ]})
    };
    serde_json::from_value(json!({
        "name": "设立民办学校",
        "item_type": "01",
        "region_code": "990102",
        "service_objects": [1, 2, 3],
        "handling_forms": [1, 2],
        "delivery": ["electronic"],
        "form": { "pages": [page("school", "学校"), page("place", "校舍"), page("staff", "教师")] }
    }))
    .expect("an item")
}

fn window_item() -> Item {
    serde_json::from_value(json!({
        "name": "刻章备案",
        "item_type": "10",
        "region_code": "990102",
        "service_objects": [1],
        "handling_forms": [1],
        "delivery": ["window"],
        "form": { "pages": [
            { "key": "why", "title": "为什么刻章？", "fields": [
                { "key": "reason", "label": "用途", "kind": "text", "required": true },
                { "key": "phone", "label": "联系电话", "kind": "phone", "required": false, "personal": true }
            ]}
        ]}
    }))
    .expect("an item")
}
