//! Checking an exported file with nothing but the file: no database, no keys, no network.
//!
//! In this order: the container is sound; the index bears the seal; the container holds exactly what the index names;
//! the trail is a chain; what the trail names — every material, every version of the answers — is there and is what
//! was handed in; replaying the trail gives the case; every entry has the SM3 the index says. The first difference
//! is named; in a file that was packed again, the first inside it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use base::crypto::{Sm3, check_signature, from_hex, key_print, sm3, to_hex};
use casework::{Case, Event, Fact, trail as chain};
use serde_json::{Map, Value};

use super::container::{self, Reader};
use super::package::{
    ALGORITHM, ANSWERS, CASE, FORMAT, INDEX, ITEM, Index, SEAL, Seal, TRAIL, TrailLine,
};
use super::repacked;
use crate::details::{FORM, FormRef, MATERIALS, MaterialGiven};

/// Bytes of one text entry that is read as a whole.
const TEXT_MAX: u64 = 32 << 20;
/// Bytes of the trail.
const TRAIL_MAX: u64 = 64 << 20;

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub case_no: String,
    pub title: String,
    pub org: String,
    pub archive_no: String,
    pub exported_at: String,
    pub exported_by: String,
    /// SM3 of the public key that sealed the file.
    pub key_print: String,
    pub entries: usize,
    pub bytes: u64,
    pub events: i64,
    pub head: String,
    /// Files that the trail names and that are there.
    pub materials: usize,
    /// Versions of the form's answers that the trail names and that are there.
    pub answers: usize,
}

/// The first thing that is not as it was exported.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Difference {
    pub place: String,
    pub what: String,
}

fn differs<T>(place: impl Into<String>, what: impl Into<String>) -> Result<T, Difference> {
    Err(Difference {
        place: place.into(),
        what: what.into(),
    })
}

impl From<container::Error> for Difference {
    fn from(error: container::Error) -> Difference {
        let text = match error {
            container::Error::Io(error) => format!("cannot be read: {error}"),
            other => other.to_string(),
        };
        Difference {
            place: "container".to_owned(),
            what: text,
        }
    }
}

/// Checks a file. `expected_key` is the print of the public key the file must be sealed with, where it is known.
pub fn run(mut file: impl Read + Seek, expected_key: Option<&str>) -> Result<Report, Difference> {
    match sound(&mut file, expected_key) {
        Ok(checked) => checked,
        Err(outside) => Err(repacked::inside(file, expected_key, outside.into())),
    }
}

/// What checking a file came to, whose container has to be sound.
pub(super) fn sound(
    file: impl Read + Seek,
    expected_key: Option<&str>,
) -> Result<Result<Report, Difference>, container::Error> {
    Ok(within(Reader::open(file)?, expected_key))
}

fn within<R: Read + Seek>(
    mut reader: Reader<R>,
    expected_key: Option<&str>,
) -> Result<Report, Difference> {
    let (index, key) = sealed_index(&mut reader, expected_key)?;
    same_entries(&reader, &index)?;
    let mut report = Report {
        case_no: index.case_no.clone(),
        title: index.title.clone(),
        org: index.org.clone(),
        archive_no: index.archive_no.clone(),
        exported_at: index.exported_at.to_string(),
        exported_by: index.exported_by.clone(),
        key_print: key,
        entries: index.entries.len(),
        head: index.trail.head.clone(),
        ..Report::default()
    };
    let told = trail(&mut reader, &index)?;
    report.events = index.trail.events;
    answers(&mut reader, &told.forms)?;
    report.answers = told.forms.len();
    materials(&index, &told.files)?;
    report.materials = told.files.len();
    stored_case(&mut reader, &told.case)?;
    item(&mut reader, &index)?;
    for entry in &index.entries {
        let place = found(&reader, &entry.path)?;
        let mut hash = Sm3::new();
        reader.pieces(&place, |piece| hash.update(piece))?;
        if place.size != entry.size || to_hex(&hash.finish()) != entry.sm3 {
            return differs(&entry.path, "its bytes are not the ones that were exported");
        }
        report.bytes += entry.size;
    }
    Ok(report)
}

fn found<R: Read + Seek>(reader: &Reader<R>, path: &str) -> Result<container::Entry, Difference> {
    match reader.entry(path) {
        Some(entry) => Ok(entry.clone()),
        None => differs(path, "the index names it, but the file does not hold it"),
    }
}

fn text<R: Read + Seek>(
    reader: &mut Reader<R>,
    path: &str,
    limit: u64,
) -> Result<String, Difference> {
    let entry = found(reader, path)?;
    match String::from_utf8(reader.bytes(&entry, limit)?) {
        Ok(text) => Ok(text),
        Err(_) => differs(path, "is not text"),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, Difference> {
    serde_json::from_str(text).or_else(|error| differs(path, format!("cannot be read: {error}")))
}

fn sealed_index<R: Read + Seek>(
    reader: &mut Reader<R>,
    expected_key: Option<&str>,
) -> Result<(Index, String), Difference> {
    let bytes = text(reader, INDEX, TEXT_MAX)?;
    let seal: Seal = parsed(SEAL, &text(reader, SEAL, TEXT_MAX)?)?;
    if seal.algorithm != ALGORITHM {
        return differs(SEAL, format!("unknown algorithm {:?}", seal.algorithm));
    }
    let (Ok(key), Ok(signature)) = (from_hex(&seal.public_key), from_hex(&seal.signature)) else {
        return differs(SEAL, "key or signature is not hexadecimal");
    };
    let print = key_print(&key);
    if print != seal.key_print {
        return differs(SEAL, "the print is not the one of the key beside it");
    }
    if check_signature(&key, bytes.as_bytes(), &signature).is_err() {
        return differs(
            INDEX,
            "the seal does not match: the index was changed after the export",
        );
    }
    if let Some(expected) = expected_key
        && !expected.eq_ignore_ascii_case(&print)
    {
        return differs(
            SEAL,
            format!("sealed with the key {print}, not with {expected}"),
        );
    }
    let index: Index = parsed(INDEX, &bytes)?;
    if index.format != FORMAT {
        return differs(INDEX, format!("unknown format {:?}", index.format));
    }
    Ok((index, print))
}

/// The container holds what the index names, no more and no less.
fn same_entries<R: Read + Seek>(reader: &Reader<R>, index: &Index) -> Result<(), Difference> {
    let mut named: BTreeSet<&str> = BTreeSet::from([INDEX, SEAL]);
    for entry in &index.entries {
        if !named.insert(&entry.path) {
            return differs(&entry.path, "stands in the index twice");
        }
    }
    for path in &named {
        found(reader, path)?;
    }
    let extra = reader
        .entries()
        .iter()
        .find(|entry| !named.contains(entry.name.as_str()));
    match extra {
        Some(entry) => differs(
            &entry.name,
            "was put into the file: the index does not name it",
        ),
        None => Ok(()),
    }
}

/// What the trail says that can be compared with the rest of the file.
struct Told {
    case: Case,
    /// SM3 hex of every file ever handed in, with the material it was given for.
    files: BTreeMap<String, String>,
    /// Answers by revision.
    forms: BTreeMap<i64, String>,
}

fn trail<R: Read + Seek>(reader: &mut Reader<R>, index: &Index) -> Result<Told, Difference> {
    let text = text(reader, TRAIL, TRAIL_MAX)?;
    let place = |seq: i64| format!("{TRAIL}, event {seq}");
    let mut previous = chain::ORIGIN;
    let (mut files, mut forms) = (BTreeMap::new(), BTreeMap::new());
    let mut case: Option<Case> = None;
    let mut seq = 0;
    for line in text.lines() {
        seq += 1;
        let line: TrailLine = parsed(&place(seq), line)?;
        if line.seq != seq {
            return differs(
                place(seq),
                format!("event {} stands in its place", line.seq),
            );
        }
        previous = chain::link(index.case_id, seq, &previous, &line.body);
        if to_hex(&previous) != line.hash {
            return differs(
                place(seq),
                "its hash does not follow from the event before it and its text",
            );
        }
        let event: Event = parsed(&place(seq), &line.body)?;
        if event.seq != seq {
            return differs(place(seq), "its text carries another number");
        }
        for fact in &event.facts {
            noted(fact, &mut files, &mut forms);
        }
        case = match case {
            None => match Case::open(index.case_id, &event) {
                Some(case) => Some(case),
                None => return differs(place(seq), "does not open a case"),
            },
            Some(mut case) => {
                case.apply(&event);
                Some(case)
            }
        };
    }
    if seq != index.trail.events || to_hex(&previous) != index.trail.head {
        return differs(
            TRAIL,
            format!(
                "{seq} events, where the index names {} with another last hash",
                index.trail.events
            ),
        );
    }
    match case {
        Some(case) => Ok(Told { case, files, forms }),
        None => differs(TRAIL, "holds no event"),
    }
}

fn noted(fact: &Fact, files: &mut BTreeMap<String, String>, forms: &mut BTreeMap<i64, String>) {
    let Fact::Noted { key, value } = fact else {
        return;
    };
    match key.as_str() {
        MATERIALS => {
            let given: Vec<MaterialGiven> =
                serde_json::from_value(value.clone()).unwrap_or_default();
            for material in given {
                for file in material.files {
                    files.insert(file.digest, material.key.clone());
                }
            }
        }
        FORM => {
            if let Ok(form) = serde_json::from_value::<FormRef>(value.clone()) {
                forms.insert(form.revision, form.digest);
            }
        }
        _ => {}
    }
}

/// Every version of the answers is the one the trail sealed.
fn answers<R: Read + Seek>(
    reader: &mut Reader<R>,
    forms: &BTreeMap<i64, String>,
) -> Result<(), Difference> {
    if forms.is_empty() {
        return Ok(());
    }
    let stored: BTreeMap<i64, Map<String, Value>> =
        parsed(ANSWERS, &text(reader, ANSWERS, TEXT_MAX)?)?;
    for (revision, digest) in forms {
        let place = format!("{ANSWERS}, revision {revision}");
        let Some(answers) = stored.get(revision) else {
            return differs(place, "the trail names it, but it is not there");
        };
        let canonical = Value::Object(answers.clone()).to_string();
        if to_hex(&sm3(canonical.as_bytes())) != *digest {
            return differs(place, "the answers are not the ones that were handed in");
        }
    }
    Ok(())
}

/// Every file that was ever handed in is there, byte for byte: the index says so, and the index is checked against
/// the bytes.
fn materials(index: &Index, files: &BTreeMap<String, String>) -> Result<(), Difference> {
    let held: BTreeSet<&str> = index
        .entries
        .iter()
        .map(|entry| entry.sm3.as_str())
        .collect();
    for (digest, material) in files {
        if !held.contains(digest.as_str()) {
            return differs(
                format!("material {material}"),
                format!("the trail names the file {digest}, but no entry holds it"),
            );
        }
    }
    Ok(())
}

fn stored_case<R: Read + Seek>(reader: &mut Reader<R>, replayed: &Case) -> Result<(), Difference> {
    let stored: Case = parsed(CASE, &text(reader, CASE, TEXT_MAX)?)?;
    if stored == *replayed {
        Ok(())
    } else {
        differs(CASE, "replaying the trail gives another state")
    }
}

fn item<R: Read + Seek>(reader: &mut Reader<R>, index: &Index) -> Result<(), Difference> {
    let item: catalog::model::Item = parsed(ITEM, &text(reader, ITEM, TEXT_MAX)?)?;
    if to_hex(&item.digest()) == index.item.digest {
        Ok(())
    } else {
        differs(ITEM, "is not the version that was published")
    }
}
