//! The base list as a file over the API: taking it out, and publishing many base items at once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Multipart, Operation, Problem, Query, Routes, Visit};

use crate::pages::Doors;
use crate::pages::admin::base::exported;
use crate::pages::admin::base_edit::{self, Looked};
use crate::pages::admin::desk::reason;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/base-items/export", "export_base_items")
                .tag("catalog")
                .summary("导出基本目录")
                .description("format=xlsx或json；导出的文件改好以后可以整个上传。")
                .access(Access::Staff)
                .query::<Export>(),
            export,
        )
        .api(
            Operation::post("/api/v1/base-items/file", "publish_base_item_file")
                .tag("catalog")
                .summary("用文件发布基本目录")
                .description(
                    "multipart/form-data：file（XLSX、CSV或JSON，最大10MB），可选dry_run=1只看不做、reason原因。要么全部发布，要么什么都不变。",
                )
                .access(Access::Staff)
                .files()
                .ok::<FileSaid>(200)
                .problems(&[403]),
            upload,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Export {
    /// xlsx或者json
    #[schemars(length(max = 4))]
    format: Option<String>,
    /// 名称的一部分，或者完整的编码
    #[schemars(length(max = 100))]
    q: Option<String>,
}

/// 文件里的基本目录事项
#[derive(Debug, Serialize, JsonSchema)]
struct FileSaid {
    rows: usize,
    /// 新发布的
    created: usize,
    /// 有改动的
    changed: usize,
    /// 没有改动的
    unchanged: usize,
    /// 有错误的行
    wrong: Vec<RowSaid>,
    /// 已经发布；只看不做时为false
    published: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RowSaid {
    row: usize,
    message: String,
}

impl FileSaid {
    fn of(looked: Looked, published: bool) -> FileSaid {
        FileSaid {
            rows: looked.rows,
            created: looked.created,
            changed: looked.changed,
            unchanged: looked.unchanged,
            wrong: looked
                .wrong
                .into_iter()
                .map(|(row, message)| RowSaid { row, message })
                .collect(),
            published,
        }
    }
}

async fn export(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Export>,
) -> web::Result<Response> {
    let format = asked.format.unwrap_or_default();
    let text = asked.q.unwrap_or_default();
    exported(&visit, &doors, &text, &format).await
}

async fn upload(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Answer> {
    let actor = base_edit::keeper(&visit, &doors)?;
    let received = parts.receive(&base_edit::RULES).await?;
    let file = received
        .files
        .first()
        .ok_or_else(|| Problem::invalid("file", "请选择文件"))?;
    let content = base_edit::read_file(&doors, file.digest).await?;
    if received.fields.get("dry_run") == Some("1") {
        let looked = doors
            .app
            .db
            .read(move |tx| base_edit::look(tx, &content))
            .await?;
        return Ok(Answer::json(StatusCode::OK, &FileSaid::of(looked, false)));
    }
    let why = reason(received.fields.get("reason").unwrap_or_default())?;
    let (here, now) = (doors.clone(), doors.app.now());
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let looked = base_edit::publish_file(tx, &actor, &here, &content, &why, now)?;
        Ok(Answer::json(StatusCode::OK, &FileSaid::of(looked, true)))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer)
}
