//! Telling what happened: every entry of the feed once, in its order, and what falls due about certificates.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use approval::details;
use base::ids::CaseId;
use calendar::Calendar;
use casework::{Case, Event};
use jiff::{Timestamp, ToSpan};
use jobs::{Job, Outcome};
use license::{License, LicenseState};
use store::feed::{self, Delivered};
use store::jobs::NewJob;
use store::{Error, Tx};

use super::{Matter, Message, derived, tell};
use crate::Intake;
use crate::store::messages as records;

/// Where telling has come to in the feed.
pub const BOOKMARK: &str = "intake.messages";
/// Kind of the job that tells of a certificate whose time is ending.
pub const EXPIRING_JOB: &str = "intake.license_expiring";
/// Days before its last day that a holder is told: while there is time to prepare, and on the last day on which a
/// renewal is asked for in time (行政许可法第五十条).
pub const EXPIRING_DAYS: [i64; 2] = [60, 30];

/// Entries looked at in one step.
const BATCH: usize = 200;
/// What happened longer ago is told by the case's own page: nobody wants a year of messages on the first day.
const TOLD_DAYS: i64 = 180;
/// Messages about a certificate stand after those of any event.
const EXPIRING_SEQ: i64 = 2_000_000;

/// What one step of the feed comes to.
#[derive(Default)]
struct Found {
    messages: Vec<Message>,
    jobs: Vec<NewJob>,
}

impl Intake {
    /// Tells what happened, until the database is closed.
    pub async fn follow_messages(self) {
        let db = self.app.db.clone();
        feed::follow(db, BOOKMARK, BATCH, self.to_tell(), keep).await;
    }

    /// Tells the next entries of the feed once; how many there were.
    pub async fn tell_step(&self) -> Result<usize, Error> {
        let (look, keep) = (Arc::new(self.to_tell()), Arc::new(keep));
        feed::step(&self.app.db, BOOKMARK, BATCH, &look, &keep).await
    }

    /// What entries come to, by the calendar and the time of now.
    fn to_tell(
        &self,
    ) -> impl Fn(&mut Tx<'_>, &[Delivered]) -> Result<Found, Error> + Send + Sync + 'static {
        let app = self.app.clone();
        move |tx, entries| look(tx, entries, &app.calendar(), app.now())
    }

    /// Deletes messages past their time, at most `limit` at a time; tells how many.
    pub async fn purge_messages(&self, limit: usize) -> Result<u64, Error> {
        let before = days_before(self.app.now(), super::KEPT_DAYS);
        self.app
            .db
            .write(move |tx| records::purge(tx, before, limit))
            .await
    }
}

fn keep(tx: &mut Tx<'_>, found: &Found) -> Result<(), Error> {
    for message in &found.messages {
        records::keep(tx, message)?;
    }
    for job in &found.jobs {
        tx.schedule(job.clone())?;
    }
    Ok(())
}

fn look(
    tx: &mut Tx<'_>,
    entries: &[Delivered],
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Found, Error> {
    let oldest = days_before(now, TOLD_DAYS).as_millisecond();
    let mut found = Found::default();
    let mut trails: HashMap<CaseId, Vec<Event>> = HashMap::new();
    for delivered in entries {
        let entry = &delivered.entry;
        let Some((
            approval::flow::KIND | approval::after::ending::KIND | approval::aftercheck::KIND,
            command,
        )) = entry.kind.split_once('.')
        else {
            continue;
        };
        // A certificate made years ago ends one day all the same.
        let makes = matches!(command, "grant" | "deem_renewed" | "deem_granted");
        let old = entry.at_ms < oldest;
        if (old && !makes) || tell::SILENT.contains(&command) {
            continue;
        }
        let id = CaseId::from_uuid(entry.subject);
        let events = match trails.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(trail(tx, id)?),
        };
        let Some((case, event)) = case_at(id, events, entry.seq) else {
            // `tongban verify` names such an entry; the rest of the feed is not held up by it.
            tracing::warn!(position = delivered.position, "an entry has no event");
            continue;
        };
        let rated_until = rating::Settings::default().window_days;
        let too_late = event.at < days_before(now, i64::from(rated_until));
        let matters = if old {
            Vec::new()
        } else {
            tell::told(&case, event, calendar)
        };
        for (index, matter) in matters.into_iter().enumerate() {
            // Nobody is invited to what is no longer open.
            if too_late && matter == Matter::Rate {
                continue;
            }
            found
                .messages
                .push(Message::new(&case, entry.seq, index, event.at, matter));
        }
        if makes {
            found.jobs.extend(expiring_jobs(tx, &case, now)?);
        }
    }
    Ok(found)
}

fn trail(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Event>, Error> {
    match cases::trail(tx, id) {
        Ok(rows) => Ok(rows.into_iter().map(|row| row.event).collect()),
        Err(cases::Error::Store(error)) => Err(error),
        Err(damaged) => {
            tracing::warn!(case = %id, error = %damaged, "a trail cannot be read");
            Ok(Vec::new())
        }
    }
}

/// The case as it was right after one of its events.
fn case_at(id: CaseId, events: &[Event], seq: i64) -> Option<(Case, &Event)> {
    let (first, rest) = events.split_first()?;
    let mut case = Case::open(id, first)?;
    if first.seq == seq {
        return Some((case, first));
    }
    for event in rest {
        case.apply(event);
        if event.seq == seq {
            return Some((case, event));
        }
    }
    None
}

/// The reminders about the certificate that a decision made; none where it has no end or has ended.
fn expiring_jobs(tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<Vec<NewJob>, Error> {
    let made = details::decision(case).and_then(|decision| decision.license_id);
    let Some(license_id) = made else {
        return Ok(Vec::new());
    };
    let Some((license, _)) = certificate(license::by_id(tx, &license_id))? else {
        return Ok(Vec::new());
    };
    let today = calendar::civil_date(now);
    let Some(last) = license.valid_to.filter(|last| *last >= today) else {
        return Ok(Vec::new());
    };
    let jobs = EXPIRING_DAYS
        .iter()
        .filter_map(|days| Some((*days, last.checked_sub(days.days()).ok()?)))
        // A reminder whose day is long gone says nothing that the last one does not say as well.
        .filter(|(days, day)| *day >= today || EXPIRING_DAYS.last() == Some(days))
        .map(|(days, day)| NewJob {
            job_id: derived(&format!("{EXPIRING_JOB}|{license_id}|{days}")),
            kind: EXPIRING_JOB.to_owned(),
            subject: case.id.uuid(),
            due_at: calendar::start_of_day(day).as_millisecond(),
            payload: days.to_string(),
        });
    Ok(jobs.collect())
}

/// A certificate that cannot be read is the business of its own page.
fn certificate(
    found: Result<Option<(License, LicenseState)>, license::Error>,
) -> Result<Option<(License, LicenseState)>, Error> {
    match found {
        Ok(found) => Ok(found),
        Err(license::Error::Store(error)) => Err(error),
        Err(damaged) => {
            tracing::warn!(error = %damaged, "a certificate cannot be read");
            Ok(None)
        }
    }
}

/// Tells the holder that a certificate's time is ending, if it still counts then.
pub fn expiring() -> impl jobs::Handler {
    |tx: &mut Tx<'_>, job: &Job| {
        let case_id = CaseId::from_uuid(job.subject);
        let today = calendar::civil_date(job.now);
        let Some((license, stored)) = certificate(license::by_case(tx, case_id))? else {
            return Ok(Outcome::Done);
        };
        let holds = license::store::state_on(&license, stored, today) == LicenseState::Valid;
        let Some(last) = license.valid_to.filter(|_| holds) else {
            return Ok(Outcome::Done);
        };
        let case = cases::load(tx, case_id).map_err(|error| match error {
            cases::Error::Store(error) => jobs::Error::Storage(error),
            other => jobs::Error::Failed(other.to_string()),
        })?;
        if let Some(case) = case {
            let matter = Matter::Expiring {
                license_id: license.license_id,
                name: license.type_name,
                last,
            };
            // Each reminder is a message of its own, however often its job runs.
            let days: i64 = job.payload.parse().unwrap_or(EXPIRING_DAYS[1]);
            let seq = EXPIRING_SEQ - days;
            records::keep(tx, &Message::new(&case, seq, 0, job.now, matter))?;
        }
        Ok(Outcome::Done)
    }
}

fn days_before(now: Timestamp, days: i64) -> Timestamp {
    let gone_s = days * 24 * 3600;
    Timestamp::from_second(now.as_second().saturating_sub(gone_s)).unwrap_or(Timestamp::MIN)
}
