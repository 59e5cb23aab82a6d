//! The catalogue of components, for those who build pages: in the demonstration, and where the configuration says
//! so. `?lang=`, `?care=` and `?theme=` show a component in another look without changing the visitor's own.

use axum::response::Response;
use serde::Deserialize;
use ui::design::{self, pages};
use web::{Access, Module, Path, Problem, Query, Routes, Visit};

pub(crate) fn module() -> Module {
    Routes::new("design")
        .get("/design", Access::Public, overview)
        .get("/design/{component}", Access::Public, component)
        .get("/design/{component}/{state}", Access::Public, alone)
        .with_state(())
}

#[derive(Deserialize)]
struct Look {
    q: Option<String>,
    lang: Option<String>,
    care: Option<String>,
    theme: Option<String>,
}

impl Look {
    fn page(&self, visit: &Visit, title: &str) -> ui::Page {
        let mut page = visit.page(title);
        if let Some(lang) = self.lang.as_deref().and_then(ui::Lang::from_word) {
            page.lang = lang;
        }
        if let Some(theme) = self.theme.as_deref().and_then(ui::Theme::from_word) {
            page.theme = theme;
        }
        if let Some(care) = &self.care {
            page.care = care == "1";
        }
        page
    }
}

async fn overview(visit: Visit, Query(look): Query<Look>) -> Response {
    let page = look.page(&visit, "组件目录");
    let filter = look.q.as_deref().unwrap_or_default();
    web::render(&visit, pages::Index::new(page, filter))
}

async fn component(
    visit: Visit,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> web::Result<Response> {
    let (group, specimen) = design::find(&id).ok_or_else(no_such)?;
    let page = look
        .page(&visit, specimen.title)
        .with_crumb("组件目录", "/design");
    let template = pages::Component::new(page, group, specimen).map_err(Problem::internal)?;
    Ok(web::render(&visit, template))
}

async fn alone(
    visit: Visit,
    Path((id, state)): Path<(String, String)>,
    Query(look): Query<Look>,
) -> web::Result<Response> {
    let (group, specimen) = design::find(&id).ok_or_else(no_such)?;
    let state = specimen.state(&state).ok_or_else(no_such)?;
    let page = look.page(&visit, specimen.title);
    let template = pages::Alone::new(page, group, specimen, state).map_err(Problem::internal)?;
    Ok(web::render(&visit, template))
}

fn no_such() -> Problem {
    Problem::not_found("没有这个组件")
}
