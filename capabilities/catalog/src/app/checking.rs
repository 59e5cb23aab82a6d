//! Looking over the whole list, or one body's part of it: the ten rules of the standard and the rules of uniformity.
//!
//! Bodies are read once, in a stream; two threads read and hash them while the next ones arrive. Only items that
//! differ are read a second time, to say what they say.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use base::ids::{OrgId, VersionId};
use parking_lot::Mutex;
use store::{Error, Tx};

use crate::checks::{Origin, Severity, Wording, standard};
use crate::model::Item;
use crate::store as records;
use crate::store::{Found, Stored};
use crate::uniform::{self, Field, Print, Rule, Ruled};

/// Findings that one look keeps.
pub const FOUND_MAX: usize = 300_000;
/// Threads that read bodies.
const READERS: usize = 2;
/// Bodies handed to a reader at once, and such parcels that wait.
const PARCEL: usize = 128;
const PARCELS: usize = 8;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// One body's items only; they are compared with everybody's.
    pub org_id: Option<OrgId>,
    /// Rules of uniformity with the bodies that are benchmarks.
    pub rules: Vec<(Rule, Option<OrgId>)>,
    /// Catch-alls; none leaves out the ten rules.
    pub wording: Option<Wording>,
    /// Credit codes of the bodies, which their items' codes begin with.
    pub usccs: HashMap<OrgId, String>,
}

/// What a look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Items of the plan's scope.
    pub items: usize,
    /// In the order of bodies and items.
    pub found: Vec<Found>,
    /// Whether there were more findings than are kept.
    pub cut: bool,
}

/// Looks. `progress` counts the bodies read so far.
pub fn look(tx: &mut Tx<'_>, plan: &Plan, progress: &AtomicUsize) -> Result<Look, Error> {
    let fields: Vec<&'static Field> = uniform::FIELDS
        .iter()
        .filter(|field| {
            let mut rules = plan.rules.iter();
            rules.any(|(rule, _)| !rule.off && rule.fields.iter().any(|name| name == field.name))
        })
        .collect();
    let read = read(tx, plan, &fields, progress)?;
    let mut look = Look {
        items: read
            .prints
            .iter()
            .filter(|print| plan.covers(print.org_id))
            .count(),
        found: read.found,
        cut: false,
    };
    look.found
        .extend(differences(tx, plan, &fields, &read.prints)?);
    look.found.sort_by_key(|a| (a.org_id, a.item_id));
    look.cut = look.found.len() > FOUND_MAX;
    look.found.truncate(FOUND_MAX);
    Ok(look)
}

impl Plan {
    fn covers(&self, org_id: OrgId) -> bool {
        self.org_id.is_none_or(|only| only == org_id)
    }
}

#[derive(Default)]
struct Read {
    prints: Vec<Print>,
    found: Vec<Found>,
}

fn read(
    tx: &mut Tx<'_>,
    plan: &Plan,
    fields: &[&'static Field],
    progress: &AtomicUsize,
) -> Result<Read, Error> {
    let (sender, receiver) = sync_channel::<Vec<Stored>>(PARCELS);
    let receiver = Mutex::new(receiver);
    let mut all = std::thread::scope(|scope| -> Result<Read, Error> {
        let readers: Vec<_> = (0..READERS)
            .map(|_| scope.spawn(|| read_parcels(&receiver, plan, fields, progress)))
            .collect();
        let mut parcel = Vec::with_capacity(PARCEL);
        let sent = records::each_body(tx, plan.org_id, &mut |stored| {
            parcel.push(stored);
            if parcel.len() == PARCEL {
                let full = std::mem::replace(&mut parcel, Vec::with_capacity(PARCEL));
                send(&sender, full)?;
            }
            Ok(())
        });
        let last = send(&sender, parcel);
        drop(sender);
        let mut all = Read::default();
        for reader in readers {
            let read = reader
                .join()
                .map_err(|_| Error::Panic("reading the list".to_owned()))??;
            all.prints.extend(read.prints);
            all.found.extend(read.found);
        }
        sent.and(last)?;
        Ok(all)
    })?;
    all.prints
        .sort_unstable_by(|a, b| (&a.base_code, a.item_id).cmp(&(&b.base_code, b.item_id)));
    Ok(all)
}

fn send(sender: &SyncSender<Vec<Stored>>, parcel: Vec<Stored>) -> Result<(), Error> {
    sender
        .send(parcel)
        .map_err(|_| Error::Panic("nobody reads the list".to_owned()))
}

fn read_parcels(
    parcels: &Mutex<Receiver<Vec<Stored>>>,
    plan: &Plan,
    fields: &[&'static Field],
    progress: &AtomicUsize,
) -> Result<Read, Error> {
    let mut read = Read::default();
    let mut outcome = Ok(());
    loop {
        let next = parcels.lock().recv();
        let Ok(parcel) = next else {
            return outcome.map(|()| read);
        };
        // After a record that cannot be read the rest is only taken off, so that nobody waits.
        for stored in &parcel {
            if outcome.is_ok() {
                outcome = read_one(stored, plan, fields, &mut read);
            }
        }
        progress.fetch_add(parcel.len(), Ordering::Relaxed);
    }
}

fn read_one(
    stored: &Stored,
    plan: &Plan,
    fields: &[&'static Field],
    read: &mut Read,
) -> Result<(), Error> {
    let item: Item = base::json::read(stored.body.as_bytes()).map_err(|error| {
        Error::Corrupt(format!("item_versions.body of {}: {error}", stored.item_id))
    })?;
    read.prints.push(Print {
        item_id: stored.item_id,
        version_id: stored.version_id,
        org_id: stored.org_id,
        region: stored.region.clone(),
        base_code: stored.base_code.clone(),
        values: fields
            .iter()
            .map(|field| uniform::digest(field, &item))
            .collect(),
    });
    if let Some(wording) = &plan.wording
        && plan.covers(stored.org_id)
    {
        let uscc = plan.usccs.get(&stored.org_id).map_or("", String::as_str);
        breaches(stored, &item, uscc, wording, &mut read.found);
    }
    Ok(())
}

/// What an item breaks of the ten rules.
fn breaches(stored: &Stored, item: &Item, uscc: &str, wording: &Wording, found: &mut Vec<Found>) {
    let mut all = standard::check(item, Origin::Draft, wording);
    all.extend(standard::of_body(item, uscc, Origin::Draft));
    for finding in all {
        let Some(rule) = standard::rule_of(finding.code) else {
            continue;
        };
        found.push(Found {
            item_id: stored.item_id,
            org_id: stored.org_id,
            item_name: item.name.clone(),
            rule: rule.to_owned(),
            field: element(&finding.field).to_owned(),
            path: finding.field,
            stops: finding.severity == Severity::Error,
            message: finding.message,
            value: String::new(),
            benchmark: String::new(),
            benchmark_item: None,
        });
    }
}

/// The element of a path: `materials` of `materials[2].name`.
fn element(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

fn differences(
    tx: &mut Tx<'_>,
    plan: &Plan,
    fields: &[&'static Field],
    prints: &[Print],
) -> Result<Vec<Found>, Error> {
    let rules: Vec<Ruled<'_>> = plan
        .rules
        .iter()
        .filter(|(rule, _)| !rule.off)
        .map(|(rule, benchmark)| Ruled {
            rule,
            benchmark: *benchmark,
        })
        .collect();
    let mut departures = uniform::compare(prints, &rules, fields);
    departures.retain(|departure| plan.covers(prints[departure.item].org_id));
    departures.truncate(FOUND_MAX + 1);
    let wanted: BTreeSet<VersionId> = departures
        .iter()
        .flat_map(|departure| [departure.item, departure.benchmark])
        .map(|place| prints[place].version_id)
        .collect();
    let wanted: Vec<VersionId> = wanted.into_iter().collect();
    let mut said: HashMap<VersionId, Vec<(usize, usize)>> = HashMap::new();
    for (place, departure) in departures.iter().enumerate() {
        for side in [departure.item, departure.benchmark] {
            let of_version = said.entry(prints[side].version_id).or_default();
            of_version.push((place, side));
        }
    }
    let mut found: Vec<Found> = departures
        .iter()
        .map(|departure| {
            let (item, field) = (&prints[departure.item], fields[departure.field]);
            Found {
                item_id: item.item_id,
                org_id: item.org_id,
                item_name: String::new(),
                rule: rules[departure.rule].rule.key.clone(),
                field: field.name.to_owned(),
                path: field.anchor.to_owned(),
                stops: false,
                message: format!("{}与定标事项不一致", field.label),
                value: String::new(),
                benchmark: String::new(),
                benchmark_item: Some(prints[departure.benchmark].item_id),
            }
        })
        .collect();
    records::each_content(tx, &wanted, &mut |version_id, item| {
        for (place, side) in said.get(&version_id).into_iter().flatten() {
            let departure = &departures[*place];
            let text = uniform::text(fields[departure.field], &item);
            if *side == departure.item {
                found[*place].item_name.clone_from(&item.name);
                found[*place].value = text;
            } else {
                found[*place].benchmark = text;
            }
        }
    })?;
    Ok(found)
}
