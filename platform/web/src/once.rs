//! Commands that run exactly once, however often they are sent.
//!
//! The answer is kept in the command's own transaction under (actor, key). Sending the same again gives the
//! kept answer with `Idempotency-Replayed: true`; sending something else under the key is refused with 422.

use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::crypto::Sm3;
use futures_util::future::BoxFuture;
use serde::Serialize;
use store::{Tx, idempotency};
use uuid::Uuid;

use crate::problem::{Kind, Problem, Result};
use crate::visit::Visit;

/// Longest key, in characters.
pub const KEY_CHARS_MAX: usize = 64;

/// The client's name for one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    key: String,
}

impl Idempotency {
    /// 1 to 64 visible ASCII characters.
    pub fn new(key: &str) -> Result<Idempotency> {
        let fits = (1..=KEY_CHARS_MAX).contains(&key.len());
        if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Idempotency {
                key: key.to_owned(),
            });
        }
        Err(Problem::bad_request(
            "idempotency_key_invalid",
            "Idempotency-Key 应为 1 至 64 个可见 ASCII 字符",
        ))
    }

    /// The hidden field `request_key` of the form just read by [`crate::Form`].
    pub fn of_form(visit: &Visit) -> Result<Idempotency> {
        let key = visit.form_key().ok_or_else(|| {
            Problem::bad_request(
                "request_key_missing",
                "页面内容不完整，请返回上一页刷新后重新提交",
            )
        })?;
        Idempotency::new(key)
    }

    pub fn key(&self) -> &str {
        &self.key
    }
}

/// From the header `Idempotency-Key`, which every POST of the API carries.
impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Idempotency> {
        let header = parts.headers.get("idempotency-key").ok_or_else(|| {
            Problem::bad_request(
                "idempotency_key_missing",
                "POST 请求必须带 Idempotency-Key 请求头，重试时使用同一个值",
            )
        })?;
        // What is not ASCII is no key; an empty text says so.
        Idempotency::new(header.to_str().unwrap_or_default())
    }
}

/// What a command answers, in the form that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    body: String,
    replayed: bool,
}

impl Answer {
    /// A JSON body.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
        Answer {
            status: status.as_u16(),
            body: serde_json::to_string(body).expect("answers are plain data"),
            replayed: false,
        }
    }

    /// 303 to a page of ours, after a form.
    pub fn see(path: impl Into<String>) -> Answer {
        Answer {
            status: StatusCode::SEE_OTHER.as_u16(),
            body: path.into(),
            replayed: false,
        }
    }

    /// 204.
    pub fn empty() -> Answer {
        Answer {
            status: StatusCode::NO_CONTENT.as_u16(),
            body: String::new(),
            replayed: false,
        }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether this is an earlier answer to the same command.
    pub fn is_replayed(&self) -> bool {
        self.replayed
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = match status {
            StatusCode::SEE_OTHER => {
                let mut response = status.into_response();
                let location = HeaderValue::try_from(self.body)
                    .unwrap_or_else(|_| HeaderValue::from_static("/"));
                response.headers_mut().insert(LOCATION, location);
                response
            }
            StatusCode::NO_CONTENT => status.into_response(),
            _ => {
                let json = HeaderValue::from_static("application/json");
                (status, [(CONTENT_TYPE, json)], self.body).into_response()
            }
        };
        if self.replayed {
            response
                .headers_mut()
                .insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// Runs a command exactly once per (actor, key). A refused command keeps nothing and may be tried again.
///
/// The closure may run more than once before its transaction is kept, as any closure of `Db::write`.
pub async fn once<E, F>(visit: &Visit, idempotency: &Idempotency, command: F) -> Result<Answer>
where
    F: Fn(&mut Tx<'_>) -> Result<Answer, E> + Send + 'static,
    E: Into<Problem>,
{
    let command = move |tx: &mut Tx<'_>| command(tx).map_err(Into::into);
    carry_out(visit, idempotency, Box::new(command)).await
}

type Command = Box<dyn Fn(&mut Tx<'_>) -> Result<Answer> + Send>;

/// The same for every command, and so compiled once.
fn carry_out(
    visit: &Visit,
    idempotency: &Idempotency,
    command: Command,
) -> BoxFuture<'static, Result<Answer>> {
    let actor = visit.idempotency_actor();
    let key = idempotency.key.clone();
    let digest = request_digest(visit);
    let now_ms = visit.app.now().as_millisecond();
    let db = visit.app.db.clone();
    Box::pin(async move {
        db.write(move |tx| -> Result<Answer> {
            if let Some(seen) = idempotency::find(tx, actor, &key)? {
                return replay(seen, digest);
            }
            let answer = command(tx)?;
            let seen = idempotency::Seen {
                request_digest: digest,
                status: answer.status,
                body: answer.body.clone(),
            };
            idempotency::keep(tx, actor, &key, &seen, now_ms)?;
            Ok(answer)
        })
        .await
    })
}

fn replay(seen: idempotency::Seen, digest: [u8; 32]) -> Result<Answer> {
    if seen.request_digest != digest {
        return Err(Problem::new(
            Kind::Invalid,
            "idempotency_mismatch",
            "这个 Idempotency-Key 已用于另一个内容不同的请求，请换一个新的值",
        ));
    }
    Ok(Answer {
        status: seen.status,
        body: seen.body,
        replayed: true,
    })
}

/// SM3 over method, path and body. The query is a part of the path.
fn request_digest(visit: &Visit) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(visit.method.as_str().as_bytes());
    hash.update(b"\n");
    hash.update(visit.path.as_bytes());
    hash.update(b"\n");
    hash.update(&visit.body_digest());
    hash.finish()
}

/// The actor a key belongs to: the account, or for the anonymous their address.
pub(crate) fn anonymous_actor(address: std::net::IpAddr) -> Uuid {
    let digest = base::crypto::sm3(format!("anonymous {address}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}
