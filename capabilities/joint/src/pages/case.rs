//! A whole as its applicant sees it: what to do now, one clock, one line of time, every part, the results.

use approval::details::{correction, decision};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::CaseId;
use calendar::Role;
use casework::{Actor, Case};
use serde::Deserialize;
use ui::Page;
use ui::strip::ClockView;
use web::{Fields, Form, Path, Query, Result, Visit, redirect, render};

use super::timeline::{self, Line, outcome_label};
use crate::Joint;
use crate::details::{Lane, Plan, delivered, plan};
use crate::error::Error;
use crate::flow::state_label;
use crate::service::Act;
use crate::stage::{self, Opinions};

#[derive(Template)]
#[template(path = "joint/case.html")]
struct CasePage {
    page: Page,
    case: Case,
    state: &'static str,
    variety: &'static str,
    submitted: bool,
    request_key: String,
    clocks: Vec<ClockView>,
    lanes: Vec<LaneView>,
    lines: Vec<Line>,
    asked: Vec<AskedView>,
    outcome: &'static str,
    delivered: String,
    project: Option<(String, String)>,
    parts: Vec<PartView>,
    assessed: Vec<(String, String)>,
    visit_on: String,
    visit_bodies: String,
    visit_findings: String,
    visit_cancelled: String,
    conclusions: Vec<ConclusionView>,
    can_withdraw: bool,
    can_ask_again: bool,
}

/// One part.
pub(super) struct LaneView {
    pub(super) id: CaseId,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) no: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) optional: bool,
    /// What it waits for.
    pub(super) waits: String,
    pub(super) license: String,
}

/// What is asked of one part.
struct AskedView {
    title: String,
    href: String,
    items: Vec<String>,
}

pub(super) struct PartView {
    pub(super) title: String,
    pub(super) body: String,
    /// `ok`, `zhu`, or empty while awaited.
    pub(super) tone: &'static str,
    pub(super) state: &'static str,
    pub(super) text: String,
    pub(super) awaited: bool,
}

pub(super) struct ConclusionView {
    pub(super) passed: bool,
    pub(super) doc_no: String,
    pub(super) text: String,
    pub(super) failed: String,
    pub(super) when: String,
}

#[derive(Deserialize)]
pub(super) struct Show {
    submitted: Option<String>,
}

pub(super) async fn show(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    Query(query): Query<Show>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) {
        let (handle, reader) = (joint.clone(), actor.clone());
        joint
            .app()
            .db
            .read(move |tx| handle.load(tx, &reader, id))
            .await?;
        return Ok(redirect(&format!("/staff/joint/{id}")));
    }
    let page = visit
        .page("我的办件")
        .with_nav("my")
        .with_crumb(visit.page("").t("我的办件").to_owned(), "/my");
    let handle = joint.clone();
    let words = page.clone();
    let (case, parts, lines) = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let case = handle.load(tx, &actor, id)?;
            let plan = plan(&case).ok_or(Error::NotFound)?;
            let parts = handle.parts(tx, &plan)?;
            let lines = timeline::of(tx, &words, &case, &plan)?;
            Ok((case, parts, lines))
        })
        .await?;
    let plan = plan(&case).ok_or(Error::NotFound)?;
    let calendar = joint.app().calendar();
    let now = visit.app.now();
    let page = Page {
        title: case.title.clone(),
        ..page
    };
    let stage = plan.stage.as_ref();
    let arranged = stage::visit(&case);
    let body = CasePage {
        state: state_label(&case.state),
        variety: plan.variety.label(),
        submitted: query.submitted.is_some(),
        request_key: visit.new_request_key(),
        // The promise first: it is the one clock that matters to whoever waits.
        clocks: [Role::Promised, Role::Step, Role::Statutory]
            .into_iter()
            .flat_map(|role| {
                case.open_clocks()
                    .filter(move |clock| clock.terms.role == role)
            })
            .map(|clock| {
                let label = approval::clocks::label(&clock.terms.kind);
                ui::strip::view(page.lang, label, clock, &calendar, now)
            })
            .collect(),
        lanes: lanes(&plan, &parts),
        asked: asked(&parts),
        lines,
        outcome: case
            .outcome
            .as_ref()
            .map_or("", |outcome| outcome_label(&outcome.code)),
        delivered: delivered(&case).map_or_else(String::new, |given| {
            format!(
                "{}　{}",
                page.t(given.method.label()),
                page.datetime(given.at)
            )
        }),
        project: stage.map(|stage| {
            let name = format!("{} {}", stage.project_code, stage.project_name);
            (format!("/projects/{}", stage.project), name)
        }),
        parts: stage.map_or_else(Vec::new, |stage| parts_of(&case, stage)),
        assessed: stage
            .map(|stage| stage.assessed.clone())
            .unwrap_or_default(),
        visit_on: arranged.as_ref().map_or_else(String::new, |one| {
            format!("{}　{}", page.date(one.on), one.place)
        }),
        visit_bodies: arranged
            .as_ref()
            .map_or_else(String::new, |one| one.bodies.join("、")),
        visit_cancelled: arranged
            .as_ref()
            .map_or_else(String::new, |one| one.cancelled.clone()),
        visit_findings: arranged.map_or_else(String::new, |one| one.findings),
        conclusions: conclusions(&page, &case),
        can_withdraw: crate::flow::FLOW
            .command("withdraw")
            .is_some_and(|step| step.from.contains(&case.state.as_str())),
        can_ask_again: case.state == "rectifying",
        case,
        page,
    };
    Ok(render(&visit, body))
}

/// Every part as it is.
pub(super) fn lanes(plan: &Plan, parts: &[Case]) -> Vec<LaneView> {
    let titles = |lane: &Lane| {
        let names: Vec<&str> = plan
            .lanes
            .iter()
            .filter(|other| lane.after.contains(&other.case_id))
            .map(|other| other.title.as_str())
            .collect();
        names.join("、")
    };
    plan.lanes
        .iter()
        .filter_map(|lane| {
            let part = parts.iter().find(|part| part.id == lane.case_id)?;
            let waits = part
                .holds
                .iter()
                .any(|hold| hold.key.starts_with("prerequisite:"));
            Some(LaneView {
                id: lane.case_id,
                title: lane.title.clone(),
                body: lane.body.clone(),
                no: lane.case_no.clone(),
                state: approval::flow::state_label(&part.state),
                tone: tone(&part.state),
                optional: lane.optional,
                waits: if waits { titles(lane) } else { String::new() },
                license: decision(part)
                    .and_then(|decision| decision.license_id)
                    .map_or_else(String::new, |id| format!("/licenses/{id}")),
            })
        })
        .collect()
}

fn tone(state: &str) -> &'static str {
    match state {
        "correcting" => "amber",
        "granted" | "done" => "green",
        "refused" | "not_accepted" => "zhu",
        "withdrawn" => "",
        _ => "brand",
    }
}

fn asked(parts: &[Case]) -> Vec<AskedView> {
    parts
        .iter()
        .filter(|part| part.state == "correcting")
        .map(|part| AskedView {
            title: part.title.clone(),
            href: format!("/cases/{}/correction", part.id),
            items: correction(part)
                .map(|asked| asked.items.into_iter().map(|item| item.what).collect())
                .unwrap_or_default(),
        })
        .collect()
}

/// What each body said about its part.
pub(super) fn parts_of(case: &Case, stage: &stage::Stage) -> Vec<PartView> {
    let known: Opinions = stage::opinions(case);
    stage
        .parts
        .iter()
        .map(|part| {
            let awaited = stage::is_awaited(case, &part.key);
            let opinion = known.get(&part.key);
            let (tone, state) = match opinion {
                _ if awaited => ("amber", "等待意见"),
                Some(opinion) if opinion.passed => ("green", "通过"),
                Some(_) => ("zhu", "不通过"),
                None => ("", "尚未开始"),
            };
            PartView {
                title: part.title.clone(),
                body: part.body.clone(),
                tone,
                state,
                text: opinion
                    .map(|opinion| opinion.text.clone())
                    .unwrap_or_default(),
                awaited,
            }
        })
        .collect()
}

pub(super) fn conclusions(page: &Page, case: &Case) -> Vec<ConclusionView> {
    stage::conclusions(case)
        .into_iter()
        .map(|one| ConclusionView {
            passed: one.passed,
            doc_no: one.doc_no,
            text: one.text,
            failed: one.failed.join("、"),
            when: page.datetime(one.at),
        })
        .collect()
}

pub(super) async fn withdraw(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let reason = fields.get("reason").unwrap_or_default().to_owned();
    act(&joint, &visit, id, Act::Withdraw { reason }).await
}

/// 申请复验.
pub(super) async fn again(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let remark = fields.get("remark").unwrap_or_default().to_owned();
    let command = stage::Command::AskAgain { remark };
    act(&joint, &visit, id, Act::Stage(command)).await
}

async fn act(joint: &Joint, visit: &Visit, id: CaseId, act: Act) -> Result<Response> {
    let key = web::Idempotency::of_form(visit)?;
    let (handle, actor, now) = (joint.clone(), visit.actor()?.clone(), visit.app.now());
    let answer = web::once(visit, &key, move |tx| -> Result<web::Answer> {
        handle.act(tx, &actor, now, id, None, &act)?;
        Ok(web::Answer::see(format!("/joint/{id}")))
    })
    .await?;
    Ok(axum::response::IntoResponse::into_response(answer))
}

/// The project of a stage, for links.
pub(super) fn project_link(plan: &Plan) -> Option<(String, String)> {
    let stage = plan.stage.as_ref()?;
    let name = format!("{} {}", stage.project_code, stage.project_name);
    Some((format!("/staff/projects/{}", stage.project), name))
}
