//! Letters 文书: as the applicant gets them and as they are printed.

use std::fmt;

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use casework::{Actor, Case, Permission};
use jiff::{Timestamp, civil::Date};
use web::{Path, Problem, Visit};

use super::view::Loaded;
use crate::{
    clocks,
    details::{self, Acceptance, Decision, NotAccepted},
    letter, promise,
    service::Approval,
};

/// One letter as HTML, made by the templates of this crate: it may stand among other papers of one print.
pub struct Sheet(String);

impl fmt::Display for Sheet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Sheet {}

enum Body {
    Acceptance(Acceptance),
    Correction(Vec<Point>),
    NotAccepted(NotAccepted),
    Decision(Decision),
    Ban(crate::after::bans::Noted),
    Service(Service),
    /// Any other written notice: its words as they were issued.
    Notice(Vec<String>),
    Promise(Promised),
}

/// 告知承诺书: what was told, what was promised.
struct Promised {
    told: Vec<String>,
    promised: Vec<String>,
    at: Date,
}

/// One row of a correction notice.
struct Point {
    material: String,
    what: String,
}

/// 送达回证: filled in as far as it has happened; the rest is written by hand at hand-over.
struct Service {
    papers: String,
    means: &'static str,
    receiver: String,
    tracking: String,
    server: String,
    at: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "letters/sheet.html")]
struct SheetTemplate<'a> {
    page: &'a ui::Page,
    /// The first of its page has the page's `h1`.
    first: bool,
    /// Who signs, in the red head.
    org_name: String,
    addressee: String,
    /// 你 or 你单位.
    you: &'static str,
    /// 行政许可: the law of licensing is cited for nothing else.
    licensing: bool,
    item: String,
    case_no: String,
    filed_on: Date,
    title: String,
    doc_no: String,
    date: Date,
    body: Body,
    promised: Option<(String, Date)>,
    statutory: Option<(String, Date)>,
    deliver_by: Option<Date>,
    result_name: String,
    phone: String,
    /// Leads to the progress of the case; read by a phone and by the reader of a window.
    qr: Option<String>,
}

impl SheetTemplate<'_> {
    fn is_service(&self) -> bool {
        matches!(self.body, Body::Service(_))
    }
}

#[derive(Template)]
#[template(path = "letters/page.html")]
struct LetterPage {
    page: ui::Page,
    sheet: Sheet,
    back: String,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, kind)): Path<(CaseId, String)>,
) -> web::Result<Response> {
    let page = visit.page("");
    let back = if visit.staff().is_ok() {
        super::routes::workspace(id)
    } else {
        format!("/cases/{id}")
    };
    let (title, sheet) = build(&visit, &approval, &page, id, &kind, true).await?;
    let page = ui::Page { title, ..page };
    Ok(web::render(&visit, LetterPage { page, sheet, back }))
}

/// A letter of a case to be printed with other papers.
///
/// # Errors
/// 404 where the visitor may not know the case, or the letter was not written.
pub async fn sheet(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    kind: &str,
    first: bool,
) -> web::Result<Sheet> {
    let page = visit.page("");
    let (_, sheet) = build(visit, approval, &page, id, kind, first).await?;
    Ok(sheet)
}

async fn build(
    visit: &Visit,
    approval: &Approval,
    page: &ui::Page,
    id: CaseId,
    kind: &str,
    first: bool,
) -> web::Result<(String, Sheet)> {
    let actor = visit.actor()?.clone();
    let loaded = approval.open_for(&actor, id).await?;
    let served_by = if kind == "delivery" {
        deliverer(approval, id).await?
    } else {
        String::new()
    };
    let found = body(&loaded, &actor, kind, served_by);
    let (doc_no, body, at) = found.ok_or_else(|| Problem::not_found("本件还没有这份文书"))?;
    let case = &loaded.case;
    let calendar = approval.app.calendar();
    let due = |kind: &str| {
        let clock = case.clock(kind)?;
        let due = clock.due(&calendar).ok()?.due()?;
        Some((clock.length(), due.date))
    };
    let limit = |kind: &str| {
        let (length, date) = due(kind)?;
        Some((ui::strip::length(ui::Lang::Zh, length), date))
    };
    let title = letter::title(case, kind);
    let progress = format!("{}/progress?no={}", approval.app.config.public_url, case.no);
    let template = SheetTemplate {
        page,
        first,
        addressee: crate::window::applicant_shown(case),
        you: match loaded.applicant.as_ref().map(|party| party.kind) {
            Some(people::PartyKind::Legal) => "你单位",
            _ => "你",
        },
        licensing: letter::is_licensing(case),
        item: case.title.clone(),
        case_no: case.no.clone(),
        filed_on: calendar::civil_date(case.opened_at),
        title: title.clone(),
        doc_no,
        date: at
            .or_else(|| {
                let outcome = case.outcome.as_ref()?;
                Some(calendar::civil_date(outcome.at))
            })
            .unwrap_or_else(|| approval.app.today()),
        body,
        promised: limit(clocks::PROMISED),
        statutory: limit(clocks::STATUTORY),
        deliver_by: due(clocks::DELIVERY).map(|(_, date)| date),
        result_name: details::about(case)
            .map(|about| about.result_name)
            .unwrap_or_default(),
        phone: loaded
            .published
            .as_ref()
            .map(|published| published.item.consult_phone.clone())
            .unwrap_or_default(),
        org_name: loaded.org_name.clone(),
        // A service receipt stays with the office.
        qr: (kind != "delivery")
            .then(|| license::qr::svg(&progress, "查询办理进度的二维码"))
            .flatten(),
    };
    let html = template.render().map_err(Problem::internal)?;
    Ok((title, Sheet(html)))
}

/// Number, body and date (where it is not the decision's) of a letter that was written; a service receipt also
/// before hand-over, for whoever is about to hand over.
fn body(
    loaded: &Loaded,
    actor: &Actor,
    kind: &str,
    served_by: String,
) -> Option<(String, Body, Option<Date>)> {
    let case = &loaded.case;
    Some(match kind {
        "acceptance" => {
            let letter = details::acceptance(case).filter(|letter| !letter.deemed)?;
            let from = letter.from;
            (letter.doc_no.clone(), Body::Acceptance(letter), Some(from))
        }
        "correction" => {
            let letter = details::correction(case)?;
            let at = calendar::civil_date(letter.at);
            let points = points(&letter, loaded.published.as_deref());
            (letter.doc_no, Body::Correction(points), Some(at))
        }
        "not_accepted" => {
            let letter = details::not_accepted(case)?;
            (letter.doc_no.clone(), Body::NotAccepted(letter), None)
        }
        "decision" => {
            let decision = details::decision(case)?;
            (decision.doc_no.clone(), Body::Decision(decision), None)
        }
        "ban" => {
            let noted = crate::after::bans::noted(case)?;
            let on = noted.on;
            (noted.doc_no.clone(), Body::Ban(noted), Some(on))
        }
        "delivery" => {
            let service = service(case, actor, served_by)?;
            let at = service.at.map(calendar::civil_date);
            (String::new(), Body::Service(service), at)
        }
        "promise" => {
            let promise = promise::of(case)?;
            let (told, promised) = promise::words(&promise);
            let at = calendar::civil_date(promise.at);
            let text = |lines: Vec<promise::Line>| lines.iter().map(ToString::to_string).collect();
            let body = Body::Promise(Promised {
                told: text(told),
                promised: text(promised),
                at,
            });
            (String::new(), body, Some(at))
        }
        _ => {
            let notice = letter::notice(case, kind)?;
            let at = calendar::civil_date(notice.at);
            (notice.doc_no, Body::Notice(notice.text), Some(at))
        }
    })
}

fn service(case: &Case, actor: &Actor, served_by: String) -> Option<Service> {
    let decision = details::decision(case)?;
    let mut papers = format!("{}（{}）", letter::title(case, "decision"), decision.doc_no);
    if decision.license_id.is_some() {
        let about = details::about(case)?;
        papers.push('、');
        papers.push_str(&about.result_name);
    }
    if let Some(delivered) = details::delivered(case) {
        return Some(Service {
            papers,
            means: delivered.method.label(),
            receiver: delivered.receiver,
            tracking: delivered.tracking,
            server: served_by,
            at: Some(delivered.at),
        });
    }
    let about_to = case.is_open() && actor.may(Permission::Deliver, &case.scope());
    about_to.then(|| Service {
        papers,
        means: details::delivery_wish(case).label(),
        receiver: String::new(),
        tracking: String::new(),
        server: actor.name().to_owned(),
        at: None,
    })
}

/// Who handed over, as the trail says; the system where the result went out electronically.
async fn deliverer(approval: &Approval, id: CaseId) -> web::Result<String> {
    let trail = approval
        .app
        .db
        .read(move |tx| cases::trail(tx, id))
        .await
        .map_err(crate::Error::from)?;
    let event = trail
        .iter()
        .rev()
        .find(|row| row.event.facts.iter().any(is_delivery));
    Ok(event.map_or_else(String::new, |row| row.event.actor.shown()))
}

fn is_delivery(fact: &casework::Fact) -> bool {
    matches!(fact, casework::Fact::Noted { key, .. } if key == details::DELIVERED)
}

fn points(
    correction: &details::Correction,
    published: Option<&catalog::model::Published>,
) -> Vec<Point> {
    let name = |key: &str| {
        let materials = &published?.item.materials;
        let material = materials.iter().find(|material| material.key == key)?;
        Some(material.name.clone())
    };
    correction
        .items
        .iter()
        .map(|item| Point {
            material: name(&item.material).unwrap_or_else(|| "申请表".to_owned()),
            what: item.what.clone(),
        })
        .collect()
}
