//! A record becomes a form.

use askama::Template;
use serde_json::Value;
use ui::Page;
use web::fields::Fields;

use super::fields::{Field, Kind, Section};
use super::sections::UNITS;
use super::{SPARE_ROWS, at, locked};
use crate::checks::{Finding, Severity};
use crate::labels;

/// One control of the form.
#[derive(Clone, Debug, Default)]
pub struct Control {
    pub name: String,
    pub label: String,
    /// B, N, L; empty in rows.
    pub mark: &'static str,
    pub meaning: &'static str,
    /// `text`, `long`, `yes`, `one`, `many`, `limit`, `rows`, `locked`.
    pub kind: &'static str,
    pub value: String,
    /// What is ticked.
    pub values: Vec<String>,
    pub options: Vec<(String, String)>,
    pub unit: String,
    pub note: String,
    pub hint: String,
    pub error: String,
    /// Findings that do not stop a publication.
    pub warnings: Vec<String>,
    pub rows: Vec<ControlRow>,
}

#[derive(Template)]
#[template(path = "admin/editor_control.html")]
struct Html<'a> {
    f: &'a Control,
    page: &'a Page,
}

/// One entry of a list.
#[derive(Clone, Debug, Default)]
pub struct ControlRow {
    pub name: String,
    /// Room for a new entry.
    pub spare: bool,
    /// What the entry is called.
    pub title: String,
    pub place: String,
    pub dropped: bool,
    pub controls: Vec<Control>,
}

/// What is said at the fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'a> {
    /// (name of the control, what to change).
    pub errors: &'a [(String, String)],
    pub findings: &'a [Finding],
}

/// The controls of a section. `typed` is what the person wrote, where the form is shown again.
pub fn controls(
    section: &Section,
    record: &Value,
    claimed: bool,
    typed: Option<&Fields>,
    marks: Marks<'_>,
) -> Vec<Control> {
    let mut all: Vec<Control> = section
        .fields
        .iter()
        .map(|field| top(field, record, claimed, typed))
        .collect();
    for (name, message) in marks.errors {
        mark(&mut all, name, message, Severity::Error);
    }
    for finding in marks.findings {
        let name = control_name(record, &finding.field);
        mark(&mut all, &name, &finding.message, finding.severity);
    }
    all
}

fn top(field: &Field, record: &Value, claimed: bool, typed: Option<&Fields>) -> Control {
    let value = at(record, field.path);
    let label = labels::field(field.path);
    let mut control = match locked(field, claimed) {
        Some(reason) => Control {
            kind: "locked",
            value: read_aloud(field.kind, value),
            hint: reason.to_owned(),
            ..Control::default()
        },
        None => control(field, field.path, value, typed),
    };
    field.path.clone_into(&mut control.name);
    control.label = label;
    control.mark = field.owner.mark();
    control.meaning = field.owner.meaning();
    control
}

fn control(field: &Field, name: &str, value: &Value, typed: Option<&Fields>) -> Control {
    let said = |part: &str| typed.and_then(|form| form.get(part)).map(str::to_owned);
    let again = typed.is_some_and(|form| form.get(&format!("{name}.#")).is_some());
    let mut control = Control {
        name: name.to_owned(),
        label: column_label(field.path),
        hint: field.hint.to_owned(),
        ..Control::default()
    };
    match field.kind {
        Kind::Rows(columns) => {
            control.kind = "rows";
            control.rows = rows(columns, name, value, typed.filter(|_| again));
        }
        Kind::Yes => {
            control.kind = "yes";
            let on = if again {
                said(name).is_some()
            } else {
                value.as_bool().unwrap_or_default()
            };
            if on { "1" } else { "" }.clone_into(&mut control.value);
        }
        Kind::Codes(_) | Kind::Words(_) => {
            control.kind = "many";
            control.options = options(field.kind, value);
            control.values = match typed.filter(|_| again) {
                Some(form) => form.all(name).map(str::to_owned).collect(),
                None => value.as_array().into_iter().flatten().map(word).collect(),
            };
        }
        Kind::Limit => {
            control.kind = "limit";
            let part =
                |part: &str| said(&format!("{name}.{part}")).unwrap_or_else(|| word(&value[part]));
            control.value = part("n");
            control.unit = part("unit");
            control.note = part("note");
            control.options = options(Kind::Word(UNITS), value);
        }
        kind => {
            control.kind = match kind {
                Kind::Word(_) | Kind::Code(_) | Kind::Level(_) => "one",
                Kind::Long | Kind::Lines | Kind::Choices | Kind::Json => "long",
                _ => "text",
            };
            control.options = options(kind, value);
            control.value = said(name).unwrap_or_else(|| shown(kind, value));
        }
    }
    control
}

fn rows(
    columns: &'static [Field],
    name: &str,
    value: &Value,
    typed: Option<&Fields>,
) -> Vec<ControlRow> {
    let entries: &[Value] = value.as_array().map_or(&[], Vec::as_slice);
    let posted: usize = typed
        .and_then(|form| form.get(&format!("{name}.#"))?.parse().ok())
        .unwrap_or_default();
    let count = posted.max(entries.len() + SPARE_ROWS).min(super::ROWS_MAX);
    (0..count)
        .map(|index| {
            let row = format!("{name}.{index}");
            let entry = entries.get(index).unwrap_or(&Value::Null);
            let part = |part: &str| {
                typed
                    .and_then(|form| form.get(&format!("{row}.{part}")))
                    .map(str::to_owned)
            };
            ControlRow {
                spare: index >= entries.len(),
                title: called(entry),
                place: part("#place").unwrap_or_else(|| {
                    if entry.is_null() {
                        String::new()
                    } else {
                        (index + 1).to_string()
                    }
                }),
                dropped: part("#drop").is_some(),
                controls: columns
                    .iter()
                    .map(|column| {
                        let control_name = format!("{row}.{}", column.path);
                        control(column, &control_name, at(entry, column.path), typed)
                    })
                    .collect(),
                name: row,
            }
        })
        .collect()
}

/// What an entry is called.
fn called(entry: &Value) -> String {
    ["name", "title", "label", "law", "question", "hall", "kind"]
        .iter()
        .filter_map(|part| entry[part].as_str())
        .find(|name| !name.is_empty())
        .unwrap_or("未命名")
        .to_owned()
}

fn column_label(path: &str) -> String {
    let label = labels::field(&format!("part.{path}"));
    label.trim_start_matches("part·").to_owned()
}

fn options(kind: Kind, value: &Value) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = match kind {
        Kind::Word(table) | Kind::Words(table) => table
            .iter()
            .map(|(word, label)| ((*word).to_owned(), (*label).to_owned()))
            .collect(),
        Kind::Code(table) | Kind::Level(table) | Kind::Codes(table) => table
            .iter()
            .map(|(code, label)| (code.to_string(), (*label).to_owned()))
            .collect(),
        _ => return Vec::new(),
    };
    let current = shown(kind, value);
    let one = matches!(kind, Kind::Word(_) | Kind::Code(_) | Kind::Level(_)) && !value.is_object();
    if one && !all.iter().any(|(word, _)| *word == current) {
        let label = if current.is_empty() {
            "请选择"
        } else {
            current.as_str()
        };
        all.insert(0, (current.clone(), label.to_owned()));
    }
    all
}

/// A stored value as it stands in its control.
pub(super) fn shown(kind: Kind, value: &Value) -> String {
    match kind {
        Kind::Lines => value
            .as_array()
            .into_iter()
            .flatten()
            .map(word)
            .collect::<Vec<_>>()
            .join("\n"),
        Kind::Choices => value
            .as_array()
            .into_iter()
            .flatten()
            .map(|choice| {
                let parts = [&choice["value"], &choice["label"], &choice["hint"]].map(word);
                parts.join("|").trim_end_matches('|').to_owned()
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Kind::Json if value.is_null() || *value == Value::Array(Vec::new()) => String::new(),
        Kind::Json => serde_json::to_string_pretty(value).expect("a value is plain data"),
        // Nothing was chosen where the code is 0.
        Kind::Level(_) if value.as_u64() == Some(0) => String::new(),
        _ => word(value),
    }
}

/// A scalar as it is stored; nothing for null.
fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A locked value in words.
fn read_aloud(kind: Kind, value: &Value) -> String {
    match kind {
        Kind::Limit | Kind::Rows(_) | Kind::Json => crate::diff::shown(value),
        Kind::Codes(_) | Kind::Words(_) => {
            let options = options(kind, value);
            let chosen = value.as_array().into_iter().flatten().map(|code| {
                let code = word(code);
                let known = options.iter().find(|(word, _)| *word == code);
                known.map_or(code, |(_, label)| label.clone())
            });
            chosen.collect::<Vec<_>>().join("、")
        }
        Kind::Word(_) | Kind::Code(_) | Kind::Level(_) => {
            let current = shown(kind, value);
            options(kind, value)
                .into_iter()
                .find(|(word, _)| *word == current)
                .map_or(current, |(_, label)| label)
        }
        _ => shown(kind, value),
    }
}

/// The control of a finding: `materials[2].key` and `materials[layout].key` are `materials.2.key`.
fn control_name(record: &Value, path: &str) -> String {
    let mut name = String::new();
    let mut value = record;
    for step in path.split('.') {
        let (member, key) = match step.split_once('[') {
            Some((member, key)) => (member, Some(key.trim_end_matches(']'))),
            None => (step, None),
        };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(member);
        value = &value[member];
        if let Some(key) = key {
            let entries: &[Value] = value.as_array().map_or(&[], Vec::as_slice);
            let index = key.parse().ok().or_else(|| {
                entries
                    .iter()
                    .position(|entry| entry["key"].as_str() == Some(key))
            });
            let Some(index) = index else { break };
            name.push_str(&format!(".{index}"));
            value = entries.get(index).unwrap_or(&Value::Null);
        }
    }
    name
}

/// Says something at the control of this name, or at the nearest one around it.
fn mark(controls: &mut [Control], name: &str, message: &str, severity: Severity) -> bool {
    for control in controls {
        let inside = name
            .strip_prefix(control.name.as_str())
            .is_some_and(|rest| rest.starts_with('.'));
        // A finding about a whole, such as 办理结果, stands at its first part.
        let around = control
            .name
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'));
        if control.name != name && !inside && !around {
            continue;
        }
        if inside
            && control
                .rows
                .iter_mut()
                .any(|row| mark(&mut row.controls, name, message, severity))
        {
            return true;
        }
        match severity {
            Severity::Error if control.error.is_empty() => message.clone_into(&mut control.error),
            Severity::Error => {
                control.error.push('；');
                control.error.push_str(message);
            }
            Severity::Warning => control.warnings.push(message.to_owned()),
        }
        return true;
    }
    false
}

impl Control {
    /// The control as HTML; rows render their controls the same way.
    pub fn html(&self, page: &Page) -> String {
        Html { f: self, page }
            .render()
            .expect("a control renders into memory")
    }

    /// Whether something in it must be changed, or should be looked at.
    pub fn has_error(&self) -> bool {
        !self.error.is_empty()
            || !self.warnings.is_empty()
            || self.rows.iter().any(ControlRow::has_error)
    }
}

impl ControlRow {
    pub fn has_error(&self) -> bool {
        self.controls.iter().any(Control::has_error)
    }
}
