//! Importing at the administrators' desk: a file is looked at first, done after confirmation.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::OrgId;
use jiff::SignedDuration;
use serde::Deserialize;
use ui::Page;
use uuid::Uuid;
use web::sniff::Media;
use web::upload::Rules;
use web::{Answer, Form, Idempotency, Multipart, Path, Problem, Visit};

use crate::app::import::{self, Preview};
use crate::import::{FILE_BYTES_MAX, Marks, Parsed, RowError};
use crate::pages::{Doors, links};
use crate::reading::{Choices, all_orgs};
use crate::store as records;
use crate::store::Import;

/// Files that may hold a catalogue; JSON passes as text.
const RULES: Rules = Rules {
    allowed: &[Media::Xlsx, Media::Csv],
    bytes_max: Some(FILE_BYTES_MAX as u64),
    files_max: Some(1),
};
/// How long an import that nobody confirms is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Characters of the departments' mapping.
const MAPPING_CHARS_MAX: usize = 10_000;

#[derive(Template)]
#[template(path = "admin/catalog_import.html")]
struct Upload {
    page: Page,
    orgs: Vec<(String, String)>,
    org: String,
    mapping: String,
    file_error: String,
    mapping_error: String,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/catalog_preview.html")]
struct Look {
    page: Page,
    import: Import,
    target: String,
    request_key: String,
    source: &'static str,
    rows: usize,
    refused: usize,
    flagged: usize,
    errors_total: usize,
    row_errors: Vec<RowError>,
    marks: Vec<Marks>,
    unmapped: Vec<(String, usize)>,
    preview: Preview,
    nothing: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ConfirmForm {
    #[serde(default)]
    keep_good: Option<String>,
}

pub(crate) async fn form(visit: Visit, State(doors): State<Doors>) -> web::Result<Response> {
    let upload = empty(&visit, &doors).await?;
    Ok(web::render(&visit, upload))
}

async fn empty(visit: &Visit, doors: &Doors) -> web::Result<Upload> {
    let all = doors.app.db.read(all_orgs).await?;
    let mut orgs = vec![(
        String::new(),
        "不指定（没有对应机构的行作为错误）".to_owned(),
    )];
    orgs.extend(all.into_iter().map(|org| (org.key, org.name)));
    Ok(Upload {
        page: visit
            .page("导入事项")
            .with_nav("catalog")
            .with_crumb("事项管理", "/admin/catalog"),
        orgs,
        org: String::new(),
        mapping: String::new(),
        file_error: String::new(),
        mapping_error: String::new(),
        errors: Vec::new(),
    })
}

pub(crate) async fn upload(
    visit: Visit,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Response> {
    let received = match parts.receive(&RULES).await {
        Ok(received) => received,
        // A file of the wrong kind or size is a mistake in the form, not the end of the road.
        Err(problem) if problem.field("file").is_some() => {
            return again(&visit, &doors, String::new(), String::new(), &problem).await;
        }
        Err(problem) => return Err(problem),
    };
    let org = received.fields.get("org").unwrap_or_default().to_owned();
    let mapping = received
        .fields
        .get("mapping")
        .unwrap_or_default()
        .to_owned();
    match look(&visit, &doors, &org, &mapping, received.files.first()).await {
        Ok(import_id) => Ok(web::redirect(&links::admin_import(import_id))),
        Err(problem) if problem.is_invalid() => again(&visit, &doors, org, mapping, &problem).await,
        Err(problem) => Err(problem),
    }
}

/// Reads the file once, so that what cannot be read is said at once; keeps it for the preview.
async fn look(
    visit: &Visit,
    doors: &Doors,
    org: &str,
    mapping: &str,
    file: Option<&web::Uploaded>,
) -> web::Result<Uuid> {
    let file = file.ok_or_else(|| Problem::invalid("file", "请选择要导入的文件"))?;
    if mapping.chars().count() > MAPPING_CHARS_MAX {
        return Err(Problem::invalid(
            "mapping",
            format!("部门对应最长{MAPPING_CHARS_MAX}个字"),
        ));
    }
    let default = default_org(doors, org).await?;
    let choices = Choices {
        default,
        mapping: mapping.to_owned(),
    };
    doors
        .read_file(file.digest, choices, visit.actor()?)
        .await?;
    let now = doors.app.now();
    let import = Import {
        import_id: doors.app.ids.next_uuid(now),
        file_name: file.name.clone(),
        account_id: visit.staff()?.account,
        org_id: default,
        mapping: mapping.to_owned(),
        keep_good_rows: false,
        file_digest: file.digest,
        created_at: now,
        done_at: None,
        outcome: None,
    };
    let import_id = import.import_id;
    doors
        .app
        .db
        .write(move |tx| {
            records::purge_imports(tx, now - KEPT)?;
            records::keep_import(tx, &import)
        })
        .await?;
    Ok(import_id)
}

async fn default_org(doors: &Doors, key: &str) -> web::Result<Option<OrgId>> {
    if key.is_empty() {
        return Ok(None);
    }
    let key = key.to_owned();
    let org = doors
        .app
        .db
        .read(move |tx| people::orgs::by_key(tx, &key))
        .await?;
    org.map(|org| Some(org.id))
        .ok_or_else(|| Problem::invalid("org", "没有这个机构，请从列表中选择"))
}

async fn again(
    visit: &Visit,
    doors: &Doors,
    org: String,
    mapping: String,
    problem: &Problem,
) -> web::Result<Response> {
    let mut upload = empty(visit, doors).await?;
    upload.page = upload.page.with_error();
    upload.org = org;
    upload.mapping = mapping;
    let text = |field: &str| problem.field(field).unwrap_or_default().to_owned();
    upload.file_error = text("file");
    upload.mapping_error = text("mapping");
    upload.errors = problem
        .fields
        .iter()
        .map(|field| (field.field.clone(), field.message.clone()))
        .collect();
    let status = if problem.is_invalid() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        problem.kind.status()
    };
    Ok(web::render_with(visit, status, upload))
}

pub(crate) async fn show(
    visit: Visit,
    State(doors): State<Doors>,
    Path(import_id): Path<Uuid>,
) -> web::Result<Response> {
    let import = own_import(&visit, &doors, import_id).await?;
    let done = import.done_at.is_some();
    let (parsed, preview) = if done {
        (None, Preview::default())
    } else {
        let parsed = parse(&visit, &doors, &import).await?;
        let shared = std::sync::Arc::new(parsed);
        let looked = std::sync::Arc::clone(&shared);
        let preview = doors
            .app
            .db
            .read(move |tx| import::preview(tx, &looked))
            .await?;
        (Some(shared), preview)
    };
    let page = visit
        .page(if done { "导入结果" } else { "导入预览" })
        .with_nav("catalog")
        .with_crumb("事项管理", "/admin/catalog")
        .with_crumb("导入事项", "/admin/catalog/import");
    let look = Look {
        page,
        target: links::admin_import(import_id),
        request_key: visit.new_request_key(),
        source: parsed.as_ref().map_or("", |parsed| parsed.source.label()),
        rows: parsed.as_ref().map_or(0, |parsed| parsed.rows),
        refused: parsed.as_ref().map_or(0, |parsed| parsed.refused),
        flagged: parsed.as_ref().map_or(0, |parsed| parsed.flagged()),
        errors_total: parsed.as_ref().map_or(0, |parsed| parsed.errors_total),
        row_errors: parsed
            .as_ref()
            .map_or_else(Vec::new, |parsed| parsed.errors.clone()),
        marks: parsed
            .as_ref()
            .map_or_else(Vec::new, |parsed| parsed.marks()),
        unmapped: parsed.as_ref().map_or_else(Vec::new, |parsed| {
            parsed
                .unmapped
                .iter()
                .map(|(name, count)| (name.clone(), *count))
                .collect()
        }),
        nothing: preview.created + preview.changed == 0,
        preview,
        import,
    };
    Ok(web::render(&visit, look))
}

/// The import, for whoever uploaded it.
async fn own_import(visit: &Visit, doors: &Doors, import_id: Uuid) -> web::Result<Import> {
    let account = visit.staff()?.account;
    doors
        .app
        .db
        .read(move |tx| records::import(tx, import_id))
        .await?
        .filter(|import| import.account_id == account)
        .ok_or_else(|| Problem::not_found("没有找到这次导入，请重新上传文件"))
}

async fn parse(visit: &Visit, doors: &Doors, import: &Import) -> web::Result<Parsed> {
    let choices = Choices {
        default: import.org_id,
        mapping: import.mapping.clone(),
    };
    doors
        .read_file(import.file_digest, choices, visit.actor()?)
        .await
}

pub(crate) async fn confirm(
    visit: Visit,
    State(doors): State<Doors>,
    Path(import_id): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let import = own_import(&visit, &doors, import_id).await?;
    if import.done_at.is_some() {
        return Ok(web::redirect(&links::admin_import(import_id)));
    }
    let parsed = std::sync::Arc::new(parse(&visit, &doors, &import).await?);
    let now = doors.app.now();
    let ids = std::sync::Arc::new(import::ids(&doors.app.ids, now, &parsed));
    let keep_good = form.keep_good.is_some();
    let actor = visit.actor()?.clone();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let done = import::apply(tx, &parsed, &ids, keep_good, now, &actor)?;
        records::finish_import(tx, import_id, keep_good, &done, now)?;
        Ok(Answer::see(links::admin_import(import_id)))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer.into_response())
}

impl From<import::Error> for Problem {
    fn from(error: import::Error) -> Problem {
        match error {
            import::Error::Refused(rows) => Problem::invalid(
                "keep_good",
                format!(
                    "文件有{rows}行错误，什么都没有导入。请改正后重新上传，或者勾选“跳过有错误的行”"
                ),
            ),
            import::Error::NotYours { row, name } => Problem::invalid(
                "file",
                format!("第{row}行“{name}”的编码属于您管理范围以外的事项，什么都没有导入"),
            ),
            import::Error::Store(error) => Problem::from(error),
        }
    }
}
