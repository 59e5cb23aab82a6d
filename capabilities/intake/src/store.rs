//! The questions intake asks of the database, with their SQL: drafts and uploads. Nothing else in this crate
//! writes SQL.

pub mod documents;
pub mod messages;

use base::crypto::Digest;
use base::ids::{AccountId, CaseId, DraftId, ItemId, PartyId, VersionId};
use jiff::Timestamp;
use people::People;
use store::{Error, Row, Tx, params};

use crate::draft::{Body, Draft};

/// Tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[
    store::Migration {
        id: "0470_documents",
        sql: include_str!("../migrations/0470_documents.sql"),
    },
    store::Migration {
        id: "0500_intake",
        sql: include_str!("../migrations/0500_intake.sql"),
    },
    store::Migration {
        id: "0501_messages",
        sql: include_str!("../migrations/0501_messages.sql"),
    },
];

const COLUMNS: &str = "draft_id, party_id, filed_by, item_id, version_id, body_sealed, page, created_at, \
                       updated_at, expires_at, case_id";

/// A new draft.
pub fn insert_draft(tx: &mut Tx<'_>, people: &People, draft: &Draft) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO drafts (draft_id, party_id, filed_by, item_id, version_id, body_sealed, page, created_at,
             updated_at, expires_at, case_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)",
        params![
            draft.id.uuid(),
            draft.party.uuid(),
            draft.filed_by.uuid(),
            draft.item.uuid(),
            draft.version.uuid(),
            seal(people, draft),
            &draft.page,
            draft.created_at,
            draft.updated_at,
            draft.expires_at
        ],
    )
}

/// A draft as it stands now. `seen` is when the draft that was read had been changed last: if somebody changed it
/// since, the transaction is [`Error::Stale`] and runs again.
pub fn update_draft(
    tx: &mut Tx<'_>,
    people: &People,
    draft: &Draft,
    seen: Timestamp,
) -> Result<(), Error> {
    let changed = tx.exec(
        "UPDATE drafts
            SET version_id = $2,
                body_sealed = $3,
                page = $4,
                updated_at = $5,
                expires_at = $6
          WHERE draft_id = $1
            AND updated_at = $7
            AND case_id IS NULL",
        &params![
            draft.id.uuid(),
            draft.version.uuid(),
            seal(people, draft),
            &draft.page,
            draft.updated_at,
            draft.expires_at,
            seen
        ],
    )?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// The draft became a case: what it held is sealed beside the case now and is kept there only.
pub fn finish_draft(
    tx: &mut Tx<'_>,
    id: DraftId,
    case: CaseId,
    now: Timestamp,
) -> Result<(), Error> {
    let empty: &[u8] = &[];
    let changed = tx.exec(
        "UPDATE drafts
            SET case_id = $2,
                body_sealed = $3,
                updated_at = $4
          WHERE draft_id = $1
            AND case_id IS NULL",
        &params![id.uuid(), case.uuid(), empty, now],
    )?;
    // Pressed twice at once: the second runs again and finds the first one's case.
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// Throws a draft away.
pub fn delete_draft(tx: &mut Tx<'_>, id: DraftId) -> Result<(), Error> {
    tx.queue(
        "DELETE FROM drafts WHERE draft_id = $1 AND case_id IS NULL",
        params![id.uuid()],
    )
}

/// What became of a draft's row.
#[derive(Clone, Debug)]
pub enum Found {
    /// Still being filled in.
    Open(Box<Draft>),
    /// It is a case now.
    Filed(CaseId),
}

/// A draft of an account; `None` for anybody else's, for an expired one, and where there is none.
pub fn draft(
    tx: &mut Tx<'_>,
    people: &People,
    id: DraftId,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Found>, Error> {
    let row = tx.query_opt(
        &format!("SELECT {COLUMNS} FROM drafts WHERE draft_id = $1 AND filed_by = $2"),
        &params![id.uuid(), account.uuid()],
    )?;
    let Some(row) = row else { return Ok(None) };
    if let Some(case) = row.get::<Option<uuid::Uuid>>(10)? {
        return Ok(Some(Found::Filed(CaseId::from_uuid(case))));
    }
    let draft = read_draft(&row, people)?;
    Ok((draft.expires_at > now).then(|| Found::Open(Box::new(draft))))
}

/// A draft without its content, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub id: DraftId,
    pub party: PartyId,
    pub item: ItemId,
    pub version: VersionId,
    pub page: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Open drafts of an account, the one worked on last first; `party` narrows to one applicant.
pub fn drafts_of(
    tx: &mut Tx<'_>,
    account: AccountId,
    party: Option<PartyId>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<DraftLine>, Error> {
    let rows = tx.query(
        "SELECT draft_id, party_id, item_id, version_id, page, created_at, updated_at, expires_at
           FROM drafts
          WHERE filed_by = $1
            AND case_id IS NULL
            AND expires_at > $2
          ORDER BY updated_at DESC, draft_id DESC
          LIMIT $3",
        &params![account.uuid(), now, limit as i64],
    )?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let line = DraftLine {
            id: DraftId::from_uuid(row.get(0)?),
            party: PartyId::from_uuid(row.get(1)?),
            item: ItemId::from_uuid(row.get(2)?),
            version: VersionId::from_uuid(row.get(3)?),
            page: row.get(4)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
            expires_at: row.get(7)?,
        };
        if party.is_none_or(|party| party == line.party) {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Deletes at most `limit` drafts that have expired, and rows of filed ones past their time.
pub fn purge_drafts(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.exec(
        "DELETE FROM drafts
          WHERE draft_id IN (SELECT draft_id FROM drafts WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        &params![now, limit as i64],
    )
}

fn seal(people: &People, draft: &Draft) -> Vec<u8> {
    let body = serde_json::to_vec(&draft.body).expect("a draft's body is plain data");
    people.seal(&aad(draft.id), &body)
}

/// The sealed column of this crate. That of a draft that became a case is empty.
pub const SEALED: &[people::Sealed] = &[people::Sealed {
    table: "drafts",
    column: "body_sealed",
    key: &["draft_id"],
    place: |row| Ok(aad(DraftId::from_uuid(row.get(0)?))),
}];

fn aad(id: DraftId) -> String {
    format!("drafts|body|{id}")
}

fn read_draft(row: &Row, people: &People) -> Result<Draft, Error> {
    let id = DraftId::from_uuid(row.get(0)?);
    let sealed: Vec<u8> = row.get(5)?;
    let damaged = |what: &str| Error::Corrupt(format!("drafts.body_sealed of {id}: {what}"));
    let plain = people
        .open(&aad(id), &sealed)
        .map_err(|error| damaged(&error.to_string()))?;
    let body: Body = serde_json::from_slice(&plain).map_err(|error| damaged(&error.to_string()))?;
    Ok(Draft {
        id,
        party: PartyId::from_uuid(row.get(1)?),
        filed_by: AccountId::from_uuid(row.get(2)?),
        item: ItemId::from_uuid(row.get(3)?),
        version: VersionId::from_uuid(row.get(4)?),
        body,
        page: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        expires_at: row.get(9)?,
    })
}

/// A file somebody uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub account: AccountId,
    pub digest: Digest,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    pub uploaded_at: Timestamp,
}

/// Remembers who uploaded a file; uploading it again renews name and date.
pub fn insert_upload(tx: &mut Tx<'_>, upload: &Upload) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO uploads (account_id, digest, name, media_type, size, uploaded_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account_id, digest) DO UPDATE
            SET name = excluded.name,
                media_type = excluded.media_type,
                uploaded_at = excluded.uploaded_at",
        params![
            upload.account.uuid(),
            upload.digest,
            &upload.name,
            &upload.media_type,
            upload.size as i64,
            upload.uploaded_at
        ],
    )
}

/// A file that this account uploaded; `None` for anybody else's, whoever knows the digest.
pub fn upload(
    tx: &mut Tx<'_>,
    account: AccountId,
    digest: &Digest,
) -> Result<Option<Upload>, Error> {
    let row = tx.query_opt(
        "SELECT name, media_type, size, uploaded_at FROM uploads WHERE account_id = $1 AND digest = $2",
        &params![account.uuid(), *digest],
    )?;
    row.map(|row| {
        Ok(Upload {
            account,
            digest: *digest,
            name: row.get(0)?,
            media_type: row.get(1)?,
            size: row.get(2)?,
            uploaded_at: row.get(3)?,
        })
    })
    .transpose()
}
