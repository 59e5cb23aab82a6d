//! Reading, listing and checking certificates.

use axum::extract::State;
use web::{App, Json, Listing, Path, Problem, Query, Visit, cursor};

use super::wire::{CertifiedJson, LicenseJson, ListMyLicenses, VerifyQuery};
use crate::store::{self, Before};
use crate::view;
use crate::web::mine::LIST;
use crate::web::verify::look_up;

pub(crate) async fn get(
    visit: Visit,
    State(app): State<App>,
    Path(license_id): Path<String>,
) -> web::Result<Json<LicenseJson>> {
    let actor = visit.actor()?.clone();
    app.db
        .read(move |tx| store::by_id(tx, &license_id))
        .await?
        .filter(|(license, _)| view::may_see(&actor, license))
        .map(|(license, stored)| Json(LicenseJson::of(&app, license, stored)))
        .ok_or_else(|| Problem::not_found("没有找到这个证照"))
}

pub(crate) async fn verify(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<VerifyQuery>,
) -> web::Result<Json<CertifiedJson>> {
    if !store::is_code(&query.code) {
        return Err(Problem::invalid("code", "核验码是12位字母和数字"));
    }
    look_up(&visit, &app, &query.code)
        .await?
        .map(|certified| Json(CertifiedJson::of(certified, app.now())))
        .ok_or_else(|| Problem::not_found("没有这个核验码对应的证照"))
}

pub(crate) async fn mine(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListMyLicenses>,
) -> web::Result<Json<Listing<LicenseJson>>> {
    let holder = visit.person()?.applicant();
    let limit = limit_of(query.limit)?;
    let before: Option<Before> = query
        .cursor
        .map(|text| cursor::decode(&app, LIST, &text))
        .transpose()?;
    let mut found = app
        .db
        .read(move |tx| store::page_of_holder(tx, holder, before.as_ref(), limit + 1))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = more
        .then(|| found.last())
        .flatten()
        .map(|(last, _)| cursor::encode(&app, LIST, &Before::of(last)));
    let items = found
        .into_iter()
        .map(|(license, stored)| LicenseJson::of(&app, license, stored))
        .collect();
    Ok(Json(Listing { items, next }))
}

/// Entries of a page; a number outside the documented range is refused rather than bent.
fn limit_of(asked: Option<u32>) -> web::Result<usize> {
    let limit = asked.unwrap_or(cursor::PAGE_DEFAULT);
    if (1..=cursor::PAGE_MAX).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(Problem::bad_request("query_invalid", "limit 应为 1 至 100")
            .and_field("limit", "应为 1 至 100"))
    }
}
