//! What a window does beside its cases, as JSON: shift lists, a helper's list, cover sheets and scans. Each calls what
//! its page calls.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::{CaseId, FileId};
use casework::Permission;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::upload::Rules;
use web::{
    Access, Answer, Idempotency, Json, Multipart, Operation, Path, Problem, Result, Routes, Visit,
    once,
};

use crate::shift::{self, Kept, Row, SignForm};
use crate::{Window, cover, helper};

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Window>) -> Routes<Window> {
    let receive = || Access::Permission(Permission::Receive);
    let assist = || Access::Permission(Permission::Assist);
    routes
        .api(
            Operation::get("/api/v1/shifts", "list_shifts")
                .summary("本部门的交接班清单，新的在前")
                .tag("window")
                .access(receive())
                .ok::<Vec<ShiftLine>>(200),
            shifts,
        )
        .api(
            Operation::post("/api/v1/shifts", "hand_over_shift")
                .summary("交班：把现在名下的办件列成清单并签名")
                .tag("window")
                .access(receive())
                .body::<SignBody>()
                .ok::<ShiftJson>(201),
            give,
        )
        .api(
            Operation::get("/api/v1/shifts/{list_id}", "get_shift")
                .summary("一份交接清单：原文、SM3 摘要、双方签名")
                .tag("window")
                .access(receive())
                .ok::<ShiftJson>(200)
                .problems(&[404]),
            shift,
        )
        .api(
            Operation::post("/api/v1/shifts/{list_id}/receipt", "take_over_shift")
                .summary("接班：核对清单并签名；交班人不能自己接班")
                .tag("window")
                .access(receive())
                .body::<SignBody>()
                .ok::<ShiftJson>(200)
                .problems(&[404, 409]),
            take,
        )
        .api(
            Operation::get("/api/v1/assisted", "list_assisted")
                .summary("我帮办的办件")
                .tag("window")
                .access(assist())
                .ok::<Vec<AssistedJson>>(200),
            assisted,
        )
        .api(
            Operation::post("/api/v1/assisted", "assist_case")
                .summary("帮办一件：加入自己的清单")
                .tag("window")
                .access(assist())
                .body::<AssistBody>()
                .ok::<Vec<AssistedJson>>(200),
            add,
        )
        .api(
            Operation::post("/api/v1/assisted/{case_id}/end", "end_assisting")
                .summary("结束帮办一件")
                .tag("window")
                .access(assist())
                .ok::<Vec<AssistedJson>>(200)
                .problems(&[404]),
            end,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}/covers", "list_covers")
                .summary("扫描封面：每项材料的条码文字")
                .tag("window")
                .access(Access::Permission(Permission::ReadCase))
                .ok::<Vec<CoverJson>>(200)
                .problems(&[404]),
            covers,
        )
        .api(
            Operation::post("/api/v1/scans", "file_scan")
                .summary("扫描入卷：按封面条码归入办件的材料")
                .description("multipart/form-data：code 为条码文字，file 为一个 PDF 或者图片。")
                .tag("window")
                .access(receive())
                .files()
                .ok::<ScanJson>(201),
            scan,
        )
}

/// 交接清单一行
#[derive(Debug, Serialize, JsonSchema)]
struct ShiftLine {
    #[schemars(with = "web::schema::Id")]
    list_id: Uuid,
    day: String,
    giver: String,
    /// 还没有接班的为空
    taker: String,
    #[schemars(with = "web::schema::Instant")]
    given_at: Timestamp,
    #[schemars(with = "Option<web::schema::Instant>")]
    taken_at: Option<Timestamp>,
}

impl From<Row> for ShiftLine {
    fn from(row: Row) -> ShiftLine {
        ShiftLine {
            list_id: row.id,
            day: row.day,
            giver: row.giver,
            taker: row.taker,
            given_at: row.given_at,
            taken_at: row.taken_at,
        }
    }
}

/// 一份交接清单
#[derive(Debug, Serialize, JsonSchema)]
struct ShiftJson {
    #[serde(flatten)]
    line: ShiftLine,
    /// 原文；摘要由它算出
    text: String,
    /// SM3，十六进制
    digest: String,
    remark: String,
}

impl From<Kept> for ShiftJson {
    fn from(kept: Kept) -> ShiftJson {
        ShiftJson {
            text: kept.text(),
            digest: kept.digest,
            remark: kept.remark,
            line: kept.row.into(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignBody {
    /// 签名：本人姓名
    #[schemars(length(min = 1, max = 100))]
    signature: String,
    #[serde(default)]
    #[schemars(length(max = 500))]
    remark: String,
}

impl SignBody {
    fn checked(self, visit: &Visit) -> Result<SignForm> {
        let form = SignForm {
            signature: self.signature,
            remark: self.remark,
        };
        shift::signed(visit.staff()?, &form).map_err(|(field, message)| {
            let field = if field == "remark" {
                "remark"
            } else {
                "signature"
            };
            Problem::invalid(field, message)
        })?;
        Ok(form)
    }
}

async fn shifts(State(window): State<Window>, visit: Visit) -> Result<Json<Vec<ShiftLine>>> {
    let org = visit.staff()?.org;
    let rows = window.app.db.read(move |tx| shift::rows(tx, org)).await?;
    Ok(Json(rows.into_iter().map(ShiftLine::from).collect()))
}

async fn give(
    State(window): State<Window>,
    visit: Visit,
    key: Idempotency,
    Json(body): Json<SignBody>,
) -> Result<Answer> {
    let form = body.checked(&visit)?;
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.clone(),
        visit.app.now(),
    );
    let id = window.app.ids.next::<FileId>(now).uuid();
    once(&visit, &key, move |tx| -> Result<Answer> {
        shift::write(tx, &actor, &staff, id, &form.remark, now)?;
        let kept = shift::kept(tx, staff.org, id)?;
        Ok(Answer::json(StatusCode::CREATED, &ShiftJson::from(kept)))
    })
    .await
}

async fn shift(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
) -> Result<Json<ShiftJson>> {
    let org = visit.staff()?.org;
    let kept = window
        .app
        .db
        .read(move |tx| shift::kept(tx, org, id))
        .await?;
    Ok(Json(kept.into()))
}

async fn take(
    State(_): State<Window>,
    visit: Visit,
    Path(id): Path<Uuid>,
    key: Idempotency,
    Json(body): Json<SignBody>,
) -> Result<Answer> {
    body.checked(&visit)?;
    let (staff, now) = (visit.staff()?.clone(), visit.app.now());
    once(&visit, &key, move |tx| -> Result<Answer> {
        let kept = shift::kept(tx, staff.org, id)?;
        shift::receive(tx, &staff, &kept, now)?;
        let kept = shift::kept(tx, staff.org, id)?;
        Ok(Answer::json(StatusCode::OK, &ShiftJson::from(kept)))
    })
    .await
}

/// 帮办的一件
#[derive(Debug, Serialize, JsonSchema)]
struct AssistedJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    title: String,
    /// 遮蔽后的姓名
    applicant: String,
    state: &'static str,
    /// 等申请人办
    waits: bool,
    note: String,
    #[schemars(with = "web::schema::Instant")]
    since: Timestamp,
}

impl From<helper::Line> for AssistedJson {
    fn from(line: helper::Line) -> AssistedJson {
        AssistedJson {
            case_id: line.case_id,
            case_no: line.case_no,
            title: line.title,
            applicant: line.applicant,
            state: line.state,
            waits: line.waits,
            note: line.note,
            since: line.since,
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssistBody {
    /// 办件编号，22位
    #[schemars(length(min = 1, max = 40))]
    no: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

async fn assisted(State(window): State<Window>, visit: Visit) -> Result<Json<Vec<AssistedJson>>> {
    let (actor, staff) = (visit.actor()?.clone(), visit.staff()?.staff);
    let lines = window
        .app
        .db
        .read(move |tx| helper::lines(tx, &actor, staff))
        .await?;
    Ok(Json(lines.into_iter().map(AssistedJson::from).collect()))
}

async fn add(
    State(_): State<Window>,
    visit: Visit,
    key: Idempotency,
    Json(body): Json<AssistBody>,
) -> Result<Answer> {
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.staff,
        visit.app.now(),
    );
    once(&visit, &key, move |tx| -> Result<Answer> {
        helper::go_along(tx, &actor, staff, (&body.no, &body.note), now)?;
        answered(helper::lines(tx, &actor, staff)?)
    })
    .await
}

async fn end(
    State(_): State<Window>,
    visit: Visit,
    Path(case): Path<CaseId>,
    key: Idempotency,
) -> Result<Answer> {
    let (actor, staff, now) = (
        visit.actor()?.clone(),
        visit.staff()?.staff,
        visit.app.now(),
    );
    once(&visit, &key, move |tx| -> Result<Answer> {
        if helper::leave(tx, staff, case, now)? == 0 {
            return Err(Problem::not_found("这件不在您的帮办清单里"));
        }
        answered(helper::lines(tx, &actor, staff)?)
    })
    .await
}

fn answered(lines: Vec<helper::Line>) -> Result<Answer> {
    let lines: Vec<AssistedJson> = lines.into_iter().map(AssistedJson::from).collect();
    Ok(Answer::json(StatusCode::OK, &lines))
}

/// 一项材料的封面
#[derive(Debug, Serialize, JsonSchema)]
struct CoverJson {
    /// 材料名称
    material: String,
    /// 条码文字，扫描入卷时用
    code: String,
}

async fn covers(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Json<Vec<CoverJson>>> {
    let (_, sheets) = cover::sheets(&window, &visit, id).await?;
    Ok(Json(
        sheets
            .into_iter()
            .map(|sheet| CoverJson {
                material: sheet.name,
                code: sheet.code,
            })
            .collect(),
    ))
}

/// 归入的办件
#[derive(Debug, Serialize, JsonSchema)]
struct ScanJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    /// 办件版本
    version: i64,
}

async fn scan(
    State(window): State<Window>,
    visit: Visit,
    key: Idempotency,
    multipart: Multipart,
) -> Result<Answer> {
    let received = multipart.receive(&Rules::DOCUMENTS).await?;
    let code = received.fields.get("code").unwrap_or_default().trim();
    let scan = cover::read(&base::text::shorten(code, cover::CODE_MAX), &received)?;
    let (actor, approval, now) = (
        visit.actor()?.clone(),
        window.approval.clone(),
        visit.app.now(),
    );
    once(&visit, &key, move |tx| -> Result<Answer> {
        let case = cover::put(tx, &approval, &actor, &scan, now)?;
        let filed = ScanJson {
            case_id: case.id,
            case_no: case.no,
            version: case.version,
        };
        Ok(Answer::json(StatusCode::CREATED, &filed))
    })
    .await
}
