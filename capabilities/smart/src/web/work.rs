//! What people do beside the rules: 人工秒批, the shadow report, samples, sources, offers.

use super::tabs::{Tab, tabs};
use ::web::{Form, Idempotency, Path, Visit, once};
use approval::Act;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::ids::CaseId;
use casework::{Permission, Scope};
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use uuid::Uuid;

use super::may_see;
use crate::desk::{self, AGREED_MIN_PER_MILLE, Agreement, COMPARED_DAYS, COMPARED_MIN};
use crate::error::Error;
use crate::model::{Mode, Outcome, Source};
use crate::shadow::reason_label;
use crate::sources::{local, result_label};
use crate::state::Smart;
use crate::store as records;
use crate::store::runs::{CallLine, Filter, Run};
use crate::store::samples::Sample;

const LINES: usize = 200;

#[derive(Template)]
#[template(path = "smart/ready.html")]
struct ReadyPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    runs: Vec<Run>,
    request_key: String,
}

/// Cases in 人工秒批 that the rules would grant and nobody has decided yet.
pub(super) async fn ready(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let runs = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let filter = Filter {
                mode: Some(Mode::Assist),
                outcome: Some(Outcome::Grant),
                ..Filter::default()
            };
            let mut open = Vec::new();
            for run in super::visible(tx, &actor, &filter, LINES)? {
                let case = cases::load(tx, run.case).map_err(approval::Error::from)?;
                let waits = case.is_some_and(|case| {
                    matches!(case.state.as_str(), "received" | "accepted")
                        && actor.may(Permission::Decide, &case.scope())
                });
                if waits {
                    open.push(run);
                }
            }
            Ok(open)
        })
        .await?;
    Ok(::web::render(
        &visit,
        ReadyPage {
            tabs: tabs(&visit),
            page: visit
                .page("人工秒批")
                .with_nav("smart")
                .with_crumb("智能审批", "/staff/smart"),
            runs,
            request_key: visit.new_request_key(),
        },
    ))
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GrantForm {
    run: Uuid,
}

/// The person's click: accepts and grants as themselves, on what the rules found.
pub(super) async fn grant(
    visit: Visit,
    State(smart): State<Smart>,
    Path(case_id): Path<CaseId>,
    Form(form): Form<GrantForm>,
) -> ::web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let (handle, run_id) = (smart.clone(), form.run);
    let answer = once(&visit, &key, move |tx| -> ::web::Result<::web::Answer> {
        let run = records::runs::run(tx, run_id)?
            .filter(|run| run.case == case_id && may_see(&actor, run))
            .ok_or(Error::NotFound)?;
        if run.outcome != Outcome::Grant || run.mode != Mode::Assist {
            return Err(Error::Conflict(
                "not_ready",
                "规则没有给出准予的建议，请按一般程序办理".to_owned(),
            )
            .into());
        }
        let stored =
            records::sets::version(tx, &run.base_code, run.set_version)?.ok_or(Error::NotFound)?;
        let case = cases::load(tx, case_id)
            .map_err(approval::Error::from)?
            .ok_or(Error::NotFound)?;
        if case.state == "received" {
            let accept = Act::Accept {
                remark: "经规则比对，符合受理条件。".to_owned(),
            };
            handle
                .approval
                .act(tx, &actor, now, case_id, None, &accept)?;
        }
        let grant = Act::Grant {
            opinion: stored.set.opinion.clone(),
        };
        handle
            .approval
            .act(tx, &actor, now, case_id, None, &grant)?;
        Ok(::web::Answer::see("/staff/smart/ready"))
    })
    .await?;
    Ok(answer.into_response())
}

#[derive(Template)]
#[template(path = "smart/shadow.html")]
struct ShadowPage {
    page: ui::Page,
    base_code: String,
    name: String,
    agreement: Agreement,
    needed: i64,
    needed_percent: String,
    days: i64,
    lines: Vec<ShadowLine>,
}

struct ShadowLine {
    rules: &'static str,
    person: &'static str,
    reason: String,
    agrees: bool,
    count: i64,
    examples: Vec<Run>,
}

fn person_label(outcome: &str) -> &'static str {
    match outcome {
        "grant" => "准予",
        "refuse" => "不予许可",
        "refuse_acceptance" => "不予受理",
        "request_correction" => "要求补正",
        _ => "其他",
    }
}

impl ShadowPage {
    fn percent(&self) -> String {
        percent(self.agreement.per_mille())
    }
}

fn percent(per_mille: i64) -> String {
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}

pub(super) async fn shadow(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let since = now
        .checked_sub((COMPARED_DAYS * 24).hours())
        .unwrap_or(Timestamp::MIN);
    let code = base_code.clone();
    let (name, agreement, lines) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let versions = records::sets::versions(tx, &code)?;
            let newest = versions.first().ok_or(Error::NotFound)?;
            let agreement = desk::agreement(tx, &code, now)?;
            let mut lines = Vec::new();
            for (rules, person, reason, agrees, count) in
                records::runs::agreement(tx, &code, since)?
            {
                let examples = records::runs::compared(tx, &code, &reason, 5)?;
                lines.push(ShadowLine {
                    rules: rules.label(),
                    person: person_label(&person),
                    reason: reason_label(&reason, examples.first()),
                    agrees,
                    count,
                    examples: examples
                        .into_iter()
                        .filter(|run| may_see(&actor, run))
                        .collect(),
                });
            }
            Ok((newest.set.name.clone(), agreement, lines))
        })
        .await?;
    Ok(::web::render(
        &visit,
        ShadowPage {
            page: visit
                .page("影子运行报告")
                .with_nav("smart")
                .with_crumb("智能审批", "/staff/smart"),
            base_code,
            name,
            agreement,
            needed: COMPARED_MIN,
            needed_percent: percent(AGREED_MIN_PER_MILLE),
            days: COMPARED_DAYS,
            lines,
        },
    ))
}

#[derive(Template)]
#[template(path = "smart/samples.html")]
struct SamplesPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    lines: Vec<SampleLine>,
    request_key: String,
}

struct SampleLine {
    sample: Sample,
    run: Run,
    may_check: bool,
}

pub(super) async fn samples(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let lines = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let mut lines = Vec::new();
            for sample in records::samples::list(tx, LINES)? {
                let Some(run) = records::runs::run(tx, sample.run)? else {
                    continue;
                };
                if !may_see(&actor, &run) {
                    continue;
                }
                let scope = Scope {
                    region: &sample.region,
                    org: Some(sample.org),
                };
                let may_check = sample.result.is_none()
                    && (actor.may(Permission::Decide, &scope)
                        || actor.may(Permission::Supervise, &scope));
                lines.push(SampleLine {
                    sample,
                    run,
                    may_check,
                });
            }
            Ok(lines)
        })
        .await?;
    Ok(::web::render(
        &visit,
        SamplesPage {
            tabs: tabs(&visit),
            page: visit
                .page("每日抽查")
                .with_nav("smart")
                .with_crumb("智能审批", "/staff/smart"),
            lines,
            request_key: visit.new_request_key(),
        },
    ))
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CheckForm {
    result: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn check(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
    Form(form): Form<CheckForm>,
) -> ::web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let actor = visit.actor()?.clone();
    let right = match form.result.as_str() {
        "right" => true,
        "wrong" => false,
        _ => return Err(Error::invalid("result", "请选择无误或者有误").into()),
    };
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let answer = once(&visit, &key, move |tx| -> ::web::Result<::web::Answer> {
        desk::check_sample(tx, &actor, (id, now), run_id, right, &form.note)?;
        Ok(::web::Answer::see("/staff/smart/samples"))
    })
    .await?;
    Ok(answer.into_response())
}

#[derive(Template)]
#[template(path = "smart/sources.html")]
struct SourcesPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    lines: Vec<SourceLine>,
}

struct SourceLine {
    source: Source,
    resting: bool,
    failures: u32,
    subjects: Option<i64>,
    calls: i64,
    failed: i64,
    mean_ms: i64,
}

/// Hours the figures of a source are about.
const HOURS: i64 = 24;

async fn source_lines(smart: &Smart) -> Result<Vec<SourceLine>, store::Error> {
    let now = smart.app.now();
    let since = now.checked_sub(HOURS.hours()).unwrap_or(Timestamp::MIN);
    let handle = smart.clone();
    smart
        .app
        .db
        .read(move |tx| -> Result<_, store::Error> {
            let mut lines = Vec::new();
            for source in records::sources(tx)? {
                let counts = records::runs::call_counts(tx, &source.key, since)?;
                let calls: i64 = counts.iter().map(|(_, count, _)| count).sum();
                let failed = counts
                    .iter()
                    .filter(|(result, ..)| !matches!(result.as_str(), "ok" | "none" | "cached"))
                    .map(|(_, count, _)| count)
                    .sum();
                let took: i64 = counts.iter().map(|(.., took)| took).sum();
                let health = handle.http.health(&source.key);
                lines.push(SourceLine {
                    resting: health.is_resting(now),
                    failures: health.failures,
                    subjects: source
                        .local()
                        .then(|| local::count(tx, &source.key))
                        .transpose()?,
                    calls,
                    failed,
                    mean_ms: if calls > 0 { took / calls } else { 0 },
                    source,
                });
            }
            Ok(lines)
        })
        .await
}

pub(super) async fn sources(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    Ok(::web::render(
        &visit,
        SourcesPage {
            tabs: tabs(&visit),
            page: visit
                .page("数据源")
                .with_nav("smart")
                .with_crumb("智能审批", "/staff/smart"),
            lines: source_lines(&smart).await?,
        },
    ))
}

#[derive(Template)]
#[template(path = "smart/source.html")]
struct SourcePage {
    page: ui::Page,
    source: Source,
    calls: Vec<SourceCall>,
    may_change: bool,
    typed: SourceForm,
    errors: Vec<(String, String)>,
    request_key: String,
}

struct SourceCall {
    line: CallLine,
    result: &'static str,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SourceForm {
    url: String,
    timeout_ms: String,
    retries: String,
    cache_s: String,
    breaker_failures: String,
    breaker_open_s: String,
    why: String,
}

impl SourceForm {
    fn of(source: &Source) -> SourceForm {
        SourceForm {
            url: source.url.clone(),
            timeout_ms: source.timeout_ms.to_string(),
            retries: source.retries.to_string(),
            cache_s: source.cache_s.to_string(),
            breaker_failures: source.breaker_failures.to_string(),
            breaker_open_s: source.breaker_open_s.to_string(),
            why: String::new(),
        }
    }

    fn read(&self, source: &Source) -> Result<Source, Error> {
        fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Error> {
            text.trim()
                .parse()
                .map_err(|_| Error::invalid(field, "请填写整数"))
        }
        Ok(Source {
            url: self.url.trim().to_owned(),
            timeout_ms: number("timeout_ms", &self.timeout_ms)?,
            retries: number("retries", &self.retries)?,
            cache_s: number("cache_s", &self.cache_s)?,
            breaker_failures: number("breaker_failures", &self.breaker_failures)?,
            breaker_open_s: number("breaker_open_s", &self.breaker_open_s)?,
            ..source.clone()
        })
    }
}

async fn source_page(
    visit: &Visit,
    smart: &Smart,
    key: &str,
    typed: Option<SourceForm>,
    errors: Vec<(String, String)>,
) -> ::web::Result<Response> {
    let key = key.to_owned();
    let (source, calls) = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let source = records::sources(tx)?
                .into_iter()
                .find(|source| source.key == key)
                .ok_or(Error::NotFound)?;
            let calls = records::runs::calls_of_source(tx, &source.key, 50)?;
            Ok((source, calls))
        })
        .await?;
    let page = visit
        .page("数据源调用参数")
        .with_nav("smart")
        .with_crumb("智能审批", "/staff/smart")
        .with_crumb("数据源", "/staff/smart/sources");
    let failed = !errors.is_empty();
    let template = SourcePage {
        page: if failed { page.with_error() } else { page },
        typed: typed.unwrap_or_else(|| SourceForm::of(&source)),
        source,
        calls: calls
            .into_iter()
            .map(|line| SourceCall {
                result: result_label(&line.result),
                line,
            })
            .collect(),
        may_change: visit.actor()?.may_somewhere(Permission::Administer),
        errors,
        request_key: visit.new_request_key(),
    };
    let status = if failed {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    } else {
        axum::http::StatusCode::OK
    };
    Ok(::web::render_with(visit, status, template))
}

pub(super) async fn source(
    visit: Visit,
    State(smart): State<Smart>,
    Path(key): Path<String>,
) -> ::web::Result<Response> {
    source_page(&visit, &smart, &key, None, Vec::new()).await
}

pub(super) async fn change(
    visit: Visit,
    State(smart): State<Smart>,
    Path(key): Path<String>,
    Form(form): Form<SourceForm>,
) -> ::web::Result<Response> {
    let once_key = Idempotency::of_form(&visit)?;
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let (sent, name) = (form.clone(), key.clone());
    let done = once(
        &visit,
        &once_key,
        move |tx| -> ::web::Result<::web::Answer> {
            let known = records::sources(tx)?
                .into_iter()
                .find(|source| source.key == name)
                .ok_or(Error::NotFound)?;
            let source = sent.read(&known)?;
            desk::change_source(tx, &actor, (id, now), &source, &sent.why)?;
            Ok(::web::Answer::see(format!("/staff/smart/sources/{name}")))
        },
    )
    .await;
    smart.refresh().await?;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| {
                    let name = if field.field == "note" {
                        "why"
                    } else {
                        field.field.as_str()
                    };
                    (name.to_owned(), field.message.clone())
                })
                .collect();
            source_page(&visit, &smart, &key, Some(form), errors).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Template)]
#[template(path = "smart/offers.html")]
struct OffersPage {
    tabs: Vec<Tab>,
    page: ui::Page,
    lines: Vec<OfferLine>,
}

struct OfferLine {
    month: String,
    name: String,
    born_year: String,
    what: String,
    region: String,
    state: &'static str,
    case: Option<CaseId>,
}

pub(super) async fn offers(visit: Visit, State(smart): State<Smart>) -> ::web::Result<Response> {
    let actor = visit.actor()?.clone();
    let people = smart.app.people.clone();
    let found = smart
        .app
        .db
        .read(move |tx| records::offers::list(tx, &people, None, 1000))
        .await?;
    let lines = found
        .into_iter()
        .filter(|offer| {
            let scope = Scope {
                region: &offer.region,
                org: None,
            };
            actor.may(Permission::ReadCase, &scope) || actor.may(Permission::Supervise, &scope) || {
                // A body's own grant: the item tells the body.
                let snapshot = smart.catalog.snapshot();
                snapshot.item(offer.item).is_some_and(|brief| {
                    let scope = Scope {
                        region: &brief.region,
                        org: Some(brief.org_id),
                    };
                    actor.may(Permission::ReadCase, &scope)
                })
            }
        })
        .take(LINES)
        .map(|offer| OfferLine {
            month: offer.month.clone(),
            name: base::mask::name(&offer.body.name),
            born_year: offer.body.born.chars().take(4).collect(),
            what: crate::offers::of_code(&offer.base_code)
                .map_or_else(|| offer.base_code.clone(), |what| what.name.clone()),
            region: offer.region.clone(),
            state: offer.state.label(),
            case: offer.case,
        })
        .collect();
    Ok(::web::render(
        &visit,
        OffersPage {
            tabs: tabs(&visit),
            page: visit
                .page("主动服务")
                .with_nav("smart")
                .with_crumb("智能审批", "/staff/smart"),
            lines,
        },
    ))
}
