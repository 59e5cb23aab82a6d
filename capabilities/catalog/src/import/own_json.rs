//! Our own JSON: an array of `{"org": key, "item": {…}}`, where `item` is an [`Item`].

use base::json::Unfit;
use serde::Deserialize;
use serde_json::Value;

use super::{Raw, RowError};
use crate::model::Item;

/// Faults told of one record.
const FAULTS_MAX: usize = 20;

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
    match base::json::from_value(&value) {
        Ok(Record { org, item }) => Raw {
            row,
            body: org,
            item,
            flags: Vec::new(),
            errors: Vec::new(),
            readable: true,
        },
        Err(error) => Raw {
            row,
            body: String::new(),
            item: Item::default(),
            flags: Vec::new(),
            errors: faults(row, &value, &error),
            readable: false,
        },
    }
}

/// What is wrong with a record that does not fit, member by member.
fn faults(row: usize, value: &Value, error: &Unfit) -> Vec<RowError> {
    let whole = |field: &str, error: &Unfit| RowError::new(row, field, said(error));
    let Some(item) = value.get("item").and_then(Value::as_object) else {
        return vec![whole("item", error)];
    };
    // Every member may be missing, so each can be tried by itself.
    let strange: Vec<RowError> = item
        .iter()
        .filter_map(|(name, member)| {
            let alone = Value::Object([(name.clone(), member.clone())].into_iter().collect());
            let error = base::json::from_value::<Item>(&alone).err()?;
            let path: Vec<&str> = error.path().collect();
            Some(whole(&format!("item.{}", path.join(".")), &error))
        })
        .take(FAULTS_MAX)
        .collect();
    if strange.is_empty() {
        // Then it stands beside the item: the body, or something that does not belong there.
        return vec![whole("org", error)];
    }
    strange
}

/// What a reader of JSON means, for whoever wrote the file.
fn said(error: &Unfit) -> String {
    let text = error.message();
    let quoted = text.split('`').nth(1).unwrap_or_default();
    let quoted = base::text::shorten(quoted, 40);
    let what = if text.starts_with("unknown field") {
        format!("不认识“{quoted}”，请核对拼写")
    } else if text.starts_with("missing field") {
        format!("缺少“{quoted}”，请补上")
    } else if text.starts_with("unknown variant") {
        format!("不能填“{quoted}”，请改为规定的值之一")
    } else {
        "值的类型或者大小不对，请按规定的格式改正".to_owned()
    };
    format!("{what}（字段说明见 /api/v1/docs 里的 ItemInput）")
}
