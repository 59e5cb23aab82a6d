//! From a certificate to the item that renews it: the one it was granted under.

use approval::details;
use axum::extract::State;
use axum::response::Response;
use web::{Path, Problem, Result, Visit, redirect};

use crate::Intake;

/// Leads to the guide of the item; to the search where the item is no longer offered.
pub(super) async fn show(
    State(intake): State<Intake>,
    visit: Visit,
    Path(license_id): Path<String>,
) -> Result<Response> {
    let actor = visit.actor()?.clone();
    let (name, about) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let (license, _) = license::by_id(tx, &license_id)?
                .filter(|(license, _)| actor.owns(license.holder))
                .ok_or_else(|| Problem::not_found("没有找到这个证照，请从“我的证照”进入"))?;
            let case = cases::load(tx, license.case_id).map_err(approval::Error::from)?;
            Ok((license.type_name, case.as_ref().and_then(details::about)))
        })
        .await?;
    if let Some(about) = about
        && intake.catalog.current(about.item).await?.is_some()
    {
        return Ok(redirect(&format!("/items/{}", about.item)));
    }
    let words = ui::page::query_value(&name);
    Ok(redirect(&format!("/search?q={words}")))
}
