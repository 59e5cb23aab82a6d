//! What differs between two versions of an item: public, as both versions are.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::ids::ItemId;
use serde::Deserialize;
use store::Tx;
use ui::Page;
use web::{Access, Path, Problem, Query, Routes, Visit};

use super::{Doors, links};
use crate::diff::{self, Change};
use crate::store as records;

pub(crate) fn routes(routes: Routes<Doors>) -> Routes<Doors> {
    routes.get("/items/{item_id}/diff", Access::Public, get)
}

/// Which versions; 0 stands for the newest and the one before it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Between {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// Two versions and what differs.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) between: Between,
    pub(crate) changes: Vec<Change>,
    pub(crate) versions: Vec<i64>,
}

/// Compares two versions of an item.
pub(crate) fn compare(tx: &mut Tx<'_>, item_id: ItemId, asked: Between) -> web::Result<Compared> {
    let gone = || Problem::not_found("没有这一版");
    let current = records::current(tx, item_id)?.ok_or_else(gone)?;
    let to = if asked.to == 0 {
        current.version
    } else {
        asked.to
    };
    let from = match asked.from {
        0 => (to - 1).max(1),
        from => from,
    };
    let mut version = |n| -> web::Result<crate::model::Published> {
        records::version_number(tx, item_id, n)?.ok_or_else(gone)
    };
    let (old, new) = (version(from)?, version(to)?);
    Ok(Compared {
        name: current.item.name,
        between: Between { from, to },
        changes: diff::changes(&old.item, &new.item),
        versions: records::versions(tx, item_id)?
            .into_iter()
            .map(|line| line.version)
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "catalog/version_diff.html")]
struct Show {
    page: Page,
    between: Between,
    changes: Vec<Change>,
    versions: Vec<i64>,
    here: String,
    old: String,
    new: String,
}

async fn get(
    visit: Visit,
    State(doors): State<Doors>,
    Path(item_id): Path<ItemId>,
    Query(asked): Query<Between>,
) -> web::Result<Response> {
    let compared = doors
        .app
        .db
        .read(move |tx| compare(tx, item_id, asked))
        .await?;
    let between = compared.between;
    let title = visit.page("两版比较");
    Ok(web::render(
        &visit,
        Show {
            page: title.with_crumb(compared.name, links::item(item_id)),
            between,
            changes: compared.changes,
            versions: compared.versions,
            here: format!("/items/{item_id}/diff"),
            old: links::version(item_id, between.from),
            new: links::version(item_id, between.to),
        },
    ))
}
