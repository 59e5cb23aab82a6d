//! Reading past slips: homophones 同音字, sounds that are one in many mouths (shi and si, en and eng, n and l), one
//! wrong, missing, additional or swapped character, and words typed in letters among characters.
//!
//! The words that can be meant are the everyday words, the aliases and the shorter names. A question is put right
//! only where it does not read as it stands.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::postings::Mixer;
use super::sound;

/// Words that can be meant, at most; a large catalogue repeats itself.
const WORDS_MAX: usize = 30_000;
/// Characters of a word that can be meant.
const CHARS: std::ops::RangeInclusive<usize> = 2..=8;
/// A shorter word has too many neighbours for a slip to be told.
const SLIP_CHARS_MIN: usize = 3;
/// Letters of a word in which a slip can be told.
const SLIP_LETTERS: std::ops::RangeInclusive<usize> = 5..=24;

/// Characters and letters of a word written in both.
const MIXED_MAX: usize = 24;

type Lists = HashMap<u64, Vec<u32>, BuildHasherDefault<Mixer>>;

/// The words that can be meant, by how they sound and by their neighbours.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    words: Vec<Word>,
    places: HashMap<Box<str>, u32>,
    /// By folded sound.
    by_sound: Lists,
    by_initials: Lists,
    /// By the word and the word less one character.
    by_slip: Lists,
    /// By the letters of the sound less one.
    by_letter_slip: Lists,
}

#[derive(Debug)]
struct Word {
    text: Box<str>,
    /// As typed in letters.
    letters: Box<str>,
    /// How often the word stands for something.
    weight: u32,
}

/// A part of a question, looked at by itself.
struct Piece<'q> {
    text: String,
    chars: &'q [char],
    /// Written in letters.
    latin: bool,
    /// All the letters up to the next character.
    whole: bool,
}

impl Spelling {
    /// Adds a tidied word; words that are too short or too long to be put right are passed over.
    pub(super) fn add(&mut self, word: &str, weight: u32) {
        if let Some(place) = self.places.get(word) {
            let known = &mut self.words[*place as usize];
            known.weight = known.weight.saturating_add(weight);
            return;
        }
        let chars: Vec<char> = word.chars().collect();
        let sounds = chars.iter().all(|c| sound::has_sound(*c));
        if self.words.len() == WORDS_MAX || !sounds || !CHARS.contains(&chars.len()) {
            return;
        }
        let place = u32::try_from(self.words.len()).expect("at most WORDS_MAX");
        let (initials, letters) = sound::of(word);
        let folded = sound::fold(&letters);
        put(&mut self.by_sound, &folded, place);
        put(&mut self.by_initials, &initials, place);
        if chars.len() >= SLIP_CHARS_MIN {
            put(&mut self.by_slip, word, place);
            for less in without_one(&chars) {
                put(&mut self.by_slip, &less, place);
            }
        }
        if SLIP_LETTERS.contains(&folded.len()) {
            let letters: Vec<char> = folded.chars().collect();
            put(&mut self.by_letter_slip, &folded, place);
            for less in without_one(&letters) {
                put(&mut self.by_letter_slip, &less, place);
            }
        }
        self.places.insert(word.into(), place);
        self.words.push(Word {
            text: word.into(),
            letters: letters.into(),
            weight,
        });
    }

    /// The question as it was probably meant; none where it reads as it stands or nobody can tell. `reads` says
    /// whether a piece stands in the catalogue as it is.
    pub(super) fn put_right(&self, question: &str, reads: impl Fn(&str) -> bool) -> Option<String> {
        let chars: Vec<char> = question.chars().collect();
        let by_ear = self.walk(&chars, &|piece| {
            if piece.latin {
                return self.word_of_letters(piece);
            }
            (!reads(&piece.text)).then(|| self.heard(piece)).flatten()
        });
        let better = by_ear.or_else(|| {
            self.walk(&chars, &|piece| {
                if piece.latin {
                    return self.word_of_slipped_letters(piece);
                }
                let long_enough = piece.chars.len() >= SLIP_CHARS_MIN || piece.text == question;
                (long_enough && !reads(&piece.text))
                    .then(|| self.neighbour(piece))
                    .flatten()
            })
        });
        better.filter(|better| better != question)
    }

    /// Goes through the question, the longest piece first at each place; none if no piece was changed.
    fn walk<'s>(
        &'s self,
        chars: &[char],
        meant: &dyn Fn(&Piece<'_>) -> Option<&'s str>,
    ) -> Option<String> {
        let mut out = String::new();
        let mut changed = false;
        let mut place = 0;
        while place < chars.len() {
            let rest = &chars[place..];
            let latin = rest.iter().take_while(|c| c.is_ascii_alphabetic()).count();
            // Letters are one piece first, then ever less of them; characters never are with letters.
            let longest = if latin > 0 {
                latin
            } else {
                let run = rest.iter().take_while(|c| !c.is_ascii_alphabetic()).count();
                // One character too many.
                run.min(CHARS.end() + 1)
            };
            let mixed = self
                .mixed(rest, longest)
                .map(|(word, length)| (word.to_owned(), length, true));
            let piece = mixed.or_else(|| {
                (2..=longest).rev().find_map(|length| {
                    let piece = Piece {
                        text: rest[..length].iter().collect(),
                        chars: &rest[..length],
                        latin: latin > 0,
                        whole: length == latin,
                    };
                    if self.places.contains_key(piece.text.as_str()) {
                        return Some((piece.text, length, false));
                    }
                    meant(&piece).map(|word| (word.to_owned(), length, true))
                })
            });
            if let Some((word, length, other)) = piece {
                out.push_str(&word);
                changed |= other;
                place += length;
            } else {
                out.push(chars[place]);
                place += 1;
            }
        }
        changed.then_some(out)
    }

    /// The word that is written in characters and letters at once, and how much of `rest` it takes; its first `run`
    /// are of one kind.
    fn mixed(&self, rest: &[char], run: usize) -> Option<(&str, usize)> {
        let longest = rest.len().min(MIXED_MAX);
        (run + 1..=longest).rev().find_map(|length| {
            let piece: String = rest[..length].iter().collect();
            if !piece.contains(|c: char| c.is_ascii_alphabetic()) {
                return None;
            }
            let (_, letters) = sound::of(&piece);
            let list = self.by_sound.get(&key(&sound::fold(&letters)))?;
            let word = list
                .iter()
                .map(|place| &self.words[*place as usize])
                .filter(|word| *word.letters == *letters)
                .max_by_key(|word| word.weight)?;
            (*word.text != *piece).then_some((&*word.text, length))
        })
    }

    /// The word that sounds like this one.
    fn heard(&self, piece: &Piece<'_>) -> Option<&str> {
        let (_, letters) = sound::of(&piece.text);
        let list = self.by_sound.get(&key(&sound::fold(&letters)))?;
        let same = |word: &Word| {
            word.text
                .chars()
                .zip(piece.chars)
                .filter(|(a, b)| a == *b)
                .count()
        };
        list.iter()
            .map(|place| &self.words[*place as usize])
            .filter(|word| word.text.chars().count() == piece.chars.len())
            .filter(|word| sound::fold(&word.letters) == sound::fold(&letters))
            .max_by_key(|word| (same(word), *word.letters == *letters, word.weight))
            .map(|word| &*word.text)
    }

    /// The word written in letters, in full, or by initials where all the letters are the word.
    fn word_of_letters(&self, piece: &Piece<'_>) -> Option<&str> {
        let letters = piece.text.as_str();
        let folded = sound::fold(letters);
        let full = self.by_sound.get(&key(&folded)).and_then(|list| {
            list.iter()
                .map(|place| &self.words[*place as usize])
                .filter(|word| sound::fold(&word.letters) == folded)
                .max_by_key(|word| (*word.letters == *letters, word.weight))
        });
        full.or_else(|| {
            if !piece.whole {
                return None;
            }
            let list = self.by_initials.get(&key(letters))?;
            list.iter()
                .map(|place| &self.words[*place as usize])
                .filter(|word| word.text.chars().count() == letters.len())
                .max_by_key(|word| word.weight)
        })
        .map(|word| &*word.text)
    }

    /// The word whose letters were typed with one slip.
    fn word_of_slipped_letters(&self, piece: &Piece<'_>) -> Option<&str> {
        let folded: Vec<char> = sound::fold(&piece.text).chars().collect();
        if !piece.whole || !SLIP_LETTERS.contains(&folded.len()) {
            return None;
        }
        self.one_away(&self.by_letter_slip, &folded, |word| {
            sound::fold(&word.letters).chars().collect()
        })
    }

    /// The word with one other, one more, one less or two swapped characters.
    fn neighbour(&self, piece: &Piece<'_>) -> Option<&str> {
        self.one_away(&self.by_slip, piece.chars, |word| {
            word.text.chars().collect()
        })
        // A word and what stands beside it is no slip.
        .filter(|word| !piece.text.contains(word))
    }

    fn one_away(
        &self,
        lists: &Lists,
        typed: &[char],
        spelled: impl Fn(&Word) -> Vec<char>,
    ) -> Option<&str> {
        let whole: String = typed.iter().collect();
        let mut best: Option<&Word> = None;
        for text in std::iter::once(whole).chain(without_one(typed)) {
            for place in lists.get(&key(&text)).into_iter().flatten() {
                let word = &self.words[*place as usize];
                let better = best.is_none_or(|best| word.weight > best.weight);
                if better && one_slip(typed, &spelled(word)) {
                    best = Some(word);
                }
            }
        }
        best.map(|word| &*word.text)
    }
}

fn put(lists: &mut Lists, text: &str, place: u32) {
    let list = lists.entry(key(text)).or_default();
    if list.last() != Some(&place) {
        list.push(place);
    }
}

/// FNV-1a. Two texts with one key cost a comparison: words are compared before they are taken.
fn key(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The text less one character, for each character.
fn without_one(chars: &[char]) -> impl Iterator<Item = String> + '_ {
    (0..chars.len()).map(|gone| {
        chars[..gone]
            .iter()
            .chain(&chars[gone + 1..])
            .collect::<String>()
    })
}

/// Whether one slip leads from one text to the other.
fn one_slip(a: &[char], b: &[char]) -> bool {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[front..], &b[front..]);
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - back], &b[..b.len() - back]);
    match (a, b) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling() -> Spelling {
        let mut spelling = Spelling::default();
        for (word, weight) in [
            ("身份证", 9),
            ("居住证", 5),
            ("公积金", 7),
            ("结婚证", 6),
            ("护照", 4),
            ("驾驶证", 6),
            ("老年证", 3),
            ("失业金", 3),
            ("提取", 2),
        ] {
            spelling.add(word, weight);
        }
        spelling
    }

    #[test]
    fn slips_are_put_right() {
        let spelling = spelling();
        for (typed, meant) in [
            // The same sound, and sounds that are one in many mouths.
            ("身分正", "身份证"),
            ("工积金", "公积金"),
            ("申份证", "身份证"),
            ("森芬正", "身份证"),
            ("劳联证", "老年证"),
            ("互照", "护照"),
            ("嘉实证", "驾驶证"),
            // One other, one less, one more, two swapped.
            ("居往证", "居住证"),
            ("驾证", "驾驶证"),
            ("居民住证", "居住证"),
            ("住居证", "居住证"),
            // Letters among characters.
            ("办shenfenzheng", "办身份证"),
            ("gjj提取", "公积金提取"),
            ("结hun证", "结婚证"),
            ("jeihunzheng", "结婚证"),
            ("shenfenzhegn", "身份证"),
        ] {
            let read = spelling.put_right(typed, |_| false);
            assert_eq!(read.as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_reads_is_left_alone() {
        let spelling = spelling();
        for fine in [
            "身份证",
            "公积金提取",
            "天气",
            "etc",
            "",
            "护",
            "量子力学研究",
        ] {
            assert_eq!(spelling.put_right(fine, |_| false), None, "{fine}");
        }
        // It stands in the catalogue as it is.
        assert_eq!(spelling.put_right("互照", |_| true), None);
    }

    #[test]
    fn one_slip_is_one() {
        let told = |a: &str, b: &str| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            one_slip(&a, &b)
        };
        assert!(
            told("abc", "abd") && told("abc", "ab") && told("ab", "abc") && told("abcd", "acbd")
        );
        assert!(
            !told("abc", "abc") && !told("abcd", "dbca") && !told("abc", "cab") && !told("", "ab")
        );
    }
}
