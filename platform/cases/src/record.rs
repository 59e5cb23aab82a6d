//! Loading a case and recording what happened to it.

use base::ids::CaseId;
use calendar::Calendar;
use casework::{Case, Event, trail as chain};
use jiff::Timestamp;
use store::{Tx, params};

use crate::{
    derived::{self, ClockRow, TaskRow},
    error::Error,
    words,
};

/// Loads a case by its id.
pub fn load(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Case>, Error> {
    let row = tx.query_opt("SELECT body FROM cases WHERE case_id = $1", &params![id])?;
    row.map(|row| parse(&row.get::<String>(0)?)).transpose()
}

/// Loads a case by its number (办件编号).
pub fn load_by_no(tx: &mut Tx<'_>, no: &str) -> Result<Option<Case>, Error> {
    let row = tx.query_opt("SELECT body FROM cases WHERE case_no = $1", &params![no])?;
    row.map(|row| parse(&row.get::<String>(0)?)).transpose()
}

/// Records a new case.
///
/// # Errors
/// [`Error::Damaged`] if the event does not open a case; a unique violation if id or number are taken.
pub fn open(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    id: CaseId,
    event: &Event,
) -> Result<Case, Error> {
    history(tx, calendar, id, std::slice::from_ref(event))
}

/// Records a case with everything that happened to it so far, as one: cases taken over from another system, and
/// the synthetic city. The events are exactly those the rules would have given.
pub fn history(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    id: CaseId,
    events: &[Event],
) -> Result<Case, Error> {
    let Some((first, rest)) = events.split_first() else {
        return Err(Error::Damaged("a history needs an event".to_owned()));
    };
    let mut case = Case::open(id, first)
        .ok_or_else(|| Error::Damaged("the first fact must be `opened`".to_owned()))?;
    let mut links = Vec::with_capacity(events.len());
    let mut previous = chain::ORIGIN;
    for (event, is_first) in [(first, true)]
        .into_iter()
        .chain(rest.iter().map(|event| (event, false)))
    {
        if !is_first {
            case.apply(event);
        }
        let body = json(event)?;
        previous = chain::link(id, event.seq, &previous, &body);
        links.push((event, body, previous));
    }
    tx.queue(
        "INSERT INTO cases (case_id, case_no, kind, state, version, region, org_id, about_id, title,
             applicant_id, applicant_name, channel, opened_at, closed_at, due_at, outcome, head, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            id,
            &case.no,
            &case.kind,
            &case.state,
            case.version,
            &case.region,
            case.org,
            about(&case),
            &case.title,
            case.applicant,
            &case.applicant_name,
            case.channel.word(),
            case.opened_at,
            case.closed_at,
            derived::headline(&case, calendar),
            case.outcome.as_ref().map(|outcome| outcome.code.as_str()),
            previous,
            json(&case)?
        ],
    )?;
    for (event, body, hash) in links {
        append(tx, &case, event, body, hash)?;
    }
    for task in derived::tasks(&case, calendar) {
        insert_task(tx, &case, task)?;
    }
    for clock in derived::clocks(&case, calendar) {
        insert_clock(tx, &case, clock)?;
    }
    Ok(case)
}

/// Lets `rule` decide on the case as it is now, and records the event it returns.
///
/// The row is written only if its version is still the one that was read; otherwise the transaction is
/// [`store::Error::Stale`] and runs again, so the rule sees what the other one did and refuses with a reason.
pub fn execute<E>(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    id: CaseId,
    rule: impl FnOnce(&Case) -> Result<Event, E>,
) -> Result<Case, E>
where
    E: From<Error>,
{
    let row = tx
        .query_opt(
            "SELECT body, head FROM cases WHERE case_id = $1",
            &params![id],
        )
        .map_err(Error::from)?
        .ok_or(Error::NotFound)?;
    let before = parse(&row.get::<String>(0).map_err(Error::from)?)?;
    let head: [u8; 32] = row.get(1).map_err(Error::from)?;
    let event = rule(&before)?;
    Ok(write(tx, calendar, before, &head, &event)?)
}

/// Takes the row of a case for this transaction, before something is written that only one of two officers may write:
/// a certificate, for one. Whoever comes second waits here, and runs again on the case as the first one left it.
pub fn claim(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    let claimed = tx.exec(
        "UPDATE cases SET version = version WHERE case_id = $1 AND version = $2",
        &params![case.id, case.version],
    )?;
    if claimed == 0 {
        return Err(store::Error::Stale.into());
    }
    Ok(())
}

fn write(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    before: Case,
    head: &[u8; 32],
    event: &Event,
) -> Result<Case, Error> {
    let mut case = before.clone();
    case.apply(event);
    let body = json(event)?;
    let hash = chain::link(case.id, event.seq, head, &body);
    let written = tx.exec(
        "UPDATE cases
         SET state = $1, version = $2, region = $3, org_id = $4, closed_at = $5, due_at = $6, outcome = $7,
             head = $8, body = $9
         WHERE case_id = $10 AND version = $11",
        &params![
            &case.state,
            case.version,
            &case.region,
            case.org,
            case.closed_at,
            derived::headline(&case, calendar),
            case.outcome.as_ref().map(|outcome| outcome.code.as_str()),
            hash,
            json(&case)?,
            case.id,
            before.version
        ],
    )?;
    if written == 0 {
        return Err(store::Error::Stale.into());
    }
    append(tx, &case, event, body, hash)?;
    sync_tasks(tx, calendar, &before, &case)?;
    sync_clocks(tx, calendar, &before, &case)?;
    Ok(case)
}

fn append(
    tx: &mut Tx<'_>,
    case: &Case,
    event: &Event,
    body: String,
    hash: [u8; 32],
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO trail (case_id, seq, at, command, body, hash) VALUES ($1, $2, $3, $4, $5, $6)",
        params![case.id, event.seq, event.at, &event.command, body, hash],
    )?;
    tx.feed(store::feed::Entry {
        kind: format!("{}.{}", case.kind, event.command),
        subject: case.id.uuid(),
        seq: event.seq,
        at_ms: event.at.as_millisecond(),
        hash,
    })?;
    Ok(())
}

fn sync_tasks(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    before: &Case,
    case: &Case,
) -> Result<(), Error> {
    let old = derived::tasks(before, calendar);
    let new = derived::tasks(case, calendar);
    let same_case = before.state == case.state;
    for task in old.iter().filter(|task| !(same_case && new.contains(task))) {
        tx.queue(
            "DELETE FROM tasks WHERE case_id = $1 AND no = $2",
            params![case.id, task.no],
        )?;
    }
    for task in new
        .into_iter()
        .filter(|task| !(same_case && old.contains(task)))
    {
        insert_task(tx, case, task)?;
    }
    Ok(())
}

fn sync_clocks(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    before: &Case,
    case: &Case,
) -> Result<(), Error> {
    let old = derived::clocks(before, calendar);
    let new = derived::clocks(case, calendar);
    let same_place = before.org == case.org && before.region == case.region;
    for clock in old
        .iter()
        .filter(|clock| !(same_place && new.contains(clock)))
    {
        tx.queue(
            "DELETE FROM clocks WHERE case_id = $1 AND clock_id = $2",
            params![case.id, clock.id],
        )?;
    }
    for clock in new
        .into_iter()
        .filter(|clock| !(same_place && old.contains(clock)))
    {
        insert_clock(tx, case, clock)?;
    }
    Ok(())
}

/// Rewrites the derived rows after a calendar changed the due dates under them.
pub(crate) fn rewrite_derived(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    case: &Case,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE cases SET due_at = $1 WHERE case_id = $2",
        params![derived::headline(case, calendar), case.id],
    )?;
    tx.queue("DELETE FROM tasks WHERE case_id = $1", params![case.id])?;
    tx.queue("DELETE FROM clocks WHERE case_id = $1", params![case.id])?;
    for task in derived::tasks(case, calendar) {
        insert_task(tx, case, task)?;
    }
    for clock in derived::clocks(case, calendar) {
        insert_clock(tx, case, clock)?;
    }
    Ok(())
}

fn insert_task(tx: &mut Tx<'_>, case: &Case, task: TaskRow) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO tasks (case_id, no, kind, permission, org_id, region, staff_id, near_at, due_at,
             provisional, opened_at, case_no, state, title, applicant_name, words)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        params![
            case.id,
            task.no,
            task.kind,
            task.permission,
            task.org,
            task.region,
            task.staff,
            task.near_at,
            task.due_at,
            task.provisional,
            task.opened_at,
            &case.no,
            &case.state,
            &case.title,
            &case.applicant_name,
            words::marks(&[&case.applicant_name, &case.title])
        ],
    )?;
    Ok(())
}

fn insert_clock(tx: &mut Tx<'_>, case: &Case, clock: ClockRow) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO clocks (case_id, clock_id, kind, org_id, region, near_at, due_at, provisional, held,
             watched, warn_at, red_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            case.id,
            clock.id,
            clock.kind,
            case.org,
            &case.region,
            clock.near_at,
            clock.due_at,
            clock.provisional,
            clock.held,
            clock.watched,
            clock.warn_at,
            clock.red_at
        ],
    )?;
    Ok(())
}

/// One stored row of a trail.
#[derive(Clone, Debug)]
pub struct TrailRow {
    pub seq: i64,
    pub at: Timestamp,
    pub event: Event,
    /// The exact stored text the hash was made over.
    pub body: String,
    pub hash: [u8; 32],
}

/// The whole trail of a case, oldest first.
pub fn trail(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<TrailRow>, Error> {
    let rows = tx.query(
        "SELECT seq, at, body, hash FROM trail WHERE case_id = $1 ORDER BY seq",
        &params![id],
    )?;
    rows.iter()
        .map(|row| {
            let body: String = row.get(2)?;
            Ok(TrailRow {
                seq: row.get(0)?,
                at: row.get(1)?,
                event: serde_json::from_str(&body)
                    .map_err(|error| Error::Damaged(format!("trail of {id}: {error}")))?,
                body,
                hash: row.get(3)?,
            })
        })
        .collect()
}

/// What a case is about, as its own column so that cases of one item version can be found.
fn about(case: &Case) -> Option<uuid::Uuid> {
    case.details
        .get("about")
        .and_then(|value| value.as_str())
        .and_then(|text| text.parse().ok())
}

pub(crate) fn parse(body: &str) -> Result<Case, Error> {
    serde_json::from_str(body).map_err(|error| Error::Damaged(error.to_string()))
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Damaged(error.to_string()))
}
