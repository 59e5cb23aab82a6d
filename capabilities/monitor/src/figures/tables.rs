//! Rows of marks, and the counts that follow from them.

use std::collections::BTreeMap;

use base::ids::CaseId;
use jiff::Timestamp;
use store::{Row, Tx, params};
use uuid::Uuid;

use super::marks::{Mark, Measure};
use super::period::{day_key, month_key};

/// Stands for all bodies.
pub(crate) const ALL_BODIES: Uuid = Uuid::nil();
/// Stands for all items.
pub(crate) const ALL_ITEMS: &str = "";

/// The columns of a mark, as [`read`] expects them.
pub(crate) const COLUMNS: &str = "measure, at, org_id, region, item, late, used, promised";

pub(crate) fn read(row: &Row) -> Result<Mark, store::Error> {
    let number: i64 = row.get(0)?;
    let measure = Measure::from_number(number)
        .ok_or_else(|| store::Error::Corrupt(format!("there is no measure {number}")))?;
    let (used, promised): (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
    Ok(Mark {
        measure,
        at: row.get(1)?,
        org: row.get(2)?,
        region: row.get(3)?,
        item: row.get(4)?,
        late: row.get(5)?,
        time: used.zip(promised),
    })
}

/// The marks a case has in the table.
pub(crate) fn stored(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<Mark>, store::Error> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM monitor_marks WHERE case_id = $1 ORDER BY measure"),
        &params![case],
    )?
    .iter()
    .map(read)
    .collect()
}

/// What has to be written so that the tables say what the trails say.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    gone: Vec<(CaseId, Measure)>,
    new: Vec<(CaseId, Mark)>,
    pub(crate) counts: Counts,
}

/// Differences of counts by key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) spans: BTreeMap<CountKey, [i64; 5]>,
    pub(crate) hours: BTreeMap<HourKey, i64>,
    pub(crate) items: BTreeMap<String, i64>,
}

/// item, body, measure, span, region
pub(crate) type CountKey = (String, Uuid, i64, String, String);
/// item, body, span, hour, region
pub(crate) type HourKey = (String, Uuid, String, i64, String);

impl Changes {
    /// A case that had `before` has `after`.
    pub(crate) fn add(&mut self, case: CaseId, before: &[Mark], after: Vec<Mark>) {
        if before == after {
            return;
        }
        self.counts.add(before, -1);
        self.counts.add(&after, 1);
        for mark in before.iter().filter(|mark| !after.contains(mark)) {
            self.gone.push((case, mark.measure));
        }
        for mark in after {
            if !before.contains(&mark) {
                self.new.push((case, mark));
            }
        }
    }

    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<(), store::Error> {
        for (case, measure) in &self.gone {
            tx.queue(
                "DELETE FROM monitor_marks WHERE case_id = $1 AND measure = $2",
                params![*case, measure.number()],
            )?;
        }
        for (case, mark) in &self.new {
            tx.queue(
                "INSERT INTO monitor_marks (case_id, measure, at, org_id, region, item, late, used, promised)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                params![
                    *case,
                    mark.measure.number(),
                    mark.at,
                    mark.org,
                    &mark.region,
                    &mark.item,
                    mark.late,
                    mark.time.map(|time| time.0),
                    mark.time.map(|time| time.1)
                ],
            )?;
        }
        self.counts.write(tx)
    }
}

impl Counts {
    /// Counts the marks of one case, or takes them away again where `sign` is negative.
    pub(crate) fn add(&mut self, marks: &[Mark], sign: i64) {
        let submitted = marks.iter().find(|mark| mark.measure == Measure::Submitted);
        for mark in marks {
            let (used, promised) = mark.time.unwrap_or_default();
            let values = [
                1,
                i64::from(mark.late),
                i64::from(mark.time.is_some()),
                used,
                promised,
            ];
            self.count(
                mark,
                mark.measure,
                mark.at,
                values.map(|value| value * sign),
            );
            if let (Some(of), Some(submitted)) = (mark.measure.since_submission(), submitted) {
                self.count(mark, of, submitted.at, [sign, 0, 0, 0, 0]);
            }
        }
        if let Some(submitted) = submitted {
            let hour = hour_of_week(submitted.at);
            for (item, org, span) in keys(submitted, submitted.at) {
                *self
                    .hours
                    .entry((item, org, span, hour, submitted.region.clone()))
                    .or_default() += sign;
            }
            *self.items.entry(submitted.item.clone()).or_default() += sign;
        }
    }

    fn count(&mut self, mark: &Mark, measure: Measure, at: Timestamp, values: [i64; 5]) {
        for (item, org, span) in keys(mark, at) {
            let key = (item, org, measure.number(), span, mark.region.clone());
            let sums = self.spans.entry(key).or_default();
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
    }

    /// Adds the differences to the tables, in the order of their keys, so that two writers never wait for one another
    /// in a ring.
    fn write(&self, tx: &mut Tx<'_>) -> Result<(), store::Error> {
        for ((item, org, measure, span, region), [n, late, timed, used, promised]) in self
            .spans
            .iter()
            .filter(|(_, values)| values.iter().any(|value| *value != 0))
        {
            tx.queue(
                "INSERT INTO monitor_counts (item, org_id, measure, span, region, n, late, timed, used, promised)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                 ON CONFLICT (item, org_id, measure, span, region) DO UPDATE SET
                     n = monitor_counts.n + excluded.n,
                     late = monitor_counts.late + excluded.late,
                     timed = monitor_counts.timed + excluded.timed,
                     used = monitor_counts.used + excluded.used,
                     promised = monitor_counts.promised + excluded.promised",
                params![item, org, *measure, span, region, *n, *late, *timed, *used, *promised],
            )?;
        }
        for ((item, org, span, hour, region), n) in self.hours.iter().filter(|(_, n)| **n != 0) {
            tx.queue(
                "INSERT INTO monitor_hours (item, org_id, span, hour, region, n)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (item, org_id, span, hour, region) DO UPDATE SET n = monitor_hours.n + excluded.n",
                params![item, org, span, *hour, region, *n],
            )?;
        }
        for (item, n) in self.items.iter().filter(|(_, n)| **n != 0) {
            tx.queue(
                "INSERT INTO monitor_items (item, n) VALUES ($1, $2)
                 ON CONFLICT (item) DO UPDATE SET n = monitor_items.n + excluded.n",
                params![item, *n],
            )?;
        }
        Ok(())
    }
}

/// The eight rows a mark is counted in.
fn keys(mark: &Mark, at: Timestamp) -> impl Iterator<Item = (String, Uuid, String)> {
    let day = calendar::civil_date(at);
    let spans = [day_key(day), month_key(day)];
    let bodies = [ALL_BODIES, mark.org.uuid()];
    let items = [ALL_ITEMS.to_owned(), mark.item.clone()];
    items.into_iter().flat_map(move |item| {
        let spans = spans.clone();
        bodies.into_iter().flat_map(move |org| {
            let item = item.clone();
            spans
                .clone()
                .into_iter()
                .map(move |span| (item.clone(), org, span))
        })
    })
}

/// Hours since Monday midnight in China, by the same arithmetic as [`HOUR_OF_WEEK`].
pub(crate) fn hour_of_week(at: Timestamp) -> i64 {
    (at.as_millisecond() + CHINA_MS)
        .div_euclid(HOUR_MS)
        .wrapping_add(THURSDAY)
        .rem_euclid(168)
}

/// The same in SQL, on the column `at`.
pub(crate) const HOUR_OF_WEEK: &str = "((m.at + 28800000) / 3600000 + 72) % 168";

const CHINA_MS: i64 = 28_800_000;
const HOUR_MS: i64 = 3_600_000;
/// The first day of 1970 was a Thursday.
const THURSDAY: i64 = 72;

#[cfg(test)]
mod tests {
    use super::hour_of_week;

    #[test]
    fn a_week_begins_on_monday_in_china() {
        for (at, hour) in [
            // Monday, 18 May 2026.
            ("2026-05-17T16:00:00Z", 0),
            ("2026-05-18T01:30:00Z", 9),
            ("2026-05-24T15:59:59Z", 167),
        ] {
            assert_eq!(hour_of_week(at.parse().expect("an instant")), hour, "{at}");
        }
    }
}
