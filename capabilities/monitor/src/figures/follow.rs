//! Keeping the figures at what the feed says.
//!
//! Trails are read and counted outside of the writing transaction, so that commands hardly wait for figures; the
//! bookmark moves together with the rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::ids::CaseId;
use calendar::Calendar;
use store::feed::{self, Delivered};
use store::{Db, Error, Tx, params};
use web::App;

use super::marks;
use super::tables::{self, Changes};

/// Name of the bookmark.
pub(crate) const CONSUMER: &str = "monitor";
/// Entries handled at a time.
const BATCH: usize = 1000;

/// Follows the feed until the database is closed.
pub async fn follow(app: App) {
    let db = app.db.clone();
    let look = move |tx: &mut Tx<'_>, entries: &[Delivered]| look(tx, entries, &app.calendar());
    feed::follow(db, CONSUMER, BATCH, look, keep).await;
}

/// Counts the next entries of the feed; tells how many there were.
pub async fn step(db: &Db, calendar: &Calendar) -> Result<usize, Error> {
    let calendar = calendar.clone();
    let look = move |tx: &mut Tx<'_>, entries: &[Delivered]| look(tx, entries, &calendar);
    feed::step(db, CONSUMER, BATCH, &Arc::new(look), &Arc::new(keep)).await
}

/// What the cases of these entries come to now, against what was counted of them before.
fn look(tx: &mut Tx<'_>, entries: &[Delivered], calendar: &Calendar) -> Result<Changes, Error> {
    let subjects: BTreeSet<uuid::Uuid> = entries.iter().map(|entry| entry.entry.subject).collect();
    let mut changes = Changes::default();
    for subject in subjects {
        let case = CaseId::from_uuid(subject);
        let trail = match cases::trail(tx, case) {
            Ok(trail) => trail,
            Err(cases::Error::Store(error)) => return Err(error),
            Err(damaged) => {
                // `tongban verify` names it; the figures of all others are not held up by it.
                tracing::warn!(case = %case, error = %damaged, "a case cannot be counted");
                continue;
            }
        };
        // Not every subject of the feed is a case.
        if trail.is_empty() {
            continue;
        }
        let before = tables::stored(tx, case)?;
        changes.add(case, &before, marks::of(case, &trail, calendar));
    }
    Ok(changes)
}

fn keep(tx: &mut Tx<'_>, changes: &Changes) -> Result<(), Error> {
    changes.write(tx)
}

/// Counts everything that was committed; for tests and after a rebuild.
pub async fn catch_up(db: &Db, calendar: &Calendar) -> Result<(), Error> {
    db.sequence_now().await?;
    while step(db, calendar).await? > 0 {}
    Ok(())
}

/// Throws the figures away; they are counted again from the feed's beginning. Nobody may follow meanwhile.
pub async fn rebuild(db: &Db) -> Result<(), Error> {
    db.write(|tx| -> Result<(), Error> {
        let from = feed::bookmark(tx, CONSUMER)?;
        if from > 0 {
            feed::advance(tx, CONSUMER, from, 0)?;
        }
        for table in [
            "monitor_marks",
            "monitor_counts",
            "monitor_hours",
            "monitor_items",
        ] {
            tx.exec(&format!("DELETE FROM {table}"), &params![])?;
        }
        Ok(())
    })
    .await
}
