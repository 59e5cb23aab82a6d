//! From a certificate to the item that renews it: the one it was granted under.

use approval::details;
use axum::extract::State;
use axum::response::Response;
use web::{Path, Problem, Result, Visit, redirect};

use crate::Intake;

/// Leads to the renewal; where the certificate has run out to the guide of the item, and to the search where the item
/// is no longer offered.
pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(license_id): Path<String>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let today = visit.app.today();
    let (license, stored, about) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let (license, stored) = license::by_id(tx, &license_id)?
                .filter(|(license, _)| actor.owns(license.holder))
                .ok_or_else(|| Problem::not_found("没有找到这个证照，请从“我的证照”进入"))?;
            let case = cases::load(tx, license.case_id).map_err(approval::Error::from)?;
            let about = case.as_ref().and_then(details::about);
            Ok((license, stored, about))
        })
        .await?;
    // What still counts is renewed; what has run out is applied for anew.
    if license::store::state_on(&license, stored, today) == license::LicenseState::Valid {
        return Ok(redirect(&format!(
            "/licenses/{}/apply/renew",
            license.license_id
        )));
    }
    if let Some(about) = about
        && intake.catalog.current(about.item).await?.is_some()
    {
        return Ok(redirect(&format!("/items/{}", about.item)));
    }
    let words = ui::page::query_value(&license.type_name);
    Ok(redirect(&format!("/search?q={words}")))
}
