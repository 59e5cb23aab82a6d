//! What an applicant does while a case is under way: promises and hands in what may follow (容缺受理), asks for a hearing
//! or says that they want none, reminds the office (催办).

pub(super) mod gap;
pub(super) mod hearing;
pub(super) mod urge;

use approval::Act;
use approval::special::Command;
use axum::response::Response;
use base::ids::CaseId;
use calendar::Calendar;
use casework::{Actor, Case, Refusal};
use jiff::Timestamp;
use ui::Page;
use web::{Problem, Result, Visit, redirect};

use crate::Intake;
use crate::api::visible;

/// Acts of this kind that stand open to the applicant: (address, words).
pub(super) fn open_to(
    page: &Page,
    case: &Case,
    calendar: &Calendar,
    now: Timestamp,
) -> Vec<(String, String)> {
    let act = |path: &str, words: &str| {
        let address = format!("/cases/{}/{path}", case.id);
        (address, page.t(words).to_owned())
    };
    let mut all = Vec::new();
    if gap::promisable(case) {
        all.push(act("gap", "承诺补交材料，先受理"));
    }
    if gap::awaited(case).is_some() {
        all.push(act("gap", "补交容缺材料"));
    }
    if hearing::is_open(case, calendar, now) {
        all.push(act("hearing", "要求或者放弃听证"));
    } else if approval::special::hearing::of(case).is_some() {
        all.push(act("hearing", "查看听证"));
    }
    if urge::is_open(case, now) {
        all.push(act("urge", "催办"));
    }
    all
}

/// The case of one of these pages: the applicant's, or one that staff at a window may take something in for.
async fn load(intake: &Intake, visit: &Visit, case_id: CaseId) -> Result<Case> {
    let (actor, now) = (visit.actor()?.clone(), visit.app.now());
    if matches!(actor, Actor::Staff(_)) && !actor.may_somewhere(casework::Permission::Receive) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    intake
        .app
        .db
        .read(move |tx| visible(tx, &actor, case_id, now))
        .await
}

/// Where an act leads.
fn back(visit: &Visit, case: CaseId) -> Response {
    redirect(&if visit.staff().is_ok() {
        approval::pages::routes::workspace(case)
    } else {
        format!("/cases/{case}")
    })
}

/// Does one of these acts; `Err` of the inner result is what the rules say against it.
async fn act(
    intake: &Intake,
    visit: &Visit,
    case_id: CaseId,
    version: Option<i64>,
    command: Command,
) -> Result<std::result::Result<(), String>> {
    let actor = visit.actor()?.clone();
    let (handle, now) = (intake.clone(), visit.app.now());
    let act = Act::Special(command);
    let done = intake
        .app
        .db
        .write(move |tx| {
            handle
                .approval
                .act(tx, &actor, now, case_id, version, &act)
                .map(drop)
        })
        .await;
    match done {
        Ok(()) => Ok(Ok(())),
        Err(approval::Error::Refused(Refusal::Invalid { message, .. })) => Ok(Err(message)),
        Err(error) => Err(error.into()),
    }
}
