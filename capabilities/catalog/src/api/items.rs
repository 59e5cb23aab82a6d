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
    #[schemars(regex(pattern = r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"))]
    region: Option<String>,
    /// 事项类型，两位代码
    #[schemars(regex(pattern = r"^[0-9]{2}$"))]
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
    let limit = page_size(query.limit)?;
    text("q", query.q.as_deref(), 200)?;
    text("org", query.org.as_deref(), 100)?;
    region(query.region.as_deref())?;
    if query
        .item_type
        .as_deref()
        .is_some_and(|code| !digits(code, &[2]))
    {
        return Err(wrong("item_type", "item_type应为两位数字"));
    }
    let after: Option<ListKey> = query
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?;
    let snapshot = doors.catalog.snapshot();
    let org_id = query
        .org
        .as_deref()
        .map(|key| snapshot.org_by_key(key).map(|org| org.id));
    if org_id == Some(None) {
        // A body nobody knows has no items.
        return Ok(Json(Listing {
            items: Vec::new(),
            next: None,
        }));
    }
    let filter = Filter {
        org_id: org_id.flatten(),
        state: Some(query.state.unwrap_or(ItemState::Published)),
        item_type: query.item_type,
        flagged: false,
        text: query
            .q
            .as_deref()
            .map(base::text::single_line)
            .unwrap_or_default(),
        region: query.region.unwrap_or_default(),
    };
    let mut briefs = doors
        .app
        .db
        .read(move |tx| records::list(tx, &filter, after.as_ref(), limit + 1))
        .await?;
    let more = briefs.len() > limit;
    briefs.truncate(limit);
    let next = briefs
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&doors.app, LIST, &(&last.name, last.item_id)));
    Ok(Json(Listing {
        items: briefs
            .iter()
            .map(|brief| ItemLine::of(&snapshot, brief))
            .collect(),
        next,
    }))
}

fn page_size(limit: Option<u32>) -> web::Result<usize> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if (1..=PAGE_MAX).contains(&limit) {
        Ok(limit as usize)
    } else {
        Err(wrong("limit", format!("limit应为1至{PAGE_MAX}")))
    }
}

fn text(field: &'static str, text: Option<&str>, most: usize) -> web::Result<()> {
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(wrong(field, format!("{field}最长{most}个字")));
    }
    Ok(())
}

fn region(code: Option<&str>) -> web::Result<()> {
    if code.is_some_and(|code| !digits(code, &[6, 9, 12])) {
        return Err(wrong("region", "region应为6、9或12位数字"));
    }
    Ok(())
}

fn digits(code: &str, lengths: &[usize]) -> bool {
    lengths.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn wrong(field: &'static str, message: impl Into<String>) -> Problem {
    let message = message.into();
    Problem::bad_request("query_invalid", message.clone()).and_field(field, message)
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
    #[schemars(regex(pattern = r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"))]
    region: Option<String>,
    /// 最多几项
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
}

pub(super) async fn search(
    State(doors): State<Doors>,
    Query(query): Query<SearchItems>,
) -> web::Result<Json<Found>> {
    let limit = page_size(query.limit)?;
    text("q", Some(&query.q), QUERY_CHARS_MAX)?;
    region(query.region.as_deref())?;
    if query.q.is_empty() {
        return Err(wrong("q", "请在q里写要找什么"));
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
    // Blanks ask for nothing; an empty question would mean everything.
    let answers = if query.q.trim().is_empty() {
        Vec::new()
    } else {
        snapshot.search(&query.q, &wanted)
    };
    let similar = if answers.is_empty() {
        snapshot.similar(&query.q, &wanted)
    } else {
        Vec::new()
    };
    Ok(Json(Found {
        total: answers.len(),
        items: answers
            .iter()
            .take(limit)
            .map(|answer| FoundItem {
                item: ItemLine::of(&snapshot, &answer.brief),
                matched_alias: answer.alias.clone(),
                also: answer.others.iter().map(|brief| brief.item_id).collect(),
            })
            .collect(),
        similar,
    }))
}
