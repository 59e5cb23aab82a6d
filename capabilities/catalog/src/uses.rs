//! How often items are applied for: counted from the feed by day, summed up over [`DAYS`] days.
//!
//! The counter has a bookmark in the feed and moves it in the transaction of its own counts, so no application is
//! counted twice or left out, whatever is interrupted. The sums decide between equals in searches and say what is
//! done most; they are written only when they changed, since every change is read anew by all processes.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base::ids::{ItemId, VersionId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use store::feed::Delivered;
use store::{Db, Error, Tx};
use web::App;

use crate::store as records;

/// Days that count.
pub const DAYS: i32 = 90;
/// The name of the bookmark.
const BOOKMARK: &str = "catalog.uses";
/// Entries handled at once.
const BATCH: usize = 2000;
/// How often the sums are made.
const SUM: Duration = Duration::from_mins(10);

/// Counts until the database is closed. One task per process; several processes share the work.
pub async fn follow(app: App) {
    let db = app.db.clone();
    let counting = store::feed::follow(db.clone(), BOOKMARK, BATCH, look, keep);
    let summing = async {
        loop {
            match sum(&db, &app).await {
                Ok(true) => tokio::time::sleep(SUM).await,
                // Still counting what happened before.
                Ok(false) => tokio::time::sleep(Duration::from_secs(1)).await,
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "uses will be summed up later");
                    tokio::time::sleep(SUM).await;
                }
            }
        }
    };
    tokio::select! {
        () = counting => {}
        () = summing => {}
    }
}

/// Applications of an item on a day.
pub type Uses = BTreeMap<(ItemId, Date), i64>;

/// The applications among these entries.
pub fn look(tx: &mut Tx<'_>, entries: &[Delivered]) -> Result<Uses, Error> {
    let mut items: HashMap<VersionId, Option<ItemId>> = HashMap::new();
    let mut uses = Uses::new();
    // A case's first entry opens it; what is no case is about nothing.
    for delivered in entries.iter().filter(|delivered| delivered.entry.seq == 1) {
        let Some(about) = cases::list::about(tx, delivered.entry.subject)? else {
            continue;
        };
        let version = VersionId::from_uuid(about);
        let item = match items.get(&version) {
            Some(known) => *known,
            None => *items
                .entry(version)
                .or_insert(records::item_of_version(tx, version)?),
        };
        let at = Timestamp::from_millisecond(delivered.entry.at_ms)
            .map_err(|error| Error::Corrupt(format!("feed.at_ms: {error}")))?;
        if let Some(item) = item {
            *uses.entry((item, calendar::civil_date(at))).or_default() += 1;
        }
    }
    Ok(uses)
}

/// Adds to the counts.
pub fn keep(tx: &mut Tx<'_>, uses: &Uses) -> Result<(), Error> {
    for ((item, day), uses) in uses {
        records::add_uses(tx, *item, *day, *uses)?;
    }
    Ok(())
}

/// Sums up where everything was counted; tells whether it was.
async fn sum(db: &Db, app: &App) -> Result<bool, Error> {
    let first = first_day(app.today());
    let behind = db
        .read(|tx| Ok::<_, Error>(store::feed::bookmark(tx, BOOKMARK)? < store::feed::head(tx)?))
        .await?;
    if behind {
        return Ok(false);
    }
    db.write(move |tx| sum_in(tx, first)).await?;
    Ok(true)
}

/// The first day that counts.
pub fn first_day(today: Date) -> Date {
    today.saturating_sub((DAYS - 1).days())
}

/// Replaces the sums if they changed, and forgets the days that no longer count.
pub fn sum_in(tx: &mut Tx<'_>, first: Date) -> Result<(), Error> {
    let now = records::uses_since(tx, first)?;
    let mut before = records::popularity(tx)?;
    before.sort_unstable();
    if now != before {
        records::replace_popularity(tx, &now)?;
    }
    records::forget_uses_before(tx, first)
}
