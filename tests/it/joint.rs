//! Several matters as one, through the doors: filed at once, decided each by its body, delivered once, whatever fails
//! on the way.

use base::ids::CaseId;
use catalog::bundle::{Bundle, Member};
use serde_json::{Map, Value, json};
use testkit::town::{CENTENARIAN, CITIZENS, FOOD};
use testkit::{Program, TestApp, on_every_engine};

const KEY: &str = "long_life";
pub(crate) const PREPACKED: &str = "仅销售预包装食品备案";

const RENEWAL: &str = "食品经营许可延续";

/// Publishes a bundle of two items of two departments, the second after the first.
async fn publish(app: &TestApp) {
    let code = |name: &str| {
        let snapshot = app.platform.catalog.snapshot();
        let item = snapshot.item(app.town.item(name)).expect("an item");
        item.base_code.clone()
    };
    let bundle = Bundle {
        key: KEY.to_owned(),
        name: "长寿老人开小店".to_owned(),
        summary: "领补贴，开小店".to_owned(),
        region: "990102".to_owned(),
        items: vec![
            Member {
                base_code: code(CENTENARIAN),
                ..Member::default()
            },
            Member {
                base_code: code(PREPACKED),
                depends_on: vec![code(CENTENARIAN)],
                ..Member::default()
            },
        ],
        ..Bundle::default()
    };
    let now = app.now();
    app.db()
        .write(move |tx| catalog::store::publish_bundle(tx, &bundle, "", "何静", now))
        .await
        .expect("it is published");
}

/// Answers to any form, by kind.
fn answers(form: &Value) -> Map<String, Value> {
    let mut answers = Map::new();
    for page in form["form"]["pages"].as_array().expect("pages") {
        for field in page["fields"].as_array().expect("fields") {
            let key = field["key"].as_str().expect("a key").to_owned();
            let first = || field["options"][0]["value"].clone();
            let value = match field["kind"].as_str().expect("a kind") {
                "text" | "long_text" | "address" => json!("云川示例"),
                "citizen_id" => json!(CITIZENS[0].2),
                "uscc" => json!("91990102MA0000001L"),
                "phone" => json!(CITIZENS[0].3),
                "date" => json!("2026-06-01"),
                "amount" | "number" => json!(100),
                "choice" => first(),
                "choices" => json!([first()]),
                "confirm" => json!(true),
                "bank_card" => json!(testkit::town::BANK_CARD),
                "signature" => json!({ "name": CITIZENS[0].1, "confirmed": true }),
                "region_address" => json!({ "region": "990102001", "street": "滨江大道12号" }),
                _ if field["required"] == true => panic!("no sample for {field}"),
                _ => continue,
            };
            if field["required"] == true {
                answers.insert(key, value);
            }
        }
    }
    answers
}

fn papers(form: &Value) -> Vec<Value> {
    form["materials"]
        .as_array()
        .expect("materials")
        .iter()
        .filter(|material| material["necessity"] == "required" && material["shared_via"] == "")
        .map(|material| json!({ "key": material["key"], "paper": true }))
        .collect()
}

/// Files the bundle; the whole as it was answered.
async fn file(citizen: &Program, delivery: &str) -> Value {
    let form = citizen
        .get(&format!("/api/v1/bundles/{KEY}/form"))
        .await
        .expect(200)
        .json();
    let application = json!({
        "answers": answers(&form),
        "materials": papers(&form),
        "delivery": delivery,
    });
    citizen
        .post(
            &format!("/api/v1/bundles/{KEY}/cases"),
            &json!({ "application": application }),
        )
        .await
        .expect(201)
        .json()
}

/// A basket of two items of one department, filed; its id.
pub(crate) async fn basket(app: &TestApp, citizen: &Program) -> String {
    let items = [PREPACKED, RENEWAL].map(|name| app.town.item(name).to_string());
    let query: Vec<String> = items.iter().map(|item| format!("item={item}")).collect();
    let form = citizen
        .get(&format!("/api/v1/carts/form?{}", query.join("&")))
        .await
        .expect(200)
        .json();
    let application = json!({ "answers": answers(&form), "materials": papers(&form) });
    let items: Vec<Value> = items
        .iter()
        .map(|item| json!({ "item_id": item }))
        .collect();
    let cart = json!({ "items": items, "application": application });
    id(&citizen
        .post("/api/v1/carts", &cart)
        .await
        .expect(201)
        .json())
}

fn id(value: &Value) -> String {
    value["case_id"].as_str().expect("an id").to_owned()
}

/// Takes in everything that happened.
async fn follow(app: &TestApp) {
    app.db().sequence_now().await.expect("the feed is numbered");
    while app.platform.joint.follow_step(1).await.expect("it goes on") > 0 {}
}

async fn states(program: &Program, whole: &str) -> (String, Vec<String>) {
    let json = program
        .get(&format!("/api/v1/joint/{whole}"))
        .await
        .expect(200)
        .json();
    let parts = json["parts"].as_array().expect("parts").iter();
    (
        json["state"].as_str().expect("a state").to_owned(),
        parts
            .map(|part| part["state"].as_str().expect("a state").to_owned())
            .collect(),
    )
}

async fn accept(office: &Program, part: &str) {
    office
        .post(&format!("/api/v1/cases/{part}/acceptance"), &json!({}))
        .await
        .expect(200);
}

async fn decide(office: &Program, part: &str, granted: bool) -> testkit::Answer {
    let body = if granted {
        json!({ "granted": true, "opinion": "符合条件" })
    } else {
        json!({ "granted": false, "opinion": "不符合条件", "legal_basis": "《条例》第二条" })
    };
    office
        .post(&format!("/api/v1/cases/{part}/decision"), &body)
        .await
}

#[test]
fn one_application_two_bodies_one_delivery() {
    on_every_engine(async |app| {
        publish(&app).await;
        let citizen = app.program("citizen1").await;
        let (civil, market) = (
            app.program("approver_civil").await,
            app.program("approver1").await,
        );
        let filed = file(&citizen, "electronic").await;
        let whole = id(&filed);
        let (first, second) = (id(&filed["parts"][0]), id(&filed["parts"][1]));
        assert_eq!(filed["parts"][1]["after"], json!([first]));
        accept(&civil, &first).await;
        accept(&market, &second).await;
        follow(&app).await;
        assert_eq!(states(&citizen, &whole).await.0, "accepted");
        // The later one may be examined, not decided.
        let held = decide(&market, &second, true).await;
        assert!(!held.status.is_success(), "{}", held.text());
        decide(&civil, &first, true).await.expect(200);
        follow(&app).await;
        let shared = app
            .read({
                let second: CaseId = second.parse().expect("an id");
                move |tx| {
                    let case = cases::load(tx, second).expect("read").expect("a case");
                    Ok(approval::together::shared(&case))
                }
            })
            .await;
        assert_eq!(shared.len(), 1, "the earlier result is shared");
        assert!(shared[0].granted);
        // Decided, and not delivered before the others.
        let (_, parts) = states(&citizen, &whole).await;
        assert_eq!(parts, ["granted", "accepted"]);
        decide(&market, &second, true).await.expect(200);
        follow(&app).await;
        assert_eq!(
            states(&citizen, &whole).await,
            (
                "done".to_owned(),
                vec!["done".to_owned(), "done".to_owned()]
            )
        );
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_refused_prerequisite_leaves_only_refusing() {
    on_every_engine(async |app| {
        publish(&app).await;
        let citizen = app.program("citizen1").await;
        let (civil, market) = (
            app.program("approver_civil").await,
            app.program("approver1").await,
        );
        let filed = file(&citizen, "electronic").await;
        let whole = id(&filed);
        let (first, second) = (id(&filed["parts"][0]), id(&filed["parts"][1]));
        accept(&civil, &first).await;
        accept(&market, &second).await;
        decide(&civil, &first, false).await.expect(200);
        follow(&app).await;
        assert!(!decide(&market, &second, true).await.status.is_success());
        decide(&market, &second, false).await.expect(200);
        follow(&app).await;
        let seen = citizen
            .get(&format!("/api/v1/joint/{whole}"))
            .await
            .expect(200)
            .json();
        assert_eq!(seen["outcome"], "refused");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_fault_between_any_two_steps_loses_nothing_and_does_nothing_twice() {
    on_every_engine(async |app| {
        publish(&app).await;
        let citizen = app.program("citizen1").await;
        let (civil, market) = (
            app.program("approver_civil").await,
            app.program("approver1").await,
        );
        let filed = file(&citizen, "electronic").await;
        let whole = id(&filed);
        let parts = [id(&filed["parts"][0]), id(&filed["parts"][1])];
        for step in 0..4 {
            match step {
                0 => accept(&civil, &parts[0]).await,
                1 => accept(&market, &parts[1]).await,
                2 => drop(decide(&civil, &parts[0], true).await.expect(200)),
                _ => drop(decide(&market, &parts[1], true).await.expect(200)),
            }
            app.db().sequence_now().await.expect("numbered");
            let before = app.counts().await;
            // The process dies in the middle of taking a part in: nothing of it is there.
            let joint = app.platform.joint.clone();
            let (now, whole_id): (_, CaseId) = (app.now(), whole.parse().expect("an id"));
            let part: CaseId = parts[step % 2].parse().expect("an id");
            let died = app
                .db()
                .write(move |tx| -> Result<(), store::Error> {
                    joint
                        .part_moved(tx, now, whole_id, part)
                        .expect("it is taken in");
                    Err(store::Error::Corrupt("the process died here".to_owned()))
                })
                .await;
            assert!(died.is_err());
            assert_eq!(app.counts().await, before, "nothing is half done");
            // Two processes go on at once; each entry is taken in by one of them.
            let (one, other) = (app.platform.joint.clone(), app.platform.joint.clone());
            let (first, second) = tokio::join!(one.follow_step(1), other.follow_step(1));
            // Whoever came second may be told that the bookmark has moved.
            assert!(first.is_ok() || second.is_ok());
            follow(&app).await;
            follow(&app).await;
        }
        assert_eq!(states(&citizen, &whole).await.0, "done");
        let told = app
            .read({
                let whole: CaseId = whole.parse().expect("an id");
                move |tx| {
                    let trail = cases::trail(tx, whole).expect("a trail");
                    let commands: Vec<String> =
                        trail.into_iter().map(|row| row.event.command).collect();
                    Ok(commands)
                }
            })
            .await;
        let moved = told
            .iter()
            .filter(|command| *command == "part_moved")
            .count();
        assert_eq!(moved, 4, "accepted and granted, each part, once: {told:?}");
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn everything_is_withdrawn_together() {
    on_every_engine(async |app| {
        publish(&app).await;
        let citizen = app.program("citizen1").await;
        let filed = file(&citizen, "electronic").await;
        let whole = id(&filed);
        let body = json!({ "act": { "command": "withdraw", "reason": "不办了" } });
        let address = format!("/api/v1/joint/{whole}/acts");
        let stranger = app.program("citizen2").await;
        stranger.post(&address, &body).await.expect(404);
        citizen.post(&address, &body).await.expect(200);
        assert_eq!(
            states(&citizen, &whole).await,
            (
                "withdrawn".to_owned(),
                vec!["withdrawn".to_owned(), "withdrawn".to_owned()]
            )
        );
        follow(&app).await;
        app.verify().await.expect("everything is as it was written");
    });
}

#[test]
fn a_basket_holds_what_it_was_given_and_nothing_waits() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let (one, other) = (app.town.item(CENTENARIAN), app.town.item(PREPACKED));
        let form = citizen
            .get(&format!("/api/v1/carts/form?item={one}&item={other}"))
            .await
            .expect(200)
            .json();
        let application = json!({ "answers": answers(&form), "materials": papers(&form) });
        let items = json!([{ "item_id": one.to_string() }, { "item_id": other.to_string() }]);
        let cart = json!({ "items": items, "application": application });
        let filed = citizen
            .post("/api/v1/carts", &cart)
            .await
            .expect(201)
            .json();
        let market = app.program("approver1").await;
        let part = id(&filed["parts"][1]);
        accept(&market, &part).await;
        decide(&market, &part, true).await.expect(200);
        follow(&app).await;
        // Nothing is wrong with an empty one but that there is nothing in it.
        let empty = json!({ "items": [], "application": {} });
        citizen.post("/api/v1/carts", &empty).await.expect(422);
        let mut browser = app.browser("citizen1").await;
        let page = browser
            .get(&format!("/joint/{}", id(&filed)))
            .await
            .expect(200);
        assert!(page.text().contains(PREPACKED));
        assert_ne!(app.town.item(FOOD), one);
        app.verify().await.expect("everything is as it was written");
    });
}
