//! What stands around a queue: its counts by light, the figures of the day, and what it is about.

use std::collections::BTreeSet;

use base::ids::{OrgId, StaffId};
use casework::Actor;
use jiff::Timestamp;
use store::{Tx, params};

use super::{DELIVERY, EXAMINATION, Filter, Light, Sql, count};
use crate::{derived::NEVER, error::Error};

/// What a day begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub over: i64,
    /// Not overdue, and due before the day ends.
    pub today: i64,
    /// Back from the applicant after a correction.
    pub returned: i64,
    /// Decided, to be handed over.
    pub deliver: i64,
    /// Taken by the one who asks.
    pub mine: i64,
    /// Only the [`OVERVIEW_OF`] most urgent tasks were looked at: there may be more of each.
    pub partial: bool,
}

/// What the most urgent tasks of a queue are about, to choose a filter from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Names of items.
    pub items: BTreeSet<String>,
    pub orgs: BTreeSet<OrgId>,
    pub regions: BTreeSet<String>,
}

/// What stands around a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    pub counts: Counts,
    pub figures: Figures,
    pub subjects: Subjects,
}

/// Tasks that [`overview`] looks at.
pub const OVERVIEW_OF: i64 = 2000;

/// Counts the actor's queue and says what it is about: everything from an index, see `0172_indexes.sql`.
pub fn overview(
    tx: &mut Tx<'_>,
    actor: &Actor,
    me: StaffId,
    now: Timestamp,
) -> Result<Overview, Error> {
    let midnight = calendar::end_of_day(calendar::civil_date(now)).as_millisecond();
    let params = params![
        now.as_millisecond(),
        midnight,
        NEVER,
        EXAMINATION,
        DELIVERY,
        me
    ];
    let select = "SELECT count(*),
            count(*) FILTER (WHERE due_at < $1),
            count(*) FILTER (WHERE due_at >= $1 AND near_at <= $1),
            count(*) FILTER (WHERE near_at > $1 AND due_at < $3),
            count(*) FILTER (WHERE due_at = $3),
            count(*) FILTER (WHERE due_at >= $1 AND due_at <= $2),
            count(*) FILTER (WHERE kind = $4 AND no > 1),
            count(*) FILTER (WHERE kind = $5),
            count(*) FILTER (WHERE staff_id = $6)
         FROM (SELECT due_at, near_at, no, kind, staff_id FROM tasks WHERE ";
    let Some(mut sql) = Sql::with(select, params.to_vec(), actor) else {
        return Ok(Overview::default());
    };
    sql.most_urgent(OVERVIEW_OF);
    let row = tx.query_one(&sql.text, &sql.params)?;
    let mut counts = Counts {
        over: row.get(1)?,
        near: row.get(2)?,
        ok: row.get(3)?,
        held: row.get(4)?,
    };
    let figures = Figures {
        over: counts.over,
        today: row.get(5)?,
        returned: row.get(6)?,
        deliver: row.get(7)?,
        mine: row.get(8)?,
        partial: row.get::<i64>(0)? >= OVERVIEW_OF,
    };
    if figures.partial {
        counts = counts_by_light(tx, actor, now)?;
    }
    Ok(Overview {
        counts,
        figures,
        subjects: subjects(tx, actor)?,
    })
}

/// Items, organisations and regions among the most urgent tasks.
fn subjects(tx: &mut Tx<'_>, actor: &Actor) -> Result<Subjects, Error> {
    let select = "SELECT DISTINCT title, org_id, region FROM
                    (SELECT title, org_id, region FROM tasks WHERE ";
    let Some(mut sql) = Sql::for_actor(select, actor) else {
        return Ok(Subjects::default());
    };
    sql.most_urgent(OVERVIEW_OF);
    let mut subjects = Subjects::default();
    for row in &tx.query(&sql.text, &sql.params)? {
        subjects.items.insert(row.get(0)?);
        subjects.orgs.insert(row.get(1)?);
        subjects.regions.insert(row.get(2)?);
    }
    Ok(subjects)
}

/// How many open tasks, by light; each count stops at [`COUNT_LIMIT`](super::COUNT_LIMIT) so that a page never waits for a long one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub over: i64,
    pub near: i64,
    pub ok: i64,
    pub held: i64,
}

impl Counts {
    pub fn total(&self) -> i64 {
        self.over + self.near + self.ok + self.held
    }
}

/// Counts of the actor's whole queue by light, each as far as [`COUNT_LIMIT`](super::COUNT_LIMIT).
fn counts_by_light(tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<Counts, Error> {
    let mut count = |light| {
        let filter = Filter {
            light: Some(light),
            ..Filter::default()
        };
        count(tx, actor, &filter, now)
    };
    Ok(Counts {
        over: count(Light::Over)?,
        near: count(Light::Near)?,
        ok: count(Light::Ok)?,
        held: count(Light::Held)?,
    })
}
