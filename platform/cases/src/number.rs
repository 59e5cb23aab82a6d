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
    blocks: Arc<Mutex<HashMap<String, Block>>>,
}

#[derive(Clone, Copy)]
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
        loop {
            if let Some(sequence) = self.take(&series) {
                return made(&region, day, channel, sequence).ok_or(Error::NumbersUsedUp(series));
            }
            let wanted = series.clone();
            let first = self.db.write(move |tx| reserve(tx, &wanted)).await?;
            let mut blocks = self.blocks.lock();
            // Yesterday's series are done with; keep the map as small as the day.
            if blocks.len() > 4096 {
                blocks.clear();
            }
            blocks.insert(
                series.clone(),
                Block {
                    next: first,
                    end: first + BLOCK,
                },
            );
        }
    }

    fn take(&self, series: &str) -> Option<i64> {
        let mut blocks = self.blocks.lock();
        let block = blocks.get_mut(series)?;
        (block.next < block.end).then(|| {
            block.next += 1;
            block.next - 1
        })
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
