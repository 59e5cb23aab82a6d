//! The applicant's side of what the law lets happen beside the straight road, and the alerts of clocks.

mod alerts;
mod gap;
mod hearing;
mod lapse;
mod promise;

use serde_json::{Value, json};
use testkit::{Program, TestApp};

use crate::steps::Filed;

/// Tells everything that happened so far to whom it concerns.
async fn told(app: &TestApp) {
    app.db().sequence_now().await.expect("numbered");
    while app.platform.intake.tell_step().await.expect("told") > 0 {}
}

/// Kinds of the applicant's messages about a case, oldest first.
async fn messages(app: &TestApp, citizen: &Program, case: &Filed) -> Vec<String> {
    told(app).await;
    let list = citizen.get("/api/v1/my/messages?limit=100").await;
    let list = list.expect(200).json();
    let mut kinds: Vec<String> = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|message| message["case_id"] == case.id.as_str())
        .map(|message| message["kind"].as_str().expect("a kind").to_owned())
        .collect();
    kinds.reverse();
    kinds
}

/// Works off everything that is due now.
async fn work(app: &TestApp) {
    let report = app
        .platform
        .worker()
        .run_due(app.now())
        .await
        .expect("the schedule is read");
    assert_eq!((report.failed, report.dead), (0, 0));
}

fn by_network() -> Value {
    json!({ "method": "electronic" })
}
