//! 有数量限制的许可: places of an item in a period, given in the order of acceptance (行政许可法第五十七条).
//!
//! [`may_grant`] is the rule. The rows serialise on the quota's own row: whoever accepts or grants updates it first,
//! so fifty grants at once for ten places give ten, and the ten are those accepted first. Whoever leaves (withdrawn,
//! refused) makes everybody behind move up, for a position is counted, not kept. A certificate that is revoked or
//! cancelled gives its place back ([`free`]), and whoever waits first is the next to have it.

use base::ids::{CaseId, ItemId};
use casework::Case;
use jiff::{Timestamp, civil::Date};
use store::{Tx, params};

use crate::{details::about, error::Error};

/// Places a quota may have.
pub const TOTAL_MAX: i64 = 10_000_000;

/// Which applications share the places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// All together, until the total is changed.
    All,
    /// Those accepted in this year.
    Year(i16),
}

impl Period {
    pub fn word(&self) -> String {
        match self {
            Period::All => "all".to_owned(),
            Period::Year(year) => year.to_string(),
        }
    }

    /// The period of a word: `all`, or a year from 2000 to 2100.
    pub fn from_word(word: &str) -> Option<Period> {
        if word == "all" {
            return Some(Period::All);
        }
        let year: i16 = word.parse().ok()?;
        (2000..=2100).contains(&year).then_some(Period::Year(year))
    }
}

/// How many places there are, and how many are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub item: ItemId,
    /// `all`, or a year.
    pub period: String,
    pub total: i64,
    /// Held now: granted, and the certificate stands.
    pub taken: i64,
    pub waiting: i64,
    /// Granted once and given back with the certificate.
    pub freed: i64,
    /// Who is first of those that wait.
    pub next: Option<Next>,
}

/// The application that has the next place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub case: CaseId,
    /// 受理顺序号.
    pub order: i64,
    pub accepted_at: Timestamp,
}

impl Quota {
    pub fn left(&self) -> i64 {
        (self.total - self.taken).max(0)
    }
}

impl Next {
    pub fn accepted_on(&self) -> Date {
        calendar::civil_date(self.accepted_at)
    }
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub item: ItemId,
    pub period: String,
    /// 受理顺序号.
    pub order: i64,
    pub accepted_at: Timestamp,
    pub state: Standing,
    /// Applications accepted earlier that still wait.
    pub ahead: i64,
    pub total: i64,
    pub taken: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Granted,
    Left,
    /// Granted, and given back since: the certificate was revoked or cancelled.
    Freed,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Standing::Waiting => "waiting",
            Standing::Granted => "granted",
            Standing::Left => "left",
            Standing::Freed => "freed",
        }
    }

    fn from_word(word: &str) -> Option<Standing> {
        match word {
            "waiting" => Some(Standing::Waiting),
            "granted" => Some(Standing::Granted),
            "left" => Some(Standing::Left),
            "freed" => Some(Standing::Freed),
            _ => None,
        }
    }
}

/// Why a place cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Every place is taken.
    #[error("all {total} places are taken")]
    Gone { total: i64 },
    /// Those accepted earlier come first, and they take what is left.
    #[error("{ahead} applications come first, {left} places are left")]
    Behind { ahead: i64, left: i64 },
}

impl Full {
    /// For the officer: what is wrong and what to do.
    pub fn message(&self) -> String {
        match self {
            Full::Gone { total } => format!(
                "本事项有数量限制，{total}个名额已经全部准予，不能再准予。有人退出后可以依次递补"
            ),
            Full::Behind { ahead, left } => format!(
                "本事项有数量限制，还剩{left}个名额，受理在先的还有{ahead}件没有决定。\
                 依照《行政许可法》第五十七条按受理先后作出决定，请先办理在先的申请"
            ),
        }
    }
}

/// Whether an application may be granted: the places that are left suffice for all accepted before it and for it.
pub fn may_grant(total: i64, taken: i64, ahead: i64) -> Result<(), Full> {
    let left = total - taken;
    if left <= 0 {
        return Err(Full::Gone { total });
    }
    if ahead >= left {
        return Err(Full::Behind { ahead, left });
    }
    Ok(())
}

/// Sets the number of places; the first time this makes the item a limited one.
///
/// # Errors
/// A sentence where the number is not one, or is smaller than what was granted already.
pub fn set(
    tx: &mut Tx<'_>,
    item: ItemId,
    period: &Period,
    total: i64,
    reason: &str,
    set_by: &str,
    now: Timestamp,
) -> Result<Quota, Error> {
    let refuse = |field, message: String| Err(casework::Refusal::invalid(field, message).into());
    if !(0..=TOTAL_MAX).contains(&total) {
        return refuse("total", format!("名额应为0至{TOTAL_MAX}的整数"));
    }
    let reason = base::text::single_line(reason);
    if reason.is_empty() || base::text::visible_len(&reason) > 200 {
        return refuse("reason", "请写明依据，例如公告文号，最多200字".to_owned());
    }
    let word = period.word();
    tx.exec(
        "INSERT INTO quotas (item_id, period, total, issued, taken, set_at) VALUES ($1, $2, $3, 0, 0, $4)
         ON CONFLICT (item_id, period) DO UPDATE SET total = $3, set_at = $4",
        &params![item, &word, total, now],
    )?;
    tx.exec(
        "INSERT INTO quota_changes (item_id, period, at, total, reason, set_by) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (item_id, period, at) DO UPDATE SET total = $4, reason = $5, set_by = $6",
        &params![item, &word, now, total, reason, set_by],
    )?;
    let quota = of(tx, item, &word)?.ok_or(Error::NotFound)?;
    if quota.taken > total {
        return refuse(
            "total",
            format!("已经准予{}件，名额不能少于这个数", quota.taken),
        );
    }
    Ok(quota)
}

/// One quota.
pub fn of(tx: &mut Tx<'_>, item: ItemId, period: &str) -> Result<Option<Quota>, Error> {
    let row = tx.query_opt(
        "SELECT total, taken FROM quotas WHERE item_id = $1 AND period = $2",
        &params![item, period],
    )?;
    let Some(row) = row else { return Ok(None) };
    let next = waiting(tx, item, period, 1)?.pop();
    Ok(Some(Quota {
        item,
        period: period.to_owned(),
        total: row.get(0)?,
        taken: row.get(1)?,
        waiting: in_state(tx, item, period, Standing::Waiting)?,
        freed: in_state(tx, item, period, Standing::Freed)?,
        next: next.map(|(case, order, accepted_at)| Next {
            case,
            order,
            accepted_at,
        }),
    }))
}

fn in_state(tx: &mut Tx<'_>, item: ItemId, period: &str, standing: Standing) -> Result<i64, Error> {
    let row = tx.query_one(
        "SELECT COUNT(*) FROM quota_places WHERE item_id = $1 AND period = $2 AND state = $3",
        &params![item, period, standing.word()],
    )?;
    Ok(row.get(0)?)
}

/// Every quota, at most 500.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Quota>, Error> {
    let rows = tx.query(
        "SELECT item_id, period FROM quotas ORDER BY item_id, period LIMIT 500",
        &params![],
    )?;
    let mut quotas = Vec::with_capacity(rows.len());
    for row in &rows {
        let (item, period): (ItemId, String) = (row.get(0)?, row.get(1)?);
        quotas.extend(of(tx, item, &period)?);
    }
    Ok(quotas)
}

/// Where a case stands; `None` for one that is not limited or was never accepted.
pub fn position(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Position>, Error> {
    let row = tx.query_opt(
        "SELECT p.item_id, p.period, p.order_no, p.accepted_at, p.state, q.total, q.taken
           FROM quota_places p
           JOIN quotas q ON q.item_id = p.item_id AND q.period = p.period
          WHERE p.case_id = $1",
        &params![case],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (item, period, order): (ItemId, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let word: String = row.get(4)?;
    let state = Standing::from_word(&word)
        .ok_or_else(|| store::Error::Corrupt(format!("quota_places.state {word}")))?;
    let ahead = ahead_of(tx, item, &period, order)?;
    Ok(Some(Position {
        item,
        order,
        accepted_at: row.get(3)?,
        state,
        ahead,
        total: row.get(5)?,
        taken: row.get(6)?,
        period,
    }))
}

/// The applications that wait, in their order, at most `limit`.
pub fn waiting(
    tx: &mut Tx<'_>,
    item: ItemId,
    period: &str,
    limit: usize,
) -> Result<Vec<(CaseId, i64, Timestamp)>, Error> {
    let rows = tx.query(
        "SELECT case_id, order_no, accepted_at
           FROM quota_places
          WHERE item_id = $1 AND period = $2 AND state = 'waiting'
          ORDER BY order_no
          LIMIT $3",
        &params![item, period, i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

fn ahead_of(tx: &mut Tx<'_>, item: ItemId, period: &str, order: i64) -> Result<i64, Error> {
    let row = tx.query_one(
        "SELECT COUNT(*) FROM quota_places
          WHERE item_id = $1 AND period = $2 AND state = 'waiting' AND order_no < $3",
        &params![item, period, order],
    )?;
    Ok(row.get(0)?)
}

/// Whether an application accepted on this day takes a place. Places go in the order of acceptance, so a person decides.
pub(crate) fn is_limited(tx: &mut Tx<'_>, item: ItemId, day: Date) -> Result<bool, Error> {
    let (year, all) = (Period::Year(day.year()).word(), Period::All.word());
    let row = tx.query_opt(
        "SELECT 1 FROM quotas WHERE item_id = $1 AND period IN ($2, $3) LIMIT 1",
        &params![item, year, all],
    )?;
    Ok(row.is_some())
}

/// Follows one act: acceptance takes the next order, a grant takes a place, every other end leaves.
///
/// # Errors
/// [`Error::Full`] where there is no place; the act with it is undone.
pub(crate) fn follow(tx: &mut Tx<'_>, before: &Case, after: &Case) -> Result<(), Error> {
    if before.state != "accepted" && after.state == "accepted" {
        return enter(tx, after);
    }
    let decided = before.outcome.is_none() && after.outcome.is_some();
    if !decided && after.is_open() {
        return Ok(());
    }
    let Some(place) = position(tx, after.id)? else {
        return Ok(());
    };
    if place.state != Standing::Waiting {
        return Ok(());
    }
    let granted = after
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.code == "granted");
    if !granted {
        return settle(tx, after.id, Standing::Left);
    }
    // The row is locked first; what is counted afterwards is what everybody before has left behind.
    let row = tx.query_one(
        "UPDATE quotas SET taken = taken + 1 WHERE item_id = $1 AND period = $2 RETURNING total, taken",
        &params![place.item, &place.period],
    )?;
    let (total, taken): (i64, i64) = (row.get(0)?, row.get(1)?);
    let ahead = ahead_of(tx, place.item, &place.period, place.order)?;
    may_grant(total, taken - 1, ahead).map_err(Error::Full)?;
    settle(tx, after.id, Standing::Granted)
}

/// Gives back the place of the case that first granted a certificate, when the certificate is revoked or cancelled
/// (行政许可法第六十九条、第七十条). A cancellation that follows a revocation finds nothing to give back.
pub(crate) fn free(tx: &mut Tx<'_>, granted_by: CaseId) -> Result<(), Error> {
    let Some(place) = position(tx, granted_by)?.filter(|place| place.state == Standing::Granted)
    else {
        return Ok(());
    };
    tx.exec(
        "UPDATE quotas SET taken = taken - 1 WHERE item_id = $1 AND period = $2",
        &params![place.item, &place.period],
    )?;
    settle(tx, granted_by, Standing::Freed)
}

fn enter(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    // Whoever changes, renews or replaces a certificate has a place already.
    if crate::after::after(case).is_some() {
        return Ok(());
    }
    let Some(about) = about(case) else {
        return Ok(());
    };
    let day: Date = calendar::civil_date(case.last.at);
    for period in [Period::Year(day.year()), Period::All] {
        let word = period.word();
        let row = tx.query_opt(
            "UPDATE quotas SET issued = issued + 1 WHERE item_id = $1 AND period = $2 RETURNING issued",
            &params![about.item, &word],
        )?;
        let Some(row) = row else { continue };
        tx.exec(
            "INSERT INTO quota_places (case_id, item_id, period, order_no, accepted_at, state)
             VALUES ($1, $2, $3, $4, $5, 'waiting')
             ON CONFLICT (case_id) DO NOTHING",
            &params![case.id, about.item, &word, row.get::<i64>(0)?, case.last.at],
        )?;
        return Ok(());
    }
    Ok(())
}

fn settle(tx: &mut Tx<'_>, case: CaseId, standing: Standing) -> Result<(), Error> {
    tx.exec(
        "UPDATE quota_places SET state = $2 WHERE case_id = $1",
        &params![case, standing.word()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_in_the_order_of_acceptance() {
        assert_eq!(may_grant(10, 0, 0), Ok(()));
        // Nine before it are still waiting: the tenth place is its own whatever becomes of them.
        assert_eq!(may_grant(10, 0, 9), Ok(()));
        assert_eq!(
            may_grant(10, 0, 10),
            Err(Full::Behind {
                ahead: 10,
                left: 10
            })
        );
        assert_eq!(may_grant(10, 9, 1), Err(Full::Behind { ahead: 1, left: 1 }));
        assert_eq!(may_grant(10, 10, 0), Err(Full::Gone { total: 10 }));
        assert_eq!(may_grant(0, 0, 0), Err(Full::Gone { total: 0 }));
    }

    #[test]
    fn a_period_is_all_or_a_year() {
        assert_eq!(Period::from_word("all"), Some(Period::All));
        assert_eq!(Period::from_word("2026"), Some(Period::Year(2026)));
        for wrong in ["", "26", "1999", "二〇二六", "2026-05"] {
            assert_eq!(Period::from_word(wrong), None, "{wrong}");
        }
    }
}
