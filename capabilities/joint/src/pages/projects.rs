//! Construction projects: for the enterprise its project with the picture and what comes next, for the bodies the same
//! with what they see to.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::CaseId;
use cases::record::TrailRow;
use casework::{Actor, Case, Fact, Permission};
use ui::Page;
use ui::charts::Gantt;
use ui::strip::ClockView;
use web::{Fields, Form, Path, Problem, Result, Visit, redirect, render, render_with};

use super::apply::begin;
use super::staff::{Row, errors};
use crate::compose::Spec;
use crate::error::Error;
use crate::project::classes::{self, Class};
use crate::project::flow::{command_label, state_label};
use crate::project::rules::{
    Project, STAGES, Stages, assessed, may_file, project, stages, utilities,
};
use crate::project::{self, Act, gantt};
use crate::{Joint, records};

#[derive(Template)]
#[template(path = "joint/projects.html")]
struct MinePage {
    page: Page,
    rows: Vec<Row>,
    classes: Vec<(String, String)>,
    request_key: String,
    typed: Typed,
    errors: Vec<(String, String)>,
}

#[derive(Clone, Default)]
struct Typed {
    code: String,
    name: String,
    class: String,
    site: String,
    investment: String,
}

#[derive(Template)]
#[template(path = "joint/project.html")]
struct ProjectPage {
    page: Page,
    case: Case,
    about: Project,
    class: &'static Class,
    state: &'static str,
    gantt: Gantt,
    clocks: Vec<ClockView>,
    stages: Vec<StageView>,
    assessed: Vec<(String, String)>,
    utilities: Vec<UtilityView>,
    /// What can be asked for: key and name.
    connect: Vec<(String, String)>,
    lines: Vec<(String, String, String)>,
    request_key: String,
    can_stop: bool,
}

#[derive(Template)]
#[template(path = "joint/project_staff.html")]
struct StaffPage {
    page: Page,
    case: Case,
    about: Project,
    class: &'static Class,
    state: &'static str,
    gantt: Gantt,
    clocks: Vec<ClockView>,
    stages: Vec<StageView>,
    assessed: Vec<(String, String)>,
    utilities: Vec<UtilityView>,
    /// Assessments that can be confirmed: key and name.
    assess: Vec<(String, String)>,
    lines: Vec<(String, String, String)>,
    request_key: String,
    can_assess: bool,
    can_connect: bool,
}

#[derive(Template)]
#[template(path = "joint/list.html")]
struct ListPage {
    page: Page,
    variety: &'static str,
    tabs: Vec<(String, &'static str, bool)>,
    rows: Vec<Row>,
}

struct StageView {
    key: String,
    name: String,
    days: u32,
    lead: String,
    /// Address of its page where it was applied for.
    href: String,
    state: String,
    tone: &'static str,
    matters: Vec<String>,
    /// It can be applied for now.
    open: bool,
}

struct UtilityView {
    key: String,
    name: String,
    need: String,
    state: String,
    done: bool,
}

pub(super) async fn mine(State(joint): State<Joint>, visit: Visit) -> Result<Response> {
    mine_with(&joint, &visit, Typed::default(), Vec::new()).await
}

async fn mine_with(
    joint: &Joint,
    visit: &Visit,
    typed: Typed,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let applicant = visit.person()?.applicant();
    let lines = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            Ok(cases::list::of_applicant(tx, applicant, None, 200)?)
        })
        .await?;
    let page = visit.page("工程建设项目").with_nav("my");
    let page = if errors.is_empty() {
        page
    } else {
        page.with_error()
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let body = MinePage {
        rows: lines
            .into_iter()
            .filter(|line| line.kind == project::flow::KIND)
            .map(|line| Row {
                href: format!("/projects/{}", line.case_id),
                title: line.title,
                no: line.case_no,
                applicant: line.applicant_name,
                state: state_label(&line.state),
                note: String::new(),
                opened: page.datetime_short(line.opened_at),
            })
            .collect(),
        classes: classes::shipped()
            .classes
            .iter()
            .map(|class| {
                let label = page.tf(
                    "{name}（审批全程{days}个工作日）",
                    &[
                        ("name", page.t(&class.name)),
                        ("days", &class.days.to_string()),
                    ],
                );
                (class.key.clone(), label)
            })
            .collect(),
        request_key: visit.new_request_key(),
        typed,
        errors,
        page,
    };
    Ok(render_with(visit, status, body))
}

pub(super) async fn register(
    State(joint): State<Joint>,
    visit: Visit,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let typed = Typed {
        code: text("code"),
        name: text("name"),
        class: text("class"),
        site: text("site"),
        investment: text("investment"),
    };
    let wanted = Project {
        code: typed.code.clone(),
        name: typed.name.clone(),
        class: typed.class.clone(),
        site: typed.site.clone(),
        investment_fen: typed
            .investment
            .trim()
            .replace(',', "")
            .parse::<base::money::Fen>()
            .map_or(0, |fen| fen.0),
    };
    let key = web::Idempotency::of_form(&visit)?;
    let see = |_: &Joint, case: &Case| web::Answer::see(format!("/projects/{}", case.id));
    match crate::api::register(&joint, &visit, &key, wanted, see).await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            mine_with(&joint, &visit, typed, errors(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// What both sides see of a project.
struct Seen {
    case: Case,
    about: Project,
    class: &'static Class,
    stages: Vec<StageView>,
    gantt: Gantt,
    clocks: Vec<ClockView>,
    assessed: Vec<(String, String)>,
    utilities: Vec<UtilityView>,
    lines: Vec<(String, String, String)>,
}

async fn seen(joint: &Joint, visit: &Visit, page: &Page, id: CaseId, root: &str) -> Result<Seen> {
    let actor = visit.actor()?.clone();
    let (case, trail) = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let case = project::load(tx, &actor, id)?;
            Ok((case, cases::trail(tx, id)?))
        })
        .await?;
    let about = project(&case).ok_or(Error::NotFound)?;
    let class = classes::shipped()
        .class(&about.class)
        .ok_or(Error::NotFound)?;
    let known = stages(&case);
    let snapshot = joint.catalog().snapshot();
    let calendar = joint.app().calendar();
    let now = visit.app.now();
    let views = class
        .stages
        .iter()
        .map(|stage| {
            let standing = known.get(&stage.key);
            StageView {
                key: stage.key.clone(),
                name: stage.name.clone(),
                days: stage.days,
                lead: snapshot
                    .org_by_key(&stage.lead)
                    .map(|org| org.name.clone())
                    .unwrap_or_default(),
                href: standing.map_or_else(String::new, |one| format!("{root}/{}", one.case_id)),
                state: standing.map_or_else(
                    || page.t("未申报").to_owned(),
                    |one| page.t(crate::flow::state_label(&one.state)).to_owned(),
                ),
                tone: match standing {
                    Some(one) if one.passed => "green",
                    Some(one) if one.ended_at.is_some() => "zhu",
                    Some(_) => "brand",
                    None => "",
                },
                matters: stage
                    .matters
                    .iter()
                    .map(|matter| matter.name.clone())
                    .collect(),
                open: case.is_open() && may_file(class, &known, &stage.key).is_ok(),
            }
        })
        .collect();
    Ok(Seen {
        stages: views,
        gantt: gantt::of(page, &case, class, &calendar, now, |id| {
            format!("{root}/{id}")
        }),
        clocks: case
            .open_clocks()
            .map(|clock| {
                let label = clock.terms.basis.as_str();
                ui::strip::view(page.lang, label, clock, &calendar, now)
            })
            .collect(),
        assessed: assessed(&case)
            .into_values()
            .map(|one| (one.name, one.document))
            .collect(),
        utilities: utilities(&case)
            .into_iter()
            .map(|(key, one)| UtilityView {
                key,
                name: one.name,
                need: one.need,
                done: one.connected_at.is_some(),
                state: match one.connected_at {
                    Some(at) => page.t1("{date}接入", "date", page.date(calendar::civil_date(at))),
                    None => page.t("正在办理").to_owned(),
                },
            })
            .collect(),
        lines: timeline(page, class, trail),
        case,
        about,
        class,
    })
}

/// What happened to the project: when, what, who.
fn timeline(page: &Page, class: &Class, trail: Vec<TrailRow>) -> Vec<(String, String, String)> {
    let mut known = Stages::new();
    let mut lines = Vec::with_capacity(trail.len());
    for row in trail {
        let event = row.event;
        let noted = event.facts.iter().find_map(|fact| match fact {
            Fact::Noted { key, value } if key == STAGES => {
                serde_json::from_value::<Stages>(value.clone()).ok()
            }
            _ => None,
        });
        let label = page.t(command_label(&event.command)).to_owned();
        let what = match noted {
            Some(now) => {
                let moved = class
                    .stages
                    .iter()
                    .find(|stage| now.get(&stage.key) != known.get(&stage.key));
                let words = moved.map(|stage| {
                    let state = now.get(&stage.key).map_or("", |one| one.state.as_str());
                    let state = page.t(crate::flow::state_label(state));
                    format!("{}　{state}", stage.name)
                });
                known = now;
                words.unwrap_or(label)
            }
            None => label,
        };
        lines.push((page.datetime(event.at), what, event.actor.shown()));
    }
    lines
}

pub(super) async fn show(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Response> {
    if matches!(visit.actor()?, Actor::Staff(_)) {
        let actor = visit.actor()?.clone();
        joint
            .app()
            .db
            .read(move |tx| project::load(tx, &actor, id))
            .await?;
        return Ok(redirect(&format!("/staff/projects/{id}")));
    }
    let page = visit.page("工程建设项目").with_nav("my");
    let crumb = page.t("工程建设项目").to_owned();
    let page = page.with_crumb(crumb, "/projects");
    let seen = seen(&joint, &visit, &page, id, "/joint").await?;
    let asked: Vec<String> = seen.utilities.iter().map(|one| one.key.clone()).collect();
    let body = ProjectPage {
        state: state_label(&seen.case.state),
        connect: classes::shipped()
            .utilities
            .iter()
            .filter(|utility| !asked.contains(&utility.key) && seen.case.is_open())
            .map(|utility| (utility.key.clone(), utility.name.clone()))
            .collect(),
        request_key: visit.new_request_key(),
        can_stop: matches!(seen.case.state.as_str(), "registered" | "between"),
        page: Page {
            title: seen.about.name.clone(),
            ..page
        },
        case: seen.case,
        about: seen.about,
        class: seen.class,
        gantt: seen.gantt,
        clocks: seen.clocks,
        stages: seen.stages,
        assessed: seen.assessed,
        utilities: seen.utilities,
        lines: seen.lines,
    };
    Ok(render(&visit, body))
}

pub(super) async fn staff(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let page = visit.page("工程项目").with_nav("projects");
    let seen = seen(&joint, &visit, &page, id, "/staff/joint").await?;
    let used: Vec<&str> = seen.assessed.iter().map(|one| one.0.as_str()).collect();
    let body = StaffPage {
        state: state_label(&seen.case.state),
        assess: classes::shipped()
            .assessments
            .iter()
            .filter(|assessment| !used.contains(&assessment.name.as_str()))
            .map(|assessment| (assessment.key.clone(), assessment.name.clone()))
            .collect(),
        can_assess: seen.case.is_open() && actor.may(Permission::Decide, &seen.case.scope()),
        can_connect: seen.case.is_open() && actor.may_somewhere(Permission::Accept),
        request_key: visit.new_request_key(),
        page: Page {
            title: seen.about.name.clone(),
            ..page
        },
        case: seen.case,
        about: seen.about,
        class: seen.class,
        gantt: seen.gantt,
        clocks: seen.clocks,
        stages: seen.stages,
        assessed: seen.assessed,
        utilities: seen.utilities,
        lines: seen.lines,
    };
    Ok(render(&visit, body))
}

pub(super) async fn list(State(joint): State<Joint>, visit: Visit) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let cases = joint
        .app()
        .db
        .read(move |tx| -> std::result::Result<_, Error> {
            let mut cases = Vec::new();
            for id in records::roots(tx, "project")? {
                cases.extend(cases::load(tx, id)?.filter(|case| project::may_know(&actor, case)));
            }
            Ok(cases)
        })
        .await?;
    let page = visit.page("工程项目").with_nav("projects");
    let body = ListPage {
        variety: "工程建设项目",
        tabs: Vec::new(),
        rows: cases
            .iter()
            .map(|case| Row {
                href: format!("/staff/projects/{}", case.id),
                title: case.title.clone(),
                no: project(case).map(|about| about.code).unwrap_or_default(),
                applicant: base::mask::name(&case.applicant_name),
                state: state_label(&case.state),
                note: project(case)
                    .and_then(|about| classes::shipped().class(&about.class))
                    .map(|class| class.name.clone())
                    .unwrap_or_default(),
                opened: page.datetime_short(case.opened_at),
            })
            .collect(),
        page,
    };
    Ok(render(&visit, body))
}

/// Begins the one application of a stage.
pub(super) async fn start_stage(
    State(joint): State<Joint>,
    visit: Visit,
    Path((id, stage)): Path<(CaseId, String)>,
    Form(_): Form<Fields>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    joint
        .app()
        .db
        .read(move |tx| project::load(tx, &actor, id).map(drop))
        .await?;
    begin(&joint, &visit, Spec::Stage { project: id, stage }).await
}

pub(super) async fn act(
    State(joint): State<Joint>,
    visit: Visit,
    Path(id): Path<CaseId>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let key = text("key");
    let act = match text("act").as_str() {
        "use_assessment" => Act::UseAssessment {
            key,
            document: text("document"),
        },
        "ask_utility" => Act::AskUtility {
            key,
            need: text("need"),
        },
        "connect_utility" => Act::ConnectUtility {
            key,
            note: text("note"),
        },
        "stop" => Act::Stop {
            reason: text("reason"),
        },
        _ => return Err(Problem::invalid("act", "请从页面上的按钮办理")),
    };
    let back = match visit.actor()? {
        Actor::Staff(_) => format!("/staff/projects/{id}"),
        _ => format!("/projects/{id}"),
    };
    let key = web::Idempotency::of_form(&visit)?;
    let (handle, actor, now) = (joint.clone(), visit.actor()?.clone(), visit.app.now());
    let answer = web::once(&visit, &key, move |tx| -> Result<web::Answer> {
        project::act(&handle, tx, &actor, now, id, None, &act)?;
        Ok(web::Answer::see(back.clone()))
    })
    .await?;
    Ok(answer.into_response())
}
