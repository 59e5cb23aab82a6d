//! kill -9 between every two steps of a bundle, and at random moments under many wholes at once: no part is lost or
//! doubled, every whole reaches its end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::crypto::Entropy;
use base::ids::{AccountId, CaseId, ItemId, OrgId, StaffId, VersionId};
use casework::{Actor, Grant, Role};
use catalog::bundle::{Bundle, Member};
use catalog::import::bodies::{Bodies, Body};
use people::{NewStaff, Org, OrgKind};
use serde_json::Value;
use server::Platform;
use store::Tx;
use testkit::town::{CENTENARIAN, CENTRE};
use testkit::{Place, engines};

use crate::errands::{Errand, Fuse, Kind, Offer};
use crate::kill::kills;
use crate::program::{Connection, Ground, token};

const CLIENTS: usize = 6;
const PREPACKED: &str = "仅销售预包装食品备案";
const RENEWAL: &str = "食品经营许可延续";

/// The bodies that ship with the demonstration, and what they offer.
const CITY: &str = include_str!("../../../data/demo/city.json");
const CATALOGUE: &str = include_str!("../../../data/items/demo_items.json");
/// Bodies that lead the stages of a project or give an opinion in one.
const BODIES: [&str; 8] = [
    "city.development",
    "city.land",
    "city.construction",
    "city.fire",
    "city.emergency",
    "city.police",
    "city.water",
    "city.environment",
];

#[test]
fn killed_between_every_two_steps_of_a_bundle() {
    for engine in engines() {
        let ground = Ground::new(Place::new(engine));
        let offer = offer(&ground);
        let mut errands = [
            Errand::new(Kind::Bundle, 1),
            Errand::new(Kind::Cart, 2),
            Errand::new(Kind::Bundle, 3),
        ];
        let mut deaths = 0;
        for errand in &mut errands {
            // Each command once with the server gone before its answer, at another moment each time, and once with it
            // gone right after.
            for fuse in [Fuse::Sent, Fuse::Answered].into_iter().cycle() {
                let server = ground.serve();
                let gone = errand.go_on(server.address, &offer, fuse).is_err();
                if fuse == Fuse::Sent {
                    std::thread::sleep(Duration::from_millis(Entropy::system().below(30)));
                }
                server.kill();
                if !gone {
                    break;
                }
                deaths += 1;
            }
        }
        assert!(deaths >= 2 * (5 + 5 + 5), "{deaths} deaths");
        all_there(&ground, &offer, &errands);
    }
}

#[test]
fn wholes_under_load_survive_kill_9_and_reach_their_end() {
    for engine in engines() {
        let ground = Ground::new(Place::new(engine));
        let offer = offer(&ground);
        let errands = Arc::new(Mutex::new(Vec::new()));
        let mut waiting: Vec<Errand> = Vec::new();
        let mut broken = 0;
        for _ in 0..kills() {
            let server = ground.serve();
            let carriers: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (address, offer) = (server.address, Arc::clone(&offer));
                    let (done, mut open) = (Arc::clone(&errands), waiting.pop());
                    std::thread::spawn(move || {
                        loop {
                            let mut errand = open.take().unwrap_or_else(next);
                            if errand.go_on(address, &offer, Fuse::None).is_err() {
                                return errand;
                            }
                            done.lock().expect("no panic").push(errand);
                        }
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(500 + Entropy::system().below(3000)));
            server.kill();
            for carrier in carriers {
                waiting.push(carrier.join().expect("no panic"));
                broken += 1;
            }
        }
        assert!(broken > 0, "the server was never killed under a whole");
        // Once more, to the end.
        let server = ground.serve();
        for errand in &mut waiting {
            let ended = errand.go_on(server.address, &offer, Fuse::None);
            assert!(ended.is_ok(), "the server stays");
        }
        server.kill();
        let mut errands = std::mem::take(&mut *errands.lock().expect("no panic"));
        errands.append(&mut waiting);
        all_there(&ground, &offer, &errands);
    }
}

/// What the errands begin with, with a file that is there already.
fn offer(ground: &Ground) -> Arc<Offer> {
    let mut offer = ground.with(prepare);
    let server = ground.serve();
    let mut citizen = Connection::open(server.address, &offer.citizen).expect("it answers");
    let content = testkit::files::pdf("material");
    offer.file = citizen
        .upload("material.pdf", &content)
        .expect("it is kept");
    assert_eq!(server.stop(), 0);
    Arc::new(offer)
}

fn next() -> Errand {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(100);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let kind = Kind::ALL[usize::try_from(number).expect("small") % Kind::ALL.len()];
    Errand::new(kind, number)
}

/// Every command has its answer, every case is over and there once, and nothing else is.
fn all_there(ground: &Ground, offer: &Offer, errands: &[Errand]) {
    let server = ground.serve();
    for errand in errands {
        assert!(errand.is_done, "{:?}", errand.kind);
        errand.repeat(server.address, offer);
    }
    assert_eq!(server.stop(), 0, "a graceful end");
    let wanted: BTreeMap<&str, bool> = errands
        .iter()
        .flat_map(|errand| &errand.cases)
        .map(|(id, is_part)| (id.as_str(), *is_part))
        .collect();
    let stored = ground.with(stored);
    assert_eq!(stored.len(), wanted.len(), "a case was lost or doubled");
    for (id, is_part) in wanted {
        let (state, trail) = stored.get(id).expect("it was acknowledged");
        assert_eq!(state, "done", "{id}: {trail:?}");
        let count = |command: &str| trail.iter().filter(|known| *known == command).count();
        if is_part {
            for command in ["file", "accept", "grant"] {
                assert_eq!(count(command), 1, "{id}: {trail:?}");
            }
            assert!(count("release") <= 2, "{id}: {trail:?}");
        } else {
            assert_eq!(count("file") + count("register"), 1, "{id}: {trail:?}");
            assert!(count("conclude") <= 1, "{id}: {trail:?}");
        }
    }
    let verified = ground.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
    let cases = stored.len();
    assert!(
        verified.out.contains(&format!("verified: {cases} cases")),
        "{}",
        verified.out
    );
}

/// State and commands of every case.
async fn stored(platform: &Platform) -> BTreeMap<String, (String, Vec<String>)> {
    let read = platform.app.db.read(|tx| -> Result<_, cases::Error> {
        let rows = tx.query("SELECT case_id, state FROM cases", &[])?;
        let mut stored = BTreeMap::new();
        for row in rows {
            let id: CaseId = row.get(0)?;
            let trail = cases::trail(tx, id)?;
            let commands = trail.into_iter().map(|row| row.event.command).collect();
            stored.insert(id.to_string(), (row.get(1)?, commands));
        }
        // One certificate for each case that has one.
        let doubled = tx.query(
            "SELECT case_id FROM licenses GROUP BY case_id HAVING COUNT(*) > 1",
            &[],
        )?;
        assert!(
            doubled.is_empty(),
            "{} certificates too many",
            doubled.len()
        );
        Ok(stored)
    });
    read.await.expect("read")
}

/// Bodies for construction projects with their items, one office that acts for all of them, and a bundle.
async fn prepare(platform: &Platform) -> Offer {
    let app = &platform.app;
    let now = app.now();
    let city: Value = serde_json::from_str(CITY).expect("JSON");
    let bodies: Vec<Org> = city["organisations"]
        .as_array()
        .expect("bodies")
        .iter()
        .filter(|body| BODIES.iter().any(|key| body["key"] == *key))
        .map(|body| org(body, app.ids.next(now)))
        .collect();
    assert_eq!(bodies.len(), BODIES.len());
    let (people, staff, account): (_, StaffId, AccountId) =
        (app.people.clone(), app.ids.next(now), app.ids.next(now));
    app.db
        .write(move |tx| -> Result<(), people::Error> {
            for body in &bodies {
                people::orgs::create(tx, body)?;
            }
            let centre = people::orgs::by_key(tx, CENTRE)?.expect("the town's centre");
            let office = NewStaff {
                login: "office".to_owned(),
                password_hash: "-".to_owned(),
                must_change: false,
                name: "联合审批平台".to_owned(),
                org: centre.id,
                title: String::new(),
                window: None,
                grants: vec![Grant {
                    role: Role::Integrator,
                    region: "990100".to_owned(),
                    org: None,
                }],
            };
            people.create_staff(tx, &office, staff, account, now)
        })
        .await
        .expect("the bodies");
    publish(platform).await;
    bundle(platform).await;
    let cart = [PREPACKED, RENEWAL].map(|name| item(platform, name).0.to_string());
    Offer {
        citizen: token(platform, "citizen1").await,
        office: token(platform, "office").await,
        cart: cart.to_vec(),
        file: String::new(),
    }
}

fn org(body: &Value, id: OrgId) -> Org {
    let text = |key: &str| body[key].as_str().expect("a text").to_owned();
    Org {
        id,
        key: text("key"),
        name: text("name"),
        short_name: text("short_name"),
        uscc: Some(text("uscc")),
        kind: OrgKind::Agency,
        body: text("body"),
        level: 3,
        region: text("region"),
        parent: None,
        phone: Some(text("phone")),
        valid_from: jiff::civil::date(2020, 1, 1),
        valid_to: None,
    }
}

/// Publishes what the new bodies offer.
async fn publish(platform: &Platform) {
    let app = &platform.app;
    let known = app.db.read(known_bodies).await.expect("the bodies");
    let all: Vec<Value> = serde_json::from_str(CATALOGUE).expect("JSON");
    let own: Vec<Value> = all
        .into_iter()
        .filter(|entry| BODIES.iter().any(|key| entry["org"] == *key))
        .collect();
    let content = Value::from(own).to_string().into_bytes();
    let parsed = catalog::import::read(&content, &known).expect("it is read");
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let now = app.now();
    let pairs: Vec<(ItemId, VersionId)> = catalog::app::import::ids(&app.ids, now, &parsed);
    app.db
        .write(move |tx| {
            catalog::app::import::apply(tx, &parsed, &pairs, false, now, &Actor::System)
        })
        .await
        .expect("published");
    let catalog = &platform.catalog;
    catalog.refresh().await.expect("it is read again");
}

fn known_bodies(tx: &mut Tx<'_>) -> Result<Bodies, people::Error> {
    let mut bodies = Bodies::default();
    for org in people::orgs::list(tx, &people::orgs::OrgFilter::default(), None, 100)? {
        bodies.add(&Body {
            id: org.id,
            key: &org.key,
            name: &org.name,
            short_name: &org.short_name,
            uscc: org.uscc.as_deref().unwrap_or_default(),
            region: &org.region,
        });
    }
    Ok(bodies)
}

/// An item by its name: its id and 基本编码.
fn item(platform: &Platform, name: &str) -> (ItemId, String) {
    let snapshot = platform.catalog.snapshot();
    let found = snapshot.items().iter().find(|item| item.name == name);
    let found = found.expect("the town offers it");
    (found.item_id, found.base_code.clone())
}

/// Two items of two departments, the second after the first.
async fn bundle(platform: &Platform) {
    let (first, second) = (item(platform, CENTENARIAN).1, item(platform, PREPACKED).1);
    let bundle = Bundle {
        key: "long_life".to_owned(),
        name: "长寿老人开小店".to_owned(),
        summary: "领补贴，开小店".to_owned(),
        region: "990102".to_owned(),
        items: vec![
            Member {
                base_code: first.clone(),
                ..Member::default()
            },
            Member {
                base_code: second,
                depends_on: vec![first],
                ..Member::default()
            },
        ],
        ..Bundle::default()
    };
    let now = platform.app.now();
    platform
        .app
        .db
        .write(move |tx| catalog::store::publish_bundle(tx, &bundle, "", "何静", now))
        .await
        .expect("it is published");
}
