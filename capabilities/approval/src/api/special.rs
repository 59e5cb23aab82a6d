//! Acts beside the straight road, as JSON: special procedures, extension, hearing, later materials, service of notices.

use axum::extract::State;
use base::ids::CaseId;
use casework::{Case, Permission};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Routes, Visit};

use super::{ActedJson, CasePath, DeliveryWord, run};
use crate::details::{Delivered, Delivery};
use crate::letter;
use crate::service::{Act, Approval, may_know};
use crate::special::notices::Means;
use crate::special::procedure::{self, Kind};
use crate::special::{Command, hearing};

/// Adds the operations to the capability's doors.
pub(super) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    let act = |path, id, access| {
        Operation::post(path, id)
            .tag("approval")
            .access(access)
            .ok::<ActedJson>(200)
            .problems(&[403, 404, 409, 422])
    };
    let decide = Access::Permission(Permission::Decide);
    let routes = routes
        .api(
            act(
                "/api/v1/cases/{case_id}/procedures",
                "start_procedure",
                decide,
            )
            .path::<CasePath>()
            .summary("启动特别程序，书面告知所需时间，停止计时")
            .description("《行政许可法》第四十五条。告知书送达之日起停止计时。")
            .body::<ProcedureBody>(),
            start_procedure,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/procedures/{no}/result",
                "end_procedure",
                decide,
            )
            .path::<NumberedPath>()
            .summary("登记特别程序结论，次日起恢复计时")
            .body::<ResultBody>(),
            end_procedure,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/extension-request",
                "request_extension",
                decide,
            )
            .path::<CasePath>()
            .summary("申请延长办理期限")
            .body::<ExtensionBody>(),
            request_extension,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/extension-decision",
                "answer_extension",
                Access::Staff,
            )
            .path::<CasePath>()
            .summary("批准或者不同意延长办理期限")
            .description(
                "《行政许可法》第四十二条：本机关负责人批准；联合办理的由本级人民政府负责人批准。",
            )
            .body::<ExtensionAnswerBody>(),
            answer_extension,
        );
    hearings(routes, act)
}

fn hearings(
    routes: Routes<Approval>,
    act: impl Fn(&'static str, &'static str, Access) -> Operation,
) -> Routes<Approval> {
    let decide = Access::Permission(Permission::Decide);
    let routes = routes
        .api(
            act(
                "/api/v1/cases/{case_id}/hearing-right",
                "tell_hearing_right",
                decide,
            )
            .path::<CasePath>()
            .summary("告知听证权利")
            .body::<HearingRightBody>(),
            tell_hearing_right,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/hearing-request",
                "request_hearing",
                Access::Owner,
            )
            .path::<CasePath>()
            .summary("要求听证")
            .body::<HearingRequestBody>(),
            request_hearing,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/hearing-waiver",
                "waive_hearing",
                Access::Owner,
            )
            .path::<CasePath>()
            .summary("放弃听证")
            .body::<VersionBody>(),
            waive_hearing,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/hearing-notice",
                "call_hearing",
                decide,
            )
            .path::<CasePath>()
            .summary("通知举行听证")
            .body::<HearingNoticeBody>(),
            call_hearing,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/hearing-record",
                "record_hearing",
                decide,
            )
            .path::<CasePath>()
            .summary("登记听证笔录")
            .body::<ResultBody>(),
            record_hearing,
        );
    others(routes, act)
}

fn others(
    routes: Routes<Approval>,
    act: impl Fn(&'static str, &'static str, Access) -> Operation,
) -> Routes<Approval> {
    let decide = Access::Permission(Permission::Decide);
    routes
        .api(
            act(
                "/api/v1/cases/{case_id}/gap-promise",
                "promise_gap",
                Access::Owner,
            )
            .path::<CasePath>()
            .summary("承诺补交容缺材料")
            .body::<VersionBody>(),
            promise_gap,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/gap-acceptance",
                "accept_with_gap",
                Access::Permission(Permission::Accept),
            )
            .path::<CasePath>()
            .summary("容缺受理")
            .body::<GapBody>(),
            accept_with_gap,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/review-report",
                "report_review",
                decide,
            )
            .path::<CasePath>()
            .summary("报送下级初审意见")
            .body::<ResultBody>(),
            report_review,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/false-materials",
                "record_false_materials",
                decide,
            )
            .path::<CasePath>()
            .summary("登记隐瞒情况或者提供虚假材料")
            .body::<ResultBody>(),
            record_false_materials,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/urgings",
                "urge_case",
                Access::Owner,
            )
            .path::<CasePath>()
            .summary("催办：提醒本件现在的办理人，待办里会标出")
            .description(
                "申请人、同事和督查人员都可以催办，每人每天一次；办理人在“催办提醒”里看到。",
            )
            .body::<ResultBody>(),
            urge,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/notices/{no}/service",
                "serve_notice",
                Access::Staff,
            )
            .path::<NumberedPath>()
            .summary("登记文书送达")
            .body::<ServiceBody>(),
            serve_notice,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}/notices", "list_notices")
                .tag("approval")
                .summary("本件的全部文书：文号、何时制发、何时怎样送达")
                .access(Access::Owner)
                .path::<CasePath>()
                .ok::<Vec<NoticeJson>>(200)
                .problems(&[404]),
            list_notices,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct NumberedPath {
    /// 办件标识
    #[schemars(with = "web::schema::Id")]
    #[expect(
        dead_code,
        reason = "describes the path; the handler reads it by position"
    )]
    case_id: CaseId,
    /// 序号，从 1 起
    #[expect(
        dead_code,
        reason = "describes the path; the handler reads it by position"
    )]
    no: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VersionBody {
    /// 看到的版本；与当前不符时答 409，并说明是谁先办的
    version: Option<i64>,
}

/// 文书怎样送达
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MeansJson {
    method: DeliveryWord,
    /// 签收人；窗口当面送达时填写
    #[serde(default)]
    #[schemars(length(max = 2000))]
    receiver: String,
    /// 邮件单号；邮寄时填写
    #[serde(default)]
    #[schemars(length(max = 2000))]
    tracking: String,
}

impl From<MeansJson> for Means {
    fn from(means: MeansJson) -> Means {
        Means {
            method: means.method.into(),
            receiver: means.receiver,
            tracking: means.tracking,
        }
    }
}

/// 特别程序
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ProcedureWord {
    Bidding,
    Auction,
    Inspection,
    Testing,
    Quarantine,
    Appraisal,
    ExpertReview,
    SpecialLaw,
}

impl From<ProcedureWord> for Kind {
    fn from(word: ProcedureWord) -> Kind {
        match word {
            ProcedureWord::Bidding => Kind::Bidding,
            ProcedureWord::Auction => Kind::Auction,
            ProcedureWord::Inspection => Kind::Inspection,
            ProcedureWord::Testing => Kind::Testing,
            ProcedureWord::Quarantine => Kind::Quarantine,
            ProcedureWord::Appraisal => Kind::Appraisal,
            ProcedureWord::ExpertReview => Kind::ExpertReview,
            ProcedureWord::SpecialLaw => Kind::SpecialLaw,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProcedureBody {
    version: Option<i64>,
    kind: ProcedureWord,
    /// 事项依据的法律另有规定的程序名称，kind 为 special_law 时填写
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: String,
    /// 为什么需要；写进告知书
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
    /// 承担单位
    #[serde(default)]
    #[schemars(length(max = 2000))]
    body: String,
    /// 所需时间（工作日）
    #[schemars(range(min = 1, max = 365))]
    days: u32,
    service: MeansJson,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResultBody {
    version: Option<i64>,
    /// 结论、意见或者笔录要点
    #[schemars(length(min = 1, max = 2000))]
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExtensionBody {
    version: Option<i64>,
    /// 延长多少，单位与法定办结时限相同
    #[schemars(range(min = 1, max = 365))]
    days: u32,
    /// 理由；告知申请人
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExtensionAnswerBody {
    version: Option<i64>,
    approved: bool,
    /// 不同意时必填
    #[serde(default)]
    #[schemars(length(max = 2000))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HearingRightBody {
    version: Option<i64>,
    /// 听证的事由
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
    service: MeansJson,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HearingRequestBody {
    version: Option<i64>,
    /// 利害关系人；申请人要求的留空
    #[serde(default)]
    #[schemars(length(max = 2000))]
    by: String,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HearingNoticeBody {
    version: Option<i64>,
    /// 举行日期；至少提前 7 个工作日通知
    #[schemars(with = "web::schema::Day")]
    on: Date,
    #[schemars(length(min = 1, max = 100))]
    time: String,
    #[schemars(length(min = 1, max = 500))]
    place: String,
    /// 主持人
    #[schemars(length(min = 1, max = 100))]
    officer: String,
    service: MeansJson,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GapBody {
    version: Option<i64>,
    /// 补交期限，单位与承诺办结时限相同；默认并且最长为承诺办结时限
    #[schemars(range(min = 1, max = 365))]
    days: Option<u32>,
    service: MeansJson,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServiceBody {
    version: Option<i64>,
    service: MeansJson,
}

/// 一份文书
#[derive(Debug, Serialize, JsonSchema)]
struct NoticeJson {
    /// 在文书地址里的字
    letter: String,
    title: String,
    doc_no: String,
    /// 送达；还没有送达的没有
    served: Option<ServedJson>,
    /// 登记送达时用的序号；不需要登记的没有
    no: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ServedJson {
    method: String,
    receiver: String,
    tracking: String,
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
}

impl From<Delivered> for ServedJson {
    fn from(served: Delivered) -> ServedJson {
        let method = match served.method {
            Delivery::Window => "window",
            Delivery::Post => "post",
            Delivery::Electronic => "electronic",
        };
        ServedJson {
            method: method.to_owned(),
            receiver: served.receiver,
            tracking: served.tracking,
            at: served.at,
        }
    }
}

/// Every letter of a case, those of the straight road included.
fn registry(case: &Case) -> Vec<NoticeJson> {
    letter::issued(case)
        .into_iter()
        .map(|(word, title, doc_no)| {
            let notice = letter::notice(case, &word);
            let served = match word.as_str() {
                "decision" => crate::details::delivered(case),
                _ => notice.as_ref().and_then(|notice| notice.served.clone()),
            };
            NoticeJson {
                letter: word,
                title: title.to_owned(),
                doc_no,
                served: served.map(ServedJson::from),
                no: notice.map(|notice| notice.no),
            }
        })
        .collect()
}

async fn list_notices(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<Vec<NoticeJson>>> {
    let actor = visit.actor()?.clone();
    let case = approval
        .app
        .db
        .read(move |tx| {
            cases::load(tx, id)?
                .filter(|case| case.kind == crate::flow::KIND && may_know(&actor, case))
                .ok_or(crate::Error::NotFound)
        })
        .await?;
    Ok(Json(registry(&case)))
}

async fn start_procedure(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ProcedureBody>,
) -> web::Result<Answer> {
    let command = Command::StartProcedure(procedure::Start {
        doc_no: String::new(),
        kind: body.kind.into(),
        name: body.name,
        reason: body.reason,
        body: body.body,
        days: body.days,
        means: body.service.into(),
    });
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn end_procedure(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path((id, no)): Path<(CaseId, u32)>,
    Json(body): Json<ResultBody>,
) -> web::Result<Answer> {
    let command = Command::EndProcedure {
        no,
        result: body.text,
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn request_extension(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ExtensionBody>,
) -> web::Result<Answer> {
    let command = Command::RequestExtension {
        days: body.days,
        reason: body.reason,
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn answer_extension(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ExtensionAnswerBody>,
) -> web::Result<Answer> {
    let command = if body.approved {
        Command::ApproveExtension {
            doc_no: String::new(),
        }
    } else {
        Command::DeclineExtension {
            reason: body.reason,
        }
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn tell_hearing_right(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<HearingRightBody>,
) -> web::Result<Answer> {
    let command = Command::TellHearingRight {
        doc_no: String::new(),
        reason: body.reason,
        means: body.service.into(),
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn request_hearing(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<HearingRequestBody>,
) -> web::Result<Answer> {
    let command = Command::RequestHearing {
        by: body.by,
        reason: body.reason,
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn waive_hearing(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<VersionBody>,
) -> web::Result<Answer> {
    let command = Command::WaiveHearing;
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn call_hearing(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<HearingNoticeBody>,
) -> web::Result<Answer> {
    let command = Command::CallHearing(hearing::Call {
        doc_no: String::new(),
        on: body.on,
        time: body.time,
        place: body.place,
        officer: body.officer,
        means: body.service.into(),
    });
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn record_hearing(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ResultBody>,
) -> web::Result<Answer> {
    let command = Command::RecordHearing { record: body.text };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn promise_gap(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<VersionBody>,
) -> web::Result<Answer> {
    let command = Command::PromiseGap;
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn accept_with_gap(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<GapBody>,
) -> web::Result<Answer> {
    let command = Command::AcceptWithGap {
        acceptance_no: String::new(),
        doc_no: String::new(),
        days: body.days,
        means: body.service.into(),
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn report_review(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ResultBody>,
) -> web::Result<Answer> {
    let command = Command::ReportReview { opinion: body.text };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn record_false_materials(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ResultBody>,
) -> web::Result<Answer> {
    let command = Command::RecordFalseMaterials { what: body.text };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn urge(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ResultBody>,
) -> web::Result<Answer> {
    let command = Command::Urge { text: body.text };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn serve_notice(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path((id, no)): Path<(CaseId, u32)>,
    Json(body): Json<ServiceBody>,
) -> web::Result<Answer> {
    let command = Command::ServeNotice {
        no,
        means: body.service.into(),
    };
    act(&visit, &approval, &key, id, body.version, command).await
}

async fn act(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    id: CaseId,
    version: Option<i64>,
    command: Command,
) -> web::Result<Answer> {
    run(visit, approval, key, id, version, Act::Special(command)).await
}
