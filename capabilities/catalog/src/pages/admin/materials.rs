//! 材料库: the standard materials, who asks for each, and how one goes over to another.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Actor;
use serde::Deserialize;
use ui::Page;
use web::{Access, Fields, Form, Path, Problem, Query, Routes, Visit};

use super::bulk::{bulk_href, keep, new_bulk};
use super::desk::{act, editor, reason};
use super::{XLSX, attachment};
use crate::app::bulk as many;
use crate::app::materials::{self as app, Error};
use crate::export;
use crate::library::{self, StandardMaterial};
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{BulkId, BulkKind, Kept, ListKey, MaterialChange, MaterialUse};

pub(crate) const PATH: &str = "/admin/catalog/materials";
/// Rows on one page.
const PAGE: usize = 50;
/// Names that nobody assigned, on the page.
const UNASSIGNED: usize = 20;
/// The name cursors of the items that use a material are made under.
const USERS: &str = "material_users";

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, list)
        .post(PATH, Access::Staff, create)
        .get("/admin/catalog/materials/export", Access::Staff, sheet)
        .get("/admin/catalog/materials/new", Access::Staff, begin)
        .post("/admin/catalog/materials/assign", Access::Staff, assign)
        .post("/admin/catalog/materials/shipped", Access::Staff, shipped)
        .get("/admin/catalog/materials/{code}", Access::Staff, show)
        .post("/admin/catalog/materials/{code}", Access::Staff, save)
        .post(
            "/admin/catalog/materials/{code}/merge",
            Access::Staff,
            merge,
        )
        .post(
            "/admin/catalog/materials/{code}/separate",
            Access::Staff,
            separate,
        )
}

pub(crate) fn href(code: &str) -> String {
    format!("{PATH}/{code}")
}

fn page(visit: &Visit, title: &str) -> Page {
    visit
        .page(title)
        .with_nav("drafts")
        .with_crumb("事项编制", "/admin/catalog/drafts")
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// `merged`: those that went over to another.
    show: String,
    /// Code the page before ended with.
    after: String,
}

impl Asked {
    fn lets_through(&self, material: &StandardMaterial) -> bool {
        let text = self.q.trim();
        let merged = !material.merged_into.is_empty();
        let named = || {
            let names = std::iter::once(&material.name).chain(&material.names);
            let others = [&material.issuer, &material.replaced_by, &material.licence];
            names.chain(others).any(|name| name.contains(text))
        };
        merged == (self.show == "merged") && (text.is_empty() || material.code == text || named())
    }
}

/// A standard material in the list.
pub(crate) struct Line {
    pub(crate) material: StandardMaterial,
    /// Items that ask for it.
    pub(crate) uses: i64,
}

impl Line {
    fn href(&self) -> String {
        href(&self.material.code)
    }

    fn validity(&self) -> String {
        validity(&self.material)
    }
}

fn validity(material: &StandardMaterial) -> String {
    material
        .validity_months
        .map_or_else(|| "长期".to_owned(), |months| format!("{months}个月"))
}

/// The whole library with how often each is used, by code.
pub(crate) async fn lines(doors: &Doors) -> web::Result<Vec<Line>> {
    let uses = doors.app.db.read(records::material_uses).await?;
    let uses: HashMap<String, i64> = uses.into_iter().collect();
    let library = doors.catalog.library();
    let mut lines: Vec<Line> = library
        .all()
        .map(|material| Line {
            uses: uses.get(&material.code).copied().unwrap_or_default(),
            material: StandardMaterial::clone(material),
        })
        .collect();
    lines.sort_by(|one, other| one.material.code.cmp(&other.material.code));
    Ok(lines)
}

#[derive(Template)]
#[template(path = "admin/materials.html")]
struct List {
    page: Page,
    asked: Asked,
    keeps: bool,
    /// Nothing stands in the library yet.
    empty: bool,
    total: usize,
    rows: Vec<Line>,
    /// Names in items that name no standard material: name, items.
    unassigned: Vec<(String, i64)>,
    newer: Option<String>,
    older: Option<String>,
    request_key: String,
    /// What assigning needs, where it was refused.
    code: String,
    errors: Vec<(String, String)>,
}

impl List {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }
}

fn error_of<'a>(errors: &'a [(String, String)], field: &str) -> &'a str {
    errors
        .iter()
        .find(|(name, _)| name == field)
        .map_or("", |(_, message)| message)
}

async fn list_page(visit: &Visit, doors: &Doors, asked: Asked) -> web::Result<List> {
    let actor = editor(visit)?;
    let all = lines(doors).await?;
    let (empty, text) = (all.is_empty(), asked.q.trim().to_owned());
    let mut rows: Vec<Line> = all
        .into_iter()
        .filter(|line| asked.lets_through(&line.material))
        .collect();
    let total = rows.len();
    rows.retain(|line| line.material.code > asked.after);
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let address = |after: &str| {
        links::with_query(
            PATH,
            &[("q", &asked.q), ("show", &asked.show), ("after", after)],
        )
    };
    let older = rows
        .last()
        .filter(|_| more)
        .map(|line| address(&line.material.code));
    let newer = (!asked.after.is_empty()).then(|| address(""));
    let unassigned = doors
        .app
        .db
        .read(move |tx| records::unassigned(tx, &text, UNASSIGNED))
        .await?;
    Ok(List {
        page: page(visit, "材料库"),
        keeps: app::keeps_library(actor),
        empty,
        total,
        rows,
        unassigned,
        newer,
        older,
        asked,
        request_key: visit.new_request_key(),
        code: String::new(),
        errors: Vec::new(),
    })
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let list = list_page(&visit, &doors, asked).await?;
    Ok(web::render(&visit, list))
}

async fn sheet(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    editor(&visit)?;
    let rows = lines(&doors).await?;
    let rows = rows.into_iter().map(|line| {
        let validity = line.validity();
        let material = line.material;
        vec![
            material.code,
            material.name,
            material.names.join("\n"),
            material.issuer,
            material.replaced_by,
            material.licence,
            validity,
            line.uses.to_string(),
            material.merged_into,
            material.note,
        ]
    });
    let headers = [
        "标准材料编码",
        "名称",
        "又称",
        "出具机构",
        "替代的证照或共享数据",
        "本平台证照",
        "有效期",
        "使用事项数",
        "并入",
        "说明",
    ];
    let content = export::sheet("材料库", &headers, rows).map_err(Problem::internal)?;
    Ok(attachment("材料库.xlsx", XLSX, content))
}

/// A standard material as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
    name: String,
    names: String,
    issuer: String,
    replaced_by: String,
    licence: String,
    validity_months: String,
    blank_form: String,
    sample: String,
    note: String,
    revision: String,
    reason: String,
}

impl Typed {
    fn of(kept: &Kept) -> Typed {
        let material = kept.material.clone();
        Typed {
            code: material.code,
            name: material.name,
            names: material.names.join("\n"),
            issuer: material.issuer,
            replaced_by: material.replaced_by,
            licence: material.licence,
            validity_months: material
                .validity_months
                .map_or_else(String::new, |months| months.to_string()),
            blank_form: material.blank_form,
            sample: material.sample,
            note: material.note,
            revision: kept.revision.to_string(),
            reason: String::new(),
        }
    }

    fn read(&self, code: &str) -> web::Result<StandardMaterial> {
        let line = base::text::single_line;
        let validity_months = match self.validity_months.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                Problem::invalid("validity_months", "有效期请填整数月，长期有效的不填")
            })?),
        };
        Ok(StandardMaterial {
            code: code.to_owned(),
            name: line(&self.name),
            names: self
                .names
                .lines()
                .map(line)
                .filter(|name| !name.is_empty())
                .collect(),
            issuer: line(&self.issuer),
            replaced_by: line(&self.replaced_by),
            licence: line(&self.licence),
            validity_months,
            blank_form: line(&self.blank_form),
            sample: line(&self.sample),
            note: line(&self.note),
            merged_into: String::new(),
        })
    }
}

#[derive(Template)]
#[template(path = "admin/material.html")]
struct Show {
    page: Page,
    keeps: bool,
    /// None for one that is being written for the first time.
    kept: Option<Kept>,
    typed: Typed,
    /// What the items say of the names it would stand for.
    users: Vec<(String, String, MaterialUse)>,
    uses: i64,
    older: Option<String>,
    newer: Option<String>,
    changes: Vec<MaterialChange>,
    request_key: String,
    into: String,
    why: String,
    errors: Vec<(String, String)>,
}

impl Show {
    fn error(&self, field: &str) -> &str {
        error_of(&self.errors, field)
    }

    /// 新建, 修改, 并入, 取消并入.
    fn kind(kind: &str) -> &'static str {
        match kind {
            "created" => "新建",
            "merged" => "并入",
            "separated" => "取消并入",
            _ => "修改",
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    cursor: String,
    /// Name to begin a new one with.
    name: String,
}

async fn show_page(visit: &Visit, doors: &Doors, code: &str, cursor: &str) -> web::Result<Show> {
    let actor = editor(visit)?;
    let after: Option<ListKey> = match cursor {
        "" => None,
        text => Some(web::cursor::decode(&visit.app, USERS, text)?),
    };
    let (wanted, from) = (code.to_owned(), after.clone());
    let (kept, mut users, uses, changes) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let kept = records::material(tx, &wanted)?.ok_or_else(no_material)?;
            let users = records::users_of(tx, &wanted, from.as_ref(), PAGE + 1)?;
            let uses = records::material_uses(tx)?;
            let changes = records::material_changes(tx, &wanted)?;
            Ok((kept, users, uses, changes))
        })
        .await?;
    let more = users.len() > PAGE;
    users.truncate(PAGE);
    let here = href(code);
    let older = users.last().filter(|_| more).map(|last| {
        let key: ListKey = (last.item_name.clone(), last.item_id);
        let cursor = web::cursor::encode(&visit.app, USERS, &key);
        links::with_query(&here, &[("cursor", &cursor)])
    });
    let snapshot = doors.catalog.snapshot();
    Ok(Show {
        page: page(visit, &kept.material.name).with_crumb("材料库", PATH),
        keeps: app::keeps_library(actor),
        typed: Typed::of(&kept),
        users: users
            .into_iter()
            .map(|user| {
                let org = snapshot.org_name(user.org_id).to_owned();
                (links::item(user.item_id), org, user)
            })
            .collect(),
        uses: uses
            .into_iter()
            .find(|(known, _)| known == code)
            .map_or(0, |(_, count)| count),
        newer: after.map(|_| here),
        older,
        changes,
        request_key: visit.new_request_key(),
        into: String::new(),
        why: String::new(),
        errors: Vec::new(),
        kept: Some(kept),
    })
}

fn no_material() -> Problem {
    Problem::not_found("材料库里没有这份标准材料")
}

async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Query(shown): Query<Shown>,
) -> web::Result<Response> {
    let show = show_page(&visit, &doors, &code, &shown.cursor).await?;
    Ok(web::render(&visit, show))
}

/// A page to write a new one, beginning with what the items say of a name.
fn new_page(visit: &Visit, typed: Typed) -> web::Result<Show> {
    let actor = editor(visit)?;
    if !app::keeps_library(actor) {
        return Err(Problem::from(Error::Forbidden));
    }
    Ok(Show {
        page: page(visit, "新的标准材料").with_crumb("材料库", PATH),
        keeps: true,
        kept: None,
        typed,
        users: Vec::new(),
        uses: 0,
        older: None,
        newer: None,
        changes: Vec::new(),
        request_key: visit.new_request_key(),
        into: String::new(),
        why: String::new(),
        errors: Vec::new(),
    })
}

async fn begin(
    visit: Visit,
    State(doors): State<Doors>,
    Query(shown): Query<Shown>,
) -> web::Result<Response> {
    editor(&visit)?;
    let name = base::text::single_line(&shown.name);
    let said = gathered(&doors, &name).await?;
    let typed = Typed {
        code: next_code(&doors),
        revision: "0".to_owned(),
        ..Typed::of(&Kept {
            material: said,
            revision: 0,
            changed_by: String::new(),
            changed_at: doors.app.now(),
        })
    };
    let show = new_page(&visit, typed)?;
    Ok(web::render(&visit, show))
}

fn next_code(doors: &Doors) -> String {
    let library = doors.catalog.library();
    library::next_code(library.all().map(|material| material.code.as_str()))
}

/// What the items that name no standard say of a material of this name.
async fn gathered(doors: &Doors, name: &str) -> web::Result<StandardMaterial> {
    if name.is_empty() {
        return Ok(StandardMaterial::default());
    }
    let wanted = name.to_owned();
    let items = doors
        .app
        .db
        .read(move |tx| -> Result<_, store::Error> {
            let mut items = Vec::new();
            let users = records::unassigned_users(tx, std::slice::from_ref(&wanted))?;
            for item_id in users.into_iter().take(PAGE) {
                items.extend(records::current(tx, item_id)?);
            }
            Ok(items)
        })
        .await?;
    let materials: Vec<_> = items
        .iter()
        .flat_map(|published| &published.item.materials)
        .filter(|material| material.name == name)
        .collect();
    let mut said = library::gathered("", &materials);
    name.clone_into(&mut said.name);
    Ok(said)
}

async fn create(
    visit: Visit,
    State(doors): State<Doors>,
    Form(typed): Form<Typed>,
) -> web::Result<Response> {
    let code = base::text::single_line(&typed.code);
    match write(&visit, &doors, &code, &typed).await {
        Err(problem) if problem.is_invalid() => {
            let mut show = new_page(&visit, typed)?;
            show.errors = messages(&problem);
            show.page = show.page.with_error();
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        other => other,
    }
}

async fn save(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Form(typed): Form<Typed>,
) -> web::Result<Response> {
    match write(&visit, &doors, &code, &typed).await {
        Err(problem) if problem.is_invalid() => {
            let mut show = show_page(&visit, &doors, &code, "").await?;
            show.typed = typed;
            refuse(&visit, show, &problem)
        }
        other => other,
    }
}

fn refuse(visit: &Visit, mut show: Show, problem: &Problem) -> web::Result<Response> {
    show.errors = messages(problem);
    show.page = show.page.with_error();
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        show,
    ))
}

/// The reason of going over stands in a field of its own beside the one of writing.
fn refuse_going(visit: &Visit, mut show: Show, problem: &Problem) -> web::Result<Response> {
    show.errors = messages(problem);
    for (field, _) in &mut show.errors {
        if field == "reason" {
            "why".clone_into(field);
        }
    }
    show.page = show.page.with_error();
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        show,
    ))
}

fn messages(problem: &Problem) -> Vec<(String, String)> {
    problem
        .fields
        .iter()
        .map(|field| (field.field.clone(), field.message.clone()))
        .collect()
}

async fn write(visit: &Visit, doors: &Doors, code: &str, typed: &Typed) -> web::Result<Response> {
    let actor = editor(visit)?.clone();
    let material = typed.read(code)?;
    let seen: i64 = typed.revision.trim().parse().unwrap_or_default();
    let (note, now) = (reason(&typed.reason)?, doors.app.now());
    act(visit, doors, move |tx| {
        let kept = app::save(tx, &actor, &material, seen, &note, now)?;
        Ok(href(&kept.material.code))
    })
    .await
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Going {
    into: String,
    why: String,
}

/// Lets a material go over to another and looks at what the items have to follow with; none where nobody uses it.
pub(crate) async fn merging(
    visit: &Visit,
    doors: &Doors,
    from: &str,
    into: &str,
    why: &str,
) -> web::Result<Option<BulkId>> {
    let actor = editor(visit)?.clone();
    let title = format!("材料库：{from}并入{into}");
    let bulk = new_bulk(visit, doors, BulkKind::Fields, title)?;
    let (why, now) = (reason(why)?, doors.app.now());
    let (from, into) = (from.to_owned(), base::text::single_line(into));
    let done = keep_or_none(doors, bulk, move |tx| {
        app::merge(tx, &actor, (&from, &into), &why, now)
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(done)
}

/// As [`keep`], but where nothing would change the transaction stands and there is nothing to look at.
async fn keep_or_none<F>(doors: &Doors, bulk: records::Bulk, look: F) -> web::Result<Option<BulkId>>
where
    F: Fn(&mut store::Tx<'_>) -> Result<many::Looked, Error> + Send + 'static,
{
    let bulk_id = bulk.bulk_id;
    doors
        .app
        .db
        .write(move |tx| -> web::Result<Option<BulkId>> {
            let looked = look(tx)?;
            if looked.lines.is_empty() {
                return Ok(None);
            }
            let bulk = records::Bulk {
                looked: i64::try_from(looked.looked).unwrap_or(i64::MAX),
                unchanged: i64::try_from(looked.unchanged).unwrap_or(i64::MAX),
                ..bulk.clone()
            };
            many::keep(tx, &bulk, &looked)?;
            Ok(Some(bulk_id))
        })
        .await
}

async fn merge(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Form(going): Form<Going>,
) -> web::Result<Response> {
    match merging(&visit, &doors, &code, &going.into, &going.why).await {
        Ok(Some(bulk_id)) => Ok(web::redirect(&bulk_href(bulk_id))),
        Ok(None) => Ok(web::redirect(&href(&code))),
        Err(problem) if problem.is_invalid() => {
            let mut show = show_page(&visit, &doors, &code, "").await?;
            (show.into, show.why) = (going.into, going.why);
            refuse_going(&visit, show, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn separate(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Form(going): Form<Going>,
) -> web::Result<Response> {
    let done = async {
        let actor = editor(&visit)?.clone();
        let (why, now, code) = (reason(&going.why)?, doors.app.now(), code.clone());
        act(&visit, &doors, move |tx| {
            let kept = app::separate(tx, &actor, &code, &why, now)?;
            Ok(href(&kept.material.code))
        })
        .await
    };
    match done.await {
        Err(problem) if problem.is_invalid() => {
            let show = show_page(&visit, &doors, &code, "").await?;
            refuse_going(&visit, show, &problem)
        }
        other => other,
    }
}

/// Looks at what changes when unassigned materials of these names become a standard one.
pub(crate) async fn assigning(
    visit: &Visit,
    doors: &Doors,
    names: Vec<String>,
    code: &str,
) -> web::Result<BulkId> {
    let actor: Actor = editor(visit)?.clone();
    let code = base::text::single_line(code);
    let title = format!("材料库：归入{code}");
    let bulk = new_bulk(visit, doors, BulkKind::Fields, title)?;
    keep(doors, bulk, move |tx| {
        app::look_at_assignment(tx, &actor, &names, &code)
    })
    .await
}

async fn assign(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<Fields>,
) -> web::Result<Response> {
    let names: Vec<String> = form.all("name").map(str::to_owned).collect();
    let code = form.get("code").unwrap_or_default().to_owned();
    match assigning(&visit, &doors, names, &code).await {
        Ok(bulk_id) => Ok(web::redirect(&bulk_href(bulk_id))),
        Err(problem) if problem.is_invalid() => {
            let mut list = list_page(&visit, &doors, Asked::default()).await?;
            list.errors = messages(&problem);
            list.page = list.page.with_error();
            list.code = code;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                list,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Puts the library that ships into a city that has none.
async fn shipped(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    let actor = editor(&visit)?.clone();
    if !app::keeps_library(&actor) {
        return Err(Problem::from(Error::Forbidden));
    }
    let now = doors.app.now();
    act(&visit, &doors, move |tx| {
        app::install(tx, library::shipped(), actor.name(), now)?;
        Ok(PATH.to_owned())
    })
    .await
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Forbidden => Problem::not_allowed("材料库由系统管理员维护"),
            Error::NotFound => no_material(),
            Error::Wrong(found) => Problem::invalid_fields(found),
            Error::Changed(revision) => {
                Problem::conflict("material_changed", "别人刚刚改过这份标准材料，请刷新后再改")
                    .and_field("revision", revision.to_string())
            }
            Error::NeedsReason => Problem::invalid("reason", "请写明原因，会记入变更记录"),
            Error::Merged(code) => {
                Problem::invalid("into", format!("它已经并入{code}，请直接选择{code}"))
            }
            Error::Bulk(error) => Problem::from(error),
            Error::Store(error) => Problem::from(error),
        }
    }
}
