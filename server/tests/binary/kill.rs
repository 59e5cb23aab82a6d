//! kill -9 at random moments under load: what was acknowledged is there, exactly once — from filing to the closed
//! file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::crypto::Entropy;
use serde_json::{Value, json};
use testkit::town::{self, FOOD};
use testkit::{Place, engines};

use crate::program::{Connection, Ground, Server};

const CLIENTS: usize = 8;

/// How often the server is killed on each engine: `TONGBAN_TEST_KILLS`, or three times.
#[expect(clippy::disallowed_methods, reason = "the tests' own configuration")]
pub(crate) fn kills() -> usize {
    std::env::var("TONGBAN_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3)
}

/// What the clients know of one case.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Its id, once filing was acknowledged.
    case: Option<String>,
    /// Accepting was acknowledged.
    accepted: bool,
    /// Granting was acknowledged: the certificate is made and delivered.
    granted: bool,
    /// Closing the file was acknowledged.
    archived: bool,
}

/// By the key under which it was filed.
type Book = Arc<Mutex<BTreeMap<String, Known>>>;

#[test]
fn every_acknowledged_command_survives_kill_9_exactly_once() {
    for engine in engines() {
        let ground = Ground::new(Place::new(engine));
        let book = Book::default();
        let filing = filing(&ground);
        let mut killed_while_busy = 0;
        for round in 0..kills() {
            let before = book.lock().expect("no panic").len();
            let server = ground.serve();
            let clients = work(&server, &ground, &book, &filing);
            std::thread::sleep(Duration::from_millis(200 + Entropy::system().below(1500)));
            server.kill();
            let broken: usize = clients
                .into_iter()
                .map(|client| usize::from(client.join().expect("no panic")))
                .sum();
            killed_while_busy += broken;
            let after = book.lock().expect("no panic").len();
            assert!(
                after > before,
                "round {round}: nothing was done on {}",
                engine.name()
            );
        }
        assert!(
            killed_while_busy > 0,
            "the server was never killed in the middle of a request"
        );
        let verified = ground.run(&["verify"]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        all_there(&ground, &book, &filing);
        let verified = ground.run(&["verify"]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        let cases = book.lock().expect("no panic").len();
        assert!(
            verified.out.contains(&format!("verified: {cases} cases")),
            "{}",
            verified.out
        );
    }
}

fn filing(ground: &Ground) -> Value {
    json!({
        "item_id": ground.town.item(FOOD).to_string(),
        "answers": town::food_answers(),
        "materials": [{ "key": "layout", "paper": true }],
        "delivery": "electronic",
        "applicant": { "kind": "person", "name": town::CITIZENS[0].1, "id_number": town::CITIZENS[0].2 },
    })
}

/// Clients that file, accept, grant and archive until the connection breaks; each says whether that was in the middle of a request.
fn work(
    server: &Server,
    ground: &Ground,
    book: &Book,
    filing: &Value,
) -> Vec<std::thread::JoinHandle<bool>> {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    (0..CLIENTS)
        .map(|_| {
            let (address, token) = (server.address, ground.token.clone());
            let (book, filing) = (Arc::clone(book), filing.clone());
            std::thread::spawn(move || {
                let Ok(mut connection) = Connection::open(address, &token) else {
                    return false;
                };
                loop {
                    let key = format!("file-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                    note(&book, &key, |_| {});
                    let Ok(filed) = connection.post("/api/v1/cases", &key, &filing) else {
                        return true;
                    };
                    assert_eq!(filed.status, 201, "{}", filed.json());
                    let case = filed.json()["case_id"].as_str().expect("an id").to_owned();
                    note(&book, &key, |known| known.case = Some(case.clone()));
                    let path = format!("/api/v1/cases/{case}/acceptance");
                    let Ok(accepted) = connection.post(&path, &format!("accept-{key}"), &json!({}))
                    else {
                        return true;
                    };
                    assert_eq!(accepted.status, 200, "{}", accepted.json());
                    note(&book, &key, |known| known.accepted = true);
                    let path = format!("/api/v1/cases/{case}/decision");
                    let grant = json!({ "granted": true });
                    let Ok(granted) = connection.post(&path, &format!("grant-{key}"), &grant)
                    else {
                        return true;
                    };
                    assert_eq!(granted.status, 200, "{}", granted.json());
                    note(&book, &key, |known| known.granted = true);
                    let path = format!("/api/v1/cases/{case}/archive");
                    let archive = json!({ "retention": "years30" });
                    let Ok(archived) = connection.post(&path, &format!("archive-{key}"), &archive)
                    else {
                        return true;
                    };
                    assert_eq!(archived.status, 200, "{}", archived.json());
                    note(&book, &key, |known| known.archived = true);
                }
            })
        })
        .collect()
}

fn note(book: &Book, key: &str, change: impl FnOnce(&mut Known)) {
    let mut book = book.lock().expect("no panic");
    change(book.entry(key.to_owned()).or_default());
}

/// Starts the server once more and asks for everything: acknowledged things are there, and sending every command
/// again under its key gives the same answer and no second case.
fn all_there(ground: &Ground, book: &Book, filing: &Value) {
    let server = ground.serve();
    let mut connection = Connection::open(server.address, &ground.token).expect("it answers");
    let known = book.lock().expect("no panic").clone();
    let mut cases = BTreeSet::new();
    for (key, known) in &known {
        if let Some(case) = &known.case {
            let shown = connection
                .get(&format!("/api/v1/cases/{case}"))
                .expect("an answer");
            assert_eq!(shown.status, 200, "acknowledged and gone: {key} {case}");
            let state = shown.json()["state"].clone();
            if known.accepted {
                assert_ne!(state, "received", "accepting {case} was acknowledged");
            }
            if known.granted {
                assert_eq!(state, "done", "granting {case} was acknowledged");
            }
            let trail = connection
                .get(&format!("/api/v1/cases/{case}/trail"))
                .expect("an answer")
                .json();
            let count = |command: &str| {
                let rows = trail.as_array().map_or(&[][..], Vec::as_slice);
                rows.iter().filter(|row| row["command"] == command).count()
            };
            assert_eq!(count("file"), 1, "{case}");
            assert_eq!(count("accept"), usize::from(state != "received"), "{case}");
            assert_eq!(count("grant"), usize::from(state == "done"), "{case}");
            assert!(count("archive") <= 1, "{case}");
            assert!(
                !known.archived || count("archive") == 1,
                "closing the file of {case} was acknowledged"
            );
        }
        let again = connection
            .post("/api/v1/cases", key, filing)
            .expect("an answer");
        assert_eq!(again.status, 201, "{key}: {}", again.json());
        let case = again.json()["case_id"].as_str().expect("an id").to_owned();
        if let Some(known) = &known.case {
            assert_eq!(*known, case, "filed twice under {key}");
            assert!(again.head.contains("idempotency-replayed: true"), "{key}");
        }
        assert!(cases.insert(case), "one case under two keys");
    }
    assert_eq!(server.stop(), 0, "a graceful end");
}
