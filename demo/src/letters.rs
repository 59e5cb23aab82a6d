//! Numbers of official documents. One of each run is taken from `approval` itself, which says what a number looks
//! like; the others follow it, and the counter is left at the last one.

use std::collections::BTreeMap;

use approval::letter::{Letter, number};
use store::{Tx, params};

use crate::offices::Offices;
use crate::year::Series;

/// Places as [`crate::year::letter`] gives them.
pub(crate) const KINDS: [Letter; 5] = [
    Letter::Acceptance,
    Letter::Correction,
    Letter::NotAccepted,
    Letter::Granted,
    Letter::Refused,
];

/// What stands before and after the serial in each run.
pub(crate) type Patterns = BTreeMap<Series, (String, String)>;

/// Takes every run up to its last number.
pub(crate) fn reserve(
    tx: &mut Tx<'_>,
    offices: &Offices,
    runs: &BTreeMap<Series, u32>,
) -> Result<Patterns, store::Error> {
    let mut patterns = Patterns::new();
    for (series, last) in runs {
        let short_name = &offices.desks[series.desk as usize].body.short_name;
        let item_type = if series.licensing { "01" } else { "20" };
        let kind = KINDS[usize::from(series.letter)];
        let next = number(tx, short_name, item_type, kind, series.year)?;
        let odd = || store::Error::Corrupt(format!("document number {next} has no serial"));
        let (head, rest) = next.split_once('〕').ok_or_else(odd)?;
        let (stem, _) = head.split_once('〔').ok_or_else(odd)?;
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let serial: i64 = rest[..rest.len() - tail.len()].parse().map_err(|_| odd())?;
        // The first of the run, or the next one where this was done before.
        let moved = tx.exec(
            "UPDATE counters SET value = $2 WHERE name = $1 AND value = $3",
            &params![
                format!("letter|{stem}|{}", series.year),
                i64::from(*last),
                serial
            ],
        )?;
        if moved != 1 {
            return Err(odd());
        }
        patterns.insert(*series, (format!("{head}〕"), tail.to_owned()));
    }
    Ok(patterns)
}

/// The number of one document.
pub(crate) fn text(patterns: &Patterns, series: Series, serial: u32) -> String {
    patterns
        .get(&series)
        .map_or_else(String::new, |(head, tail)| format!("{head}{serial}{tail}"))
}
