//! The queue: what I may do, most urgent first.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use cases::queue::{self, After, Counts, Entry, Filter, Light};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use web::{Path, Query, Visit, cursor};

use crate::{flow::state_label, pages::routes, service::Approval};

/// Entries of one page.
const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
pub(super) struct Params {
    q: Option<String>,
    light: Option<LightWord>,
    kind: Option<String>,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LightWord {
    Over,
    Near,
    Ok,
    Held,
}

impl LightWord {
    pub(crate) fn light(self) -> Light {
        match self {
            LightWord::Over => Light::Over,
            LightWord::Near => Light::Near,
            LightWord::Ok => Light::Ok,
            LightWord::Held => Light::Held,
        }
    }

    fn word(self) -> &'static str {
        match self {
            LightWord::Over => "over",
            LightWord::Near => "near",
            LightWord::Ok => "ok",
            LightWord::Held => "held",
        }
    }
}

/// Keyset of the queue, inside the cursor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    due_at: i64,
    case: CaseId,
    no: i64,
}

impl From<Place> for After {
    fn from(place: Place) -> After {
        After {
            due_at: place.due_at,
            case_id: place.case,
            no: place.no,
        }
    }
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Place {
        let after = entry.after();
        Place {
            due_at: after.due_at,
            case: after.case_id,
            no: after.no,
        }
    }
}

/// One row as the table shows it.
pub(super) struct Line {
    href: String,
    case_no: String,
    title: String,
    applicant: String,
    state: &'static str,
    task: &'static str,
    due: Option<Timestamp>,
    provisional: bool,
    light: &'static str,
    words: String,
    mine: bool,
    taken: bool,
    opened_at: Timestamp,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    page: ui::Page,
    counts: Counts,
    lines: Vec<Line>,
    q: String,
    light: &'static str,
    kind: String,
    filtered: bool,
    older: Option<String>,
    newer: Option<String>,
    kinds: Vec<(String, String)>,
}

impl QueuePage {
    fn is_light(&self, word: &str) -> bool {
        self.light == word
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    fn count(&self, n: impl std::borrow::Borrow<i64>) -> String {
        let n = *n.borrow();
        if n >= queue::COUNT_LIMIT {
            format!("{}+", queue::COUNT_LIMIT - 1)
        } else {
            n.to_string()
        }
    }
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    if let Some(home) = other_home(&actor) {
        return Ok(web::redirect(home));
    }
    let now = approval.app.now();
    let after: Option<Place> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, "queue", text))
        .transpose()?;
    let is_first = after.is_none();
    let filter = Filter {
        text: params.q.clone().unwrap_or_default(),
        light: params.light.map(LightWord::light),
        kind: params.kind.clone().filter(|kind| !kind.is_empty()),
        after: after.map(After::from),
        limit: PAGE + 1,
    };
    let staff_id = visit.staff()?.staff;
    let (mut entries, counts) = approval
        .app
        .db
        .read(move |tx| {
            let entries = queue::list(tx, &actor, &filter, now)?;
            let counts = queue::counts(tx, &actor, now)?;
            Ok::<_, cases::Error>((entries, counts))
        })
        .await
        .map_err(crate::Error::from)?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let older = more.then(|| entries.last()).flatten().map(|last| {
        address(
            &params,
            Some(&cursor::encode(&approval.app, "queue", &Place::from(last))),
        )
    });
    let calendar = approval.app.calendar();
    let lines = entries
        .iter()
        .map(|entry| line(entry, now, &calendar, staff_id))
        .collect();
    let page = visit.page("待办").with_nav("queue");
    let kinds = [
        ("", "全部环节"),
        ("accept", "待受理"),
        ("decide", "待决定"),
        ("deliver", "待送达"),
    ]
    .into_iter()
    .map(|(value, label)| (value.to_owned(), page.t(label).to_owned()))
    .collect();
    Ok(web::render(
        &visit,
        QueuePage {
            counts,
            lines,
            filtered: params.light.is_some()
                || params.kind.as_deref().is_some_and(|kind| !kind.is_empty())
                || params.q.as_deref().is_some_and(|q| !q.trim().is_empty()),
            newer: (!is_first).then(|| address(&params, None)),
            older,
            q: params.q.unwrap_or_default(),
            light: params.light.map_or("", LightWord::word),
            kind: params.kind.unwrap_or_default(),
            kinds,
            page,
        },
    ))
}

/// Where somebody begins whose work is not a queue: supervisors with their board, administrators with the catalogue.
fn other_home(actor: &casework::Actor) -> Option<&'static str> {
    use casework::Permission::{Accept, Administer, Decide, Deliver, Receive, Supervise};
    if [Accept, Decide, Deliver, Receive]
        .into_iter()
        .any(|permission| actor.may_somewhere(permission))
    {
        None
    } else if actor.may_somewhere(Supervise) {
        Some("/staff/board")
    } else if actor.may_somewhere(Administer) {
        Some("/admin/catalog")
    } else {
        None
    }
}

/// Tells open queues that something changed.
pub(super) async fn live(State(approval): State<Approval>) -> web::Result<Response> {
    web::sse::changes(&approval.app)
}

/// The next case of the queue, without going back to the list.
pub(super) async fn next(
    visit: Visit,
    State(approval): State<Approval>,
    Path(case): Path<CaseId>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let entry = approval
        .app
        .db
        .read(move |tx| queue::next(tx, &actor, case, now))
        .await
        .map_err(crate::Error::from)?;
    Ok(web::redirect(&entry.map_or_else(
        || "/staff".to_owned(),
        |entry| routes::workspace(entry.case_id),
    )))
}

fn line(
    entry: &Entry,
    now: Timestamp,
    calendar: &calendar::Calendar,
    me: base::ids::StaffId,
) -> Line {
    let light = match (entry.due_at, entry.near_at) {
        (None, _) => "hold",
        (Some(due), _) if due <= now => "over",
        (Some(_), Some(near)) if near <= now => "near",
        (Some(_), _) => "ok",
    };
    Line {
        href: routes::workspace(entry.case_id),
        case_no: entry.case_no.clone(),
        title: entry.title.clone(),
        applicant: entry.applicant_name.clone(),
        state: state_label(&entry.state),
        task: task_label(&entry.kind),
        due: entry.due_at,
        provisional: entry.provisional,
        light,
        words: words(entry.due_at, now, calendar),
        mine: entry.staff == Some(me),
        taken: entry.staff.is_some(),
        opened_at: entry.opened_at,
    }
}

/// 剩3个工作日, 今天到期, 超期1天.
pub(crate) fn words(
    due: Option<Timestamp>,
    now: Timestamp,
    calendar: &calendar::Calendar,
) -> String {
    let Some(due) = due else {
        return "停止计时".to_owned();
    };
    let today = calendar::civil_date(now);
    let last = ui::format::last_day(due);
    if due <= now {
        let days = (today - last).get_days().max(1);
        return format!("超期{days}天");
    }
    if last == today {
        return "今天到期".to_owned();
    }
    let from = today.tomorrow().unwrap_or(today);
    match calendar.working_days(from, last) {
        Ok(0) | Err(_) => "即将到期".to_owned(),
        Ok(days) => format!("剩{days}个工作日"),
    }
}

pub(crate) fn task_label(kind: &str) -> &'static str {
    match kind.split(':').next().unwrap_or(kind) {
        "accept" => "受理审查",
        "decide" => "审查决定",
        "deliver" => "送达",
        "correct" => "补正",
        _ => "办理",
    }
}

fn address(params: &Params, cursor: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(q) = params.q.as_deref().filter(|q| !q.is_empty()) {
        parts.push(format!("q={}", super::view::encode(q)));
    }
    if let Some(light) = params.light {
        parts.push(format!("light={}", light.word()));
    }
    if let Some(kind) = params.kind.as_deref().filter(|kind| !kind.is_empty()) {
        parts.push(format!("kind={}", super::view::encode(kind)));
    }
    if let Some(cursor) = cursor {
        parts.push(format!("cursor={cursor}"));
    }
    if parts.is_empty() {
        "/staff".to_owned()
    } else {
        format!("/staff?{}", parts.join("&"))
    }
}
