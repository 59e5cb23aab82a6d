//! Answers that may be used again: only good ones, only as long as their source allows, found by a keyed code.

use std::collections::HashMap;

use base::crypto::Digest;
use jiff::{Timestamp, ToSpan as _};

use crate::model::Record;

/// Most answers kept.
const KEPT_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub struct Cache {
    kept: HashMap<Digest, Kept>,
}

#[derive(Debug)]
struct Kept {
    fetched_at: Timestamp,
    until: Timestamp,
    records: Vec<Record>,
}

impl Cache {
    pub fn get(&self, key: &Digest, now: Timestamp) -> Option<(Timestamp, Vec<Record>)> {
        let kept = self.kept.get(key)?;
        (now < kept.until && kept.fetched_at <= now)
            .then(|| (kept.fetched_at, kept.records.clone()))
    }

    pub fn put(&mut self, key: Digest, now: Timestamp, seconds: u32, records: &[Record]) {
        let Ok(until) = now.checked_add(i64::from(seconds).seconds()) else {
            return;
        };
        if self.kept.len() >= KEPT_MAX {
            self.kept.retain(|_, kept| now < kept.until);
        }
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(
            key,
            Kept {
                fetched_at: now,
                until,
                records: records.to_vec(),
            },
        );
    }

    pub fn clear(&mut self) {
        self.kept.clear();
    }
}
