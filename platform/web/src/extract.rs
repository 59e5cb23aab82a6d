//! Path and query parameters whose errors are ours.

use axum::extract::{FromRequestParts, Path as AxumPath};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::fields::{Fields, Mismatch};
use crate::problem::{Problem, Result};
use crate::visit::is_api;

/// Parameters of the path. One that cannot be read is an address that does not exist: 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>> {
        AxumPath::<T>::from_request_parts(parts, state)
            .await
            .map(|AxumPath(value)| Path(value))
            .map_err(|_| Problem::not_found("没有找到这个地址，请检查链接是否完整"))
    }
}

/// Parameters of the query string, read as [`Fields`] are: an empty one is `None`, a repeated one fills a `Vec`.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query<T>> {
        let fields = fields(parts)?;
        // A page's filter form sends every field, filled in or not; a program sends what it means.
        let read = if is_api(parts.uri.path()) {
            fields.read_exact()
        } else {
            fields.read()
        };
        read.map(Query).map_err(refused)
    }
}

fn fields(parts: &Parts) -> Result<Fields> {
    let query = parts.uri.query().unwrap_or_default();
    Fields::parse(query.as_bytes())
        .map_err(|malformed| Problem::bad_request("query_malformed", malformed.to_string()))
}

fn refused(mismatch: Mismatch) -> Problem {
    let mut problem = Problem::bad_request("query_invalid", format!("查询条件有误：{mismatch}"));
    problem.push_field(mismatch.field, mismatch.message);
    problem
}
