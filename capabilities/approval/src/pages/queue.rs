//! The workbench's home: what I may do, most urgent first, with the figures of the day above it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::{CaseId, StaffId};
use cases::queue::{self, Entry, Overview};
use casework::{Actor, Permission, actor::Absent};
use jiff::Timestamp;
use people::views::{self, View as SavedView};
use ui::staff_list::{BulkAct, Column, Filters, ListAddress, Views, encoded};
use web::{Path, Query, Visit, saved};

use super::{
    queue_head::{self, Lamp},
    queue_query::{LIST, PATH, Params},
};
use crate::{
    flow::state_label, pages::routes, service::Approval, special::urging, window::rows::First,
};

/// Entries of one page.
const PAGE: usize = 50;
/// Applications shown as the latest.
const LATEST: usize = 4;

/// One row as the table shows it.
struct Line {
    id: CaseId,
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
    /// Taken by this colleague, whom the visitor stands in for.
    absent: Option<String>,
    opened_at: Timestamp,
    /// How often it was reminded of.
    urged: i64,
}

impl Line {
    /// Changes when what the row says changes.
    fn sign(&self) -> String {
        format!(
            "{}|{}|{}{}{}|{}|{}",
            self.state, self.task, self.mine, self.taken, self.provisional, self.urged, self.words
        )
    }
}

/// An application that came in lately.
struct Latest {
    href: String,
    title: String,
    applicant: String,
    at: Timestamp,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    page: ui::Page,
    lamps: Vec<Lamp>,
    latest: Vec<Latest>,
    /// 绿色通道: what goes first, above everything that is sorted.
    green: Vec<First>,
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    acts: Vec<BulkAct>,
    lines: Vec<Line>,
    filtered: bool,
    /// 代理: whose work the visitor does meanwhile, and until when.
    stands_in: Vec<Absent>,
    /// The first row takes the focus when somebody arrives.
    arriving: bool,
    may_receive: bool,
    here: String,
    xlsx: String,
    csv: String,
    older: Option<String>,
    newer: Option<String>,
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
    let staff = visit.staff()?.clone();
    let now = approval.app.now();
    let after = params
        .cursor
        .as_deref()
        .map(|text| params.read_mark(&approval.app, text))
        .transpose()?;
    let is_first = after.is_none();
    let filter = params.filter(staff.staff, now, PAGE + 1);
    let (order, who, me) = (params.order(), actor.clone(), staff.staff);
    let read = approval
        .app
        .db
        .read(move |tx| -> web::Result<Read> {
            let saved = views::of(tx, &staff, LIST)?;
            let mut read = || -> Result<Read, cases::Error> {
                let overview = queue::overview(tx, &actor, staff.staff, now)?;
                Ok(Read {
                    saved: Vec::new(),
                    entries: queue::page(tx, &actor, &filter, order, after.as_ref(), now)?,
                    found: if filter.narrows() {
                        queue::count(tx, &actor, &filter, now)?
                    } else {
                        overview.counts.total()
                    },
                    overview,
                    alerts: cases::alerts::unread(tx, &actor)?,
                    latest: latest(tx, &actor)?,
                    green: Vec::new(),
                    urged: BTreeMap::new(),
                    reminders: 0,
                    orgs: Vec::new(),
                    regions: Vec::new(),
                })
            };
            let mut read = read().map_err(crate::Error::from)?;
            read.name_subjects(tx)?;
            read.green = crate::window::rows::first(tx, &actor)?;
            let shown: Vec<CaseId> = read.entries.iter().map(|entry| entry.case_id).collect();
            read.urged = urging::times(tx, &shown)?;
            read.reminders = urging::reminders(tx, &actor)?.len();
            Ok(Read { saved, ..read })
        })
        .await?;
    if let Some(view) = saved::opens_with(PATH, visit.query(), &read.saved) {
        return Ok(web::redirect(&view));
    }
    Ok(web::render(
        &visit,
        page(&visit, &approval, &params, read, &who, me, is_first),
    ))
}

/// Everything the page shows, read in one transaction.
pub(super) struct Read {
    saved: Vec<SavedView>,
    entries: Vec<Entry>,
    pub found: i64,
    pub overview: Overview,
    /// 时限提醒 not read yet.
    alerts: i64,
    latest: Vec<cases::list::Line>,
    green: Vec<First>,
    urged: BTreeMap<(CaseId, i64), i64>,
    /// 催办 of what is the visitor's to do.
    reminders: usize,
    pub orgs: Vec<(String, String)>,
    pub regions: Vec<(String, String)>,
}

impl Read {
    /// Names for what can be chosen from.
    fn name_subjects(&mut self, tx: &mut store::Tx<'_>) -> Result<(), people::Error> {
        for org in &self.overview.subjects.orgs {
            if let Some(org) = people::orgs::by_id(tx, *org)? {
                self.orgs.push((org.id.to_string(), org.name));
            }
        }
        for code in &self.overview.subjects.regions {
            let name = people::regions::name(tx, code)?.unwrap_or_else(|| code.clone());
            self.regions.push((code.clone(), name));
        }
        Ok(())
    }
}

fn latest(tx: &mut store::Tx<'_>, actor: &Actor) -> Result<Vec<cases::list::Line>, cases::Error> {
    let filter = cases::list::Filter {
        limit: LATEST,
        ..cases::list::Filter::default()
    };
    cases::list::of_scope(tx, actor, &filter)
}

fn page(
    visit: &Visit,
    approval: &Approval,
    params: &Params,
    mut read: Read,
    actor: &Actor,
    me: StaffId,
    is_first: bool,
) -> QueuePage {
    let now = approval.app.now();
    let more = read.entries.len() > PAGE;
    read.entries.truncate(PAGE);
    let at = params.address();
    let older = read.entries.last().filter(|_| more).map(|last| {
        at.clone()
            .with("cursor", params.mark(&approval.app, last))
            .href()
    });
    let here = params.here();
    let back = encoded(&here.href());
    let calendar = approval.app.calendar();
    let absent = actor.stands_in_for().to_vec();
    let lines = read
        .entries
        .iter()
        .map(|entry| Line {
            urged: read
                .urged
                .get(&(entry.case_id, entry.no))
                .copied()
                .unwrap_or(0),
            ..line(entry, &back, now, &calendar, &absent, me)
        })
        .collect();
    let page = visit.page("待办").with_nav("queue");
    let narrowed = at.clone().with("sort", "");
    let filtered = !narrowed.pairs().is_empty();
    QueuePage {
        lamps: queue_head::lamps(&read.overview.figures, read.alerts, read.reminders),
        latest: read.latest.iter().map(Latest::from).collect(),
        green: if is_first {
            std::mem::take(&mut read.green)
        } else {
            Vec::new()
        },
        views: saved::tabs(
            LIST,
            PATH,
            &at,
            queue_head::lights(&page, &read.overview.counts),
            &read.saved,
        ),
        filters: queue_head::filters(&page, params, &read, &at, filtered),
        columns: queue_head::columns(&page, &at),
        acts: queue_head::bulk_acts(&page, actor),
        lines,
        filtered,
        arriving: is_first && !filtered,
        stands_in: absent,
        may_receive: actor.may_somewhere(Permission::Receive),
        xlsx: export(&at, "xlsx"),
        csv: export(&at, "csv"),
        older,
        newer: (!is_first).then(|| at.href()),
        here: here.query(),
        page,
    }
}

impl From<&cases::list::Line> for Latest {
    fn from(line: &cases::list::Line) -> Latest {
        Latest {
            href: routes::workspace(line.case_id),
            title: line.title.clone(),
            applicant: line.applicant_name.clone(),
            at: line.opened_at,
        }
    }
}

fn export(at: &ListAddress, format: &str) -> String {
    match at.query() {
        query if query.is_empty() => format!("/staff/queue/export?format={format}"),
        query => format!("/staff/queue/export?{query}&format={format}"),
    }
}

/// Where somebody begins whose work is not a queue: supervisors with their board, administrators with the catalogue.
fn other_home(actor: &Actor) -> Option<&'static str> {
    use Permission::{Accept, Administer, Decide, Deliver, Receive, Supervise};
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

/// The most urgent case of the queue, from anywhere.
pub(super) async fn first(visit: Visit, State(approval): State<Approval>) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let filter = queue::Filter {
        limit: 1,
        ..queue::Filter::default()
    };
    let entries = approval
        .app
        .db
        .read(move |tx| queue::list(tx, &actor, &filter, now))
        .await
        .map_err(crate::Error::from)?;
    Ok(web::redirect(&entries.first().map_or_else(
        || PATH.to_owned(),
        |entry| routes::workspace(entry.case_id),
    )))
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
        || PATH.to_owned(),
        |entry| routes::workspace(entry.case_id),
    )))
}

fn line(
    entry: &Entry,
    back: &str,
    now: Timestamp,
    calendar: &calendar::Calendar,
    absent: &[Absent],
    me: StaffId,
) -> Line {
    Line {
        id: entry.case_id,
        href: format!("{}?list={back}", routes::workspace(entry.case_id)),
        case_no: entry.case_no.clone(),
        title: entry.title.clone(),
        applicant: entry.applicant_name.clone(),
        state: state_label(&entry.state),
        task: task_label(&entry.kind),
        due: entry.due_at,
        provisional: entry.provisional,
        light: light(entry, now),
        words: words(entry.due_at, now, calendar),
        mine: entry.staff == Some(me),
        taken: entry.staff.is_some(),
        absent: absent
            .iter()
            .find(|absent| entry.staff == Some(absent.staff))
            .map(|absent| absent.name.clone()),
        opened_at: entry.opened_at,
        urged: 0,
    }
}

fn light(entry: &Entry, now: Timestamp) -> &'static str {
    match (entry.due_at, entry.near_at) {
        (None, _) => "hold",
        (Some(due), _) if due <= now => "over",
        (Some(_), Some(near)) if near <= now => "near",
        (Some(_), _) => "ok",
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
        "give_opinion" => "分项意见",
        "conclude" => "综合意见",
        "record_visit" => "联合踏勘",
        "connect_utility" => "市政公用接入",
        "end_license" => "撤销、注销决定",
        "step" => "流程环节",
        "end_procedure" => "登记特别程序结论",
        "approve_extension" => "批准延长",
        "call_hearing" | "record_hearing" => "组织听证",
        "serve_notice" => "送达文书",
        "supply_gap" => "补交材料",
        "refuse" => "逾期未补，作出决定",
        "inspect" => "承诺核查",
        "report_review" => "初审并报送",
        _ => "办理",
    }
}
