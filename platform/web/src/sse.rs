//! Live pages: an event stream that says “something changed” and leaves the page to fetch what it shows.
//!
//! At most one event a second, a comment as a heartbeat, an end after ten minutes (the browser reconnects by
//! itself) and at shutdown.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::problem::{Problem, Result};

/// Least time between two events.
pub const EVERY: Duration = Duration::from_secs(1);
/// A silent connection is given a sign of life so often.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Longest life of a connection.
pub const LIFE: Duration = Duration::from_mins(10);

/// `changed` events with the feed's position as data, whenever anything was recorded.
pub fn changes(app: &App) -> Result<Response> {
    let seat = Seat::take(app)?;
    let (changes, closing) = (app.db.changes(), app.closing());
    let now = Instant::now();
    let state = Live {
        changes,
        closing,
        _seat: seat,
        end: now + LIFE,
        beat: now + HEARTBEAT,
        next: now,
        greeted: false,
    };
    let events = stream::unfold(state, |mut live| async move {
        let event = live.event().await?;
        Some((Ok::<Event, Infallible>(event), live))
    });
    Ok(Sse::new(events).into_response())
}

struct Live {
    changes: watch::Receiver<i64>,
    closing: watch::Receiver<bool>,
    _seat: Seat,
    end: Instant,
    beat: Instant,
    /// Not before then.
    next: Instant,
    greeted: bool,
}

impl Live {
    /// `None` when the stream is over.
    async fn event(&mut self) -> Option<Event> {
        if *self.closing.borrow() {
            return None;
        }
        if !self.greeted {
            self.greeted = true;
            // The page learns at once that it is connected, and how soon to come back.
            return Some(
                Event::default()
                    .retry(Duration::from_secs(3))
                    .comment("connected"),
            );
        }
        let next = self.next;
        let changes = &mut self.changes;
        let moved = async {
            sleep_until(next).await;
            changes.changed().await
        };
        tokio::select! {
            heard = moved => {
                heard.ok()?;
                let position = *self.changes.borrow_and_update();
                let now = Instant::now();
                self.next = now + EVERY;
                self.beat = now + HEARTBEAT;
                Some(Event::default().event("changed").data(position.to_string()))
            }
            () = sleep_until(self.beat.min(self.end)) => {
                let now = Instant::now();
                self.beat = now + HEARTBEAT;
                (now < self.end).then(|| Event::default().comment("alive"))
            }
            _ = self.closing.changed() => None,
        }
    }
}

/// A place among the connected pages.
struct Seat(App);

impl Seat {
    fn take(app: &App) -> Result<Seat> {
        let taken = app.metrics.streams.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(app.clone());
        if usize::try_from(taken).unwrap_or(0) >= app.config.streams_max {
            return Err(Problem::busy());
        }
        Ok(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.metrics.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
