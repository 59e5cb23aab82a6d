//! A whole as the bodies see it that lead it or take part: where it stands, every part, and what can be done now.

use approval::details::{CorrectionItem, Delivery};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::CaseId;
use casework::{Actor, Case, Permission, Scope};
use serde::Deserialize;
use ui::Page;
use ui::strip::ClockView;
use web::{Fields, Form, Path, Problem, Query, Result, Visit, render_with};

use super::case::{ConclusionView, LaneView, PartView, conclusions, lanes, parts_of, project_link};
use super::timeline::{self, Line, outcome_label};
use crate::details::{Variety, plan};
use crate::error::Error;
use crate::flow::state_label;
use crate::service::{Act, may_know};
use crate::stage;
use crate::{Joint, records};

#[derive(Template)]
#[template(path = "joint/staff.html")]
struct StaffPage {
    page: Page,
    case: Case,
    state: &'static str,
    variety: &'static str,
    org_name: String,
    request_key: String,
    errors: Vec<(String, String)>,
    clocks: Vec<ClockView>,
    lanes: Vec<LaneView>,
    lines: Vec<Line>,
    outcome: &'static str,
    project: Option<(String, String)>,
    parts: Vec<PartView>,
    /// Parts this actor answers for.
    mine: Vec<(String, String)>,
    visit_on: String,
    visit_bodies: String,
    visit_findings: String,
    visit_cancelled: String,
    conclusions: Vec<ConclusionView>,
    /// Materials that can be asked for: key and name.
    materials: Vec<(String, String)>,
    can: Can,
}

/// What this actor can do now.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
struct Can {
    accept: bool,
    ask: bool,
    deliver: bool,
    extend: bool,
    arrange: bool,
    record: bool,
    cancel: bool,
    conclude: bool,
}

#[derive(Template)]
#[template(path = "joint/list.html")]
struct ListPage {
    page: Page,
    variety: &'static str,
    tabs: Vec<(String, &'static str, bool)>,
    rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) no: String,
    pub(super) applicant: String,
    pub(super) state: &'static str,
    pub(super) note: String,
    pub(super) opened: String,
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    variety: Option<String>,
}

pub(super) async fn list(
    State(joint): State<Joint>,
    visit: Visit,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let all = [Variety::Bundle, Variety::Stage, Variety::Cart];
    let variety = all
        .into_iter()
        .find(|variety| query.variety.as_deref() == Some(variety.word()))
        .unwrap_or(Variety::Bundle);
    let cases = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let mut cases = Vec::new();
            for id in records::roots(tx, variety.word())? {
                cases.extend(cases::load(tx, id)?.filter(|case| may_know(&actor, case)));
            }
            Ok(cases)
        })
        .await?;
    let page = visit.page("联办件").with_nav("joint");
    let rows = cases
        .iter()
        .map(|case| Row {
            href: format!("/staff/joint/{}", case.id),
            title: case.title.clone(),
            no: case.no.clone(),
            applicant: base::mask::name(&case.applicant_name),
            state: state_label(&case.state),
            note: plan(case).map_or_else(String::new, |plan| {
                let parts = plan.stage.as_ref().map_or(0, |stage| stage.parts.len());
                format!("{}个事项，{parts}个分项意见", plan.lanes.len())
            }),
            opened: page.datetime_short(case.opened_at),
        })
        .collect();
    let body = ListPage {
        variety: variety.label(),
        tabs: all
            .iter()
            .map(|one| {
                let href = format!("/staff/joint?variety={}", one.word());
                (href, one.label(), *one == variety)
            })
            .collect(),
        rows,
        page,
    };
    Ok(render_with(&visit, StatusCode::OK, body))
}

pub(super) async fn show(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Response> {
    show_with(&joint, &visit, id, None).await
}

async fn show_with(
    joint: &Joint,
    visit: &Visit,
    id: CaseId,
    problem: Option<Problem>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let page = visit.page("联办件").with_nav("joint");
    let (handle, reader, words) = (joint.clone(), actor.clone(), page.clone());
    let (case, parts, lines, item) = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let case = handle.load(tx, &reader, id)?;
            let plan = plan(&case).ok_or(Error::NotFound)?;
            let parts = handle.parts(tx, &plan)?;
            let lines = timeline::of(tx, &words, &case, &plan)?;
            let mut names = std::collections::BTreeMap::new();
            for (lane, part) in plan.lanes.iter().zip(&parts) {
                let Some(about) = approval::details::about(part) else {
                    continue;
                };
                let Some(version) = handle.catalog().version_in(tx, about.version)? else {
                    continue;
                };
                for (key, own) in &lane.materials {
                    let known = version.item.materials.iter().find(|one| one.key == *own);
                    if let Some(material) = known {
                        names
                            .entry(key.clone())
                            .or_insert_with(|| material.name.clone());
                    }
                }
            }
            Ok((case, parts, lines, names))
        })
        .await?;
    let plan = plan(&case).ok_or(Error::NotFound)?;
    let calendar = joint.app().calendar();
    let now = visit.app.now();
    let refused = problem.is_some();
    let page = Page {
        title: case.title.clone(),
        ..page
    };
    let page = if refused { page.with_error() } else { page };
    let arranged = stage::visit(&case);
    let stage = plan.stage.as_ref();
    let mine = stage.map_or_else(Vec::new, |stage| {
        stage
            .parts
            .iter()
            .filter(|part| {
                let scope = Scope {
                    region: &case.region,
                    org: Some(part.org),
                };
                actor.may(Permission::Decide, &scope) && stage::is_awaited(&case, &part.key)
            })
            .map(|part| (part.key.clone(), part.title.clone()))
            .collect()
    });
    let may = |permission| actor.may(permission, &case.scope());
    let in_state = |states: &[&str]| states.contains(&case.state.as_str());
    let can = Can {
        accept: in_state(&["received"]) && plan.variety.is_joint() && may(Permission::Accept),
        ask: in_state(&["received"])
            && !plan.lanes.is_empty()
            && crate::details::asked(&case).is_none()
            && may(Permission::RequestCorrection),
        deliver: in_state(&["granted", "refused"]) && may(Permission::Deliver),
        extend: in_state(&["accepted"])
            && may(Permission::Decide)
            && case
                .open_clock(approval::clocks::STATUTORY)
                .is_some_and(|clock| clock.extensions.is_empty()),
        arrange: stage.is_some()
            && in_state(&["received", "accepted"])
            && may(Permission::Decide)
            && arranged
                .as_ref()
                .is_none_or(|one| !one.cancelled.is_empty()),
        record: in_state(&["accepted"])
            && may(Permission::Decide)
            && arranged.as_ref().is_some_and(stage::Visit::is_awaited),
        cancel: in_state(&["received", "accepted"])
            && may(Permission::Decide)
            && arranged.as_ref().is_some_and(stage::Visit::is_awaited),
        conclude: case.task("conclude").is_some() && may(Permission::Decide),
    };
    let body = StaffPage {
        state: state_label(&case.state),
        variety: plan.variety.label(),
        org_name: joint.catalog().snapshot().org_name(case.org).to_owned(),
        request_key: visit.new_request_key(),
        errors: problem.as_ref().map(errors).unwrap_or_default(),
        clocks: case
            .open_clocks()
            .map(|clock| {
                let label = approval::clocks::label(&clock.terms.kind);
                ui::strip::view(page.lang, label, clock, &calendar, now)
            })
            .collect(),
        lanes: lanes(&plan, &parts),
        lines,
        outcome: case
            .outcome
            .as_ref()
            .map_or("", |outcome| outcome_label(&outcome.code)),
        project: project_link(&plan),
        parts: stage.map_or_else(Vec::new, |stage| parts_of(&case, stage)),
        mine,
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
        materials: item.into_iter().collect(),
        can,
        case,
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// What was refused, as the summary of errors wants it.
pub(super) fn errors(problem: &Problem) -> Vec<(String, String)> {
    if problem.fields.is_empty() {
        return vec![("main".to_owned(), problem.detail.clone())];
    }
    problem
        .fields
        .iter()
        .map(|field| (field.field.clone(), field.message.clone()))
        .collect()
}

pub(super) async fn act(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let act = match read(&fields) {
        Ok(act) => act,
        Err(problem) => return show_with(&joint, &visit, id, Some(problem)).await,
    };
    let version = fields.get("version").and_then(|text| text.parse().ok());
    let key = web::Idempotency::of_form(&visit)?;
    let (handle, actor, now): (_, Actor, _) =
        (joint.clone(), visit.actor()?.clone(), visit.app.now());
    let done = web::once(&visit, &key, move |tx| -> Result<web::Answer> {
        handle.act(tx, &actor, now, id, version, &act)?;
        Ok(web::Answer::see(format!("/staff/joint/{id}")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => show_with(&joint, &visit, id, Some(problem)).await,
        Err(problem) => Err(problem),
    }
}

/// The form as an act; no rule here.
fn read(fields: &Fields) -> Result<Act> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    Ok(match text("act").as_str() {
        "accept" => Act::Accept {
            remark: text("remark"),
        },
        "request_correction" => Act::RequestCorrection {
            items: fields
                .iter()
                .filter_map(|(name, what)| {
                    let material = name.strip_prefix("m-")?;
                    (!what.trim().is_empty()).then(|| CorrectionItem {
                        material: material.to_owned(),
                        what: what.to_owned(),
                    })
                })
                .collect(),
        },
        "deliver" => Act::Deliver {
            method: match text("method").as_str() {
                "post" => Delivery::Post,
                "electronic" => Delivery::Electronic,
                _ => Delivery::Window,
            },
            receiver: text("receiver"),
            tracking: text("tracking"),
        },
        "extend" => Act::Extend {
            days: text("days")
                .trim()
                .parse()
                .map_err(|_| Problem::invalid("days", "请填写延长的工作日数，例如15"))?,
            approver: text("approver"),
            reason: text("reason"),
        },
        "arrange_visit" => Act::Stage(stage::Command::ArrangeVisit {
            on: text("on")
                .trim()
                .parse()
                .map_err(|_| Problem::invalid("on", "请填写踏勘日期，例如2026-05-20"))?,
            place: text("place"),
        }),
        "record_visit" => Act::Stage(stage::Command::RecordVisit {
            findings: text("findings"),
        }),
        "cancel_visit" => Act::Stage(stage::Command::CancelVisit {
            reason: text("reason"),
        }),
        "give_opinion" => Act::Stage(stage::Command::GiveOpinion {
            part: text("part"),
            passed: match text("passed").as_str() {
                "yes" => true,
                "no" => false,
                _ => return Err(Problem::invalid("passed", "请选择通过或者不通过")),
            },
            text: text("text"),
        }),
        "conclude" => Act::Stage(stage::Command::Conclude {
            doc_no: String::new(),
            text: text("text"),
        }),
        _ => return Err(Problem::invalid("act", "请从页面上的按钮办理")),
    })
}
