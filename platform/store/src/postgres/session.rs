//! Statements of one transaction on a PostgreSQL connection.

use super::link::{Answer, Link, Step};
use crate::feed::Entry;
use crate::search::{Change, prefix};
use crate::{Error, Row, Value, params};

/// Queued statements before they are sent on their own.
const QUEUE_MAX: usize = 128;

/// Where a transaction stands.
#[derive(Default)]
pub(super) struct State {
    begun: bool,
    queued: Vec<Step>,
    /// Whether the transaction appended to the feed.
    pub(super) fed: bool,
}

/// A transaction's hold on its connection.
pub(crate) struct Session<'a> {
    link: &'a mut Link,
    state: &'a mut State,
    begin: &'static str,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        link: &'a mut Link,
        state: &'a mut State,
        begin: &'static str,
    ) -> Session<'a> {
        Session { link, state, begin }
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let statement = self.link.prepare(sql)?;
        match self.fly(Some(Step::Query(statement, params.to_vec())))? {
            Some(Answer::Rows(rows)) => Ok(rows),
            _ => Ok(Vec::new()),
        }
    }

    pub(crate) fn each(
        &mut self,
        sql: &str,
        params: &[Value],
        each: &mut dyn FnMut(&mut Row) -> bool,
    ) -> Result<(), Error> {
        let statement = self.link.prepare(sql)?;
        self.fly(None)?;
        self.link.each(&statement, params, each)
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        let statement = self.link.prepare(sql)?;
        match self.fly(Some(Step::Exec(statement, params.to_vec())))? {
            Some(Answer::Touched(touched)) => Ok(touched),
            _ => Ok(0),
        }
    }

    pub(crate) fn queue(&mut self, sql: &str, params: Vec<Value>) -> Result<(), Error> {
        let statement = self.link.prepare(sql)?;
        self.state.queued.push(Step::Exec(statement, params));
        if self.state.queued.len() >= QUEUE_MAX {
            self.fly(None)?;
        }
        Ok(())
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.fly(None)?;
        self.link.script(sql)
    }

    pub(crate) fn feed(&mut self, entry: Entry) -> Result<(), Error> {
        self.state.fed = true;
        self.queue(
            "INSERT INTO feed_pending (kind, subject, seq, at_ms, hash) VALUES ($1, $2, $3, $4, $5)",
            params![entry.kind, entry.subject, entry.seq, entry.at_ms, entry.hash].into(),
        )
    }

    pub(crate) fn index(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Put(indexed) => {
                let terms = indexed.terms();
                self.queue(
                    "INSERT INTO search_docs (kind, id, sort, tokens)
                     VALUES ($1, $2, $3, array_to_tsvector(string_to_array($4, ' ')))
                     ON CONFLICT (kind, id) DO UPDATE
                        SET sort = excluded.sort, tokens = excluded.tokens
                      WHERE search_docs.sort <> excluded.sort OR search_docs.tokens <> excluded.tokens",
                    params![indexed.kind, indexed.id, indexed.sort, terms].into(),
                )
            }
            Change::Remove { kind, id } => self.queue(
                "DELETE FROM search_docs WHERE kind = $1 AND id = $2",
                params![kind, id].into(),
            ),
        }
    }

    /// Sends BEGIN where it has not been sent, what is queued, and the last step, in one flight.
    fn fly(&mut self, last: Option<Step>) -> Result<Option<Answer>, Error> {
        let mut steps = Vec::with_capacity(self.state.queued.len() + 2);
        if !self.state.begun {
            self.state.begun = true;
            steps.push(Step::Plain(self.begin));
        }
        steps.append(&mut self.state.queued);
        let wanted = last.is_some();
        steps.extend(last);
        if steps.is_empty() {
            return Ok(None);
        }
        let answer = self.link.flight(&steps)?.pop();
        Ok(answer.filter(|_| wanted))
    }

    /// COMMIT in one flight with what is queued.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        if !self.state.begun && self.state.queued.is_empty() {
            return Ok(());
        }
        self.fly(Some(Step::Plain("COMMIT")))?;
        self.state.begun = false;
        Ok(())
    }

    /// ROLLBACK where anything was begun.
    pub(super) fn roll_back(&mut self) {
        self.state.queued.clear();
        if std::mem::take(&mut self.state.begun) {
            self.link.roll_back();
        }
    }
}

/// The tokens of a stored TSVECTOR without their kind, as SQLite keeps them.
pub(crate) fn bare_tokens(kind: &str, lexemes: &str) -> String {
    let prefix = prefix(kind);
    let tokens = lexemes
        .split(' ')
        .filter_map(|lexeme| lexeme.strip_prefix(&prefix));
    let mut tokens: Vec<&str> = tokens.filter(|token| !token.is_empty()).collect();
    tokens.sort_unstable();
    tokens.join(" ")
}
