//! What a database knows of the city in it: seed, size, end and how far it has come. Kept among the counters, which
//! every deployment has, under names no document uses.

use store::{Tx, params};

/// Goes up when the same seed would make another city.
pub(crate) const RECIPE: i64 = 4;

/// The city in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) seed: u64,
    pub(crate) cases: u64,
    /// End of the year, UTC milliseconds.
    pub(crate) end: i64,
    pub(crate) recipe: i64,
    pub(crate) done: bool,
}

const SEED: &str = "demo|seed";
const CASES: &str = "demo|cases";
const END: &str = "demo|end";
const RECIPE_NAME: &str = "demo|recipe";
const DONE: &str = "demo|done";

/// The city in this database, if there is one.
pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Option<Marker>, store::Error> {
    let Some(seed) = get(tx, SEED)? else {
        return Ok(None);
    };
    Ok(Some(Marker {
        seed: u64::from_ne_bytes(seed.to_ne_bytes()),
        cases: get(tx, CASES)?.unwrap_or(0).unsigned_abs(),
        end: get(tx, END)?.unwrap_or(0),
        recipe: get(tx, RECIPE_NAME)?.unwrap_or(0),
        done: get(tx, DONE)?.is_some(),
    }))
}

/// Notes which city is being made.
pub(crate) fn begin(tx: &mut Tx<'_>, marker: &Marker) -> Result<(), store::Error> {
    set(tx, SEED, i64::from_ne_bytes(marker.seed.to_ne_bytes()))?;
    set(tx, CASES, marker.cases as i64)?;
    set(tx, END, marker.end)?;
    set(tx, RECIPE_NAME, marker.recipe)
}

/// Notes that the city is whole.
pub(crate) fn finish(tx: &mut Tx<'_>) -> Result<(), store::Error> {
    set(tx, DONE, 1)
}

/// How many pieces of a part were written.
pub(crate) fn progress(tx: &mut Tx<'_>, part: &str) -> Result<u64, store::Error> {
    Ok(get(tx, &format!("demo|{part}"))?
        .unwrap_or(0)
        .unsigned_abs())
}

/// Notes, in the transaction that writes it, that a piece of a part was written.
pub(crate) fn advance(tx: &mut Tx<'_>, part: &str, pieces: u64) -> Result<(), store::Error> {
    set(tx, &format!("demo|{part}"), pieces as i64)
}

fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<i64>, store::Error> {
    let row = tx.query_opt("SELECT value FROM counters WHERE name = $1", &params![name])?;
    row.map(|row| row.get(0)).transpose()
}

fn set(tx: &mut Tx<'_>, name: &str, value: i64) -> Result<(), store::Error> {
    tx.queue(
        "INSERT INTO counters (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
}
