//! 补正: only what the notice asks for, on one page.

use approval::Act;
use approval::details::{self, MaterialGiven};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use catalog::model::{Material, Published};
use std::sync::Arc;
use ui::Page;
use web::upload::Rules;
use web::{Multipart, Path, Problem, Result, Visit, redirect, render_with};

use super::handed;
use super::materials::of_upload;
use super::question::typed_fields;
use super::view::{FieldView, MaterialView, summary};
use crate::Intake;
use crate::api::visible;
use crate::asked::{self, Asked};
use crate::form::{self, Answers, Typed, Wrong};
use crate::said::Said;

#[derive(Template)]
#[template(path = "intake/correction.html")]
struct CorrectionPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    version: i64,
    doc_no: String,
    about_form: Vec<String>,
    parts: Vec<(String, Vec<FieldView>)>,
    materials: Vec<MaterialView>,
    remark: String,
    errors: Vec<(String, String)>,
    size_max: String,
    staff: bool,
}

/// The case while it waits for its correction.
struct Opened {
    case: Case,
    published: Arc<Published>,
    asked: Asked,
    answers: Answers,
}

impl Opened {
    fn materials(&self) -> Vec<&Material> {
        let keys = self.asked.materials();
        self.published
            .item
            .materials
            .iter()
            .filter(|material| keys.contains(&material.key.as_str()))
            .collect()
    }
}

async fn open(intake: &Intake, visit: &Visit, case_id: CaseId) -> Result<Opened> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !actor.may_somewhere(casework::Permission::Receive) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    let handle = intake.clone();
    let (case, answers) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let case = visible(tx, &actor, case_id)?;
            let answers = match details::form(&case) {
                Some(form) => {
                    approval::answers::load(tx, &handle.app.people, case_id, form.revision)?
                }
                None => None,
            };
            Ok((case, answers.unwrap_or_default()))
        })
        .await?;
    if case.state != "correcting" {
        return Err(Problem::conflict(
            "wrong_state",
            "这个办件现在不需要补正，请到办件页面查看最新情况",
        ));
    }
    Ok(Opened {
        published: intake.version_of(&case).await?,
        asked: asked::of(&case),
        case,
        answers,
    })
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let opened = open(&intake, &visit, case_id).await?;
    let typed = form::typed_all(&opened.published.item.form, &opened.answers);
    let given = details::materials(&opened.case);
    Ok(page(&visit, &opened, &typed, &given, "", &[], &[]))
}

fn page(
    visit: &Visit,
    opened: &Opened,
    typed: &Typed,
    given: &[MaterialGiven],
    remark: &str,
    wrong_answers: &[Wrong],
    wrong_materials: &[Wrong],
) -> Response {
    let case = &opened.case;
    let item = &opened.published.item;
    let page = visit
        .page("提交补正")
        .with_nav("my")
        .with_crumb(case.title.clone(), format!("/cases/{}", case.id));
    let mut errors = summary(&page, "f-", wrong_answers);
    errors.extend(summary(&page, "m-", wrong_materials));
    let page = if errors.is_empty() {
        page
    } else {
        page.with_error()
    };
    let points = |key: &str| -> Vec<String> {
        opened
            .asked
            .items
            .iter()
            .filter(|point| point.material == key)
            .map(|point| point.what.clone())
            .collect()
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let body = CorrectionPage {
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        version: case.version,
        doc_no: details::correction(case)
            .map(|letter| letter.doc_no)
            .unwrap_or_default(),
        about_form: points(""),
        parts: if opened.asked.form {
            item.form
                .pages
                .iter()
                .map(|part| {
                    let fields = part
                        .fields
                        .iter()
                        .map(|field| FieldView::of(&page, "f-", field, typed, wrong_answers))
                        .collect();
                    (part.title.clone(), fields)
                })
                .collect()
        } else {
            Vec::new()
        },
        materials: opened
            .materials()
            .into_iter()
            .map(|material| MaterialView {
                asked: points(&material.key),
                ..MaterialView::of(&page, item, material, given, wrong_materials, |digest| {
                    approval::pages::routes::file(case.id, digest)
                })
            })
            .collect(),
        remark: remark.to_owned(),
        errors,
        size_max: crate::materials::size_text(visit.app.config.upload_bytes_max),
        staff: page.is_staff(),
        page,
    };
    render_with(visit, status, body)
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    multipart: Multipart,
) -> Result<Response> {
    let opened = open(&intake, &visit, case_id).await?;
    let before = details::materials(&opened.case);
    let mut received = multipart.receive_all(&Rules::DOCUMENTS).await?;
    let refused = received.refused.take();
    let actor = visit.actor()?.clone();
    let staff = matches!(actor, Actor::Staff(_));
    let asked = opened.materials();
    let (given, mut wrong) =
        handed::collect(&intake, &visit, &asked, &received, before.clone(), staff).await?;
    if let Some(problem) = refused {
        wrong.extend(of_upload(problem)?);
    }
    for material in &asked {
        let answered = given.iter().find(|entry| entry.key == material.key);
        let same = before.iter().find(|entry| entry.key == material.key);
        if answered.is_none() || answered == same {
            let said = Said::plain("请按告知书补交“{name}”").with("name", &material.name);
            wrong.push(Wrong {
                field: material.key.clone(),
                said,
            });
        }
    }
    let item = &opened.published.item;
    let typed = if opened.asked.form {
        let mut typed = typed_fields(item.form.fields(), "f-", &received.fields);
        typed.retain(|_, texts| !texts.is_empty());
        typed
    } else {
        form::typed_all(&item.form, &opened.answers)
    };
    let (answers, wrong_answers) = if opened.asked.form {
        form::check_typed(&intake, &opened.published, &typed)?
    } else {
        (Answers::new(), Vec::new())
    };
    let remark = received.fields.get("remark").unwrap_or_default().to_owned();
    if !wrong.is_empty() || !wrong_answers.is_empty() {
        return Ok(page(
            &visit,
            &opened,
            &typed,
            &given,
            &remark,
            &wrong_answers,
            &wrong,
        ));
    }
    let version: Option<i64> = received
        .fields
        .get("version")
        .and_then(|text| text.parse().ok());
    let act = Act::SupplyCorrection {
        answers: opened.asked.form.then_some(answers),
        materials: given,
        remark,
    };
    let (handle, now) = (intake.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| handle.approval.act(tx, &actor, now, case_id, version, &act))
        .await?;
    Ok(redirect(&if staff {
        approval::pages::routes::workspace(case_id)
    } else {
        format!("/cases/{case_id}")
    }))
}
