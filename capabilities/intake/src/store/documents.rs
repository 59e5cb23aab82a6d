//! 我的材料: files that may be used again, and where they were.

use base::crypto::Digest;
use base::ids::{CaseId, PartyId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, params};

base::define_id! {
    /// A file that its party may use again.
    DocumentId;
}

/// A file that its party may use again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub document_id: DocumentId,
    pub party: PartyId,
    /// Code of the standard material it is.
    pub standard: String,
    pub name: String,
    pub digest: Digest,
    pub file_name: String,
    pub media_type: String,
    pub size: u64,
    pub case_id: CaseId,
    pub case_no: String,
    pub added_at: Timestamp,
    /// Last day it counts.
    pub valid_to: Option<Date>,
}

impl Document {
    /// Whether it still counts on a day.
    pub fn counts_on(&self, day: Date) -> bool {
        self.valid_to.is_none_or(|last| day <= last)
    }
}

/// A case a document was used in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentUse {
    pub digest: Digest,
    pub case_id: CaseId,
    pub case_no: String,
    pub used_at: Timestamp,
}

const DOCUMENT: &str =
    "SELECT document_id, party_id, standard, name, digest, file_name, media_type, size, case_id,
                               case_no, added_at, valid_to
                          FROM documents";

fn document(row: &Row) -> Result<Document, Error> {
    let size: i64 = row.get(7)?;
    Ok(Document {
        document_id: DocumentId::from_uuid(row.get(0)?),
        party: PartyId::from_uuid(row.get(1)?),
        standard: row.get(2)?,
        name: row.get(3)?,
        digest: row.get(4)?,
        file_name: row.get(5)?,
        media_type: row.get(6)?,
        size: u64::try_from(size).unwrap_or_default(),
        case_id: CaseId::from_uuid(row.get(8)?),
        case_no: row.get(9)?,
        added_at: row.get(10)?,
        valid_to: row.get(11)?,
    })
}

/// Keeps a file for its party, once; one that was taken away before it was handed in again is offered again.
pub fn keep(tx: &mut Tx<'_>, new: &Document) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO documents (document_id, party_id, standard, name, digest, file_name, media_type, size, case_id,
                                case_no, added_at, valid_to, removed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL)
         ON CONFLICT (party_id, standard, digest) DO UPDATE SET
           removed_at = CASE WHEN documents.removed_at > excluded.added_at THEN documents.removed_at END",
        params![
            new.document_id.uuid(),
            new.party.uuid(),
            &new.standard,
            &new.name,
            new.digest,
            &new.file_name,
            &new.media_type,
            i64::try_from(new.size).unwrap_or(i64::MAX),
            new.case_id.uuid(),
            &new.case_no,
            new.added_at,
            new.valid_to
        ],
    )
}

/// Notes that a file of a party was used in a case; the case it came with is its first.
pub fn note_use(tx: &mut Tx<'_>, party: PartyId, used: &DocumentUse) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO document_uses (party_id, digest, case_id, case_no, used_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (party_id, digest, case_id) DO NOTHING",
        params![
            party.uuid(),
            used.digest,
            used.case_id.uuid(),
            &used.case_no,
            used.used_at
        ],
    )
}

/// Where a page of documents ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// UTC milliseconds.
    pub added_at: i64,
    pub document_id: DocumentId,
}

/// Documents of a party that are offered, newest first.
pub fn page(
    tx: &mut Tx<'_>,
    party: PartyId,
    before: Option<&Before>,
    limit: usize,
) -> Result<Vec<Document>, Error> {
    let (added_at, document_id) = before.map_or((i64::MAX, uuid::Uuid::max()), |before| {
        (before.added_at, before.document_id.uuid())
    });
    tx.query(
        &format!(
            "{DOCUMENT}
              WHERE party_id = $1 AND removed_at IS NULL AND (added_at, document_id) < ($2, $3)
              ORDER BY added_at DESC, document_id DESC
              LIMIT $4"
        ),
        &params![
            party.uuid(),
            added_at,
            document_id,
            i64::try_from(limit).unwrap_or(i64::MAX)
        ],
    )?
    .iter()
    .map(document)
    .collect()
}

/// Documents of a party that are one of these standard materials and count on a day, newest first.
pub fn of_standards(
    tx: &mut Tx<'_>,
    party: PartyId,
    standards: &[String],
    day: Date,
    limit: usize,
) -> Result<Vec<Document>, Error> {
    let mut all = Vec::new();
    for standard in standards {
        let found = tx.query(
            &format!(
                "{DOCUMENT}
                  WHERE party_id = $1 AND standard = $2 AND removed_at IS NULL
                    AND (valid_to IS NULL OR valid_to >= $3)
                  ORDER BY added_at DESC, document_id DESC
                  LIMIT $4"
            ),
            &params![
                party.uuid(),
                standard,
                day,
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
        )?;
        for row in &found {
            all.push(document(row)?);
        }
    }
    Ok(all)
}

/// A document of a party that is offered.
pub fn by_id(
    tx: &mut Tx<'_>,
    party: PartyId,
    document_id: DocumentId,
) -> Result<Option<Document>, Error> {
    tx.query_opt(
        &format!("{DOCUMENT} WHERE party_id = $1 AND document_id = $2 AND removed_at IS NULL"),
        &params![party.uuid(), document_id.uuid()],
    )?
    .map(|row| document(&row))
    .transpose()
}

/// Cases in which files of a party were used, newest first, at most `limit` for each file.
pub fn uses(
    tx: &mut Tx<'_>,
    party: PartyId,
    digest: &Digest,
    limit: usize,
) -> Result<Vec<DocumentUse>, Error> {
    tx.query(
        "SELECT digest, case_id, case_no, used_at
           FROM document_uses
          WHERE party_id = $1 AND digest = $2
          ORDER BY used_at DESC, case_id
          LIMIT $3",
        &params![
            party.uuid(),
            *digest,
            i64::try_from(limit).unwrap_or(i64::MAX)
        ],
    )?
    .iter()
    .map(|row| {
        Ok(DocumentUse {
            digest: row.get(0)?,
            case_id: CaseId::from_uuid(row.get(1)?),
            case_no: row.get(2)?,
            used_at: row.get(3)?,
        })
    })
    .collect()
}

/// Renames a document and says how long it counts. `false` where there is none.
pub fn change(
    tx: &mut Tx<'_>,
    party: PartyId,
    document_id: DocumentId,
    name: &str,
    valid_to: Option<Date>,
) -> Result<bool, Error> {
    let touched = tx.exec(
        "UPDATE documents SET name = $3, valid_to = $4
          WHERE party_id = $1 AND document_id = $2 AND removed_at IS NULL",
        &params![party.uuid(), document_id.uuid(), name, valid_to],
    )?;
    Ok(touched == 1)
}

/// Offers a document no more; the files in cases stay. `false` where there is none.
pub fn remove(
    tx: &mut Tx<'_>,
    party: PartyId,
    document_id: DocumentId,
    now: Timestamp,
) -> Result<bool, Error> {
    let touched = tx.exec(
        "UPDATE documents SET removed_at = $3
          WHERE party_id = $1 AND document_id = $2 AND removed_at IS NULL",
        &params![party.uuid(), document_id.uuid(), now],
    )?;
    Ok(touched == 1)
}
