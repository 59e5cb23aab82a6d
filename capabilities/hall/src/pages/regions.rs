//! `/admin/regions`: the tree of administrative divisions and its import.

mod import;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::codes::RegionCode;
use people::{Error, Region, regions};
use serde::Deserialize;
use web::{App, Form, Path, Query, Visit};

use crate::pages::{Errors, address, invalid, read_date};
use crate::scope::Admin;

pub(crate) use import::{confirm, form as import_form, preview, template};

/// Hits of a search.
const FOUND_MAX: usize = 200;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// Code whose regions below are shown.
    at: String,
    q: String,
}

struct RegionRow {
    region: Region,
    /// Where the ones below are listed; none at the lowest level.
    below: Option<String>,
    href: String,
    closed: bool,
}

#[derive(askama::Template)]
#[template(path = "admin/regions.html")]
struct ListPage {
    page: ui::Page,
    query: ListQuery,
    path: Vec<(String, String)>,
    rows: Vec<RegionRow>,
    new_href: String,
}

/// A form about a region, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RegionForm {
    code: String,
    name: String,
    valid_from: String,
    valid_to: String,
    replaced_by: String,
}

#[derive(askama::Template)]
#[template(path = "admin/region.html")]
struct RegionPage {
    page: ui::Page,
    form: RegionForm,
    errors: Errors,
    /// None: a new one.
    region: Option<Region>,
    full_name: String,
}

impl RegionForm {
    fn of(region: &Region) -> RegionForm {
        RegionForm {
            code: region.code.clone(),
            name: region.name.clone(),
            valid_from: region.valid_from.to_string(),
            valid_to: region
                .valid_to
                .map(|day| day.to_string())
                .unwrap_or_default(),
            replaced_by: region.replaced_by.clone().unwrap_or_default(),
        }
    }

    fn read(&self, known: Option<&Region>, admin: &Admin) -> Result<Region, Error> {
        let typed = known.map_or(self.code.as_str(), |region| region.code.as_str());
        let code = RegionCode::parse(typed)
            .map_err(|error| invalid("code", error.to_string()))?
            .canonical();
        let replaced_by = match self.replaced_by.trim() {
            "" => None,
            text => Some(
                RegionCode::parse(text)
                    .map_err(|error| invalid("replaced_by", error.to_string()))?
                    .canonical()
                    .as_str()
                    .to_owned(),
            ),
        };
        let valid_from = match read_date("valid_from", &self.valid_from)? {
            Some(date) => date,
            None => known.map_or_else(|| people::china_day(admin.now), |region| region.valid_from),
        };
        Ok(Region {
            code: code.as_str().to_owned(),
            name: self.name.clone(),
            level: code.level(),
            parent: code.parent().map(|parent| parent.as_str().to_owned()),
            valid_from,
            valid_to: read_date("valid_to", &self.valid_to)?,
            replaced_by,
        })
    }
}

/// Whoever administers the whole place keeps the whole table, other provinces included; others their own regions.
fn may_keep(visit: &Visit, admin: &Admin, code: &str) -> bool {
    admin.covers(code, None) || admin.covers(&visit.app.config.region, None)
}

pub(crate) async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> web::Result<Response> {
    let _admin = Admin::of(&visit)?;
    let today = app.today();
    let asked = query.clone();
    let (path, list) = app
        .db
        .read(move |tx| -> Result<_, Error> {
            let text = asked.q.trim();
            if !text.is_empty() {
                return Ok((Vec::new(), regions::find(tx, text, FOUND_MAX)?));
            }
            let at = asked.at.trim();
            let path = regions::path(tx, at)?;
            let code = path.last().map(|region| region.code.clone());
            Ok((path, regions::children(tx, code.as_deref())?))
        })
        .await?;
    let at = path
        .last()
        .map(|region| region.code.clone())
        .unwrap_or_default();
    let page = ListPage {
        page: visit.page("行政区划").with_nav("admin-regions"),
        path: path
            .into_iter()
            .map(|region| (below_href(&region.code), region.name))
            .collect(),
        rows: list
            .into_iter()
            .map(|region| RegionRow {
                below: (region.code.len() < 12).then(|| below_href(&region.code)),
                href: href(&region.code),
                closed: region.valid_to.is_some_and(|day| day < today),
                region,
            })
            .collect(),
        new_href: address("/admin/regions/new", &[("code", &at)]),
        query,
    };
    Ok(web::render(&visit, page))
}

pub(crate) async fn new_form(
    visit: Visit,
    State(app): State<App>,
    Query(form): Query<RegionForm>,
) -> web::Result<Response> {
    let _admin = Admin::of(&visit)?;
    let form = RegionForm {
        code: form.code,
        valid_from: app.today().to_string(),
        ..RegionForm::default()
    };
    show(&visit, &app, form, Errors::default(), None).await
}

pub(crate) async fn create(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<RegionForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let (who, typed, by) = (admin.clone(), form.clone(), visit.clone());
    let done = app
        .db
        .write(move |tx| -> Result<Region, Error> {
            let region = typed.read(None, &who)?;
            if !may_keep(&by, &who, &region.code) {
                return Err(invalid("code", "该区划不在您的管理范围内"));
            }
            if regions::get(tx, &region.code)?.is_some() {
                return Err(Error::Conflict {
                    field: "code",
                    message: "这个区划代码已有，请在列表中修改".to_owned(),
                });
            }
            regions::put(tx, &region)?;
            who.record(tx, "添加区划", &format!("{} {}", region.code, region.name))?;
            Ok(region)
        })
        .await;
    match done {
        Ok(region) => {
            let parent = region.parent.unwrap_or_default();
            Ok(web::redirect(&below_href(&parent)))
        }
        Err(error) => show(&visit, &app, form, Errors::from_error(error)?, None).await,
    }
}

pub(crate) async fn edit(
    visit: Visit,
    State(app): State<App>,
    Path(code): Path<String>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let region = load(&visit, &app, &admin, code).await?;
    show(
        &visit,
        &app,
        RegionForm::of(&region),
        Errors::default(),
        Some(region),
    )
    .await
}

pub(crate) async fn update(
    visit: Visit,
    State(app): State<App>,
    Path(code): Path<String>,
    Form(form): Form<RegionForm>,
) -> web::Result<Response> {
    let admin = Admin::of(&visit)?;
    let known = load(&visit, &app, &admin, code).await?;
    let (who, typed, before) = (admin.clone(), form.clone(), known.clone());
    let done = app
        .db
        .write(move |tx| -> Result<(), Error> {
            let region = typed.read(Some(&before), &who)?;
            regions::put(tx, &region)?;
            who.record(tx, "修改区划", &format!("{} {}", region.code, region.name))
        })
        .await;
    match done {
        Ok(()) => Ok(web::redirect(&below_href(
            known.parent.as_deref().unwrap_or_default(),
        ))),
        Err(error) => show(&visit, &app, form, Errors::from_error(error)?, Some(known)).await,
    }
}

async fn load(visit: &Visit, app: &App, admin: &Admin, code: String) -> web::Result<Region> {
    let region = app
        .db
        .read(move |tx| regions::get(tx, &code))
        .await?
        .filter(|region| may_keep(visit, admin, &region.code));
    region.ok_or_else(|| web::Problem::not_found("没有找到这个区划"))
}

async fn show(
    visit: &Visit,
    app: &App,
    form: RegionForm,
    errors: Errors,
    region: Option<Region>,
) -> web::Result<Response> {
    let code = region
        .as_ref()
        .map(|region| region.code.clone())
        .unwrap_or_default();
    let full_name = app.db.read(move |tx| regions::full_name(tx, &code)).await?;
    let title = match &region {
        Some(_) => "修改区划",
        None => "添加区划",
    };
    let mut frame = visit
        .page(title)
        .with_nav("admin-regions")
        .with_crumb("行政区划", "/admin/regions");
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        frame = frame.with_error();
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = RegionPage {
        page: frame,
        form,
        errors,
        region,
        full_name,
    };
    Ok(web::render_with(visit, status, page))
}

fn below_href(code: &str) -> String {
    address("/admin/regions", &[("at", code)])
}

fn href(code: &str) -> String {
    format!("/admin/regions/{code}")
}
