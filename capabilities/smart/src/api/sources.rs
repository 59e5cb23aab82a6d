//! 数据源: where facts come from, and how they are asked.

use ::web::{Access, Json, Listing, Routes};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::get;
use crate::state::Smart;

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    routes.api(
        get("/api/v1/smart/sources", "list_data_sources")
            .summary("数据源和调用参数")
            .access(Access::Staff)
            .ok::<Listing<SourceJson>>(200),
        list_sources,
    )
}

#[derive(Debug, Serialize, JsonSchema)]
struct SourceJson {
    key: String,
    name: String,
    owner: String,
    /// a、b、c、d
    trust: String,
    /// 本地登记
    local: bool,
    timeout_ms: u32,
    retries: u8,
    cache_s: u32,
    /// 熔断中
    resting: bool,
    fields: Vec<String>,
}

async fn list_sources(State(smart): State<Smart>) -> ::web::Result<Json<Listing<SourceJson>>> {
    let now = smart.app.now();
    let items = smart
        .known()
        .sources
        .values()
        .map(|source| SourceJson {
            key: source.key.clone(),
            name: source.name.clone(),
            owner: source.owner.clone(),
            trust: format!("{:?}", source.trust).to_lowercase(),
            local: source.local(),
            timeout_ms: source.timeout_ms,
            retries: source.retries,
            cache_s: source.cache_s,
            resting: smart.http.health(&source.key).is_resting(now),
            fields: source.fields.keys().cloned().collect(),
        })
        .collect();
    Ok(Json(Listing { items, next: None }))
}
