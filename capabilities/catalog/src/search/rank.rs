//! Ranking: which items answer, and which of them best.
//!
//! The numbers below are ordered by what people mean: the name itself, then an everyday phrase, then all the words of
//! the question in whatever form, then some of them. Use decides between equals.

use super::index::{Index, Indexed};
use super::sound::Heard;
use super::synonyms::{Concept, Synonyms};
use super::text::{essence, is_latin, normalise};
use super::{CANDIDATES_MAX, Found, Hit, QUERY_CHARS_MAX, Tries};

const NAME_EQUALS: f32 = 1000.0;
const ALIAS_EQUALS: f32 = 970.0;
const NAME_BEGINS: f32 = 700.0;
const ALIAS_BEGINS: f32 = 620.0;
const NAME_HOLDS: f32 = 600.0;
const ALIAS_HOLDS: f32 = 540.0;
/// The question holds an alias and says more.
const HOLDS_ALIAS: f32 = 480.0;
/// All words of the question, each at its best.
const ALL_WORDS: f32 = 400.0;
/// Every word is in the name or an alias.
const COMPLETE: f32 = 80.0;
/// Share of the question's pairs in name and aliases.
const PAIRS: f32 = 60.0;
const USES: f32 = 4.0;
const USES_MAX: f32 = 40.0;

/// How much a word counts by where it stands.
const IN_NAME: f32 = 1.0;
const IN_ALIAS: f32 = 0.92;
const IN_OTHER: f32 = 0.45;
/// A part of a long word nobody wrote as a whole.
const IN_PART: f32 = 0.6;

/// A question whose best answer scores this much reads as it stands.
const READS: f32 = 540.0;
/// What a question that was put right counts against one that reads.
const PUT_RIGHT: f32 = 0.93;
/// By how much it must answer better.
const CLEARLY: f32 = 40.0;
/// How much an item may gain by lying near to whoever asks: enough among equals, never enough for another thing.
pub const NEARER_MAX: f32 = 60.0;

/// Below this share of the best score an answer is noise.
const NOISE: f32 = 0.3;
/// Below this score nothing was found.
const FOUND: f32 = 110.0;

impl Index {
    /// The items that answer a question, best first. `accept` says which items may.
    pub fn search(
        &self,
        question: &str,
        synonyms: &Synonyms,
        accept: impl Fn(u32) -> bool,
    ) -> Vec<Hit> {
        self.ask(question, synonyms, true, accept, |_| 0.0).hits
    }

    /// As [`Index::search`]; `nearer` says how much an item lies nearer to whoever asks, 0 to [`NEARER_MAX`], and where
    /// `forgiving` the question is read past slips if it answers little as it stands.
    pub fn ask(
        &self,
        question: &str,
        synonyms: &Synonyms,
        forgiving: bool,
        accept: impl Fn(u32) -> bool,
        nearer: impl Fn(u32) -> f32,
    ) -> Found {
        let whole: String = normalise(question).chars().take(QUERY_CHARS_MAX).collect();
        if whole.is_empty() {
            return Found::default();
        }
        let mut hits = self.literal(&whole, synonyms, &accept);
        let mut best = best_of(&hits);
        let mut read_as = None;
        if forgiving && best < READS {
            let thing = essence(&whole);
            let right = self
                .spelling
                .put_right(thing, |piece| self.strong.holds(piece));
            if let Some(right) = right {
                let mut others = self.literal(&right, synonyms, &accept);
                for hit in &mut others {
                    hit.score *= PUT_RIGHT;
                }
                if best_of(&others) > best + CLEARLY {
                    best = best_of(&others);
                    hits = merged(others, &hits);
                    read_as = Some(right);
                }
            }
        }
        hits.retain(|hit| hit.score >= FOUND && hit.score >= best * NOISE);
        for hit in &mut hits {
            hit.score += nearer(hit.doc).clamp(0.0, NEARER_MAX);
        }
        sort(&mut hits, &self.docs);
        Found { hits, read_as }
    }

    /// What answers the question as it stands, in no order.
    fn literal(&self, whole: &str, synonyms: &Synonyms, accept: &impl Fn(u32) -> bool) -> Vec<Hit> {
        let hits = if is_latin(whole) {
            self.by_sound(whole, accept)
        } else {
            Vec::new()
        };
        if hits.is_empty() {
            self.by_words(whole, synonyms, accept)
        } else {
            hits
        }
    }

    fn by_words(
        &self,
        whole: &str,
        synonyms: &Synonyms,
        accept: &impl Fn(u32) -> bool,
    ) -> Vec<Hit> {
        let thing = essence(whole);
        let concepts = synonyms.take_apart(thing);
        let rough = self.rough(&concepts, accept);
        rough
            .into_iter()
            .map(|doc| {
                let (score, alias) = precise(&self.docs[doc as usize], whole, thing, &concepts);
                Hit { doc, score, alias }
            })
            .collect()
    }

    /// The most promising documents by the words they hold.
    fn rough(&self, concepts: &[Concept], accept: &impl Fn(u32) -> bool) -> Vec<u32> {
        let mut scores = vec![0.0_f32; self.docs.len()];
        let mut best = vec![0.0_f32; self.docs.len()];
        let mut parts = vec![0.0_f32; self.docs.len()];
        let mut touched = Vec::new();
        for concept in concepts {
            let mut note = |doc: u32, weight: f32| {
                let seen = &mut best[doc as usize];
                if *seen == 0.0 {
                    touched.push(doc);
                }
                *seen = seen.max(weight);
            };
            for variant in &concept.variants {
                for doc in self.strong.all_pairs(&variant.word) {
                    note(doc, variant.weight);
                }
                for doc in self.weak.all_pairs(&variant.word) {
                    note(doc, variant.weight * IN_OTHER);
                }
            }
            if concept.chars >= 3 {
                let pairs = self.strong.pairs(&concept.word);
                let share = IN_PART / pairs.len() as f32;
                for list in &pairs {
                    for doc in *list {
                        parts[*doc as usize] += share;
                    }
                }
                for list in pairs {
                    for doc in list {
                        // A document that several lists name is noted once.
                        let weight = std::mem::take(&mut parts[*doc as usize]);
                        if weight > 0.0 {
                            note(*doc, weight);
                        }
                    }
                }
            }
            for doc in touched.drain(..) {
                scores[doc as usize] += best[doc as usize] * concept.weight;
                best[doc as usize] = 0.0;
            }
        }
        let mut found: Vec<u32> = (0..)
            .zip(&scores)
            .filter(|(doc, score)| **score > 0.0 && accept(*doc))
            .map(|(doc, _)| doc)
            .collect();
        let order = |doc: &u32| {
            let popular = popularity(self.docs[*doc as usize].uses) / USES_MAX * 0.1;
            // Shorter names first among equals: they are the thing itself.
            let brevity = -(self.docs[*doc as usize].name.len() as f32) * 1e-4;
            scores[*doc as usize] + popular + brevity
        };
        if found.len() > CANDIDATES_MAX {
            found.select_nth_unstable_by(CANDIDATES_MAX, |a, b| order(b).total_cmp(&order(a)));
            found.truncate(CANDIDATES_MAX);
        }
        found
    }

    fn by_sound(&self, letters: &str, accept: &impl Fn(u32) -> bool) -> Vec<Hit> {
        let mut best: std::collections::HashMap<u32, Hit> = std::collections::HashMap::new();
        for heard in self.sounds.find(letters) {
            if !accept(heard.doc) {
                continue;
            }
            let score = sound_score(heard, &self.docs[heard.doc as usize]);
            let hit = Hit {
                doc: heard.doc,
                score,
                alias: heard.alias,
            };
            best.entry(heard.doc)
                .and_modify(|known| {
                    if known.score < score {
                        *known = hit;
                    }
                })
                .or_insert(hit);
        }
        let mut hits: Vec<Hit> = best.into_values().collect();
        sort(&mut hits, &self.docs);
        hits.truncate(CANDIDATES_MAX);
        hits
    }

    /// What looks or sounds like a question that nothing answers: at most `most` names.
    pub fn similar(&self, question: &str, most: usize, accept: impl Fn(u32) -> bool) -> Tries {
        let whole = normalise(question);
        let thing: String = essence(&whole).chars().take(QUERY_CHARS_MAX).collect();
        let mut scored: Vec<(f32, u32, Option<u16>)> = Vec::new();
        for heard in self.sounds.homophones(&thing) {
            let text = self.text(heard.doc, heard.alias);
            scored.push((1.0 + 1.0 / (text.len() as f32), heard.doc, heard.alias));
        }
        let mut seen = std::collections::HashSet::new();
        // The same name at many bodies is compared once.
        let mut compared = std::collections::HashSet::new();
        let pieces = Pieces::of(&thing);
        for c in thing.chars() {
            for doc in self.strong.single(c).iter().take(2000) {
                if seen.insert(*doc) {
                    let texts = std::iter::once(None)
                        .chain((0..).take(self.docs[*doc as usize].aliases.len()).map(Some));
                    for alias in texts {
                        let text = self.text(*doc, alias);
                        if !compared.insert(text) {
                            continue;
                        }
                        let likeness = pieces.likeness(&Pieces::of(text));
                        if likeness >= 0.34 {
                            scored.push((likeness, *doc, alias));
                        }
                    }
                }
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut similar: Vec<String> = Vec::new();
        for (_, doc, alias) in scored {
            let text = self.text(doc, alias);
            if accept(doc) && !similar.iter().any(|known| known == text) {
                similar.push(text.to_owned());
                if similar.len() == most {
                    break;
                }
            }
        }
        Tries { similar }
    }

    fn text(&self, doc: u32, alias: Option<u16>) -> &str {
        let doc = &self.docs[doc as usize];
        alias.map_or(&doc.name, |alias| &doc.aliases[usize::from(alias)])
    }
}

fn best_of(hits: &[Hit]) -> f32 {
    hits.iter().fold(0.0, |best, hit| best.max(hit.score))
}

/// Both lists, each document at its better score.
fn merged(mut first: Vec<Hit>, second: &[Hit]) -> Vec<Hit> {
    let mut places: std::collections::HashMap<u32, usize> = (0..)
        .zip(&first)
        .map(|(place, hit)| (hit.doc, place))
        .collect();
    for hit in second {
        match places.get(&hit.doc) {
            Some(place) if first[*place].score < hit.score => {
                first[*place] = *hit;
            }
            None if first.len() < CANDIDATES_MAX => {
                places.insert(hit.doc, first.len());
                first.push(*hit);
            }
            Some(_) | None => {}
        }
    }
    first
}

fn sort(hits: &mut [Hit], docs: &[Indexed]) {
    hits.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| docs[b.doc as usize].uses.cmp(&docs[a.doc as usize].uses))
            .then_with(|| docs[a.doc as usize].name.cmp(&docs[b.doc as usize].name))
            .then(a.doc.cmp(&b.doc))
    });
}

fn precise(doc: &Indexed, whole: &str, thing: &str, concepts: &[Concept]) -> (f32, Option<u16>) {
    let mut score = phrase(
        &doc.name,
        whole,
        thing,
        [NAME_EQUALS, NAME_BEGINS, NAME_HOLDS],
    );
    let mut alias = None;
    for (place, text) in (0..).zip(&doc.aliases) {
        let mut as_alias = phrase(
            text,
            whole,
            thing,
            [ALIAS_EQUALS, ALIAS_BEGINS, ALIAS_HOLDS],
        );
        let chars = text.chars().count();
        if chars >= 2 && thing.contains(&**text) {
            as_alias = as_alias.max(HOLDS_ALIAS + 15.0 * chars.min(6) as f32);
        }
        if as_alias > score {
            score = as_alias;
            alias = Some(place);
        }
    }
    // A question of one known word may be said by its official word just as well.
    if let [only] = concepts {
        for variant in only.variants.iter().skip(1) {
            let word = variant.word.as_str();
            let said = phrase(
                &doc.name,
                word,
                word,
                [NAME_EQUALS, NAME_BEGINS, NAME_HOLDS],
            ) * variant.weight
                * 0.95;
            if said > score {
                score = said;
                alias = None;
            }
        }
    }
    let (words, complete) = words(doc, concepts);
    let by_words = ALL_WORDS * words + if complete { COMPLETE } else { 0.0 };
    let pairs = PAIRS * pair_share(doc, thing);
    let brevity = 20.0 / (1.0 + doc.name.chars().count() as f32 / 8.0);
    (
        score.max(by_words) + by_words * 0.1 + pairs + brevity + popularity(doc.uses),
        alias,
    )
}

/// The score of a name or alias taken as one phrase: equal, beginning with the question, holding it.
fn phrase(text: &str, whole: &str, thing: &str, [equals, begins, holds]: [f32; 3]) -> f32 {
    if text == whole || text == thing {
        equals
    } else if text.starts_with(thing) {
        // The more of the name the question covers, the nearer it is.
        begins + 60.0 * thing.len() as f32 / text.len() as f32
    } else if text.contains(thing) {
        holds + 60.0 * thing.len() as f32 / text.len() as f32
    } else {
        0.0
    }
}

/// How well the words of the question are met, 0 to 1, and whether name and aliases meet them all.
fn words(doc: &Indexed, concepts: &[Concept]) -> (f32, bool) {
    let mut met = 0.0;
    let mut total = 0.0;
    let mut complete = true;
    for concept in concepts {
        total += concept.weight;
        let mut best: f32 = 0.0;
        let mut strong = false;
        for variant in &concept.variants {
            let word = variant.word.as_str();
            let place = if doc.name.contains(word) {
                strong = true;
                IN_NAME
            } else if doc.aliases.iter().any(|alias| alias.contains(word)) {
                strong = true;
                IN_ALIAS
            } else if doc.other.contains(word) {
                IN_OTHER
            } else {
                0.0
            };
            best = best.max(place * variant.weight);
        }
        if best < IN_PART && concept.chars >= 3 {
            best = best.max(IN_PART * pair_share(doc, &concept.word));
        }
        complete &= strong;
        met += best * concept.weight;
    }
    if total == 0.0 {
        (0.0, false)
    } else {
        (met / total, complete)
    }
}

/// Share of a text's pairs that the name or an alias holds.
fn pair_share(doc: &Indexed, text: &str) -> f32 {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() < 2 {
        return 0.0;
    }
    let mut buffer = [0_u8; 8];
    let mut held = 0_u16;
    for window in chars.windows(2) {
        let first = window[0].encode_utf8(&mut buffer).len();
        let second = window[1].encode_utf8(&mut buffer[first..]).len();
        let pair =
            std::str::from_utf8(&buffer[..first + second]).expect("two characters just written");
        if doc.name.contains(pair) || doc.aliases.iter().any(|alias| alias.contains(pair)) {
            held += 1;
        }
    }
    f32::from(held) / (chars.len() - 1) as f32
}

fn sound_score(heard: Heard, doc: &Indexed) -> f32 {
    let base = match (heard.alias.is_some(), heard.whole, heard.begins) {
        (false, true, _) => NAME_EQUALS,
        (true, true, _) => ALIAS_EQUALS,
        (false, false, true) => NAME_BEGINS,
        (true, false, true) => ALIAS_BEGINS,
        (false, false, false) => NAME_HOLDS - 150.0,
        (true, false, false) => ALIAS_HOLDS - 150.0,
    };
    let full = if heard.full { 20.0 } else { 0.0 };
    base + full + 20.0 / (1.0 + doc.name.chars().count() as f32 / 8.0) + popularity(doc.uses)
}

/// Grows with the logarithm of use: twice as often is one step.
fn popularity(uses: i64) -> f32 {
    (USES * (uses.max(0) as f32 + 1.0).log2()).min(USES_MAX)
}

/// The different characters and pairs of a text, in order.
struct Pieces(Vec<(char, Option<char>)>);

impl Pieces {
    fn of(text: &str) -> Pieces {
        let mut pieces = Vec::with_capacity(text.len());
        let mut before = None;
        for c in text.chars() {
            pieces.push((c, None));
            if let Some(before) = before {
                pieces.push((before, Some(c)));
            }
            before = Some(c);
        }
        pieces.sort_unstable();
        pieces.dedup();
        Pieces(pieces)
    }

    /// Likeness of two texts, 0 to 1: twice what they share by what they have (Dice).
    fn likeness(&self, other: &Pieces) -> f32 {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = 0;
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    mine.next();
                    theirs.next();
                }
            }
        }
        let total = self.0.len() + other.0.len();
        if shared == 0 {
            0.0
        } else {
            2.0 * shared as f32 / total as f32
        }
    }
}
