//! Regular expressions, each read once: the expression language would read them again at every evaluation.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use regex::{Regex, RegexBuilder};

/// Longest pattern, in bytes.
pub(super) const LENGTH_MAX: usize = 200;
/// Patterns kept; a rule set that is published was read before.
const KEPT_MAX: usize = 512;

static KNOWN: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);

/// Whether the whole text fits the pattern; `None` where the pattern cannot be read.
pub fn fits(text: &str, pattern: &str) -> Option<bool> {
    if let Some(known) = KNOWN.read().get(pattern) {
        return Some(known.is_match(text));
    }
    let read = Arc::new(read(pattern).ok()?);
    let mut known = KNOWN.write();
    if known.len() < KEPT_MAX {
        known.insert(pattern.to_owned(), Arc::clone(&read));
    }
    drop(known);
    Some(read.is_match(text))
}

/// Reads a pattern that has to fit the whole text.
pub(super) fn read(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > LENGTH_MAX {
        return Err(format!("正则表达式最多{LENGTH_MAX}个字节"));
    }
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(1 << 20)
        .build()
        .map_err(|_| format!("正则表达式“{pattern}”写法不对"))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        assert_eq!(fits("6217009900000000014", r"\d{16,19}"), Some(true));
        assert_eq!(fits("x6217009900000000014", r"\d{16,19}"), Some(false));
        // The second time it is known.
        assert_eq!(fits("62", r"\d{16,19}"), Some(false));
        assert_eq!(fits("62", "("), None);
    }
}
