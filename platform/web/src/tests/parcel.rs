//! A small capability: parcels that are sent, with a door of every kind.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::params;

use crate::sniff::Media;
use crate::upload::Rules;
use crate::{
    Access, Answer, App, Idempotency, Json, Listing, Module, Operation, Path, Problem, Query,
    Result, Routes, Visit, cursor, download, export, once, sse,
};

base::define_id! {
    /// Only for these tests.
    ParcelId;
}

pub(super) fn module(app: App) -> Module {
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
