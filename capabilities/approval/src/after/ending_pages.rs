//! Pages of 撤销 and 注销: the certificate as staff see it with what may be done to it, and what its holder is told and
//! may answer.

use std::fmt;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::ids::CaseId;
use casework::{Case, Channel, Permission};
use jiff::civil::Date;
use license::{Change, License};
use ui::strip::{self, ClockView};
use web::{Access, Answer, Fields, Form, Idempotency, Path, Problem, Routes, Visit};

use super::ending::{self, Command, End, Ended, Ending, Hearing, Views};
use super::ending_service::{self as service, Propose};
use crate::{clocks, service::Approval};

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .get(
            "/staff/licenses/{license_id}",
            Access::Permission(Permission::Decide),
            show,
        )
        .post(
            "/staff/licenses/{license_id}/endings",
            Access::Permission(Permission::Decide),
            propose,
        )
        .post(
            "/staff/licenses/{license_id}/endings/{command}",
            Access::Permission(Permission::Decide),
            act,
        )
        .get("/licenses/{license_id}/ending", Access::Owner, told)
        .post(
            "/licenses/{license_id}/ending/{command}",
            Access::Person,
            answer,
        )
        .get(
            "/licenses/{license_id}/ending/letters/{kind}",
            Access::Owner,
            letter,
        )
}

/// Addresses of these pages.
pub mod links {
    pub fn staff(license_id: &str) -> String {
        format!("/staff/licenses/{license_id}")
    }

    pub fn holder(license_id: &str) -> String {
        format!("/licenses/{license_id}/ending")
    }
}

/// Where a revocation or cancellation is shown to whoever opens it as a case; none for any other case.
pub async fn instead(visit: &Visit, app: &web::App, id: CaseId) -> web::Result<Option<String>> {
    let actor = visit.actor()?.clone();
    let staff = visit.staff().is_ok();
    let told = app
        .db
        .read(move |tx| -> Result<Option<Ending>, crate::Error> {
            match service::load(tx, &actor, id) {
                Ok(case) => Ok(ending::ending(&case)),
                Err(crate::Error::NotFound) => Ok(None),
                Err(other) => Err(other),
            }
        })
        .await?;
    Ok(told.map(|told| {
        if staff {
            links::staff(&told.license_id)
        } else {
            links::holder(&told.license_id)
        }
    }))
}

/// A certificate and its newest revocation or cancellation.
struct Found {
    license: License,
    state: license::LicenseState,
    history: Vec<Change>,
    case: Option<Case>,
    org_name: String,
}

async fn find(
    approval: &Approval,
    visit: &Visit,
    license_id: String,
    staff: bool,
) -> web::Result<Found> {
    let actor = visit.actor()?.clone();
    let today = visit.app.today();
    let found = approval
        .app
        .db
        .read(move |tx| -> Result<Option<Found>, crate::Error> {
            let (license, stored) = if staff {
                service::license_for(tx, &actor, &license_id)?
            } else {
                match license::by_id(tx, &license_id)? {
                    Some((license, stored)) if license::view::may_see(&actor, &license) => {
                        (license, stored)
                    }
                    _ => return Ok(None),
                }
            };
            Ok(Some(Found {
                state: license::store::state_on(&license, stored, today),
                history: license::states::history(tx, &license.license_id)?,
                case: service::newest(tx, &license.license_id)?,
                org_name: license.issuer_name.clone(),
                license,
            }))
        })
        .await?;
    found.ok_or_else(|| Problem::not_found("没有找到这个证照"))
}

/// What pages say of a running or finished case.
struct EndingView {
    case_no: String,
    version: i64,
    state: &'static str,
    open: bool,
    at_hearing: bool,
    /// It may be decided now.
    may_decide: bool,
    may_ask_hearing: bool,
    ending: Ending,
    end: &'static str,
    revokes: bool,
    ground: &'static str,
    law: &'static str,
    views: Vec<Views>,
    hearing: Option<Hearing>,
    ended: Option<Ended>,
    clocks: Vec<ClockView>,
    answer_by: Option<Date>,
}

fn view(visit: &Visit, case: &Case) -> Option<EndingView> {
    let ending = ending::ending(case)?;
    let calendar = visit.app.calendar();
    let now = visit.app.now();
    let actor = visit.actor().ok()?;
    let ctx = casework::Context {
        now,
        calendar: &calendar,
        actor,
        expected_version: None,
    };
    let due = case
        .clock(clocks::ENDING_STATEMENT)
        .and_then(|clock| clock.due(&calendar).ok())
        .and_then(calendar::Deadline::due);
    let proposed = case.state == "proposed";
    let revokes = ending.end == End::Revoke;
    Some(EndingView {
        case_no: case.no.clone(),
        version: case.version,
        state: ending::FLOW
            .state(&case.state)
            .map_or("", |state| state.label),
        open: case.is_open(),
        at_hearing: case.state == "hearing",
        may_decide: proposed && (!revokes || ending::may_end(case, ctx)),
        may_ask_hearing: proposed
            && case.open_clock(clocks::ENDING_STATEMENT).is_some()
            && due.is_some_and(|due| now < due.at),
        end: ending.end.label(),
        revokes,
        ground: ending.ground().map_or("", |ground| ground.text),
        law: ending.ground().map_or("", |ground| ground.law),
        views: ending::views(case),
        hearing: ending::hearing(case),
        ended: ending::ended(case),
        clocks: case
            .clocks
            .iter()
            .map(|clock| {
                let label = clocks::label(&clock.terms.kind);
                strip::view(visit.lang, label, clock, &calendar, now)
            })
            .collect(),
        answer_by: due.map(|due| due.date),
        ending,
    })
}

#[derive(Template)]
#[template(path = "after/license.html")]
struct LicensePage {
    page: ui::Page,
    license: License,
    state: &'static str,
    tag: &'static str,
    history: Vec<Change>,
    ending: Option<EndingView>,
    /// Nothing is running, so something may be begun.
    may_propose: bool,
    revoke_grounds: Vec<(&'static str, &'static str)>,
    cancel_grounds: Vec<(&'static str, &'static str)>,
    /// What was typed into the form that was refused.
    fields: Fields,
    request_key: String,
    errors: Vec<(String, String)>,
}

impl LicensePage {
    fn value(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_default()
    }
}

async fn show(
    visit: Visit,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
) -> web::Result<Response> {
    let page = build(&visit, &approval, license_id, Fields::default(), None).await?;
    Ok(web::render(&visit, page))
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    license_id: String,
    fields: Fields,
    problem: Option<Problem>,
) -> web::Result<LicensePage> {
    let found = find(approval, visit, license_id, true).await?;
    let errors: Vec<(String, String)> = problem
        .map(|problem| {
            let fields = problem.fields.into_iter();
            fields.map(|field| (field.field, field.message)).collect()
        })
        .unwrap_or_default();
    let ending = found.case.as_ref().and_then(|case| view(visit, case));
    let running = ending.as_ref().is_some_and(|ending| ending.open);
    let page = visit
        .page(&found.license.type_name)
        .with_nav("queue")
        .with_crumb("待办", "/staff");
    let list = |end: End| {
        end.grounds()
            .iter()
            .map(|ground| (ground.word, ground.text))
            .collect()
    };
    Ok(LicensePage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        state: found.state.label(),
        tag: license::view::state_tag(found.state),
        may_propose: !running
            && !matches!(
                found.state,
                license::LicenseState::Cancelled
                    | license::LicenseState::Superseded
                    | license::LicenseState::Void
            ),
        history: found.history,
        license: found.license,
        ending,
        revoke_grounds: list(End::Revoke),
        cancel_grounds: list(End::Cancel),
        fields,
        request_key: visit.new_request_key(),
        errors,
    })
}

async fn refused(
    visit: &Visit,
    approval: &Approval,
    license_id: String,
    fields: Fields,
    problem: Problem,
) -> web::Result<Response> {
    let page = build(visit, approval, license_id, fields, Some(problem)).await?;
    Ok(web::render_with(
        visit,
        StatusCode::UNPROCESSABLE_ENTITY,
        page,
    ))
}

async fn propose(
    visit: Visit,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let end = match fields.get("end") {
        Some("cancel") => End::Cancel,
        _ => End::Revoke,
    };
    let typed = |name: &str| {
        let name = format!("{}-{name}", end.word());
        fields.get(&name).unwrap_or_default().to_owned()
    };
    let new = Propose {
        end,
        license_id: license_id.clone(),
        ground: typed("ground"),
        facts: typed("facts"),
    };
    let region = find(&approval, &visit, license_id.clone(), true)
        .await?
        .license
        .region;
    let case_no = approval.next_case_no(&region, Channel::Other).await?;
    let now = approval.app.now();
    let case_id: CaseId = approval.app.ids.next(now);
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    let to = links::staff(&license_id);
    let done = web::once(&visit, &key, move |tx| {
        me.propose_ending(tx, &actor, now, (case_id, &case_no), &new)?;
        Ok::<_, crate::Error>(Answer::see(to.clone()))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let problem = prefixed(problem, end.word());
            refused(&visit, &approval, license_id, fields, problem).await
        }
        Err(problem) => Err(problem),
    }
}

/// Field names as the form has them.
fn prefixed(mut problem: Problem, prefix: &str) -> Problem {
    for field in &mut problem.fields {
        field.field = format!("{prefix}-{}", field.field);
    }
    problem
}

fn read(command: &str, fields: &Fields) -> web::Result<Command> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let ticked = |name: &str| fields.get(name).is_some();
    Ok(match command {
        "state_views" => Command::StateViews {
            text: text("text"),
            waived: ticked("waived"),
        },
        "ask_hearing" => Command::AskHearing,
        "record_hearing" => Command::RecordHearing {
            held_on: text("held_on")
                .trim()
                .parse()
                .map_err(|_| Problem::invalid("held_on", "请填写听证日期，例如2026-05-18"))?,
            record: text("record"),
        },
        "end_license" => Command::End {
            doc_no: String::new(),
            reply: text("reply"),
            from_start: ticked("from_start"),
            safety: ticked("safety"),
        },
        "drop_ending" => Command::Drop {
            reason: text("reason"),
        },
        _ => return Err(Problem::not_found("没有这样的办理动作")),
    })
}

/// Runs a command from a form; where it leads.
async fn run(
    visit: &Visit,
    approval: &Approval,
    license_id: &str,
    command: &str,
    fields: &Fields,
    to: String,
) -> web::Result<Answer> {
    let key = Idempotency::of_form(visit)?;
    let command = read(command, fields)?;
    let version: i64 = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("version_missing", "页面内容不完整，请刷新后再办理"))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let license_id = license_id.to_owned();
    web::once(visit, &key, move |tx| {
        let case = service::newest(tx, &license_id)?.ok_or(crate::Error::NotFound)?;
        me.act_on_ending(tx, &actor, now, case.id, Some(version), &command)?;
        Ok::<_, crate::Error>(Answer::see(to.clone()))
    })
    .await
}

async fn act(
    visit: Visit,
    State(approval): State<Approval>,
    Path((license_id, command)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let to = links::staff(&license_id);
    match run(&visit, &approval, &license_id, &command, &fields, to).await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            refused(&visit, &approval, license_id, fields, problem).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "after/ending.html")]
struct EndingPage {
    page: ui::Page,
    license: License,
    state: &'static str,
    tag: &'static str,
    ending: EndingView,
    text: String,
    request_key: String,
    errors: Vec<(String, String)>,
}

async fn told(
    visit: Visit,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
) -> web::Result<Response> {
    let page = holder_page(&visit, &approval, license_id, String::new(), None).await?;
    Ok(web::render(&visit, page))
}

async fn holder_page(
    visit: &Visit,
    approval: &Approval,
    license_id: String,
    text: String,
    problem: Option<Problem>,
) -> web::Result<EndingPage> {
    let found = find(approval, visit, license_id, false).await?;
    let ending = found
        .case
        .as_ref()
        .and_then(|case| view(visit, case))
        .ok_or_else(|| Problem::not_found("这份证照没有撤销或者注销的事项"))?;
    let page = visit.page("撤销和注销").with_nav("my");
    let back = page.t("我的证照").to_owned();
    let page = page.with_crumb(back, "/my/licenses");
    let errors: Vec<(String, String)> = problem
        .map(|problem| {
            let fields = problem.fields.into_iter();
            fields
                .map(|field| (field.field, page.t(&field.message).to_owned()))
                .collect()
        })
        .unwrap_or_default();
    Ok(EndingPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        state: found.state.label(),
        tag: license::view::state_tag(found.state),
        license: found.license,
        ending,
        text,
        request_key: visit.new_request_key(),
        errors,
    })
}

async fn answer(
    visit: Visit,
    State(approval): State<Approval>,
    Path((license_id, command)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    if !matches!(command.as_str(), "state_views" | "ask_hearing") {
        return Err(Problem::not_found("没有这样的办理动作"));
    }
    let to = links::holder(&license_id);
    match run(&visit, &approval, &license_id, &command, &fields, to).await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let text = fields.get("text").unwrap_or_default().to_owned();
            let page = holder_page(&visit, &approval, license_id, text, Some(problem)).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// The letter in the frame that letters are printed in.
#[derive(Template)]
#[template(path = "letters/page.html")]
struct LetterPage {
    page: ui::Page,
    sheet: Sheet,
    back: String,
}

struct Sheet(String);

impl fmt::Display for Sheet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Sheet {}

#[derive(Template)]
#[template(path = "letters/ending.html")]
struct EndingLetter<'a> {
    page: &'a ui::Page,
    org_name: String,
    title: String,
    doc_no: String,
    addressee: String,
    date: Date,
    license: License,
    ending: EndingView,
    /// The decision; the notice otherwise.
    decided: bool,
    dropped: bool,
}

async fn letter(
    visit: Visit,
    State(approval): State<Approval>,
    Path((license_id, kind)): Path<(String, String)>,
) -> web::Result<Response> {
    let found = find(&approval, &visit, license_id.clone(), false).await?;
    let missing = || Problem::not_found("还没有这份文书");
    let case = found.case.ok_or_else(missing)?;
    let ending = view(&visit, &case).ok_or_else(missing)?;
    let decided = kind == "decision";
    let (doc_no, date) = match (kind.as_str(), &ending.ended) {
        ("notice", _) => (
            ending.ending.doc_no.clone(),
            calendar::civil_date(case.opened_at),
        ),
        ("decision", Some(ended)) => (ended.doc_no.clone(), ended.on),
        _ => return Err(missing()),
    };
    let title = format!(
        "{}行政许可{}书",
        ending.end,
        if decided { "决定" } else { "告知" }
    );
    let page = visit.page(&title);
    let sheet = EndingLetter {
        page: &page,
        org_name: found.org_name,
        title: title.clone(),
        doc_no,
        addressee: case.applicant_name.clone(),
        date,
        license: found.license,
        ending,
        decided,
        dropped: case.state == "dropped",
    };
    let html = sheet.render().map_err(Problem::internal)?;
    let back = if visit.staff().is_ok() {
        links::staff(&license_id)
    } else {
        links::holder(&license_id)
    };
    let page = ui::Page { title, ..page };
    Ok(printed(&visit, page, html, back))
}

/// A letter in its frame.
pub(crate) fn printed(visit: &Visit, page: ui::Page, html: String, back: String) -> Response {
    let sheet = Sheet(html);
    web::render(visit, LetterPage { page, sheet, back })
}
