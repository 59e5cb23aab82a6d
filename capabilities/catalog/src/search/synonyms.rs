//! What people say and what it is called: everyday words to official ones, and a question taken apart into words.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::normalise;

/// The shipped words: `word,canonical`, one line each; a word may have several.
const SHIPPED: &str = include_str!("../../../../data/search/synonyms.csv");

/// The word itself.
const SELF: f32 = 1.0;
/// Its official word.
const OFFICIAL: f32 = 0.9;
/// Another everyday word for the same official one.
const SIBLING: f32 = 0.7;
/// Siblings of one word, at most: they weaken the meaning.
const SIBLINGS_MAX: usize = 12;
/// Pieces of a question, at most.
const CONCEPTS_MAX: usize = 12;

/// The known words.
#[derive(Debug, Default)]
pub struct Synonyms {
    variants: HashMap<String, Vec<Variant>>,
    longest: usize,
}

/// A form a word may take in a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub word: String,
    /// How surely it means the same, 0 to 1.
    pub weight: f32,
}

/// One word of a question with everything that means the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Concept {
    pub word: String,
    pub chars: usize,
    /// How much it counts in the question.
    pub weight: f32,
    pub variants: Vec<Variant>,
}

/// Words nearly every item has: they tell little.
const COMMON: &[&str] = &[
    "登记", "许可", "审批", "备案", "核发", "证明", "证件", "业务", "服务", "申请", "办理", "变更",
    "证", "卡",
];

impl Synonyms {
    /// The shipped words, read once.
    pub fn shipped() -> &'static Synonyms {
        static WORDS: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::parse(SHIPPED));
        &WORDS
    }

    /// Every word and every official word.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.variants.keys().map(String::as_str)
    }

    /// Reads lines of `word,canonical`; the first line is the header, anything that is not a pair is passed over.
    pub fn parse(text: &str) -> Synonyms {
        let mut official: HashMap<String, Vec<String>> = HashMap::new();
        let mut everyday: HashMap<String, Vec<String>> = HashMap::new();
        for line in text.lines().skip(1) {
            let Some((word, canonical)) = line.split_once(',') else {
                continue;
            };
            let (word, canonical) = (normalise(word), normalise(canonical));
            if word.is_empty() || canonical.is_empty() || word == canonical {
                continue;
            }
            official
                .entry(word.clone())
                .or_default()
                .push(canonical.clone());
            everyday.entry(canonical).or_default().push(word);
        }
        let mut synonyms = Synonyms::default();
        for word in official.keys().chain(everyday.keys()) {
            if synonyms.variants.contains_key(word) {
                continue;
            }
            let variants = variants(word, &official, &everyday);
            synonyms.longest = synonyms.longest.max(word.chars().count());
            synonyms.variants.insert(word.clone(), variants);
        }
        synonyms
    }

    /// Takes a tidied question apart: the longest known word at each place, what lies between as it stands.
    pub fn take_apart(&self, question: &str) -> Vec<Concept> {
        let chars: Vec<char> = question.chars().collect();
        let mut concepts: Vec<Concept> = Vec::new();
        let mut literal = String::new();
        let mut place = 0;
        while place < chars.len() && concepts.len() < CONCEPTS_MAX {
            let longest = self.longest.min(chars.len() - place);
            let known = (1..=longest).rev().find_map(|length| {
                let word: String = chars[place..place + length].iter().collect();
                self.variants
                    .get(&word)
                    .map(|variants| (word, variants, length))
            });
            match known {
                // A single known character inside a longer word is chance.
                Some((word, variants, length)) if length >= 2 || chars.len() == 1 => {
                    push_literal(&mut concepts, &mut literal);
                    concepts.push(concept(word, variants.clone()));
                    place += length;
                }
                _ => {
                    literal.push(chars[place]);
                    place += 1;
                }
            }
        }
        push_literal(&mut concepts, &mut literal);
        concepts
    }
}

fn push_literal(concepts: &mut Vec<Concept>, literal: &mut String) {
    if literal.is_empty() {
        return;
    }
    let word = std::mem::take(literal);
    let itself = Variant {
        word: word.clone(),
        weight: SELF,
    };
    concepts.push(concept(word, vec![itself]));
}

fn concept(word: String, variants: Vec<Variant>) -> Concept {
    let chars = word.chars().count();
    let length = f32::from(u8::try_from(chars.min(6)).expect("at most six"));
    let weight = if COMMON.contains(&word.as_str()) {
        length * 0.3
    } else if chars == 1 {
        // A stray particle between known words.
        0.4
    } else {
        length
    };
    Concept {
        word,
        chars,
        weight,
        variants,
    }
}

fn variants(
    word: &str,
    official: &HashMap<String, Vec<String>>,
    everyday: &HashMap<String, Vec<String>>,
) -> Vec<Variant> {
    let mut found = vec![Variant {
        word: word.to_owned(),
        weight: SELF,
    }];
    let mut add = |word: &str, weight: f32| {
        if !found.iter().any(|known| known.word == word) {
            found.push(Variant {
                word: word.to_owned(),
                weight,
            });
        }
    };
    let canonicals = official.get(word).map(Vec::as_slice).unwrap_or_default();
    for canonical in canonicals {
        add(canonical, OFFICIAL);
    }
    // An official word of an official word: 老人补贴 → 高龄津贴, 高龄 → 老年人.
    let sources = canonicals.iter().map(String::as_str).chain([word]);
    for sibling in sources
        .flat_map(|canonical| {
            everyday
                .get(canonical)
                .map(Vec::as_slice)
                .unwrap_or_default()
        })
        .take(SIBLINGS_MAX)
    {
        add(sibling, SIBLING);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_come_apart_at_known_words() {
        let synonyms = Synonyms::parse("word,canonical\n老人,老年人\n高龄,老年人\n补贴,津贴\n");
        let concepts = synonyms.take_apart("老人补贴");
        let words: Vec<&str> = concepts
            .iter()
            .map(|concept| concept.word.as_str())
            .collect();
        assert_eq!(words, ["老人", "补贴"]);
        let forms: Vec<&str> = concepts[0]
            .variants
            .iter()
            .map(|v| v.word.as_str())
            .collect();
        assert_eq!(forms, ["老人", "老年人", "高龄"]);
        let unknown = synonyms.take_apart("危险化学品");
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].variants.len(), 1);
    }

    #[test]
    fn the_shipped_words_are_many_and_read() {
        let shipped = Synonyms::shipped();
        assert!(shipped.variants.len() > 300);
        assert!(
            shipped.take_apart("老人补贴")[0]
                .variants
                .iter()
                .any(|v| v.word == "高龄津贴")
        );
    }
}
