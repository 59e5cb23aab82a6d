//! What the API sends. Names stay when the model moves on.

use base::ids::{ItemId, OrgId, VersionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::brief::Brief;
use crate::form;
use crate::import::{ERRORS_SHOWN_MAX, Parsed, RowError};
use crate::model::{CaseType, Item, ItemState, Limit, Published};
use crate::pages::links;
use crate::snapshot::Snapshot;

/// 实施主体
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Org {
    #[schemars(with = "web::schema::Id")]
    pub(super) id: OrgId,
    pub(super) key: String,
    pub(super) name: String,
}

impl Org {
    fn of(snapshot: &Snapshot, org_id: OrgId) -> Org {
        let known = snapshot.org(org_id);
        Org {
            id: org_id,
            key: known.map_or_else(String::new, |org| org.key.clone()),
            name: known.map_or_else(String::new, |org| org.name.clone()),
        }
    }
}

/// 列表中的一个事项
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemLine {
    #[schemars(with = "web::schema::Id")]
    pub(super) item_id: ItemId,
    #[schemars(with = "web::schema::Id")]
    pub(super) version_id: VersionId,
    /// 版本号，从1开始
    pub(super) version: i64,
    pub(super) state: ItemState,
    pub(super) name: String,
    pub(super) impl_code: String,
    pub(super) base_code: String,
    /// 事项类型，两位代码
    pub(super) item_type: String,
    pub(super) org: Org,
    pub(super) region_code: String,
    pub(super) aliases: Vec<String>,
    pub(super) summary: String,
    /// 服务对象
    pub(super) service_objects: Vec<u8>,
    pub(super) case_type: CaseType,
    pub(super) promised_limit: Option<Limit>,
    pub(super) statutory_limit: Option<Limit>,
    /// 能否网上申请
    pub(super) online: bool,
    /// 到办事现场次数
    pub(super) visit_count: u8,
    /// 申请材料项数
    pub(super) material_count: u16,
    /// 办事指南的地址
    pub(super) guide: String,
}

impl ItemLine {
    pub(super) fn of(snapshot: &Snapshot, brief: &Brief) -> ItemLine {
        let body = &brief.body;
        ItemLine {
            item_id: brief.item_id,
            version_id: brief.version_id,
            version: brief.version,
            state: brief.state,
            name: brief.name.clone(),
            impl_code: brief.impl_code.clone(),
            base_code: brief.base_code.clone(),
            item_type: brief.item_type.clone(),
            org: Org::of(snapshot, brief.org_id),
            region_code: brief.region.clone(),
            aliases: body.aliases.clone(),
            summary: body.summary.clone(),
            service_objects: body.service_objects.clone(),
            case_type: if body.instant {
                CaseType::Instant
            } else {
                CaseType::Promised
            },
            promised_limit: body.promised.clone(),
            statutory_limit: body.statutory.clone(),
            online: brief.online(),
            visit_count: body.visit_count,
            material_count: body.materials,
            guide: links::item(brief.item_id),
        }
    }
}

/// 事项的一个版本
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemDetail {
    #[schemars(with = "web::schema::Id")]
    pub(super) item_id: ItemId,
    #[schemars(with = "web::schema::Id")]
    pub(super) version_id: VersionId,
    pub(super) version: i64,
    pub(super) state: ItemState,
    /// 是否可以按这一版申请
    pub(super) current: bool,
    #[schemars(with = "web::schema::Instant")]
    pub(super) published_at: Timestamp,
    /// 内容的SM3摘要，十六进制
    pub(super) digest: String,
    pub(super) org: Org,
    pub(super) item: Item,
    /// 申请表答案的JSON Schema 2020-12
    pub(super) form_schema: Value,
}

impl ItemDetail {
    pub(super) fn of(snapshot: &Snapshot, published: &Published) -> ItemDetail {
        ItemDetail {
            item_id: published.item_id,
            version_id: published.version_id,
            version: published.version,
            state: published.state,
            current: published.current,
            published_at: published.published_at,
            digest: published.digest.clone(),
            org: Org::of(snapshot, published.org_id),
            form_schema: form::schema(&published.item.name, &published.item.form),
            item: published.item.clone(),
        }
    }
}

/// 搜索结果
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Found {
    /// 最相关的在前；同名事项只列一个
    pub(super) items: Vec<FoundItem>,
    /// 一共找到几项
    pub(super) total: usize,
    /// 什么都没有找到时，相近的名称
    pub(super) similar: Vec<String>,
}

/// 搜到的一个事项
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FoundItem {
    #[serde(flatten)]
    pub(super) item: ItemLine,
    /// 命中的别名
    pub(super) matched_alias: Option<String>,
    /// 办理同名事项的其他机构
    #[schemars(with = "Vec<web::schema::Id>")]
    pub(super) also: Vec<ItemId>,
}

/// 导入结果
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Imported {
    pub(super) dry_run: bool,
    /// 文件里的行数
    pub(super) rows: usize,
    pub(super) created: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
    /// 带有标记的行数
    pub(super) flagged: usize,
    /// 有错误的行数
    pub(super) refused: usize,
    /// 错误一共几处
    pub(super) errors_total: usize,
    /// 前500处错误
    pub(super) errors: Vec<ImportError>,
    /// 原样保留的问题一共几处
    pub(super) marks_total: usize,
    /// 前500处原样保留的问题，例如不合格的旧编码
    pub(super) marks: Vec<ImportMark>,
    /// 没有对应机构的部门
    pub(super) unmapped: Vec<Unmapped>,
}

/// 一处错误
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ImportError {
    pub(super) row: usize,
    pub(super) field: String,
    pub(super) message: String,
}

/// 一处原样保留的问题
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ImportMark {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) field: String,
    /// 固定的代码，例如impl_code.check
    pub(super) code: String,
    pub(super) message: String,
}

/// 没有对应机构的部门
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Unmapped {
    pub(super) name: String,
    pub(super) rows: usize,
}

impl Imported {
    pub(super) fn of(
        parsed: &Parsed,
        dry_run: bool,
        [created, changed, unchanged]: [usize; 3],
    ) -> Imported {
        Imported {
            dry_run,
            rows: parsed.rows,
            created,
            changed,
            unchanged,
            flagged: parsed.flagged(),
            refused: parsed.refused,
            errors_total: parsed.errors_total,
            errors: parsed.errors.iter().map(ImportError::of).collect(),
            marks_total: parsed.good.iter().map(|record| record.flags.len()).sum(),
            marks: marks(parsed),
            unmapped: parsed
                .unmapped
                .iter()
                .map(|(name, rows)| Unmapped {
                    name: name.clone(),
                    rows: *rows,
                })
                .collect(),
        }
    }
}

fn marks(parsed: &Parsed) -> Vec<ImportMark> {
    let all = parsed.good.iter().flat_map(|record| {
        record.flags.iter().map(|flag| ImportMark {
            row: record.row,
            name: record.item.name.clone(),
            field: flag.field.clone(),
            code: flag.code.clone(),
            message: flag.message.clone(),
        })
    });
    all.take(ERRORS_SHOWN_MAX).collect()
}

impl ImportError {
    fn of(error: &RowError) -> ImportError {
        ImportError {
            row: error.row,
            field: error.field.clone(),
            message: error.message.clone(),
        }
    }
}
