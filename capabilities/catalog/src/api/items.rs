//! Reading the catalogue: the list, one item, searching.

use axum::extract::State;
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::Deserialize;
use web::cursor::{PAGE_DEFAULT, PAGE_MAX};
use web::{Json, Listing, Path, Problem, Query};

use super::wire::{Found, FoundItem, ItemDetail, ItemLine};
use crate::model::ItemState;
use crate::pages::Doors;
use crate::search::QUERY_CHARS_MAX;
use crate::snapshot::Wanted;
use crate::store as records;
use crate::store::{Filter, ListKey};
use crate::topics::Audience;

const LIST: &str = "items";

/// 服务对象
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AudienceWord {
    /// 个人
    Person,
    /// 企业和其他组织
    Corp,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListItems {
    /// 名称的一部分，或者完整的编码
    #[schemars(length(max = 200))]
    q: Option<String>,
    /// 实施主体的机构代码
    #[schemars(length(max = 100))]
    org: Option<String>,
    /// 区划代码，包括其下级
    #[schemars(length(max = 12))]
    region: Option<String>,
    /// 事项类型，两位代码
    #[schemars(length(max = 2))]
    item_type: Option<String>,
    /// 状态，默认published
    state: Option<ItemState>,
    /// 每页几项
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

pub(super) async fn list(
    State(doors): State<Doors>,
    Query(query): Query<ListItems>,
) -> web::Result<Json<Listing<ItemLine>>> {
    let snapshot = doors.catalog.snapshot();
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::bad_request("limit_invalid", format!("limit应为1至{PAGE_MAX}")));
    }
    let after: Option<ListKey> = query
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?;
    let org_id = match query.org.as_deref() {
        None => None,
        Some(key) => match snapshot.org_by_key(key) {
            Some(org) => Some(org.id),
            // A body nobody knows has no items.
            None => return Ok(Json(Listing { items: Vec::new(), next: None })),
        },
    };
    let filter = Filter {
        org_id,
        state: Some(query.state.unwrap_or(ItemState::Published)),
        item_type: query.item_type,
        flagged: false,
        text: query.q.as_deref().map(base::text::single_line).unwrap_or_default(),
        region: query.region.unwrap_or_default(),
    };
    if !filter.region.is_empty()
        && let Err(error) = base::codes::RegionCode::parse(&filter.region)
    {
        return Err(Problem::bad_request("region_invalid", error.to_string()));
    }
    let wanted = limit as usize;
    let mut briefs = doors
        .app
        .db
        .read(move |tx| records::list(tx, &filter, after.as_ref(), wanted + 1))
        .await?;
    let more = briefs.len() > wanted;
    briefs.truncate(wanted);
    let next = briefs
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&doors.app, LIST, &(&last.name, last.item_id)));
    Ok(Json(Listing {
        items: briefs.iter().map(|brief| ItemLine::of(&snapshot, brief)).collect(),
        next,
    }))
}

pub(super) async fn get(
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
) -> web::Result<Json<ItemDetail>> {
    let published = doors
        .catalog
        .current(item_id)
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这个事项"))?;
    Ok(Json(ItemDetail::of(&doors.catalog.snapshot(), &published)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchItems {
    /// 要找什么，最长60个字
    #[schemars(length(min = 1, max = 60))]
    q: String,
    audience: Option<AudienceWord>,
    /// 区划代码，包括其下级
    #[schemars(length(max = 12))]
    region: Option<String>,
    /// 最多几项
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) async fn search(
    State(doors): State<Doors>,
    Query(query): Query<SearchItems>,
) -> web::Result<Json<Found>> {
    let chars = query.q.chars().count();
    if query.q.trim().is_empty() || chars > QUERY_CHARS_MAX {
        return Err(Problem::bad_request("q_invalid", format!("q应为1至{QUERY_CHARS_MAX}个字")));
    }
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::bad_request("limit_invalid", format!("limit应为1至{PAGE_MAX}")));
    }
    if let Some(region) = &query.region
        && let Err(error) = base::codes::RegionCode::parse(region)
    {
        return Err(Problem::bad_request("region_invalid", error.to_string()));
    }
    let wanted = Wanted {
        audience: query.audience.map(|word| match word {
            AudienceWord::Person => Audience::Person,
            AudienceWord::Corp => Audience::Enterprise,
        }),
        region: query.region,
        ..Wanted::default()
    };
    let snapshot = doors.catalog.snapshot();
    let answers = snapshot.search(&query.q, &wanted);
    let similar = if answers.is_empty() {
        snapshot.similar(&query.q, &wanted)
    } else {
        Vec::new()
    };
    Ok(Json(Found {
        total: answers.len(),
        items: answers
            .iter()
            .take(limit as usize)
            .map(|answer| FoundItem {
                item: ItemLine::of(&snapshot, &answer.brief),
                matched_alias: answer.alias.clone(),
                also: answer.others.iter().map(|brief| brief.item_id).collect(),
            })
            .collect(),
        similar,
    }))
}
