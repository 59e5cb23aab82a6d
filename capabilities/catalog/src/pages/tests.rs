//! What the templates say must exist in English.

use std::path::Path;

use crate::topics::Topics;
use crate::words;

/// The strings of `t("…")` and `t1("…"` below a folder, without the administrators' pages.
fn strings(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("admin") {
                strings(&path, found);
            }
            continue;
        }
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for mark in [
            ".t(\"",
            ".t1(\"",
            "visit_text(&visit, \"",
            "visit_text(visit, \"",
            ".page(\"",
        ] {
            for (at, _) in text.match_indices(mark) {
                let rest = &text[at + mark.len()..];
                let end = rest.find('"').expect("a string ends");
                found.push(rest[..end].to_owned());
            }
        }
    }
}

#[test]
fn every_public_string_has_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut said = Vec::new();
    strings(&root.join("templates/catalog"), &mut said);
    strings(&root.join("src/pages"), &mut said);
    assert!(said.len() > 100, "the scan finds the strings");
    let topics = Topics::shipped();
    said.extend(
        topics
            .themes
            .iter()
            .flat_map(|theme| [theme.name.clone(), theme.note.clone()]),
    );
    said.extend(topics.life_events.iter().map(|event| event.name.clone()));
    said.extend(words::ITEM_TYPES.iter().map(|(_, word)| (*word).to_owned()));
    said.extend(
        words::SERVICE_OBJECTS
            .iter()
            .map(|(_, word)| (*word).to_owned()),
    );
    said.extend(words::CASE_TYPES.iter().map(|(_, word)| (*word).to_owned()));
    said.extend(words::DELIVERIES.iter().map(|(_, word)| (*word).to_owned()));
    said.extend(
        words::SOURCE_CHANNELS
            .iter()
            .map(|(_, word)| (*word).to_owned()),
    );
    let missing: std::collections::BTreeSet<&String> = said
        .iter()
        .filter(|text| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
        .filter(|text| !ui::i18n::has_english(text))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
