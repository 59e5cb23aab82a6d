//! Importing regions: choose a file, see what it would do row by row, confirm.
//!
//! The file waits in the object store between the two steps; the second step reads and checks it again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::crypto::{from_hex, to_hex};
use people::Error;
use people::regions::{self, ImportReport, Table};
use serde::Deserialize;
use store::Tx;
use web::sniff::Media;
use web::{App, Form, Multipart, Problem, Visit};

use super::may_keep;
use crate::pages::Errors;
use crate::scope::Admin;
use crate::sheet;

/// Bytes of a file to import; the same as `web::upload::Rules::TABLE` lets in.
const BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Wrong rows shown on the page.
const SHOWN_MAX: usize = 100;

/// Columns that are read.
const HEAD: &[&str] = &[
    "代码",
    "名称",
    "级别",
    "上级代码",
    "起始日期",
    "终止日期",
    "替代代码",
];

/// What the page shows of a file that was looked at.
struct Looked {
    name: String,
    digest: String,
    report: ImportReport,
    /// Written, not only looked at.
    done: bool,
    hidden: usize,
}

#[derive(askama::Template)]
#[template(path = "admin/regions_import.html")]
struct ImportPage {
    page: ui::Page,
    errors: Errors,
    looked: Option<Looked>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConfirmForm {
    digest: String,
    name: String,
}

pub(crate) async fn form(visit: Visit) -> web::Result<Response> {
    Admin::of(&visit)?;
    Ok(show(&visit, StatusCode::OK, Errors::default(), None))
}

/// An empty table with the columns that are read.
pub(crate) async fn template(visit: Visit) -> web::Result<Response> {
    Admin::of(&visit)?;
    web::export::table(
        web::export::Format::Xlsx,
        "行政区划导入模板",
        HEAD,
        Vec::new(),
    )
    .await
}

/// Looks at an uploaded file without writing anything.
pub(crate) async fn preview(
    visit: Visit,
    State(app): State<App>,
    parts: Multipart,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let received = parts.receive(&web::upload::Rules::TABLE).await;
    let file = match received {
        Ok(mut received) => received.files.pop(),
        Err(problem) => match problem.field("file") {
            Some(message) => {
                let mut errors = Errors::default();
                errors.push("file", message);
                return Ok(show(&visit, problem.kind.status(), errors, None));
            }
            None => return Err(problem),
        },
    };
    let Some(file) = file else {
        let mut errors = Errors::default();
        errors.push("file", "请选择要导入的文件");
        return Ok(show(&visit, StatusCode::UNPROCESSABLE_ENTITY, errors, None));
    };
    let looked = run(&visit, &app, &admin, file.digest, file.name, true).await;
    answer(&visit, looked)
}

/// Reads the same file again and writes it.
pub(crate) async fn confirm(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<ConfirmForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let digest: [u8; 32] = from_hex(&form.digest)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Problem::not_found("没有找到要导入的文件，请重新上传"))?;
    let looked = run(&visit, &app, &admin, digest, form.name, false).await;
    answer(&visit, looked)
}

fn answer(visit: &Visit, looked: Result<Looked, Refused>) -> web::Result<Response> {
    match looked {
        Ok(looked) => {
            let status = if looked.report.errors.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok(show(visit, status, Errors::default(), Some(looked)))
        }
        Err(Refused::Input(error)) => {
            let errors = Errors::from_error(error)?;
            Ok(show(visit, StatusCode::UNPROCESSABLE_ENTITY, errors, None))
        }
        Err(Refused::Other(problem)) => Err(problem),
    }
}

/// Why a file was not looked at.
enum Refused {
    Input(Error),
    Other(Problem),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Input(error)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Other(problem)
    }
}

async fn run(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    digest: [u8; 32],
    name: String,
    dry_run: bool,
) -> Result<Looked, Refused> {
    let content = app
        .objects
        .read(&digest, BYTES_MAX)
        .await
        .map_err(Problem::from)?
        .ok_or_else(|| Problem::not_found("没有找到要导入的文件，请重新上传"))?;
    // Unpacking and reading may take a second; not on the threads that serve requests.
    let table = tokio::task::spawn_blocking(move || -> Result<Table, Error> {
        let mut start = web::sniff::Sniffer::default();
        start.see(&content);
        match start.verdict(Media::TABLES) {
            Some(Media::Xlsx) => sheet::read(&content),
            _ => Table::from_csv(&content),
        }
    });
    let table = table
        .await
        .map_err(|error| Problem::internal(format_args!("region import: {error}")))??;
    let (by, who, file, today) = (visit.clone(), admin.clone(), name.clone(), app.today());
    let import = move |tx: &mut Tx<'_>| -> Result<ImportReport, Error> {
        let allowed = |code: &str| may_keep(&by, &who, code);
        let report = regions::import_within(tx, &table, dry_run, today, &allowed)?;
        if !dry_run && report.errors.is_empty() {
            let counts = format!("{file}：新增 {}，变更 {}", report.added, report.changed);
            who.record(tx, "导入区划", &counts)?;
        }
        Ok(report)
    };
    let mut report = if dry_run {
        app.db.read(import).await?
    } else {
        app.db.write(import).await?
    };
    let hidden = report.errors.len().saturating_sub(SHOWN_MAX) + report.more_errors;
    report.errors.truncate(SHOWN_MAX);
    Ok(Looked {
        name: base::text::shorten(&base::text::single_line(&name), 120),
        digest: to_hex(&digest),
        done: !dry_run && report.errors.is_empty(),
        report,
        hidden,
    })
}

fn show(visit: &Visit, status: StatusCode, errors: Errors, looked: Option<Looked>) -> Response {
    let mut frame = visit
        .page("导入行政区划")
        .with_nav("admin-regions")
        .with_crumb("行政区划", "/admin/regions");
    if status != StatusCode::OK {
        frame = frame.with_error();
    }
    let page = ImportPage {
        page: frame,
        errors,
        looked,
    };
    web::render_with(visit, status, page)
}
