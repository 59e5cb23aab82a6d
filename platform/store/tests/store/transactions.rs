//! What is kept, what is refused, and what a refused neighbour must never do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use store::{Db, Engine, Error, Migration, Options, Tx, params};

use crate::on_both;
use crate::place::{Place, id, run};

const TABLES: Migration = Migration {
    id: "9000_test",
    sql: "CREATE TABLE things (
              thing_id BLOB NOT NULL PRIMARY KEY,
              number   BIGINT NOT NULL,
              state    TEXT NOT NULL,
              version  BIGINT NOT NULL
          ) STRICT;
          CREATE UNIQUE INDEX things_number ON things (number);
          CREATE TABLE parts (
              thing_id BLOB NOT NULL REFERENCES things,
              position BIGINT NOT NULL,
              text     TEXT NOT NULL,
              PRIMARY KEY (thing_id, position)
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE trail (
              thing_id BLOB NOT NULL,
              seq      BIGINT NOT NULL,
              before   BIGINT NOT NULL,
              PRIMARY KEY (thing_id, seq)
          ) STRICT, WITHOUT ROWID;",
};

on_both!(
    a_hundred_duplicates_among_four_hundred,
    a_panic_hurts_nobody_else,
    a_refused_transaction_leaves_nothing,
    a_dropped_future_does_not_stop_its_transaction,
    a_full_queue_is_busy,
    a_unique_violation_is_named,
    a_swallowed_error_is_not_committed,
    a_read_cannot_write,
    stale_runs_again_and_gives_up,
    a_read_sees_one_state,
    document_numbers_have_no_gap,
    everything_accepted_survives_close,
    everybody_is_answered_at_the_close,
    locks_taken_crosswise_resolve,
);

pub(crate) async fn prepare(place: &Place) -> Db {
    place
        .db
        .migrate(&[TABLES])
        .await
        .expect("the test's tables");
    place.db.clone()
}

pub(crate) fn submit(tx: &mut Tx<'_>, thing: u32, number: i64) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO things (thing_id, number, state, version) VALUES ($1, $2, 'submitted', 1)",
        params![id(thing), number],
    )?;
    for position in 0..3 {
        tx.queue(
            "INSERT INTO parts (thing_id, position, text) VALUES ($1, $2, $3)",
            params![id(thing), position, "材料"],
        )?;
    }
    tx.queue(
        "INSERT INTO trail (thing_id, seq, before) VALUES ($1, 1, 0)",
        params![id(thing)],
    )
}

/// Moves a thing from one version to the next, chaining its trail; a version that has passed is stale for good.
fn advance(tx: &mut Tx<'_>, thing: u32, from: i64) -> Result<(), Error> {
    let moved = tx.exec(
        "UPDATE things SET version = version + 1 WHERE thing_id = $1 AND version = $2",
        &params![id(thing), from],
    )?;
    if moved == 0 {
        return Err(Error::Stale);
    }
    let last: i64 = tx
        .query_one(
            "SELECT MAX(seq) FROM trail WHERE thing_id = $1",
            &params![id(thing)],
        )?
        .get(0)?;
    tx.queue(
        "INSERT INTO trail (thing_id, seq, before) VALUES ($1, $2, $3)",
        params![id(thing), last + 1, last],
    )
}

pub(crate) async fn count(db: &Db, sql: &'static str) -> i64 {
    db.read(move |tx| tx.query_one(sql, &[])?.get(0))
        .await
        .expect(sql)
}

async fn a_hundred_duplicates_among_four_hundred(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| submit(tx, 0, 0)).await.expect("the first");
    let submits: Vec<_> = (1..=400_u32)
        .map(|thing| {
            let db = db.clone();
            let number = if thing % 4 == 0 { 0 } else { i64::from(thing) };
            tokio::spawn(async move { db.write(move |tx| submit(tx, thing, number)).await })
        })
        .collect();
    for (at, submit) in submits.into_iter().enumerate() {
        let outcome = submit.await.expect("no panic");
        if (at + 1) % 4 == 0 {
            let constraint = "things.number".to_owned();
            assert_eq!(outcome, Err(Error::Unique { constraint }));
        } else {
            assert_eq!(outcome, Ok(()));
        }
    }
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 301);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM parts").await, 903);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM trail").await, 301);

    // Two at once on each, of which exactly one is right.
    let advances: Vec<_> = (1..=400_u32)
        .filter(|thing| thing % 4 != 0)
        .flat_map(|thing| [thing, thing])
        .map(|thing| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |tx| advance(tx, thing, 1)).await })
        })
        .collect();
    let mut done = 0;
    for advance in advances {
        match advance.await.expect("no panic") {
            Ok(()) => done += 1,
            Err(error) => assert_eq!(error, Error::Stale),
        }
    }
    assert_eq!(done, 300);
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM things WHERE version = 2").await,
        300
    );
    let broken = "SELECT COUNT(*) FROM trail WHERE before <> seq - 1";
    assert_eq!(count(&db, broken).await, 0);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM trail").await, 601);
    let metrics = db.metrics();
    assert!(
        metrics.transactions >= 601 && metrics.refused >= 400,
        "{metrics:?}"
    );
}

async fn a_panic_hurts_nobody_else(place: Place) {
    let db = prepare(&place).await;
    let writes: Vec<_> = (0..60_u32)
        .map(|thing| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    submit(tx, thing, thing.into())?;
                    assert!(thing % 3 != 0, "broken on purpose");
                    Ok::<_, Error>(())
                })
                .await
            })
        })
        .collect();
    for (thing, write) in writes.into_iter().enumerate() {
        match write.await.expect("the panic stays inside") {
            Ok(()) => assert_ne!(thing % 3, 0),
            Err(error) => {
                assert_eq!(thing % 3, 0);
                assert_eq!(error, Error::Panic("broken on purpose".to_owned()));
            }
        }
    }
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 40);
    let read: Result<(), Error> = db.read(|_| panic!("broken read")).await;
    assert_eq!(read, Err(Error::Panic("broken read".to_owned())));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 40);
    assert_eq!(db.metrics().panics, 20);
}

async fn a_refused_transaction_leaves_nothing(place: Place) {
    let db = prepare(&place).await;
    let (release, waits) = mpsc::channel::<()>();
    let locked = parking_lot::Mutex::new(waits);
    let first = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                submit(tx, 1, 1)?;
                // Everything below waits behind this one and, on SQLite, shares its commit.
                let _ = locked.lock().recv();
                Ok::<_, Error>(())
            })
            .await
        })
    };
    let refused = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                submit(tx, 2, 2)?;
                tx.exec("UPDATE things SET state = 'broken'", &[])?;
                tx.feed(entry(2, 1))?;
                Err::<(), _>(Error::NoRow)
            })
            .await
        })
    };
    let last = {
        let db = db.clone();
        tokio::spawn(async move { db.write(|tx| submit(tx, 3, 3)).await })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    release.send(()).expect("it waits");
    assert_eq!(first.await.expect("no panic"), Ok(()));
    assert_eq!(refused.await.expect("no panic"), Err(Error::NoRow));
    assert_eq!(last.await.expect("no panic"), Ok(()));
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM things WHERE state = 'submitted'").await,
        2
    );
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 2);
    assert_eq!(db.sequence_now().await, Ok(0));
}

fn entry(subject: u32, seq: i64) -> store::feed::Entry {
    store::feed::Entry {
        kind: "thing.submitted".to_owned(),
        subject: id(subject),
        seq,
        at_ms: 1_700_000_000_000 + seq,
        hash: [7; 32],
    }
}

async fn a_dropped_future_does_not_stop_its_transaction(place: Place) {
    let db = prepare(&place).await;
    let (started, starts) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<()>();
    let released = parking_lot::Mutex::new(released);
    let waiting = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                submit(tx, 1, 1)?;
                started.send(()).expect("the test listens");
                let _ = released.lock().recv();
                tx.exec("UPDATE things SET state = 'whole'", &[])?;
                Ok::<_, Error>(())
            })
            .await
        })
    };
    tokio::task::spawn_blocking(move || starts.recv())
        .await
        .expect("no panic")
        .expect("the closure runs");
    waiting.abort();
    assert!(waiting.await.expect_err("it was dropped").is_cancelled());
    release.send(()).expect("the closure waits");
    // One connection may still be at it; on SQLite the next write comes after it.
    for _ in 0..200 {
        if count(&db, "SELECT COUNT(*) FROM things").await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM things WHERE state = 'whole'").await,
        1
    );
    assert_eq!(db.write(|tx| submit(tx, 2, 2)).await, Ok(()));
}

async fn a_full_queue_is_busy(place: Place) {
    drop(prepare(&place).await);
    let options = Options {
        queue: 2,
        connections: 1,
        ..place.options.clone()
    };
    let db = Db::open(options).await.expect("a second handle");
    let (started, starts) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(parking_lot::Mutex::new(released));
    let blocking = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |_| {
                started.send(()).expect("the test listens");
                let _ = released.lock().recv();
                Ok::<_, Error>(())
            })
            .await
        })
    };
    tokio::task::spawn_blocking(move || starts.recv())
        .await
        .expect("no panic")
        .expect("the closure runs");
    let mut waiting = Vec::new();
    for number in 0..2_u32 {
        let db = db.clone();
        let write = async move { db.write(move |tx| submit(tx, number, number.into())).await };
        waiting.push(tokio::spawn(write));
    }
    while db.metrics().waiting_writes < 2 {
        tokio::task::yield_now().await;
    }
    let refused = db.write(|tx| submit(tx, 9, 9)).await;
    assert_eq!(refused, Err(Error::Busy));
    assert_eq!(db.metrics().busy, 1);
    release.send(()).expect("the closure waits");
    assert_eq!(blocking.await.expect("no panic"), Ok(()));
    for write in waiting {
        assert_eq!(write.await.expect("no panic"), Ok(()));
    }
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 2);
    db.close().await;
}

async fn a_unique_violation_is_named(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| submit(tx, 1, 1)).await.expect("the first");
    let by_key = db.write(|tx| submit(tx, 1, 2)).await;
    assert_eq!(by_key, Err(unique("things.thing_id")));
    let by_number = db.write(|tx| submit(tx, 2, 1)).await;
    assert_eq!(by_number, Err(unique("things.number")));
    let by_two = db
        .write(|tx| {
            tx.exec(
                "INSERT INTO parts (thing_id, position, text) VALUES ($1, 0, '')",
                &params![id(1)],
            )
        })
        .await;
    assert_eq!(by_two, Err(unique("parts.thing_id, parts.position")));
    let orphan = db
        .write(|tx| {
            tx.exec(
                "INSERT INTO parts (thing_id, position, text) VALUES ($1, 0, '')",
                &params![id(5)],
            )
        })
        .await;
    assert!(matches!(orphan, Err(Error::Engine(_))), "{orphan:?}");
    let ignored = db
        .write(|tx| {
            tx.exec(
                "INSERT INTO things (thing_id, number, state, version) VALUES ($1, 1, '', 1) ON CONFLICT DO NOTHING",
                &params![id(7)],
            )
        })
        .await;
    assert_eq!(ignored, Ok(0));
}

pub(crate) fn unique(constraint: &str) -> Error {
    Error::Unique {
        constraint: constraint.to_owned(),
    }
}

async fn a_swallowed_error_is_not_committed(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| submit(tx, 1, 1)).await.expect("the first");
    let swallowed = db
        .write(|tx| {
            submit(tx, 2, 2)?;
            let again = tx.exec(
                "INSERT INTO things (thing_id, number, state, version) VALUES ($1, 1, '', 1)",
                &params![id(3)],
            );
            assert!(again.is_err());
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(swallowed, Err(unique("things.number")));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 1);
}

async fn a_read_cannot_write(place: Place) {
    let db = prepare(&place).await;
    let by_exec: Result<_, Error> = db.read(|tx| tx.exec("DELETE FROM things", &[])).await;
    assert_eq!(by_exec, Err(Error::ReadOnly));
    let by_queue: Result<_, Error> = db.read(|tx| tx.queue("DELETE FROM things", [])).await;
    assert_eq!(by_queue, Err(Error::ReadOnly));
    let by_query: Result<_, Error> = db
        .read(|tx| {
            tx.query("DELETE FROM things RETURNING number", &[])
                .map(|rows| rows.len())
        })
        .await;
    assert_eq!(by_query, Err(Error::ReadOnly));
    let by_number: Result<_, Error> = db.read(|tx| tx.next_number("a")).await;
    assert_eq!(by_number, Err(Error::ReadOnly));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 0);
}

async fn stale_runs_again_and_gives_up(place: Place) {
    let db = prepare(&place).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let third = db
        .write(move |tx| {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            submit(tx, number, number.into())?;
            if number < 2 {
                Err(Error::Stale)
            } else {
                Ok(number)
            }
        })
        .await;
    assert_eq!(third, Ok(2));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 1);
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let never: Result<(), Error> = db
        .write(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Err(Error::Stale)
        })
        .await;
    assert_eq!(never, Err(Error::Stale));
    assert_eq!(runs.load(Ordering::Relaxed), 9);
}

async fn a_read_sees_one_state(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| submit(tx, 1, 1)).await.expect("the first");
    let (counted, counts) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let reading = {
        let db = db.clone();
        tokio::spawn(async move {
            db.read(move |tx| {
                let before: i64 = tx.query_one("SELECT COUNT(*) FROM things", &[])?.get(0)?;
                let _ = counted.send(());
                let _ = goes_on.recv();
                let after: i64 = tx.query_one("SELECT COUNT(*) FROM things", &[])?.get(0)?;
                Ok::<_, Error>((before, after))
            })
            .await
        })
    };
    counts.await.expect("it has counted");
    db.write(|tx| submit(tx, 2, 2))
        .await
        .expect("writes go on beside it");
    assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 2);
    go_on.send(()).expect("it waits");
    assert_eq!(reading.await.expect("no panic"), Ok((1, 1)));
}

async fn document_numbers_have_no_gap(place: Place) {
    let db = place.db.clone();
    let draws: Vec<_> = (0..80_u32)
        .map(|at| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    let number = tx.next_number("990102-2026")?;
                    if at % 5 == 0 {
                        return Err(Error::NoRow);
                    }
                    Ok(number)
                })
                .await
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for draw in draws {
        if let Ok(number) = draw.await.expect("no panic") {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=64).collect::<Vec<i64>>());
    assert_eq!(db.write(|tx| tx.next_number("another")).await, Ok(1));
}

/// The writers are busy when the end is announced, and the queue goes on being asked.
async fn everybody_is_answered_at_the_close(place: Place) {
    let db = prepare(&place).await;
    let done = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..64_u32)
        .map(|thing| {
            let (db, done) = (db.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                db.write(move |tx| {
                    while !done.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    submit(tx, thing, thing.into())
                })
                .await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let closing = tokio::spawn(db.clone().close());
    let mut late = Vec::new();
    for thing in 100..200_u32 {
        let db = db.clone();
        late.push(tokio::spawn(async move {
            db.write(move |tx| submit(tx, thing, thing.into())).await
        }));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut accepted = 0;
    for write in slow.into_iter().chain(late) {
        let answer = tokio::time::timeout(Duration::from_mins(1), write)
            .await
            .expect("an answer to everybody")
            .expect("no panic");
        match answer {
            Ok(()) => accepted += 1,
            Err(error) => assert_eq!(error, Error::Closed),
        }
    }
    closing.await.expect("no panic");
    let again = Db::open(place.options.clone())
        .await
        .expect("it opens again");
    assert_eq!(count(&again, "SELECT COUNT(*) FROM things").await, accepted);
    assert!((64..164).contains(&accepted), "{accepted}");
    again.close().await;
}

async fn everything_accepted_survives_close(place: Place) {
    let db = prepare(&place).await;
    let writes: Vec<_> = (0..200_u32)
        .map(|thing| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |tx| submit(tx, thing, thing.into())).await })
        })
        .collect();
    let mut accepted = 0;
    let closing = tokio::spawn(db.clone().close());
    for write in writes {
        match write.await.expect("no panic") {
            Ok(()) => accepted += 1,
            Err(error) => assert_eq!(error, Error::Closed),
        }
    }
    closing.await.expect("no panic");
    assert_eq!(
        db.write(|tx| submit(tx, 999, 999)).await,
        Err(Error::Closed)
    );
    assert_eq!(db.read(|_| Ok::<_, Error>(())).await, Err(Error::Closed));
    let again = Db::open(place.options.clone())
        .await
        .expect("it opens again");
    assert_eq!(count(&again, "SELECT COUNT(*) FROM things").await, accepted);
    again.close().await;
}

async fn locks_taken_crosswise_resolve(place: Place) {
    let db = prepare(&place).await;
    db.write(|tx| {
        submit(tx, 1, 1)?;
        submit(tx, 2, 2)
    })
    .await
    .expect("two things");
    let both: Vec<_> = (0..6)
        .map(|turn| {
            let db = db.clone();
            let (first, second) = if turn % 2 == 0 { (1, 2) } else { (2, 1) };
            tokio::spawn(async move {
                db.write(move |tx| {
                    for thing in [first, second] {
                        tx.exec(
                            "UPDATE things SET version = version + 1 WHERE number = $1",
                            &params![thing],
                        )?;
                    }
                    Ok::<_, Error>(())
                })
                .await
            })
        })
        .collect();
    let mut done = 0;
    for write in both {
        match write.await.expect("no panic") {
            Ok(()) => done += 1,
            Err(error) => assert_eq!(error, Error::Stale),
        }
    }
    assert!(done >= 3, "{done}");
    let versions = "SELECT COUNT(*) FROM things WHERE version = (SELECT MAX(version) FROM things)";
    assert_eq!(count(&db, versions).await, 2, "both or none");
    assert_eq!(
        count(&db, "SELECT MAX(version) FROM things").await,
        done + 1
    );
}

#[test]
fn a_lost_connection_is_replaced() {
    run(
        Engine::Postgres,
        |options| options.connections = 1,
        async |place| {
            let db = prepare(&place).await;
            db.write(|tx| submit(tx, 1, 1)).await.expect("the first");
            let killed = db
                .read(|tx| {
                    let rows = tx.query(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()",
                        &[],
                    )?;
                    Ok::<_, Error>(rows.len())
                })
                .await
                .expect("they are ended");
            assert!(killed >= 1);
            assert_eq!(db.write(|tx| submit(tx, 2, 2)).await, Ok(()));
            assert_eq!(count(&db, "SELECT COUNT(*) FROM things").await, 2);
            assert!(db.sequence_now().await.is_ok() || db.sequence_now().await.is_ok());
        },
    );
}
