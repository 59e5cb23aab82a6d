//! The daily work on the schedule.

use ::jobs::NewJob;
use uuid::Uuid;

use crate::offers::OFFER_JOB;
use crate::samples::{self, SAMPLE_JOB};
use crate::state::Smart;

const SAMPLE_ID: Uuid = Uuid::from_u128(0x534d_4152_0000_4000_8000_0000_0000_0001);
const OFFER_ID: Uuid = Uuid::from_u128(0x534d_4152_0000_4000_8000_0000_0000_0002);

/// Puts the daily work on the schedule unless it is there; offers are looked for at once.
pub async fn ensure(smart: &Smart) -> Result<(), store::Error> {
    let now = smart.app.now();
    let first = samples::next_time(smart.app.today());
    smart
        .app
        .db
        .write(move |tx| {
            for (id, kind, due_at) in [(SAMPLE_ID, SAMPLE_JOB, first), (OFFER_ID, OFFER_JOB, now)] {
                ::jobs::ensure(
                    tx,
                    NewJob {
                        job_id: id,
                        kind: kind.to_owned(),
                        subject: id,
                        due_at: due_at.as_millisecond(),
                        payload: String::new(),
                    },
                )?;
            }
            Ok(())
        })
        .await
}
