//! Checking a certificate by the code printed on it. Anyone may, a limited number of times a minute.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use people::LookUp;
use serde::Deserialize;
use web::{App, Path, Problem, Query, Visit};

use crate::store;
use crate::view::{self, Certified};

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "license/verify.html")]
struct VerifyPage {
    page: ui::Page,
    /// What was typed.
    code: String,
    code_error: String,
    errors: Vec<(String, String)>,
    outcome: Outcome,
}

enum Outcome {
    /// Nothing was asked yet, or the code cannot be one.
    Nothing,
    Unknown,
    Found(Box<Found>),
}

struct Found {
    certified: Certified,
    state: &'static str,
    tag: &'static str,
    code: String,
    at: Timestamp,
}

/// The form; with `?code=` the answer below it.
pub(crate) async fn get(
    visit: Visit,
    State(app): State<App>,
    Query(params): Query<Params>,
) -> web::Result<Response> {
    match params.code {
        Some(code) => answer(&visit, &app, code).await,
        None => Ok(show(
            &visit,
            StatusCode::OK,
            String::new(),
            "",
            Outcome::Nothing,
        )),
    }
}

/// The address the QR code holds.
pub(crate) async fn get_code(
    visit: Visit,
    State(app): State<App>,
    Path(code): Path<String>,
) -> web::Result<Response> {
    answer(&visit, &app, code).await
}

async fn answer(visit: &Visit, app: &App, typed: String) -> web::Result<Response> {
    if !store::is_code(&typed) {
        let message = "核验码是12位字母和数字，请对照证照核对后重新输入";
        return Ok(show(
            visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            typed,
            message,
            Outcome::Nothing,
        ));
    }
    Ok(match look_up(visit, app, &typed).await? {
        Some(certified) => {
            let found = Found {
                state: certified.state.label(),
                tag: view::state_tag(certified.state),
                code: view::grouped(&store::normalise_code(&typed)),
                at: app.now(),
                certified,
            };
            show(
                visit,
                StatusCode::OK,
                typed,
                "",
                Outcome::Found(Box::new(found)),
            )
        }
        None => show(visit, StatusCode::NOT_FOUND, typed, "", Outcome::Unknown),
    })
}

/// What a code certifies today; counts as one look-up of the visitor's address.
pub(crate) async fn look_up(
    visit: &Visit,
    app: &App,
    typed: &str,
) -> web::Result<Option<Certified>> {
    app.people
        .limits()
        .look_up_from(LookUp::VerificationCode, visit.address, app.now())
        .map_err(|too_many| Problem::from(people::Error::TooMany(too_many)))?;
    let (people, today, code) = (app.people.clone(), app.today(), typed.to_owned());
    app.db
        .read(move |tx| -> web::Result<Option<Certified>> {
            let Some((license, stored)) = store::by_code(tx, &code)? else {
                return Ok(None);
            };
            let state = store::state_on(&license, stored, today);
            Ok(Some(view::certified(tx, &people, license, state)?))
        })
        .await
}

fn show(
    visit: &Visit,
    status: StatusCode,
    code: String,
    error: &str,
    outcome: Outcome,
) -> Response {
    let mut page = visit.page("证照核验").with_nav("verify");
    let code_error = page.t(error).to_owned();
    let mut errors = Vec::new();
    if !error.is_empty() {
        page = page.with_error();
        errors.push(("code".to_owned(), code_error.clone()));
    }
    let template = VerifyPage {
        page,
        code,
        code_error,
        errors,
        outcome,
    };
    web::render_with(visit, status, template)
}
