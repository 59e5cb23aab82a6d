//! The index over the published items: immutable, built in one go, shared by all questions.

use super::Synonyms;
use super::postings::Postings;
use super::sound::Sounds;
use super::spelling::Spelling;
use super::text::normalise;

/// What is found of one item.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a> {
    pub name: &'a str,
    pub aliases: &'a [String],
    /// Themes, life events, summary, result, body: found, but weighing less.
    pub other: &'a [&'a str],
    /// How often the item was applied for.
    pub uses: i64,
}

/// All items, ready to be asked.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) docs: Vec<Indexed>,
    /// Pairs and characters of names and aliases.
    pub(super) strong: Postings,
    /// Pairs of everything else.
    pub(super) weak: Postings,
    pub(super) sounds: Sounds,
    /// The words that can be meant.
    pub(super) spelling: Spelling,
}

#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) name: Box<str>,
    pub(super) aliases: Box<[Box<str>]>,
    pub(super) other: Box<str>,
    pub(super) uses: i64,
}

impl Index {
    /// Builds the index; a document's number is its place.
    pub fn build<'a>(docs: impl IntoIterator<Item = Doc<'a>>) -> Index {
        let mut index = Index::default();
        for doc in docs {
            index.add(doc);
        }
        index.finish();
        index
    }

    /// As [`Index::build`], for documents that are put together one at a time: `each` hands number `n` to `add`.
    pub fn build_with(count: usize, each: impl Fn(usize, &mut dyn FnMut(Doc<'_>))) -> Index {
        let mut index = Index::default();
        for n in 0..count {
            each(n, &mut |doc| index.add(doc));
        }
        index.finish();
        index
    }

    fn finish(&mut self) {
        for word in Synonyms::shipped().words() {
            self.spelling.add(word, 2);
        }
        self.strong.shrink();
        self.weak.shrink();
    }

    fn add(&mut self, doc: Doc<'_>) {
        let number =
            u32::try_from(self.docs.len()).expect("a catalogue has fewer than four billion items");
        let name = normalise(doc.name);
        let weight = weight(doc.uses);
        self.strong.add(number, &name, true);
        self.sounds.add(number, None, &name);
        self.spelling.add(&name, weight);
        let mut aliases = Vec::with_capacity(doc.aliases.len());
        for (place, alias) in (0..).zip(doc.aliases) {
            let alias = normalise(alias);
            self.strong.add(number, &alias, true);
            self.sounds.add(number, Some(place), &alias);
            self.spelling.add(&alias, weight);
            aliases.push(alias.into_boxed_str());
        }
        let mut other = String::new();
        for text in doc.other {
            let text = normalise(text);
            self.weak.add(number, &text, false);
            other.push_str(&text);
            // A break that no question contains.
            other.push('\n');
        }
        self.docs.push(Indexed {
            name: name.into_boxed_str(),
            aliases: aliases.into_boxed_slice(),
            other: other.into_boxed_str(),
            uses: doc.uses,
        });
    }

    pub fn len(&self) -> usize {
        self.docs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }
}

/// What is applied for more is meant more often.
fn weight(uses: i64) -> u32 {
    1 + uses.max(0).checked_ilog2().unwrap_or(0)
}
