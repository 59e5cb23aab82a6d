//! Replays every trail and compares it with the stored rows, the hash chain and the feed.
//!
//! The first difference found is named in words an auditor can act on: which case, which event, what is wrong.

use base::ids::CaseId;
use calendar::Calendar;
use casework::{Case, Event, trail as chain};
use store::{Row, Tx, params};

use crate::{calendars::History, derived, error::Error, record, words};

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub cases: u64,
    pub events: u64,
    pub tasks: u64,
    pub clocks: u64,
    pub feed: u64,
}

/// The first thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Difference {
    /// e.g. `case 9901022026…, event 3`.
    pub place: String,
    pub what: String,
}

/// Outcome of a check: the counts so far, and the difference that stopped it.
pub type Outcome = Result<Counts, Difference>;

/// Checks everything inside one read transaction.
pub fn run(tx: &mut Tx<'_>, calendar: &Calendar) -> Result<Outcome, Error> {
    let mut counts = Counts::default();
    let mut trails = Sum::default();
    let history = History::read(tx)?;
    let mut after = uuid::Uuid::nil();
    loop {
        let rows = tx.query(
            "SELECT case_id, case_no, kind, state, version, region, org_id, title, applicant_id,
                 applicant_name, channel, opened_at, closed_at, due_at, outcome, head, body
             FROM cases WHERE case_id > $1 ORDER BY case_id LIMIT 500",
            &params![after],
        )?;
        let Some(last) = rows.last() else { break };
        let upto: uuid::Uuid = last.get(0)?;
        let events = tx.query(
            "SELECT case_id, seq, at, command, body, hash FROM trail
             WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id, seq",
            &params![after, upto],
        )?;
        let tasks = tx.query(
            "SELECT case_id, no, kind, permission, org_id, region, staff_id, near_at, due_at, provisional,
                 opened_at, case_no, state, title, applicant_name, words
             FROM tasks WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id, no",
            &params![after, upto],
        )?;
        let clocks = tx.query(
            "SELECT case_id, clock_id, near_at, due_at, provisional, held, org_id, region, kind,
                 watched
             FROM clocks WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id, clock_id",
            &params![after, upto],
        )?;
        let chunk = Chunk {
            events: &events,
            tasks: &tasks,
            clocks: &clocks,
            history: &history,
        };
        if let Err(difference) = chunk.check(&rows, calendar, &mut counts, &mut trails)? {
            return Ok(Err(difference));
        }
        after = upto;
    }
    for table in ["trail", "tasks", "clocks"] {
        if let Some(row) = tx.query_opt(
            &format!(
                "SELECT case_id FROM {table} t
                 WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.case_id = t.case_id) LIMIT 1"
            ),
            &[],
        )? {
            let id: CaseId = row.get(0)?;
            return Ok(differs(
                format!("{table} of case {id}"),
                "rows are there, but the case row is missing",
            ));
        }
    }
    check_feed(tx, counts, trails)
}

/// Positions are gap-free, and every event of every trail stands in the feed once, with its hash.
fn check_feed(tx: &mut Tx<'_>, mut counts: Counts, trails: Sum) -> Result<Outcome, Error> {
    let mut position = 0;
    let mut of_cases = Sum::default();
    loop {
        let batch = store::feed::read(tx, position, 2000)?;
        if batch.is_empty() {
            break;
        }
        for delivered in batch {
            position += 1;
            if delivered.position != position {
                return Ok(differs(
                    format!("feed position {position}"),
                    format!("missing; the next one is {}", delivered.position),
                ));
            }
            counts.feed += 1;
            let entry = delivered.entry;
            let stored = tx.query_opt(
                "SELECT hash FROM trail WHERE case_id = $1 AND seq = $2",
                &params![entry.subject, entry.seq],
            )?;
            let Some(stored) = stored else {
                if is_case(tx, &entry)? {
                    return Ok(differs(
                        format!("case {}, event {}", entry.subject, entry.seq),
                        format!("stands in the feed at {position} but not in the trail"),
                    ));
                }
                continue;
            };
            if stored.get::<[u8; 32]>(0)? == entry.hash {
                of_cases.add(&entry.hash);
            } else {
                // Another kind of record may use a case's id with its own numbering (a rating does).
                if is_case(tx, &entry)? {
                    return Ok(differs(
                        format!("case {}, event {}", entry.subject, entry.seq),
                        format!("its hash is not the one in the feed at {position}"),
                    ));
                }
            }
        }
    }
    if of_cases != trails {
        return missed(tx, &trails, &of_cases);
    }
    Ok(Ok(counts))
}

/// Names an event that does not stand in the feed, once it is known that there is one.
fn missed(tx: &mut Tx<'_>, trails: &Sum, feed: &Sum) -> Result<Outcome, Error> {
    let row = tx.query_opt(
        "SELECT t.case_id, t.seq FROM trail t
         WHERE NOT EXISTS (SELECT 1 FROM feed f WHERE f.hash = t.hash AND f.subject = t.case_id)
         ORDER BY t.case_id, t.seq LIMIT 1",
        &[],
    )?;
    let counted = format!(
        "{} events of cases in the feed, {} in the trails",
        feed.n, trails.n
    );
    Ok(match row {
        None => differs(
            "feed".to_owned(),
            format!("{counted}; one stands there twice"),
        ),
        Some(row) => differs(
            format!(
                "case {}, event {}",
                row.get::<CaseId>(0)?,
                row.get::<i64>(1)?
            ),
            format!("does not stand in the feed; {counted}"),
        ),
    })
}

/// Adds up hashes in any order: two sums are equal when the same hashes went in, each as often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    n: u64,
    low: u128,
    high: u128,
}

impl Sum {
    fn add(&mut self, hash: &[u8; 32]) {
        let half = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte))
        };
        let (high, low) = hash.split_at(16);
        self.n += 1;
        self.low = self.low.wrapping_add(half(low));
        self.high = self.high.wrapping_add(half(high));
    }
}

/// Kinds of case events are `<flow>.<command>`; other records name themselves with a plain prefix.
fn is_case(tx: &mut Tx<'_>, entry: &store::feed::Entry) -> Result<bool, Error> {
    let Some(row) = tx.query_opt(
        "SELECT kind FROM cases WHERE case_id = $1",
        &params![entry.subject],
    )?
    else {
        return Ok(entry.kind.starts_with("approval."));
    };
    let kind: String = row.get(0)?;
    Ok(entry
        .kind
        .strip_prefix(&kind)
        .is_some_and(|rest| rest.starts_with('.')))
}

struct Chunk<'a> {
    events: &'a [Row],
    tasks: &'a [Row],
    clocks: &'a [Row],
    history: &'a History,
}

impl Chunk<'_> {
    fn check(
        &self,
        rows: &[Row],
        calendar: &Calendar,
        counts: &mut Counts,
        trails: &mut Sum,
    ) -> Result<Result<(), Difference>, Error> {
        for row in rows {
            let id: CaseId = row.get(0)?;
            let no: String = row.get(1)?;
            let place = format!("case {no} ({id})");
            let case = match replay(id, row, &place, of(self.events, id)?, counts, trails)? {
                Ok(case) => case,
                Err(difference) => return Ok(Err(difference)),
            };
            if let Some(what) = row_differs(row, &case, calendar, self.history)? {
                return Ok(differs(place, what));
            }
            if let Some(what) = judged_otherwise(&case, calendar) {
                return Ok(differs(place, what));
            }
            if let Some(what) = tasks_differ(of(self.tasks, id)?, &case, calendar, counts)? {
                return Ok(differs(place, what));
            }
            if let Some(what) = clocks_differ(of(self.clocks, id)?, &case, calendar, counts)? {
                return Ok(differs(place, what));
            }
            counts.cases += 1;
        }
        Ok(Ok(()))
    }
}

/// The slice of sorted rows that belong to one case.
fn of(rows: &[Row], id: CaseId) -> Result<&[Row], Error> {
    let mut first = rows.len();
    let mut end = rows.len();
    let (mut low, mut high) = (0, rows.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if rows[middle].get::<CaseId>(0)? < id {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low < rows.len() {
        first = low;
        end = low;
        while end < rows.len() && rows[end].get::<CaseId>(0)? == id {
            end += 1;
        }
    }
    Ok(&rows[first..end])
}

fn replay(
    id: CaseId,
    row: &Row,
    place: &str,
    events: &[Row],
    counts: &mut Counts,
    trails: &mut Sum,
) -> Result<Result<Case, Difference>, Error> {
    let mut previous = chain::ORIGIN;
    let mut case: Option<Case> = None;
    for (index, stored) in events.iter().enumerate() {
        let seq: i64 = stored.get(1)?;
        let expected = index as i64 + 1;
        let place = format!("{place}, event {expected}");
        if seq != expected {
            return Ok(differs(
                place,
                format!("missing from the trail; the next one is {seq}"),
            ));
        }
        let body: String = stored.get(4)?;
        let hash: [u8; 32] = stored.get(5)?;
        if chain::link(id, seq, &previous, &body) != hash {
            return Ok(differs(
                place,
                "its content does not match its hash: changed, moved, or its predecessor was",
            ));
        }
        let event: Event = match serde_json::from_str(&body) {
            Ok(event) => event,
            Err(error) => return Ok(differs(place, format!("cannot be read: {error}"))),
        };
        if event.seq != seq
            || event.at.as_millisecond() != stored.get::<i64>(2)?
            || event.command != stored.get::<String>(3)?
        {
            return Ok(differs(
                place,
                "its columns (seq, at, command) differ from its content",
            ));
        }
        match &mut case {
            Some(case) => case.apply(&event),
            None => match Case::open(id, &event) {
                Some(opened) => case = Some(opened),
                None => return Ok(differs(place, "does not open a case")),
            },
        }
        previous = hash;
        counts.events += 1;
        trails.add(&hash);
    }
    let Some(case) = case else {
        return Ok(differs(place.to_owned(), "has no trail"));
    };
    if case.version != row.get::<i64>(4)? {
        return Ok(differs(
            format!("{place}, event {}", case.version + 1),
            format!(
                "missing from the end of the trail; the case row stands at version {}",
                row.get::<i64>(4)?
            ),
        ));
    }
    if previous != row.get::<[u8; 32]>(15)? {
        return Ok(differs(
            place.to_owned(),
            "the case row's head is not the hash of its last event",
        ));
    }
    Ok(Ok(case))
}

fn row_differs(
    row: &Row,
    case: &Case,
    calendar: &Calendar,
    history: &History,
) -> Result<Option<String>, Error> {
    let stored = match record::parse(&row.get::<String>(16)?) {
        Ok(stored) => stored,
        Err(error) => return Ok(Some(error.to_string())),
    };
    if stored != *case {
        return Ok(Some(format!(
            "the stored state differs from the replayed one ({})",
            first_field(&stored, case)
        )));
    }
    let columns: [(&str, bool); 13] = [
        ("case_no", row.get::<String>(1)? == case.no),
        ("kind", row.get::<String>(2)? == case.kind),
        ("state", row.get::<String>(3)? == case.state),
        ("region", row.get::<String>(5)? == case.region),
        ("org_id", row.get::<base::ids::OrgId>(6)? == case.org),
        ("title", row.get::<String>(7)? == case.title),
        (
            "applicant_id",
            row.get::<base::ids::PartyId>(8)? == case.applicant,
        ),
        (
            "applicant_name",
            row.get::<String>(9)? == case.applicant_name,
        ),
        ("channel", row.get::<String>(10)? == case.channel.word()),
        (
            "opened_at",
            row.get::<i64>(11)? == case.opened_at.as_millisecond(),
        ),
        (
            "closed_at",
            row.get::<Option<i64>>(12)? == case.closed_at.map(jiff::Timestamp::as_millisecond),
        ),
        ("due_at", {
            let stored = row.get::<Option<i64>>(13)?;
            match case.closed_at {
                None => stored == derived::headline(case, calendar),
                Some(at) => history
                    .at(at)
                    .any(|calendar| stored == derived::headline(case, calendar)),
            }
        }),
        (
            "outcome",
            row.get::<Option<String>>(14)?.as_deref()
                == case.outcome.as_ref().map(|outcome| outcome.code.as_str()),
        ),
    ];
    Ok(columns
        .iter()
        .find(|(_, same)| !same)
        .map(|(name, _)| format!("column {name} of the case row differs from the replayed state")))
}

/// A closed clock keeps the end it was judged by: it must be the one the calendar it names gives.
fn judged_otherwise(case: &Case, calendar: &Calendar) -> Option<String> {
    case.clocks
        .iter()
        .find(|clock| clock.judged_rightly(calendar) == Some(false))
        .map(|clock| {
            format!(
                "closed clock {} was judged by another end than its calendar gives",
                clock.terms.kind
            )
        })
}

/// Names the first field of the state that differs.
fn first_field(stored: &Case, replayed: &Case) -> String {
    let (Ok(serde_json::Value::Object(a)), Ok(serde_json::Value::Object(b))) =
        (serde_json::to_value(stored), serde_json::to_value(replayed))
    else {
        return "unreadable".to_owned();
    };
    b.iter()
        .find(|(key, value)| a.get(*key) != Some(value))
        .map_or_else(|| "unknown".to_owned(), |(key, _)| key.clone())
}

fn tasks_differ(
    rows: &[Row],
    case: &Case,
    calendar: &Calendar,
    counts: &mut Counts,
) -> Result<Option<String>, Error> {
    let mut expected = derived::tasks(case, calendar);
    expected.sort_by_key(|task| task.no);
    counts.tasks += rows.len() as u64;
    let marks = words::marks(&[&case.applicant_name, &case.title]);
    if rows.len() != expected.len() {
        return Ok(Some(format!(
            "{} open tasks stored, {} follow from the trail",
            rows.len(),
            expected.len()
        )));
    }
    for (row, task) in rows.iter().zip(&expected) {
        let same = row.get::<i64>(1)? == task.no
            && row.get::<String>(2)? == task.kind
            && row.get::<String>(3)? == task.permission
            && row.get::<base::ids::OrgId>(4)? == task.org
            && row.get::<String>(5)? == task.region
            && row.get::<Option<base::ids::StaffId>>(6)? == task.staff
            && row.get::<i64>(7)? == task.near_at
            && row.get::<i64>(8)? == task.due_at
            && row.get::<bool>(9)? == task.provisional
            && row.get::<i64>(10)? == task.opened_at
            && row.get::<String>(11)? == case.no
            && row.get::<String>(12)? == case.state
            && row.get::<String>(13)? == case.title
            && row.get::<String>(14)? == case.applicant_name
            && row.get::<i64>(15)? & marks == marks;
        if !same {
            return Ok(Some(format!(
                "open task {} differs from the replayed one",
                task.no
            )));
        }
    }
    Ok(None)
}

fn clocks_differ(
    rows: &[Row],
    case: &Case,
    calendar: &Calendar,
    counts: &mut Counts,
) -> Result<Option<String>, Error> {
    let mut expected = derived::clocks(case, calendar);
    expected.sort_by_key(|clock| clock.id);
    counts.clocks += rows.len() as u64;
    if rows.len() != expected.len() {
        return Ok(Some(format!(
            "{} open clocks stored, {} follow from the trail",
            rows.len(),
            expected.len()
        )));
    }
    for (row, clock) in rows.iter().zip(&expected) {
        let same = row.get::<base::ids::ClockId>(1)? == clock.id
            && row.get::<String>(8)? == clock.kind
            && row.get::<i64>(2)? == clock.near_at
            && row.get::<i64>(3)? == clock.due_at
            && row.get::<bool>(4)? == clock.provisional
            && row.get::<bool>(5)? == clock.held
            && row.get::<bool>(9)? == clock.watched
            && row.get::<base::ids::OrgId>(6)? == case.org
            && row.get::<String>(7)? == case.region;
        if !same {
            return Ok(Some(format!(
                "open clock {} differs from the replayed one",
                clock.kind
            )));
        }
    }
    Ok(None)
}

fn differs<T>(place: String, what: impl Into<String>) -> Result<T, Difference> {
    Err(Difference {
        place,
        what: what.into(),
    })
}
