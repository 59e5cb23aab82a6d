//! Pages about the site itself: accessibility and privacy.

use askama::Template;
use axum::response::Response;
use web::{Access, Module, Routes, Visit};

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    page: ui::Page,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    page: ui::Page,
}

pub(crate) fn module() -> Module {
    Routes::new("about")
        .get("/about/accessibility", Access::Public, accessibility)
        .get("/about/privacy", Access::Public, privacy)
        .with_state(())
}

async fn accessibility(visit: Visit) -> Response {
    let page = visit.page("无障碍声明");
    web::render(&visit, Accessibility { page })
}

async fn privacy(visit: Visit) -> Response {
    let page = visit.page("个人信息保护");
    web::render(&visit, Privacy { page })
}
