//! 我的办件: what waits for me, what is under way, what is done, and what I have begun.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::{CaseId, DraftId};
use catalog::model::Published;
use serde::{Deserialize, Serialize};
use ui::Page;
use web::{Query, Result, Visit, cursor, render};

use super::case::{rating_awaited, tone};
use crate::Intake;
use crate::draft::{DRAFTS_MAX, steps};
use crate::store as records;

/// Cases on one page.
const CASES: usize = 30;

#[derive(Template)]
#[template(path = "intake/my.html")]
struct MyPage {
    page: Page,
    /// As whom: (party, name, chosen); empty when there is no choice.
    choices: Vec<(String, String, bool)>,
    drafts: Vec<DraftView>,
    waiting: Vec<CaseView>,
    running: Vec<CaseView>,
    done: Vec<CaseView>,
    first: bool,
    newer: Option<String>,
    older: Option<String>,
}

struct DraftView {
    id: DraftId,
    title: String,
    at: String,
    step: String,
    age: String,
    expires: String,
}

struct CaseView {
    id: CaseId,
    no: String,
    title: String,
    state: &'static str,
    tone: &'static str,
    opened: String,
    /// The date that matters: due while it runs, closed when done.
    date: String,
    rate: bool,
}

#[derive(Deserialize)]
pub(super) struct MyQuery {
    cursor: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    at: i64,
    id: CaseId,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<MyQuery>,
) -> Result<Response> {
    let person = visit.person()?.clone();
    let now = visit.app.now();
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
    let (handle, reader) = (intake.clone(), person.clone());
    let (principals, drafts, mut lines, to_rate) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let applicant = reader.applicant();
            let principals = handle.app.people.principals_of(tx, reader.party, now)?;
            let drafts = records::drafts_of(tx, reader.account, Some(applicant), now, DRAFTS_MAX)?;
            let lines = cases::list::of_applicant(tx, applicant, before.as_ref(), CASES + 1)
                .map_err(approval::Error::from)?;
            let mut to_rate = BTreeSet::new();
            for line in &lines {
                if rating_awaited(tx, now, line.case_id, &line.state, line.closed_at)? {
                    to_rate.insert(line.case_id);
                }
            }
            Ok((principals, drafts, lines, to_rate))
        })
        .await?;
    let page = visit.page("我的办件").with_nav("my");
    let more = lines.len() > CASES;
    lines.truncate(CASES);
    let older = lines.last().filter(|_| more).map(|line| {
        let place = Place {
            at: line.opened_at.as_millisecond(),
            id: line.case_id,
        };
        format!("/my?cursor={}", cursor::encode(&visit.app, "my", &place))
    });
    let mut draft_views = Vec::with_capacity(drafts.len());
    for line in &drafts {
        let published = intake.catalog.version(line.version).await?;
        draft_views.push(draft_view(&page, line, published.as_deref(), now));
    }
    let (mut waiting, mut running, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for line in &lines {
        let view = case_view(&page, line, to_rate.contains(&line.case_id));
        match (line.closed_at, line.state.as_str()) {
            (Some(_), _) => done.push(view),
            (None, "correcting") => waiting.push(view),
            (None, _) => running.push(view),
        }
    }
    let chosen = person.applicant();
    let mut choices = Vec::new();
    if !principals.is_empty() {
        choices.push((
            person.party.to_string(),
            person.name.clone(),
            chosen == person.party,
        ));
        for (party, name) in &principals {
            choices.push((party.to_string(), name.clone(), chosen == *party));
        }
    }
    let body = MyPage {
        choices,
        drafts: if first { draft_views } else { Vec::new() },
        waiting,
        running,
        done,
        first,
        newer: (!first).then(|| "/my".to_owned()),
        older,
        page,
    };
    Ok(render(&visit, body))
}

fn draft_view(
    page: &Page,
    line: &records::DraftLine,
    published: Option<&Published>,
    now: jiff::Timestamp,
) -> DraftView {
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
    }
}

fn case_view(page: &Page, line: &cases::list::Line, rate: bool) -> CaseView {
    CaseView {
        id: line.case_id,
        no: line.case_no.clone(),
        title: line.title.clone(),
        state: approval::flow::state_label(&line.state),
        tone: tone(&line.state),
        opened: page.date_short(calendar::civil_date(line.opened_at)),
        date: match (&line.closed_at, &line.due_at) {
            (Some(at), _) => page.t1(
                "{date}办结",
                "date",
                page.date_short(calendar::civil_date(*at)),
            ),
            (None, Some(due)) => page.t1("{date}前", "date", page.due_short(due)),
            (None, None) => String::new(),
        },
        rate,
    }
}
