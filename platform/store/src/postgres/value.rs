//! Values and errors between our words and PostgreSQL's.

use bytes::{BufMut, BytesMut};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Error, Row, Value};

type Fault = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match (self, kind) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::I64(number), &Type::INT8) => out.put_i64(*number),
            (Value::I64(number), &Type::INT4) => out.put_i32(i32::try_from(*number)?),
            (Value::I64(number), &Type::INT2) => out.put_i16(i16::try_from(*number)?),
            (
                Value::Text(text),
                &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME | &Type::UNKNOWN,
            ) => {
                out.put_slice(text.as_bytes());
            }
            (Value::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (value, kind) => {
                let given = match value {
                    Value::Null => "NULL",
                    Value::I64(_) => "BIGINT",
                    Value::Text(_) => "TEXT",
                    Value::Blob(_) => "BLOB",
                };
                return Err(format!("{given} where the statement wants {kind}").into());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Value, Fault> {
        match *kind {
            Type::INT8 => Ok(Value::I64(i64::from_be_bytes(raw.try_into()?))),
            Type::INT4 => Ok(Value::I64(i32::from_be_bytes(raw.try_into()?).into())),
            Type::INT2 => Ok(Value::I64(i16::from_be_bytes(raw.try_into()?).into())),
            Type::BOOL => Ok(Value::I64(i64::from(raw != [0]))),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Ok(Value::Text(std::str::from_utf8(raw)?.to_owned()))
            }
            Type::BYTEA => Ok(Value::Blob(raw.to_vec())),
            Type::VOID => Ok(Value::Null),
            _ => Err(format!("{kind} is not read").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Value, Fault> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let values = row.columns().iter().enumerate().map(|(index, column)| {
        row.try_get::<_, Value>(index).map_err(|_| Error::Column {
            index,
            expected: "BIGINT, TEXT or BLOB",
            found: column.type_().name().to_uppercase(),
        })
    });
    Ok(Row::new(values.collect::<Result<_, _>>()?))
}

/// The engine's error in our words. Serialization failures and deadlocks are [`Error::Stale`]; so is the end of a
/// connection announced by the server, which never comes after a COMMIT that was done.
pub(super) fn failed(error: &tokio_postgres::Error) -> Error {
    let Some(database) = error.as_db_error() else {
        let source = std::error::Error::source(error)
            .map_or_else(String::new, |source| format!(": {source}"));
        return Error::Engine(format!("{error}{source}"));
    };
    match database.code() {
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::ADMIN_SHUTDOWN => Error::Stale,
        &SqlState::LOCK_NOT_AVAILABLE
        | &SqlState::TOO_MANY_CONNECTIONS
        | &SqlState::CANNOT_CONNECT_NOW => Error::Busy,
        &SqlState::READ_ONLY_SQL_TRANSACTION => Error::ReadOnly,
        &SqlState::UNIQUE_VIOLATION => Error::Unique {
            constraint: violated(database.table(), database.detail())
                .or_else(|| database.constraint().map(str::to_owned))
                .unwrap_or_default(),
        },
        code => Error::Engine(format!("{} ({})", database.message(), code.code())),
    }
}

/// A plan that no longer fits its table; preparing the statement again helps.
pub(super) fn outdated(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::FEATURE_NOT_SUPPORTED)
        && error
            .as_db_error()
            .is_some_and(|e| e.message().contains("cached plan"))
        || code == Some(&SqlState::INVALID_SQL_STATEMENT_NAME)
}

/// `table.column, table.column`, as SQLite says it, from `Key (column, column)=(…)`, whatever the language.
fn violated(table: Option<&str>, detail: Option<&str>) -> Option<String> {
    let table = table?;
    let (_, rest) = detail?.split_once('(')?;
    let (columns, _) = rest.split_once(")=(")?;
    let columns = columns.replace('"', "");
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let names: Vec<&str> = columns.split(", ").collect();
    if !names.iter().all(|name| plain(name)) {
        return None;
    }
    let names: Vec<String> = names.iter().map(|name| format!("{table}.{name}")).collect();
    Some(names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violated_key_is_named_by_its_columns() {
        assert_eq!(
            violated(
                Some("cases"),
                Some("Key (region, number)=(990102, 1) already exists.")
            )
            .as_deref(),
            Some("cases.region, cases.number")
        );
        assert_eq!(
            violated(Some("cases"), Some("Key (lower(name))=(a) already exists.")),
            None
        );
        assert_eq!(violated(None, Some("Key (a)=(1) already exists.")), None);
    }
}
