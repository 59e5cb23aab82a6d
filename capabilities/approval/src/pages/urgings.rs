//! 催办提醒: who reminds the visitor of which work, the newest first; gone when the work is done.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use web::{Access, Json, Listing, Operation, Routes, Visit};

use super::{queue, routes};
use crate::{
    flow::state_label,
    service::Approval,
    special::urging::{self, Reminder},
};

pub(super) const PATH: &str = "/staff/urgings";

#[derive(Template)]
#[template(path = "urgings.html")]
struct UrgingsPage {
    page: ui::Page,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    title: String,
    applicant: String,
    case_no: String,
    task: &'static str,
    state: &'static str,
    by: String,
    said: String,
    at: Timestamp,
    times: i64,
    due: Option<Timestamp>,
    mine: bool,
}

/// 一条催办
#[derive(Debug, Serialize, JsonSchema)]
struct UrgingJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    title: String,
    applicant_name: String,
    /// 环节
    task: String,
    task_label: String,
    /// 最近一次催办的时间
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
    /// 最近一次由谁催办
    by: String,
    /// 最近一次催办的内容
    text: String,
    /// 这一步被催办的次数
    times: i64,
    /// 到期时刻；停止计时期间没有
    #[schemars(with = "Option<web::schema::Instant>")]
    due_at: Option<Timestamp>,
}

/// Adds the page and its twin.
pub(super) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    routes.get(PATH, Access::Staff, get).api(
        Operation::get("/api/v1/urgings", "list_urgings")
            .summary("催办提醒：我的待办里被催办的，最近催办的在前")
            .tag("approval")
            .access(Access::Staff)
            .ok::<Listing<UrgingJson>>(200),
        list,
    )
}

async fn read(visit: &Visit, approval: &Approval) -> web::Result<Vec<Reminder>> {
    let actor = visit.actor()?.clone();
    let read = approval
        .app
        .db
        .read(move |tx| urging::reminders(tx, &actor))
        .await?;
    Ok(read)
}

async fn get(visit: Visit, State(approval): State<Approval>) -> web::Result<Response> {
    let me = visit.staff()?.staff;
    let lines = read(&visit, &approval)
        .await?
        .into_iter()
        .map(|reminder| Line {
            href: routes::workspace(reminder.entry.case_id),
            task: queue::task_label(&reminder.entry.kind),
            state: state_label(&reminder.entry.state),
            mine: reminder.entry.staff == Some(me),
            due: reminder.entry.due_at,
            title: reminder.entry.title,
            applicant: reminder.entry.applicant_name,
            case_no: reminder.entry.case_no,
            by: reminder.by,
            said: reminder.said,
            at: reminder.at,
            times: reminder.times,
        })
        .collect();
    let page = visit
        .page("催办提醒")
        .with_nav("queue")
        .with_crumb("待办", "/staff");
    Ok(web::render(&visit, UrgingsPage { page, lines }))
}

async fn list(
    visit: Visit,
    State(approval): State<Approval>,
) -> web::Result<Json<Listing<UrgingJson>>> {
    let items = read(&visit, &approval)
        .await?
        .into_iter()
        .map(|reminder| UrgingJson {
            case_id: reminder.entry.case_id,
            case_no: reminder.entry.case_no,
            title: reminder.entry.title,
            applicant_name: reminder.entry.applicant_name,
            task_label: queue::task_label(&reminder.entry.kind).to_owned(),
            task: reminder.entry.kind,
            at: reminder.at,
            by: reminder.by,
            text: reminder.said,
            times: reminder.times,
            due_at: reminder.entry.due_at,
        })
        .collect();
    Ok(Json(Listing { items, next: None }))
}
