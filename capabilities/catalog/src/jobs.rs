//! Work of the catalogue that falls due: versions whose day has come.

use std::time::Duration;

use jobs::{Job, NewJob, Outcome};
use store::Tx;
use uuid::Uuid;
use web::App;

use crate::app::drafting;

/// Publishes approved drafts on their day.
pub const PUBLISH_JOB: &str = "catalog.publish_due";
/// The one row of this work on the schedule.
const PUBLISH_ID: Uuid = Uuid::from_u128(0x0c47_a109_0000_4000_8000_0000_0000_0001);
/// How often it is looked at: a version holds from midnight, to the minute.
const EVERY: Duration = Duration::from_mins(1);

/// The handler of [`PUBLISH_JOB`]; it comes again every minute.
pub fn publish_due(app: App) -> impl jobs::Handler {
    move |tx: &mut Tx<'_>, job: &Job| -> Result<Outcome, jobs::Error> {
        drafting::publish_due(tx, &app.ids, job.now).map_err(|error| match error {
            drafting::Error::Store(error) => jobs::Error::Storage(error),
            other => jobs::Error::Failed(other.to_string()),
        })?;
        Ok(Outcome::Again {
            at: job.now + EVERY,
        })
    }
}

/// Puts [`PUBLISH_JOB`] on the schedule unless it is there.
pub async fn ensure(app: &App) -> Result<(), store::Error> {
    let now = app.now();
    app.db
        .write(move |tx| {
            jobs::ensure(
                tx,
                NewJob {
                    job_id: PUBLISH_ID,
                    kind: PUBLISH_JOB.to_owned(),
                    subject: PUBLISH_ID,
                    due_at: now.as_millisecond(),
                    payload: String::new(),
                },
            )
        })
        .await
}
