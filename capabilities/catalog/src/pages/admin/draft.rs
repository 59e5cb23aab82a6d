//! One draft: what it changes, what speaks against it, who did what; handing it in, letting it pass, sending it back.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::ItemId;
use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::{Access, Form, Path, Problem, Routes, Visit};

use super::desk::{May, act, draft_href, editor, reason, section_href};
use super::drafts::tag;
use crate::app::drafting;
use crate::checks::{Finding, Severity};
use crate::diff::{self, Change};
use crate::editor::{self, ITEM};
use crate::model::Item;
use crate::pages::{Doors, links};
use crate::store as records;
use crate::store::{Draft, DraftId, DraftLine, DraftState};

const LIST: &str = "/admin/catalog/drafts";
/// How long somebody counts as writing after they were last seen.
const PRESENT_MINUTES: i64 = 15;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get("/admin/catalog/drafts/{draft_id}", Access::Staff, get)
        .post(
            "/admin/catalog/drafts/{draft_id}/submit",
            Access::Staff,
            submit,
        )
        .post(
            "/admin/catalog/drafts/{draft_id}/return",
            Access::Staff,
            give_back,
        )
        .post(
            "/admin/catalog/drafts/{draft_id}/approve",
            Access::Staff,
            approve,
        )
        .post(
            "/admin/catalog/drafts/{draft_id}/drop",
            Access::Staff,
            drop_draft,
        )
}

/// What a draft is looked at with.
pub(crate) struct Looked {
    pub(crate) draft: Draft,
    pub(crate) findings: Vec<Finding>,
    pub(crate) changes: Vec<Change>,
    pub(crate) trail: Vec<DraftLine>,
}

/// A draft that an actor may see, with everything that is known of it.
pub(crate) fn look(
    tx: &mut Tx<'_>,
    actor: &casework::Actor,
    draft_id: DraftId,
) -> web::Result<Looked> {
    let draft = records::draft(tx, draft_id)?
        .filter(|draft| May::of(actor, draft).write)
        .ok_or(drafting::Error::NotFound)?;
    let before = before(tx, &draft)?;
    Ok(Looked {
        findings: drafting::findings_of(tx, &draft)?,
        changes: diff::changes(&before, &draft.body),
        trail: records::draft_trail(tx, draft_id)?,
        draft,
    })
}

/// The version a draft was made from; nothing for a new item.
pub(crate) fn before(tx: &mut Tx<'_>, draft: &Draft) -> Result<Item, store::Error> {
    let Some(item_id) = draft.item_id.filter(|_| draft.from_version > 0) else {
        return Ok(Item::default());
    };
    let version = records::version_number(tx, item_id, draft.from_version)?;
    Ok(version.map(|published| published.item).unwrap_or_default())
}

/// The others who have a draft open, as 陈静 9:41.
pub(crate) fn present(
    tx: &mut Tx<'_>,
    visit: &Visit,
    draft_id: DraftId,
    now: Timestamp,
) -> web::Result<Vec<String>> {
    let since = now - PRESENT_MINUTES.minutes();
    let others = records::others_present(tx, draft_id, visit.staff()?.staff, since)?;
    Ok(others
        .into_iter()
        .map(|(name, at)| {
            let local = at.to_zoned(TimeZone::fixed(offset(8)));
            format!("{name} {}", local.strftime("%-H:%M"))
        })
        .collect())
}

#[derive(Template)]
#[template(path = "admin/draft.html")]
struct Show {
    page: Page,
    draft: Draft,
    may: May,
    org: String,
    tag: &'static str,
    /// Guide of the version it was made from.
    from: Option<String>,
    /// Guide of the version it became.
    became: Option<String>,
    batch: Option<String>,
    present: Vec<String>,
    findings: Vec<Found>,
    errors_count: usize,
    changes: Vec<(String, Change)>,
    sections: Vec<SectionLine>,
    trail: Vec<(&'static str, DraftLine)>,
    request_key: String,
    reason: String,
    effective: String,
    errors: Vec<(String, String)>,
}

struct Found {
    href: String,
    label: String,
    message: String,
    stops: bool,
}

struct SectionLine {
    href: String,
    title: &'static str,
    /// (id, href, name, whether it differs).
    fields: Vec<(String, String, String, bool)>,
    stops: usize,
    changes: usize,
}

impl Show {
    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, message)| message)
    }
}

/// Where a field of a draft is written.
fn field_href(draft_id: DraftId, path: &str) -> String {
    let Some(section) = editor::section_of(ITEM, path) else {
        return draft_href(draft_id);
    };
    let name = path.split('[').next().unwrap_or(path);
    let field = section
        .fields
        .iter()
        .map(|field| field.path)
        .filter(|known| name.starts_with(known) || known.starts_with(name))
        .max_by_key(|known| name.starts_with(known));
    format!(
        "{}#{}",
        section_href(draft_id, section.key),
        field.unwrap_or(name)
    )
}

fn sections(looked: &Looked) -> Vec<SectionLine> {
    let id = looked.draft.draft_id;
    let of = |path: &str, key: &str| {
        editor::section_of(ITEM, path).is_some_and(|section| section.key == key)
    };
    ITEM.iter()
        .map(|section| SectionLine {
            href: section_href(id, section.key),
            title: section.title,
            fields: section
                .fields
                .iter()
                .map(|field| {
                    let top = field.path.split('.').next().unwrap_or(field.path);
                    let changed = looked
                        .changes
                        .iter()
                        .any(|change| change.path.split(['.', '[']).next() == Some(top));
                    (
                        field.path.to_owned(),
                        format!("{}#{}", section_href(id, section.key), field.path),
                        crate::labels::field(field.path),
                        changed,
                    )
                })
                .collect(),
            stops: looked
                .findings
                .iter()
                .filter(|finding| {
                    finding.severity == Severity::Error && of(&finding.field, section.key)
                })
                .count(),
            changes: looked
                .changes
                .iter()
                .filter(|change| of(&change.path, section.key))
                .count(),
        })
        .collect()
}

/// What a line of the trail says.
pub(crate) fn deed(kind: &str) -> &'static str {
    match kind {
        "begun" => "开始编制",
        "saved" => "保存",
        "submitted" => "提交审核",
        "returned" => "退回修改",
        "withdrawn" => "撤回",
        "approved" => "审核通过",
        "published" => "发布",
        "dropped" => "撤销草稿",
        _ => "办理",
    }
}

async fn show(visit: &Visit, doors: &Doors, draft_id: DraftId) -> web::Result<Show> {
    let actor = editor(visit)?.clone();
    let (asker, now) = (visit.clone(), doors.app.now());
    let (looked, present) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let looked = look(tx, &actor, draft_id)?;
            Ok((looked, present(tx, &asker, draft_id, now)?))
        })
        .await?;
    let may = May::of(visit.actor()?, &looked.draft);
    let name = match looked.draft.body.name.as_str() {
        "" => "未命名事项",
        name => name,
    };
    let guide = |item: Option<ItemId>, n: i64| {
        item.filter(|_| n > 0)
            .map(|item_id| links::version(item_id, n))
    };
    let draft = &looked.draft;
    Ok(Show {
        page: visit
            .page(name)
            .with_nav("drafts")
            .with_crumb("事项编制", LIST),
        may,
        org: doors.catalog.snapshot().org_name(draft.org_id).to_owned(),
        tag: tag(draft.state),
        from: guide(draft.item_id, draft.from_version),
        became: guide(draft.item_id, draft.version.unwrap_or_default()),
        batch: draft
            .batch
            .map(|batch| format!("/admin/catalog/batches/{batch}")),
        present,
        errors_count: looked
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count(),
        findings: looked
            .findings
            .iter()
            .map(|finding| Found {
                href: field_href(draft_id, &finding.field),
                label: crate::labels::field(&finding.field),
                message: finding.message.clone(),
                stops: finding.severity == Severity::Error,
            })
            .collect(),
        sections: sections(&looked),
        changes: looked
            .changes
            .into_iter()
            .map(|change| (field_href(draft_id, &change.path), change))
            .collect(),
        trail: looked
            .trail
            .into_iter()
            .rev()
            .map(|line| (deed(&line.kind), line))
            .collect(),
        request_key: visit.new_request_key(),
        reason: String::new(),
        effective: String::new(),
        errors: Vec::new(),
        draft: looked.draft,
    })
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
) -> web::Result<Response> {
    let show = show(&visit, &doors, draft_id).await?;
    Ok(web::render(&visit, show))
}

/// A form about a draft, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Step {
    revision: i64,
    reason: String,
    /// Day from which it shall hold; empty for at once.
    effective: String,
}

/// The start of a day in China; none for at once.
pub(crate) fn effective_at(day: &str, now: Timestamp) -> web::Result<Option<Timestamp>> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || Problem::invalid("effective", "请填写以后的日期，例如 2026-07-01");
    let day: jiff::civil::Date = day.trim().parse().map_err(|_| wrong())?;
    let at = day
        .to_zoned(TimeZone::fixed(offset(8)))
        .map_err(|_| wrong())?
        .timestamp();
    if at <= now {
        return Err(wrong());
    }
    Ok(Some(at))
}

/// Carries out a step, or shows the draft again with what must be changed.
async fn step<F>(
    visit: Visit,
    doors: Doors,
    draft_id: DraftId,
    form: Step,
    command: F,
) -> web::Result<Response>
where
    F: Fn(&mut Tx<'_>, &casework::Actor, &str) -> Result<Draft, drafting::Error> + Send + 'static,
{
    let actor = editor(&visit)?.clone();
    let done = match reason(&form.reason) {
        Err(problem) => Err(problem),
        Ok(reason) => {
            act(&visit, &doors, move |tx| {
                let draft = command(tx, &actor, &reason)?;
                Ok(draft_href(draft.draft_id))
            })
            .await
        }
    };
    match done {
        Err(problem) if problem.is_invalid() => {
            again(&visit, &doors, draft_id, form, &problem).await
        }
        other => other,
    }
}

async fn again(
    visit: &Visit,
    doors: &Doors,
    draft_id: DraftId,
    form: Step,
    problem: &Problem,
) -> web::Result<Response> {
    let mut show = show(visit, doors, draft_id).await?;
    show.page = show.page.with_error();
    show.errors = problem
        .fields
        .iter()
        .map(|field| (field.field.clone(), field.message.clone()))
        .collect();
    show.reason = form.reason;
    show.effective = form.effective;
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        show,
    ))
}

async fn submit(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    let (now, revision) = (doors.app.now(), form.revision);
    let from = match effective_at(&form.effective, now) {
        Ok(from) => from,
        Err(problem) => return again(&visit, &doors, draft_id, form, &problem).await,
    };
    step(visit, doors, draft_id, form, move |tx, actor, note| {
        drafting::submit(tx, actor, draft_id, revision, from, note, now)
    })
    .await
}

async fn give_back(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    let (now, revision) = (doors.app.now(), form.revision);
    step(visit, doors, draft_id, form, move |tx, actor, reason| {
        drafting::give_back(tx, actor, draft_id, revision, reason, now)
    })
    .await
}

async fn approve(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    let (now, revision, app) = (doors.app.now(), form.revision, doors.app.clone());
    step(visit, doors, draft_id, form, move |tx, actor, note| {
        drafting::approve(tx, actor, &app.ids, draft_id, revision, note, now)
    })
    .await
}

async fn drop_draft(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Form(form): Form<Step>,
) -> web::Result<Response> {
    let (now, revision) = (doors.app.now(), form.revision);
    step(visit, doors, draft_id, form, move |tx, actor, reason| {
        drafting::drop_draft(tx, actor, draft_id, revision, reason, now)
    })
    .await
}
