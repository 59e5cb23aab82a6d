//! `/open-data`: the published items as files, what changed, one guide as linked data, and what the fields mean.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use base::ids::ItemId;
use serde::Deserialize;
use ui::Page;
use web::kept::Kept;
use web::{Access, Path, Problem, Query, Routes, Visit};

use super::Doors;
use crate::labels;
use crate::lru::Lru;
use crate::model::Item;
use crate::open_data::files::{self, Format};
use crate::open_data::{LICENCE, changes, jsonld};
use crate::store as records;

/// Lines of one answer of the change feed.
const CHANGES_MAX: usize = 1000;
/// Entries of the Atom feed.
const ENTRIES_MAX: usize = 50;

/// Files that were made: by format and by the state of the catalogue they were made from.
pub(crate) struct Files {
    made: Lru<(Format, u64), Kept>,
    /// One is made at a time.
    making: tokio::sync::Mutex<()>,
}

impl Default for Files {
    fn default() -> Files {
        Files {
            made: Lru::new(2),
            making: tokio::sync::Mutex::new(()),
        }
    }
}

impl Files {
    async fn get(&self, doors: &Doors, format: Format) -> web::Result<Arc<Kept>> {
        let snapshot = doors.catalog.snapshot();
        let key = (format, snapshot.serial);
        if let Some(made) = self.made.get(&key) {
            return Ok(made);
        }
        let _one = self.making.lock().await;
        if let Some(made) = self.made.get(&key) {
            return Ok(made);
        }
        let site = doors.app.config.public_url.clone();
        let made = Arc::new(files::make(&doors.app.db, snapshot, site, format).await?);
        self.made.put(key, Arc::clone(&made));
        Ok(made)
    }
}

pub(super) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/open-data", Access::Public, show)
        .get("/open-data/items.csv", Access::Public, csv)
        .get("/open-data/items.jsonl", Access::Public, json_lines)
        .get("/open-data/changes.jsonl", Access::Public, changed)
        .get("/open-data/changes.atom", Access::Public, atom)
        .get("/items/{item_id}/service.jsonld", Access::Public, linked)
}

#[derive(Template)]
#[template(path = "catalog/open_data.html")]
struct OpenData {
    page: Page,
    total: usize,
    licence: &'static str,
    /// Key and name of every field of an item, in the order of the schema.
    fields: Vec<(String, String)>,
}

async fn show(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    let item = serde_json::to_value(Item::default()).map_err(Problem::internal)?;
    let fields = item
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .map(|key| {
            (
                key.clone(),
                visit.page("").t(&labels::field(key)).to_owned(),
            )
        })
        .collect();
    let open_data = OpenData {
        total: doors.catalog.snapshot().items().len(),
        licence: LICENCE,
        fields,
        page: visit.page("开放数据"),
    };
    Ok(web::render(&visit, open_data))
}

async fn csv(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    download(&visit, &doors, Format::Csv).await
}

async fn json_lines(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    download(&visit, &doors, Format::JsonLines).await
}

async fn download(visit: &Visit, doors: &Doors, format: Format) -> web::Result<Response> {
    let file = doors.files.get(doors, format).await?;
    Ok(file.response(visit, format.name()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Since {
    since: Option<String>,
}

async fn changed(State(doors): State<Doors>, Query(asked): Query<Since>) -> web::Result<Response> {
    let since: i64 = match asked.since.as_deref() {
        None | Some("") => 0,
        Some(text) => text
            .parse()
            .ok()
            .filter(|since| *since >= 0)
            .ok_or_else(|| {
                Problem::bad_request("query_invalid", "since应为上一次最后一行的position")
                    .and_field("since", "since应为上一次最后一行的position")
            })?,
    };
    let list = doors
        .app
        .db
        .read(move |tx| records::changes_after(tx, since, CHANGES_MAX))
        .await?;
    let text = changes::json_lines(
        &doors.app.config.public_url,
        &doors.catalog.snapshot(),
        &list,
    );
    Ok(answer("application/jsonl; charset=utf-8", text))
}

async fn atom(State(doors): State<Doors>) -> web::Result<Response> {
    let list = doors
        .app
        .db
        .read(|tx| records::newest_changes(tx, ENTRIES_MAX))
        .await?;
    let config = &doors.app.config;
    let text = changes::atom(
        &config.public_url,
        &format!("{}：事项变动", config.place),
        &doors.catalog.snapshot(),
        &list,
    );
    Ok(answer("application/atom+xml; charset=utf-8", text))
}

async fn linked(State(doors): State<Doors>, Path(item_id): Path<ItemId>) -> web::Result<Response> {
    let published = doors
        .catalog
        .current(item_id)
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
    let snapshot = doors.catalog.snapshot();
    let org = snapshot.org(published.org_id);
    let body = jsonld::Body {
        name: org.map_or("", |org| org.name.as_str()),
        phone: org.map_or("", |org| org.phone.as_str()),
        region: org.map_or("", |org| org.region.as_str()),
    };
    let data = jsonld::of(&doors.app.config.public_url, &published, body);
    Ok(answer(
        "application/ld+json; charset=utf-8",
        data.to_string(),
    ))
}

/// A public answer that may be kept for a minute.
fn answer(media_type: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=60"),
    );
    response
}
