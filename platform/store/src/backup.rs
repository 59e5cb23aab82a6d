//! Backup and restore of a whole database, in one form for both engines: what was written from SQLite can be
//! restored into PostgreSQL and the other way round.
//!
//! A backup is a folder: `<table>.jsonl.gz` with one row a line, a JSON array of numbers, texts, nulls and, for
//! bytes, `{"x":"<hexadecimal>"}`; and `manifest.json` with the migrations the schema has gone through and, of each
//! table, its columns, its row count and the SM3 digest of its file. It is written from one consistent state while
//! work goes on. The manifest is written last: a folder without one is not a backup.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use base::crypto::{Sm3, from_hex, to_hex};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::migrate::Applied;
use crate::{Db, Engine, Error, Row, Tx, Value, migrate, postgres, search};

const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";

/// A line longer than this is not one of ours.
const LINE_MAX: u64 = 256 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the files.
    pub format: u32,
    /// Where it came from, `sqlite` or `postgres`.
    pub engine: String,
    /// The schema.
    pub migrations: Vec<Applied>,
    /// The rows.
    pub tables: Vec<Table>,
}

/// One table of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// In the database and, with `.jsonl.gz`, in the folder.
    pub name: String,
    /// In the order of the values.
    pub columns: Vec<String>,
    /// How many.
    pub rows: u64,
    /// SM3 of the file, hexadecimal.
    pub sm3: String,
}

/// Writes a backup into a folder, which must be empty or missing.
pub async fn write(db: &Db, folder: impl AsRef<Path>) -> Result<Manifest, Error> {
    let folder = folder.as_ref().to_owned();
    db.read(move |tx| write_all(tx, &folder)).await
}

/// Reads the manifest and checks every file's digest, without a database.
pub fn check(folder: impl AsRef<Path>) -> Result<Manifest, Error> {
    let folder = folder.as_ref();
    let path = folder.join(MANIFEST);
    let text = std::fs::read(&path).map_err(|error| Error::file(&path, error))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| corrupt(&path, error))?;
    if manifest.format != FORMAT {
        return Err(corrupt(
            &path,
            format!("format {} is not known", manifest.format),
        ));
    }
    for table in &manifest.tables {
        let path = file(folder, &table.name)?;
        let mut source = File::open(&path).map_err(|error| Error::file(&path, error))?;
        let mut hasher = Sm3::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = source
                .read(&mut buffer)
                .map_err(|error| Error::file(&path, error))?;
            if length == 0 {
                break;
            }
            hasher.update(&buffer[..length]);
        }
        if to_hex(&hasher.finish()) != table.sm3 {
            return Err(corrupt(&path, "the digest differs"));
        }
    }
    Ok(manifest)
}

/// Loads a backup into a database that is migrated to the same schema and empty, all of it or nothing.
/// Tells how many rows there were.
pub async fn restore(db: &Db, folder: impl AsRef<Path>) -> Result<u64, Error> {
    let folder = folder.as_ref().to_owned();
    let checking = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || check(folder))
    };
    let manifest = checking.await.map_err(Error::engine)??;
    db.write(move |tx| load_all(tx, &folder, &manifest)).await
}

fn write_all(tx: &mut Tx<'_>, folder: &Path) -> Result<Manifest, Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| Error::file(folder, error))?;
    if entries.next().is_some() {
        return Err(Error::file(folder, "is not empty"));
    }
    let migrations = migrate::applied(tx)?;
    let mut tables = Vec::new();
    for name in names(tx)? {
        let columns = columns(tx, &name)?;
        tables.push(write_table(tx, folder, name, columns)?);
    }
    let manifest = Manifest {
        format: FORMAT,
        engine: tx.engine().name().to_owned(),
        migrations,
        tables,
    };
    let path = folder.join(MANIFEST);
    let fault = |error| Error::file(&path, error);
    let text = serde_json::to_vec_pretty(&manifest).map_err(Error::engine)?;
    let mut out = File::create(&path).map_err(fault)?;
    out.write_all(&text)
        .and_then(|()| out.sync_all())
        .map_err(fault)?;
    let directory = File::open(folder).map_err(|error| Error::file(folder, error))?;
    directory
        .sync_all()
        .map_err(|error| Error::file(folder, error))?;
    Ok(manifest)
}

fn write_table(
    tx: &mut Tx<'_>,
    folder: &Path,
    name: String,
    columns: Vec<String>,
) -> Result<Table, Error> {
    let path = file(folder, &name)?;
    let fault = |error: std::io::Error| Error::file(&path, error);
    let out = File::create(&path).map_err(fault)?;
    let mut packed = GzEncoder::new(Digesting::new(BufWriter::new(out)), Compression::fast());
    let mut rows = 0;
    let sql = select(tx.engine(), &name, &columns);
    let unpack = name == SEARCH && tx.engine() == Engine::Postgres;
    tx.each(&sql, &[], &mut |row| {
        rows += 1;
        let line = if unpack {
            Json::Array(bare(row)?.values().iter().map(to_json).collect())
        } else {
            Json::Array(row.values().iter().map(to_json).collect())
        };
        serde_json::to_writer(&mut packed, &line).map_err(|error| fault(error.into()))?;
        packed.write_all(b"\n").map_err(fault)
    })?;
    let digesting = packed.finish().map_err(fault)?;
    let (out, digest) = digesting.finish().map_err(fault)?;
    out.sync_all().map_err(fault)?;
    Ok(Table {
        name,
        columns,
        rows,
        sm3: to_hex(&digest),
    })
}

/// The table of documents, whose form differs: SQLite keeps tokens as text, PostgreSQL as a vector.
const SEARCH: &str = "search_docs";

/// Entries without a position; SQLite has no such table.
const PENDING: &str = "feed_pending";

/// The tables to be kept: all but the engine's own and the record of migrations, which is the schema's.
fn names(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let sql = match tx.engine() {
        // Virtual tables and their shadows are made anew from the documents.
        Engine::Sqlite => {
            "SELECT name FROM pragma_table_list
              WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'
                AND name <> 'schema_migrations'
              ORDER BY name"
        }
        Engine::Postgres => {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables
              WHERE schemaname = current_schema() AND tablename <> 'schema_migrations'
              ORDER BY tablename"
        }
    };
    tx.query(sql, &[])?.iter().map(|row| row.get(0)).collect()
}

fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, Error> {
    // Generated columns and row numbers mean nothing elsewhere.
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(attname AS TEXT) FROM pg_attribute
              WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
                AND attgenerated = '' AND attidentity = ''
              ORDER BY attnum"
        }
    };
    let rows = tx.query(sql, &crate::params![table])?;
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<_, _>>()?;
    if table == SEARCH {
        names.retain(|name| name != "doc");
    }
    if names.is_empty()
        || !names
            .iter()
            .chain([&table.to_owned()])
            .all(|name| is_plain(name))
    {
        return Err(Error::Corrupt(format!("table {table} cannot be backed up")));
    }
    Ok(names)
}

fn select(engine: Engine, table: &str, columns: &[String]) -> String {
    if table == SEARCH && engine == Engine::Postgres {
        return "SELECT kind, id, sort, array_to_string(tsvector_to_array(tokens), ' ') FROM search_docs".to_owned();
    }
    // The feed's order is part of it; elsewhere the order of the rows means nothing.
    let order = match table {
        "feed" => " ORDER BY position",
        PENDING => " ORDER BY at_ms, subject, seq, pending_id",
        _ => "",
    };
    format!("SELECT {} FROM {table}{order}", quoted(columns))
}

/// A document's tokens as SQLite keeps them.
fn bare(row: &Row) -> Result<Row, Error> {
    let kind: String = row.get(0)?;
    let lexemes: String = row.get(3)?;
    let mut values = row.values().to_vec();
    values[3] = Value::Text(postgres::bare_tokens(&kind, &lexemes));
    Ok(Row::new(values))
}

fn load_all(tx: &mut Tx<'_>, folder: &Path, manifest: &Manifest) -> Result<u64, Error> {
    let here = migrate::applied(tx)?;
    if here != manifest.migrations {
        return Err(Error::Corrupt(
            "the backup is of another schema than this database".to_owned(),
        ));
    }
    let tables = names(tx)?;
    for table in &tables {
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS first_row");
        if tx.query_one(&sql, &[])?.get::<i64>(0)? != 0 {
            return Err(Error::Corrupt(format!(
                "the database is not empty: {table} has rows"
            )));
        }
    }
    let keys = release_keys(tx)?;
    let mut total = 0;
    for table in &manifest.tables {
        load_table(tx, folder, table, &tables)?;
        total += table.rows;
    }
    for (_, restored) in &keys {
        tx.script(restored)?;
    }
    Ok(total)
}

/// Rows come table by table, so what they refer to may come later. SQLite looks at the end of the transaction;
/// on PostgreSQL the foreign keys are taken off and put back, which checks them all at once.
fn release_keys(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, Error> {
    if tx.engine() == Engine::Sqlite {
        tx.script("PRAGMA defer_foreign_keys = ON")?;
        return Ok(Vec::new());
    }
    let rows = tx.query(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', CAST(conrelid AS REGCLASS), conname),
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', CAST(conrelid AS REGCLASS), conname,
                       pg_get_constraintdef(oid))
           FROM pg_constraint
          WHERE contype = 'f' AND connamespace = CAST(current_schema() AS REGNAMESPACE)
          ORDER BY oid",
        &[],
    )?;
    let mut keys = Vec::new();
    for row in rows {
        let (dropped, restored): (String, String) = (row.get(0)?, row.get(1)?);
        tx.script(&dropped)?;
        keys.push((dropped, restored));
    }
    Ok(keys)
}

fn load_table(
    tx: &mut Tx<'_>,
    folder: &Path,
    table: &Table,
    tables: &[String],
) -> Result<(), Error> {
    let path = file(folder, &table.name)?;
    let pending = table.name == PENDING;
    if !pending && !tables.contains(&table.name) {
        return Err(corrupt(&path, "there is no such table here"));
    }
    if !pending && columns(tx, &table.name)? != table.columns {
        return Err(corrupt(&path, "the columns differ"));
    }
    let places: Vec<String> = (1..=table.columns.len())
        .map(|number| format!("${number}"))
        .collect();
    let insert = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        quoted(&table.columns),
        places.join(", ")
    );
    let source = File::open(&path).map_err(|error| Error::file(&path, error))?;
    let mut lines = BufReader::new(GzDecoder::new(BufReader::new(source)));
    let mut line = Vec::new();
    let mut rows = 0;
    loop {
        line.clear();
        let read = (&mut lines).take(LINE_MAX).read_until(b'\n', &mut line);
        if read.map_err(|error| corrupt(&path, error))? == 0 {
            break;
        }
        rows += 1;
        let values = from_line(&line)
            .filter(|values| values.len() == table.columns.len())
            .ok_or_else(|| corrupt(&path, format!("line {rows} is no row")))?;
        match table.name.as_str() {
            SEARCH => tx.index_encoded(document(&Row::new(values))?)?,
            PENDING => tx.feed(pending_entry(&Row::new(values))?)?,
            _ => tx.queue(&insert, values)?,
        }
    }
    if rows != table.rows {
        return Err(corrupt(
            &path,
            format!("{rows} rows instead of {}", table.rows),
        ));
    }
    Ok(())
}

fn document(row: &Row) -> Result<search::Indexed, Error> {
    search::Indexed::new(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)
}

/// The tables are loaded by name, `feed` before `feed_pending`, so the positions go on where they end.
fn pending_entry(row: &Row) -> Result<crate::feed::Entry, Error> {
    Ok(crate::feed::Entry {
        kind: row.get(0)?,
        subject: row.get(1)?,
        seq: row.get(2)?,
        at_ms: row.get(3)?,
        hash: row.get(4)?,
    })
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::I64(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Blob(bytes) => serde_json::json!({ "x": to_hex(bytes) }),
    }
}

fn from_line(line: &[u8]) -> Option<Vec<Value>> {
    let values: Vec<Json> = serde_json::from_slice(line).ok()?;
    values
        .into_iter()
        .map(|value| match value {
            Json::Null => Some(Value::Null),
            Json::Number(number) => number.as_i64().map(Value::I64),
            Json::String(text) => Some(Value::Text(text)),
            Json::Object(object) => object
                .get("x")?
                .as_str()
                .and_then(|text| from_hex(text).ok())
                .map(Value::Blob),
            Json::Bool(_) | Json::Array(_) => None,
        })
        .collect()
}

/// Where a table's rows are; names out of a manifest are checked before they become part of a path or a statement.
fn file(folder: &Path, table: &str) -> Result<PathBuf, Error> {
    if !is_plain(table) {
        return Err(Error::Corrupt(format!("{table:?} is no table")));
    }
    Ok(folder.join(format!("{table}.jsonl.gz")))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn quoted(columns: &[String]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect();
    columns.join(", ")
}

fn corrupt(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("{}: {reason}", path.display()))
}

/// Passes bytes on and digests them.
struct Digesting<W: Write> {
    inner: BufWriter<W>,
    hasher: Sm3,
}

impl<W: Write> Digesting<W> {
    fn new(inner: BufWriter<W>) -> Digesting<W> {
        Digesting {
            inner,
            hasher: Sm3::new(),
        }
    }

    fn finish(self) -> std::io::Result<(W, [u8; 32])> {
        let inner = self
            .inner
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok((inner, self.hasher.finish()))
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
