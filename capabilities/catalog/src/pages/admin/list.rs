//! The list of items, filtered, and the same list as a file.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::OrgId;
use serde::Deserialize;
use ui::Page;
use web::{Problem, Query, Visit};

use super::{CSV, XLSX, attachment};
use crate::brief::Brief;
use crate::export;
use crate::model::ItemState;
use crate::pages::{Doors, links};
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{Filter, ListKey};
use crate::words;

/// Rows on one page.
const PAGE: usize = 50;
/// The name cursors of this list are made under.
const LIST: &str = "admin_catalog";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: Option<String>,
    /// Key of a body.
    org: Option<String>,
    state: Option<String>,
    flagged: Option<String>,
    cursor: Option<String>,
    /// `xlsx` or `csv`, for the export.
    format: Option<String>,
}

impl Asked {
    fn filter(&self, snapshot: &Snapshot) -> Filter {
        Filter {
            org_id: self
                .org
                .as_deref()
                .and_then(|key| snapshot.org_by_key(key))
                .map(|org| org.id),
            state: self.state.as_deref().and_then(ItemState::from_word),
            item_type: None,
            flagged: self.flagged.is_some(),
            text: self
                .q
                .as_deref()
                .map(base::text::single_line)
                .unwrap_or_default(),
            region: String::new(),
        }
    }

    /// The filter as part of an address.
    fn pairs<'a>(&'a self, extra: (&'a str, &'a str)) -> [(&'a str, &'a str); 5] {
        fn text(value: Option<&String>) -> &str {
            value.map_or("", String::as_str)
        }
        [
            ("q", text(self.q.as_ref())),
            ("org", text(self.org.as_ref())),
            ("state", text(self.state.as_ref())),
            ("flagged", text(self.flagged.as_ref())),
            extra,
        ]
    }
}

#[derive(Template)]
#[template(path = "admin/catalog_list.html")]
struct List {
    page: Page,
    q: String,
    org: String,
    state: String,
    flagged: bool,
    orgs: Vec<(String, String)>,
    states: Vec<(String, String)>,
    rows: Vec<Line>,
    total: i64,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
    csv: String,
}

struct Line {
    href: String,
    name: String,
    code: String,
    org: String,
    item_type: String,
    version: i64,
    state: ItemState,
    flags: i64,
    updated: jiff::Timestamp,
}

impl Line {
    fn of(snapshot: &Snapshot, brief: Brief) -> Line {
        let code = if brief.impl_code.is_empty() {
            brief.local_code
        } else {
            brief.impl_code
        };
        Line {
            href: links::admin_item(brief.item_id),
            name: brief.name,
            code,
            org: snapshot.org_name(brief.org_id).to_owned(),
            item_type: words::item_type(&brief.item_type),
            version: brief.version,
            state: brief.state,
            flags: brief.flag_count,
            updated: brief.updated_at,
        }
    }
}

pub(crate) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    let filter = asked.filter(&snapshot);
    let after: Option<ListKey> = asked
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?;
    let first = after.is_none();
    let (mut briefs, total) = doors
        .app
        .db
        .read(move |tx| {
            let briefs = records::list(tx, &filter, after.as_ref(), PAGE + 1)?;
            Ok::<_, store::Error>((briefs, records::count_items(tx, &filter)?))
        })
        .await?;
    let more = briefs.len() > PAGE;
    briefs.truncate(PAGE);
    let older = briefs.last().filter(|_| more).map(|last| {
        let cursor = web::cursor::encode(&doors.app, LIST, &(&last.name, last.item_id));
        links::with_query("/admin/catalog", &asked.pairs(("cursor", &cursor)))
    });
    let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
    orgs.extend(
        snapshot
            .orgs_with_items()
            .into_iter()
            .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
    );
    let mut states = vec![(String::new(), "全部状态".to_owned())];
    states.extend(ItemState::ALL.map(|state| (state.word().to_owned(), state.label().to_owned())));
    let list = List {
        page: visit.page("事项管理").with_nav("catalog"),
        newer: (!first).then(|| links::with_query("/admin/catalog", &asked.pairs(("", "")))),
        older,
        xlsx: links::with_query("/admin/catalog/export", &asked.pairs(("format", "xlsx"))),
        csv: links::with_query("/admin/catalog/export", &asked.pairs(("format", "csv"))),
        rows: briefs
            .into_iter()
            .map(|brief| Line::of(&snapshot, brief))
            .collect(),
        total,
        orgs,
        states,
        flagged: asked.flagged.is_some(),
        q: asked.q.unwrap_or_default(),
        org: asked.org.unwrap_or_default(),
        state: asked.state.unwrap_or_default(),
    };
    Ok(web::render(&visit, list))
}

/// Exactly what the filter shows, with everything an import reads.
pub(crate) async fn export(
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let snapshot = doors.catalog.snapshot();
    let filter = asked.filter(&snapshot);
    let csv = asked.format.as_deref() == Some("csv");
    let names = doors.catalog.snapshot();
    let content = doors
        .app
        .db
        .read(move |tx| {
            let name = |org_id: OrgId| {
                names
                    .org(org_id)
                    .map_or("", |org| org.key.as_str())
                    .to_owned()
            };
            write(tx, &filter, csv, &name)
        })
        .await?;
    let today = doors.app.today();
    Ok(if csv {
        attachment(&format!("事项清单-{today}.csv"), CSV, content)
    } else {
        attachment(&format!("事项清单-{today}.xlsx"), XLSX, content)
    })
}

fn write(
    tx: &mut store::Tx<'_>,
    filter: &Filter,
    csv: bool,
    name: &dyn Fn(OrgId) -> String,
) -> web::Result<Vec<u8>> {
    let mut failed: Option<export::Error> = None;
    let mut content = Vec::new();
    let mut each =
        |write: &mut dyn FnMut(&str, &crate::model::Item) -> Result<(), export::Error>| {
            records::each_current(tx, filter, &mut |published| {
                if failed.is_none()
                    && let Err(error) = write(&name(published.org_id), &published.item)
                {
                    failed = Some(error);
                }
                Ok(())
            })
        };
    if csv {
        let mut file = export::Csv::begin(&mut content).map_err(refused)?;
        each(&mut |body, item| file.item(body, item))?;
        file.finish().map_err(refused)?;
    } else {
        let mut file = export::Xlsx::begin().map_err(refused)?;
        each(&mut |body, item| file.item(body, item))?;
        content = file.finish().map_err(refused)?;
    }
    failed.map_or(Ok(content), |error| Err(refused(error)))
}

fn refused(error: export::Error) -> Problem {
    match error {
        export::Error::TooLong { .. } => Problem::invalid("", error.to_string()),
        other => Problem::internal(other),
    }
}

/// The empty file with headers and explanations.
pub(crate) async fn template() -> web::Result<Response> {
    let content = export::template().map_err(refused)?;
    Ok(attachment("事项导入模板.xlsx", XLSX, content))
}
