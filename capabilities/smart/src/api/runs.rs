//! 自动审查记录: the list, one run in full, its replay, and how a shadow run agrees with people.

use ::web::{Access, Json, Listing, Path, Query, Routes, Visit, cursor};
use axum::extract::State;
use base::crypto::to_hex;
use base::ids::CaseId;
use casework::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::get;
use super::mode::ModeWord;
use super::verdict::{VerdictJson, verdict_json};
use crate::desk;
use crate::error::Error;
use crate::model::{Mode, Outcome};
use crate::replay;
use crate::state::Smart;
use crate::store as records;
use crate::store::runs::{Before, Filter, Run};
use crate::web::{may_see, visible};

const PAGE: usize = 50;
const LIST: &str = "api_smart_runs";

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    let read = Access::Permission(Permission::ReadCase);
    routes
        .api(
            get("/api/v1/smart/runs", "list_smart_runs")
                .summary("自动审查记录，最新的在前")
                .access(read)
                .query::<ListRuns>()
                .ok::<Listing<RunJson>>(200),
            list_runs,
        )
        .api(
            get("/api/v1/smart/runs/{run_id}", "get_smart_run")
                .summary("一次自动审查的每条规则、每项数据和来源；个人信息遮盖")
                .access(read)
                .ok::<RunDetailJson>(200)
                .problems(&[404]),
            get_run,
        )
        .api(
            get("/api/v1/smart/runs/{run_id}/replay", "replay_smart_run")
                .summary("按当时的规则和数据重新计算，与当时比较")
                .access(read)
                .ok::<ReplayJson>(200)
                .problems(&[404]),
            get_replay,
        )
        .api(
            get("/api/v1/smart/shadow/{base_code}", "get_shadow_report")
                .summary("影子运行与人工的一致情况，按理由")
                .access(Access::Staff)
                .ok::<ShadowJson>(200)
                .problems(&[404]),
            shadow,
        )
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeWord {
    Grant,
    Refuse,
    Person,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListRuns {
    /// 基本编码
    #[schemars(length(max = 20))]
    base_code: Option<String>,
    outcome: Option<OutcomeWord>,
    mode: Option<ModeWord>,
    /// 下一页的标记
    #[schemars(with = "Option<::web::schema::Cursor>")]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RunJson {
    #[schemars(with = "::web::schema::Id")]
    run_id: Uuid,
    #[schemars(with = "::web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    base_code: String,
    title: String,
    mode: String,
    outcome: String,
    rule_version: i64,
    #[schemars(with = "::web::schema::Instant")]
    at: jiff::Timestamp,
    /// SM3，十六进制
    digest: String,
}

fn run_json(run: &Run) -> RunJson {
    RunJson {
        run_id: run.id,
        case_id: run.case,
        case_no: run.case_no.clone(),
        base_code: run.base_code.clone(),
        title: run.title.clone(),
        mode: run.mode.word().to_owned(),
        outcome: run.outcome.word().to_owned(),
        rule_version: run.set_version,
        at: run.at,
        digest: to_hex(&run.digest),
    }
}

async fn list_runs(
    visit: Visit,
    State(smart): State<Smart>,
    Query(query): Query<ListRuns>,
) -> ::web::Result<Json<Listing<RunJson>>> {
    let actor = visit.actor()?.clone();
    let before: Option<Before> = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(&smart.app, LIST, text))
        .transpose()?;
    let filter = Filter {
        base_code: query.base_code,
        outcome: query.outcome.map(|word| match word {
            OutcomeWord::Grant => Outcome::Grant,
            OutcomeWord::Refuse => Outcome::Refuse,
            OutcomeWord::Person => Outcome::Person,
        }),
        mode: query.mode.map(Mode::from),
        before,
    };
    let mut found = smart
        .app
        .db
        .read(move |tx| visible(tx, &actor, &filter, PAGE + 1))
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| {
        let place = Before {
            at: last.at.as_millisecond(),
            id: last.id,
        };
        cursor::encode(&smart.app, LIST, &place)
    });
    Ok(Json(Listing {
        items: found.iter().map(run_json).collect(),
        next,
    }))
}

#[derive(Debug, Serialize, JsonSchema)]
struct RunDetailJson {
    #[serde(flatten)]
    run: RunJson,
    verdict: VerdictJson,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReplayJson {
    #[schemars(with = "::web::schema::Id")]
    run_id: Uuid,
    /// 与当时完全相同
    identical: bool,
    differences: Vec<String>,
    /// 当时的摘要
    digest: String,
    rule_version: i64,
    /// 现在在用的版本；规则换过以后与上面不同
    current_version: Option<i64>,
}

async fn replayed(visit: &Visit, smart: &Smart, run_id: Uuid) -> ::web::Result<replay::Replayed> {
    let (actor, people) = (visit.actor()?.clone(), smart.app.people.clone());
    Ok(smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let run = records::runs::run(tx, run_id)?.ok_or(Error::NotFound)?;
            if !may_see(&actor, &run) {
                return Err(Error::NotFound);
            }
            replay::replay(tx, &people, run_id)
        })
        .await?)
}

async fn get_run(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
) -> ::web::Result<Json<RunDetailJson>> {
    let replayed = replayed(&visit, &smart, run_id).await?;
    Ok(Json(RunDetailJson {
        run: run_json(&replayed.run),
        verdict: verdict_json(&replayed.set, &replayed.evaluation),
    }))
}

async fn get_replay(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
) -> ::web::Result<Json<ReplayJson>> {
    let replayed = replayed(&visit, &smart, run_id).await?;
    let known = smart.known();
    Ok(Json(ReplayJson {
        run_id,
        identical: replayed.identical(),
        digest: to_hex(&replayed.run.digest),
        rule_version: replayed.run.set_version,
        current_version: known
            .sets
            .get(&replayed.run.base_code)
            .map(|set| set.version),
        differences: replayed.differences,
    }))
}

#[derive(Debug, Serialize, JsonSchema)]
struct ShadowJson {
    base_code: String,
    /// 规则会准予、人已决定的件数
    compared: i64,
    /// 其中人也准予的
    agreed: i64,
    /// 是否达到启用智能审批的要求
    suffices: bool,
    lines: Vec<ShadowLineJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ShadowLineJson {
    rules: String,
    person: String,
    reason: String,
    agrees: bool,
    count: i64,
}

async fn shadow(
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
) -> ::web::Result<Json<ShadowJson>> {
    let now = smart.app.now();
    let report = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            if records::sets::versions(tx, &base_code)?.is_empty() {
                return Err(Error::NotFound);
            }
            let found = desk::agreement(tx, &base_code, now)?;
            let lines = records::runs::agreement(tx, &base_code, jiff::Timestamp::UNIX_EPOCH)?
                .into_iter()
                .map(|(rules, person, reason, agrees, count)| ShadowLineJson {
                    rules: rules.word().to_owned(),
                    person,
                    reason,
                    agrees,
                    count,
                })
                .collect();
            Ok(ShadowJson {
                base_code,
                compared: found.compared,
                agreed: found.agreed,
                suffices: found.suffices(),
                lines,
            })
        })
        .await?;
    Ok(Json(report))
}
