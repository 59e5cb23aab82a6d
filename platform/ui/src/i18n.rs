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
    ("joint", include_str!("../i18n/en/joint.txt")),
    ("intake", include_str!("../i18n/en/intake.txt")),
    ("approval", include_str!("../i18n/en/approval.txt")),
    ("license", include_str!("../i18n/en/license.txt")),
    ("rating", include_str!("../i18n/en/rating.txt")),
    ("hall", include_str!("../i18n/en/hall.txt")),
    ("window", include_str!("../i18n/en/window.txt")),
    ("smart", include_str!("../i18n/en/smart.txt")),
];

static ENGLISH: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    FILES
        .iter()
        .flat_map(|(_, text)| entries(text).flatten())
        .collect()
});

/// The entries of one file; an error is a line that is none.
fn entries(text: &str) -> impl Iterator<Item = Result<(&str, &str), &str>> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (zh, en) = line.split_once(" = ").ok_or(line)?;
            Ok((zh.trim(), en.trim()))
        })
}

/// What is wrong with the files themselves: lines that are no entry, placeholders that differ between the two
/// languages, one Chinese string with two English forms.
pub fn faults() -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen: HashMap<&str, (&str, &str)> = HashMap::new();
    for (file, text) in FILES {
        for entry in entries(text) {
            let (zh, en) = match entry {
                Ok(entry) => entry,
                Err(line) => {
                    faults.push(format!("{file}: no entry: {line}"));
                    continue;
                }
            };
            let mut wanted = placeholders(zh);
            wanted.sort_unstable();
            wanted.dedup();
            for form in en.split(" | ") {
                let mut found = placeholders(form);
                found.sort_unstable();
                found.dedup();
                // 1 working day | {n} working days: the first form may leave the number out.
                if found != wanted && !(en.contains(" | ") && found.len() < wanted.len()) {
                    faults.push(format!("{file}: other placeholders: {zh} = {en}"));
                }
            }
            if let Some((other, _)) = seen
                .insert(zh, (file, en))
                .filter(|(_, before)| *before != en)
            {
                faults.push(format!(
                    "{file}: another English form than in {other}: {zh}"
                ));
            }
        }
    }
    faults
}

fn placeholders(text: &str) -> Vec<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
        .collect()
}

/// The string in the visitor's language; the source string where no translation exists.
pub fn translate(lang: Lang, zh: &str) -> &str {
    match lang {
        Lang::Zh => zh,
        Lang::En => ENGLISH.get(zh).copied().unwrap_or(zh),
    }
}

/// Whether a string has an English form.
pub fn has_english(zh: &str) -> bool {
    ENGLISH.contains_key(zh)
}

/// Translates and fills `{name}` placeholders in one pass, so that a value may hold braces. English may give two
/// forms, `{n} working day | {n} working days`: the first is for the value 1.
pub fn fill(lang: Lang, zh: &str, values: &[(&str, &str)]) -> String {
    let mut source = translate(lang, zh);
    if lang == Lang::En
        && let Some((one, many)) = source.split_once(" | ")
    {
        source = if values.first().is_some_and(|(_, value)| *value == "1") {
            one
        } else {
            many
        };
    }
    let mut text = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let filled = after.split_once('}').and_then(|(name, left)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, left))
        });
        if let Some((value, left)) = filled {
            text.push_str(value);
            rest = left;
        } else {
            text.push('{');
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

/// Source strings below `folder` (templates, or sources) that have no English: what stands in `t("…")`,
/// `t1("…"` and `tf("…"`.
///
/// # Errors
/// Whatever reading the folder returns.
pub fn missing(folder: &Path) -> std::io::Result<Vec<String>> {
    scan(folder, &mut |text, found| {
        let text = without_comments(text);
        for source in strings(&text) {
            if !has_english(source) {
                found.push(source.to_owned());
            }
        }
    })
}

/// Chinese that stands in the templates below `folder` outside of any call, so that no translation reaches it.
///
/// # Errors
/// Whatever reading the folder returns.
pub fn bare(folder: &Path) -> std::io::Result<Vec<String>> {
    scan(folder, &mut |text, found| {
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            collect_bare(before, found);
            let end = match after.as_bytes().get(1) {
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                Some(b'#') => "#}",
                _ => "{",
            };
            rest = match after.find(end) {
                Some(at) => &after[at + end.len()..],
                None => "",
            };
        }
        collect_bare(rest, found);
    })
}

fn collect_bare(text: &str, found: &mut Vec<String>) {
    found.extend(
        text.split(|c: char| !is_han(c))
            .filter(|run| !run.is_empty())
            // The name of the platform and of the language are the same in every language.
            .filter(|run| !matches!(*run, "通办" | "中文"))
            .map(str::to_owned),
    );
}

fn scan(
    folder: &Path,
    look: &mut dyn FnMut(&str, &mut Vec<String>),
) -> std::io::Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(scan(&path, look)?);
            continue;
        }
        let mut found = Vec::new();
        look(&std::fs::read_to_string(&path)?, &mut found);
        all.extend(
            found
                .into_iter()
                .map(|text| format!("{}: {text}", path.display())),
        );
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The text without template comments.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{#") {
        out.push_str(before);
        rest = after.split_once("#}").map_or("", |(_, left)| left);
    }
    out.push_str(rest);
    out
}

fn strings(text: &str) -> impl Iterator<Item = &str> {
    ["t(\"", "tf(\"", "t1(\""]
        .into_iter()
        .flat_map(move |mark| {
            text.match_indices(mark).filter_map(move |(at, _)| {
                let before = text[..at].chars().next_back();
                if before.is_some_and(char::is_alphanumeric) {
                    return None;
                }
                let rest = &text[at + mark.len()..];
                let string = &rest[..rest.find('"')?];
                string.chars().any(is_han).then_some(string)
            })
        })
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_braces_stays_as_it_is() {
        let text = fill(Lang::Zh, "{a}和{b}，{c}", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(text, "{b}和2，{c}");
    }

    #[test]
    fn one_is_one_and_two_are_many() {
        let days = |n| fill(Lang::En, "{n}个工作日", &[("n", n)]);
        assert_eq!(days("1"), "1 working day");
        assert_eq!(days("20"), "20 working days");
    }

    #[test]
    fn strings_are_found_in_all_three_calls() {
        let text = r#"{{ page.t("甲") }} page.t1("乙{n}", "n", 2) {{ page.tf("丙", x) }} about("丁") t("x")"#;
        let mut found: Vec<&str> = strings(text).collect();
        found.sort_unstable();
        assert_eq!(found, ["丙", "乙{n}", "甲"]);
    }

    #[test]
    fn the_files_are_in_order() {
        let faults = faults();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
