//! The platform's own small doors: assets, health, figures, what a problem code means.

use std::net::IpAddr;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::extract::Path;
use crate::problem::{Kind, Problem, Result};
use crate::render::render;

use crate::server::Served;
use crate::visit::Visit;

/// How long the database may take to answer before the process counts as not ready.
const READY_WITHIN: Duration = Duration::from_secs(1);

pub(crate) async fn asset(uri: Uri, headers: HeaderMap) -> Result<Response> {
    serve(uri.path(), &headers)
}

pub(crate) async fn icon(headers: HeaderMap) -> Result<Response> {
    serve(ui::assets::url("icon.svg"), &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Result<Response> {
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let asset =
        ui::assets::get(path, accepted).ok_or_else(|| Problem::not_found("没有找到这个文件"))?;
    let mut response = Response::new(Body::from(asset.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(ETAG, HeaderValue::from_static(asset.etag));
    if let Some(encoding) = asset.encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

/// The process runs.
pub(crate) async fn alive() -> Response {
    plain("ok\n".to_owned())
}

/// The database answers a read in time.
pub(crate) async fn ready(State(served): State<Served>) -> Result<Response> {
    let read = served.app.db.read(|tx| tx.query("SELECT 1", &[]));
    match tokio::time::timeout(READY_WITHIN, read).await {
        Ok(Ok(_)) => Ok(plain("ready\n".to_owned())),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err(not_ready())
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer");
            Err(not_ready())
        }
    }
}

fn not_ready() -> Problem {
    Problem::new(Kind::Unavailable, "not_ready", "数据库暂时没有响应")
}

/// For this machine, unless the configuration opens it: the figures tell how much is going on.
pub(crate) async fn metrics(visit: Visit, State(served): State<Served>) -> Result<Response> {
    if !served.app.config.metrics_public && !from_here(visit.address) {
        return Err(Problem::not_found("没有找到这个地址"));
    }
    let text = served.app.metrics.text(&served.app.db.metrics());
    let mut response = plain(text);
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    Ok(response)
}

fn from_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn plain(text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::OK, headers, text).into_response()
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage {
    page: ui::Page,
    code: &'static str,
    /// Chinese source string.
    meaning: &'static str,
    status: u16,
}

/// What a code means, as a Chinese source string.
pub(crate) fn meaning(code: &str) -> Option<&'static str> {
    let known = CODES.iter().find(|(known, _, _)| *known == code);
    known.map(|(_, _, meaning)| *meaning)
}

/// What a code of `application/problem+json` means.
pub(crate) async fn problem(visit: Visit, Path(code): Path<String>) -> Result<Response> {
    let (code, kind, meaning) = CODES
        .iter()
        .copied()
        .find(|(known, _, _)| *known == code)
        .ok_or_else(|| Problem::not_found("没有这个错误编码"))?;
    let template = ProblemPage {
        page: visit.page("错误编码"),
        code,
        meaning,
        status: kind.status().as_u16(),
    };
    Ok(render(&visit, template))
}

/// The codes that any operation may answer. What a capability adds is explained by `detail`.
const CODES: &[(&str, Kind, &str)] = &[
    ("already_exists", Kind::Conflict, "同样的内容已经存在。"),
    (
        "body_cut_off",
        Kind::BadRequest,
        "请求体没有传完。请重新发送。",
    ),
    (
        "body_timeout",
        Kind::SlowBody,
        "请求体长时间没有传完。请检查网络后重新发送。",
    ),
    (
        "busy",
        Kind::Busy,
        "当前请求过多。请按 Retry-After 等待后重试，请求没有执行。",
    ),
    (
        "case_changed",
        Kind::Conflict,
        "办件已被他人办理。请重新读取办件后再决定。",
    ),
    (
        "changed_meanwhile",
        Kind::Conflict,
        "同一内容正在被多人修改。请重新读取后再试。",
    ),
    (
        "closing",
        Kind::Unavailable,
        "服务正在停止。请按 Retry-After 等待后重试。",
    ),
    (
        "control_character",
        Kind::Invalid,
        "内容中含有无法保存的控制字符。",
    ),
    (
        "csrf",
        Kind::NotAllowed,
        "请求不是从本平台页面发出的，或页面停留过久。",
    ),
    (
        "cursor_invalid",
        Kind::BadRequest,
        "翻页标记无效。请从第一页重新开始。",
    ),
    ("file_too_large", Kind::TooLarge, "文件超过大小限制。"),
    ("file_type", Kind::Unsupported, "文件内容不是允许的类型。"),
    (
        "files_away",
        Kind::Unavailable,
        "保存文件的服务没有响应。请按 Retry-After 等待后重试，请求没有执行。",
    ),
    (
        "form_invalid",
        Kind::Invalid,
        "表单缺少内容或有多余的内容。",
    ),
    (
        "form_malformed",
        Kind::BadRequest,
        "表单内容不是有效的 UTF-8 文字。",
    ),
    (
        "handler_timeout",
        Kind::Unavailable,
        "处理时间过长，结果未知。请用同一个 Idempotency-Key 重试。",
    ),
    ("held", Kind::Conflict, "办件已暂停办理。"),
    (
        "idempotency_key_invalid",
        Kind::BadRequest,
        "Idempotency-Key 应为 1 至 64 个可见 ASCII 字符。",
    ),
    (
        "idempotency_key_missing",
        Kind::BadRequest,
        "POST 请求缺少 Idempotency-Key。",
    ),
    (
        "idempotency_mismatch",
        Kind::Invalid,
        "同一个 Idempotency-Key 用于内容不同的请求。请换一个新的值。",
    ),
    ("internal", Kind::Internal, "系统故障，已经记录。"),
    (
        "invalid",
        Kind::Invalid,
        "内容有误，errors 逐项列出位置和改法。",
    ),
    (
        "json_malformed",
        Kind::BadRequest,
        "请求体不是正确的 JSON。",
    ),
    (
        "method_not_allowed",
        Kind::MethodNotAllowed,
        "此地址不支持这种请求方法，支持的方法见 Allow。",
    ),
    (
        "multipart_malformed",
        Kind::BadRequest,
        "上传的内容格式有误。",
    ),
    ("not_allowed", Kind::NotAllowed, "没有权限。"),
    (
        "not_found",
        Kind::NotFound,
        "没有找到，或不在可以查看的范围内。",
    ),
    (
        "password_change_needed",
        Kind::NotAllowed,
        "账号使用的是初始密码，请先在网页上修改密码。",
    ),
    (
        "query_invalid",
        Kind::BadRequest,
        "查询条件有误，errors 列出是哪一个。",
    ),
    (
        "query_malformed",
        Kind::BadRequest,
        "查询条件不是有效的 UTF-8 文字。",
    ),
    (
        "sign_in_needed",
        Kind::SignInNeeded,
        "需要登录，或令牌已失效。",
    ),
    ("too_large", Kind::TooLarge, "请求体超过大小限制。"),
    ("too_many_files", Kind::TooLarge, "一次上传的文件过多。"),
    (
        "too_many_requests",
        Kind::TooMany,
        "操作过于频繁。请按 Retry-After 等待后重试。",
    ),
    (
        "unsupported_media_type",
        Kind::Unsupported,
        "请求体的内容类型不受支持。",
    ),
    ("wrong_state", Kind::Conflict, "办件当前状态不能这样办理。"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::CODES;

    #[test]
    fn every_text_of_our_pages_has_english() {
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut missing = ui::i18n::missing(&templates).expect("readable");
        let meanings = CODES.iter().map(|(_, _, meaning)| *meaning);
        missing.extend(
            meanings
                .filter(|meaning| !ui::i18n::has_english(meaning))
                .map(str::to_owned),
        );
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn codes_are_listed_once_and_in_order() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
