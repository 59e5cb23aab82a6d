//! Guided questions over the API: what is asked, and where answers lead.

use axum::extract::State;
use base::ids::ItemId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Access, Json, Operation, Path, Problem, Routes};

use crate::guided::{Answers, Step};
use crate::model::{Limit, Question};
use crate::pages::Doors;

pub(super) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    routes
        .api(
            Operation::get("/api/v1/items/{item_id}/situation", "get_item_situation")
                .tag("catalog")
                .summary("情形导办的问题")
                .description("现行版本的全部问题，按提问顺序；when是CEL条件，空的总要问。")
                .access(Access::Public)
                .ok::<Asked>(200),
            get,
        )
        .api(
            Operation::post("/api/v1/items/{item_id}/situation", "answer_item_situation")
                .tag("catalog")
                .summary("按情形计算")
                .description(
                    "给出已有的回答，得到下一个问题，或者这个情形下要交的材料、要填的页、时限和到现场次数。不保存。",
                )
                .access(Access::Public)
                .body::<Given>()
                .ok::<Led>(200),
            post,
        )
}

/// The questions of an item.
#[derive(Debug, Serialize, JsonSchema)]
struct Asked {
    version: i64,
    questions: Vec<Question>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Given {
    /// 回答，以问题的标识为键：单选是选项的值，多选是值的列表，是否是true或false，数字是整数。
    #[serde(default)]
    answers: Answers,
}

/// Where the answers lead: one of the three is given.
#[derive(Debug, Serialize, JsonSchema)]
struct Led {
    /// 下一个问题的标识
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// 不能办理的说明
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Needed>,
}

/// What the situation needs.
#[derive(Debug, Serialize, JsonSchema)]
struct Needed {
    outcomes: Vec<String>,
    /// 业务办理项的后缀
    handling_item: Option<String>,
    /// 材料的标识
    materials: Vec<String>,
    /// 申请表页的标识
    pages: Vec<String>,
    promised_limit: Option<Limit>,
    visit_count: u8,
    route: String,
}

fn none() -> Problem {
    Problem::not_found("这个事项没有情形导办")
}

async fn get(State(doors): State<Doors>, Path(item_id): Path<ItemId>) -> web::Result<Json<Asked>> {
    let published = doors.catalog.current(item_id).await?.ok_or_else(none)?;
    let guide = doors.catalog.guide(&published).ok_or_else(none)?;
    Ok(Json(Asked {
        version: published.version,
        questions: guide.questions().to_vec(),
    }))
}

async fn post(
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
    Json(given): Json<Given>,
) -> web::Result<Json<Led>> {
    let published = doors.catalog.current(item_id).await?.ok_or_else(none)?;
    let guide = doors.catalog.guide(&published).ok_or_else(none)?;
    for (key, answer) in &given.answers {
        let question = guide
            .questions()
            .iter()
            .find(|question| question.key == *key);
        let place = format!("/answers/{key}");
        let question = question.ok_or_else(|| Problem::invalid(place.clone(), "没有这个问题"))?;
        answer
            .fits(question)
            .map_err(|misfit| Problem::invalid(place, misfit.says()))?;
    }
    let mut led = Led {
        next: None,
        stop: None,
        result: None,
    };
    match guide.progress(&given.answers).step {
        Step::Ask(at) => led.next = Some(guide.questions()[at].key.clone()),
        Step::Stop(at) => led.stop = Some(guide.outcomes()[at].stop.clone()),
        Step::Done(_) => {
            led.result = guide
                .applied(&published.item, &given.answers)
                .map(|applied| Needed {
                    outcomes: applied.outcomes,
                    handling_item: applied.handling_item.map(|handling| handling.suffix),
                    materials: applied
                        .item
                        .materials
                        .into_iter()
                        .map(|material| material.key)
                        .collect(),
                    pages: applied
                        .item
                        .form
                        .pages
                        .into_iter()
                        .map(|page| page.key)
                        .collect(),
                    promised_limit: applied.item.promised_limit,
                    visit_count: applied.item.visit_count,
                    route: applied.route,
                });
        }
    }
    Ok(Json(led))
}
