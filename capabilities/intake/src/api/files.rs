//! Uploading through the API.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ids::AccountId;
use casework::Actor;
use web::{Idempotency, Multipart, Problem, Result, Visit};

use super::wire::FilesJson;
use crate::{Intake, store as records, uploads};

/// Content decides the name of a file, so sending it again is the same file: the key is not kept.
pub(super) async fn upload(
    State(intake): State<Intake>,
    visit: Visit,
    _idempotency: Idempotency,
    multipart: Multipart,
) -> Result<Response> {
    let account = account(visit.actor()?)?;
    let received = multipart.receive(&web::upload::Rules::DOCUMENTS).await?;
    if received.files.is_empty() {
        return Err(Problem::invalid("file", "请至少上传一个文件"));
    }
    let now = visit.app.now();
    let records: Vec<records::Upload> = received
        .files
        .iter()
        .map(|file| uploads::record(account, file, now))
        .collect();
    let files = records
        .iter()
        .map(|upload| super::wire::file_json(uploads::given(upload)))
        .collect();
    intake
        .app
        .db
        .write(move |tx| -> Result<()> {
            for upload in &records {
                records::insert_upload(tx, upload)?;
            }
            Ok(())
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(FilesJson { files })).into_response())
}

/// The account of whoever is signed in.
pub(crate) fn account(actor: &Actor) -> Result<AccountId> {
    match actor {
        Actor::Person(person) => Ok(person.account),
        Actor::Staff(staff) => Ok(staff.account),
        Actor::System => Err(Problem::sign_in_needed()),
    }
}
