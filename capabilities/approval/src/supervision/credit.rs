//! 信用记录: who is kept from promises or from applying again, why and until when; repair; the list as a file.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base::ids::PartyId;
use jiff::{Timestamp, civil::Date};
use people::PartyKind;
use serde::Deserialize;
use store::Tx;
use ui::staff_list::{Column, Field, Filters, ListAddress};
use uuid::Uuid;
use web::{
    Answer, Form, Idempotency, Path, Problem, Query, Visit, cursor,
    export::{self, Cell, Format},
};

use super::{PAGE, ROWS_MAX, STEP, errors, links, tabs};
use crate::{
    credit::{self, Entry, Filter, Kind, Standing},
    error::Error,
    pages::routes,
    service::{Approval, people_error},
};

const PATH: &str = "/staff/credit";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    q: Option<String>,
    kind: Option<Kind>,
    standing: Option<Standing>,
    cursor: Option<String>,
    format: Option<String>,
}

impl Params {
    fn filter(&self, before: Option<(Timestamp, Uuid)>, limit: usize) -> Filter {
        Filter {
            kind: self.kind,
            standing: self.standing,
            text: self.q.clone().unwrap_or_default(),
            before,
            limit,
        }
    }

    fn address(&self) -> ListAddress {
        ListAddress::new(PATH)
            .with("standing", self.standing.map_or("", Standing::word))
            .with("kind", self.kind.map_or("", Kind::word))
            .with("q", self.q.clone().unwrap_or_default())
    }
}

/// An entry as lists show it.
struct Row {
    href: String,
    /// Masked where it is a person's.
    party: String,
    kind: &'static str,
    reason: String,
    item: String,
    case_no: String,
    states: Vec<(&'static str, String)>,
    made_at: Timestamp,
}

/// What an entry keeps its party from today: the tone of its tag, and its words.
fn states(entry: &Entry, today: Date) -> Vec<(&'static str, String)> {
    let mut states = Vec::new();
    if let Some(repair) = &entry.repair {
        let day = calendar::civil_date(repair.at);
        states.push(("green", format!("{day}已修复")));
    } else if entry.excludes() {
        states.push(("zhu", "修复前不适用承诺、容缺".to_owned()));
    }
    match entry.until {
        Some(until) if entry.bans(today) => {
            states.push(("zhu", format!("至{until}不得再次申请")));
        }
        Some(until) => states.push(("", format!("禁止申请期已于{until}届满"))),
        None => {}
    }
    states
}

/// Names of parties as a list shows them: a person's masked.
pub(super) struct Names<'a> {
    approval: &'a Approval,
    kinds: HashMap<PartyId, PartyKind>,
}

impl<'a> Names<'a> {
    pub(super) fn new(approval: &'a Approval) -> Names<'a> {
        Names {
            approval,
            kinds: HashMap::new(),
        }
    }

    pub(super) fn masked(&mut self, tx: &mut Tx<'_>, entry: &Entry) -> Result<String, Error> {
        let known = self.kinds.get(&entry.party).copied();
        let kind = match known {
            Some(kind) => kind,
            None => {
                let party = self.approval.app.people.party(tx, entry.party);
                // Somebody who is not registered any more was a person as far as anybody knows.
                let kind = party
                    .map_err(people_error)?
                    .map_or(PartyKind::Person, |party| party.kind);
                self.kinds.insert(entry.party, kind);
                kind
            }
        };
        Ok(match kind {
            PartyKind::Person => base::mask::name(&entry.party_name),
            PartyKind::Legal => entry.party_name.clone(),
        })
    }
}

fn row(tx: &mut Tx<'_>, names: &mut Names<'_>, entry: &Entry, today: Date) -> Result<Row, Error> {
    Ok(Row {
        href: links::entry(entry.id),
        party: names.masked(tx, entry)?,
        kind: entry.kind.label(),
        reason: entry.reason.clone(),
        item: entry.item_name.clone(),
        case_no: entry.case_no.clone(),
        states: states(entry, today),
        made_at: entry.made_at,
    })
}

#[derive(Template)]
#[template(path = "supervision/credit.html")]
struct CreditPage {
    page: ui::Page,
    sections: Vec<ui::View>,
    standings: Vec<ui::View>,
    filters: Filters,
    columns: Vec<Column>,
    rows: Vec<Row>,
    filtered: bool,
    xlsx: String,
    csv: String,
    newer: Option<String>,
    older: Option<String>,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let before: Option<(Timestamp, Uuid)> = params
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, "credit", text))
        .transpose()?;
    let filter = params.filter(before, PAGE + 1);
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    let today = approval.app.today();
    let (mut entries, mut rows) = approval
        .app
        .db
        .read(move |tx| {
            let entries = credit::page(tx, &actor, &filter, today)?;
            let mut names = Names::new(&me);
            let rows: Result<Vec<Row>, Error> = entries
                .iter()
                .map(|entry| row(tx, &mut names, entry, today))
                .collect();
            Ok::<_, Error>((entries, rows?))
        })
        .await?;
    let at = params.address();
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    rows.truncate(PAGE);
    let older = entries.last().filter(|_| more).map(|last| {
        let mark = cursor::encode(&approval.app, "credit", &(last.made_at, last.id));
        at.clone().with("cursor", mark).href()
    });
    let page = visit.page("信用记录").with_nav("checks");
    let filtered = params.q.is_some() || params.kind.is_some();
    Ok(web::render(
        &visit,
        CreditPage {
            sections: tabs(&visit, "credit"),
            standings: standings(&page, &params, &at),
            filters: filters(&page, &params, &at, filtered),
            columns: [
                "主体",
                "类别",
                "现在的影响",
                "事由",
                "事项",
                "办件编号",
                "记录时间",
            ]
            .into_iter()
            .map(|label| Column::new(page.t(label)))
            .collect(),
            rows,
            filtered,
            xlsx: file(&at, "xlsx"),
            csv: file(&at, "csv"),
            newer: params.cursor.is_some().then(|| at.href()),
            older,
            page,
        },
    ))
}

fn file(at: &ListAddress, format: &str) -> String {
    match at.query() {
        query if query.is_empty() => format!("{PATH}/export?format={format}"),
        query => format!("{PATH}/export?{query}&format={format}"),
    }
}

fn standings(page: &ui::Page, params: &Params, at: &ListAddress) -> Vec<ui::View> {
    let tabs = [
        (None, "全部"),
        (Some(Standing::Excluded), "不适用承诺、容缺"),
        (Some(Standing::Banned), "不得再次申请"),
        (Some(Standing::Repaired), "已修复"),
    ];
    tabs.into_iter()
        .map(|(standing, label)| ui::View {
            label: page.t(label).to_owned(),
            href: at
                .clone()
                .with("standing", standing.map_or("", Standing::word))
                .href(),
            count: None,
            current: params.standing == standing,
        })
        .collect()
}

fn filters(page: &ui::Page, params: &Params, at: &ListAddress, filtered: bool) -> Filters {
    let mut kinds = vec![(String::new(), page.t("全部类别").to_owned())];
    kinds.extend(
        Kind::ALL
            .into_iter()
            .map(|kind| (kind.word().to_owned(), page.t(kind.label()).to_owned())),
    );
    Filters {
        action: PATH,
        fields: vec![
            Field::search(
                "q",
                page.t("主体全名、办件编号、事项"),
                params.q.as_deref().unwrap_or_default(),
            ),
            Field::choice(
                "kind",
                page.t("类别"),
                params.kind.map_or("", Kind::word),
                kinds,
            ),
        ],
        keep: at
            .pairs()
            .iter()
            .filter(|(name, _)| *name == "standing")
            .cloned()
            .collect(),
        clear: if filtered {
            at.clone().with("q", "").with("kind", "").href()
        } else {
            String::new()
        },
        said: page.t("新的在前").to_owned(),
    }
}

const HEAD: &[&str] = &[
    "主体",
    "类别",
    "现在的影响",
    "事由",
    "依据",
    "事项",
    "办件编号",
    "记录人",
    "记录时间",
    "修复人",
    "修复时间",
    "修复理由",
];

pub(super) async fn export(
    visit: Visit,
    State(approval): State<Approval>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let format = params
        .format
        .as_deref()
        .and_then(Format::from_word)
        .ok_or_else(|| Problem::bad_request("format_unknown", "导出格式应为 xlsx 或 csv"))?;
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    let today = approval.app.today();
    let rows = approval
        .app
        .db
        .read(move |tx| -> web::Result<Vec<Vec<Cell>>> {
            let mut rows: Vec<Vec<Cell>> = Vec::new();
            let mut names = Names::new(&me);
            let mut before = None;
            loop {
                let entries = credit::page(tx, &actor, &params.filter(before, STEP), today)?;
                for entry in &entries {
                    rows.push(cells(entry, names.masked(tx, entry)?, today));
                }
                if rows.len() > ROWS_MAX {
                    return Err(Problem::invalid(
                        "",
                        format!("一次最多导出 {ROWS_MAX} 行，请缩小筛选范围"),
                    ));
                }
                before = entries.last().map(|last| (last.made_at, last.id));
                if entries.len() < STEP {
                    return Ok(rows);
                }
            }
        })
        .await?;
    export::table(format, "信用记录", HEAD, rows).await
}

fn cells(entry: &Entry, name: String, today: Date) -> Vec<Cell> {
    let states: Vec<String> = states(entry, today)
        .into_iter()
        .map(|(_, words)| words)
        .collect();
    let repair = entry.repair.as_ref();
    let of = |text: fn(&credit::Repair) -> String| repair.map(text);
    vec![
        name.into(),
        entry.kind.label().into(),
        states.join("；").into(),
        entry.reason.as_str().into(),
        entry.basis.as_str().into(),
        entry.item_name.as_str().into(),
        entry.case_no.as_str().into(),
        entry.made_by.as_str().into(),
        ui::format::datetime_dense(entry.made_at).into(),
        of(|repair| repair.by.clone()).into(),
        of(|repair| ui::format::datetime_dense(repair.at)).into(),
        of(|repair| repair.reason.clone()).into(),
    ]
}

#[derive(Template)]
#[template(path = "supervision/entry.html")]
struct EntryPage {
    page: ui::Page,
    entry: Entry,
    states: Vec<(&'static str, String)>,
    /// Where the act that was recorded is read.
    case: Option<String>,
    may_repair: bool,
    reason: String,
    request_key: String,
    errors: Vec<(String, String)>,
}

pub(super) async fn entry(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<Uuid>,
) -> web::Result<Response> {
    let page = build(&visit, &approval, id, String::new(), None).await?;
    Ok(web::render(&visit, page))
}

/// An entry for whoever may know of it.
pub(super) async fn find(approval: &Approval, visit: &Visit, id: Uuid) -> web::Result<Entry> {
    let actor = visit.actor()?.clone();
    approval
        .app
        .db
        .read(move |tx| credit::by_id(tx, &actor, id))
        .await
        .map_err(missing)
}

fn missing(error: Error) -> Problem {
    match error {
        Error::NotFound => Problem::not_found("没有找到这条信用记录"),
        other => other.into(),
    }
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    id: Uuid,
    reason: String,
    problem: Option<Problem>,
) -> web::Result<EntryPage> {
    let entry = find(approval, visit, id).await?;
    let errors = errors(problem);
    let page = visit
        .page(entry.kind.label())
        .with_nav("checks")
        .with_crumb("信用记录", PATH);
    Ok(EntryPage {
        page: if errors.is_empty() {
            page
        } else {
            page.with_error()
        },
        states: states(&entry, approval.app.today()),
        case: entry.case.map(routes::workspace),
        may_repair: credit::may_repair(visit.actor()?, &entry).is_ok(),
        entry,
        reason,
        request_key: visit.new_request_key(),
        errors,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct RepairForm {
    #[serde(default)]
    reason: String,
}

pub(super) async fn repair(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<Uuid>,
    Form(form): Form<RepairForm>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let reason = form.reason.clone();
    let done = record(&visit, &approval, &key, id, reason, move |_| {
        Answer::see(links::entry(id))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let page = build(&visit, &approval, id, form.reason, Some(problem)).await?;
            Ok(web::render_with(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                page,
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Repairs once, however often it is sent.
pub(super) async fn record(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    id: Uuid,
    reason: String,
    answer: impl Fn(&Entry) -> Answer + Send + 'static,
) -> web::Result<Answer> {
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    web::once(visit, key, move |tx| {
        let entry = credit::repair(tx, &actor, id, &reason, now).map_err(missing)?;
        Ok::<_, Problem>(answer(&entry))
    })
    .await
}
