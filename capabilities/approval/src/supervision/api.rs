//! After-checks and the credit record as JSON: the same use cases for programs.

use axum::{extract::State, http::StatusCode};
use base::ids::CaseId;
use cases::list::Place;
use casework::{Case, Permission};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Query, Routes, Visit, cursor,
};

use super::{
    PAGE, check,
    checks::{self, StateWord},
    credit as entries,
};
use crate::{
    aftercheck::{self, Act, FLOW},
    clocks,
    credit::{self, Entry, Filter, Kind, Standing},
    error::Error,
    law::Named,
    service::Approval,
};

/// Adds the operations.
pub(super) fn operations(routes: Routes<Approval>) -> Routes<Approval> {
    let read = || Access::Permission(Permission::ReadTrail);
    routes
        .api(
            Operation::get("/api/v1/checks", "list_checks")
                .tag("supervision")
                .summary("承诺核查，未办结的按到期日排列")
                .access(read())
                .query::<ChecksQuery>()
                .ok::<Listing<CheckLineJson>>(200),
            list_checks,
        )
        .api(
            Operation::get("/api/v1/checks/{case_id}", "get_check")
                .tag("supervision")
                .summary("一件承诺核查：承诺了什么，查到了什么")
                .access(read())
                .path::<CheckPath>()
                .ok::<CheckJson>(200)
                .problems(&[404]),
            get_check,
        )
        .api(
            Operation::post("/api/v1/checks/{case_id}/acts", "act_on_check")
                .tag("supervision")
                .summary("登记核查结果：属实、责令限期整改、整改合格、承诺不实")
                .description("承诺不实的记入信用记录；有证照的启动撤销，先告知持证主体并听取意见。")
                .access(Access::Permission(Permission::Inspect))
                .path::<CheckPath>()
                .body::<ActBody>()
                .ok::<CheckJson>(200)
                .problems(&[404, 409, 422]),
            act_on_check,
        )
        .api(
            Operation::get("/api/v1/credit-entries", "list_credit_entries")
                .tag("supervision")
                .summary("信用记录，新的在前；个人姓名脱敏")
                .access(read())
                .query::<CreditQuery>()
                .ok::<Listing<EntryJson>>(200),
            list_entries,
        )
        .api(
            Operation::get("/api/v1/credit-entries/{entry_id}", "get_credit_entry")
                .tag("supervision")
                .summary("一条信用记录")
                .access(read())
                .path::<EntryPath>()
                .ok::<EntryJson>(200)
                .problems(&[404]),
            get_entry,
        )
        .api(
            Operation::post("/api/v1/credit-entries/{entry_id}/repair", "repair_credit")
                .tag("supervision")
                .summary("信用修复，由本机关负责人办理")
                .access(Access::Permission(Permission::RepairCredit))
                .path::<EntryPath>()
                .body::<RepairBody>()
                .ok::<EntryJson>(200)
                .problems(&[404, 422]),
            repair,
        )
}

#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document")]
struct CheckPath {
    /// 核查标识
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
}

#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes the path in the OpenAPI document")]
struct EntryPath {
    /// 信用记录标识
    #[schemars(with = "web::schema::Id")]
    entry_id: Uuid,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChecksQuery {
    /// 核查编号、事项或者当事人的一部分
    #[schemars(length(max = 50))]
    q: Option<String>,
    /// 状态；没有写的为全部未办结的
    state: Option<StateWord>,
    /// 只看超期的
    over: Option<bool>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 列表中的一件核查
#[derive(Debug, Serialize, JsonSchema)]
struct CheckLineJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    state: String,
    state_label: String,
    title: String,
    applicant_name: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    due_at: Option<Timestamp>,
    over: bool,
    #[schemars(with = "web::schema::Instant")]
    opened_at: Timestamp,
}

async fn list_checks(
    visit: Visit,
    State(approval): State<Approval>,
    Query(query): Query<ChecksQuery>,
) -> web::Result<Json<Listing<CheckLineJson>>> {
    let now = approval.app.now();
    let state = query.state.unwrap_or_default();
    let list = format!("api checks {state:?}");
    let after: Option<Place> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, &list, text))
        .transpose()?;
    let over = query.over.unwrap_or_default().then_some(now);
    let process = state.process(query.q.unwrap_or_default(), over, after, PAGE + 1);
    let open = process.open;
    let actor = visit.actor()?.clone();
    let mut lines = approval
        .app
        .db
        .read(move |tx| checks::read(tx, &actor, &process))
        .await?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines
        .last()
        .filter(|_| more)
        .map(|last| cursor::encode(&approval.app, &list, &last.place(open)));
    let items = lines
        .into_iter()
        .map(|line| {
            let (label, over) = checks::told(&line, now);
            CheckLineJson {
                case_id: line.case_id,
                case_no: line.case_no,
                state_label: label.to_owned(),
                state: line.state,
                title: line.title,
                applicant_name: line.applicant_name,
                due_at: line.due_at,
                over,
                opened_at: line.opened_at,
            }
        })
        .collect();
    Ok(Json(Listing { items, next }))
}

/// 以承诺代替的一项材料
#[derive(Debug, Serialize, JsonSchema)]
struct MaterialJson {
    key: String,
    name: String,
}

/// 一次核查的记录
#[derive(Debug, Serialize, JsonSchema)]
struct FindingJson {
    command: String,
    text: String,
    by: String,
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
    /// 责令限期整改通知书编号
    doc_no: Option<String>,
    /// 责令停止
    stop: bool,
    /// 故意作虚假承诺
    deliberate: bool,
    /// 由此启动的撤销的办件编号
    ending_no: Option<String>,
}

/// 一件承诺核查
#[derive(Debug, Serialize, JsonSchema)]
struct CheckJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    version: i64,
    state: String,
    state_label: String,
    title: String,
    applicant_name: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    due_at: Option<Timestamp>,
    /// 凭承诺准予的办件
    #[schemars(with = "web::schema::Id")]
    granted_case_id: CaseId,
    granted_case_no: String,
    license_id: Option<String>,
    materials: Vec<MaterialJson>,
    conditions: Vec<String>,
    findings: Vec<FindingJson>,
}

impl CheckJson {
    fn of(case: &Case, calendar: &calendar::Calendar) -> Option<CheckJson> {
        let about = aftercheck::about(case)?;
        let named = |named: Named| MaterialJson {
            key: named.key,
            name: named.name,
        };
        let findings = aftercheck::findings(case).into_iter();
        Some(CheckJson {
            case_id: case.id,
            case_no: case.no.clone(),
            version: case.version,
            state: case.state.clone(),
            state_label: FLOW
                .state(&case.state)
                .map_or_else(String::new, |state| state.label.to_owned()),
            title: case.title.clone(),
            applicant_name: case.applicant_name.clone(),
            due_at: case
                .open_clocks()
                .next()
                .and_then(|clock| clocks::due_at(clock, calendar)),
            granted_case_id: about.case,
            granted_case_no: about.case_no,
            license_id: about.license_id,
            materials: about.materials.into_iter().map(named).collect(),
            conditions: about.conditions,
            findings: findings
                .map(|finding| FindingJson {
                    command: finding.command,
                    text: finding.text,
                    by: finding.by,
                    at: finding.at,
                    doc_no: Some(finding.doc_no).filter(|no| !no.is_empty()),
                    stop: finding.stop,
                    deliberate: finding.deliberate,
                    ending_no: finding.ending_no,
                })
                .collect(),
        })
    }
}

async fn get_check(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
) -> web::Result<Json<CheckJson>> {
    let found = check::find(&approval, &visit, id).await?;
    CheckJson::of(&found.case, &approval.app.calendar())
        .map(Json)
        .ok_or_else(|| Error::NotFound.into())
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ActWord {
    /// 承诺属实
    ConfirmPromise,
    /// 责令限期整改
    OrderCorrection,
    /// 整改合格
    ConfirmCorrection,
    /// 认定承诺不实
    FindBroken,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActBody {
    /// 看到的版本；与当前不符时答 409，并说明是谁先办的
    version: Option<i64>,
    act: ActWord,
    /// 核查的情况、整改要求，或者不实的事实和证据
    #[schemars(length(min = 1, max = 2000))]
    text: String,
    /// 整改期限（工作日），责令整改时必填
    #[serde(default)]
    #[schemars(range(min = 0, max = 90))]
    days: u32,
    /// 责令整改时同时责令停止相关活动
    #[serde(default)]
    stop: bool,
    /// 认定承诺不实时：故意作虚假承诺
    #[serde(default)]
    deliberate: bool,
}

async fn act_on_check(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<CaseId>,
    Json(body): Json<ActBody>,
) -> web::Result<Answer> {
    let text = body.text;
    let act = match body.act {
        ActWord::ConfirmPromise => Act::Confirm { text },
        ActWord::OrderCorrection => Act::Order {
            text,
            days: body.days,
            stop: body.stop,
        },
        ActWord::ConfirmCorrection => Act::ConfirmCorrection { text },
        ActWord::FindBroken => Act::Broken {
            text,
            deliberate: body.deliberate,
        },
    };
    let calendar = approval.app.calendar();
    let which = (id, body.version);
    check::record(&visit, &approval, &key, which, act, move |case| {
        Answer::json(StatusCode::OK, &CheckJson::of(case, &calendar))
    })
    .await
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreditQuery {
    /// 主体全名、办件编号或者事项的一部分
    #[schemars(length(max = 50))]
    q: Option<String>,
    kind: Option<Kind>,
    standing: Option<Standing>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

/// 信用修复
#[derive(Debug, Serialize, JsonSchema)]
struct RepairJson {
    #[schemars(with = "web::schema::Instant")]
    at: Timestamp,
    by: String,
    reason: String,
}

/// 一条信用记录
#[derive(Debug, Serialize, JsonSchema)]
struct EntryJson {
    #[schemars(with = "web::schema::Id")]
    entry_id: Uuid,
    /// 个人姓名脱敏
    party_name: String,
    kind: Kind,
    kind_label: String,
    reason: String,
    basis: String,
    item_name: String,
    case_no: String,
    region: String,
    /// 现在不适用告知承诺和容缺受理
    excludes: bool,
    /// 禁止再次申请的最后一天
    #[schemars(with = "Option<web::schema::Day>")]
    banned_until: Option<Date>,
    #[schemars(with = "web::schema::Instant")]
    made_at: Timestamp,
    made_by: String,
    repair: Option<RepairJson>,
}

impl EntryJson {
    fn of(entry: &Entry, party_name: String) -> EntryJson {
        EntryJson {
            entry_id: entry.id,
            party_name,
            kind: entry.kind,
            kind_label: entry.kind.label().to_owned(),
            reason: entry.reason.clone(),
            basis: entry.basis.clone(),
            item_name: entry.item_name.clone(),
            case_no: entry.case_no.clone(),
            region: entry.region.clone(),
            excludes: entry.excludes(),
            banned_until: entry.until,
            made_at: entry.made_at,
            made_by: entry.made_by.clone(),
            repair: entry.repair.as_ref().map(|repair| RepairJson {
                at: repair.at,
                by: repair.by.clone(),
                reason: repair.reason.clone(),
            }),
        }
    }
}

async fn list_entries(
    visit: Visit,
    State(approval): State<Approval>,
    Query(query): Query<CreditQuery>,
) -> web::Result<Json<Listing<EntryJson>>> {
    let before: Option<(Timestamp, Uuid)> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&approval.app, "api credit", text))
        .transpose()?;
    let filter = Filter {
        kind: query.kind,
        standing: query.standing,
        text: query.q.unwrap_or_default(),
        before,
        limit: PAGE + 1,
    };
    let (actor, me) = (visit.actor()?.clone(), approval.clone());
    let today = approval.app.today();
    let (mut found, mut items) = approval
        .app
        .db
        .read(move |tx| {
            let found = credit::page(tx, &actor, &filter, today)?;
            let mut names = entries::Names::new(&me);
            let items: Result<Vec<EntryJson>, Error> = found
                .iter()
                .map(|entry| Ok(EntryJson::of(entry, names.masked(tx, entry)?)))
                .collect();
            Ok::<_, Error>((found, items?))
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    items.truncate(PAGE);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor::encode(&approval.app, "api credit", &(last.made_at, last.id)));
    Ok(Json(Listing { items, next }))
}

async fn get_entry(
    visit: Visit,
    State(approval): State<Approval>,
    Path(id): Path<Uuid>,
) -> web::Result<Json<EntryJson>> {
    let entry = entries::find(&approval, &visit, id).await?;
    let name = entry.party_name.clone();
    Ok(Json(EntryJson::of(&entry, name)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RepairBody {
    /// 修复的理由
    #[schemars(length(min = 1, max = 2000))]
    reason: String,
}

async fn repair(
    visit: Visit,
    key: Idempotency,
    State(approval): State<Approval>,
    Path(id): Path<Uuid>,
    Json(body): Json<RepairBody>,
) -> web::Result<Answer> {
    entries::record(&visit, &approval, &key, id, body.reason, |entry| {
        let name = entry.party_name.clone();
        Answer::json(StatusCode::OK, &EntryJson::of(entry, name))
    })
    .await
}
