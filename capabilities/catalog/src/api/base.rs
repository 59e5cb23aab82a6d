//! The base list through the API: reading, publishing, cancelling, adopting, the list of licences.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::cursor::{PAGE_DEFAULT, PAGE_MAX};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Problem, Query, Routes, Visit,
};

use super::drafts::{Between, ChangeJson, Compared, DraftBrief};
use crate::app::base as base_list;
use crate::model::{BaseItem, PublishedBase};
use crate::pages::Doors;
use crate::pages::admin::base as pages;
use crate::pages::admin::desk::{editor, reason};
use crate::store as records;
use crate::store::BaseOutcome;

const LIST: &str = "api_base_items";

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/base-items", "list_base_items")
                .tag("catalog")
                .summary("基本目录")
                .description("按基本编码排列。")
                .access(Access::Staff)
                .query::<ListBase>()
                .ok::<Listing<BaseLine>>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/base-items", "publish_base_item")
                .tag("catalog")
                .summary("发布基本目录事项")
                .description("新事项，或者已有事项的新版本；认领过的事项各得到一项承接任务。")
                .access(Access::Staff)
                .body::<Publish>()
                .ok::<Published>(200)
                .problems(&[403]),
            publish,
        )
        .api(
            Operation::get("/api/v1/base-items/{base_code}", "get_base_item")
                .tag("catalog")
                .summary("基本目录事项")
                .access(Access::Staff)
                .ok::<BaseDetail>(200),
            get,
        )
        .api(
            Operation::get(
                "/api/v1/base-items/{base_code}/versions/{n}",
                "get_base_version",
            )
            .tag("catalog")
            .summary("基本目录事项的一版")
            .access(Access::Staff)
            .ok::<BaseDetail>(200),
            version,
        )
        .api(
            Operation::get(
                "/api/v1/base-items/{base_code}/diff",
                "compare_base_versions",
            )
            .tag("catalog")
            .summary("基本目录事项两个版本的差异")
            .access(Access::Staff)
            .query::<Between>()
            .ok::<Compared>(200),
            compare,
        )
        .api(
            Operation::post("/api/v1/base-items/{base_code}/cancel", "cancel_base_item")
                .tag("catalog")
                .summary("取消基本目录事项")
                .description("认领过的机构立即停止受理，已受理的办件办完。")
                .access(Access::Staff)
                .body::<Cancel>()
                .ok::<Cancelled>(200)
                .problems(&[403]),
            cancel,
        )
        .api(
            Operation::get("/api/v1/adoptions", "list_adoptions")
                .tag("catalog")
                .summary("承接任务")
                .description("最急的在前，最多500项。")
                .access(Access::Staff)
                .ok::<Listing<AdoptionJson>>(200),
            adoptions,
        )
        .api(
            Operation::post("/api/v1/adoptions/{item_id}", "adopt_base_version")
                .tag("catalog")
                .summary("承接新版本")
                .description("开始一份草稿：固定的要素换成新版本的，本地优化过的保留。")
                .access(Access::Staff)
                .ok::<DraftBrief>(201)
                .problems(&[403, 409]),
            adopt,
        )
        .api(
            Operation::get("/api/v1/licences-list", "list_licensed_items")
                .tag("catalog")
                .summary("行政许可事项清单")
                .description("清单内的许可，以及清单之外正在实施的。")
                .access(Access::Staff)
                .ok::<LicenceList>(200),
            licences,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListBase {
    /// 名称的一部分，或者编码的开头
    #[schemars(length(max = 200))]
    q: Option<String>,
    /// 每页几项
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 基本目录的一项
#[derive(Debug, Serialize, JsonSchema)]
struct BaseLine {
    base_code: String,
    name: String,
    /// 事项类型，两位代码
    item_type: String,
    version: i64,
    cancelled: bool,
    licence_list_no: String,
    #[schemars(with = "web::schema::Instant")]
    published_at: Timestamp,
}

impl From<PublishedBase> for BaseLine {
    fn from(base: PublishedBase) -> BaseLine {
        BaseLine {
            base_code: base.base_code,
            name: base.item.name,
            item_type: base.item.item_type,
            version: base.version,
            cancelled: base.cancelled,
            licence_list_no: base.item.licence_list_no,
            published_at: base.published_at,
        }
    }
}

/// 基本目录事项的一版
#[derive(Debug, Serialize, JsonSchema)]
struct BaseDetail {
    base_code: String,
    version: i64,
    /// 是否现行版本
    current: bool,
    cancelled: bool,
    /// 内容的SM3摘要，十六进制
    digest: String,
    published_by: String,
    #[schemars(with = "web::schema::Instant")]
    published_at: Timestamp,
    item: BaseItem,
}

impl From<PublishedBase> for BaseDetail {
    fn from(base: PublishedBase) -> BaseDetail {
        BaseDetail {
            base_code: base.base_code,
            version: base.version,
            current: base.current,
            cancelled: base.cancelled,
            digest: base.digest,
            published_by: base.published_by,
            published_at: base.published_at,
            item: base.item,
        }
    }
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<ListBase>,
) -> web::Result<Json<Listing<BaseLine>>> {
    editor(&visit)?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("limit应为1至{PAGE_MAX}");
        return Err(Problem::bad_request("query_invalid", message));
    }
    let limit = limit as usize;
    let after: String = query
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?
        .unwrap_or_default();
    let text = query
        .q
        .as_deref()
        .map(base::text::single_line)
        .unwrap_or_default();
    let mut found = doors
        .app
        .db
        .read(move |tx| records::base_items(tx, &text, &after, limit + 1))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&doors.app, LIST, &last.base_code));
    Ok(Json(Listing {
        items: found.into_iter().map(BaseLine::from).collect(),
        next,
    }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Publish {
    item: BaseItem,
    /// 公布的依据和说明
    #[serde(default)]
    reason: String,
}

/// 发布结果
#[derive(Debug, Serialize, JsonSchema)]
struct Published {
    base_code: String,
    /// 现行版本
    version: i64,
    /// 内容没有变化时为假
    changed: bool,
}

async fn publish(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<Publish>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, why) = (doors.app.now(), reason(&body.reason)?);
    let (region, calendar) = (doors.app.config.region.clone(), doors.app.calendar());
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let item = &body.item;
        let outcome = base_list::publish(tx, &actor, &region, item, &why, &calendar, now)?;
        let base = records::base_item(tx, &item.base_code)?.ok_or(base_list::Error::NotFound)?;
        Ok(Answer::json(
            StatusCode::OK,
            &Published {
                base_code: base.base_code,
                version: base.version,
                changed: outcome != BaseOutcome::Unchanged,
            },
        ))
    })
    .await
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
) -> web::Result<Json<BaseDetail>> {
    editor(&visit)?;
    let base = doors
        .app
        .db
        .read(move |tx| records::base_item(tx, &base_code))
        .await?;
    Ok(Json(base.ok_or(base_list::Error::NotFound)?.into()))
}

async fn version(
    visit: Visit,
    State(doors): State<Doors>,
    Path((base_code, n)): Path<(String, i64)>,
) -> web::Result<Json<BaseDetail>> {
    editor(&visit)?;
    let base = doors
        .app
        .db
        .read(move |tx| records::base_version(tx, &base_code, n))
        .await?;
    let base = base.ok_or_else(|| Problem::not_found("没有这一版"))?;
    Ok(Json(base.into()))
}

async fn compare(
    visit: Visit,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
    Query(query): Query<Between>,
) -> web::Result<Json<Compared>> {
    editor(&visit)?;
    let compared = doors
        .app
        .db
        .read(move |tx| -> web::Result<Compared> {
            let base = records::base_item(tx, &base_code)?.ok_or(base_list::Error::NotFound)?;
            let to = query.to.unwrap_or(base.version);
            let from = query.from.unwrap_or((to - 1).max(1));
            let changes = pages::between(tx, &base_code, pages::Between { from, to })?;
            Ok(Compared {
                name: base.item.name,
                from,
                to,
                changes: changes.into_iter().map(ChangeJson::from).collect(),
            })
        })
        .await?;
    Ok(Json(compared))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cancel {
    /// 取消的依据和原因
    reason: String,
}

/// 取消结果
#[derive(Debug, Serialize, JsonSchema)]
struct Cancelled {
    /// 停止受理的事项数
    stopped: usize,
}

async fn cancel(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(base_code): Path<String>,
    Json(body): Json<Cancel>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, why) = (doors.app.now(), reason(&body.reason)?);
    let region = doors.app.config.region.clone();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let stopped = base_list::cancel(tx, &actor, &region, &base_code, &why, now)?;
        Ok(Answer::json(StatusCode::OK, &Cancelled { stopped }))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}

/// 承接任务
#[derive(Debug, Serialize, JsonSchema)]
struct AdoptionJson {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    name: String,
    #[schemars(with = "web::schema::Id")]
    org_id: OrgId,
    base_code: String,
    base_version: i64,
    #[schemars(with = "web::schema::Instant")]
    opened_at: Timestamp,
    #[schemars(with = "web::schema::Instant")]
    due_at: Timestamp,
    /// ok、near、over
    light: String,
}

async fn adoptions(
    visit: Visit,
    State(doors): State<Doors>,
) -> web::Result<Json<Listing<AdoptionJson>>> {
    let actor = editor(&visit)?.clone();
    let now = doors.app.now();
    let open = doors
        .app
        .db
        .read(move |tx| pages::open_adoptions(tx, &actor))
        .await?;
    Ok(Json(Listing {
        items: open
            .into_iter()
            .map(|(adoption, name)| AdoptionJson {
                item_id: adoption.item_id,
                name,
                org_id: adoption.org_id,
                base_code: adoption.base_code,
                base_version: adoption.base_version,
                opened_at: adoption.opened_at,
                due_at: adoption.due_at,
                light: pages::light(adoption.due_at, now).0.to_owned(),
            })
            .collect(),
        next: None,
    }))
}

async fn adopt(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (app, now) = (doors.app.clone(), doors.app.now());
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = base_list::adopt(tx, &actor, &app.ids, item_id, now)?;
        Ok(Answer::json(StatusCode::CREATED, &DraftBrief::from(&draft)))
    })
    .await
}

/// 行政许可事项清单
#[derive(Debug, Serialize, JsonSchema)]
struct LicenceList {
    listed: Vec<Licence>,
    /// 清单之外正在实施的许可
    outside: Vec<Outside>,
}

/// 清单内的一项
#[derive(Debug, Serialize, JsonSchema)]
struct Licence {
    #[serde(flatten)]
    base: BaseLine,
    /// 实施它的事项数
    claims: i64,
}

/// 清单之外的一项
#[derive(Debug, Serialize, JsonSchema)]
struct Outside {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    #[schemars(with = "web::schema::Id")]
    org_id: OrgId,
    name: String,
    base_code: String,
}

async fn licences(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<LicenceList>> {
    editor(&visit)?;
    let (listed, outside) = doors.app.db.read(pages::licence_list).await?;
    Ok(Json(LicenceList {
        listed: listed
            .into_iter()
            .map(|(base, claims)| Licence {
                base: base.into(),
                claims,
            })
            .collect(),
        outside: outside
            .into_iter()
            .map(|line| Outside {
                item_id: line.item_id,
                org_id: line.org_id,
                name: line.name,
                base_code: line.base_code,
            })
            .collect(),
    }))
}
