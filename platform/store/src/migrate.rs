//! The migrations runner: forward only, each in its own transaction, safe when two processes start at once.

use base::crypto::{sm3, to_hex};

use crate::{Db, Engine, Error, Tx, params, sql};

/// One step of the schema. The text never changes once released.
///
/// One text for both engines: `BLOB` becomes `BYTEA` on PostgreSQL, `STRICT` and `WITHOUT ROWID` after the closing
/// parenthesis are dropped there; a section between `-- only: sqlite` or `-- only: postgres` and `-- end` runs on
/// that engine alone. `BIGINT PRIMARY KEY` is the row number on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// `0010_cases`: sorts among those of all crates.
    pub id: &'static str,
    /// Statements parted by semicolons.
    pub sql: &'static str,
}

/// A migration that a database has gone through.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Applied {
    /// See [`Migration::id`].
    pub id: String,
    /// SM3 of the text, hexadecimal.
    pub digest: String,
}

/// Guards migrations among processes on PostgreSQL; any fixed number of our own.
const LOCK: i64 = 0x746f_6e67_0001;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    id         TEXT NOT NULL PRIMARY KEY,
    digest     TEXT NOT NULL,
    applied_at BIGINT NOT NULL
) STRICT;";

pub(crate) async fn run(db: &Db, migrations: &[Migration]) -> Result<Vec<String>, Error> {
    let mut ordered = migrations.to_vec();
    ordered.sort_by_key(|migration| migration.id);
    if let Some(pair) = ordered.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(Error::Corrupt(format!(
            "two migrations are called {}",
            pair[0].id
        )));
    }
    db.write(|tx| {
        lock(tx)?;
        let sql = sql::translate(TABLE, tx.engine()).map_err(Error::Engine)?;
        tx.script(&sql)
    })
    .await?;
    let mut done = Vec::new();
    for migration in ordered {
        if db.write(move |tx| apply(tx, migration)).await? {
            done.push(migration.id.to_owned());
        }
    }
    Ok(done)
}

/// Whether it was applied now.
fn apply(tx: &mut Tx<'_>, migration: Migration) -> Result<bool, Error> {
    lock(tx)?;
    let digest = digest(migration.sql);
    let row = tx.query_opt(
        "SELECT digest FROM schema_migrations WHERE id = $1",
        &params![migration.id],
    )?;
    if let Some(row) = row {
        if row.get::<String>(0)? == digest {
            return Ok(false);
        }
        return Err(Error::Corrupt(format!(
            "migration {} was changed after it was applied",
            migration.id
        )));
    }
    let sql = sql::translate(migration.sql, tx.engine())
        .map_err(|reason| Error::Engine(format!("migration {}: {reason}", migration.id)))?;
    tx.script(&sql).map_err(|error| match error {
        Error::Engine(reason) => Error::Engine(format!("migration {}: {reason}", migration.id)),
        other => other,
    })?;
    // The database's own clock: this moment is for operators, no rule reads it.
    let now = match tx.engine() {
        Engine::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Engine::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    };
    tx.exec(
        &format!("INSERT INTO schema_migrations (id, digest, applied_at) VALUES ($1, $2, {now})"),
        &params![migration.id, digest],
    )?;
    Ok(true)
}

/// SQLite has one writer anyway.
fn lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.query(
            "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS taken",
            &params![LOCK],
        )?;
    }
    Ok(())
}

/// The migrations a database has gone through, in order; none before the first [`Db::migrate`].
pub fn applied(tx: &mut Tx<'_>) -> Result<Vec<Applied>, Error> {
    let there = match tx.engine() {
        Engine::Sqlite => {
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'"
        }
        Engine::Postgres => {
            "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations'"
        }
    };
    if tx.query_one(there, &[])?.get::<i64>(0)? == 0 {
        return Ok(Vec::new());
    }
    let rows = tx.query("SELECT id, digest FROM schema_migrations ORDER BY id", &[])?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                id: row.get(0)?,
                digest: row.get(1)?,
            })
        })
        .collect()
}

fn digest(sql: &str) -> String {
    to_hex(&sm3(sql.as_bytes()))
}
