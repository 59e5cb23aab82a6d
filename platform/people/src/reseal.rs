//! Sealing again with the newest key what an older one sealed, so that the older one can be given up.
//!
//! A sealed value begins with its key's number, so nothing is kept about how far this has come: whoever starts it
//! again goes on with what is left. Each value is exchanged only while it is still the one that was read; what
//! somebody wrote meanwhile stays. Blind indexes have a secret of their own that no rotation touches.

use store::{Db, Row, Tx, Value};

use crate::People;
use crate::seal::{ADDRESS, Column, ID_NUMBER, LOGIN, PHONE};

/// Values exchanged in one transaction.
const BATCH: i64 = 200;

/// A sealed column: every crate that seals declares its own.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
    /// Columns of the primary key.
    pub key: &'static [&'static str],
    /// What the value is bound to, from a row that begins with the key.
    pub place: fn(&Row) -> Result<String, store::Error>,
}

/// The sealed columns of this crate.
pub const SEALED: &[Sealed] = &[
    of_party("id_number_enc", |row| place(ID_NUMBER, row)),
    of_party("phone_enc", |row| place(PHONE, row)),
    of_party("address_enc", |row| place(ADDRESS, row)),
    Sealed {
        table: "accounts",
        column: "login_enc",
        key: &["account_id"],
        place: |row| place(LOGIN, row),
    },
];

const fn of_party(column: &'static str, place: fn(&Row) -> Result<String, store::Error>) -> Sealed {
    Sealed {
        table: "parties",
        column,
        key: &["party_id"],
        place,
    }
}

fn place(column: Column, row: &Row) -> Result<String, store::Error> {
    Ok(column.place(row.get(0)?))
}

/// What came of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Now sealed with the newest key.
    pub done: u64,
    /// Written by somebody else in between; left as they wrote it.
    pub overtaken: u64,
    /// Places of values no key at hand opens, the first hundred.
    pub unreadable: Vec<String>,
}

/// Places named at most.
const NAMED_MAX: usize = 100;

impl People {
    /// Seals every value of a column with the newest key, in batches, while others go on working.
    ///
    /// # Errors
    /// Those of the database. What was done until then stays done.
    pub async fn reseal(&self, db: &Db, sealed: &Sealed) -> Result<Resealed, store::Error> {
        let mut total = Resealed::default();
        let mut after: Option<Vec<Value>> = None;
        loop {
            let (sealed, head) = (*sealed, self.head());
            let rows = db
                .read(move |tx| outdated(tx, &sealed, after.as_deref(), head))
                .await?;
            let Some(last) = rows.last() else {
                return Ok(total);
            };
            after = Some(last.values()[..sealed.key.len()].to_vec());
            let mut exchanges = Vec::with_capacity(rows.len());
            for row in &rows {
                let old: Vec<u8> = row.get(sealed.key.len())?;
                let place = (sealed.place)(row)?;
                match self.open(&place, &old) {
                    Ok(plain) => exchanges.push((row.clone(), self.seal(&place, &plain))),
                    Err(_) if total.unreadable.len() < NAMED_MAX => total.unreadable.push(place),
                    Err(_) => {}
                }
            }
            let asked = exchanges.len() as u64;
            let done = db
                .write(move |tx| exchange(tx, &sealed, &exchanges))
                .await?;
            total.done += done;
            total.overtaken += asked - done;
        }
    }

    /// How many values of a column are sealed with another key than the newest.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_outdated(&self, tx: &mut Tx<'_>, sealed: &Sealed) -> Result<u64, store::Error> {
        let Sealed { table, column, .. } = sealed;
        tx.query_one(
            &format!(
                "SELECT COUNT(*) FROM {table} WHERE length({column}) > 0 AND substr({column}, 1, 2) <> $1"
            ),
            &[Value::Blob(self.head().to_vec())],
        )?
        .get(0)
    }
}

/// The next values that are not sealed with the key that `head` begins with. Empty ones were never sealed.
fn outdated(
    tx: &mut Tx<'_>,
    sealed: &Sealed,
    after: Option<&[Value]>,
    head: [u8; 2],
) -> Result<Vec<Row>, store::Error> {
    let Sealed {
        table, column, key, ..
    } = sealed;
    let key = key.join(", ");
    let mut values = vec![Value::Blob(head.to_vec()), Value::I64(BATCH)];
    let mut further = String::new();
    if let Some(after) = after {
        let places: Vec<String> = (1..=after.len()).map(|n| format!("${}", n + 2)).collect();
        further = format!("({key}) > ({}) AND ", places.join(", "));
        values.extend_from_slice(after);
    }
    tx.query(
        &format!(
            "SELECT {key}, {column} FROM {table}
             WHERE {further}length({column}) > 0 AND substr({column}, 1, 2) <> $1
             ORDER BY {key} LIMIT $2"
        ),
        &values,
    )
}

/// Puts each new value in the place of the one that was read; how many were still there comes back.
fn exchange(
    tx: &mut Tx<'_>,
    sealed: &Sealed,
    exchanges: &[(Row, Vec<u8>)],
) -> Result<u64, store::Error> {
    let Sealed {
        table, column, key, ..
    } = sealed;
    let conditions: Vec<String> = (3..)
        .zip(*key)
        .map(|(n, name)| format!("{name} = ${n}"))
        .collect();
    let sql = format!(
        "UPDATE {table} SET {column} = $1 WHERE {column} = $2 AND {}",
        conditions.join(" AND ")
    );
    let mut done = 0;
    for (row, new) in exchanges {
        let mut values = vec![
            Value::Blob(new.clone()),
            row.values()[sealed.key.len()].clone(),
        ];
        values.extend_from_slice(&row.values()[..sealed.key.len()]);
        done += tx.exec(&sql, &values)?;
    }
    Ok(done)
}
