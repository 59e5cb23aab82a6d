//! The questions asked about messages.

use base::ids::{CaseId, PartyId};
use jiff::Timestamp;
use store::{Error, Row, Tx, params};
use uuid::Uuid;

use crate::messages::{COUNTED_MAX, Message};

const COLUMNS: &str = "message_id, party_id, case_id, case_no, title, body, at, place, read_at";

/// Keeps a message; one that is there already stays as it is, read or not.
pub fn keep(tx: &mut Tx<'_>, message: &Message) -> Result<(), Error> {
    let body = serde_json::to_string(&message.matter).expect("a matter is plain data");
    tx.queue(
        "INSERT INTO messages (message_id, party_id, case_id, case_no, title, body, at, place, read_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)
         ON CONFLICT (message_id) DO NOTHING",
        params![
            message.id,
            message.party.uuid(),
            message.case.uuid(),
            &message.case_no,
            &message.title,
            body,
            message.at,
            message.place
        ],
    )
}

/// Where a page of messages ended.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Before {
    /// UTC milliseconds.
    at: i64,
    place: i64,
    id: Uuid,
}

impl Before {
    pub fn of(message: &Message) -> Before {
        Before {
            at: message.at.as_millisecond(),
            place: message.place,
            id: message.id,
        }
    }
}

/// Messages of a party, newest first.
pub fn page(
    tx: &mut Tx<'_>,
    party: PartyId,
    unread: bool,
    before: Option<Before>,
    limit: usize,
) -> Result<Vec<Message>, Error> {
    let before = before.unwrap_or(Before {
        at: i64::MAX,
        place: i64::MAX,
        id: Uuid::max(),
    });
    let only = if unread { "AND read_at IS NULL" } else { "" };
    tx.query(
        &format!(
            "SELECT {COLUMNS}
               FROM messages
              WHERE party_id = $1
                AND at <= $2
                AND (at, place, message_id) < ($2, $3, $4)
                {only}
              ORDER BY at DESC, place DESC, message_id DESC
              LIMIT $5"
        ),
        &params![
            party.uuid(),
            before.at,
            before.place,
            before.id,
            limit as i64
        ],
    )?
    .iter()
    .map(read)
    .collect()
}

/// A party's message; `None` for anybody else's.
pub fn one(tx: &mut Tx<'_>, party: PartyId, id: Uuid) -> Result<Option<Message>, Error> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM messages WHERE message_id = $1 AND party_id = $2"),
        &params![id, party.uuid()],
    )?
    .as_ref()
    .map(read)
    .transpose()
}

/// How many a party has not read, counted up to [`COUNTED_MAX`].
pub fn unread(tx: &mut Tx<'_>, party: PartyId) -> Result<u32, Error> {
    tx.query_one(
        "SELECT COUNT(*)
           FROM (SELECT 1 FROM messages WHERE party_id = $1 AND read_at IS NULL LIMIT $2) AS counted",
        &params![party.uuid(), COUNTED_MAX],
    )?
    .get(0)
}

/// Notes that a message was read; whoever read it first counts.
pub fn mark(tx: &mut Tx<'_>, party: PartyId, id: Uuid, now: Timestamp) -> Result<(), Error> {
    tx.queue(
        "UPDATE messages
            SET read_at = $3
          WHERE message_id = $1
            AND party_id = $2
            AND read_at IS NULL",
        params![id, party.uuid(), now],
    )
}

/// Notes that everything up to an instant was read: what came in meanwhile was not on the page.
pub fn mark_all(
    tx: &mut Tx<'_>,
    party: PartyId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    tx.queue(
        "UPDATE messages
            SET read_at = $3
          WHERE party_id = $1
            AND at <= $2
            AND read_at IS NULL",
        params![party.uuid(), until, now],
    )
}

/// Deletes at most `limit` messages from before an instant.
pub fn purge(tx: &mut Tx<'_>, before: Timestamp, limit: usize) -> Result<u64, Error> {
    tx.exec(
        "DELETE FROM messages
          WHERE message_id IN (SELECT message_id FROM messages WHERE at < $1 ORDER BY at LIMIT $2)",
        &params![before, limit as i64],
    )
}

fn read(row: &Row) -> Result<Message, Error> {
    let id: Uuid = row.get(0)?;
    let body: String = row.get(5)?;
    Ok(Message {
        id,
        party: PartyId::from_uuid(row.get(1)?),
        case: CaseId::from_uuid(row.get(2)?),
        case_no: row.get(3)?,
        title: row.get(4)?,
        matter: serde_json::from_str(&body)
            .map_err(|error| Error::Corrupt(format!("messages.body of {id}: {error}")))?,
        at: row.get(6)?,
        place: row.get(7)?,
        read_at: row.get(8)?,
    })
}
