//! Keeping the figures at what the feed says.
//!
//! Trails are read and counted outside of the writing transaction, so that commands hardly wait for figures; the
//! bookmark moves together with the rows. A batch is at most [`BATCH`] entries, and while there is little to do at
//! most a few batches are handled in a second, so that a case that changes often is counted once.

use std::collections::BTreeSet;
use std::time::Duration;

use base::ids::CaseId;
use calendar::Calendar;
use store::{Db, feed, params};
use web::App;

use super::marks;
use super::tables::{self, Changes};

/// Name of the bookmark.
pub(crate) const CONSUMER: &str = "monitor";
/// Entries handled at a time.
pub const BATCH: usize = 1000;
/// Pause after everything there is was counted, and while there is more.
const PAUSE: Duration = Duration::from_millis(200);
const SHORT_PAUSE: Duration = Duration::from_millis(20);

/// Follows the feed until the database is closed.
pub async fn follow(app: App) {
    let mut changes = app.db.changes();
    let mut pause = PAUSE;
    loop {
        changes.borrow_and_update();
        match app.db.behind(step(&app.db, &app.calendar())).await {
            Ok(0) => {
                pause = PAUSE;
                let woken = tokio::time::timeout(Duration::from_secs(1), changes.changed()).await;
                if matches!(woken, Ok(Err(_))) {
                    return;
                }
            }
            Ok(BATCH) => pause = SHORT_PAUSE,
            Ok(_) => pause = PAUSE,
            Err(cases::Error::Store(store::Error::Closed)) => return,
            Err(error) => {
                tracing::warn!(%error, "figures will be counted again");
                pause = (pause * 2).clamp(PAUSE, Duration::from_secs(30));
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Counts the next entries of the feed; tells how many there were.
pub async fn step(db: &Db, calendar: &Calendar) -> Result<usize, cases::Error> {
    let calendar = calendar.clone();
    let (from, to, count, changes) = db
        .read(move |tx| -> Result<_, cases::Error> {
            let from = feed::bookmark(tx, CONSUMER)?;
            let entries = feed::read(tx, from, BATCH)?;
            let subjects: BTreeSet<uuid::Uuid> =
                entries.iter().map(|entry| entry.entry.subject).collect();
            let mut changes = Changes::default();
            for subject in subjects {
                let case = CaseId::from_uuid(subject);
                let trail = cases::trail(tx, case)?;
                // Not every subject of the feed is a case.
                if trail.is_empty() {
                    continue;
                }
                let before = tables::stored(tx, case)?;
                changes.add(case, &before, marks::of(case, &trail, &calendar));
            }
            let to = entries.last().map_or(from, |entry| entry.position);
            Ok((from, to, entries.len(), changes))
        })
        .await?;
    if count == 0 {
        return Ok(0);
    }
    db.write(move |tx| -> Result<(), cases::Error> {
        feed::advance(tx, CONSUMER, from, to)?;
        Ok(changes.write(tx)?)
    })
    .await?;
    Ok(count)
}

/// Counts everything that was committed; for tests and after a rebuild.
pub async fn catch_up(db: &Db, calendar: &Calendar) -> Result<(), cases::Error> {
    db.sequence_now().await?;
    while step(db, calendar).await? > 0 {}
    Ok(())
}

/// Throws the figures away; they are counted again from the feed's beginning. Nobody may follow meanwhile.
pub async fn rebuild(db: &Db) -> Result<(), store::Error> {
    db.write(|tx| -> Result<(), store::Error> {
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
