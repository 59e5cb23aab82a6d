//! Signing in: one form for citizens and enterprises, one for staff, by the same rules.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Actor;
use people::{ErrorKind, SignIn};
use serde::Deserialize;
use ui::Page;
use web::prefs::local;
use web::render::with_cookie;
use web::{Fields, Form, Problem, Query, Result, Visit, redirect, render_with};

use crate::Intake;

#[derive(Template)]
#[template(path = "intake/sign_in.html")]
struct SignInPage {
    page: Page,
    staff: bool,
    login: String,
    back: String,
    error: String,
    errors: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct Back {
    back: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn show(visit: Visit, Query(query): Query<Back>) -> Response {
    let back = query.back.as_deref().map_or("/my", local).to_owned();
    // Somebody sent away from a staff page is staff.
    let staff = back.starts_with("/staff") || back.starts_with("/admin");
    page(&visit, staff, "", &back, "")
}

pub(super) async fn show_staff(visit: Visit, Query(query): Query<Back>) -> Response {
    let back = query.back.as_deref().map_or("/staff", local).to_owned();
    page(&visit, true, "", &back, "")
}

fn page(visit: &Visit, staff: bool, login: &str, back: &str, error: &str) -> Response {
    let page = visit.form_page(if staff {
        "工作人员登录"
    } else {
        "登录"
    });
    let page = if error.is_empty() {
        page
    } else {
        page.with_error()
    };
    let errors = if error.is_empty() {
        Vec::new()
    } else {
        vec![("login".to_owned(), page.t(error).to_owned())]
    };
    let body = SignInPage {
        staff,
        login: base::text::shorten(login, 100),
        back: back.to_owned(),
        error: page.t(error).to_owned(),
        errors,
        page,
    };
    let status = if error.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    render_with(visit, status, body)
}

pub(super) async fn sign_in(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<SignInForm>,
) -> Result<Response> {
    enter(&intake, &visit, form, false).await
}

pub(super) async fn sign_in_staff(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<SignInForm>,
) -> Result<Response> {
    enter(&intake, &visit, form, true).await
}

async fn enter(intake: &Intake, visit: &Visit, form: SignInForm, staff: bool) -> Result<Response> {
    let back = local(&form.back).to_owned();
    if form.login.trim().is_empty() || form.password.is_empty() {
        return Ok(page(visit, staff, &form.login, &back, "请填写登录名和密码"));
    }
    let attempt = SignIn {
        login: form.login.clone(),
        password: form.password,
        address: visit.address,
        kind: visit.session_kind(),
    };
    let signed_in = intake
        .app
        .people
        .sign_in(&intake.app.db, attempt, visit.app.now())
        .await;
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) if error.kind() == ErrorKind::SignIn => {
            return Ok(page(visit, staff, &form.login, &back, &error.message()));
        }
        Err(error) => return Err(error.into()),
    };
    let session = &signed_in.session;
    let address = if session.must_change {
        "/account/password"
    } else {
        home(&session.actor, &back)
    };
    let cookie = visit.session_cookie(&signed_in.token, session.expires_at);
    Ok(with_cookie(redirect(address), cookie))
}

/// Where to go after signing in: back, if that is a page for this kind of account.
fn home<'a>(actor: &Actor, back: &'a str) -> &'a str {
    let staff_page = back.starts_with("/staff") || back.starts_with("/admin");
    let persons_page = back == "/"
        || back.starts_with("/my")
        || back.starts_with("/apply")
        || back.starts_with("/account");
    match actor {
        Actor::Staff(_) | Actor::System if staff_page || !persons_page => back,
        Actor::Staff(_) | Actor::System => "/staff",
        Actor::Person(_) if staff_page || back == "/" => "/my",
        Actor::Person(_) => back,
    }
}

pub(super) async fn sign_out(
    State(intake): State<Intake>,
    visit: Visit,
    Form(_): Form<Fields>,
) -> Result<Response> {
    let session = visit.session.as_ref().ok_or_else(Problem::sign_in_needed)?;
    let staff = matches!(session.actor, Actor::Staff(_));
    let (account, digest) = (session.account, base::crypto::to_hex(&session.token_digest));
    let (people, now) = (intake.app.people.clone(), visit.app.now());
    intake
        .app
        .db
        .write(move |tx| people.end_session(tx, account, &digest, now))
        .await?;
    let cookie = web::cookie::end_session(&visit.app.config);
    Ok(with_cookie(
        redirect(if staff { "/staff/sign-in" } else { "/" }),
        cookie,
    ))
}
