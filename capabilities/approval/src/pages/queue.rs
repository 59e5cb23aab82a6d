//! The workbench's home: what I may do, most urgent first, with the figures of the day above it.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::{CaseId, StaffId};
use cases::queue::{self, Counts, Entry, Figures, Subjects};
use casework::{Actor, Permission};
use jiff::Timestamp;
use people::views::{self, View as SavedView};
use ui::staff_list::{BulkAct, Column, Field, Filters, ListAddress, Sorted, Views, encoded};
use web::{
    Path, Query, Visit,
    saved::{self, Tab},
};

use super::queue_query::{LIST, PATH, Params, STANDING};
use crate::{flow::state_label, pages::routes, service::Approval};

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
    opened_at: Timestamp,
}

impl Line {
    /// Changes when what the row says changes.
    fn sign(&self) -> String {
        format!(
            "{}|{}|{}{}{}|{}",
            self.state, self.task, self.mine, self.taken, self.provisional, self.words
        )
    }
}

/// A figure above the list: how many, and the list of them.
struct Lamp {
    label: &'static str,
    count: String,
    href: String,
    urgent: bool,
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
    views: Views,
    filters: Filters,
    columns: Vec<Column>,
    acts: Vec<BulkAct>,
    lines: Vec<Line>,
    filtered: bool,
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
                Ok(Read {
                    saved: Vec::new(),
                    entries: queue::page(tx, &actor, &filter, order, after.as_ref(), now)?,
                    found: queue::count(tx, &actor, &filter, now)?,
                    counts: queue::counts(tx, &actor, now)?,
                    figures: queue::figures(tx, &actor, staff.staff, now)?,
                    subjects: queue::subjects(tx, &actor)?,
                    latest: latest(tx, &actor)?,
                    orgs: Vec::new(),
                    regions: Vec::new(),
                })
            };
            let mut read = read().map_err(crate::Error::from)?;
            read.name_subjects(tx)?;
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
struct Read {
    saved: Vec<SavedView>,
    entries: Vec<Entry>,
    found: i64,
    counts: Counts,
    figures: Figures,
    subjects: Subjects,
    latest: Vec<cases::list::Line>,
    orgs: Vec<(String, String)>,
    regions: Vec<(String, String)>,
}

impl Read {
    /// Names for what can be chosen from.
    fn name_subjects(&mut self, tx: &mut store::Tx<'_>) -> Result<(), people::Error> {
        for org in &self.subjects.orgs {
            if let Some(org) = people::orgs::by_id(tx, *org)? {
                self.orgs.push((org.id.to_string(), org.name));
            }
        }
        for code in &self.subjects.regions {
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
    let lines = read
        .entries
        .iter()
        .map(|entry| line(entry, &back, now, &calendar, me))
        .collect();
    let page = visit.page("待办").with_nav("queue");
    let narrowed = at.clone().with("sort", "");
    let filtered = !narrowed.pairs().is_empty();
    QueuePage {
        lamps: lamps(&read.figures),
        latest: read.latest.iter().map(Latest::from).collect(),
        views: saved::tabs(LIST, PATH, &at, lights(&page, &read.counts), &read.saved),
        filters: filters(&page, params, &read, &at, filtered),
        columns: columns(&page, &at),
        acts: bulk_acts(&page, actor),
        lines,
        filtered,
        arriving: is_first && !filtered,
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

fn lamps(figures: &Figures) -> Vec<Lamp> {
    let lamp = |label, count: i64, href: &str, urgent| Lamp {
        label,
        count: if figures.partial {
            format!("{count}+")
        } else {
            count.to_string()
        },
        href: href.to_owned(),
        urgent: urgent && count > 0,
    };
    vec![
        lamp("超期", figures.over, "/staff?light=over", true),
        lamp("今天到期", figures.today, "/staff?due=today", true),
        lamp("补正后待审", figures.returned, "/staff?returned=1", false),
        lamp("待送达", figures.deliver, "/staff?kind=deliver", false),
        lamp("我已领办", figures.mine, "/staff?claim=mine", false),
    ]
}

/// Tabs by light.
fn lights(page: &ui::Page, counts: &Counts) -> Vec<Tab> {
    let tab = |label, query, n| Tab {
        label: page.t(label).to_owned(),
        query,
        count: u64::try_from(n).ok(),
    };
    vec![
        tab("全部", "", counts.total()),
        tab("超期", "light=over", counts.over),
        tab("快到期", "light=near", counts.near),
        tab("充裕", "light=ok", counts.ok),
        tab("停止计时", "light=held", counts.held),
    ]
}

fn filters(
    page: &ui::Page,
    params: &Params,
    read: &Read,
    at: &ListAddress,
    filtered: bool,
) -> Filters {
    let all = |label: &str, rest: Vec<(String, String)>| {
        let mut options = vec![(String::new(), page.t(label).to_owned())];
        options.extend(rest);
        options
    };
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(value, label)| ((*value).to_owned(), page.t(label).to_owned()))
            .collect()
    };
    let mut items = read.subjects.items.clone();
    items.extend(params.item.clone().filter(|item| !item.is_empty()));
    let items = items.into_iter().map(|item| (item.clone(), item)).collect();
    let mut fields = vec![
        Field::search(
            "q",
            page.t("办件编号、申请人、事项"),
            params.q.as_deref().unwrap_or_default(),
        ),
        Field::choice(
            "item",
            page.t("事项"),
            params.item.as_deref().unwrap_or_default(),
            all("全部事项", items),
        ),
        Field::choice(
            "kind",
            page.t("环节"),
            params.kind.as_deref().unwrap_or_default(),
            all(
                "全部环节",
                own(&[
                    ("accept", "待受理"),
                    ("decide", "待决定"),
                    ("deliver", "待送达"),
                ]),
            ),
        ),
        Field::choice(
            "claim",
            page.t("领办"),
            params.claim.map_or("", super::queue_query::ClaimWord::word),
            all(
                "不限领办",
                own(&[
                    ("mine", "我已领办"),
                    ("free", "无人领办"),
                    ("taken", "已有人领办"),
                ]),
            ),
        ),
    ];
    if read.orgs.len() > 1 || params.org.is_some() {
        let value = at.get("org");
        fields.push(Field::choice(
            "org",
            page.t("机构"),
            value,
            all("全部机构", read.orgs.clone()),
        ));
    }
    if read.regions.len() > 1 || params.region.is_some() {
        let value = at.get("region");
        fields.push(Field::choice(
            "region",
            page.t("区划"),
            value,
            all("全部区划", read.regions.clone()),
        ));
    }
    fields.push(Field::day("from", page.t("收到自"), at.get("from")));
    fields.push(Field::day("to", page.t("至"), at.get("to")));
    let keep = at
        .pairs()
        .iter()
        .filter(|(name, _)| ["light", "due", "returned", "sort"].contains(name))
        .cloned()
        .collect();
    let found = if read.found >= queue::COUNT_LIMIT {
        format!("{}+", queue::COUNT_LIMIT - 1)
    } else {
        read.found.to_string()
    };
    Filters {
        action: PATH,
        fields,
        keep,
        clear: if filtered {
            format!("{PATH}?view=all")
        } else {
            String::new()
        },
        said: page.t1("共{n}件", "n", found),
    }
}

fn columns(page: &ui::Page, at: &ListAddress) -> Vec<Column> {
    let plain = |label| Column::new(page.t(label));
    let sorting = |label, key, first| Column::new(page.t(label)).sorting(at, key, first, STANDING);
    vec![
        sorting("剩余时间", "due", Sorted::Up),
        plain("到期日"),
        sorting("事项", "item", Sorted::Up),
        sorting("申请人", "applicant", Sorted::Up),
        plain("办件编号"),
        plain("环节"),
        sorting("收到时间", "opened", Sorted::Down),
    ]
}

/// What can be done to several cases at once.
fn bulk_acts(page: &ui::Page, actor: &Actor) -> Vec<BulkAct> {
    let mut acts = Vec::new();
    let mut add = |value, label| {
        acts.push(BulkAct {
            value,
            label: page.t(label).to_owned(),
        });
    };
    let may = |permission| actor.may_somewhere(permission);
    if [Permission::Accept, Permission::Decide, Permission::Deliver]
        .into_iter()
        .any(may)
    {
        add("take", "领办");
        add("release", "退回待办");
    }
    if may(Permission::Accept) {
        add("accept", "受理");
    }
    acts
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
        opened_at: entry.opened_at,
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
        _ => "办理",
    }
}
