//! The JSON doors: halls, organisations and regions, open to everybody.

use axum::extract::State;
use base::ids::HallId;
use people::orgs::{self, OrgFilter};
use people::{Error, Org, regions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::cursor::{PAGE_DEFAULT, PAGE_MAX};
use web::{App, Json, Listing, Path, Query};

use crate::halls::{self, HallFilter};
use crate::hours;
use crate::model::Hall;

/// Which halls.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListHalls {
    /// 区划代码：只列该区划及其下级的大厅
    region: Option<String>,
    /// 名称或地址中的文字
    q: Option<String>,
    /// 每页条数，默认 20
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 政务大厅
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HallJson {
    #[schemars(with = "web::schema::Id")]
    hall_id: HallId,
    /// 大厅标识
    key: String,
    /// 名称
    name: String,
    /// 类别：hall 政务服务中心，branch 分中心，station 便民服务中心（站）
    kind: &'static str,
    /// 建设类型：demonstration 示范型，standard 标准型，simple 简朴型
    tier: Option<&'static str>,
    /// 区划代码
    region: String,
    /// 区划全称
    region_name: String,
    /// 地址
    address: String,
    /// 电话
    phone: String,
    /// 开放时间
    hours: Vec<PeriodJson>,
    /// 开放时间的文字
    hours_text: String,
    /// 功能区
    zones: Vec<String>,
    /// 交通与提示
    note: String,
    /// 在用的窗口
    windows: Vec<WindowJson>,
}

/// 一段开放时间
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct PeriodJson {
    /// 星期，1 为星期一，7 为星期日
    weekdays: Vec<u8>,
    /// 开始，例如 9:00
    from: String,
    /// 结束，例如 12:00
    to: String,
}

/// 窗口
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WindowJson {
    #[schemars(with = "web::schema::Id")]
    window_id: base::ids::WindowId,
    /// 编号
    number: String,
    /// 名称
    name: String,
    /// 类别：integrated 综合窗口，dedicated 专窗，cross_province 跨省通办，redress 办不成事反映，green 绿色通道
    kind: &'static str,
    /// 受理哪些机构的事项；空表示全部
    #[schemars(with = "Vec<web::schema::Id>")]
    organisations: Vec<base::ids::OrgId>,
}

pub(crate) async fn list_halls(
    State(app): State<App>,
    Query(query): Query<ListHalls>,
) -> web::Result<Json<Listing<HallJson>>> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX) as usize;
    let after: Option<(String, String)> = query
        .cursor
        .map(|cursor| web::cursor::decode(&app, "api-halls", &cursor))
        .transpose()?;
    let filter = HallFilter {
        region: Some(query.region.unwrap_or_else(|| app.config.region.clone())),
        query: query.q,
        kind: None,
        on: Some(app.today()),
    };
    let today = app.today();
    let mut list = app
        .db
        .read(move |tx| -> Result<Vec<HallJson>, Error> {
            let after = after
                .as_ref()
                .map(|(region, key)| (region.as_str(), key.as_str()));
            let found = halls::list(tx, &filter, after, limit + 1)?;
            found
                .into_iter()
                .map(|hall| hall_json(tx, hall, today))
                .collect()
        })
        .await
        .map_err(bad_query)?;
    let more = list.len() > limit;
    list.truncate(limit);
    let next = list
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&app, "api-halls", &(&last.region, &last.key)));
    Ok(Json(Listing { items: list, next }))
}

pub(crate) async fn show_hall(
    State(app): State<App>,
    Path(id): Path<HallId>,
) -> web::Result<Json<HallJson>> {
    let today = app.today();
    let found = app
        .db
        .read(move |tx| -> Result<Option<HallJson>, Error> {
            match halls::hall(tx, id)?.filter(|hall| hall.exists_on(today)) {
                Some(hall) => hall_json(tx, hall, today).map(Some),
                None => Ok(None),
            }
        })
        .await?;
    found
        .map(Json)
        .ok_or_else(|| web::Problem::not_found("没有找到这个大厅"))
}

fn hall_json(tx: &mut Tx<'_>, hall: Hall, today: jiff::civil::Date) -> Result<HallJson, Error> {
    let windows = halls::windows(tx, hall.id)?
        .into_iter()
        .filter(|window| window.closed_on.is_none_or(|day| day >= today))
        .map(|window| WindowJson {
            window_id: window.id,
            number: window.number,
            name: window.name,
            kind: window.kind.word(),
            organisations: window.orgs,
        })
        .collect();
    Ok(HallJson {
        hall_id: hall.id,
        region_name: regions::full_name(tx, &hall.region)?,
        hours_text: hours::text(&hall.hours, ui::Lang::Zh),
        hours: hall
            .hours
            .iter()
            .map(|period| PeriodJson {
                weekdays: period.weekdays.clone(),
                from: hours::clock(period.opens),
                to: hours::clock(period.closes),
            })
            .collect(),
        key: hall.key,
        name: hall.name,
        kind: hall.kind.word(),
        tier: hall.tier.map(crate::model::Tier::word),
        region: hall.region,
        address: hall.address,
        phone: hall.phone,
        zones: hall.zones,
        note: hall.note,
        windows,
    })
}

/// Which organisations.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListOrganisations {
    /// 区划代码：只列该区划及其下级的机构
    region: Option<String>,
    /// 名称、机关代字或标识中的文字
    q: Option<String>,
    /// 每页条数，默认 20
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 机构
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OrganisationJson {
    #[schemars(with = "web::schema::Id")]
    org_id: base::ids::OrgId,
    /// 机构标识
    key: String,
    /// 全称
    name: String,
    /// 机关代字
    short_name: String,
    /// 统一社会信用代码
    uscc: Option<String>,
    /// 类别：agency 部门，hall 政务服务中心，street 街道（乡镇），community 社区（村），other 其他
    kind: &'static str,
    /// 行使层级代码（GB/T 39046）
    level: u8,
    /// 区划代码
    region: String,
    /// 咨询电话
    phone: Option<String>,
}

impl From<Org> for OrganisationJson {
    fn from(org: Org) -> OrganisationJson {
        OrganisationJson {
            org_id: org.id,
            key: org.key,
            name: org.name,
            short_name: org.short_name,
            uscc: org.uscc,
            kind: org.kind.word(),
            level: org.level,
            region: org.region,
            phone: org.phone,
        }
    }
}

pub(crate) async fn list_organisations(
    State(app): State<App>,
    Query(query): Query<ListOrganisations>,
) -> web::Result<Json<Listing<OrganisationJson>>> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX) as usize;
    let after: Option<(String, String)> = query
        .cursor
        .map(|cursor| web::cursor::decode(&app, "api-orgs", &cursor))
        .transpose()?;
    let filter = OrgFilter {
        region: Some(query.region.unwrap_or_else(|| app.config.region.clone())),
        query: query.q,
        kind: None,
        on: Some(app.today()),
    };
    let mut list = app
        .db
        .read(move |tx| {
            let after = after
                .as_ref()
                .map(|(region, key)| (region.as_str(), key.as_str()));
            orgs::list(tx, &filter, after, limit + 1)
        })
        .await
        .map_err(bad_query)?;
    let more = list.len() > limit;
    list.truncate(limit);
    let next = list
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&app, "api-orgs", &(&last.region, &last.key)));
    Ok(Json(Listing {
        items: list.into_iter().map(OrganisationJson::from).collect(),
        next,
    }))
}

/// Which regions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRegions {
    /// 上级区划代码；不填则列省级
    parent: Option<String>,
}

/// 行政区划
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RegionJson {
    /// 6、9 或 12 位代码
    code: String,
    /// 名称
    name: String,
    /// 级别：province、city、county、town、village
    level: &'static str,
    /// 上级代码
    parent: Option<String>,
    /// 起始日期
    #[schemars(with = "web::schema::Day")]
    valid_from: jiff::civil::Date,
    /// 终止日期
    #[schemars(with = "Option<web::schema::Day>")]
    valid_to: Option<jiff::civil::Date>,
    /// 替代代码
    replaced_by: Option<String>,
}

/// 一个区划的全部下级
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RegionList {
    items: Vec<RegionJson>,
}

pub(crate) async fn list_regions(
    State(app): State<App>,
    Query(query): Query<ListRegions>,
) -> web::Result<Json<RegionList>> {
    let list = app
        .db
        .read(move |tx| regions::children(tx, query.parent.as_deref()))
        .await?;
    let items = list
        .into_iter()
        .map(|region| RegionJson {
            level: regions::level_word(region.level),
            code: region.code,
            name: region.name,
            parent: region.parent,
            valid_from: region.valid_from,
            valid_to: region.valid_to,
            replaced_by: region.replaced_by,
        })
        .collect();
    Ok(Json(RegionList { items }))
}

/// What is wrong with a query is 400, not 422.
fn bad_query(error: Error) -> web::Problem {
    match error {
        Error::Invalid { field, message } => {
            web::Problem::bad_request("query_invalid", format!("查询条件有误：{message}"))
                .and_field(field, message)
        }
        other => web::Problem::from(other),
    }
}
