//! The same use cases for programs.

use ::web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Query, Routes, Visit, cursor, once,
};
use axum::extract::State;
use axum::http::StatusCode;
use base::crypto::to_hex;
use base::ids::CaseId;
use casework::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::desk;
use crate::error::Error;
use crate::model::{Mode, Outcome, RuleTrace, Truth};
use crate::offers::{self, Typed};
use crate::replay;
use crate::state::Smart;
use crate::store as records;
use crate::store::runs::{Before, Filter, Run};
use crate::web::{explained, may_see, read_set, shown, tried, visible};

const PAGE: usize = 50;
const LIST: &str = "api_smart_runs";

pub(crate) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    let read = Access::Permission(Permission::ReadCase);
    let compile = Access::Permission(Permission::Compile);
    let review = Access::Permission(Permission::Review);
    let get = |path, id| Operation::get(path, id).tag("smart");
    let post = |path, id| Operation::post(path, id).tag("smart");
    routes
        .api(
            get("/api/v1/smart/rule-sets", "list_rule_sets")
                .summary("秒批、智能审批的规则集和运行方式")
                .access(Access::Staff)
                .ok::<Listing<RuleSetJson>>(200),
            list_sets,
        )
        .api(
            get("/api/v1/smart/rule-sets/{base_code}", "get_rule_set")
                .summary("一个事项在用的规则集")
                .access(Access::Staff)
                .ok::<RuleSetJson>(200)
                .problems(&[404]),
            get_set,
        )
        .api(
            post("/api/v1/smart/rule-sets/{base_code}", "draft_rule_set")
                .summary("起草一版规则，等待另一人审核")
                .access(compile)
                .body::<NewRuleSet>()
                .ok::<VersionJson>(201)
                .problems(&[409]),
            draft,
        )
        .api(
            post("/api/v1/smart/rule-sets/{base_code}/trial", "try_rule_set")
                .summary("用给出的数据试算一版规则，不保存")
                .access(compile)
                .body::<Trial>()
                .ok::<VerdictJson>(200),
            trial,
        )
        .api(
            post(
                "/api/v1/smart/rule-sets/{base_code}/versions/{version}/review",
                "review_rule_set",
            )
            .summary("审核：发布或者退回一版规则")
            .access(review)
            .body::<NewReview>()
            .ok::<VersionJson>(200)
            .problems(&[404, 409]),
            review_set,
        )
        .api(
            post("/api/v1/smart/modes", "switch_mode")
                .summary("切换运行方式：全部、一个基本编码或者一个事项")
                .access(Access::Staff)
                .body::<NewMode>()
                .ok::<ModeJson>(200)
                .problems(&[409]),
            switch,
        )
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
        .api(
            get("/api/v1/smart/samples", "list_smart_samples")
                .summary("每日抽查，待复核的在前")
                .access(Access::Staff)
                .ok::<Listing<SampleJson>>(200),
            list_samples,
        )
        .api(
            post("/api/v1/smart/samples/{run_id}/check", "check_smart_sample")
                .summary("复核一件抽查")
                .access(Access::Staff)
                .body::<NewCheck>()
                .ok_empty()
                .problems(&[404, 409]),
            check_sample,
        )
        .api(
            get("/api/v1/smart/sources", "list_data_sources")
                .summary("数据源和调用参数")
                .access(Access::Staff)
                .ok::<Listing<SourceJson>>(200),
            list_sources,
        )
        .api(
            get("/api/v1/cases/{case_id}/explanation", "get_explanation")
                .summary("自动审查核对了什么、用了哪些数据")
                .access(Access::Owner)
                .ok::<ExplanationJson>(200)
                .problems(&[404]),
            explanation,
        )
        .api(
            get("/api/v1/offers", "list_offers")
                .summary("主动提供给本人的服务")
                .access(Access::Person)
                .ok::<Listing<OfferJson>>(200),
            list_offers,
        )
        .api(
            post("/api/v1/offers/{offer_id}/confirmation", "confirm_offer")
                .summary("本人确认：提出申请并当场按规则决定")
                .access(Access::Person)
                .body::<NewConfirmation>()
                .ok::<ConfirmedJson>(200)
                .problems(&[404, 409]),
            confirm,
        )
        .api(
            post("/api/v1/offers/{offer_id}/decline", "decline_offer")
                .summary("本人不领取")
                .access(Access::Person)
                .ok_empty()
                .problems(&[404, 409]),
            decline,
        )
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleSetJson {
    base_code: String,
    name: String,
    version: i64,
    /// draft、published、replaced、returned
    state: String,
    /// off、shadow、assist、auto
    mode: String,
    /// SM3 摘要，十六进制
    digest: String,
    /// 规则集全文
    body: Value,
}

fn set_json(stored: &records::Stored, mode: Mode) -> RuleSetJson {
    RuleSetJson {
        base_code: stored.set.base_code.clone(),
        name: stored.set.name.clone(),
        version: stored.version,
        state: stored.state.word().to_owned(),
        mode: mode.word().to_owned(),
        digest: to_hex(&stored.digest),
        body: serde_json::to_value(&stored.set).expect("a rule set is plain data"),
    }
}

async fn list_sets(State(smart): State<Smart>) -> ::web::Result<Json<Listing<RuleSetJson>>> {
    let items = smart
        .app
        .db
        .read(|tx| -> Result<_, store::Error> {
            let modes = crate::state::Modes(records::modes(tx)?);
            Ok(records::sets::newest(tx)?
                .iter()
                .map(|stored| set_json(stored, modes.of_base(&stored.set.base_code)))
                .collect())
        })
        .await?;
    Ok(Json(Listing { items, next: None }))
}

async fn get_set(
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
) -> ::web::Result<Json<RuleSetJson>> {
    let found = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let modes = crate::state::Modes(records::modes(tx)?);
            let versions = records::sets::versions(tx, &base_code)?;
            let stored = versions
                .iter()
                .find(|version| version.state == records::sets::State::Published)
                .or(versions.first())
                .ok_or(Error::NotFound)?;
            Ok(set_json(stored, modes.of_base(&base_code)))
        })
        .await?;
    Ok(Json(found))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewRuleSet {
    /// 规则集全文
    body: Value,
    /// 为什么修改
    #[schemars(length(min = 1, max = 500))]
    why: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VersionJson {
    base_code: String,
    version: i64,
}

fn wrong(found: Vec<(String, String)>) -> ::web::Problem {
    ::web::Problem::invalid_fields(found)
}

async fn draft(
    visit: Visit,
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
    key: Idempotency,
    Json(body): Json<NewRuleSet>,
) -> ::web::Result<Answer> {
    let set = read_set(&base_code, &body.body.to_string()).map_err(|one| wrong(vec![one]))?;
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    once(&visit, &key, move |tx| -> ::web::Result<Answer> {
        let version = desk::draft(tx, &actor, (id, now), &set, &body.why)?;
        Ok(Answer::json(
            StatusCode::CREATED,
            &VersionJson {
                base_code: base_code.clone(),
                version,
            },
        ))
    })
    .await
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trial {
    /// 规则集全文
    body: Value,
    /// 数据：at、region、applicant、form、materials、told
    inputs: Value,
}

#[derive(Debug, Serialize, JsonSchema)]
struct VerdictJson {
    /// grant、refuse、person
    outcome: String,
    reasons: Vec<ReasonJson>,
    rules: Vec<RuleJson>,
    facts: Vec<FactJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReasonJson {
    code: String,
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleJson {
    key: String,
    name: String,
    when: String,
    legal_basis: String,
    /// true、false、unknown
    result: String,
    facts: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FactJson {
    key: String,
    label: String,
    /// known、missing、stale、conflict、unavailable、malformed
    state: String,
    /// 个人信息遮盖
    value: String,
    sources: Vec<SightingJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SightingJson {
    source: String,
    trust: String,
    state: String,
    #[schemars(with = "Option<::web::schema::Instant>")]
    observed_at: Option<jiff::Timestamp>,
    #[schemars(with = "Option<::web::schema::Instant>")]
    fetched_at: Option<jiff::Timestamp>,
    said: String,
}

fn rule_json(rule: &RuleTrace) -> RuleJson {
    RuleJson {
        key: rule.key.clone(),
        name: rule.name.clone(),
        when: rule.when.clone(),
        legal_basis: rule.legal_basis.clone(),
        result: match rule.result {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Unknown => "unknown",
        }
        .to_owned(),
        facts: rule.facts.clone(),
    }
}

fn verdict_json(
    set: &crate::model::RuleSet,
    evaluation: &crate::evaluate::Evaluation,
) -> VerdictJson {
    VerdictJson {
        outcome: evaluation.verdict.outcome.word().to_owned(),
        reasons: evaluation
            .verdict
            .reasons
            .iter()
            .map(|reason| ReasonJson {
                code: reason.code.clone(),
                text: reason.text.clone(),
            })
            .collect(),
        rules: evaluation.verdict.rules.iter().map(rule_json).collect(),
        facts: set
            .facts
            .iter()
            .filter_map(|def| {
                let datum = evaluation.facts.get(&def.key)?;
                Some(FactJson {
                    key: def.key.clone(),
                    label: def.label.clone(),
                    state: datum.state.word().to_owned(),
                    value: datum
                        .value
                        .as_ref()
                        .map_or_else(String::new, |value| shown(def.kind, value, def.personal)),
                    sources: datum
                        .sightings
                        .iter()
                        .map(|sighting| SightingJson {
                            source: sighting.source.clone(),
                            trust: sighting.trust.label().to_owned(),
                            state: sighting.state.word().to_owned(),
                            observed_at: sighting.observed_at,
                            fetched_at: sighting.fetched_at,
                            said: sighting.said.clone(),
                        })
                        .collect(),
                })
            })
            .collect(),
    }
}

async fn trial(
    State(smart): State<Smart>,
    Path(base_code): Path<String>,
    _key: Idempotency,
    Json(body): Json<Trial>,
) -> ::web::Result<Json<VerdictJson>> {
    let (rules, inputs) = (body.body.to_string(), body.inputs.to_string());
    let (set, evaluation) = tried(&smart, &base_code, &rules, &inputs)
        .await
        .map_err(wrong)?;
    Ok(Json(verdict_json(&set, &evaluation)))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewReview {
    publish: bool,
    /// 退回时必填
    #[serde(default)]
    #[schemars(length(max = 500))]
    said: String,
}

async fn review_set(
    visit: Visit,
    State(smart): State<Smart>,
    Path((base_code, version)): Path<(String, i64)>,
    key: Idempotency,
    Json(body): Json<NewReview>,
) -> ::web::Result<Answer> {
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let answer = once(&visit, &key, move |tx| -> ::web::Result<Answer> {
        let which = (base_code.as_str(), version);
        desk::review(tx, &actor, (id, now), which, body.publish, &body.said)?;
        Ok(Answer::json(
            StatusCode::OK,
            &VersionJson {
                base_code: base_code.clone(),
                version,
            },
        ))
    })
    .await;
    smart.refresh().await?;
    answer
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ModeWord {
    Off,
    Shadow,
    Assist,
    Auto,
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Mode {
        match word {
            ModeWord::Off => Mode::Off,
            ModeWord::Shadow => Mode::Shadow,
            ModeWord::Assist => Mode::Assist,
            ModeWord::Auto => Mode::Auto,
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMode {
    /// `*`、`base:基本编码` 或者 `item:事项标识`
    #[schemars(length(max = 80))]
    scope: String,
    mode: ModeWord,
    #[schemars(length(min = 1, max = 500))]
    why: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ModeJson {
    scope: String,
    mode: String,
}

async fn switch(
    visit: Visit,
    State(smart): State<Smart>,
    key: Idempotency,
    Json(body): Json<NewMode>,
) -> ::web::Result<Answer> {
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    let approval = smart.approval.clone();
    let answer = once(&visit, &key, move |tx| -> ::web::Result<Answer> {
        let mode = Mode::from(body.mode);
        desk::switch(
            tx,
            &approval,
            &actor,
            (id, now),
            &body.scope,
            mode,
            &body.why,
        )?;
        Ok(Answer::json(
            StatusCode::OK,
            &ModeJson {
                scope: body.scope.clone(),
                mode: mode.word().to_owned(),
            },
        ))
    })
    .await;
    smart.refresh().await?;
    answer
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

#[derive(Debug, Serialize, JsonSchema)]
struct SampleJson {
    #[schemars(with = "::web::schema::Id")]
    run_id: Uuid,
    #[schemars(with = "::web::schema::Day")]
    day: jiff::civil::Date,
    base_code: String,
    /// 当日该事项自动决定的件数
    drawn_from: i64,
    /// right、wrong；待复核时没有
    result: Option<String>,
    note: String,
}

async fn list_samples(
    visit: Visit,
    State(smart): State<Smart>,
) -> ::web::Result<Json<Listing<SampleJson>>> {
    let actor = visit.actor()?.clone();
    let items = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let mut items = Vec::new();
            for sample in records::samples::list(tx, 200)? {
                let seen =
                    records::runs::run(tx, sample.run)?.is_some_and(|run| may_see(&actor, &run));
                if seen {
                    items.push(SampleJson {
                        run_id: sample.run,
                        day: sample.day,
                        base_code: sample.base_code,
                        drawn_from: sample.drawn_from,
                        result: sample.result,
                        note: sample.note,
                    });
                }
            }
            Ok(items)
        })
        .await?;
    Ok(Json(Listing { items, next: None }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCheck {
    right: bool,
    /// 有误时必填
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

async fn check_sample(
    visit: Visit,
    State(smart): State<Smart>,
    Path(run_id): Path<Uuid>,
    key: Idempotency,
    Json(body): Json<NewCheck>,
) -> ::web::Result<Answer> {
    let actor = visit.actor()?.clone();
    let now = smart.app.now();
    let id = smart.app.ids.next_uuid(now);
    once(&visit, &key, move |tx| -> ::web::Result<Answer> {
        desk::check_sample(tx, &actor, (id, now), run_id, body.right, &body.note)?;
        Ok(Answer::empty())
    })
    .await
}

#[derive(Debug, Serialize, JsonSchema)]
struct SourceJson {
    key: String,
    name: String,
    owner: String,
    /// a、b、c、d
    trust: String,
    /// 本地登记
    local: bool,
    timeout_ms: u32,
    retries: u8,
    cache_s: u32,
    /// 熔断中
    resting: bool,
    fields: Vec<String>,
}

async fn list_sources(State(smart): State<Smart>) -> ::web::Result<Json<Listing<SourceJson>>> {
    let now = smart.app.now();
    let items = smart
        .known()
        .sources
        .values()
        .map(|source| SourceJson {
            key: source.key.clone(),
            name: source.name.clone(),
            owner: source.owner.clone(),
            trust: format!("{:?}", source.trust).to_lowercase(),
            local: source.local(),
            timeout_ms: source.timeout_ms,
            retries: source.retries,
            cache_s: source.cache_s,
            resting: smart.http.health(&source.key).is_resting(now),
            fields: source.fields.keys().cloned().collect(),
        })
        .collect();
    Ok(Json(Listing { items, next: None }))
}

#[derive(Debug, Serialize, JsonSchema)]
struct ExplanationJson {
    /// grant、refuse、person
    outcome: String,
    /// assist、auto
    mode: String,
    rule_version: i64,
    legal_basis: String,
    checks: Vec<CheckJson>,
    sources: Vec<UsedJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CheckJson {
    name: String,
    legal_basis: String,
    met: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct UsedJson {
    name: String,
    #[schemars(with = "Option<::web::schema::Instant>")]
    observed_at: Option<jiff::Timestamp>,
}

async fn explanation(
    visit: Visit,
    State(smart): State<Smart>,
    Path(case_id): Path<CaseId>,
) -> ::web::Result<Json<ExplanationJson>> {
    let actor = visit.actor()?.clone();
    let found = explained(&smart, &actor, case_id).await?;
    Ok(Json(ExplanationJson {
        outcome: found.run.outcome.word().to_owned(),
        mode: found.run.mode.word().to_owned(),
        rule_version: found.run.set_version,
        legal_basis: found.legal_basis,
        checks: found
            .checks
            .into_iter()
            .map(|(name, legal_basis, met)| CheckJson {
                name,
                legal_basis,
                met,
            })
            .collect(),
        sources: found
            .sources
            .into_iter()
            .map(|(name, observed_at)| UsedJson { name, observed_at })
            .collect(),
    }))
}

#[derive(Debug, Serialize, JsonSchema)]
struct OfferJson {
    #[schemars(with = "::web::schema::Id")]
    offer_id: Uuid,
    base_code: String,
    name: String,
    /// 达到年龄的月份 yyyy-mm
    month: String,
    /// open、confirmed、declined
    state: String,
    #[schemars(with = "Option<::web::schema::Id>")]
    case_id: Option<CaseId>,
}

async fn list_offers(
    visit: Visit,
    State(smart): State<Smart>,
) -> ::web::Result<Json<Listing<OfferJson>>> {
    let person = visit.person()?.clone();
    let handle = smart.clone();
    let items = smart
        .app
        .db
        .read(move |tx| -> Result<_, Error> {
            let party = handle
                .app
                .people
                .party(tx, person.party)?
                .ok_or(Error::NotFound)?;
            Ok(offers::of_party(tx, &handle, &party)?
                .into_iter()
                .map(|offer| OfferJson {
                    offer_id: offer.id,
                    name: offers::of_code(&offer.base_code)
                        .map_or_else(String::new, |what| what.name.clone()),
                    base_code: offer.base_code,
                    month: offer.month,
                    state: offer.state.word().to_owned(),
                    case_id: offer.case,
                })
                .collect())
        })
        .await?;
    Ok(Json(Listing { items, next: None }))
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewConfirmation {
    /// 换一张银行卡；不写则用社会保障卡账户
    #[serde(default)]
    #[schemars(length(max = 64))]
    bank_card: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    bank_name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfirmedJson {
    #[schemars(with = "::web::schema::Id")]
    case_id: CaseId,
}

/// Confirming twice gives the same case: the offer remembers it.
async fn confirm(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
    _key: Idempotency,
    Json(body): Json<NewConfirmation>,
) -> ::web::Result<Json<ConfirmedJson>> {
    let person = visit.person()?.clone();
    let typed = Typed {
        bank_card: body.bank_card,
        bank_name: body.bank_name,
    };
    let case_id = offers::confirm(&smart, &person, offer_id, typed).await?;
    Ok(Json(ConfirmedJson { case_id }))
}

async fn decline(
    visit: Visit,
    State(smart): State<Smart>,
    Path(offer_id): Path<Uuid>,
    _key: Idempotency,
) -> ::web::Result<StatusCode> {
    let person = visit.person()?.clone();
    offers::decline(&smart, &person, offer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
