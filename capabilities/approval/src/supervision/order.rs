//! 责令限期整改通知书, for whoever was ordered and for the office.

use askama::Template;
use axum::{extract::State, response::Response};
use base::ids::CaseId;
use jiff::civil::Date;
use web::{Path, Problem, Visit};

use super::links;
use crate::{
    after::ending_pages::printed,
    aftercheck::{self, Finding, RECTIFY_CLOCK},
    clocks,
    service::{Approval, org_name},
};

#[derive(Template)]
#[template(path = "letters/order.html")]
struct OrderLetter<'a> {
    page: &'a ui::Page,
    org_name: String,
    addressee: String,
    item: String,
    case_no: String,
    promised_on: Date,
    finding: Finding,
    date: Date,
    until: Option<Date>,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Response> {
    let actor = visit.actor()?.clone();
    let missing = || Problem::not_found("没有这份整改通知书");
    let (case, org) = approval
        .app
        .db
        .read(move |tx| {
            let case = aftercheck::load(tx, &actor, id)?;
            let org = org_name(tx, case.org)?;
            Ok::<_, crate::Error>((case, org))
        })
        .await
        .map_err(|error| match error {
            crate::Error::NotFound => missing(),
            other => other.into(),
        })?;
    let about = aftercheck::about(&case).ok_or_else(missing)?;
    let finding = aftercheck::findings(&case)
        .into_iter()
        .rfind(|finding| !finding.doc_no.is_empty())
        .ok_or_else(missing)?;
    let calendar = approval.app.calendar();
    let title = "责令限期整改通知书";
    let page = visit.page(title);
    let letter = OrderLetter {
        page: &page,
        org_name: org,
        addressee: case.applicant_name.clone(),
        item: case.title.replace("（告知承诺核查）", ""),
        case_no: about.case_no,
        promised_on: calendar::civil_date(about.promised_at),
        date: calendar::civil_date(finding.at),
        until: case
            .clock(RECTIFY_CLOCK)
            .and_then(|clock| clocks::due_at(clock, &calendar))
            .map(ui::format::last_day),
        finding,
    };
    let html = letter.render().map_err(Problem::internal)?;
    let back = if visit.staff().is_ok() {
        links::check(id)
    } else {
        format!("/cases/{}", about.case)
    };
    Ok(printed(&visit, page, html, back))
}
