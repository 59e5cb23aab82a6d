//! Sessions looked at lately, in this process: bounded, believed for half a minute, forgotten at once when something
//! about them changes here.

use std::collections::HashMap;
use std::sync::Arc;

use base::crypto::Digest;
use base::ids::AccountId;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{CACHE_MS, Session};

/// Sessions kept in the cache.
const CACHE_MAX: usize = 100_000;
/// After an invalidation nothing of the account is cached for so long: the transaction may not be committed yet.
const BLOCK_MS: i64 = 5_000;

/// Sessions looked at lately.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Table>);

#[derive(Default)]
struct Table {
    sessions: HashMap<Digest, Entry>,
    /// Accounts of which nothing is cached until then.
    accounts: HashMap<AccountId, i64>,
}

enum Entry {
    Known { session: Arc<Session>, read_ms: i64 },
    Blocked { until_ms: i64 },
}

impl Cache {
    pub(super) fn get(&self, digest: &Digest, now: Timestamp) -> Option<Arc<Session>> {
        let table = self.0.lock();
        match table.sessions.get(digest)? {
            Entry::Known { session, read_ms } => {
                let age_ms = now.as_millisecond() - read_ms;
                // Standing in for a colleague ends at its instant, not half a minute later.
                let stands_in = session.actor.stands_in_for();
                let fresh = (0..CACHE_MS).contains(&age_ms)
                    && session.expires_at > now
                    && stands_in.iter().all(|absent| absent.until > now);
                fresh.then(|| Arc::clone(session))
            }
            Entry::Blocked { .. } => None,
        }
    }

    pub(super) fn put(&self, digest: Digest, session: &Arc<Session>, now: Timestamp) {
        let now = now.as_millisecond();
        let mut table = self.0.lock();
        let blocked = match table.sessions.get(&digest) {
            Some(Entry::Blocked { until_ms }) => *until_ms > now,
            _ => false,
        };
        let account_blocked = table
            .accounts
            .get(&session.account)
            .is_some_and(|until_ms| *until_ms > now);
        if blocked || account_blocked {
            return;
        }
        table.make_room(now);
        table.sessions.insert(
            digest,
            Entry::Known {
                session: Arc::clone(session),
                read_ms: now,
            },
        );
    }

    pub(super) fn block_session(&self, digest: Digest, now: Timestamp) {
        let now = now.as_millisecond();
        let mut table = self.0.lock();
        table.make_room(now);
        table.sessions.insert(
            digest,
            Entry::Blocked {
                until_ms: now + BLOCK_MS,
            },
        );
    }

    pub(super) fn block_account(&self, account: AccountId, now: Timestamp) {
        let now = now.as_millisecond();
        let mut table = self.0.lock();
        table.make_room(now);
        table.accounts.insert(account, now + BLOCK_MS);
        table.sessions.retain(|_, entry| match entry {
            Entry::Known { session, .. } => session.account != account,
            Entry::Blocked { .. } => true,
        });
    }
}

impl Table {
    fn make_room(&mut self, now: i64) {
        if self.sessions.len() >= CACHE_MAX {
            self.sessions.retain(|_, entry| match entry {
                Entry::Known { read_ms, .. } => now - *read_ms < CACHE_MS,
                Entry::Blocked { until_ms } => *until_ms > now,
            });
            if self.sessions.len() >= CACHE_MAX {
                // Only what is blocked matters for being right.
                self.sessions
                    .retain(|_, entry| matches!(entry, Entry::Blocked { .. }));
            }
        }
        if self.accounts.len() >= CACHE_MAX {
            self.accounts.retain(|_, until_ms| *until_ms > now);
        }
    }
}
