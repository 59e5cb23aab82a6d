//! The seven automatic items against the real program: each is decided without a person, each goes to a person when
//! one datum is missing, stale, contradictory or of another type, or its source is slow or down, and every decision
//! is the same when it is evaluated again after the rules changed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use approval::routing::versions::{self, Edit};
use base::ids::{CaseId, ItemId, OrgId, StaffId, VersionId};
use casework::{Actor, Grant, Permission, Role};
use catalog::import::bodies::{Bodies, Body};
use people::{Org, OrgKind};
use route::Route;
use route::edit::Change;
use route::model::{Duty, Kind, Office, Signing, Step};
use serde_json::{Value, json};
use smart::model::{Mode, Outcome};
use smart::store::runs;
use smart::{desk, shipped};
use testkit::{TestApp, on_every_engine, town};

/// The program, listening on a port of its own.
struct Registers {
    child: Child,
    address: SocketAddr,
}

impl Registers {
    fn start() -> Registers {
        let mut child = Command::new(env!("CARGO_BIN_EXE_registers"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it says where");
        let address = line
            .trim()
            .rsplit("http://")
            .next()
            .expect("an address")
            .parse()
            .expect("an address");
        Registers { child, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn put(&self, path: &str, body: &Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        write!(
            stream,
            "PUT {path} HTTP/1.1\r\nHost: registers\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(answer.starts_with("HTTP/1.1 204"), "{path}: {answer}");
    }

    fn record(&self, register: &str, subject: &str, fields: &Value) {
        self.put(
            "/records",
            &json!({
                "register": register,
                "subject": subject,
                "fields": fields,
                "observed_at": "2026-05-21T00:00:00Z",
            }),
        );
    }

    fn fault(&self, register: &str, fault: &Value) {
        self.put(&format!("/faults/{register}"), fault);
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One of the seven, with who asks and the datum that is bent.
struct Case {
    name: &'static str,
    base_code: &'static str,
    login: &'static str,
    /// Named by the window that files for somebody.
    applicant: Option<Value>,
    answers: Value,
    /// Keys of materials that no licence at hand replaces.
    uploads: &'static [&'static str],
    register: &'static str,
    field: &'static str,
}

const ELDER: &str = "赵桂兰";

fn elder_id() -> String {
    base::codes::CitizenId::compose(990_102, jiff::civil::date(1944, 3, 2), 36)
        .expect("a number")
        .as_str()
        .to_owned()
}

fn cases() -> Vec<Case> {
    let card = town::BANK_CARD;
    let case = |name, base_code, login, answers, register, field| Case {
        name,
        base_code,
        login,
        applicant: None,
        answers,
        uploads: &[],
        register,
        field,
    };
    vec![
        case(
            "高龄津贴申领",
            "990506001000",
            "citizen1",
            json!({ "for_whom": "family", "elder_name": ELDER, "elder_id": elder_id(), "address": "云川区滨江街道滨江大道12号",
                    "bank_name": "云川农商银行", "bank_card": card }),
            "police",
            "alive",
        ),
        Case {
            uploads: &["photo"],
            ..case(
                "老年人优待证办理",
                "992006001000",
                "citizen3",
                json!({ "form": "electronic" }),
                "police",
                "id_valid",
            )
        },
        case(
            "困难残疾人生活补贴和重度残疾人护理补贴",
            "990506004000",
            "citizen1",
            json!({ "kinds": ["care"], "who": "self", "disabled_id": town::CITIZENS[0].2, "level": "l2", "bank_card": card,
                    "address": "云川区滨江街道滨江大道12号" }),
            "disability",
            "level",
        ),
        Case {
            uploads: &["premises"],
            ..case(
                "个体工商户设立登记",
                "990121002001",
                "citizen2",
                json!({ "shop_name": "云川区秀英裁缝店", "address": "云川区滨江街道滨江大道18号", "place_kind": "rent",
                        "scope": "服装修补、裁剪", "staff": 2, "mode": "single", "confirm": true }),
                "market",
                "banned",
            )
        },
        Case {
            applicant: Some(
                json!({ "kind": "legal", "name": town::ENTERPRISE.0, "id_number": town::ENTERPRISE.1,
                                    "legal_representative": town::CITIZENS[0].1 }),
            ),
            ..case(
                "食品经营许可延续",
                "990121001002",
                "clerk1",
                json!({ "permit_no": "JY29901020000123", "expire": "2026-12-31", "changed": "no" }),
                "market",
                "food_permit_status",
            )
        },
        Case {
            uploads: &["realty"],
            ..case(
                "不动产权属证书换证登记",
                "990710001004",
                "citizen2",
                json!({ "cert_no": "云（2011）云川区不动产权第0001234号", "house_address": "云川区滨江街道滨江大道18号",
                        "reason": "damaged" }),
                "realty",
                "restricted",
            )
        },
        case(
            "灵活就业人员参加企业职工基本养老保险登记",
            "992009001000",
            "citizen2",
            json!({ "kind": "platform", "since": "2026-02-01", "base": "p60", "cycle": "month",
                    "start_month": "2026-06-01", "bank_card": card }),
            "insurance",
            "employed",
        ),
    ]
}

fn load(registers: &Registers) {
    for (_, name, number, _) in town::CITIZENS {
        let born = format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]);
        registers.record(
            "police",
            number,
            &json!({ "name": name, "born": born, "alive": true, "household_region": "990102001", "address": "滨江街道",
                     "id_valid": true }),
        );
        registers.record(
            "civil",
            number,
            &json!({ "benefits": [], "low_income": false }),
        );
        registers.record(
            "market",
            number,
            &json!({ "status": "", "banned": false, "serious_violation": false, "open_penalty": false }),
        );
        registers.record(
            "realty",
            number,
            &json!({ "certs": ["云（2011）云川区不动产权第0001234号"], "restricted": false, "disputed": false }),
        );
        registers.record(
            "insurance",
            number,
            &json!({ "employed": false, "pension": "未参保", "card_account": town::BANK_CARD, "card_bank": "云川农商银行" }),
        );
        registers.record(
            "disability",
            number,
            &json!({ "valid": true, "level": 2, "expires": "2030-01-01" }),
        );
    }
    registers.record(
        "police",
        &elder_id(),
        &json!({ "name": ELDER, "born": "1944-03-02", "alive": true, "household_region": "990102001",
                 "address": "滨江街道", "id_valid": true }),
    );
    registers.record(
        "civil",
        &elder_id(),
        &json!({ "benefits": ["养老服务补贴"], "low_income": false }),
    );
    registers.record(
        "insurance",
        &elder_id(),
        &json!({ "employed": false, "pension": "领取待遇", "card_account": town::BANK_CARD, "card_bank": "云川农商银行" }),
    );
    registers.record(
        "market",
        town::ENTERPRISE.1,
        &json!({ "status": "存续", "banned": false, "serious_violation": false, "open_penalty": false,
                 "food_permit_no": "JY29901020000123", "food_permit_expires": "2026-12-31", "food_permit_status": "有效" }),
    );
}

/// Publishes the items of two bodies the town has not got.
async fn more_items(app: &TestApp) -> Vec<(String, ItemId)> {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../data/items/demo_items.json")).expect("items");
    let now = app.now();
    let mut own = Vec::new();
    let mut orgs: Vec<(OrgId, String, String, String)> = Vec::new();
    for record in all {
        let code = record["item"]["base_code"].as_str().unwrap_or_default();
        if !["990710001004", "992009001000"].contains(&code) {
            continue;
        }
        let (key, region) = (
            record["org"].as_str().expect("a key").to_owned(),
            record["item"]["region_code"]
                .as_str()
                .expect("a region")
                .to_owned(),
        );
        let uscc = record["item"]["impl_code"].as_str().expect("a code")[..18].to_owned();
        orgs.push((app.platform.app.ids.next(now), key, region, uscc));
        own.push(record);
    }
    let made = orgs.clone();
    app.db()
        .write(move |tx| -> Result<(), people::Error> {
            for (id, key, region, uscc) in &made {
                people::orgs::create(
                    tx,
                    &Org {
                        id: *id,
                        key: key.clone(),
                        name: format!("云川市办事机构{region}"),
                        short_name: "云川办".to_owned(),
                        uscc: Some(uscc.clone()),
                        kind: OrgKind::Agency,
                        body: String::new(),
                        level: if region.ends_with("00") { 3 } else { 4 },
                        region: region.clone(),
                        parent: None,
                        phone: None,
                        valid_from: jiff::civil::date(2020, 1, 1),
                        valid_to: None,
                    },
                )?;
            }
            Ok(())
        })
        .await
        .expect("the bodies");
    let mut bodies = Bodies::default();
    for (id, key, region, uscc) in &orgs {
        bodies.add(&Body {
            id: *id,
            key,
            name: key,
            short_name: "云川办",
            uscc,
            region,
        });
    }
    let parsed = catalog::import::read(&Value::from(own).to_string().into_bytes(), &bodies)
        .expect("the file is read");
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let pairs: Vec<(ItemId, VersionId)> =
        catalog::app::import::ids(&app.platform.app.ids, now, &parsed);
    let items = parsed
        .good
        .iter()
        .zip(&pairs)
        .map(|(record, (id, _))| (record.item.name.clone(), *id))
        .collect();
    app.db()
        .write(move |tx| {
            catalog::app::import::apply(tx, &parsed, &pairs, false, now, &Actor::System)
        })
        .await
        .expect("published");
    app.platform.catalog.refresh().await.expect("read again");
    items
}

/// The shipped rules on the program's address, all deciding without a person.
async fn install(app: &TestApp, url: String) {
    let (platform, now) = (app.platform.app.clone(), app.now());
    app.db()
        .write(move |tx| -> Result<(), smart::Error> {
            let system = &Actor::System;
            shipped::install(tx, &platform, (system, system, system), &url, now)?;
            for source in shipped::sources() {
                // Nothing remembered, nothing rested: every application meets the fault itself.
                let source = smart::model::Source {
                    url: url.clone(),
                    timeout_ms: 400,
                    retries: 1,
                    cache_s: 0,
                    breaker_failures: 100,
                    ..source.clone()
                };
                let id = platform.ids.next_uuid(now);
                desk::change_source(tx, system, (id, now), &source, "试验")?;
            }
            shipped::begin_with(tx, &platform, system, Mode::Auto, "试验", now)
        })
        .await
        .expect("installed");
    app.platform.smart.refresh().await.expect("read");
}

async fn file(app: &TestApp, case: &Case, item: ItemId) -> (CaseId, Value) {
    let program = app.program(case.login).await;
    let mut body = json!({ "item_id": item, "answers": case.answers, "delivery": "electronic" });
    if let Some(applicant) = &case.applicant {
        body["applicant"] = applicant.clone();
    }
    let mut materials = Vec::new();
    for key in case.uploads {
        let paper = testkit::files::pdf(key);
        let digests = program.upload(&[("file", "paper.pdf", &paper)]).await;
        materials.push(json!({ "key": key, "files": digests }));
    }
    body["materials"] = Value::from(materials);
    let answer = program
        .post("/api/v1/cases", &body)
        .await
        .expect(201)
        .json();
    let id = answer["case_id"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("an id");
    (id, answer)
}

async fn run_of(app: &TestApp, case: CaseId) -> runs::Run {
    app.read(move |tx| runs::of_case(tx, case))
        .await
        .pop()
        .expect("it was looked at")
}

/// Why a person has to look at a case.
async fn reasons(app: &TestApp, case: CaseId) -> Vec<String> {
    let reasons = run_of(app, case).await.verdict.reasons;
    reasons.into_iter().map(|reason| reason.code).collect()
}

#[test]
fn seven_items_decide_themselves_and_go_to_a_person_when_a_datum_is_not_right() {
    on_every_engine(async |app| {
        let registers = Registers::start();
        load(&registers);
        let mut items = app.town.items.clone();
        items.extend(more_items(&app).await);
        install(&app, registers.url()).await;
        let mut decided = Vec::new();
        for case in cases() {
            let item = items
                .iter()
                .find(|(name, _)| name == case.name)
                .map(|(_, id)| *id)
                .expect(case.name);
            let (id, answer) = file(&app, &case, item).await;
            let run = run_of(&app, id).await;
            assert_eq!(
                (run.outcome, answer["state"].as_str()),
                (Outcome::Grant, Some("done")),
                "{}: {:?}",
                case.name,
                run.verdict.reasons
            );
            // Both explanations: the applicant's and the staff's.
            if case.applicant.is_none() {
                let mut browser = app.browser(case.login).await;
                let page = browser.get(&format!("/cases/{id}/why")).await;
                assert!(page.shows("没有人工干预"), "{}", case.name);
            }
            decided.push((case.base_code, run.id));
            for (fault, state) in [
                (
                    json!({ "fault": "missing", "field": case.field }),
                    "missing",
                ),
                (json!({ "fault": "missing" }), "missing"),
                (json!({ "fault": "stale" }), "stale"),
                (
                    json!({ "fault": "contradictory", "field": case.field }),
                    "conflict",
                ),
                (
                    json!({ "fault": "wrong", "field": case.field }),
                    "malformed",
                ),
                (json!({ "fault": "garbled" }), "malformed"),
                (json!({ "fault": "slow", "ms": 900 }), "unavailable"),
                (json!({ "fault": "down" }), "unavailable"),
            ] {
                registers.fault(case.register, &fault);
                let (id, answer) = file(&app, &case, item).await;
                let run = run_of(&app, id).await;
                assert_eq!(run.outcome, Outcome::Person, "{}: {fault}", case.name);
                assert_eq!(answer["state"], "received", "{}: {fault}", case.name);
                assert!(
                    run.verdict
                        .reasons
                        .iter()
                        .any(|reason| reason.code.starts_with(&format!("{state}:"))),
                    "{}: {fault}: {:?}",
                    case.name,
                    run.verdict.reasons
                );
            }
            registers.fault(case.register, &json!({ "fault": "none" }));
            // Everything is well again, but the platform knows what it has granted, whatever a register says.
            let (id, answer) = file(&app, &case, item).await;
            assert_eq!(answer["state"], "received", "{}", case.name);
            assert_eq!(reasons(&app, id).await, ["rule:earlier"], "{}", case.name);
        }
        // The allowance goes to the old person's own account, whoever fills in the form.
        let mut others = cases().swap_remove(0);
        let elder_item = items
            .iter()
            .find(|(name, _)| name == others.name)
            .map(|(_, id)| *id)
            .expect("there");
        others.answers["bank_card"] = "6217009900000000022".into();
        let (id, _) = file(&app, &others, elder_item).await;
        assert!(
            reasons(&app, id).await.contains(&"rule:account".to_owned()),
            "an account of somebody else"
        );
        // Other rules from now on; what was decided stays as it was decided.
        change_rules(&app).await;
        for (base_code, run) in decided {
            let people = app.platform.app.people.clone();
            let replayed = app
                .db()
                .read(move |tx| smart::replay::replay(tx, &people, run))
                .await
                .expect("replayed");
            assert!(
                replayed.identical(),
                "{base_code}: {:?}",
                replayed.differences
            );
            let now_in_force = app.platform.smart.known().sets[base_code].version;
            assert!(now_in_force > replayed.run.set_version);
        }
        let all = cases();
        let first = &all[0];
        let item = items
            .iter()
            .find(|(name, _)| name == first.name)
            .map(|(_, id)| *id)
            .expect("there");
        let (id, _) = file(&app, first, item).await;
        assert_eq!(run_of(&app, id).await.outcome, Outcome::Person);
        // One switch stops everything.
        let (platform, now) = (app.platform.app.clone(), app.now());
        let approval = app.platform.approval.clone();
        app.db()
            .write(move |tx| {
                let act = (platform.ids.next_uuid(now), now);
                desk::switch(
                    tx,
                    &approval,
                    &Actor::System,
                    act,
                    "*",
                    Mode::Off,
                    "停用演练",
                )
            })
            .await
            .expect("stopped");
        app.platform.smart.refresh().await.expect("read");
        let (id, answer) = file(&app, first, item).await;
        assert_eq!(answer["state"], "received");
        assert!(app.read(move |tx| runs::of_case(tx, id)).await.is_empty());
        app.verify().await.expect("trails agree with the rows");
        let people = app.platform.app.people.clone();
        let verified = app
            .read(move |tx| smart::replay::verify(tx, &people))
            .await
            .expect("every run replays");
        assert_eq!(verified.runs, 7 + 7 * 9 + 2);
    });
}

/// A further rule that never holds, published for each set.
async fn change_rules(app: &TestApp) {
    let (platform, now) = (app.platform.app.clone(), app.now());
    app.db()
        .write(move |tx| -> Result<(), smart::Error> {
            for set in shipped::rules() {
                let mut next = set.clone();
                next.rules.push(smart::model::Rule {
                    key: "never".to_owned(),
                    name: "暂停自动决定".to_owned(),
                    when: "1 > 2".to_owned(),
                    says: "规则调整期间一律转人工".to_owned(),
                    ..smart::model::Rule::default()
                });
                let id = platform.ids.next_uuid(now);
                let version = desk::draft(tx, &Actor::System, (id, now), &next, "规则调整")?;
                let id = platform.ids.next_uuid(now);
                let which = (next.base_code.as_str(), version);
                desk::review(tx, &Actor::System, (id, now), which, true, "")?;
            }
            Ok(())
        })
        .await
        .expect("published");
    app.platform.smart.refresh().await.expect("read");
}

/// A member of the town's staff, acting in one role over the whole city.
fn staff(app: &TestApp, login: &str, role: Role) -> Actor {
    let staff: StaffId = app.town.staff(login);
    Actor::Staff(casework::actor::Staff {
        account: app.platform.app.ids.next(app.now()),
        staff,
        name: login.to_owned(),
        org: app.town.org(town::CENTRE),
        grants: vec![Grant {
            role,
            region: "990100".to_owned(),
            org: None,
        }],
        stands_in_for: Vec::new(),
    })
}

/// Publishes the next version of an item's route: reviewed, perhaps visited, decided.
async fn publish_route(app: &TestApp, item: ItemId, visited: bool) {
    let step = |name: &str, kind| Step {
        name: name.to_owned(),
        kind,
        duty: Duty {
            permission: Permission::Decide,
            office: Office::Responsible,
        },
        signing: Signing::One,
    };
    let mut route = Route::simple(step("审查", Kind::Review), step("决定", Kind::Decide));
    if visited {
        route
            .change(&Change::AddStep {
                after: "review".to_owned(),
                step: step("入户核查", Kind::SiteVisit),
            })
            .expect("the change fits");
    }
    let (editor, reviewer) = (
        staff(app, "editor1", Role::CatalogEditor),
        staff(app, "reviewer1", Role::CatalogReviewer),
    );
    let (now, id): (_, VersionId) = (app.now(), app.platform.app.ids.next(app.now()));
    app.db()
        .write(move |tx| -> Result<(), approval::Error> {
            let draft = versions::draft(tx, &editor, id, item, route.clone(), now)?;
            let submit = Edit::Submit {
                note: "试验".to_owned(),
            };
            let handed = versions::edit(tx, &editor, id, draft.revision, &submit, now)?;
            versions::edit(tx, &reviewer, id, handed.revision, &Edit::Publish, now)?;
            Ok(())
        })
        .await
        .expect("published");
}

/// Turns an item's switch as somebody; the stable word of a refusal.
async fn switch(app: &TestApp, who: &Actor, item: ItemId, mode: Mode) -> Result<(), String> {
    let (platform, approval) = (app.platform.app.clone(), app.platform.approval.clone());
    let (who, now, scope) = (who.clone(), app.now(), format!("item:{item}"));
    app.db()
        .write(move |tx| {
            let act = (platform.ids.next_uuid(now), now);
            desk::switch(tx, &approval, &who, act, &scope, mode, "试验")
        })
        .await
        .map_err(|error| match error {
            smart::Error::Conflict(code, _) => code.to_owned(),
            other => other.to_string(),
        })
}

/// Twenty runs in which rules and people agreed, as those of a shadow.
async fn agreed(app: &TestApp, like: &runs::Run) {
    let (platform, like, now) = (app.platform.app.clone(), like.clone(), app.now());
    app.db()
        .write(move |tx| -> Result<(), store::Error> {
            let inputs = runs::inputs(tx, &platform.people, like.id)?.expect("its inputs");
            for _ in 0..desk::COMPARED_MIN {
                let run = runs::Run {
                    id: platform.ids.next_uuid(now),
                    ..like.clone()
                };
                runs::insert(tx, &platform.people, &run, &inputs)?;
                let comparison = runs::Comparison {
                    run: run.id,
                    base_code: run.base_code.clone(),
                    outcome: "granted".to_owned(),
                    agrees: true,
                    reason: String::new(),
                    at: now,
                };
                runs::insert_comparison(tx, &comparison)?;
            }
            Ok(())
        })
        .await
        .expect("written");
}

#[test]
fn an_automatic_decision_walks_its_items_route_and_one_item_has_the_same_gate() {
    on_every_engine(async |app| {
        let registers = Registers::start();
        load(&registers);
        install(&app, registers.url()).await;
        // A second application for the same benefit goes to a person: two items, then.
        let cases = cases();
        let (shop, case) = (&cases[3], &cases[0]);
        let item = app.town.item(shop.name);
        publish_route(&app, item, false).await;
        let (id, answer) = file(&app, shop, item).await;
        assert_eq!(answer["state"], "done");
        let trail = app
            .read(move |tx| cases::trail(tx, id).map_err(|_| store::Error::Stale))
            .await;
        let commands: Vec<&str> = trail.iter().map(|row| row.event.command.as_str()).collect();
        assert_eq!(commands, ["file", "accept", "step:by_rules", "grant"]);
        app.verify().await.expect("the trail holds");

        // Where somebody has to visit, a person decides, though the rules would grant.
        let item = app.town.item(case.name);
        publish_route(&app, item, true).await;
        let (id, answer) = file(&app, case, item).await;
        assert_eq!(answer["state"], "received");
        let run = run_of(&app, id).await;
        assert_eq!(run.outcome, Outcome::Grant);

        // One item goes through the gate of its base code: agreement in the shadow, a second person, a route for rules.
        let admin = staff(&app, "admin1", Role::Administrator);
        switch(&app, &admin, item, Mode::Shadow)
            .await
            .expect("stopped");
        let auto = Mode::Auto;
        let told = switch(&app, &admin, item, auto).await;
        assert_eq!(told, Err("shadow_first".to_owned()));
        agreed(&app, &run).await;
        let told = switch(&app, &admin, item, auto).await;
        assert_eq!(told, Err("route_by_people".to_owned()));
        publish_route(&app, item, false).await;
        drafted_by(&app, case.base_code, "reviewer1").await;
        let author = staff(&app, "reviewer1", Role::CatalogReviewer);
        let told = switch(&app, &author, item, auto)
            .await
            .expect_err("their own");
        assert!(told.contains("起草规则的人"), "{told}");
        switch(&app, &admin, item, auto)
            .await
            .expect("a second person");
        app.platform.smart.refresh().await.expect("read");
        // What is still open would keep the same benefit from being granted.
        let program = app.program(case.login).await;
        let path = format!("/api/v1/cases/{id}/withdrawal");
        let reason = json!({ "reason": "改天再办" });
        program.post(&path, &reason).await.expect(200);
        let (_, answer) = file(&app, case, item).await;
        assert_eq!(answer["state"], "done");
        let nothing = ItemId::from_uuid(base::ids::Uuid::from_u128(7));
        let told = switch(&app, &admin, nothing, auto)
            .await
            .expect_err("no such item");
        assert!(told.contains("没有这个开关"), "{told}");
    });
}

/// The same rules, drafted by somebody and published by another.
async fn drafted_by(app: &TestApp, base_code: &'static str, login: &str) {
    let author = staff(app, login, Role::CatalogReviewer);
    let (platform, now) = (app.platform.app.clone(), app.now());
    app.db()
        .write(move |tx| -> Result<(), smart::Error> {
            let set = shipped::rules()
                .iter()
                .find(|set| set.base_code == base_code)
                .expect("it ships");
            let id = platform.ids.next_uuid(now);
            let version = desk::draft(tx, &author, (id, now), set, "重新起草")?;
            let id = platform.ids.next_uuid(now);
            let which = (base_code, version);
            desk::review(tx, &Actor::System, (id, now), which, true, "")?;
            Ok(())
        })
        .await
        .expect("published");
}
