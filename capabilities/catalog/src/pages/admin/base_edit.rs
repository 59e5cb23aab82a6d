//! Publishing base items: the form with every field, looked at as differences first; files of many.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::Actor;
use jiff::Timestamp;
use serde_json::Value;
use store::Tx;
use ui::Page;
use web::fields::Fields;
use web::sniff::Media;
use web::upload::Rules;
use web::{Access, Answer, Form, Idempotency, Multipart, Path, Problem, Routes, Visit};

use super::base::{PATH, field_name, href, keeps};
use super::desk::{act, editor, reason};
use crate::app::base as base_list;
use crate::base_list::file::{self, Content};
use crate::base_list::rules;
use crate::diff::{self, Change};
use crate::editor::{self, BASE, Control, Marks};
use crate::import::FILE_BYTES_MAX;
use crate::model::BaseItem;
use crate::pages::Doors;
use crate::store as records;
use crate::store::BaseOutcome;

pub(crate) const RULES: Rules = Rules {
    allowed: Media::TABLES,
    bytes_max: Some(FILE_BYTES_MAX as u64),
    files_max: Some(1),
};
/// Lines that a page about a file shows.
const SHOWN: usize = 200;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/base/new", Access::Staff, new)
        .post(PATH, Access::Staff, publish)
        .get("/admin/base/upload", Access::Staff, upload_form)
        .post("/admin/base/upload", Access::Staff, upload)
        .get("/admin/base/{base_code}/edit", Access::Staff, edit)
}

#[derive(Template)]
#[template(path = "admin/base_edit.html")]
struct Edit {
    page: Page,
    /// Code of the base item that is changed; empty for a new one.
    of: String,
    seen: i64,
    sections: Vec<(&'static str, Vec<Control>)>,
    reason: String,
    reason_error: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/base_preview.html")]
struct Preview {
    page: Page,
    changes: Vec<Change>,
    claims: i64,
    kept: Vec<(String, String)>,
    request_key: String,
}

pub(crate) fn keeper(visit: &Visit, doors: &Doors) -> web::Result<Actor> {
    let actor = editor(visit)?;
    if keeps(doors, actor) {
        Ok(actor.clone())
    } else {
        Err(base_list::Error::Forbidden.into())
    }
}

async fn new(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    keeper(&visit, &doors)?;
    let item = BaseItem::default();
    Ok(web::render(&visit, form(&visit, "", 0, &item)))
}

async fn edit(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
) -> web::Result<Response> {
    keeper(&visit, &doors)?;
    let base = doors
        .app
        .db
        .read(move |tx| records::base_item(tx, &base_code))
        .await?
        .ok_or(base_list::Error::NotFound)?;
    let edit = form(&visit, &base.base_code, base.version, &base.item);
    Ok(web::render(&visit, edit))
}

fn form(visit: &Visit, of: &str, seen: i64, item: &BaseItem) -> Edit {
    let record = editor::value(item);
    let title = if of.is_empty() {
        "发布新的基本目录事项".to_owned()
    } else {
        format!("修改：{}", item.name)
    };
    let mut page = visit
        .page(&title)
        .with_nav("base")
        .with_crumb("基本目录", PATH);
    if !of.is_empty() {
        page = page.with_crumb(item.name.as_str(), href(of));
    }
    Edit {
        page,
        of: of.to_owned(),
        seen,
        sections: sections(&record, None, Marks::default()),
        reason: String::new(),
        reason_error: String::new(),
        errors: Vec::new(),
    }
}

fn sections(
    record: &Value,
    typed: Option<&Fields>,
    marks: Marks<'_>,
) -> Vec<(&'static str, Vec<Control>)> {
    BASE.iter()
        .map(|section| {
            let controls = editor::controls(section, record, false, typed, marks);
            (section.title, controls)
        })
        .collect()
}

async fn publish(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<Fields>,
) -> web::Result<Response> {
    let actor = keeper(&visit, &doors)?;
    let of = form.get("of").unwrap_or_default().to_owned();
    let seen: i64 = form
        .get("seen")
        .and_then(|seen| seen.parse().ok())
        .unwrap_or_default();
    let before = before(&doors, &of, seen).await?;
    let mut record = editor::value(&before);
    let mut errors = Vec::new();
    for section in BASE {
        let typed = editor::apply(section, &record, false, &form);
        record = typed.record;
        errors.extend(typed.errors);
    }
    let why = match reason(form.get("reason").unwrap_or_default()) {
        Ok(why) => why,
        Err(problem) => {
            errors.push(("reason".to_owned(), problem.detail));
            String::new()
        }
    };
    let item = match editor::record::<BaseItem>(&record) {
        Ok(item) => item,
        Err(message) => {
            errors.push(("name".to_owned(), message));
            before.clone()
        }
    };
    if errors.is_empty() {
        errors.extend(
            rules::publishable(&item)
                .into_iter()
                .map(|finding| (finding.field, finding.message)),
        );
    }
    if !errors.is_empty() {
        let mut again = self::form(&visit, &of, seen, &before);
        let marks = Marks {
            errors: &errors,
            findings: &[],
        };
        again.sections = sections(&editor::value(&before), Some(&form), marks);
        again.page = again.page.with_error();
        form.get("reason")
            .unwrap_or_default()
            .clone_into(&mut again.reason);
        again.errors = errors;
        return Ok(web::render_with(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            again,
        ));
    }
    if form.get("act") != Some("publish") {
        return preview(&visit, &doors, &before, &item, &form).await;
    }
    let (region, now) = (doors.app.config.region.clone(), doors.app.now());
    let calendar = doors.app.calendar();
    act(&visit, &doors, move |tx| {
        base_list::publish(tx, &actor, &region, &item, &why, &calendar, now)?;
        Ok(href(&item.base_code))
    })
    .await
}

/// The version somebody has open; refused where another was published meanwhile.
async fn before(doors: &Doors, of: &str, seen: i64) -> web::Result<BaseItem> {
    if of.is_empty() {
        return Ok(BaseItem::default());
    }
    let code = of.to_owned();
    let known = doors
        .app
        .db
        .read(move |tx| records::base_item(tx, &code))
        .await?
        .ok_or(base_list::Error::NotFound)?;
    if known.version != seen {
        return Err(Problem::conflict(
            "base_changed",
            format!("第{}版刚刚发布，请在新版本上重新修改", known.version),
        ));
    }
    Ok(known.item)
}

async fn preview(
    visit: &Visit,
    doors: &Doors,
    before: &BaseItem,
    item: &BaseItem,
    form: &Fields,
) -> web::Result<Response> {
    let code = item.base_code.clone();
    let claims = doors
        .app
        .db
        .read(move |tx| records::claims(tx, &code))
        .await?;
    let preview = Preview {
        page: visit
            .page(&format!("确认发布：{}", item.name))
            .with_nav("base")
            .with_crumb("基本目录", PATH),
        changes: diff::changes(before, item),
        claims,
        kept: form
            .iter()
            .filter(|(name, _)| *name != "act")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        request_key: visit.new_request_key(),
    };
    Ok(web::render(visit, preview))
}

#[derive(Template)]
#[template(path = "admin/base_upload.html")]
struct Upload {
    page: Page,
    request_key: String,
    looked: Option<Looked>,
    errors: Vec<(String, String)>,
    file_error: String,
}

/// What publishing a file does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    pub(crate) rows: usize,
    pub(crate) created: usize,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
    /// (line, what to change).
    pub(crate) wrong: Vec<(usize, String)>,
    /// (code, name, what changes).
    pub(crate) lines: Vec<(String, String, Vec<String>)>,
}

async fn upload_form(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    keeper(&visit, &doors)?;
    Ok(web::render(&visit, upload_page(&visit)))
}

fn upload_page(visit: &Visit) -> Upload {
    Upload {
        page: visit
            .page("用文件发布基本目录")
            .with_nav("base")
            .with_crumb("基本目录", PATH),
        request_key: visit.new_request_key(),
        looked: None,
        errors: Vec::new(),
        file_error: String::new(),
    }
}

/// Reads an uploaded file of base items.
pub(crate) async fn read_file(doors: &Doors, digest: [u8; 32]) -> web::Result<Content> {
    let _turn = doors.reading.acquire().await.map_err(Problem::internal)?;
    let content = doors
        .app
        .objects
        .read(&digest, FILE_BYTES_MAX as u64)
        .await?
        .ok_or_else(|| Problem::not_found("上传的文件已经清理，请重新上传"))?;
    tokio::task::spawn_blocking(move || file::read(&content))
        .await
        .map_err(Problem::internal)?
        .map_err(|error| Problem::invalid("file", error.to_string()))
}

/// What a file's base items come to, over what is published: each with the line it stands in.
fn items(
    tx: &mut Tx<'_>,
    content: &Content,
    looked: &mut Looked,
) -> Result<Vec<(usize, BaseItem, Option<BaseItem>)>, store::Error> {
    let mut all = Vec::new();
    let known = |tx: &mut Tx<'_>, code: &str| -> Result<Option<BaseItem>, store::Error> {
        Ok(records::base_item(tx, code)?
            .filter(|base| !base.cancelled)
            .map(|base| base.item))
    };
    match content {
        Content::Whole(items) => {
            for (at, item) in items.iter().enumerate() {
                let before = known(tx, &item.base_code)?;
                all.push((at + 1, item.clone(), before));
            }
        }
        Content::Rows(rows) => {
            for row in rows {
                let before = known(tx, &row.base_code)?;
                match row.over(before.as_ref()) {
                    Ok(item) => all.push((row.line, item, before)),
                    Err(error) => looked.wrong.push((row.line, error)),
                }
            }
        }
    }
    looked.rows = all.len() + looked.wrong.len();
    for (line, item, _) in &all {
        for finding in rules::publishable(item) {
            looked.wrong.push((
                *line,
                format!("{}：{}", field_name(&finding.field), finding.message),
            ));
        }
    }
    Ok(all)
}

/// Looks at a file.
pub(crate) fn look(tx: &mut Tx<'_>, content: &Content) -> Result<Looked, store::Error> {
    let mut looked = Looked::default();
    for (_, item, before) in items(tx, content, &mut looked)? {
        let changes = diff::changes(&before.clone().unwrap_or_default(), &item);
        match before {
            None => looked.created += 1,
            Some(_) if changes.is_empty() => {
                looked.unchanged += 1;
                continue;
            }
            Some(_) => looked.changed += 1,
        }
        if looked.lines.len() < SHOWN {
            let changes = changes
                .into_iter()
                .map(|change| format!("{}：{} → {}", change.label, change.old, change.new))
                .collect();
            looked.lines.push((item.base_code, item.name, changes));
        }
    }
    Ok(looked)
}

/// Publishes a file as a whole, or nothing of it.
pub(crate) fn publish_file(
    tx: &mut Tx<'_>,
    actor: &Actor,
    doors: &Doors,
    content: &Content,
    why: &str,
    now: Timestamp,
) -> web::Result<Looked> {
    let mut looked = Looked::default();
    let all = items(tx, content, &mut looked)?;
    if let Some((line, message)) = looked.wrong.first() {
        return Err(Problem::invalid("file", format!("第{line}行：{message}")));
    }
    let calendar = doors.app.calendar();
    for (_, item, _) in all {
        match base_list::publish(
            tx,
            actor,
            &doors.app.config.region,
            &item,
            why,
            &calendar,
            now,
        )? {
            BaseOutcome::Created => looked.created += 1,
            BaseOutcome::Changed(_) => looked.changed += 1,
            BaseOutcome::Unchanged => looked.unchanged += 1,
        }
    }
    Ok(looked)
}

async fn upload(
    visit: Visit,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Response> {
    let actor = keeper(&visit, &doors)?;
    let done = uploaded(&visit, &doors, actor, parts).await;
    let mut page = upload_page(&visit);
    match done {
        Ok(Ok(looked)) => {
            page.looked = Some(looked);
            Ok(web::render(&visit, page))
        }
        Ok(Err(answer)) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            page.page = page.page.with_error();
            problem
                .field("file")
                .unwrap_or(&problem.detail)
                .clone_into(&mut page.file_error);
            page.errors = vec![("file".to_owned(), page.file_error.clone())];
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// A look at the file, or the answer of having published it.
async fn uploaded(
    visit: &Visit,
    doors: &Doors,
    actor: Actor,
    parts: Multipart,
) -> web::Result<Result<Looked, Answer>> {
    let received = parts.receive(&RULES).await?;
    let file = received
        .files
        .first()
        .ok_or_else(|| Problem::invalid("file", "请选择文件"))?;
    let content = read_file(doors, file.digest).await?;
    if received.fields.get("act") != Some("publish") {
        let looked = doors.app.db.read(move |tx| look(tx, &content)).await?;
        return Ok(Ok(looked));
    }
    let why = reason(received.fields.get("reason").unwrap_or_default())?;
    let key = Idempotency::of_form(visit)?;
    let (here, now) = (doors.clone(), doors.app.now());
    let answer = web::once(visit, &key, move |tx| -> web::Result<Answer> {
        publish_file(tx, &actor, &here, &content, &why, now)?;
        Ok(Answer::see(PATH))
    })
    .await?;
    Ok(Err(answer))
}
