//! Making and finding certificates.

use base::{
    codes::{LicenseId, Uscc},
    crypto::sm3,
    ids::{CaseId, PartyId},
};
use jiff::{ToSpan, civil::Date};
use people::People;
use serde::{Deserialize, Serialize};
use store::{Row, Tx, params};

use crate::model::{Issued, License, LicenseState, Made, NewLicense};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The issuing body's credit code does not make a valid certificate identifier.
    #[error("issuer {0} has no valid credit code")]
    Issuer(String),
    /// A stored certificate cannot be read.
    #[error("certificate row is damaged: {0}")]
    Damaged(String),
    /// It no longer counts, so nothing can follow from it.
    #[error("certificate {0} no longer counts")]
    Ended(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for web::Problem {
    fn from(error: Error) -> web::Problem {
        match error {
            Error::Store(error) => error.into(),
            Error::Ended(_) => web::Problem::conflict(
                "license_ended",
                "这份证照已经被替代、撤销或者注销，请刷新后查看现在的状态",
            ),
            other => web::Problem::internal(&other),
        }
    }
}

/// Makes the certificate of a granted case. Once per case.
///
/// The identifier's serial is the year and a number without gaps per issuer; the verification code is a keyed
/// code over the identifier, so it cannot be guessed from it.
pub fn issue(tx: &mut Tx<'_>, people: &People, new: &NewLicense) -> Result<Issued, Error> {
    let issuer =
        Uscc::parse(&new.issuer_uscc).map_err(|_| Error::Issuer(new.issuer_name.clone()))?;
    let year = new.valid_from.year();
    let number = tx.next_number(&format!("license|{}|{year}", new.issuer_uscc))?;
    let serial = format!("{}{year:04}{number:07}", &region6(&new.region));
    let id = LicenseId::make((&issuer, 1), &issuer, &serial, 1)
        .map_err(|_| Error::Issuer(new.issuer_name.clone()))?;
    let license = License {
        license_id: id.to_string(),
        verify_code: new_code(people, &id.to_string()),
        case_id: new.case_id,
        case_no: new.case_no.clone(),
        type_name: new.type_name.clone(),
        item_name: new.item_name.clone(),
        holder: new.holder,
        holder_name: new.holder_name.clone(),
        issuer: new.issuer,
        issuer_name: new.issuer_name.clone(),
        issuer_uscc: new.issuer_uscc.clone(),
        region: new.region.clone(),
        serial,
        valid_from: new.valid_from,
        valid_to: new
            .valid_years
            .and_then(|years| last_day(new.valid_from, years)),
        issued_at: new.at,
        version: 1,
        made: Made::Issued,
        supersedes: None,
    };
    insert(tx, &license)
}

/// Stores a certificate that counts.
pub(crate) fn insert(tx: &mut Tx<'_>, license: &License) -> Result<Issued, Error> {
    let body = serde_json::to_string(license).map_err(|error| Error::Damaged(error.to_string()))?;
    let digest = sm3(body.as_bytes());
    tx.queue(
        "INSERT INTO licenses (license_id, verify_code, case_id, holder_id, issuer_id, state, valid_from,
             valid_to, issued_at, body, digest, type_name, item_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            &license.license_id,
            &license.verify_code,
            license.case_id,
            license.holder,
            license.issuer,
            LicenseState::Valid.word(),
            license.valid_from,
            license.valid_to,
            license.issued_at,
            body,
            digest,
            &license.type_name,
            &license.item_name
        ],
    )?;
    Ok(Issued {
        license_id: license.license_id.clone(),
        verify_code: license.verify_code.clone(),
    })
}

/// The certificate with this identifier (证照标识).
pub fn by_id(tx: &mut Tx<'_>, license_id: &str) -> Result<Option<(License, LicenseState)>, Error> {
    one(tx, "license_id", license_id.into())
}

/// The certificate with this verification code; case and separators do not matter.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<(License, LicenseState)>, Error> {
    one(tx, "verify_code", normalise_code(code).into())
}

/// The certificate of a case.
pub fn by_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<(License, LicenseState)>, Error> {
    one(tx, "case_id", case.uuid().into())
}

/// The case that made the first version of a certificate: changes, renewals and reissues lead back to it.
pub fn first_case(tx: &mut Tx<'_>, license_id: &str) -> Result<Option<CaseId>, Error> {
    let mut made_by = None;
    let mut next = Some(license_id.to_owned());
    while let Some(id) = next.take() {
        let Some((license, _)) = by_id(tx, &id)? else {
            break;
        };
        made_by = Some(license.case_id);
        next = license.supersedes;
    }
    Ok(made_by)
}

/// Certificates of a holder, newest first, at most `limit`.
pub fn of_holder(
    tx: &mut Tx<'_>,
    holder: PartyId,
    limit: usize,
) -> Result<Vec<(License, LicenseState)>, Error> {
    page_of_holder(tx, holder, None, limit)
}

/// Where a page of a holder's certificates ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// UTC milliseconds.
    issued_at: i64,
    license_id: String,
}

impl Before {
    /// The place of the last certificate of a page.
    pub fn of(license: &License) -> Before {
        Before {
            issued_at: license.issued_at.as_millisecond(),
            license_id: license.license_id.clone(),
        }
    }
}

/// Certificates of a holder, newest first, at most `limit` (1–200) after the place given.
pub fn page_of_holder(
    tx: &mut Tx<'_>,
    holder: PartyId,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<(License, LicenseState)>, Error> {
    let (issued_at, license_id) = before.map_or((i64::MAX, "~"), |before| {
        (before.issued_at, before.license_id.as_str())
    });
    tx.query(
        "SELECT body, digest, state
         FROM licenses
         WHERE holder_id = $1 AND issued_at <= $2 AND (issued_at < $2 OR license_id < $3)
         ORDER BY issued_at DESC, license_id DESC
         LIMIT $4",
        &params![holder, issued_at, license_id, limit.clamp(1, 200) as i64],
    )?
    .iter()
    .map(read)
    .collect()
}

/// What a certificate is looked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The certificate's own name, 食品经营许可证.
    Type(&'a str),
    /// The item whose result it is.
    Item(&'a str),
}

/// Certificates of a holder looked through where the rows do not tell their names.
const UNNAMED_MAX: usize = 200;

/// The newest certificate of this kind that the holder has and that counts on the given day.
pub fn newest_in_force(
    tx: &mut Tx<'_>,
    holder: PartyId,
    kind: Kind<'_>,
    today: Date,
) -> Result<Option<License>, Error> {
    let (column, name) = match kind {
        Kind::Type(name) => ("type_name", name),
        Kind::Item(name) => ("item_name", name),
    };
    let newest = |tx: &mut Tx<'_>, stored: &str, limit: usize| {
        let sql = format!(
            "SELECT body, digest, state
             FROM licenses
             WHERE holder_id = $1 AND {column} = $2 AND state = $3
               AND (valid_to IS NULL OR valid_to >= $4)
             ORDER BY issued_at DESC
             LIMIT $5"
        );
        let word = LicenseState::Valid.word();
        tx.query(&sql, &params![holder, stored, word, today, limit as i64])?
            .iter()
            .map(|row| read(row).map(|(license, _)| license))
            .collect::<Result<Vec<License>, Error>>()
    };
    if let Some(license) = newest(tx, name, 1)?.pop() {
        return Ok(Some(license));
    }
    let unnamed = newest(tx, "", UNNAMED_MAX)?;
    Ok(unnamed.into_iter().find(|license| match kind {
        Kind::Type(name) => license.type_name == name,
        Kind::Item(name) => license.item_name == name,
    }))
}

/// The state on a given day: an expired certificate is expired whatever its row says.
pub fn state_on(license: &License, stored: LicenseState, today: Date) -> LicenseState {
    match stored {
        LicenseState::Valid if license.valid_to.is_some_and(|last| last < today) => {
            LicenseState::Expired
        }
        other => other,
    }
}

/// Whether a text can be a verification code at all.
pub fn is_code(text: &str) -> bool {
    text.len() <= 200 && normalise_code(text).len() == CODE_SIGNS
}

/// Upper-case letters and digits only.
pub fn normalise_code(code: &str) -> String {
    base::text::normalise_code(code)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(40)
        .collect()
}

fn one(
    tx: &mut Tx<'_>,
    column: &str,
    value: store::Value,
) -> Result<Option<(License, LicenseState)>, Error> {
    let sql = format!("SELECT body, digest, state FROM licenses WHERE {column} = $1");
    tx.query_opt(&sql, &[value])?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<(License, LicenseState), Error> {
    let body: String = row.get(0)?;
    let license: License =
        serde_json::from_str(&body).map_err(|error| Error::Damaged(error.to_string()))?;
    if sm3(body.as_bytes()) != row.get::<[u8; 32]>(1)? {
        return Err(Error::Damaged(format!(
            "{} was changed after it was issued",
            license.license_id
        )));
    }
    let state = match row.get::<String>(2)?.as_str() {
        "valid" => LicenseState::Valid,
        "revoked" => LicenseState::Revoked,
        "cancelled" => LicenseState::Cancelled,
        "superseded" => LicenseState::Superseded,
        "void" => LicenseState::Void,
        other => return Err(Error::Damaged(format!("unknown state {other}"))),
    };
    Ok((license, state))
}

/// Last valid day: the day before the same date `years` later.
pub fn last_day(from: Date, years: u16) -> Option<Date> {
    from.checked_add(i32::from(years).years())
        .and_then(|date| date.checked_sub(1.day()))
        .ok()
}

fn region6(region: &str) -> String {
    region.chars().take(6).collect()
}

/// Signs of a verification code.
const CODE_SIGNS: usize = 12;

/// Twelve characters of the alphabet without look-alikes.
pub(crate) fn new_code(people: &People, license_id: &str) -> String {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let digest = people.mac("license.verify").code(&[license_id.as_bytes()]);
    digest[..CODE_SIGNS]
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}
