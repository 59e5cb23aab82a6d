//! The code in `docs/howto/build-a-page.md` is code that exists.

use std::{fs, path::Path};

#[test]
fn every_listing_stands_in_the_file_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/howto/build-a-page.md")).expect("the how-to");
    let mut compared = 0;
    for listing in text.split("\n```").skip(1).step_by(2) {
        let (first, code) = listing
            .split_once('\n')
            .and_then(|(_, rest)| rest.split_once('\n'))
            .expect("a listing of some lines");
        let path = first
            .trim_start_matches("// ")
            .trim_start_matches("<!-- ")
            .trim_end_matches(" -->");
        if !path.starts_with("platform/") {
            continue;
        }
        let source = fs::read_to_string(root.join(path)).expect("the file that is named");
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/howto/build-a-page.md")).expect("the how-to");
    for word in text.split('`').skip(1).step_by(2) {
        let looks_like_path = ["platform/", "capabilities/", "e2e/"]
            .iter()
            .any(|start| word.starts_with(start));
        if looks_like_path && !word.contains(['<', ' ', '\n']) {
            assert!(root.join(word).exists(), "{word}");
        }
    }
}
