//! The use cases of 撤销 and 注销, each inside the caller's transaction.

use base::ids::CaseId;
use casework::{Actor, Case, Context, Permission, Refusal, Scope};
use jiff::Timestamp;
use license::{Change, License, LicenseState};
use store::{Tx, params};

use super::ending::{self, Command, End, Ending, KIND, Proposal};
use crate::{
    credit::{self, NewEntry},
    error::Error,
    letter, quota,
    service::{Approval, may_know},
};

/// What staff propose.
#[derive(Clone, Debug)]
pub struct Propose {
    pub end: End,
    pub license_id: String,
    pub ground: String,
    pub facts: String,
}

impl Approval {
    /// Begins to end a certificate. The notice is numbered; the holder reads it and may answer.
    pub fn propose_ending(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        (case_id, case_no): (CaseId, &str),
        new: &Propose,
    ) -> Result<Case, Error> {
        let (license, stored) = license_for(tx, actor, &new.license_id)?;
        let facts = ending::check(new.end, &new.ground, &new.facts)?;
        possible(new, &license, stored, calendar::civil_date(now))?;
        if let Some(running) = running(tx, &license.license_id)? {
            return Err(Refusal::invalid(
                "license_id",
                format!("这份证照已有正在处理的{}（{}）", running.title, running.no),
            )
            .into());
        }
        let calendar = self.app.calendar();
        let doc_no = number(tx, &license, new.end, "告", now)?;
        let proposal = Proposal {
            case_id,
            case_no: case_no.to_owned(),
            first_case: license.case_id,
            org: license.issuer,
            region: license.region.clone(),
            holder: license.holder,
            holder_name: license.holder_name.clone(),
            ending: Ending {
                end: new.end,
                license_id: license.license_id.clone(),
                license_name: license.type_name.clone(),
                serial: license.serial.clone(),
                ground: new.ground.clone(),
                facts,
                doc_no,
            },
        };
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version: None,
        };
        let event = ending::propose(ctx, &proposal);
        let case = cases::open(tx, &calendar, case_id, &event)?;
        tx.queue(
            "INSERT INTO license_applications (license_id, case_id, wish, filed_at)
             VALUES ($1, $2, $3, $4)",
            params![&license.license_id, case.id, new.end.word(), case.opened_at],
        )?;
        Ok(case)
    }

    /// Acts on a revocation or cancellation; a decision changes the certificate's state in the same transaction.
    pub fn act_on_ending(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        now: Timestamp,
        case_id: CaseId,
        expected_version: Option<i64>,
        command: &Command,
    ) -> Result<Case, Error> {
        let before = load(tx, actor, case_id)?;
        let calendar = self.app.calendar();
        let ctx = Context {
            now,
            calendar: &calendar,
            actor,
            expected_version,
        };
        // Refuse before anything is numbered or changed.
        ending::decide(ctx, &before, command)?;
        let mut command = command.clone();
        if let Command::End { doc_no, .. } = &mut command {
            let told = ending::ending(&before).ok_or(Error::NotFound)?;
            let (license, _) = license::by_id(tx, &told.license_id)?.ok_or(Error::NotFound)?;
            cases::claim(tx, &before)?;
            *doc_no = number(tx, &license, told.end, "决", now)?;
        }
        let case = cases::execute(tx, &calendar, case_id, |case| {
            ending::decide(ctx, case, &command).map_err(Error::from)
        })?;
        if matches!(command, Command::End { .. }) {
            self.end(tx, &case, now)?;
        }
        Ok(case)
    }

    /// What a decision does: the state of the certificate, and a ban where fraud in a matter of safety calls for one.
    fn end(&self, tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<(), Error> {
        let (Some(told), Some(done)) = (ending::ending(case), ending::ended(case)) else {
            return Err(Error::NotFound);
        };
        let law = told.ground().map_or("", |ground| ground.law);
        let change = Change {
            state: match told.end {
                End::Revoke => LicenseState::Revoked,
                End::Cancel => LicenseState::Cancelled,
            },
            at: now,
            case_id: case.id,
            case_no: case.no.clone(),
            doc_no: done.doc_no.clone(),
            reason: told.facts.clone(),
            legal_basis: law.to_owned(),
            from_start: done.from_start,
            successor: None,
        };
        match license::states::set(tx, &told.license_id, &change) {
            Ok(()) => {}
            Err(license::Error::Ended(_)) => {
                return Err(Refusal::invalid(
                    "license_id",
                    "这份证照已经被替代、撤销或者注销，不能再作出这个决定",
                )
                .into());
            }
            Err(other) => return Err(other.into()),
        }
        if let Some(first) = license::first_case(tx, &told.license_id)? {
            quota::free(tx, first)?;
        }
        if told.end == End::Revoke && told.ground == ending::FRAUD && done.safety {
            let first = match license::by_id(tx, &told.license_id)? {
                Some((license, _)) => cases::load(tx, license.case_id)?,
                None => None,
            };
            let fraud = credit::Kind::Fraud;
            let entry = NewEntry::following(case, first.as_ref(), fraud, told.facts.clone());
            credit::record(tx, &entry)?;
        }
        Ok(())
    }
}

/// A certificate for staff who may decide for its issuer.
pub fn license_for(
    tx: &mut Tx<'_>,
    actor: &Actor,
    license_id: &str,
) -> Result<(License, LicenseState), Error> {
    let (license, stored) = license::by_id(tx, license_id)?.ok_or(Error::NotFound)?;
    let scope = Scope {
        region: &license.region,
        org: Some(license.issuer),
    };
    if actor.may(Permission::Decide, &scope) {
        Ok((license, stored))
    } else if actor.may(Permission::ReadCase, &scope) {
        Err(Refusal::NotAllowed {
            actor: actor.name().to_owned(),
            command: "propose_ending".to_owned(),
        }
        .into())
    } else {
        Err(Error::NotFound)
    }
}

/// Loads a revocation or cancellation for somebody who may know it: its holder, staff of the issuer.
pub fn load(tx: &mut Tx<'_>, actor: &Actor, case_id: CaseId) -> Result<Case, Error> {
    cases::load(tx, case_id)?
        .filter(|case| case.kind == KIND && may_know(actor, case))
        .ok_or(Error::NotFound)
}

/// The newest revocation or cancellation of a certificate.
pub fn newest(tx: &mut Tx<'_>, license_id: &str) -> Result<Option<Case>, Error> {
    let row = tx.query_opt(
        "SELECT case_id FROM license_applications
         WHERE license_id = $1 AND wish IN ('revoke', 'cancel')
         ORDER BY filed_at DESC, case_id DESC LIMIT 1",
        &params![license_id],
    )?;
    match row {
        Some(row) => Ok(cases::load(tx, row.get(0)?)?),
        None => Ok(None),
    }
}

fn running(tx: &mut Tx<'_>, license_id: &str) -> Result<Option<Case>, Error> {
    Ok(newest(tx, license_id)?.filter(Case::is_open))
}

/// Whether the revocation of a certificate may be begun today.
pub fn revocable(
    tx: &mut Tx<'_>,
    license_id: &str,
    today: jiff::civil::Date,
) -> Result<bool, Error> {
    let Some((license, stored)) = license::by_id(tx, license_id)? else {
        return Ok(false);
    };
    let state = license::store::state_on(&license, stored, today);
    let stands = matches!(state, LicenseState::Valid | LicenseState::Expired);
    Ok(stands && running(tx, license_id)?.is_none())
}

/// Whether the certificate's state and the ground allow what is proposed.
fn possible(
    new: &Propose,
    license: &License,
    stored: LicenseState,
    today: jiff::civil::Date,
) -> Result<(), Refusal> {
    let state = license::store::state_on(license, stored, today);
    let allowed = match (new.end, state) {
        (End::Revoke, LicenseState::Valid | LicenseState::Expired) => true,
        (End::Cancel, LicenseState::Expired) => new.ground != "revoked",
        (End::Cancel, LicenseState::Revoked) => new.ground == "revoked",
        (End::Cancel, LicenseState::Valid) => !matches!(new.ground.as_str(), "expired" | "revoked"),
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    Err(Refusal::invalid(
        "ground",
        format!(
            "这份证照现在的状态是“{}”，不能以这个事由{}",
            state.label(),
            new.end.label()
        ),
    ))
}

/// Takes the next document number, e.g. 云市监撤决〔2026〕3号.
fn number(
    tx: &mut Tx<'_>,
    license: &License,
    end: End,
    word: &str,
    now: Timestamp,
) -> Result<String, Error> {
    let org = people::orgs::by_id(tx, license.issuer)
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))?;
    let sign = match end {
        End::Revoke => "撤",
        End::Cancel => "注",
    };
    let head = format!(
        "{}{sign}{word}",
        org.map(|org| org.short_name).unwrap_or_default()
    );
    Ok(letter::next(tx, &head, calendar::civil_date(now).year())?)
}
