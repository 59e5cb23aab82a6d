//! Answers in words, for screens, letters and exports: what a choice is called, how an amount is written out, what of
//! a personal value is hidden.

use base::mask;
use base::money::Fen;
use serde_json::Value;

use super::is_nested;
use crate::model::{Field, FieldKind, Form};

/// An answer in words; personal values masked unless `whole`. Empty where nothing was answered; one line for each row
/// of a group or table.
pub fn shown(field: &Field, value: Option<&Value>, whole: bool) -> String {
    match (field.kind, value) {
        (_, None | Some(Value::Null)) => String::new(),
        (FieldKind::Amount, Some(value)) => value.as_i64().map_or_else(String::new, |fen| {
            format!("{}元（{}）", Fen(fen).plain(), Fen(fen).capitals())
        }),
        (FieldKind::Group | FieldKind::Table, Some(Value::Array(rows))) => rows
            .iter()
            .enumerate()
            .map(|(at, row)| format!("{}. {}", at + 1, row_shown(field, row, whole)))
            .collect::<Vec<_>>()
            .join("\n"),
        (_, Some(value)) => one(field, value, whole),
    }
}

/// 姓名：张三；出生日期：1986-03-15. What was not answered is left out.
fn row_shown(field: &Field, row: &Value, whole: bool) -> String {
    field
        .fields
        .iter()
        .filter_map(|inner| {
            let text = one(inner, row.get(&inner.key)?, whole);
            (!text.is_empty()).then(|| format!("{}：{text}", inner.label))
        })
        .collect::<Vec<_>>()
        .join("；")
}

fn one(field: &Field, value: &Value, whole: bool) -> String {
    let label = |value: &str| {
        field
            .options
            .iter()
            .find(|option| option.value == value)
            .map_or(value.to_owned(), |option| option.label.clone())
    };
    match (field.kind, value) {
        (FieldKind::Choice, Value::String(value)) => label(value),
        (FieldKind::Choices, Value::Array(values)) => values
            .iter()
            .filter_map(Value::as_str)
            .map(label)
            .collect::<Vec<_>>()
            .join("、"),
        (FieldKind::Amount, value) => value
            .as_i64()
            .map_or(String::new(), |fen| format!("{}元", Fen(fen).plain())),
        (FieldKind::Confirm, value) => if value.as_bool() == Some(true) {
            "已确认"
        } else {
            "未确认"
        }
        .to_owned(),
        (FieldKind::RegionAddress, value) => {
            let part = |key: &str| value[key].as_str().unwrap_or_default();
            let text = format!("{}{}", part("place"), part("street"));
            if field.personal && !whole {
                mask::address(&text)
            } else {
                text
            }
        }
        (FieldKind::File, value) => file(value).map_or_else(String::new, |file| {
            format!("{}（{}）", file.name, ui::format::bytes(file.size))
        }),
        (FieldKind::Signature, value) => {
            if value.get("image").is_some() {
                return "已手写签名".to_owned();
            }
            let name = value["name"].as_str().unwrap_or_default();
            let name = if whole {
                name.to_owned()
            } else {
                mask::name(name)
            };
            format!("{name}（输入姓名，本人确认）")
        }
        (kind, value) if is_nested(kind) => value.to_string(),
        (_, Value::String(text)) if whole => text.clone(),
        (kind, Value::String(text)) => hidden(kind, field.personal, text),
        (_, value) => value.to_string(),
    }
}

fn hidden(kind: FieldKind, personal: bool, text: &str) -> String {
    match kind {
        FieldKind::CitizenId => mask::citizen_id(text),
        FieldKind::Phone => mask::phone(text),
        FieldKind::BankCard => {
            let tail: String = text
                .chars()
                .skip(text.chars().count().saturating_sub(4))
                .collect();
            format!("**** {tail}")
        }
        FieldKind::Address if personal => mask::address(text),
        FieldKind::Email => text.split_once('@').map_or_else(
            || "****".to_owned(),
            |(name, host)| {
                let first: String = name.chars().take(1).collect();
                format!("{first}****@{host}")
            },
        ),
        FieldKind::Text if personal => mask::name(text),
        FieldKind::LongText if personal => "****".to_owned(),
        _ => text.to_owned(),
    }
}

/// A file that stands among the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAnswer {
    /// What the form calls it.
    pub label: String,
    /// SM3 of its bytes in hexadecimal.
    pub digest: String,
    pub name: String,
    pub size: u64,
    pub media_type: String,
}

/// Every file among the answers to a form, in its order: uploads and drawn signatures.
pub fn files(form: &Form, answers: &serde_json::Map<String, Value>) -> Vec<FileAnswer> {
    let mut found = Vec::new();
    for field in form.fields() {
        let Some(value) = answers.get(&field.key) else {
            continue;
        };
        of_field(field, value, &mut found);
        for row in value.as_array().into_iter().flatten() {
            for inner in &field.fields {
                if let Some(value) = row.get(&inner.key) {
                    of_field(inner, value, &mut found);
                }
            }
        }
    }
    found
}

fn of_field(field: &Field, value: &Value, found: &mut Vec<FileAnswer>) {
    let held = match field.kind {
        FieldKind::File => Some(value),
        FieldKind::Signature => value.get("image"),
        _ => None,
    };
    if let Some(mut file) = held.and_then(file) {
        file.label.clone_from(&field.label);
        found.push(file);
    }
}

fn file(value: &Value) -> Option<FileAnswer> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(FileAnswer {
        label: String::new(),
        digest: value.get("digest")?.as_str()?.to_owned(),
        name: text("name").to_owned(),
        size: value.get("size").and_then(Value::as_u64).unwrap_or(0),
        media_type: text("media_type").to_owned(),
    })
}
