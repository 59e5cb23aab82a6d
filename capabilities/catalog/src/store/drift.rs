//! What finished cases needed: counts by item, month and value.

use base::ids::ItemId;
use store::{Error, Tx, params};

use super::{from_json, to_json};
use crate::drift::{Measure, Real, Rules};

/// Counts cases that needed so much.
pub fn add_needs(
    tx: &mut Tx<'_>,
    item_id: ItemId,
    month: &str,
    measure: Measure,
    value: i64,
    cases: i64,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO item_needs (item_id, month, measure, value, cases) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (item_id, month, measure, value) DO UPDATE SET cases = item_needs.cases + excluded.cases",
        params![item_id.uuid(), month, measure.word(), value, cases],
    )
}

/// Counts cases that were asked for one material.
pub fn add_asked(
    tx: &mut Tx<'_>,
    item_id: ItemId,
    month: &str,
    named: bool,
    what: &str,
    cases: i64,
) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO item_asked (item_id, month, named, what, cases) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (item_id, month, named, what) DO UPDATE SET cases = item_asked.cases + excluded.cases",
        params![item_id.uuid(), month, i64::from(named), what, cases],
    )
}

/// What the cases closed since a month (2026-05) needed, by item; asked materials in at least `asked_min` cases.
pub fn needs_since(
    tx: &mut Tx<'_>,
    month: &str,
    asked_min: i64,
) -> Result<Vec<(ItemId, Real)>, Error> {
    let mut items: Vec<(ItemId, Real)> = Vec::new();
    tx.each(
        "SELECT item_id, measure, value, CAST(SUM(cases) AS BIGINT)
           FROM item_needs
          WHERE month >= $1
          GROUP BY item_id, measure, value
          ORDER BY item_id",
        &params![month],
        &mut |row| {
            let item_id = ItemId::from_uuid(row.get(0)?);
            let word: String = row.get(1)?;
            let measure = Measure::from_word(&word)
                .ok_or_else(|| Error::Corrupt(format!("item_needs.measure is {word}")))?;
            if items.last().is_none_or(|(last, _)| *last != item_id) {
                items.push((item_id, Real::default()));
            }
            if let Some((_, real)) = items.last_mut() {
                let counts = real.counts.entry(measure).or_default();
                counts.add(row.get(2)?, row.get(3)?);
            }
            Ok(())
        },
    )?;
    tx.each(
        "SELECT item_id, named, what, CAST(SUM(cases) AS BIGINT) AS total
           FROM item_asked
          WHERE month >= $1
          GROUP BY item_id, named, what
         HAVING CAST(SUM(cases) AS BIGINT) >= $2
          ORDER BY item_id, total DESC, what",
        &params![month, asked_min],
        &mut |row| {
            let item_id = ItemId::from_uuid(row.get(0)?);
            if let Ok(place) = items.binary_search_by_key(&item_id, |(id, _)| *id) {
                let named = row.get::<i64>(1)? != 0;
                items[place].1.asked.push((named, row.get(2)?, row.get(3)?));
            }
            Ok(())
        },
    )?;
    Ok(items)
}

/// The rules in force.
pub fn drift_rules(tx: &mut Tx<'_>) -> Result<Rules, Error> {
    tx.query_opt("SELECT body FROM drift_rules WHERE one = 1", &[])?
        .map_or(Ok(Rules::default()), |row| {
            from_json(&row.get::<String>(0)?, "drift_rules.body")
        })
}

/// Puts other rules in force.
pub fn put_drift_rules(tx: &mut Tx<'_>, rules: &Rules) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO drift_rules (one, body) VALUES (1, $1)
         ON CONFLICT (one) DO UPDATE SET body = excluded.body",
        &params![to_json(rules)],
    )?;
    Ok(())
}
