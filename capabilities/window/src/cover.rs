//! Papers to scan: a cover sheet with a barcode for each material, and the scans that come back by that code.

use approval::details::{FileGiven, materials};
use approval::window::Command;
use approval::{Act, Approval};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use jiff::Timestamp;
use store::Tx;
use web::upload::Rules;
use web::{Multipart, Path, Problem, Result, Visit, render, render_with};

use crate::{Window, code128, known};

/// Signs of a code.
pub(crate) const CODE_MAX: usize = 80;

/// What a barcode says: the case and the material.
fn code(case: &Case, material: &str) -> String {
    format!("{}.{material}", case.no)
}

pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) code: String,
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
    let (case, sheets) = sheets(&window, &visit, id).await?;
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

/// One sheet for each material of the item as the case was filed under it.
pub(crate) async fn sheets(
    window: &Window,
    visit: &Visit,
    id: CaseId,
) -> Result<(Case, Vec<Sheet>)> {
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
    Ok((case, sheets))
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
    let name = received.files.first().map(|file| file.name.clone());
    let (actor, approval, now) = (
        visit.actor()?.clone(),
        window.approval.clone(),
        visit.app.now(),
    );
    let done = match read(&typed, &received) {
        Ok(scan) => {
            let db = &window.app.db;
            db.write(move |tx| put(tx, &approval, &actor, &scan, now))
                .await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(case) => {
            let name = name.unwrap_or_default();
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

/// A scan and where it goes, as it was sent.
#[derive(Clone)]
pub(crate) struct Scan {
    no: String,
    material: String,
    file: FileGiven,
}

pub(crate) fn read(typed: &str, received: &web::upload::Received) -> Result<Scan> {
    let Some((no, key)) = typed.split_once('.') else {
        return Err(Problem::invalid(
            "code",
            "请扫描封面上的条码，或者照着条码下方的文字输入",
        ));
    };
    let Some(file) = received.files.first() else {
        return Err(Problem::invalid("file", "请选择扫描件，PDF或者图片"));
    };
    Ok(Scan {
        no: no.to_owned(),
        material: key.to_owned(),
        file: FileGiven {
            digest: base::crypto::to_hex(&file.digest),
            size: file.size,
            media_type: file.media_type.to_owned(),
            name: file.name.clone(),
        },
    })
}

/// Files a scan under the code of its cover sheet.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    approval: &Approval,
    actor: &Actor,
    scan: &Scan,
    now: Timestamp,
) -> Result<Case> {
    let missing = || Problem::invalid("code", "没有这个编号的办件，或者不归您这里办理");
    let case = cases::load_by_no(tx, &scan.no)
        .map_err(approval::Error::from)?
        .filter(|case| approval::may_know(actor, case))
        .ok_or_else(missing)?;
    let about = approval::details::about(&case).ok_or_else(missing)?;
    let named = |key: &String| *key == scan.material;
    let in_version = approval
        .catalog
        .version_in(tx, about.version)?
        .is_some_and(|published| {
            let materials = &published.item.materials;
            materials.iter().any(|material| named(&material.key))
        });
    if !in_version && !materials(&case).iter().any(|material| named(&material.key)) {
        return Err(Problem::invalid("code", "本件没有这项材料，请核对封面"));
    }
    let act = Act::Window(Command::AddScan {
        material: scan.material.clone(),
        file: scan.file.clone(),
    });
    Ok(approval.act(tx, actor, now, case.id, None, &act)?)
}
