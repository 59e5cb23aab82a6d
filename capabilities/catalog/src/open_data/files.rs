//! The whole list as a file: CSV in the columns of an import, or a line of JSON for each item. Made once for each
//! state of the catalogue and kept.

use std::io::Write as _;

use base::ids::{ItemId, VersionId};
use jiff::Timestamp;
use serde::Serialize;
use store::Db;
use web::Problem;
use web::kept::Kept;

use super::LICENCE;
use crate::export;
use crate::model::{Item, ItemState, Published};
use crate::pages::links;
use crate::snapshot::Snapshot;
use crate::store as records;
use crate::store::Filter;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Csv,
    JsonLines,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "items.csv",
            Format::JsonLines => "items.jsonl",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::JsonLines => "application/jsonl; charset=utf-8",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    item_id: ItemId,
    version_id: VersionId,
    version: i64,
    published_at: Timestamp,
    digest: &'a str,
    body_key: &'a str,
    body_name: &'a str,
    url: String,
    license: &'static str,
    item: &'a Item,
}

/// Writes every item that can be applied for, by name.
pub async fn make(
    db: &Db,
    snapshot: std::sync::Arc<Snapshot>,
    site: String,
    format: Format,
) -> web::Result<Kept> {
    db.read(move |tx| -> web::Result<Kept> {
        let filter = Filter {
            state: Some(ItemState::Published),
            ..Filter::default()
        };
        let mut file = Kept::begin(format.media_type()).map_err(disk)?;
        let mut failed: Option<Problem> = None;
        let mut keep = |done: web::Result<()>| {
            if let Err(problem) = done {
                failed.get_or_insert(problem);
            }
        };
        match format {
            Format::Csv => {
                let mut csv = export::Csv::begin(&mut file).map_err(Problem::internal)?;
                records::each_current(tx, &filter, &mut |published| {
                    let body = snapshot.org_name(published.org_id);
                    keep(csv.item(body, &published.item).map_err(Problem::internal));
                    Ok(())
                })?;
                csv.finish().map_err(Problem::internal)?;
            }
            Format::JsonLines => {
                records::each_current(tx, &filter, &mut |published| {
                    keep(line(&mut file, &snapshot, &site, &published));
                    Ok(())
                })?;
            }
        }
        match failed {
            Some(problem) => Err(problem),
            None => file.finish().map_err(disk),
        }
    })
    .await
}

fn line(
    file: &mut web::kept::Writer,
    snapshot: &Snapshot,
    site: &str,
    published: &Published,
) -> web::Result<()> {
    let org = snapshot.org(published.org_id);
    let line = Line {
        item_id: published.item_id,
        version_id: published.version_id,
        version: published.version,
        published_at: published.published_at,
        digest: &published.digest,
        body_key: org.map_or("", |org| org.key.as_str()),
        body_name: org.map_or("", |org| org.name.as_str()),
        url: format!("{site}{}", links::item(published.item_id)),
        license: LICENCE,
        item: &published.item,
    };
    serde_json::to_writer(&mut *file, &line).map_err(Problem::internal)?;
    file.write_all(b"\n").map_err(disk)
}

fn disk(error: std::io::Error) -> Problem {
    Problem::internal(format_args!("open data: {error}"))
}
