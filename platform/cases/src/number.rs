//! Case numbers (办件编号): region 6 + date 8 + channel 1 + sequence 6 + check 1.
//!
//! Numbers are unique and never used again, but need not be dense, so each process takes them in blocks:
//! one small write per hundred cases instead of a contended row in every submission.

use std::{collections::HashMap, sync::Arc};

use base::codes::{CaseNo, Channel as Digit, RegionCode};
use casework::Channel;
use jiff::civil::Date;
use parking_lot::Mutex;
use store::{Db, Tx, params};

use crate::error::Error;

/// Numbers taken at once.
const BLOCK: i64 = 100;
/// Six digits.
const LAST: i64 = 999_999;

/// Hands out case numbers. Clone freely; all clones share the blocks.
#[derive(Clone)]
pub struct Numbers {
    db: Db,
    /// By series. Whoever finds a block used up takes the next one; the others of the series wait for it, so that
    /// no block is taken in vain.
    blocks: Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Block>>>>>,
}

#[derive(Clone, Copy, Default)]
struct Block {
    next: i64,
    end: i64,
}

impl Numbers {
    pub fn new(db: Db) -> Numbers {
        Numbers {
            db,
            blocks: Arc::default(),
        }
    }

    /// The next number for a region (its first six digits), a day and a channel.
    ///
    /// # Errors
    /// [`Error::NumbersUsedUp`] after 999,999 numbers of one series on one day.
    pub async fn next(&self, region: &str, day: Date, channel: Channel) -> Result<String, Error> {
        let region: String = region.chars().take(6).collect();
        let series = format!("{region}{}{}", day.strftime("%Y%m%d"), channel.digit());
        let sequence = self.take(&series).await?;
        made(&region, day, channel, sequence).ok_or(Error::NumbersUsedUp(series))
    }

    async fn take(&self, series: &str) -> Result<i64, Error> {
        let block = self.block(series);
        let mut block = block.lock().await;
        if block.next == block.end {
            let wanted = series.to_owned();
            let first = self.db.write(move |tx| reserve(tx, &wanted)).await?;
            *block = Block {
                next: first,
                end: first + BLOCK,
            };
        }
        block.next += 1;
        Ok(block.next - 1)
    }

    fn block(&self, series: &str) -> Arc<tokio::sync::Mutex<Block>> {
        let mut blocks = self.blocks.lock();
        // Yesterday's series are done with; keep the map as small as the day.
        if blocks.len() > 4096 {
            blocks.clear();
        }
        Arc::clone(blocks.entry(series.to_owned()).or_default())
    }
}

fn made(region: &str, day: Date, channel: Channel, sequence: i64) -> Option<String> {
    let region = RegionCode::parse(region).ok()?;
    let digit = Digit::from_digit(channel.digit())?;
    CaseNo::make(&region, day, digit, u32::try_from(sequence).ok()?).map(|no| no.to_string())
}

/// Reserves a block in one transaction and returns its first number.
pub fn reserve(tx: &mut Tx<'_>, series: &str) -> Result<i64, Error> {
    let row = tx.query_one(
        "INSERT INTO case_numbers (series, next) VALUES ($1, $2)
         ON CONFLICT (series) DO UPDATE SET next = case_numbers.next + $3
         RETURNING next",
        &params![series, 1 + BLOCK, BLOCK],
    )?;
    let first = row.get::<i64>(0)? - BLOCK;
    if first + BLOCK - 1 > LAST {
        return Err(Error::NumbersUsedUp(series.to_owned()));
    }
    Ok(first)
}

/// Goes on after the last number of a series that was given elsewhere: in a system taken over, or a synthetic past.
/// A series that is further already stays where it is.
pub fn go_on_after(tx: &mut Tx<'_>, series: &str, last: u32) -> Result<(), store::Error> {
    tx.queue(
        "INSERT INTO case_numbers (series, next) VALUES ($1, $2)
         ON CONFLICT (series) DO UPDATE SET next = excluded.next WHERE case_numbers.next < excluded.next",
        params![series, i64::from(last) + 1],
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    async fn database() -> (tempfile::TempDir, Db) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("numbers.db").display());
        let options = store::Options::parse(&url).expect("a path");
        let db = Db::open(options).await.expect("opens");
        db.migrate(store::MIGRATIONS).await.expect("migrates");
        db.migrate(crate::MIGRATIONS).await.expect("migrates");
        (folder, db)
    }

    #[tokio::test]
    async fn a_series_goes_on_and_never_back() {
        let (_folder, db) = database().await;
        let first = db
            .write(|tx| -> Result<_, Error> {
                go_on_after(tx, "9901022026030221", 500)?;
                go_on_after(tx, "9901022026030221", 7)?;
                reserve(tx, "9901022026030221")
            })
            .await;
        assert_eq!(first.expect("numbers are left"), 501);
    }

    #[tokio::test]
    async fn many_at_once_leave_no_gap() {
        let (_folder, db) = database().await;
        let numbers = Numbers::new(db);
        let mut taking = tokio::task::JoinSet::new();
        for _ in 0..250 {
            let numbers = numbers.clone();
            taking.spawn(async move {
                let day = date(2026, 3, 2);
                numbers.next("990102", day, Channel::Web).await
            });
        }
        let mut sequences = Vec::new();
        while let Some(taken) = taking.join_next().await {
            let no = taken.expect("no panic").expect("a number");
            sequences.push(no[15..21].parse::<i64>().expect("six digits"));
        }
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=250).collect::<Vec<i64>>());
    }
}
