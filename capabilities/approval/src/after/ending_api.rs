//! 撤销 and 注销 as JSON: the same use cases for programs.

use axum::extract::State;
use axum::http::StatusCode;
use base::ids::CaseId;
use casework::{Case, Channel, Permission};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Answer, Idempotency, Json, Operation, Path, Problem, Routes, Visit};

use super::ending::{self, Command, End};
use super::ending_service::{self as service, Propose};
use crate::service::{Approval, may_know};

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .api(
            Operation::post("/api/v1/licenses/{license_id}/endings", "propose_ending")
                .tag("license")
                .summary("提出撤销或者注销证照；撤销先告知持证主体并听取意见")
                .access(Access::Permission(Permission::Decide))
                .path::<LicensePath>()
                .body::<ProposeBody>()
                .ok::<EndingJson>(201)
                .problems(&[404, 422]),
            propose,
        )
        .api(
            Operation::get("/api/v1/licenses/{license_id}/ending", "get_ending")
                .tag("license")
                .summary("最近一次撤销或者注销的情况")
                .access(Access::Owner)
                .path::<LicensePath>()
                .ok::<EndingJson>(200)
                .problems(&[404]),
            get,
        )
        .api(
            Operation::post("/api/v1/licenses/{license_id}/ending/acts", "act_on_ending")
                .tag("license")
                .summary("陈述申辩、要求听证、登记听证、作出决定、终止处理")
                .access(Access::Owner)
                .path::<LicensePath>()
                .body::<ActBody>()
                .ok::<EndingJson>(200)
                .problems(&[404, 409, 422]),
            act,
        )
}

#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document")]
struct LicensePath {
    /// 证照标识
    license_id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProposeBody {
    end: End,
    /// 法定事由：撤销 abuse、beyond_powers、procedure、unqualified、other、fraud；
    /// 注销 expired、person、dissolved、revoked、force_majeure、other
    #[schemars(length(max = 40))]
    ground: String,
    /// 事实和证据
    #[schemars(length(min = 1, max = 2000))]
    facts: String,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ActWord {
    StateViews,
    AskHearing,
    RecordHearing,
    EndLicense,
    DropEnding,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActBody {
    /// 看到的版本；与当前不符时答 409，并说明是谁先办的
    version: Option<i64>,
    act: ActWord,
    /// 陈述申辩的内容、听证笔录要点、对陈述申辩的处理，或者终止处理的理由
    #[serde(default)]
    #[schemars(length(max = 2000))]
    text: String,
    /// 持证主体放弃陈述、申辩和听证的权利
    #[serde(default)]
    waived: bool,
    /// 听证日期
    #[schemars(with = "Option<web::schema::Day>")]
    held_on: Option<Date>,
    /// 自始无效
    #[serde(default)]
    from_start: bool,
    /// 直接关系公共安全、人身健康、生命财产安全
    #[serde(default)]
    safety: bool,
}

/// 一次撤销或者注销
#[derive(Debug, Serialize, JsonSchema)]
struct EndingJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    version: i64,
    state: String,
    state_label: String,
    end: End,
    license_id: String,
    ground: String,
    legal_basis: String,
    facts: String,
    /// 告知书编号
    notice_no: String,
    /// 决定书编号
    decision_no: Option<String>,
    /// 陈述申辩的次数
    views: usize,
}

impl EndingJson {
    fn of(case: &Case) -> Option<EndingJson> {
        let told = ending::ending(case)?;
        Some(EndingJson {
            case_id: case.id,
            case_no: case.no.clone(),
            version: case.version,
            state_label: ending::FLOW
                .state(&case.state)
                .map_or_else(String::new, |state| state.label.to_owned()),
            state: case.state.clone(),
            end: told.end,
            legal_basis: told
                .ground()
                .map_or_else(String::new, |ground| ground.law.to_owned()),
            license_id: told.license_id,
            ground: told.ground,
            facts: told.facts,
            notice_no: told.doc_no,
            decision_no: ending::ended(case).map(|ended| ended.doc_no),
            views: ending::views(case).len(),
        })
    }
}

async fn propose(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
    Json(body): Json<ProposeBody>,
) -> web::Result<Answer> {
    let (actor, asked) = (visit.actor()?.clone(), license_id.clone());
    let (license, _) = approval
        .app
        .db
        .read(move |tx| service::license_for(tx, &actor, &asked))
        .await?;
    let case_no = approval
        .next_case_no(&license.region, Channel::Other)
        .await?;
    let now = approval.app.now();
    let case_id: CaseId = approval.app.ids.next(now);
    let new = Propose {
        end: body.end,
        license_id,
        ground: body.ground,
        facts: body.facts,
    };
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    web::once(&visit, &key, move |tx| {
        let case = me.propose_ending(tx, &actor, now, (case_id, &case_no), &new)?;
        Ok::<_, crate::Error>(Answer::json(StatusCode::CREATED, &EndingJson::of(&case)))
    })
    .await
}

async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
) -> web::Result<Json<EndingJson>> {
    let actor = visit.actor()?.clone();
    approval
        .app
        .db
        .read(move |tx| service::newest(tx, &license_id).map(|case| (case, actor)))
        .await
        .map(|(case, actor)| case.filter(|case| may_know(&actor, case)))?
        .as_ref()
        .and_then(EndingJson::of)
        .map(Json)
        .ok_or_else(|| Problem::not_found("这份证照没有撤销或者注销的事项"))
}

async fn act(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(license_id): Path<String>,
    Json(body): Json<ActBody>,
) -> web::Result<Answer> {
    let command = match body.act {
        ActWord::StateViews => Command::StateViews {
            text: body.text,
            waived: body.waived,
        },
        ActWord::AskHearing => Command::AskHearing,
        ActWord::RecordHearing => Command::RecordHearing {
            held_on: body
                .held_on
                .ok_or_else(|| Problem::invalid("held_on", "请填写听证日期"))?,
            record: body.text,
        },
        ActWord::EndLicense => Command::End {
            doc_no: String::new(),
            reply: body.text,
            from_start: body.from_start,
            safety: body.safety,
        },
        ActWord::DropEnding => Command::Drop { reason: body.text },
    };
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(&visit, &key, move |tx| {
        let case = service::newest(tx, &license_id)?.ok_or(crate::Error::NotFound)?;
        let case = me.act_on_ending(tx, &actor, now, case.id, body.version, &command)?;
        Ok::<_, crate::Error>(Answer::json(StatusCode::OK, &EndingJson::of(&case)))
    })
    .await
}
