//! The list of items by the pattern of staff lists, and the same list as a file.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{ItemId, OrgId};
use people::views;
use serde::Deserialize;
use ui::Page;
use ui::staff_list::{Column, Field, Filters, ListAddress, Views};
use web::saved::{self, Tab, opens_with};
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
/// Key of the list, for saved views and cursors.
const LIST: &str = "catalog";
const PATH: &str = "/admin/catalog";

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

    /// The filter as an address.
    fn at(&self) -> ListAddress {
        fn text(value: Option<&String>) -> &str {
            value.map_or("", String::as_str)
        }
        ListAddress::new(PATH)
            .with("q", text(self.q.as_ref()))
            .with("org", text(self.org.as_ref()))
            .with("state", text(self.state.as_ref()))
            .with("flagged", text(self.flagged.as_ref()))
    }
}

#[derive(Template)]
#[template(path = "admin/catalog_list.html")]
struct List {
    page: Page,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
    csv: String,
}

struct Line {
    id: ItemId,
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
            id: brief.item_id,
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
    let staff = visit.staff()?.clone();
    let snapshot = doors.catalog.snapshot();
    let filter = asked.filter(&snapshot);
    let after: Option<ListKey> = asked
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?;
    let first = after.is_none();
    let (mut briefs, total, saved) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let briefs = records::list(tx, &filter, after.as_ref(), PAGE + 1)?;
            let total = records::count_items(tx, &filter)?;
            Ok((briefs, total, views::of(tx, &staff, LIST)?))
        })
        .await?;
    if let Some(view) = opens_with(PATH, visit.query(), &saved) {
        return Ok(web::redirect(&view));
    }
    let more = briefs.len() > PAGE;
    briefs.truncate(PAGE);
    let at = asked.at();
    let older = briefs.last().filter(|_| more).map(|last| {
        let cursor = web::cursor::encode(&doors.app, LIST, &(&last.name, last.item_id));
        at.clone().with("cursor", cursor).href()
    });
    let export = |format: &str| {
        let query = at.clone().with("format", format).query();
        format!("/admin/catalog/export?{query}")
    };
    let page = visit.page("事项管理").with_nav("catalog");
    let tabs = vec![
        Tab::all(&page, None),
        tab(&page, "在用", "state=published"),
        tab(&page, "暂停", "state=suspended"),
        tab(&page, "有标记", "flagged=1"),
    ];
    let list = List {
        views: saved::tabs(LIST, PATH, &at, tabs, &saved),
        filters: Filters {
            action: PATH,
            fields: fields(&page, &snapshot, &at),
            keep: Vec::new(),
            clear: if at.pairs().is_empty() {
                String::new()
            } else {
                format!("{PATH}?{}", saved::ALL)
            },
            said: page.t1("共{n}项", "n", total),
        },
        columns: [
            "事项",
            "实施主体",
            "类型",
            "版本",
            "状态",
            "标记",
            "更新时间",
        ]
        .map(|label| Column::new(page.t(label)))
        .into(),
        newer: (!first).then(|| at.href()),
        older,
        xlsx: export("xlsx"),
        csv: export("csv"),
        rows: briefs
            .into_iter()
            .map(|brief| Line::of(&snapshot, brief))
            .collect(),
        page,
    };
    Ok(web::render(&visit, list))
}

fn tab(page: &Page, label: &str, query: &'static str) -> Tab {
    Tab {
        label: page.t(label).to_owned(),
        query,
        count: None,
    }
}

fn fields(page: &Page, snapshot: &Snapshot, at: &ListAddress) -> Vec<Field> {
    let mut orgs = vec![(String::new(), page.t("全部实施主体").to_owned())];
    orgs.extend(
        snapshot
            .orgs_with_items()
            .into_iter()
            .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
    );
    let mut states = vec![(String::new(), page.t("全部状态").to_owned())];
    states.extend(
        ItemState::ALL.map(|state| (state.word().to_owned(), page.t(state.label()).to_owned())),
    );
    vec![
        Field::search("q", page.t("名称或编码"), at.get("q")),
        Field::choice("org", page.t("实施主体"), at.get("org"), orgs),
        Field::choice("state", page.t("状态"), at.get("state"), states),
        Field::tick(
            "flagged",
            page.t("只看有标记的"),
            !at.get("flagged").is_empty(),
        ),
    ]
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
