//! Handing in materials: a small form for each, so that it works without script; each file is kept as soon as it has
//! arrived.

use approval::details::{FileGiven, MaterialGiven};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::DraftId;
use serde::Deserialize;
use ui::Page;
use web::download::{Show, download};
use web::upload::Rules;
use web::{Form, Multipart, Path, Problem, Received, Result, Visit, redirect, render_with};

use super::draft::{self, Opened, Place, place};
use super::question::{Frame, refused_files};
use super::view::{MaterialView, summary};
use crate::Intake;
use crate::documents::Offer;
use crate::draft::MATERIALS;
use crate::form::Wrong;
use crate::form::lookup::file_of;
use crate::form::typed::files_typed;
use crate::materials::{self as rules, Need, need, paper_allowed};
use crate::store as records;
use crate::uploads;

#[derive(Template)]
#[template(path = "intake/materials.html")]
struct MaterialsPage {
    page: Page,
    frame: Frame,
    materials: Vec<MaterialView>,
    errors: Vec<(String, String)>,
    size_max: String,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, MATERIALS).ok_or_else(|| Problem::not_found("这个事项不收材料"))?;
    page(
        &intake,
        &visit,
        &opened,
        &place,
        &opened.draft.body.materials,
        &[],
    )
    .await
}

async fn page(
    intake: &Intake,
    visit: &Visit,
    opened: &Opened,
    place: &Place,
    given: &[MaterialGiven],
    wrong: &[Wrong],
) -> Result<Response> {
    let offers = intake
        .offered_to(opened.draft.party, &opened.published)
        .await?;
    let page = visit.page("请交材料").with_nav("my");
    let page = if wrong.is_empty() {
        page
    } else {
        page.with_error()
    };
    let item = &opened.published.item;
    let draft_id = opened.draft.id;
    let body = MaterialsPage {
        frame: Frame::of(&page, opened, place),
        materials: item
            .materials
            .iter()
            .map(|material| {
                MaterialView::of(&page, item, material, given, wrong, |digest| {
                    format!("/apply/drafts/{draft_id}/files/{digest}")
                })
                .with_known(&page, &offers, &opened.held)
            })
            .collect(),
        errors: summary(&page, "m-", wrong),
        size_max: rules::size_text(visit.app.config.upload_bytes_max),
        page,
    };
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(render_with(visit, status, body))
}

/// Files arrive; the page comes again with what is there now.
pub(super) async fn upload(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
    multipart: Multipart,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, MATERIALS).ok_or_else(|| Problem::not_found("这个事项不收材料"))?;
    let received = match multipart.receive(&Rules::DOCUMENTS).await {
        Ok(received) => received,
        Err(problem) => {
            let wrong = of_upload(problem)?;
            let given = &opened.draft.body.materials;
            return page(&intake, &visit, &opened, &place, given, &wrong).await;
        }
    };
    let Some((given, wrong)) = keep(&intake, &visit, id, &opened, &received).await? else {
        return Ok(redirect(&format!("/apply/drafts/{id}")));
    };
    if wrong.is_empty() {
        return Ok(redirect(&format!("/apply/drafts/{id}/{MATERIALS}")));
    }
    page(&intake, &visit, &opened, &place, &given, &wrong).await
}

#[derive(Deserialize)]
pub(super) struct Edit {
    /// `remove`, `bring`, `keep`, `reuse`, `continue`, `later`.
    action: String,
    #[serde(default)]
    material: String,
    #[serde(default)]
    file: String,
    /// The document to use again.
    #[serde(default)]
    document: String,
}

/// Everything about materials that is not a file: taking one out, bringing paper, going on.
pub(super) async fn edit(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DraftId>,
    Form(edit): Form<Edit>,
) -> Result<Response> {
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(case) => return Ok(redirect(&format!("/cases/{case}/submitted"))),
        draft::Page::Open(opened) => opened,
    };
    let place = place(&opened, MATERIALS).ok_or_else(|| Problem::not_found("这个事项不收材料"))?;
    let item = &opened.published.item;
    let bringable = item.materials.iter().any(|material| {
        material.key == edit.material
            && paper_allowed(item, material)
            && need(material) != Need::Shared
    });
    if matches!(edit.action.as_str(), "bring" | "keep") && !bringable {
        return Err(Problem::invalid("material", "这项材料只收电子件"));
    }
    let action = edit.action.clone();
    let offer = match action.as_str() {
        "reuse" => Some(chosen(&intake, &opened, &edit).await?),
        _ => None,
    };
    if let Some(offer) = &offer {
        let mut given = opened.draft.body.materials.clone();
        if let Err(said) = rules::add_file(&mut given, &offer.material, offer.file()) {
            let wrong = [Wrong::new(&offer.material, said)];
            let given = &opened.draft.body.materials;
            return page(&intake, &visit, &opened, &place, given, &wrong).await;
        }
    }
    draft::change(&intake, &visit, id, move |draft| {
        let given = &mut draft.body.materials;
        match edit.action.as_str() {
            "remove" => rules::remove_file(given, &edit.material, &edit.file),
            "bring" => rules::set_will_bring(given, &edit.material, true),
            "keep" => rules::set_will_bring(given, &edit.material, false),
            _ => {}
        }
        if let Some(offer) = &offer {
            rules::add_file(given, &offer.material, offer.file())
                .map_err(|said| Problem::invalid("material", said.to_string()))?;
            let origin = offer.origin(false);
            if !draft.body.reused.contains(&origin) {
                draft.body.reused.push(origin);
            }
        }
        MATERIALS.clone_into(&mut draft.page);
        draft.saw(MATERIALS);
        Ok(())
    })
    .await?;
    match action.as_str() {
        "continue" => {}
        "later" => return Ok(redirect("/my")),
        _ => return Ok(redirect(&format!("/apply/drafts/{id}/{MATERIALS}"))),
    }
    let given = &opened.draft.body.materials;
    let wrong = rules::check_beside(item, given, &opened.certified());
    if wrong.is_empty() {
        return Ok(redirect(&place.next));
    }
    page(&intake, &visit, &opened, &place, given, &wrong).await
}

/// The document that was chosen, as it may be used for its material.
async fn chosen(intake: &Intake, opened: &Opened, edit: &Edit) -> Result<Offer> {
    let offers = intake
        .offered_to(opened.draft.party, &opened.published)
        .await?;
    offers
        .into_iter()
        .find(|offer| {
            offer.material == edit.material
                && offer.document.document_id.to_string() == edit.document
        })
        .ok_or_else(|| Problem::not_found("没有这份材料，它可能已经删除、过期，或者不是这项材料"))
}

/// A refused file belongs to its material; anything else is not the form's.
pub(super) fn of_upload(problem: Problem) -> Result<Vec<Wrong>> {
    let named: Vec<Wrong> = problem
        .fields
        .iter()
        .filter_map(|field| {
            let key = field.field.strip_prefix("file:")?;
            Some(Wrong {
                field: key.to_owned(),
                said: crate::said::Said::plain("{message}").with("message", &field.message),
            })
        })
        .collect();
    if named.is_empty() {
        Err(problem)
    } else {
        Ok(named)
    }
}

/// Refused files of a page with questions and materials: those of questions (named with `prefix`), those of materials.
pub(super) fn by_part(problem: Problem, prefix: &str) -> Result<(Vec<Wrong>, Vec<Wrong>)> {
    let (mut of_questions, mut of_materials) = (Vec::new(), Vec::new());
    for mut wrong in refused_files(problem)? {
        let material = wrong.field.strip_prefix("file:").map(str::to_owned);
        let (list, name) = if let Some(key) = material {
            (&mut of_materials, key)
        } else {
            let name = wrong.field.strip_prefix(prefix).unwrap_or(&wrong.field);
            (&mut of_questions, name.to_owned())
        };
        wrong.field = name;
        list.push(wrong);
    }
    Ok((of_questions, of_materials))
}

/// Puts the files that arrived into the draft.
async fn keep(
    intake: &Intake,
    visit: &Visit,
    id: DraftId,
    opened: &Opened,
    received: &Received,
) -> Result<Option<(Vec<MaterialGiven>, Vec<Wrong>)>> {
    let account = visit.person()?.account;
    let now = visit.app.now();
    let item = &opened.published.item;
    let asked = |key: &str| item.materials.iter().find(|material| material.key == key);
    let mut files = Vec::new();
    for file in &received.files {
        let key = file.field.strip_prefix("file:").unwrap_or_default();
        if asked(key).is_none() {
            return Err(Problem::bad_request(
                "material_unknown",
                "这个事项不收这项材料",
            ));
        }
        files.push((key.to_owned(), uploads::record(account, file, now)));
    }
    let expires_at = intake.draft_expiry(now);
    let handle = intake.clone();
    intake
        .app
        .db
        .write(move |tx| -> Result<_> {
            let people = &handle.app.people;
            let Some(records::Found::Open(mut draft)) =
                records::draft(tx, people, id, account, now)?
            else {
                return Ok(None);
            };
            let seen = draft.updated_at;
            let given = &mut draft.body.materials;
            let mut wrong = Vec::new();
            for (key, upload) in &files {
                records::insert_upload(tx, upload)?;
                if let Err(said) = rules::add_file(given, key, uploads::given(upload)) {
                    wrong.push(Wrong {
                        field: key.clone(),
                        said,
                    });
                }
            }
            MATERIALS.clone_into(&mut draft.page);
            draft.saw(MATERIALS);
            draft.updated_at = now.max(seen);
            draft.expires_at = expires_at;
            let given = draft.body.materials.clone();
            records::update_draft(tx, people, &draft, seen)?;
            Ok(Some((given, wrong)))
        })
        .await
}

/// A file of the draft, for whoever is filling it in.
pub(super) async fn file(
    State(intake): State<Intake>,
    visit: Visit,
    Path((id, digest)): Path<(DraftId, String)>,
) -> Result<Response> {
    let none = || Problem::not_found("没有找到这个文件");
    let opened = match draft::open(&intake, &visit, id).await? {
        draft::Page::Filed(_) => return Err(none()),
        draft::Page::Open(opened) => opened,
    };
    let bytes = uploads::digest(&digest).ok_or_else(none)?;
    let body = &opened.draft.body;
    let mut materials = body.materials.iter().flat_map(|given| &given.files);
    let found = if let Some(file) = materials.find(|file| file.digest == digest) {
        Some(file.clone())
    } else {
        let mut answers = files_typed(&opened.published.item.form, &body.typed);
        let answered = answers.any(|typed| typed == digest);
        answer_file(&intake, &opened, &visit, digest, answered).await?
    };
    let found = found.ok_or_else(none)?;
    download(
        &intake.app,
        &bytes,
        &found.name,
        &found.media_type,
        Show::Inline,
    )
    .await
}

/// A file that answers a question of the draft.
async fn answer_file(
    intake: &Intake,
    opened: &Opened,
    visit: &Visit,
    digest: String,
    answered: bool,
) -> Result<Option<FileGiven>> {
    if !answered {
        return Ok(None);
    }
    let who = opened.who(visit)?;
    intake
        .app
        .db
        .read(move |tx| file_of(tx, &who, &digest))
        .await
}
