//! 时限提醒: a clock that nears its end, or is over it, tells so at that instant, to the officer and the supervisor.
//!
//! Nothing is scanned: every open clock carries the next instant at which it has something to tell, in an index, and
//! only those whose instant has come are touched, by one statement for thousands of them. A million open clocks cost
//! one step into the index until then. What is told stands in a table with clock, level and due date as its key, so
//! it is told once, however often the clock's row is written anew and wherever the work was broken off.

use std::sync::OnceLock;
use std::time::Duration;

use base::ids::{CaseId, ClockId, OrgId, StaffId};
use calendar::{Calendar, Clock, Role, Thresholds};
use casework::{Actor, Permission};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Db, Row, Tx, Value, params};

use crate::derived::NEVER;
use crate::error::Error;
use crate::queue::{DOABLE, region_range};

/// Clocks told of in one transaction.
pub const BATCH: i64 = 5000;
/// Unread alerts that are counted; more are “99+”.
pub const COUNTED_MAX: i64 = 100;
/// Days an alert is kept.
pub const KEPT_DAYS: i64 = 400;
/// The most days ahead that a band may begin.
pub const DAYS_MAX: u32 = 60;
/// How long the follower rests between two looks.
const REST: Duration = Duration::from_millis(200);

/// How many units of a clock are left when it turns yellow, and red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bands {
    pub yellow_days: u32,
    pub red_days: u32,
}

impl Default for Bands {
    fn default() -> Bands {
        Bands {
            yellow_days: 3,
            red_days: 1,
        }
    }
}

impl Bands {
    /// Whether they can be gone by: red comes after yellow.
    pub fn is_sound(self) -> bool {
        self.red_days <= self.yellow_days && self.yellow_days <= DAYS_MAX
    }
}

/// Set once, when the process starts; every clock's row is written by them.
static BANDS: OnceLock<Bands> = OnceLock::new();

/// Goes by these bands from now on; `false` where the process goes by others already.
pub fn configure(bands: Bands) -> bool {
    *BANDS.get_or_init(|| bands) == bands
}

/// The bands this process goes by.
pub fn bands() -> Bands {
    *BANDS.get_or_init(Bands::default)
}

/// Notes the bands of this process; whether the rows were written by others and have to be worked out again.
pub fn adopt(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let now = bands();
    let (yellow, red) = (i64::from(now.yellow_days), i64::from(now.red_days));
    let row = tx.query_opt("SELECT yellow, red FROM alert_bands WHERE id = 1", &[])?;
    let known: Option<(i64, i64)> = match row {
        Some(row) => Some((row.get(0)?, row.get(1)?)),
        None => None,
    };
    if known == Some((yellow, red)) {
        return Ok(false);
    }
    tx.queue(
        "INSERT INTO alert_bands (id, yellow, red) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET yellow = excluded.yellow, red = excluded.red",
        params![yellow, red],
    )?;
    // Before the first time there was nothing but the usual bands.
    Ok(known.is_some() || now != Bands::default())
}

/// The instants at which a clock has something to tell, first and second; [`NEVER`] for none.
///
/// A statutory clock beside a promised one tells only when it is over: until then the promise goes before it. A band
/// that would begin with the clock itself tells nothing.
pub(crate) fn instants(
    clock: &Clock,
    calendar: &Calendar,
    due_at: i64,
    warns: bool,
    tells: bool,
) -> (i64, i64) {
    if !tells || due_at == NEVER {
        return (NEVER, NEVER);
    }
    if !warns {
        return (due_at, due_at);
    }
    let bands = bands();
    let begins = |left: u32| {
        let thresholds = Thresholds {
            near_share: (0, 1),
            near_units: left,
        };
        clock
            .turns(calendar, &thresholds)
            .ok()
            .and_then(|turns| turns.near_at)
            .filter(|at| *at > clock.start_at)
            .map_or(due_at, |at| at.as_millisecond().min(due_at))
    };
    let red_at = begins(bands.red_days);
    (begins(bands.yellow_days).min(red_at), red_at)
}

/// Whether the office answers for a clock: it governs the decision, or somebody of the office has a task under it.
pub(crate) fn is_offices(case: &casework::Case, clock: &Clock) -> bool {
    clock.terms.role != Role::Step
        || case.tasks.iter().any(|task| {
            matches!(task.duty, casework::case::Duty::Staff { .. })
                && task.clock.as_deref() == Some(clock.terms.kind.as_str())
        })
}

/// How far a clock has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Yellow,
    Red,
    /// 超期.
    Over,
}

impl Level {
    pub const ALL: [Level; 3] = [Level::Yellow, Level::Red, Level::Over];

    pub fn word(self) -> &'static str {
        match self {
            Level::Yellow => "yellow",
            Level::Red => "red",
            Level::Over => "over",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Level::Yellow => "黄色提醒",
            Level::Red => "红色提醒",
            Level::Over => "超期",
        }
    }

    fn of(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.word() == word)
    }
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// When it was told.
    pub at: Timestamp,
    /// The instant it was to be told.
    pub fell_at: Timestamp,
    pub level: Level,
    pub case_id: CaseId,
    pub clock_id: ClockId,
    /// The clock's kind.
    pub kind: String,
    pub case_no: String,
    pub title: String,
    pub applicant_name: String,
    pub state: String,
    pub org: OrgId,
    pub region: String,
    /// Who had taken the case.
    pub staff: Option<StaffId>,
    pub due_at: Timestamp,
}

/// Tells what has fallen due by `now`, at most [`BATCH`] clocks; how many there were.
pub fn tell(tx: &mut Tx<'_>, now: Timestamp) -> Result<i64, Error> {
    let found = tx.query_one(
        "SELECT count(*) FROM
             (SELECT warn_at FROM clocks WHERE warn_at <= $1
              ORDER BY warn_at, case_id, clock_id LIMIT $2) AS due",
        &params![now, BATCH],
    )?;
    let count: i64 = found.get(0)?;
    if count == 0 {
        return Ok(0);
    }
    // Where the batch ends: many clocks share one midnight.
    let last = tx.query_one(
        "SELECT warn_at, case_id, clock_id FROM clocks WHERE warn_at <= $1
         ORDER BY warn_at, case_id, clock_id LIMIT 1 OFFSET $2",
        &params![now, count - 1],
    )?;
    let warn_at: i64 = last.get(0)?;
    let (case, clock): (CaseId, ClockId) = (last.get(1)?, last.get(2)?);
    tx.exec(
        "INSERT INTO alerts (case_id, clock_id, level, due_at, fell_at, at, kind, org_id, region, staff_id)
         SELECT k.case_id, k.clock_id,
             CASE WHEN k.due_at <= $1 THEN 'over' WHEN k.red_at <= $1 THEN 'red' ELSE 'yellow' END,
             k.due_at,
             CASE WHEN k.due_at <= $1 THEN k.due_at WHEN k.red_at <= $1 THEN k.red_at ELSE k.warn_at END,
             $1, k.kind, k.org_id, k.region,
             (SELECT t.staff_id FROM tasks t
              WHERE t.case_id = k.case_id AND t.staff_id IS NOT NULL ORDER BY t.no LIMIT 1)
         FROM clocks k WHERE (k.warn_at, k.case_id, k.clock_id) <= ($2, $3, $4)
         ON CONFLICT DO NOTHING",
        &params![now, warn_at, case, clock],
    )?;
    tx.exec(
        "UPDATE clocks SET warn_at =
             CASE WHEN due_at <= $1 THEN $5 WHEN red_at <= $1 THEN due_at ELSE red_at END
         WHERE (warn_at, case_id, clock_id) <= ($2, $3, $4)",
        &params![now, warn_at, case, clock, NEVER],
    )?;
    Ok(count)
}

/// Whether anything has fallen due: one step into the index.
fn is_due(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, Error> {
    let row = tx.query_opt(
        "SELECT 1 FROM clocks WHERE warn_at <= $1 LIMIT 1",
        &params![now],
    )?;
    Ok(row.is_some())
}

/// Tells everything that falls due, until the database is closed.
pub async fn follow(db: Db, clock: impl Fn() -> Timestamp) {
    loop {
        match told(&db, clock()).await {
            Ok(BATCH) => {}
            Ok(_) => tokio::time::sleep(REST).await,
            Err(Error::Store(store::Error::Closed)) => return,
            Err(error) => {
                tracing::warn!(%error, "alerts will be told later");
                tokio::time::sleep(REST * 20).await;
            }
        }
    }
}

/// One look; only what is due takes the writer's turn.
pub async fn told(db: &Db, now: Timestamp) -> Result<i64, Error> {
    if db.read(move |tx| is_due(tx, now)).await? {
        db.write(move |tx| tell(tx, now)).await
    } else {
        Ok(0)
    }
}

/// Where a page of alerts ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub at: i64,
    pub case_id: CaseId,
    pub clock_id: ClockId,
    pub level: String,
}

impl Alert {
    pub fn before(&self) -> Before {
        Before {
            at: self.at.as_millisecond(),
            case_id: self.case_id,
            clock_id: self.clock_id,
            level: self.level.word().to_owned(),
        }
    }
}

/// Alerts about cases somebody handles or supervises, the latest first.
pub fn list(
    tx: &mut Tx<'_>,
    actor: &Actor,
    level: Option<Level>,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<Alert>, Error> {
    let Some((scope, mut values)) = scope(actor) else {
        return Ok(Vec::new());
    };
    let mut sql = format!(
        "SELECT a.at, a.fell_at, a.level, a.case_id, a.clock_id, a.kind, c.case_no, c.title, c.applicant_name,
             c.state, a.org_id, a.region, a.staff_id, a.due_at
         FROM alerts a JOIN cases c ON c.case_id = a.case_id WHERE ({scope})"
    );
    let mut bind = |value: Value| {
        values.push(value);
        values.len()
    };
    if let Some(level) = level {
        sql.push_str(&format!(" AND a.level = ${}", bind(level.word().into())));
    }
    if let Some(before) = before {
        sql.push_str(&format!(
            " AND (a.at, a.case_id, a.clock_id, a.level) < (${}, ${}, ${}, ${})",
            bind(before.at.into()),
            bind(before.case_id.into()),
            bind(before.clock_id.into()),
            bind(before.level.as_str().into()),
        ));
    }
    let limit = bind((limit.clamp(1, 1000) as i64).into());
    sql.push_str(&format!(
        " ORDER BY a.at DESC, a.case_id DESC, a.clock_id DESC, a.level DESC LIMIT ${limit}"
    ));
    tx.query(&sql, &values)?.iter().map(read).collect()
}

/// How many alerts came since somebody last looked; counting stops at [`COUNTED_MAX`].
pub fn unread(tx: &mut Tx<'_>, actor: &Actor) -> Result<i64, Error> {
    let (Some((scope, mut values)), Actor::Staff(staff)) = (scope(actor), actor) else {
        return Ok(0);
    };
    let since = seen(tx, staff.staff)?;
    values.push(since.into());
    let at = values.len();
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM alerts a WHERE ({scope}) AND a.at > ${at}
                               LIMIT {COUNTED_MAX}) AS counted"
    );
    Ok(tx.query_one(&sql, &values)?.get(0)?)
}

/// Up to when somebody has looked, as milliseconds.
pub fn seen(tx: &mut Tx<'_>, staff: StaffId) -> Result<i64, Error> {
    let row = tx.query_opt(
        "SELECT at FROM alerts_seen WHERE staff_id = $1",
        &params![staff],
    )?;
    Ok(row.map_or(Ok(0), |row| row.get(0))?)
}

/// Notes that somebody has looked at everything up to `until`.
pub fn look(tx: &mut Tx<'_>, staff: StaffId, until: Timestamp) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO alerts_seen (staff_id, at) VALUES ($1, $2)
         ON CONFLICT (staff_id) DO UPDATE SET at = excluded.at WHERE excluded.at > alerts_seen.at",
        params![staff, until],
    )?;
    Ok(())
}

/// Deletes alerts past their time, at most `limit` at a time; tells how many.
pub fn purge(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let row = tx.query_opt(
        "SELECT at FROM alerts WHERE at < $1 ORDER BY at LIMIT 1 OFFSET $2",
        &params![before, limit - 1],
    )?;
    let until: i64 = match row {
        Some(row) => row.get(0)?,
        None => before.as_millisecond() - 1,
    };
    Ok(tx.exec("DELETE FROM alerts WHERE at <= $1", &params![until])?)
}

/// What somebody is told of: cases of the grants by which they handle or supervise.
fn scope(actor: &Actor) -> Option<(String, Vec<Value>)> {
    let Actor::Staff(staff) = actor else {
        return None;
    };
    let mut values: Vec<Value> = Vec::new();
    let mut scopes = Vec::new();
    for grant in &staff.grants {
        let told = |permission: &Permission| {
            *permission == Permission::Supervise || DOABLE.contains(permission)
        };
        if !grant.role.permissions().iter().any(told) {
            continue;
        }
        let mut parts = vec!["1 = 1".to_owned()];
        if let Some(org) = grant.org {
            values.push(org.into());
            parts.push(format!("a.org_id = ${}", values.len()));
        }
        if let Some((low, high)) = region_range(&grant.region) {
            values.push(low.into());
            values.push(high.into());
            let at = values.len();
            parts.push(format!("a.region >= ${} AND a.region < ${at}", at - 1));
        }
        scopes.push(format!("({})", parts.join(" AND ")));
    }
    (!scopes.is_empty()).then(|| (scopes.join(" OR "), values))
}

fn read(row: &Row) -> Result<Alert, Error> {
    let level: String = row.get(2)?;
    Ok(Alert {
        at: row.get(0)?,
        fell_at: row.get(1)?,
        level: Level::of(&level)
            .ok_or_else(|| Error::Damaged(format!("an alert of level {level}")))?,
        case_id: row.get(3)?,
        clock_id: row.get(4)?,
        kind: row.get(5)?,
        case_no: row.get(6)?,
        title: row.get(7)?,
        applicant_name: row.get(8)?,
        state: row.get(9)?,
        org: row.get(10)?,
        region: row.get(11)?,
        staff: row.get(12)?,
        due_at: row.get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use calendar::{ClockTerms, Length, Rule};

    use super::*;

    fn clock(days: u32) -> Clock {
        let terms = ClockTerms {
            kind: "promised".to_owned(),
            role: Role::Promised,
            basis: "承诺办结时限".to_owned(),
            length: Length::working_days(days),
            start_event: "受理".to_owned(),
            rule: Rule::default(),
            pausable: calendar::PauseReason::LICENSING.to_vec(),
            extension_max: None,
        };
        let thursday = "2026-05-21T10:20:00+08:00".parse().expect("an instant");
        Clock::start(ClockId::from_uuid(uuid::Uuid::nil()), terms, thursday)
    }

    /// First and second instant as China's clocks show them.
    fn told(clock: &Clock, warns: bool, tells: bool) -> (String, String) {
        let calendar = Calendar::builtin();
        let due = clock.due(&calendar).expect("published").due();
        let due_at = due.map_or(NEVER, |due| due.at.as_millisecond());
        let (first, second) = instants(clock, &calendar, due_at, warns, tells);
        let shown = |ms: i64| {
            if ms == NEVER {
                return String::new();
            }
            let at = Timestamp::from_millisecond(ms).expect("an instant");
            calendar::civil_date(at).to_string()
        };
        (shown(first), shown(second))
    }

    #[test]
    fn a_clock_tells_three_days_ahead_and_one() {
        let pair = |first: &str, second: &str| (first.to_owned(), second.to_owned());
        // Due on Tuesday the 2nd of June: three days are left on Thursday the 28th, one on Monday the 1st.
        let eight = clock(8);
        assert_eq!(told(&eight, true, true), pair("2026-05-28", "2026-06-01"));
        // Beside a promise, a statutory clock tells of its end only; one the office does not answer for tells nothing.
        assert_eq!(told(&eight, false, true), pair("2026-06-03", "2026-06-03"));
        assert_eq!(told(&eight, true, false), pair("", ""));
        // A band as long as the clock would begin with it.
        assert_eq!(
            told(&clock(3), true, true),
            pair("2026-05-25", "2026-05-25")
        );
        assert_eq!(
            told(&clock(1), true, true),
            pair("2026-05-23", "2026-05-23")
        );
    }

    #[test]
    fn a_clock_that_stands_still_tells_nothing() {
        let mut stopped = clock(8);
        let at = "2026-05-25T09:00:00+08:00".parse().expect("an instant");
        stopped
            .pause(
                at,
                calendar::PauseReason::ExpertReview,
                "特〔2026〕1号",
                Length::working_days(5),
            )
            .expect("a lawful stop");
        assert_eq!(told(&stopped, true, true), (String::new(), String::new()));
    }

    #[test]
    fn red_comes_after_yellow() {
        let bands = |yellow_days, red_days| Bands {
            yellow_days,
            red_days,
        };
        assert!(Bands::default().is_sound());
        assert!(bands(0, 0).is_sound());
        assert!(!bands(1, 2).is_sound());
        assert!(!bands(DAYS_MAX + 1, 1).is_sound());
    }
}
