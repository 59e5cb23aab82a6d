//! Every layout and component in every language and mode.

use std::path::Path;

use askama::Template as _;
use ui::{ErrorKind, ErrorPage, Lang, Page, Theme, gallery};

fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for lang in [Lang::Zh, Lang::En] {
        for care in [false, true] {
            for theme in [Theme::Auto, Theme::Dark] {
                pages.push(Page {
                    lang,
                    care,
                    theme,
                    ..gallery::sample_page()
                });
            }
        }
    }
    pages
}

fn check(html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "one h1");
    assert_eq!(html.matches("<main").count(), 1, "one main");
    for forbidden in [" style=", "<style", "onclick=", "javascript:"] {
        assert!(
            !html.contains(forbidden),
            "{forbidden} breaks the content policy"
        );
    }
}

#[test]
fn every_layout_and_component_renders_in_every_mode() {
    for page in pages() {
        check(&gallery::gallery(page.clone()).render().expect("renders"));
        check(
            &gallery::StaffGallery { page: page.clone() }
                .render()
                .expect("renders"),
        );
        check(
            &gallery::PrintGallery { page: page.clone() }
                .render()
                .expect("renders"),
        );
        for kind in [
            ErrorKind::BadRequest,
            ErrorKind::SignInNeeded,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::TooMany,
            ErrorKind::Internal,
        ] {
            let html = ErrorPage {
                page: page.clone(),
                kind,
                detail: "<b>".to_owned(),
                retry_after: Some(3),
                request_id: "00".to_owned(),
            }
            .render()
            .expect("renders");
            check(&html);
            assert!(html.contains("&#60;b&#62;") || html.contains("&lt;b&gt;"));
        }
    }
}

#[test]
fn no_string_of_the_frame_lacks_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let missing = ui::i18n::missing(&root).expect("the folder can be read");
    assert!(missing.is_empty(), "{missing:#?}");
    for heading in [ErrorKind::BadRequest, ErrorKind::Internal] {
        let page = ErrorPage {
            page: gallery::sample_page(),
            kind: heading,
            detail: String::new(),
            retry_after: None,
            request_id: String::new(),
        };
        assert!(ui::i18n::has_english(page.heading()));
        assert!(ui::i18n::has_english(page.advice()));
    }
}

#[test]
fn a_switch_leads_back_to_the_same_page_and_only_there() {
    let mut page = gallery::sample_page();
    page.url = "/search?q=开店&x=<>\"".to_owned();
    let link = page.pref("lang", "en");
    assert!(link.starts_with("/prefs?lang=en&back=/search%3Fq%3D"));
    assert!(!link.contains(['<', '"']));
}
