//! 代理安排: who stands in for whom while somebody is away. One's own absence, or, for whoever heads the body, a
//! colleague's. Page and API take the same two commands: name and end.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::ids::{FileId, StaffId};
use casework::{Actor, actor::Staff};
use jiff::Timestamp;
use jiff::civil::Date;
use people::deputies::{self, Deputy, NewDeputy, State as Stage};
use people::staff::StaffFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;
use web::{
    Access, Answer, Form, Idempotency, Json, Operation, Path, Problem, Result, Routes, Visit, once,
    render_with,
};

use crate::Window;

/// Colleagues offered.
const COLLEAGUES_MAX: usize = 300;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Window>) -> Routes<Window> {
    routes
        .menu(
            24,
            ui::MenuItem {
                key: "deputies",
                href: "/staff/deputies",
                label: "代理安排",
                icon: "user",
            },
            None,
        )
        .get("/staff/deputies", Access::Staff, show)
        .post("/staff/deputies", Access::Staff, name)
        .post("/staff/deputies/{deputy_id}/end", Access::Staff, end)
        .api(
            Operation::get("/api/v1/deputies", "list_deputies")
                .summary("代理安排：本人的；部门负责人看本部门的")
                .tag("window")
                .access(Access::Staff)
                .ok::<Vec<DeputyJson>>(200),
            list_json,
        )
        .api(
            Operation::post("/api/v1/deputies", "name_deputy")
                .summary("安排代理：外出期间由同事代办")
                .description(
                    "代理人看到并可办理外出人的待办，留痕显示双方姓名；到期自动结束。\
                     为他人安排的须是部门负责人。",
                )
                .tag("window")
                .access(Access::Staff)
                .body::<NewDeputyJson>()
                .ok::<DeputyJson>(201),
            name_json,
        )
        .api(
            Operation::post("/api/v1/deputies/{deputy_id}/end", "end_deputy")
                .summary("提前结束一项代理")
                .tag("window")
                .access(Access::Staff)
                .ok::<DeputyJson>(200)
                .problems(&[404, 422]),
            end_json,
        )
}

struct Line {
    id: Uuid,
    absent: String,
    stand_in: String,
    first: Date,
    last: Date,
    reason: String,
    named: String,
    named_at: Timestamp,
    state: Stage,
    ended: Option<(String, Timestamp)>,
    may_end: bool,
}

impl Line {
    fn of(one: Deputy, me: &Staff, head: bool, now: Timestamp) -> Line {
        let (state, (first, last)) = (one.state(now), days(&one));
        Line {
            id: one.id,
            may_end: matches!(state, Stage::Coming | Stage::Running)
                && (head || one.absent == me.staff || one.staff == me.staff),
            absent: one.absent_name,
            stand_in: one.staff_name,
            first,
            last,
            reason: one.reason,
            named: one.named_by,
            named_at: one.named_at,
            state,
            ended: one.ended,
        }
    }
}

/// First and last day of a span.
fn days(one: &Deputy) -> (Date, Date) {
    let last = calendar::civil_date(one.until);
    (
        calendar::civil_date(one.from),
        last.yesterday().unwrap_or(last),
    )
}

#[derive(Template)]
#[template(path = "window/deputies.html")]
struct DeputiesPage {
    page: ui::Page,
    lines: Vec<Line>,
    /// For whom somebody may be named: oneself, or everybody of the body.
    absent: Vec<(String, String)>,
    colleagues: Vec<(String, String)>,
    typed: NameForm,
    errors: Vec<(String, String)>,
    request_key: String,
}

/// Who is away, who stands in, from when to when.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct NameForm {
    #[serde(default)]
    absent: String,
    #[serde(default)]
    staff: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
}

impl NameForm {
    fn read(&self, now: Timestamp) -> Result<NewDeputy, people::Error> {
        let day = |field: &'static str, text: &str| -> Result<Date, people::Error> {
            text.trim()
                .parse()
                .map_err(|_| people::Error::invalid(field, "请填写日期，如 2026-06-01"))
        };
        let person = |field: &'static str, text: &str| -> Result<StaffId, people::Error> {
            text.parse()
                .map_err(|_| people::Error::invalid(field, "请选择工作人员"))
        };
        Ok(span(
            person("absent", &self.absent)?,
            person("staff", &self.staff)?,
            (day("from", &self.from)?, day("until", &self.until)?),
            self.reason.clone(),
            now,
        ))
    }
}

/// Whole days; one that begins today begins now.
fn span(
    absent: StaffId,
    staff: StaffId,
    (first, last): (Date, Date),
    reason: String,
    now: Timestamp,
) -> NewDeputy {
    let from = calendar::start_of_day(first);
    NewDeputy {
        absent,
        staff,
        from: if first == calendar::civil_date(now) {
            now
        } else {
            from
        },
        until: calendar::end_of_day(last),
        reason,
    }
}

async fn show(State(window): State<Window>, visit: Visit) -> Result<Response> {
    page(&window, &visit, NameForm::default(), Vec::new()).await
}

async fn page(
    window: &Window,
    visit: &Visit,
    typed: NameForm,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let (me, now) = (visit.staff()?.clone(), visit.app.now());
    let (people, reader) = (window.app.people.clone(), me.clone());
    let (all, colleagues, head) = window
        .app
        .db
        .read(move |tx| -> Result<_, people::Error> {
            let head = is_head(tx, &reader)?;
            let filter = StaffFilter {
                org: Some(reader.org),
                active: Some(true),
                ..StaffFilter::default()
            };
            let staff = people.list_staff(tx, &filter, None, COLLEAGUES_MAX)?;
            let colleagues: Vec<(String, String)> = staff
                .into_iter()
                .map(|staff| (staff.id.to_string(), staff.name))
                .collect();
            Ok((deputies::list(tx, &reader)?, colleagues, head))
        })
        .await?;
    let own = (me.staff.to_string(), me.name.clone());
    let refused = !errors.is_empty();
    let page = visit.page("代理安排").with_nav("deputies");
    let body = DeputiesPage {
        page: if refused { page.with_error() } else { page },
        lines: all
            .into_iter()
            .map(|one| Line::of(one, &me, head, now))
            .collect(),
        absent: if head { colleagues.clone() } else { vec![own] },
        colleagues: std::iter::once((String::new(), "请选择".to_owned()))
            .chain(colleagues)
            .collect(),
        typed: NameForm {
            absent: if typed.absent.is_empty() {
                me.staff.to_string()
            } else {
                typed.absent
            },
            ..typed
        },
        errors,
        request_key: visit.new_request_key(),
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

fn is_head(tx: &mut Tx<'_>, me: &Staff) -> Result<bool, people::Error> {
    let region = people::orgs::by_id(tx, me.org)?.map_or_else(String::new, |org| org.region);
    Ok(deputies::heads(&Actor::Staff(me.clone()), me.org, &region))
}

async fn name(
    State(window): State<Window>,
    visit: Visit,
    Form(typed): Form<NameForm>,
) -> Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let (me, now) = (visit.staff()?.clone(), visit.app.now());
    let id = visit.app.ids.next::<FileId>(now).uuid();
    let (people, form) = (window.app.people.clone(), typed.clone());
    let done = once(&visit, &key, move |tx| -> Result<Answer, people::Error> {
        people.name_deputy(tx, &me, &form.read(now)?, id, now)?;
        Ok(Answer::see("/staff/deputies"))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (field.field.clone(), field.message.clone()))
                .collect();
            page(&window, &visit, typed, errors).await
        }
        Err(problem) => Err(problem),
    }
}

/// Nothing to fill in.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EndForm {}

async fn end(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
    Form(_): Form<EndForm>,
) -> Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let (me, people, now) = (
        visit.staff()?.clone(),
        window.app.people.clone(),
        visit.app.now(),
    );
    let done = once(&visit, &key, move |tx| -> Result<Answer> {
        people.end_deputy(tx, &me, id, now).map_err(ended)?;
        Ok(Answer::see("/staff/deputies"))
    })
    .await?;
    Ok(done.into_response())
}

fn ended(error: people::Error) -> Problem {
    match error {
        people::Error::NotFound(_) => Problem::not_found("没有找到这项代理"),
        other => other.into(),
    }
}

/// 一项代理
#[derive(Debug, Serialize, JsonSchema)]
struct DeputyJson {
    #[schemars(with = "web::schema::Id")]
    deputy_id: Uuid,
    /// 外出的人
    #[schemars(with = "web::schema::Id")]
    absent: StaffId,
    absent_name: String,
    /// 代理人
    #[schemars(with = "web::schema::Id")]
    staff: StaffId,
    staff_name: String,
    #[schemars(with = "web::schema::Instant")]
    from: Timestamp,
    /// 到这一刻为止，不含
    #[schemars(with = "web::schema::Instant")]
    until: Timestamp,
    reason: String,
    named_by: String,
    #[schemars(with = "web::schema::Instant")]
    named_at: Timestamp,
    /// coming、running、over、ended
    state: &'static str,
    /// 由谁提前结束
    ended_by: Option<String>,
}

impl DeputyJson {
    fn of(one: Deputy, now: Timestamp) -> DeputyJson {
        DeputyJson {
            deputy_id: one.id,
            state: one.state(now).word(),
            absent: one.absent,
            absent_name: one.absent_name,
            staff: one.staff,
            staff_name: one.staff_name,
            from: one.from,
            until: one.until,
            reason: one.reason,
            named_by: one.named_by,
            named_at: one.named_at,
            ended_by: one.ended.map(|(by, _)| by),
        }
    }
}

/// 安排一项代理
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDeputyJson {
    /// 外出的人；不填为本人
    #[schemars(with = "Option<web::schema::Id>")]
    absent: Option<StaffId>,
    /// 代理人，同一部门
    #[schemars(with = "web::schema::Id")]
    staff: StaffId,
    /// 第一天
    #[schemars(with = "web::schema::Day")]
    from: Date,
    /// 最后一天
    #[schemars(with = "web::schema::Day")]
    until: Date,
    #[schemars(length(max = 200))]
    reason: String,
}

async fn list_json(State(window): State<Window>, visit: Visit) -> Result<Json<Vec<DeputyJson>>> {
    let (me, now) = (visit.staff()?.clone(), visit.app.now());
    let all = window
        .app
        .db
        .read(move |tx| deputies::list(tx, &me))
        .await?;
    Ok(Json(
        all.into_iter()
            .map(|one| DeputyJson::of(one, now))
            .collect(),
    ))
}

async fn name_json(
    State(window): State<Window>,
    visit: Visit,
    key: Idempotency,
    Json(body): Json<NewDeputyJson>,
) -> Result<Answer> {
    let (me, now) = (visit.staff()?.clone(), visit.app.now());
    let id = visit.app.ids.next::<FileId>(now).uuid();
    let people = window.app.people.clone();
    once(&visit, &key, move |tx| -> Result<Answer, people::Error> {
        let new = span(
            body.absent.unwrap_or(me.staff),
            body.staff,
            (body.from, body.until),
            body.reason.clone(),
            now,
        );
        let named = people.name_deputy(tx, &me, &new, id, now)?;
        let named = DeputyJson::of(named, now);
        Ok(Answer::json(StatusCode::CREATED, &named))
    })
    .await
}

async fn end_json(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
    key: Idempotency,
) -> Result<Answer> {
    let (me, people, now) = (
        visit.staff()?.clone(),
        window.app.people.clone(),
        visit.app.now(),
    );
    once(&visit, &key, move |tx| -> Result<Answer> {
        let over = people.end_deputy(tx, &me, id, now).map_err(ended)?;
        Ok(Answer::json(StatusCode::OK, &DeputyJson::of(over, now)))
    })
    .await
}
