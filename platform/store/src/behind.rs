//! Work nobody waits for: figures, counts, messages made from the feed. It takes turns, and little of a busy machine.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Transactions a second from which on the database counts as busy with what people wait for.
const BUSY_PER_SECOND: f64 = 200.0;
/// How many times as long as a turn took the next one waits while the database is busy.
const REST: u32 = 31;
/// Behind-work is never kept waiting longer than this between two turns.
const REST_MAX: Duration = Duration::from_secs(2);

/// How often it is looked whether the database is busy.
const LOOK: Duration = Duration::from_millis(200);

/// Whose turn it is, and how busy the database was when somebody last looked.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    window: Option<Window>,
    busy: bool,
}

/// From when on transactions are counted.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    transactions: u64,
    /// Turns taken since, each of which wrote one transaction.
    turns: u64,
}

impl Turns {
    /// Runs `work` when it is its turn. While many transactions are written by others, each turn is followed by a rest
    /// of [`REST`] times its own length: the backlog shrinks when people go home.
    ///
    /// While nobody is there to wait, nobody takes turns either.
    pub(crate) async fn take<T>(
        &self,
        transactions: impl Fn() -> u64,
        work: impl Future<Output = T>,
    ) -> T {
        let mut state = self.state.lock().await;
        state.look(Instant::now(), transactions());
        if !state.busy {
            drop(state);
            let done = work.await;
            self.state.lock().await.took_a_turn();
            return done;
        }
        let started = Instant::now();
        let done = work.await;
        state.took_a_turn();
        tokio::time::sleep((started.elapsed() * REST).min(REST_MAX)).await;
        done
    }

    /// Whether the database was busy when somebody last looked; while somebody takes a turn, it was.
    pub(crate) fn are_busy(&self) -> bool {
        self.state.try_lock().map_or(true, |state| state.busy)
    }
}

impl State {
    fn took_a_turn(&mut self) {
        if let Some(window) = &mut self.window {
            window.turns += 1;
        }
    }

    /// Counts once in a while what others wrote since the last time.
    fn look(&mut self, now: Instant, transactions: u64) {
        if let Some(window) = self.window {
            let passed = now.duration_since(window.since);
            if passed < LOOK {
                return;
            }
            let written = transactions.saturating_sub(window.transactions);
            let others = written.saturating_sub(window.turns);
            self.busy = others as f64 / passed.as_secs_f64() > BUSY_PER_SECOND;
        }
        self.window = Some(Window {
            since: now,
            transactions,
            turns: 0,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, LOOK, State, Turns};

    #[test]
    fn a_database_is_busy_with_what_others_write() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut state = State::default();
        state.look(start, 0);
        assert!(!state.busy, "nothing is known yet");
        state.look(start + second, 1000);
        assert!(state.busy);
        state.look(start + second + LOOK / 2, 1000);
        assert!(state.busy, "too soon to look again");
        state.look(start + second * 2, 1100);
        assert!(!state.busy);
    }

    #[test]
    fn its_own_turns_do_not_count() {
        let start = Instant::now();
        let mut state = State::default();
        state.look(start, 0);
        state.window.as_mut().expect("looked").turns = 900;
        state.look(start + Duration::from_secs(1), 1000);
        assert!(!state.busy);
    }

    #[tokio::test]
    async fn one_turn_follows_the_other_while_people_wait() {
        let turns = Turns::default();
        turns.take(|| 0, async {}).await;
        turns.state.lock().await.busy = true;
        let inside = std::sync::atomic::AtomicU32::new(0);
        let work = || async {
            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
            tokio::task::yield_now().await;
            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
        };
        tokio::join!(turns.take(|| 0, work()), turns.take(|| 0, work()));
    }
}
