//! What fields show that stands in the database: the lists of the region tree, names and sizes of files.

use std::collections::BTreeMap;

use approval::details::FileGiven;
use axum::extract::State;
use catalog::form::{ROWS_MAX, is_nested};
use catalog::model::{Field, FieldKind};
use people::regions;
use serde::{Deserialize, Serialize};
use store::Tx;
use web::{Query, Result, Visit};

use crate::Intake;
use crate::form::Typed;
use crate::form::lookup::{Who, file_of, open_children};
use crate::form::typed::{row_name, rows_typed};

/// What was looked up for the fields of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Code and name of the regions below one, by its code; the provinces under "".
    below: BTreeMap<String, Vec<(String, String)>>,
    /// Codes from the province down to a region.
    paths: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, FileGiven>,
    /// The region that is proposed where none was chosen.
    home: String,
}

impl Seen {
    /// Looks up what `fields` show with what was typed in them. `home` is where the item is exercised.
    pub(super) async fn of<'a>(
        intake: &Intake,
        who: &Who,
        home: &str,
        fields: impl Iterator<Item = &'a Field>,
        typed: &Typed,
    ) -> Result<Seen> {
        let fields: Vec<Field> = fields
            .filter(|field| is_nested(field.kind))
            .cloned()
            .collect();
        if fields.is_empty() {
            return Ok(Seen::default());
        }
        let (who, typed, home) = (who.clone(), typed.clone(), home.to_owned());
        intake
            .app
            .db
            .read(move |tx| -> Result<Seen> {
                let mut seen = Seen {
                    home: home.clone(),
                    ..Seen::default()
                };
                for field in &fields {
                    seen.look(tx, &who, field, &field.key, &typed)?;
                    for inner in &field.fields {
                        for at in 0..rows_typed(&typed, &field.key).clamp(1, ROWS_MAX) {
                            let name = row_name(&field.key, at, &inner.key);
                            seen.look(tx, &who, inner, &name, &typed)?;
                        }
                    }
                }
                Ok(seen)
            })
            .await
    }

    fn look(
        &mut self,
        tx: &mut Tx<'_>,
        who: &Who,
        field: &Field,
        name: &str,
        typed: &Typed,
    ) -> Result<()> {
        let text = |name: &str| typed.get(name).and_then(|texts| texts.first());
        match field.kind {
            FieldKind::RegionAddress => {
                let home = self.home.clone();
                self.tree(tx, &home)?;
                if let Some(code) = text(&format!("{name}-region")) {
                    self.tree(tx, code)?;
                }
            }
            FieldKind::File | FieldKind::Signature => {
                if let Some(digest) = text(name)
                    && let Some(file) = file_of(tx, who, digest)?
                {
                    self.files.insert(digest.clone(), file);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The path to a region and the lists along it.
    fn tree(&mut self, tx: &mut Tx<'_>, code: &str) -> Result<()> {
        if self.paths.contains_key(code) {
            return Ok(());
        }
        let path: Vec<String> = regions::path(tx, code)?
            .into_iter()
            .map(|region| region.code)
            .collect();
        for above in std::iter::once("").chain(path.iter().map(String::as_str)) {
            if !self.below.contains_key(above) {
                let children = open_children(tx, (!above.is_empty()).then_some(above))?;
                let pairs = children
                    .into_iter()
                    .map(|region| (region.code, region.name));
                self.below.insert(above.to_owned(), pairs.collect());
            }
        }
        self.paths.insert(code.to_owned(), path);
        Ok(())
    }

    /// The lists to choose a region from, from the province down, each with the code chosen in it; the last one is
    /// still open. `code` is what was chosen before.
    pub(super) fn lists(&self, code: &str) -> Vec<(&[(String, String)], &str)> {
        let code = if code.is_empty() { &self.home } else { code };
        let path = self.paths.get(code).map_or(&[][..], Vec::as_slice);
        let above = std::iter::once("").chain(path.iter().map(String::as_str));
        let chosen = path.iter().map(String::as_str).chain(std::iter::once(""));
        above
            .zip(chosen)
            .map(|(above, chosen)| (self.below.get(above).map_or(&[][..], Vec::as_slice), chosen))
            .filter(|(list, _)| !list.is_empty())
            .collect()
    }

    pub(super) fn file(&self, digest: &str) -> Option<&FileGiven> {
        self.files.get(digest)
    }
}

#[derive(Deserialize)]
pub(super) struct Below {
    /// Code of the region above; none for the provinces.
    above: Option<String>,
}

/// One entry of the next list.
#[derive(Serialize)]
struct Entry {
    code: String,
    name: String,
}

/// `/regions/below?above=990102`: what lies below a region today, for the next list of an address.
pub(super) async fn below(
    State(intake): State<Intake>,
    visit: Visit,
    Query(query): Query<Below>,
) -> Result<axum::response::Response> {
    drop(visit);
    let all = intake
        .app
        .db
        .read(move |tx| open_children(tx, query.above.as_deref()))
        .await?;
    let entries: Vec<Entry> = all
        .into_iter()
        .map(|region| Entry {
            code: region.code,
            name: region.name,
        })
        .collect();
    Ok(axum::response::IntoResponse::into_response(web::Json(
        entries,
    )))
}
