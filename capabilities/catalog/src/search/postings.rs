//! Which documents hold which pairs of characters.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Lists of documents by pair (and, for questions of one character, by single character).
#[derive(Debug, Default)]
pub(super) struct Postings {
    lists: HashMap<u64, Vec<u32>, BuildHasherDefault<Mixer>>,
}

impl Postings {
    /// Adds the pairs and characters of a text. Documents come in rising order.
    pub(super) fn add(&mut self, doc: u32, text: &str, singles: bool) {
        let mut before = None;
        for c in text.chars() {
            if let Some(before) = before {
                self.put(pair(before, c), doc);
            }
            if singles {
                self.put(u64::from(u32::from(c)), doc);
            }
            before = Some(c);
        }
    }

    fn put(&mut self, key: u64, doc: u32) {
        let list = self.lists.entry(key).or_default();
        if list.last() != Some(&doc) {
            list.push(doc);
        }
    }

    pub(super) fn shrink(&mut self) {
        for list in self.lists.values_mut() {
            list.shrink_to_fit();
        }
        self.lists.shrink_to_fit();
    }

    /// Documents with this character.
    pub(super) fn single(&self, c: char) -> &[u32] {
        self.list(u64::from(u32::from(c)))
    }

    fn list(&self, key: u64) -> &[u32] {
        self.lists.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The lists of the pairs of a word of two characters or more.
    pub(super) fn pairs(&self, word: &str) -> Vec<&[u32]> {
        let chars: Vec<char> = word.chars().collect();
        chars
            .windows(2)
            .map(|window| self.list(pair(window[0], window[1])))
            .collect()
    }

    /// Whether some document holds every pair of the word.
    pub(super) fn holds(&self, word: &str) -> bool {
        let mut lists = self.pairs(word);
        lists.sort_by_key(|list| list.len());
        let Some((shortest, others)) = lists.split_first() else {
            return false;
        };
        shortest
            .iter()
            .any(|doc| others.iter().all(|list| list.binary_search(doc).is_ok()))
    }

    /// Documents that hold every pair of the word: nearly those that hold the word.
    pub(super) fn all_pairs(&self, word: &str) -> Vec<u32> {
        let mut chars = word.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return self.single(only).to_vec();
        }
        let mut lists = self.pairs(word);
        lists.sort_by_key(|list| list.len());
        let Some((shortest, others)) = lists.split_first() else {
            return Vec::new();
        };
        shortest
            .iter()
            .copied()
            .filter(|doc| others.iter().all(|list| list.binary_search(doc).is_ok()))
            .collect()
    }
}

/// A pair as a key; never equal to a single character.
fn pair(first: char, second: char) -> u64 {
    ((u64::from(u32::from(first)) + 1) << 32) | u64::from(u32::from(second))
}

/// Spreads keys that are numbers already; the standard hasher guards against chosen keys, which cost nothing here:
/// the keys come from the catalogue, not from questions.
#[derive(Debug, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
