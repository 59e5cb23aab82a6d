//! The page of a case's file: its list of contents, closing it, taking it along.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base::ids::CaseId;
use bytes::Bytes;
use casework::Permission;
use futures_util::stream;
use jiff::civil::Date;
use tokio::io::AsyncReadExt as _;
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Routes, Visit};

use super::contents::{self, Kind, Paper};
use super::{Act, Archived, Retention, archived, export, package};
use crate::{
    after::{self, bans},
    flow::state_label,
    pages::routes as addresses,
    service::{self, Approval},
};

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .get(
            "/staff/cases/{case}/file",
            Access::Permission(Permission::ReadCase),
            show,
        )
        .post(
            "/staff/cases/{case}/file/archive",
            Access::Permission(Permission::Archive),
            archive,
        )
        .post(
            "/staff/cases/{case}/file/export",
            Access::Permission(Permission::Unmask),
            take,
        )
        .post(
            "/staff/cases/{case}/file/ban",
            Access::Permission(Permission::Decide),
            ban,
        )
        .get(
            "/staff/cases/{case}/file/exports/{event}",
            Access::Permission(Permission::Unmask),
            fetch,
        )
}

struct Row {
    no: u32,
    key: String,
    title: String,
    doc_no: String,
    date: Option<Date>,
    pages: String,
    href: String,
}

#[derive(Template)]
#[template(path = "archive/show.html")]
struct FilePage {
    page: ui::Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    state: &'static str,
    version: i64,
    papers: Vec<Row>,
    gaps: Vec<String>,
    archived: Option<Archived>,
    kept_until: Option<Date>,
    can_archive: bool,
    can_export: bool,
    can_ban: bool,
    /// What was typed about false materials.
    facts: String,
    retentions: Vec<(&'static str, &'static str)>,
    retention: String,
    purpose: String,
    key_print: String,
    request_key: String,
    errors: Vec<(String, String)>,
}

async fn show(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Response> {
    let page = build(&visit, &approval, id, &Fields::default(), None).await?;
    Ok(web::render(&visit, page))
}

/// The page again with what was refused.
async fn again(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    fields: &Fields,
    problem: Problem,
) -> web::Result<Response> {
    let page = build(visit, approval, id, fields, Some(problem)).await?;
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        page,
    ))
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    fields: &Fields,
    problem: Option<Problem>,
) -> web::Result<FilePage> {
    let actor = visit.actor()?.clone();
    let loaded = approval.open_for(&actor, id).await?;
    let (case, item) = (
        &loaded.case,
        loaded.published.as_ref().map(|published| &published.item),
    );
    let archived = archived(case);
    let papers = contents::papers(case, &|key| contents::material_name(item, key));
    let gaps = if archived.is_some() {
        Vec::new()
    } else {
        contents::gaps(case, &contents::required(item))
    };
    let may = |permission| actor.may(permission, &case.scope());
    let errors: Vec<(String, String)> = problem
        .map(|problem| {
            problem
                .fields
                .into_iter()
                .map(|field| (field.field, field.message))
                .collect()
        })
        .unwrap_or_default();
    let page = visit
        .page("卷宗")
        .with_nav("queue")
        .with_crumb(case.title.clone(), addresses::workspace(id));
    Ok(FilePage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        case_id: id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        state: state_label(&case.state),
        version: case.version,
        can_archive: archived.is_none() && gaps.is_empty() && may(Permission::Archive),
        can_export: may(Permission::Unmask),
        can_ban: archived.is_none() && bans::possible(case) && may(Permission::Decide),
        facts: fields.get("facts").unwrap_or_default().to_owned(),
        retentions: Retention::ALL
            .map(|retention| (retention.word(), retention.label()))
            .to_vec(),
        retention: fields
            .get("retention")
            .unwrap_or_else(|| Retention::usual(case).word())
            .to_owned(),
        purpose: fields.get("purpose").unwrap_or_default().to_owned(),
        key_print: base::crypto::key_print(&package::signer(&approval.app.people).public_key()),
        request_key: visit.new_request_key(),
        kept_until: archived.as_ref().and_then(|archived| {
            archived
                .retention
                .kept_until(calendar::civil_date(archived.at))
        }),
        papers: rows(case.id, &papers, archived.as_ref(), fields),
        gaps,
        archived,
        errors,
    })
}

fn rows(id: CaseId, papers: &[Paper], archived: Option<&Archived>, fields: &Fields) -> Vec<Row> {
    (1..)
        .zip(papers)
        .map(|(no, paper)| {
            let closed = archived
                .and_then(|archived| archived.papers.iter().find(|filed| filed.no == no))
                .map(|filed| filed.pages.to_string());
            let typed = fields.get(&format!("pages-{}", paper.key));
            Row {
                no,
                href: match (&paper.kind, &paper.file) {
                    (Kind::Material, Some(file)) => addresses::file(id, &file.digest),
                    (Kind::Letter(kind), _) => addresses::letter(id, kind),
                    (Kind::License(license), _) => format!("/licenses/{license}"),
                    _ => String::new(),
                },
                key: paper.key.clone(),
                title: paper.title.clone(),
                doc_no: paper.doc_no.clone(),
                date: paper.date,
                pages: closed
                    .or_else(|| typed.map(str::to_owned))
                    .unwrap_or_else(|| paper.pages.to_string()),
            }
        })
        .collect()
}

async fn archive(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    match read(&fields) {
        Ok(act) => run(visit, approval, id, fields, service::Act::Archive(act)).await,
        Err(problem) => again(&visit, &approval, id, &fields, problem).await,
    }
}

/// 行政许可法第七十八条.
async fn ban(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let facts = fields.get("facts").unwrap_or_default().to_owned();
    let act = service::Act::After(after::Act::Ban { facts });
    run(visit, approval, id, fields, act).await
}

/// Does what a form of the page asks for, and shows the page again.
async fn run(
    visit: Visit,
    approval: Approval,
    id: CaseId,
    fields: Fields,
    act: service::Act,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let version: i64 = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("version_missing", "页面内容不完整，请刷新后再办理"))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let done = web::once(&visit, &key, move |tx| {
        me.act(tx, &actor, now, id, Some(version), &act)?;
        Ok::<_, crate::Error>(Answer::see(address(id)))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            again(&visit, &approval, id, &fields, problem).await
        }
        Err(problem) => Err(problem),
    }
}

fn read(fields: &Fields) -> web::Result<Act> {
    let retention = fields
        .get("retention")
        .and_then(Retention::from_word)
        .ok_or_else(|| Problem::invalid("retention", "请选择保管期限"))?;
    let mut pages = BTreeMap::new();
    for (name, value) in fields.iter() {
        if let Some(key) = name.strip_prefix("pages-") {
            let count = value
                .trim()
                .parse()
                .map_err(|_| Problem::invalid("papers", "页数应为数字，请检查卷内目录"))?;
            pages.insert(key.to_owned(), count);
        }
    }
    Ok(Act::Archive { retention, pages })
}

/// Address of the page.
pub(super) fn address(id: CaseId) -> String {
    addresses::dossier(id)
}

async fn take(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let purpose = fields.get("purpose").unwrap_or_default().to_owned();
    let act = service::Act::Archive(Act::Export { purpose });
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let done = web::once(&visit, &key, move |tx| {
        let case = me.act(tx, &actor, now, id, None, &act)?;
        let to = format!("{}/exports/{}", address(id), case.version);
        Ok::<_, crate::Error>(Answer::see(to))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            again(&visit, &approval, id, &fields, problem).await
        }
        Err(problem) => Err(problem),
    }
}

pub(super) async fn fetch(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, event)): Path<(CaseId, i64)>,
) -> web::Result<Response> {
    let made = export::build(&visit, &approval, id, event).await?;
    let file = tokio::fs::File::from_std(made.file);
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(64 * 1024);
        (&mut file).take(64 * 1024).read_to_end(&mut piece).await?;
        let more = (!piece.is_empty()).then(|| (Bytes::from(piece), file));
        Ok::<_, std::io::Error>(more)
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/zip"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(made.size));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        web::download::disposition("attachment", &made.name),
    );
    Ok(response)
}
