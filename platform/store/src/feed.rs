//! The gap-free ordered feed: what happened, in an order everyone sees alike, and where each consumer stands.
//!
//! On SQLite the one writer numbers entries as they are written. On PostgreSQL transactions commit in any order,
//! so they write to `feed_pending`, and the sequencer moves what is committed into `feed` with consecutive
//! positions (see `postgres/sequencer.rs`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::{Db, Error, Row, Tx, params};

/// Something that happened to a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened, `case.accepted`.
    pub kind: String,
    /// To whom or what.
    pub subject: Uuid,
    /// The subject's own count of its events.
    pub seq: i64,
    /// When, UTC milliseconds; never earlier than the subject's previous entry.
    pub at_ms: i64,
    /// The SM3 hash of the subject's trail at this entry.
    pub hash: [u8; 32],
}

/// An entry with its place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// 1, 2, 3 … with no gap.
    pub position: i64,
    /// What happened.
    pub entry: Entry,
}

impl Delivered {
    fn of(row: &Row) -> Result<Delivered, Error> {
        Ok(Delivered {
            position: row.get(0)?,
            entry: Entry {
                kind: row.get(1)?,
                subject: row.get(2)?,
                seq: row.get(3)?,
                at_ms: row.get(4)?,
                hash: row.get(5)?,
            },
        })
    }
}

/// The entries after a position, at most `limit`. Positions are 1, 2, 3 … with no gap, in an order in which a
/// subject's entries never go backwards.
pub fn read(tx: &mut Tx<'_>, after: i64, limit: usize) -> Result<Vec<Delivered>, Error> {
    let rows = tx.query(
        "SELECT position, kind, subject, seq, at_ms, hash
           FROM feed
          WHERE position > $1
          ORDER BY position
          LIMIT $2",
        &params![after, i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    rows.iter().map(Delivered::of).collect()
}

/// The newest position; 0 for an empty feed.
pub fn head(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.query_one("SELECT COALESCE(MAX(position), 0) FROM feed", &[])?
        .get(0)
}

/// How far a consumer has come; 0 before its first entry.
pub fn bookmark(tx: &mut Tx<'_>, consumer: &str) -> Result<i64, Error> {
    tx.query_opt(
        "SELECT position FROM feed_bookmarks WHERE consumer = $1",
        &params![consumer],
    )?
    .map_or(Ok(0), |row| row.get(0))
}

/// Where every consumer that ever took an entry stands, by name.
pub fn bookmarks(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, Error> {
    tx.query(
        "SELECT consumer, position FROM feed_bookmarks ORDER BY consumer",
        &[],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Moves a consumer's bookmark, in the transaction of the consumer's own writes. [`Error::Stale`] where somebody
/// else moved it meanwhile. Calling it before those writes keeps two processes from doing them both.
pub fn advance(tx: &mut Tx<'_>, consumer: &str, from: i64, to: i64) -> Result<(), Error> {
    let moved = if from == 0 {
        tx.exec(
            "INSERT INTO feed_bookmarks (consumer, position) VALUES ($1, $2)
             ON CONFLICT (consumer) DO UPDATE SET position = excluded.position
              WHERE feed_bookmarks.position = 0",
            &params![consumer, to],
        )?
    } else {
        tx.exec(
            "UPDATE feed_bookmarks SET position = $3 WHERE consumer = $1 AND position = $2",
            &params![consumer, from, to],
        )?
    };
    if moved == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// A consumer that never ends: hands every entry over exactly once, `batch` at a time. `look` works out on a reading
/// transaction what the entries mean, so that nobody's command waits for it; `keep` writes it in the transaction that
/// moves the bookmark `name`. What `look` reads must not change any more, as a trail does not.
///
/// Wakes when this process commits entries and otherwise looks every second; takes its turn behind what people wait
/// for ([`Db::behind`]), and longer strides while nobody does. After an error it tries the same entries again, more and more slowly up to half a minute.
/// Ends only when the database is closed. Run it in a task of its own; dropping it loses nothing.
pub async fn follow<G, L, K>(db: Db, name: &'static str, batch: usize, look: L, keep: K)
where
    G: Send + Sync + 'static,
    L: Fn(&mut Tx<'_>, &[Delivered]) -> Result<G, Error> + Send + Sync + 'static,
    K: Fn(&mut Tx<'_>, &G) -> Result<(), Error> + Send + Sync + 'static,
{
    let (look, keep) = (Arc::new(look), Arc::new(keep));
    let mut changes = db.changes();
    let mut pause = Duration::ZERO;
    let mut stride = batch;
    loop {
        changes.borrow_and_update();
        let began = Instant::now();
        let done = db.behind(step(&db, name, stride, &look, &keep)).await;
        let at_ease = matches!(done, Ok(count) if count == stride) && !db.is_busy();
        stride = if at_ease {
            longer(stride, batch, began.elapsed())
        } else {
            batch
        };
        match done {
            Ok(0) => {
                pause = Duration::ZERO;
                // Either way the bookmark and the feed are asked, not the notification.
                let woken = tokio::time::timeout(Duration::from_secs(1), changes.changed()).await;
                if matches!(woken, Ok(Err(_))) {
                    return;
                }
                // Entries come in crowds: a case that changes often is looked at once.
                tokio::time::sleep(GATHER).await;
            }
            Ok(_) => pause = Duration::ZERO,
            Err(Error::Closed) => return,
            Err(error) => {
                pause = (pause * 2).clamp(Duration::from_millis(100), Duration::from_secs(30));
                tracing::warn!(consumer = name, %error, "feed consumer will try again");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The next stride of a consumer that is behind while nobody waits: twice as long as the last one when that took
/// little time, half as long when a command that comes now would have had to wait for it.
fn longer(stride: usize, batch: usize, took: Duration) -> usize {
    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_millis(400);
    const BATCHES_MAX: usize = 32;
    let next = match took {
        took if took < SHORT => stride * 2,
        took if took > LONG => stride / 2,
        _ => stride,
    };
    next.clamp(batch, batch * BATCHES_MAX)
}

/// How long a woken consumer lets entries gather.
const GATHER: Duration = Duration::from_millis(100);

/// Handles the next entries of a consumer once; tells how many there were.
pub async fn step<G, L, K>(
    db: &Db,
    name: &'static str,
    batch: usize,
    look: &Arc<L>,
    keep: &Arc<K>,
) -> Result<usize, Error>
where
    G: Send + Sync + 'static,
    L: Fn(&mut Tx<'_>, &[Delivered]) -> Result<G, Error> + Send + Sync + 'static,
    K: Fn(&mut Tx<'_>, &G) -> Result<(), Error> + Send + Sync + 'static,
{
    let look = Arc::clone(look);
    let read = db.read(move |tx| {
        let from = bookmark(tx, name)?;
        let entries = read(tx, from, batch)?;
        let Some(last) = entries.last() else {
            return Ok(None);
        };
        let found = look(tx, &entries)?;
        Ok::<_, Error>(Some((from, last.position, entries.len(), found)))
    });
    let Some((from, to, count, found)) = read.await? else {
        return Ok(0);
    };
    let keep = Arc::clone(keep);
    db.write(move |tx| {
        advance(tx, name, from, to)?;
        keep(tx, &found)
    })
    .await?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::{Duration, longer};

    #[test]
    fn strides_grow_while_they_are_quick() {
        let ms = Duration::from_millis;
        assert_eq!(longer(200, 200, ms(5)), 400);
        assert_eq!(longer(6400, 200, ms(5)), 6400, "thirty-two batches at most");
        assert_eq!(longer(800, 200, ms(200)), 800);
        assert_eq!(longer(800, 200, ms(500)), 400);
        assert_eq!(longer(200, 200, ms(500)), 200, "never less than a batch");
    }
}
