//! What travels between Rust and either engine: integers, text, bytes, and nothing else.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::Error;

/// A bound parameter or a column's content.
///
/// Columns are BIGINT, TEXT or BLOB (BYTEA on PostgreSQL). Booleans are 0 and 1, instants are UTC milliseconds,
/// civil dates are `yyyy-mm-dd`, ids are 16 bytes, digests 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT.
    I64(i64),
    /// TEXT.
    Text(String),
    /// BLOB, on PostgreSQL BYTEA.
    Blob(Vec<u8>),
}

/// Bound parameters of a statement: `params![case_id, 3, "x"]` is a `[Value; 3]`.
#[macro_export]
macro_rules! params {
    () => {{
        let none: [$crate::Value; 0] = [];
        none
    }};
    ($($value:expr),+ $(,)?) => {
        [$($crate::Value::from($value)),+]
    };
}

macro_rules! from_integer {
    ($($type:ty),+) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Value {
                Value::I64(i64::from(value))
            }
        })+
    };
}

from_integer!(i64, i32, u32, u16, u8, bool);

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::Text(value.clone())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Blob(value)
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Value {
        Value::Blob(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Value {
        Value::Blob(value.as_bytes().to_vec())
    }
}

impl From<&Uuid> for Value {
    fn from(value: &Uuid) -> Value {
        Value::from(*value)
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Value {
        Value::I64(value.as_millisecond())
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Value {
        Value::Text(value.to_string())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::I64(_) => "BIGINT",
            Value::Text(_) => "TEXT",
            Value::Blob(_) => "BLOB",
        }
    }
}

/// One row of an answer, owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Row {
        Row { values }
    }

    /// So many columns, whatever they hold.
    pub(crate) fn resize(&mut self, columns: usize) {
        self.values.resize(columns, Value::Null);
    }

    pub(crate) fn values_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }

    /// The column, counted from 0, as a text that is not copied.
    pub fn text(&self, column: usize) -> Result<&str, Error> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(Error::Column {
                index: column,
                expected: "TEXT",
                found: other.map_or("nothing", Value::kind).to_owned(),
            }),
        }
    }

    /// The column, counted from 0, as a Rust type.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, Error> {
        let value = self.values.get(column).ok_or_else(|| Error::Column {
            index: column,
            expected: T::EXPECTED,
            found: format!("a row of {} columns", self.values.len()),
        })?;
        T::from_value(value).ok_or_else(|| Error::Column {
            index: column,
            expected: T::EXPECTED,
            found: value.kind().to_owned(),
        })
    }

    /// All columns in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// All columns in order, taken out.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// A Rust type that a column can be read as.
pub trait FromValue: Sized {
    /// The type's name in error messages.
    const EXPECTED: &'static str;

    /// `None` where the value is of another kind or out of range.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! read_integer {
    ($($type:ty),+) => {
        $(impl FromValue for $type {
            const EXPECTED: &'static str = stringify!($type);

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::I64(number) => <$type>::try_from(*number).ok(),
                    _ => None,
                }
            }
        })+
    };
}

read_integer!(i64, i32, u64, u32, u16, u8, usize);

impl FromValue for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_value(value: &Value) -> Option<bool> {
        match value {
            Value::I64(0) => Some(false),
            Value::I64(1) => Some(true),
            _ => None,
        }
    }
}

impl FromValue for String {
    const EXPECTED: &'static str = "text";

    fn from_value(value: &Value) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_value(value: &Value) -> Option<Vec<u8>> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const EXPECTED: &'static str = "bytes of a fixed length";

    fn from_value(value: &Value) -> Option<[u8; N]> {
        match value {
            Value::Blob(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl FromValue for Uuid {
    const EXPECTED: &'static str = "an id of 16 bytes";

    fn from_value(value: &Value) -> Option<Uuid> {
        match value {
            Value::Blob(bytes) => Uuid::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

impl FromValue for Timestamp {
    const EXPECTED: &'static str = "an instant in milliseconds";

    fn from_value(value: &Value) -> Option<Timestamp> {
        match value {
            Value::I64(millisecond) => Timestamp::from_millisecond(*millisecond).ok(),
            _ => None,
        }
    }
}

impl FromValue for Date {
    const EXPECTED: &'static str = "a date yyyy-mm-dd";

    fn from_value(value: &Value) -> Option<Date> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromValue for Value {
    const EXPECTED: &'static str = "anything";

    fn from_value(value: &Value) -> Option<Value> {
        Some(value.clone())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: &Value) -> Option<Option<T>> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
