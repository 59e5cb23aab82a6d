//! 一件事 over the API: the list, one bundle with everything derived from its items, trying a definition out, and
//! 编制 → 审核 → 发布.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{ItemId, VersionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Problem, Query, Routes, Visit};

use crate::app::bundles::{self, Found};
use crate::bundle::{self, Bundle, Derived, Figures};
use crate::pages::Doors;
use crate::pages::admin::desk::{editor, reason};
use crate::pages::bundles::{Shown, all, name_bodies, shown};
use crate::pages::links;
use crate::store as records;
use crate::store::BundleDraft;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    let act = |path, id, summary| {
        Operation::post(path, id)
            .tag("catalog")
            .summary(summary)
            .access(Access::Staff)
            .body::<Act>()
            .ok::<Draft>(200)
            .problems(&[404, 409])
    };
    routes
        .api(
            Operation::get("/api/v1/bundles", "list_bundles")
                .tag("catalog")
                .summary("一件事列表")
                .access(Access::Public)
                .ok::<Bundles>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/bundles/derive", "derive_bundle")
                .tag("catalog")
                .summary("推算一件事")
                .description("按现在公布的事项推算问题、表单、材料、先后、时限、跑动次数和去向清单，不保存。")
                .access(Access::Staff)
                .body::<Bundle>()
                .ok::<Tried>(200),
            derive,
        )
        .api(
            Operation::get("/api/v1/bundles/{key}", "get_bundle")
                .tag("catalog")
                .summary("一件事")
                .description("现行版本，以及从各事项推算的问题、表单、材料、先后、时限、跑动次数和去向清单。")
                .access(Access::Public)
                .query::<Ask>()
                .ok::<BundleDetail>(200),
            get,
        )
        .api(
            Operation::get("/api/v1/bundles/{key}/draft", "get_bundle_draft")
                .tag("catalog")
                .summary("一件事的修改稿")
                .access(Access::Staff)
                .ok::<Draft>(200),
            get_draft,
        )
        .api(
            Operation::put("/api/v1/bundles/{key}/draft", "save_bundle_draft")
                .tag("catalog")
                .summary("保存一件事的修改稿")
                .access(Access::Staff)
                .body::<Save>()
                .ok::<Draft>(200)
                .problems(&[404, 409]),
            save,
        )
        .api(
            act(
                "/api/v1/bundles/{key}/draft/submit",
                "submit_bundle_draft",
                "送审一件事",
            ),
            submit,
        )
        .api(
            act(
                "/api/v1/bundles/{key}/draft/return",
                "return_bundle_draft",
                "退回一件事",
            ),
            give_back,
        )
        .api(
            act(
                "/api/v1/bundles/{key}/draft/drop",
                "drop_bundle_draft",
                "放弃修改一件事",
            ),
            drop_draft,
        )
        .api(
            Operation::post("/api/v1/bundles/{key}/draft/publish", "publish_bundle")
                .tag("catalog")
                .summary("审核通过并发布一件事")
                .access(Access::Staff)
                .body::<Act>()
                .ok::<PublishedVersion>(200)
                .problems(&[404, 409]),
            publish,
        )
        .api(
            Operation::post("/api/v1/bundles/{key}/take_down", "take_bundle_down")
                .tag("catalog")
                .summary("下架一件事")
                .access(Access::Staff)
                .body::<Reason>()
                .ok_empty()
                .problems(&[404, 409]),
            take_down,
        )
}

/// 一件事列表
#[derive(Debug, Serialize, JsonSchema)]
struct Bundles {
    items: Vec<BundleLine>,
}

/// 列表中的一件事
#[derive(Debug, Serialize, JsonSchema)]
struct BundleLine {
    key: String,
    name: String,
    who: String,
    version: i64,
    /// 事项数
    item_count: usize,
    /// 部门数
    body_count: usize,
    /// 一项一项办
    before: Option<Figures>,
    /// 合成一件事办
    after: Option<Figures>,
    /// 页面的地址
    page: String,
}

async fn list(State(doors): State<Doors>) -> web::Result<Json<Bundles>> {
    let items = all(&doors)
        .await?
        .into_iter()
        .map(|line| BundleLine {
            item_count: line.items,
            body_count: line.bodies,
            before: line.derived.as_ref().map(|derived| derived.before),
            after: line.derived.as_ref().map(|derived| derived.after),
            page: line.href,
            key: line.key,
            name: line.name,
            who: line.who,
            version: line.version,
        })
        .collect();
    Ok(Json(Bundles { items }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// 办事人所在的区划，各事项取最近的实施主体
    #[schemars(regex(pattern = r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"))]
    region: Option<String>,
    /// 哪一版，默认现行版本
    version: Option<i64>,
}

/// 一件事的一个版本
#[derive(Debug, Serialize, JsonSchema)]
struct BundleDetail {
    bundle: Bundle,
    version: i64,
    /// 是否现行版本
    current: bool,
    /// 内容的SM3摘要，十六进制
    digest: String,
    #[schemars(with = "web::schema::Instant")]
    published_at: Timestamp,
    /// 各事项现在指的是谁的哪一版
    members: Vec<MemberItem>,
    /// 事项之间出现循环等待时没有
    derived: Option<Derived>,
    page: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MemberItem {
    base_code: String,
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    #[schemars(with = "web::schema::Id")]
    version_id: VersionId,
    name: String,
    /// 实施主体
    body: String,
    guide: String,
}

fn members(bundle: &Bundle, found: &[Found]) -> Vec<MemberItem> {
    found
        .iter()
        .map(|found| MemberItem {
            base_code: bundle.items[found.place].base_code.clone(),
            item_id: found.item_id,
            version_id: found.published.version_id,
            name: found.published.item.name.clone(),
            body: found.body.clone(),
            guide: links::item(found.item_id),
        })
        .collect()
}

async fn get(
    State(doors): State<Doors>,
    Path(key): Path<String>,
    Query(ask): Query<Ask>,
) -> web::Result<Json<BundleDetail>> {
    let Shown {
        published,
        found,
        derived,
    } = shown(&doors, key, ask.version, ask.region).await?;
    Ok(Json(BundleDetail {
        members: members(&published.bundle, &found),
        page: links::bundle(&published.bundle.key),
        version: published.version,
        current: published.current,
        digest: published.digest,
        published_at: published.published_at,
        bundle: published.bundle,
        derived,
    }))
}

/// 推算的结果
#[derive(Debug, Serialize, JsonSchema)]
struct Tried {
    /// 不能发布的原因，没有就是空的
    findings: Vec<FindingJson>,
    derived: Option<Derived>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FindingJson {
    field: String,
    code: String,
    message: String,
}

async fn derive(
    visit: Visit,
    State(doors): State<Doors>,
    Json(bundle): Json<Bundle>,
) -> web::Result<Json<Tried>> {
    editor(&visit)?;
    let asked = bundle.clone();
    let mut found = doors
        .app
        .db
        .read(move |tx| bundles::find(tx, &asked, &asked.region))
        .await?;
    name_bodies(&doors.catalog.snapshot(), &mut found);
    let parts = bundles::parts(&bundle, &found);
    Ok(Json(Tried {
        findings: bundle::check(&bundle, &parts)
            .into_iter()
            .map(|finding| FindingJson {
                field: finding.field,
                code: finding.code.to_owned(),
                message: finding.message,
            })
            .collect(),
        derived: bundle::derive(&parts, &bundle.question_order).ok(),
    }))
}

/// 一件事的修改稿
#[derive(Debug, Serialize, JsonSchema)]
struct Draft {
    bundle: Bundle,
    /// editing编制中、in_review待审核、closed没有修改
    state: String,
    /// 修改次数：保存和送审时写明看到的是第几次
    revision: i64,
    editor: String,
    note: String,
}

impl Draft {
    fn of(draft: BundleDraft) -> Draft {
        Draft {
            state: draft.state.word().to_owned(),
            revision: draft.revision,
            editor: draft.editor_name,
            note: draft.note,
            bundle: draft.body,
        }
    }
}

async fn get_draft(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
) -> web::Result<Json<Draft>> {
    let actor = editor(&visit)?;
    let draft = doors
        .app
        .db
        .read(move |tx| records::bundle_draft(tx, &key))
        .await?
        .filter(|draft| bundles::compiles(actor, &draft.body.region))
        .ok_or_else(|| Problem::not_found("这件事没有修改稿"))?;
    Ok(Json(Draft::of(draft)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Save {
    /// 看到的修改次数，第一次是0
    revision: i64,
    bundle: Bundle,
}

async fn save(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
    Json(body): Json<Save>,
) -> web::Result<Json<Draft>> {
    let actor = editor(&visit)?.clone();
    if body.bundle.key != key {
        return Err(Problem::invalid("bundle.key", "标识应当与地址里的一致"));
    }
    let now = doors.app.now();
    let draft = doors
        .app
        .db
        .write(move |tx| bundles::save(tx, &actor, &body.bundle, body.revision, now))
        .await?;
    Ok(Json(Draft::of(draft)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Act {
    /// 看到的修改次数
    revision: i64,
    /// 意见或者原因，最长200个字
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// 原因，最长200个字
    reason: String,
}

async fn submit(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Json(act): Json<Act>,
) -> web::Result<Answer> {
    let (actor, said) = (editor(&visit)?.clone(), reason(&act.reason)?);
    let now = doors.app.now();
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = bundles::submit(tx, &actor, &name, act.revision, &said, now)?;
        Ok(Answer::json(StatusCode::OK, &Draft::of(draft)))
    })
    .await
}

async fn give_back(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Json(act): Json<Act>,
) -> web::Result<Answer> {
    let (actor, said) = (editor(&visit)?.clone(), reason(&act.reason)?);
    let now = doors.app.now();
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = bundles::give_back(tx, &actor, &name, act.revision, &said, now)?;
        Ok(Answer::json(StatusCode::OK, &Draft::of(draft)))
    })
    .await
}

async fn drop_draft(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Json(act): Json<Act>,
) -> web::Result<Answer> {
    let (actor, said) = (editor(&visit)?.clone(), reason(&act.reason)?);
    let now = doors.app.now();
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let draft = bundles::drop_draft(tx, &actor, &name, act.revision, &said, now)?;
        Ok(Answer::json(StatusCode::OK, &Draft::of(draft)))
    })
    .await
}

/// 发布的版本
#[derive(Debug, Serialize, JsonSchema)]
struct PublishedVersion {
    version: i64,
}

async fn publish(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Json(act): Json<Act>,
) -> web::Result<Answer> {
    let (actor, said) = (editor(&visit)?.clone(), reason(&act.reason)?);
    let now = doors.app.now();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let version = bundles::publish(tx, &actor, &name, act.revision, &said, now)?;
        Ok(Answer::json(StatusCode::OK, &PublishedVersion { version }))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}

async fn take_down(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Json(body): Json<Reason>,
) -> web::Result<Answer> {
    let (actor, said) = (editor(&visit)?.clone(), reason(&body.reason)?);
    let now = doors.app.now();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        bundles::take_down(tx, &actor, &name, &said, now)?;
        Ok(Answer::empty())
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}
