//! My certificates as cards, newest first: which count, which end soon, and the way to renew them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use web::{App, Query, Visit, cursor};

use crate::model::{License, LicenseState};
use crate::store::{self, Before};
use crate::view;

/// Certificates on a page.
const PAGE: usize = 50;
/// Days before its last day that a certificate is shown as ending: from then on its renewal may be asked for.
const ENDING_DAYS: i64 = 90;

/// Name of the list in cursors, shared with the API.
pub(crate) const LIST: &str = "my_licenses";

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    cursor: Option<String>,
}

struct Card {
    href: String,
    type_name: String,
    serial: String,
    holder_name: String,
    issuer_name: String,
    valid_from: Date,
    valid_to: Option<Date>,
    state: &'static str,
    tag: &'static str,
    code: String,
    /// It no longer counts.
    over: bool,
    /// Days until its last day, where that is soon.
    ending_in: Option<i32>,
    /// Where it is renewed; empty where there is nothing to renew yet.
    renewal: String,
    /// Where it is changed and reissued; empty where it no longer counts.
    change: String,
    reissue: String,
}

#[derive(Template)]
#[template(path = "license/mine.html")]
struct MinePage {
    page: ui::Page,
    cards: Vec<Card>,
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
    let cards = found
        .into_iter()
        .map(|(license, stored)| card(license, stored, today))
        .collect();
    let page = visit.page("我的证照").with_nav("my");
    let my_cases = page.t("我的办件").to_owned();
    Ok(web::render(
        &visit,
        MinePage {
            page: page.with_crumb(my_cases, "/my"),
            cards,
            newer,
            older,
        },
    ))
}

fn card(license: License, stored: LicenseState, today: Date) -> Card {
    let state = store::state_on(&license, stored, today);
    let ending_in = license
        .valid_to
        .filter(|_| state == LicenseState::Valid)
        .filter(|last| ends_soon(*last, today))
        .map(|last| (last - today).get_days());
    let renewable = ending_in.is_some() || state == LicenseState::Expired;
    let (label, tag) = match ending_in {
        Some(_) => ("即将到期", "tag-amber"),
        None => (state.label(), view::state_tag(state)),
    };
    Card {
        href: super::routes::show(&license.license_id),
        renewal: if renewable {
            super::routes::renewal(&license.license_id)
        } else {
            String::new()
        },
        change: apply(&license, state, "change"),
        reissue: apply(&license, state, "reissue"),
        code: view::grouped(&license.verify_code),
        type_name: license.type_name,
        serial: license.serial,
        holder_name: license.holder_name,
        issuer_name: license.issuer_name,
        valid_from: license.valid_from,
        valid_to: license.valid_to,
        state: label,
        tag,
        over: state != LicenseState::Valid,
        ending_in,
    }
}

fn apply(license: &License, state: LicenseState, wish: &str) -> String {
    if state == LicenseState::Valid {
        super::routes::apply(&license.license_id, wish)
    } else {
        String::new()
    }
}

fn ends_soon(last: Date, today: Date) -> bool {
    today
        .checked_add(ENDING_DAYS.days())
        .is_ok_and(|soon| last <= soon)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::ends_soon;

    #[test]
    fn ninety_days_are_soon_and_ninety_one_are_not() {
        let today = date(2026, 5, 11);
        assert!(ends_soon(today, today));
        assert!(ends_soon(date(2026, 8, 9), today));
        assert!(!ends_soon(date(2026, 8, 10), today));
    }
}
