//! Forms of pages in.

use axum::extract::{FromRequest, Request};
use axum::http::Extensions;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use crate::body::{self, FORM_BYTES_MAX};
use crate::csrf;
use crate::fields::{Fields, Mismatch};
use crate::problem::{Kind, Problem, Result};
use crate::visit::Visit;

/// Name of the hidden field with the key that makes a form's command run once.
pub const KEY_FIELD: &str = "request_key";

/// A form sent by one of our own pages: urlencoded, at most 256 KiB, UTF-8, with a valid `csrf` field.
///
/// The hidden fields `csrf` and `request_key` are taken out before `T` is read; the latter is found again by
/// [`crate::Idempotency`]`::of_form`. Let `T` hold `String`s and check them in the handler, so that a refused form
/// can be shown again with the person's words kept; or take `Form<Fields>` for a form that is data.
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Form<T>> {
        let fields = receive(request).await?;
        fields.read().map(Form).map_err(refused)
    }
}

fn refused(mismatch: Mismatch) -> Problem {
    let mut problem = Problem::new(
        Kind::Invalid,
        "form_invalid",
        format!("表单内容有误，请返回上一页刷新后重新填写（{mismatch}）"),
    );
    problem.push_field(mismatch.field, mismatch.message);
    problem
}

/// Boxed: an async function's body is compiled again in every crate that awaits it.
fn receive(request: Request) -> BoxFuture<'static, Result<Fields>> {
    Box::pin(read(request))
}

async fn read(request: Request) -> Result<Fields> {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts.extensions)?;
    if body::media_type(&parts.headers).as_deref() != Some("application/x-www-form-urlencoded") {
        return Err(body::unsupported("application/x-www-form-urlencoded"));
    }
    csrf::check_origin(&parts.headers, &visit.app.config)?;
    let bytes = body::collect(&visit.app.config, &parts.headers, body, FORM_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)
        .map_err(|malformed| Problem::bad_request("form_malformed", malformed.to_string()))?;
    let token = fields.take(csrf::FIELD);
    visit.check_csrf(token.as_deref().or_else(|| header(&parts.headers)))?;
    let key = fields.take(KEY_FIELD);
    visit.note_form(&fields, key);
    Ok(fields)
}

pub(crate) fn header(headers: &axum::http::HeaderMap) -> Option<&str> {
    headers.get(csrf::HEADER)?.to_str().ok()
}

impl Visit {
    /// The visit of this request, put there by the server's front.
    pub(crate) fn of(extensions: &Extensions) -> Result<Visit> {
        extensions
            .get::<Visit>()
            .cloned()
            .ok_or_else(|| Problem::internal("a handler is mounted without web::server"))
    }
}
