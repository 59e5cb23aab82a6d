//! `/admin/acts`: what administrators did, newest first.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;
use web::{App, Query, Visit};

use crate::halls::{AdminAct, admin_acts};
use crate::pages::{PAGE, address, page_of};
use crate::scope::Admin;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    cursor: String,
}

#[derive(askama::Template)]
#[template(path = "admin/acts.html")]
struct ActsPage {
    page: ui::Page,
    rows: Vec<AdminAct>,
    first: Option<String>,
    next: Option<String>,
}

pub(crate) async fn list(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> web::Result<Response> {
    Admin::of(&visit)?;
    let before: Option<Uuid> = match query.cursor.as_str() {
        "" => None,
        cursor => Some(web::cursor::decode(&app, "acts", cursor)?),
    };
    let rows = app
        .db
        .read(move |tx| admin_acts(tx, before, PAGE + 1))
        .await?;
    let (rows, more) = page_of(rows);
    let next = rows.last().filter(|_| more).map(|last| {
        let cursor = web::cursor::encode(&app, "acts", &last.id);
        address("/admin/acts", &[("cursor", &cursor)])
    });
    let page = ActsPage {
        page: visit.page("管理操作记录").with_nav("admin-acts"),
        rows,
        first: before.map(|_| "/admin/acts".to_owned()),
        next,
    };
    Ok(web::render(&visit, page))
}
