//! How often one may try: in this process, in bounded memory, by the clock that is handed in.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::TooMany;

/// Wrong sign-ins of one login from one address before the pair is locked.
pub const SIGN_IN_PAIR_MAX: u32 = 5;
/// Wrong sign-ins from one address, whatever the login: a hall's citizens may share one.
pub const SIGN_IN_ADDRESS_MAX: u32 = 100;
/// Wrong sign-ins of one login from all addresses: many machines guessing one password.
pub const SIGN_IN_LOGIN_MAX: u32 = 100;
/// How long wrong sign-ins count, and how long a lock lasts.
pub const SIGN_IN_WINDOW_MS: i64 = 15 * 60 * 1000;

/// Keys each table remembers at most.
const KEYS_MAX: usize = 100_000;

/// What is looked up, with how often a minute one visitor may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookUp {
    /// A clerk finds a party by number; by account.
    FindParty,
    /// Progress of a case by number and query password; by address.
    CaseProgress,
    /// Checking a certificate by its code; by address.
    VerificationCode,
    /// Opening an account; by address.
    Register,
    /// Searching the portal; by address.
    Search,
}

impl LookUp {
    /// Look-ups a minute, and as many at once.
    pub fn per_minute(self) -> u32 {
        match self {
            LookUp::FindParty => 120,
            LookUp::CaseProgress | LookUp::VerificationCode => 30,
            LookUp::Register => 10,
            LookUp::Search => 600,
        }
    }
}

/// The counters of this process.
#[derive(Default)]
pub struct Limits {
    pairs: Windows<(String, Address)>,
    addresses: Windows<Address>,
    logins: Windows<String>,
    look_ups: Mutex<HashMap<(LookUp, String), Bucket>>,
}

/// One visitor: an IPv4 address, or the /64 network that one IPv6 subscriber is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Address(IpAddr);

impl Address {
    fn of(address: IpAddr) -> Address {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & (u128::MAX << 64);
                Address(IpAddr::V6(network.into()))
            }
            v4 @ IpAddr::V4(_) => Address(v4),
        }
    }
}

impl Limits {
    /// Counts an attempt to sign in before the password is looked at, so that parallel guesses count too.
    /// [`Limits::signed_in`] forgets it.
    pub fn sign_in(&self, login: &str, address: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        let login = crate::account::fold_login(login);
        let address = Address::of(address);
        let now = now.as_millisecond();
        self.addresses.check(&address, SIGN_IN_ADDRESS_MAX, now)?;
        self.logins.check(&login, SIGN_IN_LOGIN_MAX, now)?;
        self.pairs
            .count((login.clone(), address), SIGN_IN_PAIR_MAX, now)?;
        self.addresses.add(address, now);
        self.logins.add(login, now);
        Ok(())
    }

    /// The attempt was right: it does not count, and the pair begins anew.
    pub fn signed_in(&self, login: &str, address: IpAddr) {
        let login = crate::account::fold_login(login);
        let address = Address::of(address);
        self.addresses.take_back(&address);
        self.logins.take_back(&login);
        self.pairs.forget(&(login, address));
    }

    /// Counts a look-up of `who` (an account or an address).
    pub fn look_up(&self, what: LookUp, who: &str, now: Timestamp) -> Result<(), TooMany> {
        let now = now.as_millisecond();
        let mut buckets = self.look_ups.lock();
        if buckets.len() >= KEYS_MAX {
            buckets.retain(|(what, _), bucket| !bucket.is_full(what.per_minute(), now));
            if buckets.len() >= KEYS_MAX {
                buckets.clear();
            }
        }
        let per_minute = what.per_minute();
        buckets
            .entry((what, who.to_owned()))
            .or_insert_with(|| Bucket::full(per_minute, now))
            .take(per_minute, now)
    }

    /// [`Limits::look_up`] by address.
    pub fn look_up_from(
        &self,
        what: LookUp,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), TooMany> {
        self.look_up(what, &Address::of(address).0.to_string(), now)
    }
}

/// Attempts of each key within a window.
struct Windows<K>(Mutex<HashMap<K, Window>>);

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Windows(Mutex::default())
    }
}

#[derive(Clone, Copy)]
struct Window {
    first_ms: i64,
    last_ms: i64,
    count: u32,
}

impl Window {
    /// A full window holds for its length after the last attempt, one not full for its length after the first.
    fn is_over(self, max: u32, now: i64) -> bool {
        let since = if self.count >= max {
            self.last_ms
        } else {
            self.first_ms
        };
        now.saturating_sub(since) >= SIGN_IN_WINDOW_MS
    }

    fn refusal(self, max: u32, now: i64) -> Option<TooMany> {
        if self.count < max || self.is_over(max, now) {
            return None;
        }
        let left_ms = (self.last_ms + SIGN_IN_WINDOW_MS - now).max(1);
        Some(TooMany {
            retry_after_s: u32::try_from(left_ms.unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX),
        })
    }
}

impl<K: Eq + Hash + Clone> Windows<K> {
    fn check(&self, key: &K, max: u32, now: i64) -> Result<(), TooMany> {
        let windows = self.0.lock();
        let refusal = windows.get(key).and_then(|window| window.refusal(max, now));
        refusal.map_or(Ok(()), Err)
    }

    fn count(&self, key: K, max: u32, now: i64) -> Result<(), TooMany> {
        let mut windows = self.0.lock();
        make_room(&mut windows, now);
        let window = windows.entry(key).or_insert(Window {
            first_ms: now,
            last_ms: now,
            count: 0,
        });
        if let Some(refusal) = window.refusal(max, now) {
            return Err(refusal);
        }
        if window.is_over(max, now) {
            *window = Window {
                first_ms: now,
                last_ms: now,
                count: 0,
            };
        }
        window.count += 1;
        window.last_ms = now;
        Ok(())
    }

    /// Counts without refusing.
    fn add(&self, key: K, now: i64) {
        // A limit nothing reaches: the refusal was asked for before.
        let counted = self.count(key, u32::MAX, now);
        debug_assert!(counted.is_ok(), "nothing counts to the end of u32");
    }

    fn take_back(&self, key: &K) {
        if let Some(window) = self.0.lock().get_mut(key) {
            window.count = window.count.saturating_sub(1);
        }
    }

    fn forget(&self, key: &K) {
        self.0.lock().remove(key);
    }
}

/// Keeps the table bounded: first what is over goes, then, under an attack with ever new keys, the older half.
fn make_room<K: Eq + Hash + Clone>(windows: &mut HashMap<K, Window>, now: i64) {
    if windows.len() < KEYS_MAX {
        return;
    }
    windows.retain(|_, window| now.saturating_sub(window.last_ms) < SIGN_IN_WINDOW_MS);
    if windows.len() < KEYS_MAX {
        return;
    }
    let mut lasts: Vec<i64> = windows.values().map(|window| window.last_ms).collect();
    let half = lasts.len() / 2;
    let (_, median, _) = lasts.select_nth_unstable(half);
    let median = *median;
    windows.retain(|_, window| window.last_ms > median);
}

/// A token bucket, in thousandths.
struct Bucket {
    milli: u64,
    at_ms: i64,
}

impl Bucket {
    fn full(per_minute: u32, now: i64) -> Bucket {
        Bucket {
            milli: u64::from(per_minute) * 1000,
            at_ms: now,
        }
    }

    fn refill(&mut self, per_minute: u32, now: i64) {
        let passed_ms = now
            .saturating_sub(self.at_ms)
            .clamp(0, 60_000)
            .unsigned_abs();
        let capacity = u64::from(per_minute) * 1000;
        self.milli = (self.milli + passed_ms * u64::from(per_minute) / 60).min(capacity);
        self.at_ms = now;
    }

    fn is_full(&mut self, per_minute: u32, now: i64) -> bool {
        self.refill(per_minute, now);
        self.milli == u64::from(per_minute) * 1000
    }

    fn take(&mut self, per_minute: u32, now: i64) -> Result<(), TooMany> {
        self.refill(per_minute, now);
        if let Some(left) = self.milli.checked_sub(1000) {
            self.milli = left;
            return Ok(());
        }
        let missing = 1000 - self.milli;
        let wait_ms = (missing * 60).div_ceil(u64::from(per_minute));
        Err(TooMany {
            retry_after_s: u32::try_from(wait_ms.div_ceil(1000))
                .unwrap_or(u32::MAX)
                .max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn five_wrong_lock_the_pair_for_a_quarter_of_an_hour() {
        let limits = Limits::default();
        let here = address("192.0.2.1");
        for second in 0..5 {
            assert_eq!(limits.sign_in("Chen", here, at(second)), Ok(()));
        }
        let refused = limits.sign_in("chen", here, at(5)).expect_err("locked");
        assert_eq!(refused.retry_after_s, 15 * 60 - 1);
        assert_eq!(limits.sign_in("chen", address("192.0.2.2"), at(5)), Ok(()));
        assert_eq!(limits.sign_in("wang", here, at(5)), Ok(()));
        assert!(limits.sign_in("chen", here, at(4 + 15 * 60 - 1)).is_err());
        assert_eq!(limits.sign_in("chen", here, at(4 + 15 * 60)), Ok(()));
    }

    #[test]
    fn a_right_one_begins_anew() {
        let limits = Limits::default();
        let here = address("192.0.2.1");
        for second in 0..50 {
            limits
                .sign_in("chen", here, at(second))
                .expect("not locked");
            if second % 5 == 4 {
                limits.signed_in("chen", here);
            }
        }
    }

    #[test]
    fn one_address_cannot_try_many_logins() {
        let limits = Limits::default();
        let tries = (0..200).filter(|n| {
            let from = address(&format!("2001:db8::{n:x}"));
            limits.sign_in(&format!("login{n}"), from, at(0)).is_ok()
        });
        assert_eq!(tries.count(), SIGN_IN_ADDRESS_MAX as usize);
        assert_eq!(
            limits.sign_in("other", address("2001:db8:0:1::1"), at(0)),
            Ok(())
        );
    }

    #[test]
    fn many_addresses_cannot_try_one_login() {
        let limits = Limits::default();
        let tries = (0..200).filter(|n| {
            let from = address(&format!("192.0.2.{n}"));
            limits.sign_in("chen", from, at(0)).is_ok()
        });
        assert_eq!(tries.count(), SIGN_IN_LOGIN_MAX as usize);
    }

    #[test]
    fn look_ups_refill_with_time() {
        let limits = Limits::default();
        let what = LookUp::CaseProgress;
        for _ in 0..30 {
            limits
                .look_up(what, "a", at(0))
                .expect("within the minute's share");
        }
        let refused = limits.look_up(what, "a", at(0)).expect_err("used up");
        assert_eq!(refused.retry_after_s, 2);
        assert_eq!(limits.look_up(what, "b", at(0)), Ok(()));
        assert_eq!(limits.look_up(LookUp::FindParty, "a", at(0)), Ok(()));
        assert_eq!(limits.look_up(what, "a", at(2)), Ok(()));
        assert!(limits.look_up(what, "a", at(2)).is_err());
    }

    #[test]
    fn memory_stays_bounded() {
        let limits = Limits::default();
        for n in 0..i64::try_from(KEYS_MAX).expect("small") + 1000 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from_bits(n as u32));
            limits
                .sign_in(&format!("l{n}"), from, at(n / 1000))
                .expect("all different");
            limits
                .look_up_from(LookUp::Register, from, at(n / 1000))
                .expect("all different");
        }
        assert!(limits.pairs.0.lock().len() <= KEYS_MAX);
        assert!(limits.logins.0.lock().len() <= KEYS_MAX);
        assert!(limits.look_ups.lock().len() <= KEYS_MAX);
    }
}
