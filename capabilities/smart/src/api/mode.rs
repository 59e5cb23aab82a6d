//! 运行方式: off, shadow, assist, auto.

use ::web::{Access, Answer, Idempotency, Json, Routes, Visit, once};
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::post;
use crate::desk;
use crate::model::Mode;
use crate::state::Smart;

pub(super) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    routes.api(
        post("/api/v1/smart/modes", "switch_mode")
            .summary("切换运行方式：全部、一个基本编码或者一个事项")
            .access(Access::Staff)
            .body::<NewMode>()
            .ok::<ModeJson>(200)
            .problems(&[409]),
        switch,
    )
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModeWord {
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
