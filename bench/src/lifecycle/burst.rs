//! `--burst`: ten times the clients for five seconds in the middle of a steady load.
//!
//! Asked: no answer is 5xx; what is shed is 429 and says when to come again; and the first clients have their
//! normal latency again soon after the others have gone.

use std::time::{Duration, Instant};

use super::journey::{Journey, Record};
use super::{Args, Records, WARM_UP, together};
use crate::city::Cast;
use crate::report::{Latencies, Line, say, tenth};

/// Ten times as many in all.
const MORE: usize = 9;
/// How long the others stay.
const BURST: Duration = Duration::from_secs(5);
/// How long it is watched afterwards, at least.
const AFTER: Duration = Duration::from_secs(10);
/// Latencies are looked at in pieces of this length …
const PIECE: Duration = Duration::from_millis(250);
/// … and are normal when the piece's p95 is at most so much of the p95 before the burst …
const NORMAL: f64 = 1.5;
/// … and stays so for as many pieces: a second.
const STAYS: usize = 4;

pub(super) async fn measure(
    args: &Args,
    cast: &Cast,
    journeys: Vec<Journey>,
) -> anyhow::Result<(Line, Records)> {
    let load = &args.load;
    let steady = Duration::from_secs(load.seconds.max(1));
    let others: Vec<Journey> = (0..MORE)
        .flat_map(|_| journeys.iter().map(Journey::another))
        .collect();
    let (journeys, warm_up) = together(journeys, WARM_UP).await?;
    let started = Instant::now();
    let (burst_began, burst_ended) = (started + steady, started + steady + BURST);
    let base = tokio::spawn(together(journeys, steady + BURST + steady.max(AFTER)));
    tokio::time::sleep_until(burst_began.into()).await;
    let (_, crowd) = together(others, BURST).await?;
    let crowd_gone = Instant::now();
    let (_, base) = base.await??;
    let seconds = started.elapsed().as_secs_f64();

    let mut normal = Latencies::new();
    let before = base.ends.iter().filter(|(end, _)| *end < burst_began);
    let done_before = before.clone().count();
    before.for_each(|(_, took)| normal.record(*took));
    let limit_ms = normal.quantile_ms(0.95).unwrap_or_default() * NORMAL;
    let back = recovery(&base, burst_ended, limit_ms);
    let line = Line {
        bench: "lifecycle",
        engine: load.engine.name(),
        cases: cast.counts.cases,
        clients: load.clients,
        seconds: tenth(seconds),
        throughput: tenth(done_before as f64 / steady.as_secs_f64()),
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        errors: base.errors + crowd.errors,
        floor: None,
        ratio: None,
    }
    .with_latencies(&normal);
    say(&format!(
        "{} on {}, {} cases there, {} clients before the burst: {:.0} lifecycles/s, {}",
        line.bench,
        line.engine,
        line.cases,
        line.clients,
        line.throughput,
        normal.in_words()
    ))?;
    let in_burst = base
        .ends
        .iter()
        .chain(&crowd.ends)
        .filter(|(end, _)| (burst_began..burst_ended).contains(end))
        .count();
    say(&format!(
        "burst of {} clients for {} s: {:.0} lifecycles/s, {} answers 5xx or none, {} answers 429 (each says when to \
         come again), errors {}; the last of the crowd was served {:.1} s after the burst",
        load.clients * (MORE + 1),
        BURST.as_secs(),
        in_burst as f64 / BURST.as_secs_f64(),
        base.failed + crowd.failed,
        base.shed + crowd.shed,
        line.errors,
        crowd_gone
            .saturating_duration_since(burst_ended)
            .as_secs_f64()
    ))?;
    say(&format!(
        "normal again (p95 at most {limit_ms:.0} ms) {:.2} s after the burst",
        back.as_secs_f64()
    ))?;
    Ok((line, Records(vec![warm_up, base, crowd])))
}

/// From the end of the burst to the beginning of the first second that was normal throughout; the whole time
/// watched where there was none.
fn recovery(record: &Record, burst_ended: Instant, limit_ms: f64) -> Duration {
    let mut pieces: Vec<Latencies> = Vec::new();
    for (end, took) in &record.ends {
        let Some(since) = end.checked_duration_since(burst_ended) else {
            continue;
        };
        let piece = (since.as_micros() / PIECE.as_micros()) as usize;
        if pieces.len() <= piece {
            pieces.resize_with(piece + 1, Latencies::new);
        }
        pieces[piece].record(*took);
    }
    // Silence is not normal.
    let is_normal = |piece: &Latencies| piece.quantile_ms(0.95).is_some_and(|ms| ms <= limit_ms);
    let first = pieces
        .windows(STAYS)
        .position(|second| second.iter().all(is_normal))
        .unwrap_or(pieces.len());
    PIECE * first as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_ends_where_a_normal_second_begins() {
        let began = Instant::now();
        let mut record = Record::new();
        for piece in 0..20_u32 {
            let slow = piece < 3 || piece == 6 || piece == 15;
            let took = Duration::from_millis(if slow { 500 } else { 100 });
            let end = began + PIECE * piece + PIECE / 2;
            record.ends.extend([(end, took); 40]);
        }
        assert_eq!(recovery(&record, began, 150.0), PIECE * 7);
        assert_eq!(recovery(&record, began, 600.0), Duration::ZERO);
        record
            .ends
            .retain(|(end, _)| *end < began + PIECE * 8 || *end > began + PIECE * 10);
        assert_eq!(recovery(&record, began, 150.0), PIECE * 10);
        assert_eq!(recovery(&record, began, 50.0), PIECE * 20);
    }
}
