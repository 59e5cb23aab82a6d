//! What answers refer to outside of themselves: regions of the tree, uploaded files, who may sign. [`find`] asks the
//! database, [`settle`] completes the answers by what was found and says what was not.
//!
//! An address keeps the names its region had on the day (`place`): divisions are renamed and abolished, an application
//! is not.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use approval::details::FileGiven;
use base::codes::{RegionCode, RegionLevel};
use base::ids::AccountId;
use catalog::form::{ROWS_MAX, SIGNATURE_BYTES_MAX, is_nested};
use catalog::model::{Field, FieldKind};
use people::regions::{self, Region};
use serde_json::{Value, json};
use store::Tx;

use super::typed::row_name;
use super::{Answers, Wrong};
use crate::said::Said;
use crate::store as records;
use crate::uploads;

/// Whose answers these are.
#[derive(Clone, Debug)]
pub struct Who {
    /// Whose uploads may be named.
    pub account: AccountId,
    /// Names that may stand under the application: the applicant's, a legal representative's, an agent's.
    pub signers: Vec<String>,
    /// Files the case has already, whoever uploaded them.
    pub known: Vec<FileGiven>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// By canonical code: the path from the province down, and whether something lies below.
    regions: BTreeMap<String, (Vec<Region>, bool)>,
    files: BTreeMap<String, FileGiven>,
    signers: Vec<String>,
}

/// Whether these fields refer to anything that must be looked up.
pub fn refers<'a>(mut fields: impl Iterator<Item = &'a Field>) -> bool {
    fields.any(|field| is_nested(field.kind))
}

/// Looks up everything some answers name.
pub fn find<'a>(
    tx: &mut Tx<'_>,
    who: &Who,
    fields: impl Iterator<Item = &'a Field>,
    answers: &Answers,
) -> web::Result<Found> {
    let mut found = Found {
        signers: who.signers.clone(),
        ..Found::default()
    };
    for field in fields {
        let Some(value) = answers.get(&field.key) else {
            continue;
        };
        found.look(tx, who, field, value)?;
        for row in value.as_array().into_iter().flatten().take(ROWS_MAX) {
            for inner in &field.fields {
                if let Some(value) = row.get(&inner.key) {
                    found.look(tx, who, inner, value)?;
                }
            }
        }
    }
    Ok(found)
}

impl Found {
    fn look(
        &mut self,
        tx: &mut Tx<'_>,
        who: &Who,
        field: &Field,
        value: &Value,
    ) -> web::Result<()> {
        match field.kind {
            FieldKind::RegionAddress => {
                let code = value.get("region").and_then(Value::as_str);
                let Some(code) = code.and_then(|code| RegionCode::parse(code).ok()) else {
                    return Ok(());
                };
                let code = code.canonical().as_str().to_owned();
                if let Entry::Vacant(place) = self.regions.entry(code) {
                    let path = regions::path(tx, place.key())?;
                    let below = open_children(tx, Some(place.key()))?;
                    place.insert((path, !below.is_empty()));
                }
            }
            FieldKind::File => self.file(tx, who, value)?,
            FieldKind::Signature => {
                if let Some(image) = value.get("image") {
                    self.file(tx, who, image)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn file(&mut self, tx: &mut Tx<'_>, who: &Who, value: &Value) -> web::Result<()> {
        let Some(digest) = value.get("digest").and_then(Value::as_str) else {
            return Ok(());
        };
        if self.files.contains_key(digest) {
            return Ok(());
        }
        if let Some(file) = file_of(tx, who, digest)? {
            self.files.insert(digest.to_owned(), file);
        }
        Ok(())
    }
}

/// A file somebody may name: one of the case, or one they uploaded themselves.
pub fn file_of(tx: &mut Tx<'_>, who: &Who, digest: &str) -> web::Result<Option<FileGiven>> {
    if let Some(known) = who.known.iter().find(|file| file.digest == digest) {
        return Ok(Some(known.clone()));
    }
    Ok(match uploads::digest(digest) {
        Some(bytes) => records::upload(tx, who.account, &bytes)?
            .as_ref()
            .map(uploads::given),
        None => None,
    })
}

/// The regions below one that exist today; `None`: the provinces.
pub fn open_children(tx: &mut Tx<'_>, code: Option<&str>) -> web::Result<Vec<Region>> {
    let mut all = regions::children(tx, code)?;
    all.retain(|region| region.valid_to.is_none());
    Ok(all)
}

/// Completes answers by what was found; tells what does not exist. Values of a wrong shape are left to
/// [`super::check`].
pub fn settle<'a>(
    fields: impl Iterator<Item = &'a Field>,
    answers: &mut Answers,
    found: &Found,
) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for field in fields {
        let Some(value) = answers.get_mut(&field.key) else {
            continue;
        };
        settle_one(field, &field.key, value, found, &mut wrong);
        for (at, row) in value.as_array_mut().into_iter().flatten().enumerate() {
            for inner in &field.fields {
                if let Some(value) = row.get_mut(&inner.key) {
                    let name = row_name(&field.key, at, &inner.key);
                    settle_one(inner, &name, value, found, &mut wrong);
                }
            }
        }
    }
    wrong
}

fn settle_one(field: &Field, name: &str, value: &mut Value, found: &Found, wrong: &mut Vec<Wrong>) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    match field.kind {
        FieldKind::RegionAddress => match region(members.get("region"), found) {
            Ok(Some((code, place))) => {
                members.insert("region".into(), code.into());
                members.insert("place".into(), place.into());
            }
            Ok(None) => {
                members.remove("place");
            }
            Err(said) => wrong.push(Wrong::new(&format!("{name}-region"), said)),
        },
        FieldKind::File => match file(members, found) {
            Ok(Some(file)) => *value = file_json(file),
            Ok(None) => {}
            Err(said) => wrong.push(Wrong::new(name, said)),
        },
        FieldKind::Signature => {
            if let Some(image) = members.get_mut("image") {
                match image
                    .as_object()
                    .map_or(Ok(None), |image| file(image, found))
                {
                    Ok(Some(file)) if is_signature(file) => *image = file_json(file),
                    Ok(Some(_)) => wrong.push(Wrong::new(
                        name,
                        Said::plain("签名要是PNG图片，不超过200 KB，请重新签名，或者改为输入姓名"),
                    )),
                    Ok(None) => {}
                    Err(said) => wrong.push(Wrong::new(name, said)),
                }
            } else if let Some(said) = members
                .get("name")
                .and_then(Value::as_str)
                .and_then(|typed| stranger(typed, &found.signers))
            {
                wrong.push(Wrong::new(&format!("{name}-name"), said));
            }
        }
        _ => {}
    }
}

/// The code in its shortest form and the whole name of a region that can stand in an address.
fn region(code: Option<&Value>, found: &Found) -> Result<Option<(String, String)>, Said> {
    let Some(text) = code.and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let again = || Said::plain("没有这个区划，请重新选择省、市、区县、街道");
    let code = RegionCode::parse(text).map_err(|_| again())?;
    let code = code.canonical().as_str().to_owned();
    let (path, below) = found.regions.get(&code).ok_or_else(again)?;
    let last = path.last().ok_or_else(again)?;
    if last.valid_to.is_some() {
        return Err(Said::plain("“{name}”已经撤销，请重新选择").with("name", &last.name));
    }
    match last.level {
        RegionLevel::Province | RegionLevel::Prefecture if *below => {
            Err(Said::plain("请继续选择“{name}”下面的市、区县和街道").with("name", &last.name))
        }
        RegionLevel::County if *below => {
            Err(Said::plain("请选择“{name}”下面的街道、镇或乡").with("name", &last.name))
        }
        _ => {
            let place = path.iter().map(|region| region.name.as_str()).collect();
            Ok(Some((code, place)))
        }
    }
}

fn file<'a>(
    members: &serde_json::Map<String, Value>,
    found: &'a Found,
) -> Result<Option<&'a FileGiven>, Said> {
    match members.get("digest").and_then(Value::as_str) {
        None => Ok(None),
        Some(digest) => found
            .files
            .get(digest)
            .map(Some)
            .ok_or_else(|| Said::plain("没有找到这个文件，请先上传，再使用上传返回的标识")),
    }
}

fn file_json(file: &FileGiven) -> Value {
    json!({
        "digest": file.digest,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
    })
}

fn is_signature(file: &FileGiven) -> bool {
    file.media_type == "image/png" && file.size <= SIGNATURE_BYTES_MAX
}

/// What to say where the name typed is nobody's who may sign.
fn stranger(typed: &str, signers: &[String]) -> Option<Said> {
    let plain = |name: &str| -> String { name.chars().filter(|c| !c.is_whitespace()).collect() };
    let known = signers.is_empty() || signers.iter().any(|name| plain(name) == plain(typed));
    (!known).then(|| {
        let names: Vec<String> = signers.iter().map(|name| base::mask::name(name)).collect();
        Said::plain("签名要和申请人的姓名一致（{name}），请输入全名").with("name", names.join("、"))
    })
}
