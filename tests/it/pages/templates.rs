//! Every template of every crate, as it stands in the source.

use std::path::{Path, PathBuf};

/// Templates of the whole workspace.
fn templates() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for group in ["platform", "capabilities"] {
        for entry in std::fs::read_dir(root.join(group))
            .expect("a folder")
            .flatten()
        {
            collect(&entry.path().join("templates"), &mut found);
        }
    }
    collect(&root.join("server/templates"), &mut found);
    assert!(
        found.len() > 50,
        "only {} templates were found",
        found.len()
    );
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "html") {
            let text = std::fs::read_to_string(&path).expect("a template");
            found.push((path, text));
        }
    }
}

#[test]
fn no_template_has_a_style_or_a_script_of_its_own() {
    for (path, text) in templates() {
        let place = path.display();
        for (at, _) in text.match_indices('<') {
            let tag = &text[at..text[at..].find('>').map_or(text.len(), |end| at + end)];
            let lower = tag.to_ascii_lowercase();
            assert!(!lower.starts_with("<style"), "{place}: {tag}");
            assert!(
                !lower.starts_with("<script") || lower.contains("src="),
                "{place}: {tag}"
            );
            for word in lower.split_whitespace().skip(1) {
                let handler = word.starts_with("on") && word.contains("=\"");
                assert!(!handler && !word.starts_with("style="), "{place}: {tag}");
            }
            assert!(!lower.contains("javascript:"), "{place}: {tag}");
        }
        for (at, _) in text.match_indices("|safe") {
            // What is put out unescaped is made by us: icons, numbers with their markup, drawings.
            let call = text[..at].rsplit("{{").next().unwrap_or_default().trim();
            let ours = [
                "page.icon(",
                "page.case_no(",
                "page.describedby",
                // Fixed words chosen by the kind of field.
                "page.autofill(",
                "page.pad(",
            ];
            let drawn = (call.ends_with(".render(page)") || call.ends_with(".html(page)"))
                || matches!(
                    call,
                    "control.html(page)"
                        | "picture"
                        | "qr"
                        | "svg"
                        | "spark"
                        | "shown.html"
                        | "state.html"
                );
            assert!(
                drawn || ours.iter().any(|known| call.starts_with(known)),
                "{place}: {call}|safe"
            );
        }
    }
}

#[test]
fn every_page_for_the_public_has_its_english() {
    let public: Vec<(PathBuf, String)> = templates()
        .into_iter()
        // The catalogue shows components to those who build pages; official letters are Chinese by law.
        .filter(|(path, text)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let exempt = path.iter().any(|part| part == "design" || part == "letters")
                || name == "letter.html"
                // A letter of authority, signed at a window.
                || name == "mandate.html"
                // Sheets that staff lay before papers to be scanned.
                || name == "cover.html"
                // Staff's own screen on the wall of a hall.
                || name == "wall.html"
                // Parts of the editors' pages.
                || name == "editor_control.html"
                // Parts of the staff's pages of automatic decisions.
                || path.iter().any(|part| part == "smart") && (name == "_trace.html" || name == "_tabs.html")
                || name == "_catalog_findings.html";
            !exempt && !text.contains("\"layout/staff.html\"")
        })
        .collect();
    assert!(public.len() > 25, "only {} templates", public.len());
    let folder = tempfile::tempdir().expect("a folder");
    for (place, (path, text)) in public.iter().enumerate() {
        let name = path.file_stem().expect("a name").to_string_lossy();
        std::fs::write(folder.path().join(format!("{place}-{name}.html")), text).expect("written");
    }
    let missing = ui::i18n::missing(folder.path()).expect("read");
    assert!(missing.is_empty(), "no English for: {missing:#?}");
    // A page that is written in both languages as a whole says so.
    let whole: Vec<String> = public
        .iter()
        .enumerate()
        .filter(|(_, (_, text))| {
            text.contains("{% if page.is_zh() %}") && text.contains("{% else %}")
        })
        .map(|(place, (path, _))| {
            format!(
                "{place}-{}",
                path.file_stem().unwrap_or_default().to_string_lossy()
            )
        })
        .collect();
    let bare: Vec<String> = ui::i18n::bare(folder.path())
        .expect("read")
        .into_iter()
        .filter(|found| !whole.iter().any(|name| found.contains(name.as_str())))
        .collect();
    assert!(
        bare.is_empty(),
        "Chinese outside of any translation: {bare:#?}"
    );
}
