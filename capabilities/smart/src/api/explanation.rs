//! What was checked about a case and with which data, for whoever it is about.

use ::web::{Access, Json, Path, Routes, Visit};
use axum::extract::State;
use base::ids::CaseId;
use schemars::JsonSchema;
use serde::Serialize;

use super::get;
use crate::state::Smart;
use crate::web::explained;

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    routes.api(
        get("/api/v1/cases/{case_id}/explanation", "get_explanation")
            .summary("自动审查核对了什么、用了哪些数据")
            .access(Access::Owner)
            .ok::<ExplanationJson>(200)
            .problems(&[404]),
        explanation,
    )
}

#[derive(Debug, Serialize, JsonSchema)]
struct ExplanationJson {
    /// grant、refuse、person
    outcome: String,
    /// assist、auto
    mode: String,
    rule_version: i64,
    legal_basis: String,
    checks: Vec<CheckJson>,
    sources: Vec<UsedJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CheckJson {
    name: String,
    legal_basis: String,
    met: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct UsedJson {
    name: String,
    #[schemars(with = "Option<::web::schema::Instant>")]
    observed_at: Option<jiff::Timestamp>,
}

async fn explanation(
    visit: Visit,
    State(smart): State<Smart>,
    Path(case_id): Path<CaseId>,
) -> ::web::Result<Json<ExplanationJson>> {
    let actor = visit.actor()?.clone();
    let found = explained(&smart, &actor, case_id).await?;
    Ok(Json(ExplanationJson {
        outcome: found.run.outcome.word().to_owned(),
        mode: found.run.mode.word().to_owned(),
        rule_version: found.run.set_version,
        legal_basis: found.legal_basis,
        checks: found
            .checks
            .into_iter()
            .map(|(name, legal_basis, met)| CheckJson {
                name,
                legal_basis,
                met,
            })
            .collect(),
        sources: found
            .sources
            .into_iter()
            .map(|(name, observed_at)| UsedJson { name, observed_at })
            .collect(),
    }))
}
