//! One connection: its runtime, its prepared statements, and flights of statements that travel together.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::TryStreamExt;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Statement};

use super::tls::Address;
use super::value::{failed, outdated, row};
use crate::{Error, Row, Value};

/// Statements kept prepared; beyond that all are forgotten at once.
const STATEMENTS: usize = 512;

/// Set on every connection. `lock_timeout` ends a wait that nobody would wait out, the idle limit frees locks of
/// a process that hangs.
const SETTINGS: &str = "SET client_min_messages = error;
    SET TimeZone = 'UTC';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';";

pub(super) struct Link {
    runtime: Runtime,
    client: Client,
    statements: HashMap<String, Statement>,
    broken: bool,
}

/// A statement of a flight.
pub(super) enum Step {
    /// Without parameters and without an answer.
    Plain(&'static str),
    Exec(Statement, Vec<Value>),
    Query(Statement, Vec<Value>),
}

/// What a step came to.
pub(super) enum Answer {
    Done,
    Touched(u64),
    Rows(Vec<Row>),
}

impl Link {
    pub(super) fn connect(address: &Address) -> Result<Link, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::engine)?;
        let client = runtime.block_on(async {
            let (client, connection) = address.connect().await.map_err(|error| failed(&error))?;
            // It ends when the client is dropped; what it ends with is seen by whoever waits for an answer.
            drop(tokio::spawn(async move { drop(connection.await) }));
            client
                .batch_execute(SETTINGS)
                .await
                .map_err(|error| failed(&error))?;
            Ok::<_, Error>(client)
        })?;
        Ok(Link {
            runtime,
            client,
            statements: HashMap::new(),
            broken: false,
        })
    }

    /// Whether the connection can be used. Reading what has arrived lets one that the server closed notice.
    pub(super) fn stands(&mut self) -> bool {
        self.runtime.block_on(async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
        });
        !self.lost()
    }

    /// Whether the connection was lost under a statement.
    pub(super) fn lost(&self) -> bool {
        self.broken || self.client.is_closed()
    }

    pub(super) fn prepare(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = self
            .runtime
            .block_on(self.client.prepare(sql))
            .map_err(|error| failed(&error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Sends all steps at once and waits for their answers. The first error in order is the one that counts; after
    /// it the server refuses the rest of the transaction, COMMIT included.
    pub(super) fn flight(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Error> {
        let client = &self.client;
        let flight = Flight {
            slots: steps
                .iter()
                .map(|step| Slot::Flying(Box::pin(run(client, step))))
                .collect(),
            launched: false,
            landed: 0,
        };
        let landed = self.runtime.block_on(flight);
        let mut answers = Vec::with_capacity(landed.len());
        for answer in landed {
            match answer {
                Ok(answer) => answers.push(answer?),
                Err(error) => {
                    if outdated(&error) {
                        self.statements.clear();
                        return Err(Error::Stale);
                    }
                    return Err(failed(&error));
                }
            }
        }
        Ok(answers)
    }

    /// Goes on while `each` answers `true`; the rows are taken from the socket as they are asked for.
    pub(super) fn each(
        &mut self,
        statement: &Statement,
        params: &[Value],
        each: &mut dyn FnMut(&mut Row) -> bool,
    ) -> Result<(), Error> {
        let client = &self.client;
        self.runtime.block_on(async {
            let rows = client
                .query_raw(statement, params)
                .await
                .map_err(|error| failed(&error))?;
            let mut rows = std::pin::pin!(rows);
            while let Some(found) = rows.try_next().await.map_err(|error| failed(&error))? {
                if !each(&mut row(&found)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    pub(super) fn script(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.runtime.block_on(self.client.batch_execute(sql));
        done.map_err(|error| failed(&error))
    }

    /// ROLLBACK; a connection that cannot even do that is not used again.
    pub(super) fn roll_back(&mut self) {
        if let Err(error) = self.flight(&[Step::Plain("ROLLBACK")]) {
            tracing::warn!(%error, "a connection is given up");
            self.broken = true;
        }
    }
}

async fn run(client: &Client, step: &Step) -> Result<Result<Answer, Error>, tokio_postgres::Error> {
    match step {
        Step::Plain(sql) => {
            client.batch_execute(sql).await?;
            Ok(Ok(Answer::Done))
        }
        Step::Exec(statement, params) => {
            let touched = client.execute_raw(statement, params).await?;
            Ok(Ok(Answer::Touched(touched)))
        }
        Step::Query(statement, params) => {
            let found = client.query_raw(statement, params).await?;
            let mut found = std::pin::pin!(found);
            let mut rows = Vec::new();
            while let Some(found) = found.try_next().await? {
                match row(&found) {
                    Ok(row) => rows.push(row),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(Answer::Rows(rows)))
        }
    }
}

type Landed = Result<Result<Answer, Error>, tokio_postgres::Error>;

enum Slot<'a> {
    Flying(Pin<Box<dyn Future<Output = Landed> + 'a>>),
    Landed(Landed),
    Taken,
}

/// Steps that were sent one right after the other. A step sends itself when it is first polled, so the first pass
/// polls all of them in order; one that cannot even be sent keeps those behind it, COMMIT above all, from leaving.
struct Flight<'a> {
    slots: Vec<Slot<'a>>,
    launched: bool,
    landed: usize,
}

impl Flight<'_> {
    fn launch(&mut self, context: &mut Context<'_>) {
        for at in 0..self.slots.len() {
            if let Slot::Flying(step) = &mut self.slots[at]
                && let Poll::Ready(landed) = step.as_mut().poll(context)
            {
                let grounded = !matches!(landed, Ok(Ok(_)));
                self.slots[at] = Slot::Landed(landed);
                if grounded {
                    self.slots.truncate(at + 1);
                    return;
                }
            }
        }
    }
}

impl Future for Flight<'_> {
    type Output = Vec<Landed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<Landed>> {
        let this = &mut *self;
        if !this.launched {
            this.launched = true;
            this.launch(context);
        }
        while this.landed < this.slots.len() {
            let at = this.landed;
            if let Slot::Flying(step) = &mut this.slots[at] {
                match step.as_mut().poll(context) {
                    Poll::Ready(landed) => this.slots[at] = Slot::Landed(landed),
                    Poll::Pending => return Poll::Pending,
                }
            }
            this.landed += 1;
        }
        let slots = this
            .slots
            .iter_mut()
            .map(|slot| std::mem::replace(slot, Slot::Taken));
        Poll::Ready(
            slots
                .filter_map(|slot| match slot {
                    Slot::Landed(landed) => Some(landed),
                    Slot::Flying(_) | Slot::Taken => None,
                })
                .collect(),
        )
    }
}
