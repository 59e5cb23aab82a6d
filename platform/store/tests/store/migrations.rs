//! Migrations run once, in order, and never change.

use store::{Db, Error, Migration};

use crate::on_both;
use crate::place::Place;

const FIRST: Migration = Migration {
    id: "9001_first",
    sql: "CREATE TABLE firsts (id BIGINT NOT NULL PRIMARY KEY, body BLOB) STRICT;",
};

/// Depends on the first.
const SECOND: Migration = Migration {
    id: "9002_second",
    sql: "ALTER TABLE firsts ADD COLUMN note TEXT;
          INSERT INTO firsts (id, note) VALUES (1, 'BLOB; -- not a comment');",
};

on_both!(
    each_runs_once_in_order,
    a_changed_text_is_refused,
    a_broken_one_leaves_nothing,
    two_processes_may_start_at_once,
);

async fn each_runs_once_in_order(place: Place) {
    let db = place.db;
    assert_eq!(
        db.migrate(&[SECOND, FIRST]).await,
        Ok(vec!["9001_first".to_owned(), "9002_second".to_owned()])
    );
    assert_eq!(db.migrate(&[FIRST, SECOND]).await, Ok(Vec::new()));
    assert_eq!(db.migrate(store::MIGRATIONS).await, Ok(Vec::new()));
    let note = db
        .read(|tx| {
            tx.query_one("SELECT note FROM firsts", &[])?
                .get::<String>(0)
        })
        .await;
    assert_eq!(note, Ok("BLOB; -- not a comment".to_owned()));
    let applied: Vec<store::Applied> = db
        .read(store::applied)
        .await
        .map_err(|error: Error| error)
        .expect("a list");
    assert_eq!(applied.len(), store::MIGRATIONS.len() + 2);
    assert_eq!(
        applied.last().map(|last| last.id.as_str()),
        Some("9002_second")
    );
    assert!(matches!(
        db.migrate(&[FIRST, FIRST]).await,
        Err(Error::Corrupt(_))
    ));
}

async fn a_changed_text_is_refused(place: Place) {
    let db = place.db;
    db.migrate(&[FIRST]).await.expect("the first");
    let changed = Migration {
        sql: "CREATE TABLE firsts (id BIGINT NOT NULL PRIMARY KEY, other BLOB) STRICT;",
        ..FIRST
    };
    let refused = db.migrate(&[changed, SECOND]).await;
    assert_eq!(
        refused,
        Err(Error::Corrupt(
            "migration 9001_first was changed after it was applied".to_owned()
        ))
    );
    let applied: Vec<store::Applied> = db
        .read(store::applied)
        .await
        .map_err(|error: Error| error)
        .expect("a list");
    assert_eq!(
        applied.last().map(|last| last.id.as_str()),
        Some("9001_first"),
        "the second did not run"
    );
}

async fn a_broken_one_leaves_nothing(place: Place) {
    let db = place.db;
    let broken = Migration {
        id: "9003_broken",
        sql: "CREATE TABLE halves (id BIGINT NOT NULL PRIMARY KEY) STRICT; CREATE TABLE halves (id BIGINT);",
    };
    let refused = db.migrate(&[broken]).await;
    assert!(
        matches!(&refused, Err(Error::Engine(reason)) if reason.contains("9003_broken")),
        "{refused:?}"
    );
    let mended = Migration {
        sql: "CREATE TABLE halves (id BIGINT NOT NULL PRIMARY KEY) STRICT;",
        ..broken
    };
    assert_eq!(
        db.migrate(&[mended]).await,
        Ok(vec!["9003_broken".to_owned()])
    );
}

async fn two_processes_may_start_at_once(place: Place) {
    let handles = [place.options.clone(), place.options.clone(), place.options];
    let starts = handles.map(|options| {
        tokio::spawn(async move {
            let db = Db::open(options).await.expect("it opens");
            let done = db
                .migrate(&[FIRST, SECOND])
                .await
                .expect("whoever is first");
            db.close().await;
            done.len()
        })
    });
    let mut applied = 0;
    for start in starts {
        applied += start.await.expect("no panic");
    }
    assert_eq!(applied, 2);
}
