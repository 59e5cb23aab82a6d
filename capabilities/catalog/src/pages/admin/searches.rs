//! What people searched for in vain: the list by which aliases and everyday words are added.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::export::{self, Cell, Format};
use web::{Problem, Query, Visit};

use crate::misses::SHOWN;
use crate::pages::{Doors, links};
use crate::snapshot::Wanted;
use crate::store::{self as records, Unanswered};

/// Questions in the list.
const SHOWN_MAX: usize = 200;
/// Questions in the file.
const EXPORT_MAX: usize = 10_000;
/// Days that can be looked back.
const SPANS: [i32; 3] = [7, 30, 90];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    days: Option<String>,
    format: Option<String>,
}

impl Asked {
    fn days(&self) -> i32 {
        self.days
            .as_deref()
            .and_then(|days| days.parse().ok())
            .filter(|days| SPANS.contains(days))
            .unwrap_or(30)
    }
}

struct Row {
    words: String,
    times: i64,
    last: Date,
    /// Where the question leads now.
    href: String,
    /// What it finds now, since words were added; empty: still nothing.
    now: String,
}

#[derive(Template)]
#[template(path = "admin/catalog_searches.html")]
struct Searches {
    page: Page,
    rows: Vec<Row>,
    views: Vec<ui::View>,
    xlsx: String,
    csv: String,
}

/// The most frequent questions without an answer.
pub(crate) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let days = asked.days();
    let list = read(&doors, days, SHOWN_MAX).await?;
    let snapshot = doors.catalog.snapshot();
    let days_word = days.to_string();
    let file = |format: &str| {
        links::with_query(
            "/admin/catalog/searches/export",
            &[("days", &days_word), ("format", format)],
        )
    };
    let searches = Searches {
        rows: list
            .into_iter()
            .map(|one| Row {
                href: links::search(&[("q", &one.words)]),
                now: snapshot
                    .search(&one.words, &Wanted::default())
                    .first()
                    .map_or_else(String::new, |answer| answer.brief.name.clone()),
                words: one.words,
                times: one.times,
                last: one.last,
            })
            .collect(),
        views: SPANS
            .into_iter()
            .map(|span| ui::View {
                label: format!("近{span}天"),
                href: links::with_query("/admin/catalog/searches", &[("days", &span.to_string())]),
                current: span == days,
                count: None,
            })
            .collect(),
        xlsx: file("xlsx"),
        csv: file("csv"),
        page: visit
            .page("没有结果的搜索")
            .with_nav("catalog")
            .with_crumb("事项管理", "/admin/catalog"),
    };
    Ok(web::render(&visit, searches))
}

/// The same as a file.
pub(crate) async fn export(
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let format = match asked.format.as_deref() {
        None => Format::Xlsx,
        Some(word) => Format::from_word(word)
            .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?,
    };
    let list = read(&doors, asked.days(), EXPORT_MAX).await?;
    let rows: Vec<Vec<Cell>> = list
        .into_iter()
        .map(|one| vec![one.words.into(), one.times.into(), one.last.into()])
        .collect();
    export::table(
        format,
        "没有结果的搜索",
        &["搜索词", "次数", "最近一次"],
        rows,
    )
    .await
}

async fn read(doors: &Doors, days: i32, most: usize) -> web::Result<Vec<Unanswered>> {
    // What this process counted a moment ago belongs to it.
    doors.catalog.write_misses().await?;
    let since = doors.app.today().saturating_sub((days - 1).days());
    Ok(doors
        .app
        .db
        .read(move |tx| records::unanswered(tx, since, SHOWN, most))
        .await?)
}
