//! Questions that found nothing: counted, so that the catalogue learns the words people use.
//!
//! Nothing is kept of who asked. What looks like a number of a person (four digits or more), an address of a mailbox,
//! or a whole sentence is not counted at all, and the administrator sees only what was asked at least [`SHOWN`] times.

use std::collections::HashMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use parking_lot::Mutex;
use store::{Db, Error};

use crate::search::text::{essence, normalise};
use crate::store as records;

/// Fewer times may be one person's own words.
pub(crate) const SHOWN: i64 = 2;
/// Days that are kept.
const DAYS: i32 = 180;
/// Different questions waiting to be written; more are not counted until then.
const WAITING_MAX: usize = 500;
/// Characters of a question that is counted.
const CHARS: std::ops::RangeInclusive<usize> = 2..=16;

/// Counts waiting to be written.
#[derive(Debug, Default)]
pub(crate) struct Misses(Mutex<HashMap<(String, Date), i64>>);

impl Misses {
    /// Counts a question, if it may be.
    pub(crate) fn note(&self, question: &str, today: Date) {
        let Some(words) = countable(question) else {
            return;
        };
        let mut waiting = self.0.lock();
        let room = waiting.len() < WAITING_MAX;
        let key = (words, today);
        if room || waiting.contains_key(&key) {
            *waiting.entry(key).or_default() += 1;
        }
    }

    /// Writes what waits. What cannot be written now waits on.
    pub(crate) async fn write(&self, db: &Db) -> Result<(), Error> {
        let counts: Vec<((String, Date), i64)> = self.0.lock().drain().collect();
        let Some(newest) = counts.iter().map(|((_, day), _)| *day).max() else {
            return Ok(());
        };
        let rows = counts.clone();
        let written = db
            .write(move |tx| {
                for ((words, day), times) in &rows {
                    records::add_unanswered(tx, words, *day, *times)?;
                }
                records::forget_unanswered_before(tx, newest.saturating_sub(DAYS.days()))
            })
            .await;
        if written.is_err() {
            let mut waiting = self.0.lock();
            for (key, times) in counts {
                *waiting.entry(key).or_default() += times;
            }
        }
        written
    }
}

/// The thing a question asks for, if it may be counted.
fn countable(question: &str) -> Option<String> {
    if question.contains(['@', '＠']) {
        return None;
    }
    let tidy = normalise(question);
    let words = essence(&tidy);
    let digits = words.chars().filter(char::is_ascii_digit).count();
    (CHARS.contains(&words.chars().count()) && digits < 4).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_is_counted() {
        for (question, words) in [
            ("我要办 量子许可", Some("量子许可")),
            ("ＥＴＣ 办理", Some("etc办理")),
            ("110101199003071234", None),
            ("张三13800138000", None),
            ("a.b@example.com", None),
            ("我", None),
            ("", None),
            ("我家住在三楼昨天楼上漏水把家里天花板泡坏了谁来管", None),
        ] {
            assert_eq!(countable(question).as_deref(), words, "{question}");
        }
    }
}
