//! Full-text search over tokens made by the application: the same results on both engines.
//!
//! Every token is stored as `kind:token`, so the kinds do not slow each other, and encoded so that no tokenizer,
//! stemmer or query syntax can read anything into it. Chosen per engine:
//!
//! * SQLite: FTS5 without content and without positions. A document's row number is its `sort` times 2^20 plus a
//!   running number, so FTS5's own order is the order of the answers and a common token stops after `limit`.
//!   Documents of one commit are put in together at its end: a savepoint would flush the index once per document.
//! * PostgreSQL: a TSVECTOR column with a GIN index. First the newest `RECENT` documents of the kind are looked
//!   through by the index on `(kind, sort)`, which answers common tokens; where they do not fill the page, the GIN
//!   index answers, whose matches are then at most a small share of the documents.

use std::fmt::Write as _;

use uuid::Uuid;

use crate::{Engine, Error, Tx, Value, params};

/// Documents looked through by date before the token index is asked (PostgreSQL).
const RECENT: i64 = 2000;

/// Characters of a token that count; the rest is cut off, when indexing and when asking.
const TOKEN_CHARS_MAX: usize = 64;

/// The sort numbers that fit above the running number in 63 bits.
const SORT_MAX: i64 = (1 << 43) - 1;

/// What is to be found, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// What kind of document, `case`; searched one at a time.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
    /// Orders the results, newest first; usually milliseconds. From 0 to 2^43 - 1 (the year 2248).
    pub sort: i64,
    /// What it is found by, see [`tokens`]. Doubles are harmless.
    pub tokens: Vec<String>,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The kind of document.
    pub kind: &'static str,
    /// Tokens that must all be there; with none, every document of the kind matches.
    pub all: Vec<String>,
    /// Tokens of which one must be there, unless this is empty.
    pub any: Vec<String>,
    /// Only documents with a smaller `sort`: the last one of the page before.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// A document that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which one.
    pub id: Uuid,
    /// Its place in the order.
    pub sort: i64,
}

/// A document whose tokens are encoded, sorted and without doubles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) kind: String,
    pub(crate) id: Uuid,
    pub(crate) sort: i64,
    /// Encoded without the kind, parted by spaces.
    pub(crate) tokens: String,
}

/// A change of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Put(Indexed),
    Remove { kind: String, id: Uuid },
}

impl Change {
    pub(crate) fn key(&self) -> (&str, Uuid) {
        match self {
            Change::Put(indexed) => (&indexed.kind, indexed.id),
            Change::Remove { kind, id } => (kind, *id),
        }
    }
}

impl Indexed {
    pub(crate) fn of(doc: &Doc) -> Result<Indexed, Error> {
        let mut encoded: Vec<String> = doc
            .tokens
            .iter()
            .filter(|token| !token.is_empty())
            .map(|token| encode(token))
            .collect();
        encoded.sort_unstable();
        encoded.dedup();
        Indexed::new(doc.kind.to_owned(), doc.id, doc.sort, encoded.join(" "))
    }

    pub(crate) fn new(kind: String, id: Uuid, sort: i64, tokens: String) -> Result<Indexed, Error> {
        if !(0..=SORT_MAX).contains(&sort) {
            return Err(Error::Engine(format!(
                "search: sort {sort} is out of range"
            )));
        }
        Ok(Indexed {
            kind,
            id,
            sort,
            tokens,
        })
    }

    /// The tokens as the index holds them; the first one is carried by every document of the kind.
    pub(crate) fn terms(&self) -> String {
        let prefix = prefix(&self.kind);
        let mut terms = prefix.clone();
        for token in self.tokens.split(' ').filter(|token| !token.is_empty()) {
            terms.push(' ');
            terms.push_str(&prefix);
            terms.push_str(token);
        }
        terms
    }
}

/// What the encoded tokens of a kind begin with.
pub(crate) fn prefix(kind: &str) -> String {
    encode(&format!("{kind}:"))
}

/// Lower-case ASCII letters except `z`, digits, and letters of other scripts stay; every other character becomes
/// `z`, its code point in hexadecimal, `z`. Two tokens never become the same, and what is left cannot be split,
/// folded or quoted by FTS5's `ascii` tokenizer or by tsquery.
fn encode(token: &str) -> String {
    let mut encoded = String::with_capacity(token.len() + 4);
    for character in token.chars().take(TOKEN_CHARS_MAX) {
        let plain = matches!(character, 'a'..='y' | '0'..='9') || is_cjk(character);
        if plain {
            encoded.push(character);
        } else {
            write!(encoded, "z{:x}z", u32::from(character)).expect("a String takes everything");
        }
    }
    encoded
}

fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Tokens of a text, to index it and to ask for it: overlapping pairs of Chinese characters (one alone where it
/// stands alone), words and numbers of other scripts in lower case, full-width forms folded to plain ones.
pub fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut chinese: Vec<char> = Vec::new();
    for character in text.chars().map(fold).chain(std::iter::once(' ')) {
        if is_cjk(character) {
            finish_word(&mut word, &mut found);
            chinese.push(character);
        } else if character.is_alphanumeric() {
            finish_chinese(&mut chinese, &mut found);
            word.extend(character.to_lowercase());
        } else {
            finish_word(&mut word, &mut found);
            finish_chinese(&mut chinese, &mut found);
        }
    }
    found
}

fn finish_word(word: &mut String, found: &mut Vec<String>) {
    if !word.is_empty() {
        found.push(std::mem::take(word));
    }
}

fn finish_chinese(chinese: &mut Vec<char>, found: &mut Vec<String>) {
    match chinese.as_slice() {
        [] => {}
        [alone] => found.push(alone.to_string()),
        many => found.extend(many.windows(2).map(|pair| pair.iter().collect::<String>())),
    }
    chinese.clear();
}

/// Full-width letters, digits and signs (U+FF01 to U+FF5E) and the ideographic space to their plain forms.
fn fold(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).expect("0x21 to 0x7e are characters")
        }
        other => other,
    }
}

pub(crate) fn run(tx: &mut Tx<'_>, query: &Query) -> Result<Vec<Hit>, Error> {
    if query.limit == 0 {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let before = query.before.unwrap_or(SORT_MAX + 1).clamp(0, SORT_MAX + 1);
    match tx.engine() {
        Engine::Sqlite => run_sqlite(tx, query, before, limit),
        Engine::Postgres => run_postgres(tx, query, before, limit),
    }
}

fn run_sqlite(tx: &mut Tx<'_>, query: &Query, before: i64, limit: i64) -> Result<Vec<Hit>, Error> {
    let wanted = expression(query, '"', " AND ", " OR ");
    // A `doc` below `before * 2^20` has a smaller `sort`; the greatest `before` would not fit, its largest doc does.
    let below = before.checked_mul(1 << 20).unwrap_or(i64::MAX);
    let rows = tx.query(
        "SELECT search_docs.id, search_docs.sort
           FROM (SELECT rowid AS doc
                   FROM search_terms
                  WHERE search_terms MATCH $1 AND rowid < $2
                  ORDER BY rowid DESC
                  LIMIT $3) AS found
           JOIN search_docs ON search_docs.doc = found.doc
          ORDER BY found.doc DESC",
        &params![wanted, below, limit],
    )?;
    hits(&rows)
}

fn run_postgres(
    tx: &mut Tx<'_>,
    query: &Query,
    before: i64,
    limit: i64,
) -> Result<Vec<Hit>, Error> {
    let wanted = expression(query, '\'', " & ", " | ");
    let recent = tx.query(
        "SELECT id, sort
           FROM (SELECT id, sort, tokens
                   FROM search_docs
                  WHERE kind = $1 AND sort < $2
                  ORDER BY sort DESC
                  LIMIT $3) AS recent
          WHERE tokens @@ CAST(CAST($4 AS TEXT) AS TSQUERY)
          ORDER BY sort DESC, id DESC
          LIMIT $5",
        &params![query.kind, before, RECENT, &wanted, limit],
    )?;
    if recent.len() >= query.limit {
        return hits(&recent);
    }
    let all = tx.query(
        "WITH found AS MATERIALIZED (
              SELECT id, sort
                FROM search_docs
               WHERE tokens @@ CAST(CAST($1 AS TEXT) AS TSQUERY))
         SELECT id, sort FROM found WHERE sort < $2 ORDER BY sort DESC, id DESC LIMIT $3",
        &params![wanted, before, limit],
    )?;
    hits(&all)
}

fn hits(rows: &[crate::Row]) -> Result<Vec<Hit>, Error> {
    rows.iter()
        .map(|row| {
            Ok(Hit {
                id: row.get(0)?,
                sort: row.get(1)?,
            })
        })
        .collect()
}

/// The query in the engine's syntax; encoded tokens hold nothing that would have to be escaped inside quotes.
fn expression(query: &Query, quote: char, and: &str, or: &str) -> String {
    let prefix = prefix(query.kind);
    let term = |token: &String| format!("{quote}{prefix}{}{quote}", encode(token));
    let list = |tokens: &[String]| -> Vec<String> {
        tokens
            .iter()
            .filter(|token| !token.is_empty())
            .map(term)
            .collect()
    };
    let mut parts = list(&query.all);
    let any = list(&query.any);
    if !any.is_empty() {
        parts.push(format!("({})", any.join(or)));
    }
    if parts.is_empty() {
        parts.push(format!("{quote}{prefix}{quote}"));
    }
    parts.join(and)
}

/// Applies changes to SQLite's index, in row order so that FTS5 flushes once.
pub(crate) fn apply_sqlite(
    session: &mut crate::sqlite::Session<'_>,
    changes: Vec<Change>,
) -> Result<(), Error> {
    let mut last: std::collections::HashMap<(String, Uuid), Change> =
        std::collections::HashMap::new();
    for change in changes {
        let (kind, id) = change.key();
        last.insert((kind.to_owned(), id), change);
    }
    let mut terms: Vec<(i64, Option<String>)> = Vec::with_capacity(last.len());
    let mut ordered: Vec<Change> = last.into_values().collect();
    ordered.sort_unstable_by_key(|change| match change {
        Change::Put(indexed) => (indexed.sort, indexed.id),
        Change::Remove { id, .. } => (-1, *id),
    });
    for change in ordered {
        let (kind, id) = change.key();
        let old = session.query(
            "SELECT doc, sort, tokens FROM search_docs WHERE kind = $1 AND id = $2",
            &params![kind, id],
        )?;
        let old = old.into_iter().next();
        match change {
            Change::Remove { .. } => {
                if let Some(old) = old {
                    remove_sqlite(session, old.get(0)?)?;
                }
            }
            Change::Put(indexed) => {
                if let Some(old) = old {
                    let same = old.get::<i64>(1)? == indexed.sort
                        && old.get::<String>(2)? == indexed.tokens;
                    if same {
                        continue;
                    }
                    remove_sqlite(session, old.get(0)?)?;
                }
                let doc = free_doc(session, indexed.sort)?;
                let all = indexed.terms();
                session.exec(
                    "INSERT INTO search_docs (doc, kind, id, sort, tokens) VALUES ($1, $2, $3, $4, $5)",
                    &params![doc, indexed.kind, indexed.id, indexed.sort, indexed.tokens],
                )?;
                terms.push((doc, Some(all)));
            }
        }
    }
    terms.sort_unstable_by_key(|(doc, _)| *doc);
    for (doc, all) in terms {
        let params: [Value; 2] = params![doc, all];
        session.exec(
            "INSERT INTO search_terms (rowid, tokens) VALUES ($1, $2)",
            &params,
        )?;
    }
    Ok(())
}

fn remove_sqlite(session: &mut crate::sqlite::Session<'_>, doc: i64) -> Result<(), Error> {
    session.exec("DELETE FROM search_docs WHERE doc = $1", &params![doc])?;
    session.exec("DELETE FROM search_terms WHERE rowid = $1", &params![doc])?;
    Ok(())
}

/// The next running number under a `sort`.
fn free_doc(session: &mut crate::sqlite::Session<'_>, sort: i64) -> Result<i64, Error> {
    let first = sort << 20;
    let last = first | ((1 << 20) - 1);
    let rows = session.query(
        "SELECT COALESCE(MAX(doc) + 1, $1) FROM search_docs WHERE doc BETWEEN $1 AND $2",
        &params![first, last],
    )?;
    let doc: i64 = rows.first().ok_or(Error::NoRow)?.get(0)?;
    if doc > last {
        return Err(Error::Engine(format!(
            "search: too many documents of one sort {sort}"
        )));
    }
    Ok(doc)
}
