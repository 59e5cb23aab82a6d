//! A backup of either engine can be restored into either, and nothing wrong is ever loaded.

use std::path::Path;

use store::backup;
use store::feed::{self, Delivered, Entry};
use store::search::{Doc, Query};
use store::{Db, Engine, Error, Migration, Row, Value, params};

use crate::on_both;
use crate::place::{Place, Second, id};

/// A backup loads by name, so children come before the parents they refer to.
const TABLES: Migration = Migration {
    id: "9000_test",
    sql: "CREATE TABLE z_parents (
              parent_id BLOB NOT NULL PRIMARY KEY,
              \"order\"   BIGINT NOT NULL
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE a_children (
              child_id BLOB NOT NULL PRIMARY KEY,
              parent   BLOB REFERENCES z_parents,
              sibling  BLOB REFERENCES a_children,
              number   BIGINT,
              note     TEXT
          ) STRICT;",
};

on_both!(
    everything_moves_to_either_engine,
    a_damaged_backup_is_refused,
    a_filled_or_foreign_database_is_refused,
);

const CHILDREN: u32 = 300;

async fn fill(db: &Db) {
    db.migrate(&[TABLES]).await.expect("the test's tables");
    db.write(|tx| {
        for parent in 0..10 {
            tx.queue(
                "INSERT INTO z_parents (parent_id, \"order\") VALUES ($1, $2)",
                params![id(parent), parent],
            )?;
        }
        // Each child refers to one with a greater id, which stands after it.
        for child in (0..CHILDREN).rev() {
            let sibling = (child + 1 < CHILDREN).then(|| id(child + 1));
            let note = (child % 3 != 0).then(|| format!("第{child}件\n\"'\\\u{1}🏛"));
            tx.queue(
                "INSERT INTO a_children (child_id, parent, sibling, number, note) VALUES ($1, $2, $3, $4, $5)",
                params![id(child), id(child % 10), sibling, i64::MIN + i64::from(child), note],
            )?;
            tx.feed(Entry {
                kind: "child.born".to_owned(),
                subject: id(child),
                seq: 1,
                at_ms: i64::from(CHILDREN - child),
                hash: [child as u8; 32],
            })?;
            tx.index(&Doc {
                kind: "child",
                id: id(child),
                sort: i64::from(child),
                tokens: vec!["every".to_owned(), format!("no {child}"), "办证".to_owned()],
            })?;
        }
        tx.next_number("book")?;
        tx.next_number("book")?;
        feed::advance(tx, "reader", 0, 7)?;
        store::idempotency::keep(
            tx,
            id(1),
            "key",
            &store::idempotency::Seen {
                request_digest: [9; 32],
                status: 201,
                body: "{}".to_owned(),
            },
            5,
        )?;
        tx.schedule(store::jobs::NewJob {
            job_id: id(3),
            kind: "clock.alert".to_owned(),
            subject: id(4),
            due_at: 77,
            payload: "null".to_owned(),
        })
    })
    .await
    .expect("filled");
}

/// All that must be the same.
async fn content(db: &Db) -> (Vec<Vec<Value>>, Vec<Delivered>, Vec<u32>) {
    db.sequence_now().await.expect("positions");
    db.read(|tx| {
        let mut all: Vec<Row> = Vec::new();
        for sql in [
            "SELECT child_id, parent, sibling, number, note FROM a_children ORDER BY child_id",
            "SELECT parent_id, \"order\" FROM z_parents ORDER BY parent_id",
            "SELECT name, value FROM counters ORDER BY name",
            "SELECT consumer, position FROM feed_bookmarks ORDER BY consumer",
            "SELECT actor, key, request_digest, status, body, created_at FROM idempotent_answers ORDER BY actor, key",
            "SELECT job_id, kind, subject, due_at, payload, attempts, claimed_until FROM jobs ORDER BY job_id",
        ] {
            all.extend(tx.query(sql, &[])?);
        }
        let mut found = Vec::new();
        for (all, any) in [(vec!["every"], vec![]), (vec!["办证"], vec!["no 7", "no 8"])] {
            let hits = tx.search(&Query {
                kind: "child",
                all: all.into_iter().map(str::to_owned).collect(),
                any: any.into_iter().map(str::to_owned).collect(),
                before: None,
                limit: 1000,
            })?;
            found.extend(hits.iter().map(|hit| hit.id.as_u128() as u32));
        }
        let rows = all.into_iter().map(Row::into_values).collect();
        Ok::<_, Error>((rows, feed::read(tx, 0, 10_000)?, found))
    })
    .await
    .expect("all of it")
}

async fn everything_moves_to_either_engine(place: Place) {
    let db = place.db;
    fill(&db).await;
    // Straight after the write: on PostgreSQL some entries may have no position yet.
    let folder = place.folder.join("backup");
    let manifest = backup::write(&db, &folder).await.expect("a backup");
    assert_eq!(manifest.engine, db.engine().name());
    let rows = |name: &str| {
        manifest
            .tables
            .iter()
            .find(|table| table.name == name)
            .map_or(0, |table| table.rows)
    };
    assert_eq!(rows("a_children"), u64::from(CHILDREN));
    assert_eq!(rows("feed") + rows("feed_pending"), u64::from(CHILDREN));
    assert_eq!(rows("search_docs"), u64::from(CHILDREN));
    assert_eq!(backup::check(&folder).expect("intact"), manifest);
    let before = content(&db).await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(second) = Second::of(engine) else {
            continue;
        };
        let other = second.open(&[TABLES]).await;
        let total: u64 = manifest.tables.iter().map(|table| table.rows).sum();
        assert_eq!(backup::restore(&other, &folder).await, Ok(total));
        assert_eq!(content(&other).await, before);
        // The rules hold again and the numbers go on.
        let orphan = other
            .write(|tx| {
                tx.exec(
                    "UPDATE a_children SET parent = $1 WHERE child_id = $2",
                    &params![id(99), id(1)],
                )
            })
            .await;
        assert!(matches!(orphan, Err(Error::Engine(_))), "{orphan:?}");
        assert_eq!(other.write(|tx| tx.next_number("book")).await, Ok(3));
        let full = backup::restore(&other, &folder).await;
        assert!(matches!(full, Err(Error::Corrupt(_))), "{full:?}");
        other.close().await;
        drop(second);
    }
    let again = backup::write(&db, &folder).await;
    assert!(matches!(again, Err(Error::File(_))), "{again:?}");
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written back");
}

async fn a_damaged_backup_is_refused(place: Place) {
    let db = place.db;
    fill(&db).await;
    let folder = place.folder.join("backup");
    backup::write(&db, &folder).await.expect("a backup");
    let second = Second::of(db.engine()).expect("this engine is here");
    let other = second.open(&[TABLES]).await;
    let rows = folder.join("a_children.jsonl.gz");
    flip(&rows);
    assert!(matches!(
        backup::restore(&other, &folder).await,
        Err(Error::Corrupt(_))
    ));
    flip(&rows);
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("a manifest");
    for (from, to) in [
        ("\"rows\": 300", "\"rows\": 299"),
        ("\"a_children\"", "\"../a_children\""),
        ("\"a_children\"", "\"b_children\""),
        ("\"note\"", "\"nota\""),
        ("\"format\": 1", "\"format\": 2"),
        ("\"9000_test\"", "\"9000_best\""),
    ] {
        std::fs::write(&manifest, text.replacen(from, to, 1)).expect("written");
        let refused = backup::restore(&other, &folder).await;
        assert!(
            matches!(refused, Err(Error::Corrupt(_) | Error::File(_))),
            "{from} -> {to}: {refused:?}"
        );
    }
    std::fs::remove_file(&manifest).expect("removed");
    assert!(matches!(
        backup::restore(&other, &folder).await,
        Err(Error::File(_))
    ));
    std::fs::write(&manifest, text).expect("written back");
    let left = other
        .read(|tx| {
            tx.query_one("SELECT COUNT(*) FROM z_parents", &[])?
                .get::<i64>(0)
        })
        .await;
    assert_eq!(left, Ok(0), "nothing half-done");
    assert!(backup::restore(&other, &folder).await.is_ok());
    other.close().await;
    drop(second);
}

async fn a_filled_or_foreign_database_is_refused(place: Place) {
    let db = place.db;
    fill(&db).await;
    let folder = place.folder.join("backup");
    backup::write(&db, &folder).await.expect("a backup");
    let filled = backup::restore(&db, &folder).await;
    assert!(matches!(filled, Err(Error::Corrupt(_))), "{filled:?}");
    let second = Second::of(db.engine()).expect("this engine is here");
    let foreign = second.open(&[]).await;
    let refused = backup::restore(&foreign, &folder).await;
    assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
    foreign.close().await;
    drop(second);
}
