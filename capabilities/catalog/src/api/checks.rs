//! Checks over the API: one record, one body, the whole list; the rules they follow.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::{ItemId, OrgId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Idempotency, Json, Listing, Operation, Path, Problem, Query, Routes, Visit,
};

use crate::app::drafting;
use crate::checks::{Finding, Severity, Wording, standard};
use crate::model::Item;
use crate::pages::Doors;
use crate::pages::admin::checks::settings::{
    change_rules, may_set, only_administrators, put_rule, sound,
};
use crate::pages::admin::checks::{body_of, edit_href};
use crate::pages::admin::desk::editor;
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::{Found, FoundFilter, Run, RunId, RunState};
use crate::uniform::Rule;

/// Findings of one page.
const PAGE: usize = 100;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::post("/api/v1/catalog/checks", "check_item")
                .tag("catalog")
                .summary("检查一个事项")
                .description("按发布的要求检查：十项规则、与基本目录的一致、编码和申请表。什么都不保存。")
                .access(Access::Staff)
                .body::<Item>()
                .ok::<Checked>(200),
            check,
        )
        .api(
            Operation::get("/api/v1/catalog/bodies/{org}/checks", "check_body")
                .tag("catalog")
                .summary("核对一个机构的事项")
                .description("马上核对，不保存：十项规则和统一要素规则，逐条列出本事项和定标事项的内容。org为机构代码。")
                .access(Access::Staff)
                .ok::<BodyChecked>(200)
                .problems(&[404]),
            check_body,
        )
        .api(
            Operation::get("/api/v1/catalog/check-runs", "list_check_runs")
                .tag("catalog")
                .summary("历次核对")
                .access(Access::Staff)
                .ok::<Runs>(200),
            list_runs,
        )
        .api(
            Operation::post("/api/v1/catalog/check-runs", "start_check_run")
                .tag("catalog")
                .summary("开始一次核对")
                .description("在后台进行，用get_check_run看进度。")
                .access(Access::Staff)
                .body::<StartRun>()
                .ok::<RunLine>(202)
                .problems(&[409]),
            start_run,
        )
        .api(
            Operation::get("/api/v1/catalog/check-runs/{run_id}", "get_check_run")
                .tag("catalog")
                .summary("一次核对的进度和汇总")
                .access(Access::Staff)
                .ok::<RunDetail>(200)
                .problems(&[404]),
            get_run,
        )
        .api(
            Operation::get(
                "/api/v1/catalog/check-runs/{run_id}/findings",
                "list_check_findings",
            )
            .tag("catalog")
            .summary("一次核对发现的问题")
            .access(Access::Staff)
            .query::<ListFindings>()
            .ok::<Listing<FoundLine>>(200)
            .problems(&[404]),
            list_findings,
        )
        .api(
            Operation::get("/api/v1/catalog/uniformity-rules", "list_uniformity_rules")
                .tag("catalog")
                .summary("统一要素规则")
                .access(Access::Staff)
                .ok::<Rules>(200),
            list_rules,
        )
        .api(
            Operation::put("/api/v1/catalog/uniformity-rules/{key}", "put_uniformity_rule")
                .tag("catalog")
                .summary("新增或者修改一条统一要素规则")
                .access(Access::Staff)
                .body::<Rule>()
                .ok::<Rule>(200),
            put_one_rule,
        )
        .api(
            Operation::delete(
                "/api/v1/catalog/uniformity-rules/{key}",
                "delete_uniformity_rule",
            )
            .tag("catalog")
            .summary("删去一条统一要素规则")
            .access(Access::Staff)
            .ok_empty()
            .problems(&[404]),
            delete_rule,
        )
        .api(
            Operation::get("/api/v1/catalog/wording", "get_wording")
                .tag("catalog")
                .summary("兜底用语")
                .access(Access::Staff)
                .ok::<Wording>(200),
            get_wording,
        )
        .api(
            Operation::put("/api/v1/catalog/wording", "put_wording")
                .tag("catalog")
                .summary("修改兜底用语")
                .access(Access::Staff)
                .body::<Wording>()
                .ok::<Wording>(200),
            put_wording,
        )
}

/// 一处问题
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FindingLine {
    /// 有这种问题的事项不能发布
    stops: bool,
    /// c1至c10；不属于十项规则的为空
    rule: Option<&'static str>,
    /// 固定的代码，例如c3.collect
    code: &'static str,
    /// 位置，例如materials[2].name
    field: String,
    message: String,
}

impl From<Finding> for FindingLine {
    fn from(finding: Finding) -> FindingLine {
        FindingLine {
            stops: finding.severity == Severity::Error,
            rule: standard::rule_of(finding.code),
            code: finding.code,
            field: finding.field,
            message: finding.message,
        }
    }
}

/// 检查结果
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Checked {
    /// 能否发布
    publishable: bool,
    findings: Vec<FindingLine>,
}

async fn check(
    visit: Visit,
    State(doors): State<Doors>,
    Json(item): Json<Item>,
) -> web::Result<Json<Checked>> {
    editor(&visit)?;
    let found = doors
        .app
        .db
        .read(move |tx| drafting::findings(tx, &item))
        .await?;
    let findings: Vec<FindingLine> = found.into_iter().map(FindingLine::from).collect();
    Ok(Json(Checked {
        publishable: !findings.iter().any(|finding| finding.stops),
        findings,
    }))
}

/// 核对发现的一处问题
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FoundLine {
    #[schemars(with = "web::schema::Id")]
    item_id: ItemId,
    item_name: String,
    /// 机构代码
    org: String,
    org_name: String,
    /// c1至c10，或者统一要素规则的标识
    rule: String,
    /// 要素
    field: String,
    /// 位置
    path: String,
    stops: bool,
    message: String,
    /// 本事项的内容
    value: String,
    /// 定标事项的内容
    benchmark: String,
    #[schemars(with = "Option<web::schema::Id>")]
    benchmark_item: Option<ItemId>,
    /// 修改的地址
    edit: String,
}

impl FoundLine {
    fn of(snapshot: &Snapshot, found: Found) -> FoundLine {
        FoundLine {
            org: key_of(snapshot, found.org_id),
            org_name: snapshot.org_name(found.org_id).to_owned(),
            edit: edit_href(found.item_id, &found.path),
            item_id: found.item_id,
            item_name: found.item_name,
            rule: found.rule,
            field: found.field,
            path: found.path,
            stops: found.stops,
            message: found.message,
            value: found.value,
            benchmark: found.benchmark,
            benchmark_item: found.benchmark_item,
        }
    }
}

fn key_of(snapshot: &Snapshot, org_id: OrgId) -> String {
    snapshot
        .org(org_id)
        .map_or_else(String::new, |org| org.key.clone())
}

/// 一个机构的核对结果
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BodyChecked {
    /// 核对的事项数
    items: usize,
    findings: Vec<FoundLine>,
}

async fn check_body(
    visit: Visit,
    State(doors): State<Doors>,
    Path(org): Path<String>,
) -> web::Result<Json<BodyChecked>> {
    editor(&visit)?;
    let snapshot = doors.catalog.snapshot();
    let org_id = snapshot
        .org_by_key(&org)
        .map(|org| org.id)
        .ok_or_else(|| Problem::not_found("没有这个机构代码"))?;
    let (look, _) = doors.look_at(org_id).await?;
    Ok(Json(BodyChecked {
        items: look.items,
        findings: look
            .found
            .into_iter()
            .map(|found| FoundLine::of(&snapshot, found))
            .collect(),
    }))
}

/// 一次核对
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunLine {
    #[schemars(with = "web::schema::Id")]
    run_id: RunId,
    state: RunState,
    /// 机构代码；没有为全部事项
    org: Option<String>,
    started_by: String,
    #[schemars(with = "web::schema::Instant")]
    started_at: Timestamp,
    #[schemars(with = "Option<web::schema::Instant>")]
    finished_at: Option<Timestamp>,
    /// 要读的事项数
    items: i64,
    /// 已读的事项数
    done: i64,
    /// 问题数
    found: i64,
    note: String,
}

impl RunLine {
    fn of(snapshot: &Snapshot, run: &Run) -> RunLine {
        RunLine {
            run_id: run.run_id,
            state: run.state,
            org: run.org_id.map(|org_id| key_of(snapshot, org_id)),
            started_by: run.started_by.clone(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            items: run.items,
            done: run.done,
            found: run.found,
            note: run.note.clone(),
        }
    }
}

/// 历次核对，最近的在前
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Runs {
    items: Vec<RunLine>,
}

async fn list_runs(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<Runs>> {
    editor(&visit)?;
    let runs = doors.app.db.read(|tx| records::runs(tx, PAGE)).await?;
    let snapshot = doors.catalog.snapshot();
    Ok(Json(Runs {
        items: runs.iter().map(|run| RunLine::of(&snapshot, run)).collect(),
    }))
}

/// 开始一次核对
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRun {
    /// 机构代码；没有为全部事项
    #[serde(default)]
    org: Option<String>,
}

async fn start_run(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    Json(body): Json<StartRun>,
) -> web::Result<Answer> {
    let actor = editor(&visit)?.clone();
    let snapshot = doors.catalog.snapshot();
    let org_id = body_of(&snapshot, body.org.as_deref().unwrap_or_default())?;
    doors
        .take_a_look(&visit, &key, actor.name(), org_id, move |run| {
            Answer::json(StatusCode::ACCEPTED, &RunLine::of(&snapshot, run))
        })
        .await
}

/// 一次核对的汇总
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunDetail {
    #[serde(flatten)]
    run: RunLine,
    by_org: Vec<OrgCount>,
    by_field: Vec<FieldCount>,
}

/// 一个机构的问题数
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrgCount {
    org: String,
    org_name: String,
    findings: i64,
    items: i64,
}

/// 一个要素的问题数
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FieldCount {
    rule: String,
    field: String,
    findings: i64,
    items: i64,
}

async fn get_run(
    visit: Visit,
    State(doors): State<Doors>,
    Path(run_id): Path<RunId>,
) -> web::Result<Json<RunDetail>> {
    editor(&visit)?;
    let (run, orgs, fields) = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            let run = records::run(tx, run_id)?.ok_or_else(no_run)?;
            let all = FoundFilter::default();
            Ok((
                run,
                records::found_by_org(tx, run_id, &all)?,
                records::found_by_field(tx, run_id, &all)?,
            ))
        })
        .await?;
    let snapshot = doors.catalog.snapshot();
    Ok(Json(RunDetail {
        run: RunLine::of(&snapshot, &run),
        by_org: orgs
            .into_iter()
            .map(|(org_id, findings, items)| OrgCount {
                org: key_of(&snapshot, org_id),
                org_name: snapshot.org_name(org_id).to_owned(),
                findings,
                items,
            })
            .collect(),
        by_field: fields
            .into_iter()
            .map(|(rule, field, findings, items)| FieldCount {
                rule,
                field,
                findings,
                items,
            })
            .collect(),
    }))
}

fn no_run() -> Problem {
    Problem::not_found("没有这一次核对的记录")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFindings {
    /// 机构代码
    #[schemars(length(max = 100))]
    org: Option<String>,
    /// c1至c10，或者统一要素规则的标识
    #[schemars(length(max = 32))]
    rule: Option<String>,
    /// 要素
    #[schemars(length(max = 64))]
    field: Option<String>,
    /// 下一页的标记
    #[schemars(with = "Option<web::schema::Cursor>")]
    cursor: Option<String>,
}

async fn list_findings(
    visit: Visit,
    State(doors): State<Doors>,
    Path(run_id): Path<RunId>,
    Query(query): Query<ListFindings>,
) -> web::Result<Json<Listing<FoundLine>>> {
    editor(&visit)?;
    let snapshot = doors.catalog.snapshot();
    let filter = FoundFilter {
        org_id: body_of(&snapshot, query.org.as_deref().unwrap_or_default())?,
        rule: query.rule.unwrap_or_default(),
        field: query.field.unwrap_or_default(),
        ..FoundFilter::default()
    };
    let list = format!("check findings {run_id}");
    let after: i64 = match &query.cursor {
        None => 0,
        Some(cursor) => web::cursor::decode(&doors.app, &list, cursor)?,
    };
    let mut found = doors
        .app
        .db
        .read(move |tx| -> web::Result<_> {
            records::run(tx, run_id)?.ok_or_else(no_run)?;
            let mut found = Vec::new();
            records::each_finding(tx, run_id, &filter, after, PAGE + 1, &mut |n, one| {
                found.push((n, one));
                Ok(())
            })?;
            Ok(found)
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found
        .last()
        .filter(|_| more)
        .map(|(n, _)| web::cursor::encode(&doors.app, &list, n));
    Ok(Json(Listing {
        items: found
            .into_iter()
            .map(|(_, one)| FoundLine::of(&snapshot, one))
            .collect(),
        next,
    }))
}

/// 统一要素规则
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Rules {
    items: Vec<Rule>,
}

async fn list_rules(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<Rules>> {
    editor(&visit)?;
    let items = doors.app.db.read(records::uniformity).await?;
    Ok(Json(Rules { items }))
}

async fn put_one_rule(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
    Json(rule): Json<Rule>,
) -> web::Result<Json<Rule>> {
    let by = administrator(&visit, &doors)?;
    if rule.key != key {
        return Err(Problem::invalid("key", "标识与地址里的不一致"));
    }
    sound(&doors, &rule)?;
    let (now, kept) = (doors.app.now(), rule.clone());
    doors
        .app
        .db
        .write(move |tx| change_rules(tx, &by, now, |rules| put_rule(rules, kept.clone())))
        .await?;
    Ok(Json(rule))
}

async fn delete_rule(
    visit: Visit,
    State(doors): State<Doors>,
    Path(key): Path<String>,
) -> web::Result<Response> {
    let by = administrator(&visit, &doors)?;
    let now = doors.app.now();
    doors
        .app
        .db
        .write(move |tx| {
            change_rules(tx, &by, now, |rules| {
                let before = rules.len();
                rules.retain(|rule| rule.key != key);
                if rules.len() == before {
                    return Err(Problem::not_found("没有这条规则"));
                }
                Ok(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn get_wording(visit: Visit, State(doors): State<Doors>) -> web::Result<Json<Wording>> {
    editor(&visit)?;
    Ok(Json(doors.app.db.read(records::wording).await?))
}

async fn put_wording(
    visit: Visit,
    State(doors): State<Doors>,
    Json(wording): Json<Wording>,
) -> web::Result<Json<Wording>> {
    let by = administrator(&visit, &doors)?;
    let wording = wording.tidied();
    let problems = wording.problems();
    if !problems.is_empty() {
        return Err(Problem::invalid_fields(problems));
    }
    let (now, kept) = (doors.app.now(), wording.clone());
    doors
        .app
        .db
        .write(move |tx| records::set_wording(tx, &kept, &by, now))
        .await?;
    Ok(Json(wording))
}

/// The name of an administrator of the whole deployment.
fn administrator(visit: &Visit, doors: &Doors) -> web::Result<String> {
    let actor = editor(visit)?;
    if may_set(actor, &doors.app.config.region) {
        Ok(actor.name().to_owned())
    } else {
        Err(only_administrators())
    }
}
