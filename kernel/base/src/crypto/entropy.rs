//! The one place randomness comes from. Tests and the demo city use a seed; everything else the
//! operating system.

use std::sync::Mutex;

use super::{sm3, to_hex};

/// A source of random bytes, shared by reference between threads.
#[derive(Debug)]
pub struct Entropy(Source);

#[derive(Debug)]
enum Source {
    System,
    Seeded(Mutex<Stream>),
}

/// SM3 in counter mode. Repeatable, so never for secrets that must hold.
#[derive(Debug)]
struct Stream {
    seed: u64,
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Stream {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.used == self.block.len() {
                let mut input = [0_u8; 16];
                input[..8].copy_from_slice(&self.seed.to_be_bytes());
                input[8..].copy_from_slice(&self.counter.to_be_bytes());
                self.block = sm3(&input);
                self.counter = self.counter.wrapping_add(1);
                self.used = 0;
            }
            *byte = self.block[self.used];
            self.used += 1;
        }
    }
}

impl Entropy {
    /// Randomness of the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes for the same seed: for tests and the demo city only.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Mutex::new(Stream {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        })))
    }

    /// Fills `out`. Stops the process' thread when the operating system has no randomness: going
    /// on with guessable secrets would be worse.
    pub fn fill(&self, out: &mut [u8]) {
        match &self.0 {
            Source::System => {
                getrandom::fill(out).expect("the operating system provides randomness");
            }
            Source::Seeded(stream) => stream
                .lock()
                .expect("no holder of this lock can panic")
                .fill(out),
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// A fresh 96-bit nonce for sealing.
    pub fn nonce(&self) -> [u8; 12] {
        self.bytes()
    }

    /// A secret of 256 bits as 64 hexadecimal characters: session tokens, API keys.
    pub fn token(&self) -> String {
        to_hex(&self.bytes::<32>())
    }

    /// A number below `bound`, each equally likely. `bound` 0 gives 0.
    pub fn below(&self, bound: u64) -> u64 {
        if bound < 2 {
            return 0;
        }
        // Values of the incomplete last run are thrown away; at worst half of them.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let value = u64::from_be_bytes(self.bytes());
            if value < limit {
                return value % bound;
            }
        }
    }

    /// `length` decimal digits, such as a query password.
    pub fn digits(&self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_differs_from_another() {
        let (a, b, c) = (Entropy::seeded(1), Entropy::seeded(1), Entropy::seeded(2));
        let first: [u8; 100] = a.bytes();
        assert_eq!(first, b.bytes());
        assert_ne!(first, c.bytes());
        assert_ne!(first, a.bytes());
    }

    #[test]
    fn the_system_gives_fresh_tokens() {
        let entropy = Entropy::system();
        let token = entropy.token();
        assert_eq!(token.len(), 64);
        assert_ne!(token, entropy.token());
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_values() {
        let entropy = Entropy::seeded(3);
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            seen[entropy.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
        assert_eq!(entropy.below(0), 0);
        assert_eq!(entropy.digits(6).len(), 6);
    }
}
