//! 视为准予延续: an office that has not decided on a renewal when the period ends has granted it.
//!
//! 行政许可法第五十条第二款. The work is planned for that instant when the renewal is filed in time, and costs nothing
//! until then; whoever decides first takes it away.

use base::{crypto::sm3, ids::CaseId};
use casework::{Actor, Case, Refusal, Step};
use jiff::Timestamp;
use jobs::{Error as JobError, Handler, Job, Outcome};
use store::{Tx, jobs::NewJob};
use uuid::Uuid;

use super::{Act, After, Wish, after};
use crate::{
    details::{DECISION, Decision},
    error::Error,
    rules,
    service::{self, Approval},
};

/// Kind of the job that renews by silence.
pub const DEEM_JOB: &str = "approval.deem_renewed";

/// The instant from which silence has renewed: the end of the last day.
pub fn lapses_at(after: &After) -> Option<Timestamp> {
    let last = after
        .valid_to
        .filter(|_| after.timely && after.wish == Wish::Renew)?;
    Some(calendar::end_of_day(last))
}

pub(super) fn deem(
    step: &mut Step<'_>,
    now: Timestamp,
    doc_no: &str,
    license_id: Option<String>,
) -> Result<(), Refusal> {
    let lapsed = after(step.case())
        .as_ref()
        .and_then(lapses_at)
        .is_some_and(|at| at <= now);
    if !lapsed {
        return Err(Refusal::invalid(
            "license_id",
            "没有在届满三十日前提出延续，或者有效期还没有届满，不能视为准予延续",
        ));
    }
    let decision = Decision {
        doc_no: doc_no.to_owned(),
        granted: true,
        opinion: "本机关在有效期届满前没有作出是否准予延续的决定，依法视为准予延续".to_owned(),
        legal_basis: "《行政许可法》第五十条第二款".to_owned(),
        license_id,
    };
    step.decide("granted", &decision.opinion, &decision.legal_basis);
    step.note(DECISION, &decision);
    step.close_all_clocks()?;
    rules::decided(step, "granted", "deem_renewed")
}

fn job_id(case: CaseId) -> Uuid {
    let digest = sm3(format!("{DEEM_JOB}|{case}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Plans the renewal by silence of a new case.
pub(super) fn plan(tx: &mut Tx<'_>, case: &Case, after: &After) -> Result<(), Error> {
    if let Some(at) = lapses_at(after) {
        tx.schedule(NewJob {
            job_id: job_id(case.id),
            kind: DEEM_JOB.to_owned(),
            subject: case.id.uuid(),
            due_at: at.as_millisecond(),
            payload: String::new(),
        })?;
    }
    Ok(())
}

/// Takes the work away once the case is decided or over.
pub(crate) fn settled(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    let planned = after(case).as_ref().and_then(lapses_at).is_some();
    if planned && case.outcome.is_some() {
        tx.unschedule(job_id(case.id))?;
    }
    Ok(())
}

/// Renews by silence. Idempotent: a case that was decided, withdrawn or waits for the applicant is left alone.
pub fn deem_renewed(approval: Approval) -> impl Handler {
    move |tx: &mut Tx<'_>, job: &Job| {
        let case = CaseId::from_uuid(job.subject);
        let act = service::Act::After(Act::DeemRenewed);
        match approval.act(tx, &Actor::System, job.now, case, None, &act) {
            Ok(_)
            | Err(
                Error::NotFound
                | Error::Refused(Refusal::WrongState { .. } | Refusal::Invalid { .. }),
            ) => Ok(Outcome::Done),
            Err(Error::Store(error)) => Err(JobError::from(error)),
            Err(other) => Err(JobError::Failed(other.to_string())),
        }
    }
}
