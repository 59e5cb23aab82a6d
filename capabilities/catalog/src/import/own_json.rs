//! Our own JSON: an array of `{"org": key, "item": {…}}`, where `item` is an [`Item`].

use serde::Deserialize;
use serde_json::Value;

use super::{Raw, RowError};
use crate::model::Item;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    org: String,
    item: Item,
}

pub(super) fn read(records: Vec<Value>) -> Vec<Raw> {
    records
        .into_iter()
        .enumerate()
        .map(|(index, value)| record(index + 1, value))
        .collect()
}

fn record(row: usize, value: Value) -> Raw {
    // Kept for the message about a record that does not fit.
    let name = value
        .pointer("/item/name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    match Record::deserialize(value) {
        Ok(Record { org, item }) => Raw {
            row,
            body: org,
            item,
            flags: Vec::new(),
            errors: Vec::new(),
        },
        Err(error) => Raw {
            row,
            body: String::new(),
            item: Item::default(),
            flags: Vec::new(),
            errors: vec![RowError::new(
                row,
                "item",
                format!(
                    "“{}”不符合事项格式：{error}。请按docs里的字段说明修改",
                    base::text::shorten(&name, 40)
                ),
            )],
        },
    }
}
