//! Compares the ratings with their digests, their entries in the feed, and their counts.

use std::collections::BTreeMap;

use base::crypto::sm3;
use cases::verify::Difference;
use store::{Tx, params};
use uuid::Uuid;

use crate::error::Error;
use crate::store::{GIVEN, RATED_SEQ, digest, month, read};

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub ratings: u64,
    /// Entries of the feed that say a rating was given.
    pub feed: u64,
}

/// The counts, or the first thing that is not as it was written.
pub type Outcome = Result<Counts, Difference>;

/// Ratings of a body in a month by level.
type Monthly = BTreeMap<(String, Uuid, i64), i64>;

/// Rows read at a time.
const CHUNK: i64 = 500;

/// Checks everything inside one read transaction: each row against its digest, the feed against the rows, the
/// counts against both.
pub fn verify(tx: &mut Tx<'_>) -> Result<Outcome, Error> {
    let mut counts = Counts::default();
    let mut monthly = Monthly::new();
    let mut written = Sum::default();
    if let Some(difference) = check_rows(tx, &mut counts, &mut monthly, &mut written)? {
        return Ok(Err(difference));
    }
    if let Some(difference) = check_feed(tx, &mut counts, &written)? {
        return Ok(Err(difference));
    }
    if let Some(difference) = check_counts(tx, &monthly)? {
        return Ok(Err(difference));
    }
    Ok(Ok(counts))
}

fn check_rows(
    tx: &mut Tx<'_>,
    counts: &mut Counts,
    monthly: &mut Monthly,
    written: &mut Sum,
) -> Result<Option<Difference>, Error> {
    let mut after = Uuid::nil();
    loop {
        let rows = tx.query(
            "SELECT case_id, org_id, region, item, level, tags, tag_set, said, channel, rater_id, rated_at,
                 digest, event
             FROM ratings
             WHERE case_id > $1
             ORDER BY case_id
             LIMIT $2",
            &params![after, CHUNK],
        )?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        after = last.get(0)?;
        for row in &rows {
            let place = format!("rating of case {}", row.get::<Uuid>(0)?);
            let (rating, stored) = match read(row) {
                Ok(read) => read,
                Err(Error::Damaged(what)) => return Ok(Some(differs(place, what))),
                Err(other) => return Err(other),
            };
            if digest(&rating) != stored || row.get::<String>(12)? != crate::model::CASE_DONE {
                return Ok(Some(differs(
                    place,
                    "its content does not match its digest",
                )));
            }
            written.add(rating.case.uuid(), &stored);
            let key = (
                month(rating.at),
                rating.org.uuid(),
                i64::from(rating.level.code()),
            );
            *monthly.entry(key).or_default() += 1;
            counts.ratings += 1;
        }
    }
}

fn check_feed(
    tx: &mut Tx<'_>,
    counts: &mut Counts,
    written: &Sum,
) -> Result<Option<Difference>, Error> {
    let mut announced = Sum::default();
    let mut position = 0;
    loop {
        let rows = tx.query(
            "SELECT f.position, f.kind, f.subject, f.seq, f.hash, f.at_ms, r.digest, r.rated_at
             FROM feed f LEFT JOIN ratings r ON r.case_id = f.subject AND f.kind = $2
             WHERE f.position > $1
             ORDER BY f.position
             LIMIT 2000",
            &params![position, GIVEN],
        )?;
        let Some(last) = rows.last() else { break };
        position = last.get(0)?;
        for row in &rows {
            if row.get::<String>(1)? != GIVEN {
                continue;
            }
            let subject: Uuid = row.get(2)?;
            let place = format!(
                "rating of case {subject}, feed position {}",
                row.get::<i64>(0)?
            );
            let Some(digest) = row.get::<Option<[u8; 32]>>(6)? else {
                return Ok(Some(differs(
                    place,
                    "stands in the feed, but the rating is missing",
                )));
            };
            let hash: [u8; 32] = row.get(4)?;
            if hash != digest {
                return Ok(Some(differs(
                    place,
                    "its digest is not the one in the feed",
                )));
            }
            if row.get::<i64>(3)? != RATED_SEQ || row.get::<i64>(5)? != row.get::<i64>(7)? {
                return Ok(Some(differs(
                    place,
                    "its number or instant is not the one in the feed",
                )));
            }
            announced.add(subject, &hash);
            counts.feed += 1;
        }
    }
    if announced == *written {
        return Ok(None);
    }
    // Something is missing or doubled: only now is it worth looking for it.
    let lacking = tx.query_opt(
        "SELECT r.case_id, COUNT(f.position)
         FROM ratings r LEFT JOIN feed f ON f.subject = r.case_id AND f.kind = $1
         GROUP BY r.case_id
         HAVING COUNT(f.position) <> 1
         ORDER BY r.case_id
         LIMIT 1",
        &params![GIVEN],
    )?;
    let (place, entries) = match lacking {
        Some(row) => (
            format!("rating of case {}", row.get::<Uuid>(0)?),
            row.get::<i64>(1)?,
        ),
        None => ("ratings".to_owned(), 0),
    };
    Ok(Some(differs(
        place,
        format!("stands {entries} times in the feed, not once"),
    )))
}

fn check_counts(tx: &mut Tx<'_>, monthly: &Monthly) -> Result<Option<Difference>, Error> {
    let rows = tx.query(
        "SELECT month, org_id, level, CAST(sum(n) AS BIGINT)
         FROM rating_counts
         GROUP BY month, org_id, level
         ORDER BY month, org_id, level",
        &[],
    )?;
    let mut stored = Monthly::new();
    for row in &rows {
        stored.insert((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?);
    }
    let keys = monthly.keys().chain(stored.keys());
    for key in keys {
        let (is, should) = (
            stored.get(key).copied().unwrap_or_default(),
            monthly.get(key).copied().unwrap_or_default(),
        );
        if is != should {
            let (month, org, level) = key;
            return Ok(Some(differs(
                format!("count of ratings, month {month}, body {org}, level {level}"),
                format!("{is} stored, {should} ratings there"),
            )));
        }
    }
    Ok(None)
}

/// A sum over a set that does not depend on the order: two million entries need no memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    n: u64,
    low: u128,
    high: u128,
}

impl Sum {
    fn add(&mut self, case: Uuid, digest: &[u8; 32]) {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(case.as_bytes());
        bytes[16..].copy_from_slice(digest);
        let hash = sm3(&bytes);
        let (low, high) = hash.split_at(16);
        let number = |half: &[u8]| {
            half.iter()
                .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte))
        };
        self.n += 1;
        self.low = self.low.wrapping_add(number(low));
        self.high = self.high.wrapping_add(number(high));
    }
}

fn differs(place: String, what: impl Into<String>) -> Difference {
    Difference {
        place,
        what: what.into(),
    }
}
