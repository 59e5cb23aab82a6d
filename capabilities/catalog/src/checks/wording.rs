//! 兜底条款: words that ask for something without saying what.
//!
//! 《北京市优化营商环境条例》 and the item standard (C6): conditions and materials are listed one by one; 其他, 有关,
//! 等相关 may not stand for what is not listed. Which words are meant, and where they mean something definite, is
//! configured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Words and phrases of one list.
const ENTRIES_MAX: usize = 200;
/// Characters of one word or phrase.
const ENTRY_CHARS_MAX: usize = 30;

/// The words looked for, and the phrases in which they mean something definite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// 兜底用语
    pub words: Vec<String>,
    /// 含有兜底用语、但意思明确的说法，例如“其他组织”
    pub allowed: Vec<String>,
}

impl Default for Wording {
    fn default() -> Wording {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Wording {
            words: list(&["其他", "其它", "有关", "等相关"]),
            allowed: list(&[
                "其他组织",
                "其他经济组织",
                "其他法人",
                "其他股东",
                "其他共有人",
                "其他权利人",
                "其他继承人",
                "其他家庭成员",
                "其他国家",
            ]),
        }
    }
}

impl Wording {
    /// Tidies what somebody typed: no blanks, no repetitions. A word that is empty would stand everywhere.
    #[must_use]
    pub fn tidied(self) -> Wording {
        Wording {
            words: tidied(self.words),
            allowed: tidied(self.allowed),
        }
    }

    /// What is wrong with the lists: the list's name and the message.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (name, list) in [("words", &self.words), ("allowed", &self.allowed)] {
            if list.len() > ENTRIES_MAX {
                found.push((name, format!("最多{ENTRIES_MAX}个，请减少")));
            }
            if list
                .iter()
                .any(|entry| entry.chars().count() > ENTRY_CHARS_MAX)
            {
                found.push((name, format!("每个最长{ENTRY_CHARS_MAX}个字，请缩短")));
            }
        }
        found
    }

    /// The first of the words that stands in a text as a catch-all. Titles of laws in 《》 are nobody's wording here.
    pub fn vague<'a>(&'a self, text: &str) -> Option<&'a str> {
        // Most texts hold none of them.
        if !self.words.iter().any(|word| text.contains(word.as_str())) {
            return None;
        }
        let mut rest = without_titles(text);
        for phrase in &self.allowed {
            if rest.contains(phrase.as_str()) {
                rest = rest.replace(phrase.as_str(), "\u{1}");
            }
        }
        self.words
            .iter()
            .find(|word| rest.contains(word.as_str()))
            .map(String::as_str)
    }
}

fn tidied(list: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(list.len());
    for entry in list {
        let entry = base::text::single_line(&entry);
        if !entry.is_empty() && !kept.contains(&entry) {
            kept.push(entry);
        }
    }
    kept
}

fn without_titles(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| match c {
            '《' => {
                depth += 1;
                false
            }
            '》' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catch_all_is_found_and_a_definite_phrase_is_not() {
        let wording = Wording::default();
        assert_eq!(wording.vague("法律法规规定的其他条件"), Some("其他"));
        assert_eq!(wording.vague("身份证等相关证明"), Some("等相关"));
        assert_eq!(wording.vague("有关部门出具的证明"), Some("有关"));
        assert_eq!(wording.vague("法人或者其他组织"), None);
        assert_eq!(wording.vague("符合《关于有关问题的通知》第三条"), None);
        assert_eq!(wording.vague("其他组织提交的其他材料"), Some("其他"));
        assert_eq!(wording.vague("已取得营业执照"), None);
    }

    #[test]
    fn the_lists_are_configured() {
        let own = Wording {
            words: vec!["必要时".into(), " ".into(), "必要时".into()],
            allowed: Vec::new(),
        }
        .tidied();
        assert_eq!(own.words, ["必要时"]);
        assert_eq!(own.vague("必要时提交"), Some("必要时"));
        assert_eq!(own.vague("其他材料"), None);
        assert_eq!(own.problems(), []);
    }
}
