//! 我的办件: what waits for me first, then what is under way, what is done, and what I have begun.
//!
//! The first page shows each of these shortly; a tab shows one of them whole, page by page, and so does a search.

use std::collections::{BTreeMap, BTreeSet};

use approval::special::hearing;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, DraftId, PartyId};
use calendar::Calendar;
use cases::list::Line;
use cases::mine::{self, Counts, Narrow, Part};
use casework::Case;
use casework::actor::Person;
use catalog::model::Published;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;
use ui::{Page, View};
use web::{Query, Result, Visit, cursor, render};

use super::case::{rating_awaited, tone};
use crate::Intake;
use crate::account::authorising;
use crate::draft::{DRAFTS_MAX, steps};
use crate::store as records;
use crate::store::DraftLine;
use crate::turn;

/// Cases on one page of a tab.
const CASES: usize = 30;
/// Running cases on the first page.
const RUNNING_FIRST: usize = 10;
/// Finished cases on the first page.
const DONE_FIRST: usize = 5;
/// Longest search, in characters.
const WORDS_MAX: usize = 50;

#[derive(Template)]
#[template(path = "intake/my.html")]
struct MyPage {
    page: Page,
    /// As whom: (party, name, chosen); empty when there is no choice.
    choices: Vec<(String, String, bool)>,
    views: Vec<View>,
    view: &'static str,
    q: String,
    sections: Vec<Section>,
    drafts: Vec<DraftView>,
    newer: Option<String>,
    older: Option<String>,
}

/// Cases under one heading.
struct Section {
    id: &'static str,
    title: String,
    cases: Vec<CaseView>,
    /// Where all of them are, when some are left out here.
    all: String,
}

struct DraftView {
    id: DraftId,
    title: String,
    at: String,
    step: String,
    age: String,
    expires: String,
    /// It is deleted within days.
    soon: bool,
}

struct CaseView {
    id: CaseId,
    no: String,
    title: String,
    state: &'static str,
    tone: &'static str,
    opened: String,
    /// What happens next, or when it was done.
    next: String,
    /// What the applicant can do at once: (address, words).
    act: Option<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct MyQuery {
    cursor: Option<String>,
    /// `waiting`, `running`, `done`, `drafts`; all of them shortly if missing.
    view: Option<String>,
    q: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    at: i64,
    id: CaseId,
}

/// A tab of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Waiting,
    Running,
    Done,
    Drafts,
}

impl Tab {
    fn of(word: Option<&str>) -> Tab {
        match word {
            Some("waiting") => Tab::Waiting,
            Some("running") => Tab::Running,
            Some("done") => Tab::Done,
            Some("drafts") => Tab::Drafts,
            _ => Tab::Overview,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Tab::Overview => "",
            Tab::Waiting => "waiting",
            Tab::Running => "running",
            Tab::Done => "done",
            Tab::Drafts => "drafts",
        }
    }

    fn narrow(self, text: &str, now: Timestamp) -> Narrow {
        Narrow {
            part: match self {
                Tab::Waiting => Part::Theirs(turn::waiting(now)),
                Tab::Running => Part::Running(turn::waiting(now)),
                Tab::Done => Part::Closed,
                Tab::Overview | Tab::Drafts => Part::All,
            },
            text: text.to_owned(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Tab::Overview => "全部办件",
            Tab::Waiting => "等您办理或领取",
            Tab::Running => "正在办理",
            Tab::Done => "已经办结",
            Tab::Drafts => "草稿",
        }
    }
}

/// Everything the page is made from.
struct Found {
    principals: Vec<(PartyId, String)>,
    drafts: Vec<DraftLine>,
    counts: Counts,
    /// Cases under each heading.
    parts: Vec<(Tab, Vec<Line>)>,
    to_rate: BTreeSet<CaseId>,
    /// What is open.
    open: BTreeMap<CaseId, Case>,
    now: Timestamp,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<MyQuery>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
    let tab = Tab::of(query.view.as_deref());
    let q: String = base::text::single_line(query.q.as_deref().unwrap_or_default())
        .chars()
        .take(WORDS_MAX)
        .collect();
    let before = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode::<Place>(&visit.app, "my", text))
        .transpose()?
        .map(|place| cases::list::Before {
            opened_at: place.at,
            case_id: place.id,
        });
    let first = before.is_none();
    let (handle, reader, words) = (intake.clone(), person.clone(), q.clone());
    let mut found = intake
        .app
        .db
        .read(move |tx| find(tx, &handle, &reader, tab, &words, before.as_ref(), now))
        .await?;
    let page = visit.page("我的办件").with_nav("my");
    let paged = tab != Tab::Overview || !q.is_empty();
    let base = address(tab, &q);
    let older = found
        .parts
        .first_mut()
        .filter(|_| paged)
        .and_then(|(_, lines)| {
            let more = lines.len() > CASES;
            lines.truncate(CASES);
            lines.last().filter(|_| more)
        })
        .map(|line| {
            let place = Place {
                at: line.opened_at.as_millisecond(),
                id: line.case_id,
            };
            let sign = if base.contains('?') { '&' } else { '?' };
            let place = cursor::encode(&visit.app, "my", &place);
            format!("{base}{sign}cursor={place}")
        });
    let mut drafts = Vec::with_capacity(found.drafts.len());
    for line in &found.drafts {
        let published = match intake.catalog.version(line.version).await? {
            Some(published) => Some(published),
            None => intake
                .composite(line.item)
                .await?
                .map(|found| found.published),
        };
        drafts.push(draft_view(&page, line, published.as_deref(), now));
    }
    let views = views(&page, tab, &found);
    let shows_drafts = q.is_empty() && matches!(tab, Tab::Overview | Tab::Drafts);
    let body = MyPage {
        choices: choices(&person, &found.principals),
        views,
        view: tab.word(),
        sections: sections(&page, &found, paged, &intake.app.calendar()),
        drafts: if shows_drafts { drafts } else { Vec::new() },
        newer: (!first).then_some(base),
        older,
        q,
        page,
    };
    Ok(render(&visit, body))
}

fn find(
    tx: &mut Tx<'_>,
    intake: &Intake,
    person: &Person,
    tab: Tab,
    words: &str,
    before: Option<&cases::list::Before>,
    now: Timestamp,
) -> Result<Found> {
    let applicant = person.applicant();
    let wanted: Vec<(Tab, usize)> = match tab {
        Tab::Drafts => Vec::new(),
        Tab::Overview if words.is_empty() => vec![
            (Tab::Waiting, CASES),
            (Tab::Running, RUNNING_FIRST),
            (Tab::Done, DONE_FIRST),
        ],
        tab => vec![(tab, CASES + 1)],
    };
    let mut parts = Vec::with_capacity(wanted.len());
    // An agent for some items sees no case of others.
    let narrowed = authorising::narrowed(&intake.app.people, tx, person, now)?;
    for (part, limit) in wanted {
        let mut lines = mine::page(tx, applicant, &part.narrow(words, now), before, limit)
            .map_err(approval::Error::from)?;
        if let Some(scope) = &narrowed {
            let mut seen = Vec::with_capacity(lines.len());
            for line in lines {
                if authorising::within(tx, scope, line.case_id)? {
                    seen.push(line);
                }
            }
            lines = seen;
        }
        parts.push((part, lines));
    }
    let (mut to_rate, mut open) = (BTreeSet::new(), BTreeMap::new());
    for line in parts.iter().flat_map(|(_, lines)| lines) {
        if line.closed_at.is_none() {
            let case = cases::load(tx, line.case_id).map_err(approval::Error::from)?;
            open.extend(case.map(|case| (line.case_id, case)));
        } else if is_rated(line)
            && rating_awaited(tx, now, line.case_id, &line.state, line.closed_at)?
        {
            to_rate.insert(line.case_id);
        }
    }
    Ok(Found {
        principals: intake.app.people.principals_of(tx, person.party, now)?,
        drafts: records::drafts_of(tx, person.account, Some(applicant), now, DRAFTS_MAX)?,
        counts: mine::counts(tx, applicant, &turn::waiting(now)).map_err(approval::Error::from)?,
        parts,
        to_rate,
        open,
        now,
    })
}

/// 好差评 is about a service somebody asked for, not about what an office does of itself.
fn is_rated(line: &Line) -> bool {
    !matches!(
        line.kind.as_str(),
        approval::aftercheck::KIND | approval::after::ending::KIND
    )
}

/// The address of a tab, with the words searched for.
fn address(tab: Tab, q: &str) -> String {
    let mut parts = Vec::new();
    if tab != Tab::Overview {
        parts.push(format!("view={}", tab.word()));
    }
    if !q.is_empty() {
        parts.push(format!("q={}", ui::page::query_value(q)));
    }
    if parts.is_empty() {
        "/my".to_owned()
    } else {
        format!("/my?{}", parts.join("&"))
    }
}

/// Oneself and those one may act for, where there are any.
pub(super) fn choices(
    person: &Person,
    principals: &[(PartyId, String)],
) -> Vec<(String, String, bool)> {
    if principals.is_empty() {
        return Vec::new();
    }
    let chosen = person.applicant();
    let own = (person.party, person.name.clone());
    std::iter::once(&own)
        .chain(principals)
        .map(|(party, name)| (party.to_string(), name.clone(), chosen == *party))
        .collect()
}

fn views(page: &Page, current: Tab, found: &Found) -> Vec<View> {
    let view = |tab: Tab, label: &str, count: Option<u64>| View {
        label: page.t(label).to_owned(),
        href: address(tab, ""),
        count,
        current: tab == current,
    };
    vec![
        view(Tab::Overview, "概览", None),
        view(
            Tab::Waiting,
            Tab::Waiting.title(),
            Some(found.counts.theirs),
        ),
        view(
            Tab::Running,
            Tab::Running.title(),
            Some(found.counts.running),
        ),
        view(Tab::Done, Tab::Done.title(), Some(found.counts.closed)),
        view(
            Tab::Drafts,
            Tab::Drafts.title(),
            Some(found.drafts.len() as u64),
        ),
    ]
}

fn sections(page: &Page, found: &Found, paged: bool, calendar: &Calendar) -> Vec<Section> {
    found
        .parts
        .iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(tab, lines)| {
            let full = match tab {
                Tab::Running => RUNNING_FIRST,
                Tab::Done => DONE_FIRST,
                _ => CASES,
            };
            Section {
                id: if tab.word().is_empty() {
                    "found"
                } else {
                    tab.word()
                },
                title: page.t(tab.title()).to_owned(),
                cases: lines
                    .iter()
                    .map(|line| case_view(page, line, found, calendar))
                    .collect(),
                all: if !paged && lines.len() >= full {
                    address(*tab, "")
                } else {
                    String::new()
                },
            }
        })
        .collect()
}

fn draft_view(
    page: &Page,
    line: &DraftLine,
    published: Option<&Published>,
    now: Timestamp,
) -> DraftView {
    const SOON_S: i64 = 3 * 24 * 3600;
    let age_h = (now.as_second() - line.updated_at.as_second()).max(0) / 3600;
    let step = published
        .map(|published| {
            let steps = steps(&published.item);
            let at = steps
                .iter()
                .position(|(name, _)| *name == line.page)
                .unwrap_or(0)
                + 1;
            page.tf(
                "第{n}步，共{total}步",
                &[("n", &at.to_string()), ("total", &steps.len().to_string())],
            )
        })
        .unwrap_or_default();
    DraftView {
        id: line.id,
        title: published
            .map(|published| published.item.name.clone())
            .unwrap_or_default(),
        at: page.datetime(line.updated_at),
        step,
        age: match age_h {
            0 => page.t("刚刚保存").to_owned(),
            1..24 => page.t1("{n}小时前保存", "n", age_h),
            hours => page.t1("{n}天前保存", "n", hours / 24),
        },
        expires: page.date_short(calendar::civil_date(line.expires_at)),
        soon: line.expires_at.as_second() - now.as_second() < SOON_S,
    }
}

fn case_view(page: &Page, line: &Line, found: &Found, calendar: &Calendar) -> CaseView {
    let case = found.open.get(&line.case_id);
    let turn = case.and_then(|case| turn::of(case, calendar, found.now));
    let (next, act) = match (case, turn, line.closed_at) {
        (_, _, Some(at)) => {
            let next = page.t1(
                "{date}办结",
                "date",
                page.date_short(calendar::civil_date(at)),
            );
            let rate = (
                format!("/cases/{}/rating", line.case_id),
                page.t("评价").to_owned(),
            );
            let rated = found.to_rate.contains(&line.case_id);
            (next, rated.then_some(rate))
        }
        (Some(case), Some(turn), None) => (turn.words(page), turn.act(page, case)),
        _ => (with_the_office(page, line, case), None),
    };
    CaseView {
        id: line.case_id,
        no: line.case_no.clone(),
        title: line.title.clone(),
        state: approval::flow::state_label(&line.state),
        tone: tone(&line.state),
        opened: page.date_short(calendar::civil_date(line.opened_at)),
        next,
        act,
    }
}

/// What an office does with it, and by when.
fn with_the_office(page: &Page, line: &Line, case: Option<&Case>) -> String {
    let summoned = case
        .and_then(hearing::of)
        .filter(|known| known.held_at.is_none() && known.waived_at.is_none())
        .and_then(|known| known.on);
    if let Some(on) = summoned {
        return page.t1("{date}举行听证", "date", page.date_short(on));
    }
    match (line.state.as_str(), &line.due_at) {
        ("received", _) => page.t("正在审查材料，缺什么会一次说清").to_owned(),
        ("assigned", Some(due)) => {
            page.t1("最迟{date}核查您承诺的情况", "date", page.due_short(due))
        }
        (_, Some(due)) => page.t1("最迟{date}作出决定", "date", page.due_short(due)),
        (_, None) => page.t("正在审查和决定").to_owned(),
    }
}
