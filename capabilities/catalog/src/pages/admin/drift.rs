//! 指南与实际: items whose cases needed something else than the guide says, the widest gap first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::ids::ItemId;
use casework::Permission;
use jiff::ToSpan as _;
use serde::Deserialize;
use ui::Page;
use web::export::{self, Cell, Format};
use web::{Access, Answer, Form, Idempotency, Problem, Query, Routes, Visit};

use super::figures::allowed;
use crate::brief::Brief;
use crate::drift::rules::{alarms, gap_percent};
use crate::drift::{Alarm, Measure, Real, Rules, Standing};
use crate::figures::{Parts, Quantity, Rounding};
use crate::pages::{Doors, links};
use crate::store as records;

const PATH: &str = "/admin/catalog/drift";
/// Months that are looked at, this one among them.
const MONTHS: i32 = 12;
/// What was asked for in words is shown where so many cases were asked: it is no longer about one person.
const ASKED_MIN: i64 = 3;
/// Lines on the page; the file has all.
const SHOWN_MAX: usize = 200;
/// Things asked for that are named in a line.
const ASKED_SHOWN: usize = 3;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .get(PATH, Access::Staff, get)
        .get("/admin/catalog/drift/export", Access::Staff, export)
        .post(
            "/admin/catalog/drift/rules",
            Access::Permission(Permission::Administer),
            set_rules,
        )
}

/// An item beside its cases.
pub(crate) struct Parted {
    pub(crate) brief: Arc<Brief>,
    pub(crate) published: Standing,
    pub(crate) real: Real,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) gap: i64,
}

/// Every item with cases in the last months, those with alarms first, then by the gap; and the rules.
pub(crate) async fn read(doors: &Doors) -> web::Result<(Rules, Vec<Parted>)> {
    let since = doors.app.today().saturating_sub((MONTHS - 1).months());
    let month = since.strftime("%Y-%m").to_string();
    let (rules, needs) = doors
        .app
        .db
        .read(move |tx| {
            let rules = records::drift_rules(tx)?;
            Ok::<_, store::Error>((rules, records::needs_since(tx, &month, ASKED_MIN)?))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    let mut parted: Vec<Parted> = needs
        .into_iter()
        .filter_map(|(item_id, real)| {
            let brief = Arc::clone(snapshot.item(item_id)?);
            let published = Standing {
                promised: brief.limit().map(Parts::of),
                visits: i64::from(brief.body.visit_count),
            };
            Some(Parted {
                alarms: alarms(&rules, published, &real),
                gap: gap_percent(published, &real),
                brief,
                published,
                real,
            })
        })
        .collect();
    parted.sort_by(|a, b| {
        let order = |one: &Parted| (one.alarms.len(), one.gap, one.real.cases());
        order(b)
            .cmp(&order(a))
            .then_with(|| a.brief.name.cmp(&b.brief.name))
    });
    Ok((rules, parted))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Key of a body.
    org: Option<String>,
    /// Only items with alarms.
    alarms: Option<String>,
    format: Option<String>,
}

impl Asked {
    fn keep(&self, doors: &Doors, parted: &mut Vec<Parted>) -> web::Result<()> {
        if let Some(key) = self.org.as_deref().filter(|key| !key.is_empty()) {
            let snapshot = doors.catalog.snapshot();
            let org = snapshot
                .org_by_key(key)
                .ok_or_else(|| Problem::not_found("没有找到这个实施主体"))?;
            parted.retain(|one| one.brief.org_id == org.id);
        }
        if self.alarms.as_deref() == Some("1") {
            parted.retain(|one| !one.alarms.is_empty());
        }
        Ok(())
    }
}

struct Line {
    href: String,
    name: String,
    org: String,
    cases: i64,
    promised: String,
    accept: String,
    decide: String,
    deliver: String,
    visits_published: i64,
    visits: String,
    corrected: i64,
    asked: Vec<String>,
    /// Words and where they can be put right.
    alarms: Vec<(&'static str, String)>,
}

fn editor(item_id: ItemId, field: &str) -> String {
    format!("/admin/catalog/items/{item_id}/edit#{field}")
}

impl Line {
    fn of(doors: &Doors, one: &Parted) -> Line {
        let median = |measure| {
            one.real
                .of(measure)
                .median()
                .map_or_else(String::new, |value| value.to_string())
        };
        let decide = one.real.of(Measure::DecideDays);
        Line {
            href: links::admin_item(one.brief.item_id),
            name: one.brief.name.clone(),
            org: doors
                .catalog
                .snapshot()
                .org_name(one.brief.org_id)
                .to_owned(),
            cases: one.real.cases(),
            promised: one.published.promised.map_or_else(String::new, |parts| {
                let days = Quantity {
                    n: parts.n,
                    per: Parts::PER_DAY,
                };
                days.print(Rounding::HalfUp)
            }),
            accept: median(Measure::AcceptDays),
            decide: match (decide.median(), decide.at(90)) {
                (Some(median), Some(most)) if most > median => format!("{median}（九成≤{most}）"),
                (Some(median), _) => median.to_string(),
                (None, _) => String::new(),
            },
            deliver: median(Measure::DeliverDays),
            visits_published: one.published.visits,
            visits: median(Measure::Visits),
            corrected: one.real.of(Measure::Corrected).share(),
            asked: one
                .real
                .asked
                .iter()
                .filter(|(named, ..)| !named)
                .take(ASKED_SHOWN)
                .map(|(_, what, cases)| format!("{what}（{cases}件）"))
                .collect(),
            alarms: one
                .alarms
                .iter()
                .map(|alarm| (alarm.label(), editor(one.brief.item_id, alarm.field())))
                .collect(),
        }
    }
}

/// The rules as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RulesForm {
    cases_min: String,
    unnamed_percent: String,
    corrected_percent: String,
    shorten_percent: String,
}

impl From<Rules> for RulesForm {
    fn from(rules: Rules) -> RulesForm {
        RulesForm {
            cases_min: rules.cases_min.to_string(),
            unnamed_percent: rules.unnamed_percent.to_string(),
            corrected_percent: rules.corrected_percent.to_string(),
            shorten_percent: rules.shorten_percent.to_string(),
        }
    }
}

impl RulesForm {
    fn rules(&self) -> Rules {
        // What is no number is out of every bound.
        let number = |text: &str| base::text::fold_width(text.trim()).parse().unwrap_or(0);
        Rules {
            cases_min: number(&self.cases_min),
            unnamed_percent: number(&self.unnamed_percent),
            corrected_percent: number(&self.corrected_percent),
            shorten_percent: number(&self.shorten_percent),
        }
    }
}

#[derive(Template)]
#[template(path = "admin/drift.html")]
struct Drift {
    page: Page,
    errors: Vec<(String, String)>,
    lines: Vec<Line>,
    total: usize,
    alarmed: usize,
    org: String,
    only_alarms: bool,
    orgs: Vec<(String, String)>,
    rules: RulesForm,
    may_set: bool,
    request_key: String,
    xlsx: String,
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let (rules, parted) = read(&doors).await?;
    let page = page(&visit, &doors, &asked, parted, rules.into(), Vec::new())?;
    Ok(web::render(&visit, page))
}

fn page(
    visit: &Visit,
    doors: &Doors,
    asked: &Asked,
    mut parted: Vec<Parted>,
    rules: RulesForm,
    errors: Vec<(String, String)>,
) -> web::Result<Drift> {
    asked.keep(doors, &mut parted)?;
    let mut orgs = vec![(String::new(), "全部实施主体".to_owned())];
    orgs.extend(
        doors
            .catalog
            .snapshot()
            .orgs_with_items()
            .into_iter()
            .map(|(org, _)| (org.key.clone(), org.name.clone())),
    );
    let org = asked.org.clone().unwrap_or_default();
    let only_alarms = asked.alarms.as_deref() == Some("1");
    let frame = visit
        .page("指南与实际")
        .with_nav("catalog")
        .with_crumb("事项管理", "/admin/catalog");
    Ok(Drift {
        lines: parted
            .iter()
            .take(SHOWN_MAX)
            .map(|one| Line::of(doors, one))
            .collect(),
        total: parted.len(),
        alarmed: parted.iter().filter(|one| !one.alarms.is_empty()).count(),
        xlsx: links::with_query(
            "/admin/catalog/drift/export",
            &[
                ("org", &org),
                ("alarms", if only_alarms { "1" } else { "" }),
            ],
        ),
        org,
        only_alarms,
        orgs,
        rules,
        may_set: visit.actor()?.may_somewhere(Permission::Administer),
        request_key: visit.new_request_key(),
        page: if errors.is_empty() {
            frame
        } else {
            frame.with_error()
        },
        errors,
    })
}

async fn set_rules(
    visit: Visit,
    State(doors): State<Doors>,
    Form(form): Form<RulesForm>,
) -> web::Result<Response> {
    let rules = form.rules();
    let errors = rules.problems();
    if !errors.is_empty() {
        let (_, parted) = read(&doors).await?;
        let page = page(&visit, &doors, &Asked::default(), parted, form, errors)?;
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(web::render_with(&visit, status, page));
    }
    let key = Idempotency::of_form(&visit)?;
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        records::put_drift_rules(tx, &rules)?;
        Ok(Answer::see(PATH.to_owned()))
    })
    .await?;
    Ok(answer.into_response())
}

const HEADS: &[&str] = &[
    "事项",
    "实施主体",
    "办结件数",
    "承诺（工作日）",
    "受理用时中位",
    "决定用时中位",
    "送达用时中位",
    "公布跑动次数",
    "实际跑动中位",
    "补正占比（%）",
    "指南外要的材料",
    "提示",
];

async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    allowed(&visit)?;
    let format = match asked.format.as_deref() {
        None | Some("") => Format::Xlsx,
        Some(word) => Format::from_word(word)
            .ok_or_else(|| Problem::bad_request("query_invalid", "导出格式只能是xlsx或csv"))?,
    };
    let (_, mut parted) = read(&doors).await?;
    asked.keep(&doors, &mut parted)?;
    let rows: Vec<Vec<Cell>> = parted
        .iter()
        .map(|one| {
            let line = Line::of(&doors, one);
            let median = |measure| Cell::from(one.real.of(measure).median());
            vec![
                line.name.into(),
                line.org.into(),
                line.cases.into(),
                line.promised.into(),
                median(Measure::AcceptDays),
                median(Measure::DecideDays),
                median(Measure::DeliverDays),
                line.visits_published.into(),
                median(Measure::Visits),
                line.corrected.into(),
                line.asked.join("；").into(),
                one.alarms
                    .iter()
                    .map(|alarm| alarm.label())
                    .collect::<Vec<_>>()
                    .join("；")
                    .into(),
            ]
        })
        .collect();
    export::table(format, "指南与实际", HEADS, rows).await
}
