//! A form of ours, with files or without: pages that ask for a file send it in parts, all others urlencoded.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use web::upload::Rules;
use web::{Fields, Form, Multipart, Problem, Received, Result};

/// What was sent, not read yet.
pub(super) enum Posted {
    Plain(Fields),
    Parts(Multipart),
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Posted> {
        let parts = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("multipart/"));
        if parts {
            Ok(Posted::Parts(
                Multipart::from_request(request, state).await?,
            ))
        } else {
            let Form(fields) = Form::from_request(request, state).await?;
            Ok(Posted::Plain(fields))
        }
    }
}

impl Posted {
    /// The fields, and the files that could be taken.
    pub(super) async fn receive(self) -> Result<Received> {
        match self {
            Posted::Plain(fields) => Ok(Received {
                fields,
                ..Received::default()
            }),
            Posted::Parts(parts) => parts.receive_all(&Rules::DOCUMENTS).await,
        }
    }
}
