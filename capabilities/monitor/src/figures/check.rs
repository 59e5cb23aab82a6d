//! Compares the figures with the trails they were counted from.

use std::collections::BTreeSet;

use base::ids::CaseId;
use calendar::Calendar;
use store::{Tx, params};
use uuid::Uuid;

use super::marks;
use super::tables::{self, Counts};

/// Cases read at a time.
const CHUNK: i64 = 500;

/// The first thing that is not as the trails say, or `None`. Walks over the whole feed: for tests and for whoever
/// doubts.
pub fn difference(tx: &mut Tx<'_>, calendar: &Calendar) -> Result<Option<String>, cases::Error> {
    let mut counted = Counts::default();
    let mut seen: BTreeSet<Uuid> = BTreeSet::new();
    let mut after = 0;
    loop {
        let entries = store::feed::read(tx, after, CHUNK as usize)?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        for entry in &entries {
            if !seen.insert(entry.entry.subject) {
                continue;
            }
            let case = CaseId::from_uuid(entry.entry.subject);
            let trail = cases::trail(tx, case)?;
            let marks = marks::of(case, &trail, calendar);
            if tables::stored(tx, case)? != marks {
                return Ok(Some(format!("the marks of case {case}")));
            }
            counted.add(&marks, 1);
        }
    }
    let known = tx
        .query("SELECT DISTINCT case_id FROM monitor_marks", &params![])?
        .iter()
        .map(|row| row.get::<Uuid>(0))
        .collect::<Result<BTreeSet<Uuid>, store::Error>>()?;
    if known.iter().any(|case| !seen.contains(case)) {
        return Ok(Some(
            "the marks of a case that the feed does not know".to_owned(),
        ));
    }
    Ok((stored_counts(tx)? != counted).then(|| "the counts".to_owned()))
}

fn stored_counts(tx: &mut Tx<'_>) -> Result<Counts, store::Error> {
    let mut counts = Counts::default();
    for row in tx.query(
        "SELECT item, org_id, measure, span, region, n, late, timed, used, promised FROM monitor_counts WHERE n <> 0",
        &params![],
    )? {
        counts.spans.insert(
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?),
            [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?],
        );
    }
    for row in tx.query(
        "SELECT item, org_id, span, hour, region, n FROM monitor_hours WHERE n <> 0",
        &params![],
    )? {
        counts.hours.insert(
            (
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ),
            row.get(5)?,
        );
    }
    for row in tx.query("SELECT item, n FROM monitor_items WHERE n <> 0", &params![])? {
        counts.items.insert(row.get(0)?, row.get(1)?);
    }
    Ok(counts)
}
