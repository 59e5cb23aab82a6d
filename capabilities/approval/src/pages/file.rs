//! A file of a case, for whoever may know the case.

use axum::{extract::State, response::Response};
use base::ids::CaseId;
use serde::Deserialize;
use web::{
    Path, Problem, Query, Visit,
    download::{Show, download},
};

use crate::{
    details::{self, FileGiven},
    service::Approval,
};

#[derive(Debug, Deserialize)]
pub(super) struct Params {
    download: Option<String>,
}

pub(super) async fn get(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, digest)): Path<(CaseId, String)>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    let loaded = approval.open_for(visit.actor()?, id).await?;
    // Only what the case names: a digest learned elsewhere opens nothing here.
    let answered = loaded
        .published
        .iter()
        .flat_map(|published| catalog::form::files(&published.item.form, &loaded.answers))
        .map(|file| FileGiven {
            digest: file.digest,
            size: file.size,
            media_type: file.media_type,
            name: file.name,
        });
    let file = details::materials(&loaded.case)
        .into_iter()
        .flat_map(|material| material.files)
        .chain(answered)
        .find(|file| file.digest == digest)
        .ok_or_else(|| Problem::not_found("本件没有这个文件"))?;
    let digest: [u8; 32] = base::crypto::from_hex(&file.digest)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Problem::not_found("本件没有这个文件"))?;
    let show = if params.download.is_some() {
        Show::Attachment
    } else {
        Show::Inline
    };
    download(&approval.app, &digest, &file.name, &file.media_type, show).await
}
