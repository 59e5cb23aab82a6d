//! Statements of one transaction on a SQLite connection.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ffi};

use crate::feed::Entry;
use crate::search::{self, Change};
use crate::{Error, Row, Value, params};

/// Index changes a transaction may gather before they are applied within it.
const CHANGES_MAX: usize = 1000;

/// What a transaction gathers besides its rows.
#[derive(Default)]
pub(crate) struct State {
    /// The feed's newest position as far as this batch knows it.
    pub(crate) head: Option<i64>,
    /// Whether the transaction appended to the feed.
    pub(crate) fed: bool,
    /// Index changes to be applied at the end of the batch.
    pub(crate) changes: Vec<Change>,
}

/// A transaction's hold on its connection.
pub(crate) struct Session<'a> {
    connection: &'a Connection,
    state: &'a mut State,
}

impl<'a> Session<'a> {
    pub(crate) fn new(connection: &'a Connection, state: &'a mut State) -> Session<'a> {
        Session { connection, state }
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each(sql, params, &mut |row| {
            rows.push(std::mem::take(row));
            true
        })?;
        Ok(rows)
    }

    /// Goes on while `each` answers `true`. What is left in the row serves the next one.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        params: &[Value],
        each: &mut dyn FnMut(&mut Row) -> bool,
    ) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare_cached(sql)
            .map_err(|error| failed(&error))?;
        bind(&mut statement, params)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut row = Row::default();
        while let Some(found) = rows.next().map_err(|error| failed(&error))? {
            row.resize(columns);
            for (column, value) in row.values_mut().iter_mut().enumerate() {
                let found = found.get_ref(column).map_err(|error| failed(&error))?;
                read(found, column, value)?;
            }
            if !each(&mut row) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        let mut statement = self
            .connection
            .prepare_cached(sql)
            .map_err(|error| failed(&error))?;
        bind(&mut statement, params)?;
        let touched = statement.raw_execute().map_err(|error| failed(&error))?;
        Ok(touched as u64)
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| failed(&error))
    }

    pub(crate) fn feed(&mut self, entry: Entry) -> Result<(), Error> {
        let head = if let Some(head) = self.state.head {
            head
        } else {
            let rows = self.query("SELECT COALESCE(MAX(position), 0) FROM feed", &[])?;
            rows.first().ok_or(Error::NoRow)?.get(0)?
        };
        let position = head + 1;
        self.exec(
            "INSERT INTO feed (position, kind, subject, seq, at_ms, hash) VALUES ($1, $2, $3, $4, $5, $6)",
            &params![position, entry.kind, entry.subject, entry.seq, entry.at_ms, entry.hash],
        )?;
        self.state.head = Some(position);
        self.state.fed = true;
        Ok(())
    }

    pub(crate) fn index(&mut self, change: Change) -> Result<(), Error> {
        self.state.changes.push(change);
        if self.state.changes.len() < CHANGES_MAX {
            return Ok(());
        }
        let changes = std::mem::take(&mut self.state.changes);
        search::apply_sqlite(self, changes)
    }
}

/// Binds `$1`, `$2` … by their number: SQLite itself numbers `$n` by first appearance.
fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), Error> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(Error::Engine(format!(
            "the statement wants {wanted} values, {} were given",
            params.len()
        )));
    }
    for index in 1..=wanted {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$'))
            .and_then(|digits| digits.parse::<usize>().ok())
            .unwrap_or(index);
        let value = number
            .checked_sub(1)
            .and_then(|at| params.get(at))
            .ok_or_else(|| Error::Engine(format!("the statement wants a value ${number}")))?;
        statement
            .raw_bind_parameter(index, Bound(value))
            .map_err(|error| failed(&error))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Null => ValueRef::Null,
            Value::I64(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// Reads into what the row before left, so that a long answer is read in the memory of its longest row.
fn read(found: ValueRef<'_>, column: usize, into: &mut Value) -> Result<(), Error> {
    match found {
        ValueRef::Null => *into = Value::Null,
        ValueRef::Integer(number) => *into = Value::I64(number),
        ValueRef::Blob(bytes) => match into {
            Value::Blob(room) => {
                room.clear();
                room.extend_from_slice(bytes);
            }
            _ => *into = Value::Blob(bytes.to_vec()),
        },
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| {
                Error::Corrupt(format!("column {column} holds a text that is not UTF-8"))
            })?;
            match into {
                Value::Text(room) => {
                    room.clear();
                    room.push_str(text);
                }
                _ => *into = Value::Text(text.to_owned()),
            }
        }
        ValueRef::Real(_) => {
            return Err(Error::Column {
                index: column,
                expected: "BIGINT, TEXT or BLOB",
                found: "REAL".to_owned(),
            });
        }
    }
    Ok(())
}

/// The engine's error in our words.
pub(crate) fn failed(error: &rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return Error::engine(error);
    };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => {
            let message = message.as_deref().unwrap_or_default();
            let names = message.split_once(": ").map_or(message, |(_, names)| names);
            let constraint = names
                .strip_prefix("index '")
                .and_then(|name| name.strip_suffix('\''))
                .unwrap_or(names);
            Error::Unique {
                constraint: constraint.to_owned(),
            }
        }
        _ => match failure.code {
            ffi::ErrorCode::ReadOnly => Error::ReadOnly,
            ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked => Error::Busy,
            _ => Error::engine(error),
        },
    }
}
