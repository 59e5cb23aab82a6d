//! What cells cannot say: texts with odd blanks, codes without a word, elements without a column.
//!
//! Whatever would not come back the same from the cells is written beside them as JSON. Reading takes it where the
//! cells still say what they said when it was written; where somebody changed them, the cells count. So a file that
//! nobody changed is read back as exactly what was written, whatever the records hold.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The header of the last column.
pub const EXACT: &str = "原样（JSON）";
/// What the template says of it.
pub(crate) const NOTE: &str =
    "由系统导出，不要改动。别的列写不下的内容在这里；某一列改过后，以那一列为准";

/// The members of `record` that `seen`, read back from its cells, has differently; empty where all is the same.
pub(crate) fn of<T: Serialize>(record: &T, seen: &T) -> String {
    let (record, seen) = (members(record), members(seen));
    let different: Map<String, Value> = record
        .into_iter()
        .filter(|(name, value)| seen.get(name) != Some(value))
        .collect();
    if different.is_empty() {
        return String::new();
    }
    safe(&Value::Object(different).to_string())
}

/// Puts what [`of`] wrote into a record read from cells. `again` reads a record back from the cells it would be written
/// as: a member counts only where the cells say today what they said then.
pub(crate) fn apply<T: Serialize + DeserializeOwned>(
    text: &str,
    record: &mut T,
    again: impl Fn(&T) -> T,
) -> Result<(), String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    let unreadable = |error: base::json::Error| format!("{EXACT}读不懂：{error}。请清空这一格");
    let wanted: Map<String, Value> = base::json::read(text.as_bytes()).map_err(unreadable)?;
    let now = members(record);
    let mut whole = now.clone();
    whole.extend(wanted.clone());
    let candidate: T = from_members(whole).map_err(unreadable)?;
    let then = members(&again(&candidate));
    let mut settled = now.clone();
    for (name, value) in wanted {
        if then.get(&name) == now.get(&name) {
            settled.insert(name, value);
        }
    }
    *record = from_members(settled).map_err(unreadable)?;
    Ok(())
}

fn from_members<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, base::json::Error> {
    Ok(base::json::from_value(&Value::Object(members))?)
}

fn members(record: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(members)) => members,
        // Only records with members are written in rows.
        _ => Map::new(),
    }
}

/// A cell as a spreadsheet carries it: no control characters but line breaks and tabs, nothing that looks like the
/// escapes of the file format.
pub(crate) fn carried(cell: String) -> String {
    let strange = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    if !cell.contains(strange) && !cell.contains("_x") {
        return cell;
    }
    cell.replace(strange, "").replace("_x", "＿x")
}

/// JSON that no file format touches.
fn safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        let escape = match c {
            '_' => chars.peek() == Some(&'x'),
            '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => true,
            _ => false,
        };
        if escape {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
