//! The page of one after-check: what was promised, the time that is left, what was found, and what may be recorded.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::CaseId;
use casework::{Case, Channel, Permission};
use ui::strip::{self, ClockView};
use web::{Answer, Fields, Form, Idempotency, Path, Problem, Visit};

use super::{errors, links};
use crate::{
    aftercheck::{self, About, Act, FLOW, Finding, RECTIFY_MAX},
    clocks, credit,
    pages::routes,
    service::{Approval, org_name},
};

/// A check with what its page shows beside it.
pub(super) struct Found {
    pub(super) case: Case,
    pub(super) about: About,
    pub(super) findings: Vec<Finding>,
    org: String,
    /// Whether its party keeps no credit entry that stands in the way of promises.
    excluded: bool,
    /// Whether the actor may open the case that was granted.
    may_open: bool,
}

/// A check for whoever may read its trail.
pub(super) async fn find(approval: &Approval, visit: &Visit, id: CaseId) -> web::Result<Found> {
    let actor = visit.actor()?.clone();
    approval
        .app
        .db
        .read(move |tx| {
            let case = aftercheck::load(tx, &actor, id)?;
            if !actor.may(Permission::ReadTrail, &case.scope()) {
                return Err(crate::Error::NotFound);
            }
            let about = aftercheck::about(&case).ok_or(crate::Error::NotFound)?;
            let entries = credit::of_party(tx, case.applicant)?;
            Ok(Found {
                findings: aftercheck::findings(&case),
                org: org_name(tx, case.org)?,
                excluded: entries.iter().any(credit::Entry::excludes),
                may_open: actor.may(Permission::ReadCase, &case.scope()),
                about,
                case,
            })
        })
        .await
        .map_err(|error: crate::Error| match error {
            crate::Error::NotFound => Problem::not_found("没有找到这件核查"),
            other => other.into(),
        })
}

struct Step {
    label: &'static str,
    finding: Finding,
}

#[derive(Template)]
#[template(path = "supervision/check.html")]
struct CheckPage {
    page: ui::Page,
    case: Case,
    state: &'static str,
    tone: &'static str,
    org: String,
    about: About,
    granted: String,
    steps: Vec<Step>,
    clocks: Vec<ClockView>,
    may_confirm: bool,
    may_order: bool,
    may_accept_correction: bool,
    may_break: bool,
    may_open: bool,
    excluded: bool,
    days_max: u32,
    /// The command whose form was refused.
    refused: String,
    fields: Fields,
    request_key: String,
    errors: Vec<(String, String)>,
}

impl CheckPage {
    /// What was typed into a form that was refused.
    fn value(&self, command: &str, name: &str) -> &str {
        if self.refused == command {
            self.fields
                .get(&format!("{command}-{name}"))
                .unwrap_or_default()
        } else {
            ""
        }
    }

    fn is_refused(&self, command: &str) -> bool {
        self.refused == command
    }
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Response> {
    let page = build(&visit, &approval, id, None).await?;
    Ok(web::render(&visit, page))
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    refused: Option<(String, Fields, Problem)>,
) -> web::Result<CheckPage> {
    let found = find(approval, visit, id).await?;
    let (calendar, now) = (approval.app.calendar(), approval.app.now());
    let actor = visit.actor()?;
    let may = |command: &str| {
        FLOW.command(command).is_some_and(|known| {
            known.from.contains(&found.case.state.as_str())
                && actor.may(Permission::Inspect, &found.case.scope())
        })
    };
    let (refused, fields, problem) = match refused {
        Some((command, fields, problem)) => (command, fields, Some(problem)),
        None => Default::default(),
    };
    let errors: Vec<(String, String)> = errors(problem)
        .into_iter()
        .map(|(field, message)| (format!("{refused}-{field}"), message))
        .collect();
    let page = visit
        .page(&found.case.title)
        .with_nav("checks")
        .with_crumb("承诺核查", "/staff/checks");
    Ok(CheckPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        state: FLOW
            .state(&found.case.state)
            .map_or("", |state| state.label),
        tone: match found.case.state.as_str() {
            "kept" | "corrected" => "tag-green",
            "broken" => "tag-zhu",
            "ordered" => "tag-amber",
            _ => "tag-brand",
        },
        granted: routes::workspace(found.about.case),
        may_confirm: may("confirm_promise"),
        may_order: may("order_correction"),
        may_accept_correction: may("confirm_correction"),
        may_break: may("find_broken"),
        may_open: found.may_open,
        excluded: found.excluded,
        steps: found
            .findings
            .into_iter()
            .map(|finding| Step {
                label: FLOW
                    .command(&finding.command)
                    .map_or("", |command| command.label),
                finding,
            })
            .collect(),
        clocks: found
            .case
            .clocks
            .iter()
            .map(|clock| {
                let label = clocks::label(&clock.terms.kind);
                strip::view(visit.lang, label, clock, &calendar, now)
            })
            .collect(),
        org: found.org,
        about: found.about,
        case: found.case,
        days_max: RECTIFY_MAX,
        refused,
        fields,
        request_key: visit.new_request_key(),
        errors,
    })
}

pub(super) async fn act(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, command)): Path<(CaseId, String)>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let act = read(&command, &fields)?;
    let version: i64 = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("version_missing", "页面内容不完整，请刷新后再办理"))?;
    let done = record(
        &visit,
        &approval,
        &key,
        (id, Some(version)),
        act,
        move |_| Answer::see(links::check(id)),
    )
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = build(&visit, &approval, id, Some((command, fields, problem))).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Records an act once, however often it is sent.
pub(super) async fn record(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    (id, version): (CaseId, Option<i64>),
    act: Act,
    answer: impl Fn(&Case) -> Answer + Send + 'static,
) -> web::Result<Answer> {
    let found = find(approval, visit, id).await?;
    let ending_no = match act {
        Act::Broken { .. } => {
            let region = &found.case.region;
            approval.next_case_no(region, Channel::Other).await?
        }
        _ => String::new(),
    };
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(visit, key, move |tx| {
        let case = me.check(tx, &actor, now, (id, version), &act, &ending_no)?;
        Ok::<_, crate::Error>(answer(&case))
    })
    .await
}

fn read(command: &str, fields: &Fields) -> web::Result<Act> {
    let own = |name: &str| {
        fields
            .get(&format!("{command}-{name}"))
            .unwrap_or_default()
            .to_owned()
    };
    let text = own("text");
    Ok(match command {
        "confirm_promise" => Act::Confirm { text },
        "order_correction" => Act::Order {
            text,
            // What is no number is out of bounds, which the rules say.
            days: own("days").trim().parse().unwrap_or(0),
            stop: !own("stop").is_empty(),
        },
        "confirm_correction" => Act::ConfirmCorrection { text },
        "find_broken" => Act::Broken {
            text,
            deliberate: !own("deliberate").is_empty(),
        },
        _ => return Err(Problem::not_found("没有这样的核查动作")),
    })
}
