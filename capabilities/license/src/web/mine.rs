//! My certificates, newest first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use web::{App, Query, Visit, cursor};

use crate::store::{self, Before};
use crate::view;

/// Certificates on a page.
const PAGE: usize = 50;

/// Name of the list in cursors, shared with the API.
pub(crate) const LIST: &str = "my_licenses";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    cursor: Option<String>,
}

struct Line {
    href: String,
    type_name: String,
    serial: String,
    issuer_name: String,
    valid_from: Date,
    valid_to: Option<Date>,
    state: &'static str,
    tag: &'static str,
}

#[derive(Template)]
#[template(path = "license/mine.html")]
struct MinePage {
    page: ui::Page,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

pub(crate) async fn get(
    visit: Visit,
    State(app): State<App>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let holder = visit.person()?.applicant();
    let before: Option<Before> = params
        .cursor
        .map(|text| cursor::decode(&app, LIST, &text))
        .transpose()?;
    let newer = before.is_some().then(|| super::routes::MINE.to_owned());
    let mut found = app
        .db
        .read(move |tx| store::page_of_holder(tx, holder, before.as_ref(), PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = more.then(|| found.last()).flatten().map(|(last, _)| {
        let place = cursor::encode(&app, LIST, &Before::of(last));
        format!("{}?cursor={place}", super::routes::MINE)
    });
    let today = app.today();
    let lines = found
        .into_iter()
        .map(|(license, stored)| {
            let state = store::state_on(&license, stored, today);
            Line {
                href: super::routes::show(&license.license_id),
                type_name: license.type_name,
                serial: license.serial,
                issuer_name: license.issuer_name,
                valid_from: license.valid_from,
                valid_to: license.valid_to,
                state: state.label(),
                tag: view::state_tag(state),
            }
        })
        .collect();
    let page = visit.page("我的证照").with_nav("my");
    let my_cases = page.t("我的办件").to_owned();
    Ok(web::render(
        &visit,
        MinePage {
            page: page.with_crumb(my_cases, "/my"),
            lines,
            newer,
            older,
        },
    ))
}
