//! Stored files out.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_FRAME_OPTIONS,
};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::App;
use crate::problem::{Problem, Result};
use crate::sniff::{Media, clean_name};

/// What RFC 5987 lets stand unencoded.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Shown beside the form by our own pages only, with no script, no form and no request of its own.
const PREVIEW: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
);
/// Browsers refuse to show a PDF in a sandbox; their viewers keep its scripts away from us anyway.
const PREVIEW_PDF: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
);

/// What the browser does with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Keep it.
    Attachment,
    /// Show it, where it is a picture or a PDF; other files are kept.
    Inline,
}

/// A stored file as it was uploaded. The caller has asked the permission already.
pub async fn download(
    app: &App,
    digest: &[u8; 32],
    name: &str,
    media_type: &str,
    show: Show,
) -> Result<Response> {
    let (size, pieces) = app
        .objects
        .get(digest)
        .await?
        .ok_or_else(|| Problem::not_found("没有找到这个文件"))?;
    let media = Media::from_media_type(media_type);
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    // A type that is not ours is not repeated to a browser.
    let content_type = media.map_or("application/octet-stream", Media::media_type);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let policy = match (show, media) {
        (Show::Inline, Some(Media::Pdf)) => Some(PREVIEW_PDF),
        (Show::Inline, Some(Media::Jpeg | Media::Png | Media::Text)) => Some(PREVIEW),
        _ => None,
    };
    let manner = if policy.is_some() {
        "inline"
    } else {
        "attachment"
    };
    headers.insert(CONTENT_DISPOSITION, disposition(manner, name));
    if let Some(policy) = policy {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    Ok(response)
}

/// `Content-Disposition` with the name in full for new clients (RFC 5987) and in ASCII for old ones.
pub fn disposition(manner: &str, name: &str) -> HeaderValue {
    let name = clean_name(name);
    let ascii: String = name
        .chars()
        .map(|letter| {
            let plain = letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%');
            if plain || letter == ' ' { letter } else { '_' }
        })
        .collect();
    let full = utf8_percent_encode(&name, ATTR_CHAR);
    HeaderValue::try_from(format!(
        "{manner}; filename=\"{ascii}\"; filename*=UTF-8''{full}"
    ))
    .expect("ASCII without control characters")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_travels_in_both_forms() {
        assert_eq!(
            disposition("attachment", "受理 通知书.pdf"),
            "attachment; filename=\"__ ___.pdf\"; \
             filename*=UTF-8''%E5%8F%97%E7%90%86%20%E9%80%9A%E7%9F%A5%E4%B9%A6.pdf"
        );
        assert_eq!(
            disposition("inline", "a\"; x=\r\n.pdf"),
            "inline; filename=\"a; x=.pdf\"; filename*=UTF-8''a%3B%20x%3D.pdf"
        );
    }
}
