//! 规则集: reading them, and a new version from the draft over its trial to the review.

use ::web::{Access, Answer, Idempotency, Json, Listing, Path, Routes, Visit, once};
use axum::extract::State;
use axum::http::StatusCode;
use base::crypto::to_hex;
use casework::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::verdict::{VerdictJson, verdict_json};
use super::{get, post};
use crate::desk;
use crate::error::Error;
use crate::model::Mode;
use crate::state::Smart;
use crate::store as records;
use crate::web::{read_set, tried};

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    let compile = Access::Permission(Permission::Compile);
    let review = Access::Permission(Permission::Review);
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
