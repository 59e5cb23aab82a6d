//! Registers kept in our own database: sealed records found by a keyed code of the subject's number.
//!
//! The month of birth is kept as a keyed code too: whoever has the table learns neither number nor birthday, and a
//! search for everybody of a month touches only that month.

use base::crypto::HmacSm3;
use jiff::Timestamp;
use jiff::civil::Date;
use people::People;
use serde_json::{Map, Value};
use store::{Error, Tx, params};

use crate::model::Record;

/// Records of one subject in one register.
const RECORDS_MAX: usize = 8;

/// Finds subjects without naming them.
#[derive(Clone)]
pub struct Codes(HmacSm3);

impl Codes {
    pub fn new(people: &People) -> Codes {
        Codes(people.mac("smart.registers.1"))
    }

    pub fn subject(&self, source: &str, number: &str) -> [u8; 32] {
        self.0
            .code(&[b"subject", source.as_bytes(), number.as_bytes()])
    }

    /// The code of a month of birth, shared by everybody born in it.
    pub fn month(&self, source: &str, year: i16, month: i8) -> [u8; 32] {
        let text = format!("{year:04}-{month:02}");
        self.0.code(&[b"born", source.as_bytes(), text.as_bytes()])
    }
}

/// One record to be kept.
#[derive(Clone, Debug)]
pub struct Entry {
    pub source: String,
    pub number: String,
    pub fields: Map<String, Value>,
    pub observed_at: Timestamp,
    /// Day of birth, where the register is searched by it.
    pub born: Option<Date>,
}

/// What is sealed: the number too, so that a search by month tells who it is.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    number: String,
    fields: Map<String, Value>,
}

pub(crate) const SEALED: people::Sealed = people::Sealed {
    table: "smart_registers",
    column: "sealed",
    key: &["source", "subject", "place"],
    place: |row| {
        let (source, subject): (String, [u8; 32]) = (row.get(0)?, row.get(1)?);
        Ok(place(&source, &subject, row.get(2)?))
    },
};

fn place(source: &str, subject: &[u8; 32], place: i64) -> String {
    format!(
        "smart_registers|{source}|{}|{place}",
        base::crypto::to_hex(subject)
    )
}

/// Replaces what a register says about a subject by one record.
pub fn put(tx: &mut Tx<'_>, people: &People, codes: &Codes, entry: &Entry) -> Result<(), Error> {
    put_at(tx, people, codes, entry, 0)?;
    tx.queue(
        "DELETE FROM smart_registers WHERE source = $1 AND subject = $2 AND place > 0",
        params![&entry.source, codes.subject(&entry.source, &entry.number)],
    )
}

/// Puts one of several records about a subject.
pub fn put_at(
    tx: &mut Tx<'_>,
    people: &People,
    codes: &Codes,
    entry: &Entry,
    at: i64,
) -> Result<(), Error> {
    let subject = codes.subject(&entry.source, &entry.number);
    let body = serde_json::to_vec(&Body {
        number: entry.number.clone(),
        fields: entry.fields.clone(),
    })
    .expect("a record is plain data");
    let sealed = people.seal(&place(&entry.source, &subject, at), &body);
    let born = entry
        .born
        .map(|day| codes.month(&entry.source, day.year(), day.month()));
    tx.queue(
        "INSERT INTO smart_registers (source, subject, place, sealed, observed_at, born)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (source, subject, place) DO UPDATE
            SET sealed = excluded.sealed,
                observed_at = excluded.observed_at,
                born = excluded.born",
        params![&entry.source, subject, at, sealed, entry.observed_at, born],
    )
}

/// Takes a subject out of a register.
pub fn remove(tx: &mut Tx<'_>, codes: &Codes, source: &str, number: &str) -> Result<(), Error> {
    tx.queue(
        "DELETE FROM smart_registers WHERE source = $1 AND subject = $2",
        params![source, codes.subject(source, number)],
    )
}

/// What a register says about a subject.
pub fn read(
    tx: &mut Tx<'_>,
    people: &People,
    codes: &Codes,
    source: &str,
    number: &str,
) -> Result<Vec<Record>, Error> {
    let subject = codes.subject(source, number);
    let rows = tx.query(
        "SELECT place, sealed, observed_at
           FROM smart_registers
          WHERE source = $1
            AND subject = $2
          ORDER BY place
          LIMIT $3",
        &params![source, subject, RECORDS_MAX as i64],
    )?;
    rows.iter()
        .map(|row| {
            let body = open(
                people,
                source,
                &subject,
                row.get(0)?,
                &row.get::<Vec<u8>>(1)?,
            )?;
            Ok(Record {
                fields: body.fields,
                observed_at: row.get(2)?,
            })
        })
        .collect()
}

/// Everybody a register knows to be born in a month: number and record, page by page after `after`.
pub fn born_in(
    tx: &mut Tx<'_>,
    people: &People,
    codes: &Codes,
    source: &str,
    (year, month): (i16, i8),
    limit: usize,
) -> Result<Vec<([u8; 32], String, Record)>, Error> {
    let rows = tx.query(
        "SELECT subject, place, sealed, observed_at
           FROM smart_registers
          WHERE born = $1
            AND source = $2
            AND place = 0
          LIMIT $3",
        &params![codes.month(source, year, month), source, limit as i64],
    )?;
    rows.iter()
        .map(|row| {
            let subject: [u8; 32] = row.get(0)?;
            let body = open(
                people,
                source,
                &subject,
                row.get(1)?,
                &row.get::<Vec<u8>>(2)?,
            )?;
            let record = Record {
                fields: body.fields,
                observed_at: row.get(3)?,
            };
            Ok((subject, body.number, record))
        })
        .collect()
}

/// How many subjects a register knows.
pub fn count(tx: &mut Tx<'_>, source: &str) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM smart_registers WHERE source = $1",
        &params![source],
    )?
    .get(0)
}

fn open(
    people: &People,
    source: &str,
    subject: &[u8; 32],
    at: i64,
    sealed: &[u8],
) -> Result<Body, Error> {
    let damaged =
        |what: String| Error::Corrupt(format!("smart_registers.sealed of {source}: {what}"));
    let plain = people
        .open(&place(source, subject, at), sealed)
        .map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&plain).map_err(|error| damaged(error.to_string()))
}
