//! A changed calendar moves the due dates of open clocks: each move is recorded, old date and new.

use base::ids::CaseId;
use calendar::{Calendar, Clock};
use casework::{Actor, ActorRef, Case, Event, Fact};
use jiff::{Timestamp, civil::Date};
use store::{Db, Tx, params};

use crate::{
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
/// Safe to run again: a case whose dates already follow `new` gets no event.
pub async fn run(
    db: &Db,
    old: &Calendar,
    new: &Calendar,
    now: Timestamp,
) -> Result<Recomputed, Error> {
    let mut done = Recomputed::default();
    let mut after: Option<CaseId> = None;
    loop {
        let batch = db.read(move |tx| open_cases(tx, after, 200)).await?;
        let Some(last) = batch.last().copied() else {
            return Ok(done);
        };
        after = Some(last);
        let (old, new) = (old.clone(), new.clone());
        let (cases, clocks) = db
            .write(move |tx| {
                let mut moved = 0;
                for id in &batch {
                    moved += one(tx, &old, &new, *id, now)?;
                }
                Ok::<_, Error>((batch.len() as u64, moved))
            })
            .await?;
        done.cases += cases;
        done.clocks += clocks;
    }
}

fn open_cases(tx: &mut Tx<'_>, after: Option<CaseId>, limit: i64) -> Result<Vec<CaseId>, Error> {
    let after = after.map_or(uuid::Uuid::nil(), |id| id.uuid());
    tx.query(
        "SELECT DISTINCT case_id FROM clocks WHERE case_id > $1 ORDER BY case_id LIMIT $2",
        &params![after, limit],
    )?
    .iter()
    .map(|row| Ok(row.get(0)?))
    .collect()
}

fn one(
    tx: &mut Tx<'_>,
    old: &Calendar,
    new: &Calendar,
    id: CaseId,
    now: Timestamp,
) -> Result<u64, Error> {
    let Some(case) = record::load(tx, id)? else {
        return Ok(0);
    };
    let facts = moved(&case, old, new);
    if facts.is_empty() {
        // A date may have been provisional and be certain now, without moving.
        rewrite_derived(tx, new, &case)?;
        return Ok(0);
    }
    let count = facts.len() as u64;
    execute(tx, new, id, |case| {
        Ok::<_, Error>(Event {
            seq: case.version + 1,
            at: now.max(case.last.at),
            actor: ActorRef::from(&Actor::System),
            command: "recompute_clocks".to_owned(),
            remark: String::new(),
            facts: facts.clone(),
        })
    })?;
    let case = record::load(tx, id)?.ok_or(Error::NotFound)?;
    rewrite_derived(tx, new, &case)?;
    Ok(count)
}

fn moved(case: &Case, old: &Calendar, new: &Calendar) -> Vec<Fact> {
    case.open_clocks()
        .filter_map(|clock| {
            let old_due = due_date(clock, old);
            let new_due = due_date(clock, new);
            (old_due != new_due).then(|| Fact::ClockRecomputed {
                clock: clock.clone(),
                old_due,
                new_due,
                calendar: new.version().to_owned(),
            })
        })
        .collect()
}

fn due_date(clock: &Clock, calendar: &Calendar) -> Option<Date> {
    clock.due(calendar).ok()?.due().map(|due| due.date)
}
