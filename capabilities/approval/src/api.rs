//! The workbench as JSON: the same use cases for programs.

mod special;

use axum::{extract::State, http::StatusCode};
use base::{crypto::to_hex, ids::CaseId};
use cases::queue::{self, After, Filter};
use casework::{Case, Permission};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Query, Routes, Visit, cursor,
};

use crate::{
    clocks,
    details::{self, CorrectionItem, Delivery},
    flow::{command_label, state_label},
    pages::queue_words::{LightWord, Place, task_label},
    service::{Act, Approval},
};

/// Adds the operations to the capability's doors.
pub(crate) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    let act = |path, id, permission| {
        Operation::post(path, id)
            .tag("approval")
            .access(Access::Permission(permission))
            .path::<CasePath>()
            .ok::<ActedJson>(200)
            .problems(&[404, 409, 422])
    };
    special::operations(routes)
        .api(
            Operation::get("/api/v1/queue", "list_queue")
                .tag("approval")
                .summary("我的待办，按剩余时间排序")
                .access(Access::Staff)
                .query::<QueueQuery>()
                .ok::<Listing<TaskJson>>(200),
            list_queue,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}/trail", "get_trail")
                .tag("approval")
                .summary("办件全部留痕，含 SM3 摘要链")
                .access(Access::Permission(Permission::ReadTrail))
                .path::<CasePath>()
                .ok::<Vec<TrailJson>>(200)
                .problems(&[404]),
            get_trail,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/acceptance",
                "accept_case",
                Permission::Accept,
            )
            .summary("受理")
            .body::<AcceptBody>(),
            accept,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/correction-notice",
                "request_correction",
                Permission::RequestCorrection,
            )
            .summary("一次性告知补正")
            .body::<CorrectionBody>(),
            request_correction,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/non-acceptance",
                "refuse_acceptance",
                Permission::RefuseAcceptance,
            )
            .summary("不予受理")
            .body::<NonAcceptanceBody>(),
            refuse_acceptance,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/decision",
                "decide_case",
                Permission::Decide,
            )
            .summary("准予或者不予许可")
            .body::<DecisionBody>(),
            decide,
        )
        .api(
            act(
                "/api/v1/cases/{case_id}/delivery",
                "deliver_case",
                Permission::Deliver,
            )
            .summary("送达")
            .body::<DeliveryBody>(),
            deliver,
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
#[serde(deny_unknown_fields)]
struct QueueQuery {
    /// 办件编号、申请人或事项的一部分
    #[schemars(length(max = 50))]
    q: Option<String>,
    /// 期限状态
    light: Option<LightWord>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 一项待办
#[derive(Debug, Serialize, JsonSchema)]
struct TaskJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    /// 环节
    task: String,
    task_label: String,
    state: String,
    state_label: String,
    title: String,
    applicant_name: String,
    /// 到期时刻；停止计时期间没有
    #[schemars(with = "Option<web::schema::Instant>")]
    due_at: Option<Timestamp>,
    /// 到期日所在年份的放假安排尚未公布
    provisional: bool,
    #[schemars(with = "web::schema::Instant")]
    opened_at: Timestamp,
    /// 被催办的次数
    urged: i64,
}

async fn list_queue(
    visit: Visit,
    State(approval): State<Approval>,
    Query(query): Query<QueueQuery>,
) -> web::Result<Json<Listing<TaskJson>>> {
    const PAGE: usize = 50;
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let after: Option<Place> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, "queue", text))
        .transpose()?;
    let filter = Filter {
        text: query.q.unwrap_or_default(),
        light: query.light.map(LightWord::light),
        after: after.map(After::from),
        limit: PAGE + 1,
        ..Filter::default()
    };
    let (mut entries, urged) = approval
        .app
        .db
        .read(move |tx| -> Result<_, crate::Error> {
            let entries = queue::list(tx, &actor, &filter, now)?;
            let shown: Vec<CaseId> = entries.iter().map(|entry| entry.case_id).collect();
            let urged = crate::special::urging::times(tx, &shown)?;
            Ok((entries, urged))
        })
        .await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let next = more
        .then(|| entries.last())
        .flatten()
        .map(|last| cursor::encode(&approval.app, "queue", &Place::from(last)));
    Ok(Json(Listing {
        items: entries
            .into_iter()
            .map(|entry| TaskJson {
                urged: urged.get(&(entry.case_id, entry.no)).copied().unwrap_or(0),
                case_id: entry.case_id,
                case_no: entry.case_no,
                task_label: task_label(&entry.kind).to_owned(),
                task: entry.kind,
                state_label: state_label(&entry.state).to_owned(),
                state: entry.state,
                title: entry.title,
                applicant_name: entry.applicant_name,
                due_at: entry.due_at,
                provisional: entry.provisional,
                opened_at: entry.opened_at,
            })
            .collect(),
        next,
    }))
}

/// 留痕的一行
#[derive(Debug, Serialize, JsonSchema)]
struct TrailJson {
    seq: i64,
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
    actor: String,
    command: String,
    command_label: String,
    /// 本行的原文；摘要由它与上一行的摘要算出
    body: String,
    /// SM3 摘要，十六进制
    hash: String,
}

async fn get_trail(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<Vec<TrailJson>>> {
    let actor = visit.actor()?.clone();
    let rows = approval
        .app
        .db
        .read(move |tx| {
            let case = cases::load(tx, id)?.ok_or(crate::Error::NotFound)?;
            if !actor.may(Permission::ReadTrail, &case.scope()) {
                return Err(crate::Error::NotFound);
            }
            Ok(cases::trail(tx, id)?)
        })
        .await?;
    Ok(Json(
        rows.into_iter()
            .map(|row| TrailJson {
                seq: row.seq,
                at: row.at,
                actor: row.event.actor.shown(),
                command_label: command_label(&row.event.command).to_owned(),
                command: row.event.command,
                body: row.body,
                hash: to_hex(&row.hash),
            })
            .collect(),
    ))
}

/// 办件在这一步之后的样子
#[derive(Debug, Serialize, JsonSchema)]
struct ActedJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    state: String,
    state_label: String,
    /// 下一次修改时随请求带上，防止覆盖别人的办理
    version: i64,
    /// 承诺办结日（没有承诺的为法定）；停止计时期间没有
    #[schemars(with = "Option<web::schema::Instant>")]
    due_at: Option<Timestamp>,
    /// 文书编号
    doc_no: Option<String>,
    /// 证照标识
    license_id: Option<String>,
}

impl ActedJson {
    fn of(case: &Case, calendar: &calendar::Calendar) -> ActedJson {
        let decision = details::decision(case);
        let due_at = case
            .clock(clocks::PROMISED)
            .or_else(|| case.clock(clocks::STATUTORY))
            .or_else(|| case.open_clocks().next())
            .and_then(|clock| clocks::due_at(clock, calendar));
        let doc_no = match case.last.command.as_str() {
            "accept" => details::acceptance(case).map(|acceptance| acceptance.doc_no),
            "request_correction" => details::correction(case).map(|correction| correction.doc_no),
            "refuse_acceptance" => details::not_accepted(case).map(|letter| letter.doc_no),
            "start_procedure" | "approve_extension" | "tell_hearing_right" | "call_hearing"
            | "accept_with_gap" => crate::special::notices::all(case)
                .pop()
                .map(|notice| notice.doc_no),
            _ => decision.as_ref().map(|decision| decision.doc_no.clone()),
        };
        ActedJson {
            case_id: case.id,
            case_no: case.no.clone(),
            state_label: state_label(&case.state).to_owned(),
            state: case.state.clone(),
            version: case.version,
            due_at,
            doc_no,
            license_id: decision.and_then(|decision| decision.license_id),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AcceptBody {
    /// 看到的版本；与当前不符时答 409，并说明是谁先办的
    version: Option<i64>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    remark: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CorrectionBody {
    version: Option<i64>,
    /// 需要补正的全部内容；只能告知一次
    #[schemars(length(min = 1, max = 50))]
    items: Vec<CorrectionJson>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    remark: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CorrectionJson {
    /// 材料的键；申请表的问题留空
    #[serde(default)]
    #[schemars(length(max = 100))]
    material: String,
    /// 缺什么、怎么补
    #[schemars(length(min = 1, max = 2000))]
    what: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NonAcceptanceBody {
    version: Option<i64>,
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
    /// 具体到条款
    #[schemars(length(min = 1, max = 2000))]
    legal_basis: String,
    /// 有权办理的机关
    #[serde(default)]
    #[schemars(length(max = 2000))]
    right_agency: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    version: Option<i64>,
    granted: bool,
    /// 准予时为审查意见，不予许可时为理由（必填）
    #[serde(default)]
    #[schemars(length(max = 2000))]
    opinion: String,
    /// 不予许可时必填
    #[serde(default)]
    #[schemars(length(max = 2000))]
    legal_basis: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeliveryBody {
    version: Option<i64>,
    method: DeliveryWord,
    /// 领取人，窗口领取时必填
    #[serde(default)]
    #[schemars(length(max = 2000))]
    receiver: String,
    /// 邮件单号，邮寄时必填
    #[serde(default)]
    #[schemars(length(max = 2000))]
    tracking: String,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryWord {
    Window,
    Post,
    Electronic,
}

impl From<DeliveryWord> for Delivery {
    fn from(word: DeliveryWord) -> Delivery {
        match word {
            DeliveryWord::Window => Delivery::Window,
            DeliveryWord::Post => Delivery::Post,
            DeliveryWord::Electronic => Delivery::Electronic,
        }
    }
}

async fn accept(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<AcceptBody>,
) -> web::Result<Answer> {
    let act = Act::Accept {
        remark: body.remark,
    };
    run(&visit, &approval, &key, id, body.version, act).await
}

async fn request_correction(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<CorrectionBody>,
) -> web::Result<Answer> {
    let act = Act::RequestCorrection {
        items: body
            .items
            .into_iter()
            .map(|item| CorrectionItem {
                material: item.material,
                what: item.what,
            })
            .collect(),
        remark: body.remark,
    };
    run(&visit, &approval, &key, id, body.version, act).await
}

async fn refuse_acceptance(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<NonAcceptanceBody>,
) -> web::Result<Answer> {
    let act = Act::RefuseAcceptance {
        reason: body.reason,
        legal_basis: body.legal_basis,
        right_agency: body.right_agency,
    };
    run(&visit, &approval, &key, id, body.version, act).await
}

async fn decide(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<DecisionBody>,
) -> web::Result<Answer> {
    let act = if body.granted {
        Act::Grant {
            opinion: body.opinion,
        }
    } else {
        Act::Refuse {
            reason: body.opinion,
            legal_basis: body.legal_basis,
        }
    };
    run(&visit, &approval, &key, id, body.version, act).await
}

async fn deliver(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<DeliveryBody>,
) -> web::Result<Answer> {
    let act = Act::Deliver {
        method: body.method.into(),
        receiver: body.receiver,
        tracking: body.tracking,
    };
    run(&visit, &approval, &key, id, body.version, act).await
}

async fn run(
    visit: &Visit,
    approval: &Approval,
    key: &Idempotency,
    id: CaseId,
    version: Option<i64>,
    act: Act,
) -> web::Result<Answer> {
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(visit, key, move |tx| {
        let case = me.act(tx, &actor, now, id, version, &act)?;
        let calendar = me.app.calendar();
        Ok::<_, crate::Error>(Answer::json(
            StatusCode::OK,
            &ActedJson::of(&case, &calendar),
        ))
    })
    .await
}
