//! 批量: one rule or one file for many items, looked at field by field, then handed in as one batch of drafts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::ItemId;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::fields::Fields;
use web::sniff::Media;
use web::upload::Rules;
use web::{Access, Form, Multipart, Path, Problem, Query, Routes, Visit};

use super::desk::{act, draft_href, editor, reason};
use super::{XLSX, attachment, list};
use crate::app::bulk::{self as many, Choice, Error, Looked};
use crate::bulk::rule::{Act, Rule, changeable};
use crate::export;
use crate::import::FILE_BYTES_MAX;
use crate::labels;
use crate::model::ItemState;
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{Bulk, BulkId, BulkKind, BulkLine, Filter, LineFilter, LineState};

/// Lines of a preview on one page.
const PAGE: usize = 50;
/// Items that can be ticked at once; a filter takes any number.
const TICKS: usize = 50;
/// How long a change that nobody hands in is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);
const RULES: Rules = Rules {
    allowed: &[Media::Xlsx, Media::Csv],
    bytes_max: Some(FILE_BYTES_MAX as u64),
    files_max: Some(1),
};

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/catalog/bulk", Access::Staff, all)
        .get("/admin/catalog/bulk/new", Access::Staff, choose)
        .post("/admin/catalog/bulk/new", Access::Staff, look)
        .get("/admin/catalog/bulk/import", Access::Staff, file)
        .post("/admin/catalog/bulk/import", Access::Staff, upload)
        .get("/admin/catalog/bulk/items", Access::Staff, items)
        .get("/admin/catalog/bulk/{bulk_id}", Access::Staff, show)
        .post("/admin/catalog/bulk/{bulk_id}", Access::Staff, hand_in)
        .get("/admin/catalog/bulk/{bulk_id}/export", Access::Staff, sheet)
}

fn page(visit: &Visit, title: &str) -> Page {
    visit
        .page(title)
        .with_nav("drafts")
        .with_crumb("事项编制", "/admin/catalog/drafts")
}

#[derive(Template)]
#[template(path = "admin/bulk_list.html")]
struct All {
    page: Page,
    rows: Vec<Bulk>,
}

async fn all(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    editor(&visit)?;
    let account = visit.staff()?.account;
    let mut rows = doors.app.db.read(|tx| records::bulks(tx, 200)).await?;
    // What is not handed in yet is its author's own business.
    rows.retain(|bulk| bulk.done_at.is_some() || bulk.account_id == account);
    let page = page(&visit, "批量办理");
    Ok(web::render(&visit, All { page, rows }))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    org: String,
    state: String,
    item_type: String,
    region: String,
}

impl Asked {
    fn filter(&self, doors: &Doors) -> Filter {
        let snapshot = doors.catalog.snapshot();
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Filter {
            org_id: snapshot.org_by_key(&self.org).map(|org| org.id),
            state: ItemState::from_word(&self.state),
            item_type: given(&self.item_type),
            flagged: false,
            text: base::text::single_line(&self.q),
            region: self.region.clone(),
        }
    }

    fn pairs(&self) -> [(&str, &str); 5] {
        [
            ("q", &self.q),
            ("org", &self.org),
            ("state", &self.state),
            ("item_type", &self.item_type),
            ("region", &self.region),
        ]
    }

    fn of(fields: &Fields) -> Asked {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        Asked {
            q: text("q"),
            org: text("org"),
            state: text("state"),
            item_type: text("item_type"),
            region: text("region"),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/bulk_new.html")]
struct Chooser {
    page: Page,
    asked: Asked,
    orgs: Vec<(String, String)>,
    states: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    rows: Vec<(ItemId, String, String)>,
    total: i64,
    columns: Vec<(String, String)>,
    acts: Vec<(String, String)>,
    rule: Rule,
    export: String,
    errors: Vec<(String, String)>,
}

impl Chooser {
    /// Whether the filter lets more through than can be ticked here.
    fn more(&self) -> bool {
        usize::try_from(self.total).is_ok_and(|total| total > self.rows.len())
    }

    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }
}

async fn chooser(
    visit: &Visit,
    doors: &Doors,
    asked: Asked,
    rule: Rule,
    errors: Vec<(String, String)>,
) -> web::Result<Chooser> {
    let filter = asked.filter(doors);
    let (briefs, total, regions) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let briefs = records::list(tx, &filter, None, TICKS)?;
            let total = records::count_items(tx, &filter)?;
            Ok((briefs, total, super::region_choices(tx)?))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
    orgs.extend(
        snapshot
            .orgs_with_items()
            .into_iter()
            .map(|(org, count)| (org.key.clone(), format!("{}（{count}）", org.name))),
    );
    let mut states = vec![(String::new(), "全部状态".to_owned())];
    states.extend(ItemState::ALL.map(|state| (state.word().to_owned(), state.label().to_owned())));
    let mut page = page(visit, "批量修改").with_crumb("批量办理", "/admin/catalog/bulk");
    if !errors.is_empty() {
        page = page.with_error();
    }
    let export = links::with_query("/admin/catalog/bulk/items", &asked.pairs());
    Ok(Chooser {
        page,
        export,
        orgs,
        states,
        regions,
        rows: briefs
            .into_iter()
            .map(|brief| {
                let org = snapshot.org_name(brief.org_id).to_owned();
                (brief.item_id, brief.name, org)
            })
            .collect(),
        total,
        columns: changeable()
            .map(|(header, _)| (header.to_owned(), header.to_owned()))
            .collect(),
        acts: Act::ALL
            .map(|act| (act.word().to_owned(), act.label().to_owned()))
            .into(),
        rule,
        asked,
        errors,
    })
}

async fn choose(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let rule = Rule {
        column: "承诺办结时限".to_owned(),
        act: Act::Shorten,
        value: String::new(),
        with: String::new(),
    };
    let chooser = chooser(&visit, &doors, asked, rule, Vec::new()).await?;
    Ok(web::render(&visit, chooser))
}

/// The chosen items as a workbook, to be edited and handed back.
async fn items(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<list::Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    list::export(State(doors), Query(asked)).await
}

async fn look(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<Fields>,
) -> web::Result<Response> {
    editor(&visit)?;
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let rule = Rule {
        column: text("column"),
        act: Act::from_word(&text("act")).unwrap_or(Act::Set),
        value: text("value"),
        with: text("with"),
    };
    let asked = Asked::of(&form);
    let ticked: Vec<ItemId> = form.all("item").filter_map(|id| id.parse().ok()).collect();
    let choice = if text("choice") == "ticked" {
        Choice::Items(ticked)
    } else {
        Choice::Filter(asked.filter(&doors))
    };
    match look_at_rule(&visit, &doors, choice, rule.clone()).await {
        Ok(bulk_id) => Ok(web::redirect(&bulk_href(bulk_id))),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            let chooser = chooser(&visit, &doors, asked, rule, errors).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                chooser,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Looks at what a rule would change and keeps it.
pub(crate) async fn look_at_rule(
    visit: &Visit,
    doors: &Doors,
    choice: Choice,
    rule: Rule,
) -> web::Result<BulkId> {
    if matches!(&choice, Choice::Items(items) if items.is_empty()) {
        return Err(Problem::invalid(
            "choice",
            "请勾选要修改的事项，或者选“全部符合条件的”",
        ));
    }
    let actor = editor(visit)?.clone();
    let bulk = new_bulk(visit, doors, BulkKind::Fields, rule.title())?;
    let bulk = Bulk {
        params: serde_json::to_string(&rule).unwrap_or_default(),
        ..bulk
    };
    keep(doors, bulk, move |tx| {
        many::look_at_rule(tx, &actor, &choice, &rule)
    })
    .await
}

pub(crate) fn new_bulk(
    visit: &Visit,
    doors: &Doors,
    kind: BulkKind,
    title: String,
) -> web::Result<Bulk> {
    let staff = visit.staff()?;
    let now = doors.app.now();
    Ok(Bulk {
        bulk_id: BulkId::from_uuid(doors.app.ids.next_uuid(now)),
        kind,
        title,
        account_id: staff.account,
        by_name: staff.name.clone(),
        params: String::new(),
        looked: 0,
        unchanged: 0,
        created_at: now,
        done_at: None,
        batch: None,
    })
}

/// Looks and keeps what was seen, in one transaction.
pub(crate) async fn keep<F, E>(doors: &Doors, bulk: Bulk, look: F) -> web::Result<BulkId>
where
    F: Fn(&mut store::Tx<'_>) -> Result<Looked, E> + Send + 'static,
    Problem: From<E>,
{
    let bulk_id = bulk.bulk_id;
    doors
        .app
        .db
        .write(move |tx| -> web::Result<()> {
            records::purge_bulk(tx, bulk.created_at - KEPT)?;
            let looked = look(tx)?;
            let bulk = Bulk {
                looked: i64::try_from(looked.looked).unwrap_or(i64::MAX),
                unchanged: i64::try_from(looked.unchanged).unwrap_or(i64::MAX),
                ..bulk.clone()
            };
            Ok(many::keep(tx, &bulk, &looked)?)
        })
        .await?;
    Ok(bulk_id)
}

#[derive(Template)]
#[template(path = "admin/bulk_import.html")]
struct File {
    page: Page,
    wrong: String,
    errors: Vec<(String, String)>,
}

fn file_page(visit: &Visit, error: String) -> File {
    let mut page = page(visit, "导入为草稿").with_crumb("批量办理", "/admin/catalog/bulk");
    if !error.is_empty() {
        page = page.with_error();
    }
    File {
        page,
        errors: Some(("file".to_owned(), error.clone()))
            .filter(|(_, error)| !error.is_empty())
            .into_iter()
            .collect(),
        wrong: error,
    }
}

async fn file(visit: Visit) -> web::Result<Response> {
    editor(&visit)?;
    Ok(web::render(&visit, file_page(&visit, String::new())))
}

async fn upload(
    visit: Visit,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Response> {
    match received(&visit, &doors, parts).await {
        Ok(bulk_id) => Ok(web::redirect(&bulk_href(bulk_id))),
        Err(problem) if problem.is_invalid() || problem.field("file").is_some() => {
            let said = problem
                .fields
                .iter()
                .take(20)
                .map(|field| field.message.clone())
                .collect::<Vec<_>>()
                .join("；");
            let status = if problem.is_invalid() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                problem.kind.status()
            };
            Ok(web::render_with(&visit, status, file_page(&visit, said)))
        }
        Err(problem) => Err(problem),
    }
}

/// Reads an uploaded file, looks at what it would change and keeps it. A file with mistakes changes nothing: every
/// mistake is named by row and column.
pub(crate) async fn received(
    visit: &Visit,
    doors: &Doors,
    parts: Multipart,
) -> web::Result<BulkId> {
    let actor = editor(visit)?.clone();
    let received = parts.receive(&RULES).await?;
    let file = received
        .files
        .first()
        .ok_or_else(|| Problem::invalid("file", "请选择要导入的文件"))?;
    let mut parsed = doors.read_file_to_compare(file.digest).await?;
    many::restrict(&mut parsed, &actor);
    if parsed.refused > 0 {
        return Err(Problem::invalid_fields(parsed.errors.iter().map(|error| {
            (
                format!("rows/{}/{}", error.row, error.field),
                format!("第{}行 {}：{}", error.row, error.field, error.message),
            )
        }))
        .and_field(
            "file",
            format!("文件有{}行错误，请改正后重新上传", parsed.refused),
        ));
    }
    let bulk = new_bulk(visit, doors, BulkKind::Import, file.name.clone())?;
    keep(doors, bulk, move |tx| {
        many::look_at_file(tx, &actor, &parsed)
    })
    .await
}

pub(crate) fn bulk_href(bulk_id: BulkId) -> String {
    format!("/admin/catalog/bulk/{bulk_id}")
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Narrowed {
    field: String,
    state: String,
    after: String,
}

impl Narrowed {
    fn filter(&self) -> LineFilter {
        LineFilter {
            field: self.field.clone(),
            state: LineState::from_word(&self.state),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/bulk.html")]
struct Show {
    page: Page,
    bulk: Bulk,
    /// (field, name, lines), the most frequent first.
    fields: Vec<(String, String, i64)>,
    states: Vec<(LineState, i64)>,
    narrowed: Narrowed,
    rows: Vec<Row>,
    older: Option<String>,
    newer: Option<String>,
    may: bool,
    request_key: String,
    effective: String,
    note: String,
    errors: Vec<(String, String)>,
}

struct Row {
    line: BulkLine,
    org: String,
    href: String,
}

impl Show {
    fn count(&self, state: LineState) -> i64 {
        self.states
            .iter()
            .find(|(known, _)| *known == state)
            .map_or(0, |(_, count)| *count)
    }

    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }

    fn tag(state: LineState) -> &'static str {
        match state {
            LineState::Ready => "blue",
            LineState::Drafted => "green",
            LineState::Refused => "zhu",
            LineState::Skipped => "amber",
        }
    }
}

/// A change, for its author; once handed in, for every editor.
pub(crate) async fn readable(visit: &Visit, doors: &Doors, bulk_id: BulkId) -> web::Result<Bulk> {
    editor(visit)?;
    let account = visit.staff()?.account;
    doors
        .app
        .db
        .read(move |tx| records::bulk(tx, bulk_id))
        .await?
        .filter(|bulk| bulk.done_at.is_some() || bulk.account_id == account)
        .ok_or_else(|| Problem::not_found("没有找到这次批量办理，请重新选择"))
}

async fn view(
    visit: &Visit,
    doors: &Doors,
    bulk_id: BulkId,
    narrowed: Narrowed,
) -> web::Result<Show> {
    let bulk = readable(visit, doors, bulk_id).await?;
    let filter = narrowed.filter();
    let after: i64 = narrowed.after.parse().unwrap_or_default();
    let (mut lines, counts) = doors
        .app
        .db
        .read(move |tx| {
            let lines = records::bulk_lines(tx, bulk_id, &filter, after, PAGE + 1)?;
            Ok::<_, store::Error>((lines, records::bulk_counts(tx, bulk_id)?))
        })
        .await?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let address = |after: &str| {
        links::with_query(
            &bulk_href(bulk_id),
            &[
                ("field", &narrowed.field),
                ("state", &narrowed.state),
                ("after", after),
            ],
        )
    };
    let older = lines
        .last()
        .filter(|_| more)
        .map(|last| address(&last.n.to_string()));
    let newer = (after > 0).then(|| address(""));
    let snapshot = doors.catalog.snapshot();
    let account = visit.staff()?.account;
    Ok(Show {
        page: page(visit, &bulk.title).with_crumb("批量办理", "/admin/catalog/bulk"),
        fields: fields(&counts),
        states: LineState::ALL
            .map(|state| {
                let count = counts.iter().filter(|(known, ..)| *known == state);
                (state, count.map(|(_, _, count)| count).sum())
            })
            .into(),
        rows: lines
            .into_iter()
            .map(|line| Row {
                org: snapshot.org_name(line.org_id).to_owned(),
                href: match (line.draft_id, line.item_id) {
                    (Some(draft_id), _) => draft_href(draft_id),
                    (None, Some(item_id)) => links::item(item_id),
                    (None, None) => String::new(),
                },
                line,
            })
            .collect(),
        may: bulk.done_at.is_none() && bulk.account_id == account,
        older,
        newer,
        narrowed,
        request_key: visit.new_request_key(),
        effective: String::new(),
        note: String::new(),
        errors: Vec::new(),
        bulk,
    })
}

/// How many lines change each field.
pub(crate) fn fields(counts: &[(LineState, String, i64)]) -> Vec<(String, String, i64)> {
    let mut by_field: Vec<(String, i64)> = Vec::new();
    for (_, names, count) in counts {
        for name in names.split('|').filter(|name| !name.is_empty()) {
            match by_field.iter_mut().find(|(known, _)| known == name) {
                Some((_, total)) => *total += count,
                None => by_field.push((name.to_owned(), *count)),
            }
        }
    }
    by_field.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    by_field
        .into_iter()
        .map(|(field, count)| (field.clone(), labels::field(&field), count))
        .collect()
}

async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
    Query(narrowed): Query<Narrowed>,
) -> web::Result<Response> {
    let show = view(&visit, &doors, bulk_id, narrowed).await?;
    Ok(web::render(&visit, show))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct HandIn {
    effective: String,
    note: String,
}

/// The first instant of a day to come; none for at once.
pub(crate) fn effective(text: &str, today: Date) -> web::Result<Option<jiff::Timestamp>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day: Date = text
        .parse()
        .map_err(|_| Problem::invalid("effective", "请填写2026-07-01这样的日期"))?;
    if day < today {
        return Err(Problem::invalid("effective", "生效日期不能早于今天"));
    }
    Ok((day > today).then(|| calendar::start_of_day(day)))
}

async fn hand_in(
    visit: Visit,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
    Form(form): Form<HandIn>,
) -> web::Result<Response> {
    let bulk = readable(&visit, &doors, bulk_id).await?;
    if let Some(batch) = bulk.batch {
        return Ok(web::redirect(&format!("/admin/catalog/batches/{batch}")));
    }
    let done = async {
        let at = effective(&form.effective, doors.app.today())?;
        let note = reason(&form.note)?;
        let (actor, app, now) = (editor(&visit)?.clone(), doors.app.clone(), doors.app.now());
        act(&visit, &doors, move |tx| {
            let outcome = many::draft(tx, &actor, &app.ids, bulk_id, at, &note, now)?;
            Ok(format!("/admin/catalog/batches/{}", outcome.batch))
        })
        .await
    };
    match done.await {
        Err(problem) if problem.is_invalid() => {
            let mut show = view(&visit, &doors, bulk_id, Narrowed::default()).await?;
            show.page = show.page.with_error();
            show.errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            (show.effective, show.note) = (form.effective, form.note);
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        other => other,
    }
}

/// Every difference of every line, one a row.
async fn sheet(
    visit: Visit,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
    Query(narrowed): Query<Narrowed>,
) -> web::Result<Response> {
    let bulk = readable(&visit, &doors, bulk_id).await?;
    let filter = narrowed.filter();
    let lines = doors
        .app
        .db
        .read(move |tx| {
            let mut all: Vec<BulkLine> = Vec::new();
            loop {
                let after = all.last().map_or(0, |line| line.n);
                let page = records::bulk_lines(tx, bulk_id, &filter, after, records::LIST_MAX)?;
                if page.is_empty() {
                    return Ok::<_, store::Error>(all);
                }
                all.extend(page);
            }
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let rows = lines.iter().flat_map(|line| {
        let org = snapshot.org_name(line.org_id);
        line.changes.iter().map(move |change| {
            vec![
                line.code.clone(),
                line.name.clone(),
                org.to_owned(),
                line.state.label().to_owned(),
                change.label.clone(),
                change.old.clone(),
                change.new.clone(),
            ]
        })
    });
    let headers = [
        "编码",
        "事项名称",
        "实施主体",
        "状态",
        "要素",
        "原来",
        "改为",
    ];
    let content = export::sheet("改动", &headers, rows).map_err(Problem::internal)?;
    let name = format!("批量改动-{}.xlsx", base::text::shorten(&bulk.title, 40));
    Ok(attachment(&name, XLSX, content))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotFound => Problem::not_found("没有找到这次批量办理，或者它不是您做的"),
            Error::Rule(wrong) => Problem::invalid(wrong.field, wrong.message),
            Error::TooMany(count) => Problem::invalid(
                "choice",
                format!(
                    "一批最多{}项，现在是{count}项，请缩小范围",
                    crate::app::drafting::BATCH_MAX
                ),
            ),
            Error::Nothing => Problem::invalid("choice", "没有要改动的事项，请核对后再试")
                .and_field("file", "文件和现行事项没有不同"),
            Error::Done => Problem::conflict("bulk_done", "这一批已经送审，请在草稿里查看"),
            Error::Draft(error) => Problem::from(error),
            Error::Store(error) => Problem::from(error),
        }
    }
}
