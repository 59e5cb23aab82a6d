//! What an event is worth telling. Pure: from the case as the event left it to matters.

use approval::after::ending;
use approval::aftercheck;
use approval::clocks;
use approval::details::{self, Delivery};
use approval::special::{gap, hearing};
use calendar::{Calendar, Clock, Deadline};
use casework::event::ActorKind;
use casework::{Case, Event, Fact};
use jiff::civil::Date;

use super::Matter;

/// Acts inside the office that change nothing for the applicant.
pub const SILENT: [&str; 4] = ["take", "reveal", "archive", "export_file"];

/// What the applicant is told of an event, in the order they read it.
pub fn told(case: &Case, event: &Event, calendar: &Calendar) -> Vec<Matter> {
    let mut matters: Vec<Matter> = of_command(case, event, calendar).into_iter().collect();
    matters.extend(of_clocks(case, event, calendar));
    let decided = matches!(
        event.command.as_str(),
        "grant" | "refuse" | "deem_renewed" | "deem_granted"
    );
    if decided && case.is_open() && details::delivery_wish(case) == Delivery::Window {
        matters.push(Matter::Collect {
            until: due(case, clocks::DELIVERY, calendar),
        });
    }
    // Nobody is asked how it was to have a certificate taken away.
    let rated = case.kind == approval::flow::KIND && case.state != "withdrawn";
    if case.closed_at == Some(event.at) && rated {
        matters.push(Matter::Rate);
    }
    matters
}

fn of_command(case: &Case, event: &Event, calendar: &Calendar) -> Option<Matter> {
    if case.kind == ending::KIND {
        return of_ending(case, event, calendar);
    }
    Some(match event.command.as_str() {
        "file" | "supply_correction" => Matter::Received {
            notice_due: due(case, clocks::NOTICE, calendar),
            again: event.command == "supply_correction",
        },
        "request_correction" => Matter::CorrectionAsked {
            points: details::correction(case)?.items.len(),
        },
        "accept" | "deem_accepted" => Matter::Accepted {
            due: deciding(case, calendar),
            deemed: event.command == "deem_accepted",
        },
        "accept_with_gap" => Matter::GapAsked {
            names: gap::of(case)?
                .missing
                .into_iter()
                .map(|named| named.name)
                .collect(),
            until: due(case, clocks::GAP, calendar),
        },
        // Some of several is no news to whoever handed it in.
        "supply_gap" => {
            let at = gap::of(case)?.completed_at?;
            return (at == event.at).then_some(Matter::GapEnded { complete: true });
        }
        "lapse_gap" => Matter::GapEnded { complete: false },
        "lapse_correction" => Matter::Lapsed,
        "tell_hearing_right" | "serve_notice" => {
            // The days to ask begin with the service.
            let told = hearing::of(case).filter(|known| known.told_at == Some(event.at))?;
            Matter::HearingRight {
                matter: told.matter,
                until: due(case, clocks::HEARING_REQUEST, calendar),
            }
        }
        "call_hearing" => {
            let called = hearing::of(case)?;
            Matter::HearingCalled {
                on: called.on?,
                time: called.time,
                place: called.place,
            }
        }
        "record_hearing" => Matter::HearingHeld,
        "deem_granted" => Matter::DeemedGranted {
            basis: details::decision(case)?.legal_basis,
        },
        "order_correction" => {
            let found = aftercheck::findings(case).pop()?;
            Matter::CorrectionOrdered {
                doc_no: found.doc_no,
                stop: found.stop,
                until: due(case, aftercheck::RECTIFY_CLOCK, calendar),
            }
        }
        "find_broken" => Matter::PromiseBroken {
            reason: aftercheck::findings(case).pop()?.text,
        },
        "refuse_acceptance" => {
            let letter = details::not_accepted(case)?;
            Matter::NotAccepted {
                reason: letter.reason,
                agency: letter.right_agency,
            }
        }
        "grant" | "refuse" | "deem_renewed" => {
            let letter = details::decision(case)?;
            Matter::Decided {
                granted: letter.granted,
                opinion: letter.opinion,
            }
        }
        "deliver" => {
            let done = details::delivered(case)?;
            Matter::Delivered {
                by_post: done.method == Delivery::Post,
                tracking: done.tracking,
            }
        }
        "urge" if event.actor.kind == ActorKind::Person => Matter::Urged,
        // Whoever withdrew it themselves knows.
        "withdraw" if event.actor.kind != ActorKind::Person => Matter::Withdrawn,
        _ => return None,
    })
}

/// What the holder of a certificate is told of its revocation or cancellation.
fn of_ending(case: &Case, event: &Event, calendar: &Calendar) -> Option<Matter> {
    let told = ending::ending(case)?;
    let end = told.end.label().to_owned();
    match event.command.as_str() {
        "propose_ending" => Some(Matter::EndingTold {
            license_id: told.license_id,
            name: told.license_name,
            end,
            until: due(case, clocks::ENDING_STATEMENT, calendar),
        }),
        "end_license" | "drop_ending" => Some(Matter::EndingDecided {
            license_id: told.license_id,
            name: told.license_name,
            end,
            dropped: event.command == "drop_ending",
        }),
        _ => None,
    }
}

/// What happened to the clocks; several that stop or move together are one matter.
fn of_clocks(case: &Case, event: &Event, calendar: &Calendar) -> Vec<Matter> {
    let mut matters: Vec<Matter> = Vec::new();
    for fact in &event.facts {
        let matter = match fact {
            Fact::ClockPaused { clock } => clock.open_pause().map(|pause| Matter::Paused {
                reason: pause.reason.name().to_owned(),
                notice: pause.notice.clone(),
            }),
            Fact::ClockResumed { .. } => Some(Matter::Resumed {
                due: deciding(case, calendar),
            }),
            Fact::ClockExtended { clock } => clock.extensions.last().map(|more| Matter::Extended {
                due: deciding(case, calendar),
                reason: more.reason.clone(),
            }),
            Fact::ClockRecomputed {
                old_due, new_due, ..
            } if old_due != new_due => deciding(case, calendar)
                .or(*new_due)
                .map(|due| Matter::DueMoved { due }),
            _ => None,
        };
        if let Some(matter) = matter
            && !matters.iter().any(|known| known.word() == matter.word())
        {
            matters.push(matter);
        }
    }
    matters
}

/// The date of the decision: the promised one, else the statutory one.
pub fn deciding(case: &Case, calendar: &Calendar) -> Option<Date> {
    due(case, clocks::PROMISED, calendar).or_else(|| due(case, clocks::STATUTORY, calendar))
}

/// The last day of an open clock of a kind.
pub fn due(case: &Case, kind: &str, calendar: &Calendar) -> Option<Date> {
    case.clocks
        .iter()
        .rev()
        .find(|clock| clock.terms.kind == kind && clock.closed_at.is_none())
        .and_then(|clock| last_day(clock, calendar))
}

fn last_day(clock: &Clock, calendar: &Calendar) -> Option<Date> {
    let due = clock.due(calendar).ok().and_then(Deadline::due)?;
    Some(due.date)
}
