//! An integrator: JSON, a token, idempotency keys.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;

use crate::{TestApp, files};

/// A program that talks to `/api/v1`.
#[derive(Clone)]
pub struct Program {
    app: TestApp,
    token: Option<String>,
    address: SocketAddr,
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Program {
    pub(crate) fn new(app: TestApp, token: Option<String>) -> Program {
        Program {
            app,
            token,
            address: SocketAddr::from(([192, 0, 2, 2], 40_000)),
        }
    }

    /// A program at another address of the network.
    #[must_use]
    pub fn at(mut self, address: [u8; 4]) -> Program {
        self.address = SocketAddr::from((address, 40_000));
        self
    }

    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// Posts with a key of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with_key(path, &new_key(), body).await
    }

    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.post_bytes(
            path,
            Some(key),
            "application/json",
            body.to_string().into_bytes(),
        )
        .await
    }

    pub async fn post_bytes(
        &self,
        path: &str,
        key: Option<&str>,
        kind: &str,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", kind);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body)).expect("a request"))
            .await
    }

    /// Puts with a key of its own.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let request = Request::put(path)
            .header("content-type", "application/json")
            .header("idempotency-key", new_key())
            .body(Body::from(body.to_string()));
        self.send(request.expect("a request")).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(
            Request::delete(path)
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    /// Uploads files and returns their digests.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn upload(&self, with: &[(&str, &str, &[u8])]) -> Vec<String> {
        let (kind, body) = files::multipart(&[], with);
        let answer = self
            .post_bytes("/api/v1/files", Some(&new_key()), &kind, body)
            .await;
        let json = answer.expect(201).json();
        json["files"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|file| file["digest"].as_str().expect("a digest").to_owned())
            .collect()
    }

    /// Sends anything, with this program's token.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(token) = &self.token {
            let value = format!("Bearer {token}").parse().expect("a header");
            request.headers_mut().insert("authorization", value);
        }
        let raw = self.app.send(request, self.address).await;
        Answer {
            status: raw.status,
            headers: raw.headers,
            bytes: raw.body.to_vec(),
        }
    }
}

/// A key nobody has used yet.
pub(crate) fn new_key() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    format!("test-key-{:08}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl Answer {
    /// # Panics
    /// When the body is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The stable word of a problem.
    ///
    /// # Panics
    /// When the answer is not a proper problem (RFC 9457).
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16(), "{body}");
        assert!(
            !body["title"].as_str().unwrap_or_default().is_empty(),
            "{body}"
        );
        assert!(
            !body["detail"].as_str().unwrap_or_default().is_empty(),
            "{body}"
        );
        body["code"].as_str().expect("a code").to_owned()
    }

    /// Asserts the status, showing the answer if it is another.
    ///
    /// # Panics
    /// When it is another.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the assertion is often all that is wanted"
    )]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}
