//! Jobs are done exactly once, in time, and never forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp, ToSpan};
use jobs::{Error, Job, NewJob, Outcome, Policy, Report, Worker};
use store::{Db, Migration, Options, Tx, params};
use tempfile::TempDir;
use uuid::Uuid;

const TABLES: Migration = Migration {
    id: "9000_test",
    sql: "CREATE TABLE done (
              job_id  BLOB NOT NULL,
              subject BLOB NOT NULL,
              at      BIGINT NOT NULL,
              number  BIGINT NOT NULL
          ) STRICT;",
};

/// Runs a test on SQLite and, where a server is named, on PostgreSQL.
fn on_both(name: &str, body: impl AsyncFn(Db)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let folder = TempDir::new().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        let db = open(&url).await;
        body(db.clone()).await;
        db.close().await;
        if let Some(server) = server() {
            let database = format!("jobs_test_{}_{name}", std::process::id());
            execute(&server, &format!("CREATE DATABASE {database}")).await;
            let (address, _) = server.rsplit_once('/').expect("postgres://…/database");
            let db = open(&format!("{address}/{database}")).await;
            body(db.clone()).await;
            db.close().await;
            execute(&server, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
fn server() -> Option<String> {
    std::env::var("TONGBAN_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

async fn open(url: &str) -> Db {
    let options = Options::parse(url).expect("an address");
    let db = Db::open(options).await.expect("it opens");
    db.migrate(store::MIGRATIONS)
        .await
        .expect("the store's tables");
    db.migrate(&[TABLES]).await.expect("the test's table");
    db
}

async fn execute(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .expect("TONGBAN_TEST_POSTGRES names a server");
    let driving = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the statement runs");
    drop(client);
    driving.await.expect("no panic").expect("an orderly end");
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("in this century")
}

fn job(number: u32, kind: &str, due: i64) -> NewJob {
    NewJob {
        job_id: Uuid::from_u128(u128::from(number)),
        kind: kind.to_owned(),
        subject: Uuid::from_u128(u128::from(number % 10)),
        due_at: at(due).as_millisecond(),
        payload: number.to_string(),
    }
}

async fn schedule(db: &Db, jobs: Vec<NewJob>) {
    db.write(move |tx| jobs.iter().try_for_each(|job| tx.schedule(job.clone())))
        .await
        .expect("scheduled");
}

/// Notes that a job was done, and the how-manieth it was.
fn note(tx: &mut Tx<'_>, job: &Job) -> Result<Outcome, Error> {
    tx.exec(
        "INSERT INTO done (job_id, subject, at, number)
         VALUES ($1, $2, $3, (SELECT COUNT(*) FROM done WHERE subject = $2))",
        &params![job.job_id, job.subject, job.now],
    )?;
    Ok(Outcome::Done)
}

async fn done(db: &Db) -> i64 {
    let count = db
        .read(|tx| tx.query_one("SELECT COUNT(*) FROM done", &[])?.get(0))
        .await;
    count.map_err(|error: store::Error| error).expect("a count")
}

fn report(done: u64, failed: u64, dead: u64) -> Report {
    Report {
        done,
        failed,
        dead,
        passed_over: 0,
    }
}

#[test]
fn what_is_due_is_done_once_by_several_workers() {
    on_both("once", async |db| {
        schedule(
            &db,
            (0..500)
                .map(|number| job(number, "note", i64::from(number)))
                .collect(),
        )
        .await;
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let policy = Policy {
                    batch: 16,
                    ..Policy::default()
                };
                let worker = Worker::new(db.clone(), policy).with("note", note);
                tokio::spawn(async move { worker.run_due(at(299)).await })
            })
            .collect();
        let mut total = 0;
        for worker in workers {
            total += worker.await.expect("no panic").expect("a report").done;
        }
        assert_eq!(total, 300);
        let different = db.read(|tx| {
            tx.query_one("SELECT COUNT(DISTINCT job_id) FROM done", &[])?
                .get::<i64>(0)
        });
        assert_eq!(different.await, Ok(300));
        let counts = db
            .read(|tx| jobs::counts(tx, at(310)))
            .await
            .expect("counts");
        assert_eq!((counts.due, counts.waiting, counts.dead), (11, 189, 0));
        assert_eq!(counts.oldest_due_at, Some(at(300)));
    });
}

#[test]
fn jobs_of_a_subject_go_in_order() {
    on_both("order", async |db| {
        schedule(
            &db,
            (0..200)
                .rev()
                .map(|number| job(number, "note", i64::from(number)))
                .collect(),
        )
        .await;
        let worker = Worker::new(db.clone(), Policy::default()).with("note", note);
        assert_eq!(worker.run_due(at(1000)).await, Ok(report(200, 0, 0)));
        let rows: Vec<store::Row> = db
            .read(|tx| {
                tx.query(
                    "SELECT job_id, number FROM done ORDER BY subject, number",
                    &[],
                )
            })
            .await
            .map_err(|error: store::Error| error)
            .expect("rows");
        for (at, row) in rows.iter().enumerate() {
            let number = row.get::<Uuid>(0).expect("an id").as_u128() as usize;
            assert_eq!(number, at / 20 + at % 20 * 10);
        }
    });
}

#[test]
fn a_failing_job_is_tried_again_and_given_up() {
    on_both("failing", async |db| {
        schedule(
            &db,
            vec![
                job(1, "broken", 0),
                job(2, "hopeless", 0),
                job(3, "panics", 0),
                job(4, "unknown", 0),
            ],
        )
        .await;
        let policy = Policy {
            attempts_max: 3,
            pause: SignedDuration::from_secs(10),
            ..Policy::default()
        };
        let worker = Worker::new(db.clone(), policy)
            .with("broken", |tx: &mut Tx<'_>, job: &Job| {
                note(tx, job)?;
                Err(Error::Failed(format!("attempt {}\0", job.attempts)))
            })
            .with("hopeless", |_: &mut Tx<'_>, _: &Job| {
                Err(Error::GivenUp("no such case".to_owned()))
            })
            .with("panics", |_: &mut Tx<'_>, _: &Job| {
                panic!("broken on purpose")
            });
        assert_eq!(worker.run_due(at(0)).await, Ok(report(0, 2, 1)));
        assert_eq!(worker.run_due(at(9)).await, Ok(report(0, 0, 0)), "not yet");
        assert_eq!(worker.run_due(at(10)).await, Ok(report(0, 2, 0)));
        assert_eq!(
            worker.run_due(at(29)).await,
            Ok(report(0, 0, 0)),
            "twice as long"
        );
        assert_eq!(worker.run_due(at(30)).await, Ok(report(0, 0, 2)));
        assert_eq!(
            worker.run_due(at(100_000)).await,
            Ok(report(0, 0, 0)),
            "dead"
        );
        assert_eq!(done(&db).await, 0, "nothing of a failed try is kept");
        let dead = db.read(|tx| jobs::dead(tx, 10)).await.expect("a list");
        let mut reasons: Vec<(u128, u32, &str)> = dead
            .iter()
            .map(|dead| {
                (
                    dead.job_id.as_u128(),
                    dead.attempts,
                    dead.last_error.as_str(),
                )
            })
            .collect();
        reasons.sort_unstable();
        assert_eq!(
            reasons,
            [
                (1, 3, "attempt 2 "),
                (2, 1, "given up: no such case"),
                (3, 3, "a transaction panicked: broken on purpose"),
            ]
        );
        let counts = db.read(|tx| jobs::counts(tx, at(1))).await.expect("counts");
        assert_eq!(
            (counts.due, counts.dead),
            (1, 3),
            "an unknown kind waits for a worker that knows it"
        );
        let revived = db
            .write(|tx| jobs::revive(tx, Uuid::from_u128(1), at(200_000)))
            .await;
        assert_eq!(revived, Ok(true));
        let mended = Worker::new(db.clone(), policy).with("broken", note);
        assert_eq!(mended.run_due(at(200_000)).await, Ok(report(1, 0, 0)));
        assert_eq!(
            db.write(|tx| jobs::revive(tx, Uuid::from_u128(1), at(0)))
                .await,
            Ok(false)
        );
    });
}

#[test]
fn a_recurring_job_comes_again() {
    on_both("recurring", async |db| {
        let first = job(7, "daily", 0);
        for _ in 0..2 {
            let first = first.clone();
            db.write(move |tx| jobs::ensure(tx, first.clone()))
                .await
                .expect("ensured");
        }
        let worker = Worker::new(db.clone(), Policy::default()).with(
            "daily",
            |tx: &mut Tx<'_>, job: &Job| {
                note(tx, job)?;
                Ok(Outcome::Again {
                    at: job.due_at + 24.hours(),
                })
            },
        );
        // A worker that was away for a week does each day.
        assert_eq!(worker.run_due(at(7 * 86_400)).await, Ok(report(8, 0, 0)));
        assert_eq!(worker.run_due(at(7 * 86_400)).await, Ok(report(0, 0, 0)));
        assert_eq!(worker.run_due(at(8 * 86_400)).await, Ok(report(1, 0, 0)));
    });
}

#[test]
fn a_moved_or_removed_job_is_not_done() {
    on_both("moved", async |db| {
        schedule(
            &db,
            vec![job(1, "note", 0), job(2, "note", 0), job(3, "mover", -1)],
        )
        .await;
        // All three are claimed together; the first to run moves one and removes another.
        let moved = NewJob {
            subject: Uuid::from_u128(3),
            ..job(1, "note", 50)
        };
        let same_subject = [1, 2].map(|number| NewJob {
            subject: Uuid::from_u128(3),
            ..job(number, "note", 0)
        });
        schedule(&db, same_subject.to_vec()).await;
        let worker = Worker::new(db.clone(), Policy::default())
            .with("note", note)
            .with("mover", move |tx: &mut Tx<'_>, _: &Job| {
                tx.schedule(moved.clone())?;
                tx.unschedule(Uuid::from_u128(2))?;
                Ok(Outcome::Done)
            });
        let passed_over = Report {
            passed_over: 2,
            ..report(1, 0, 0)
        };
        assert_eq!(worker.run_due(at(0)).await, Ok(passed_over));
        assert_eq!(worker.run_due(at(49)).await, Ok(report(0, 0, 0)));
        assert_eq!(worker.run_due(at(50)).await, Ok(report(1, 0, 0)));
        assert_eq!(done(&db).await, 1);
    });
}

#[test]
fn a_dead_workers_jobs_come_free() {
    on_both("lease", async |db| {
        schedule(&db, vec![job(1, "note", 0)]).await;
        // As a worker leaves it that was killed after claiming.
        db.write(|tx| tx.exec("UPDATE jobs SET claimed_until = $1", &params![at(60)]))
            .await
            .expect("claimed");
        let worker = Worker::new(db.clone(), Policy::default()).with("note", note);
        assert_eq!(worker.run_due(at(59)).await, Ok(report(0, 0, 0)));
        assert_eq!(worker.run_due(at(60)).await, Ok(report(1, 0, 0)));
    });
}

#[test]
fn the_loop_follows_its_clock_and_stops() {
    on_both("clock", async |db| {
        schedule(&db, vec![job(1, "note", 0), job(2, "note", 100)]).await;
        let second = Arc::new(AtomicU32::new(0));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let worker = Worker::new(db.clone(), Policy::default()).with("note", note);
        let clock = {
            let second = Arc::clone(&second);
            move || at(i64::from(second.load(Ordering::Relaxed)))
        };
        let running = tokio::spawn(async move { worker.run(clock, stopped).await });
        while done(&db).await < 1 {
            tokio::task::yield_now().await;
        }
        second.store(100, Ordering::Relaxed);
        while done(&db).await < 2 {
            tokio::task::yield_now().await;
        }
        stop.send(true).expect("it listens");
        running.await.expect("it ends");
    });
}
