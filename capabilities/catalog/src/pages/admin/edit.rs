//! Writing a section of a draft. What somebody else saved meanwhile is merged; where both changed one field, the
//! second chooses field by field, and neither text is lost.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::Page;
use web::fields::Fields;
use web::{Access, Form, Path, Problem, Query, Routes, Visit};

use super::desk::{May, draft_href, editor, section_href};
use super::draft::present;
use crate::app::drafting;
use crate::diff::{Conflict, Side};
use crate::editor::{self, Control, ITEM, Marks, Section};
use crate::model::Item;
use crate::pages::Doors;
use crate::store as records;
use crate::store::{Draft, DraftId, DraftState};

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(
            "/admin/catalog/drafts/{draft_id}/edit/{section}",
            Access::Staff,
            get,
        )
        .post(
            "/admin/catalog/drafts/{draft_id}/edit/{section}",
            Access::Staff,
            post,
        )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `1`: just saved; `merged`: together with what somebody else saved.
    saved: String,
}

#[derive(Template)]
#[template(path = "admin/draft_edit.html")]
struct Edit {
    page: Page,
    draft_href: String,
    action: String,
    controls: Vec<Control>,
    /// (title, href, whether it is this one).
    sections: Vec<(&'static str, String, bool)>,
    present: Vec<String>,
    seen: i64,
    last: bool,
    saved: String,
    claimed: bool,
    errors: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/draft_conflict.html")]
struct Conflicted {
    page: Page,
    draft_href: String,
    action: String,
    by: String,
    against: i64,
    conflicts: Vec<Choice>,
    /// What the person wrote, to be sent again.
    kept: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

struct Choice {
    id: String,
    conflict: Conflict,
    /// `mine` or `theirs`, where it was chosen already.
    chosen: String,
}

fn section_named(key: &str) -> web::Result<&'static Section> {
    ITEM.iter()
        .find(|section| section.key == key)
        .ok_or_else(|| Problem::not_found("没有这一部分"))
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path((draft_id, key)): Path<(DraftId, String)>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let section = section_named(&key)?;
    let actor = editor(&visit)?.clone();
    let (visitor, staff, now) = (visit.clone(), visit.staff()?.clone(), doors.app.now());
    let (draft, findings, others) = doors
        .app
        .db
        .write(move |tx| -> web::Result<_> {
            let draft = records::draft(tx, draft_id)?
                .filter(|draft| May::of(&actor, draft).write)
                .ok_or(drafting::Error::NotFound)?;
            if draft.state == DraftState::Editing {
                records::note_presence(tx, draft_id, staff.staff, &staff.name, now)?;
            }
            let findings = drafting::findings_of(tx, &draft)?;
            Ok((draft, findings, present(tx, &visitor, draft_id, now)?))
        })
        .await?;
    if draft.state != DraftState::Editing {
        return Ok(web::redirect(&draft_href(draft_id)));
    }
    let record = editor::value(&draft.body);
    let claimed = draft.body.base_version.is_some();
    let marks = Marks {
        errors: &[],
        findings: &findings,
    };
    let controls = editor::controls(section, &record, claimed, None, marks);
    let mut edit = page_of(&visit, &draft, section, controls);
    edit.present = others;
    edit.saved = asked.saved;
    Ok(web::render(&visit, edit))
}

fn page_of(
    visit: &Visit,
    draft: &Draft,
    section: &'static Section,
    controls: Vec<Control>,
) -> Edit {
    let id = draft.draft_id;
    let name = match draft.body.name.as_str() {
        "" => "未命名事项",
        name => name,
    };
    Edit {
        page: visit
            .page(&format!("{}：{name}", section.title))
            .with_nav("drafts")
            .with_crumb("事项编制", "/admin/catalog/drafts")
            .with_crumb(name, draft_href(id)),
        draft_href: draft_href(id),
        action: section_href(id, section.key),
        controls,
        sections: ITEM
            .iter()
            .map(|other| {
                (
                    other.title,
                    section_href(id, other.key),
                    other.key == section.key,
                )
            })
            .collect(),
        present: Vec::new(),
        seen: draft.revision,
        last: ITEM.last().is_some_and(|last| last.key == section.key),
        saved: String::new(),
        claimed: draft.body.base_version.is_some(),
        errors: Vec::new(),
    }
}

async fn post(
    visit: Visit,
    State(doors): State<Doors>,
    Path((draft_id, key)): Path<(DraftId, String)>,
    Form(form): Form<Fields>,
) -> web::Result<Response> {
    let section = section_named(&key)?;
    let actor = editor(&visit)?.clone();
    let seen: i64 = form
        .get("seen")
        .and_then(|seen| seen.parse().ok())
        .ok_or_else(|| Problem::bad_request("form_invalid", "页面内容不完整，请刷新后重新填写"))?;
    let reader = actor.clone();
    let (draft, body) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let draft = records::draft(tx, draft_id)?
                .filter(|draft| May::of(&reader, draft).write)
                .ok_or(drafting::Error::NotFound)?;
            let body = records::body_at(tx, draft_id, seen)?.ok_or(drafting::Error::NotFound)?;
            Ok((draft, body))
        })
        .await?;
    let record = editor::value(&body);
    let claimed = body.base_version.is_some();
    let mut typed = editor::apply(section, &record, claimed, &form);
    let item = editor::record::<Item>(&typed.record);
    let item = match item {
        Ok(item) if typed.errors.is_empty() => item,
        read => {
            if let (Err(message), true) = (read, typed.errors.is_empty()) {
                let first = section.fields.first().map_or("", |field| field.path);
                typed.errors.push((first.to_owned(), message));
            }
            let marks = Marks {
                errors: &typed.errors,
                findings: &[],
            };
            let controls = editor::controls(section, &record, claimed, Some(&form), marks);
            let mut edit = page_of(&visit, &draft, section, controls);
            edit.page = edit.page.with_error();
            edit.seen = seen;
            edit.errors = typed.errors;
            return Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                edit,
            ));
        }
    };
    let chosen = chosen(&form, draft.revision);
    let now = doors.app.now();
    let choices = chosen.clone();
    let saved = doors
        .app
        .db
        .write(move |tx| drafting::save(tx, &actor, draft_id, seen, &item, &choices, now))
        .await;
    match saved {
        Ok(saved) => {
            let mark = if saved.merged { "merged" } else { "1" };
            let to = match form.get("act") {
                Some("next") => next(section),
                _ => section,
            };
            let href = match form.get("act") {
                Some("done") => draft_href(draft_id),
                _ => format!("{}?saved={mark}", section_href(draft_id, to.key)),
            };
            Ok(web::redirect(&href))
        }
        Err(drafting::Error::Conflicts {
            revision,
            conflicts,
        }) => {
            let page = conflict_page(
                &visit,
                &draft,
                section,
                (revision, conflicts),
                &form,
                &chosen,
            );
            Ok(web::render_with(&visit, StatusCode::CONFLICT, page))
        }
        Err(error) => Err(error.into()),
    }
}

/// The section after one; the last one is followed by itself.
fn next(section: &'static Section) -> &'static Section {
    let at = ITEM.iter().position(|other| other.key == section.key);
    at.and_then(|at| ITEM.get(at + 1)).unwrap_or(section)
}

/// What was chosen on the page of conflicts, while what it showed is still how the draft stands.
fn chosen(form: &Fields, revision: i64) -> BTreeMap<String, Side> {
    if form.get("against") != Some(revision.to_string().as_str()) {
        return BTreeMap::new();
    }
    form.iter()
        .filter_map(|(name, side)| {
            let path = name.strip_prefix("choose:")?;
            let side = match side {
                "mine" => Side::Mine,
                "theirs" => Side::Theirs,
                _ => return None,
            };
            Some((path.to_owned(), side))
        })
        .collect()
}

fn conflict_page(
    visit: &Visit,
    draft: &Draft,
    section: &'static Section,
    (revision, conflicts): (i64, Vec<Conflict>),
    form: &Fields,
    chosen: &BTreeMap<String, Side>,
) -> Conflicted {
    let conflicts: Vec<Choice> = conflicts
        .into_iter()
        .map(|conflict| Choice {
            id: format!("choose:{}", conflict.path),
            chosen: match chosen.get(&conflict.path) {
                Some(Side::Mine) => "mine",
                Some(Side::Theirs) => "theirs",
                None => "",
            }
            .to_owned(),
            conflict,
        })
        .collect();
    let asked = form.get("against").is_some();
    Conflicted {
        page: visit
            .page("两个人改了同一处")
            .with_nav("drafts")
            .with_crumb("事项编制", "/admin/catalog/drafts")
            .with_crumb(draft.body.name.as_str(), draft_href(draft.draft_id)),
        draft_href: draft_href(draft.draft_id),
        action: section_href(draft.draft_id, section.key),
        by: draft.editor_name.clone(),
        against: revision,
        errors: conflicts
            .iter()
            .filter(|_| asked)
            .map(|choice| {
                let message = format!("请选择“{}”保留哪一个", choice.conflict.label);
                (choice.id.clone(), message)
            })
            .collect(),
        // What was chosen goes with what was written, so that only what is left is asked.
        kept: form
            .iter()
            .filter(|(name, _)| !matches!(*name, "against"))
            .filter(|(name, _)| !conflicts.iter().any(|choice| choice.id == *name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        conflicts,
    }
}
