//! 每日抽查: automatic decisions drawn to be checked by a person.

use ::web::{Access, Answer, Idempotency, Json, Listing, Path, Routes, Visit, once};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{get, post};
use crate::desk;
use crate::error::Error;
use crate::state::Smart;
use crate::store as records;
use crate::web::may_see;

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    routes
        .api(
            get("/api/v1/smart/samples", "list_smart_samples")
                .summary("每日抽查，待复核的在前")
                .access(Access::Staff)
                .ok::<Listing<SampleJson>>(200),
            list_samples,
        )
        .api(
            post("/api/v1/smart/samples/{run_id}/check", "check_smart_sample")
                .summary("复核一件抽查")
                .access(Access::Staff)
                .body::<NewCheck>()
                .ok_empty()
                .problems(&[404, 409]),
            check_sample,
        )
}

#[derive(Debug, Serialize, JsonSchema)]
struct SampleJson {
    #[schemars(with = "::web::schema::Id")]
    run_id: Uuid,
    #[schemars(with = "::web::schema::Day")]
    day: jiff::civil::Date,
    base_code: String,
    /// 当日该事项自动决定的件数
    drawn_from: i64,
    /// right、wrong；待复核时没有
    result: Option<String>,
    note: String,
}

async fn list_samples(
    visit: Visit,
    State(smart): State<Smart>,
) -> ::web::Result<Json<Listing<SampleJson>>> {
    let actor = visit.actor()?.clone();
    let items = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let mut items = Vec::new();
            for sample in records::samples::list(tx, 200)? {
                let seen =
                    records::runs::run(tx, sample.run)?.is_some_and(|run| may_see(&actor, &run));
                if seen {
                    items.push(SampleJson {
                        run_id: sample.run,
                        day: sample.day,
                        base_code: sample.base_code,
                        drawn_from: sample.drawn_from,
                        result: sample.result,
                        note: sample.note,
                    });
                }
            }
            Ok(items)
        })
        .await?;
    Ok(Json(Listing { items, next: None }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCheck {
    right: bool,
    /// 有误时必填
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

async fn check_sample(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
    key: Idempotency,
    Json(body): Json<NewCheck>,
) -> ::web::Result<Answer> {
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    once(&visit, &key, move |tx| -> ::web::Result<Answer> {
        desk::check_sample(tx, &actor, (id, now), run_id, body.right, &body.note)?;
        Ok(Answer::empty())
    })
    .await
}
