//! Translation: Chinese source strings, English from `i18n/en/*.txt` (`中文 = English`, one to a line).

use std::{collections::HashMap, path::Path, sync::LazyLock};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// Value of the `lang` attribute.
    pub fn html(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The word in cookies and links.
    pub fn word(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    pub fn from_word(word: &str) -> Option<Lang> {
        match word {
            "zh" | "zh-CN" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

/// One file per crate that owns public pages; add yours here.
const FILES: &[(&str, &str)] = &[
    ("ui", include_str!("../i18n/en/ui.txt")),
    ("web", include_str!("../i18n/en/web.txt")),
    ("catalog", include_str!("../i18n/en/catalog.txt")),
    ("intake", include_str!("../i18n/en/intake.txt")),
    ("approval", include_str!("../i18n/en/approval.txt")),
    ("license", include_str!("../i18n/en/license.txt")),
    ("rating", include_str!("../i18n/en/rating.txt")),
    ("hall", include_str!("../i18n/en/hall.txt")),
];

static ENGLISH: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    FILES
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(zh, en)| (zh.trim(), en.trim()))
        .collect()
});

/// The string in the visitor's language; the source string where no translation exists.
pub fn translate<'a>(lang: Lang, zh: &'a str) -> &'a str {
    match lang {
        Lang::Zh => zh,
        Lang::En => ENGLISH.get(zh).copied().unwrap_or(zh),
    }
}

/// Whether a string has an English form.
pub fn has_english(zh: &str) -> bool {
    ENGLISH.contains_key(zh)
}

/// Translates and fills `{name}` placeholders.
pub fn fill(lang: Lang, zh: &str, values: &[(&str, &str)]) -> String {
    let mut text = translate(lang, zh).to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// Source strings in the templates below `folder` that have no English: what stands in `t("…")` and `tf("…"`.
///
/// # Errors
/// Whatever reading the folder returns.
pub fn missing(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            missing.extend(self::missing(&path)?);
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for source in strings(&text) {
            if !has_english(source) {
                missing.push(format!("{}: {source}", path.display()));
            }
        }
    }
    missing.sort();
    missing.dedup();
    Ok(missing)
}

fn strings(text: &str) -> impl Iterator<Item = &str> {
    ["t(\"", "tf(\""].into_iter().flat_map(move |mark| {
        text.match_indices(mark).filter_map(move |(at, _)| {
            let before = text[..at].chars().next_back();
            if before.is_some_and(char::is_alphanumeric) {
                return None;
            }
            let rest = &text[at + mark.len()..];
            let string = &rest[..rest.find('"')?];
            string
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
                .then_some(string)
        })
    })
}
