//! Signing in and out for programs.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use casework::Actor;
use people::{ErrorKind, SessionKind, SignIn};
use web::{Idempotency, Json, Kind, Problem, Result, Visit};

use super::wire::{NewSession, SessionJson};
use crate::Intake;

/// A token is never kept, so the key does not replay it: signing in twice gives two tokens, which harms nobody.
pub(super) async fn create(
    State(intake): State<Intake>,
    visit: Visit,
    _idempotency: Idempotency,
    Json(body): Json<NewSession>,
) -> Result<Response> {
    let attempt = SignIn {
        login: body.login,
        password: body.password,
        address: visit.address,
        kind: SessionKind::Bearer,
    };
    let signed_in = intake
        .app
        .people
        .sign_in(&intake.app.db, attempt, visit.app.now())
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::SignIn => Problem::new(Kind::SignInNeeded, error.code(), error.message()),
            _ => error.into(),
        })?;
    let session = &signed_in.session;
    let body = SessionJson {
        token: signed_in.token.clone(),
        expires_at: session.expires_at.to_string(),
        kind: match session.actor {
            Actor::Person(_) => "person",
            Actor::Staff(_) | Actor::System => "staff",
        }
        .to_owned(),
        name: session.actor.name().to_owned(),
        must_change_password: session.must_change,
    };
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

pub(super) async fn delete(State(intake): State<Intake>, visit: Visit) -> Result<StatusCode> {
    let session = visit.session.as_ref().ok_or_else(Problem::sign_in_needed)?;
    let (account, digest) = (session.account, base::crypto::to_hex(&session.token_digest));
    let (people, now) = (intake.app.people.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| people.end_session(tx, account, &digest, now))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
