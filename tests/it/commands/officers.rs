//! Two officers on everything: every command of every process, sent by two people at the same instant about the same
//! version of the same case. One wins, the other is told who it was and what they did.

use std::sync::Arc;

use approval::{Error, details::Delivery};
use base::ids::CaseId;
use casework::actor::{Person, Staff};
use casework::event::Opened;
use casework::flow::{Flow, Who};
use casework::{Actor, Channel, Context, Grant, Refusal, Role, Step};
use serde_json::json;
use testkit::{TestApp, on_every_engine};
use tokio::sync::Barrier;

use crate::steps;

/// The processes whose commands are tried.
static FLOWS: &[&Flow] = &[&approval::flow::FLOW, &approval::after::ending::FLOW];

/// Two actors who may both do whatever `who` says.
fn rivals(app: &TestApp, who: Who) -> [Actor; 2] {
    let town = &app.town;
    let now = app.now();
    match who {
        Who::System => [Actor::System, Actor::System],
        Who::Applicant => ["王小明", "王小明的女儿"].map(|name| {
            Actor::Person(Person {
                account: app.platform.app.ids.next(now),
                party: town.citizen("citizen1"),
                name: name.to_owned(),
                acting_for: None,
                acting_for_name: None,
                lapsed: None,
            })
        }),
        Who::Staff(permission) | Who::Holder(permission) => {
            ["approver1", "approver2"].map(|login| {
                let roles = Role::ALL
                    .into_iter()
                    .filter(|role| role.permissions().contains(&permission));
                Actor::Staff(Staff {
                    account: app.platform.app.ids.next(now),
                    staff: town.staff(login),
                    name: login.to_owned(),
                    org: town.org(testkit::town::MARKET),
                    grants: roles
                        .map(|role| Grant {
                            role,
                            region: "990102".to_owned(),
                            org: None,
                        })
                        .collect(),
                    stands_in_for: Vec::new(),
                })
            })
        }
    }
}

/// A case that stands in `state`.
async fn standing(app: &TestApp, flow: &'static Flow, state: &'static str) -> CaseId {
    let now = app.now();
    let id: CaseId = app.platform.app.ids.next(now);
    let (applicant, org) = (
        app.town.citizen("citizen1"),
        app.town.org(testkit::town::MARKET),
    );
    let calendar = app.platform.app.calendar();
    app.db()
        .write(move |tx| {
            let ctx = Context {
                now,
                calendar: &calendar,
                actor: &Actor::System,
                expected_version: None,
            };
            let opened = Opened {
                no: format!("99{}", id.uuid().simple()),
                kind: flow.kind.to_owned(),
                state: state.to_owned(),
                title: "两人同办".to_owned(),
                region: "990102".to_owned(),
                org,
                applicant,
                applicant_name: "王小明".to_owned(),
                channel: Channel::Window,
            };
            let event = Step::open(ctx, id, "file", opened).finish();
            cases::open(tx, &calendar, id, &event)
        })
        .await
        .expect("it is opened");
    id
}

/// Both press at once; what each is answered.
async fn both(
    app: &TestApp,
    rivals: [Actor; 2],
    press: impl Fn(&mut store::Tx<'_>, &Actor) -> Result<(), Error> + Clone + Send + 'static,
) -> [Result<(), Error>; 2] {
    let gate = Arc::new(Barrier::new(2));
    let answers = rivals.map(|actor| {
        let (gate, db, press) = (Arc::clone(&gate), app.db().clone(), press.clone());
        tokio::spawn(async move {
            gate.wait().await;
            db.write(move |tx| press(tx, &actor)).await
        })
    });
    let [first, second] = answers;
    [
        first.await.expect("no panic"),
        second.await.expect("no panic"),
    ]
}

/// Exactly one of them did it; the other is told by whom.
fn one_won(command: &str, names: &[String; 2], answers: &[Result<(), Error>; 2]) {
    let winner = match answers {
        [Ok(()), Err(_)] => 0,
        [Err(_), Ok(())] => 1,
        other => panic!("{command}: {other:?}"),
    };
    let told = match &answers[1 - winner] {
        Err(Error::Refused(refusal)) => refusal,
        Err(Error::Changed(told)) => &told.0,
        other => panic!("{command}: the second was answered {other:?}"),
    };
    match told {
        Refusal::Changed {
            by, command: done, ..
        } => {
            assert_eq!(*by, names[winner], "{command}: who was first");
            assert_eq!(done, command);
        }
        other => panic!("{command}: the second was told {other:?}"),
    }
}

#[test]
fn every_command_of_every_flow_is_won_by_one_of_two() {
    on_every_engine(async |app| {
        let mut tried = 0;
        for flow in FLOWS {
            for step in flow.moves {
                let (who, to) = (step.who[0], step.to[0]);
                let from = step
                    .from
                    .iter()
                    .find(|state| flow.state(state).is_some())
                    .expect("a state");
                let id = standing(&app, flow, from).await;
                let pair = rivals(&app, who);
                let names = pair.each_ref().map(|actor| actor.name().to_owned());
                let (calendar, now) = (app.platform.app.calendar(), app.now());
                let command = step.command;
                let answers = both(&app, pair, move |tx, actor| {
                    let ctx = Context {
                        now,
                        calendar: &calendar,
                        actor,
                        expected_version: Some(1),
                    };
                    cases::execute(tx, &calendar, id, |case| {
                        let mut step = Step::begin(ctx, flow, case, command)?;
                        step.move_to(to);
                        Ok::<_, Error>(step.finish())
                    })
                    .map(drop)
                })
                .await;
                one_won(command, &names, &answers);
                let events = app
                    .read(move |tx| Ok(cases::trail(tx, id).expect("a trail").len()))
                    .await;
                assert_eq!(events, 2, "{command}: opened, and done once");
                tried += 1;
            }
        }
        assert!(tried >= 14, "only {tried} commands");
        app.verify().await.expect("everything is as it was written");
    });
}

/// What each of two officers asks for, in the order a case goes.
fn acts() -> Vec<(&'static str, approval::Act)> {
    use approval::Act;
    use approval::archive::{self, Retention};
    vec![
        (
            "accept",
            Act::Accept {
                remark: String::new(),
            },
        ),
        ("take", Act::Take { back: false }),
        (
            "grant",
            Act::Grant {
                opinion: "符合条件".to_owned(),
            },
        ),
        (
            "deliver",
            Act::Deliver {
                method: Delivery::Window,
                receiver: "王小明".to_owned(),
                tracking: String::new(),
            },
        ),
        (
            "archive",
            Act::Archive(archive::Act::Archive {
                retention: Retention::Years30,
                pages: std::collections::BTreeMap::new(),
            }),
        ),
        (
            "export_file",
            Act::Archive(archive::Act::Export {
                purpose: "检查".to_owned(),
            }),
        ),
    ]
}

#[test]
fn two_officers_walk_one_case_to_its_archive_and_nothing_is_done_twice() {
    on_every_engine(async |app| {
        let citizen = app.program("citizen1").await;
        let case = steps::file_food_for_window(&app, &citizen).await;
        let id: CaseId = case.id.parse().expect("an id");
        for (version, (command, act)) in (1..).zip(acts()) {
            let pair = [
                actor(&app, "approver1").await,
                actor(&app, "approver2").await,
            ];
            let names = pair.each_ref().map(|actor| actor.name().to_owned());
            let (approval, now) = (app.platform.approval.clone(), app.now());
            let answers = both(&app, pair, move |tx, actor| {
                approval
                    .act(tx, actor, now, id, Some(version), &act)
                    .map(drop)
            })
            .await;
            one_won(command, &names, &answers);
        }
        // One certificate, one of each letter: numbers were not taken by whoever lost.
        let made: i64 = app
            .read(|tx| tx.query_one("SELECT count(*) FROM licenses", &[])?.get(0))
            .await;
        assert_eq!(made, 1);
        let office = app.program("integrator1").await;
        let shown = office.get(&case.api("/file")).await.expect(200).json();
        assert!(shown["archive_no"].is_string(), "{shown}");
        let again = office
            .post(&case.api("/archive"), &json!({ "retention": "years30" }))
            .await;
        assert_eq!(again.status, 409, "{}", again.text());
        app.verify().await.expect("everything is as it was written");
    });
}

async fn actor(app: &TestApp, login: &'static str) -> Actor {
    let people = app.platform.app.people.clone();
    app.db()
        .read(move |tx| -> Result<Actor, people::Error> {
            let account = people
                .account_by_login(tx, login)?
                .ok_or(people::Error::NotFound("account"))?;
            people
                .actor_for(tx, account.id)?
                .ok_or(people::Error::NotFound("actor"))
        })
        .await
        .expect("somebody")
}
