//! Follows every link as everybody, and looks at each page on the way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::json;
use testkit::{Browser, Page, TestApp, on_every_engine};

use crate::steps;

/// Pages one role looks at, at most; the town is small enough that this is all of them.
const PAGES_MAX: usize = 400;

/// A town with cases in several states, so that pages have something to show.
pub(super) async fn lively(app: &TestApp) {
    let citizen = app.program("citizen1").await;
    let office = app.program("integrator1").await;
    let told = json!({ "items": [{ "material": "layout", "what": "请标明更衣处" }] });
    let mut cases = Vec::new();
    for _ in 0..4 {
        cases.push(steps::file_food(app, &citizen).await);
    }
    cases.push(steps::file_food_for_window(app, &citizen).await);
    office
        .post(&cases[1].api("/correction-notice"), &told)
        .await
        .expect(200);
    for case in &cases[2..] {
        office
            .post(&case.api("/acceptance"), &json!({}))
            .await
            .expect(200);
    }
    for case in &cases[3..] {
        office
            .post(&case.api("/decision"), &json!({ "granted": true }))
            .await
            .expect(200);
    }
    beside(app, &citizen, &office).await;
    let item = app.town.item(testkit::town::CENTENARIAN);
    let start = format!("/apply/{item}");
    let mut browser = app.browser("citizen1").await;
    let page = browser.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let form = page.form(&start).set("applicant", &own);
    browser.submit(&page, form).await.expect(200);
}

/// Cases beside the straight road: a promise to be made, materials to follow, a hearing that may be asked for; and a
/// draft in which a promise may take the place of a paper.
async fn beside(app: &TestApp, citizen: &testkit::Program, office: &testkit::Program) {
    steps::file_food(app, citizen).await;
    let gap = steps::file_food(app, citizen).await;
    let promised = citizen.post(&gap.api("/gap-promise"), &json!({})).await;
    promised.expect(200);
    let network = json!({ "method": "electronic" });
    let accepted = json!({ "service": network });
    let accepted = office.post(&gap.api("/gap-acceptance"), &accepted).await;
    accepted.expect(200);
    let hearing = steps::file_food(app, citizen).await;
    let accepted = office.post(&hearing.api("/acceptance"), &json!({})).await;
    accepted.expect(200);
    let right = json!({ "reason": "王小明", "service": network });
    let told = office.post(&hearing.api("/hearing-right"), &right).await;
    told.expect(200);
    let start = format!("/apply/{}", app.town.item("个体工商户设立登记"));
    let mut browser = app.browser("citizen1").await;
    let page = browser.get(&start).await.expect(200);
    let own = app.town.citizen("citizen1").to_string();
    let form = page.form(&start).set("applicant", &own);
    browser.submit(&page, form).await.expect(200);
}

#[test]
fn every_link_leads_to_a_page_that_is_well_made() {
    on_every_engine(async |app| {
        lively(&app).await;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (who, begin) in [
            ("", "/"),
            ("citizen1", "/my"),
            ("clerk1", "/staff"),
            ("approver1", "/staff"),
            ("supervisor1", "/staff/board"),
            ("admin1", "/admin/catalog"),
        ] {
            for lang in ["zh", "en"] {
                let browser = if who.is_empty() {
                    app.visitor()
                } else {
                    app.browser(who).await
                };
                let browser = browser.with_cookie("tb_lang", lang);
                *seen.entry(who).or_default() += crawl(browser, begin, lang).await;
            }
        }
        for (who, pages) in &seen {
            assert!(*pages >= 20, "{who:?} saw only {pages} pages: {seen:?}");
        }
    });
}

/// Follows links breadth first; returns how many pages there were.
async fn crawl(mut browser: Browser, begin: &str, lang: &str) -> usize {
    let mut known = BTreeSet::from([begin.to_owned()]);
    let mut queue = VecDeque::from([(begin.to_owned(), "the beginning".to_owned())]);
    let mut pages = 0;
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    while let Some((address, from)) = queue.pop_front() {
        // Guides and lists are many and alike: a few of each are enough.
        let looked = shapes.entry(shape(&address)).or_default();
        *looked += 1;
        if *looked > 4 || pages == PAGES_MAX {
            continue;
        }
        let page = browser.get(&address).await;
        pages += 1;
        assert_eq!(
            page.status.as_u16(),
            200,
            "{address}, linked from {from}: {}",
            page.document.text()
        );
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        well_made(&page, lang);
        for (href, _) in page.document.links() {
            let href = href.split('#').next().unwrap_or_default().to_owned();
            if href.starts_with('?') {
                let path = page.address.split('?').next().unwrap_or_default();
                add(&mut known, &mut queue, format!("{path}{href}"), &address);
            } else if href.starts_with('/') {
                // Preferences lead back to the same page. Pages kept ready are the same for everybody, so staff too
                // see the way to 我的办件 there.
                let for_citizens = begin != "/my" && href == "/my";
                if !href.starts_with("/prefs") && !for_citizens {
                    add(&mut known, &mut queue, href, &address);
                }
            } else {
                let elsewhere = href.is_empty()
                    || href.starts_with("tel:")
                    || href.starts_with("mailto:")
                    // The licence of the open data, in its own words.
                    || href == catalog::open_data::LICENCE;
                assert!(elsewhere, "{address} links to {href}");
            }
        }
    }
    pages
}

fn add(
    known: &mut BTreeSet<String>,
    queue: &mut VecDeque<(String, String)>,
    href: String,
    from: &str,
) {
    if known.insert(href.clone()) {
        queue.push_back((href, from.to_owned()));
    }
}

/// An address without what tells one thing of a kind from another.
pub(super) fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path: Vec<&str> = path
        .split('/')
        .map(|part| {
            let id = part.len() >= 12 && part.bytes().any(|byte| byte.is_ascii_digit());
            if id || !part.is_ascii() { "*" } else { part }
        })
        .collect();
    let names: Vec<&str> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    format!("{}?{}", path.join("/"), names.join("&"))
}

fn well_made(page: &Page, lang: &str) {
    let place = &page.address;
    let document = &page.document;
    assert_eq!(
        document.texts("h1").len(),
        1,
        "{place}: headings {:?}",
        document.texts("h1")
    );
    assert!(
        !document.texts("h1")[0].is_empty(),
        "{place}: an empty heading"
    );
    assert!(
        !document.texts("title").join("").trim().is_empty(),
        "{place}: no title"
    );
    let said = document
        .named("html")
        .next()
        .and_then(|html| html.attribute("lang"));
    // The workbench is in Chinese, whatever the visitor reads elsewhere.
    let chinese = lang != "en"
        // What officers print.
        || (place.starts_with("/staff/") && !place.starts_with("/staff/sign-in"))
        || document
            .named("body")
            .any(|body| body.attribute("data-density") == Some("staff"));
    let expected = if chinese { "zh-CN" } else { "en" };
    // The workbench's own door reads as whoever stands before it: officers Chinese, visitors what they chose.
    let door = place.starts_with("/staff/sign-in") && said == Some("zh-CN");
    assert!(door || said == Some(expected), "{place}: {said:?}");
    assert_eq!(document.named("main").count(), 1, "{place}: one main part");

    let mut ids = BTreeSet::new();
    for element in document.elements() {
        for (name, value) in &element.attributes {
            assert!(
                name != "style" && !name.starts_with("on"),
                "{place}: <{} {name}=\"{value}\">",
                element.name
            );
        }
        if let Some(id) = element.attribute("id") {
            assert!(ids.insert(id.to_owned()), "{place}: id {id} twice");
        }
        match element.name.as_str() {
            "style" => panic!("{place}: a style element"),
            "script" => assert!(element.has("src"), "{place}: an inline script"),
            "img" => assert!(element.has("alt"), "{place}: a picture without text"),
            "th" => assert!(
                element.has("scope"),
                "{place}: a header cell without a scope"
            ),
            _ => {}
        }
    }
    for element in document.elements() {
        if let Some(described) = element.attribute("aria-describedby") {
            for id in described.split_whitespace() {
                assert!(
                    ids.contains(id),
                    "{place}: described by {id}, which is not there"
                );
            }
        }
        if element.name == "label"
            && let Some(of) = element.attribute("for")
        {
            assert!(
                ids.contains(of),
                "{place}: a label for {of}, which is not there"
            );
        }
    }
    labelled(page);
    for form in document.forms() {
        assert!(
            !form.post || form.value("csrf").is_some_and(|token| !token.is_empty()),
            "{place}: the form to {} has no token",
            form.action
        );
    }
}

/// Every field has a label.
fn labelled(page: &Page) {
    let labels: BTreeSet<&str> = page
        .document
        .named("label")
        .filter_map(|label| label.attribute("for"))
        .collect();
    let wrapped = page.document.inside("label");
    for element in page.document.elements() {
        let field = matches!(element.name.as_str(), "input" | "select" | "textarea");
        let hidden = matches!(element.attribute("type"), Some("hidden" | "submit"));
        if !field || hidden {
            continue;
        }
        let by_id = element
            .attribute("id")
            .is_some_and(|id| labels.contains(id));
        let by_aria = element.has("aria-label") || element.has("aria-labelledby");
        let by_place = wrapped.iter().any(|inside| std::ptr::eq(*inside, element));
        assert!(
            by_id || by_aria || by_place,
            "{}: the field {:?} has no label",
            page.address,
            element.attribute("name")
        );
    }
}

#[test]
fn pages_of_the_platform_itself_are_english_in_english() {
    on_every_engine(async |app| {
        let mut visitor = app.visitor().with_cookie("tb_lang", "en");
        let mut citizen = app.browser("citizen1").await.with_cookie("tb_lang", "en");
        for address in [
            "/sign-in",
            "/register",
            "/progress",
            "/verify",
            "/halls",
            "/about/accessibility",
            "/about/privacy",
            "/browse/departments",
            "/search?q=x",
            "/ratings",
        ] {
            english(&visitor.get(address).await);
        }
        for address in [
            "/my",
            "/my/licenses",
            "/account/password",
            "/account/proxies",
            "/account/enterprise",
        ] {
            english(&citizen.get(address).await);
        }
        english(&visitor.get("/no/such/page").await);
    });
}

/// Heading, labels and buttons have no Chinese; what people, places and items are called stays as it is.
fn english(page: &Page) {
    let chinese = |text: &str| {
        text.chars()
            .any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign))
    };
    for name in ["h1", "label", "legend"] {
        for text in page.document.texts(name) {
            assert!(!chinese(&text), "{}: <{name}> {text}", page.address);
        }
    }
    for form in page.document.forms() {
        for button in form.buttons {
            assert!(
                !chinese(&button.text),
                "{}: the button {}",
                page.address,
                button.text
            );
        }
    }
}
