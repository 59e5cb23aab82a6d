//! 编制办理流程 by its forms: what conditions ask, parts, steps by another body.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use testkit::town::FOOD;
use testkit::{Browser, Page, TestApp, files, on_every_engine};

/// Sends one form of the editor.
async fn press(desk: &mut Browser, page: &str, pairs: &[(&str, &str)]) -> Page {
    let shown = desk.get(page).await.expect(200);
    let form = shown.form(page);
    let hidden = |name: &str| form.value(name).expect("it is in every form").to_owned();
    let mut sent = vec![
        ("csrf".to_owned(), hidden("csrf")),
        ("revision".to_owned(), hidden("revision")),
        (
            "request_key".to_owned(),
            format!("{}-test", hidden("request_key")),
        ),
    ];
    sent.extend(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let request = Request::post(page)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(files::urlencoded(&sent)))
        .expect("a request");
    let answer = desk.send(request).await;
    if answer.status == 303 {
        return desk.get(page).await;
    }
    answer
}

async fn route(app: &TestApp) -> Value {
    let editor = app.program("editor1").await;
    let item = app.town.item(FOOD);
    let versions = editor.get(&format!("/api/v1/items/{item}/routes")).await;
    versions.expect(200).json()[0]["route"].clone()
}

#[test]
fn everything_a_route_holds_has_its_form() {
    on_every_engine(async |app| {
        let code = {
            let snapshot = app.platform.catalog.snapshot();
            let item = snapshot.item(app.town.item(FOOD)).expect("an item");
            item.impl_code.clone()
        };
        let mut desk = app.browser("editor1").await;
        let list = desk.get("/staff/routes").await.expect(200);
        let form = list.form("/staff/routes").set("code", &code);
        desk.submit(&list, form).await.expect(200);
        let list = desk.get("/staff/routes").await.expect(200);
        let begin = list.text().find("href=\"/staff/routes/").expect("a link") + 6;
        let page: String = list.text()[begin..]
            .chars()
            .take_while(|sign| *sign != '"')
            .collect();
        let fact = [
            ("form", "fact"),
            ("op", "set_fact"),
            ("fact-key", "area"),
            ("fact-label", "营业面积"),
            ("fact-domain", "number"),
            ("fact-min", "0"),
            ("fact-max", "9000"),
        ];
        press(&mut desk, &page, &fact).await.expect(200);
        let wrong = press(
            &mut desk,
            &page,
            &[
                ("form", "fact"),
                ("op", "set_fact"),
                ("fact-key", "Area"),
                ("fact-label", "x"),
            ],
        )
        .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.shows("英文小写字母开头"), "{}", wrong.document.text());
        let part = [
            ("form", "part"),
            ("op", "add_part"),
            ("part-part", "现场核查"),
            ("part-name", "勘验"),
            ("part-kind", "site_visit"),
            ("part-permission", "decide"),
            ("part-office", "云川区民政局"),
        ];
        press(&mut desk, &page, &part).await.expect(200);
        let inside = [
            ("form", "add-part1"),
            ("inside", "part1"),
            ("op", "add_step"),
            ("add-part1-after", "site_visit"),
            ("add-part1-name", "核查意见"),
            ("add-part1-kind", "review"),
            ("add-part1-permission", "decide"),
            ("add-part1-office", ""),
        ];
        press(&mut desk, &page, &inside).await.expect(200);
        let used = [
            ("form", "use"),
            ("op", "use_part"),
            ("use-part", "part1"),
            ("use-after", "review"),
        ];
        let shown = press(&mut desk, &page, &used).await.expect(200);
        assert!(shown.shows("子流程：现场核查"), "{}", shown.document.text());
        assert!(shown.shows("检查通过"), "{}", shown.document.text());
        let nobody = [
            ("form", "add"),
            ("op", "add_step"),
            ("add-after", "review"),
            ("add-name", "会商"),
            ("add-kind", "review"),
            ("add-permission", "decide"),
            ("add-office", "没有的局"),
        ];
        let refused = press(&mut desk, &page, &nobody).await;
        assert_eq!(refused.status, 422);
        assert!(refused.shows("没有这个部门"), "{}", refused.document.text());
        let route = route(&app).await;
        assert_eq!(route["facts"][0]["key"], "area");
        let part = &route["parts"][0];
        assert_eq!(part["name"], "现场核查");
        let names: Vec<&Value> = part["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| &node["name"])
            .collect();
        assert_eq!(names, [&json!("勘验"), &Value::Null, &json!("核查意见")]);
        assert_eq!(part["nodes"][0]["duty"]["office"]["name"], "云川区民政局");
    });
}
