//! 事项办理设置 as JSON.

use axum::{extract::State, http::StatusCode};
use base::ids::ItemId;
use casework::Permission;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Routes, Visit};

use super::{Difference, changes, item_for, of, pages::missing, set};
use crate::{error::Error, law::Settings, service::Approval};

/// Adds the operations.
pub(super) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    let administer = || Access::Permission(Permission::Administer);
    routes
        .api(
            Operation::get("/api/v1/items/{item_id}/settings", "get_item_settings")
                .tag("approval")
                .summary("事项的办理设置和修改记录")
                .access(administer())
                .path::<ItemPath>()
                .ok::<SettingsJson>(200)
                .problems(&[404]),
            get,
        )
        .api(
            Operation::post("/api/v1/items/{item_id}/settings", "set_item_settings")
                .tag("approval")
                .summary("修改事项的办理设置，适用于此后提交的办件")
                .access(administer())
                .path::<ItemPath>()
                .body::<SetBody>()
                .ok::<SettingsJson>(200)
                .problems(&[404, 422]),
            post,
        )
}

#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document")]
struct ItemPath {
    /// 事项标识
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetBody {
    /// 全部设置；没有写的恢复为法律规定
    settings: Settings,
    /// 修改的理由
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
}

/// 一次修改
#[derive(Debug, Serialize, JsonSchema)]
struct ChangeJson {
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
    by: String,
    reason: String,
    differences: Vec<Difference>,
}

/// 事项的办理设置
#[derive(Debug, Serialize, JsonSchema)]
struct SettingsJson {
    settings: Settings,
    /// 新的在前
    changes: Vec<ChangeJson>,
}

impl SettingsJson {
    fn read(tx: &mut store::Tx<'_>, item: ItemId) -> Result<SettingsJson, Error> {
        Ok(SettingsJson {
            settings: of(tx, item)?,
            changes: changes(tx, item)?
                .into_iter()
                .map(ChangeJson::from)
                .collect(),
        })
    }
}

impl From<super::Change> for ChangeJson {
    fn from(change: super::Change) -> ChangeJson {
        ChangeJson {
            at: change.at,
            by: change.by,
            reason: change.reason,
            differences: change.differences,
        }
    }
}

async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<ItemId>,
) -> web::Result<Json<SettingsJson>> {
    let actor = visit.actor()?.clone();
    approval
        .app
        .db
        .read(move |tx| {
            item_for(tx, &actor, id)?;
            SettingsJson::read(tx, id)
        })
        .await
        .map(Json)
        .map_err(missing)
}

async fn post(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<ItemId>,
    Json(body): Json<SetBody>,
) -> web::Result<Answer> {
    let now = approval.app.now();
    let change = approval.app.ids.next_uuid(now);
    let actor = visit.actor()?.clone();
    web::once(&visit, &key, move |tx| {
        let known = changes(tx, id)?;
        let settings = &body.settings;
        let made = set(tx, &actor, (change, now), id, settings, &body.reason).map_err(missing)?;
        let changes = std::iter::once(made).chain(known);
        let told = SettingsJson {
            settings: settings.clone(),
            changes: changes.map(ChangeJson::from).collect(),
        };
        Ok::<_, web::Problem>(Answer::json(StatusCode::OK, &told))
    })
    .await
}
