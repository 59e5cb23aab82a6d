//! Answers on a screen or on paper, and back into the fields they were typed in.

use base::mask;
use base::money::Fen;
use catalog::model::{Field, FieldKind, Form};
use serde_json::Value;

use super::{Answers, Typed};

/// An answer in words; personal values masked unless `whole`. Empty where nothing was answered.
pub fn shown(field: &Field, value: Option<&Value>, whole: bool) -> String {
    let Some(value) = value else {
        return String::new();
    };
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

/// A JSON answer as it would be typed.
pub fn typed(field: &Field, value: &Value) -> Vec<String> {
    match (field.kind, value) {
        (_, Value::Null) => Vec::new(),
        (FieldKind::Choices, Value::Array(values)) => values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        (FieldKind::Amount, value) => value
            .as_i64()
            .map(|fen| vec![Fen(fen).plain()])
            .unwrap_or_default(),
        (FieldKind::Confirm, value) => {
            if value.as_bool() == Some(true) {
                vec!["1".to_owned()]
            } else {
                Vec::new()
            }
        }
        (_, Value::String(text)) => vec![text.clone()],
        (_, value) => vec![value.to_string()],
    }
}

/// All answers of a form as they would be typed; answers without a field are left out.
pub fn typed_all(form: &Form, answers: &Answers) -> Typed {
    form.fields()
        .filter_map(|field| {
            let texts = typed(field, answers.get(&field.key)?);
            (!texts.is_empty()).then(|| (field.key.clone(), texts))
        })
        .collect()
}
