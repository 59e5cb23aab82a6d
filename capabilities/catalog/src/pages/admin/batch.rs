//! Drafts that go the same way together: handed in, let pass and undone as one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Actor;
use jiff::Timestamp;
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::{Access, App, Form, Path, Problem, Routes, Visit};

use super::desk::{May, act, draft_href, editor, reason};
use super::draft::before;
use super::drafts::tag;
use crate::app::drafting;
use crate::checks::Severity;
use crate::diff::{self, Change};
use crate::pages::Doors;
use crate::store as records;
use crate::store::{BatchId, Draft, DraftState};

/// Drafts whose changes are shown; the others are counted.
const SHOWN: usize = 200;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/catalog/batches/{batch_id}", Access::Staff, get)
        .post(
            "/admin/catalog/batches/{batch_id}/submit",
            Access::Staff,
            submit,
        )
        .post(
            "/admin/catalog/batches/{batch_id}/approve",
            Access::Staff,
            approve,
        )
        .post(
            "/admin/catalog/batches/{batch_id}/undo",
            Access::Staff,
            undo,
        )
}

#[derive(Template)]
#[template(path = "admin/batch.html")]
struct Show {
    page: Page,
    batch: BatchId,
    rows: Vec<Row>,
    total: usize,
    /// (state, how many).
    states: Vec<(DraftState, usize)>,
    /// Drafts that may not be published as they are.
    stopped: usize,
    may: May,
    request_key: String,
    reason: String,
    reason_error: String,
    errors: Vec<(String, String)>,
}

struct Row {
    href: String,
    name: String,
    org: String,
    state: DraftState,
    changes: Vec<Change>,
    stops: Vec<String>,
}

impl Row {
    fn tag(&self) -> &'static str {
        tag(self.state)
    }
}

impl Show {
    fn has(&self, state: DraftState) -> bool {
        self.states
            .iter()
            .any(|(known, count)| *known == state && *count > 0)
    }

    /// Whether nothing is left to be handed in.
    fn all_in_review(&self) -> bool {
        self.has(DraftState::InReview) && !self.has(DraftState::Editing)
    }
}

/// The drafts of a batch, all of which an actor may see.
pub(crate) fn of(tx: &mut Tx<'_>, actor: &Actor, batch: BatchId) -> web::Result<Vec<Draft>> {
    let drafts = records::batch(tx, batch)?;
    let all = drafts.iter().all(|draft| May::of(actor, draft).write);
    if drafts.is_empty() || !all {
        return Err(Problem::not_found(
            "没有找到这一批草稿，或者它不在您的编制范围内",
        ));
    }
    Ok(drafts)
}

/// Hands in every draft of a batch that is still being written.
pub(crate) fn submit_all(
    tx: &mut Tx<'_>,
    actor: &Actor,
    batch: BatchId,
    note: &str,
    now: Timestamp,
) -> web::Result<usize> {
    let mut count = 0;
    for draft in of(tx, actor, batch)? {
        if draft.state == DraftState::Editing {
            drafting::submit(tx, actor, draft.draft_id, draft.revision, None, note, now)?;
            count += 1;
        }
    }
    Ok(count)
}

async fn show(visit: &Visit, doors: &Doors, batch: BatchId) -> web::Result<Show> {
    let actor = editor(visit)?.clone();
    let may_of = actor.clone();
    let (drafts, rows) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let drafts = of(tx, &actor, batch)?;
            let mut rows = Vec::new();
            for draft in drafts.iter().take(SHOWN) {
                let before = before(tx, draft)?;
                let stops = if draft.state.is_open() {
                    drafting::findings_of(tx, draft)?
                        .into_iter()
                        .filter(|finding| finding.severity == Severity::Error)
                        .map(|finding| finding.message)
                        .collect()
                } else {
                    Vec::new()
                };
                rows.push((diff::changes(&before, &draft.body), stops));
            }
            Ok((drafts, rows))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let may = drafts.iter().map(|draft| May::of(&may_of, draft)).fold(
        May {
            write: true,
            review: true,
        },
        |all, one| May {
            write: all.write && one.write,
            review: all.review && one.review,
        },
    );
    let states = DraftState::ALL
        .map(|state| {
            let count = drafts.iter().filter(|draft| draft.state == state).count();
            (state, count)
        })
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect();
    Ok(Show {
        page: visit
            .page("同一批草稿")
            .with_nav("drafts")
            .with_crumb("事项编制", "/admin/catalog/drafts"),
        batch,
        total: drafts.len(),
        stopped: rows.iter().filter(|(_, stops)| !stops.is_empty()).count(),
        rows: drafts
            .iter()
            .zip(rows)
            .map(|(draft, (changes, stops))| Row {
                href: draft_href(draft.draft_id),
                name: draft.body.name.clone(),
                org: snapshot.org_name(draft.org_id).to_owned(),
                state: draft.state,
                changes,
                stops,
            })
            .collect(),
        states,
        may,
        request_key: visit.new_request_key(),
        reason: String::new(),
        reason_error: String::new(),
        errors: Vec::new(),
    })
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(batch): Path<BatchId>,
) -> web::Result<Response> {
    let show = show(&visit, &doors, batch).await?;
    Ok(web::render(&visit, show))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Step {
    reason: String,
}

async fn step<F>(
    visit: Visit,
    doors: Doors,
    batch: BatchId,
    form: Step,
    command: F,
) -> web::Result<Response>
where
    F: Fn(&mut Tx<'_>, &Actor, &App, &str, Timestamp) -> web::Result<BatchId> + Send + 'static,
{
    let actor = editor(&visit)?.clone();
    let (app, now) = (doors.app.clone(), doors.app.now());
    let done = match reason(&form.reason) {
        Err(problem) => Err(problem),
        Ok(reason) => {
            act(&visit, &doors, move |tx| {
                let next = command(tx, &actor, &app, &reason, now)?;
                Ok(format!("/admin/catalog/batches/{next}"))
            })
            .await
        }
    };
    match done {
        Err(problem) if problem.is_invalid() => {
            let mut show = show(&visit, &doors, batch).await?;
            show.page = show.page.with_error();
            problem
                .field("reason")
                .unwrap_or_default()
                .clone_into(&mut show.reason_error);
            show.errors = problem
                .fields
                .iter()
                .map(|field| ("reason".to_owned(), field.message.clone()))
                .collect();
            show.reason = form.reason;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                show,
            ))
        }
        other => other,
    }
}

async fn submit(
    visit: Visit,
    State(doors): State<Doors>,
    Path(batch): Path<BatchId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    step(visit, doors, batch, form, move |tx, actor, _, note, now| {
        submit_all(tx, actor, batch, note, now)?;
        Ok(batch)
    })
    .await
}

async fn approve(
    visit: Visit,
    State(doors): State<Doors>,
    Path(batch): Path<BatchId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    step(
        visit,
        doors,
        batch,
        form,
        move |tx, actor, app, note, now| {
            drafting::approve_batch(tx, actor, &app.ids, batch, note, now)?;
            Ok(batch)
        },
    )
    .await
}

async fn undo(
    visit: Visit,
    State(doors): State<Doors>,
    Path(batch): Path<BatchId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    step(
        visit,
        doors,
        batch,
        form,
        move |tx, actor, app, reason, now| {
            let (undone, _) = drafting::undo_batch(tx, actor, &app.ids, batch, reason, now)?;
            Ok(undone)
        },
    )
    .await
}
