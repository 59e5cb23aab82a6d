//! Intake from outside: the router with the real capabilities behind it, on SQLite, and on PostgreSQL where
//! `TONGBAN_TEST_POSTGRES` names a server.

extern crate tongban_intake as intake;

mod account;
mod api;
mod city;
mod desk;
mod documents;
mod journey;
mod limited;
mod messages;
mod mine;
mod prefill;
mod proxy;
mod questions;
mod situation;
mod window;

/// Every text of a public template can be read in English.
#[test]
fn public_pages_speak_english() {
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/intake");
    let missing = ui::i18n::missing(&templates).expect("the folder is read");
    assert!(missing.is_empty(), "{missing:#?}");
    for template in std::fs::read_dir(&templates).expect("the folder is read") {
        let text = std::fs::read_to_string(template.expect("a file").path()).expect("a text");
        for part in text.split("t1(\"").skip(1) {
            let source = part.split('"').next().expect("split gives one");
            assert!(ui::i18n::has_english(source), "{source}");
        }
    }
}
