//! The code in `docs/howto/build-a-page.md` is code that exists; the README names what there is.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The how-to cut at its fences: prose and listings in turn.
fn pieces() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/howto/build-a-page.md")).expect("the how-to");
    text.split("```").map(str::to_owned).collect()
}

#[test]
fn every_listing_stands_in_the_file_it_names() {
    let mut compared = 0;
    for listing in pieces().iter().skip(1).step_by(2) {
        let mut lines = listing.lines().skip(1);
        let first = lines.next().unwrap_or_default();
        let path = first
            .trim_start_matches("// ")
            .trim_start_matches("<!-- ")
            .trim_end_matches(" -->");
        if !path.starts_with("platform/") {
            continue;
        }
        let code = lines.collect::<Vec<_>>().join("\n");
        let source = fs::read_to_string(root().join(path)).expect("the file that is named");
        assert!(
            source.contains(code.trim_end()),
            "{path} no longer holds:\n{code}"
        );
        compared += 1;
    }
    assert!(compared >= 6, "only {compared} listings name their file");
}

#[test]
fn every_path_that_is_named_exists() {
    let mut found = 0;
    for prose in pieces().iter().step_by(2) {
        for word in prose.split('`').skip(1).step_by(2) {
            let is_path = ["platform/", "capabilities/", "e2e/"]
                .iter()
                .any(|start| word.starts_with(start));
            if is_path && !word.contains(['<', ' ']) {
                assert!(root().join(word).exists(), "{word}");
                found += 1;
            }
        }
    }
    assert!(found > 10, "only {found} paths");
}

#[test]
fn the_readme_names_every_component() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let components =
        fs::read_to_string(here.join("templates/components.html")).expect("a template");
    let readme = fs::read_to_string(here.join("README.md")).expect("the README");
    for part in components.split("{% macro ").skip(1) {
        let name = part.split('(').next().unwrap_or_default();
        assert!(readme.contains(&format!("`{name}(")), "{name}");
    }
}
