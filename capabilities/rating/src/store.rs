//! The ratings, their counts, and their entry in the feed.

use base::crypto::sm3;
use base::ids::{CaseId, OrgId, PartyId};
use casework::{Actor, Permission};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Engine, Row, Tx, Value, feed, params};

use crate::error::Error;
use crate::model::{CASE_DONE, Channel, Level, Rating};

/// Kind of the feed's entries.
pub const GIVEN: &str = "rating.given";

/// The entry's number under its case. A trail is numbered from 1 and never comes near it.
pub const RATED_SEQ: i64 = 1_000_001;

/// Rows a count is spread over where transactions run side by side.
const BUCKETS: u8 = 16;

/// Keeps a rating once: the row, its count, its entry in the feed. [`Error::Rated`] where the case has one.
pub fn keep(tx: &mut Tx<'_>, rating: &Rating) -> Result<(), Error> {
    let digest = digest(rating);
    let tags = tags_json(&rating.tags);
    let inserted = tx.exec(
        "INSERT INTO ratings (case_id, event, org_id, region, item, level, tags, tag_set, said, channel,
             rater_id, rated_at, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (case_id) DO NOTHING",
        &params![
            rating.case.uuid(),
            CASE_DONE,
            rating.org.uuid(),
            &rating.region,
            &rating.item,
            rating.level.code(),
            tags,
            &rating.tag_set,
            &rating.said,
            rating.channel.word(),
            rating.rater.uuid(),
            rating.at,
            digest
        ],
    )?;
    if inserted == 0 {
        return Err(Error::Rated);
    }
    tx.feed(feed::Entry {
        kind: GIVEN.to_owned(),
        subject: rating.case.uuid(),
        seq: RATED_SEQ,
        at_ms: rating.at.as_millisecond(),
        hash: digest,
    })?;
    // SQLite has one writer: nobody to stay out of the way of.
    let bucket = match tx.engine() {
        Engine::Sqlite => 0,
        Engine::Postgres => digest[0] % BUCKETS,
    };
    // Last, so that the contended row is held only for the commit.
    tx.queue(
        "INSERT INTO rating_counts (month, org_id, level, bucket, n)
         VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (month, org_id, level, bucket) DO UPDATE SET n = rating_counts.n + 1",
        params![
            month(rating.at),
            rating.org.uuid(),
            rating.level.code(),
            bucket
        ],
    )?;
    Ok(())
}

/// The rating of a case.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Rating>, Error> {
    tx.query_opt(
        "SELECT case_id, org_id, region, item, level, tags, tag_set, said, channel, rater_id, rated_at, digest
         FROM ratings
         WHERE case_id = $1",
        &params![case.uuid()],
    )?
    .as_ref()
    .map(|row| read(row).map(|(rating, _)| rating))
    .transpose()
}

/// How many ratings of each level, index 0 for level 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub [i64; 5]);

impl Counts {
    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    pub fn good(&self) -> i64 {
        self.0[..3].iter().sum()
    }

    pub fn bad(&self) -> i64 {
        self.0[3..].iter().sum()
    }

    pub fn of(&self, level: Level) -> i64 {
        self.0[usize::from(level.code() - 1)]
    }

    pub fn add(&mut self, level: Level, n: i64) {
        self.0[usize::from(level.code() - 1)] += n;
    }

    /// 好评率 in hundredths of a percent, rounded down so that 100 % means all of them; `None` without ratings.
    pub fn good_rate(&self) -> Option<i64> {
        (self.total() > 0).then(|| self.good() * 10_000 / self.total())
    }
}

/// Counts by body in the months `from` to `to` (`2026-05`), both included.
pub fn counts(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<Vec<(OrgId, Counts)>, Error> {
    let rows = tx.query(
        "SELECT org_id, level, CAST(sum(n) AS BIGINT)
         FROM rating_counts
         WHERE month >= $1 AND month <= $2
         GROUP BY org_id, level
         ORDER BY org_id, level",
        &params![from, to],
    )?;
    let mut found: Vec<(OrgId, Counts)> = Vec::new();
    for row in &rows {
        let org = OrgId::from_uuid(row.get(0)?);
        let level = level(row.get(1)?)?;
        if found.last().is_none_or(|(last, _)| *last != org) {
            found.push((org, Counts::default()));
        }
        if let Some((_, counts)) = found.last_mut() {
            counts.add(level, row.get(2)?);
        }
    }
    Ok(found)
}

/// Where a page of the staff list ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// UTC milliseconds.
    at: i64,
    case: CaseId,
}

impl Before {
    pub fn of(rating: &Rating) -> Before {
        Before {
            at: rating.at.as_millisecond(),
            case: rating.case,
        }
    }
}

/// What the staff list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub org: Option<OrgId>,
    /// Only 差评.
    pub bad: bool,
    pub before: Option<Before>,
    /// 1–200.
    pub limit: usize,
}

/// Ratings of the bodies whose cases the actor may read, newest first.
pub fn of_scope(tx: &mut Tx<'_>, actor: &Actor, filter: &Filter) -> Result<Vec<Rating>, Error> {
    let mut values: Vec<Value> = Vec::new();
    let Some(scope) = scope(actor, &mut values) else {
        return Ok(Vec::new());
    };
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut sql = format!(
        "SELECT case_id, org_id, region, item, level, tags, tag_set, said, channel, rater_id, rated_at, digest
         FROM ratings
         WHERE ({scope})"
    );
    if let Some(org) = filter.org {
        sql.extend([" AND org_id = ", bind(org.uuid().into()).as_str()]);
    }
    if filter.bad {
        sql.push_str(" AND level >= 4");
    }
    if let Some(before) = &filter.before {
        let (at, case) = (bind(before.at.into()), bind(before.case.uuid().into()));
        // The first condition alone is what the index can use.
        let after = format!(" AND rated_at <= {at} AND (rated_at < {at} OR case_id < {case})");
        sql.push_str(&after);
    }
    let limit = bind((filter.limit.clamp(1, 200) as i64).into());
    sql.extend([
        " ORDER BY rated_at DESC, case_id DESC LIMIT ",
        limit.as_str(),
    ]);
    tx.query(&sql, &values)?
        .iter()
        .map(|row| read(row).map(|(rating, _)| rating))
        .collect()
}

/// The actor's reading scope as SQL; `None` where they may read nothing.
fn scope(actor: &Actor, values: &mut Vec<Value>) -> Option<String> {
    let Actor::Staff(staff) = actor else {
        return None;
    };
    let mut scopes = Vec::new();
    for grant in &staff.grants {
        if !grant.role.permissions().contains(&Permission::ReadCase) {
            continue;
        }
        let mut parts = Vec::new();
        if let Some(org) = grant.org {
            values.push(org.uuid().into());
            parts.push(format!("org_id = ${}", values.len()));
        }
        let prefix = region_prefix(&grant.region);
        if !prefix.is_empty() {
            values.push(prefix.into());
            // ':' follows '9' in ASCII.
            values.push(format!("{prefix}:").into());
            parts.push(format!(
                "region >= ${} AND region < ${}",
                values.len() - 1,
                values.len()
            ));
        }
        scopes.push(if parts.is_empty() {
            "1 = 1".to_owned()
        } else {
            format!("({})", parts.join(" AND "))
        });
    }
    (!scopes.is_empty()).then(|| scopes.join(" OR "))
}

/// The digits every region below a code begins with, as [`casework::actor::covers`] reads a code.
fn region_prefix(code: &str) -> &str {
    let mut prefix = code;
    if prefix.len() == 6 {
        while let Some(shorter) = prefix.strip_suffix("00") {
            prefix = shorter;
        }
    }
    prefix
}

/// SM3 over the rating as JSON with its names in order.
pub fn digest(rating: &Rating) -> [u8; 32] {
    #[derive(Serialize)]
    struct Canonical<'a> {
        at: i64,
        case: CaseId,
        channel: &'a str,
        event: &'a str,
        item: &'a str,
        level: u8,
        org: OrgId,
        rater: PartyId,
        region: &'a str,
        said: &'a str,
        tag_set: &'a str,
        tags: &'a [String],
    }
    let canonical = Canonical {
        at: rating.at.as_millisecond(),
        case: rating.case,
        channel: rating.channel.word(),
        event: CASE_DONE,
        item: &rating.item,
        level: rating.level.code(),
        org: rating.org,
        rater: rating.rater,
        region: &rating.region,
        said: &rating.said,
        tag_set: &rating.tag_set,
        tags: &rating.tags,
    };
    sm3(&serde_json::to_vec(&canonical).expect("texts and numbers are JSON"))
}

/// `2026-05`: the month of an instant in China.
pub fn month(at: Timestamp) -> String {
    let day = calendar::civil_date(at);
    format!("{:04}-{:02}", day.year(), day.month())
}

/// A row of the twelve columns above, with the digest it was stored with.
pub(crate) fn read(row: &Row) -> Result<(Rating, [u8; 32]), Error> {
    let channel: String = row.get(8)?;
    let tags: String = row.get(5)?;
    let rating = Rating {
        case: CaseId::from_uuid(row.get(0)?),
        org: OrgId::from_uuid(row.get(1)?),
        region: row.get(2)?,
        item: row.get(3)?,
        level: level(row.get(4)?)?,
        tags: serde_json::from_str(&tags)
            .map_err(|error| Error::Damaged(format!("tags: {error}")))?,
        tag_set: row.get(6)?,
        said: row.get(7)?,
        channel: Channel::from_word(&channel)
            .ok_or_else(|| Error::Damaged(format!("unknown channel {channel}")))?,
        rater: PartyId::from_uuid(row.get(9)?),
        at: row.get(10)?,
    };
    Ok((rating, row.get(11)?))
}

pub(crate) fn level(code: i64) -> Result<Level, Error> {
    Level::from_code(code).ok_or_else(|| Error::Damaged(format!("unknown level {code}")))
}

fn tags_json(tags: &[String]) -> String {
    serde_json::to_string(tags).expect("texts are JSON")
}
