//! What happened to a part, told to its whole; what happened to a stage, told to its project.
//!
//! One entry of the feed at a time, each in one transaction with the bookmark: a process that dies between two entries
//! goes on with the next one, one that dies within an entry does it again as a whole.

use std::time::Duration;

use base::ids::CaseId;
use store::feed::{self, Delivered};
use store::{Error as StoreError, Tx};

use crate::error::Error;
use crate::service::is_settled;
use crate::{Joint, flow, project, records};

/// Where following has come to in the feed.
pub const BOOKMARK: &str = "joint.parts";
/// Entries looked at in one step.
const BATCH: usize = 200;

impl Joint {
    /// Follows the feed until the database is closed.
    pub async fn follow(self) {
        let mut changes = self.app().db.changes();
        let mut pause = Duration::ZERO;
        loop {
            changes.borrow_and_update();
            match self.follow_step(BATCH).await {
                Ok(0) => {
                    pause = Duration::ZERO;
                    // The feed is asked either way: another process may have written to it.
                    let woken = tokio::time::timeout(Duration::from_secs(1), changes.changed());
                    if matches!(woken.await, Ok(Err(_))) {
                        return;
                    }
                }
                Ok(_) => pause = Duration::ZERO,
                Err(Error::Store(StoreError::Closed)) => return,
                Err(error) => {
                    pause = (pause * 2).clamp(Duration::from_millis(100), Duration::from_secs(30));
                    tracing::warn!(%error, "what happened to a part will be told again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Takes in the next entries, at most `limit`; how many there were.
    ///
    /// Entries that concern nothing here are passed over together; one that does has a transaction of its own.
    pub async fn follow_step(&self, limit: usize) -> Result<usize, Error> {
        let (mut at, last, count, ours) = self
            .app()
            .db
            .read(move |tx| -> Result<_, Error> {
                let from = feed::bookmark(tx, BOOKMARK)?;
                let entries = feed::read(tx, from, limit)?;
                let last = entries.last().map_or(from, |entry| entry.position);
                let count = entries.len();
                let mut ours = Vec::new();
                for entry in entries {
                    if !is_news(&entry) {
                        continue;
                    }
                    let subject = CaseId::from_uuid(entry.entry.subject);
                    if let Some(parent) = records::parent(tx, subject)? {
                        ours.push((entry, parent));
                    }
                }
                Ok((from, last, count, ours))
            })
            .await?;
        for (entry, parent) in ours {
            let (before, position, me) = (at, entry.position, self.clone());
            self.app()
                .db
                .write(move |tx| -> Result<(), Error> {
                    feed::advance(tx, BOOKMARK, before, position)?;
                    me.take_in(tx, parent, &entry)
                })
                .await?;
            at = position;
        }
        if at < last {
            self.app()
                .db
                .write(move |tx| -> Result<(), Error> {
                    Ok(feed::advance(tx, BOOKMARK, at, last)?)
                })
                .await?;
        }
        Ok(count)
    }

    fn take_in(&self, tx: &mut Tx<'_>, parent: CaseId, entry: &Delivered) -> Result<(), Error> {
        let now = self.app().now();
        let child = CaseId::from_uuid(entry.entry.subject);
        let taken = if entry.entry.kind.starts_with("bundle.") {
            project::stage_moved(self, tx, now, parent, child)
        } else {
            self.part_moved(tx, now, parent, child).map(drop)
        };
        match taken {
            // A case that went on meanwhile needs no telling; nothing else is held up by it.
            Err(error) if is_settled(&error) => {
                tracing::warn!(whole = %parent, part = %child, %error, "a part could not be taken in");
                Ok(())
            }
            other => other,
        }
    }
}

/// Whether an entry may say something new about a part: everything but its beginning.
fn is_news(entry: &Delivered) -> bool {
    matches!(
        entry.entry.kind.split_once('.'),
        Some((approval::flow::KIND | flow::KIND, command)) if command != "file"
    )
}
