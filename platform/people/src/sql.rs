//! Putting a SELECT together from the conditions a filter has.

use std::fmt::Write as _;

use store::Value;

/// A statement under construction.
pub(crate) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    /// Starts with a text whose placeholders, `$?` each, stand for `values` in order.
    pub(crate) fn new(sql: &str, values: Vec<Value>) -> Select {
        let mut select = Select {
            sql: String::new(),
            values: Vec::new(),
        };
        select.add(sql, values);
        select
    }

    /// Goes on with another piece.
    pub(crate) fn add(&mut self, sql: &str, values: Vec<Value>) {
        let mut pieces = sql.split("$?");
        self.sql.push_str(pieces.next().unwrap_or(""));
        let mut given = values.into_iter();
        for piece in pieces {
            let value = given.next().expect("a value for every placeholder");
            self.values.push(value);
            write!(self.sql, "${}{piece}", self.values.len()).expect("a String takes everything");
        }
        debug_assert!(given.next().is_none(), "a placeholder for every value");
    }

    /// The text with `$1` placeholders.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// What stands for them.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }
}

/// `%text%` with the signs of LIKE escaped by a backslash.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A filter's text, if there is something in it.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}
