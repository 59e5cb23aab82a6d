//! Pages out.

use std::hash::{DefaultHasher, Hasher};

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE, VARY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::gzip;
use crate::mixed;
use crate::problem::Problem;
use crate::visit::Visit;

pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const VARIES: HeaderValue = HeaderValue::from_static("cookie, accept-encoding");

/// A page with status 200. Signed-in visitors' pages are never stored; public ones carry an `ETag`.
pub fn render(visit: &Visit, template: impl askama::Template) -> Response {
    render_with(visit, StatusCode::OK, template)
}

/// A page with another status: 422 for a form that is shown again, 409 for a case that has changed.
pub fn render_with(visit: &Visit, status: StatusCode, template: impl askama::Template) -> Response {
    match template.render() {
        Ok(html) => page(visit, status, html),
        Err(error) => Problem::internal(format_args!("template: {error}")).into_response(),
    }
}

/// 303 to a page of ours: after every form.
pub fn redirect(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::try_from(path) {
        Ok(path) => {
            response.headers_mut().insert(LOCATION, path);
            response
        }
        Err(_) => {
            Problem::internal("a redirect to an address with control characters").into_response()
        }
    }
}

fn page(visit: &Visit, status: StatusCode, html: String) -> Response {
    let html = mixed::mark(html);
    let personal = visit.session.is_some() || visit.carries_form();
    let etag = (!personal && status == StatusCode::OK).then(|| etag(html.as_bytes()));
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    head(&mut response, etag);
    response
}

fn head(response: &mut Response, etag: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(VARY, VARIES);
    match etag {
        Some(etag) => {
            headers.insert(CACHE_CONTROL, REVALIDATE);
            headers.insert(ETAG, etag);
        }
        None => {
            headers.insert(CACHE_CONTROL, NO_STORE);
        }
    }
}

/// Weak, because the same page may travel compressed.
fn etag(bytes: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let tag = format!("W/\"{:016x}{:x}\"", hasher.finish(), bytes.len());
    HeaderValue::try_from(tag).expect("hexadecimal digits")
}

/// A public page made once and sent many times. Only the compressed form is kept: it is what nearly every browser
/// takes, and a quarter of the size. Keep it per language, care mode, theme and day; never make it from a page that
/// carries a form token or a name.
#[derive(Clone, Debug)]
pub struct Prepared {
    gzip: Bytes,
    etag: HeaderValue,
}

impl Prepared {
    pub fn new(html: String) -> Prepared {
        let html = mixed::mark(html);
        let etag = etag(html.as_bytes());
        let mut gzip = gzip::compress(html.as_bytes(), 6);
        gzip.shrink_to_fit();
        Prepared {
            gzip: Bytes::from(gzip),
            etag,
        }
    }

    pub fn response(&self, visit: &Visit) -> Response {
        let body = if visit.takes_gzip {
            self.gzip.clone()
        } else {
            Bytes::from(gzip::expand(&self.gzip))
        };
        let mut response = Response::new(Body::from(body));
        head(&mut response, Some(self.etag.clone()));
        if visit.takes_gzip {
            response
                .headers_mut()
                .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Adds a `Set-Cookie` to an answer.
pub fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}
