//! The start page: who it is for, what to prepare, how long it takes, what it costs — and the button.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{DraftId, ItemId, PartyId};
use casework::Actor;
use catalog::model::{Item, Published};
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::{Form, Path, Problem, Result, Visit, redirect, render};

use super::draft::as_applicant;
use super::tasks::entry;
use super::view::MaterialView;
use crate::draft::{APPLICANT, Body, DRAFTS_MAX, Draft, is_long, steps};
use crate::store as records;
use crate::{Intake, filing};

#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
#[derive(Template)]
#[template(path = "intake/start.html")]
struct StartPage {
    page: Page,
    item_id: ItemId,
    name: String,
    summary: String,
    conditions: Vec<String>,
    materials: Vec<MaterialView>,
    /// Day of the decision if it were accepted today; none where no limit is published.
    due: Option<Date>,
    provisional: bool,
    limit: String,
    fees: Vec<(String, String)>,
    visits: u8,
    signed_in: bool,
    staff: bool,
    /// Staff who may take an application in at a window.
    receives: bool,
    window_only: bool,
    /// (party, name, chosen); empty when the person can only act for themselves.
    choices: Vec<(String, String, bool)>,
    /// Last change of the draft that is there already, and until when it is kept.
    open_draft: String,
    kept_until: String,
    /// Pages to fill in.
    pages: usize,
    /// They are filled in from a task list.
    long: bool,
    result_name: String,
    closed: String,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(item_id): Path<ItemId>,
) -> Result<Response> {
    let published = intake
        .catalog
        .current(item_id)
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
    let closed = match intake.open_item(item_id).await {
        Ok(_) => String::new(),
        Err(problem) => visit.page("").t(&problem.detail).to_owned(),
    };
    let page = visit
        .page("在线办理")
        .with_crumb(published.item.name.clone(), format!("/items/{item_id}"));
    let mut choices = Vec::new();
    let (mut open_draft, mut kept_until) = (String::new(), String::new());
    if let Some(Actor::Person(person)) = visit.session.as_ref().map(|session| &session.actor) {
        let (handle, person, now) = (intake.clone(), person.clone(), visit.app.now());
        let (principals, drafts) = intake
            .app
            .db
            .read(move |tx| -> Result<_> {
                let principals = handle.app.people.principals_of(tx, person.party, now)?;
                let drafts = records::drafts_of(tx, person.account, None, now, DRAFTS_MAX)?;
                Ok((principals, drafts))
            })
            .await?;
        let person = visit.person()?;
        if !principals.is_empty() {
            let chosen = person.applicant();
            choices.push((
                person.party.to_string(),
                person.name.clone(),
                chosen == person.party,
            ));
            for (party, name) in principals {
                choices.push((party.to_string(), name, chosen == party));
            }
        }
        if let Some(line) = drafts
            .iter()
            .find(|line| line.item == item_id && line.party == person.applicant())
        {
            open_draft = page.datetime(line.updated_at);
            kept_until = page.date(calendar::civil_date(line.expires_at));
        }
    }
    let item = &published.item;
    let (due, provisional) = planned_due(&intake, &published, visit.app.today());
    let body = StartPage {
        item_id,
        name: item.name.clone(),
        summary: item.summary.clone(),
        conditions: item.accept_conditions.clone(),
        materials: item
            .materials
            .iter()
            .map(|material| MaterialView::of(&page, item, material, &[], &[], |_| String::new()))
            .collect(),
        due,
        provisional,
        limit: limit_text(&page, item),
        fees: item
            .fees
            .iter()
            .map(|fee| (fee.name.clone(), fee.standard.clone()))
            .collect(),
        visits: item.visit_count,
        signed_in: visit.session.is_some(),
        staff: page.is_staff(),
        receives: visit
            .session
            .as_ref()
            .is_some_and(|session| session.actor.may_somewhere(casework::Permission::Receive)),
        window_only: filing::online(&published).is_err(),
        choices,
        open_draft,
        kept_until,
        pages: steps(item).len(),
        long: is_long(item),
        result_name: item.result.name.clone(),
        closed,
        page,
    };
    Ok(render(&visit, body))
}

fn limit_text(page: &Page, item: &Item) -> String {
    item.promised_limit
        .as_ref()
        .or(item.statutory_limit.as_ref())
        .map_or_else(String::new, |limit| {
            ui::strip::length(page.lang, calendar::Length::new(limit.n, limit.unit))
        })
}

/// The last day for the decision if the application were accepted on `day`.
pub(super) fn planned_due(
    intake: &Intake,
    published: &Published,
    day: Date,
) -> (Option<Date>, bool) {
    let item = &published.item;
    let Some(limit) = item
        .promised_limit
        .as_ref()
        .or(item.statutory_limit.as_ref())
    else {
        return (None, false);
    };
    let calendar = intake.app.calendar();
    let due = calendar::due(
        &calendar,
        calendar::Moment::Date(day),
        calendar::Length::new(limit.n, limit.unit),
        &[],
        calendar::Rule::default(),
    )
    .ok()
    .and_then(calendar::Deadline::due);
    (
        due.map(|due| due.date),
        due.is_some_and(|due| due.provisional),
    )
}

#[derive(Deserialize)]
pub(super) struct StartForm {
    /// The applicant; the one acted for in this session if missing.
    applicant: Option<String>,
    /// Begin anew although there is a draft.
    anew: Option<String>,
}

pub(super) async fn start(
    State(intake): State<Intake>,
    visit: Visit,
    Path(item_id): Path<ItemId>,
    Form(form): Form<StartForm>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let published = intake.open_item(item_id).await?;
    filing::online(&published)?;
    let chosen: PartyId = match form.applicant {
        None => person.applicant(),
        Some(text) => text
            .parse()
            .map_err(|_| Problem::invalid("applicant", "请选择为谁办理"))?,
    };
    let now = visit.app.now();
    let id: DraftId = visit.app.ids.next(now);
    let expires_at = intake.draft_expiry(now);
    let anew = form.anew.is_some();
    let (handle, session) = (intake.clone(), visit.session.clone());
    let address = intake
        .app
        .db
        .write(move |tx| -> Result<String> {
            let people = &handle.app.people;
            let person = as_applicant(&person, chosen);
            let (party, _) = filing::applicant(&handle, tx, &person, &published, now)?;
            if let Some(session) = &session
                && chosen != visit_applicant(session)
            {
                people.act_for(tx, session, person.acting_for, now)?;
            }
            let drafts = records::drafts_of(tx, person.account, None, now, DRAFTS_MAX)?;
            let known = drafts
                .iter()
                .find(|line| line.item == item_id && line.party == party);
            match known {
                Some(line) if !anew => {
                    return Ok(entry(&published.item, line.id, &line.page));
                }
                Some(line) => records::delete_draft(tx, line.id)?,
                None if drafts.len() >= DRAFTS_MAX => {
                    return Err(Problem::conflict(
                        "too_many_drafts",
                        format!("您已有{DRAFTS_MAX}份未提交的草稿，请先提交或删除一些"),
                    ));
                }
                None => {}
            }
            let draft = Draft {
                id,
                party,
                filed_by: person.account,
                item: item_id,
                version: published.version_id,
                body: Body::default(),
                page: APPLICANT.to_owned(),
                created_at: now,
                updated_at: now,
                expires_at,
            };
            records::insert_draft(tx, people, &draft)?;
            Ok(entry(&published.item, id, APPLICANT))
        })
        .await?;
    Ok(redirect(&address))
}

/// Whose cases the session's person files now.
fn visit_applicant(session: &people::Session) -> PartyId {
    match &session.actor {
        Actor::Person(person) => person.applicant(),
        Actor::Staff(_) | Actor::System => PartyId::from_uuid(uuid::Uuid::nil()),
    }
}
