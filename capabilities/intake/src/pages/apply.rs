//! The start page: who it is for, what to prepare, how long it takes, what it costs — and the button.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{AccountId, DraftId, ItemId, PartyId};
use casework::Actor;
use catalog::guided::Answers as Situation;
use catalog::model::{Item, Published};
use catalog::pages::links;
use jiff::civil::Date;
use serde::Deserialize;
use ui::Page;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect, render};

use super::draft::as_applicant;
use super::tasks::entry;
use super::view::MaterialView;
use crate::draft::{APPLICANT, Body, DRAFTS_MAX, Draft, is_long, steps};
use crate::store::{self as records, Found};
use crate::{Intake, filing, situation};

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
    /// Address of the guided questions; empty where the item asks none.
    questions: String,
    /// Their answers as one text; empty while they are open.
    situation: String,
    /// The answers in words.
    told: Vec<(String, String)>,
    /// This page's address with the answers, to come back to after signing in.
    back: String,
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
    let Some(published) = intake.catalog.current(item_id).await? else {
        let composite = intake.composite(item_id).await?;
        let home = composite.ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
        return Ok(redirect(&home.home));
    };
    let whole = Arc::clone(&published);
    let fields = Fields::parse(visit.query().unwrap_or_default().as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))?;
    let answers = situation::of_pairs(&whole, fields.iter());
    // Answers that lead nowhere are asked again, on the pages of the questions.
    let (published, answers) = intake
        .in_situation(&whole, &answers)
        .unwrap_or_else(|_| (Arc::clone(&whole), Situation::new()));
    let told = intake.told(&whole, &answers);
    let situation = situation::to_text(&answers);
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
        questions: if intake.catalog.guide(&whole).is_some() {
            match situation.as_str() {
                "" => links::situation(item_id),
                text => format!("{}?{text}", links::situation(item_id)),
            }
        } else {
            String::new()
        },
        back: back(item_id, &situation),
        situation,
        told,
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

/// The start page with the answers, as a part of another address.
fn back(item_id: ItemId, situation: &str) -> String {
    let start = links::apply(item_id);
    if situation.is_empty() {
        return start;
    }
    let query = links::with_query("", &[("back", &format!("?{situation}"))]);
    format!(
        "{start}{}",
        query.strip_prefix("?back=").unwrap_or_default()
    )
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
    /// Answers to the guided questions, as the address of the start page carries them.
    situation: Option<String>,
}

pub(super) async fn start(
    State(intake): State<Intake>,
    visit: Visit,
    Path(item_id): Path<ItemId>,
    Form(form): Form<StartForm>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let whole = intake.open_item(item_id).await?;
    filing::online(&whole)?;
    let answers = situation::of_text(&whole, form.situation.as_deref().unwrap_or_default())?;
    let (published, situation) = intake.in_situation(&whole, &answers)?;
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
                    let item = resume(
                        tx,
                        &handle,
                        (line.id, person.account),
                        (&whole, &published),
                        &situation,
                        now,
                    )?;
                    return Ok(entry(&item.item, line.id, &line.page));
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
                body: Body {
                    situation: situation.clone(),
                    ..Body::default()
                },
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

/// Goes on with a draft; answers given anew take the place of its own. The item as the draft now asks for it.
fn resume(
    tx: &mut store::Tx<'_>,
    intake: &Intake,
    (id, account): (DraftId, AccountId),
    (whole, applied): (&Arc<Published>, &Arc<Published>),
    situation: &Situation,
    now: jiff::Timestamp,
) -> Result<Arc<Published>> {
    let people = &intake.app.people;
    let Some(Found::Open(mut draft)) = records::draft(tx, people, id, account, now)? else {
        return Ok(Arc::clone(applied));
    };
    if situation.is_empty() || draft.body.situation == *situation {
        return Ok(intake.catalog.applied(whole, &draft.body.situation));
    }
    let seen = draft.updated_at;
    draft.settle(situation.clone(), &applied.item);
    draft.updated_at = now.max(seen);
    records::update_draft(tx, people, &draft, seen)?;
    Ok(Arc::clone(applied))
}

/// Whose cases the session's person files now.
fn visit_applicant(session: &people::Session) -> PartyId {
    match &session.actor {
        Actor::Person(person) => person.applicant(),
        Actor::Staff(_) | Actor::System => PartyId::from_uuid(uuid::Uuid::nil()),
    }
}
