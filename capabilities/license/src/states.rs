//! What becomes of a certificate after it was made: a new version takes its place, or it ends.
//!
//! A certificate's content never changes. Each change of its state is a row of `license_states` that says when, by
//! which case and document, and why; the rows are appended and never edited.

use base::codes::{LicenseId, Uscc};
use base::ids::CaseId;
use jiff::Timestamp;
use jiff::civil::Date;
use people::People;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::model::{Issued, License, LicenseState, Made};
use crate::store::{Error, insert, new_code};

/// One change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub state: LicenseState,
    pub at: Timestamp,
    /// The case that decided it.
    pub case_id: CaseId,
    pub case_no: String,
    /// 文书编号 of the decision.
    #[serde(default)]
    pub doc_no: String,
    #[serde(default)]
    pub reason: String,
    /// Law and article.
    #[serde(default)]
    pub legal_basis: String,
    /// 自始无效: the grant counts as if it had never been made.
    #[serde(default)]
    pub from_start: bool,
    /// The version that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// What the next version says; everything else is as in the one before it.
#[derive(Clone, Debug)]
pub struct Successor {
    pub made: Made,
    pub case_id: CaseId,
    pub case_no: String,
    pub holder_name: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub at: Timestamp,
    /// The decision.
    pub doc_no: String,
    pub reason: String,
    pub legal_basis: String,
}

/// Makes the next version of a certificate: the same number, the next version and a print number of its own. The old
/// one is superseded, or void where it was lost or damaged.
///
/// # Errors
/// [`Error::Ended`] when the old one no longer counts: somebody revoked or replaced it meanwhile.
pub fn succeed(
    tx: &mut Tx<'_>,
    people: &People,
    old: &License,
    next: &Successor,
) -> Result<Issued, Error> {
    let damaged = || Error::Damaged(format!("{} is no certificate identifier", old.license_id));
    let issuer = Uscc::parse(&old.issuer_uscc).map_err(|_| damaged())?;
    let id = LicenseId::parse(&old.license_id).map_err(|_| damaged())?;
    let (body, number) = id.type_code().split_at(18);
    let kind = (
        &Uscc::parse(body).map_err(|_| damaged())?,
        number.parse().map_err(|_| damaged())?,
    );
    let next_id = LicenseId::make(kind, &issuer, id.serial(), id.version() + 1)
        .map_err(|_| damaged())?
        .to_string();
    let license = License {
        verify_code: new_code(people, &next_id),
        license_id: next_id,
        case_id: next.case_id,
        case_no: next.case_no.clone(),
        holder_name: next.holder_name.clone(),
        valid_from: next.valid_from,
        valid_to: next.valid_to,
        issued_at: next.at,
        version: id.version() + 1,
        made: next.made,
        supersedes: Some(old.license_id.clone()),
        ..old.clone()
    };
    let change = Change {
        state: match next.made {
            Made::Reissued => LicenseState::Void,
            Made::Issued | Made::Changed | Made::Renewed => LicenseState::Superseded,
        },
        at: next.at,
        case_id: next.case_id,
        case_no: next.case_no.clone(),
        doc_no: next.doc_no.clone(),
        reason: next.reason.clone(),
        legal_basis: next.legal_basis.clone(),
        from_start: false,
        successor: Some(license.license_id.clone()),
    };
    set(tx, &old.license_id, &change)?;
    insert(tx, &license)
}

/// Ends a certificate or puts another in its place.
///
/// # Errors
/// [`Error::Ended`] where its state does not allow that.
pub fn set(tx: &mut Tx<'_>, license_id: &str, change: &Change) -> Result<(), Error> {
    // What was revoked is closed formally by 注销 (行政许可法第七十条第四项); nothing else follows an end.
    let from = match change.state {
        LicenseState::Cancelled => "('valid', 'revoked')",
        _ => "('valid')",
    };
    let changed = tx.exec(
        &format!("UPDATE licenses SET state = $1 WHERE license_id = $2 AND state IN {from}"),
        &params![change.state.word(), license_id],
    )?;
    if changed == 0 {
        return Err(Error::Ended(license_id.to_owned()));
    }
    let row = tx.query_one(
        "SELECT count(*) FROM license_states WHERE license_id = $1",
        &params![license_id],
    )?;
    let body = serde_json::to_string(change).map_err(|error| Error::Damaged(error.to_string()))?;
    tx.queue(
        "INSERT INTO license_states (license_id, seq, at, state, case_id, body)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            license_id,
            row.get::<i64>(0)? + 1,
            change.at,
            change.state.word(),
            change.case_id,
            body
        ],
    )?;
    Ok(())
}

/// What became of a certificate, oldest first.
pub fn history(tx: &mut Tx<'_>, license_id: &str) -> Result<Vec<Change>, Error> {
    tx.query(
        "SELECT body FROM license_states WHERE license_id = $1 ORDER BY seq",
        &params![license_id],
    )?
    .iter()
    .map(|row| {
        serde_json::from_str(&row.get::<String>(0)?)
            .map_err(|error| Error::Damaged(error.to_string()))
    })
    .collect()
}
