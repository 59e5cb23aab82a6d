//! The floor: the same statements through the bare drivers. On SQLite one thread and one COMMIT for as many
//! transactions as the storage crate carried in one; on PostgreSQL connections that send a whole transaction at once,
//! which is possible only because they know beforehand what they will read.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use base::crypto::Digest;
use rusqlite::{Connection, params};
use tokio_postgres::{Client, NoTls, Statement};

use super::rows::{
    ACCEPTED, Case, END_TASK, ITEM, MATERIALS, MOVE_CASE, PUT_CASE, PUT_FEED_POSTGRES,
    PUT_FEED_SQLITE, PUT_MATERIAL, PUT_TASK, PUT_TRAIL, READ_ITEM, READ_TASK, READ_TRAIL,
    SUBMITTED, chained,
};

/// SQLite through the bare driver.
pub(super) struct Sqlite {
    connection: Connection,
    next: u64,
    position: i64,
    submitted: VecDeque<Case>,
    /// Submitted and not advanced, as many as half the clients hold.
    open_max: usize,
    texts: Texts,
}

/// The statements with `?1` for `$1`: SQLite numbers `$n` by first appearance, and the bare driver leaves it at that.
struct Texts {
    read_item: String,
    put_case: String,
    put_material: String,
    put_task: String,
    put_trail: String,
    put_feed: String,
    move_case: String,
    read_trail: String,
    read_task: String,
    end_task: String,
}

impl Texts {
    fn new() -> Texts {
        let numbered = |sql: &str| sql.replace('$', "?");
        Texts {
            read_item: numbered(READ_ITEM),
            put_case: numbered(PUT_CASE),
            put_material: numbered(PUT_MATERIAL),
            put_task: numbered(PUT_TASK),
            put_trail: numbered(PUT_TRAIL),
            put_feed: numbered(PUT_FEED_SQLITE),
            move_case: numbered(MOVE_CASE),
            read_trail: numbered(READ_TRAIL),
            read_task: numbered(READ_TASK),
            end_task: numbered(END_TASK),
        }
    }
}

impl Sqlite {
    /// Opens a file whose tables are there, with the settings of the storage crate.
    pub(super) fn open(path: &Path, clients: usize) -> anyhow::Result<Sqlite> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA cache_size = -65536;
             PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        ensure!(mode == "wal", "the file is in the mode {mode}");
        Ok(Sqlite {
            connection,
            next: 0,
            position: 0,
            submitted: VecDeque::new(),
            open_max: (clients / 2).max(1),
            texts: Texts::new(),
        })
    }

    /// Submissions a second, with so many transactions in each COMMIT.
    pub(super) fn round(&mut self, length: Duration, batch: usize) -> anyhow::Result<f64> {
        let started = Instant::now();
        let first = self.next;
        while started.elapsed() < length {
            self.connection
                .prepare_cached("BEGIN IMMEDIATE")?
                .execute([])?;
            for _ in 0..batch.max(1) {
                if self.submitted.len() < self.open_max {
                    self.submit()?;
                } else {
                    self.advance()?;
                }
            }
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok((self.next - first) as f64 / started.elapsed().as_secs_f64())
    }

    fn submit(&mut self) -> anyhow::Result<()> {
        let case = Case::new(self.next);
        self.next += 1;
        let id = case.id();
        let at = case.at_ms();
        let db = &self.connection;
        let (version, days): (i64, i64) = db
            .prepare_cached(&self.texts.read_item)?
            .query_row(params![ITEM], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let due = case.due_at(days);
        db.prepare_cached(&self.texts.put_case)?.execute(params![
            id,
            case.label(),
            ITEM,
            version,
            "approval",
            "submitted",
            "990102",
            case.org(),
            case.applicant_id(),
            case.applicant(),
            "食品经营许可（新办）",
            "window",
            case.form(),
            at,
            due,
            days,
            0,
            1,
            None::<i64>,
            at
        ])?;
        for position in 0..MATERIALS {
            db.prepare_cached(&self.texts.put_material)?
                .execute(params![id, position, "营业执照", case.material(position)])?;
        }
        db.prepare_cached(&self.texts.put_task)?.execute(params![
            id,
            1,
            case.org(),
            "受理",
            due
        ])?;
        let (kind, body) = SUBMITTED;
        let before: Digest = [0; 32];
        let hash = chained(&before, &id, 1, kind, body);
        db.prepare_cached(&self.texts.put_trail)?.execute(params![
            id,
            1,
            at,
            case.applicant_id(),
            kind,
            body,
            before,
            hash
        ])?;
        self.position += 1;
        db.prepare_cached(&self.texts.put_feed)?.execute(params![
            self.position,
            kind,
            id,
            1,
            at,
            hash
        ])?;
        self.submitted.push_back(case);
        Ok(())
    }

    fn advance(&mut self) -> anyhow::Result<()> {
        let case = self.submitted.pop_front().context("some are submitted")?;
        let id = case.id();
        let at = case.at_ms() + 1;
        let db = &self.connection;
        let moved = db
            .prepare_cached(&self.texts.move_case)?
            .execute(params![id, 1, "accepted", at])?;
        ensure!(moved == 1, "a case is gone");
        let (seq, before): (i64, Digest) = db
            .prepare_cached(&self.texts.read_trail)?
            .query_row(params![id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (task, org): (i64, [u8; 16]) = db
            .prepare_cached(&self.texts.read_task)?
            .query_row(params![id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        db.prepare_cached(&self.texts.end_task)?
            .execute(params![id, task, at])?;
        db.prepare_cached(&self.texts.put_task)?
            .execute(params![id, task + 1, org, "审批", at])?;
        let (kind, body) = ACCEPTED;
        let hash = chained(&before, &id, seq + 1, kind, body);
        db.prepare_cached(&self.texts.put_trail)?.execute(params![
            id,
            seq + 1,
            at,
            org,
            kind,
            body,
            before,
            hash
        ])?;
        self.position += 1;
        db.prepare_cached(&self.texts.put_feed)?.execute(params![
            self.position,
            kind,
            id,
            seq + 1,
            at,
            hash
        ])?;
        Ok(())
    }
}

/// PostgreSQL through the bare driver.
pub(super) struct Postgres {
    connections: Vec<Arc<Bare>>,
    next: Arc<AtomicU64>,
}

struct Bare {
    client: Client,
    read_item: Statement,
    put_case: Statement,
    put_material: Statement,
    put_task: Statement,
    put_trail: Statement,
    put_feed: Statement,
    move_case: Statement,
    read_trail: Statement,
    read_task: Statement,
    end_task: Statement,
}

impl Postgres {
    /// Connects to a database whose tables are there.
    pub(super) async fn open(address: &str, connections: usize) -> anyhow::Result<Postgres> {
        let mut open = Vec::new();
        for _ in 0..connections {
            let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
            drop(tokio::spawn(connection));
            open.push(Arc::new(Bare {
                read_item: client.prepare(READ_ITEM).await?,
                put_case: client.prepare(PUT_CASE).await?,
                put_material: client.prepare(PUT_MATERIAL).await?,
                put_task: client.prepare(PUT_TASK).await?,
                put_trail: client.prepare(PUT_TRAIL).await?,
                put_feed: client.prepare(PUT_FEED_POSTGRES).await?,
                move_case: client.prepare(MOVE_CASE).await?,
                read_trail: client.prepare(READ_TRAIL).await?,
                read_task: client.prepare(READ_TASK).await?,
                end_task: client.prepare(END_TASK).await?,
                client,
            }));
        }
        Ok(Postgres {
            connections: open,
            next: Arc::new(AtomicU64::new(0)),
        })
    }

    /// Submissions a second over all connections.
    pub(super) async fn round(&self, length: Duration) -> anyhow::Result<f64> {
        let started = Instant::now();
        let first = self.next.load(Ordering::Relaxed);
        let mut running = tokio::task::JoinSet::new();
        for bare in &self.connections {
            let (bare, next) = (Arc::clone(bare), Arc::clone(&self.next));
            running.spawn(async move {
                while started.elapsed() < length {
                    let case = Case::new(next.fetch_add(1, Ordering::Relaxed));
                    let hash = bare.submit(case).await?;
                    bare.advance(case, &hash).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        let done = self.next.load(Ordering::Relaxed) - first;
        Ok(done as f64 / started.elapsed().as_secs_f64())
    }
}

impl Bare {
    async fn submit(&self, case: Case) -> anyhow::Result<Digest> {
        let db = &self.client;
        let (version, days) = (3_i64, 10_i64);
        let (id, at, due) = (case.id(), case.at_ms(), case.due_at(days));
        let (id, item) = (id.as_slice(), ITEM.as_slice());
        let (org, applicant_id, applicant) = (case.org(), case.applicant_id(), case.applicant());
        let (label, form) = (case.label(), case.form());
        let materials = [case.material(0), case.material(1), case.material(2)];
        let (kind, body) = SUBMITTED;
        let before: Digest = [0; 32];
        let hash = chained(&before, id, 1, kind, body);
        let (org, applicant_id) = (org.as_slice(), applicant_id.as_slice());
        let done = tokio::join!(
            biased;
            db.batch_execute("BEGIN"),
            async { db.query(&self.read_item, &[&item]).await },
            async { db.execute(&self.put_case, &[
                &id, &label, &item, &version, &"approval", &"submitted", &"990102", &org, &applicant_id,
                &applicant.as_slice(), &"食品经营许可（新办）", &"window", &form, &at, &due, &days, &0_i64, &1_i64,
                &None::<i64>, &at,
            ]).await },
            async { db.execute(&self.put_material, &[&id, &0_i64, &"营业执照", &materials[0].as_slice()]).await },
            async { db.execute(&self.put_material, &[&id, &1_i64, &"营业执照", &materials[1].as_slice()]).await },
            async { db.execute(&self.put_material, &[&id, &2_i64, &"营业执照", &materials[2].as_slice()]).await },
            async { db.execute(&self.put_task, &[&id, &1_i64, &org, &"受理", &due]).await },
            async { db.execute(&self.put_trail, &[
                &id, &1_i64, &at, &applicant_id, &kind, &body, &before.as_slice(), &hash.as_slice(),
            ]).await },
            async { db.execute(&self.put_feed, &[&kind, &id, &1_i64, &at, &hash.as_slice()]).await },
            db.batch_execute("COMMIT"),
        );
        done.0?;
        done.1?;
        for written in [done.2, done.3, done.4, done.5, done.6, done.7, done.8] {
            ensure!(written? == 1, "a row was not written");
        }
        done.9?;
        Ok(hash)
    }

    async fn advance(&self, case: Case, before: &Digest) -> anyhow::Result<()> {
        let db = &self.client;
        let (id, org, at) = (case.id(), case.org(), case.at_ms() + 1);
        let (id, org) = (id.as_slice(), org.as_slice());
        let (kind, body) = ACCEPTED;
        let hash = chained(before, id, 2, kind, body);
        let done = tokio::join!(
            biased;
            db.batch_execute("BEGIN"),
            async { db.execute(&self.move_case, &[&id, &1_i64, &"accepted", &at]).await },
            async { db.query(&self.read_trail, &[&id]).await },
            async { db.query(&self.read_task, &[&id]).await },
            async { db.execute(&self.end_task, &[&id, &1_i64, &at]).await },
            async { db.execute(&self.put_task, &[&id, &2_i64, &org, &"审批", &at]).await },
            async { db.execute(&self.put_trail, &[
                &id, &2_i64, &at, &org, &kind, &body, &before.as_slice(), &hash.as_slice(),
            ]).await },
            async { db.execute(&self.put_feed, &[&kind, &id, &2_i64, &at, &hash.as_slice()]).await },
            db.batch_execute("COMMIT"),
        );
        done.0?;
        let (trail, tasks) = (done.2?, done.3?);
        ensure!(trail.len() == 1 && tasks.len() == 1, "a row is gone");
        for written in [done.1, done.4, done.5, done.6, done.7] {
            ensure!(written? == 1, "a row was not written");
        }
        done.8?;
        Ok(())
    }
}
