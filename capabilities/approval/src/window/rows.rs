//! Rows that are counted and listed: copies of what stands in the trail, written in the act's transaction.

use base::ids::{CaseId, OrgId};
use casework::{Actor, Case, Permission, Scope, actor::Staff};
use store::{Tx, params};

use super::{escalations, handover::transfer, originals::Custody, priority, reasons};

/// Cases of the green channel that a queue shows above the others.
const FIRST_MAX: i64 = 50;
/// Cases with originals that one officer answers for at once.
const HELD_MAX: i64 = 200;

/// A case that goes first.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub id: CaseId,
    pub case_no: String,
    pub title: String,
    pub applicant: String,
    pub state: &'static str,
    pub ground: &'static str,
}

/// Open cases of the green channel that the actor's scope covers, longest first.
pub(crate) fn first(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<First>, crate::Error> {
    let rows = tx.query(
        "SELECT case_id, ground, org_id, region FROM green_cases WHERE open = 1 ORDER BY at, case_id LIMIT $1",
        &params![FIRST_MAX],
    )?;
    let mut first = Vec::new();
    for row in &rows {
        let (org, region): (OrgId, String) = (row.get(2)?, row.get(3)?);
        let scope = Scope {
            region: &region,
            org: Some(org),
        };
        if !actor.may(Permission::ReadCase, &scope) {
            continue;
        }
        let ground: String = row.get(1)?;
        if let Some(case) = cases::load(tx, row.get(0)?)? {
            first.push(First {
                id: case.id,
                state: crate::flow::state_label(&case.state),
                case_no: case.no,
                title: case.title,
                applicant: case.applicant_name,
                ground: reasons::label(&reasons::GREEN, &ground).unwrap_or("绿色通道"),
            });
        }
    }
    Ok(first)
}

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
        "take_originals" | "move_originals" | "return_originals" => held(tx, actor, case)?,
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

/// Cases whose originals are in this officer's hands, longest first.
pub fn in_the_hands_of(tx: &mut Tx<'_>, staff: &Staff) -> Result<Vec<CaseId>, store::Error> {
    let rows = tx.query(
        "SELECT case_id FROM originals_held
          WHERE org_id = $1 AND holder = $2 AND (staff_id IS NULL OR staff_id = $3)
          ORDER BY since, case_id
          LIMIT $4",
        &params![staff.org, &staff.name, staff.staff, HELD_MAX],
    )?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whose hands the originals of a case are in now.
fn held(tx: &mut Tx<'_>, actor: &Actor, case: &Case) -> Result<(), store::Error> {
    let custody = Custody::of(case);
    tx.queue(
        "DELETE FROM originals_held WHERE case_id = $1",
        params![case.id],
    )?;
    // What came last is with whoever came last.
    let (Some(holder), Actor::Staff(staff)) = (custody.held().last(), actor) else {
        return Ok(());
    };
    let own = (holder.holder == staff.name).then_some(staff.staff);
    tx.queue(
        "INSERT INTO originals_held (case_id, staff_id, holder, org_id, since) VALUES ($1, $2, $3, $4, $5)",
        params![case.id, own, &holder.holder, staff.org, case.last.at],
    )
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
