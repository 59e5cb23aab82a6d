//! What a finished approval really needed, for comparing with its guide.

use calendar::{Calendar, Deadline, Role, Unit, civil_date};
use cases::record::TrailRow;
use casework::{Case, Channel, Fact, event::ActorKind};
use catalog::drift::{Asked, Needed};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::details::{self, Delivery};
use crate::flow::KIND;

/// Reads a closed case that was accepted and decided on; none for any other.
pub fn needed(trail: &[TrailRow], calendar: &Calendar) -> Option<Needed> {
    let (first, rest) = trail.split_first()?;
    // The case's id plays no part in what is read here.
    let mut case = Case::open(
        base::ids::CaseId::from_uuid(uuid::Uuid::nil()),
        &first.event,
    )?;
    if case.kind != KIND {
        return None;
    }
    let filed = first.event.at;
    let (mut accepted, mut decided) = (None, None);
    let mut closing = None;
    let mut visits = Vec::new();
    if case.channel == Channel::Window {
        visits.push(civil_date(filed));
    }
    for row in rest {
        case.apply(&row.event);
        let by_staff = row.event.actor.kind == ActorKind::Staff;
        if row.event.command == "supply_correction" && by_staff {
            visits.push(civil_date(row.event.at));
        }
        for fact in &row.event.facts {
            match fact {
                Fact::Moved { to } if to == "accepted" => {
                    accepted.get_or_insert(row.event.at);
                }
                Fact::Decided { outcome } if outcome.code != "withdrawn" => {
                    decided.get_or_insert(row.event.at);
                }
                Fact::Closed => closing = Some((row.seq, row.event.at)),
                _ => {}
            }
        }
    }
    let ((closing_seq, closed_at), accepted, decided) = (closing?, accepted?, decided?);
    let about = details::about(&case)?;
    if details::delivered(&case).is_some_and(|given| given.method == Delivery::Window) {
        visits.push(civil_date(closed_at));
    }
    // Somebody who does two things on one day came once.
    visits.sort_unstable();
    visits.dedup();
    let asked = details::correction(&case).map_or_else(Vec::new, |correction| correction.items);
    Some(Needed {
        item: about.item,
        version: about.version,
        closing_seq,
        closed_on: civil_date(closed_at),
        accept_days: between(calendar, civil_date(filed), civil_date(accepted)),
        decide_days: decide_days(&case, calendar, accepted, decided),
        deliver_days: between(calendar, civil_date(decided), civil_date(closed_at)),
        visits: u32::try_from(visits.len()).unwrap_or(u32::MAX),
        asked: asked
            .into_iter()
            .map(|item| Asked {
                material: item.material,
                what: item.what,
            })
            .collect(),
    })
}

/// Working days after a day until another, that one included.
fn between(calendar: &Calendar, from: Date, to: Date) -> u32 {
    let Ok(next) = from.tomorrow() else {
        return 0;
    };
    calendar.working_days(next, to).unwrap_or(0)
}

/// Working days until the decision, without the time that the law takes out (行政许可法第四十五条): by the clock of the
/// limit where it counts working days.
fn decide_days(case: &Case, calendar: &Calendar, accepted: Timestamp, decided: Timestamp) -> u32 {
    let clock = [Role::Promised, Role::Statutory]
        .into_iter()
        .find_map(|role| case.clocks.iter().rfind(|clock| clock.terms.role == role))
        .filter(|clock| clock.terms.length.unit == Unit::WorkingDay);
    let counted = clock.and_then(|clock| {
        let closed_at = clock.closed_at?;
        let used = clock.tally(calendar, closed_at).ok()?.used;
        let beyond = match clock.due(calendar) {
            // The limit ends with its last day, so the day of its end is the first beyond it.
            Ok(Deadline::On(due)) if closed_at >= due.at => clock
                .calendar(calendar)
                .working_days(civil_date(due.at), civil_date(closed_at))
                .unwrap_or(0),
            _ => 0,
        };
        Some(used + beyond)
    });
    counted.unwrap_or_else(|| between(calendar, civil_date(accepted), civil_date(decided)))
}
