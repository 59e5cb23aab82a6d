//! Rows that are counted and listed: copies of what stands in the trail, written in the act's transaction.

use casework::{Actor, Case};
use store::{Tx, params};

use super::{escalations, handover::transfer, priority};

/// Brings the rows of a case up to the act that was just recorded.
pub(crate) fn follow(tx: &mut Tx<'_>, actor: &Actor, case: &Case) -> Result<(), store::Error> {
    match case.last.command.as_str() {
        "file" => opened(tx, case)?,
        "escalate" => {
            let Some(last) = escalations(case).pop() else {
                return Ok(());
            };
            let org = match actor {
                Actor::Staff(staff) => staff.org,
                Actor::Person(_) | Actor::System => case.org,
            };
            tx.queue(
                "INSERT INTO escalations (case_id, seq, reason, org_id, region, staff_name, at, answered_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)",
                params![
                    case.id,
                    case.version,
                    &last.reason,
                    org,
                    &case.region,
                    &last.by,
                    last.at
                ],
            )?;
        }
        "answer_escalation" => {
            tx.queue(
                "UPDATE escalations SET answered_at = $2 WHERE case_id = $1 AND answered_at IS NULL",
                params![case.id, case.last.at],
            )?;
        }
        "prioritise" => {
            if let Some(priority) = priority(case) {
                tx.queue(
                    "INSERT INTO green_cases (case_id, ground, org_id, region, at, open)
                     VALUES ($1, $2, $3, $4, $5, 1)",
                    params![
                        case.id,
                        &priority.ground,
                        case.org,
                        &case.region,
                        priority.at
                    ],
                )?;
            }
        }
        "send_handover" | "receive_handover" => {
            if let Some(transfer) = transfer(case) {
                tx.queue(
                    "UPDATE transfers SET sent_at = $2, received_at = $3 WHERE case_id = $1",
                    params![
                        case.id,
                        transfer.sent.map(|signed| signed.at),
                        transfer.received.map(|signed| signed.at)
                    ],
                )?;
            }
        }
        _ => {}
    }
    if !case.is_open() && priority(case).is_some() {
        tx.queue(
            "UPDATE green_cases SET open = 0 WHERE case_id = $1",
            params![case.id],
        )?;
    }
    Ok(())
}

fn opened(tx: &mut Tx<'_>, case: &Case) -> Result<(), store::Error> {
    let Some(transfer) = transfer(case) else {
        return Ok(());
    };
    let message = &transfer.message;
    tx.queue(
        "INSERT INTO transfers (case_id, case_no, title, from_org, from_region, to_org, to_region, opened_at,
             sent_at, received_at, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, $9)",
        params![
            case.id,
            &case.no,
            &case.title,
            message.from.org,
            &message.from.region,
            message.to.org,
            &message.to.region,
            case.opened_at,
            &transfer.digest
        ],
    )
}
