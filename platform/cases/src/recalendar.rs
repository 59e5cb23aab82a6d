//! A changed calendar moves the due dates of open clocks: each move is recorded, old date and new.

use std::collections::HashMap;

use base::ids::{CaseId, ClockId};
use calendar::Calendar;
use casework::{Actor, ActorRef, Case, Event, Fact};
use jiff::{SignedDuration, Timestamp, civil::Date};
use store::{Db, Tx, params};

use crate::{
    derived::{self, NEVER},
    error::Error,
    record::{self, execute, rewrite_derived},
};

/// What a reload did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recomputed {
    /// Cases with an open clock that were looked at.
    pub cases: u64,
    /// Clocks whose due date moved.
    pub clocks: u64,
}

/// Goes through every case with an open clock, in batches of 200 per transaction.
///
/// Compares the stored due dates with those of `calendar`, so it may run again, and in several processes: a case
/// whose dates already follow gets no event.
pub async fn run(db: &Db, calendar: &Calendar, now: Timestamp) -> Result<Recomputed, Error> {
    let mut done = Recomputed::default();
    let mut after: Option<CaseId> = None;
    loop {
        let batch = db.read(move |tx| open_cases(tx, after, 200)).await?;
        let Some(last) = batch.last().copied() else {
            return Ok(done);
        };
        after = Some(last);
        let calendar = calendar.clone();
        let (cases, clocks) = db
            .write(move |tx| {
                let mut moved = 0;
                for id in &batch {
                    moved += one(tx, &calendar, *id, now)?;
                }
                Ok::<_, Error>((batch.len() as u64, moved))
            })
            .await?;
        done.cases += cases;
        done.clocks += clocks;
    }
}

fn open_cases(tx: &mut Tx<'_>, after: Option<CaseId>, limit: i64) -> Result<Vec<CaseId>, Error> {
    let after = after.map_or(uuid::Uuid::nil(), CaseId::uuid);
    tx.query(
        "SELECT DISTINCT case_id FROM clocks WHERE case_id > $1 ORDER BY case_id LIMIT $2",
        &params![after, limit],
    )?
    .iter()
    .map(|row| Ok(row.get(0)?))
    .collect()
}

fn one(tx: &mut Tx<'_>, calendar: &Calendar, id: CaseId, now: Timestamp) -> Result<u64, Error> {
    let Some(case) = record::load(tx, id)? else {
        return Ok(0);
    };
    let stored = tx
        .query(
            "SELECT clock_id, due_at FROM clocks WHERE case_id = $1",
            &params![id],
        )?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect::<Result<HashMap<ClockId, i64>, Error>>()?;
    let facts = moved(&case, &stored, calendar);
    // What is planned for the instant a clock falls due moves with it.
    for row in derived::clocks(&case, calendar) {
        match stored.get(&row.id) {
            Some(old) if *old != row.due_at && *old != NEVER && row.due_at != NEVER => {
                tx.reschedule(id.uuid(), *old, row.due_at)?;
            }
            _ => {}
        }
    }
    if facts.is_empty() {
        // A date may have been provisional and be certain now, without moving.
        rewrite_derived(tx, calendar, &case)?;
        return Ok(0);
    }
    let case = execute(tx, calendar, id, |case| {
        Ok::<_, Error>(Event {
            seq: case.version + 1,
            at: now.max(case.last.at),
            actor: ActorRef::from(&Actor::System),
            command: "recompute_clocks".to_owned(),
            remark: String::new(),
            facts: facts.clone(),
        })
    })?;
    rewrite_derived(tx, calendar, &case)?;
    Ok(facts.len() as u64)
}

fn moved(case: &Case, stored: &HashMap<ClockId, i64>, calendar: &Calendar) -> Vec<Fact> {
    derived::clocks(case, calendar)
        .into_iter()
        .filter_map(|row| {
            let old = *stored.get(&row.id)?;
            if old == row.due_at {
                return None;
            }
            let clock = case.clocks.iter().find(|clock| clock.id == row.id)?;
            Some(Fact::ClockRecomputed {
                clock: clock.clone(),
                old_due: due_date(old),
                new_due: due_date(row.due_at),
                calendar: calendar.version().to_owned(),
            })
        })
        .collect()
}

/// The last day of a limit that ends at this instant.
fn due_date(due_at: i64) -> Option<Date> {
    if due_at == NEVER {
        return None;
    }
    let end = Timestamp::from_millisecond(due_at).ok()?;
    Some(calendar::civil_date(end - SignedDuration::from_millis(1)))
}
