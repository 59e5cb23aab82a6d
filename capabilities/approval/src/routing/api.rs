//! Routes and their verbs as JSON: the same use cases for programs.

use ::route::{
    Facts, Route, Verb, check,
    model::{Duty, Seat},
    verbs::Person,
};
use axum::{extract::State, http::StatusCode};
use base::ids::{CaseId, ItemId, StaffId, VersionId};
use casework::Permission;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use web::{Access, Answer, Idempotency, Json, Operation, Path, Problem, Routes, Visit};

use super::{
    Command, Run, panel,
    store::{self as versions, Version},
    versions::{self as editing, Edit},
};
use crate::{
    error::Error,
    flow::KIND,
    service::{Act, Approval, may_know},
};

/// Adds the operations.
pub(crate) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    routes
        .api(
            Operation::get("/api/v1/cases/{case_id}/route", "get_case_route")
                .tag("approval")
                .summary("办件走到办理流程的哪里")
                .access(Access::Permission(Permission::ReadCase))
                .path::<CasePath>()
                .ok::<RunningJson>(200)
                .problems(&[404]),
            running,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/route-verbs", "do_route_verb")
                .tag("approval")
                .summary("办结、退回、转办、加签等流程动作")
                .access(Access::Staff)
                .path::<CasePath>()
                .body::<VerbBody>()
                .ok::<RunningJson>(200)
                .problems(&[404, 409, 422]),
            verb,
        )
        .api(
            Operation::get("/api/v1/items/{item_id}/routes", "list_item_routes")
                .tag("approval")
                .summary("事项办理流程的各个版本，新的在前")
                .access(Access::Permission(Permission::Compile))
                .path::<ItemPath>()
                .ok::<Vec<VersionJson>>(200)
                .problems(&[404]),
            list,
        )
        .api(
            Operation::post("/api/v1/items/{item_id}/routes", "draft_item_route")
                .tag("approval")
                .summary("开始编制新一版办理流程")
                .access(Access::Permission(Permission::Compile))
                .path::<ItemPath>()
                .body::<DraftBody>()
                .ok::<VersionJson>(201)
                .problems(&[404, 422]),
            draft,
        )
        .api(
            Operation::put("/api/v1/routes/{route_id}", "edit_route")
                .tag("approval")
                .summary("修改、提交审核、退回修改或者发布一版办理流程")
                .description("发布前逐一检查每一个可能的状态；没有通过的答 422，并给出最短的反例。")
                .access(Access::Permission(Permission::Compile))
                .path::<RoutePath>()
                .body::<EditBody>()
                .ok::<VersionJson>(200)
                .problems(&[404, 409, 422]),
            edit,
        )
        .api(
            Operation::post("/api/v1/route-checks", "check_route")
                .tag("approval")
                .summary("检查一条办理流程，不保存")
                .access(Access::Permission(Permission::Compile))
                .body::<DraftBody>()
                .ok::<ReportJson>(200)
                .problems(&[422]),
            try_check,
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "describes the path; the handler reads it by position"
)]
struct CasePath {
    /// 办件标识
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "describes the path; the handler reads it by position"
)]
struct ItemPath {
    /// 事项标识
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "describes the path; the handler reads it by position"
)]
struct RoutePath {
    /// 流程版本标识
    #[schemars(with = "web::schema::Id")]
    route_id: VersionId,
}

/// 办件在流程上的位置
#[derive(Debug, Serialize, JsonSchema)]
struct RunningJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    /// 办件版本
    version: i64,
    /// 流程版本标识
    #[schemars(with = "web::schema::Id")]
    route_id: VersionId,
    /// 第几版
    number: i64,
    /// 正在办的环节
    open: Vec<OpenJson>,
    /// 已办的环节，先办的在前
    done: Vec<DoneJson>,
    /// 挂起的理由；没有挂起为空
    suspended: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OpenJson {
    token: u32,
    step: String,
    name: String,
    kind: &'static str,
    seats: Vec<SeatJson>,
    /// 可以退回到的环节：done 的标识和名称
    earlier: Vec<(u32, String)>,
    /// 可以跳到的环节的键
    jumps: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SeatJson {
    seat: u32,
    name: String,
    holder: Option<String>,
    signed: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DoneJson {
    done: u32,
    step: String,
    name: String,
    agreed: Option<bool>,
    by: Vec<String>,
    skipped: bool,
}

impl RunningJson {
    fn of(case: &casework::Case) -> Result<RunningJson, Error> {
        let run = Run::of(case)?.ok_or(Error::NoRoute)?;
        let marking = &run.running.marking;
        let step = |key: &str| run.net.node(key).and_then(|node| node.step());
        Ok(RunningJson {
            case_id: case.id,
            version: case.version,
            route_id: run.plan.version,
            number: run.plan.number,
            open: marking
                .works()
                .filter_map(|(token, work)| {
                    let step = step(&token.node)?;
                    Some(OpenJson {
                        token: token.id,
                        step: token.node.clone(),
                        name: step.name.clone(),
                        kind: step.kind.word(),
                        seats: work
                            .seats
                            .iter()
                            .map(|seat| SeatJson {
                                seat: seat.no,
                                name: seat.name.clone(),
                                holder: seat.holder.as_ref().map(|holder| holder.name.clone()),
                                signed: seat.signature.as_ref().map(|signature| signature.agreed),
                            })
                            .collect(),
                        earlier: marking
                            .earlier(&run.net, token.id)
                            .into_iter()
                            .map(|earlier| (earlier.done, earlier.name))
                            .collect(),
                        jumps: marking.jumps(&run.net, token.id),
                    })
                })
                .collect(),
            done: marking
                .done
                .iter()
                .filter_map(|done| {
                    let step = step(&done.node)?;
                    Some(DoneJson {
                        done: done.id,
                        step: done.node.clone(),
                        name: step.name.clone(),
                        agreed: done.agreed,
                        by: done
                            .signed
                            .iter()
                            .map(|signature| signature.by.name.clone())
                            .collect(),
                        skipped: done.skipped.is_some(),
                    })
                })
                .collect(),
            suspended: marking.suspended.as_ref().map(|pause| pause.reason.clone()),
        })
    }
}

/// 要做的流程动作
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum VerbWord {
    Sign,
    Return,
    Recall,
    Transfer,
    Delegate,
    AddSigner,
    DropSigner,
    Jump,
    Suspend,
    Resume,
    Urge,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VerbBody {
    /// 看到的办件版本
    version: Option<i64>,
    verb: VerbWord,
    /// 正在办的环节
    #[serde(default)]
    token: u32,
    /// 第几席；只有一席的为1
    #[serde(default)]
    seat: u32,
    /// 办结、会签、票签：同意与否
    #[serde(default)]
    agreed: bool,
    /// 意见或者理由
    #[serde(default)]
    #[schemars(length(max = 2000))]
    remark: String,
    /// 退回到、撤回的已办环节
    #[serde(default)]
    done: u32,
    /// 跳到的环节的键
    #[serde(default)]
    #[schemars(length(max = 100))]
    step: String,
    /// 转办、委派给谁
    #[schemars(with = "Option<web::schema::Id>")]
    staff: Option<StaffId>,
    /// 加签的席位名称
    #[serde(default)]
    #[schemars(length(max = 40))]
    name: String,
    /// 判断要用的内容：事实的键到值
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, Value>")]
    facts: Facts,
}

async fn running(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<RunningJson>> {
    let loaded = approval.open_for(visit.actor()?, id).await?;
    Ok(Json(RunningJson::of(&loaded.case)?))
}

async fn verb(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<VerbBody>,
) -> web::Result<Answer> {
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    web::once(&visit, &key, move |tx| {
        let known = cases::load(tx, id)?
            .filter(|case| case.kind == KIND && may_know(&actor, case))
            .ok_or(Error::NotFound)?;
        if Run::of(&known)?.is_none() {
            return Err(Error::NoRoute);
        }
        let person =
            |tx: &mut store::Tx<'_>| panel::person(&me, tx, id, body.token, body.seat, body.staff);
        let (token, seat) = (body.token, body.seat);
        let said = String::new;
        let verb = match body.verb {
            VerbWord::Sign => Verb::Sign {
                token,
                seat,
                agreed: body.agreed,
                opinion: said(),
            },
            VerbWord::Return => Verb::Return {
                token,
                to: body.done,
                reason: said(),
            },
            VerbWord::Recall => Verb::Recall {
                done: body.done,
                reason: said(),
            },
            VerbWord::Transfer => Verb::Transfer {
                token,
                seat,
                to: person(tx)?,
            },
            VerbWord::Delegate => Verb::Delegate {
                token,
                seat,
                to: person(tx)?,
            },
            VerbWord::AddSigner => Verb::AddSigner {
                token,
                seat: panel::added(tx, id, token, &body.name)?,
            },
            VerbWord::DropSigner => Verb::DropSigner { token, seat },
            VerbWord::Jump => Verb::Jump {
                token,
                to: body.step.clone(),
                reason: said(),
            },
            VerbWord::Suspend => Verb::Suspend { reason: said() },
            VerbWord::Resume => Verb::Resume,
            VerbWord::Urge => Verb::Urge {
                token,
                text: said(),
            },
        };
        let act = Act::Route(Command::Verb {
            verb,
            facts: body.facts.clone(),
            remark: body.remark.clone(),
        });
        let case = me.act(tx, &actor, now, id, body.version, &act)?;
        Ok::<_, Error>(Answer::json(StatusCode::OK, &RunningJson::of(&case)?))
    })
    .await
}

/// 办理流程的一版
#[derive(Debug, Serialize, JsonSchema)]
struct VersionJson {
    #[schemars(with = "web::schema::Id")]
    route_id: VersionId,
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    /// 第几版
    number: i64,
    state: &'static str,
    /// 修改时随请求带上
    revision: i64,
    note: String,
    drafted_by: String,
    published_by: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    published_at: Option<Timestamp>,
    /// 环节、连线、条件
    route: Value,
}

impl VersionJson {
    fn of(version: &Version) -> VersionJson {
        VersionJson {
            route_id: version.id,
            item_id: version.item,
            number: version.number,
            state: version.state.word(),
            revision: version.revision,
            note: version.note.clone(),
            drafted_by: version.drafted_name.clone(),
            published_by: version.published_name.clone(),
            published_at: version.published_at,
            route: serde_json::to_value(&version.route).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// 环节、连线、条件
    route: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// 看到的修改次数
    revision: i64,
    act: EditWord,
    /// 替换时的环节、连线、条件
    #[serde(default)]
    route: Value,
    /// 提交审核时：这一版改了什么
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EditWord {
    Replace,
    Submit,
    SendBack,
    Publish,
}

/// 检查结果
#[derive(Debug, Serialize, JsonSchema)]
struct ReportJson {
    sound: bool,
    /// 逐一看过的状态数
    states: usize,
    /// 问题和最短的反例
    findings: Value,
}

fn route_of(value: &Value) -> Result<Route, Error> {
    base::json::from_value(value)
        .map_err(|error| casework::Refusal::invalid("route", format!("读不出来：{error}")).into())
}

async fn list(
    visit: Visit,
    State(approval): State<Approval>,
    Path(item): Path<ItemId>,
) -> web::Result<Json<Vec<VersionJson>>> {
    let actor = visit.actor()?.clone();
    let found = approval
        .app
        .db
        .read(move |tx| {
            editing::may(tx, &actor, item, Permission::Compile)?;
            versions::of_item(tx, item)
        })
        .await?;
    Ok(Json(found.iter().map(VersionJson::of).collect()))
}

async fn draft(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(item): Path<ItemId>,
    Json(body): Json<DraftBody>,
) -> web::Result<Answer> {
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    let id: VersionId = approval.app.ids.next(now);
    web::once(&visit, &key, move |tx| {
        let version = editing::draft(tx, &actor, id, item, route_of(&body.route)?, now)?;
        Ok::<_, Error>(Answer::json(
            StatusCode::CREATED,
            &VersionJson::of(&version),
        ))
    })
    .await
}

async fn edit(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<VersionId>,
    Json(body): Json<EditBody>,
) -> web::Result<Answer> {
    let (actor, now) = (visit.actor()?.clone(), approval.app.now());
    web::once(&visit, &key, move |tx| {
        let edit = match body.act {
            EditWord::Replace => Edit::Replace(Box::new(route_of(&body.route)?)),
            EditWord::Submit => Edit::Submit {
                note: body.note.clone(),
            },
            EditWord::SendBack => Edit::SendBack,
            EditWord::Publish => Edit::Publish,
        };
        let version = editing::edit(tx, &actor, id, body.revision, &edit, now)?;
        Ok::<_, Error>(Answer::json(StatusCode::OK, &VersionJson::of(&version)))
    })
    .await
}

async fn try_check(Json(body): Json<DraftBody>) -> web::Result<Json<ReportJson>> {
    let route = route_of(&body.route)?;
    let report = tokio::task::spawn_blocking(move || check(&route))
        .await
        .map_err(|error| Problem::internal(&error))?;
    Ok(Json(ReportJson {
        sound: report.is_sound(),
        states: report.states,
        findings: serde_json::to_value(&report.findings).unwrap_or_default(),
    }))
}

/// A seat that is added stands with the duty of the work it is added to.
pub(super) fn seat_like(duty: &Duty, name: &str) -> Seat {
    Seat {
        name: name.to_owned(),
        duty: duty.clone(),
    }
}

/// Whoever is named by a form or a program.
pub(super) fn named(staff: StaffId, name: String) -> Person {
    Person { staff, name }
}
