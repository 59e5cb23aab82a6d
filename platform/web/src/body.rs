//! Reading a request's body with a limit on its size and on waiting.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::app::Config;
use crate::problem::{Kind, Problem, Result};

/// Largest form, in bytes.
pub const FORM_BYTES_MAX: usize = 256 * 1024;
/// Largest JSON body, in bytes.
pub const JSON_BYTES_MAX: usize = 1024 * 1024;

/// The whole body, at most `limit` bytes.
pub(crate) async fn collect(
    config: &Config,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit as u64));
    }
    let mut body = body;
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(config.body_idle_max, body.frame())
            .await
            .map_err(|_| slow())?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| cut_off())?.into_data() else {
            continue;
        };
        let so_far = first.as_ref().map_or(0, Bytes::len) + whole.len();
        if so_far + data.len() > limit {
            return Err(too_large(limit as u64));
        }
        // Most bodies come in one piece, which then is not copied.
        match first.take() {
            None if whole.is_empty() => first = Some(data),
            None => whole.extend_from_slice(&data),
            Some(piece) => {
                whole.extend_from_slice(&piece);
                whole.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

pub(crate) fn too_large(limit: u64) -> Problem {
    let size = if limit >= 1024 * 1024 {
        format!("{} MB", limit / (1024 * 1024))
    } else {
        format!("{} KB", limit / 1024)
    };
    Problem::new(
        Kind::TooLarge,
        "too_large",
        format!("提交的内容过大，最多 {size}，请减少后再提交"),
    )
}

pub(crate) fn slow() -> Problem {
    Problem::new(
        Kind::SlowBody,
        "body_timeout",
        "内容没有传完就中断了，请检查网络后重新提交",
    )
}

pub(crate) fn cut_off() -> Problem {
    Problem::bad_request("body_cut_off", "内容没有传完就中断了，请重新提交")
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    Some(essence.to_ascii_lowercase())
}

pub(crate) fn unsupported(expected: &str) -> Problem {
    Problem::new(
        Kind::Unsupported,
        "unsupported_media_type",
        format!("内容类型应为 {expected}"),
    )
}
