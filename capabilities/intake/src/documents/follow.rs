//! Keeping what was handed in: every application, every correction and every gap filled, of the feed once, whatever the channel.

use std::sync::Arc;

use approval::details;
use base::ids::CaseId;
use jiff::{Timestamp, ToSpan};
use store::feed::{self, Delivered};
use store::{Error, Tx};

use crate::Intake;
use crate::store::documents as records;
use crate::store::documents::{Document, DocumentId, DocumentUse};
use crate::uploads;

/// Where keeping has come to in the feed.
pub const BOOKMARK: &str = "intake.documents";
/// Commands with which materials come in.
const COMMANDS: [&str; 3] = ["file", "supply_correction", "supply_gap"];
/// Entries looked at in one step.
const BATCH: usize = 200;

/// What one step comes to.
#[derive(Default)]
struct Found {
    documents: Vec<Document>,
    uses: Vec<(base::ids::PartyId, DocumentUse)>,
}

impl Intake {
    /// Keeps what is handed in, until the database is closed.
    pub async fn follow_documents(self) {
        let db = self.app.db.clone();
        let look = move |tx: &mut Tx<'_>, entries: &[Delivered]| self.handed_in(tx, entries);
        feed::follow(db, BOOKMARK, BATCH, look, keep).await;
    }

    /// Keeps what the next entries of the feed handed in, once; how many entries there were.
    pub async fn keep_step(&self) -> Result<usize, Error> {
        let me = self.clone();
        let look = move |tx: &mut Tx<'_>, entries: &[Delivered]| me.handed_in(tx, entries);
        feed::step(
            &self.app.db,
            BOOKMARK,
            BATCH,
            &Arc::new(look),
            &Arc::new(keep),
        )
        .await
    }

    fn handed_in(&self, tx: &mut Tx<'_>, entries: &[Delivered]) -> Result<Found, Error> {
        let mut found = Found::default();
        for delivered in entries {
            let entry = &delivered.entry;
            let came_in = entry.kind.split_once('.').is_some_and(|(kind, command)| {
                kind == approval::flow::KIND && COMMANDS.contains(&command)
            });
            if came_in {
                let at = Timestamp::from_millisecond(entry.at_ms).unwrap_or_default();
                self.gather(tx, CaseId::from_uuid(entry.subject), at, &mut found)?;
            }
        }
        Ok(found)
    }

    /// The files of a case that have a standard code.
    fn gather(
        &self,
        tx: &mut Tx<'_>,
        id: CaseId,
        at: Timestamp,
        found: &mut Found,
    ) -> Result<(), Error> {
        let case = match cases::load(tx, id) {
            Ok(Some(case)) => case,
            Ok(None) => return Ok(()),
            Err(cases::Error::Store(error)) => return Err(error),
            Err(damaged) => {
                tracing::warn!(case = %id, error = %damaged, "a case cannot be read");
                return Ok(());
            }
        };
        let Some(about) = details::about(&case) else {
            return Ok(());
        };
        let Some(published) = self.catalog.version_in(tx, about.version)? else {
            return Ok(());
        };
        let library = self.catalog.library();
        for given in details::materials(&case) {
            let material = published
                .item
                .materials
                .iter()
                .find(|material| material.key == given.key && !material.standard.is_empty());
            let Some(material) = material else {
                continue;
            };
            let months = library
                .resolve(&material.standard)
                .and_then(|standard| standard.validity_months);
            for file in &given.files {
                let Some(digest) = uploads::digest(&file.digest) else {
                    continue;
                };
                found.documents.push(Document {
                    document_id: DocumentId::from_uuid(self.app.ids.next_uuid(at)),
                    party: case.applicant,
                    standard: library.canonical(&material.standard).to_owned(),
                    name: base::text::shorten(&material.name, super::NAME_CHARS_MAX),
                    digest,
                    file_name: file.name.clone(),
                    media_type: file.media_type.clone(),
                    size: file.size,
                    case_id: id,
                    case_no: case.no.clone(),
                    added_at: at,
                    // Nobody said when the paper was issued; it was not after it was handed in.
                    valid_to: months.and_then(|months| {
                        let day = calendar::civil_date(at);
                        day.checked_add(i32::from(months).months()).ok()
                    }),
                });
                let used = DocumentUse {
                    digest,
                    case_id: id,
                    case_no: case.no.clone(),
                    used_at: at,
                };
                found.uses.push((case.applicant, used));
            }
        }
        Ok(())
    }
}

fn keep(tx: &mut Tx<'_>, found: &Found) -> Result<(), Error> {
    for document in &found.documents {
        records::keep(tx, document)?;
    }
    for (party, used) in &found.uses {
        records::note_use(tx, *party, used)?;
    }
    Ok(())
}
