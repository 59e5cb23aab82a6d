//! One member of staff's account: password, leaving and coming back, tokens of programs.

use axum::extract::State;
use axum::response::Response;
use base::ids::StaffId;
use casework::Role;
use jiff::Timestamp;
use people::{Error, People, Staff};
use serde::Deserialize;
use store::Tx;
use web::{App, Fields, Form, Path, Visit};

use super::href;
use super::one::{TokenForm, View, owned, show};
use crate::pages::{invalid, read_date};
use crate::scope::Admin;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EndForm {
    digest: String,
}

pub(crate) async fn reset_password(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(_): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let password = app.people.initial_password();
    let password_hash = app.people.hash_password(password.clone()).await?;
    change(
        &app,
        &admin,
        id,
        "重置密码",
        move |tx, people, staff, now| {
            people.set_password(tx, staff.account, &password_hash, true, now)
        },
    )
    .await?;
    let view = View::of(&app, &admin, id).await?.showing(
        "密码已重置",
        "新密码只显示这一次，请当面或用安全方式交给本人。下次登录时必须修改；已登录的设备已退出。",
        password,
    );
    show(&visit, &app, &admin, view).await
}

pub(crate) async fn deactivate(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(_): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let done = change(
        &app,
        &admin,
        id,
        "停用账号",
        |tx, people, staff, now| people.deactivate_staff(tx, staff.id, now),
    )
    .await;
    back(&visit, &app, &admin, id, done).await
}

pub(crate) async fn activate(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(_): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let done = change(
        &app,
        &admin,
        id,
        "恢复账号",
        |tx, people, staff, now| people.reactivate_staff(tx, staff.id, now),
    )
    .await;
    back(&visit, &app, &admin, id, done).await
}

/// A token for a program, shown once.
pub(crate) async fn issue_token(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(form): Form<TokenForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let typed = form.clone();
    let done = change(
        &app,
        &admin,
        id,
        "签发令牌",
        move |tx, people, staff, now| issue(tx, people, staff, &typed, now),
    )
    .await;
    let mut view = View::of(&app, &admin, id).await?;
    let view = match done {
        Ok(token) => view.showing(
            "令牌已签发",
            "令牌只显示这一次，请立即保存到对接系统的密钥配置中。调用接口时放在 Authorization: Bearer 之后。",
            token,
        ),
        Err(error) => {
            view.form.token = form;
            view.refused(error)?
        }
    };
    show(&visit, &app, &admin, view).await
}

fn issue(
    tx: &mut Tx<'_>,
    people: &People,
    staff: &Staff,
    form: &TokenForm,
    now: Timestamp,
) -> Result<String, Error> {
    let is_program = staff
        .grants
        .iter()
        .any(|grant| grant.role == Role::Integrator);
    if !is_program || staff.left_at.is_some() {
        return Err(invalid("label", "只能为在用的接入系统账号签发令牌"));
    }
    let label = form.label.trim();
    let known = people.sessions_of(tx, staff.account, now)?;
    if !label.is_empty() && known.iter().any(|token| token.label == label) {
        return Err(invalid("label", "已有同名的令牌，请换一个用途名称"));
    }
    let day = read_date("expires_at", &form.expires_at)?
        .ok_or_else(|| invalid("expires_at", "请填写令牌的最后有效日"))?;
    let until = end_of(day).ok_or_else(|| invalid("expires_at", "日期超出范围"))?;
    people.issue_token(tx, staff.account, label, until, now)
}

pub(crate) async fn end_token(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(form): Form<EndForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let done = change(
        &app,
        &admin,
        id,
        "作废令牌",
        move |tx, people, staff, now| people.end_session(tx, staff.account, &form.digest, now),
    )
    .await;
    back(&visit, &app, &admin, id, done).await
}

/// Does something to somebody of the administrator's, and writes it down.
async fn change<T, F>(
    app: &App,
    admin: &Admin,
    id: StaffId,
    act: &'static str,
    body: F,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &People, &Staff, Timestamp) -> Result<T, Error> + Send + 'static,
{
    let (who, people) = (admin.clone(), app.people.clone());
    app.db
        .write(move |tx| {
            let staff = owned(tx, &people, id, &who)?;
            let done = body(tx, &people, &staff, who.now)?;
            who.record(tx, act, &staff.name)?;
            Ok(done)
        })
        .await
}

/// Back to the person's page, or the page again with what was wrong.
async fn back(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    id: StaffId,
    done: Result<(), Error>,
) -> web::Result<Response> {
    match done {
        Ok(()) => Ok(web::redirect(&href(id))),
        Err(error) => {
            let view = View::of(app, admin, id).await?.refused(error)?;
            show(visit, app, admin, view).await
        }
    }
}

/// Midnight at the end of a day in China.
fn end_of(day: jiff::civil::Date) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.at(0, 0, 0, 0);
    jiff::tz::Offset::constant(8).to_timestamp(midnight).ok()
}
