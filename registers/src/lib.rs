#![doc = include_str!("../README.md")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use jiff::{Timestamp, ToSpan as _};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One record of a register.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub register: String,
    pub subject: String,
    pub fields: Map<String, Value>,
    pub observed_at: Timestamp,
}

/// How a register fails.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub fault: Kind,
    /// How late `slow` answers.
    #[serde(default)]
    pub ms: u64,
    /// Only this field, where the fault is about fields.
    #[serde(default)]
    pub field: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    None,
    Slow,
    Hang,
    Down,
    Wrong,
    Garbled,
    Stale,
    Contradictory,
    Missing,
}

/// All registers. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Registers(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    records: BTreeMap<String, HashMap<String, Record>>,
    faults: HashMap<String, Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    subject: String,
    fields: Vec<String>,
    purpose: String,
    legal_basis: String,
}

impl Registers {
    pub fn put(&self, record: Record) {
        let mut kept = self.0.write();
        let register = kept.records.entry(record.register.clone()).or_default();
        register.insert(record.subject.clone(), record);
    }

    pub fn remove(&self, register: &str, subject: &str) -> bool {
        let mut kept = self.0.write();
        kept.records
            .get_mut(register)
            .is_some_and(|records| records.remove(subject).is_some())
    }

    pub fn fail(&self, register: &str, fault: Fault) {
        self.0.write().faults.insert(register.to_owned(), fault);
    }

    /// Reads records, one a line; how many.
    ///
    /// # Errors
    /// The first line that is none, by its number.
    pub fn load(&self, text: &str) -> anyhow::Result<usize> {
        let mut count = 0;
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let record = serde_json::from_str(line)
                .map_err(|error| anyhow::anyhow!("line {}: {error}", at + 1))?;
            self.put(record);
            count += 1;
        }
        Ok(count)
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(async || "ok"))
            .route("/registers/{register}/query", post(query))
            .route("/records", put(put_record))
            .route("/records/{register}/{subject}", delete(delete_record))
            .route("/faults/{register}", put(put_fault))
            .with_state(self.clone())
    }
}

async fn query(
    State(registers): State<Registers>,
    Path(register): Path<String>,
    Json(question): Json<Question>,
) -> Response {
    if question.purpose.trim().is_empty() || question.legal_basis.trim().is_empty() {
        return (StatusCode::FORBIDDEN, "purpose and legal basis are needed").into_response();
    }
    let (fault, known, found) = {
        let kept = registers.0.read();
        let records = kept.records.get(&register);
        (
            kept.faults.get(&register).cloned().unwrap_or_default(),
            records.is_some(),
            records.and_then(|records| records.get(&question.subject).cloned()),
        )
    };
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    match fault.fault {
        Kind::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Kind::Garbled => return "<html>系统维护中</html>".into_response(),
        Kind::Slow => tokio::time::sleep(Duration::from_millis(fault.ms)).await,
        Kind::Hang => std::future::pending().await,
        _ => {}
    }
    let records = found.map_or_else(Vec::new, |record| answer(&record, &question.fields, &fault));
    Json(json!({ "records": records })).into_response()
}

/// The fields asked for, as the fault bends them.
fn answer(record: &Record, wanted: &[String], fault: &Fault) -> Vec<Value> {
    let concerned = |field: &str| fault.field.is_empty() || fault.field == field;
    let mut fields: Map<String, Value> = record
        .fields
        .iter()
        .filter(|(field, _)| wanted.contains(field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    let mut observed_at = record.observed_at;
    let told =
        |fields: &Map<String, Value>, at: Timestamp| json!({ "fields": fields, "observed_at": at });
    match fault.fault {
        Kind::Missing if fault.field.is_empty() => return Vec::new(),
        Kind::Missing => {
            fields.remove(&fault.field);
        }
        Kind::Wrong => {
            for (field, value) in &mut fields {
                if concerned(field) {
                    *value = json!({ "value": value.clone() });
                }
            }
        }
        Kind::Stale => {
            observed_at = observed_at
                .checked_sub((365 * 24).hours())
                .unwrap_or(Timestamp::UNIX_EPOCH);
        }
        Kind::Contradictory => {
            let mut other = fields.clone();
            for (field, value) in &mut other {
                if concerned(field) {
                    *value = contrary(value);
                }
            }
            return vec![told(&fields, observed_at), told(&other, observed_at)];
        }
        _ => {}
    }
    vec![told(&fields, observed_at)]
}

/// Another value of the same type.
fn contrary(value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::Bool(!value),
        Value::Number(number) => Value::from(number.as_i64().unwrap_or_default() + 1),
        // A day stays a day.
        Value::String(text) if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() => {
            Value::from("1900-01-01")
        }
        Value::String(text) => Value::from(format!("{text}？")),
        Value::Array(values) => {
            let mut values = values.clone();
            values.push(Value::from("另一项"));
            Value::Array(values)
        }
        other => other.clone(),
    }
}

async fn put_record(State(registers): State<Registers>, Json(record): Json<Record>) -> StatusCode {
    registers.put(record);
    StatusCode::NO_CONTENT
}

async fn delete_record(
    State(registers): State<Registers>,
    Path((register, subject)): Path<(String, String)>,
) -> StatusCode {
    if registers.remove(&register, &subject) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn put_fault(
    State(registers): State<Registers>,
    Path(register): Path<String>,
    Json(fault): Json<Fault>,
) -> StatusCode {
    registers.fail(&register, fault);
    StatusCode::NO_CONTENT
}
