//! Every page for citizens in English: Chinese is left only where it names something, and says that it is Chinese.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use testkit::{Browser, Page, on_every_engine};

use super::crawl::{lively, shape};

/// What the town is made of: all Chinese that a page may show untranslated stands here.
const DATA: [&str; 5] = [
    // An item's form is Chinese, and so are answers in the words of that form.
    include_str!("../../../capabilities/catalog/src/form/show.rs"),
    include_str!("crawl.rs"),
    include_str!("../../../data/items/demo_items.json"),
    include_str!("../../../testkit/src/town.rs"),
    include_str!("../steps.rs"),
];

#[test]
fn chinese_on_an_english_page_is_a_name_and_says_so() {
    on_every_engine(async |app| {
        lively(&app).await;
        let mut wrong = BTreeSet::new();
        let visitor = app.visitor().with_cookie("tb_lang", "en");
        let citizen = app.browser("citizen1").await.with_cookie("tb_lang", "en");
        let care = app
            .visitor()
            .with_cookie("tb_lang", "en")
            .with_cookie("tb_care", "1");
        let mut pages = 0;
        for (browser, begin) in [(visitor, "/"), (citizen, "/my"), (care, "/")] {
            pages += crawl(browser, begin, &mut wrong).await;
        }
        assert!(pages >= 60, "only {pages} pages were seen");
        let wrong: Vec<String> = wrong.into_iter().collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

async fn crawl(mut browser: Browser, begin: &str, wrong: &mut BTreeSet<String>) -> usize {
    let mut known = BTreeSet::from([begin.to_owned()]);
    let mut queue = VecDeque::from([begin.to_owned()]);
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = 0;
    while let Some(address) = queue.pop_front() {
        let looked = shapes.entry(shape(&address)).or_default();
        *looked += 1;
        if *looked > 3 {
            continue;
        }
        let page = browser.get(&address).await;
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        pages += 1;
        look(&page, wrong);
        for (href, _) in page.document.links() {
            let href = href.split('#').next().unwrap_or_default();
            let path = page.address.split('?').next().unwrap_or_default();
            let href = match href.strip_prefix('?') {
                Some(query) => format!("{path}?{query}"),
                None => href.to_owned(),
            };
            let ours = href.starts_with('/') && !href.starts_with("/prefs");
            // The workbench, the components and what is written for programmers are Chinese.
            let chinese = ["/staff", "/admin", "/design", "/api/"]
                .iter()
                .any(|area| href.starts_with(area));
            if ours && !chinese && known.insert(href.clone()) {
                queue.push_back(href);
            }
        }
    }
    pages
}

fn look(page: &Page, wrong: &mut BTreeSet<String>) {
    let letter = page.document.named("body").any(|body| {
        body.attribute("class")
            .is_some_and(|class| class.contains("letters"))
    });
    if letter {
        return;
    }
    let place = shape(&page.address);
    let title = page.document.texts("title").concat();
    for (lang, text) in page.document.spoken() {
        let text = text.trim();
        if !chinese(text) || text == title.trim() {
            continue;
        }
        if !lang.starts_with("zh") {
            wrong.insert(format!("{place}: not said to be Chinese: {text}"));
        }
        untranslated(&place, text, wrong);
    }
    for element in page.document.elements() {
        for name in ["aria-label", "placeholder", "title", "alt"] {
            if let Some(text) = element.attribute(name).filter(|text| chinese(text)) {
                untranslated(&format!("{place} {name}"), text, wrong);
            }
        }
    }
}

/// Chinese that is nobody's name.
fn untranslated(place: &str, text: &str, wrong: &mut BTreeSet<String>) {
    // Regions are named with all that they lie in.
    let text = text.trim_start_matches("云岭省");
    let text = text.strip_prefix("云川市云川区").unwrap_or(text);
    // The switch to the other language, and the name mark.
    if ["中文", "通办"].contains(&text) {
        return;
    }
    // A law and a document are cited as they are called: 《行政许可法》, 云川市监许受〔2026〕1号.
    if text.contains(['《', '》', '〔']) {
        return;
    }
    let named = text
        .split(|sign: char| !is_han(sign))
        .filter(|run| !run.is_empty())
        .all(|run| DATA.iter().any(|data| data.contains(run)));
    if !named {
        wrong.insert(format!("{place}: not translated: {text}"));
    }
}

fn chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(sign: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&sign)
}

#[test]
fn switching_the_language_keeps_address_and_query() {
    on_every_engine(async |app| {
        let mut visitor = app.visitor();
        for address in ["/search?q=x&audience=person", "/halls", "/progress"] {
            let page = visitor.get(address).await;
            let (to_english, _) = page
                .document
                .links()
                .into_iter()
                .find(|(href, _)| href.starts_with("/prefs?lang=en"))
                .expect("a switch");
            let switched = visitor.get(&to_english).await;
            assert_eq!(switched.address, address);
            let lang = switched
                .document
                .named("html")
                .find_map(|html| html.attribute("lang"));
            assert_eq!(lang, Some("en"), "{address}");
            visitor = app.visitor();
        }
    });
}
