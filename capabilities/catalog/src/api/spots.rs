//! 编码核对 and 指南抽查 over the API.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::ItemId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Problem, Query, Routes, Visit};

use crate::app::coding;
use crate::codes::Kind;
use crate::pages::Doors;
use crate::pages::admin::checks::body_of;
use crate::pages::admin::codes::found;
use crate::pages::admin::desk::editor;
use crate::pages::admin::spot_checks::{NewSpot, by_body, drawn, read};
use crate::snapshot::Snapshot;
use crate::spot::{SECTIONS, Wrong, problems};
use crate::store as records;
use crate::store::{BatchId, Spot, SpotId, SpotItem};

/// Codes in one answer.
const CODES_MAX: usize = 5000;
/// Spot checks in one answer.
const SPOTS_MAX: usize = 500;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/catalog/codes", "check_codes")
                .tag("catalog")
                .summary("编码核对")
                .description("缺少、不合格和重复的实施编码，最多5000条。")
                .access(Access::Staff)
                .query::<ListCodes>()
                .ok::<Codes>(200),
            codes,
        )
        .api(
            Operation::post("/api/v1/catalog/codes/generate", "generate_codes")
                .tag("catalog")
                .summary("生成缺少的编码")
                .description("为缺少编码的事项各生成一份草稿，作为一批送编制人员核对。")
                .access(Access::Staff)
                .body::<Generate>()
                .ok::<Generated>(200)
                .problems(&[409]),
            generate,
        )
        .api(
            Operation::get("/api/v1/catalog/spot-checks", "list_spot_checks")
                .tag("catalog")
                .summary("历次指南抽查")
                .access(Access::Staff)
                .ok::<Spots>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/catalog/spot-checks", "draw_spot_check")
                .tag("catalog")
                .summary("抽取一次指南抽查")
                .description("同一种子、同一清单抽出同样的事项；种子不写由系统产生。")
                .access(Access::Staff)
                .body::<Draw>()
                .ok::<SpotView>(201),
            draw,
        )
        .api(
            Operation::get("/api/v1/catalog/spot-checks/{check_id}", "get_spot_check")
                .tag("catalog")
                .summary("一次指南抽查")
                .access(Access::Staff)
                .ok::<SpotView>(200)
                .problems(&[404]),
            get,
        )
        .api(
            Operation::post(
                "/api/v1/catalog/spot-checks/{check_id}/items/{n}",
                "mark_spot_check_item",
            )
            .tag("catalog")
            .summary("记录一份指南的检查结果")
            .access(Access::Staff)
            .body::<Mark>()
            .ok_empty()
            .problems(&[404]),
            mark,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListCodes {
    /// 机构代码
    #[schemars(length(max = 100))]
    org: Option<String>,
    /// 问题的种类
    #[schemars(length(max = 32))]
    kind: Option<String>,
}

/// 编码核对
#[derive(Debug, Serialize, JsonSchema)]
struct Codes {
    total: usize,
    items: Vec<CodeIssue>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CodeIssue {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    name: String,
    /// 实施主体
    body: String,
    kind: String,
    code: String,
    message: String,
}

async fn codes(
    visit: Visit,
    State(doors): State<Doors>,
    Query(query): Query<ListCodes>,
) -> web::Result<Json<Codes>> {
    editor(&visit)?;
    let mut all = found(&doors, query.org.as_deref().unwrap_or_default()).await?;
    if let Some(word) = &query.kind {
        let kind = Kind::from_word(word)
            .ok_or_else(|| Problem::bad_request("query_invalid", "没有这一种问题"))?;
        all.retain(|issue| issue.kind == kind);
    }
    let snapshot = doors.catalog.snapshot();
    Ok(Json(Codes {
        total: all.len(),
        items: all
            .into_iter()
            .take(CODES_MAX)
            .map(|issue| CodeIssue {
                item_id: issue.item_id,
                body: snapshot.org_name(issue.org_id).to_owned(),
                name: issue.name,
                kind: issue.kind.word().to_owned(),
                code: issue.code,
                message: issue.message,
            })
            .collect(),
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Generate {
    /// 机构代码；不写为全部
    #[serde(default)]
    #[schemars(length(max = 100))]
    org: String,
}

/// 生成的草稿
#[derive(Debug, Serialize, JsonSchema)]
struct Generated {
    #[schemars(with = "web::schema::Id")]
    batch: BatchId,
    drafts: usize,
    /// 不能生成的事项
    left: usize,
}

async fn generate(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<Generate>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let org_id = body_of(&doors.catalog.snapshot(), &body.org)?;
    let (app, now) = (doors.app.clone(), doors.app.now());
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let made = coding::generate(tx, &actor, &app.ids, org_id, now)?;
        if made.drafts == 0 {
            return Err(Problem::conflict(
                "nothing_to_generate",
                format!(
                    "没有可以生成的编码；{}个事项缺少基本编码、机构代码，或者已有草稿",
                    made.left
                ),
            ));
        }
        let made = Generated {
            batch: made.batch,
            drafts: made.drafts,
            left: made.left,
        };
        Ok(Answer::json(StatusCode::OK, &made))
    })
    .await
}

/// 历次指南抽查
#[derive(Debug, Serialize, JsonSchema)]
struct Spots {
    items: Vec<SpotLine>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SpotLine {
    #[schemars(with = "web::schema::Id")]
    check_id: SpotId,
    title: String,
    seed: String,
    /// 从多少个事项里抽取
    population: i64,
    /// 抽取了多少
    size: i64,
    checked: i64,
    errors: i64,
    #[schemars(with = "web::schema::Instant")]
    drawn_at: Timestamp,
    drawn_by: String,
}

impl SpotLine {
    fn of(spot: &Spot) -> SpotLine {
        SpotLine {
            check_id: spot.check_id,
            title: spot.title.clone(),
            seed: spot.seed.clone(),
            population: spot.population,
            size: spot.size,
            checked: spot.checked,
            errors: spot.errors,
            drawn_at: spot.drawn_at,
            drawn_by: spot.drawn_by.clone(),
        }
    }
}

/// 一次指南抽查
#[derive(Debug, Serialize, JsonSchema)]
struct SpotView {
    spot: SpotLine,
    bodies: Vec<BodyErrors>,
    items: Vec<SpotGuide>,
}

/// 一个机构的错误
#[derive(Debug, Serialize, JsonSchema)]
struct BodyErrors {
    body: String,
    drawn: usize,
    checked: usize,
    wrong_guides: usize,
    errors: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SpotGuide {
    n: i64,
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    version: i64,
    name: String,
    /// 实施主体
    body: String,
    checked: bool,
    wrong: Vec<Wrong>,
}

impl SpotView {
    fn of(snapshot: &Snapshot, spot: &Spot, items: &[SpotItem]) -> SpotView {
        SpotView {
            spot: SpotLine::of(spot),
            bodies: by_body(snapshot, items)
                .into_iter()
                .map(|count| BodyErrors {
                    body: count.name,
                    drawn: count.drawn,
                    checked: count.checked,
                    wrong_guides: count.wrong_guides,
                    errors: count.errors,
                })
                .collect(),
            items: items
                .iter()
                .map(|item| SpotGuide {
                    n: item.n,
                    item_id: item.item_id,
                    version: item.version,
                    name: item.item_name.clone(),
                    body: snapshot.org_name(item.org_id).to_owned(),
                    checked: item.checked_at.is_some(),
                    wrong: item.wrong.clone(),
                })
                .collect(),
        }
    }
}

async fn list(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<Spots>> {
    editor(&visit)?;
    let spots = doors
        .app
        .db
        .read(|tx| records::spots(tx, SPOTS_MAX))
        .await?;
    Ok(Json(Spots {
        items: spots.iter().map(SpotLine::of).collect(),
    }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Draw {
    #[schemars(length(min = 1, max = 200))]
    title: String,
    /// 机构代码；不写为全部
    #[serde(default)]
    #[schemars(length(max = 100))]
    org: String,
    /// 抽取数量
    size: u32,
    /// 种子
    #[serde(default)]
    #[schemars(length(max = 200))]
    seed: String,
}

async fn draw(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<Draw>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let snapshot = doors.catalog.snapshot();
    let new = NewSpot {
        title: body.title,
        org: body.org,
        size: body.size.to_string(),
        seed: body.seed,
    };
    let (spot, digest, items) = drawn(&doors, &snapshot, &new, actor.name())?;
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        records::insert_spot(tx, &spot, digest, &items)?;
        let view = SpotView::of(&snapshot, &spot, &items);
        Ok(Answer::json(StatusCode::CREATED, &view))
    })
    .await
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(check_id): Path<SpotId>,
) -> web::Result<Json<SpotView>> {
    editor(&visit)?;
    let (spot, items) = doors.app.db.read(move |tx| read(tx, check_id)).await?;
    Ok(Json(SpotView::of(&doors.catalog.snapshot(), &spot, &items)))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// 错在哪些部分；没有错误的写空
    #[schemars(length(max = 20))]
    wrong: Vec<Wrong>,
}

async fn mark(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Path((check_id, n)): Path<(SpotId, i64)>,
    Json(body): Json<Mark>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let unknown = body.wrong.iter().find(|mark| {
        let mut sections = SECTIONS.iter();
        sections.all(|(section, _)| *section != mark.section)
    });
    if let Some(mark) = unknown {
        return Err(Problem::invalid(
            "wrong",
            format!("指南没有“{}”这一部分", mark.section),
        ));
    }
    let found = problems(&body.wrong);
    if !found.is_empty() {
        return Err(Problem::invalid_fields(found));
    }
    let now = doors.app.now();
    web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        if records::mark_spot_item(tx, check_id, n, &body.wrong, actor.name(), now)? {
            Ok(Answer::empty())
        } else {
            Err(Problem::not_found("这次抽查没有这一项"))
        }
    })
    .await
}
