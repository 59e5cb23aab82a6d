//! The editors' desk through the API: the same use cases as its pages.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use people::orgs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::cursor::{PAGE_DEFAULT, PAGE_MAX};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Problem, Query, Routes, Visit,
};

use crate::app::drafting::{self, Start};
use crate::checks::{Finding, Severity};
use crate::diff::{Change, Side};
use crate::model::Item;
use crate::pages::Doors;
use crate::pages::admin::desk::{editor, reason};
use crate::pages::admin::{batch, draft as page, drafts};
use crate::pages::version_diff;
use crate::store::{BatchId, Draft, DraftFilter, DraftId, DraftLine, DraftState};

const LIST: &str = "api_drafts";

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    let step = |path: &'static str, id: &'static str, summary: &'static str| {
        Operation::post(path, id)
            .tag("catalog")
            .summary(summary)
            .access(Access::Staff)
            .ok::<DraftBrief>(200)
            .problems(&[403, 409])
    };
    let batch_step = |path: &'static str, id: &'static str, summary: &'static str| {
        Operation::post(path, id)
            .tag("catalog")
            .summary(summary)
            .access(Access::Staff)
            .body::<BatchStep>()
            .ok::<BatchDone>(200)
            .problems(&[403, 409])
    };
    routes
        .api(
            Operation::get("/api/v1/catalog/drafts", "list_drafts")
                .tag("catalog")
                .summary("事项草稿列表")
                .description("新近改动的在前，只列您可以编制的机构。")
                .access(Access::Staff)
                .query::<ListDrafts>()
                .ok::<Listing<DraftBrief>>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/catalog/drafts", "begin_draft")
                .tag("catalog")
                .summary("开始编制")
                .description("三选一：item_id修改已有事项；base_code和org认领基本目录事项；item和org新建地方特有事项。")
                .access(Access::Staff)
                .body::<Begin>()
                .ok::<DraftBrief>(201)
                .problems(&[403, 409]),
            begin,
        )
        .api(
            Operation::get("/api/v1/catalog/drafts/{draft_id}", "get_draft")
                .tag("catalog")
                .summary("草稿详情")
                .description("全部要素、和原版本的逐项差异、检查结果、办理记录。")
                .access(Access::Staff)
                .ok::<DraftDetail>(200),
            get,
        )
        .api(
            Operation::post("/api/v1/catalog/drafts/{draft_id}", "save_draft")
                .tag("catalog")
                .summary("保存草稿")
                .description("seen是您改动时所见的revision；别人同时改了同一要素时返回409，fields逐项列出双方的值，用chosen选择后再存。")
                .access(Access::Staff)
                .body::<Save>()
                .ok::<Saved>(200)
                .problems(&[403, 409]),
            save,
        )
        .api(
            step("/api/v1/catalog/drafts/{draft_id}/submit", "submit_draft", "提交审核").body::<Submit>(),
            submit,
        )
        .api(
            step("/api/v1/catalog/drafts/{draft_id}/approve", "approve_draft", "审核通过").body::<Step>(),
            approve,
        )
        .api(
            step("/api/v1/catalog/drafts/{draft_id}/return", "return_draft", "退回或撤回").body::<Step>(),
            give_back,
        )
        .api(
            step("/api/v1/catalog/drafts/{draft_id}/drop", "drop_draft", "撤销草稿").body::<Step>(),
            drop_draft,
        )
        .api(
            Operation::get("/api/v1/catalog/batches/{batch_id}", "get_batch")
                .tag("catalog")
                .summary("同一批草稿")
                .access(Access::Staff)
                .ok::<Listing<DraftBrief>>(200),
            get_batch,
        )
        .api(
            batch_step("/api/v1/catalog/batches/{batch_id}/submit", "submit_batch", "整批提交审核"),
            submit_batch,
        )
        .api(
            batch_step("/api/v1/catalog/batches/{batch_id}/approve", "approve_batch", "整批审核通过"),
            approve_batch,
        )
        .api(
            batch_step("/api/v1/catalog/batches/{batch_id}/undo", "undo_batch", "撤回已发布的一批"),
            undo_batch,
        )
        .api(
            Operation::get("/api/v1/items/{item_id}/diff", "compare_item_versions")
                .tag("catalog")
                .summary("两个版本的差异")
                .description("不写from和to时，比较现行版本和上一版。")
                .access(Access::Public)
                .query::<Between>()
                .ok::<Compared>(200),
            compare,
        )
}

/// 草稿
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DraftBrief {
    #[schemars(with = "web::schema::Id")]
    pub(super) draft_id: DraftId,
    /// 新事项没有
    #[schemars(with = "Option<web::schema::Id>")]
    pub(super) item_id: Option<ItemId>,
    #[schemars(with = "web::schema::Id")]
    pub(super) org_id: OrgId,
    pub(super) name: String,
    /// editing、in_review、approved、published、dropped
    pub(super) state: String,
    pub(super) revision: i64,
    /// 基于哪一版，新事项是0
    pub(super) from_version: i64,
    /// 发布为哪一版
    pub(super) version: Option<i64>,
    #[schemars(with = "Option<web::schema::Id>")]
    pub(super) batch_id: Option<BatchId>,
    /// 最近编制的人
    pub(super) editor: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub(super) effective_at: Option<Timestamp>,
    #[schemars(with = "web::schema::Instant")]
    pub(super) updated_at: Timestamp,
    pub(super) note: String,
}

impl From<&Draft> for DraftBrief {
    fn from(draft: &Draft) -> DraftBrief {
        DraftBrief {
            draft_id: draft.draft_id,
            item_id: draft.item_id,
            org_id: draft.org_id,
            name: draft.body.name.clone(),
            state: draft.state.word().to_owned(),
            revision: draft.revision,
            from_version: draft.from_version,
            version: draft.version,
            batch_id: draft.batch,
            editor: draft.editor_name.clone(),
            effective_at: draft.effective_at,
            updated_at: draft.updated_at,
            note: draft.note.clone(),
        }
    }
}

/// 草稿详情
#[derive(Debug, Serialize, JsonSchema)]
struct DraftDetail {
    #[serde(flatten)]
    draft: DraftBrief,
    item: Item,
    changes: Vec<ChangeJson>,
    findings: Vec<FindingJson>,
    trail: Vec<TrailJson>,
}

/// 一处差异
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ChangeJson {
    /// 例如 promised_limit.n、materials[layout].name
    path: String,
    /// 要素名称
    label: String,
    old: String,
    new: String,
}

impl From<Change> for ChangeJson {
    fn from(change: Change) -> ChangeJson {
        ChangeJson {
            path: change.path,
            label: change.label,
            old: change.old,
            new: change.new,
        }
    }
}

/// 一处检查结果
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FindingJson {
    field: String,
    code: String,
    /// 是否不能发布
    stops: bool,
    message: String,
}

impl From<Finding> for FindingJson {
    fn from(finding: Finding) -> FindingJson {
        FindingJson {
            field: finding.field,
            code: finding.code.to_owned(),
            stops: finding.severity == Severity::Error,
            message: finding.message,
        }
    }
}

/// 一条办理记录
#[derive(Debug, Serialize, JsonSchema)]
struct TrailJson {
    revision: i64,
    /// begun、saved、submitted、returned、withdrawn、approved、published、dropped
    kind: String,
    by: String,
    reason: String,
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
}

impl From<DraftLine> for TrailJson {
    fn from(line: DraftLine) -> TrailJson {
        TrailJson {
            revision: line.revision,
            kind: line.kind,
            by: line.by_name,
            reason: line.reason,
            at: line.at,
        }
    }
}

/// 草稿的状态
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StateWord {
    Editing,
    InReview,
    Approved,
    Published,
    Dropped,
}

impl From<StateWord> for DraftState {
    fn from(word: StateWord) -> DraftState {
        match word {
            StateWord::Editing => DraftState::Editing,
            StateWord::InReview => DraftState::InReview,
            StateWord::Approved => DraftState::Approved,
            StateWord::Published => DraftState::Published,
            StateWord::Dropped => DraftState::Dropped,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListDrafts {
    /// 名称的一部分
    #[schemars(length(max = 200))]
    q: Option<String>,
    /// 实施主体的机构代码
    #[schemars(length(max = 100))]
    org: Option<String>,
    state: Option<StateWord>,
    /// 同一批
    #[schemars(with = "Option<web::schema::Id>")]
    batch: Option<BatchId>,
    /// 每页几份
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

async fn list(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<ListDrafts>,
) -> web::Result<Json<Listing<DraftBrief>>> {
    let actor = editor(&visit)?.clone();
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("limit应为1至{PAGE_MAX}");
        return Err(Problem::bad_request("query_invalid", message));
    }
    let limit = limit as usize;
    let after: Option<(Timestamp, DraftId)> = query
        .cursor
        .as_deref()
        .map(|cursor| web::cursor::decode(&doors.app, LIST, cursor))
        .transpose()?;
    let org_id = query
        .org
        .as_deref()
        .map(|key| doors.catalog.snapshot().org_by_key(key).map(|org| org.id));
    if org_id == Some(None) {
        return Ok(Json(Listing {
            items: Vec::new(),
            next: None,
        }));
    }
    let filter = DraftFilter {
        state: query.state.map(DraftState::from),
        org_id: org_id.flatten(),
        batch: query.batch,
        text: query
            .q
            .as_deref()
            .map(base::text::single_line)
            .unwrap_or_default(),
    };
    let mut found = doors
        .app
        .db
        .read(move |tx| drafts::visible(tx, &actor, &filter, after, limit + 1))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| web::cursor::encode(&doors.app, LIST, &(last.updated_at, last.draft_id)));
    Ok(Json(Listing {
        items: found.iter().map(DraftBrief::from).collect(),
        next,
    }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Begin {
    /// 修改这个事项
    #[schemars(with = "Option<web::schema::Id>")]
    #[serde(default)]
    item_id: Option<ItemId>,
    /// 认领这个基本目录事项
    #[serde(default)]
    base_code: Option<String>,
    /// 新建这个地方特有事项
    #[serde(default)]
    item: Option<Item>,
    /// 认领和新建时：实施主体的机构代码
    #[serde(default)]
    org: Option<String>,
}

async fn begin(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<Begin>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let now = doors.app.now();
    let draft_id: DraftId = doors.app.ids.next(now);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let org = |tx: &mut Tx<'_>| -> web::Result<people::Org> {
            orgs::by_key(tx, body.org.as_deref().unwrap_or_default())?
                .ok_or_else(|| Problem::invalid("org", "没有这个机构代码"))
        };
        let draft = match (&body.item_id, &body.base_code, &body.item) {
            (Some(item_id), None, None) => {
                drafting::begin(tx, &actor, draft_id, Start::Item(*item_id), None, now)?
            }
            (None, Some(base_code), None) => {
                let org = org(tx)?;
                drafts::claim(tx, &actor, draft_id, base_code, &org, now)?
            }
            (None, None, Some(item)) => {
                let org = org(tx)?;
                let start = Start::New {
                    org_id: org.id,
                    region: org.region.clone(),
                    item: Box::new(item.clone()),
                };
                drafting::begin(tx, &actor, draft_id, start, None, now)?
            }
            _ => {
                return Err(Problem::invalid(
                    "item_id",
                    "item_id、base_code、item要写并且只写一个",
                ));
            }
        };
        Ok(Answer::json(StatusCode::CREATED, &DraftBrief::from(&draft)))
    })
    .await
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
) -> web::Result<Json<DraftDetail>> {
    let actor = editor(&visit)?.clone();
    let looked = doors
        .app
        .db
        .read(move |tx| page::look(tx, &actor, draft_id))
        .await?;
    Ok(Json(DraftDetail {
        draft: DraftBrief::from(&looked.draft),
        item: looked.draft.body,
        changes: looked.changes.into_iter().map(ChangeJson::from).collect(),
        findings: looked.findings.into_iter().map(FindingJson::from).collect(),
        trail: looked.trail.into_iter().map(TrailJson::from).collect(),
    }))
}

/// 保留哪一个
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SideWord {
    /// 这次写的
    Mine,
    /// 已经保存的
    Theirs,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Save {
    /// 改动时所见的revision
    seen: i64,
    item: Item,
    /// 两人改了同一要素时，按path选择
    #[serde(default)]
    chosen: BTreeMap<String, SideWord>,
}

/// 保存结果
#[derive(Debug, Serialize, JsonSchema)]
struct Saved {
    draft: DraftBrief,
    /// 是否合并了别人同时保存的改动
    merged: bool,
}

async fn save(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Json(body): Json<Save>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let now = doors.app.now();
    let chosen: BTreeMap<String, Side> = body
        .chosen
        .iter()
        .map(|(path, side)| {
            let side = match side {
                SideWord::Mine => Side::Mine,
                SideWord::Theirs => Side::Theirs,
            };
            (path.clone(), side)
        })
        .collect();
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let saved = drafting::save(tx, &actor, draft_id, body.seen, &body.item, &chosen, now)?;
        Ok(Answer::json(
            StatusCode::OK,
            &Saved {
                draft: DraftBrief::from(&saved.draft),
                merged: saved.merged,
            },
        ))
    })
    .await
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Submit {
    revision: i64,
    /// 从什么时候起生效；不写就是审核通过时
    #[schemars(with = "Option<web::schema::Instant>")]
    #[serde(default)]
    effective_at: Option<Timestamp>,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Step {
    revision: i64,
    /// 退回别人的草稿必须写
    #[serde(default)]
    reason: String,
}

fn told(draft: &Draft) -> Answer {
    Answer::json(StatusCode::OK, &DraftBrief::from(draft))
}

async fn submit(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Json(body): Json<Submit>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, note) = (doors.app.now(), reason(&body.note)?);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let (revision, from) = (body.revision, body.effective_at);
        let draft = drafting::submit(tx, &actor, draft_id, revision, from, &note, now)?;
        Ok(told(&draft))
    })
    .await
}

async fn approve(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Json(body): Json<Step>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (app, now, note) = (doors.app.clone(), doors.app.now(), reason(&body.reason)?);
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let revision = body.revision;
        let draft = drafting::approve(tx, &actor, &app.ids, draft_id, revision, &note, now)?;
        Ok(told(&draft))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}

async fn give_back(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Json(body): Json<Step>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, why) = (doors.app.now(), reason(&body.reason)?);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = drafting::give_back(tx, &actor, draft_id, body.revision, &why, now)?;
        Ok(told(&draft))
    })
    .await
}

async fn drop_draft(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(draft_id): Path<DraftId>,
    Json(body): Json<Step>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, why) = (doors.app.now(), reason(&body.reason)?);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = drafting::drop_draft(tx, &actor, draft_id, body.revision, &why, now)?;
        Ok(told(&draft))
    })
    .await
}

async fn get_batch(
    visit: Visit,
    State(doors): State<Doors>,
    Path(batch_id): Path<BatchId>,
) -> web::Result<Json<Listing<DraftBrief>>> {
    let actor = editor(&visit)?.clone();
    let drafts = doors
        .app
        .db
        .read(move |tx| batch::of(tx, &actor, batch_id))
        .await?;
    Ok(Json(Listing {
        items: drafts.iter().map(DraftBrief::from).collect(),
        next: None,
    }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchStep {
    /// 撤回时必须写
    #[serde(default)]
    reason: String,
}

/// 整批办理的结果
#[derive(Debug, Serialize, JsonSchema)]
struct BatchDone {
    /// 撤回时是恢复原内容的新一批
    #[schemars(with = "web::schema::Id")]
    batch_id: BatchId,
    /// 办理了几份
    drafts: usize,
}

fn batch_done(batch_id: BatchId, drafts: usize) -> Answer {
    Answer::json(StatusCode::OK, &BatchDone { batch_id, drafts })
}

async fn submit_batch(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(batch_id): Path<BatchId>,
    Json(body): Json<BatchStep>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (now, note) = (doors.app.now(), reason(&body.reason)?);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let count = batch::submit_all(tx, &actor, batch_id, &note, now)?;
        Ok(batch_done(batch_id, count))
    })
    .await
}

async fn approve_batch(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(batch_id): Path<BatchId>,
    Json(body): Json<BatchStep>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (app, now, note) = (doors.app.clone(), doors.app.now(), reason(&body.reason)?);
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let done = drafting::approve_batch(tx, &actor, &app.ids, batch_id, &note, now)?;
        Ok(batch_done(batch_id, done.len()))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}

async fn undo_batch(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(batch_id): Path<BatchId>,
    Json(body): Json<BatchStep>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let (app, now, why) = (doors.app.clone(), doors.app.now(), reason(&body.reason)?);
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let (undone, drafts) = drafting::undo_batch(tx, &actor, &app.ids, batch_id, &why, now)?;
        Ok(batch_done(undone, drafts.len()))
    })
    .await
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    /// 旧版
    pub(super) from: Option<i64>,
    /// 新版
    pub(super) to: Option<i64>,
}

/// 两个版本的差异
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) changes: Vec<ChangeJson>,
}

async fn compare(
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
    Query(query): Query<Between>,
) -> web::Result<Json<Compared>> {
    let asked = version_diff::Between {
        from: query.from.unwrap_or_default(),
        to: query.to.unwrap_or_default(),
    };
    let compared = doors
        .app
        .db
        .read(move |tx| version_diff::compare(tx, item_id, asked))
        .await?;
    Ok(Json(Compared {
        name: compared.name,
        from: compared.between.from,
        to: compared.between.to,
        changes: compared.changes.into_iter().map(ChangeJson::from).collect(),
    }))
}
