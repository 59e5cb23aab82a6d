//! An applicant's case: what to do now, how far it is, how the limits are counted, and everything handed in and sent.

use approval::details;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::CaseId;
use calendar::Clock;
use casework::event::ActorKind;
use casework::{Actor, Case, Event};
use catalog::model::Published;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use store::Tx;
use ui::Page;
use ui::strip::{Cell, ClockView};
use web::{Path, Query, Result, Visit, redirect, render};

use super::calendar_file;
use super::now::{self, Now};
use super::special;
use super::view::{AnswerPart, AnswerRow, FileView, said};
use crate::api::visible;
use crate::form::{self, Answers};
use crate::timeline::{self, Stage};
use crate::{Intake, materials};

#[derive(Template)]
#[template(path = "intake/case.html")]
struct CasePage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    applicant: String,
    /// Who filed in their place: what they are called, and who for whom; empty where they did themselves.
    by: (String, String),
    state: &'static str,
    tone: &'static str,
    now: Option<Now>,
    /// Address of the dates for a calendar; empty where there are none.
    calendar: String,
    result: Option<ResultView>,
    lines: Vec<LineView>,
    clocks: Vec<ClockView>,
    planned: Vec<Planned>,
    org: String,
    org_phone: String,
    letters: Vec<(String, String)>,
    materials: Vec<(String, String, Vec<FileView>)>,
    answers: Vec<AnswerPart>,
    unmasked: bool,
    can_withdraw: bool,
    /// Acts of special procedures: (address, words).
    open_to: Vec<(String, String)>,
    can_rate: bool,
}

struct ResultView {
    good: bool,
    title: String,
    text: String,
    license: String,
}

struct LineView {
    class: &'static str,
    title: String,
    when: String,
    who: String,
    took: String,
    note: String,
    remark: String,
}

/// A clock that has not begun.
struct Planned {
    label: String,
    length: String,
    due: Option<Date>,
    provisional: bool,
    basis: String,
    strip: Vec<Cell>,
}

#[derive(Deserialize)]
pub(super) struct Show {
    /// `all`: the applicant's own data in full.
    show: Option<String>,
}

pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    Query(query): Query<Show>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let staff = matches!(actor, Actor::Staff(_));
    let reader = actor.clone();
    let handle = intake.clone();
    let now = visit.app.now();
    let read = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let case = visible(tx, &reader, case_id, now)?;
            let can_rate = rating_awaited(tx, now, case_id, &case.state, case.closed_at)?;
            let trail = cases::trail(tx, case_id).map_err(approval::Error::from)?;
            let answers = match details::form(&case) {
                Some(form) => {
                    approval::answers::load(tx, &handle.app.people, case_id, form.revision)?
                }
                None => None,
            };
            let events: Vec<_> = trail.into_iter().map(|row| row.event).collect();
            Ok((case, events, answers.unwrap_or_default(), can_rate))
        })
        .await;
    let (case, events, answers, can_rate) = match read {
        Ok(read) => read,
        Err(problem) if problem.kind == web::Kind::NotFound => {
            let ending = approval::after::ending_pages::instead(&visit, &intake.app, case_id);
            if let Some(address) = ending.await? {
                return Ok(redirect(&address));
            }
            let elsewhere = intake.elsewhere(&actor, case_id).await?;
            return elsewhere.map_or(Err(problem), |address| Ok(redirect(&address)));
        }
        Err(problem) => return Err(problem),
    };
    if staff {
        return Ok(redirect(&approval::pages::routes::workspace(case_id)));
    }
    let published = intake.version_of(&case).await?;
    let page = visit
        .page("我的办件")
        .with_nav("my")
        .with_crumb(visit.page("").t("我的办件").to_owned(), "/my");
    let page = Page {
        title: case.title.clone(),
        ..page
    };
    let snapshot = intake.catalog.snapshot();
    let org = snapshot.org(case.org);
    let org_name = org.map(|org| org.name.clone()).unwrap_or_default();
    let calendar = intake.app.calendar();
    let whole = query.show.as_deref() == Some("all");
    let body = CasePage {
        case_id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        applicant: case.applicant_name.clone(),
        by: by(&page, events.first()),
        state: approval::flow::state_label(&case.state),
        tone: tone(&case.state),
        now: now::of(&page, &case, &published, &calendar, now),
        calendar: if calendar_file::dates(&case, &calendar).is_empty() {
            String::new()
        } else {
            format!("/cases/{case_id}/calendar")
        },
        result: result(&page, &case),
        lines: timeline::of(&case, &events, &org_name, &calendar)
            .iter()
            .map(|line| line_view(&page, line))
            .collect(),
        clocks: case
            .clocks
            .iter()
            .map(|clock| {
                let label = approval::clocks::label(&clock.terms.kind);
                ui::strip::view(page.lang, label, clock, &calendar, now)
            })
            .collect(),
        planned: planned(&intake, &visit, &page, &case),
        org_phone: if published.item.consult_phone.is_empty() {
            org.map(|org| org.phone.clone()).unwrap_or_default()
        } else {
            published.item.consult_phone.clone()
        },
        org: org_name,
        letters: letters(&page, &case),
        materials: materials_view(&page, &case, &published),
        answers: answer_parts(&published, &answers, whole),
        unmasked: whole,
        can_withdraw: approval::flow::FLOW
            .command("withdraw")
            .is_some_and(|step| step.from.contains(&case.state.as_str())),
        open_to: special::open_to(&page, &case, &calendar, now),
        can_rate,
        page,
    };
    Ok(render(&visit, body))
}

/// Who filed for the applicant; staff masked, as in the timeline.
fn by(page: &Page, filed: Option<&Event>) -> (String, String) {
    let Some((event, (role, who))) =
        filed.and_then(|event| Some((event, timeline::brought_in_by(event)?)))
    else {
        return (String::new(), String::new());
    };
    let who = match event.actor.kind {
        ActorKind::Staff => timeline::staff_shown(&event.actor),
        ActorKind::Person | ActorKind::System => who,
    };
    (page.t(role).to_owned(), who)
}

/// Whether the page asks for a rating: what was withdrawn is not asked about.
pub(super) fn rating_awaited(
    tx: &mut Tx<'_>,
    now: Timestamp,
    case: CaseId,
    state: &str,
    closed_at: Option<Timestamp>,
) -> Result<bool> {
    let Some(closed_at) = closed_at.filter(|_| state != "withdrawn") else {
        return Ok(false);
    };
    Ok(rating::awaited(
        tx,
        rating::Settings::default(),
        now,
        case,
        closed_at,
    )?)
}

/// Class of the state's tag.
pub(super) fn tone(state: &str) -> &'static str {
    match state {
        "correcting" => "amber",
        "granted" | "done" => "green",
        "refused" | "not_accepted" => "zhu",
        "withdrawn" => "plain",
        _ => "brand",
    }
}

fn result(page: &Page, case: &Case) -> Option<ResultView> {
    if let Some(decision) = details::decision(case) {
        return Some(ResultView {
            good: decision.granted,
            title: page
                .t(if decision.granted {
                    "准予许可"
                } else {
                    "不予许可"
                })
                .to_owned(),
            text: decision.opinion,
            license: decision
                .license_id
                .filter(|_| decision.granted)
                .map(|license| format!("/licenses/{license}"))
                .unwrap_or_default(),
        });
    }
    details::not_accepted(case).map(|letter| ResultView {
        good: false,
        title: page.t("不予受理").to_owned(),
        text: if letter.right_agency.is_empty() {
            letter.reason
        } else {
            format!(
                "{}　{}",
                letter.reason,
                page.t1("请向{agency}申请", "agency", letter.right_agency)
            )
        },
        license: String::new(),
    })
}

fn line_view(page: &Page, line: &timeline::Line) -> LineView {
    let text = |part: &Option<crate::said::Said>| {
        part.as_ref()
            .map(|part| said(page, part))
            .unwrap_or_default()
    };
    LineView {
        class: match line.stage {
            // An office at work is not the applicant's turn: another sign.
            Stage::Now if line.at.is_none() => "now-ok now",
            stage => stage.class(),
        },
        title: said(page, &line.title),
        when: line
            .at
            .as_ref()
            .map(|at| page.datetime(at))
            .unwrap_or_default(),
        who: line.who.clone(),
        took: text(&line.took),
        note: text(&line.note),
        remark: line.remark.clone(),
    }
}

/// The deciding clocks, as they would run if the case were accepted today.
fn planned(intake: &Intake, visit: &Visit, page: &Page, case: &Case) -> Vec<Planned> {
    if !matches!(case.state.as_str(), "received" | "correcting") {
        return Vec::new();
    }
    let calendar = intake.app.calendar();
    let now = visit.app.now();
    let terms = details::terms(case);
    [
        (approval::clocks::PROMISED, terms.promised),
        (approval::clocks::STATUTORY, terms.statutory),
    ]
    .into_iter()
    .filter_map(|(kind, limit)| {
        let limit = limit?;
        let id = base::ids::ClockId::from_uuid(uuid::Uuid::nil());
        let clock = Clock::start(id, approval::clocks::deciding(kind, &limit), now);
        let due = clock.due(&calendar).ok().and_then(calendar::Deadline::due);
        Some(Planned {
            label: page.t(approval::clocks::label(kind)).to_owned(),
            length: ui::strip::length(page.lang, clock.length()),
            due: due.map(|due| due.date),
            provisional: due.is_some_and(|due| due.provisional),
            basis: page.t(&clock.terms.basis).to_owned(),
            strip: ui::strip::planned(page.lang, &clock, &calendar),
        })
    })
    .collect()
}

fn letters(page: &Page, case: &Case) -> Vec<(String, String)> {
    let letter = |kind: &str| approval::pages::routes::letter(case.id, kind);
    let mut letters = vec![(
        page.t("收件回执").to_owned(),
        format!("/cases/{}/receipt", case.id),
    )];
    if details::correction(case).is_some() {
        letters.push((page.t("补正告知书").to_owned(), letter("correction")));
    }
    if details::acceptance(case).is_some_and(|letter| !letter.doc_no.is_empty()) {
        letters.push((page.t("受理通知书").to_owned(), letter("acceptance")));
    }
    if approval::promise::of(case).is_some() {
        letters.push((page.t("告知承诺书").to_owned(), letter("promise")));
    }
    for notice in approval::special::notices::all(case) {
        let address = letter(&approval::special::notices::address(notice.no));
        letters.push((page.t(notice.kind.title()).to_owned(), address));
    }
    if details::not_accepted(case).is_some() {
        letters.push((page.t("不予受理决定书").to_owned(), letter("not_accepted")));
    }
    if details::decision(case).is_some() {
        letters.push((page.t("决定书").to_owned(), letter("decision")));
    }
    if details::delivered(case).is_some() {
        letters.push((page.t("送达回证").to_owned(), letter("delivery")));
    }
    // Noted by whoever looked at the application when it came in (智能审批).
    if case.details.contains_key("smart") {
        let why = format!("/cases/{}/why", case.id);
        letters.push((page.t("为什么这样决定").to_owned(), why));
    }
    letters
}

fn materials_view(
    page: &Page,
    case: &Case,
    published: &Published,
) -> Vec<(String, String, Vec<FileView>)> {
    let given = details::materials(case);
    let origins = approval::origins::origins(case);
    let certified: Vec<&str> = origins.certified().collect();
    published
        .item
        .materials
        .iter()
        .filter(|material| {
            // What nobody had to hand in and nobody did is not shown as missing.
            let asked = !matches!(
                materials::need(material),
                materials::Need::Situational | materials::Need::Optional | materials::Need::Choice
            );
            asked || materials::given(&given, &material.key).is_some()
        })
        .map(|material| {
            let entry = materials::given(&given, &material.key);
            let text = match entry {
                Some(entry) if entry.promised => page.t("书面承诺，不再提交"),
                Some(entry) if entry.paper => page.t("纸质件，已收"),
                Some(entry) if entry.files.is_empty() => page.t("纸质件，待交窗口"),
                Some(_) => "",
                None => match materials::need_beside(material, &certified) {
                    materials::Need::Shared => page.t("免提交"),
                    materials::Need::Later => page.t("待补"),
                    _ => page.t("未提交"),
                },
            };
            let files = entry
                .map(|entry| {
                    entry
                        .files
                        .iter()
                        .map(|file| FileView {
                            name: file.name.clone(),
                            size: materials::size_text(file.size),
                            digest: file.digest.clone(),
                            href: approval::pages::routes::file(case.id, &file.digest),
                        })
                        .collect()
                })
                .unwrap_or_default();
            (material.name.clone(), text.to_owned(), files)
        })
        .collect()
}

/// The answers of a form, page by page; what was not answered is left out.
pub(super) fn answer_parts(
    published: &Published,
    answers: &Answers,
    whole: bool,
) -> Vec<AnswerPart> {
    published
        .item
        .form
        .pages
        .iter()
        .map(|page| AnswerPart {
            title: page.title.clone(),
            rows: page
                .fields
                .iter()
                .map(|field| AnswerRow {
                    label: field.label.clone(),
                    value: form::shown(field, answers.get(&field.key), whole),
                    change: String::new(),
                })
                .filter(|row| !row.value.is_empty())
                .collect(),
        })
        .filter(|part: &AnswerPart| !part.rows.is_empty())
        .collect()
}
