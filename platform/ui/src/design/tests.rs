//! The catalogue is complete, and what it says is so.

use std::{collections::BTreeSet, fs, path::Path};

use askama::Template as _;

use super::{Frame, GROUPS, pages, sample_page, source};
use crate::{Lang, Page, Theme};

fn looks() -> Vec<Page> {
    let mut pages = Vec::new();
    for lang in [Lang::Zh, Lang::En] {
        for care in [false, true] {
            for theme in [Theme::Auto, Theme::Dark] {
                pages.push(Page {
                    lang,
                    care,
                    theme,
                    ..sample_page()
                });
            }
        }
    }
    pages
}

/// What must hold of every page.
fn check(html: &str, place: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{place}: one h1");
    assert_eq!(html.matches("<main").count(), 1, "{place}: one main");
    for forbidden in [
        " style=",
        "<style",
        " onclick=",
        " onsubmit=",
        "javascript:",
    ] {
        assert!(
            !html.contains(forbidden),
            "{place}: {forbidden} breaks the content policy"
        );
    }
    // Every link within the page reaches an element, every label names one, every id is there once.
    let mut ids = BTreeSet::new();
    for (at, _) in html.match_indices(" id=\"") {
        let id = html[at + 5..].split('"').next().unwrap_or_default();
        assert!(ids.insert(id), "{place}: the id {id} is there twice");
    }
    for mark in [
        "href=\"#",
        " for=\"",
        "aria-labelledby=\"",
        "aria-controls=\"",
    ] {
        for (at, _) in html.match_indices(mark) {
            let id = html[at + mark.len()..]
                .split('"')
                .next()
                .unwrap_or_default();
            assert!(ids.contains(id), "{place}: nothing has the id {id}");
        }
    }
}

#[test]
fn every_state_renders_in_every_look() {
    for page in looks() {
        check(
            &pages::Index::new(page.clone(), "")
                .render()
                .expect("renders"),
            "overview",
        );
        for group in GROUPS {
            for specimen in group.specimens {
                let component =
                    pages::Component::new(page.clone(), group, specimen).expect("renders");
                check(&component.render().expect("renders"), specimen.id);
                for state in specimen.states {
                    let alone =
                        pages::Alone::new(page.clone(), group, specimen, state).expect("renders");
                    check(&alone.render().expect("renders"), &specimen.arm(state));
                }
            }
        }
    }
}

#[test]
fn the_words_and_the_templates_know_the_same_states() {
    let mut ids = BTreeSet::new();
    for group in GROUPS {
        let mut told = BTreeSet::new();
        for specimen in group.specimens {
            assert!(ids.insert(specimen.id), "{} is there twice", specimen.id);
            assert!(!specimen.states.is_empty(), "{} has no state", specimen.id);
            for state in specimen.states {
                let arm = specimen.arm(state);
                let code = source::code(group.template, &arm)
                    .unwrap_or_else(|| panic!("no code for {arm}"));
                assert!(!code.is_empty(), "{arm}");
                told.insert(arm);
            }
        }
        let shown: BTreeSet<String> = source::arms(group.template)
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(told, shown, "{}", group.id);
        let nothing = (group.render)(&sample_page(), "no such state").expect("renders");
        assert_eq!(nothing.trim(), "", "{}", group.id);
    }
}

#[test]
fn every_macro_has_a_specimen_with_all_its_parameters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut without = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|kind| kind != "html") {
            continue;
        }
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a template");
        for wanted in source::macros(&text) {
            // A macro that only others of its file call is shown with them.
            let inner = text.contains(&format!("{{% call {wanted}("));
            let shown = GROUPS.iter().any(|group| {
                let here = group.macros.iter().any(|file| file.name == name);
                here && (inner || group.template.contains(&format!("::{wanted}(")))
            });
            if !shown {
                without.push(format!("{name}: {wanted}"));
            }
        }
    }
    assert!(without.is_empty(), "no specimen for {without:#?}");
    for group in GROUPS {
        for specimen in group.specimens {
            for part in specimen.parts {
                let signature = group
                    .macros
                    .iter()
                    .find_map(|file| source::parameters(file, part.name))
                    .unwrap_or_else(|| panic!("{}: no macro {}", specimen.id, part.name));
                let known: Vec<&str> = signature.iter().map(|(name, _)| *name).collect();
                let told: Vec<&str> = part.params.iter().map(|(name, _)| *name).collect();
                assert_eq!(told, known, "{}: {}", specimen.id, part.name);
            }
        }
    }
}

#[test]
fn the_filter_finds_by_name_macro_and_purpose() {
    let find = |text: &str| {
        pages::Index::new(sample_page(), text)
            .render()
            .expect("renders")
    };
    assert!(find("notice_box").contains("href=\"/design/notice\""));
    assert!(!find("notice_box").contains("href=\"/design/text\""));
    assert!(find("时限尺").contains("href=\"/design/strip\""));
    assert!(find("没有这样的东西").contains("没有找到"));
}

#[test]
fn a_whole_page_is_not_put_into_another() {
    for group in GROUPS {
        for specimen in group.specimens {
            for state in specimen.states {
                let html = (group.render)(&sample_page(), &specimen.arm(state)).expect("renders");
                let whole = html.contains("<main");
                assert_eq!(
                    whole,
                    specimen.frame == Frame::Whole,
                    "{}",
                    specimen.arm(state)
                );
            }
        }
    }
}
