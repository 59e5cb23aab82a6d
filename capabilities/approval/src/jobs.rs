//! Work that falls due: a notice that was not given in time, materials that did not come, silence that is consent.

use base::{crypto::sm3, ids::CaseId};
use calendar::Calendar;
use casework::{Actor, Case, Refusal};
use jobs::{Error, Handler, Job, NewJob, Outcome};
use store::Tx;
use uuid::Uuid;

use crate::clocks;
use crate::service::{Act, Approval};
use crate::special::{Command, lapse};

/// Kind of the job at the end of the time to supply materials of a gap.
pub const GAP_JOB: &str = "approval.lapse_gap";
/// Kind of the job at the end of the time to correct.
pub const CORRECTION_JOB: &str = "approval.lapse_correction";
/// Kind of the job at the end of the statutory limit of an item whose law makes silence consent.
pub const TACIT_JOB: &str = "approval.deem_granted";

/// Deems a case accepted at the instant its notice falls due (行政许可法第三十二条第一款第四项).
///
/// Idempotent: a case that was accepted, corrected or withdrawn meanwhile is left alone.
pub fn deem_accepted(approval: Approval) -> impl Handler {
    act_when_due(approval, || Act::DeemAccepted)
}

/// Hands a case whose promised materials did not come to a person.
pub fn lapse_gap(approval: Approval) -> impl Handler {
    act_when_due(approval, || Act::Special(Command::LapseGap))
}

/// Ends a case whose correction did not come.
pub fn lapse_correction(approval: Approval) -> impl Handler {
    act_when_due(approval, || Act::Special(Command::LapseCorrection))
}

/// Grants by law what was not decided in time.
pub fn deem_granted(approval: Approval) -> impl Handler {
    act_when_due(approval, || {
        Act::Special(Command::DeemGranted {
            doc_no: String::new(),
            license_id: None,
        })
    })
}

/// An act of the platform that the rules refuse if it is not due any more.
fn act_when_due(approval: Approval, act: impl Fn() -> Act + Send + Sync + 'static) -> impl Handler {
    move |tx: &mut Tx<'_>, job: &Job| {
        let case = CaseId::from_uuid(job.subject);
        match approval.act(tx, &Actor::System, job.now, case, None, &act()) {
            Ok(_)
            | Err(
                crate::Error::NotFound
                | crate::Error::Refused(Refusal::WrongState { .. } | Refusal::Invalid { .. }),
            ) => Ok(Outcome::Done),
            Err(crate::Error::Store(error)) => Err(Error::from(error)),
            Err(other) => Err(Error::Failed(other.to_string())),
        }
    }
}

/// Plans what falls due with the clocks that an act started, moved or ended.
pub(crate) fn plan(
    tx: &mut Tx<'_>,
    before: &Case,
    case: &Case,
    calendar: &Calendar,
) -> Result<(), store::Error> {
    let tacit = lapse::tacit_basis(case).map(|_| (TACIT_JOB, clocks::STATUTORY));
    let watched = [(GAP_JOB, clocks::GAP), (CORRECTION_JOB, clocks::CORRECTION)];
    for (kind, clock) in watched.into_iter().chain(tacit) {
        let due = |case: &Case| {
            case.open_clock(clock)
                .and_then(|clock| clocks::due_at(clock, calendar))
        };
        let (was, is) = (due(before), due(case));
        if was == is {
            continue;
        }
        let job_id = job_id(case.id, kind);
        match is {
            Some(due) => tx.schedule(NewJob {
                job_id,
                kind: kind.to_owned(),
                subject: case.id.uuid(),
                due_at: due.as_millisecond(),
                payload: String::new(),
            })?,
            None => tx.unschedule(job_id)?,
        }
    }
    Ok(())
}

fn job_id(case: CaseId, kind: &str) -> Uuid {
    let digest = sm3(format!("{kind}|{case}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
