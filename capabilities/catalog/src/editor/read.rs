//! A form becomes a record.

use serde_json::{Map, Value, json};
use web::fields::Fields;

use super::fields::{Field, Kind, Section};
use super::view::shown;
use super::{ROWS_MAX, at, locked, put};

/// What came of reading a form.
#[derive(Debug)]
pub struct Typed {
    /// The record with what was typed.
    pub record: Value,
    /// (name of the control, what to change).
    pub errors: Vec<(String, String)>,
}

/// Puts a form's section over the record that its reader saw.
///
/// Fields that are locked, or that the form does not hold, stay as they are.
pub fn apply(section: &Section, seen: &Value, claimed: bool, form: &Fields) -> Typed {
    let mut typed = Typed {
        record: seen.clone(),
        errors: Vec::new(),
    };
    for field in section.fields {
        if locked(field, claimed).is_some() {
            continue;
        }
        let old = at(seen, field.path);
        if let Some(new) = one(field, field.path, old, form, &mut typed.errors)
            && new != *old
        {
            put(&mut typed.record, field.path, new);
        }
    }
    typed
}

/// The new value of a field; none where the form does not hold it or it cannot be read.
fn one(
    field: &Field,
    name: &str,
    old: &Value,
    form: &Fields,
    errors: &mut Vec<(String, String)>,
) -> Option<Value> {
    let marked = || form.get(&format!("{name}.#")).is_some();
    match field.kind {
        Kind::Rows(columns) => marked().then(|| rows(columns, name, old, form, errors)),
        Kind::Limit => limit(name, old, form, errors),
        Kind::Yes => marked().then(|| json!(form.get(name) == Some("1"))),
        Kind::Codes(table) => marked().then(|| {
            let ticked: Vec<&str> = form.all(name).collect();
            kept_order(old, table.iter().map(|(code, _)| json!(code)), |code| {
                ticked.contains(&code.to_string().as_str())
            })
        }),
        Kind::Words(table) => marked().then(|| {
            let ticked: Vec<&str> = form.all(name).collect();
            kept_order(old, table.iter().map(|(word, _)| json!(word)), |word| {
                word.as_str().is_some_and(|word| ticked.contains(&word))
            })
        }),
        _ => {
            let text = form.get(name)?.replace("\r\n", "\n");
            // What was shown and came back is what was there.
            if text == shown(field.kind, old) {
                return Some(old.clone());
            }
            match scalar(field.kind, &text, old) {
                Ok(value) => Some(value),
                Err(message) => {
                    errors.push((name.to_owned(), message));
                    None
                }
            }
        }
    }
}

/// The chosen ones: those that were there in their order, then the new ones; what no table knows stays.
fn kept_order(
    old: &Value,
    table: impl Iterator<Item = Value>,
    ticked: impl Fn(&Value) -> bool,
) -> Value {
    let table: Vec<Value> = table.collect();
    let before = old.as_array().cloned().unwrap_or_default();
    let mut all: Vec<Value> = before
        .iter()
        .filter(|value| !table.contains(value) || ticked(value))
        .cloned()
        .collect();
    all.extend(
        table
            .into_iter()
            .filter(|value| ticked(value) && !before.contains(value)),
    );
    Value::Array(all)
}

fn scalar(kind: Kind, text: &str, old: &Value) -> Result<Value, String> {
    let trimmed = text.trim();
    Ok(match kind {
        Kind::Text => json!(base::text::single_line(text)),
        Kind::Long => json!(text.trim_end()),
        Kind::Lines => lines(text).map(Value::from).collect(),
        Kind::Number(most) if trimmed.is_empty() => number("0", most)?,
        Kind::Level(_) if trimmed.is_empty() => json!(0),
        Kind::Optional(_) | Kind::Signed | Kind::Day | Kind::Code(_) if trimmed.is_empty() => {
            Value::Null
        }
        Kind::Number(most) | Kind::Optional(most) => number(trimmed, most)?,
        Kind::Signed => json!(
            trimmed
                .parse::<i64>()
                .map_err(|_| "请填写整数".to_owned())?
        ),
        Kind::Word(table) => {
            // An extension without a fixed name stays what it was.
            if !table.iter().any(|(word, _)| *word == trimmed) && old.as_str() != Some(trimmed) {
                return Err("请从列出的选项中选择".to_owned());
            }
            json!(trimmed)
        }
        Kind::Code(table) | Kind::Level(table) => {
            let code: u8 = trimmed
                .parse()
                .map_err(|_| "请从列出的选项中选择".to_owned())?;
            if !table.iter().any(|(known, _)| *known == code) {
                return Err("请从列出的选项中选择".to_owned());
            }
            json!(code)
        }
        Kind::Day => {
            let day: jiff::civil::Date = trimmed
                .parse()
                .map_err(|_| "请填写日期，例如 2026-07-01".to_owned())?;
            json!(day)
        }
        Kind::Choices => Value::Array(lines(text).map(choice).collect()),
        Kind::Json if trimmed.is_empty() && old.is_array() => json!([]),
        Kind::Json if trimmed.is_empty() => json!({}),
        Kind::Json => serde_json::from_str(trimmed).map_err(|error| {
            format!("不是正确的JSON：第{}行第{}列", error.line(), error.column())
        })?,
        Kind::Yes | Kind::Codes(_) | Kind::Words(_) | Kind::Limit | Kind::Rows(_) => old.clone(),
    })
}

fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(base::text::single_line)
        .filter(|line| !line.is_empty())
}

/// `值|名称|提示`; a line with one part is both.
fn choice(line: String) -> Value {
    let mut parts = line.split('|').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let label = parts.next().unwrap_or(value);
    json!({ "value": value, "label": label, "hint": parts.next().unwrap_or_default() })
}

fn number(text: &str, most: u64) -> Result<Value, String> {
    match text.parse::<u64>() {
        Ok(number) if number <= most => Ok(json!(number)),
        Ok(_) => Err(format!("最大{most}，请核对")),
        Err(_) => Err("请填写0或者正整数".to_owned()),
    }
}

fn limit(
    name: &str,
    old: &Value,
    form: &Fields,
    errors: &mut Vec<(String, String)>,
) -> Option<Value> {
    let n = form.get(&format!("{name}.n"))?.trim();
    if n.is_empty() {
        return Some(Value::Null);
    }
    let unit = form.get(&format!("{name}.unit")).unwrap_or("working_day");
    let note = form.get(&format!("{name}.note"));
    if !super::sections::UNITS.iter().any(|(word, _)| *word == unit) {
        errors.push((format!("{name}.unit"), "请选择单位".to_owned()));
        return None;
    }
    match number(n, u64::from(u32::MAX)) {
        Ok(n) => {
            let note = match note {
                Some(note) => json!(base::text::single_line(note)),
                None => old["note"].clone(),
            };
            let mut new = json!({ "n": n, "unit": unit });
            if !note.is_null() {
                new["note"] = note;
            }
            Some(new)
        }
        Err(message) => {
            errors.push((format!("{name}.n"), message));
            None
        }
    }
}

/// The entries of a list: those that were dropped are gone, spare ones that stayed empty are none, the rest stands
/// in the order of their places.
fn rows(
    columns: &'static [Field],
    name: &str,
    old: &Value,
    form: &Fields,
    errors: &mut Vec<(String, String)>,
) -> Value {
    let before: &[Value] = old.as_array().map_or(&[], Vec::as_slice);
    let posted = form
        .get(&format!("{name}.#"))
        .and_then(|count| count.parse::<usize>().ok())
        .unwrap_or_default()
        .min(ROWS_MAX);
    let mut kept: Vec<((i64, i64), Value)> = Vec::new();
    for index in 0..posted.max(before.len()) {
        let row = format!("{name}.{index}");
        let old = before.get(index);
        // A row the form does not hold stays.
        if index >= posted {
            kept.push(((i64::MAX, 0), before[index].clone()));
            continue;
        }
        if form.get(&format!("{row}.#drop")) == Some("1") {
            continue;
        }
        let mut entry = old.cloned().unwrap_or_else(|| Value::Object(Map::new()));
        for column in columns {
            let before = at(&entry, column.path).clone();
            let control = format!("{row}.{}", column.path);
            if let Some(new) = one(column, &control, &before, form, errors)
                && new != before
            {
                put(&mut entry, column.path, new);
            }
        }
        if old.is_none() && is_blank(columns, &entry) {
            continue;
        }
        kept.push((place(&row, index, form, errors), entry));
    }
    kept.sort_by_key(|(place, _)| *place);
    let mut entries: Vec<Value> = kept.into_iter().map(|(_, entry)| entry).collect();
    if columns.iter().any(|column| column.path == "key") {
        give_keys(name, &mut entries);
    }
    Value::Array(entries)
}

/// Where a row goes: its typed place; a moved row stands before the one it takes the place of when it goes up, and
/// behind it when it goes down.
fn place(row: &str, index: usize, form: &Fields, errors: &mut Vec<(String, String)>) -> (i64, i64) {
    let here = i64::try_from(index).unwrap_or(i64::MAX - 1) + 1;
    let control = format!("{row}.#place");
    match form.get(&control).map(str::trim) {
        None | Some("") => (here, 0),
        Some(text) => {
            if let Ok(place) = text.parse::<i64>() {
                (place, (place - here).signum())
            } else {
                errors.push((control, "位置请填写数字".to_owned()));
                (here, 0)
            }
        }
    }
}

/// Whether nothing was typed into a spare row. What a select shows first is not typed.
fn is_blank(columns: &[Field], entry: &Value) -> bool {
    columns.iter().all(|column| {
        let value = at(entry, column.path);
        match column.kind {
            Kind::Word(_) | Kind::Yes | Kind::Number(_) => true,
            _ => match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(entries) => entries.is_empty(),
                _ => false,
            },
        }
    })
}

/// Entries without a key get one that nobody has.
fn give_keys(name: &str, entries: &mut [Value]) {
    let stem = match name.rsplit('.').next().unwrap_or(name) {
        "materials" => "material",
        "pages" => "page",
        _ => "field",
    };
    let mut taken: Vec<String> = entries
        .iter()
        .filter_map(|entry| Some(entry["key"].as_str()?.to_owned()))
        .collect();
    for entry in entries {
        if entry["key"].as_str().is_none_or(str::is_empty) {
            let free = (1..=taken.len() + 1)
                .map(|n| format!("{stem}_{n}"))
                .find(|key| !taken.contains(key))
                .expect("there are more numbers than rows");
            taken.push(free.clone());
            entry["key"] = json!(free);
        }
    }
}
