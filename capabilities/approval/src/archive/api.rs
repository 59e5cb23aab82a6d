//! The file of a case as JSON, its closing, its export, and the public key that seals it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::CaseId;
use casework::Permission;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Problem, Routes, Visit};

use super::{Act, Retention, archived, contents, package};
use crate::after;
use crate::service::{self, Approval};

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .api(
            Operation::get("/api/v1/cases/{case_id}/file", "get_case_file")
                .tag("approval")
                .summary("卷内目录与归档情况")
                .access(Access::Permission(Permission::ReadCase))
                .path::<CasePath>()
                .ok::<FileJson>(200)
                .problems(&[404]),
            get,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/archive", "archive_case")
                .tag("approval")
                .summary("归档：卷宗齐全后关闭，之后只能查阅和调取")
                .access(Access::Permission(Permission::Archive))
                .path::<CasePath>()
                .body::<ArchiveBody>()
                .ok::<FileJson>(200)
                .problems(&[404, 409, 422]),
            archive,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/file-exports", "export_case_file")
                .tag("approval")
                .summary("调取电子卷宗，留痕")
                .description("返回下载地址，15分钟内有效。含完整个人信息。")
                .access(Access::Permission(Permission::Unmask))
                .path::<CasePath>()
                .body::<ExportBody>()
                .ok::<ExportJson>(201)
                .problems(&[404, 409, 422]),
            export,
        )
        .api(
            Operation::get(
                "/api/v1/cases/{case_id}/file-exports/{event}",
                "download_case_file",
            )
            .tag("approval")
            .summary("下载调取的电子卷宗（ZIP），用 tongban verify-file 离线核验")
            .access(Access::Permission(Permission::Unmask))
            .path::<ExportPath>()
            .ok_file("application/zip")
            .problems(&[404, 409]),
            super::pages::fetch,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/reapply-ban", "ban_reapplying")
                .tag("approval")
                .summary("记录提供虚假材料，一年内不得再次申请（行政许可法第七十八条）")
                .access(Access::Permission(Permission::Decide))
                .path::<CasePath>()
                .body::<BanBody>()
                .ok::<BanJson>(200)
                .problems(&[404, 409, 422]),
            ban,
        )
        .api(
            Operation::get("/api/v1/file-key", "get_file_key")
                .tag("approval")
                .summary("电子卷宗签名公钥")
                .access(Access::Public)
                .ok::<KeyJson>(200),
            key,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CasePath {
    /// 办件标识
    #[schemars(with = "web::schema::Id")]
    #[expect(
        dead_code,
        reason = "describes the path; the handler reads it by position"
    )]
    case_id: CaseId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "describes the path; the handler reads it by position"
)]
struct ExportPath {
    /// 办件标识
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    /// 调取在留痕中的序号
    event: i64,
}

/// 卷宗
#[derive(Debug, Serialize, JsonSchema)]
struct FileJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    /// 办件版本
    version: i64,
    /// 档号；未归档为空
    archive_no: Option<String>,
    /// 保管期限：permanent、years30、years10
    retention: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    archived_at: Option<Timestamp>,
    papers: Vec<PaperJson>,
    /// 归档前还缺什么
    gaps: Vec<String>,
}

/// 卷内目录的一行
#[derive(Debug, Serialize, JsonSchema)]
struct PaperJson {
    no: u32,
    /// 归档时按此填写页数
    key: String,
    title: String,
    doc_no: String,
    #[schemars(with = "Option<web::schema::Day>")]
    date: Option<Date>,
    pages: u32,
    /// 材料文件的SM3摘要
    sm3: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ArchiveBody {
    /// 看到的版本；与当前不符时答 409，并说明是谁先办的
    version: Option<i64>,
    /// permanent、years30、years10
    #[schemars(length(max = 20))]
    retention: String,
    /// 各件页数，按 key；不写的按一页
    #[serde(default)]
    pages: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportBody {
    /// 调取事由
    #[schemars(length(min = 1, max = 2000))]
    purpose: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BanBody {
    version: Option<i64>,
    /// 隐瞒的情况或者虚假的材料
    #[schemars(length(min = 1, max = 2000))]
    facts: String,
}

/// 不得再次申请
#[derive(Debug, Serialize, JsonSchema)]
struct BanJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    version: i64,
    /// 告知书编号
    doc_no: String,
    /// 这一天起可以再次申请
    #[schemars(with = "Option<web::schema::Day>")]
    until: Option<Date>,
}

/// 一次调取
#[derive(Debug, Serialize, JsonSchema)]
struct ExportJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    /// 调取在留痕中的序号
    event: i64,
    /// 下载地址
    href: String,
}

/// 电子卷宗签名公钥
#[derive(Debug, Serialize, JsonSchema)]
struct KeyJson {
    /// SM2-SM3
    algorithm: String,
    /// 未压缩的公钥点，十六进制
    public_key: String,
    /// 公钥的SM3：与 verify-file 显示的指纹核对
    key_print: String,
}

async fn file_of(visit: &Visit, approval: &Approval, id: CaseId) -> web::Result<FileJson> {
    let loaded = approval.open_for(visit.actor()?, id).await?;
    let item = loaded.published.as_ref().map(|published| &published.item);
    let case = &loaded.case;
    let archived = archived(case);
    let papers = contents::papers(case, &|key| contents::material_name(item, key));
    Ok(FileJson {
        case_id: case.id,
        case_no: case.no.clone(),
        version: case.version,
        gaps: if archived.is_some() {
            Vec::new()
        } else {
            contents::gaps(case, &contents::required(item))
        },
        papers: (1..)
            .zip(papers)
            .map(|(no, paper)| PaperJson {
                no,
                pages: archived
                    .as_ref()
                    .and_then(|archived| archived.papers.iter().find(|filed| filed.no == no))
                    .map_or(paper.pages, |filed| filed.pages),
                key: paper.key,
                title: paper.title,
                doc_no: paper.doc_no,
                date: paper.date,
                sm3: paper.file.map(|file| file.digest),
            })
            .collect(),
        archive_no: archived
            .as_ref()
            .map(|archived| archived.archive_no.clone()),
        retention: archived
            .as_ref()
            .map(|archived| archived.retention.word().to_owned()),
        archived_at: archived.map(|archived| archived.at),
    })
}

async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<FileJson>> {
    Ok(Json(file_of(&visit, &approval, id).await?))
}

async fn archive(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ArchiveBody>,
) -> web::Result<Answer> {
    let retention = Retention::from_word(&body.retention).ok_or_else(|| {
        Problem::invalid("retention", "保管期限应为 permanent、years30 或 years10")
    })?;
    let act = service::Act::Archive(Act::Archive {
        retention,
        pages: body.pages,
    });
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let answer = web::once(&visit, &key, move |tx| {
        let case = me.act(tx, &actor, now, id, body.version, &act)?;
        let archived = archived(&case);
        let file = FileJson {
            case_id: case.id,
            case_no: case.no.clone(),
            version: case.version,
            gaps: Vec::new(),
            papers: archived
                .iter()
                .flat_map(|archived| archived.papers.clone())
                .map(|filed| PaperJson {
                    no: filed.no,
                    key: String::new(),
                    title: filed.title,
                    doc_no: filed.doc_no,
                    date: filed.date,
                    pages: filed.pages,
                    sm3: Some(filed.digest).filter(|digest| !digest.is_empty()),
                })
                .collect(),
            archive_no: archived
                .as_ref()
                .map(|archived| archived.archive_no.clone()),
            retention: archived
                .as_ref()
                .map(|archived| archived.retention.word().to_owned()),
            archived_at: archived.map(|archived| archived.at),
        };
        Ok::<_, crate::Error>(Answer::json(StatusCode::OK, &file))
    })
    .await?;
    Ok(answer)
}

async fn export(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ExportBody>,
) -> web::Result<Answer> {
    let act = service::Act::Archive(Act::Export {
        purpose: body.purpose,
    });
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(&visit, &key, move |tx| {
        let case = me.act(tx, &actor, now, id, None, &act)?;
        let made = ExportJson {
            case_id: id,
            event: case.version,
            href: format!("/api/v1/cases/{id}/file-exports/{}", case.version),
        };
        Ok::<_, crate::Error>(Answer::json(StatusCode::CREATED, &made))
    })
    .await
}

async fn ban(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<BanBody>,
) -> web::Result<Answer> {
    let act = service::Act::After(after::Act::Ban { facts: body.facts });
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(&visit, &key, move |tx| {
        let case = me.act(tx, &actor, now, id, body.version, &act)?;
        let noted = after::bans::noted(&case);
        let told = BanJson {
            case_id: id,
            version: case.version,
            until: noted.as_ref().map(|noted| noted.until),
            doc_no: noted.map(|noted| noted.doc_no).unwrap_or_default(),
        };
        Ok::<_, crate::Error>(Answer::json(StatusCode::OK, &told))
    })
    .await
}

async fn key(State(approval): State<Approval>) -> Json<KeyJson> {
    let public_key = package::signer(&approval.app.people).public_key();
    Json(KeyJson {
        algorithm: package::ALGORITHM.to_owned(),
        key_print: base::crypto::key_print(&public_key),
        public_key: base::crypto::to_hex(&public_key),
    })
}
