//! 我的材料: what was handed in before, as its holder sees it: to open, to rename, to say until when it counts, to take
//! away.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::PartyId;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::download::{Show, download};
use web::{Form, Path, Problem, Query, Result, Visit, cursor, redirect, render, render_with};

use super::view::OfferView;
use crate::Intake;
use crate::documents::{self, Document, DocumentId, DocumentUse};
use crate::store::documents as records;
use crate::store::documents::Before;

pub(crate) const PATH: &str = "/my/documents";
/// Documents on one page.
const PAGE: usize = 30;
/// Cases in which a document was used, on its page.
const USES: usize = 20;
/// Name of the list in cursors.
const LIST: &str = "documents";

#[derive(Deserialize)]
pub(super) struct Asked {
    cursor: Option<String>,
}

struct Line {
    view: OfferView,
    href: String,
    /// What the library calls it.
    standard: String,
    /// It counts no more.
    over: bool,
}

#[derive(Template)]
#[template(path = "intake/documents.html")]
struct ListPage {
    page: Page,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

pub(super) async fn list(
    State(intake): State<Intake>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let before: Option<Before> = asked
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&visit.app, LIST, text))
        .transpose()?;
    let newer = before.is_some().then(|| PATH.to_owned());
    let mut found = intake
        .app
        .db
        .read(move |tx| records::page(tx, party, before.as_ref(), PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = found.last().filter(|_| more).map(|last| {
        let place = cursor::encode(&visit.app, LIST, &place_of(last));
        format!("{PATH}?cursor={place}")
    });
    let page = visit.page("我的材料").with_nav("my");
    let page = page.with_crumb(visit.page("").t("我的").to_owned(), "/my");
    let (library, today) = (intake.catalog.library(), intake.app.today());
    let lines = found
        .iter()
        .map(|document| Line {
            view: OfferView::of(&page, document),
            href: href(document.document_id),
            standard: library
                .resolve(&document.standard)
                .map_or_else(String::new, |standard| standard.name.clone()),
            over: !document.counts_on(today),
        })
        .collect();
    let body = ListPage {
        page,
        lines,
        newer,
        older,
    };
    Ok(render(&visit, body))
}

pub(crate) fn place_of(document: &Document) -> Before {
    Before {
        added_at: document.added_at.as_millisecond(),
        document_id: document.document_id,
    }
}

fn href(id: DocumentId) -> String {
    format!("{PATH}/{id}")
}

#[derive(Template)]
#[template(path = "intake/document.html")]
struct ShowPage {
    page: Page,
    href: String,
    view: OfferView,
    standard: String,
    size: String,
    uses: Vec<DocumentUse>,
    typed: Typed,
    errors: Vec<(String, String)>,
}

/// A name and a last day, as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    #[serde(rename = "valid_to-year")]
    year: String,
    #[serde(rename = "valid_to-month")]
    month: String,
    #[serde(rename = "valid_to-day")]
    day: String,
}

impl Typed {
    fn of(document: &Document) -> Typed {
        let part = |number: fn(Date) -> String| document.valid_to.map(number).unwrap_or_default();
        Typed {
            name: document.name.clone(),
            year: part(|day| day.year().to_string()),
            month: part(|day| day.month().to_string()),
            day: part(|day| day.day().to_string()),
        }
    }

    /// The last day; none where nothing was typed.
    fn valid_to(&self) -> Result<Option<Date>> {
        let parts = [&self.year, &self.month, &self.day].map(|part| part.trim());
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(None);
        }
        let wrong = || {
            Problem::invalid(
                "valid_to",
                "请填写完整的日期，例如2027年3月31日；长期有效的不填",
            )
        };
        let year: i16 = parts[0].parse().map_err(|_| wrong())?;
        let month: i8 = parts[1].parse().map_err(|_| wrong())?;
        let day: i8 = parts[2].parse().map_err(|_| wrong())?;
        if !(1949..=2200).contains(&year) {
            return Err(wrong());
        }
        Date::new(year, month, day).map(Some).map_err(|_| wrong())
    }
}

async fn load(
    intake: &Intake,
    party: PartyId,
    id: DocumentId,
) -> Result<(Document, Vec<DocumentUse>)> {
    intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let document = records::by_id(tx, party, id)?.ok_or_else(no_document)?;
            let uses = records::uses(tx, party, &document.digest, USES)?;
            Ok((document, uses))
        })
        .await
}

pub(crate) fn no_document() -> Problem {
    Problem::not_found("没有找到这份材料，可能已经删除")
}

fn show_page(
    intake: &Intake,
    visit: &Visit,
    document: &Document,
    uses: Vec<DocumentUse>,
) -> ShowPage {
    let page = visit.page(&document.name).with_nav("my");
    let words = visit.page("");
    let page = page
        .with_crumb(words.t("我的").to_owned(), "/my")
        .with_crumb(words.t("我的材料").to_owned(), PATH);
    let library = intake.catalog.library();
    ShowPage {
        href: href(document.document_id),
        view: OfferView::of(&page, document),
        standard: library
            .resolve(&document.standard)
            .map_or_else(String::new, |standard| standard.name.clone()),
        size: crate::materials::size_text(document.size),
        uses,
        typed: Typed::of(document),
        errors: Vec::new(),
        page,
    }
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let (document, uses) = load(&intake, party, id).await?;
    Ok(render(&visit, show_page(&intake, &visit, &document, uses)))
}

pub(super) async fn save(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DocumentId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let changed = match (documents::check_name(&typed.name), typed.valid_to()) {
        (Err((field, message)), _) => Err(Problem::invalid(field, message)),
        (_, Err(problem)) => Err(problem),
        (Ok(name), Ok(valid_to)) => {
            intake
                .app
                .db
                .write(move |tx| -> Result<()> {
                    if records::change(tx, party, id, &name, valid_to)? {
                        Ok(())
                    } else {
                        Err(no_document())
                    }
                })
                .await
        }
    };
    match changed {
        Ok(()) => Ok(redirect(PATH)),
        Err(problem) if problem.is_invalid() => {
            let (document, uses) = load(&intake, party, id).await?;
            let mut body = show_page(&intake, &visit, &document, uses);
            body.typed = typed;
            body.errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), body.page.t(&field.message).to_owned()))
                .collect();
            body.page = body.page.with_error();
            Ok(render_with(&visit, StatusCode::UNPROCESSABLE_ENTITY, body))
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn remove(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DocumentId>,
    Form(_): Form<Nothing>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let now = visit.app.now();
    intake
        .app
        .db
        .write(move |tx| -> Result<()> {
            if records::remove(tx, party, id, now)? {
                Ok(())
            } else {
                Err(no_document())
            }
        })
        .await?;
    Ok(redirect(PATH))
}

pub(super) async fn file(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response> {
    let party = visit.person()?.applicant();
    let (document, _) = load(&intake, party, id).await?;
    download(
        &intake.app,
        &document.digest,
        &document.file_name,
        &document.media_type,
        Show::Inline,
    )
    .await
}
