//! 每日抽查: a share of a day's automatic decisions is checked by a person.
//!
//! The draw can be repeated by an outsider: for each item the runs of the day stand in the order of
//! SM3(day ‖ run), and the first so many are drawn.

use std::collections::BTreeMap;

use base::crypto::{Digest, Sm3};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jobs::{Job, Outcome as Done};
use store::{Error, Tx};
use uuid::Uuid;

use crate::model::{Mode, Outcome};
use crate::state::Smart;
use crate::store as records;
use crate::store::runs::Run;
use crate::store::samples::Sample;

/// Kind of the daily job.
pub const SAMPLE_JOB: &str = "smart.sample";
/// Most automatic decisions of a day that are looked through.
const DAY_MAX: usize = 200_000;
/// The share where a rule set names none.
const PER_MILLE: u16 = 50;

/// Where a run stands in the draw of a day.
pub fn ticket(day: Date, run: Uuid) -> Digest {
    let mut hash = Sm3::new();
    hash.update(b"tongban.smart.sample.1|");
    hash.update(day.to_string().as_bytes());
    hash.update(b"|");
    hash.update(run.as_bytes());
    hash.finish()
}

/// How many of `all` are drawn: the share rounded up, at least one where the share is not zero.
pub fn size(all: usize, per_mille: u16) -> usize {
    (all * usize::from(per_mille)).div_ceil(1000)
}

/// The runs drawn of one day and item.
pub fn draw(day: Date, runs: &[Uuid], per_mille: u16) -> Vec<Uuid> {
    let mut tickets: Vec<(Digest, Uuid)> =
        runs.iter().map(|run| (ticket(day, *run), *run)).collect();
    tickets.sort_unstable();
    tickets
        .into_iter()
        .take(size(runs.len(), per_mille))
        .map(|(_, run)| run)
        .collect()
}

/// Draws a day's samples; how many.
pub fn draw_day(smart: &Smart, tx: &mut Tx<'_>, day: Date) -> Result<usize, Error> {
    let next = day.saturating_add(1.day());
    let span = (calendar::start_of_day(day), calendar::start_of_day(next));
    let mut by_item: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for run in records::runs::ids_between(tx, span, Mode::Auto, Outcome::Grant, DAY_MAX)? {
        by_item.entry(run.base_code.clone()).or_default().push(run);
    }
    let known = smart.known();
    let now = smart.app.now();
    let mut drawn = 0;
    for (base_code, runs) in by_item {
        let per_mille = known
            .sets
            .get(&base_code)
            .map_or(PER_MILLE, |set| set.compiled.set.sample_per_mille);
        let ids: Vec<Uuid> = runs.iter().map(|run| run.id).collect();
        for id in draw(day, &ids, per_mille) {
            let Some(run) = runs.iter().find(|run| run.id == id) else {
                continue;
            };
            records::samples::insert(
                tx,
                &Sample {
                    run: id,
                    day,
                    base_code: base_code.clone(),
                    region: run.region.clone(),
                    org: run.org,
                    drawn_at: now,
                    drawn_from: ids.len() as i64,
                    result: None,
                    note: String::new(),
                    checked_name: None,
                    checked_at: None,
                },
            )?;
            drawn += 1;
        }
    }
    Ok(drawn)
}

/// Draws yesterday's samples, every day half an hour after midnight.
pub fn daily(smart: Smart) -> impl jobs::Handler {
    move |tx: &mut Tx<'_>, job: &Job| -> Result<Done, jobs::Error> {
        let today = calendar::civil_date(job.now);
        draw_day(&smart, tx, today.saturating_sub(1.day()))?;
        Ok(Done::Again {
            at: next_time(today),
        })
    }
}

/// Half an hour after the next midnight.
pub fn next_time(today: Date) -> jiff::Timestamp {
    let midnight = calendar::start_of_day(today.saturating_add(1.day()));
    midnight.checked_add(30.minutes()).unwrap_or(midnight)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::{draw, size};

    #[test]
    fn the_draw_can_be_repeated_and_does_not_depend_on_the_order() {
        let runs: Vec<Uuid> = (1..=200).map(Uuid::from_u128).collect();
        let mut turned = runs.clone();
        turned.reverse();
        let day = date(2026, 5, 21);
        let drawn = draw(day, &runs, 50);
        assert_eq!(drawn.len(), 10);
        assert_eq!(drawn, draw(day, &turned, 50));
        assert_ne!(drawn, draw(date(2026, 5, 22), &runs, 50));
        assert_eq!(
            (size(0, 50), size(1, 50), size(21, 50), size(9, 0)),
            (0, 1, 2, 0)
        );
    }
}
