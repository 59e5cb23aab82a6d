//! One body's items looked at now.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use ui::Page;
use web::{Query, Visit};

use super::{PATH, Row, body_of, org_options, page};
use crate::pages::Doors;
use crate::pages::admin::desk::editor;

/// Findings that the page shows.
const SHOWN_MAX: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Key of a body.
    org: String,
}

#[derive(Template)]
#[template(path = "admin/catalog_check_body.html")]
struct Body {
    page: Page,
    org: String,
    orgs: Vec<(String, String)>,
    /// None where no body was chosen.
    looked: Option<Looked>,
}

struct Looked {
    items: usize,
    found: usize,
    stops: usize,
    rows: Vec<Row>,
}

pub(crate) async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Query(asked): Query<Asked>,
) -> web::Result<Response> {
    editor(&visit)?;
    let snapshot = doors.catalog.snapshot();
    let looked = match body_of(&snapshot, &asked.org)? {
        None => None,
        Some(org_id) => {
            let (look, rules) = doors.look_at(org_id).await?;
            Some(Looked {
                items: look.items,
                found: look.found.len(),
                stops: look.found.iter().filter(|found| found.stops).count(),
                rows: look
                    .found
                    .into_iter()
                    .take(SHOWN_MAX)
                    .map(|found| Row::of(&snapshot, &rules, found))
                    .collect(),
            })
        }
    };
    let body = Body {
        page: page(&visit, "核对一个机构").with_crumb("事项核对", PATH),
        orgs: org_options(&snapshot, "请选择机构"),
        org: asked.org,
        looked,
    };
    Ok(web::render(&visit, body))
}
