//! The feed has no gap, keeps each subject's order, and hands everything over exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use store::feed::{self, Delivered, Entry};
use store::{Db, Engine, Error, Migration, Tx, params};

use crate::on_both;
use crate::place::{Place, id, run};

const TABLES: Migration = Migration {
    id: "9000_test",
    sql: "CREATE TABLE subjects (
              subject BLOB NOT NULL PRIMARY KEY,
              seq     BIGINT NOT NULL,
              at_ms   BIGINT NOT NULL
          ) STRICT;
          CREATE TABLE seen (
              position BIGINT NOT NULL PRIMARY KEY,
              subject  BLOB NOT NULL,
              seq      BIGINT NOT NULL
          ) STRICT;",
};

const SUBJECTS: u32 = 12;

on_both!(
    positions_have_no_gap_under_rollbacks,
    a_consumer_resumes_where_it_stopped,
    a_bookmark_moves_once,
    live_pages_are_told,
);

async fn prepare(place: &Place) -> Db {
    let db = place.db.clone();
    db.migrate(&[TABLES]).await.expect("the test's tables");
    db.write(|tx| {
        for subject in 0..SUBJECTS {
            tx.queue(
                "INSERT INTO subjects (subject, seq, at_ms) VALUES ($1, 0, 0)",
                params![id(subject)],
            )?;
        }
        Ok::<_, Error>(())
    })
    .await
    .expect("subjects");
    db
}

/// The next event of a subject; its row orders those who write about it.
fn happen(tx: &mut Tx<'_>, subject: u32, now: i64) -> Result<(), Error> {
    let row = tx.query_one(
        "UPDATE subjects
            SET seq = seq + 1, at_ms = CASE WHEN at_ms > $2 THEN at_ms ELSE $2 END
          WHERE subject = $1
          RETURNING seq, at_ms",
        &params![id(subject), now],
    )?;
    tx.feed(Entry {
        kind: "test.happened".to_owned(),
        subject: id(subject),
        seq: row.get(0)?,
        at_ms: row.get(1)?,
        hash: [subject as u8; 32],
    })
}

async fn write_many(db: &Db, count: u32) -> u32 {
    let writes: Vec<_> = (0..count)
        .map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    // Clocks of several processes differ a little.
                    happen(tx, number % SUBJECTS, i64::from((number * 7919) % 50))?;
                    if number % 10 == 3 {
                        return Err(Error::NoRow);
                    }
                    if number % 10 == 5 {
                        happen(tx, (number + 1) % SUBJECTS, i64::from(number % 50))?;
                    }
                    assert!(number % 10 != 7, "broken on purpose");
                    Ok(if number % 10 == 5 { 2 } else { 1 })
                })
                .await
            })
        })
        .collect();
    let mut written = 0;
    for write in writes {
        match write.await.expect("the panic stays inside") {
            Ok(count) => written += count,
            Err(Error::NoRow | Error::Panic(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    written
}

fn check(entries: &[Delivered]) {
    let mut last: BTreeMap<uuid::Uuid, i64> = BTreeMap::new();
    for (at, delivered) in entries.iter().enumerate() {
        assert_eq!(delivered.position, at as i64 + 1, "no gap");
        let seq = last.entry(delivered.entry.subject).or_default();
        assert_eq!(delivered.entry.seq, *seq + 1, "a subject's own order");
        *seq += 1;
    }
}

async fn positions_have_no_gap_under_rollbacks(place: Place) {
    let db = prepare(&place).await;
    let mut written = 0;
    for _ in 0..3 {
        written += write_many(&db, 200).await;
    }
    let head = db.sequence_now().await.expect("positions");
    assert_eq!(head, i64::from(written));
    let entries: Vec<Delivered> = db
        .read(|tx| feed::read(tx, 0, 10_000))
        .await
        .map_err(|e: Error| e)
        .expect("the feed");
    assert_eq!(entries.len(), written as usize);
    check(&entries);
    let page: Vec<Delivered> = db
        .read(|tx| feed::read(tx, 10, 5))
        .await
        .map_err(|e: Error| e)
        .expect("a page");
    assert_eq!(page, entries[10..15]);
    assert_eq!(db.read(feed::head).await, Ok(head));
}

/// Keeps the entries as they are for the writing step.
fn found(_: &mut Tx<'_>, entries: &[Delivered]) -> Result<Vec<Delivered>, Error> {
    Ok(entries.to_vec())
}

async fn a_consumer_resumes_where_it_stopped(place: Place) {
    let db = prepare(&place).await;
    let calls = Arc::new(AtomicU32::new(0));
    let writing = {
        let db = db.clone();
        tokio::spawn(async move {
            let mut written = 0;
            for _ in 0..4 {
                written += write_many(&db, 100).await;
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
            written
        })
    };
    let mut rounds = 0;
    let stop = Arc::new(AtomicBool::new(false));
    // The consumer is dropped in the middle again and again, and its handler fails every seventh time.
    let follow = |db: Db| {
        let calls = Arc::clone(&calls);
        async move {
            feed::follow(
                db,
                "seen",
                16,
                found,
                move |tx, entries: &Vec<Delivered>| {
                    for delivered in entries {
                        tx.queue(
                            "INSERT INTO seen (position, subject, seq) VALUES ($1, $2, $3)",
                            params![
                                delivered.position,
                                delivered.entry.subject,
                                delivered.entry.seq
                            ],
                        )?;
                    }
                    if calls.fetch_add(1, Ordering::Relaxed) % 7 == 3 {
                        return Err(Error::Engine("the handler failed on purpose".to_owned()));
                    }
                    Ok(())
                },
            )
            .await;
        }
    };
    while !stop.load(Ordering::Relaxed) {
        let following = tokio::spawn(follow(db.clone()));
        tokio::time::sleep(Duration::from_millis(25)).await;
        following.abort();
        drop(following.await);
        rounds += 1;
        if writing.is_finished() || rounds > 200 {
            stop.store(true, Ordering::Relaxed);
        }
    }
    let written = writing.await.expect("no panic");
    let head = db.sequence_now().await.expect("positions");
    assert_eq!(head, i64::from(written));
    let following = tokio::spawn(follow(db.clone()));
    for _ in 0..500 {
        let at: i64 = db
            .read(|tx| feed::bookmark(tx, "seen"))
            .await
            .map_err(|e: Error| e)
            .expect("a bookmark");
        if at == head {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    following.abort();
    drop(following.await);
    let row = db
        .read(|tx| {
            tx.query_one(
                "SELECT (SELECT COUNT(*) FROM seen), (SELECT COUNT(*) FROM seen JOIN feed
                    ON feed.position = seen.position AND feed.subject = seen.subject AND feed.seq = seen.seq)",
                &[],
            )
        })
        .await;
    let row: store::Row = row.map_err(|error: Error| error).expect("counts");
    assert_eq!(row.get::<i64>(0), Ok(head));
    assert_eq!(row.get::<i64>(1), Ok(head));
}

async fn a_bookmark_moves_once(place: Place) {
    let db = prepare(&place).await;
    assert_eq!(db.read(|tx| feed::bookmark(tx, "a")).await, Ok(0));
    assert_eq!(db.write(|tx| feed::advance(tx, "a", 0, 5)).await, Ok(()));
    assert_eq!(
        db.write(|tx| feed::advance(tx, "a", 0, 6)).await,
        Err(Error::Stale)
    );
    assert_eq!(
        db.write(|tx| feed::advance(tx, "a", 4, 6)).await,
        Err(Error::Stale)
    );
    assert_eq!(db.write(|tx| feed::advance(tx, "a", 5, 6)).await, Ok(()));
    assert_eq!(
        db.write(|tx| feed::advance(tx, "b", 5, 6)).await,
        Err(Error::Stale)
    );
    assert_eq!(db.read(|tx| feed::bookmark(tx, "a")).await, Ok(6));
}

async fn live_pages_are_told(place: Place) {
    let db = prepare(&place).await;
    let mut changes = db.changes();
    assert_eq!(*changes.borrow_and_update(), 0);
    db.write(|tx| happen(tx, 1, 1)).await.expect("an event");
    tokio::time::timeout(Duration::from_secs(5), changes.changed())
        .await
        .expect("within five seconds")
        .expect("the database is open");
    assert_eq!(*changes.borrow(), 1);
    assert_eq!(db.metrics().feed_head, 1);
}

#[test]
fn two_processes_share_one_order() {
    run(
        Engine::Postgres,
        |_| {},
        async |place| {
            let first = prepare(&place).await;
            let second = Db::open(place.options.clone())
                .await
                .expect("a second process");
            let (a, b) = tokio::join!(write_many(&first, 300), write_many(&second, 300));
            let (x, y) = tokio::join!(first.sequence_now(), second.sequence_now());
            let head = i64::from(a + b);
            assert_eq!((x, y), (Ok(head), Ok(head)));
            let entries: Vec<Delivered> = first
                .read(|tx| feed::read(tx, 0, 10_000))
                .await
                .map_err(|e: Error| e)
                .expect("the feed");
            assert_eq!(entries.len() as i64, head);
            check(&entries);
            // Both consume under one name; whatever one takes the other does not.
            let handler = |tx: &mut Tx<'_>, entries: &Vec<Delivered>| {
                for delivered in entries {
                    tx.queue(
                        "INSERT INTO seen (position, subject, seq) VALUES ($1, $2, $3)",
                        params![
                            delivered.position,
                            delivered.entry.subject,
                            delivered.entry.seq
                        ],
                    )?;
                }
                Ok(())
            };
            let consumers = [first.clone(), second.clone()].map(|db| {
                tokio::spawn(async move { feed::follow(db, "both", 7, found, handler).await })
            });
            for _ in 0..500 {
                let at: i64 = first
                    .read(|tx| feed::bookmark(tx, "both"))
                    .await
                    .map_err(|e: Error| e)
                    .expect("a bookmark");
                if at == head {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            for consumer in consumers {
                consumer.abort();
                drop(consumer.await);
            }
            let seen = first
                .read(|tx| {
                    tx.query_one("SELECT COUNT(*) FROM seen", &[])?
                        .get::<i64>(0)
                })
                .await;
            assert_eq!(seen, Ok(head));
            second.close().await;
        },
    );
}
