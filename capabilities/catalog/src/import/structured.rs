//! The hand-structured list `catalogue.json`: names, limits with their quotes, materials, legal bases.
//!
//! `unknown` means that the source does not say; it stays empty here and is never read as zero or no.

use calendar::Unit;
use serde_json::Value;

use super::{Raw, RowError};
use crate::model::{
    CaseType, Flag, Item, LegalBasis, Limit, Material, Necessity, ResultDoc, ResultKind,
    SourceChannel,
};
use crate::words;

/// Whether the records are of this kind: every one has a limit and an `item_type`, none an `item`.
pub(super) fn looks_like(records: &[Value]) -> bool {
    records.first().is_some_and(|record| {
        record.get("legal_limit").is_some()
            && record.get("item_type").is_some()
            && record.get("item").is_none()
    })
}

pub(super) fn read(records: &[Value]) -> Vec<Raw> {
    records
        .iter()
        .enumerate()
        .map(|(index, record)| one(index + 1, record))
        .collect()
}

fn one(row: usize, record: &Value) -> Raw {
    let mut errors = Vec::new();
    let mut flags = Vec::new();
    let promised = promised_limit(row, record, &mut errors);
    let item = Item {
        name: text(record, "name"),
        local_item_code: text(record, "id"),
        item_type: item_type(row, record, &mut errors),
        exercise_level: match text(record, "level").as_str() {
            "country" => 1,
            "province" => 2,
            "city" => 3,
            "county" => 4,
            "town" => 5,
            "village" => 6,
            _ => 0,
        },
        legal_basis: legal_basis(record),
        service_objects: audience(record),
        case_type: case_type(record, promised.as_ref()),
        statutory_limit: statutory_limit(row, record, &mut errors),
        promised_limit: promised,
        materials: materials(record, &mut flags),
        visit_count: record
            .get("visits")
            .and_then(Value::as_u64)
            .and_then(|visits| u8::try_from(visits).ok())
            .unwrap_or(0),
        online_depth: known(record, "online_depth").into_iter().collect(),
        result: result(record),
        summary: String::new(),
        source: text(record, "source"),
        ..Item::default()
    };
    Raw {
        row,
        body: text(record, "department"),
        item,
        flags,
        errors,
        readable: true,
    }
}

/// A text, empty where the source says `unknown` or something that is no text.
fn text(record: &Value, key: &str) -> String {
    known(record, key).unwrap_or_default()
}

fn known(record: &Value, key: &str) -> Option<String> {
    record
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| *text != "unknown")
        .map(base::text::single_line)
        .filter(|text| !text.is_empty())
}

fn item_type(row: usize, record: &Value, errors: &mut Vec<RowError>) -> String {
    let word = text(record, "item_type");
    words::read_item_type(&word).unwrap_or_else(|| {
        errors.push(RowError::new(
            row,
            "item_type",
            format!("不认识的事项类型“{word}”"),
        ));
        String::new()
    })
}

fn audience(record: &Value) -> Vec<u8> {
    let mut objects: Vec<u8> = record
        .get("audience")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|word| match word {
            "person" => Some(1),
            "enterprise" => Some(2),
            "organisation" => Some(6),
            _ => None,
        })
        .collect();
    objects.sort_unstable();
    objects.dedup();
    objects
}

/// Instant only where the promise fits an instant case as well: `收到即为备案` beside a limit of
/// three days for the exception stays instant, a promise of seven days does not.
fn case_type(record: &Value, promised: Option<&Limit>) -> CaseType {
    let instant = record.get("case_type").and_then(Value::as_str) == Some("instant");
    if instant && promised.is_none_or(|limit| limit.n <= 1) {
        CaseType::Instant
    } else {
        CaseType::Promised
    }
}

fn legal_basis(record: &Value) -> Vec<LegalBasis> {
    record
        .get("legal_basis")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|basis| LegalBasis {
            law: text(basis, "law"),
            article: match basis.get("article") {
                Some(Value::Number(number)) => format!("第{number}条"),
                Some(Value::String(article)) if article != "unknown" => article.clone(),
                _ => String::new(),
            },
            ..LegalBasis::default()
        })
        .collect()
}

fn statutory_limit(row: usize, record: &Value, errors: &mut Vec<RowError>) -> Option<Limit> {
    let limit = record
        .get("legal_limit")
        .filter(|limit| limit.is_object())?;
    let days = limit
        .get("days")
        .and_then(Value::as_u64)
        .and_then(|n| u32::try_from(n).ok());
    let unit = unit(&text(limit, "unit_effective"));
    let (Some(n), Some(unit)) = (days, unit) else {
        errors.push(RowError::new(
            row,
            "legal_limit",
            "看不懂的法定时限，请核对days和unit_effective",
        ));
        return None;
    };
    let mut note = format!("{}：{}", text(limit, "from"), text(limit, "quote"));
    if let Some(extension) = known(limit, "extension_quote") {
        note.push('；');
        note.push_str(&extension);
    }
    Some(Limit { n, unit, note })
}

fn promised_limit(row: usize, record: &Value, errors: &mut Vec<RowError>) -> Option<Limit> {
    let limit = record
        .get("promised_limit")
        .filter(|limit| limit.is_object())?;
    let days = limit
        .get("days")
        .and_then(Value::as_u64)
        .and_then(|n| u32::try_from(n).ok());
    let unit = unit(&text(limit, "unit"));
    let (Some(n), Some(unit)) = (days, unit) else {
        errors.push(RowError::new(
            row,
            "promised_limit",
            "看不懂的承诺时限，请核对days和unit",
        ));
        return None;
    };
    Some(Limit {
        n,
        unit,
        note: text(limit, "quote"),
    })
}

fn unit(word: &str) -> Option<Unit> {
    match word {
        // At once is zero working days.
        "working_day" | "instant" => Some(Unit::WorkingDay),
        "calendar_day" | "day" => Some(Unit::Day),
        "hour" => Some(Unit::Hour),
        "minute" => Some(Unit::Minute),
        "month" => Some(Unit::Month),
        "year" => Some(Unit::Year),
        _ => None,
    }
}

fn materials(record: &Value, flags: &mut Vec<Flag>) -> Vec<Material> {
    let listed = record.get("materials").and_then(Value::as_array);
    if listed.is_none() || record.get("materials_complete").and_then(Value::as_str) != Some("yes") {
        flags.push(Flag {
            field: "materials".to_owned(),
            code: "materials.incomplete".to_owned(),
            message: "来源没有给出完整的申请材料，请补充".to_owned(),
        });
    }
    listed
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, material)| Material {
            key: format!("m{}", index + 1),
            name: text(material, "name"),
            necessity: if material.get("required").and_then(Value::as_bool) == Some(false) {
                Necessity::Optional
            } else {
                Necessity::Required
            },
            // How many copies is said in words; kept as words.
            fill_notes: known(material, "copies")
                .map_or_else(String::new, |copies| format!("份数：{copies}")),
            source_channel: match text(material, "source").as_str() {
                "government_issued" => SourceChannel::Government,
                "third_party" => SourceChannel::Other,
                _ => SourceChannel::Applicant,
            },
            ..Material::default()
        })
        .collect()
}

fn result(record: &Value) -> ResultDoc {
    let name = text(record, "result_document");
    let kind = if name.is_empty() {
        ResultKind::None
    } else if ["证", "执照", "证书"]
        .iter()
        .any(|ending| name.contains(ending))
    {
        ResultKind::Certificate
    } else {
        ResultKind::Letter
    };
    ResultDoc {
        name,
        kind,
        ..ResultDoc::default()
    }
}
