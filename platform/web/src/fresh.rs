//! 304 for whoever has the answer already.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

/// `If-None-Match` of a request.
pub(crate) struct Freshness(Option<HeaderValue>);

impl Freshness {
    pub(crate) fn of(headers: &HeaderMap) -> Freshness {
        Freshness(headers.get(IF_NONE_MATCH).cloned())
    }

    /// 304 where the visitor has this very answer already.
    pub(crate) fn settle(self, mut response: Response) -> Response {
        let known = self.0.as_ref().and_then(|value| value.to_str().ok());
        let (Some(known), Some(etag)) = (known, response.headers().get(ETAG)) else {
            return response;
        };
        let etag = etag.to_str().unwrap_or_default();
        let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let same = known.split(',').any(|tag| plain(tag) == plain(etag));
        if same && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
                response.headers_mut().remove(name);
            }
        }
        response
    }
}
