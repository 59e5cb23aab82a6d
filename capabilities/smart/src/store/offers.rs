//! What was offered to people without their asking.

use base::ids::{CaseId, ItemId};
use jiff::Timestamp;
use people::People;
use serde::{Deserialize, Serialize};
use store::{Error, Row, Tx, params};
use uuid::Uuid;

/// An offer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub id: Uuid,
    pub base_code: String,
    pub item: ItemId,
    pub subject: [u8; 32],
    pub region: String,
    /// `yyyy-mm`: the month they reach the age.
    pub month: String,
    pub state: State,
    pub body: Body,
    pub made_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub case: Option<CaseId>,
}

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    pub name: String,
    pub number: String,
    /// `yyyy-mm-dd`.
    pub born: String,
    pub address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for the person's word.
    Open,
    Confirmed,
    Declined,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Confirmed => "confirmed",
            State::Declined => "declined",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            State::Open => "待本人确认",
            State::Confirmed => "已确认",
            State::Declined => "本人不领取",
        }
    }

    fn from_word(word: &str) -> Option<State> {
        [State::Open, State::Confirmed, State::Declined]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

pub(super) const SEALED: people::Sealed = people::Sealed {
    table: "smart_offers",
    column: "sealed",
    key: &["offer_id"],
    place: |row| Ok(place(row.get(0)?)),
};

fn place(id: Uuid) -> String {
    format!("smart_offers|sealed|{id}")
}

const COLUMNS: &str = "offer_id, base_code, item_id, subject, region, month, state, sealed, made_at, answered_at, case_id";

fn read(row: &Row, people: &People) -> Result<Offer, Error> {
    let id: Uuid = row.get(0)?;
    let (state, sealed): (String, Vec<u8>) = (row.get(6)?, row.get(7)?);
    let damaged = |what: String| Error::Corrupt(format!("smart_offers.sealed of {id}: {what}"));
    let plain = people
        .open(&place(id), &sealed)
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Offer {
        id,
        base_code: row.get(1)?,
        item: ItemId::from_uuid(row.get(2)?),
        subject: row.get(3)?,
        region: row.get(4)?,
        month: row.get(5)?,
        state: State::from_word(&state)
            .ok_or_else(|| Error::Corrupt(format!("smart_offers.state {state}")))?,
        body: serde_json::from_slice(&plain).map_err(|error| damaged(error.to_string()))?,
        made_at: row.get(8)?,
        answered_at: row.get(9)?,
        case: row.get::<Option<Uuid>>(10)?.map(CaseId::from_uuid),
    })
}

/// Makes an offer; `false` where the person was offered the same before.
pub fn insert(tx: &mut Tx<'_>, people: &People, offer: &Offer) -> Result<bool, Error> {
    let body = serde_json::to_vec(&offer.body).expect("a body is plain data");
    let made = tx.exec(
        "INSERT INTO smart_offers (offer_id, base_code, item_id, subject, region, month, state, sealed, made_at,
             answered_at, case_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)
         ON CONFLICT (base_code, subject) DO NOTHING",
        &params![
            offer.id,
            &offer.base_code,
            offer.item.uuid(),
            offer.subject,
            &offer.region,
            &offer.month,
            offer.state.word(),
            people.seal(&place(offer.id), &body),
            offer.made_at
        ],
    )?;
    Ok(made == 1)
}

pub fn one(tx: &mut Tx<'_>, people: &People, id: Uuid) -> Result<Option<Offer>, Error> {
    tx.query_opt(
        &format!("SELECT {COLUMNS} FROM smart_offers WHERE offer_id = $1"),
        &params![id],
    )?
    .map(|row| read(&row, people))
    .transpose()
}

/// Offers to whoever has this code, newest first.
pub fn of_subject(
    tx: &mut Tx<'_>,
    people: &People,
    subject: &[u8; 32],
) -> Result<Vec<Offer>, Error> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM smart_offers WHERE subject = $1 ORDER BY made_at DESC LIMIT 20"
        ),
        &params![*subject],
    )?
    .iter()
    .map(|row| read(row, people))
    .collect()
}

/// Offers, newest month first.
pub fn list(
    tx: &mut Tx<'_>,
    people: &People,
    month: Option<&str>,
    limit: usize,
) -> Result<Vec<Offer>, Error> {
    let (only, values) = match month {
        Some(month) => ("WHERE month = $2", params![limit as i64, month].to_vec()),
        None => ("", params![limit as i64].to_vec()),
    };
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM smart_offers {only} ORDER BY month DESC, offer_id LIMIT $1"
        ),
        &values,
    )?
    .iter()
    .map(|row| read(row, people))
    .collect()
}

/// Notes the person's word; `false` where they have given it before.
pub fn answer(
    tx: &mut Tx<'_>,
    id: Uuid,
    state: State,
    case: Option<CaseId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.exec(
        "UPDATE smart_offers
            SET state = $2,
                case_id = $3,
                answered_at = $4
          WHERE offer_id = $1
            AND state = 'open'",
        &params![id, state.word(), case.map(base::ids::CaseId::uuid), at],
    )?;
    Ok(changed == 1)
}
