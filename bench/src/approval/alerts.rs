//! 时限提醒 among a million open clocks: how long after its instant each alert stands in the store.
//!
//! Most clocks are far from their end. Twenty thousand fall due at one instant, as at midnight, and others every few
//! milliseconds before and after; the follower of the platform does the telling, as it does in service.

use std::time::Duration;

use ::store::{Db, Options, Tx, params};
use anyhow::ensure;
use jiff::Timestamp;
use server::{Clock as _, SystemClock};
use uuid::Uuid;

/// Unoptimised inserts of a million rows take too long to wait for.
const CLOCKS: i64 = if cfg!(debug_assertions) {
    50_000
} else {
    1_000_000
};
/// Those that fall due together.
const TOGETHER: i64 = CLOCKS / 50;
/// Those that fall due one after another during the run.
const STREWN: i64 = 2_000;
/// From the start of the run to the last instant.
const RUN: Duration = Duration::from_secs(8);
/// Rows made in one transaction.
const PIECE: i64 = 20_000;

fn now() -> Timestamp {
    SystemClock.now()
}

/// Seconds between an instant and its alert, the greatest of all.
pub(super) fn lag_s() -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Runtime::new()?;
    let home = tempfile::tempdir()?;
    runtime.block_on(async {
        let url = format!("sqlite:{}", home.path().join("clocks.db").display());
        let db = Db::open(Options::parse(&url)?).await?;
        for migrations in [::store::MIGRATIONS, cases::MIGRATIONS] {
            db.migrate(migrations).await?;
        }
        fill(&db).await?;
        let begin = now() + Duration::from_secs(1);
        let due = strew(&db, begin).await?;
        let follower = tokio::spawn(cases::alerts::follow(db.clone(), now));
        // An alert counts when it can be read, not when its writing began.
        let mut seen_ms = 0;
        let end = now() + RUN + Duration::from_secs(4);
        while now() < end {
            let waiting = db.read(oldest).await?;
            seen_ms = seen_ms.max(now().as_millisecond() - waiting);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (told, noted_ms) = db.read(lag).await?;
        let lag_ms = seen_ms.max(noted_ms);
        follower.abort();
        // Once each, and nobody else.
        ensure!(told == due, "{told} of {due} were told");
        db.close().await;
        Ok(lag_ms as f64 / 1000.0)
    })
}

/// Open clocks of open cases that have nothing to tell for a long time.
async fn fill(db: &Db) -> anyhow::Result<()> {
    let far = now().as_millisecond() + 30 * 24 * 3600 * 1000;
    for first in (0..CLOCKS).step_by(usize::try_from(PIECE)?) {
        db.write(move |tx| -> Result<(), ::store::Error> {
            for number in first..(first + PIECE).min(CLOCKS) {
                insert(tx, number, far + number)?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

fn insert(tx: &mut Tx<'_>, number: i64, due_at: i64) -> Result<(), ::store::Error> {
    let id = Uuid::from_u128(number.unsigned_abs().into());
    tx.queue(
        "INSERT INTO clocks (case_id, clock_id, kind, org_id, region, near_at, due_at, provisional, held,
             watched, warn_at, red_at)
         VALUES ($1, $1, 'promised', $2, '990102', $3, $3, 0, 0, 1, $3, $3)",
        params![id, Uuid::nil(), due_at],
    )
}

/// Brings the instants of some into the run; how many.
async fn strew(db: &Db, begin: Timestamp) -> anyhow::Result<i64> {
    let begin = begin.as_millisecond();
    let span = i64::try_from(RUN.as_millis())? - 1000;
    db.write(move |tx| -> Result<(), ::store::Error> {
        let move_to = |tx: &mut Tx<'_>, number: i64, at: i64| {
            let id = Uuid::from_u128(number.unsigned_abs().into());
            tx.queue(
                "UPDATE clocks SET near_at = $2, red_at = $2, due_at = $2, warn_at = $2
                 WHERE case_id = $1 AND clock_id = $1",
                params![id, at],
            )
        };
        for number in 0..STREWN {
            move_to(tx, number * 7 + 3, begin + number * span / STREWN)?;
        }
        for number in 0..TOGETHER {
            move_to(tx, CLOCKS - 1 - number, begin + span / 2)?;
        }
        Ok(())
    })
    .await?;
    Ok(STREWN + TOGETHER)
}

/// The earliest instant that was not told yet.
fn oldest(tx: &mut Tx<'_>) -> Result<i64, ::store::Error> {
    tx.query_one("SELECT min(warn_at) FROM clocks", &[])?.get(0)
}

/// How many alerts there are, and the greatest lag in milliseconds.
fn lag(tx: &mut Tx<'_>) -> Result<(i64, i64), ::store::Error> {
    let row = tx.query_one(
        "SELECT count(*), COALESCE(max(at - fell_at), 0) FROM alerts WHERE level = 'over'",
        &[],
    )?;
    Ok((row.get(0)?, row.get(1)?))
}
