//! The workbench's lists: what is filtered, saved, done together and found; and that nobody finds what they may not
//! open.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use testkit::town::{CITIZENS, ENTERPRISE, FOOD, PASSWORD};
use testkit::{Browser, Page, TestApp, files, on_every_engine};

use crate::steps::{self, Filed};

#[test]
fn the_palette_finds_only_what_may_be_opened() {
    on_every_engine(what_is_found);
}

#[test]
fn the_palette_refuses_what_is_no_question_and_counts() {
    on_every_engine(limits);
}

#[test]
fn a_view_is_saved_opened_shared_and_deleted() {
    on_every_engine(views);
}

#[test]
fn several_cases_are_taken_and_accepted_one_by_one() {
    on_every_engine(together);
}

#[test]
fn a_queue_is_narrowed_ordered_and_exported() {
    on_every_engine(narrowed);
}

/// Asks as the dialog does: numbers by POST, the rest by GET.
async fn ask(browser: &mut Browser, q: &str) -> Page {
    let page = browser.get("/staff/palette").await.expect(200);
    let csrf = page.form("/staff/palette");
    let csrf = csrf.value("csrf").expect("a token").to_owned();
    let pairs = [("csrf".to_owned(), csrf), ("q".to_owned(), q.to_owned())];
    let request = Request::post("/staff/palette")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .body(Body::from(files::urlencoded(&pairs)))
        .expect("a request");
    browser.send(request).await
}

/// Labels and addresses of a group; empty where the group is not there.
fn places(page: &Page, group: &str) -> Vec<(String, String)> {
    let json: Value = serde_json::from_slice(&page.bytes).expect("JSON");
    let groups = json["groups"].as_array().expect("groups");
    let Some(found) = groups.iter().find(|known| known["label"] == group) else {
        return Vec::new();
    };
    let text = |place: &Value, name: &str| place[name].as_str().expect("a text").to_owned();
    found["places"]
        .as_array()
        .expect("places")
        .iter()
        .map(|place| (text(place, "label"), text(place, "href")))
        .collect()
}

async fn file(app: &TestApp) -> Filed {
    let citizen = app.program("citizen1").await;
    steps::file_food(app, &citizen).await
}

async fn what_is_found(app: TestApp) {
    let case = file(&app).await;
    let (_, name, id_number, phone) = CITIZENS[0];
    let mut clerk = app.browser("clerk1").await;
    let mut approver = app.browser("approver1").await;
    let mut civil = app.browser("approver_civil").await;
    let mut other = app.browser("approver_other").await;
    let mut admin = app.browser("admin1").await;
    let here = vec![(format!("{FOOD} {name}"), case.desk(""))];

    // A case by its number and by its applicant: for those whose case it is, and for nobody else.
    for q in [case.no.as_str(), name] {
        for who in [&mut clerk, &mut approver] {
            assert_eq!(places(&ask(who, q).await.expect(200), "办件"), here, "{q}");
        }
        for who in [&mut civil, &mut other, &mut admin] {
            let found = places(&ask(who, q).await.expect(200), "办件");
            assert!(found.is_empty(), "{q}: {found:?}");
        }
    }

    // A person by identity number or phone, masked, with their cases; only for those who may look people up.
    for q in [id_number, phone] {
        let found = ask(&mut clerk, q).await.expect(200);
        let people = places(&found, "人员和企业");
        assert_eq!(people.len(), 1, "{}", found.text());
        assert!(!found.text().contains(id_number) && !found.text().contains(phone));
        assert!(!people[0].0.contains(name), "{people:?}");
        assert_eq!(places(&found, "办件"), here);
        for who in [&mut approver, &mut admin] {
            let found = ask(who, q).await.expect(200);
            assert!(places(&found, "人员和企业").is_empty(), "{}", found.text());
        }
    }
    let found = ask(&mut clerk, ENTERPRISE.1).await.expect(200);
    assert_eq!(places(&found, "人员和企业")[0].0, ENTERPRISE.0);

    // A number of a person is never looked up from an address.
    let by_address = clerk
        .get(&format!("/staff/palette?q={id_number}"))
        .await
        .expect(200);
    assert!(!by_address.shows("人员和企业"));

    // Items by initials, pages and actions only as the menu has them.
    assert!(
        places(&ask(&mut clerk, "spjyxk").await, "事项")
            .iter()
            .any(|(label, _)| label == FOOD)
    );
    assert_eq!(
        places(&ask(&mut clerk, "cksj").await, "页面")[0].1,
        "/staff/intake"
    );
    assert!(places(&ask(&mut approver, "cksj").await, "页面").is_empty());
    assert!(places(&ask(&mut clerk, "事项管理").await, "页面").is_empty());
    assert_eq!(
        places(&ask(&mut admin, "sxgl").await, "页面")[0].1,
        "/admin/catalog"
    );

    // Without script the same stands on a page; citizens have none.
    let page = clerk.get("/staff/palette").await.expect(200);
    let form = page.form("/staff/palette").set("q", &case.no);
    let page = clerk.submit(&page, form).await.expect(200);
    assert!(
        page.document
            .links()
            .iter()
            .any(|(to, _)| *to == case.desk(""))
    );
    let mut citizen = app.browser("citizen1").await;
    citizen.get_once("/staff/palette").await.expect(403);
    let stranger = app.visitor().get_once("/staff/palette").await;
    assert!(stranger.header("location").starts_with("/staff/sign-in"));
}

async fn limits(app: TestApp) {
    let mut clerk = app.browser("clerk1").await;
    clerk.get_once("/staff/palette?q=%ff").await.expect(400);
    clerk.get_once("/staff/palette?q=a%00b").await.expect(400);
    clerk.get_once("/staff/palette?q=a&q=b").await.expect(400);
    let long = "长".repeat(2000);
    clerk
        .get_once(&format!("/staff/palette?q={}", ui_encoded(&long)))
        .await
        .expect(200);
    for odd in ["%", "'", "\\", "<script>", "990102", "＊"] {
        let found = ask(&mut clerk, odd).await.expect(200);
        assert!(places(&found, "办件").is_empty(), "{odd}");
    }
    let mut unsigned = app.visitor();
    let request = Request::post("/staff/palette")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("q=x"))
        .expect("a request");
    assert_ne!(unsigned.send(request).await.status, StatusCode::OK);

    // Looking people up is counted, also where nobody is found.
    let mut refused = 0;
    for _ in 0..130 {
        let found = ask(&mut clerk, testkit::town::STRANGER_ID).await;
        refused += u32::from(found.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!((8..=12).contains(&refused), "{refused}");
}

fn ui_encoded(text: &str) -> String {
    let pairs = [(String::new(), text.to_owned())];
    files::urlencoded(&pairs).trim_start_matches('=').to_owned()
}

async fn save(browser: &mut Browser, at: &str, name: &str, shared: bool) -> Page {
    let page = browser.get(at).await.expect(200);
    let mut form = page.form("/staff/views").set("name", name);
    if shared {
        form = form.set("shared", "1");
    }
    browser.submit(&page, form).await
}

async fn views(app: TestApp) {
    let mut first = app.browser("approver1").await;
    let mut second = app.browser("approver2").await;
    let mut civil = app.browser("approver_civil").await;

    let saved = save(
        &mut first,
        "/staff?kind=accept&sort=-opened",
        "新到的",
        true,
    )
    .await;
    assert_eq!(saved.address, "/staff?kind=accept&sort=-opened");
    let tabs = |page: &Page| -> Vec<String> {
        page.document
            .links()
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    };
    assert!(tabs(&second.get("/staff").await).contains(&"新到的".to_owned()));
    assert!(!tabs(&civil.get("/staff").await).contains(&"新到的".to_owned()));

    // The colleague opens the list with it, and everything is one press away.
    let page = second.get("/staff/views?list=queue").await.expect(200);
    assert!(
        !page
            .document
            .forms()
            .iter()
            .any(|form| form.action.ends_with("/delete"))
    );
    let form = page.form("/default").press("设为先显示");
    second.submit(&page, form).await.expect(200);
    let opened = second.get("/staff").await.expect(200);
    assert_eq!(opened.address, "/staff?kind=accept&sort=-opened");
    assert_eq!(
        second.get("/staff?view=all").await.address,
        "/staff?view=all"
    );

    // An empty name is explained, with the filters kept.
    let refused = save(&mut first, "/staff?light=over&kind=decide", "", false).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = refused.form("/staff/views").set("name", "超期待决定");
    let again = first.submit(&refused, form).await;
    assert_eq!(again.address, "/staff?light=over&kind=decide");

    // Renamed by its author, seen by the colleague; deleted, the list opens with everything.
    let page = first.get("/staff/views?list=queue").await.expect(200);
    let of = |page: &Page, act: &str, name: &str| {
        page.document
            .forms()
            .into_iter()
            .filter(|form| form.action.ends_with(act))
            .find(|form| form.value("name") == Some(name))
            .expect("a form")
    };
    let form = of(&page, "/rename", "新到的").set("name", "刚收到");
    let page = first.submit(&page, form).await.expect(200);
    assert!(tabs(&second.get("/staff").await).contains(&"刚收到".to_owned()));
    let form = of(&page, "/rename", "刚收到");
    let delete = form.action.replace("/rename", "/delete");
    let form = page
        .document
        .forms()
        .into_iter()
        .find(|form| form.action == delete)
        .expect("a form");
    first.submit(&page, form.clone()).await.expect(200);
    assert_eq!(second.get("/staff").await.address, "/staff");
    first.submit(&page, form).await.expect(404);
    first
        .get_once("/staff/views?list=nothing")
        .await
        .expect(404);
}

/// The bulk form with these cases ticked.
pub(crate) async fn ticked(browser: &mut Browser, cases: &[&Filed], act: &str) -> Page {
    let page = browser.get("/staff").await.expect(200);
    let form = page.form("/staff/bulk");
    let csrf = form.value("csrf").expect("a token").to_owned();
    let mut pairs = vec![
        ("csrf".to_owned(), csrf),
        ("act".to_owned(), act.to_owned()),
    ];
    pairs.extend(
        cases
            .iter()
            .map(|case| ("case".to_owned(), case.id.clone())),
    );
    let request = Request::post("/staff/bulk")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(files::urlencoded(&pairs)))
        .expect("a request");
    browser.send(request).await
}

async fn together(app: TestApp) {
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(file(&app).await);
    }
    let [one, two, three] = &cases[..] else {
        unreachable!("three were filed");
    };
    let mut first = app.browser("approver1").await;
    let mut second = app.browser("approver2").await;
    let mut other = app.browser("approver_other").await;

    // Taken together: nothing before the second press.
    let preview = ticked(&mut first, &[one, two], "take").await.expect(200);
    assert!(preview.shows("可以办理2件"), "{}", preview.document.text());
    assert!(!first.get("/staff").await.shows("我已领办 ·"));
    let form = preview.form("/staff/bulk/run");
    let done = first.submit(&preview, form).await.expect(200);
    assert!(done.shows("办成2件"), "{}", done.document.text());
    let mine = first.get("/staff?claim=mine").await.expect(200);
    let stands = |case: &Filed| mine.text().contains(&format!("id=\"r-{}\"", case.id));
    assert!(stands(one) && stands(two) && !stands(three));

    // Accepted together, with the effect on the clocks stated first. One was accepted from under the form.
    let preview = ticked(&mut first, &[one, two, three], "accept")
        .await
        .expect(200);
    assert!(preview.shows("可以办理3件") && preview.shows("开始计时"));
    let form = preview.form("/staff/bulk/run");
    steps::act(&mut second, three, "accept", &[])
        .await
        .expect(200);
    let done = first.submit(&preview, form.clone()).await.expect(200);
    assert!(done.shows("办成2件"), "{}", done.document.text());
    assert!(done.shows("1件没有办理"), "{}", done.document.text());
    // Sent twice, done once, told the same.
    let again = first.submit(&preview, form).await.expect(200);
    assert!(again.shows("办成2件") && again.shows("1件没有办理"));
    app.verify().await.expect("every trail is whole");

    // What cannot be done any more is said before anything is sent.
    let preview = ticked(&mut first, &[one], "accept").await.expect(200);
    assert!(preview.shows("可以办理0件") && preview.shows("不能办理"));
    assert!(!preview.shows("确认办理"));

    // Nobody learns of cases that are not theirs, and nonsense is refused.
    let preview = ticked(&mut first, &[], "take").await;
    assert_eq!(preview.status, StatusCode::UNPROCESSABLE_ENTITY);
    ticked(&mut first, &[one], "burn").await.expect(400);
    let page = other.get("/staff/palette").await;
    let csrf = page.form("/staff/palette");
    let csrf = csrf.value("csrf").expect("a token").to_owned();
    let pairs = [
        ("csrf".to_owned(), csrf),
        ("act".to_owned(), "take".to_owned()),
        ("case".to_owned(), one.id.clone()),
    ];
    let request = Request::post("/staff/bulk")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(files::urlencoded(&pairs)))
        .expect("a request");
    let unknown = other.send(request).await.expect(200);
    assert!(unknown.shows("可以办理0件"));
    assert!(!unknown.text().contains(&one.id) && !unknown.text().contains(&one.no));
}

async fn narrowed(app: TestApp) {
    let one = file(&app).await;
    app.advance(std::time::Duration::from_mins(1));
    let two = file(&app).await;
    let mut approver = app.browser("approver1").await;
    approver.sign_in("approver1", PASSWORD).await;
    let rows = |page: &Page| -> Vec<String> {
        page.document
            .named("tr")
            .filter_map(|row| row.attribute("id"))
            .filter_map(|id| id.strip_prefix("r-").map(str::to_owned))
            .collect()
    };
    let both = vec![two.id.clone(), one.id.clone()];
    let newest = approver.get("/staff?sort=-opened").await.expect(200);
    assert_eq!(rows(&newest), both);
    let oldest = approver.get("/staff?sort=opened").await.expect(200);
    assert_eq!(rows(&oldest), [one.id.clone(), two.id.clone()]);
    for (query, found) in [
        ("kind=decide", 0),
        ("kind=accept", 2),
        ("claim=mine", 0),
        ("claim=free", 2),
        ("returned=1", 0),
        ("due=today", 0),
        ("from=2026-05-21&to=2026-05-21", 2),
        ("to=2026-05-20", 0),
        ("from=2026-05-22", 0),
        ("region=990103", 0),
        ("region=990102", 2),
        ("item=没有这个事项", 0),
    ] {
        let page = approver.get(&format!("/staff?{query}")).await.expect(200);
        assert_eq!(rows(&page).len(), found, "{query}");
    }
    for bad in [
        "from=2026-13-01",
        "sort=colour",
        "light=blue",
        "org=x",
        "cursor=x",
    ] {
        let page = approver.get_once(&format!("/staff?{bad}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    // The file holds what the list shows, in its order.
    let file = approver
        .get("/staff/queue/export?sort=-opened&format=csv")
        .await
        .expect(200);
    let text = file.text();
    assert_eq!(text.lines().count(), 3, "{text}");
    let at = |no: &str| text.find(no).expect("in the file");
    assert!(at(&two.no) < at(&one.no));
    let none = approver
        .get("/staff/queue/export?kind=decide&format=csv")
        .await;
    assert_eq!(none.text().lines().count(), 1);
    approver
        .get("/staff/queue/export?format=xlsx")
        .await
        .expect(200);
    approver.get_once("/staff/queue/export").await.expect(400);
}
