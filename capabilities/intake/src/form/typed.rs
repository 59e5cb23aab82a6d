//! Answers as typed: which control a text came from, rows that are added and removed, and answers typed again.
//!
//! Every control of a page has a name, and what was typed in it is kept under that name. Names of nested answers are
//! the field's key with what is meant behind a hyphen, which no key has: `home-region` and `home-street`,
//! `staff-rows` and `staff-0-name`, `sign-name` and `sign-sure`. A file is kept as the digest of its upload.

use std::collections::BTreeMap;

use base::money::Fen;
use catalog::form::{OPTIONS_MAX, ROWS_MAX, rows};
use catalog::model::{Field, FieldKind, Form};
use serde_json::Value;
use web::Fields;

use super::{Answers, Typed, normalise};

/// Files that came with a form: digest by the name of the control.
pub type Arrived = BTreeMap<String, String>;

/// The field key a control belongs to.
pub fn base_key(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

/// The control of a question in a row.
pub fn row_name(group: &str, at: usize, key: &str) -> String {
    format!("{group}-{at}-{key}")
}

/// Rows that were on the page when it was sent.
pub fn rows_typed(typed: &Typed, name: &str) -> usize {
    typed
        .get(&format!("{name}-rows"))
        .and_then(|texts| texts.first()?.parse().ok())
        .map_or(0, |rows: usize| rows.min(ROWS_MAX))
}

/// What a page says about some fields, tidied. Rows in which nothing stands are left out, unless the page is to be
/// shown again as it is (`as_it_is`).
pub fn from_fields<'a>(
    asked: impl Iterator<Item = &'a Field>,
    prefix: &str,
    fields: &Fields,
    arrived: &Arrived,
    as_it_is: bool,
) -> Typed {
    let sent = Sent {
        prefix,
        fields,
        arrived,
        as_it_is,
    };
    let mut typed = Typed::new();
    for field in asked {
        sent.take(field, &field.key, &mut typed);
    }
    typed
}

struct Sent<'a> {
    prefix: &'a str,
    fields: &'a Fields,
    arrived: &'a Arrived,
    as_it_is: bool,
}

impl Sent<'_> {
    fn text(&self, name: &str) -> String {
        let control = format!("{}{name}", self.prefix);
        let text = self.fields.get(&control).unwrap_or_default();
        normalise(FieldKind::Date, text)
    }

    fn take(&self, field: &Field, name: &str, typed: &mut Typed) {
        let mut keep = |name: String, text: String| {
            if !text.is_empty() {
                typed.insert(name, vec![text]);
            }
        };
        match field.kind {
            FieldKind::Group | FieldKind::Table => self.take_rows(field, name, typed),
            FieldKind::Date => keep(name.to_owned(), self.date(name)),
            FieldKind::RegionAddress => {
                keep(format!("{name}-region"), self.region(name));
                let control = format!("{}{name}-street", self.prefix);
                let street = self.fields.get(&control).unwrap_or_default();
                keep(
                    format!("{name}-street"),
                    normalise(FieldKind::Address, street),
                );
            }
            FieldKind::File => keep(name.to_owned(), self.file(name)),
            FieldKind::Signature => {
                keep(name.to_owned(), self.file(name));
                keep(format!("{name}-name"), self.text(&format!("{name}-name")));
                keep(format!("{name}-sure"), self.text(&format!("{name}-sure")));
            }
            _ => {
                let control = format!("{}{name}", self.prefix);
                let texts: Vec<String> = self
                    .fields
                    .all(&control)
                    .take(OPTIONS_MAX)
                    .map(|text| normalise(field.kind, text))
                    .filter(|text| !text.is_empty())
                    .collect();
                if !texts.is_empty() {
                    typed.insert(name.to_owned(), texts);
                }
            }
        }
    }

    fn take_rows(&self, field: &Field, name: &str, typed: &mut Typed) {
        let sent: usize = self.text(&format!("{name}-rows")).parse().unwrap_or(0);
        let mut kept = 0;
        for at in 0..sent.min(ROWS_MAX) {
            let mut row = Typed::new();
            for inner in &field.fields {
                self.take(inner, &row_name(name, at, &inner.key), &mut row);
            }
            if is_blank(&row) && !self.as_it_is {
                continue;
            }
            let (from, to) = (format!("{name}-{at}-"), format!("{name}-{kept}-"));
            typed.extend(
                row.into_iter()
                    .map(|(key, texts)| (key.replacen(&from, &to, 1), texts)),
            );
            kept += 1;
        }
        if kept > 0 {
            typed.insert(format!("{name}-rows"), vec![kept.to_string()]);
        }
    }

    /// Three boxes for year, month and day; a whole date pasted or scanned into the first is understood.
    fn date(&self, name: &str) -> String {
        let control = |part: &str| self.text(&format!("{name}-{part}"));
        let (year, month, day) = (control("year"), control("month"), control("day"));
        let whole = year.len() > 4 || !year.bytes().all(|b| b.is_ascii_digit());
        if year.is_empty() && month.is_empty() && day.is_empty() {
            self.text(name)
        } else if whole || (month.is_empty() && day.is_empty()) {
            year
        } else {
            format!("{year}-{month}-{day}")
        }
    }

    /// One list per level, the deepest choice that lies in the ones above it; a level changed without script leaves
    /// stale ones below, which no longer count.
    fn region(&self, name: &str) -> String {
        let control = format!("{}{name}-level", self.prefix);
        let mut chosen: Option<base::codes::RegionCode> = None;
        for text in self.fields.all(&control).take(8) {
            let Ok(code) = base::codes::RegionCode::parse(text) else {
                break;
            };
            if chosen.as_ref().is_some_and(|above| !above.covers(&code)) {
                break;
            }
            chosen = Some(code);
        }
        match chosen {
            Some(code) => code.canonical().as_str().to_owned(),
            None => self.text(&format!("{name}-region")),
        }
    }

    fn file(&self, name: &str) -> String {
        let control = format!("{}{name}", self.prefix);
        match self.arrived.get(&control) {
            Some(digest) => digest.clone(),
            None => self.text(&format!("{name}-keep")),
        }
    }
}

/// A region chosen by itself says nothing: the page proposes it.
fn is_blank(row: &Typed) -> bool {
    row.keys().all(|name| name.ends_with("-region"))
}

/// Puts what a page says in the place of what was typed in its fields before.
pub fn replace<'a>(typed: &mut Typed, asked: impl Iterator<Item = &'a Field>, given: Typed) {
    let keys: Vec<&str> = asked.map(|field| field.key.as_str()).collect();
    typed.retain(|name, _| !keys.contains(&base_key(name)));
    typed.extend(given);
}

/// What a button beside a field does; the page is shown again afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// 添加一项.
    Add(String),
    /// 删除 a row.
    Remove(String, usize),
    /// 移除 a file or a signature.
    Clear(String),
    /// Nothing but keeping: 选择 a region, 上传 a file.
    Keep(String),
}

impl Change {
    /// `add:staff`, `remove:staff:1`, `clear:plan`, `keep:home`.
    pub fn parse(action: &str) -> Option<Change> {
        let (word, rest) = action.split_once(':')?;
        let name = rest.to_owned();
        match word {
            "add" => Some(Change::Add(name)),
            "remove" => {
                let (name, at) = rest.rsplit_once(':')?;
                Some(Change::Remove(name.to_owned(), at.parse().ok()?))
            }
            "clear" => Some(Change::Clear(name)),
            "keep" => Some(Change::Keep(name)),
            _ => None,
        }
    }

    /// Does it; gives the control to come back to.
    pub fn apply(&self, form: &Form, typed: &mut Typed) -> String {
        let rows_key = |name: &str| format!("{name}-rows");
        match self {
            Change::Add(name) => {
                let Some(field) = form.field(name) else {
                    return name.clone();
                };
                let now = rows_typed(typed, name);
                let then = (now + 1).min(rows(field).1);
                typed.insert(rows_key(name), vec![then.to_string()]);
                let first = field.fields.first().map_or("", |inner| inner.key.as_str());
                row_name(name, then.saturating_sub(1), first)
            }
            Change::Remove(name, at) => {
                let now = rows_typed(typed, name);
                if *at < now {
                    let all = std::mem::take(typed);
                    for (key, texts) in all {
                        if let Some(key) = without_row(&key, name, *at) {
                            typed.insert(key, texts);
                        }
                    }
                    typed.insert(rows_key(name), vec![(now - 1).to_string()]);
                }
                name.clone()
            }
            Change::Clear(name) => {
                typed.remove(name);
                name.clone()
            }
            Change::Keep(name) => name.clone(),
        }
    }
}

/// The name after row `gone` of `group` was taken out; `None` for what stood in that row.
fn without_row(name: &str, group: &str, gone: usize) -> Option<String> {
    let place = name
        .strip_prefix(group)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(at, key)| Some((at.parse::<usize>().ok()?, key)));
    match place {
        Some((at, _)) if at == gone => None,
        Some((at, key)) if at > gone => Some(format!("{group}-{}-{key}", at - 1)),
        _ => Some(name.to_owned()),
    }
}

/// The files that were typed: control and digest.
pub fn files_typed<'a>(form: &'a Form, typed: &'a Typed) -> impl Iterator<Item = &'a str> {
    typed.iter().filter_map(|(name, texts)| {
        let field = form.field(base_key(name))?;
        let last = name.rsplit('-').next().unwrap_or(name);
        let kind = field
            .fields
            .iter()
            .find(|inner| inner.key == last && name != &field.key)
            .map_or(field.kind, |inner| inner.kind);
        let whole = !matches!(kind, FieldKind::Signature) || name == &field.key;
        (matches!(kind, FieldKind::File | FieldKind::Signature) && whole)
            .then(|| texts.first().map(String::as_str))
            .flatten()
    })
}

/// A JSON answer as it would be typed, by control.
pub fn typed(field: &Field, value: &Value) -> Typed {
    let mut typed = Typed::new();
    again(field, &field.key, value, &mut typed);
    typed
}

fn again(field: &Field, name: &str, value: &Value, typed: &mut Typed) {
    let mut keep = |name: String, text: Option<&str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            typed.insert(name, vec![text.to_owned()]);
        }
    };
    match (field.kind, value) {
        (FieldKind::RegionAddress, value) => {
            keep(format!("{name}-region"), value["region"].as_str());
            keep(format!("{name}-street"), value["street"].as_str());
        }
        (FieldKind::File, value) => keep(name.to_owned(), value["digest"].as_str()),
        (FieldKind::Signature, value) => {
            keep(name.to_owned(), value["image"]["digest"].as_str());
            keep(format!("{name}-name"), value["name"].as_str());
            let sure = value["confirmed"] == Value::Bool(true);
            keep(format!("{name}-sure"), sure.then_some("1"));
        }
        (FieldKind::Group | FieldKind::Table, Value::Array(rows)) => {
            for (at, row) in rows.iter().enumerate().take(ROWS_MAX) {
                for inner in &field.fields {
                    if let Some(value) = row.get(&inner.key) {
                        again(inner, &row_name(name, at, &inner.key), value, typed);
                    }
                }
            }
            if !rows.is_empty() {
                let count = rows.len().min(ROWS_MAX).to_string();
                typed.insert(format!("{name}-rows"), vec![count]);
            }
        }
        (_, value) => {
            let texts = plain(field, value);
            if !texts.is_empty() {
                typed.insert(name.to_owned(), texts);
            }
        }
    }
}

fn plain(field: &Field, value: &Value) -> Vec<String> {
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
        .filter_map(|field| Some(typed(field, answers.get(&field.key)?)))
        .flatten()
        .collect()
}
