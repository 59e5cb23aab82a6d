//! 影子运行: what a person decided beside the rules, from the feed, each decision once.

use base::ids::CaseId;
use casework::event::ActorKind;
use store::feed::Delivered;
use store::{Error, Tx};

use crate::model::Outcome;
use crate::state::Smart;
use crate::store as records;
use crate::store::runs::{Comparison, Run};

/// Where comparing has come to in the feed.
pub const BOOKMARK: &str = "smart.compare";
/// Entries handled at once.
const BATCH: usize = 500;

/// Compares until the database is closed.
pub async fn follow(smart: Smart) {
    store::feed::follow(smart.app.db.clone(), BOOKMARK, BATCH, compare, keep).await;
}

/// What these entries say about runs; a trail and a run never change.
pub fn compare(tx: &mut Tx<'_>, entries: &[Delivered]) -> Result<Vec<Comparison>, Error> {
    let mut found = Vec::new();
    for delivered in entries {
        let entry = &delivered.entry;
        let Some((approval::flow::KIND, command)) = entry.kind.split_once('.') else {
            continue;
        };
        // A withdrawal judges nothing; a notice of correction says that something was missing.
        if !matches!(
            command,
            "grant" | "refuse" | "refuse_acceptance" | "request_correction"
        ) {
            continue;
        }
        let case_id = CaseId::from_uuid(entry.subject);
        let runs = records::runs::of_case(tx, case_id)?;
        if runs.is_empty() {
            continue;
        }
        let trail = match cases::trail(tx, case_id) {
            Ok(trail) => trail,
            Err(cases::Error::Store(error)) => return Err(error),
            Err(damaged) => {
                tracing::warn!(case = %case_id, error = %damaged, "a case cannot be compared");
                continue;
            }
        };
        let by_person = trail
            .iter()
            .find(|row| row.seq == entry.seq)
            .is_some_and(|row| row.event.actor.kind == ActorKind::Staff);
        if by_person {
            found.extend(runs.iter().map(|run| judged(run, command, delivered)));
        }
    }
    Ok(found)
}

/// Keeps what was found; the first word of a person on a run counts.
pub fn keep(tx: &mut Tx<'_>, found: &Vec<Comparison>) -> Result<(), Error> {
    found
        .iter()
        .try_for_each(|one| records::runs::insert_comparison(tx, one))
}

/// What a command of a person says about what the rules would have done.
fn judged(run: &Run, command: &str, delivered: &Delivered) -> Comparison {
    let granted = command == "grant";
    let agrees = match run.outcome {
        Outcome::Grant => granted,
        // Passing it to a person is never wrong; how often the person had nothing to add is what is reported.
        Outcome::Person => !granted,
        Outcome::Refuse => command == "refuse",
    };
    let reason = match (run.outcome, granted) {
        (Outcome::Grant, true) => "both_grant".to_owned(),
        (Outcome::Grant, false) => format!("person_{command}"),
        (Outcome::Person | Outcome::Refuse, _) => run
            .verdict
            .reasons
            .first()
            .map_or_else(|| "none".to_owned(), |reason| reason.code.clone()),
    };
    let at = jiff::Timestamp::from_millisecond(delivered.entry.at_ms)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Comparison {
        run: run.id,
        base_code: run.base_code.clone(),
        outcome: command.to_owned(),
        agrees,
        reason,
        at,
    }
}

/// What a reason is called.
pub fn reason_label(reason: &str, run: Option<&Run>) -> String {
    match reason {
        "both_grant" => "规则与人工都准予".to_owned(),
        "person_refuse" => "规则准予，人工不予许可".to_owned(),
        "person_refuse_acceptance" => "规则准予，人工不予受理".to_owned(),
        "person_request_correction" => "规则准予，人工要求补正".to_owned(),
        "none" => "没有写明理由".to_owned(),
        code => run
            .and_then(|run| {
                run.verdict
                    .reasons
                    .iter()
                    .find(|known| known.code == code)
                    .map(|known| known.text.clone())
            })
            .unwrap_or_else(|| code.to_owned()),
    }
}
