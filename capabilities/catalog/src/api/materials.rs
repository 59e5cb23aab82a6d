//! 材料库 over the API: the same library, the same drafts.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::ItemId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Problem, Query, Routes, Visit,
};

use crate::app::materials as app;
use crate::library::StandardMaterial;
use crate::pages::Doors;
use crate::pages::admin::desk::{editor, reason};
use crate::pages::admin::materials::{assigning, lines, merging};
use crate::store as records;
use crate::store::{BulkId, ListKey};

/// Rows of one answer.
const PAGE: usize = 100;
/// The names cursors are made under.
const LIST: &str = "api_materials";
const USERS: &str = "api_material_users";

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/catalog/materials", "list_standard_materials")
                .tag("catalog")
                .summary("材料库")
                .description("按编码排列；并入其他材料的也在内。")
                .access(Access::Staff)
                .query::<ListMaterials>()
                .ok::<Listing<MaterialLine>>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/catalog/materials", "put_standard_material")
                .tag("catalog")
                .summary("新建或修改标准材料")
                .description("revision为0时新建；否则是看到的修订号，别人先改过的返回409。")
                .access(Access::Staff)
                .body::<PutMaterial>()
                .ok::<MaterialView>(200)
                .problems(&[403, 409]),
            put,
        )
        .api(
            Operation::get("/api/v1/catalog/materials/{code}", "get_standard_material")
                .tag("catalog")
                .summary("标准材料")
                .access(Access::Staff)
                .ok::<MaterialView>(200),
            get,
        )
        .api(
            Operation::get(
                "/api/v1/catalog/materials/{code}/items",
                "list_standard_material_items",
            )
            .tag("catalog")
            .summary("使用标准材料的事项")
            .access(Access::Staff)
            .query::<ListMaterials>()
            .ok::<Listing<UserLine>>(200),
            users,
        )
        .api(
            Operation::post(
                "/api/v1/catalog/materials/{code}/merge",
                "merge_standard_material",
            )
            .tag("catalog")
            .summary("并入另一份标准材料")
            .description(
                "返回要改用新编码的事项的预览，送审和发布同批量修改；没有事项使用时bulk_id为空。",
            )
            .access(Access::Staff)
            .body::<Merge>()
            .ok::<Preview>(200)
            .problems(&[403]),
            merge,
        )
        .api(
            Operation::post(
                "/api/v1/catalog/materials/{code}/assign",
                "assign_standard_material",
            )
            .tag("catalog")
            .summary("把没有编码的材料归入标准材料的预览")
            .access(Access::Staff)
            .body::<Assign>()
            .ok::<Preview>(200),
            assign,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListMaterials {
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 标准材料
#[derive(Debug, Serialize, JsonSchema)]
struct MaterialLine {
    material: StandardMaterial,
    /// 使用的事项数
    items: i64,
}

/// 标准材料
#[derive(Debug, Serialize, JsonSchema)]
struct MaterialView {
    material: StandardMaterial,
    /// 修订号
    revision: i64,
    changed_by: String,
    #[schemars(with = "web::schema::Instant")]
    changed_at: Timestamp,
}

impl MaterialView {
    fn of(kept: records::Kept) -> MaterialView {
        MaterialView {
            material: kept.material,
            revision: kept.revision,
            changed_by: kept.changed_by,
            changed_at: kept.changed_at,
        }
    }
}

/// 使用标准材料的事项
#[derive(Debug, Serialize, JsonSchema)]
struct UserLine {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    name: String,
    /// 实施主体
    body: String,
    /// 事项里的名称
    called: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PutMaterial {
    material: StandardMaterial,
    /// 看到的修订号，新建为0
    revision: i64,
    /// 变更原因
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Merge {
    /// 并入的标准材料编码
    into: String,
    /// 原因
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Assign {
    /// 事项里的材料名称
    #[schemars(length(min = 1, max = 21))]
    names: Vec<String>,
}

/// 预览
#[derive(Debug, Serialize, JsonSchema)]
struct Preview {
    /// 批量修改的标识，用它查看逐项改动和送审
    #[schemars(with = "Option<web::schema::Id>")]
    bulk_id: Option<BulkId>,
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<ListMaterials>,
) -> web::Result<Json<Listing<MaterialLine>>> {
    editor(&visit)?;
    let after: String = match &query.cursor {
        None => String::new(),
        Some(text) => web::cursor::decode(&visit.app, LIST, text)?,
    };
    let mut rows = lines(&doors).await?;
    rows.retain(|line| line.material.code > after);
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|line| web::cursor::encode(&visit.app, LIST, &line.material.code));
    let items = rows
        .into_iter()
        .map(|line| MaterialLine {
            material: line.material,
            items: line.uses,
        })
        .collect();
    Ok(Json(Listing { items, next }))
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
) -> web::Result<Json<MaterialView>> {
    editor(&visit)?;
    let kept = doors
        .app
        .db
        .read(move |tx| records::material(tx, &code))
        .await?
        .ok_or_else(|| Problem::from(app::Error::NotFound))?;
    Ok(Json(MaterialView::of(kept)))
}

async fn users(
    visit: Visit,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Query(query): Query<ListMaterials>,
) -> web::Result<Json<Listing<UserLine>>> {
    editor(&visit)?;
    let after: Option<ListKey> = match &query.cursor {
        None => None,
        Some(text) => Some(web::cursor::decode(&visit.app, USERS, text)?),
    };
    let mut found = doors
        .app
        .db
        .read(move |tx| records::users_of(tx, &code, after.as_ref(), PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| {
        let key: ListKey = (last.item_name.clone(), last.item_id);
        web::cursor::encode(&visit.app, USERS, &key)
    });
    let snapshot = doors.catalog.snapshot();
    let items = found
        .into_iter()
        .map(|user| UserLine {
            item_id: user.item_id,
            body: snapshot.org_name(user.org_id).to_owned(),
            name: user.item_name,
            called: user.name,
        })
        .collect();
    Ok(Json(Listing { items, next }))
}

async fn put(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<PutMaterial>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (note, now) = (reason(&body.reason)?, doors.app.now());
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let kept = app::save(tx, &actor, &body.material, body.revision, &note, now)?;
        Ok(Answer::json(StatusCode::OK, &MaterialView::of(kept)))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}

async fn merge(
    visit: Visit,
    _key: Idempotency,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Json(body): Json<Merge>,
) -> web::Result<Json<Preview>> {
    let bulk_id = merging(&visit, &doors, &code, &body.into, &body.reason).await?;
    Ok(Json(Preview { bulk_id }))
}

async fn assign(
    visit: Visit,
    _key: Idempotency,
    State(doors): State<Doors>,
    Path(code): Path<String>,
    Json(body): Json<Assign>,
) -> web::Result<Json<Preview>> {
    let bulk_id = assigning(&visit, &doors, body.names, &code).await?;
    Ok(Json(Preview {
        bulk_id: Some(bulk_id),
    }))
}
