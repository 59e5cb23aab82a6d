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
        Common::of(self.pairs(word)).next().is_some()
    }

    /// Documents that hold every pair of the word: nearly those that hold the word.
    pub(super) fn all_pairs(&self, word: &str) -> Vec<u32> {
        let mut chars = word.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return self.single(only).to_vec();
        }
        Common::of(self.pairs(word)).collect()
    }
}

/// What all of several rising lists hold: each list is walked forward once, in steps that double.
struct Common<'l> {
    shortest: &'l [u32],
    others: Vec<&'l [u32]>,
}

impl<'l> Common<'l> {
    fn of(mut lists: Vec<&'l [u32]>) -> Common<'l> {
        lists.sort_by_key(|list| list.len());
        let shortest = lists.first().copied().unwrap_or_default();
        Common {
            shortest,
            others: lists.split_off(1.min(lists.len())),
        }
    }
}

impl Iterator for Common<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        'docs: while let Some((doc, rest)) = self.shortest.split_first() {
            self.shortest = rest;
            for list in &mut self.others {
                *list = from(list, *doc);
                match list.first() {
                    None => return None,
                    Some(found) if found != doc => {
                        self.shortest = from(self.shortest, *found);
                        continue 'docs;
                    }
                    Some(_) => {}
                }
            }
            return Some(*doc);
        }
        None
    }
}

/// The rest of a rising list, from the first that is not below `least`.
fn from(list: &[u32], least: u32) -> &[u32] {
    let mut step = 1;
    while list.get(step - 1).is_some_and(|doc| *doc < least) {
        step *= 2;
    }
    let begin = step / 2;
    let end = step.min(list.len());
    let below = list[begin..end].partition_point(|doc| *doc < least);
    &list[begin + below..]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_meet_where_all_of_them_are() {
        let threes: Vec<u32> = (0..400).map(|n| n * 3).collect();
        let fours: Vec<u32> = (0..300).map(|n| n * 4).collect();
        let fives: Vec<u32> = (0..200).map(|n| n * 5).collect();
        let common: Vec<u32> = Common::of(vec![&threes, &fours, &fives]).collect();
        let expected: Vec<u32> = (0..17).map(|n| n * 60).collect();
        assert_eq!(common, expected);
        assert_eq!(Common::of(vec![&threes, &[]]).next(), None);
        assert_eq!(Common::of(Vec::new()).next(), None);
        assert_eq!(from(&[1, 3, 5, 7, 9], 6), [7, 9]);
        assert_eq!(from(&[1, 3], 4), [0_u32; 0]);
    }
}
