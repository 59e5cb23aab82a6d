//! Load shedding: at most so many requests at a time, a short bounded wait, then a cheap 429.
//!
//! Turning away early is what keeps the service usable in a burst: whoever is let in is served at normal
//! speed, and there is no backlog to work off afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub(crate) struct Gate {
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    wait_max: Duration,
}

/// The gate is full and the wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Gate {
    pub(crate) fn new(seats: usize, wait_max: Duration) -> Gate {
        Gate {
            seats: Arc::new(Semaphore::new(seats.max(1))),
            waiting: AtomicUsize::new(0),
            // Whoever stands further back than one full round would not get in within the wait anyway.
            waiting_max: seats.max(1),
            wait_max,
        }
    }

    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, Full> {
        if let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
            return Ok(seat);
        }
        let _place = Place::take(&self.waiting, self.waiting_max)?;
        match tokio::time::timeout(self.wait_max, Arc::clone(&self.seats).acquire_owned()).await {
            Ok(Ok(seat)) => Ok(seat),
            _ => Err(Full),
        }
    }
}

/// A place in the queue, given back however the wait ends.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Result<Place<'a>, Full> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(waiting);
        if before >= max { Err(Full) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Full, Gate};

    #[tokio::test(start_paused = true)]
    async fn a_full_gate_turns_away_after_the_wait_and_opens_again() {
        let gate = Gate::new(1, Duration::from_millis(100));
        let seat = gate.enter().await.expect("free");
        let start = tokio::time::Instant::now();
        assert_eq!(gate.enter().await.err(), Some(Full));
        assert_eq!(start.elapsed(), Duration::from_millis(100));
        // One may wait, the next is turned away at once.
        let (first, second) = tokio::join!(gate.enter(), async {
            let start = tokio::time::Instant::now();
            (gate.enter().await.err(), start.elapsed())
        });
        assert_eq!(first.err(), Some(Full));
        assert_eq!(second, (Some(Full), Duration::ZERO));
        drop(seat);
        assert!(gate.enter().await.is_ok());
        assert_eq!(gate.waiting.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
