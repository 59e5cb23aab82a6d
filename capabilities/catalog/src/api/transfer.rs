//! 清单对照 and 权力下放 over the API.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::ItemId;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Problem, Query, Routes, Visit};

use crate::app::transfer::{self, Giving};
use crate::bulk::compare::Entry;
use crate::bulk::transfer::Kind;
use crate::pages::Doors;
use crate::pages::admin::compare::{Asked, comparison};
use crate::pages::admin::delegation;
use crate::pages::admin::desk::editor;
use crate::store::DelegationId;

/// Entries of each kind in one answer.
const ENTRIES_MAX: usize = 1000;
/// Delegations in one answer.
const DELEGATIONS_MAX: usize = 1000;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/catalog/comparison", "compare_lists")
                .tag("catalog")
                .summary("清单对照")
                .description(
                    "两个机构、两个区划或者两个日期的清单，只在一方的和逐项不同的，各最多1000条。",
                )
                .access(Access::Staff)
                .query::<Asked>()
                .ok::<Compared>(200),
            compare,
        )
        .api(
            Operation::get("/api/v1/catalog/delegations", "list_delegations")
                .tag("catalog")
                .summary("权力下放记录")
                .access(Access::Staff)
                .query::<ListDelegations>()
                .ok::<Delegations>(200),
            delegations,
        )
        .api(
            Operation::post("/api/v1/catalog/delegations", "give_power")
                .tag("catalog")
                .summary("登记下放、授权或者委托")
                .description("记录依据和期限，并为承接机构生成草稿；草稿经另一个人审核以后发布。")
                .access(Access::Staff)
                .body::<NewDelegation>()
                .ok::<Given>(201)
                .problems(&[403, 404, 409]),
            give,
        )
}

/// 清单对照
#[derive(Debug, Serialize, JsonSchema)]
struct Compared {
    /// 相同的事项数
    same: usize,
    /// 只在甲方的
    only_here: Vec<Side>,
    /// 只在乙方的
    only_there: Vec<Side>,
    /// 不同的
    different: Vec<Differing>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Side {
    #[schemars(with = "Option<web::schema::Id>")]
    item_id: Option<ItemId>,
    base_code: String,
    name: String,
    /// 实施主体
    body: String,
}

impl Side {
    fn of(entry: &Entry) -> Side {
        Side {
            item_id: entry.item_id,
            base_code: entry.item.base_code.clone(),
            name: entry.item.name.clone(),
            body: entry.body.clone(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Differing {
    here: Side,
    there: Side,
    fields: Vec<Difference>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Difference {
    /// 要素
    field: String,
    label: String,
    /// 甲方
    here: String,
    /// 乙方
    there: String,
}

async fn compare(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Json<Compared>> {
    editor(&visit)?;
    let found = comparison(&doors, &asked).await?;
    let side = |entries: &[Entry]| entries.iter().take(ENTRIES_MAX).map(Side::of).collect();
    Ok(Json(Compared {
        same: found.same,
        only_here: side(&found.only_here),
        only_there: side(&found.only_there),
        different: found
            .different
            .iter()
            .take(ENTRIES_MAX)
            .map(|pair| Differing {
                here: Side::of(&pair.here),
                there: Side::of(&pair.there),
                fields: pair
                    .changes
                    .iter()
                    .map(|change| Difference {
                        field: change.path.clone(),
                        label: change.label.clone(),
                        here: change.old.clone(),
                        there: change.new.clone(),
                    })
                    .collect(),
            })
            .collect(),
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListDelegations {
    /// 下放或者承接机构的代码
    #[schemars(length(max = 100))]
    org: Option<String>,
}

/// 权力下放记录，最近的在前
#[derive(Debug, Serialize, JsonSchema)]
struct Delegations {
    items: Vec<DelegationJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DelegationJson {
    #[schemars(with = "web::schema::Id")]
    delegation_id: DelegationId,
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    item: String,
    /// 下放机构
    from: String,
    /// 承接机构
    to: String,
    /// delegated 下放、authorised 授权、entrusted 委托
    kind: String,
    /// 依据
    basis: String,
    #[schemars(with = "web::schema::Day")]
    first_day: Date,
    #[schemars(with = "Option<web::schema::Day>")]
    last_day: Option<Date>,
    /// 今天有效
    in_force: bool,
}

async fn delegations(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<ListDelegations>,
) -> web::Result<Json<Delegations>> {
    editor(&visit)?;
    let org = query.org.unwrap_or_default();
    let rows = delegation::rows(&doors, &org, DELEGATIONS_MAX).await?;
    let items = rows
        .into_iter()
        .map(|row| DelegationJson {
            delegation_id: row.one.delegation_id,
            item_id: row.one.item_id,
            item: row.one.item_name,
            from: row.from,
            to: row.to,
            kind: row.one.kind.word().to_owned(),
            basis: row.one.basis,
            first_day: row.one.first_day,
            last_day: row.one.last_day,
            in_force: row.holds,
        })
        .collect();
    Ok(Json(Delegations { items }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDelegation {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    /// 承接机构的代码
    to: String,
    /// delegated 下放、authorised 授权、entrusted 委托
    kind: String,
    /// 依据：文件名称和文号
    #[schemars(length(min = 1, max = 500))]
    basis: String,
    #[schemars(with = "web::schema::Day")]
    first_day: Date,
    /// 长期有效的不写
    #[serde(default)]
    #[schemars(with = "Option<web::schema::Day>")]
    last_day: Option<Date>,
}

/// 已登记
#[derive(Debug, Serialize, JsonSchema)]
struct Given {
    #[schemars(with = "web::schema::Id")]
    delegation_id: DelegationId,
    /// 承接机构的草稿
    #[schemars(with = "web::schema::Id")]
    draft_id: crate::store::DraftId,
}

async fn give(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<NewDelegation>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let to = crate::pages::admin::org_named(&doors, "to", &body.to).await?;
    let giving = Giving {
        item_id: body.item_id,
        to: to.id,
        kind: Kind::from_word(&body.kind).ok_or_else(|| {
            Problem::invalid("kind", "方式只能是delegated、authorised或者entrusted")
        })?,
        basis: body.basis,
        first_day: body.first_day,
        last_day: body.last_day,
    };
    let (app, now) = (doors.app.clone(), doors.app.now());
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let (delegation, draft) = transfer::give(tx, &actor, &app.ids, &giving, now)?;
        Ok(Answer::json(
            StatusCode::CREATED,
            &Given {
                delegation_id: delegation.delegation_id,
                draft_id: draft.draft_id,
            },
        ))
    })
    .await
}
