//! After submission: the confirmation with the number and the dates, and 收件回执 to print.

use approval::details;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::CaseId;
use casework::{Actor, Case};
use jiff::civil::Date;
use qrcode::QrCode;
use qrcode::render::svg;
use ui::Page;
use web::{Path, Problem, Result, Visit, redirect, render};

use super::apply::planned_due;
use crate::Intake;
use crate::api::visible;
use crate::materials::{self, Need};
use crate::timeline;

#[derive(Template)]
#[template(path = "intake/confirmation.html")]
struct ConfirmationPage {
    page: Page,
    case_id: CaseId,
    case_no: String,
    title: String,
    filed_at: String,
    query_code: String,
    org: String,
    consult_phone: String,
    notice_due: Option<Date>,
    notice_provisional: bool,
    decision_due: Option<Date>,
    decision_provisional: bool,
    delivery: &'static str,
    later: Vec<String>,
    bring: Vec<String>,
    result_name: String,
}

/// The last day of an open clock of a case.
pub(super) fn due_of(intake: &Intake, case: &Case, kind: &str) -> (Option<Date>, bool) {
    let calendar = intake.app.calendar();
    let due = case
        .clocks
        .iter()
        .rev()
        .find(|clock| clock.terms.kind == kind && clock.closed_at.is_none())
        .and_then(|clock| clock.due(&calendar).ok())
        .and_then(calendar::Deadline::due);
    (
        due.map(|due| due.date),
        due.is_some_and(|due| due.provisional),
    )
}

pub(super) async fn confirmation(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    if let Some(address) = intake.elsewhere(&actor, case_id).await? {
        return Ok(redirect(&format!("{address}?submitted=1")));
    }
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let published = intake.version_of(&case).await?;
    let item = &published.item;
    let given = details::materials(&case);
    let (notice_due, notice_provisional) = due_of(&intake, &case, approval::clocks::NOTICE);
    // At the latest: as if it were accepted on the last day for saying so.
    let accepted_by = notice_due.unwrap_or_else(|| calendar::civil_date(case.opened_at));
    let (decision_due, decision_provisional) = planned_due(&intake, &published, accepted_by);
    let names = |wanted: &dyn Fn(&catalog::model::Material) -> bool| -> Vec<String> {
        item.materials
            .iter()
            .filter(|material| wanted(material))
            .map(|material| material.name.clone())
            .collect()
    };
    let page = visit.page("已提交").with_nav("my");
    let body = ConfirmationPage {
        case_id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        filed_at: page.datetime(case.opened_at),
        query_code: code(&intake, &case),
        org: intake.catalog.snapshot().org_name(case.org).to_owned(),
        consult_phone: item.consult_phone.clone(),
        notice_due,
        notice_provisional,
        decision_due,
        decision_provisional,
        delivery: super::question::way(details::delivery_wish(&case)).2,
        later: names(&|material| {
            materials::need(material) == Need::Later
                && materials::given(&given, &material.key).is_none()
        }),
        bring: names(&|material| {
            materials::given(&given, &material.key).is_some_and(materials::will_bring_paper)
        }),
        result_name: item.result.name.clone(),
        page,
    };
    Ok(render(&visit, body))
}

/// 查询密码, where it is the one this installation makes; empty otherwise.
fn code(intake: &Intake, case: &Case) -> String {
    let code = intake.query_code(case.id);
    let kept: Option<String> = case.detail(details::QUERY_CODE);
    if kept.as_deref() == Some(approval::query_digest(&case.no, &code).as_str()) {
        code
    } else {
        String::new()
    }
}

/// 收件回执: what was received, and what follows from it.
pub(super) struct Receipt {
    pub case_no: String,
    pub title: String,
    pub org: String,
    pub applicant: String,
    /// Who brought or took it in: what they are called, and who for whom.
    pub by: Option<(String, String)>,
    pub channel: &'static str,
    pub filed_at: String,
    pub filed_on: Date,
    /// Name, what was handed in.
    pub materials: Vec<(String, String)>,
    pub notice_due: Option<Date>,
    pub notice_provisional: bool,
    pub query_code: String,
    pub address: String,
    pub qr: String,
    pub consult_phone: String,
}

#[derive(Template)]
#[template(path = "intake/receipt.html")]
struct ReceiptPage {
    page: Page,
    case_id: CaseId,
    receipt: Receipt,
    staff: bool,
    /// The receipt has the page's `h1`.
    first: bool,
}

pub(super) async fn print(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
) -> Result<Response> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    let staff = matches!(actor, Actor::Staff(_));
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await?;
    let page = visit.page("收件回执");
    let body = ReceiptPage {
        case_id,
        receipt: receipt(&intake, &visit, &page, &case).await?,
        staff,
        first: true,
        page,
    };
    Ok(render(&visit, body))
}

/// The receipt of a case that the visitor may see.
pub(super) async fn receipt(
    intake: &Intake,
    visit: &Visit,
    page: &Page,
    case: &Case,
) -> Result<Receipt> {
    let actor = visit.actor()?;
    let staff = matches!(actor, Actor::Staff(_));
    let receives = actor.may_somewhere(casework::Permission::Receive);
    let published = intake.version_of(case).await?;
    let given = details::materials(case);
    let origins = approval::origins::origins(case);
    let certified: Vec<&str> = origins.certified().collect();
    let listed = published
        .item
        .materials
        .iter()
        .map(|material| {
            let entry = materials::given(&given, &material.key);
            let value = match entry {
                Some(entry) if entry.paper => page.t("纸质件，已收").to_owned(),
                Some(entry) if !entry.files.is_empty() => {
                    page.t1("电子件{n}份", "n", entry.files.len())
                }
                Some(_) => page.t("纸质件，待交窗口").to_owned(),
                None => match materials::need_beside(material, &certified) {
                    Need::Shared => page.t("免提交").to_owned(),
                    Need::Choice => page.t("不提交").to_owned(),
                    Need::Later => page.t("待补").to_owned(),
                    _ => page.t("未提交").to_owned(),
                },
            };
            (material.name.clone(), value)
        })
        .collect();
    let id = case.id;
    let filed = intake
        .app
        .db
        .read(move |tx| cases::trail(tx, id))
        .await
        .map_err(approval::Error::from)?
        .into_iter()
        .next()
        .map(|row| row.event);
    // The notice clock may be closed by now; the receipt says what was true at receipt.
    let (notice_due, notice_provisional) = first_notice(intake, case);
    let address = format!("{}/progress?no={}", visit.app.config.public_url, case.no);
    Ok(Receipt {
        case_no: case.no.clone(),
        title: case.title.clone(),
        org: intake.catalog.snapshot().org_name(case.org).to_owned(),
        applicant: case.applicant_name.clone(),
        by: filed
            .as_ref()
            .and_then(timeline::brought_in_by)
            .map(|(role, who)| (page.t(role).to_owned(), who)),
        channel: case.channel.label(),
        filed_at: page.datetime(case.opened_at),
        filed_on: calendar::civil_date(case.opened_at),
        materials: listed,
        notice_due,
        notice_provisional,
        query_code: if !staff || receives {
            code(intake, case)
        } else {
            String::new()
        },
        qr: qr(&address)?,
        address,
        consult_phone: published.item.consult_phone.clone(),
    })
}

fn first_notice(intake: &Intake, case: &Case) -> (Option<Date>, bool) {
    let calendar = intake.app.calendar();
    let due = case
        .clocks
        .iter()
        .find(|clock| clock.terms.kind == approval::clocks::NOTICE)
        .and_then(|clock| clock.due(&calendar).ok())
        .and_then(calendar::Deadline::due);
    (
        due.map(|due| due.date),
        due.is_some_and(|due| due.provisional),
    )
}

/// A QR code as SVG that stands in the page: no style, no script.
fn qr(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(Problem::internal)?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .quiet_zone(false)
        .min_dimensions(96, 96)
        .build();
    // The drawing alone: a page has its own declaration.
    Ok(drawn
        .split_once("?>")
        .map_or(drawn.clone(), |(_, svg)| svg.to_owned()))
}
