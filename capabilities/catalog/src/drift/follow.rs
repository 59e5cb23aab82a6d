//! Counting finished cases from the feed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::ids::{CaseId, ItemId, VersionId};
use calendar::Calendar;
use store::feed::Delivered;
use store::{Error, Tx};
use web::App;

use super::{Asked, Measure, Needed, Reader};
use crate::model::Item;
use crate::store as records;

/// The name of the bookmark.
const BOOKMARK: &str = "catalog.needs";
/// Entries handled at once.
const BATCH: usize = 1000;
/// Days and visits beyond are counted as this many.
const VALUE_MAX: u32 = 999;
/// Characters of what was asked for in words.
const WORDS_MAX: usize = 60;

/// Counts until the database is closed. One task per process; several share the work.
pub async fn follow(app: App, reader: Reader) {
    let calendars = app.clone();
    let look = move |tx: &mut Tx<'_>, entries: &[Delivered]| {
        count(tx, entries, reader, &calendars.calendar())
    };
    store::feed::follow(app.db.clone(), BOOKMARK, BATCH, look, keep).await;
}

/// What a batch of entries adds to the counts, by item and month.
#[derive(Debug, Default)]
pub struct Added {
    needs: BTreeMap<(ItemId, String, Measure, i64), i64>,
    asked: BTreeMap<(ItemId, String, bool, String), i64>,
}

/// Counts the cases that these entries closed.
pub fn count(
    tx: &mut Tx<'_>,
    entries: &[Delivered],
    reader: Reader,
    calendar: &Calendar,
) -> Result<Added, Error> {
    let mut seqs: BTreeMap<uuid::Uuid, BTreeSet<i64>> = BTreeMap::new();
    for Delivered { entry, .. } in entries {
        seqs.entry(entry.subject).or_default().insert(entry.seq);
    }
    let mut versions: HashMap<VersionId, Option<Item>> = HashMap::new();
    let mut added = Added::default();
    for (subject, seqs) in seqs {
        // The entry that closes a case is still to come while the case is open.
        if !cases::list::is_closed(tx, subject)? {
            continue;
        }
        let trail = cases::record::trail(tx, CaseId::from_uuid(subject)).map_err(stored)?;
        // A case is counted with the entry that closed it, so once.
        let Some(needed) = reader(&trail, calendar).filter(|n| seqs.contains(&n.closing_seq))
        else {
            continue;
        };
        let item = match versions.entry(needed.version) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let version = records::version(tx, needed.version)?;
                new.insert(version.map(|version| version.item))
            }
        };
        added.add(&needed, item.as_ref());
    }
    Ok(added)
}

/// Writes what was counted.
pub fn keep(tx: &mut Tx<'_>, added: &Added) -> Result<(), Error> {
    for ((item, month, measure, value), cases) in &added.needs {
        records::add_needs(tx, *item, month, *measure, *value, *cases)?;
    }
    for ((item, month, named, what), cases) in &added.asked {
        records::add_asked(tx, *item, month, *named, what, *cases)?;
    }
    Ok(())
}

/// Reading a trail can only fail in the store.
fn stored(error: cases::Error) -> Error {
    match error {
        cases::Error::Store(error) => error,
        other => Error::Corrupt(format!("trail: {other}")),
    }
}

impl Added {
    fn add(&mut self, needed: &Needed, item: Option<&Item>) {
        let month = needed.closed_on.strftime("%Y-%m").to_string();
        let asked: BTreeSet<(bool, String)> = needed
            .asked
            .iter()
            .filter_map(|asked| material(asked, item))
            .collect();
        let unnamed = asked.iter().any(|(named, _)| !named);
        for (measure, value) in [
            (Measure::AcceptDays, needed.accept_days),
            (Measure::DecideDays, needed.decide_days),
            (Measure::DeliverDays, needed.deliver_days),
            (Measure::Visits, needed.visits),
            (Measure::Corrected, u32::from(!needed.asked.is_empty())),
            (Measure::Unnamed, u32::from(unnamed)),
        ] {
            let value = i64::from(value.min(VALUE_MAX));
            let key = (needed.item, month.clone(), measure, value);
            *self.needs.entry(key).or_default() += 1;
        }
        for (named, what) in asked {
            let key = (needed.item, month.clone(), named, what);
            *self.asked.entry(key).or_default() += 1;
        }
    }
}

/// Which material a point asks for: one the guide names by its key, another one in its words; none where the point is
/// about the form.
pub(super) fn material(asked: &Asked, item: Option<&Item>) -> Option<(bool, String)> {
    let Some(item) = item else {
        return Some((!asked.material.is_empty(), asked.material.clone()));
    };
    let meant = item.materials.iter().find(|material| {
        if asked.material.is_empty() {
            !material.name.is_empty() && asked.what.contains(&material.name)
        } else {
            material.key == asked.material
        }
    });
    if let Some(material) = meant {
        return Some((true, material.key.clone()));
    }
    let mut fields = item
        .form
        .pages
        .iter()
        .flat_map(|page| page.fields.iter().map(|field| &field.label));
    let of_form = asked.what.contains("申请表")
        || fields.any(|label| !label.is_empty() && asked.what.contains(label));
    if of_form {
        return None;
    }
    let words = base::text::single_line(&asked.what);
    Some((false, words.chars().take(WORDS_MAX).collect()))
}
