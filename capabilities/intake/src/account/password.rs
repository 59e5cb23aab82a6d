//! Changing one's password; forced where somebody else has set it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use casework::Actor;
use people::password::{Holder, check};
use serde::Deserialize;
use ui::Page;
use web::render::with_cookie;
use web::{Form, Problem, Result, Visit, redirect, render_with};

use super::of_field;
use crate::Intake;

#[derive(Template)]
#[template(path = "intake/password.html")]
struct PasswordPage {
    page: Page,
    forced: bool,
    hint: String,
    old_error: String,
    new_error: String,
    again_error: String,
    errors: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

pub(super) async fn show(visit: Visit) -> Result<Response> {
    visit.actor()?;
    Ok(page(&visit, "", "", ""))
}

fn page(visit: &Visit, old: &str, new: &str, again: &str) -> Response {
    let page = visit.page("修改密码");
    let mut errors = Vec::new();
    for (id, error) in [("old", old), ("password", new), ("again", again)] {
        if !error.is_empty() {
            errors.push((id.to_owned(), page.t(error).to_owned()));
        }
    }
    let refused = !errors.is_empty();
    let page = if refused { page.with_error() } else { page };
    let staff = page.is_staff();
    let body = PasswordPage {
        forced: visit
            .session
            .as_ref()
            .is_some_and(|session| session.must_change),
        hint: if staff {
            page.t("至少10个字符，不要用常见密码，不要包含登录名")
                .to_owned()
        } else {
            page.t("至少8个字符，不要用常见密码，不要包含登录名")
                .to_owned()
        },
        old_error: page.t(old).to_owned(),
        new_error: page.t(new).to_owned(),
        again_error: page.t(again).to_owned(),
        errors,
        page,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    render_with(visit, status, body)
}

pub(super) async fn change(
    State(intake): State<Intake>,
    visit: Visit,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    let session = visit.session.as_ref().ok_or_else(Problem::sign_in_needed)?;
    let account = session.account;
    let staff = matches!(session.actor, Actor::Staff(_));
    let people = intake.app.people.clone();
    let now = visit.app.now();
    let reader = people.clone();
    let (login, hash) = intake
        .app
        .db
        .read(move |tx| -> Result<_> {
            let login = reader
                .account(tx, account)?
                .map(|account| account.login.reveal().to_owned())
                .unwrap_or_default();
            Ok((login, reader.password_hash(tx, account)?))
        })
        .await?;
    // Guessing the old password is guessing a password.
    people
        .limits()
        .sign_in(&login, visit.address, now)
        .map_err(people::Error::from)?;
    if !people.verify_password(form.old, hash).await? {
        return Ok(page(&visit, "原密码不正确，请重新输入", "", ""));
    }
    people.limits().signed_in(&login, visit.address);
    let holder = if staff {
        Holder::Staff
    } else {
        Holder::Citizen
    };
    if let Err(error) = check(&form.password, &login, holder) {
        let (_, message) = of_field(error)?;
        return Ok(page(&visit, "", &message, ""));
    }
    if form.password != form.again {
        return Ok(page(&visit, "", "", "两次输入的新密码不一致，请重新输入"));
    }
    let hash = people.hash_password(form.password).await?;
    // Changing it ends every session; this browser gets a new one.
    let kind = visit.session_kind();
    let token = intake
        .app
        .db
        .write(move |tx| -> Result<String> {
            people.set_password(tx, account, &hash, false, now)?;
            Ok(people.open_session(tx, account, kind, now)?)
        })
        .await?;
    let expires_ms = now.as_millisecond() + people::session::BROWSER_IDLE_MS;
    let expires_at = jiff::Timestamp::from_millisecond(expires_ms).unwrap_or(now);
    let cookie = visit.session_cookie(&token, expires_at);
    Ok(with_cookie(
        redirect(if staff { "/staff" } else { "/my" }),
        cookie,
    ))
}
