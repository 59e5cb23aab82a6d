//! The one transaction type, for reads and writes on either engine.

use uuid::Uuid;

use crate::feed;
use crate::jobs;
use crate::postgres;
use crate::search;
use crate::sqlite;
use crate::{Engine, Error, Row, Value};

/// An open transaction. Everything done through it is kept together or not at all.
///
/// SQL is one text for both engines with `$1` placeholders. After a statement failed the transaction can only
/// be rolled back: on both engines a closure that swallows the error is answered with it nevertheless.
/// To insert only what is not there yet, say `ON CONFLICT … DO NOTHING` and look at the count of [`Tx::exec`].
pub struct Tx<'a> {
    inner: Inner<'a>,
    read_only: bool,
    failed: Option<Error>,
}

enum Inner<'a> {
    Sqlite(sqlite::Session<'a>),
    Postgres(postgres::Session<'a>),
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(session: sqlite::Session<'a>, read_only: bool) -> Tx<'a> {
        Tx {
            inner: Inner::Sqlite(session),
            read_only,
            failed: None,
        }
    }

    pub(crate) fn postgres(session: postgres::Session<'a>, read_only: bool) -> Tx<'a> {
        Tx {
            inner: Inner::Postgres(session),
            read_only,
            failed: None,
        }
    }

    /// The engine underneath, for the rare statement that needs two forms.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of the answer.
    pub fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        check_text(params)?;
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.query(sql, params),
            Inner::Postgres(session) => session.query(sql, params),
        };
        self.note(answer)
    }

    /// The first row; [`Error::NoRow`] where there is none.
    pub fn query_one(&mut self, sql: &str, params: &[Value]) -> Result<Row, Error> {
        self.query_opt(sql, params)?.ok_or(Error::NoRow)
    }

    /// The first row, if there is one.
    pub fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// Shows the rows one by one, in constant memory: each is there until the next one. The first error of `each`
    /// stops the reading and is returned; no other statement can run meanwhile.
    pub fn each(
        &mut self,
        sql: &str,
        params: &[Value],
        each: &mut dyn FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        check_text(params)?;
        let mut refused = None;
        let answer = {
            let mut guarded = |row: &mut Row| {
                refused = each(row).err();
                refused.is_none()
            };
            match &mut self.inner {
                Inner::Sqlite(session) => session.each(sql, params, &mut guarded),
                Inner::Postgres(session) => session.each(sql, params, &mut guarded),
            }
        };
        self.note(answer)?;
        refused.map_or(Ok(()), Err)
    }

    /// Runs now and tells how many rows were touched.
    pub fn exec(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        self.check_write()?;
        check_text(params)?;
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.exec(sql, params),
            Inner::Postgres(session) => session.exec(sql, params),
        };
        self.note(answer)
    }

    /// Runs at the latest at commit, in order with everything else; on PostgreSQL in one flight with COMMIT.
    ///
    /// The count is not seen, and an error may surface only at commit. Do not rely on reading the row back.
    pub fn queue(&mut self, sql: &str, params: impl Into<Vec<Value>>) -> Result<(), Error> {
        self.check_write()?;
        let params = params.into();
        check_text(&params)?;
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.exec(sql, &params).map(drop),
            Inner::Postgres(session) => session.queue(sql, params),
        };
        self.note(answer)
    }

    /// Appends to the gap-free ordered feed; consumers see it after the commit.
    pub fn feed(&mut self, entry: feed::Entry) -> Result<(), Error> {
        self.check_write()?;
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.feed(entry),
            Inner::Postgres(session) => session.feed(entry),
        };
        self.note(answer)
    }

    /// The next value of a gap-free counter: 1, 2, 3 …; rolled back with the transaction.
    ///
    /// Two transactions that draw from the same counter wait for one another on PostgreSQL: draw late.
    pub fn next_number(&mut self, counter: &str) -> Result<i64, Error> {
        self.check_write()?;
        self.query_one(
            "INSERT INTO counters (name, value) VALUES ($1, 1)
             ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
             RETURNING value",
            &crate::params![counter],
        )?
        .get(0)
    }

    /// Puts a document into the full-text index, replacing what it had there. Found after the commit.
    pub fn index(&mut self, doc: &search::Doc) -> Result<(), Error> {
        self.check_write()?;
        let indexed = search::Indexed::of(doc)?;
        self.index_encoded(indexed)
    }

    pub(crate) fn index_encoded(&mut self, indexed: search::Indexed) -> Result<(), Error> {
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.index(search::Change::Put(indexed)),
            Inner::Postgres(session) => session.index(search::Change::Put(indexed)),
        };
        self.note(answer)
    }

    /// Takes a document out of the full-text index; nothing happens where it is not in it.
    pub fn unindex(&mut self, kind: &str, id: Uuid) -> Result<(), Error> {
        self.check_write()?;
        let change = search::Change::Remove {
            kind: kind.to_owned(),
            id,
        };
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.index(change),
            Inner::Postgres(session) => session.index(change),
        };
        self.note(answer)
    }

    /// Documents of a kind that carry all of `all` and, where it is not empty, at least one of `any`,
    /// newest first, keyset by `sort`.
    pub fn search(&mut self, query: &search::Query) -> Result<Vec<search::Hit>, Error> {
        search::run(self, query)
    }

    /// Schedules a job, or moves the one of the same id to its new time.
    pub fn schedule(&mut self, job: jobs::NewJob) -> Result<(), Error> {
        jobs::schedule(self, job)
    }

    /// Moves the jobs of a subject that are due at one instant to another: the deadline they wait for has moved.
    pub fn reschedule(&mut self, subject: Uuid, from_ms: i64, to_ms: i64) -> Result<(), Error> {
        jobs::reschedule(self, subject, from_ms, to_ms)
    }

    /// Takes a job off the schedule; nothing happens where it has run or never was.
    pub fn unschedule(&mut self, job_id: Uuid) -> Result<(), Error> {
        jobs::unschedule(self, job_id)
    }

    /// Several statements without parameters: migrations only.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        self.check_write()?;
        let answer = match &mut self.inner {
            Inner::Sqlite(session) => session.script(sql),
            Inner::Postgres(session) => session.script(sql),
        };
        self.note(answer)
    }

    /// The statement error that makes this transaction impossible to keep.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.failed.clone()
    }

    fn check_write(&self) -> Result<(), Error> {
        if self.read_only {
            return Err(Error::ReadOnly);
        }
        Ok(())
    }

    fn note<T>(&mut self, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer
            && self.failed.is_none()
        {
            self.failed = Some(error.clone());
        }
        answer
    }
}

/// PostgreSQL cannot keep a zero character in a text; refusing it on both keeps them the same.
fn check_text(params: &[Value]) -> Result<(), Error> {
    let zero = params
        .iter()
        .any(|value| matches!(value, Value::Text(text) if text.as_bytes().contains(&0)));
    if zero {
        return Err(Error::ZeroCharacter);
    }
    Ok(())
}
