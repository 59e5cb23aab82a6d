//! Whole matters carried through a server that may die at any moment: every command has a key of its own, what was
//! answered is written down, and whoever goes on begins where the answers end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use testkit::town::{BANK_CARD, CITIZENS, ENTERPRISE};

use crate::program::Connection;

/// How long a command may wait until what it depends on has come through.
const PATIENCE: Duration = Duration::from_mins(1);

/// The server is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Gone {
        Gone
    }
}

/// What every errand begins with.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) citizen: String,
    pub(crate) office: String,
    /// Items of a basket.
    pub(crate) cart: Vec<String>,
    /// What the citizen has uploaded: it goes where something is wanted.
    pub(crate) file: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bundle,
    Cart,
    Project,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Bundle, Kind::Cart, Kind::Project];
}

/// A command that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) by_citizen: bool,
    pub(crate) answer: Value,
}

/// One bundle, basket or project on its way.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) kind: Kind,
    pub(crate) number: u64,
    /// By the key of the command.
    pub(crate) answered: BTreeMap<String, Answered>,
    /// Applications for stages, written down before they are sent: a stage that was filed has no form any more.
    written: BTreeMap<String, Value>,
    /// Every case it opened: the id and whether it is a part.
    pub(crate) cases: BTreeMap<String, bool>,
    pub(crate) is_done: bool,
}

/// What happens around the next command that was not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fuse {
    /// Nothing: everything is sent and answered.
    None,
    /// It is sent, and nobody waits for the answer.
    Sent,
    /// Its answer is read, and nothing more is done.
    Answered,
}

/// Somebody who carries errands through one connection each way.
pub(crate) struct Walk<'a> {
    offer: Arc<Offer>,
    citizen: Connection,
    office: Connection,
    errand: &'a mut Errand,
    fuse: Fuse,
}

impl Errand {
    pub(crate) fn new(kind: Kind, number: u64) -> Errand {
        Errand {
            kind,
            number,
            answered: BTreeMap::new(),
            written: BTreeMap::new(),
            cases: BTreeMap::new(),
            is_done: false,
        }
    }

    /// Goes on to the end, or to where the server dies or the fuse stops it.
    pub(crate) fn go_on(
        &mut self,
        address: SocketAddr,
        offer: &Arc<Offer>,
        fuse: Fuse,
    ) -> Result<(), Gone> {
        let kind = self.kind;
        let mut walk = Walk {
            offer: Arc::clone(offer),
            citizen: Connection::open(address, &offer.citizen)?,
            office: Connection::open(address, &offer.office)?,
            errand: self,
            fuse,
        };
        match kind {
            Kind::Bundle => walk.bundle(),
            Kind::Cart => walk.cart(),
            Kind::Project => walk.project(),
        }?;
        self.is_done = true;
        Ok(())
    }

    /// Sends everything again under its keys: each gets the answer it had.
    pub(crate) fn repeat(&self, address: SocketAddr, offer: &Offer) {
        let mut citizen = Connection::open(address, &offer.citizen).expect("it answers");
        let mut office = Connection::open(address, &offer.office).expect("it answers");
        for (key, known) in &self.answered {
            let connection = if known.by_citizen {
                &mut citizen
            } else {
                &mut office
            };
            let again = connection
                .post(&known.path, key, &known.body)
                .expect("an answer");
            assert_eq!(again.json(), known.answer, "{key} was answered otherwise");
            assert!(again.head.contains("idempotency-replayed: true"), "{key}");
        }
    }
}

impl Walk<'_> {
    /// Two matters of two bodies, the second after the first.
    fn bundle(&mut self) -> Result<(), Gone> {
        let form = self.form("/api/v1/bundles/long_life/form")?;
        let body = json!({ "application": self.application(&form) });
        let filed = self.file("file", "/api/v1/bundles/long_life/cases", &body)?;
        for part in parts(&filed) {
            self.accept(&part)?;
        }
        // The second is held until the result of the first has been taken in.
        for part in parts(&filed) {
            self.grant(&part)?;
        }
        self.ended(&filed)
    }

    fn cart(&mut self) -> Result<(), Gone> {
        let items = self.offer.cart.clone();
        let query: Vec<String> = items.iter().map(|item| format!("item={item}")).collect();
        let form = self.form(&format!("/api/v1/carts/form?{}", query.join("&")))?;
        let items: Vec<Value> = items
            .iter()
            .map(|item| json!({ "item_id": item }))
            .collect();
        let body = json!({ "items": items, "application": self.application(&form) });
        let filed = self.file("file", "/api/v1/carts", &body)?;
        for part in parts(&filed) {
            self.accept(&part)?;
            self.grant(&part)?;
        }
        self.ended(&filed)
    }

    /// Four stages, each applied for when the one before has passed; the last is one joint acceptance.
    fn project(&mut self) -> Result<(), Gone> {
        let body = json!({
            "code": format!("2611-990100-04-01-{:06}", self.errand.number),
            "name": "云川示例厂房",
            "class": "small_industrial",
            "site": "云川市云川区滨江大道",
            "investment_fen": 4_800_000_000_i64,
        });
        let project = self.send("register", "/api/v1/projects", true, &body)?;
        let project = text(&project["case_id"]);
        self.errand.cases.insert(project.clone(), false);
        for stage in ["land", "works", "permit", "completion"] {
            let path = format!("/api/v1/projects/{project}/stages/{stage}");
            // An answered stage asks nothing any more.
            let known = self.errand.answered.get(&self.key(stage)).cloned();
            let filed = match known {
                Some(known) => known.answer,
                None => {
                    let key = self.key(stage);
                    let body = match self.errand.written.get(&key) {
                        Some(written) => written.clone(),
                        None => {
                            let form = self.form(&format!("{path}/form"))?;
                            let body = json!({ "application": self.application(&form) });
                            self.errand.written.insert(key, body.clone());
                            body
                        }
                    };
                    self.file(stage, &format!("{path}/cases"), &body)?
                }
            };
            self.stage(stage, &filed)?;
        }
        Ok(())
    }

    fn stage(&mut self, stage: &str, filed: &Value) -> Result<(), Gone> {
        let acts = format!("/api/v1/joint/{}/acts", text(&filed["case_id"]));
        let accept = json!({ "act": { "command": "accept" } });
        self.send(&format!("accept-{stage}"), &acts, false, &accept)?;
        for part in parts(filed) {
            self.grant(&part)?;
        }
        let opinions = filed["opinions"].as_array().cloned().unwrap_or_default();
        for opinion in &opinions {
            let part = text(&opinion["key"]);
            let give =
                json!({ "act": { "command": "give_opinion", "part": part, "passed": true } });
            self.send(&format!("opinion-{stage}-{part}"), &acts, false, &give)?;
        }
        if !opinions.is_empty() {
            let conclude = json!({ "act": { "command": "conclude" } });
            self.send(&format!("conclude-{stage}"), &acts, false, &conclude)?;
        }
        self.ended(filed)
    }

    fn file(&mut self, name: &str, path: &str, body: &Value) -> Result<Value, Gone> {
        let filed = self.send(name, path, true, body)?;
        self.errand.cases.insert(text(&filed["case_id"]), false);
        for part in parts(&filed) {
            self.errand.cases.insert(part, true);
        }
        Ok(filed)
    }

    fn accept(&mut self, part: &str) -> Result<(), Gone> {
        let path = format!("/api/v1/cases/{part}/acceptance");
        self.send(&format!("a-{}", short(part)), &path, false, &json!({}))?;
        Ok(())
    }

    fn grant(&mut self, part: &str) -> Result<(), Gone> {
        let path = format!("/api/v1/cases/{part}/decision");
        let body = json!({ "granted": true, "opinion": "符合条件" });
        self.send(&format!("g-{}", short(part)), &path, false, &body)?;
        Ok(())
    }

    fn key(&self, name: &str) -> String {
        format!("{:?}-{}-{name}", self.errand.kind, self.errand.number).to_ascii_lowercase()
    }

    /// Sends a command unless it was answered before; waits while what it depends on is on its way.
    fn send(
        &mut self,
        name: &str,
        path: &str,
        by_citizen: bool,
        body: &Value,
    ) -> Result<Value, Gone> {
        let key = self.key(name);
        if let Some(known) = self.errand.answered.get(&key) {
            return Ok(known.answer.clone());
        }
        let connection = if by_citizen {
            &mut self.citizen
        } else {
            &mut self.office
        };
        if self.fuse == Fuse::Sent {
            connection.only_send(path, &key, body)?;
            return Err(Gone);
        }
        let until = Instant::now() + PATIENCE;
        let answer = loop {
            let answer = connection.post(path, &key, body)?;
            match answer.status {
                200 | 201 => break answer.json(),
                409 if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                status => panic!("{key} {path}: {status} {}", answer.json()),
            }
        };
        let known = Answered {
            path: path.to_owned(),
            body: body.clone(),
            by_citizen,
            answer: answer.clone(),
        };
        self.errand.answered.insert(key, known);
        if self.fuse == Fuse::Answered {
            return Err(Gone);
        }
        Ok(answer)
    }

    /// The one form of a whole; asked until it is its turn.
    fn form(&mut self, path: &str) -> Result<Value, Gone> {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.citizen.get(path)?;
            match answer.status {
                200 => return Ok(answer.json()),
                409 if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                status => panic!("{path}: {status} {}", answer.json()),
            }
        }
    }

    /// Everything a form wants, and a file for everything that has to be there.
    fn application(&self, form: &Value) -> Value {
        let mut answers = Map::new();
        for page in form["form"]["pages"].as_array().expect("pages") {
            for field in page["fields"].as_array().expect("fields") {
                if field["required"] == true {
                    let key = field["key"].as_str().expect("a key").to_owned();
                    answers.insert(key, sample(field));
                }
            }
        }
        let files: Vec<Value> = form["materials"]
            .as_array()
            .expect("materials")
            .iter()
            .filter(|material| material["necessity"] == "required")
            .map(|material| json!({ "key": material["key"], "files": [self.offer.file] }))
            .collect();
        json!({ "answers": answers, "materials": files, "delivery": "electronic" })
    }

    /// Waits until the whole has heard of its parts and is over.
    fn ended(&mut self, filed: &Value) -> Result<(), Gone> {
        let path = format!("/api/v1/joint/{}", text(&filed["case_id"]));
        let until = Instant::now() + PATIENCE;
        loop {
            let whole = self.citizen.get(&path)?.json();
            if whole["state"] == "done" {
                assert_eq!(whole["outcome"], "granted", "{whole}");
                return Ok(());
            }
            assert!(Instant::now() < until, "it never ends: {whole}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The ids of the parts of a whole.
fn parts(filed: &Value) -> Vec<String> {
    let parts = filed["parts"].as_array().expect("parts");
    parts.iter().map(|part| text(&part["case_id"])).collect()
}

/// The end of an id tells cases apart and fits a key.
fn short(id: &str) -> &str {
    &id[id.len() - 12..]
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn sample(field: &Value) -> Value {
    let first = || field["options"][0]["value"].clone();
    match field["kind"].as_str().expect("a kind") {
        "text" | "long_text" | "address" => json!("云川示例"),
        "citizen_id" => json!(CITIZENS[0].2),
        "uscc" => json!(ENTERPRISE.1),
        "phone" => json!(CITIZENS[0].3),
        "date" => json!("2026-06-01"),
        "amount" | "number" => json!(100),
        "choice" => first(),
        "choices" => json!([first()]),
        "confirm" => json!(true),
        "bank_card" => json!(BANK_CARD),
        "signature" => json!({ "name": CITIZENS[0].1, "confirmed": true }),
        "region_address" => json!({ "region": "990102001", "street": "滨江大道12号" }),
        kind => panic!("no sample for a field of the kind {kind}"),
    }
}
