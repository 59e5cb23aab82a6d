//! Passwords: which are good enough, and argon2id around them.
//!
//! Hashing takes 19 MiB and tens of milliseconds each, so [`Gate`] lets only a few run at once and turns away what
//! would have to wait long.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::crypto::Entropy;
use base::text::{fold_width, visible_len};
use tokio::sync::Semaphore;

use crate::{Error, People, TooMany, argon};

/// Characters a citizen's password needs.
pub const CITIZEN_MIN: usize = 8;
/// Characters a staff password needs: it opens other people's data.
pub const STAFF_MIN: usize = 10;
/// Characters a password may have.
pub const MAX: usize = 128;

/// Hashes computed at once, 19 MiB each: as many as there are cores, within these bounds.
const AT_ONCE: std::ops::RangeInclusive<usize> = 2..=8;
/// Hashes that may wait for their turn; about three seconds' worth.
const WAITING_MAX: usize = 128;

/// The passwords tried first by everybody who guesses.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whose password it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// 办事人.
    Citizen,
    /// 工作人员 and programs.
    Staff,
}

/// Whether a password is good enough; the error tells what to do.
///
/// Length counts, not a mixture of signs, which people answer with `Password1!`.
pub fn check(password: &str, login: &str, holder: Holder) -> Result<(), Error> {
    let min = match holder {
        Holder::Citizen => CITIZEN_MIN,
        Holder::Staff => STAFF_MIN,
    };
    let length = visible_len(password);
    if length < min {
        return Err(refused(format!(
            "密码至少 {min} 个字符，现在是 {length} 个"
        )));
    }
    if length > MAX || password.len() > MAX * 4 {
        return Err(refused(format!("密码不要超过 {MAX} 个字符")));
    }
    if password.chars().any(char::is_control) {
        return Err(refused("密码中不能有换行等控制字符"));
    }
    let folded = fold_width(password).to_lowercase();
    let login = fold_width(login).to_lowercase();
    if login.chars().count() >= 4 && folded.contains(login.trim()) {
        return Err(refused("密码中不要包含登录名"));
    }
    if is_pattern(&folded) || COMMON.lines().any(|common| common == folded) {
        return Err(refused("这个密码太常见，容易被猜到，请换一个"));
    }
    Ok(())
}

fn refused(message: impl Into<String>) -> Error {
    Error::invalid("password", message)
}

/// One sign repeated, a run up or down, or a short piece repeated (`abcabcabc`).
fn is_pattern(password: &str) -> bool {
    let codes: Vec<i64> = password.chars().map(|c| i64::from(c as u32)).collect();
    let run = |step: i64| codes.windows(2).all(|pair| pair[1] - pair[0] == step);
    let repeats = |length: usize| {
        codes
            .iter()
            .zip(&codes[length.min(codes.len())..])
            .all(|(a, b)| a == b)
    };
    run(1) || run(-1) || (1..=3).any(repeats)
}

/// The PHC string of a password: argon2id, 19 MiB, two passes. Tens of milliseconds: not for the async threads.
pub fn hash(password: &str, entropy: &Entropy) -> String {
    let salt: [u8; 16] = entropy.bytes();
    argon::hash(password.as_bytes(), &salt)
}

/// Whether the password is the one of the hash. As slow as [`hash`].
pub fn verify(password: &str, hash: &str) -> bool {
    argon::verify(password.as_bytes(), hash)
}

/// Takes as long as [`verify`] and is never right: for logins that do not exist.
pub fn verify_nobody(password: &str) {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash("", &Entropy::seeded(0)));
    let padded = format!("{password}\u{1}");
    let right = verify(&padded, &NOBODY);
    debug_assert!(!right, "the padded password is never the empty one");
}

/// How many hashes run at once.
pub(crate) struct Gate {
    permits: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Gate {
    fn default() -> Gate {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Gate {
            permits: Semaphore::new(cores.clamp(*AT_ONCE.start(), *AT_ONCE.end())),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Gate {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _place = Place::take(&self.waiting)?;
        let _permit = self
            .permits
            .acquire()
            .await
            .expect("the gate is never closed");
        Ok(tokio::task::spawn_blocking(work)
            .await
            .expect("hashing does not panic"))
    }
}

/// A place in the queue, given back however the wait ends.
struct Place<'a>(&'a AtomicUsize);

impl Place<'_> {
    fn take(waiting: &AtomicUsize) -> Result<Place<'_>, Error> {
        let place = Place(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            return Err(TooMany { retry_after_s: 3 }.into());
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl People {
    /// [`hash`] off the async threads.
    pub async fn hash_password(&self, password: String) -> Result<String, Error> {
        let people = self.clone();
        self.0
            .hashing
            .run(move || hash(&password, &people.0.entropy))
            .await
    }

    /// [`verify`] off the async threads; without a hash it takes as long and says no.
    pub async fn verify_password(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        self.0
            .hashing
            .run(move || {
                if let Some(hash) = hash {
                    return verify(&password, &hash);
                }
                verify_nobody(&password);
                false
            })
            .await
    }

    /// A first password to be handed over once and changed at the first sign-in: 12 signs that are not mixed up
    /// when read aloud, about 58 bits.
    pub fn initial_password(&self) -> String {
        const SIGNS: &[u8; 29] = b"abcdefghjkmnpqrstuvwxyz346789";
        (0..12)
            .map(|_| char::from(SIGNS[self.0.entropy.below(SIGNS.len() as u64) as usize]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognised_and_another_is_not() {
        let hash = hash("清风明月 照大江", &Entropy::seeded(1));
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify("清风明月 照大江", &hash));
        assert!(!verify("清风明月照大江", &hash));
        assert!(!verify("清风明月 照大江", "no hash"));
    }

    #[test]
    fn weak_ones_are_refused_with_what_to_do() {
        let message = |password: &str, holder| {
            check(password, "chencaiwei", holder)
                .expect_err("weak")
                .message()
        };
        assert_eq!(
            message("abc", Holder::Citizen),
            "密码至少 8 个字符，现在是 3 个"
        );
        assert_eq!(
            message("tz8-kq4m2", Holder::Staff),
            "密码至少 10 个字符，现在是 9 个"
        );
        assert_eq!(
            message("Chencaiwei2026", Holder::Staff),
            "密码中不要包含登录名"
        );
        for common in [
            "password123",
            "Password123",
            "1234567890",
            "9876543210",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "1qaz2wsx3edc",
            "ＰＡＳＳＷＯＲＤ１２３",
        ] {
            assert_eq!(
                message(common, Holder::Citizen),
                "这个密码太常见，容易被猜到，请换一个",
                "{common}"
            );
        }
        assert!(check(&"长".repeat(129), "", Holder::Citizen).is_err());
        assert!(check("tz8-kq4m\n2x", "", Holder::Citizen).is_err());
    }

    #[test]
    fn good_ones_pass() {
        for good in ["tz8-kq4m2x", "春眠不觉晓处处闻啼鸟", "correct horse"] {
            check(good, "chencaiwei", Holder::Staff).expect(good);
        }
    }

    #[test]
    fn the_list_is_in_the_form_it_is_compared_in() {
        for line in COMMON.lines() {
            assert_eq!(line, fold_width(line).to_lowercase());
            assert!(
                visible_len(line) >= CITIZEN_MIN,
                "{line} is refused by its length"
            );
        }
        assert!(COMMON.lines().count() >= 100);
    }
}
