//! What stands around a queue: its counts by light, the figures of the day, and what it is about.

use std::collections::BTreeSet;

use base::ids::{OrgId, StaffId};
use casework::Actor;
use jiff::Timestamp;
use store::Tx;

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

/// Counts the actor's queue and says what it is about, in one look along an index, see `0173_names.sql`.
pub fn overview(
    tx: &mut Tx<'_>,
    actor: &Actor,
    me: StaffId,
    now: Timestamp,
) -> Result<Overview, Error> {
    let mut overview = Overview::default();
    let select =
        "SELECT due_at, near_at, no, kind, staff_id, title, org_id, region FROM tasks WHERE ";
    let Some(mut sql) = Sql::for_actor(select, actor) else {
        return Ok(overview);
    };
    let limit = sql.bind(OVERVIEW_OF);
    sql.text
        .push_str(&format!(" ORDER BY due_at LIMIT {limit}"));
    let at = now.as_millisecond();
    let midnight = calendar::end_of_day(calendar::civil_date(now)).as_millisecond();
    let mut seen = 0;
    tx.each(&sql.text, &sql.params, &mut |row| {
        let Overview {
            counts,
            figures,
            subjects,
        } = &mut overview;
        let (due, near): (i64, i64) = (row.get(0)?, row.get(1)?);
        let light = if due == NEVER {
            &mut counts.held
        } else if due < at {
            &mut counts.over
        } else if near <= at {
            &mut counts.near
        } else {
            &mut counts.ok
        };
        *light += 1;
        let kind = row.text(3)?;
        figures.today += i64::from(due >= at && due <= midnight);
        figures.returned += i64::from(kind == EXAMINATION && row.get::<i64>(2)? > 1);
        figures.deliver += i64::from(kind == DELIVERY);
        figures.mine += i64::from(row.get::<Option<StaffId>>(4)? == Some(me));
        note(&mut subjects.items, row.text(5)?);
        subjects.orgs.insert(row.get(6)?);
        note(&mut subjects.regions, row.text(7)?);
        seen += 1;
        Ok(())
    })?;
    overview.figures.over = overview.counts.over;
    overview.figures.partial = seen >= OVERVIEW_OF;
    if overview.figures.partial {
        overview.counts = counts_by_light(tx, actor, now)?;
    }
    Ok(overview)
}

/// Most rows name what a row before them named.
fn note(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
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
