//! `/admin/windows`: one window of a hall.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::ids::{HallId, OrgId, WindowId};
use people::{Error, orgs};
use store::Tx;
use web::{App, Fields, Form, Path, Visit};

use crate::halls;
use crate::manage;
use crate::model::{Hall, Window, WindowKind};
use crate::pages::halls::{href, owned, window_href};
use crate::pages::{Choice, Errors, choice, invalid};
use crate::scope::Admin;

/// A form about a window, as typed.
#[derive(Clone, Debug, Default)]
struct WindowForm {
    number: String,
    name: String,
    kind: String,
    /// Keys of organisations.
    orgs: Vec<String>,
}

struct OrgChoice {
    id: String,
    key: String,
    name: String,
    checked: bool,
}

#[derive(askama::Template)]
#[template(path = "admin/window.html")]
struct WindowPage {
    page: ui::Page,
    form: WindowForm,
    errors: Errors,
    hall: Hall,
    /// None: a new one.
    window: Option<Window>,
    kinds: Vec<Choice>,
    orgs: Vec<OrgChoice>,
    staff: Vec<String>,
}

impl WindowForm {
    fn read_fields(fields: &Fields) -> WindowForm {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        WindowForm {
            number: text("number"),
            name: text("name"),
            kind: text("kind"),
            orgs: fields.all("orgs").map(str::to_owned).collect(),
        }
    }

    fn of(tx: &mut Tx<'_>, window: &Window) -> Result<WindowForm, Error> {
        let mut keys = Vec::with_capacity(window.orgs.len());
        for id in &window.orgs {
            if let Some(org) = orgs::by_id(tx, *id)? {
                keys.push(org.key);
            }
        }
        Ok(WindowForm {
            number: window.number.clone(),
            name: window.name.clone(),
            kind: window.kind.word().to_owned(),
            orgs: keys,
        })
    }

    fn read(
        &self,
        tx: &mut Tx<'_>,
        id: WindowId,
        hall: HallId,
        known: Option<&Window>,
    ) -> Result<Window, Error> {
        let mut chosen: Vec<OrgId> = Vec::with_capacity(self.orgs.len().min(2000));
        for key in &self.orgs {
            let org = orgs::by_key(tx, key)?
                .ok_or_else(|| invalid("orgs", "所选机构不存在，请刷新页面后重新选择"))?;
            chosen.push(org.id);
        }
        Ok(Window {
            id,
            hall,
            number: known.map_or_else(|| self.number.clone(), |window| window.number.clone()),
            name: self.name.clone(),
            kind: WindowKind::from_word(&self.kind)
                .ok_or_else(|| invalid("kind", "请选择窗口类别"))?,
            orgs: chosen,
            closed_on: known.and_then(|window| window.closed_on),
        })
    }
}

pub(crate) async fn new_form(
    visit: Visit,
    State(app): State<App>,
    Path(hall): Path<HallId>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = WindowForm {
        kind: WindowKind::Integrated.word().to_owned(),
        ..WindowForm::default()
    };
    show(&visit, &app, &admin, hall, form, Errors::default(), None).await
}

pub(crate) async fn create(
    visit: Visit,
    State(app): State<App>,
    Path(hall): Path<HallId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = WindowForm::read_fields(&fields);
    let id: WindowId = app.ids.next(admin.now);
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let place = owned(tx, hall, &who)?;
            let window = typed.read(tx, id, hall, None)?;
            manage::create_window(tx, &window)?;
            who.record(tx, "添加窗口", &format!("{} {}", place.name, window.number))
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&href(hall))),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            show(&visit, &app, &admin, hall, form, errors, None).await
        }
    }
}

pub(crate) async fn edit(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<WindowId>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let who = admin.clone();
    let (window, form) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let window = owned_window(tx, id, &who)?;
            let form = WindowForm::of(tx, &window)?;
            Ok((window, form))
        })
        .await?;
    show(
        &visit,
        &app,
        &admin,
        window.hall,
        form,
        Errors::default(),
        Some(window),
    )
    .await
}

pub(crate) async fn update(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<WindowId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let form = WindowForm::read_fields(&fields);
    let (who, typed) = (admin.clone(), form.clone());
    let done = app
        .db
        .write(move |tx| -> Result<HallId, Error> {
            let known = owned_window(tx, id, &who)?;
            let window = typed.read(tx, id, known.hall, Some(&known))?;
            manage::update_window(tx, &window)?;
            record(tx, &who, "修改窗口", &window)?;
            Ok(known.hall)
        })
        .await;
    match done {
        Ok(hall) => Ok(web::redirect(&href(hall))),
        Err(error) => again(&visit, &app, &admin, id, form, Errors::from_error(error)?).await,
    }
}

/// Closes a window today, or opens it again: the button says which.
pub(crate) async fn close(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<WindowId>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let open = fields.get("act") == Some("open");
    let today = app.today();
    let who = admin.clone();
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let window = owned_window(tx, id, &who)?;
            manage::close_window(tx, id, (!open).then_some(today))?;
            let act = if open { "启用窗口" } else { "停用窗口" };
            record(tx, &who, act, &window)
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&window_href(id))),
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let who = admin.clone();
            let form = app
                .db
                .read(move |tx| -> Result<_, Error> {
                    let window = owned_window(tx, id, &who)?;
                    WindowForm::of(tx, &window)
                })
                .await?;
            again(&visit, &app, &admin, id, form, errors).await
        }
    }
}

async fn again(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    id: WindowId,
    form: WindowForm,
    errors: Errors,
) -> web::Result<Response> {
    let who = admin.clone();
    let window = app.db.read(move |tx| owned_window(tx, id, &who)).await?;
    show(visit, app, admin, window.hall, form, errors, Some(window)).await
}

async fn show(
    visit: &Visit,
    app: &App,
    admin: &Admin,
    hall: HallId,
    form: WindowForm,
    errors: Errors,
    window: Option<Window>,
) -> web::Result<Response> {
    let (who, chosen, id) = (
        admin.clone(),
        form.orgs.clone(),
        window.as_ref().map(|window| window.id),
    );
    let (hall, list, staff) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let hall = owned(tx, hall, &who)?;
            let list = org_choices(tx, &hall, &who, &chosen)?;
            let staff = match id {
                Some(id) => people::staff::at_window(tx, id)?,
                None => Vec::new(),
            };
            Ok((hall, list, staff))
        })
        .await?;
    let title = match &window {
        Some(_) => "修改窗口",
        None => "添加窗口",
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut frame = visit
        .page(title)
        .with_nav("admin-halls")
        .with_crumb("大厅和窗口", "/admin/halls")
        .with_crumb(hall.name.clone(), href(hall.id));
    if !errors.is_empty() {
        frame = frame.with_error();
    }
    let mut kinds = vec![choice("", "请选择")];
    kinds.extend(
        WindowKind::ALL
            .iter()
            .map(|kind| choice(kind.word(), kind.label())),
    );
    let page = WindowPage {
        page: frame,
        form,
        errors,
        hall,
        window,
        kinds,
        orgs: list,
        staff: staff.into_iter().map(|(_, name)| name).collect(),
    };
    Ok(web::render_with(visit, status, page))
}

/// The organisations of the hall's region, above and below it, and whatever is chosen already.
fn org_choices(
    tx: &mut Tx<'_>,
    hall: &Hall,
    admin: &Admin,
    chosen: &[String],
) -> Result<Vec<OrgChoice>, Error> {
    use casework::actor::covers;
    let filter = orgs::OrgFilter {
        on: Some(people::china_day(admin.now)),
        ..orgs::OrgFilter::default()
    };
    let mut choices = Vec::new();
    for org in orgs::list(tx, &filter, None, 2000)? {
        let checked = chosen.contains(&org.key);
        if checked || covers(&hall.region, &org.region) || covers(&org.region, &hall.region) {
            choices.push(OrgChoice {
                id: format!("org-{}", choices.len()),
                key: org.key,
                name: org.name,
                checked,
            });
        }
    }
    Ok(choices)
}

fn owned_window(tx: &mut Tx<'_>, id: WindowId, admin: &Admin) -> Result<Window, Error> {
    let window = halls::window(tx, id)?.ok_or(Error::NotFound("window"))?;
    owned(tx, window.hall, admin)?;
    Ok(window)
}

fn record(tx: &mut Tx<'_>, admin: &Admin, act: &str, window: &Window) -> Result<(), Error> {
    let hall = halls::hall(tx, window.hall)?;
    let name = hall.map(|hall| hall.name).unwrap_or_default();
    admin.record(tx, act, &format!("{name} {}", window.number))
}
