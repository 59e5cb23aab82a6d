//! One member of staff: adding, changing, roles.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{AccountId, OrgId, StaffId};
use casework::{Grant, Role};
use people::session::SessionInfo;
use people::{Error, NewStaff, SessionKind, Staff, StaffChange, orgs};
use serde::Deserialize;
use store::Tx;
use web::{App, Fields, Form, Path, Query, Visit};

use super::{href, read_org, read_window, window_text};
use crate::pages::orgs::choices;
use crate::pages::{Choice, Errors, choice, invalid};
use crate::scope::Admin;

/// Empty rows offered for further roles.
const BLANK_ROWS: usize = 2;
/// Rows of roles one form may have.
const ROWS_MAX: usize = 60;

/// A form about a member of staff, as typed.
#[derive(Clone, Debug, Default)]
pub(super) struct StaffForm {
    login: String,
    name: String,
    /// Key of an organisation.
    org: String,
    title: String,
    /// Key of a hall and number of a window.
    window: String,
    grants: Vec<GrantForm>,
    pub(super) token: TokenForm,
}

/// One role, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct GrantForm {
    role: String,
    region: String,
    /// Key of an organisation; empty: all of the region.
    org: String,
}

/// What the page is to show.
pub(super) struct View {
    pub(super) form: StaffForm,
    errors: Errors,
    staff: Option<Staff>,
    once: Option<Once>,
}

impl View {
    fn new(form: StaffForm) -> View {
        View {
            form,
            errors: Errors::default(),
            staff: None,
            once: None,
        }
    }

    /// The page of somebody who is there, as they are.
    pub(super) async fn of(app: &App, admin: &Admin, id: StaffId) -> web::Result<View> {
        let (who, people) = (admin.clone(), app.people.clone());
        let (staff, form) = app
            .db
            .read(move |tx| -> Result<_, Error> {
                let staff = owned(tx, &people, id, &who)?;
                let form = StaffForm::of(tx, &staff)?;
                Ok((staff, form))
            })
            .await?;
        Ok(View {
            staff: Some(staff),
            ..View::new(form)
        })
    }

    /// The page with what was wrong; a refusal about no field is passed on.
    pub(super) fn refused(self, error: Error) -> web::Result<View> {
        Ok(View {
            errors: Errors::from_error(error)?,
            ..self
        })
    }

    /// The page with a secret that is shown this once.
    pub(super) fn showing(self, title: &'static str, text: &'static str, secret: String) -> View {
        View {
            once: Some(Once {
                title,
                text,
                secret,
            }),
            ..self
        }
    }
}

/// A password or token that is shown this once.
struct Once {
    title: &'static str,
    text: &'static str,
    secret: String,
}

#[derive(askama::Template)]
#[template(path = "admin/staff_one.html")]
struct StaffPage {
    page: ui::Page,
    form: StaffForm,
    errors: Errors,
    /// None: a new one.
    staff: Option<Staff>,
    orgs: Vec<Choice>,
    grant_orgs: Vec<Choice>,
    roles: Vec<Choice>,
    tokens: Vec<SessionInfo>,
    once: Option<Once>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewQuery {
    org: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenForm {
    pub(super) label: String,
    pub(super) expires_at: String,
}

impl StaffForm {
    fn read_fields(fields: &Fields) -> StaffForm {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        let mut orgs = fields.all("grant_org");
        let mut regions = fields.all("grant_region");
        let grants = fields
            .all("grant_role")
            .take(ROWS_MAX)
            .map(|role| GrantForm {
                role: role.to_owned(),
                region: regions.next().unwrap_or_default().to_owned(),
                org: orgs.next().unwrap_or_default().to_owned(),
            })
            .filter(|row| !row.role.is_empty())
            .collect();
        StaffForm {
            login: text("login"),
            name: text("name"),
            org: text("org"),
            title: text("title"),
            window: text("window"),
            grants,
            token: TokenForm::default(),
        }
    }

    fn of(tx: &mut Tx<'_>, staff: &Staff) -> Result<StaffForm, Error> {
        let key = |tx: &mut Tx<'_>, id: Option<OrgId>| -> Result<String, Error> {
            let org = match id {
                Some(id) => orgs::by_id(tx, id)?,
                None => None,
            };
            Ok(org.map(|org| org.key).unwrap_or_default())
        };
        let mut grants = Vec::with_capacity(staff.grants.len());
        for grant in &staff.grants {
            grants.push(GrantForm {
                role: grant.role.word().to_owned(),
                region: grant.region.clone(),
                org: key(tx, grant.org)?,
            });
        }
        Ok(StaffForm {
            login: staff.login.reveal().to_owned(),
            name: staff.name.clone(),
            org: key(tx, Some(staff.org))?,
            title: staff.title.clone(),
            window: window_text(tx, staff.window)?,
            grants,
            token: TokenForm::default(),
        })
    }

    fn read_grants(&self, tx: &mut Tx<'_>) -> Result<Vec<Grant>, Error> {
        let mut grants = Vec::with_capacity(self.grants.len());
        for row in &self.grants {
            let role = Role::from_word(&row.role).ok_or_else(|| invalid("grants", "请选择角色"))?;
            let region = base::text::normalise_code(&row.region);
            if region.is_empty() {
                let message = format!("请填写角色“{}”的区划代码", role.label());
                return Err(invalid("grants", message));
            }
            let org = match row.org.trim() {
                "" => None,
                key => Some(
                    orgs::by_key(tx, key)?
                        .ok_or_else(|| invalid("grants", "角色所限定的机构不存在"))?
                        .id,
                ),
            };
            grants.push(Grant { role, region, org });
        }
        Ok(grants)
    }
}

pub(crate) async fn new_form(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<NewQuery>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = StaffForm {
        org: query.org,
        ..StaffForm::default()
    };
    show(&visit, &app, &admin, View::new(form)).await
}

pub(crate) async fn create(
    visit: Visit,
    State(app): State<App>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = StaffForm::read_fields(&fields);
    let (id, account): (StaffId, AccountId) = (app.ids.next(admin.now), app.ids.next(admin.now));
    let password = app.people.initial_password();
    let password_hash = app.people.hash_password(password.clone()).await?;
    let (who, typed, people) = (admin.clone(), form.clone(), app.people.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let grants = typed.read_grants(tx)?;
            who.must_allow_grants(&grants)?;
            let new = NewStaff {
                login: typed.login.clone(),
                password_hash: password_hash.clone(),
                must_change: true,
                name: typed.name.clone(),
                org: read_org(tx, &typed.org, &who)?,
                title: typed.title.clone(),
                window: read_window(tx, &typed.window)?,
                grants,
            };
            people.create_staff(tx, &new, id, account, who.now)?;
            who.record(tx, "添加人员", &new.name)
        })
        .await;
    let view = match done {
        Ok(()) => View::of(&app, &admin, id).await?.showing(
            "账号已建立",
            "初始密码只显示这一次，请当面或用安全方式交给本人。首次登录时必须修改。",
            password,
        ),
        Err(error) => View::new(form).refused(error)?,
    };
    show(&visit, &app, &admin, view).await
}

pub(crate) async fn edit(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let view = View::of(&app, &admin, id).await?;
    show(&visit, &app, &admin, view).await
}

pub(crate) async fn update(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let typed = StaffForm::read_fields(&fields);
    let (who, form, people) = (admin.clone(), typed.clone(), app.people.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let staff = owned(tx, &people, id, &who)?;
            let change = StaffChange {
                name: form.name.clone(),
                org: read_org(tx, &form.org, &who)?,
                title: form.title.clone(),
                window: if form.window.trim() == window_text(tx, staff.window)? {
                    staff.window
                } else {
                    read_window(tx, &form.window)?
                },
            };
            people.update_staff(tx, id, &change, who.now)?;
            who.record(tx, "修改人员", &change.name)
        })
        .await;
    let Err(error) = done else {
        return Ok(web::redirect(&href(id)));
    };
    let mut view = View::of(&app, &admin, id).await?;
    view.form = StaffForm {
        grants: view.form.grants,
        login: view.form.login,
        ..typed
    };
    show(&visit, &app, &admin, view.refused(error)?).await
}

pub(crate) async fn set_grants(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<StaffId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let typed = StaffForm::read_fields(&fields);
    let (who, form, people) = (admin.clone(), typed.clone(), app.people.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let staff = owned(tx, &people, id, &who)?;
            let grants = form.read_grants(tx)?;
            must_leave_others(&who, &staff.grants, &grants)?;
            people.set_grants(tx, id, &grants, who.now)?;
            who.record(tx, "调整角色", &staff.name)
        })
        .await;
    let Err(error) = done else {
        return Ok(web::redirect(&href(id)));
    };
    let mut view = View::of(&app, &admin, id).await?;
    view.form.grants = typed.grants;
    show(&visit, &app, &admin, view.refused(error)?).await
}

/// What lies outside one's own scope can neither be given nor taken away.
fn must_leave_others(admin: &Admin, before: &[Grant], after: &[Grant]) -> Result<(), Error> {
    let outside = |grant: &&Grant| !admin.covers(&grant.region, grant.org);
    let known: Vec<&Grant> = before.iter().filter(outside).collect();
    let kept: Vec<&Grant> = after.iter().filter(outside).collect();
    if kept == known {
        return Ok(());
    }
    if kept.iter().all(|grant| known.contains(grant)) {
        return Err(invalid("grants", "不能收回您管理范围以外的角色"));
    }
    admin.must_allow_grants(after)
}

pub(super) async fn show(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    view: View,
) -> web::Result<Response> {
    let View {
        mut form,
        errors,
        staff,
        once,
    } = view;
    let (who, people, account) = (
        admin.clone(),
        app.people.clone(),
        staff.as_ref().map(|staff| staff.account),
    );
    let (list, tokens) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let tokens = match account {
                Some(account) => people.sessions_of(tx, account, who.now)?,
                None => Vec::new(),
            };
            Ok((choices(tx, &who)?, tokens))
        })
        .await?;
    let list: Vec<Choice> = list.into_iter().map(|(_, choice)| choice).collect();
    let with_none = |label: &str| -> Vec<Choice> {
        [choice("", label)]
            .into_iter()
            .chain(list.iter().cloned())
            .collect()
    };
    let title = match &staff {
        Some(_) => "修改人员",
        None => "添加人员",
    };
    let mut frame = visit
        .page(title)
        .with_nav("admin-staff")
        .with_crumb("人员和角色", "/admin/staff");
    if !errors.is_empty() {
        frame = frame.with_error();
    }
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    form.grants
        .extend(std::iter::repeat_n(GrantForm::default(), BLANK_ROWS));
    let mut roles = vec![choice("", "无")];
    roles.extend(Role::ALL.map(|role| choice(role.word(), role.label())));
    if form.token.expires_at.is_empty() {
        let in_a_year = app.today().saturating_add(jiff::Span::new().years(1));
        form.token.expires_at = in_a_year.to_string();
    }
    let page = StaffPage {
        page: frame,
        form,
        errors,
        staff,
        orgs: with_none("请选择"),
        grant_orgs: with_none("区划内全部机构"),
        roles,
        tokens: tokens
            .into_iter()
            .filter(|token| token.kind == SessionKind::Bearer && !token.label.is_empty())
            .collect(),
        once,
    };
    Ok(web::render_with(visit, status, page))
}

impl StaffPage {
    fn is_program(&self) -> bool {
        self.staff.as_ref().is_some_and(|staff| {
            staff
                .grants
                .iter()
                .any(|grant| grant.role == Role::Integrator)
        })
    }
}

pub(super) fn owned(
    tx: &mut Tx<'_>,
    people: &people::People,
    id: StaffId,
    admin: &Admin,
) -> Result<Staff, Error> {
    let staff = people.staff(tx, id)?.ok_or(Error::NotFound("staff"))?;
    let org = orgs::by_id(tx, staff.org)?.ok_or(Error::NotFound("staff"))?;
    admin.must_cover_org(&org)?;
    Ok(staff)
}
