//! The editor of items and base items: which fields it has, how a record becomes a form and a form a record.
//!
//! A record is edited as the JSON it is stored as, section by section. What a form does not hold stays as it was, so
//! that two people can work on two sections, and a field that this editor does not know is never lost.

mod fields;
mod read;
mod sections;
#[cfg(test)]
mod tests;
mod view;

pub use fields::{Field, Kind, Owner, Section};
pub use read::{Typed, apply};
pub use sections::{BASE, ITEM, section_of};
pub use view::{Control, ControlRow, Marks, controls};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Rows that a list offers for new entries.
pub const SPARE_ROWS: usize = 1;
/// Rows of a list, the spare ones included.
pub const ROWS_MAX: usize = 210;

/// A record as the editor sees it.
pub fn value(record: &impl Serialize) -> Value {
    serde_json::to_value(record).expect("a record is plain data")
}

/// A record of what was edited; the sentence says which member does not fit.
///
/// # Errors
/// What does not have the record's shape.
pub fn record<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    base::json::from_value(value).map_err(|unfit| format!("内容的格式不对：{unfit}"))
}

/// Why a field cannot be changed here, where it cannot.
pub fn locked(field: &Field, claimed: bool) -> Option<&'static str> {
    match field.owner {
        Owner::Made => Some("由系统生成，不能修改"),
        Owner::Base if claimed => Some("由基本目录统一规定，不能在本地修改"),
        _ => None,
    }
}

/// The value at a dotted path; null where there is none.
fn at<'a>(record: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(record, |value, step| &value[step])
}

/// Puts a value at a dotted path, making the objects on the way.
fn put(record: &mut Value, path: &str, value: Value) {
    let mut place = record;
    for step in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = &mut place[step];
    }
    *place = value;
}
