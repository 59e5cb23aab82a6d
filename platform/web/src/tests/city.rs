//! A server with a database of its own, a clock that stands still, one clerk and one citizen.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use base::crypto::Entropy;
use base::ids::{AccountId, IdSource, OrgId, PartyId, StaffId};
use calendar::Calendar;
use casework::{Grant, Permission, Role};
use http_body_util::BodyExt;
use jiff::Timestamp;
use people::{Keys, NewAccount, NewParty, NewStaff, Org, OrgKind, PartyKind, People, SessionKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Db, Migration, Options, params};
use tower::ServiceExt;

use crate::clock::ManualClock;
use crate::sniff::Media;
use crate::upload::Rules;
use crate::{
    Access, Answer, App, Config, Idempotency, Json, Listing, Module, Operation, Parts, Path,
    Problem, Query, Result, Routes, Visit, cursor, download, export, once, server, sse,
};

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
        let (clerk, citizen, newcomer) = residents(&db, &people, &ids, now).await;
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
            router: server(app.clone(), vec![module(app.clone())]),
            app,
            clock,
            clerk,
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

async fn residents(
    db: &Db,
    people: &People,
    ids: &IdSource,
    now: Timestamp,
) -> (String, String, String) {
    let (org, party): (OrgId, PartyId) = (ids.next(now), ids.next(now));
    let staff: [StaffId; 2] = [ids.next(now), ids.next(now)];
    let accounts: [AccountId; 3] = [ids.next(now), ids.next(now), ids.next(now)];
    let people = people.clone();
    db.write(move |tx| -> Result<(String, String, String)> {
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
        Ok((
            people.open_session(tx, accounts[0], SessionKind::Bearer, now)?,
            people.open_session(tx, accounts[2], SessionKind::Browser, now)?,
            people.open_session(tx, accounts[1], SessionKind::Browser, now)?,
        ))
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

base::define_id! {
    /// Only for these tests.
    ParcelId;
}

fn module(app: App) -> Module {
    Routes::new("parcel")
        .get("/parcels", Access::SignedIn, parcels_page)
        .get("/parcels/{parcel_id}", Access::Public, parcel_page)
        .get("/open", Access::Public, open_page)
        .get("/prepared", Access::Public, prepared)
        .get("/open/form", Access::Public, open_form)
        .get(
            "/staff/parcels",
            Access::Permission(Permission::Receive),
            parcels_page,
        )
        .get(
            "/admin/parcels",
            Access::Permission(Permission::Administer),
            parcels_page,
        )
        .get("/account/password", Access::SignedIn, parcels_page)
        .get("/panic", Access::Public, panic)
        .get("/slow", Access::Public, slow)
        .get("/live", Access::Public, live)
        .get("/export", Access::Public, export_list)
        .get("/files/{digest}", Access::Public, file)
        .post("/parcels", Access::SignedIn, send_parcel)
        .post("/open/form", Access::Public, send_open)
        .post("/files", Access::Person, upload)
        .post("/tables", Access::Person, upload_table)
        .api(
            Operation::get("/api/v1/parcels", "list_parcels")
                .tag("parcel")
                .summary("包裹列表")
                .access(Access::Public)
                .query::<ListParcels>()
                .ok::<Listing<ParcelJson>>(200),
            list_parcels,
        )
        .api(
            Operation::get("/api/v1/parcels/{parcel_id}", "get_parcel")
                .tag("parcel")
                .summary("一件包裹")
                .ok::<ParcelJson>(200),
            get_parcel,
        )
        .api(
            Operation::post("/api/v1/parcels", "send_parcel")
                .tag("parcel")
                .summary("寄出包裹")
                .access(Access::Permission(Permission::Receive))
                .body::<SendParcel>()
                .ok::<ParcelJson>(201),
            api_send,
        )
        .menu(
            1,
            ui::MenuItem {
                key: "parcels",
                href: "/staff/parcels",
                label: "包裹",
                icon: "doc",
            },
            Some(Permission::Receive),
        )
        .with_state(app)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ParcelJson {
    no: i64,
    receiver: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SendParcel {
    #[schemars(length(min = 1, max = 100))]
    receiver: String,
    #[serde(default)]
    #[expect(dead_code, reason = "only the shape matters here")]
    marks: Vec<Mark>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mark {
    #[expect(dead_code, reason = "only the shape matters here")]
    colour: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListParcels {
    /// 下一页的标记
    #[schemars(with = "Option<crate::schema::Cursor>")]
    cursor: Option<String>,
    /// 每页条数
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u8>,
}

fn insert(tx: &mut store::Tx<'_>, receiver: &str) -> Result<ParcelJson> {
    if receiver.is_empty() {
        return Err(Problem::invalid("receiver", "请填写收件人"));
    }
    let no = tx.next_number("parcels")?;
    tx.exec(
        "INSERT INTO parcels (no, receiver) VALUES ($1, $2)",
        &params![no, receiver],
    )?;
    Ok(ParcelJson {
        no,
        receiver: receiver.to_owned(),
    })
}

async fn list_parcels(
    visit: Visit,
    Query(query): Query<ListParcels>,
) -> Result<Json<Listing<ParcelJson>>> {
    let after: i64 = match &query.cursor {
        Some(text) => cursor::decode(&visit.app, "parcels", text)?,
        None => 0,
    };
    let limit = usize::from(query.limit.unwrap_or(2).clamp(1, 100));
    let sql = "SELECT no, receiver FROM parcels WHERE no > $1 ORDER BY no LIMIT $2";
    let rows = visit
        .app
        .db
        .read(move |tx| tx.query(sql, &params![after, limit as i64 + 1]))
        .await?;
    let mut items = Vec::new();
    for row in &rows {
        items.push(ParcelJson {
            no: row.get(0)?,
            receiver: row.get(1)?,
        });
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| cursor::encode(&visit.app, "parcels", &last.no));
    Ok(Json(Listing { items, next }))
}

async fn get_parcel(Path(id): Path<ParcelId>) -> Result<Json<ParcelJson>> {
    Err(Problem::not_found(format!("没有找到包裹 {id}")))
}

async fn api_send(visit: Visit, key: Idempotency, Json(body): Json<SendParcel>) -> Result<Answer> {
    once(&visit, &key, move |tx| -> Result<Answer> {
        Ok(Answer::json(
            StatusCode::CREATED,
            &insert(tx, &body.receiver)?,
        ))
    })
    .await
}

#[derive(askama::Template)]
#[template(
    source = "{% extends \"layout/public.html\" %}{% block content %}<h1>{{ page.title }}</h1><form method=\"post\"><input type=\"hidden\" name=\"csrf\" value=\"{{ page.csrf }}\"><input type=\"hidden\" name=\"request_key\" value=\"{{ key }}\"></form>{% endblock %}",
    ext = "html"
)]
struct Simple {
    page: ui::Page,
    key: String,
}

async fn parcels_page(visit: Visit) -> Response {
    let template = Simple {
        page: visit.page("包裹"),
        key: visit.new_request_key(),
    };
    crate::render(&visit, template)
}

async fn parcel_page(Path(id): Path<ParcelId>) -> String {
    id.to_string()
}

async fn open_page(visit: Visit) -> Response {
    let template = Simple {
        page: visit.page("首页"),
        key: "k".repeat(2000),
    };
    crate::render(&visit, template)
}

async fn prepared(visit: Visit) -> Response {
    crate::Prepared::new(format!("<!doctype html>{}", "办事指南".repeat(500))).response(&visit)
}

async fn open_form(visit: Visit) -> Response {
    let template = Simple {
        page: visit.form_page("登录"),
        key: String::new(),
    };
    crate::render(&visit, template)
}

#[derive(Debug, Deserialize)]
struct ParcelForm {
    receiver: String,
}

async fn send_parcel(visit: Visit, form: crate::Form<ParcelForm>) -> Result<Answer> {
    let key = Idempotency::of_form(&visit)?;
    once(&visit, &key, move |tx| -> Result<Answer> {
        let parcel = insert(tx, &form.0.receiver)?;
        Ok(Answer::see(format!("/parcels?no={}", parcel.no)))
    })
    .await
}

async fn send_open(form: crate::Form<crate::Fields>) -> String {
    form.0.get("login").unwrap_or_default().to_owned()
}

async fn panic() -> String {
    panic!("the handler {} fell", "panic");
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "slow"
}

async fn live(State(app): State<App>) -> Result<Response> {
    sse::changes(&app)
}

async fn export_list(Query(query): Query<Exported>) -> Result<Response> {
    let format = export::Format::from_word(&query.format)
        .ok_or_else(|| Problem::bad_request("query_invalid", "格式应为 xlsx 或 csv"))?;
    let rows = (1..=3).map(|no| {
        vec![
            export::Cell::Number(no),
            export::Cell::from("=1+1"),
            export::Cell::from("说“好”,\"是\""),
            export::Cell::Date(jiff::civil::date(2026, 5, 21)),
            export::Cell::from(None::<i64>),
        ]
    });
    export::table(
        format,
        "办件列表",
        &["编号", "公式", "文字", "日期", "空"],
        rows,
    )
    .await
}

#[derive(Debug, Deserialize)]
struct Exported {
    format: String,
}

async fn file(
    State(app): State<App>,
    Path(digest): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response> {
    let digest = base::crypto::from_hex(&digest)
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .ok_or_else(|| Problem::not_found("没有找到这个文件"))?;
    let show = if shown.inline {
        download::Show::Inline
    } else {
        download::Show::Attachment
    };
    download::download(&app, &digest, "身份证.png", Media::Png.media_type(), show).await
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    inline: bool,
}

async fn upload(visit: Visit, parts: crate::Multipart) -> Result<Response> {
    let received = parts.receive(&Rules::DOCUMENTS).await?;
    drop(visit);
    let files: Vec<_> = received
        .files
        .iter()
        .map(|file| {
            serde_json::json!({
                "field": file.field,
                "name": file.name,
                "size": file.size,
                "media_type": file.media_type,
                "digest": base::crypto::to_hex(&file.digest),
            })
        })
        .collect();
    let note = received.fields.get("note").unwrap_or_default();
    Ok(axum::Json(serde_json::json!({ "files": files, "note": note })).into_response())
}

async fn upload_table(parts: crate::Multipart) -> Result<String> {
    let received = parts.receive(&Rules::TABLE).await?;
    Ok(received.files.len().to_string())
}
