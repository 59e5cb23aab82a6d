//! 指南与实际 over the API.

use axum::extract::State;
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::Serialize;
use web::{Access, Json, Operation, Routes, Visit};

use crate::drift::Measure;
use crate::figures::Parts;
use crate::pages::Doors;
use crate::pages::admin::drift::{Parted, read};
use crate::pages::admin::figures::allowed;

/// Items in one answer.
const ITEMS_MAX: usize = 1000;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes.api(
        Operation::get("/api/v1/catalog/drift", "list_catalog_drift")
            .tag("catalog")
            .summary("指南与实际的差别")
            .description("近12个月办结的件和现行指南对照，有提示的在前，再按差距排列，最多1000项。")
            .access(Access::Staff)
            .ok::<DriftList>(200),
        list,
    )
}

/// 指南与实际
#[derive(Debug, Serialize, JsonSchema)]
struct DriftList {
    items: Vec<DriftItem>,
}

/// 一个事项
#[derive(Debug, Serialize, JsonSchema)]
struct DriftItem {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    name: String,
    /// 办结件数
    cases: i64,
    /// 承诺时限，工作日
    promised_days: Option<f64>,
    /// 用时中位数，工作日
    accept_days: Option<i64>,
    decide_days: Option<i64>,
    deliver_days: Option<i64>,
    /// 公布的到现场次数
    visit_count: i64,
    /// 实际到现场次数的中位数
    visits: Option<i64>,
    /// 补正的件占百分之几
    corrected_percent: i64,
    /// 要了指南外材料的件占百分之几
    unnamed_percent: i64,
    /// 差距，占承诺时限的百分之几
    gap_percent: i64,
    alarms: Vec<String>,
}

impl DriftItem {
    fn of(one: &Parted) -> DriftItem {
        let median = |measure| one.real.of(measure).median();
        DriftItem {
            item_id: one.brief.item_id,
            name: one.brief.name.clone(),
            cases: one.real.cases(),
            promised_days: one
                .published
                .promised
                .map(|parts| parts.n as f64 / Parts::PER_DAY as f64),
            accept_days: median(Measure::AcceptDays),
            decide_days: median(Measure::DecideDays),
            deliver_days: median(Measure::DeliverDays),
            visit_count: one.published.visits,
            visits: median(Measure::Visits),
            corrected_percent: one.real.of(Measure::Corrected).share(),
            unnamed_percent: one.real.of(Measure::Unnamed).share(),
            gap_percent: one.gap,
            alarms: one
                .alarms
                .iter()
                .map(|alarm| alarm.word().to_owned())
                .collect(),
        }
    }
}

async fn list(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<DriftList>> {
    allowed(&visit)?;
    let (_, parted) = read(&doors).await?;
    Ok(Json(DriftList {
        items: parted.iter().take(ITEMS_MAX).map(DriftItem::of).collect(),
    }))
}
