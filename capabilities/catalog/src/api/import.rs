//! Importing through the API: the same reading and the same use case as the administrators' desk.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use web::sniff::Media;
use web::upload::Rules;
use web::{Answer, Idempotency, Json, Multipart, Problem, Visit};

use super::wire::Imported;
use crate::app::import;
use crate::import::{FILE_BYTES_MAX, Parsed};
use crate::pages::Doors;
use crate::reading::Choices;

const RULES: Rules = Rules {
    allowed: &[Media::Xlsx, Media::Csv],
    bytes_max: Some(FILE_BYTES_MAX as u64),
    files_max: Some(1),
};

pub(super) async fn post(
    visit: Visit,
    key: Idempotency,
    State(doors): State<Doors>,
    parts: Multipart,
) -> web::Result<Response> {
    let received = parts.receive(&RULES).await?;
    let file = received
        .files
        .first()
        .ok_or_else(|| Problem::invalid("file", "请在file里上传要导入的文件"))?;
    let default = match received
        .fields
        .get("default_org")
        .filter(|key| !key.is_empty())
    {
        None => None,
        Some(key) => {
            let key = key.to_owned();
            let org = doors
                .app
                .db
                .read(move |tx| people::orgs::by_key(tx, &key))
                .await?;
            let org = org.ok_or_else(|| Problem::invalid("default_org", "没有这个机构代码"))?;
            Some(org.id)
        }
    };
    let choices = Choices {
        default,
        mapping: received
            .fields
            .get("mapping")
            .unwrap_or_default()
            .to_owned(),
    };
    let dry_run = flag(received.fields.get("dry_run"), "dry_run")?;
    let keep_good_rows = flag(received.fields.get("keep_good_rows"), "keep_good_rows")?;
    let parsed = Arc::new(
        doors
            .read_file(file.digest, choices, visit.actor()?)
            .await?,
    );
    if dry_run {
        let looked = Arc::clone(&parsed);
        let preview = doors
            .app
            .db
            .read(move |tx| import::preview(tx, &looked))
            .await?;
        let counts = [preview.created, preview.changed, preview.unchanged];
        return Ok(Json(Imported::of(&parsed, true, counts)).into_response());
    }
    if parsed.refused > 0 && !keep_good_rows {
        return Err(row_errors(&parsed));
    }
    let now = doors.app.now();
    let ids = import::ids(&doors.app.ids, now, &parsed);
    let actor = visit.actor()?.clone();
    let answer = web::once(&visit, &key, move |tx| -> web::Result<Answer> {
        let done = import::apply(tx, &parsed, &ids, keep_good_rows, now, &actor)?;
        let counts = [done.created, done.changed, done.unchanged];
        Ok(Answer::json(
            StatusCode::OK,
            &Imported::of(&parsed, false, counts),
        ))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer.into_response())
}

/// `1` or `true`, `0` or `false`, or not given.
fn flag(text: Option<&str>, field: &'static str) -> web::Result<bool> {
    match text.unwrap_or_default() {
        "" | "0" | "false" => Ok(false),
        "1" | "true" => Ok(true),
        _ => Err(Problem::invalid(field, format!("{field}应为1或0"))),
    }
}

/// The row errors as fields `rows/3/事项名称`.
fn row_errors(parsed: &Parsed) -> Problem {
    Problem::invalid_fields(parsed.errors.iter().map(|error| {
        (
            format!("rows/{}/{}", error.row, error.field),
            error.message.clone(),
        )
    }))
}
