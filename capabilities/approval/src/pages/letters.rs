//! Letters 文书: as the applicant gets them and as they are printed.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use casework::Case;
use jiff::civil::Date;
use web::{Path, Problem, Visit};

use super::view::Loaded;
use crate::{
    clocks,
    details::{self, Acceptance, Correction, Decision, Delivered, NotAccepted},
    service::Approval,
};

enum Body {
    Acceptance(Acceptance),
    Correction(Correction, Vec<Point>),
    NotAccepted(NotAccepted),
    Decision(Decision),
    Delivery(Delivered),
}

/// One row of a correction notice.
struct Point {
    material: String,
    what: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    page: ui::Page,
    case: Case,
    /// Who signs, in the red head.
    org_name: String,
    /// 你 or 你单位.
    you: &'static str,
    filed_on: Date,
    title: String,
    doc_no: String,
    date: Date,
    body: Body,
    promised: Option<(String, Date)>,
    statutory: Option<(String, Date)>,
    result_name: String,
    decision_no: String,
    phone: String,
    back: String,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, kind)): Path<(CaseId, String)>,
) -> web::Result<Response> {
    let loaded = approval.open_for(visit.actor()?, id).await?;
    let Some(page) = build(&visit, &approval, loaded, &kind) else {
        return Err(Problem::not_found("本件还没有这份文书"));
    };
    Ok(web::render(&visit, page))
}

fn build(visit: &Visit, approval: &Approval, loaded: Loaded, kind: &str) -> Option<LetterPage> {
    let case = loaded.case;
    let is_licence = details::about(&case).is_none_or(|about| about.item_type == "01");
    let (act, thing) = if is_licence {
        ("许可", "行政许可申请")
    } else {
        ("办理", "政务服务事项申请")
    };
    let decided = details::decision(&case);
    let (title, doc_no, body, at) = match kind {
        "acceptance" => {
            let acceptance = details::acceptance(&case).filter(|acceptance| !acceptance.deemed)?;
            (
                format!("{thing}受理通知书"),
                acceptance.doc_no.clone(),
                Body::Acceptance(acceptance.clone()),
                Some(acceptance.from),
            )
        }
        "correction" => {
            let correction = details::correction(&case)?;
            let at = calendar::civil_date(correction.at);
            let points = points(&correction, loaded.published.as_deref());
            (
                format!("{thing}补正告知书"),
                correction.doc_no.clone(),
                Body::Correction(correction, points),
                Some(at),
            )
        }
        "not_accepted" => {
            let letter = details::not_accepted(&case)?;
            (
                format!("{thing}不予受理通知书"),
                letter.doc_no.clone(),
                Body::NotAccepted(letter),
                None,
            )
        }
        "decision" => {
            let decision = decided.clone()?;
            (
                format!(
                    "{}{act}决定书",
                    if decision.granted { "准予" } else { "不予" }
                ),
                decision.doc_no.clone(),
                Body::Decision(decision),
                None,
            )
        }
        "delivery" => {
            let delivered = details::delivered(&case)?;
            let at = calendar::civil_date(delivered.at);
            (
                "送达回证".to_owned(),
                String::new(),
                Body::Delivery(delivered),
                Some(at),
            )
        }
        _ => return None,
    };
    let date = at
        .or_else(|| {
            case.outcome
                .as_ref()
                .map(|outcome| calendar::civil_date(outcome.at))
        })
        .unwrap_or_else(|| approval.app.today());
    let calendar = approval.app.calendar();
    let limit = |kind: &str| {
        let clock = case.clock(kind)?;
        let due = clock.due(&calendar).ok()?.due()?;
        Some((ui::strip::length(ui::Lang::Zh, clock.length()), due.date))
    };
    let back = if visit.staff().is_ok() {
        super::routes::workspace(case.id)
    } else {
        format!("/cases/{}", case.id)
    };
    Some(LetterPage {
        page: visit.page(&title),
        org_name: loaded.org_name,
        you: match loaded.applicant.map(|party| party.kind) {
            Some(people::PartyKind::Legal) => "你单位",
            _ => "你",
        },
        filed_on: calendar::civil_date(case.opened_at),
        title,
        doc_no,
        date,
        body,
        promised: limit(clocks::PROMISED),
        statutory: limit(clocks::STATUTORY),
        result_name: details::about(&case)
            .map(|about| about.result_name)
            .unwrap_or_default(),
        decision_no: decided.map(|decision| decision.doc_no).unwrap_or_default(),
        phone: loaded
            .published
            .map(|published| published.item.consult_phone.clone())
            .unwrap_or_default(),
        back,
        case,
    })
}

fn points(correction: &Correction, published: Option<&catalog::model::Published>) -> Vec<Point> {
    correction
        .items
        .iter()
        .map(|item| Point {
            material: published
                .and_then(|published| {
                    published
                        .item
                        .materials
                        .iter()
                        .find(|material| material.key == item.material)
                })
                .map_or_else(|| "申请表".to_owned(), |material| material.name.clone()),
            what: item.what.clone(),
        })
        .collect()
}
