//! A bounded cache of shared values, forgetting what was asked for longest ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

/// Asking takes a shared lock only; when the cache is full an eighth of it is forgotten at once.
#[derive(Debug)]
pub(crate) struct Lru<K, V> {
    entries: RwLock<HashMap<K, Entry<V>>>,
    clock: AtomicU64,
    most: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    asked: AtomicU64,
}

impl<K: Eq + Hash + Clone, V> Lru<K, V> {
    /// Keeps at most `most` values, at least one.
    pub(crate) fn new(most: usize) -> Lru<K, V> {
        Lru {
            entries: RwLock::new(HashMap::new()),
            clock: AtomicU64::new(0),
            most: most.max(1),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        let entries = self.entries.read();
        let entry = entries.get(key)?;
        entry.asked.store(self.tick(), Ordering::Relaxed);
        Some(Arc::clone(&entry.value))
    }

    pub(crate) fn put(&self, key: K, value: Arc<V>) {
        let entry = Entry {
            value,
            asked: AtomicU64::new(self.tick()),
        };
        let mut entries = self.entries.write();
        if entries.len() >= self.most && !entries.contains_key(&key) {
            forget(&mut entries, self.most);
        }
        entries.insert(key, entry);
    }

    /// Forgets what `keep` does not want.
    pub(crate) fn retain(&self, keep: impl Fn(&K, &V) -> bool) {
        self.entries
            .write()
            .retain(|key, entry| keep(key, &entry.value));
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

/// Forgets the eighth that was not asked for longest, at least one.
fn forget<K: Eq + Hash + Clone, V>(entries: &mut HashMap<K, Entry<V>>, most: usize) {
    let mut ages: Vec<u64> = entries
        .values()
        .map(|entry| entry.asked.load(Ordering::Relaxed))
        .collect();
    let gone = (most / 8).max(1).min(ages.len());
    let (_, limit, _) = ages.select_nth_unstable(gone - 1);
    let limit = *limit;
    entries.retain(|_, entry| entry.asked.load(Ordering::Relaxed) > limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stays() {
        let cache = Lru::new(16);
        for n in 0..16 {
            cache.put(n, Arc::new(n));
        }
        assert_eq!(cache.get(&0).as_deref(), Some(&0));
        cache.put(16, Arc::new(16));
        assert_eq!(cache.entries.read().len(), 15);
        assert!(cache.get(&0).is_some(), "asked for just now");
        assert!(cache.get(&1).is_none() && cache.get(&2).is_none());
        cache.retain(|key, _| *key == 16);
        assert_eq!(cache.entries.read().len(), 1);
    }
}
