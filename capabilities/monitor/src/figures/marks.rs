//! What a case has reached, read off its trail.

use base::ids::{CaseId, OrgId};
use calendar::{Calendar, Clock, Deadline, Role, Unit, civil_date};
use cases::record::TrailRow;
use casework::{Case, Fact};
use jiff::Timestamp;

/// What is counted. The number stands in the tables and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// 收件: the application was received.
    Submitted = 1,
    /// 受理: accepted, or deemed so (行政许可法第三十二条第一款第四项).
    Accepted = 2,
    /// 作出决定: granted or refused after acceptance.
    Decided = 3,
    /// 办结: closed after a decision, delivered.
    Delivered = 4,
    /// Closed without a decision on the application: 不予受理, withdrawn.
    Dropped = 5,
    /// Of those submitted in a period, how many have been accepted, decided, delivered since. Counted on the day of
    /// submission; they have no marks of their own.
    AcceptedOf = 12,
    DecidedOf = 13,
    DeliveredOf = 14,
}

impl Measure {
    pub fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn from_number(number: i64) -> Option<Measure> {
        Measure::MARKED
            .into_iter()
            .find(|measure| measure.number() == number)
    }

    /// Those that cases are marked with.
    pub const MARKED: [Measure; 5] = [
        Measure::Submitted,
        Measure::Accepted,
        Measure::Decided,
        Measure::Delivered,
        Measure::Dropped,
    ];

    /// The count, by day of submission, of cases that went on to this.
    pub fn since_submission(self) -> Option<Measure> {
        match self {
            Measure::Accepted => Some(Measure::AcceptedOf),
            Measure::Decided => Some(Measure::DecidedOf),
            Measure::Delivered => Some(Measure::DeliveredOf),
            _ => None,
        }
    }
}

/// One thing a case has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub measure: Measure,
    pub at: Timestamp,
    /// Who is responsible for the case, now.
    pub org: OrgId,
    pub region: String,
    /// The item's name.
    pub item: String,
    /// Decided after the promised (else the statutory) limit.
    pub late: bool,
    /// Working days used until the decision, and promised; only where the promise is in working days.
    pub time: Option<(i64, i64)>,
}

/// Cases that hold several others together: their parts are counted, and nothing is counted twice.
const WHOLES: [&str; 2] = ["bundle", "project"];

/// The marks of a case in the order of [`Measure`]; none for an empty trail.
pub fn of(id: CaseId, trail: &[TrailRow], calendar: &Calendar) -> Vec<Mark> {
    let Some((first, rest)) = trail.split_first() else {
        return Vec::new();
    };
    let Some(mut case) = Case::open(id, &first.event) else {
        return Vec::new();
    };
    if WHOLES.contains(&case.kind.as_str()) {
        return Vec::new();
    }
    for row in rest {
        case.apply(&row.event);
    }
    let mut reached: Vec<(Measure, Timestamp)> = vec![(Measure::Submitted, first.event.at)];
    for row in trail {
        for fact in &row.event.facts {
            let measure = match fact {
                Fact::Moved { to } if to == ACCEPTED => Measure::Accepted,
                Fact::Decided { outcome }
                    if outcome.code != WITHDRAWN && has(&reached, Measure::Accepted) =>
                {
                    Measure::Decided
                }
                Fact::Closed if has(&reached, Measure::Decided) => Measure::Delivered,
                Fact::Closed => Measure::Dropped,
                _ => continue,
            };
            if !has(&reached, measure) {
                reached.push((measure, row.event.at));
            }
        }
    }
    reached.sort_by_key(|(measure, _)| *measure);
    reached
        .into_iter()
        .map(|(measure, at)| {
            let clock = (measure == Measure::Decided)
                .then(|| decisive(&case))
                .flatten();
            Mark {
                measure,
                at,
                org: case.org,
                region: case.region.clone(),
                item: case.title.clone(),
                late: clock
                    .is_some_and(|clock| matches!(clock.closed_late(calendar), Ok(Some(true)))),
                time: clock.and_then(|clock| time(clock, calendar)),
            }
        })
        .collect()
}

/// In every flow the state after acceptance has this name, and an application taken back this outcome.
const ACCEPTED: &str = "accepted";
const WITHDRAWN: &str = "withdrawn";

fn has(reached: &[(Measure, Timestamp)], measure: Measure) -> bool {
    reached.iter().any(|(known, _)| *known == measure)
}

/// The clock a decision is measured by: the newest promised one, else the newest statutory one.
fn decisive(case: &Case) -> Option<&Clock> {
    [Role::Promised, Role::Statutory]
        .into_iter()
        .find_map(|role| case.clocks.iter().rfind(|clock| clock.terms.role == role))
}

/// Working days used and promised. What is used beyond the limit counts as well.
fn time(clock: &Clock, calendar: &Calendar) -> Option<(i64, i64)> {
    let closed_at = clock.closed_at?;
    if clock.terms.role != Role::Promised || clock.terms.length.unit != Unit::WorkingDay {
        return None;
    }
    let tally = clock.tally(calendar, closed_at).ok()?;
    let mut used = i64::from(tally.used);
    if let Ok(Deadline::On(due)) = clock.due(calendar)
        && closed_at >= due.at
    {
        // The limit ends with its last day, so the day of its end is the first beyond it.
        let beyond = clock
            .calendar(calendar)
            .working_days(civil_date(due.at), civil_date(closed_at));
        used += beyond.map_or(0, i64::from);
    }
    Some((used, i64::from(tally.total)))
}
