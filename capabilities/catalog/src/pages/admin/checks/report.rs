//! What a look found: by body, by element, by item, one by one; compared with another look; as a file.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::ItemId;
use serde::Deserialize;
use store::Tx;
use ui::staff_list::ListAddress;
use ui::{Page, View};
use web::export::{Cell, Format, Table};
use web::{Path, Problem, Query, Visit};

use super::{PATH, Row, field_name, org_options, page, rule_name, run_href, scope_name, taking};
use crate::checks::standard;
use crate::pages::Doors;
use crate::pages::admin::desk::editor;
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{FoundFilter, Run, RunId, RunState};

/// Findings on one page, and lines of a summary.
const PAGE: usize = 100;
/// Findings in a file.
const EXPORT_MAX: usize = 300_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `org`, `field`, `item`; the findings one by one otherwise.
    view: String,
    org: String,
    rule: String,
    field: String,
    item: String,
    q: String,
    /// Number of the look it is compared with.
    against: String,
    cursor: String,
    format: String,
}

impl Asked {
    fn filter(&self, snapshot: &Snapshot) -> FoundFilter {
        FoundFilter {
            org_id: snapshot.org_by_key(&self.org).map(|org| org.id),
            item_id: self.item.parse::<ItemId>().ok(),
            rule: self.rule.clone(),
            field: self.field.clone(),
            text: base::text::single_line(&self.q),
        }
    }

    fn is_narrow(&self) -> bool {
        [&self.org, &self.rule, &self.field, &self.item, &self.q]
            .iter()
            .any(|value| !value.is_empty())
    }

    /// The query with one value changed.
    fn query(&self, name: &'static str, value: &str) -> String {
        ListAddress::new("")
            .with("view", self.view.as_str())
            .with("org", self.org.as_str())
            .with("rule", self.rule.as_str())
            .with("field", self.field.as_str())
            .with("item", self.item.as_str())
            .with("q", self.q.as_str())
            .with("against", self.against.as_str())
            .with(name, value)
            .query()
    }
}

#[derive(Template)]
#[template(path = "admin/catalog_check_run.html")]
struct Report {
    page: Page,
    run: Run,
    alive: bool,
    scope: String,
    compared: Option<Compared>,
    others: Vec<(String, String)>,
    against: String,
    views: Vec<View>,
    target: String,
    /// What the filter form keeps.
    keep: Vec<(&'static str, String)>,
    narrow: bool,
    q: String,
    org: String,
    orgs: Vec<(String, String)>,
    rule: String,
    rules: Vec<(String, String)>,
    summary: Option<Summary>,
    rows: Vec<Row>,
    total: i64,
    newer: Option<String>,
    older: Option<String>,
    xlsx: String,
    csv: String,
}

/// Compared with another look.
struct Compared {
    href: String,
    at: jiff::Timestamp,
    new: i64,
    gone: i64,
}

/// Counts instead of findings.
struct Summary {
    head: &'static str,
    /// Name, link, findings, items.
    lines: Vec<(String, String, i64, i64)>,
}

struct Read {
    run: Run,
    others: Vec<Run>,
    total: i64,
    orgs: Vec<(base::ids::OrgId, i64, i64)>,
    fields: Vec<(String, String, i64, i64)>,
    items: Vec<(ItemId, base::ids::OrgId, String, i64)>,
    found: Vec<(i64, records::Found)>,
    compared: Option<(RunId, jiff::Timestamp, i64, i64)>,
}

fn read(
    tx: &mut Tx<'_>,
    run_id: RunId,
    asked: &Asked,
    filter: &FoundFilter,
    after: i64,
) -> web::Result<Read> {
    let run =
        records::run(tx, run_id)?.ok_or_else(|| Problem::not_found("没有这一次核对的记录"))?;
    let mut others = records::runs(tx, PAGE)?;
    others.retain(|other| {
        other.run_id != run_id && other.state == RunState::Done && other.org_id == run.org_id
    });
    let against = asked.against.parse::<RunId>().ok();
    let other = match against {
        Some(against) => others.iter().find(|other| other.run_id == against),
        // The one before it.
        None => others
            .iter()
            .find(|other| other.started_at < run.started_at),
    };
    let compared = match other {
        Some(other) if run.state == RunState::Done => Some((
            other.run_id,
            other.started_at,
            records::found_only_in(tx, run_id, other.run_id)?,
            records::found_only_in(tx, other.run_id, run_id)?,
        )),
        _ => None,
    };
    let mut read = Read {
        total: records::count_findings(tx, run_id, filter)?,
        compared,
        run,
        others,
        orgs: Vec::new(),
        fields: Vec::new(),
        items: Vec::new(),
        found: Vec::new(),
    };
    match asked.view.as_str() {
        "org" => read.orgs = records::found_by_org(tx, run_id, filter)?,
        "field" => read.fields = records::found_by_field(tx, run_id, filter)?,
        "item" => read.items = records::found_by_item(tx, run_id, filter, PAGE)?,
        _ => records::each_finding(tx, run_id, filter, after, PAGE + 1, &mut |n, one| {
            read.found.push((n, one));
            Ok(())
        })?,
    }
    Ok(read)
}

pub(super) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(run_id): Path<RunId>,
    Query(mut asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    if asked.view.is_empty() && !asked.is_narrow() && asked.cursor.is_empty() {
        "org".clone_into(&mut asked.view);
    }
    let snapshot = doors.catalog.snapshot();
    let filter = asked.filter(&snapshot);
    let list = format!("check {run_id}");
    let after: i64 = match asked.cursor.as_str() {
        "" => 0,
        cursor => web::cursor::decode(&doors.app, &list, cursor)?,
    };
    let wanted = asked.clone();
    let mut read = doors
        .app
        .db
        .read(move |tx| read(tx, run_id, &wanted, &filter, after))
        .await?;
    let here = run_href(run_id);
    let href = |query: String| format!("{here}?{query}");
    let older = (read.found.len() > PAGE).then(|| {
        read.found.truncate(PAGE);
        let end = read.found.last().map_or(0, |(n, _)| *n);
        let cursor = web::cursor::encode(&doors.app, &list, &end);
        href(asked.query("cursor", &cursor))
    });
    let rules = read.run.rules.clone();
    let summary = match asked.view.as_str() {
        "org" => Some(Summary {
            head: "机构",
            lines: read
                .orgs
                .iter()
                .map(|(org_id, found, items)| {
                    let key = snapshot.org(*org_id).map_or("", |org| org.key.as_str());
                    let at = Asked {
                        view: String::new(),
                        ..asked.clone()
                    };
                    let name = snapshot.org_name(*org_id).to_owned();
                    (name, href(at.query("org", key)), *found, *items)
                })
                .collect(),
        }),
        "field" => Some(Summary {
            head: "规则和要素",
            lines: read
                .fields
                .iter()
                .map(|(rule, field, found, items)| {
                    let at = Asked {
                        view: String::new(),
                        rule: rule.clone(),
                        ..asked.clone()
                    };
                    let name = format!("{}：{}", rule_name(&rules, rule), field_name(field));
                    (name, href(at.query("field", field)), *found, *items)
                })
                .collect(),
        }),
        "item" => Some(Summary {
            head: "事项",
            lines: read
                .items
                .iter()
                .map(|(item_id, org_id, name, found)| {
                    let at = Asked {
                        view: String::new(),
                        ..asked.clone()
                    };
                    let name = format!("{name}（{}）", snapshot.org_name(*org_id));
                    let id = item_id.to_string();
                    (name, href(at.query("item", &id)), *found, 1)
                })
                .collect(),
        }),
        _ => None,
    };
    let views = [
        ("org", "按机构"),
        ("field", "按要素"),
        ("item", "按事项"),
        ("all", "逐条"),
    ]
    .into_iter()
    .map(|(view, label)| View {
        label: label.to_owned(),
        href: href(asked.query("view", view)),
        current: asked.view == view || (view == "all" && asked.view.is_empty()),
        count: None,
    })
    .collect();
    let keep = [
        ("view", &asked.view),
        ("field", &asked.field),
        ("item", &asked.item),
        ("against", &asked.against),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name, value.clone()))
    .collect();
    let mut others = vec![(String::new(), "上一次核对".to_owned())];
    others.extend(
        read.others
            .iter()
            .map(|other| (other.run_id.to_string(), time_name(other.started_at))),
    );
    let report = Report {
        page: page(&visit, "核对结果").with_crumb("事项核对", PATH),
        alive: taking::is_alive(&read.run, doors.app.now()),
        scope: scope_name(&snapshot, read.run.org_id),
        compared: read.compared.map(|(other, at, new, gone)| Compared {
            href: run_href(other),
            at,
            new,
            gone,
        }),
        others,
        against: asked.against.clone(),
        views,
        keep,
        narrow: asked.is_narrow(),
        orgs: org_options(&snapshot, "全部机构"),
        rules: rule_options(&read.run),
        summary,
        newer: (after > 0).then(|| href(asked.query("cursor", ""))),
        older,
        rows: read
            .found
            .into_iter()
            .map(|(_, found)| Row::of(&snapshot, &rules, found))
            .collect(),
        total: read.total,
        xlsx: format!("{here}/export?{}", asked.query("format", "xlsx")),
        csv: format!("{here}/export?{}", asked.query("format", "csv")),
        run: read.run,
        q: asked.q,
        org: asked.org,
        rule: asked.rule,
        target: here,
    };
    Ok(web::render(&visit, report))
}

fn time_name(at: jiff::Timestamp) -> String {
    web::app::OFFSET
        .to_datetime(at)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn rule_options(run: &Run) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), "全部规则".to_owned())];
    options.extend(standard::RULES.iter().map(|(rule, words)| {
        (
            (*rule).to_owned(),
            format!("{} {words}", rule.to_uppercase()),
        )
    }));
    options.extend(
        run.rules
            .iter()
            .filter(|rule| !rule.off)
            .map(|rule| (rule.key.clone(), rule.name.clone())),
    );
    options
}

const HEADERS: &[&str] = &[
    "实施主体",
    "事项名称",
    "规则",
    "要素",
    "位置",
    "问题",
    "本事项",
    "定标事项",
    "不能发布",
    "修改地址",
    "定标事项地址",
];

/// Everything the filter lets through, as a file.
pub(super) async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Path(run_id): Path<RunId>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let format = Format::from_word(&asked.format)
        .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?;
    let snapshot = doors.catalog.snapshot();
    let filter = asked.filter(&snapshot);
    let finished = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let run = records::run(tx, run_id)?
                .ok_or_else(|| Problem::not_found("没有这一次核对的记录"))?;
            let mut table = Table::new(format, HEADERS)?;
            let mut refused = None;
            records::each_finding(tx, run_id, &filter, 0, EXPORT_MAX, &mut |_, found| {
                if refused.is_none() {
                    let path = found.path.clone();
                    let row = Row::of(&snapshot, &run.rules, found);
                    refused = table.row(&cells(row, path)).err();
                }
                Ok(())
            })?;
            match refused {
                Some(problem) => Err(problem),
                None => table.finish(),
            }
        })
        .await?;
    Ok(finished.response(&format!("事项核对-{}", doors.app.today())))
}

fn cells(row: Row, path: String) -> Vec<Cell> {
    let stops = if row.stops { "是" } else { "" };
    [
        row.org,
        row.item,
        row.rule,
        row.field,
        path,
        row.message,
        row.value,
        row.benchmark,
        stops.to_owned(),
        row.edit,
        row.benchmark_href,
    ]
    .into_iter()
    .map(Cell::from)
    .collect()
}
