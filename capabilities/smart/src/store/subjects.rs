//! Whom cases are about, so that nobody is granted the same thing twice before a register has heard of it.

use base::ids::CaseId;
use jiff::Timestamp;
use store::{Error, Tx, params};

/// Most cases of one subject that are looked at, the newest.
const CASES_MAX: i64 = 20;

/// A case of an item about a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub case: CaseId,
    pub case_no: String,
    pub at: Timestamp,
}

pub fn insert(
    tx: &mut Tx<'_>,
    base_code: &str,
    subject: &[u8; 32],
    about: &About,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO smart_subjects (base_code, subject, case_id, case_no, at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (base_code, subject, case_id) DO NOTHING",
        params![base_code, *subject, about.case, &about.case_no, about.at],
    )
}

/// Cases of the item about the subject that are open or were granted, newest first.
pub fn standing(tx: &mut Tx<'_>, base_code: &str, subject: &[u8; 32]) -> Result<Vec<About>, Error> {
    let rows = tx.query(
        "SELECT case_id, case_no, at
           FROM smart_subjects
          WHERE base_code = $1
            AND subject = $2
          ORDER BY at DESC
          LIMIT $3",
        &params![base_code, *subject, CASES_MAX],
    )?;
    let mut standing = Vec::new();
    for row in &rows {
        let about = About {
            case: row.get(0)?,
            case_no: row.get(1)?,
            at: row.get(2)?,
        };
        if cases::list::is_open_or(tx, about.case.uuid(), "granted")? {
            standing.push(about);
        }
    }
    Ok(standing)
}
