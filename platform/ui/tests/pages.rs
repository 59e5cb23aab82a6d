//! Every layout and component in every language and mode.

use std::path::Path;

use askama::Template as _;
use ui::{ErrorKind, ErrorPage, Lang, Page, Theme, UserKind, design};

fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for lang in [Lang::Zh, Lang::En] {
        for care in [false, true] {
            for theme in [Theme::Auto, Theme::Dark] {
                pages.push(Page {
                    lang,
                    care,
                    theme,
                    ..design::sample_page()
                });
            }
        }
    }
    pages
}

fn check(html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "one h1");
    assert_eq!(html.matches("<main").count(), 1, "one main");
    for forbidden in [
        " style=",
        "<style",
        " onclick=",
        " onsubmit=",
        "javascript:",
    ] {
        assert!(
            !html.contains(forbidden),
            "{forbidden} breaks the content policy"
        );
    }
}

#[test]
fn every_error_page_renders_in_every_mode() {
    for page in pages() {
        for kind in KINDS {
            let html = error_page(page.clone(), kind).render().expect("renders");
            check(&html);
            assert!(html.contains("&#60;b&#62;") || html.contains("&lt;b&gt;"));
        }
    }
}

const KINDS: [ErrorKind; 11] = [
    ErrorKind::BadRequest,
    ErrorKind::SignInNeeded,
    ErrorKind::NotAllowed,
    ErrorKind::NotFound,
    ErrorKind::MethodNotAllowed,
    ErrorKind::Conflict,
    ErrorKind::TooLarge,
    ErrorKind::Unsupported,
    ErrorKind::Invalid,
    ErrorKind::TooMany,
    ErrorKind::Internal,
];

fn error_page(page: Page, kind: ErrorKind) -> ErrorPage {
    ErrorPage {
        page,
        kind,
        detail: "<b>".to_owned(),
        retry_after: Some(3),
        request_id: "00".to_owned(),
    }
}

#[test]
fn no_string_of_the_frame_lacks_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let missing = ui::i18n::missing(&root).expect("the folder can be read");
    assert!(missing.is_empty(), "{missing:#?}");
    let bare: Vec<String> = ui::i18n::bare(&root)
        .expect("the folder can be read")
        .into_iter()
        .filter(|found| !found.contains("/design/"))
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
    for kind in KINDS {
        let page = error_page(design::sample_page(), kind);
        assert!(ui::i18n::has_english(page.heading()), "{kind:?}");
        assert!(ui::i18n::has_english(page.advice()), "{kind:?}");
    }
}

#[test]
fn a_page_with_errors_says_so_in_its_title() {
    let page = design::sample_page().with_error();
    assert_eq!(page.full_title(), "错误：组件 - 云川市政务服务");
    let page = Page {
        lang: Lang::En,
        ..page
    };
    assert_eq!(
        page.full_title(),
        "Error: 组件 - Yunchuan Government Services"
    );
}

#[test]
fn a_field_is_tied_to_its_label_hint_and_error() {
    let (group, specimen) = design::find("text").expect("a component");
    let html = design::pages::Component::new(design::sample_page(), group, specimen)
        .and_then(|page| page.render())
        .expect("renders");
    assert!(html.contains(r#"<label class="label" for="phone-2">手机号码"#));
    assert!(html.contains(r#"aria-invalid="true" aria-describedby="phone-2-hint phone-2-error""#));
    assert!(html.contains(r#"id="phone-2-hint">11位数字"#));
}

#[test]
fn staff_see_errors_of_the_workbench_in_the_workbench() {
    let mut page = design::sample_page();
    page.url = "/staff/cases/1".to_owned();
    let citizen = error_page(page.clone(), ErrorKind::NotFound);
    assert!(
        !citizen
            .render()
            .expect("renders")
            .contains("class=\"rail\"")
    );
    if let Some(user) = &mut page.user {
        user.kind = UserKind::Staff;
    }
    let staff = error_page(page.clone(), ErrorKind::NotFound);
    assert!(staff.render().expect("renders").contains("class=\"rail\""));
    page.url = "/staffing".to_owned();
    assert!(!page.in_workbench());
}

#[test]
fn a_switch_leads_back_to_the_same_page_and_only_there() {
    let mut page = design::sample_page();
    page.url = "/search?q=开店&x=<>\"".to_owned();
    let link = page.pref("lang", "en");
    assert!(link.starts_with("/prefs?lang=en&back=/search%3Fq%3D"));
    assert!(!link.contains(['<', '"']));
}
