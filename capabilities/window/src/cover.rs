//! Papers to scan: a cover sheet with a barcode for each material, and the scans that come back by that code.

use approval::Act;
use approval::details::{FileGiven, materials};
use approval::window::Command;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::Case;
use web::upload::Rules;
use web::{Multipart, Path, Problem, Result, Visit, render, render_with};

use crate::{Window, code128, known};

/// Signs of a code.
const CODE_MAX: usize = 80;

/// What a barcode says: the case and the material.
fn code(case: &Case, material: &str) -> String {
    format!("{}.{material}", case.no)
}

struct Sheet {
    name: String,
    code: String,
    svg: String,
}

#[derive(Template)]
#[template(path = "window/cover.html")]
struct CoverPage {
    page: ui::Page,
    case_no: String,
    title: String,
    applicant: String,
    sheets: Vec<Sheet>,
    back: String,
}

pub(crate) async fn show(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Response> {
    let (actor, catalog) = (visit.actor()?.clone(), window.approval.catalog.clone());
    let (case, names) = window
        .app
        .db
        .read(move |tx| -> Result<_> {
            let case = known(tx, &actor, id)?;
            let names = match approval::details::about(&case) {
                Some(about) => catalog
                    .version_in(tx, about.version)?
                    .map(|published| {
                        let materials = published.item.materials.iter();
                        materials
                            .map(|material| (material.key.clone(), material.name.clone()))
                            .collect::<Vec<_>>()
                    })
                    .unwrap_or_default(),
                None => Vec::new(),
            };
            Ok((case, names))
        })
        .await?;
    let sheets = names
        .into_iter()
        .filter_map(|(key, name)| {
            let code = code(&case, &key);
            let svg = code128::svg(&code, &format!("{name}的条码"))?;
            Some(Sheet { name, code, svg })
        })
        .collect();
    let body = CoverPage {
        page: visit.page("扫描封面"),
        case_no: case.no.clone(),
        title: case.title.clone(),
        applicant: base::mask::name(&case.applicant_name),
        sheets,
        back: format!("/staff/cases/{id}/window"),
    };
    Ok(render(&visit, body))
}

#[derive(Template)]
#[template(path = "window/scans.html")]
struct ScansPage {
    page: ui::Page,
    code: String,
    errors: Vec<(String, String)>,
    /// What was just filed: (address, words).
    done: Option<(String, String)>,
}

pub(crate) async fn scans(visit: Visit) -> Response {
    page(&visit, String::new(), Vec::new(), None)
}

fn page(
    visit: &Visit,
    code: String,
    errors: Vec<(String, String)>,
    done: Option<(String, String)>,
) -> Response {
    let page = visit.page("扫描入卷").with_nav("intake");
    let refused = !errors.is_empty();
    let body = ScansPage {
        page: if refused { page.with_error() } else { page },
        code,
        errors,
        done,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

/// One scan with the code of its cover sheet: it goes to that material of that case.
pub(crate) async fn scan(
    State(window): State<Window>,
    visit: Visit,
    multipart: Multipart,
) -> Result<Response> {
    let received = multipart.receive(&Rules::DOCUMENTS).await?;
    let typed = base::text::shorten(
        received.fields.get("code").unwrap_or_default().trim(),
        CODE_MAX,
    );
    let refuse = |field: &str, text: &str| {
        let errors = vec![(field.to_owned(), text.to_owned())];
        Ok(page(&visit, typed.clone(), errors, None))
    };
    let Some((no, key)) = typed.split_once('.') else {
        return refuse("code", "请扫描封面上的条码，或者照着条码下方的文字输入");
    };
    let Some(file) = received.files.first() else {
        return refuse("file", "请选择扫描件，PDF或者图片");
    };
    let given = FileGiven {
        digest: base::crypto::to_hex(&file.digest),
        size: file.size,
        media_type: file.media_type.to_owned(),
        name: file.name.clone(),
    };
    let (actor, approval, now) = (
        visit.actor()?.clone(),
        window.approval.clone(),
        visit.app.now(),
    );
    let (no, key, name) = (no.to_owned(), key.to_owned(), given.name.clone());
    let done = window
        .app
        .db
        .write(move |tx| -> Result<Case> {
            let missing = || Problem::invalid("code", "没有这个编号的办件，或者不归您这里办理");
            let case = cases::load_by_no(tx, &no)
                .map_err(approval::Error::from)?
                .filter(|case| approval::may_know(&actor, case))
                .ok_or_else(missing)?;
            let about = approval::details::about(&case).ok_or_else(missing)?;
            let in_version =
                approval
                    .catalog
                    .version_in(tx, about.version)?
                    .is_some_and(|published| {
                        published
                            .item
                            .materials
                            .iter()
                            .any(|material| material.key == key)
                    });
            if !in_version && !materials(&case).iter().any(|material| material.key == key) {
                return Err(Problem::invalid("code", "本件没有这项材料，请核对封面"));
            }
            let act = Act::Window(Command::AddScan {
                material: key.clone(),
                file: given.clone(),
            });
            Ok(approval.act(tx, &actor, now, case.id, None, &act)?)
        })
        .await;
    match done {
        Ok(case) => {
            let words = format!("{name}已归入{}（{}）", case.title, case.no);
            let done = (approval::pages::routes::workspace(case.id), words);
            Ok(page(&visit, String::new(), Vec::new(), Some(done)))
        }
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            Ok(page(&visit, typed, errors, None))
        }
        Err(problem) => Err(problem),
    }
}
