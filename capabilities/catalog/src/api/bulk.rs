//! Many items through the API: the same looking and handing in as at the desk.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Idempotency, Json, Multipart, Operation, Path, Problem, Query, Routes, Visit,
};

use crate::app::bulk::{self as many, Choice};
use crate::app::transfer::Merge;
use crate::bulk::rule::Rule;
use crate::pages::Doors;
use crate::pages::admin::bulk as desk;
use crate::store as records;
use crate::store::{BatchId, BulkId, Filter, LineFilter, LineState};

/// Lines of one page.
const PAGE: usize = 100;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::post("/api/v1/catalog/bulk", "look_at_bulk")
                .tag("catalog")
                .summary("批量修改的预览")
                .description("按一条规则修改一批事项，先逐项预览，什么都不发布。")
                .access(Access::Staff)
                .body::<NewBulk>()
                .ok::<BulkView>(200),
            look,
        )
        .api(
            Operation::post("/api/v1/catalog/bulk/import", "look_at_bulk_file")
                .tag("catalog")
                .summary("表格导入为草稿的预览")
                .description("multipart/form-data：file（XLSX、CSV或JSON，最大10MB）。逐项逐字段预览，什么都不发布。")
                .access(Access::Staff)
                .files()
                .ok::<BulkView>(200),
            import,
        )
        .api(
            Operation::post("/api/v1/catalog/bulk/merge", "look_at_merge")
                .tag("catalog")
                .summary("机构合并划转的预览")
                .access(Access::Staff)
                .body::<NewMerge>()
                .ok::<BulkView>(200),
            merge,
        )
        .api(
            Operation::get("/api/v1/catalog/bulk/{bulk_id}", "get_bulk")
                .tag("catalog")
                .summary("批量办理")
                .access(Access::Staff)
                .ok::<BulkView>(200),
            get,
        )
        .api(
            Operation::get("/api/v1/catalog/bulk/{bulk_id}/lines", "list_bulk_lines")
                .tag("catalog")
                .summary("批量办理的逐项改动")
                .access(Access::Staff)
                .query::<Lines>()
                .ok::<LinesView>(200),
            lines,
        )
        .api(
            Operation::post("/api/v1/catalog/bulk/{bulk_id}/drafts", "draft_bulk")
                .tag("catalog")
                .summary("成批送审")
                .description("为每个可以送审的事项生成一份草稿，一起送审；另一个人审核通过以后才发布。")
                .access(Access::Staff)
                .body::<HandIn>()
                .ok::<Drafted>(200),
            draft,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBulk {
    rule: Rule,
    /// 要修改的事项；不写则按下面的条件
    #[serde(default)]
    #[schemars(with = "Vec<web::schema::Id>", length(max = 5000))]
    items: Vec<ItemId>,
    /// 实施主体的机构代码
    #[serde(default)]
    org: Option<String>,
    /// 区划代码，包括其下级
    #[serde(default)]
    region: Option<String>,
    /// 事项类型，两位代码
    #[serde(default)]
    item_type: Option<String>,
    /// 名称的一部分，或者完整的编码
    #[serde(default)]
    q: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMerge {
    /// 划出机构的代码
    from: String,
    /// 划入机构的代码
    to: String,
    /// 划出机构没有事项以后随之撤销，生效前一日是它存在的最后一日
    #[serde(default)]
    dissolve: bool,
}

/// 批量办理
#[derive(Debug, Serialize, JsonSchema)]
struct BulkView {
    #[schemars(with = "web::schema::Id")]
    bulk_id: BulkId,
    title: String,
    /// 看过的事项
    looked: i64,
    /// 没有变化的事项
    unchanged: i64,
    /// 可以送审的事项
    ready: i64,
    /// 不合要求的事项
    refused: i64,
    /// 已成草稿的事项
    drafted: i64,
    /// 跳过的事项
    skipped: i64,
    /// 各要素有多少个事项要改
    fields: Vec<FieldCount>,
    /// 生成的一批草稿
    #[schemars(with = "Option<web::schema::Id>")]
    batch: Option<BatchId>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FieldCount {
    field: String,
    label: String,
    items: i64,
}

async fn of(visit: &Visit, doors: &Doors, bulk_id: BulkId) -> web::Result<Json<BulkView>> {
    let bulk = desk::readable(visit, doors, bulk_id).await?;
    let counts = doors
        .app
        .db
        .read(move |tx| records::bulk_counts(tx, bulk_id))
        .await?;
    let count = |state| {
        let of_state = counts.iter().filter(|(known, ..)| *known == state);
        of_state.map(|(_, _, count)| count).sum()
    };
    Ok(Json(BulkView {
        bulk_id,
        title: bulk.title,
        looked: bulk.looked,
        unchanged: bulk.unchanged,
        ready: count(LineState::Ready),
        refused: count(LineState::Refused),
        drafted: count(LineState::Drafted),
        skipped: count(LineState::Skipped),
        fields: desk::fields(&counts)
            .into_iter()
            .map(|(field, label, items)| FieldCount {
                field,
                label,
                items,
            })
            .collect(),
        batch: bulk.batch,
    }))
}

async fn look(
    visit: Visit,
    State(doors): State<Doors>,
    Json(new): Json<NewBulk>,
) -> web::Result<Json<BulkView>> {
    let choice = if new.items.is_empty() {
        let org_id = match &new.org {
            None => None,
            Some(key) => Some(
                doors
                    .catalog
                    .snapshot()
                    .org_by_key(key)
                    .ok_or_else(|| Problem::invalid("org", "没有这个机构代码"))?
                    .id,
            ),
        };
        Choice::Filter(Filter {
            org_id,
            item_type: new.item_type,
            text: new.q.unwrap_or_default(),
            region: new.region.unwrap_or_default(),
            ..Filter::default()
        })
    } else {
        Choice::Items(new.items)
    };
    let bulk_id = desk::look_at_rule(&visit, &doors, choice, new.rule).await?;
    of(&visit, &doors, bulk_id).await
}

async fn import(
    visit: Visit,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Json<BulkView>> {
    let bulk_id = desk::received(&visit, &doors, parts).await?;
    of(&visit, &doors, bulk_id).await
}

async fn merge(
    visit: Visit,
    State(doors): State<Doors>,
    Json(new): Json<NewMerge>,
) -> web::Result<Json<BulkView>> {
    let bulk_id = crate::pages::admin::merge::look(
        &visit,
        &doors,
        Merge {
            from: new.from,
            to: new.to,
            dissolve: new.dissolve,
        },
    )
    .await?;
    of(&visit, &doors, bulk_id).await
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
) -> web::Result<Json<BulkView>> {
    of(&visit, &doors, bulk_id).await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// 只要改了这个要素的，例如promised_limit
    #[serde(default)]
    #[schemars(length(max = 100))]
    field: String,
    state: Option<LineState>,
    /// 从第几项之后开始
    #[serde(default)]
    after: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LinesView {
    lines: Vec<LineView>,
    /// 下一页的after；没有了为空
    next: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LineView {
    n: i64,
    #[schemars(with = "Option<web::schema::Id>")]
    item_id: Option<ItemId>,
    name: String,
    code: String,
    state: LineState,
    note: String,
    changes: Vec<ChangeView>,
    findings: Vec<FindingView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChangeView {
    path: String,
    label: String,
    old: String,
    new: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FindingView {
    field: String,
    code: String,
    message: String,
}

async fn lines(
    visit: Visit,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
    Query(asked): Query<Lines>,
) -> web::Result<Json<LinesView>> {
    desk::readable(&visit, &doors, bulk_id).await?;
    let filter = LineFilter {
        field: asked.field,
        state: asked.state,
    };
    let mut found = doors
        .app
        .db
        .read(move |tx| records::bulk_lines(tx, bulk_id, &filter, asked.after, PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    Ok(Json(LinesView {
        next: found.last().filter(|_| more).map(|last| last.n),
        lines: found
            .into_iter()
            .map(|line| LineView {
                n: line.n,
                item_id: line.item_id,
                name: line.name,
                code: line.code,
                state: line.state,
                note: line.note,
                changes: line
                    .changes
                    .into_iter()
                    .map(|change| ChangeView {
                        path: change.path,
                        label: change.label,
                        old: change.old,
                        new: change.new,
                    })
                    .collect(),
                findings: line
                    .findings
                    .into_iter()
                    .map(|finding| FindingView {
                        field: finding.field,
                        code: finding.code,
                        message: finding.message,
                    })
                    .collect(),
            })
            .collect(),
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HandIn {
    /// 生效日期，不写为审核通过后立即生效
    #[serde(default)]
    effective: String,
    /// 给审核人的话
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

/// 送审的一批草稿
#[derive(Debug, Serialize, JsonSchema)]
struct Drafted {
    #[schemars(with = "web::schema::Id")]
    batch: BatchId,
    count: usize,
    skipped: usize,
}

async fn draft(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(bulk_id): Path<BulkId>,
    Json(form): Json<HandIn>,
) -> web::Result<Response> {
    desk::readable(&visit, &doors, bulk_id).await?;
    let at = desk::effective(&form.effective, doors.app.today())?;
    let (actor, app, now) = (visit.actor()?.clone(), doors.app.clone(), doors.app.now());
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let done = many::draft(tx, &actor, &app.ids, bulk_id, at, &form.note, now)?;
        let drafted = Drafted {
            batch: done.batch,
            count: done.drafted,
            skipped: done.skipped,
        };
        Ok(Answer::json(StatusCode::OK, &drafted))
    })
    .await?;
    Ok(answer.into_response())
}
