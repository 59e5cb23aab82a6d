//! Work that falls due: a notice that was not given in time.

use base::ids::CaseId;
use casework::{Actor, Refusal};
use jobs::{Error, Handler, Job, Outcome};
use store::Tx;

use crate::service::{Act, Approval};

/// Deems a case accepted at the instant its notice falls due (行政许可法第三十二条第一款第四项).
///
/// Idempotent: a case that was accepted, corrected or withdrawn meanwhile is left alone.
pub fn deem_accepted(approval: Approval) -> impl Handler {
    move |tx: &mut Tx<'_>, job: &Job| {
        let case = CaseId::from_uuid(job.subject);
        match approval.act(tx, &Actor::System, job.now, case, None, &Act::DeemAccepted) {
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
