//! 我的材料 over the API.

use axum::extract::State;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Problem, Query, Result, Routes,
    Visit, cursor, once,
};

use crate::Intake;
use crate::documents::{self, Document, DocumentId};
use crate::pages::documents::{no_document, place_of};
use crate::store::documents as records;
use crate::store::documents::Before;

/// Documents of one answer.
const PAGE: usize = 100;
/// Name of the list in cursors.
const LIST: &str = "my_documents";

pub(super) fn routes(routes: Routes<Intake>) -> Routes<Intake> {
    routes
        .api(
            Operation::get("/api/v1/my/documents", "list_my_documents")
                .summary("我的材料")
                .description("交过的、可以再次使用的材料，最近的在前。提交申请时在材料的documents里写它的标识。")
                .tag("intake")
                .access(Access::Person)
                .query::<ListMyDocuments>()
                .ok::<Listing<DocumentJson>>(200),
            list,
        )
        .api(
            Operation::post("/api/v1/my/documents/{document_id}", "change_my_document")
                .summary("改材料的名称和有效期")
                .tag("intake")
                .access(Access::Person)
                .body::<ChangeDocument>()
                .ok_empty()
                .problems(&[404]),
            change,
        )
        .api(
            Operation::delete("/api/v1/my/documents/{document_id}", "delete_my_document")
                .summary("删除材料")
                .description("不再提供给别的事项使用；已经交给办件的文件不受影响。")
                .tag("intake")
                .access(Access::Person)
                .ok_empty()
                .problems(&[404]),
            remove,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListMyDocuments {
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 交过的材料
#[derive(Debug, Serialize, JsonSchema)]
struct DocumentJson {
    #[schemars(with = "web::schema::Id")]
    document_id: DocumentId,
    /// 名称
    name: String,
    /// 标准材料编码
    standard: String,
    file_name: String,
    media_type: String,
    size: u64,
    /// 最早随哪个办件提交
    case_no: String,
    #[schemars(with = "web::schema::Instant")]
    added_at: String,
    /// 有效期的最后一天；空的长期有效
    #[schemars(with = "Option<web::schema::Day>")]
    valid_to: Option<Date>,
    /// 今天还可以使用
    usable: bool,
}

impl DocumentJson {
    fn of(document: &Document, today: Date) -> DocumentJson {
        DocumentJson {
            document_id: document.document_id,
            name: document.name.clone(),
            standard: document.standard.clone(),
            file_name: document.file_name.clone(),
            media_type: document.media_type.clone(),
            size: document.size,
            case_no: document.case_no.clone(),
            added_at: document.added_at.to_string(),
            valid_to: document.valid_to,
            usable: document.counts_on(today),
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeDocument {
    /// 名称
    #[schemars(length(min = 1, max = 60))]
    name: String,
    /// 有效期的最后一天；不写为长期有效
    #[serde(default)]
    #[schemars(with = "Option<web::schema::Day>")]
    valid_to: Option<Date>,
}

async fn list(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<ListMyDocuments>,
) -> Result<Json<Listing<DocumentJson>>> {
    let party = visit.person()?.applicant();
    let before: Option<Before> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&visit.app, LIST, text))
        .transpose()?;
    let mut found = intake
        .app
        .db
        .read(move |tx| records::page(tx, party, before.as_ref(), PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor::encode(&visit.app, LIST, &place_of(last)));
    let today = intake.app.today();
    let items = found
        .iter()
        .map(|document| DocumentJson::of(document, today))
        .collect();
    Ok(Json(Listing { items, next }))
}

async fn change(
    visit: Visit,
    Path(id): Path<DocumentId>,
    key: Idempotency,
    Json(body): Json<ChangeDocument>,
) -> Result<Answer> {
    let party = visit.person()?.applicant();
    let name = documents::check_name(&body.name)
        .map_err(|(field, message)| Problem::invalid(field, message))?;
    once(&visit, &key, move |tx| -> Result<Answer> {
        if records::change(tx, party, id, &name, body.valid_to)? {
            Ok(Answer::empty())
        } else {
            Err(no_document())
        }
    })
    .await
}

async fn remove(
    State(intake): State<Intake>,
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Answer> {
    let party = visit.person()?.applicant();
    let now = intake.app.now();
    intake
        .app
        .db
        .write(move |tx| -> Result<()> {
            if records::remove(tx, party, id, now)? {
                Ok(())
            } else {
                Err(no_document())
            }
        })
        .await?;
    Ok(Answer::empty())
}
