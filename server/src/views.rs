//! `/staff/views`: saving the filters of a list under a name, and looking after what was saved.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use casework::actor::Staff;
use people::views::{self, NewView, View};
use people::{Error, ErrorKind};
use serde::Deserialize;
use store::Tx;
use uuid::Uuid;
use web::{Access, App, Form, Module, Path, Problem, Query, Routes, Visit};

/// Lists that views are saved of: key, address, name.
const LISTS: &[(&str, &str, &str)] = &[
    ("queue", "/staff", "待办"),
    ("cases", "/staff/cases", "全部办件"),
    ("orgs", "/admin/organisations", "机构"),
    ("halls", "/admin/halls", "大厅"),
    ("staff", "/admin/staff", "人员"),
    ("catalog", "/admin/catalog", "事项管理"),
    ("drafts", "/admin/catalog/drafts", "事项编制"),
];

pub(crate) fn module(app: App) -> Module {
    Routes::new("views")
        .get("/staff/views", Access::Staff, list)
        .post("/staff/views", Access::Staff, save)
        .post("/staff/views/{view}/rename", Access::Staff, rename)
        .post("/staff/views/{view}/delete", Access::Staff, delete)
        .post("/staff/views/{view}/default", Access::Staff, choose)
        .with_state(app)
}

/// One of [`LISTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct List {
    key: &'static str,
    path: &'static str,
    name: &'static str,
}

impl List {
    fn of(key: &str) -> web::Result<List> {
        LISTS
            .iter()
            .find(|(known, _, _)| *known == key)
            .map(|&(key, path, name)| List { key, path, name })
            .ok_or_else(|| Problem::not_found("没有这个列表"))
    }

    fn address(self, query: &str) -> String {
        match query {
            "" => self.path.to_owned(),
            query => format!("{}?{query}", self.path),
        }
    }
}

struct Row {
    view: View,
    href: String,
    by: String,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "views.html")]
struct ViewsPage {
    page: ui::Page,
    list: List,
    rows: Vec<Row>,
    /// What was refused, beside the form it came from.
    errors: Vec<(String, String)>,
    /// A view that could not be saved, as it was typed.
    typed: SaveForm,
}

#[derive(Debug, Deserialize)]
struct Asked {
    list: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SaveForm {
    list: String,
    name: String,
    query: String,
    shared: Option<String>,
}

async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    let list = List::of(asked.list.as_deref().unwrap_or("queue"))?;
    shown(&visit, &app, list, SaveForm::default(), None).await
}

/// The page of a list's views; with an error where a form was refused.
async fn shown(
    visit: &Visit,
    app: &App,
    list: List,
    typed: SaveForm,
    refused: Option<(String, String)>,
) -> web::Result<Response> {
    let staff = visit.staff()?.clone();
    let rows = app.db.read(move |tx| rows(tx, &staff, list)).await?;
    let failed = refused.is_some();
    let page = visit
        .page("保存的视图")
        .with_nav(list.key)
        .with_crumb(list.name, list.path);
    let template = ViewsPage {
        page: if failed { page.with_error() } else { page },
        list,
        rows,
        errors: refused.into_iter().collect(),
        typed,
    };
    let status = if failed {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(web::render_with(visit, status, template))
}

fn rows(tx: &mut Tx<'_>, staff: &Staff, list: List) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for view in views::of(tx, staff, list.key)? {
        rows.push(Row {
            href: list.address(&view.query),
            by: people::staff::name(tx, view.saved_by)?.unwrap_or_default(),
            may_change: views::may_change(tx, staff, &view)?,
            view,
        });
    }
    Ok(rows)
}

/// Saves, and leads back to the list, which now stands under the new tab.
async fn save(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<SaveForm>,
) -> web::Result<Response> {
    let list = List::of(&form.list)?;
    let staff = visit.staff()?.clone();
    let (id, now) = (app.ids.next_uuid(app.now()), app.now());
    let new = NewView {
        list: list.key,
        shared: form.shared.is_some(),
        name: form.name.clone(),
        query: form.query.clone(),
    };
    let saved = app
        .db
        .write(move |tx| views::save(tx, &staff, &new, id, now))
        .await;
    match saved {
        Ok(view) => Ok(web::redirect(&list.address(&view.query))),
        Err(error) => again(&visit, &app, list, form, "name", error).await,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RenameForm {
    name: String,
}

async fn rename(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(form): Form<RenameForm>,
) -> web::Result<Response> {
    let name = form.name;
    change(&visit, &app, id, move |tx, staff, now| {
        views::rename(tx, staff, id, &name, now)
    })
    .await
}

async fn delete(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> web::Result<Response> {
    change(&visit, &app, id, move |tx, staff, now| {
        views::delete(tx, staff, id, now)
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChooseForm {
    /// `1`: the list opens with it from now on.
    on: String,
}

async fn choose(
    visit: Visit,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(form): Form<ChooseForm>,
) -> web::Result<Response> {
    let on = form.on == "1";
    change(&visit, &app, id, move |tx, staff, now| {
        views::set_default(tx, staff, id, on, now)
    })
    .await
}

/// Changes one view and shows its list's views again.
async fn change(
    visit: &Visit,
    app: &App,
    id: Uuid,
    change: impl Fn(&mut Tx<'_>, &Staff, jiff::Timestamp) -> Result<View, Error> + Send + 'static,
) -> web::Result<Response> {
    let (staff, now) = (visit.staff()?.clone(), app.now());
    let who = staff.clone();
    let list = app.db.read(move |tx| views::list_of(tx, &who, id)).await?;
    let list = List::of(&list)?;
    let changed = app.db.write(move |tx| change(tx, &staff, now)).await;
    match changed {
        Ok(_) => Ok(web::redirect(&format!("/staff/views?list={}", list.key))),
        Err(error) => {
            let field = format!("name-{id}");
            again(visit, app, list, SaveForm::default(), &field, error).await
        }
    }
}

async fn again(
    visit: &Visit,
    app: &App,
    list: List,
    typed: SaveForm,
    field: &str,
    error: Error,
) -> web::Result<Response> {
    if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) {
        return Err(error.into());
    }
    let refused = (field.to_owned(), error.message());
    shown(visit, app, list, typed, Some(refused)).await
}
